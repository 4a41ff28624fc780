/* SPDX-License-Identifier: Apache-2.0
 *
 * What one worker deploys, suspends or deletes holds at once for the others, though their catalog is an older one.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

static struct ask *start_by_id(struct party *party, int64_t definition)
{
	struct ask *ask = ask_new(party, COMMAND_START);
	ask->item.definition_id = definition;
	return ask;
}

static void what_is_deployed_can_be_started_anywhere(void **state)
{
	struct house *house = *state;
	party_deploy(&house->a, "fresh", ONE_TASK);
	assert_int_equal(ask_do(ask_start(&house->b, "fresh")), ERR_NONE);
}

static int64_t definition_of(struct house *house, const struct ask *ask)
{
	return house_count(house, "SELECT definition_id FROM bpmnd.instance WHERE id = %lld", (long long)ask->instance);
}

static void another_node_sees_the_latest_version(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct deployed first = party_deploy(&house->a, "versions", ONE_TASK);
	struct house *node = node_open(house, &party);
	assert_int_equal(definition_of(house, ask_good(ask_start(&party, "versions"))), first.definition);
	struct deployed second = party_deploy(&house->a, "versions", ONE_TASK);
	assert_int_equal(second.version, 2);
	assert_int_equal(definition_of(house, ask_good(ask_start(&party, "versions"))), second.definition);
	struct ask *by_version = ask_start(&party, "versions");
	by_version->item.version = 1;
	assert_int_equal(definition_of(house, ask_good(by_version)), first.definition);
	node_close(node, &party, house);
}

static void another_node_learns_of_a_new_definition(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct house *node = node_open(house, &party);
	struct deployed deployed = party_deploy(&house->a, "unknown-there", ONE_TASK);
	struct ask *started = ask_good(ask_start(&house->a, "unknown-there"));
	/* by its id, and by a task of it */
	assert_true(ask_good(ask_task(&party, COMMAND_TASK_COMPLETE, started->tasks[0]))->ended);
	assert_int_equal(ask_do(start_by_id(&party, deployed.definition)), ERR_NONE);
	node_close(node, &party, house);
}

static void a_suspended_definition_starts_nothing(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct deployed deployed = party_deploy(&house->a, "rests", ONE_TASK);
	struct house *node = node_open(house, &party);
	struct ask *running = ask_good(ask_start(&party, "rests"));
	assert_int_equal(
		ask_good(ask_catalog(&house->a, WORK_DEFINITION_STATE, deployed.definition, true))->work.result, 0);
	struct party *parties[] = {&house->a, &house->b, &party};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask_do(ask_start(parties[i], "rests")), ERR_CONFLICT);
		assert_int_equal(ask_do(start_by_id(parties[i], deployed.definition)), ERR_CONFLICT);
	}
	assert_true(ask_good(ask_task(&party, COMMAND_TASK_COMPLETE, running->tasks[0]))->ended);
	ask_good(ask_catalog(&house->b, WORK_DEFINITION_STATE, deployed.definition, false));
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask_do(ask_start(parties[i], "rests")), ERR_NONE);
	node_close(node, &party, house);
}

static void a_deleted_definition_is_unheard_of(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct deployed deployed = party_deploy(&house->a, "goes", ONE_TASK);
	struct house *node = node_open(house, &party);
	struct ask *running = ask_good(ask_start(&party, "goes"));
	assert_int_equal(
		ask_good(ask_catalog(&house->a, WORK_DELETE_DEPLOYMENT, deployed.deployment, false))->work.result, 2);
	assert_int_equal(
		ask_good(ask_catalog(&house->a, WORK_DELETE_DEPLOYMENT, deployed.deployment, true))->work.result, 0);
	struct party *parties[] = {&house->a, &house->b, &party};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask_do(ask_start(parties[i], "goes")), ERR_NOT_FOUND);
		assert_int_equal(ask_do(start_by_id(parties[i], deployed.definition)), ERR_NOT_FOUND);
		assert_int_equal(ask_do(ask_task(parties[i], COMMAND_TASK_COMPLETE, running->tasks[0])), ERR_NOT_FOUND);
	}
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance WHERE definition_id = %lld",
						 (long long)deployed.definition),
		0);
	node_close(node, &party, house);
}

/* Known by name to the other node, but its diagram was never needed there. */
static void a_definition_deleted_before_its_first_start_is_unheard_of(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct deployed deployed = party_deploy(&house->a, "never-started", ONE_TASK);
	struct house *node = node_open(house, &party);
	assert_int_equal(
		ask_good(ask_catalog(&house->a, WORK_DELETE_DEPLOYMENT, deployed.deployment, false))->work.result, 0);
	assert_int_equal(ask_do(ask_start(&party, "never-started")), ERR_NOT_FOUND);
	assert_int_equal(ask_do(start_by_id(&party, deployed.definition)), ERR_NOT_FOUND);
	node_close(node, &party, house);
}

#define DEPLOYMENTS 20

static void deploy_and_start(struct party *party, void *context)
{
	(void)context;
	for (int i = 0; i < DEPLOYMENTS; i++) {
		party_meet(party);
		if (party->number == 0)
			party_deploy(party, "busy", ONE_TASK);
		for (int k = 0; k < 10; k++)
			ask_good(ask_start(party, "busy"));
	}
}

/* Deployments while others start: no start is lost, and none is refused. */
static void deployments_disturb_no_start(void **state)
{
	struct house *house = *state;
	party_deploy(&house->a, "busy", ONE_TASK);
	house_in_threads(house, deploy_and_start, NULL);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance AS i JOIN bpmnd.definition AS d "
										"ON d.id = i.definition_id WHERE d.key = 'busy'"),
		2 * DEPLOYMENTS * 10);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_is_deployed_can_be_started_anywhere, house_forget),
		cmocka_unit_test_teardown(another_node_sees_the_latest_version, house_forget),
		cmocka_unit_test_teardown(another_node_learns_of_a_new_definition, house_forget),
		cmocka_unit_test_teardown(a_suspended_definition_starts_nothing, house_forget),
		cmocka_unit_test_teardown(a_deleted_definition_is_unheard_of, house_forget),
		cmocka_unit_test_teardown(a_definition_deleted_before_its_first_start_is_unheard_of, house_forget),
		cmocka_unit_test_teardown(deployments_disturb_no_start, house_forget),
	};
	return cmocka_run_group_tests_name("definitions", tests, house_setup, house_teardown);
}
