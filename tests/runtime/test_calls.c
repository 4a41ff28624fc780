/* SPDX-License-Identifier: Apache-2.0
 *
 * Trees of called instances: found in the catalog, locked and loaded as one, whichever instance a command names.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

/* clang-format off */
#define CALL(key, more) \
	START "<callActivity id='c' calledElement='" key "'" more "/>" END("e") FLOW("f", "s", "c") FLOW("g", "c", "e")
/* clang-format on */

static int start_models(void **state)
{
	house_setup(state);
	struct house *house = *state;
	party_deploy(&house->a, "leaf", ONE_TASK);
	party_deploy(&house->a, "middle", CALL("leaf", ""));
	party_deploy(&house->a, "top", CALL("middle", ""));
	return 0;
}

static int64_t instance_of(struct house *house, const struct ask *started, const char *process)
{
	return house_count(house,
		"SELECT i.id FROM bpmnd.instance AS i JOIN bpmnd.definition AS d ON d.id = i.definition_id "
		"WHERE i.root_id = %lld AND d.key = '%s'",
		(long long)started->instance, process);
}

static int64_t task_of(struct house *house, const struct ask *started)
{
	return house_count(house, "SELECT id FROM bpmnd.task WHERE root_id = %lld", (long long)started->instance);
}

static void a_tree_is_stepped_as_one(void **state)
{
	struct house *house = *state;
	struct ask *started = ask_good(ask_start(&house->a, "top"));
	assert_int_equal(house_count(house,
						 "SELECT count(*) FROM bpmnd.instance WHERE root_id = %lld AND "
						 "(caller_id IS NULL) = (parent_id IS NULL)",
						 (long long)started->instance),
		3);
	int64_t leaf = instance_of(house, started, "leaf");
	struct ask *done = ask_good(ask_task(&house->b, COMMAND_TASK_COMPLETE, task_of(house, started)));
	assert_int_equal(done->instance, leaf);
	assert_true(done->ended);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), 0);
	assert_int_equal(house_count(house, "SELECT count(*) FROM history.instance WHERE status = 3"), 3);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.token"), 0);
}

/* A node that has never seen any of the three definitions loads the tree by an id of its middle. */
static void a_command_may_name_any_instance_of_the_tree(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct ask *started = ask_good(ask_start(&house->a, "top"));
	int64_t middle = instance_of(house, started, "middle"), leaf = instance_of(house, started, "leaf");
	struct house *node = node_open(house, &party);
	struct ask *set = ask_instance(&party, COMMAND_SET_VARIABLES, middle);
	ask_variable(set, "seen", "1");
	assert_int_equal(ask_good(set)->instance, middle);
	assert_int_equal(house_count(house, "SELECT id FROM bpmnd.instance WHERE variables ->> 'seen' = '1'"), middle);
	/* what the other node has in memory is older by now */
	set = ask_instance(&house->a, COMMAND_SET_VARIABLES, leaf);
	ask_variable(set, "seen", "2");
	assert_int_equal(ask_good(set)->instance, leaf);
	assert_int_equal(house_count(house, "SELECT sum((variables ->> 'seen')::int) FROM bpmnd.instance"), 3);
	ask_good(ask_task(&party, COMMAND_TASK_COMPLETE, task_of(house, started)));
	assert_int_equal(ask_do(ask_instance(&party, COMMAND_CANCEL, leaf)), ERR_GONE);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), 0);
	node_close(node, &party, house);
}

/* Graphs of called processes are fetched when a step asks for them. */
static void a_node_that_has_compiled_nothing_calls(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct house *node = node_open(house, &party);
	struct ask *started = ask_good(ask_start(&party, "top"));
	assert_int_equal(
		house_count(house, "SELECT count(*) FROM bpmnd.instance WHERE root_id = %lld", (long long)started->instance),
		3);
	ask_good(ask_task(&house->b, COMMAND_TASK_COMPLETE, task_of(house, started)));
	node_close(node, &party, house);
}

static int32_t version_called(struct house *house, const struct ask *started)
{
	return (int32_t)house_count(house,
		"SELECT d.version FROM bpmnd.instance AS i JOIN bpmnd.definition AS d ON d.id = i.definition_id "
		"WHERE i.parent_id = %lld",
		(long long)started->instance);
}

static void the_binding_says_which_version(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct house *node = node_open(house, &party);
	party_deploy(&house->a, "bound", ONE_TASK);
	party_deploy(&house->a, "calls-latest", CALL("bound", ""));
	party_deploy(&house->a, "calls-first",
		CALL("bound", " bpmnd:calledElementBinding='version' bpmnd:calledElementVersion='1'"));
	party_deploy(&house->a, "calls-beside", CALL("bound", " bpmnd:calledElementBinding='deployment'"));
	assert_int_equal(version_called(house, ask_good(ask_start(&party, "calls-latest"))), 1);
	struct deployed second = party_deploy(&house->b, "bound", ONE_TASK);
	assert_int_equal(version_called(house, ask_good(ask_start(&party, "calls-latest"))), 2);
	assert_int_equal(version_called(house, ask_good(ask_start(&party, "calls-first"))), 1);
	struct ask *lost = ask_good(ask_start(&party, "calls-beside"));
	assert_string_equal(lost->incident_type, "call");
	ask_good(ask_catalog(&house->a, WORK_DEFINITION_STATE, second.definition, true));
	assert_string_equal(ask_good(ask_start(&party, "calls-latest"))->incident_type, "call");
	ask_good(ask_catalog(&house->a, WORK_DELETE_DEPLOYMENT, second.deployment, true));
	assert_int_equal(version_called(house, ask_good(ask_start(&party, "calls-latest"))), 1);
	node_close(node, &party, house);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_tree_is_stepped_as_one, house_forget),
		cmocka_unit_test_teardown(a_command_may_name_any_instance_of_the_tree, house_forget),
		cmocka_unit_test_teardown(a_node_that_has_compiled_nothing_calls, house_forget),
		cmocka_unit_test_teardown(the_binding_says_which_version, house_forget),
	};
	return cmocka_run_group_tests_name("calls", tests, start_models, house_teardown);
}
