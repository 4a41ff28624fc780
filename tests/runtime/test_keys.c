/* SPDX-License-Identifier: Apache-2.0
 *
 * Idempotency-Key: one key is one change, however often and wherever it is sent.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

#include <stdio.h>

#define AT_ONCE 25

static int start_models(void **state)
{
	house_setup(state);
	struct house *house = *state;
	party_deploy(&house->a, "one", ONE_TASK);
	party_deploy(&house->a, "shared", ONE_TASK);
	return 0;
}

static struct ask *start_with_key(struct party *party, const char *process, const char *key, unsigned char request)
{
	struct ask *ask = ask_start(party, process);
	ask_key(ask, key, request);
	return ask;
}

static void the_second_time_is_a_replay(void **state)
{
	struct house *house = *state;
	struct ask *first = ask_good(start_with_key(&house->a, "one", "k1", 1));
	struct ask *second = ask_good(start_with_key(&house->a, "one", "k1", 1));
	struct ask *elsewhere = ask_good(start_with_key(&house->b, "one", "k1", 1));
	assert_false(first->work.answer.replayed);
	assert_true(second->work.answer.replayed && elsewhere->work.answer.replayed);
	assert_false(second->rendered || elsewhere->rendered);
	assert_int_equal(second->work.answer.status, 200);
	assert_true(str_equal(second->work.answer.body, first->work.answer.body));
	assert_true(str_equal(elsewhere->work.answer.body, first->work.answer.body));
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), 1);
}

static void another_request_may_not_use_the_key(void **state)
{
	struct house *house = *state;
	long before = house_count(house, "SELECT count(*) FROM bpmnd.instance");
	ask_good(start_with_key(&house->a, "one", "k2", 1));
	assert_int_equal(ask_do(start_with_key(&house->a, "one", "k2", 2)), ERR_KEY_REUSED);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), before + 1);
}

static void keys_belong_to_their_principals(void **state)
{
	struct house *house = *state;
	struct ask *first = ask_good(start_with_key(&house->a, "one", "k3", 1));
	struct ask *other = start_with_key(&house->a, "one", "k3", 2);
	other->work.principal = STR("wu");
	ask_good(other);
	assert_false(other->work.answer.replayed);
	assert_true(other->instance != first->instance);
}

static void a_refusal_is_not_kept(void **state)
{
	struct house *house = *state;
	assert_int_equal(ask_do(start_with_key(&house->a, "later", "k4", 1)), ERR_NOT_FOUND);
	party_deploy(&house->a, "later", ONE_TASK);
	struct ask *again = ask_good(start_with_key(&house->a, "later", "k4", 1));
	assert_false(again->work.answer.replayed);
}

/* A task that is done cannot be done again; the answer can. */
static void a_replay_needs_no_subject(void **state)
{
	struct house *house = *state;
	struct ask *started = ask_good(ask_start(&house->a, "one"));
	for (int i = 0; i < 2; i++) {
		struct ask *complete = ask_task(i == 0 ? &house->a : &house->b, COMMAND_TASK_COMPLETE, started->tasks[0]);
		ask_key(complete, "k5", 1);
		ask_good(complete);
		assert_int_equal(complete->work.answer.replayed, i == 1);
	}
}

static void send_many(struct party *party, void *context)
{
	(void)context;
	struct ask *asks[AT_ONCE];
	for (int i = 0; i < AT_ONCE; i++)
		ask_send(asks[i] = start_with_key(party, "shared", "k6", 1));
	for (int i = 0; i < AT_ONCE; i++)
		ask_await(asks[i]);
}

static void fifty_at_once_are_one(void **state)
{
	struct house *house = *state;
	house_in_threads(house, send_many, NULL);
	struct str body = house->threads[0].asks->work.answer.body;
	int count = 0;
	for (int t = 0; t < 2; t++)
		for (const struct ask *ask = house->threads[t].asks; ask; ask = ask->next, count++) {
			assert_int_equal(ask->work.err.code, ERR_NONE);
			assert_true(str_equal(ask->work.answer.body, body));
		}
	assert_int_equal(count, 2 * AT_ONCE);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance AS i JOIN bpmnd.definition AS d "
										"ON d.id = i.definition_id WHERE d.key = 'shared'"),
		1);
}

#define TRIES 50

static void complete_each(struct party *party, void *context)
{
	const int64_t *tasks = context;
	static char keys[TRIES][32];
	for (int i = 0; i < TRIES; i++) {
		if (party->number == 0)
			snprintf(keys[i], sizeof keys[i], "task-%d", i);
		party_meet(party);
		struct ask *ask = ask_task(party, COMMAND_TASK_COMPLETE, tasks[i]);
		ask_key(ask, keys[i], 1);
		ask_do(ask);
	}
}

/* A client that repeats while its first request still runs gets that one's answer, not that the task is gone. */
static void a_repeat_in_parallel_is_a_replay(void **state)
{
	struct house *house = *state;
	int64_t tasks[TRIES];
	for (int i = 0; i < TRIES; i++)
		tasks[i] = ask_good(ask_start(&house->a, "one"))->tasks[0];
	house_in_threads(house, complete_each, tasks);
	const struct ask *one = house->threads[0].asks, *other = house->threads[1].asks;
	for (int i = 0; i < TRIES; i++, one = one->next, other = other->next) {
		assert_true(one->work.err.code == ERR_NONE && other->work.err.code == ERR_NONE);
		assert_true(one->work.answer.replayed != other->work.answer.replayed);
		assert_true(str_equal(one->work.answer.body, other->work.answer.body));
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_second_time_is_a_replay, house_forget),
		cmocka_unit_test_teardown(another_request_may_not_use_the_key, house_forget),
		cmocka_unit_test_teardown(keys_belong_to_their_principals, house_forget),
		cmocka_unit_test_teardown(a_refusal_is_not_kept, house_forget),
		cmocka_unit_test_teardown(a_replay_needs_no_subject, house_forget),
		cmocka_unit_test_teardown(fifty_at_once_are_one, house_forget),
		cmocka_unit_test_teardown(a_repeat_in_parallel_is_a_replay, house_forget),
	};
	return cmocka_run_group_tests_name("keys", tests, start_models, house_teardown);
}
