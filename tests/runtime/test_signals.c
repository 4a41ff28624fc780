/* SPDX-License-Identifier: Apache-2.0
 *
 * Signals and conditions go from tree to tree, page by page: to each that waited, once, and to none that came later.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

/* clang-format off */
static const char hears_alarm[] =
	START "<intermediateCatchEvent id='w'>" SIGNAL_EVENT "</intermediateCatchEvent>" END("e")
	FLOW("f", "s", "w") FLOW("g", "w", "e");
static const char hears_alarm_again[] =
	START "<exclusiveGateway id='x'/><intermediateCatchEvent id='w'>" SIGNAL_EVENT "</intermediateCatchEvent>"
	FLOW("f", "s", "x") FLOW("h", "x", "w") FLOW("g", "w", "x");
static const char raises_alarm[] =
	START PARALLEL("p") "<intermediateCatchEvent id='own'>" SIGNAL_EVENT "</intermediateCatchEvent>"
	"<intermediateThrowEvent id='w'>" SIGNAL_EVENT "</intermediateThrowEvent>" PARALLEL("j") END("e")
	FLOW("f", "s", "p") FLOW("g", "p", "own") FLOW("h", "p", "w") FLOW("i", "own", "j") FLOW("k", "w", "j")
	FLOW("l", "j", "e");
static const char begins_with_alarm[] =
	"<startEvent id='s'>" SIGNAL_EVENT "</startEvent><intermediateCatchEvent id='w'>" SIGNAL_EVENT
	"</intermediateCatchEvent>" END("e") FLOW("f", "s", "w") FLOW("g", "w", "e");
static const char waits_until_ready[] =
	START "<intermediateCatchEvent id='w'><conditionalEventDefinition><condition>${execution.getVariable('ready')}"
	"</condition></conditionalEventDefinition></intermediateCatchEvent>" END("e")
	FLOW("f", "s", "w") FLOW("g", "w", "e");
static const char begins_when_hot[] =
	"<startEvent id='s'><conditionalEventDefinition><condition>${degrees > 30}</condition>"
	"</conditionalEventDefinition></startEvent>" USER_TASK("t") END("e") FLOW("f", "s", "t") FLOW("g", "t", "e");
static const char hears_alarm_and_loops[] =
	START "<intermediateCatchEvent id='w'>" SIGNAL_EVENT "</intermediateCatchEvent>" LOOP END("e")
	FLOW("f", "s", "w") FLOW("g", "w", "in") FLOW("leave", "out", "e");
/* clang-format on */

static int start_models(void **state)
{
	house_setup(state);
	struct house *house = *state;
	party_deploy(&house->a, "hears", hears_alarm);
	party_deploy(&house->a, "hears-again", hears_alarm_again);
	party_deploy(&house->a, "raises", raises_alarm);
	party_deploy(&house->a, "conditional", waits_until_ready);
	party_deploy(&house->a, "loops", hears_alarm_and_loops);
	return 0;
}

static int nobody_waits(void **state)
{
	struct house *house = *state;
	house_forget(state);
	house_empty(house, "bpmnd.instance, bpmnd.token, bpmnd.task, bpmnd.job, bpmnd.incident, "
					   "bpmnd.subscription, bpmnd.outbox, history.activity, history.step, history.instance");
	return 0;
}

static void start_many(struct party *party, const char *process, int count)
{
	struct ask *asks[600];
	for (int i = 0; i < count; i++)
		ask_send(asks[i] = ask_start(party, process));
	for (int i = 0; i < count; i++)
		assert_int_equal(ask_await(asks[i]), ERR_NONE);
}

static bool is_delivered(void *context)
{
	return house_count(context, "SELECT count(*) FROM bpmnd.outbox") == 0;
}

static void a_signal_reaches_every_tree(void **state)
{
	struct house *house = *state;
	start_many(&house->a, "hears", 450); /* many pages */
	struct ask *ask = ask_event(&house->b, WORK_SIGNAL, "alarm");
	ask_variable(ask, "floor", "3");
	ask_good(ask);
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_passed(house, "hears", "e"), 450);
	assert_int_equal(
		house_count(house, "SELECT count(*) FROM history.instance WHERE variables ->> 'floor' = '3'"), 450);
}

static void each_tree_gets_it_once(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct house *node = node_open(house, &party);
	start_many(&house->a, "hears-again", 450);
	ask_good(ask_event(&house->a, WORK_SIGNAL, "alarm"));
	ask_good(ask_event(&house->b, WORK_SIGNAL, "alarm"));
	ask_good(ask_event(&party, WORK_SIGNAL, "alarm"));
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_count(house, "SELECT min(n) FROM (SELECT count(*) AS n FROM history.step WHERE command = 17 "
										"GROUP BY instance_id) AS s"),
		1);
	long most = house_count(house, "SELECT max(n) FROM (SELECT count(*) AS n FROM history.step WHERE command = 17 "
								   "GROUP BY instance_id) AS s");
	assert_in_range(most, 1, 3); /* who waits anew did not wait when the later ones were sent */
	long before = house_count(house, "SELECT count(*) FROM history.step WHERE command = 17");
	ask_good(ask_event(&party, WORK_SIGNAL, "alarm"));
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_count(house, "SELECT count(*) FROM history.step WHERE command = 17"), before + 450);
	node_close(node, &party, house);
}

