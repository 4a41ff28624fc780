/* SPDX-License-Identifier: Apache-2.0
 *
 * See fixture.h.
 */
#include "config.h"

#include "tests/db/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <libpq-fe.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"

void fixture_wrap(char **argv)
{
	if (getenv("BPMND_TEST_DATABASE"))
		return;
	const char *srcdir = getenv("srcdir");
	char wrapper[4096];
	VEC(char *) words = {0};
	snprintf(wrapper, sizeof wrapper, "%s/tests/with-postgres", srcdir ? srcdir : ".");
	vec_add(&words, wrapper);
	for (; *argv; argv++)
		vec_add(&words, *argv);
	vec_add(&words, NULL);
	execv(wrapper, words.items);
	perror(wrapper);
	exit(1);
}

static void fixture_ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

static PGresult *fixture_run(const char *conninfo, const char *sql)
{
	PGconn *conn = PQconnectdb(conninfo);
	PQsetNoticeProcessor(conn, fixture_ignore_notice, NULL);
	PGresult *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(conn));
	PQfinish(conn);
	return result;
}

void fixture_do(struct fixture *fixture, const char *sql)
{
	PQclear(fixture_run(fixture->conninfo, sql));
}

const char *fixture_ask(struct fixture *fixture, const char *sql)
{
	static char value[4096];
	PGresult *result = fixture_run(fixture->conninfo, sql);
	snprintf(value, sizeof value, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return value;
}

static void fixture_on_state(void *context, bool ready)
{
	struct fixture *fixture = context;
	if (!ready)
		fixture->lost++;
}

void fixture_until_ready(struct fixture *fixture, struct db *db)
{
	while (!db_ready(db))
		event_base_loop(fixture->base, EVLOOP_ONCE);
}

int fixture_setup(void **state)
{
	const char *server = getenv("BPMND_TEST_DATABASE");
	struct fixture *fixture = alloc_new(struct fixture);
	log_configure(LOG_ERROR, STDERR_FILENO);
	char sql[128];
	long long number = clock_now(); /* a pid may come again */
	snprintf(sql, sizeof sql, "CREATE DATABASE test_%d_%lld", (int)getpid(), number);
	PQclear(fixture_run(server, sql));
	snprintf(fixture->conninfo, sizeof fixture->conninfo, "%s dbname=test_%d_%lld", server, (int)getpid(), number);
	int from, to;
	struct err err = {0};
	if (!db_migrate(fixture->conninfo, &from, &to, &err))
		fail_msg("%s", err.message);
	fixture->base = event_base_new();
	struct db_config config = {.conninfo = fixture->conninfo, .on_state = fixture_on_state, .context = fixture};
	fixture->db = db_new(fixture->base, &config);
	config.reads = true;
	fixture->other = db_new(fixture->base, &config);
	fixture_until_ready(fixture, fixture->db);
	fixture_until_ready(fixture, fixture->other);
	*state = fixture;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;
	db_free(fixture->db);
	db_free(fixture->other);
	event_base_free(fixture->base);
	free(fixture);
	return 0;
}

void fixture_begin(struct db *db)
{
	assert_true(db_group_begin(db));
}

struct fixture_waiting {
	bool done;
	struct db_failure failure;
};

static void fixture_on_done(void *context, const struct db_failure *failure)
{
	struct fixture_waiting *waiting = context;
	assert_false(waiting->done);
	*waiting = (struct fixture_waiting){true, *failure};
}

struct db_failure fixture_end(struct fixture *fixture, struct db *db)
{
	struct fixture_waiting waiting = {0};
	db_group_end(db, fixture_on_done, &waiting);
	while (!waiting.done)
		event_base_loop(fixture->base, EVLOOP_ONCE);
	return waiting.failure;
}

void fixture_done(struct fixture *fixture, struct db *db)
{
	struct db_failure failure = fixture_end(fixture, db);
	if (failure.outcome != DB_OK)
		fail_msg("%d %s %s", failure.outcome, failure.sqlstate, failure.message);
}
