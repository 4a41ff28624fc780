/* SPDX-License-Identifier: Apache-2.0
 *
 * Work for workers and timers: who gets what, when, and with which variables.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "db/statements.h"
#include "tests/db/fixture.h"

#define SECOND INT64_C(1000000)
#define NOW (INT64_C(1795000000) * SECOND)
#define assert_str(actual, expected) assert_true(str_equal((actual), STR(expected)))

struct taken {
	int count;
	int64_t ids[256];
	int64_t locked_until;
	char variables[1024];
	char headers[1024];
	char element_id[64];
};

static void on_job(void *context, const struct db_job *job)
{
	struct taken *taken = context;
	taken->ids[taken->count++] = job->id;
	taken->locked_until = job->locked_until;
	snprintf(taken->variables, sizeof taken->variables, "%.*s", STR_ARG(job->variables));
	snprintf(taken->headers, sizeof taken->headers, "%.*s", STR_ARG(job->headers));
	snprintf(taken->element_id, sizeof taken->element_id, "%.*s", STR_ARG(job->element_id));
	assert_str(job->type, "mail");
	assert_str(job->definition_key, "p");
}

static struct taken activate(struct fixture *f, struct db *db, const struct db_activation *activation)
{
	struct taken taken = {0};
	fixture_begin(db);
	db_activate_jobs(db, activation, on_job, &taken);
	fixture_done(f, db);
	return taken;
}

static struct db_activation wanted(int max, int64_t now)
{
	return (struct db_activation){
		.type = STR("mail"),
		.worker = STR("w"),
		.max = max,
		.now = now,
		.locked_until = now + 60 * SECOND,
		.all_variables = true,
	};
}

/* Three jobs, 102 the oldest; instance 1 with a scope 10 around token 11. */
static int some_jobs(void **state)
{
	struct fixture *f = *state;
	fixture_do(f, "TRUNCATE bpmnd.instance, bpmnd.token, bpmnd.job");
	fixture_do(f, "INSERT INTO bpmnd.deployment VALUES (1, 'd', NULL, now(), 'me') ON CONFLICT DO NOTHING;"
				  "INSERT INTO bpmnd.definition (id, deployment_id, resource_name, process_index, key, version, "
	              "executable, sha256) "
				  "VALUES (7, 1, 'x', 0, 'p', 1, true, '') ON CONFLICT DO NOTHING;"
				  "INSERT INTO bpmnd.element (definition_id, node, element_id, type, headers) "
				  "VALUES (7, 3, 'send', 'serviceTask', '{\"to\":\"a\"}') ON "
	              "CONFLICT DO NOTHING");
	fixture_do(f,
		"INSERT INTO bpmnd.instance (id, root_id, definition_id, version, status, started_at, started_by, variables) "
		"VALUES (1, 1, 7, 1, 1, now(), 'me', '{\"a\": 1, \"b\": 1, \"c\": 1}')");
	fixture_do(f,
		"INSERT INTO bpmnd.token (id, root_id, instance_id, definition_id, scope_id, node, state, started_at, "
	    "variables) VALUES "
		"(10, 1, 1, 7, NULL, 2, 5, now(), '{\"b\": 2, \"c\": 2}'), (11, 1, 1, 7, 10, 3, 2, now(), '{\"c\": 3}'), "
		"(12, 1, 1, 7, NULL, 3, 2, now(), NULL), (13, 1, 1, 7, 10, 3, 2, now(), NULL)");
	fixture_do(f, "INSERT INTO bpmnd.job (id, root_id, instance_id, definition_id, token_id, node, kind, type, due_at, "
	              "retries) VALUES "
				  "(101, 1, 1, 7, 11, 3, 1, 'mail', to_timestamp(1795000000 - 5), 3), (102, 1, 1, 7, 12, 3, 1, 'mail', "
	              "to_timestamp(1795000000 - 9), 3), "
				  "(103, 1, 1, 7, 13, 3, 1, 'mail', to_timestamp(1795000000), 3)");
	return 0;
}

