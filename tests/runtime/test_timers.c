/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers: in time, once, and none stands in the way of another.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

#include "base/clock.h"

/* clang-format off */
#define WAIT(value) \
	START "<intermediateCatchEvent id='w'>" TIMER("timeDuration", value) "</intermediateCatchEvent>" FLOW("f", "s", "w")
static const char waits_half_a_second[] = WAIT("PT0.5S") END("e") FLOW("g", "w", "e");
static const char waits_a_second[] = WAIT("PT1S") END("e") FLOW("g", "w", "e");
static const char waits_and_loops[] = WAIT("PT0.2S") LOOP END("e") FLOW("g", "w", "in") FLOW("leave", "out", "e");
static const char ticks[] =
	ONE_TASK
	"<boundaryEvent id='tick' attachedToRef='t' cancelActivity='false'>"
	TIMER("timeCycle", "R3/PT1S") "</boundaryEvent>"
	END("ticked") FLOW("h", "tick", "ticked");
/* clang-format on */

static int start_models(void **state)
{
	house_setup(state);
	struct house *house = *state;
	party_deploy(&house->a, "soon", waits_half_a_second);
	party_deploy(&house->a, "many", waits_a_second);
	party_deploy(&house->a, "loop", waits_and_loops);
	party_deploy(&house->a, "cycle", ticks);
	return 0;
}

/* So often has an element been passed. */
struct passed {
	struct house *house;
	const char *process;
	const char *element;
	long times;
};

static bool has_passed(void *context)
{
	const struct passed *passed = context;
	return house_passed(passed->house, passed->process, passed->element) >= passed->times;
}

static void until_passed(struct house *house, const char *process, const char *element, long times)
{
	party_until(&house->a, has_passed, &(struct passed){house, process, element, times});
}

static void a_timer_fires_when_it_is_due(void **state)
{
	struct house *house = *state;
	int64_t began = clock_monotonic();
	ask_good(ask_start(&house->a, "soon"));
	until_passed(house, "soon", "e", 1);
	assert_true(clock_monotonic() - began >= SECOND / 2);
}

/* The worker that armed it is gone, and with it what it knew. */
static void a_timer_outlives_its_worker(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	party_open(&party, house, house->database->base);
	ask_good(ask_start(&party, "soon"));
	party_close(&party);
	house->threads[0].asks = party.asks;
	until_passed(house, "soon", "e", 2);
}

static void a_cycle_fires_as_often_as_it_says(void **state)
{
	struct house *house = *state;
	int64_t began = clock_monotonic();
	struct ask *started = ask_good(ask_start(&house->a, "cycle"));
	until_passed(house, "cycle", "ticked", 3);
	assert_true(clock_monotonic() - began >= 3 * SECOND);
	party_run(&house->a, SECOND * 3 / 2);
	assert_int_equal(house_passed(house, "cycle", "ticked"), 3);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.job"), 0);
	assert_true(ask_good(ask_task(&house->b, COMMAND_TASK_COMPLETE, started->tasks[0]))->ended);
}

static void a_timer_whose_host_has_gone_does_not_fire(void **state)
{
	struct house *house = *state;
	struct ask *started = ask_good(ask_start(&house->a, "cycle"));
	ask_good(ask_task(&house->b, COMMAND_TASK_COMPLETE, started->tasks[0]));
	long before = house_passed(house, "cycle", "ticked");
	party_run(&house->a, SECOND * 3 / 2);
	assert_int_equal(house_passed(house, "cycle", "ticked"), before);
}

#define EACH 200

static void start_and_wait(struct party *party, void *context)
{
	(void)context;
	struct ask *asks[EACH];
	for (int i = 0; i < EACH; i++)
		ask_send(asks[i] = ask_start(party, "many"));
	for (int i = 0; i < EACH; i++)
		ask_await(asks[i]);
	party_run(party, 2 * SECOND);
}

/* Four workers by now look for due timers. */
static void each_timer_fires_once(void **state)
{
	struct house *house = *state;
	house_in_threads(house, start_and_wait, NULL);
	until_passed(house, "many", "e", 2L * EACH);
	party_run(&house->a, SECOND);
	assert_int_equal(house_passed(house, "many", "w"), 2 * EACH);
	assert_int_equal(house_passed(house, "many", "e"), 2 * EACH);
}

static void a_timer_into_a_loop_is_parked_and_holds_nobody_up(void **state)
{
	struct house *house = *state;
	long before = house_passed(house, "soon", "e");
	for (int i = 0; i < 3; i++) {
		struct ask *loop = ask_start(i == 0 ? &house->b : &house->a, "loop");
		ask_variable(loop, "again", "true");
		ask_good(loop);
	}
	for (int i = 0; i < 3; i++)
		ask_good(ask_start(&house->a, "soon"));
	until_passed(house, "soon", "e", before + 3);
	house_until_count(house, "SELECT count(*) FROM bpmnd.incident WHERE type = 'endless-loop'", 3);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.job"), 0);
	ask_good(ask_start(&house->a, "soon"));
	until_passed(house, "soon", "e", before + 4);
}

/* The database stands in for any value that it cannot hold: here it refuses the end of instances with a certain key. */
static void refuse_poison(struct house *house)
{
	house_do(house,
		"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
		"$$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '22000'; END $$;"
		"CREATE TRIGGER refuse BEFORE INSERT ON history.instance FOR EACH ROW WHEN (NEW.business_key = 'poison') "
		"EXECUTE FUNCTION refuse()");
}

static void a_timer_that_the_database_refuses_is_parked(void **state)
{
	struct house *house = *state;
	refuse_poison(house);
	fixture_do(house->database, "DELETE FROM bpmnd.incident");
	long before = house_passed(house, "soon", "e");
	struct ask *asks[6];
	for (int i = 0; i < 6; i++) {
		asks[i] = ask_start(&house->a, "soon");
		asks[i]->item.business_key = i % 3 == 1 ? STR("poison") : STR("good");
		ask_send(asks[i]);
	}
	until_passed(house, "soon", "e", before + 4);
	house_until_count(house, "SELECT count(*) FROM bpmnd.incident", 2);
	party_run(&house->a, SECOND);
	assert_int_equal(house_passed(house, "soon", "e"), before + 4);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.incident"), 2);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.job"), 0);
	ask_good(ask_start(&house->a, "soon"));
	until_passed(house, "soon", "e", before + 5);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_timer_fires_when_it_is_due, house_forget),
		cmocka_unit_test_teardown(a_timer_outlives_its_worker, house_forget),
		cmocka_unit_test_teardown(a_cycle_fires_as_often_as_it_says, house_forget),
		cmocka_unit_test_teardown(a_timer_whose_host_has_gone_does_not_fire, house_forget),
		cmocka_unit_test_teardown(each_timer_fires_once, house_forget),
		cmocka_unit_test_teardown(a_timer_into_a_loop_is_parked_and_holds_nobody_up, house_forget),
		cmocka_unit_test_teardown(a_timer_that_the_database_refuses_is_parked, house_forget),
	};
	return cmocka_run_group_tests_name("timers", tests, start_models, house_teardown);
}
