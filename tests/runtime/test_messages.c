/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages: each reaches one receiver, or is told that there is none, or waits for one; whatever node has it.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* clang-format off */
#define WAIT_FOR(ref) \
	START "<intermediateCatchEvent id='w'>" MESSAGE_EVENT(ref) "</intermediateCatchEvent>" END("e") \
	FLOW("f", "s", "w") FLOW("g", "w", "e")
static const char begins_with_call[] =
	"<startEvent id='s'>" MESSAGE_EVENT("call") "</startEvent>" USER_TASK("t") END("e")
	FLOW("f", "s", "t") FLOW("g", "t", "e");
static const char throws_pay[] =
	START "<intermediateThrowEvent id='w'>" MESSAGE_EVENT("pay") "</intermediateThrowEvent>" END("e")
	FLOW("f", "s", "w") FLOW("g", "w", "e");
static const char throws_and_keeps[] =
	START "<intermediateThrowEvent id='w'><messageEventDefinition messageRef='call' bpmnd:ttl='PT1H'/>"
	"</intermediateThrowEvent>" END("e") FLOW("f", "s", "w") FLOW("g", "w", "e");
static const char listens_later[] =
	START USER_TASK("t") "<intermediateCatchEvent id='w'>" MESSAGE_EVENT("call") "</intermediateCatchEvent>" END("e")
	FLOW("f", "s", "t") FLOW("g", "t", "w") FLOW("h", "w", "e");
/* clang-format on */

static int start_models(void **state)
{
	house_setup(state);
	struct house *house = *state;
	party_deploy(&house->a, "payee", WAIT_FOR("pay"));
	party_deploy(&house->a, "listener", WAIT_FOR("call"));
	party_deploy(&house->a, "payer", throws_pay);
	party_deploy(&house->a, "later", listens_later);
	return 0;
}

/* Every test begins with nobody who waits. */
static int nobody_waits(void **state)
{
	struct house *house = *state;
	house_forget(state);
	house_empty(house, "bpmnd.instance, bpmnd.token, bpmnd.task, bpmnd.subscription, bpmnd.message, "
					   "bpmnd.outbox, history.message");
	return 0;
}

static struct ask *wait_for_order(struct party *party, const char *order)
{
	struct ask *ask = ask_start(party, "payee");
	ask_variable(ask, "orderId", order);
	return ask_good(ask);
}

static struct ask *message(struct party *party, const char *name, const char *correlation)
{
	struct ask *ask = ask_event(party, WORK_MESSAGE, name);
	ask->work.event.correlation = str_from_c(correlation);
	return ask;
}

static void expect_one_result(const struct ask *ask, int64_t instance, bool started)
{
	assert_int_equal(ask->work.event.result_count, 1);
	if (instance != 0)
		assert_int_equal(ask->work.event.results[0].instance_id, instance);
	assert_int_equal(ask->work.event.results[0].started, started);
}

static void a_message_finds_its_receiver_by_its_keys(void **state)
{
	struct house *house = *state;
	wait_for_order(&house->a, "1");
	struct ask *second = wait_for_order(&house->b, "2");
	struct ask *ask = message(&house->a, "pay", "{\"orderId\":2.0}");
	ask_variable(ask, "paid", "true");
	expect_one_result(ask_good(ask), second->instance, false);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.subscription"), 1);
	assert_int_equal(
		house_count(house, "SELECT count(*) FROM history.instance WHERE id = %lld AND variables ->> 'paid' = 'true'",
			(long long)second->instance),
		1);
	assert_int_equal(ask_do(message(&house->b, "pay", "{\"orderId\":2}")), ERR_MESSAGE_NOT_CORRELATED);
	assert_int_equal(ask_do(message(&house->b, "pay", "{\"orderId\":\"1\"}")), ERR_MESSAGE_NOT_CORRELATED);
	assert_int_equal(ask_do(message(&house->b, "pay", "{\"orderId\":1}")), ERR_NONE);
}

static void variables_are_keys_too(void **state)
{
	struct house *house = *state;
	struct ask *waiting = ask_start(&house->a, "listener");
	ask_variable(waiting, "customer", "\"li\"");
	ask_good(waiting);
	ask_good(ask_start(&house->a, "listener"));
	assert_int_equal(ask_do(message(&house->a, "call", "{\"customer\":\"l\"}")), ERR_MESSAGE_NOT_CORRELATED);
	expect_one_result(ask_good(message(&house->a, "call", "{\"customer\":\"li\"}")), waiting->instance, false);
}

