/* SPDX-License-Identifier: Apache-2.0
 *
 * Two workers on the same trees: what one changed the other reads anew, and of two who want the same, one gets it.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

#include <stdlib.h>

#define JOIN_TRIES 500
#define TRIES 100

/* clang-format off */
static const char four_tasks[] =
	START USER_TASK("t1") USER_TASK("t2") USER_TASK("t3") USER_TASK("t4") END("e")
	FLOW("f1", "s", "t1") FLOW("f2", "t1", "t2") FLOW("f3", "t2", "t3") FLOW("f4", "t3", "t4") FLOW("f5", "t4", "e");
static const char two_branches[] =
	START PARALLEL("split") USER_TASK("t1") USER_TASK("t2") PARALLEL("join") END("e")
	FLOW("f1", "s", "split") FLOW("f2", "split", "t1") FLOW("f3", "split", "t2")
	FLOW("f4", "t1", "join") FLOW("f5", "t2", "join") FLOW("f6", "join", "e");
static const char storm_of_things[] =
	START PARALLEL("split") USER_TASK("t") "<serviceTask id='w' bpmnd:type='storm'/>" PARALLEL("join") END("e")
	"<intermediateCatchEvent id='i'>" TIMER("timeDuration", "PT0.3S") "</intermediateCatchEvent>"
	FLOW("f1", "s", "split") FLOW("f2", "split", "t") FLOW("f3", "split", "w") FLOW("f4", "split", "i")
	FLOW("f5", "t", "join") FLOW("f6", "w", "join") FLOW("f7", "i", "join") FLOW("f8", "join", "e");
/* clang-format on */

static int start_models(void **state)
{
	house_setup(state);
	struct house *house = *state;
	party_deploy(&house->a, "one", ONE_TASK);
	party_deploy(&house->a, "row", four_tasks);
	party_deploy(&house->a, "joined", two_branches);
	party_deploy(&house->a, "storm", storm_of_things);
	return 0;
}

static void a_tree_that_another_changed_is_read_anew(void **state)
{
	struct house *house = *state;
	const struct metrics *a = worker_metrics(house->a.worker);
	const struct metrics *b = worker_metrics(house->b.worker);
	uint64_t a_misses = a->cache_misses, b_misses = b->cache_misses, a_hits = a->cache_hits;
	struct ask *ask = ask_good(ask_start(&house->a, "row"));
	ask = ask_good(ask_task(&house->b, COMMAND_TASK_COMPLETE, ask->tasks[0]));
	assert_int_equal(b->cache_misses, b_misses + 1); /* never seen here */
	ask = ask_good(ask_task(&house->a, COMMAND_TASK_COMPLETE, ask->tasks[0]));
	assert_int_equal(a->cache_misses, a_misses + 1); /* seen, but older */
	assert_int_equal(a->cache_hits, a_hits);
	ask = ask_good(ask_task(&house->a, COMMAND_TASK_COMPLETE, ask->tasks[0]));
	assert_int_equal(a->cache_hits, a_hits + 1);
	ask = ask_good(ask_task(&house->b, COMMAND_TASK_COMPLETE, ask->tasks[0]));
	assert_true(ask->ended);
}

/* What each of the two threads is to do in each try, and what came of it. */
struct race {
	int tries;
	enum command_kind kinds[2];
	int64_t subjects[2][JOIN_TRIES];
	enum err_code results[2][JOIN_TRIES];
};

static void run_race(struct party *party, void *context)
{
	struct race *race = context;
	for (int i = 0; i < race->tries; i++) {
		enum command_kind kind = race->kinds[party->number];
		int64_t id = race->subjects[party->number][i];
		struct ask *ask = kind == COMMAND_CANCEL ? ask_instance(party, kind, id) : ask_task(party, kind, id);
		party_meet(party);
		race->results[party->number][i] = ask_do(ask);
	}
}

static struct race *new_race(
	struct house *house, const char *process, int tries, enum command_kind first, enum command_kind second)
{
	struct race *race = calloc(1, sizeof *race);
	struct ask *asks[JOIN_TRIES];
	race->tries = tries;
	race->kinds[0] = first;
	race->kinds[1] = second;
	for (int i = 0; i < tries; i++)
		ask_send(asks[i] = ask_start(&house->a, process));
	for (int i = 0; i < tries; i++) {
		assert_int_equal(ask_await(asks[i]), ERR_NONE);
		race->subjects[0][i] = asks[i]->tasks[0];
		race->subjects[1][i] = second == COMMAND_CANCEL ? asks[i]->instance : asks[i]->tasks[asks[i]->task_count - 1];
	}
	return race;
}

static void a_join_fires_once(void **state)
{
	struct house *house = *state;
	struct race *race = new_race(house, "joined", JOIN_TRIES, COMMAND_TASK_COMPLETE, COMMAND_TASK_COMPLETE);
	house_in_threads(house, run_race, race);
	for (int i = 0; i < JOIN_TRIES; i++)
		assert_true(race->results[0][i] == ERR_NONE && race->results[1][i] == ERR_NONE);
	assert_int_equal(house_passed(house, "joined", "join"), JOIN_TRIES);
	assert_int_equal(house_passed(house, "joined", "e"), JOIN_TRIES);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), 0);
	free(race);
}

