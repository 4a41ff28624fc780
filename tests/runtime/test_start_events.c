/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers that begin instances: each firing once, on however many nodes, of the newest version only.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

/* clang-format off */
#define BEGINS(kind, value) \
	"<startEvent id='s'>" TIMER(kind, value) "</startEvent>" END("e") FLOW("f", "s", "e")
/* clang-format on */

static long begun(struct house *house, const char *process)
{
	return house_passed(house, process, "s");
}

struct wanted {
	struct house *house;
	const char *process;
	long times;
};

static bool has_begun(void *context)
{
	const struct wanted *wanted = context;
	return begun(wanted->house, wanted->process) >= wanted->times;
}

static void until_begun(struct house *house, const char *process, long times)
{
	party_until(&house->a, has_begun, &(struct wanted){house, process, times});
}

static void a_date_begins_one_instance(void **state)
{
	struct house *house = *state;
	party_deploy(&house->a, "once", BEGINS("timeDuration", "PT1S"));
	assert_int_equal(begun(house, "once"), 0);
	until_begun(house, "once", 1);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.start_event"), 0);
	assert_int_equal(house_count(house, "SELECT count(*) FROM history.instance WHERE started_by = 'timer'"), 1);
}

/* Each firing is one instance, though two nodes with three workers look for it. */
static void a_cycle_begins_as_many_as_it_says(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct house *node = node_open(house, &party);
	party_deploy(&house->a, "thrice", BEGINS("timeCycle", "R3/PT1S"));
	until_begun(house, "thrice", 3);
	party_run(&house->a, 2 * SECOND);
	assert_int_equal(begun(house, "thrice"), 3);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.start_event"), 0);
	node_close(node, &party, house);
}

static void what_was_missed_fires_at_once_each_once(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct house *node = node_open(house, &party);
	party_deploy(&house->a, "hourly", BEGINS("timeCycle", "R/PT1H"));
	fixture_do(house->database, "UPDATE bpmnd.start_event SET first_due_at = now() - interval '270 minutes', due_at = "
	                            "now() - interval '270 minutes'");
	until_begun(house, "hourly", 5);
	party_run(&house->a, 2 * SECOND);
	assert_int_equal(begun(house, "hourly"), 5);
	assert_int_equal(house_count(house, "SELECT fired FROM bpmnd.start_event"), 5);
	assert_int_equal(
		house_count(house, "SELECT extract(epoch FROM due_at - first_due_at)::int / 60 FROM bpmnd.start_event"), 300);
	fixture_do(house->database, "DELETE FROM bpmnd.start_event");
	node_close(node, &party, house);
}

/* Firings are counted from the first: the 31st stays the 31st where a month has one. */
static void months_do_not_drift(void **state)
{
	struct house *house = *state;
	party_deploy(&house->a, "monthly", BEGINS("timeCycle", "R/P1M"));
	fixture_do(house->database,
		"UPDATE bpmnd.start_event SET first_due_at = date_trunc('year', now()) + interval '1 year' - interval '1 day', "
		"due_at = now(), fired = 2");
	until_begun(house, "monthly", 1);
	assert_int_equal(
		house_count(house, "SELECT extract(day FROM due_at AT TIME ZONE 'UTC')::int FROM bpmnd.start_event"), 31);
	fixture_do(house->database, "DELETE FROM bpmnd.start_event");
}

static void only_the_newest_version_begins(void **state)
{
	struct house *house = *state;
	struct deployed first = party_deploy(&house->a, "versions", BEGINS("timeCycle", "R/PT1H"));
	struct deployed second = party_deploy(&house->a, "versions", BEGINS("timeCycle", "R/PT2H"));
	assert_int_equal(house_count(house, "SELECT definition_id FROM bpmnd.start_event WHERE active"), second.definition);
	/* what the old one has missed meanwhile is not made up for, but it goes on */
	fixture_do(house->database, "UPDATE bpmnd.start_event SET due_at = now() - interval '3 hours' WHERE NOT active");
	ask_good(ask_catalog(&house->a, WORK_DELETE_DEPLOYMENT, second.deployment, false));
	assert_int_equal(house_count(house, "SELECT definition_id FROM bpmnd.start_event WHERE active"), first.definition);
	until_begun(house, "versions", 1);
	party_run(&house->a, SECOND * 3 / 2);
	assert_int_equal(begun(house, "versions"), 1);
	party_deploy(&house->a, "versions", ONE_TASK);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.start_event WHERE active"), 0);
	fixture_do(house->database, "DELETE FROM bpmnd.start_event");
}

static void a_suspended_definition_does_not_begin(void **state)
{
	struct house *house = *state;
	struct deployed deployed = party_deploy(&house->a, "rests", BEGINS("timeCycle", "R/PT1H"));
	ask_good(ask_catalog(&house->a, WORK_DEFINITION_STATE, deployed.definition, true));
	fixture_do(house->database, "UPDATE bpmnd.start_event SET due_at = now() - interval '3 hours'");
	party_run(&house->a, SECOND * 3 / 2);
	assert_int_equal(begun(house, "rests"), 0);
	ask_good(ask_catalog(&house->b, WORK_DEFINITION_STATE, deployed.definition, false));
	until_begun(house, "rests", 1);
	party_run(&house->a, SECOND * 3 / 2);
	assert_int_equal(begun(house, "rests"), 1);
	fixture_do(house->database, "DELETE FROM bpmnd.start_event");
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_date_begins_one_instance, house_forget),
		cmocka_unit_test_teardown(a_cycle_begins_as_many_as_it_says, house_forget),
		cmocka_unit_test_teardown(what_was_missed_fires_at_once_each_once, house_forget),
		cmocka_unit_test_teardown(months_do_not_drift, house_forget),
		cmocka_unit_test_teardown(only_the_newest_version_begins, house_forget),
		cmocka_unit_test_teardown(a_suspended_definition_does_not_begin, house_forget),
	};
	return cmocka_run_group_tests_name("start events", tests, house_setup, house_teardown);
}
