/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations on many instances: pages, results in the transaction of the effect, each item once over several workers and
 * nodes; migrations and restarts on the way.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

#include <stdio.h>

/* clang-format off */
static const char two_tasks[] =
	START USER_TASK("t") USER_TASK("u") END("e") FLOW("f", "s", "t") FLOW("g", "t", "u") FLOW("h", "u", "e");
static const char task_and_loop[] =
	START USER_TASK("t") LOOP END("e") FLOW("f", "s", "t") FLOW("g", "t", "in") FLOW("leave", "out", "e");
/* clang-format on */

static int start_models(void **state)
{
	house_setup(state);
	struct house *house = *state;
	party_deploy(&house->a, "loan", ONE_TASK);
	party_deploy(&house->a, "loops", task_and_loop);
	return 0;
}

static int nobody_waits(void **state)
{
	struct house *house = *state;
	house_forget(state);
	house_empty(house, "bpmnd.instance, bpmnd.token, bpmnd.task, bpmnd.job, bpmnd.incident, bpmnd.subscription, "
					   "bpmnd.operation, bpmnd.operation_item, history.activity, history.step, history.instance");
	return 0;
}

static void start_many(struct party *party, const char *process, int count, int64_t *ids)
{
	struct ask *asks[600];
	for (int i = 0; i < count; i++)
		ask_send(asks[i] = ask_start(party, process));
	for (int i = 0; i < count; i++) {
		assert_int_equal(ask_await(asks[i]), ERR_NONE);
		ids[i] = asks[i]->instance;
	}
}

static struct ask *ask_operation(struct party *party, const char *type, const int64_t *ids, size_t count)
{
	struct ask *ask = ask_event(party, WORK_OPERATION, type);
	ask->work.operation = (struct db_new_operation){
		.operation = {.type = str_from_c(type), .by = STR("root"), .may_administer = true, .input = STR("{}")},
		.ids = ids,
		.id_count = count,
		.max = 1000,
	};
	return ask;
}

static bool is_over(void *context)
{
	return house_count(context, "SELECT count(*) FROM bpmnd.operation WHERE ended_at IS NULL") == 0;
}

static long items_with(struct house *house, const char *status)
{
	return house_count(house, "SELECT count(*) FROM bpmnd.operation_item WHERE status = %s", status);
}

/* A hundred are two full pages, and it has ended all the same. */
static void every_item_is_done(void **state)
{
	struct house *house = *state;
	int64_t ids[101];
	start_many(&house->a, "loan", 100, ids);
	ids[100] = 77;
	assert_int_equal(ask_good(ask_operation(&house->b, "cancel", ids, 100))->work.result, 100);
	party_until(&house->b, is_over, house);
	assert_int_equal(items_with(house, "1"), 100);
	assert_int_equal(house_count(house, "SELECT count(*) FROM history.instance WHERE status = 6"), 100);
	assert_int_equal(house_count(house, "SELECT sum(done) FROM bpmnd.operation"), 100);
	ask_good(ask_operation(&house->a, "suspend", ids, 101));
	party_until(&house->a, is_over, house);
	assert_int_equal(items_with(house, "2"), 101);
	assert_int_equal(
		house_count(house, "SELECT count(*) FROM bpmnd.operation_item WHERE error ->> 'status' = '404'"), 1);
}

static void each_item_once_over_several_nodes(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct house *node = node_open(house, &party);
	int64_t ids[480];
	start_many(&house->a, "loan", 480, ids);
	ask_good(ask_operation(&house->a, "restart", ids, 480));
	ask_good(ask_operation(&party, "restart", ids, 480));
	ask_good(ask_operation(&house->b, "restart", ids, 480));
	party_until(&house->a, is_over, house);
	assert_int_equal(items_with(house, "1"), 1440);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), 480 + 1440);
	assert_int_equal(house_count(house, "SELECT count(DISTINCT new_instance_id) FROM bpmnd.operation_item"), 1440);
	node_close(node, &party, house);
}

static void what_exhausts_its_step_stands_with_an_incident(void **state)
{
	struct house *house = *state;
	int64_t ids[3];
	start_many(&house->a, "loops", 3, ids);
	struct ask *ask = ask_operation(&house->a, "modify", ids, 3);
	ask->work.operation.operation.input =
		STR("{\"variables\":{\"again\":true},\"modifications\":[{\"kind\":1,\"element\":\"in\",\"token\":0,"
			"\"scope\":0,\"variables\":{}}]}");
	ask_good(ask);
	party_until(&house->a, is_over, house);
	assert_int_equal(items_with(house, "1"), 3);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.incident"), 3);
}

/* The page is narrowed down until the one is known that the database refuses. */
static void what_the_database_refuses_fails_alone(void **state)
{
	struct house *house = *state;
	int64_t ids[8];
	start_many(&house->a, "loan", 8, ids);
	char refuse[256];
	snprintf(refuse, sizeof refuse, "ALTER TABLE history.instance ADD CONSTRAINT refused CHECK (id <> %lld)",
		(long long)ids[3]);
	house_do(house, refuse);
	ask_good(ask_operation(&house->a, "cancel", ids, 8));
	party_until(&house->a, is_over, house);
	house_do(house, "ALTER TABLE history.instance DROP CONSTRAINT refused");
	assert_int_equal(items_with(house, "1"), 7);
	assert_int_equal(
		house_count(house, "SELECT count(*) FROM bpmnd.operation_item WHERE error ->> 'status' = '500'"), 1);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), 1);
}

