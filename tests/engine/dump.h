/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances and effects as text in a fixed order: two runs are equal when their dumps are. Rows of a kind are sorted by
 * id, variables by name, because neither order means anything; history keeps the order in which it was written.
 */
#ifndef TESTS_ENGINE_DUMP_H
#define TESTS_ENGINE_DUMP_H

#include "base/buf.h"
#include "engine/effects.h"

/* How far the history of some effects has been dumped. */
struct dump_position {
	size_t activities;
	size_t steps;
	size_t ended_tasks;
	size_t comments;
};

/* The living rows and the process variables; no marks, no version. */
void dump_instance(struct buf *out, const struct instance *instance);
/* What was appended since the position, which moves on. */
void dump_history(
	struct buf *out, const struct graph *graph, const struct effects *effects, struct dump_position *from);
/* What effects_collect has read off. */
void dump_collected(struct buf *out, const struct effects *effects);

#endif
