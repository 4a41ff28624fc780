/* SPDX-License-Identifier: Apache-2.0
 *
 * Diagrams by chance. A model is made of blocks in blocks: sequence, exclusive, inclusive and parallel parts, bounded
 * loops, sub-processes, transactions, ad-hoc parts, calls of a second process, event-based choices, boundary events and
 * event sub-processes of all kinds, so that every path can come to its end when people, workers, senders and the clock do
 * their part. A graph is gateways and tasks with edges anywhere: it only has to rest. Equal seeds give equal diagrams.
 *
 * What they need: r, an integer (0 satisfies every choice); k, a number whose parity the conditions ask; items, a list;
 * who, a user, and u, a boolean. Some may be missing at first.
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

/* Appends BPMN XML with two executable processes; the first calls the second. */
void random_model(struct buf *xml, struct random *random);
/* The same with one process without any structure. */
void random_graph(struct buf *xml, struct random *random);
/* Appends another version of a diagram: with nodes more or less, and others that have another id, "n1" is "m1" or the other
 * way round. It may be none that can be deployed. */
void random_version(struct buf *xml, struct random *random, struct str diagram);

#endif
