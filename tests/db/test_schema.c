/* SPDX-License-Identifier: Apache-2.0
 *
 * Migrations, the check at start-up, and that every file of db/sql is a statement that PostgreSQL accepts.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "db/sql.h"
#include "tests/db/fixture.h"

static void every_statement_prepares(void **state)
{
	struct fixture *f = *state;
	PGconn *conn = PQconnectdb(f->conninfo);
	PQclear(PQexec(conn, "SET search_path = pg_catalog"));
	for (int id = 0; id < SQL_COUNT; id++) {
		PGresult *result = PQprepare(conn, sql_statements[id].name, sql_statements[id].text, 0, NULL);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			fail_msg("%s: %s", sql_statements[id].name, PQerrorMessage(conn));
		PQclear(result);
		PGresult *facts = PQdescribePrepared(conn, sql_statements[id].name);
		assert_int_equal(PQnparams(facts), sql_statements[id].parameters);
		PQclear(facts);
	}
	PQfinish(conn);
}

static void migrations_apply_once(void **state)
{
	struct fixture *f = *state;
	int from = -1, to = -1;
	struct err err = {0};
	assert_true(db_migrate(f->conninfo, &from, &to, &err));
	int last = db_migrations[db_migration_count - 1].number;
	assert_int_equal(from, last);
	assert_int_equal(to, last);
}

static void a_current_schema_is_served(void **state)
{
	struct fixture *f = *state;
	const char *durability = NULL;
	struct err err = {0};
	assert_true(db_check(f->conninfo, &durability, &err));
	assert_string_equal(durability, "single");
}

static void other_schemas_are_refused(void **state)
{
	struct fixture *f = *state;
	const char *durability = NULL;
	struct err err = {0};
	fixture_do(f, "INSERT INTO bpmnd_schema.migration (number, name) VALUES (9999, 'from the future')");
	assert_false(db_check(f->conninfo, &durability, &err));
	assert_int_equal(err.code, ERR_INVALID);
	int from, to;
	err = (struct err){0};
	assert_false(db_migrate(f->conninfo, &from, &to, &err));
	assert_int_equal(err.code, ERR_INVALID);
	fixture_do(f, "DELETE FROM bpmnd_schema.migration WHERE number = 9999");
}

static void an_empty_database_is_refused(void **state)
{
	(void)state;
	const char *durability = NULL;
	struct err err = {0};
	assert_false(db_check(getenv("BPMND_TEST_DATABASE"), &durability, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.message, "bpmnd migrate"));
}

static void no_server_is_unavailable(void **state)
{
	(void)state;
	const char *durability = NULL;
	struct err err = {0};
	assert_false(db_check("host=/nonexistent dbname=x", &durability, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_null(strchr(err.message, '\n'));
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_statement_prepares),
		cmocka_unit_test(migrations_apply_once),
		cmocka_unit_test(a_current_schema_is_served),
		cmocka_unit_test(other_schemas_are_refused),
		cmocka_unit_test(an_empty_database_is_refused),
		cmocka_unit_test(no_server_is_unavailable),
	};
	return cmocka_run_group_tests_name("schema", tests, fixture_setup, fixture_teardown);
}