static void work_is_taken_oldest_first(void **state)
{
	struct fixture *f = *state;
	struct db_activation two = wanted(2, NOW);
	struct taken taken = activate(f, f->db, &two);
	assert_int_equal(taken.count, 2);
	assert_int_equal(taken.ids[0], 102);
	assert_int_equal(taken.ids[1], 101);
	assert_int_equal(taken.locked_until, NOW + 60 * SECOND);
	assert_string_equal(taken.element_id, "send");
	assert_string_equal(taken.headers, "{\"to\": \"a\"}");
	struct db_activation rest = wanted(10, NOW);
	taken = activate(f, f->db, &rest);
	assert_int_equal(taken.count, 1);
	assert_int_equal(taken.ids[0], 103);
	taken = activate(f, f->db, &rest);
	assert_int_equal(taken.count, 0);
}

static void variables_of_inner_scopes_lie_on_top(void **state)
{
	struct fixture *f = *state;
	struct db_activation one = wanted(1, NOW);
	struct taken taken = activate(f, f->db, &one);
	assert_int_equal(taken.ids[0], 102);
	assert_string_equal(taken.variables, "{\"a\": 1, \"b\": 1, \"c\": 1}");
	taken = activate(f, f->db, &one);
	assert_int_equal(taken.ids[0], 101);
	assert_string_equal(taken.variables, "{\"a\": 1, \"b\": 2, \"c\": 3}");
	struct str names[] = {STR("c"), STR("missing")};
	one.all_variables = false;
	one.variables = names;
	one.variable_count = 2;
	taken = activate(f, f->db, &one);
	assert_int_equal(taken.ids[0], 103);
	assert_string_equal(taken.variables, "{\"c\": 2}");
}

static void no_names_are_no_variables(void **state)
{
	struct fixture *f = *state;
	struct db_activation one = wanted(1, NOW);
	struct str nothing[1] = {{0}};
	one.all_variables = false;
	one.variables = nothing;
	struct taken taken = activate(f, f->db, &one);
	assert_string_equal(taken.variables, "{}");
}

static void two_takers_in_one_transaction_get_different_jobs(void **state)
{
	struct fixture *f = *state;
	struct db_activation two = wanted(2, NOW);
	struct taken first = {0}, second = {0};
	fixture_begin(f->db);
	db_begin(f->db);
	db_activate_jobs(f->db, &two, on_job, &first);
	db_activate_jobs(f->db, &two, on_job, &second);
	db_commit(f->db);
	fixture_done(f, f->db);
	assert_int_equal(first.count, 2);
	assert_int_equal(second.count, 1);
	assert_int_equal(second.ids[0], 103);
}

static void takers_pass_each_other_by(void **state)
{
	struct fixture *f = *state;
	struct db_activation two = wanted(2, NOW);
	struct taken first = {0};
	fixture_begin(f->db);
	db_begin(f->db);
	db_activate_jobs(f->db, &two, on_job, &first);
	fixture_done(f, f->db);
	struct taken second = activate(f, f->other, &two);
	assert_int_equal(second.count, 1);
	assert_int_equal(second.ids[0], 103);
	fixture_begin(f->db);
	db_rollback(f->db);
	fixture_done(f, f->db);
	second = activate(f, f->other, &two);
	assert_int_equal(second.count, 2);
}

static void a_job_taken_over_has_a_new_id(void **state)
{
	struct fixture *f = *state;
	struct db_activation one = wanted(1, NOW);
	struct taken late = activate(f, f->db, &one);
	assert_int_equal(late.ids[0], 102);
	one = wanted(1, NOW + 61 * SECOND);
	struct taken taken = activate(f, f->other, &one);
	assert_int_equal(taken.count, 1);
	assert_true(taken.ids[0] >= INT64_C(1) << 20);
	char sql[128];
	snprintf(sql, sizeof sql, "SELECT token_id FROM bpmnd.job WHERE id = %lld", (long long)taken.ids[0]);
	assert_string_equal(fixture_ask(f, sql), "12");
	assert_string_equal(fixture_ask(f, "SELECT count(*) FROM bpmnd.job WHERE id = 102"), "0");
}

static void failed_suspended_and_later_work_is_left(void **state)
{
	struct fixture *f = *state;
	fixture_do(f,
		"UPDATE bpmnd.job SET retries = 0 WHERE id = 101; UPDATE bpmnd.job SET suspended = true WHERE id = 102;"
		"UPDATE bpmnd.job SET due_at = to_timestamp(1795000001) WHERE id = 103");
	struct db_activation all = wanted(10, NOW);
	assert_int_equal(activate(f, f->db, &all).count, 0);
	all = wanted(10, NOW + SECOND);
	assert_int_equal(activate(f, f->db, &all).count, 1);
}