static void two_receivers_are_an_error_that_names_them(void **state)
{
	struct house *house = *state;
	struct ask *first = wait_for_order(&house->a, "7");
	struct ask *second = wait_for_order(&house->a, "7");
	struct ask *ask = message(&house->b, "pay", "{\"orderId\":7}");
	char id[32];
	assert_int_equal(ask_do(ask), ERR_CONFLICT);
	assert_non_null(strstr(ask->work.err.message, "ambiguous"));
	snprintf(id, sizeof id, "%lld", (long long)first->instance);
	assert_non_null(strstr(ask->work.err.message, id));
	snprintf(id, sizeof id, "%lld", (long long)second->instance);
	assert_non_null(strstr(ask->work.err.message, id));

	ask = message(&house->b, "pay", "{\"orderId\":7}");
	ask->work.event.instance_id = second->instance;
	expect_one_result(ask_good(ask), second->instance, false);
	wait_for_order(&house->a, "7");
	ask = message(&house->b, "pay", "{\"orderId\":7}");
	ask->work.event.for_all = true;
	assert_int_equal(ask_good(ask)->work.event.result_count, 2);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), 0);
}

static void a_business_key_must_be_the_receivers(void **state)
{
	struct house *house = *state;
	struct ask *waiting = ask_start(&house->a, "listener");
	waiting->item.business_key = STR("K1");
	ask_good(waiting);
	struct ask *ask = message(&house->b, "call", "");
	ask->work.event.business_key = STR("K2");
	assert_int_equal(ask_do(ask), ERR_MESSAGE_NOT_CORRELATED);
	ask = message(&house->b, "call", "");
	ask->work.event.business_key = STR("K1");
	expect_one_result(ask_good(ask), waiting->instance, false);
}

static void another_tenants_receiver_is_not_found(void **state)
{
	struct house *house = *state;
	ask_good(ask_start(&house->a, "listener"));
	struct ask *ask = message(&house->a, "call", "");
	ask->work.event.tenant = STR("other");
	assert_int_equal(ask_do(ask), ERR_MESSAGE_NOT_CORRELATED);
	assert_int_equal(ask_do(message(&house->a, "call", "")), ERR_NONE);
}

static void one_message_begins_an_instance(void **state)
{
	struct house *house = *state;
	struct deployed deployed = party_deploy(&house->a, "called", begins_with_call);
	struct ask *ask = message(&house->b, "call", "");
	ask->work.event.business_key = STR("B-1");
	ask_variable(ask, "why", "\"bell\"");
	expect_one_result(ask_good(ask), 0, true);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance WHERE business_key = 'B-1' "
										"AND started_by = 'lin' AND variables ->> 'why' = 'bell'"),
		1);
	/* who waits comes first */
	struct ask *waiting = ask_good(ask_start(&house->a, "listener"));
	expect_one_result(ask_good(message(&house->b, "call", "")), waiting->instance, false);
	expect_one_result(ask_good(message(&house->b, "call", "")), 0, true);
	ask_good(ask_catalog(&house->a, WORK_DEFINITION_STATE, deployed.definition, true));
	assert_int_equal(ask_do(message(&house->b, "call", "")), ERR_MESSAGE_NOT_CORRELATED);
	ask_good(ask_catalog(&house->a, WORK_DELETE_DEPLOYMENT, deployed.deployment, true));
	assert_int_equal(ask_do(message(&house->b, "call", "")), ERR_MESSAGE_NOT_CORRELATED);
}

static void a_kept_message_is_delivered_when_somebody_waits(void **state)
{
	struct house *house = *state;
	for (int order = 1; order <= 2; order++) {
		struct ask *ask = message(&house->a, "pay", order == 1 ? "{\"orderId\":1}" : "{\"orderId\":2}");
		ask->work.event.ttl = order == 1 ? 3600 * SECOND : SECOND / 2;
		ask_variable(ask, "paid", "1");
		assert_int_equal(ask_good(ask)->work.event.result_count, 0);
	}
	house_until_count(house, "SELECT count(*) FROM history.message WHERE outcome = 3", 1);
	struct ask *waiting = wait_for_order(&house->b, "1");
	house_until_count(house, "SELECT count(*) FROM history.message WHERE outcome = 1", 1);
	assert_int_equal(
		house_count(house, "SELECT to_instance_id FROM history.message WHERE outcome = 1"), waiting->instance);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.message"), 0);
	assert_int_equal(house_count(house, "SELECT (variables ->> 'paid')::int FROM history.instance WHERE id = %lld",
						 (long long)waiting->instance),
		1);
}

