/* SPDX-License-Identifier: Apache-2.0
 *
 * A database in memory for one tree of instances: takes effects as db/ does, row by row and column by column, and gives
 * a fresh tree back. What the engine forgets to mark is missing here, and the reloaded tree then behaves differently.
 */
#ifndef TESTS_ENGINE_STORE_H
#define TESTS_ENGINE_STORE_H

#include <stdbool.h>

#include "engine/effects.h"

struct store {
	VEC(struct instance *) live;  /* each with its live rows, all clean, and without its relatives */
	VEC(struct instance *) ended; /* history.instance, in the order of their ends */
	int64_t root_id;              /* 0: nothing has been stored yet */
	struct arena *arena;          /* texts of the history */
	const char *problem;          /* the first effect that does not fit the rows; NULL: none */

	VEC(struct activity_row) activities;
	VEC(struct step_row) steps;
	VEC(int32_t) flows;
	VEC(struct task_row) ended_tasks;
	VEC(struct comment_row) comments;
	VEC(struct outgoing_row) outgoing; /* never taken out */
};

void store_init(struct store *store);
void store_free(struct store *store);
/* Stores what effects_collect has read off one tree, and the history. */
void store_apply(struct store *store, const struct effects *effects);
/* The part of it that a migration wants: rows name other elements. */
void store_move_rows(struct store *store, const struct effects *effects);
/* The tree as its rows say: the root, owned by the caller; NULL: no live row. */
struct instance *store_load(const struct store *store);

/* The live rows of an instance, its row in history, or either; NULL: none. */
struct instance *store_live(const struct store *store, int64_t id);
const struct instance *store_ended(const struct store *store, int64_t id);
const struct instance *store_instance(const struct store *store, int64_t id);

#endif
