/* SPDX-License-Identifier: Apache-2.0
 *
 * A database in memory for one instance: takes effects as db/ does, row by row and column by column, and gives a fresh
 * instance back. What the engine forgets to mark is missing here, and the reloaded instance then behaves differently.
 */
#ifndef TESTS_ENGINE_STORE_H
#define TESTS_ENGINE_STORE_H

#include <stdbool.h>

#include "engine/effects.h"

struct store {
	struct instance *rows;  /* the live rows, all clean; NULL: none */
	struct instance *ended; /* history.instance; NULL: not yet */
	struct arena *arena;    /* texts of the history */
	const char *problem;    /* the first effect that does not fit the rows; NULL: none */

	VEC(struct activity_row) activities;
	VEC(struct step_row) steps;
	VEC(int32_t) flows;
	VEC(struct task_row) ended_tasks;
	VEC(struct comment_row) comments;
};

void store_init(struct store *store);
void store_free(struct store *store);
/* Stores what effects_collect has read off one instance, and the history. */
void store_apply(struct store *store, const struct effects *effects);
/* The instance as its rows say, owned by the caller; NULL: no live row. */
struct instance *store_load(const struct store *store);

#endif
