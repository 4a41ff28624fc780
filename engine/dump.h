/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances and effects as text in a fixed order: two runs are equal when their dumps are. Rows of a kind are sorted by
 * id, variables by name, because neither order means anything; history keeps the order in which it was written.
 */
#ifndef ENGINE_DUMP_H
#define ENGINE_DUMP_H

#include "base/buf.h"
#include "engine/effects.h"

/* How far the history of some effects has been dumped. */
struct dump_position {
	size_t activities;
	size_t steps;
	size_t ended_tasks;
	size_t comments;
	size_t outgoing;
};

/* The root and every living instance below it, with their living rows and process variables; no marks. */
void dump_tree(struct buf *out, struct instance *root);
/* What the steps of a tree have appended since the position, which moves on. */
void dump_history(struct buf *out, struct instance *root, const struct effects *effects, struct dump_position *from);
/* What effects_collect has read off. */
void dump_collected(struct buf *out, const struct effects *effects);

#endif
