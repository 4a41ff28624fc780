/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a connection: connect, prepare all statements in one pipeline, be ready, be lost, try again. Only here
 * the state changes; event handlers do nothing but call the function that the state asks for.
 */
#include "config.h"

#include "db/db.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <event2/util.h>

#include "base/alloc.h"
#include "base/log.h"
#include "db/db_private.h"

#define DB_BACKOFF_FIRST INT64_C(50000)
#define DB_BACKOFF_LAST INT64_C(1000000)
/* For connecting and preparing together. */
#define DB_CONNECT_TIMEOUT INT64_C(5000000)

static const char *db_state_name(enum db_state state)
{
	switch (state) {
#define X(name, text) \
	case DB_STATE_##name: \
		return text;
		DB_STATE_LIST(X)
#undef X
	}
	return "";
}

static bool db_may_change(enum db_state from, enum db_state to)
{
	switch (to) {
	case DB_STATE_CONNECTING:
		return from == DB_STATE_WAITING;
	case DB_STATE_PREPARING:
		return from == DB_STATE_CONNECTING;
	case DB_STATE_READY:
		return from == DB_STATE_PREPARING;
	case DB_STATE_WAITING:
	case DB_STATE_CLOSED:
		return from != DB_STATE_CLOSED;
	}
	return false;
}

static void db_change_state(struct db *db, enum db_state to)
{
	assert(db_may_change(db->state, to));
	log_event(LOG_DEBUG, "database", LOG_C("state", db_state_name(to)));
	db->state = to;
}

static void db_set_timer(struct db *db, int64_t micros)
{
	struct timeval after = {.tv_sec = micros / 1000000, .tv_usec = micros % 1000000};
	event_add(db->timer, &after);
}

static void db_release_event(struct event **event)
{
	if (*event)
		event_free(*event);
	*event = NULL;
}

static void db_disconnect(struct db *db)
{
	event_del(db->timer);
	event_del(db->broken);
	db_release_event(&db->readable);
	db_release_event(&db->writable);
	PQfinish(db->conn);
	db->conn = NULL;
	db->send_failed = false;
}

/* ---- lost ---- */

/* Up to a quarter more, so that the workers of a restarted server do not come all at once. */
static int64_t db_jittered(int64_t micros)
{
	uint16_t random;
	evutil_secure_rng_get_bytes(&random, sizeof random);
	return micros + micros / 4 * random / UINT16_MAX;
}

static void db_log_lost(const struct db *db)
{
	const char *message = db->conn ? PQerrorMessage(db->conn) : "";
	struct str line = {message, strcspn(message, "\n")};
	if (db->failure.message[0] != '\0')
		line = str_from_c(db->failure.message);
	log_event(
		LOG_WARNING, "database connection lost", LOG_C("state", db_state_name(db->state)), LOG_STR("message", line));
}

/* What waits is told only after the connection is gone, so that whatever it starts anew is refused. */
void db_lose(struct db *db)
{
	if (db->state == DB_STATE_WAITING || db->state == DB_STATE_CLOSED)
		return;
	bool was_ready = db->state == DB_STATE_READY;
	db_log_lost(db);
	db_disconnect(db);
	db_change_state(db, DB_STATE_WAITING);
	db_set_timer(db, db_jittered(db->backoff));
	db->backoff = db->backoff * 2 > DB_BACKOFF_LAST ? DB_BACKOFF_LAST : db->backoff * 2;
	db_abandon(db);
	if (was_ready && db->state != DB_STATE_CLOSED && db->config.on_state)
		db->config.on_state(db->config.context, false);
}

void db_check_heard(struct db *db, int64_t monotonic, int64_t limit)
{
	if (db->state != DB_STATE_READY || db->pending == 0 || db->heard != db->last_heard) {
		db->last_heard = db->heard;
		db->heard_at = monotonic;
		return;
	}
	if (monotonic - db->heard_at > limit)
		db_lose(db);
}

/* ---- ready ---- */

static void db_on_prepared(void *context, const struct db_failure *failure)
{
	struct db *db = context;
	if (db->state != DB_STATE_PREPARING)
		return;
	if (failure->outcome != DB_OK) {
		db->failure = *failure;
		db_lose(db);
		return;
	}
	event_del(db->timer);
	db->backoff = DB_BACKOFF_FIRST;
	db_change_state(db, DB_STATE_READY);
	if (db->config.on_state)
		db->config.on_state(db->config.context, true);
}

static bool db_send_prepare(struct db *db, enum sql_id statement)
{
	db_await(db, &(struct db_awaited){.statement = statement});
	return PQsendPrepare(db->conn, sql_statements[statement].name, sql_statements[statement].text, 0, NULL);
}

/* The session's settings come first: statements are parsed under its search_path. */
static bool db_send_session(struct db *db)
{
	char timeout[32];
	snprintf(timeout, sizeof timeout, "%lld", (long long)(db->config.statement_timeout / 1000));
	if (!db_send_prepare(db, SQL_START_SESSION))
		return false;
	params_clear(&db->params);
	params_text(&db->params, str_from_c(timeout));
	params_bool(&db->params, db->config.reads);
	db_await(db, &(struct db_awaited){.statement = SQL_START_SESSION});
	db_send_prepared(db, SQL_START_SESSION);
	return true;
}

