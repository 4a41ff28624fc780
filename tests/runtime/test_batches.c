/* SPDX-License-Identifier: Apache-2.0
 *
 * What a batch promises: answers only behind the commit, few commits for many requests, and nobody pays for what a
 * neighbour did.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

static bool all_answered(void *context)
{
	for (struct ask **ask = context; *ask; ask++)
		if ((*ask)->answers == 0)
			return false;
	return true;
}

static int start_models(void **state)
{
	house_setup(state);
	struct house *house = *state;
	party_deploy(&house->a, "plain", NO_TASK);
	party_deploy(&house->a, "one", ONE_TASK);
	party_deploy(&house->a, "loop", START END("e") FLOW("f", "s", "in") FLOW("leave", "out", "e") LOOP);
	return 0;
}

static void look_from_outside(struct ask *ask)
{
	assert_int_equal(ask->work.err.code, ERR_NONE);
	assert_int_equal(
		house_count(ask->party->house, "SELECT count(*) FROM bpmnd.instance WHERE id = %lld", (long long)ask->instance),
		1);
	assert_int_equal(
		house_count(ask->party->house, "SELECT count(*) FROM bpmnd.task WHERE id = %lld", (long long)ask->tasks[0]), 1);
}

static void an_answer_comes_behind_its_commit(void **state)
{
	struct house *house = *state;
	struct ask *ask = ask_start(&house->a, "one");
	ask->on_done = look_from_outside;
	ask_good(ask);
}

static void many_starts_are_few_commits(void **state)
{
	struct house *house = *state;
	const struct metrics *metrics = worker_metrics(house->a.worker);
	struct ask *asks[65] = {0};
	uint64_t batches = metrics->batches;
	uint64_t started = metrics->instances_started;
	for (int i = 0; i < 64; i++)
		asks[i] = ask_start(&house->a, "plain");
	for (int i = 0; i < 64; i++)
		ask_send(asks[i]);
	party_until(&house->a, all_answered, asks);
	assert_in_range(metrics->batches - batches, 1, 4);
	assert_int_equal(metrics->instances_started - started, 64);
	for (int i = 0; i < 64; i++)
		assert_true(asks[i]->work.err.code == ERR_NONE && asks[i]->ended);
}

/* Everything is sent before the loop runs, so it is one batch: 0..19 are good starts, 20 is the odd one out. */
static struct ask *odd_one(struct house *house, struct ask **asks, struct ask *odd)
{
	for (int i = 0; i < 20; i++) {
		asks[i] = ask_start(&house->a, "one");
		ask_send(asks[i]);
		if (i == 10)
			ask_send(odd);
	}
	asks[20] = odd;
	party_until(&house->a, all_answered, asks);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(asks[i]->work.err.code, ERR_NONE);
		look_from_outside(asks[i]);
	}
	return odd;
}

static void a_refused_command_harms_no_neighbour(void **state)
{
	struct house *house = *state;
	struct ask *asks[22] = {0};
	struct ask *odd = odd_one(house, asks, ask_start(&house->a, "unheard-of"));
	assert_int_equal(odd->work.err.code, ERR_NOT_FOUND);
	assert_false(odd->rendered);
}

static void a_poisonous_value_fails_alone(void **state)
{
	struct house *house = *state;
	struct ask *asks[22] = {0};
	struct ask *poison = ask_start(&house->a, "one");
	ask_variable(poison, "v", "\"\\u0000\"");
	long before = house_count(house, "SELECT count(*) FROM bpmnd.instance");
	odd_one(house, asks, poison);
	assert_int_equal(poison->work.err.code, ERR_INVALID);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), before + 20);
}

static void a_process_that_does_not_rest_is_parked_alone(void **state)
{
	struct house *house = *state;
	struct ask *asks[22] = {0};
	struct ask *loop = ask_start(&house->a, "loop");
	ask_variable(loop, "again", "true");
	odd_one(house, asks, loop);
	assert_int_equal(loop->work.err.code, ERR_NONE);
	assert_string_equal(loop->incident_type, "endless-loop");
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.incident WHERE type = 'endless-loop'"), 1);

	struct ask *mend = ask_instance(&house->b, COMMAND_SET_VARIABLES, loop->instance);
	ask_variable(mend, "again", "false");
	ask_good(mend);
	struct ask *retry = ask_good(ask_retry(&house->a, loop->incident));
	assert_true(retry->ended);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.incident"), 0);
}

