/* SPDX-License-Identifier: Apache-2.0
 *
 * The database goes away in the middle of everything: who was told yes has it, who was told no may ask again, and who
 * was told that nobody knows gets, with the same key, one answer for one change.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define OUTAGES 8
#define STREAMS 40
#define OUTAGES_MAX (4 * OUTAGES)
#define STARTS_EACH 512
#define STARTS_MAX (OUTAGES_MAX * STARTS_EACH)

static int start_models(void **state)
{
	house_setup(state);
	struct house *house = *state;
	party_deploy(&house->a, "one", ONE_TASK);
	return 0;
}

/* As a restart looks from here: every session ends at once, and has ended when this returns. */
static void *end_all_sessions(void *context)
{
	struct house *house = context;
	fixture_ask(house->database,
		"WITH ended AS (SELECT array_agg(pid) AS pids, count(pg_terminate_backend(pid)) "
		"FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()) "
		"SELECT count(pg_terminate_backend(pid, 60000)) FROM ended, unnest(pids) AS pid");
	return NULL;
}

struct stream {
	char names[STARTS_MAX][16];
	struct ask *asks[STARTS_MAX];
	int count;
	int limit;       /* of this outage */
	int outcomes[3]; /* good, unavailable, in doubt */
};

static struct stream *stream;

static void stream_next(struct ask *ask);

static void stream_start(struct party *party)
{
	char *name = stream->names[stream->count];
	snprintf(name, sizeof stream->names[0], "key-%d", stream->count);
	struct ask *ask = stream->asks[stream->count++] = ask_start(party, "one");
	ask_key(ask, name, 1);
	ask->on_done = stream_next;
	ask_send(ask);
}

/* Goes on until the outage, if that comes soon enough. */
static void stream_next(struct ask *ask)
{
	if (ask->work.err.code == ERR_NONE && stream->count < stream->limit)
		stream_start(ask->party);
}

static bool all_answered(void *context)
{
	(void)context;
	for (int i = 0; i < stream->count; i++)
		if (stream->asks[i]->answers == 0)
			return false;
	return true;
}

static int outcome_of(const struct ask *ask)
{
	switch ((int)ask->work.err.code) {
	case ERR_NONE:
		return 0;
	case ERR_UNAVAILABLE:
		return 1;
	case ERR_IN_DOUBT:
		return 2;
	}
	fail_msg("%s", ask->work.err.message);
	return -1;
}

static bool so_many_started(void *context)
{
	return stream->count >= *(int *)context;
}

static void one_outage(struct house *house, int after)
{
	pthread_t killer;
	int first = stream->count;
	stream->limit = first + STARTS_EACH;
	for (int i = 0; i < STREAMS; i++)
		stream_start(i % 2 ? &house->a : &house->b);
	after += first;
	party_until(&house->a, so_many_started, &after);
	assert_int_equal(pthread_create(&killer, NULL, end_all_sessions, house), 0);
	party_until(&house->a, all_answered, NULL);
	pthread_join(killer, NULL);
	party_run(&house->a, SECOND / 10); /* also the worker with nothing on its way has noticed */
	party_until_ready(&house->a);
	party_until_ready(&house->b);
	for (int i = first; i < stream->count; i++) {
		assert_int_equal(stream->asks[i]->answers, 1);
		stream->outcomes[outcome_of(stream->asks[i])]++;
	}
}

static void nothing_acknowledged_is_lost(void **state)
{
	struct house *house = *state;
	static struct stream memory;
	stream = &memory;
	for (int i = 0; i < OUTAGES || (stream->outcomes[2] == 0 && i < OUTAGES_MAX); i++)
		one_outage(house, 100 + i % OUTAGES * 23);
	print_message(
		"# %d good, %d unavailable, %d in doubt\n", stream->outcomes[0], stream->outcomes[1], stream->outcomes[2]);
	assert_true(stream->outcomes[0] > 0 && stream->outcomes[2] > 0);
	for (int i = 0; i < stream->count; i++) {
		const struct ask *ask = stream->asks[i];
		struct ask *again = ask_start(i % 2 ? &house->a : &house->b, "one");
		ask_key(again, ask->work.key.ptr, 1);
		ask_good(again);
		if (ask->work.err.code == ERR_NONE)
			assert_true(again->work.answer.replayed && str_equal(again->work.answer.body, ask->work.answer.body));
		if (ask->work.err.code == ERR_UNAVAILABLE)
			assert_false(again->work.answer.replayed);
	}
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), stream->count);
}

/* Outside of any transaction. */
static bool is_waiting(void *context)
{
	return worker_metrics(((struct house *)context)->b.worker)->long_polls == 1;
}

/* A tree in the cache when the connection broke is not believed afterwards: both workers go on with it. */
static void trees_go_on_after_an_outage(void **state)
{
	struct house *house = *state;
	struct ask *started = ask_good(ask_start(&house->a, "one"));
	struct ask *poll = ask_activate(&house->b, "nothing", 1, SECOND, 300 * SECOND);
	ask_send(poll);
	party_until(&house->b, is_waiting, house);
	end_all_sessions(house);
	ask_await(poll);
	assert_int_equal(poll->work.err.code, ERR_UNAVAILABLE);
	struct ask *refused = ask_start(&house->b, "one");
	assert_int_equal(ask_do(refused), ERR_UNAVAILABLE);
	party_run(&house->a, SECOND / 10); /* also the worker with nothing on its way has noticed */
	party_until_ready(&house->a);
	party_until_ready(&house->b);
	assert_true(ask_good(ask_task(&house->a, COMMAND_TASK_COMPLETE, started->tasks[0]))->ended);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_acknowledged_is_lost, house_forget),
		cmocka_unit_test_teardown(trees_go_on_after_an_outage, house_forget),
	};
	return cmocka_run_group_tests_name("outage", tests, start_models, house_teardown);
}
