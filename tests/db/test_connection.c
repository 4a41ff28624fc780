/* SPDX-License-Identifier: Apache-2.0
 *
 * The connection's promises: groups in order, each completed once, whatever breaks, whoever frees; and ready again
 * after.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/alloc.h"
#include "db/statements.h"
#include "tests/db/fixture.h"

struct group {
	struct db *db;
	int done;
	int order;
	enum db_outcome outcome;
	char sqlstate[6];
	int blocks;
};

static void on_done(void *context, const struct db_failure *failure)
{
	static int order;
	struct group *group = context;
	group->done++;
	group->order = ++order;
	group->outcome = failure->outcome;
	memcpy(group->sqlstate, failure->sqlstate, sizeof group->sqlstate);
}

static void on_block(void *context, int64_t value)
{
	(void)value;
	((struct group *)context)->blocks++;
}

static void loop_until_answered(struct fixture *f, struct db *db)
{
	while (db_pending(db) > 0)
		event_base_loop(f->base, EVLOOP_ONCE);
}

static void start_group(struct db *db, struct group *group)
{
	fixture_begin(db);
	db_take_id_blocks(db, 2, on_block, group);
	db_group_end(db, on_done, group);
}

static void groups_are_answered_in_order(void **state)
{
	struct fixture *f = *state;
	struct group groups[50] = {0};
	for (int i = 0; i < 50; i++)
		start_group(f->db, &groups[i]);
	assert_int_equal(db_pending(f->db), 50);
	loop_until_answered(f, f->db);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(groups[i].done, 1);
		assert_int_equal(groups[i].outcome, DB_OK);
		assert_int_equal(groups[i].blocks, 2);
		assert_int_equal(groups[i].order, groups[0].order + i);
	}
}

static void an_empty_group_is_answered(void **state)
{
	struct fixture *f = *state;
	fixture_begin(f->db);
	fixture_done(f, f->db);
}

static void an_error_fails_its_group_only(void **state)
{
	struct fixture *f = *state;
	struct group bad = {0}, good = {0};
	fixture_begin(f->db);
	db_expect_generation(f->db, -1);
	db_take_id_blocks(f->db, 2, on_block, &bad);
	db_group_end(f->db, on_done, &bad);
	start_group(f->db, &good);
	loop_until_answered(f, f->db);
	assert_int_equal(bad.outcome, DB_ERROR);
	assert_string_equal(bad.sqlstate, "BP001");
	assert_int_equal(bad.blocks, 0);
	assert_int_equal(good.outcome, DB_OK);
	assert_int_equal(good.blocks, 2);
}

static void the_commit_of_a_failed_transaction_is_an_error(void **state)
{
	struct fixture *f = *state;
	fixture_begin(f->db);
	db_begin(f->db);
	db_expect_generation(f->db, -1);
	assert_int_equal(fixture_end(f, f->db).outcome, DB_ERROR);
	fixture_begin(f->db);
	db_commit(f->db);
	struct db_failure failure = fixture_end(f, f->db);
	assert_int_equal(failure.outcome, DB_ERROR);
	assert_string_equal(failure.sqlstate, "25P02");
}

static void large_groups_flow(void **state)
{
	struct fixture *f = *state;
	size_t size = 4 << 20;
	char *text = malloc(size);
	memset(text, 'x', size);
	const unsigned char hash[32] = {0};
	struct group group = {0};
	fixture_begin(f->db);
	for (int i = 0; i < 8; i++) {
		struct db_answer answer = {
			.principal = STR("p"), .key = {text, (size_t)i + 1}, .request_hash = hash, .body = {text, size}};
		db_store_answers(f->db, &answer, 1);
	}
	db_group_end(f->db, on_done, &group);
	loop_until_answered(f, f->db);
	assert_int_equal(group.outcome, DB_OK);
	assert_string_equal(
		fixture_ask(f, "SELECT sum(length(body)) FROM bpmnd.idempotency WHERE principal = 'p'"), "33554432");
	free(text);
}

static void on_instance(void *context, struct instance *instance)
{
	(void)context;
	(void)instance;
	fail();
}

static void a_killed_connection_loses_each_group_once(void **state)
{
	struct fixture *f = *state;
	int lost = f->lost;
	struct group groups[3] = {0};
	int64_t root = 1;
	fixture_do(f, "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
	              "datname = current_database()"); /* which waits for their end */
	for (int i = 0; i < 3; i++) {
		fixture_begin(f->db);
		db_begin(f->db);
		db_load_trees(f->db, &root, 1, on_instance, NULL);
		db_group_end(f->db, on_done, &groups[i]);
	}
	loop_until_answered(f, f->db);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(groups[i].done, 1);
		assert_int_equal(groups[i].outcome, DB_LOST);
	}
	assert_false(db_ready(f->db));
	assert_false(db_group_begin(f->db));
	fixture_until_ready(f, f->db);
	fixture_until_ready(f, f->other);
	assert_int_equal(f->lost, lost + 2);
	struct group again = {0};
	start_group(f->db, &again);
	loop_until_answered(f, f->db);
	assert_int_equal(again.outcome, DB_OK);
}

static void free_completes_what_waits(void **state)
{
	struct fixture *f = *state;
	struct db *db = db_new(f->base, &(struct db_config){.conninfo = f->conninfo});
	fixture_until_ready(f, db);
	struct group groups[3] = {0};
	int64_t root = 1;
	for (int i = 0; i < 3; i++) {
		fixture_begin(db);
		db_load_trees(db, &root, 1, on_instance, NULL);
		db_group_end(db, on_done, &groups[i]);
	}
	db_free(db);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(groups[i].done, 1);
		assert_int_equal(groups[i].outcome, DB_LOST);
	}
}

static void on_done_free(void *context, const struct db_failure *failure)
{
	struct group *group = context;
	on_done(context, failure);
	db_free(group->db);
}

static void free_within_a_callback(void **state)
{
	struct fixture *f = *state;
	struct group group = {.db = db_new(f->base, &(struct db_config){.conninfo = f->conninfo})};
	struct group next = {0};
	fixture_until_ready(f, group.db);
	fixture_begin(group.db);
	db_group_end(group.db, on_done_free, &group);
	start_group(group.db, &next);
	while (!next.done)
		event_base_loop(f->base, EVLOOP_ONCE);
	assert_int_equal(group.outcome, DB_OK);
	assert_int_equal(next.outcome, DB_LOST);
}

static void a_missing_server_is_waited_for(void **state)
{
	struct fixture *f = *state;
	struct db *db = db_new(f->base, &(struct db_config){.conninfo = "host=/nonexistent dbname=x"});
	struct timeval while_ = {.tv_usec = 200000};
	event_base_loopexit(f->base, &while_);
	event_base_dispatch(f->base);
	assert_false(db_ready(db));
	assert_false(db_group_begin(db));
	db_free(db);
}

static void sessions_have_their_settings(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		fixture_ask(f,
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bpmnd'"),
		"2");
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_answered_in_order),
		cmocka_unit_test(an_empty_group_is_answered),
		cmocka_unit_test(an_error_fails_its_group_only),
		cmocka_unit_test(the_commit_of_a_failed_transaction_is_an_error),
		cmocka_unit_test(large_groups_flow),
		cmocka_unit_test(sessions_have_their_settings),
		cmocka_unit_test(a_killed_connection_loses_each_group_once),
		cmocka_unit_test(free_completes_what_waits),
		cmocka_unit_test(free_within_a_callback),
		cmocka_unit_test(a_missing_server_is_waited_for),
	};
	return cmocka_run_group_tests_name("connection", tests, fixture_setup, fixture_teardown);
}
