/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection to PostgreSQL as the worker sees it: asynchronous, in pipeline mode, on the worker's event loop.
 * Statements are named (db/sql/), prepared on connect, and sent in groups: db_group_begin, typed db_* calls
 * (statements.h) that add statements and say who receives the rows, db_group_end, which sends one Sync and calls back
 * once when all is answered. Groups queue up behind each other; results come in order. libpq ends in this folder.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct event_base;
struct db;

enum db_outcome {
	DB_OK,
	DB_ERROR, /* PostgreSQL refused a statement: what the group's transaction did is (to be) rolled back */
	DB_LOST,  /* the connection broke; nothing of the group is known */
};

struct db_failure {
	enum db_outcome outcome;
	char sqlstate[6];  /* DB_ERROR */
	char message[256]; /* for the log */
};

struct db_config {
	const char *conninfo;
	/* Called when the connection is ready, and when it was lost (ready false). */
	void (*on_state)(void *context, bool ready);
	void *context;
	int64_t statement_timeout; /* microseconds; 0: none */
	bool reads;                /* a connection for reads.h: plans follow the parameters. Else one plan a statement. */
};

/* Connects in the background and reconnects for ever: 50 ms, doubling to 1 s, with jitter. */
struct db *db_new(struct event_base *base, const struct db_config *config)
	__attribute__((returns_nonnull, warn_unused_result));
void db_free(struct db *db);
bool db_ready(const struct db *db);
/* Groups sent or queued and not answered. */
size_t db_pending(const struct db *db);

/* Nothing has been heard for `limit` microseconds though something was asked: the connection is given up (a server that
 * was frozen or cut off says nothing). To be called now and then, with clock_monotonic. */
void db_check_heard(struct db *db, int64_t monotonic, int64_t limit);

/* A group of statements answered together. Returns false, and calls nothing, when the connection is not ready. */
bool db_group_begin(struct db *db) __attribute__((warn_unused_result));
/* Sends what was added since begin. on_done is called exactly once, from the event loop, after the last result. */
void db_group_end(struct db *db, void (*on_done)(void *context, const struct db_failure *failure), void *context);

/* The three statements of a transaction; each is part of a group. */
void db_begin(struct db *db);
void db_commit(struct db *db);
void db_rollback(struct db *db);

/* Blocking, for start-up and commands: migrations. Versions are the numbers of schemas/db. */
bool db_migrate(const char *conninfo, int *from, int *to, struct err *err) __attribute__((warn_unused_result));
/* ERR_UNAVAILABLE when not reachable; ERR_INVALID when the schema is not the one this binary knows, or when the server
 * runs with fsync=off or full_page_writes=off. durability: "single", "sync-replicated", "async-replicated". */
bool db_check(const char *conninfo, const char **durability, struct err *err) __attribute__((warn_unused_result));

#endif