/* An administrator without a tenant names an instance of one; who has no such right sends to nobody. */
static void a_kept_message_keeps_its_senders_rights(void **state)
{
	struct house *house = *state;
	struct ask *waiting = ask_good(ask_start(&house->a, "later"));
	house_do(house, "UPDATE bpmnd.instance SET tenant = 'theirs', version = version + 1");
	for (int administers = 0; administers <= 1; administers++) {
		struct ask *ask = message(&house->a, "call", "");
		ask->work.event.instance_id = waiting->instance;
		ask->work.event.actor.may_administer = administers;
		ask->work.event.ttl = 3600 * SECOND;
		ask_good(ask);
	}
	struct ask *done = ask_task(&house->a, COMMAND_TASK_COMPLETE, waiting->tasks[0]);
	done->item.command.actor.may_administer = true;
	ask_good(done);
	house_until_count(house, "SELECT count(*) FROM history.message WHERE outcome = 1", 1);
	assert_int_equal(
		house_count(house, "SELECT to_instance_id FROM history.message WHERE outcome = 1"), waiting->instance);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.message WHERE NOT may_administer"), 1);
}

/* A suspended instance is passed by: its message is kept until it has been resumed. */
static void a_suspended_receiver_is_passed_by(void **state)
{
	struct house *house = *state;
	struct ask *waiting = ask_good(ask_start(&house->a, "listener"));
	ask_good(ask_instance(&house->b, COMMAND_SUSPEND, waiting->instance));
	assert_int_equal(ask_do(message(&house->a, "call", "")), ERR_MESSAGE_NOT_CORRELATED);
	struct ask *ask = message(&house->a, "call", "");
	ask->work.event.ttl = 3600 * SECOND;
	assert_int_equal(ask_good(ask)->work.event.result_count, 0);
	struct ask *other = ask_good(ask_start(&house->a, "listener"));
	house_until_count(house, "SELECT count(*) FROM history.message WHERE outcome = 1", 1);
	assert_int_equal(house_count(house, "SELECT to_instance_id FROM history.message"), other->instance);
	ask = message(&house->a, "call", "");
	ask->work.event.ttl = 3600 * SECOND;
	assert_int_equal(ask_good(ask)->work.event.result_count, 0);
	ask_good(ask_instance(&house->b, COMMAND_RESUME, waiting->instance));
	house_until_count(house, "SELECT count(*) FROM history.message WHERE outcome = 1", 2);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), 0);
}

#define EACH 100

/* One keeps messages, the other waits for them: whichever comes first, each is delivered once. */
static void keep_and_wait(struct party *party, void *context)
{
	(void)context;
	struct ask *asks[EACH];
	static char texts[2][EACH][32];
	for (int i = 0; i < EACH; i++) {
		snprintf(texts[party->number][i], 32, party->number == 0 ? "{\"orderId\":%d}" : "%d", 1000 + i);
		asks[i] = party->number == 0 ? message(party, "pay", texts[0][i]) : ask_start(party, "payee");
		if (party->number == 0)
			asks[i]->work.event.ttl = 3600 * SECOND;
		else
			ask_variable(asks[i], "orderId", texts[1][i]);
		ask_send(asks[i]);
	}
	for (int i = 0; i < EACH; i++)
		ask_await(asks[i]);
	party_run(party, SECOND);
}

static void kept_messages_are_delivered_once(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	house_empty(house, "history.activity");
	struct house *node = node_open(house, &party);
	house_in_threads(house, keep_and_wait, NULL);
	house_until_count(house, "SELECT count(*) FROM bpmnd.instance", 0);
	assert_int_equal(house_passed(house, "payee", "w"), EACH);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.message"), 0);
	node_close(node, &party, house);
}

static void a_thrown_message_finds_its_receiver(void **state)
{
	struct house *house = *state;
	struct ask *waiting = wait_for_order(&house->b, "5");
	wait_for_order(&house->b, "6");
	struct ask *payer = ask_start(&house->a, "payer");
	ask_variable(payer, "orderId", "5");
	ask_good(payer);
	house_until_count(house, "SELECT count(*) FROM history.message", 1);
	assert_int_equal(house_count(house, "SELECT to_instance_id FROM history.message WHERE from_instance_id = %lld",
						 (long long)payer->instance),
		waiting->instance);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.subscription"), 1);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.outbox"), 0);
	payer = ask_start(&house->a, "payer");
	ask_variable(payer, "orderId", "404");
	ask_good(payer);
	house_until_count(house, "SELECT count(*) FROM history.message WHERE outcome = 2", 1);
}

static void a_thrown_message_may_be_kept(void **state)
{
	struct house *house = *state;
	party_deploy(&house->a, "keeper", throws_and_keeps);
	struct ask *thrower = ask_good(ask_start(&house->a, "keeper"));
	house_until_count(house, "SELECT count(*) FROM bpmnd.message", 1);
	struct ask *waiting = ask_good(ask_start(&house->b, "listener"));
	house_until_count(house, "SELECT count(*) FROM history.message WHERE outcome = 1", 1);
	assert_int_equal(house_count(house,
						 "SELECT count(*) FROM history.message WHERE from_instance_id = %lld AND to_instance_id = %lld",
						 (long long)thrower->instance, (long long)waiting->instance),
		1);
}

