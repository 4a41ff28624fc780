/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline: statements go out, their results come back in the same order and are handed to whoever waits at the
 * head of the queue. A group is an implicit transaction unless it is part of one that db_begin opened.
 */
#include "config.h"

#include "db/db.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/alloc.h"
#include "db/db_private.h"

/* ---- the queue ---- */

static struct db_awaited *db_awaited_at(const struct db *db, size_t index)
{
	return &db->awaited[(db->awaited_first + index) & (db->awaited_capacity - 1)];
}

static void db_await_grow(struct db *db)
{
	size_t capacity = db->awaited_capacity > 0 ? db->awaited_capacity * 2 : 128;
	struct db_awaited *grown = alloc_zeroed(capacity, sizeof *grown);
	for (size_t i = 0; i < db->awaited_len; i++)
		grown[i] = *db_awaited_at(db, i);
	free(db->awaited);
	db->awaited = grown;
	db->awaited_first = 0;
	db->awaited_capacity = capacity;
}

void db_await(struct db *db, const struct db_awaited *awaited)
{
	if (db->awaited_len == db->awaited_capacity)
		db_await_grow(db);
	*db_awaited_at(db, db->awaited_len++) = *awaited;
}

void db_await_end(struct db *db, void (*on_done)(void *context, const struct db_failure *failure), void *context)
{
	db_await(db, &(struct db_awaited){.statement = SQL_COUNT, .on_done = on_done, .context = context});
	db->pending++;
}

static struct db_awaited db_take_awaited(struct db *db)
{
	assert(db->awaited_len > 0);
	struct db_awaited head = *db_awaited_at(db, 0);
	db->awaited_first = (db->awaited_first + 1) & (db->awaited_capacity - 1);
	db->awaited_len--;
	return head;
}

static void db_finish_statement(const struct db_awaited *awaited, bool ok)
{
	if (awaited->receiver.finish)
		awaited->receiver.finish(&awaited->receiver, ok);
}

static void db_finish_group(struct db *db, const struct db_awaited *awaited)
{
	struct db_failure failure = db->failure;
	db->failure = (struct db_failure){.outcome = DB_OK};
	db->pending--;
	if (awaited->on_done)
		awaited->on_done(awaited->context, &failure);
}

void db_abandon(struct db *db)
{
	while (db->awaited_len > 0) {
		struct db_awaited awaited = db_take_awaited(db);
		if (awaited.statement != SQL_COUNT) {
			db_finish_statement(&awaited, false);
			continue;
		}
		db->failure.outcome = DB_LOST;
		db->failure.sqlstate[0] = '\0';
		if (db->failure.message[0] == '\0')
			snprintf(db->failure.message, sizeof db->failure.message, "connection lost");
		db_finish_group(db, &awaited);
	}
	db->failure = (struct db_failure){.outcome = DB_OK};
}

/* ---- sending ---- */

bool db_group_begin(struct db *db)
{
	assert(!db->group_open);
	db->group_open = db_ready(db);
	return db->group_open;
}

struct params *db_params(struct db *db)
{
	assert(db->group_open);
	params_clear(&db->params);
	return &db->params;
}

/* Every value in binary format. */
static const int db_formats[PARAMS_MAX] = {
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
};

/* What could not be sent must not be followed by anything: a COMMIT behind a gap would keep half of a change. The
 * connection is given up, and PostgreSQL rolls back what it has of the transaction. */
static void db_fail_sending(struct db *db)
{
	db->send_failed = true;
	event_active(db->broken, EV_TIMEOUT, 0);
}

void db_send_prepared(struct db *db, enum sql_id statement)
{
	const struct params *params = &db->params;
	const char *values[PARAMS_MAX];
	assert(params->count == sql_statements[statement].parameters);
	if (db->send_failed)
		return;
	bool sent = db->conn && params_values(params, values) &&
	            PQsendQueryPrepared(
					db->conn, sql_statements[statement].name, params->count, values, params->lengths, db_formats, 1);
	if (!sent)
		db_fail_sending(db);
}

void db_send(struct db *db, enum sql_id statement, struct db_receiver receiver)
{
	assert(db->group_open);
	db_await(db, &(struct db_awaited){.statement = statement, .receiver = receiver});
	db_send_prepared(db, statement);
}

