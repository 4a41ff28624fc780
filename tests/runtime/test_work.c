/* SPDX-License-Identifier: Apache-2.0
 *
 * Work for workers: long polls, locks that run out, failures with retries, incidents.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

#include <stdio.h>

#include "base/clock.h"

#define LOCK (3600 * SECOND)
#define SHORT_LOCK (SECOND / 10)
#define BACKOFF (SECOND / 10)    /* the house's */
#define LOOKS_AGAIN (SECOND / 2) /* a long poll, whatever happens */

static int start_models(void **state)
{
	static const char *const types[] = {"plain", "waits", "wakes", "leaves", "late", "fails"};
	house_setup(state);
	struct house *house = *state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char body[1024];
		snprintf(body, sizeof body, "<startEvent id='s'/><serviceTask id='w' bpmnd:type='%s'/><endEvent id='e'/>%s%s",
			types[i], FLOW("f", "s", "w"), FLOW("g", "w", "e"));
		party_deploy(&house->a, types[i], body);
	}
	return 0;
}

static void work_is_handed_out_and_done(void **state)
{
	struct house *house = *state;
	ask_good(ask_start(&house->a, "plain"));
	struct ask *taken = ask_good(ask_activate(&house->b, "plain", 10, LOCK, 0));
	assert_int_equal(taken->job_count, 1);
	assert_int_equal(ask_good(ask_activate(&house->a, "plain", 10, LOCK, 0))->job_count, 0);
	assert_true(ask_good(ask_job(&house->a, COMMAND_JOB_COMPLETE, taken->jobs[0]))->ended);
	assert_int_equal(ask_do(ask_job(&house->b, COMMAND_JOB_COMPLETE, taken->jobs[0])), ERR_GONE);
}

static void work_must_be_taken_before_it_is_done(void **state)
{
	struct house *house = *state;
	ask_good(ask_start(&house->a, "plain"));
	int64_t job = house_count(house, "SELECT id FROM bpmnd.job WHERE type = 'plain'");
	assert_int_equal(ask_do(ask_job(&house->a, COMMAND_JOB_COMPLETE, job)), ERR_CONFLICT);
	struct ask *taken = ask_good(ask_activate(&house->a, "plain", 10, LOCK, 0));
	assert_int_equal(taken->jobs[0], job);
	ask_good(ask_job(&house->a, COMMAND_JOB_COMPLETE, job));
}

static void a_long_poll_ends_empty_at_its_time(void **state)
{
	struct house *house = *state;
	int64_t began = clock_monotonic();
	struct ask *poll = ask_good(ask_activate(&house->a, "waits", 1, LOCK, SECOND / 2));
	assert_int_equal(poll->job_count, 0);
	assert_true(poll->rendered);
	assert_true(clock_monotonic() - began >= SECOND / 2);
}

static bool waits(void *context)
{
	return worker_metrics(((struct party *)context)->worker)->long_polls == 1;
}

static bool looks(void *context)
{
	return !waits(context);
}

/* How long after it has looked a long poll has the job of a start elsewhere. */
static int64_t found_after(struct house *house)
{
	struct ask *poll = ask_activate(&house->a, "wakes", 1, LOCK, 300 * SECOND);
	int64_t looked;
	ask_send(poll);
	party_until(&house->a, waits, &house->a);
	do {
		looked = clock_monotonic();
		party_run(&house->a, 0);
	} while (!looks(&house->a));
	party_until(&house->a, waits, &house->a);
	ask_good(ask_start(&house->b, "wakes"));
	ask_await(poll);
	looked = clock_monotonic() - looked;
	assert_int_equal(poll->job_count, 1);
	ask_good(ask_job(&house->b, COMMAND_JOB_COMPLETE, poll->jobs[0]));
	return looked;
}

/* Before it looks again, on any machine that does not stand still each time. */
static void a_start_elsewhere_wakes_a_long_poll(void **state)
{
	for (int tries = 0; tries < 40; tries++)
		if (found_after(*state) < LOOKS_AGAIN)
			return;
	fail_msg("a long poll is never woken");
}