static void expect_one_winner(const struct race *race)
{
	for (int i = 0; i < race->tries; i++) {
		assert_int_not_equal(race->results[0][i] == ERR_NONE, race->results[1][i] == ERR_NONE);
		assert_int_equal(race->results[race->results[0][i] == ERR_NONE][i], ERR_GONE);
	}
}

static void a_task_is_completed_once(void **state)
{
	struct house *house = *state;
	long before = house_passed(house, "one", "e");
	struct race *race = new_race(house, "one", TRIES, COMMAND_TASK_COMPLETE, COMMAND_TASK_COMPLETE);
	house_in_threads(house, run_race, race);
	expect_one_winner(race);
	assert_int_equal(house_passed(house, "one", "e"), before + TRIES);
	free(race);
}

static void an_instance_is_completed_or_canceled(void **state)
{
	struct house *house = *state;
	long before = house_passed(house, "one", "e");
	struct race *race = new_race(house, "one", TRIES, COMMAND_TASK_COMPLETE, COMMAND_CANCEL);
	house_in_threads(house, run_race, race);
	expect_one_winner(race);
	long completed = 0;
	for (int i = 0; i < TRIES; i++)
		completed += race->results[0][i] == ERR_NONE;
	assert_int_equal(house_passed(house, "one", "e"), before + completed);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.task"), 0);
	free(race);
}

#define STORM_TREES 60
#define STORM_ROUNDS 25
#define STORM_ASKS 24

struct storm {
	int64_t instances[STORM_TREES];
	int64_t tasks[STORM_TREES];
	int unexpected[2];
};

/* Both threads walk through the same trees, each in its own order. */
static struct ask *storm_ask(struct party *party, const struct storm *storm, int turn)
{
	int tree = (party->number == 0 ? turn * 7 : turn * 11 + 3) % STORM_TREES;
	switch (turn % 8) {
	case 0:
		return ask_task(party, COMMAND_TASK_COMPLETE, storm->tasks[tree]);
	case 1:
		return turn % 5 == 0 ? ask_instance(party, COMMAND_CANCEL, storm->instances[tree]) : ask_start(party, "storm");
	case 2:
		return ask_activate(party, "storm", 3, SECOND / 20, 0);
	default:
		return ask_instance(party, COMMAND_SET_VARIABLES, storm->instances[tree]);
	}
}

static void storm_finish_jobs(struct party *party, struct storm *storm, const struct ask *taken)
{
	for (size_t i = 0; i < taken->job_count; i++) {
		enum err_code code = ask_do(ask_job(party, i == 0 ? COMMAND_JOB_FAIL : COMMAND_JOB_COMPLETE, taken->jobs[i]));
		storm->unexpected[party->number] += code != ERR_NONE && code != ERR_GONE;
	}
}

static void run_storm(struct party *party, void *context)
{
	struct storm *storm = context;
	for (int round = 0; round < STORM_ROUNDS; round++) {
		struct ask *asks[STORM_ASKS];
		for (int i = 0; i < STORM_ASKS; i++) {
			asks[i] = storm_ask(party, storm, round * STORM_ASKS + i);
			if (asks[i]->item.command.kind == COMMAND_SET_VARIABLES)
				ask_variable(asks[i], "v", party->number == 0 ? "1" : "2");
			ask_send(asks[i]);
		}
		for (int i = 0; i < STORM_ASKS; i++) {
			enum err_code code = ask_await(asks[i]);
			storm->unexpected[party->number] += code != ERR_NONE && code != ERR_GONE;
			storm_finish_jobs(party, storm, asks[i]);
		}
	}
}

/* Everything at once, timers and takeovers too: nothing is refused but for having ended, and no row is left behind. */
static void a_storm_leaves_everything_in_order(void **state)
{
	struct house *house = *state;
	struct storm storm = {0};
	for (int i = 0; i < STORM_TREES; i++) {
		struct ask *ask = ask_good(ask_start(&house->a, "storm"));
		storm.instances[i] = ask->instance;
		storm.tasks[i] = ask->tasks[0];
	}
	house_in_threads(house, run_storm, &storm);
	assert_int_equal(storm.unexpected[0] + storm.unexpected[1], 0);
	house_until_count(house, "SELECT count(*) FROM bpmnd.job WHERE kind = 2", 0);
	static const char *const tables[] = {"token", "task", "job", "incident"};
	for (int i = 0; i < 4; i++)
		assert_int_equal(house_count(house,
							 "SELECT count(*) FROM bpmnd.%s AS x WHERE NOT EXISTS "
							 "(SELECT FROM bpmnd.instance AS i WHERE i.id = x.root_id)",
							 tables[i]),
			0);
	assert_int_equal(house_count(house, "SELECT count(*) - count(DISTINCT id) FROM history.activity"), 0);
	assert_int_equal(house_passed(house, "storm", "join"), house_passed(house, "storm", "e"));
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance AS i WHERE NOT EXISTS "
										"(SELECT FROM bpmnd.token AS t WHERE t.instance_id = i.id)"),
		0);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_tree_that_another_changed_is_read_anew, house_forget),
		cmocka_unit_test_teardown(a_join_fires_once, house_forget),
		cmocka_unit_test_teardown(a_task_is_completed_once, house_forget),
		cmocka_unit_test_teardown(an_instance_is_completed_or_canceled, house_forget),
		cmocka_unit_test_teardown(a_storm_leaves_everything_in_order, house_forget),
	};
	return cmocka_run_group_tests_name("races", tests, start_models, house_teardown);
}
