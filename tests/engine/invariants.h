/* SPDX-License-Identifier: Apache-2.0
 *
 * What holds after every step, whatever the diagram and the commands: tokens are conserved, every wait has exactly one
 * owner, nothing is left behind, history has each activity once.
 */
#ifndef TESTS_ENGINE_INVARIANTS_H
#define TESTS_ENGINE_INVARIANTS_H

struct history;
struct instance;
struct world;

/* Looks at the living tree and the stored history; complains to the world. */
void invariants_check(struct world *world);

/* ---- its parts: of one living instance, or of the whole history ---- */

/* invariants_waits.c: tasks, jobs, subscriptions, incidents and the tokens that they belong to. */
void invariants_check_waits(struct world *world, const struct instance *instance);
/* invariants_joins.c: joins that wait, and for whom (13.4.3). */
void invariants_check_joins(struct world *world, const struct instance *instance);
/* invariants_history.c: tokens that came and went at each node, activities and steps; what the last step added. */
void invariants_check_history(struct world *world);
struct history *invariants_history_new(const struct world *world);
void invariants_history_free(struct history *history, const struct world *world);

#endif