/* Who has left must not take work away from others. */
static void a_long_poll_that_was_left_takes_nothing(void **state)
{
	struct house *house = *state;
	struct ask *poll = ask_activate(&house->a, "leaves", 1, LOCK, 300 * SECOND);
	ask_send(poll);
	party_until(&house->a, waits, &house->a);
	poll->work.aborted = true;
	ask_good(ask_start(&house->b, "leaves"));
	int64_t began = clock_monotonic();
	ask_await(poll);
	assert_true(clock_monotonic() - began < 30 * SECOND);
	assert_int_equal(poll->job_count, 0);
	struct ask *taken = ask_good(ask_activate(&house->b, "leaves", 1, LOCK, 0));
	assert_int_equal(taken->job_count, 1);
	ask_good(ask_job(&house->b, COMMAND_JOB_COMPLETE, taken->jobs[0]));
}

static void work_is_taken_over_when_its_lock_has_run_out(void **state)
{
	struct house *house = *state;
	struct ask *started = ask_good(ask_start(&house->a, "late"));
	struct ask *late = ask_good(ask_activate(&house->a, "late", 1, SHORT_LOCK, 0));
	struct ask *taken = ask_good(ask_activate(&house->b, "late", 1, LOCK, 60 * SECOND));
	assert_int_equal(taken->job_count, 1);
	assert_true(taken->jobs[0] != late->jobs[0]);
	assert_int_equal(ask_do(ask_job(&house->a, COMMAND_JOB_COMPLETE, late->jobs[0])), ERR_GONE);
	assert_int_equal(
		house_count(house, "SELECT count(*) FROM bpmnd.instance WHERE id = %lld", (long long)started->instance), 1);
	assert_true(ask_good(ask_job(&house->a, COMMAND_JOB_COMPLETE, taken->jobs[0]))->ended);
}

/* Nobody took it over: late is still in time. */
static void late_work_counts_while_nobody_has_it(void **state)
{
	struct house *house = *state;
	ask_good(ask_start(&house->a, "late"));
	struct ask *late = ask_good(ask_activate(&house->a, "late", 1, SHORT_LOCK, 0));
	party_run(&house->a, 2 * SHORT_LOCK);
	assert_true(ask_good(ask_job(&house->b, COMMAND_JOB_COMPLETE, late->jobs[0]))->ended);
}

static void a_lock_can_be_prolonged(void **state)
{
	struct house *house = *state;
	ask_good(ask_start(&house->a, "late"));
	struct ask *taken = ask_good(ask_activate(&house->a, "late", 1, SHORT_LOCK, 0));
	struct ask *extend = ask_catalog(&house->b, WORK_EXTEND, 0, false);
	extend->work.extend_job_id = taken->jobs[0];
	extend->work.extend_for = LOCK;
	assert_int_equal(ask_good(extend)->work.result, 0);
	party_run(&house->a, 2 * SHORT_LOCK);
	assert_int_equal(ask_good(ask_activate(&house->b, "late", 1, LOCK, 0))->job_count, 0);
	assert_true(ask_good(ask_job(&house->b, COMMAND_JOB_COMPLETE, taken->jobs[0]))->ended);
}