static void throw_and_wait(struct party *party, void *context)
{
	(void)context;
	static char texts[EACH][16];
	struct ask *asks[EACH];
	for (int i = 0; i < EACH; i++) {
		snprintf(texts[i], sizeof texts[i], "%d", i);
		asks[i] = ask_start(party, "payer");
		if (party->number == 0)
			ask_variable(asks[i], "orderId", texts[i]);
		else
			ask_variable(asks[i], "orderId", "-1");
		ask_send(asks[i]);
	}
	for (int i = 0; i < EACH; i++)
		ask_await(asks[i]);
	party_run(party, SECOND);
}

/* Five workers on two nodes empty the outbox. */
static void thrown_messages_are_delivered_once(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	struct house *node = node_open(house, &party);
	char order[16];
	for (int i = 0; i < EACH; i++) {
		snprintf(order, sizeof order, "%d", i);
		wait_for_order(&house->a, order);
	}
	house_in_threads(house, throw_and_wait, NULL);
	house_until_count(house, "SELECT count(*) FROM bpmnd.outbox", 0);
	assert_int_equal(house_count(house, "SELECT count(*) FROM history.message WHERE outcome = 1"), EACH);
	assert_int_equal(house_count(house, "SELECT count(*) FROM history.message WHERE outcome = 2"), EACH);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.instance"), 0);
	node_close(node, &party, house);
}

static void send_to_the_one(struct party *party, void *context)
{
	long *taken = context;
	for (int i = 0; i < EACH; i++) {
		struct ask *ask = message(party, "call", "");
		party_meet(party);
		taken[party->number] += ask_do(ask) == ERR_NONE;
	}
}

/* Both nodes send to the only one who waits: one of them is told that nobody does. */
static void a_receiver_takes_one_message(void **state)
{
	struct house *house = *state;
	long taken[2] = {0};
	house_empty(house, "history.activity");
	ask_good(ask_start(&house->a, "listener"));
	house_in_threads(house, send_to_the_one, taken);
	assert_int_equal(taken[0] + taken[1], 1);
	assert_int_equal(house_passed(house, "listener", "w"), 1);
}

/* In one transaction too: the second looks again and finds nobody. */
static void two_messages_at_once_reach_one_each(void **state)
{
	struct house *house = *state;
	struct ask *asks[3];
	ask_good(ask_start(&house->a, "listener"));
	for (int i = 0; i < 3; i++)
		ask_send(asks[i] = message(&house->a, "call", ""));
	int good = 0;
	for (int i = 0; i < 3; i++)
		good += ask_await(asks[i]) == ERR_NONE;
	assert_int_equal(good, 1);
	for (int i = 0; i < 3; i++)
		assert_true(asks[i]->work.err.code == ERR_NONE || asks[i]->work.err.code == ERR_MESSAGE_NOT_CORRELATED);
}

static void a_repeated_message_is_answered_once(void **state)
{
	struct house *house = *state;
	ask_good(ask_start(&house->a, "listener"));
	struct ask *first = message(&house->a, "call", "");
	ask_key(first, "m-1", 1);
	ask_good(first);
	struct ask *again = message(&house->b, "call", "");
	ask_key(again, "m-1", 1);
	assert_true(ask_good(again)->work.answer.replayed);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_message_finds_its_receiver_by_its_keys, nobody_waits),
		cmocka_unit_test_teardown(variables_are_keys_too, nobody_waits),
		cmocka_unit_test_teardown(two_receivers_are_an_error_that_names_them, nobody_waits),
		cmocka_unit_test_teardown(a_business_key_must_be_the_receivers, nobody_waits),
		cmocka_unit_test_teardown(another_tenants_receiver_is_not_found, nobody_waits),
		cmocka_unit_test_teardown(one_message_begins_an_instance, nobody_waits),
		cmocka_unit_test_teardown(a_kept_message_is_delivered_when_somebody_waits, nobody_waits),
		cmocka_unit_test_teardown(a_kept_message_keeps_its_senders_rights, nobody_waits),
		cmocka_unit_test_teardown(a_suspended_receiver_is_passed_by, nobody_waits),
		cmocka_unit_test_teardown(kept_messages_are_delivered_once, nobody_waits),
		cmocka_unit_test_teardown(a_thrown_message_finds_its_receiver, nobody_waits),
		cmocka_unit_test_teardown(a_thrown_message_may_be_kept, nobody_waits),
		cmocka_unit_test_teardown(thrown_messages_are_delivered_once, nobody_waits),
		cmocka_unit_test_teardown(a_receiver_takes_one_message, nobody_waits),
		cmocka_unit_test_teardown(two_messages_at_once_reach_one_each, nobody_waits),
		cmocka_unit_test_teardown(a_repeated_message_is_answered_once, nobody_waits),
	};
	return cmocka_run_group_tests_name("messages", tests, start_models, house_teardown);
}