static void who_comes_later_is_not_reached(void **state)
{
	struct house *house = *state;
	start_many(&house->a, "hears", 1);
	fixture_do(house->database, "UPDATE bpmnd.subscription SET created_at = created_at + interval '1 hour'");
	ask_good(ask_event(&house->a, WORK_SIGNAL, "alarm"));
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_passed(house, "hears", "e"), 0);
}

static void a_thrown_signal_reaches_its_own_tree_at_once_and_others_later(void **state)
{
	struct house *house = *state;
	start_many(&house->a, "hears", 3);
	struct ask *raised = ask_good(ask_start(&house->b, "raises"));
	assert_true(raised->ended);
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_passed(house, "hears", "e"), 3);
	assert_int_equal(house_passed(house, "raises", "own"), 1);
}

static void a_signal_begins_instances(void **state)
{
	struct house *house = *state;
	struct deployed deployed = party_deploy(&house->a, "alarmed", begins_with_alarm);
	start_many(&house->a, "hears", 250); /* some pages, the first begins */
	ask_good(ask_event(&house->b, WORK_SIGNAL, "alarm"));
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_passed(house, "alarmed", "s"), 1);
	assert_int_equal(house_passed(house, "alarmed", "w"), 0);
	ask_good(ask_catalog(&house->a, WORK_DELETE_DEPLOYMENT, deployed.deployment, true));
}

static void conditions_are_asked_everywhere(void **state)
{
	struct house *house = *state;
	start_many(&house->a, "conditional", 5);
	ask_good(ask_event(&house->a, WORK_CONDITIONS, ""));
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_passed(house, "conditional", "e"), 0);
	assert_int_equal(ask_good(ask_event(&house->a, WORK_CONDITIONS, ""))->work.result, 5);
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_count(house, "SELECT count(*) FROM history.step WHERE command = 18"), 10);
}

static void a_condition_begins_an_instance_when_it_is_true(void **state)
{
	struct house *house = *state;
	struct deployed deployed = party_deploy(&house->a, "hot", begins_when_hot);
	struct ask *ask = ask_event(&house->a, WORK_CONDITIONS, "");
	ask_variable(ask, "degrees", "20");
	ask_good(ask);
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_passed(house, "hot", "s"), 0);
	ask = ask_event(&house->b, WORK_CONDITIONS, "");
	ask_variable(ask, "degrees", "40");
	ask_good(ask);
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_passed(house, "hot", "s"), 1);
	assert_int_equal(house_count(house, "SELECT (variables ->> 'degrees')::int FROM bpmnd.instance"), 40);
	ask_good(ask_catalog(&house->a, WORK_DELETE_DEPLOYMENT, deployed.deployment, true));
}

/* One that does not come to rest, and one that the database refuses, hold nobody up. */
static void what_cannot_take_it_is_passed_over(void **state)
{
	struct house *house = *state;
	house_do(house,
		"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
		"$$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '22000'; END $$;"
		"CREATE TRIGGER refuse BEFORE INSERT ON history.instance FOR EACH ROW WHEN (NEW.business_key = 'poison') "
		"EXECUTE FUNCTION refuse()");
	start_many(&house->a, "hears", 3);
	struct ask *poison = ask_start(&house->a, "hears");
	poison->item.business_key = STR("poison");
	ask_good(poison);
	struct ask *loop = ask_start(&house->a, "loops");
	ask_variable(loop, "again", "true");
	ask_good(loop);
	start_many(&house->a, "hears", 3);
	ask_good(ask_event(&house->a, WORK_SIGNAL, "alarm"));
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_passed(house, "hears", "e"), 6);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.incident WHERE type = 'endless-loop'"), 2);
	house_do(house, "DROP TRIGGER refuse ON history.instance");
}

/* While a signal goes through many trees, requests are answered between its pages. */
static void requests_take_turns_with_pages(void **state)
{
	struct house *house = *state;
	start_many(&house->a, "hears", 600);
	ask_good(ask_event(&house->a, WORK_SIGNAL, "alarm"));
	for (int i = 0; i < 3; i++)
		ask_good(ask_start(&house->a, "conditional"));
	party_until(&house->a, is_delivered, house);
	assert_int_equal(house_passed(house, "hears", "e"), 600);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_signal_reaches_every_tree, nobody_waits),
		cmocka_unit_test_teardown(each_tree_gets_it_once, nobody_waits),
		cmocka_unit_test_teardown(who_comes_later_is_not_reached, nobody_waits),
		cmocka_unit_test_teardown(a_thrown_signal_reaches_its_own_tree_at_once_and_others_later, nobody_waits),
		cmocka_unit_test_teardown(a_signal_begins_instances, nobody_waits),
		cmocka_unit_test_teardown(conditions_are_asked_everywhere, nobody_waits),
		cmocka_unit_test_teardown(a_condition_begins_an_instance_when_it_is_true, nobody_waits),
		cmocka_unit_test_teardown(what_cannot_take_it_is_passed_over, nobody_waits),
		cmocka_unit_test_teardown(requests_take_turns_with_pages, nobody_waits),
	};
	return cmocka_run_group_tests_name("signals", tests, start_models, house_teardown);
}