/* Each time by another worker, so that the other one's copy is old. */
static void work_that_fails_is_tried_again_later(void **state)
{
	struct house *house = *state;
	struct party *parties[] = {&house->a, &house->b, &house->a};
	ask_good(ask_start(&house->b, "fails"));
	struct ask *failed = NULL;
	int64_t job = 0, failed_at = clock_monotonic() - BACKOFF;
	for (int i = 0; i < 3; i++) {
		struct ask *taken = ask_good(ask_activate(parties[i], "fails", 1, LOCK, 60 * SECOND));
		assert_int_equal(taken->job_count, 1);
		assert_int_equal(taken->retries, 3 - i);
		assert_true(clock_monotonic() - failed_at >= BACKOFF); /* not before */
		failed_at = clock_monotonic();
		failed = ask_good(ask_job(parties[i], COMMAND_JOB_FAIL, job = taken->jobs[0]));
	}
	assert_int_equal(ask_do(ask_job(&house->a, COMMAND_JOB_COMPLETE, job)), ERR_CONFLICT);
	assert_string_equal(failed->incident_type, "job-failed");
	assert_int_equal(ask_good(ask_activate(&house->b, "fails", 1, LOCK, SECOND))->job_count, 0);
	ask_good(ask_retry(&house->b, failed->incident));
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.incident"), 0);
	struct ask *taken = ask_good(ask_activate(&house->a, "fails", 1, LOCK, 60 * SECOND));
	assert_int_equal(taken->job_count, 1);
	assert_true(ask_good(ask_job(&house->a, COMMAND_JOB_COMPLETE, taken->jobs[0]))->ended);
	assert_int_equal(ask_do(ask_retry(&house->a, failed->incident)), ERR_GONE);
}

/* Both reports may be in one transaction: one of them holds. */
static void a_failure_is_told_once(void **state)
{
	struct house *house = *state;
	ask_good(ask_start(&house->a, "fails"));
	struct ask *taken = ask_good(ask_activate(&house->a, "fails", 1, LOCK, 60 * SECOND));
	assert_int_equal(taken->job_count, 1);
	struct ask *first = ask_job(&house->a, COMMAND_JOB_FAIL, taken->jobs[0]);
	struct ask *second = ask_job(&house->a, COMMAND_JOB_FAIL, taken->jobs[0]);
	ask_send(first);
	ask_send(second);
	assert_int_equal(ask_await(first), ERR_NONE);
	assert_int_equal(ask_await(second), ERR_CONFLICT);
	assert_int_equal(house_count(house, "SELECT retries FROM bpmnd.job WHERE id = %lld", (long long)taken->jobs[0]), 2);
}

static bool is_idle(void *context)
{
	return worker_idle(((struct party *)context)->worker);
}

static void a_drained_worker_ends_its_long_polls(void **state)
{
	struct house *house = *state;
	struct party party = {0};
	party_open(&party, house, house->database->base);
	struct ask *poll = ask_activate(&party, "waits", 1, LOCK, 60 * SECOND);
	ask_send(poll);
	party_run(&party, SECOND / 10);
	struct ask *start = ask_start(&party, "plain");
	ask_send(start);
	worker_drain(party.worker);
	party_until(&party, is_idle, &party);
	assert_true(poll->answers == 1 && poll->work.err.code == ERR_NONE && poll->job_count == 0);
	assert_true(start->answers == 1 && start->work.err.code == ERR_NONE);
	party_close(&party);
	house->threads[0].asks = party.asks;
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(work_is_handed_out_and_done, house_forget),
		cmocka_unit_test_teardown(work_must_be_taken_before_it_is_done, house_forget),
		cmocka_unit_test_teardown(a_long_poll_ends_empty_at_its_time, house_forget),
		cmocka_unit_test_teardown(a_start_elsewhere_wakes_a_long_poll, house_forget),
		cmocka_unit_test_teardown(a_long_poll_that_was_left_takes_nothing, house_forget),
		cmocka_unit_test_teardown(work_is_taken_over_when_its_lock_has_run_out, house_forget),
		cmocka_unit_test_teardown(late_work_counts_while_nobody_has_it, house_forget),
		cmocka_unit_test_teardown(a_lock_can_be_prolonged, house_forget),
		cmocka_unit_test_teardown(work_that_fails_is_tried_again_later, house_forget),
		cmocka_unit_test_teardown(a_failure_is_told_once, house_forget),
		cmocka_unit_test_teardown(a_drained_worker_ends_its_long_polls, house_forget),
	};
	return cmocka_run_group_tests_name("work", tests, start_models, house_teardown);
}