static void on_result(void *context, int result)
{
	*(int *)context = result;
}

static int extend(struct fixture *f, int64_t id)
{
	int result = -1;
	fixture_begin(f->db);
	db_extend_job(f->db, id, NOW + 3600 * SECOND, on_result, &result);
	fixture_done(f, f->db);
	return result;
}

static void only_locks_are_prolonged(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(extend(f, 102), 1);
	struct db_activation one = wanted(1, NOW);
	activate(f, f->db, &one);
	assert_int_equal(extend(f, 102), 0);
	assert_int_equal(extend(f, 999), 1);
	assert_string_equal(
		fixture_ask(f, "SELECT extract(epoch FROM locked_until)::bigint FROM bpmnd.job WHERE id = 102"), "1795003600");
}

struct timers {
	int count;
	int64_t ids[16];
	int64_t due;
};

static void on_timer(void *context, int64_t job_id, int64_t root_id)
{
	struct timers *timers = context;
	assert_int_equal(root_id, job_id / 100);
	timers->ids[timers->count++] = job_id;
}

static void on_due(void *context, int64_t due_at)
{
	((struct timers *)context)->due = due_at;
}

static struct timers take_timers(struct fixture *f, struct db *db)
{
	struct timers timers = {0};
	fixture_begin(db);
	db_begin(db);
	db_take_due_timers(db, NOW, 10, NULL, 0, on_timer, &timers);
	db_read_next_timer(db, on_due, &timers);
	fixture_done(f, db);
	return timers;
}

static void end_transaction(struct fixture *f, struct db *db)
{
	fixture_begin(db);
	db_rollback(db);
	fixture_done(f, db);
}

static void due_timers_lock_their_trees(void **state)
{
	struct fixture *f = *state;
	fixture_do(f, "TRUNCATE bpmnd.instance, bpmnd.job");
	fixture_do(f,
		"INSERT INTO bpmnd.instance (id, root_id, definition_id, version, status, started_at, started_by, variables) "
		"SELECT n, n, 7, 1, 1, now(), 'me', '{}' FROM generate_series(1, 4) AS n");
	fixture_do(f, "INSERT INTO bpmnd.job (id, root_id, instance_id, definition_id, token_id, node, kind, due_at, "
	              "retries, suspended) VALUES "
				  "(100, 1, 1, 7, 1, 0, 2, to_timestamp(1795000000 - 3), 3, false), (101, 1, 1, 7, 1, 0, 2, "
	              "to_timestamp(1795000000 - 8), 3, false), "
				  "(200, 2, 2, 7, 1, 0, 2, to_timestamp(1795000000), 3, false), (300, 3, 3, 7, 1, 0, 2, "
	              "to_timestamp(1795000000 - 9), 3, true), "
				  "(400, 4, 4, 7, 1, 0, 2, to_timestamp(1795000001), 3, false)");
	struct timers first = take_timers(f, f->db);
	assert_int_equal(first.count, 3);
	assert_int_equal(first.ids[0], 101);
	assert_int_equal(first.ids[1], 100);
	assert_int_equal(first.ids[2], 200);
	assert_int_equal(first.due, NOW - 8 * SECOND);
	struct timers second = take_timers(f, f->other);
	assert_int_equal(second.count, 0);
	end_transaction(f, f->db);
	end_transaction(f, f->other);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(work_is_taken_oldest_first, some_jobs),
		cmocka_unit_test_setup(variables_of_inner_scopes_lie_on_top, some_jobs),
		cmocka_unit_test_setup(no_names_are_no_variables, some_jobs),
		cmocka_unit_test_setup(two_takers_in_one_transaction_get_different_jobs, some_jobs),
		cmocka_unit_test_setup(takers_pass_each_other_by, some_jobs),
		cmocka_unit_test_setup(a_job_taken_over_has_a_new_id, some_jobs),
		cmocka_unit_test_setup(failed_suspended_and_later_work_is_left, some_jobs),
		cmocka_unit_test_setup(only_locks_are_prolonged, some_jobs),
		cmocka_unit_test(due_timers_lock_their_trees),
	};
	return cmocka_run_group_tests_name("jobs", tests, fixture_setup, fixture_teardown);
}
