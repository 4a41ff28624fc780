/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking, for start-up and commands: brings the schema to the last migration that this binary knows, and checks that
 * a database is one to serve from. Migrations run one at a time under a lock of the session, each in its own
 * transaction together with the row that says it has run.
 */
#include "config.h"

#include "db/db.h"

#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>

#include "db/params.h"
#include "db/row.h"
#include "db/sql.h"

/* The oldest server whose statements these are. */
#define MIGRATE_SERVER_OLDEST 150000

static bool migrate_connect(const char *conninfo, PGconn **out, struct err *err)
{
	static const char *const keywords[] = {
		"fallback_application_name", "connect_timeout", "target_session_attrs", "dbname", "client_encoding", NULL};
	const char *const values[] = {"bpmnd", "10", "read-write", conninfo, "UTF8", NULL};
	PGconn *conn = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(conn) != CONNECTION_OK) {
		const char *message = PQerrorMessage(conn);
		err_set(err, ERR_UNAVAILABLE, "database: %.*s", (int)strcspn(message, "\n"), message);
		PQfinish(conn);
		return false;
	}
	if (PQserverVersion(conn) < MIGRATE_SERVER_OLDEST) {
		err_set(err, ERR_INVALID, "database: the server has version %d, 15 is the oldest that will do",
			PQserverVersion(conn) / 10000);
		PQfinish(conn);
		return false;
	}
	*out = conn;
	return true;
}

/* Takes the result; NULL, with the error set, when the statement was refused. */
static PGresult *migrate_take(PGresult *result, const char *what, struct err *err)
{
	ExecStatusType status = PQresultStatus(result);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	err_set(err, PQresultErrorField(result, PG_DIAG_SQLSTATE) ? ERR_INVALID : ERR_UNAVAILABLE, "database: %s: %s", what,
		message ? message : "connection lost");
	PQclear(result);
	return NULL;
}

static PGresult *migrate_run(PGconn *conn, enum sql_id statement, const struct params *params, struct err *err)
{
	static const int formats[PARAMS_MAX] = {1, 1, 1, 1};
	const char *values[PARAMS_MAX];
	if (params && !params_values(params, values)) {
		err_set(err, ERR_INTERNAL, "parameters too large");
		return NULL;
	}
	return migrate_take(PQexecParams(conn, sql_statements[statement].text, params ? params->count : 0, NULL, values,
							params ? params->lengths : NULL, formats, 1),
		sql_statements[statement].name, err);
}

static bool migrate_do(PGconn *conn, enum sql_id statement, struct err *err)
{
	PGresult *result = migrate_run(conn, statement, NULL, err);
	PQclear(result);
	return result != NULL;
}

/* The number of the last migration that has run, 0: none. */
static bool migrate_read_version(PGconn *conn, int *version, struct err *err)
{
	PGresult *result = migrate_run(conn, SQL_READ_SCHEMA_VERSION, NULL, err);
	if (!result)
		return false;
	*version = row_int4((struct row){result, 0}, 0);
	PQclear(result);
	return true;
}

static bool migrate_note(PGconn *conn, const struct db_migration *migration, struct err *err)
{
	struct params params;
	params_init(&params);
	params_int4(&params, migration->number);
	params_text(&params, str_from_c(migration->name));
	PGresult *result = migrate_run(conn, SQL_INSERT_MIGRATION, &params, err);
	params_free(&params);
	PQclear(result);
	return result != NULL;
}

/* A migration has many statements: the simple protocol runs them all. */
static bool migrate_script(PGconn *conn, const struct db_migration *migration, struct err *err)
{
	PGresult *result = migrate_take(PQexec(conn, migration->text), migration->name, err);
	PQclear(result);
	return result != NULL;
}

static bool migrate_step(PGconn *conn, const struct db_migration *migration, struct err *err)
{
	bool done =
		migrate_do(conn, SQL_BEGIN, err) && migrate_script(conn, migration, err) && migrate_note(conn, migration, err);
	return migrate_do(conn, done ? SQL_COMMIT : SQL_ROLLBACK, err) && done;
}

static int migrate_last(void)
{
	return db_migration_count > 0 ? db_migrations[db_migration_count - 1].number : 0;
}

static bool migrate_all(PGconn *conn, int *from, int *to, struct err *err)
{
	if (!migrate_do(conn, SQL_LOCK_MIGRATIONS, err) || !migrate_do(conn, SQL_CREATE_MIGRATION_SCHEMA, err) ||
		!migrate_do(conn, SQL_CREATE_MIGRATION_TABLE, err) || !migrate_read_version(conn, from, err))
		return false;
	*to = *from;
	if (*from > migrate_last())
		return err_set(
			err, ERR_INVALID, "database: its schema has version %d, this program knows %d", *from, migrate_last());
	for (size_t i = 0; i < db_migration_count; i++) {
		if (db_migrations[i].number <= *from)
			continue;
		if (!migrate_step(conn, &db_migrations[i], err))
			return false;
		*to = db_migrations[i].number;
	}
	return true;
}

static void migrate_ignore_notice(void *context, const PGresult *notice)
{
	(void)context;
	(void)notice;
}

bool db_migrate(const char *conninfo, int *from, int *to, struct err *err)
{
	PGconn *conn;
	if (!migrate_connect(conninfo, &conn, err))
		return false;
	PQsetNoticeReceiver(conn, migrate_ignore_notice, NULL);
	bool done = migrate_all(conn, from, to, err);
	PQfinish(conn); /* and with it the lock */
	return done;
}

static bool migrate_check_version(PGconn *conn, struct err *err)
{
	int version;
	struct err cause = {0};
	if (!migrate_read_version(conn, &version, &cause)) {
		if (cause.code == ERR_UNAVAILABLE)
			return err_set(err, ERR_UNAVAILABLE, "%s", cause.message);
		return err_set(err, ERR_INVALID, "database: it has no schema of ours yet (bpmnd migrate makes it)");
	}
	if (version == migrate_last())
		return true;
	return err_set(err, ERR_INVALID, "database: its schema has version %d, this program needs %d%s", version,
		migrate_last(), version < migrate_last() ? " (bpmnd migrate brings it there)" : "");
}

static bool migrate_check_server(PGconn *conn, const char **durability, struct err *err)
{
	PGresult *result = migrate_run(conn, SQL_READ_SERVER_FACTS, NULL, err);
	if (!result)
		return false;
	struct row row = {result, 0};
	bool fsync = row_bool(row, 0);
	bool full_page_writes = row_bool(row, 1);
	bool waits_for_standby = row_bool(row, 2);
	bool has_standby = row_bool(row, 3);
	PQclear(result);
	if (!fsync || !full_page_writes)
		return err_set(err, ERR_INVALID, "database: the server runs with %s=off and may lose what it has acknowledged",
			fsync ? "full_page_writes" : "fsync");
	*durability = waits_for_standby ? "sync-replicated" : has_standby ? "async-replicated" : "single";
	return true;
}

bool db_check(const char *conninfo, const char **durability, struct err *err)
{
	PGconn *conn;
	if (!migrate_connect(conninfo, &conn, err))
		return false;
	bool good = migrate_check_version(conn, err) && migrate_check_server(conn, durability, err);
	PQfinish(conn);
	return good;
}