/* A list of starts in one request: the one that loops is parked, the others go their way. */
static void of_a_list_only_the_loop_is_parked(void **state)
{
	struct house *house = *state;
	struct work_item items[3];
	struct ask *ask = ask_start(&house->a, "loop");
	struct command_variable values[2] = {{STR("again"), STR("true")}, {STR("again"), STR("false")}};
	for (int i = 0; i < 3; i++) {
		items[i] = ask->item;
		items[i].command.variables = &values[i == 1 ? 0 : 1];
		items[i].command.variable_count = 1;
	}
	long ended = house_passed(house, "loop", "e");
	ask->work.items = items;
	ask->work.item_count = 3;
	ask->work.per_item = true;
	ask_good(ask);
	assert_int_equal(house_passed(house, "loop", "e"), ended + 2);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.incident"), 1);
}

static void a_dry_run_keeps_nothing(void **state)
{
	struct house *house = *state;
	const struct metrics *metrics = worker_metrics(house->a.worker);
	static const char everything[] =
		"SELECT (SELECT count(*) FROM bpmnd.instance) + (SELECT count(*) FROM bpmnd.task) + "
		"(SELECT count(*) FROM history.step) + (SELECT count(*) FROM bpmnd.idempotency)";
	struct ask *real = ask_good(ask_start(&house->a, "one"));
	long before = house_count(house, "%s", everything);
	uint64_t started = metrics->instances_started;
	struct ask *dry = ask_start(&house->a, "one");
	dry->work.dry_run = true;
	ask_key(dry, "dry", 1);
	ask_good(dry);
	assert_int_equal(dry->task_count, 1);
	dry = ask_task(&house->a, COMMAND_TASK_COMPLETE, real->tasks[0]);
	dry->work.dry_run = true;
	ask_good(dry);
	assert_true(dry->ended);
	assert_int_equal(house_count(house, "%s", everything), before);
	assert_int_equal(metrics->instances_started, started);
	assert_true(ask_good(ask_task(&house->a, COMMAND_TASK_COMPLETE, real->tasks[0]))->ended);
}

static void send_again(struct ask *ask)
{
	struct ask *next = ask_start(ask->party, "one");
	ask_send(next);
}

/* One batch is on its way, others are queued, a long poll waits; and whoever is answered asks again at once. */
static void a_worker_that_goes_answers_each_once(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	party_open(&party, house, house->database->base);
	ask_send(ask_activate(&party, "nothing", 1, SECOND, 60 * SECOND));
	party_run(&party, SECOND / 10);
	for (int i = 0; i < 700; i++) {
		struct ask *ask = ask_start(&party, "one");
		ask->on_done = i % 7 == 0 ? send_again : NULL;
		ask_send(ask);
	}
	party_run(&party, 1);
	party_close(&party);
	int answered = 0;
	for (struct ask *ask = party.asks; ask; ask = ask->next, answered++)
		assert_int_equal(ask->answers, 1);
	assert_true(answered >= 801);
	house->threads[0].asks = party.asks;
}

static void the_queue_has_an_end(void **state)
{
	struct house *house = *state;
	struct ask *ask = NULL;
	for (int i = 0; i <= 4096; i++) {
		ask = ask_start(&house->a, "unheard-of");
		ask_send(ask);
	}
	assert_int_equal(ask->work.err.code, ERR_OVERLOADED);
	struct ask *last = ask->next;
	ask_await(last);
	assert_int_equal(last->work.err.code, ERR_NOT_FOUND);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(an_answer_comes_behind_its_commit, house_forget),
		cmocka_unit_test_teardown(many_starts_are_few_commits, house_forget),
		cmocka_unit_test_teardown(a_refused_command_harms_no_neighbour, house_forget),
		cmocka_unit_test_teardown(a_poisonous_value_fails_alone, house_forget),
		cmocka_unit_test_teardown(a_process_that_does_not_rest_is_parked_alone, house_forget),
		cmocka_unit_test_teardown(of_a_list_only_the_loop_is_parked, house_forget),
		cmocka_unit_test_teardown(a_dry_run_keeps_nothing, house_forget),
		cmocka_unit_test_teardown(a_worker_that_goes_answers_each_once, house_forget),
		cmocka_unit_test_teardown(the_queue_has_an_end, house_forget),
	};
	return cmocka_run_group_tests_name("batches", tests, start_models, house_teardown);
}
