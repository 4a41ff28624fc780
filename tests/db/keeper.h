/* SPDX-License-Identifier: Apache-2.0
 *
 * PostgreSQL as the keeper of a world's tree (tests/engine/world.h): the effects of each step are stored in a transaction
 * of their own, and before the next one the tree is loaded anew and must be what it was. At the end what the API reads must
 * be what was in memory, and the stored history can be done again.
 *
 * Storing does not wait: PostgreSQL works while the invariants are looked at.
 */
#ifndef TESTS_DB_KEEPER_H
#define TESTS_DB_KEEPER_H

#include "tests/db/fixture.h"
#include "tests/engine/world.h"

typedef struct pg_conn PGconn;

/* The graph that a stored step names flows of: its instance may be migrated later. */
struct keeper_step {
	int64_t id;
	const struct graph *graph;
};

struct keeper {
	struct world_keeper hooks;
	struct fixture *fixture;
	PGconn *apart; /* for what no function of db/ does */
	struct buf answer;
	int64_t root_id;
	bool waits; /* the last store has not been answered */
	struct db_failure failure;
	struct instance *loaded; /* with the last store; NULL: handed on, or it has ended */
	VEC(struct keeper_step) steps;
};

void keeper_init(struct keeper *keeper);
void keeper_free(struct keeper *keeper);

/* ---- its parts ---- */

/* Over the connection apart: the first value as text, "" for null or none; valid until the next call. */
struct str keeper_ask(struct keeper *keeper, const char *sql);
/* Complains where the texts are not the same JSON. */
void keeper_compare_json(
	struct world *world, const char *what, int64_t instance_id, struct str expected, struct str got);
/* keeper_tables.c, over the connection apart: live rows say the same as their instances, which live; what was thrown is in
 * the outbox. */
void keeper_prepare_tables(struct keeper *keeper);
void keeper_check_rows(struct keeper *keeper, struct world *world);
void keeper_check_outbox(struct keeper *keeper, struct world *world);
/* keeper_reads.c: what the API answers about each instance. */
void keeper_check_reads(struct keeper *keeper, struct world *world);

#endif
