/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share: the connection, and the two calls that every typed function is made of,
 *
 *     struct params *p = db_params(db);
 *     params_int8(p, ...);
 *     db_send(db, SQL_LOCK_TREES, receiver);
 *
 * What has been sent and not been answered stands in one queue, oldest first: statements, and behind those of each
 * group the group's end (its Sync). libpq gives results in the same order, so the head of the queue is what a result
 * is for.
 */
#ifndef DB_DB_PRIVATE_H
#define DB_DB_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "db/db.h"
#include "db/params.h"
#include "db/row.h"
#include "db/sql.h"

struct event;
struct db_locked_tree;
struct db_subjects;

/* Who gets a statement's rows. A zeroed receiver wants none. */
struct db_receiver {
	/* Decodes one row and hands it on. */
	void (*read)(const struct db_receiver *receiver, struct row row);
	/* Exactly once, behind the last row, also when there will be none: ok false. Releases what the statement held. */
	void (*finish)(const struct db_receiver *receiver, bool ok);
	void (*call)(void); /* the caller's typed function; read casts it back */
	void *context;      /* the caller's, or what finish releases */
};
typedef void (*db_call)(void);

/* The open group's next statement begins; its parameters are empty. */
struct params *db_params(struct db *db) __attribute__((returns_nonnull));
/* Sends it (with the parameters written since db_params). */
void db_send(struct db *db, enum sql_id statement, struct db_receiver receiver);

/* For statements that answer with one integer. */
struct db_receiver db_result_receiver(void (*on_result)(void *context, int result), void *context);

/* Each state and what it has: a connection, a running timer. */
#define DB_STATE_LIST(X) \
	X(WAITING, "waiting")       /* no connection; timer: try again */ \
	X(CONNECTING, "connecting") /* connection; timer: give up */ \
	X(PREPARING, "preparing")   /* connection; timer: give up */ \
	X(READY, "ready")           /* connection */ \
	X(CLOSED, "closed")         /* nothing: db_free was called */
enum db_state {
#define X(name, text) DB_STATE_##name,
	DB_STATE_LIST(X)
#undef X
};

struct db_awaited {
	enum sql_id statement; /* SQL_COUNT: the end of a group */
	struct db_receiver receiver;
	void (*on_done)(void *context, const struct db_failure *failure);
	void *context;
};

struct db {
	struct event_base *base;
	struct db_config config; /* conninfo is our copy */
	enum db_state state;
	PGconn *conn;
	struct event *readable;
	struct event *writable;
	struct event *timer;
	struct event *broken; /* activated where a send found the connection dead, or a group ended without one */
	int64_t backoff;      /* microseconds until the next try */
	struct params params;
	struct db_awaited *awaited; /* a ring */
	size_t awaited_first;
	size_t awaited_len;
	size_t awaited_capacity;   /* a power of two */
	size_t pending;            /* group ends in the ring */
	struct db_failure failure; /* of the group at the head */
	bool group_open;
	bool send_failed;    /* until the connection is made anew: nothing more is sent */
	uint64_t heard;      /* how often something came */
	uint64_t last_heard; /* as of the last look */
	int64_t heard_at;    /* clock_monotonic of it */
	int handlers;        /* of events, on the stack: db_free leaves the struct to the last of them */
};

/* lock.c */
void lock_write_subjects(struct params *params, const struct db_subjects *subjects);

/* db.c */
void db_await(struct db *db, const struct db_awaited *awaited);
void db_await_end(struct db *db, void (*on_done)(void *context, const struct db_failure *failure), void *context);
void db_send_prepared(struct db *db, enum sql_id statement);
void db_flush(struct db *db);
/* Hands on every result that has come. */
void db_dispatch(struct db *db);
/* Completes everything that is awaited as lost. */
void db_abandon(struct db *db);

/* db_connect.c */
void db_lose(struct db *db);

#endif
