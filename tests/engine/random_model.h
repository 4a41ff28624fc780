/* SPDX-License-Identifier: Apache-2.0
 *
 * Diagrams by chance: blocks in blocks (sequence, exclusive, inclusive and parallel parts, bounded loops, sub-processes
 * and event sub-processes, boundary events, errors and escalations), so that every path can come to its end when
 * people, workers and the clock do their part. Equal seeds give equal diagrams.
 *
 * What they need: r, an integer (0 satisfies every choice); who, a user, and u, a boolean, may be missing at first.
 */
#ifndef TESTS_ENGINE_RANDOM_MODEL_H
#define TESTS_ENGINE_RANDOM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct random {
	uint64_t state;
};

void random_seed(struct random *random, uint64_t seed);
/* 0 .. below - 1 */
int random_below(struct random *random, int below);

/* Appends BPMN XML of one executable process. */
void random_model(struct buf *xml, struct random *random);

#endif