static bool db_send_preparation(struct db *db)
{
	if (PQsetnonblocking(db->conn, 1) != 0 || !PQenterPipelineMode(db->conn) || !db_send_session(db))
		return false;
	for (int id = 0; id < SQL_COUNT; id++)
		if (id != SQL_START_SESSION && !db_send_prepare(db, (enum sql_id)id))
			return false;
	db_await_end(db, db_on_prepared, db);
	return PQpipelineSync(db->conn);
}

static void db_on_io(evutil_socket_t fd, short what, void *context);

static void db_prepare(struct db *db)
{
	db_change_state(db, DB_STATE_PREPARING);
	db->writable = event_new(db->base, PQsocket(db->conn), EV_WRITE, db_on_io, db);
	db->readable = event_new(db->base, PQsocket(db->conn), EV_READ | EV_PERSIST, db_on_io, db);
	event_add(db->readable, NULL);
	if (db_send_preparation(db))
		db_flush(db);
	else
		db_lose(db);
}

/* ---- connecting ---- */

static void db_poll_connection(struct db *db, PostgresPollingStatusType status)
{
	db_release_event(&db->readable);
	if (status == PGRES_POLLING_OK) {
		db_prepare(db);
		return;
	}
	if (status == PGRES_POLLING_FAILED) {
		db_lose(db);
		return;
	}
	short wanted = status == PGRES_POLLING_READING ? EV_READ : EV_WRITE;
	db->readable = event_new(db->base, PQsocket(db->conn), wanted, db_on_io, db);
	event_add(db->readable, NULL);
}

static void db_ignore_notice(void *context, const PGresult *notice)
{
	(void)context;
	(void)notice;
}

/* Of several servers the one that can be written to, and a dead peer is noticed within 20 s: unless conninfo says
 * otherwise, for what stands behind wins. */
static PGconn *db_start_connection(const char *conninfo)
{
	static const char *const keywords[] = {"fallback_application_name", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "target_session_attrs", "dbname", "client_encoding", NULL};
	const char *const values[] = {"bpmnd", "10", "3", "3", "20000", "read-write", conninfo, "UTF8", NULL};
	static_assert(sizeof keywords / sizeof *keywords == sizeof values / sizeof *values, "a value for each keyword");
	return PQconnectStartParams(keywords, values, 1);
}

static void db_connect(struct db *db)
{
	db_change_state(db, DB_STATE_CONNECTING);
	db_set_timer(db, DB_CONNECT_TIMEOUT);
	db->conn = db_start_connection(db->config.conninfo);
	if (!db->conn || PQstatus(db->conn) == CONNECTION_BAD) {
		db_lose(db);
		return;
	}
	PQsetNoticeReceiver(db->conn, db_ignore_notice, NULL);
	db_poll_connection(db, PGRES_POLLING_WRITING);
}

/* ---- events ---- */

static void db_enter(struct db *db)
{
	db->handlers++;
}

static void db_destroy(struct db *db)
{
	event_free(db->timer);
	event_free(db->broken);
	params_free(&db->params);
	free(db->awaited);
	free((void *)(uintptr_t)db->config.conninfo);
	free(db);
}

static void db_leave(struct db *db)
{
	if (--db->handlers == 0 && db->state == DB_STATE_CLOSED)
		db_destroy(db);
}

/* What came before the end of a connection still counts: it is handed on first. */
static void db_receive(struct db *db)
{
	bool alive = PQconsumeInput(db->conn);
	db_dispatch(db);
	if (!db->conn)
		return;
	if (!alive || PQstatus(db->conn) == CONNECTION_BAD)
		db_lose(db);
}

static void db_on_io(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	struct db *db = context;
	db_enter(db);
	if (db->state == DB_STATE_CONNECTING)
		db_poll_connection(db, PQconnectPoll(db->conn));
	else if (what & EV_READ)
		db_receive(db);
	else
		db_flush(db);
	db_leave(db);
}

static void db_on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct db *db = context;
	db_enter(db);
	if (db->state == DB_STATE_WAITING)
		db_connect(db);
	else
		db_lose(db);
	db_leave(db);
}

static void db_on_broken(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct db *db = context;
	db_enter(db);
	db_lose(db);
	db_abandon(db); /* groups that ended after the connection had been lost */
	db_leave(db);
}

/* ---- the public part ---- */

struct db *db_new(struct event_base *base, const struct db_config *config)
{
	struct db *db = alloc_new(struct db);
	db->base = base;
	db->config = *config;
	db->config.conninfo = str_to_c(str_from_c(config->conninfo));
	db->state = DB_STATE_WAITING;
	db->backoff = DB_BACKOFF_FIRST;
	params_init(&db->params);
	db->timer = event_new(base, -1, 0, db_on_timer, db);
	db->broken = event_new(base, -1, 0, db_on_broken, db);
	db_set_timer(db, 0);
	return db;
}

void db_free(struct db *db)
{
	if (!db || db->state == DB_STATE_CLOSED)
		return;
	db_enter(db);
	db_disconnect(db);
	db_change_state(db, DB_STATE_CLOSED);
	db_abandon(db);
	db_leave(db);
}

bool db_ready(const struct db *db)
{
	return db->state == DB_STATE_READY && PQstatus(db->conn) == CONNECTION_OK;
}

size_t db_pending(const struct db *db)
{
	return db->pending;
}