/* The target is a version that this node has not heard of. */
static void a_migration_finds_a_new_version(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	int64_t ids[60];
	start_many(&house->a, "loan", 60, ids);
	struct house *node = node_open(house, &party);
	struct deployed fresh = party_deploy(&party, "loan", two_tasks);
	struct ask *ask = ask_operation(&house->a, "migrate", ids, 60);
	ask->work.operation.operation.input = STR("{\"migration\":{\"definition\":0,\"mappings\":{}}}");
	ask->work.operation.operation.definition_id = fresh.definition;
	ask_good(ask);
	party_until(&house->a, is_over, house);
	assert_int_equal(items_with(house, "1"), 60);
	assert_int_equal(
		house_count(house, "SELECT count(*) FROM bpmnd.token WHERE definition_id = %lld", (long long)fresh.definition),
		60);
	long task = house_count(house, "SELECT min(id) FROM bpmnd.task");
	ask_good(ask_task(&party, COMMAND_TASK_CLAIM, task));
	ask_good(ask_task(&party, COMMAND_TASK_COMPLETE, task));
	assert_int_equal(house_passed(house, "loan", "t"), 1);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.task"), 60); /* the second one has come */
	node_close(node, &party, house);
}

static void on_forgotten(void *context, int count)
{
	*(int *)context = count;
}

static void stop_with_one_pending(struct house *house, int64_t id)
{
	house_do(house,
		"UPDATE bpmnd.operation SET ended_at = NULL;"
		"DELETE FROM bpmnd.operation_item WHERE nth = 3;"
		"INSERT INTO bpmnd.operation_item (operation_id, instance_id, nth) SELECT id, 1, 3 FROM bpmnd.operation");
	ask_good(ask_catalog(&house->a, WORK_CANCEL_OPERATION, id, false));
}

static void one_is_stopped_and_forgotten(void **state)
{
	struct house *house = *state;
	int64_t ids[2];
	start_many(&house->a, "loan", 2, ids);
	struct ask *ask = ask_good(ask_operation(&house->a, "suspend", ids, 2));
	int64_t id = ask->work.operation.operation.id;
	party_until(&house->a, is_over, house);
	struct ask *stop = ask_catalog(&house->a, WORK_CANCEL_OPERATION, id, false);
	assert_int_equal(ask_good(stop)->work.result, 2);
	stop = ask_catalog(&house->a, WORK_CANCEL_OPERATION, 99, false);
	assert_int_equal(ask_good(stop)->work.result, 1);
	for (int tries = 0; tries < 20 && items_with(house, "0") != 1; tries++) /* a worker may be at it before */
		stop_with_one_pending(house, id);
	assert_int_equal(items_with(house, "0"), 1);
	party_run(&house->a, SECOND / 5);
	assert_int_equal(items_with(house, "0"), 1);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.operation WHERE canceled"), 1);

	fixture_do(house->database, "UPDATE bpmnd.operation SET ended_at = '2000-01-01'");
	int forgotten = 0;
	fixture_begin(house->database->db);
	db_delete_old_operations(house->database->db, SECOND * 1000000000, 10, on_forgotten, &forgotten);
	fixture_done(house->database, house->database->db);
	assert_int_equal(forgotten, 1);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.operation_item"), 0);
}

static void what_cannot_be_read_fails(void **state)
{
	struct house *house = *state;
	int64_t ids[2];
	start_many(&house->a, "loan", 2, ids);
	struct ask *ask = ask_operation(&house->a, "modify", ids, 2);
	ask->work.operation.operation.input = STR("{\"modifications\":{}}");
	ask_good(ask);
	party_until(&house->a, is_over, house);
	assert_int_equal(items_with(house, "2"), 2);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.token"), 2);
}

static void too_many_are_not_stored(void **state)
{
	struct house *house = *state;
	int64_t ids[5];
	start_many(&house->a, "loan", 5, ids);
	struct ask *ask = ask_operation(&house->a, "suspend", NULL, 0);
	ask->work.operation.max = 4;
	ask->work.operation.filter.definition_key = STR("loan");
	assert_int_equal(ask_good(ask)->work.result, 5);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.operation"), 0);
	ask = ask_operation(&house->a, "suspend", NULL, 0);
	ask->work.operation.filter.definition_key = STR("loan");
	assert_int_equal(ask_good(ask)->work.result, 5);
	party_until(&house->a, is_over, house);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance WHERE status = 2"), 5);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_item_is_done, nobody_waits),
		cmocka_unit_test_teardown(each_item_once_over_several_nodes, nobody_waits),
		cmocka_unit_test_teardown(what_exhausts_its_step_stands_with_an_incident, nobody_waits),
		cmocka_unit_test_teardown(what_the_database_refuses_fails_alone, nobody_waits),
		cmocka_unit_test_teardown(a_migration_finds_a_new_version, nobody_waits),
		cmocka_unit_test_teardown(one_is_stopped_and_forgotten, nobody_waits),
		cmocka_unit_test_teardown(what_cannot_be_read_fails, nobody_waits),
		cmocka_unit_test_teardown(too_many_are_not_stored, nobody_waits),
	};
	return cmocka_run_group_tests_name("operations", tests, start_models, house_teardown);
}