static void db_read_result(const struct db_receiver *receiver, struct row row)
{
	((void (*)(void *, int))receiver->call)(receiver->context, row_int4(row, 0));
}

struct db_receiver db_result_receiver(void (*on_result)(void *context, int result), void *context)
{
	return (struct db_receiver){.read = db_read_result, .call = (db_call)on_result, .context = context};
}

void db_group_end(struct db *db, void (*on_done)(void *context, const struct db_failure *failure), void *context)
{
	assert(db->group_open);
	db->group_open = false;
	db_await_end(db, on_done, context);
	if (db->send_failed || !db->conn || !PQpipelineSync(db->conn))
		db_fail_sending(db);
	else
		db_flush(db);
}

void db_flush(struct db *db)
{
	if (db->send_failed)
		return;
	int left = PQflush(db->conn);
	if (left < 0)
		event_active(db->broken, EV_TIMEOUT, 0);
	else if (left > 0)
		event_add(db->writable, NULL);
}

void db_begin(struct db *db)
{
	db_params(db);
	db_send(db, SQL_BEGIN, (struct db_receiver){0});
}

void db_commit(struct db *db)
{
	db_params(db);
	db_send(db, SQL_COMMIT, (struct db_receiver){0});
}

void db_rollback(struct db *db)
{
	db_params(db);
	db_send(db, SQL_ROLLBACK, (struct db_receiver){0});
}

/* ---- results ---- */

/* The first failure of a group is what it reports; the statements behind it were not run. */
static void db_note_failure(struct db *db, const char *sqlstate, const char *message)
{
	if (db->failure.outcome != DB_OK)
		return;
	db->failure.outcome = DB_ERROR;
	snprintf(db->failure.sqlstate, sizeof db->failure.sqlstate, "%s", sqlstate ? sqlstate : "");
	snprintf(db->failure.message, sizeof db->failure.message, "%s", message ? message : "");
	db->failure.message[strcspn(db->failure.message, "\n")] = '\0';
}

static void db_deliver_rows(struct db *db, const struct db_receiver *receiver, const PGresult *result)
{
	if (!receiver->read)
		return;
	int rows = PQntuples(result);
	for (int i = 0; i < rows && db->state != DB_STATE_CLOSED; i++)
		receiver->read(receiver, (struct row){result, i});
}

/* True when the statement did what it was sent for. */
static bool db_judge(struct db *db, enum sql_id statement, const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	/* The server answers COMMIT of a transaction that has failed with ROLLBACK, and calls it a success. */
	if (statement == SQL_COMMIT && strcmp(PQcmdStatus((PGresult *)(uintptr_t)result), "ROLLBACK") == 0) {
		db_note_failure(db, "25P02", "the transaction had failed before its commit");
		return false;
	}
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return true;
	if (status != PGRES_PIPELINE_ABORTED)
		db_note_failure(db, PQresultErrorField(result, PG_DIAG_SQLSTATE), PQresultErrorMessage(result));
	return false;
}

/* Of a broken connection libpq makes up an error for everything that waits, also for ends of groups: these stay where
 * they are, to be lost. */
static void db_take_result(struct db *db, const PGresult *result)
{
	bool is_end = db_awaited_at(db, 0)->statement == SQL_COUNT;
	if (is_end != (PQresultStatus(result) == PGRES_PIPELINE_SYNC)) {
		db_note_failure(db, NULL, PQresultErrorMessage(result));
		event_active(db->broken, EV_TIMEOUT, 0);
		return;
	}
	struct db_awaited awaited = db_take_awaited(db);
	if (is_end) {
		db_finish_group(db, &awaited);
		return;
	}
	bool ok = db_judge(db, awaited.statement, result);
	if (ok)
		db_deliver_rows(db, &awaited.receiver, result);
	db_finish_statement(&awaited, ok);
}

/* libpq ends each statement's results with a NULL; two in a row mean that it has nothing more to say. */
void db_dispatch(struct db *db)
{
	db->heard++;
	bool ended = false;
	while (db->conn && db->awaited_len > 0 && !PQisBusy(db->conn)) {
		PGresult *result = PQgetResult(db->conn);
		if (!result && ended)
			return;
		ended = !result;
		if (result)
			db_take_result(db, result);
		PQclear(result);
	}
}
