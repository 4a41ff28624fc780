/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker for scripts, around what it starts: programs that are none, that fail, say too much, or nothing sensible.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "runtime/script.h"
#include "runtime/script_process.h"

#define SCRIPT_TASK \
	START "<scriptTask id='t' scriptFormat='javascript'><script>1</script></scriptTask>" END("e") FLOW("f", "s", "t") \
		FLOW("g", "t", "e")

static int start_model(void **state)
{
	house_setup(state);
	signal(SIGPIPE, SIG_IGN);
	party_deploy(&((struct house *)*state)->a, "scripted", SCRIPT_TASK);
	return 0;
}

struct told {
	enum err_code code;
	char message[ERR_TEXT_MAX];
	size_t len;
	int times;
};

static void on_told(void *context, struct str answer, const struct err *err)
{
	struct told *told = context;
	told->code = err->code;
	told->len = answer.len;
	told->times++;
	snprintf(told->message, sizeof told->message, "%s", err->message);
}

static bool was_told(void *context)
{
	return ((struct told *)context)->times > 0;
}

static struct told run(struct house *house, const char *program)
{
	struct told told = {0};
	struct err err = {0};
	assert_non_null(script_process_start(house->a.base, program, STR("{}"), on_told, &told, &err));
	party_until(&house->a, was_told, &told);
	assert_int_equal(told.times, 1);
	return told;
}

static void what_ends_badly_has_run_nothing(void **state)
{
	struct told told = run(*state, "/bin/false");
	assert_int_equal(told.code, ERR_UNAVAILABLE);
}

static void what_says_too_much_is_ended(void **state)
{
	struct told told = run(*state, "/usr/bin/yes");
	assert_int_equal(told.code, ERR_EXPRESSION);
	assert_non_null(strstr(told.message, "larger than"));
}

static void a_program_that_is_none_is_an_error(void **state)
{
	struct house *house = *state;
	struct err err = {0};
	assert_null(script_process_start(house->a.base, "/nowhere/bpmnd", STR("{}"), on_told, NULL, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
}

static void a_process_may_be_ended(void **state)
{
	struct house *house = *state;
	struct told told = {0};
	struct err err = {0};
	struct script_process *process =
		script_process_start(house->a.base, "/usr/bin/yes", STR("{}"), on_told, &told, &err);
	assert_non_null(process);
	script_process_free(process);
	party_run(&house->a, SECOND / 10);
	assert_int_equal(told.times, 0);
}

static bool is_postponed(void *context)
{
	return house_count(context, "SELECT count(*) FROM bpmnd.job WHERE retries = 1 AND due_at > now() AND "
								"message IS NOT NULL AND locked_until IS NULL") == 1;
}

/* Nobody's fault but the server's: the job waits, and is no incident. */
static void where_nothing_can_run_jobs_wait(void **state)
{
	struct house *house = *state;
	struct party party;
	party_open(&party, house, house->a.base);
	struct scripts *scripts = scripts_new(party.worker, party.base, "/bin/false");
	ask_good(ask_start(&house->a, "scripted"));
	party_until(&house->a, is_postponed, house);
	assert_int_equal(house_count(house, "SELECT count(*) FROM bpmnd.incident"), 0);
	scripts_drain(scripts);
	party_close(&party);
	scripts_free(scripts);
}

static bool is_an_incident(void *context)
{
	return house_count(context, "SELECT count(*) FROM bpmnd.incident") >= 1;
}

static void what_is_no_answer_is_the_scripts_failure(void **state)
{
	struct house *house = *state;
	struct party party;
	party_open(&party, house, house->a.base);
	struct scripts *scripts = scripts_new(party.worker, party.base, "/bin/echo");
	ask_good(ask_start(&house->a, "scripted"));
	party_until(&house->a, is_an_incident, house);
	scripts_drain(scripts);
	party_close(&party);
	scripts_free(scripts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_ends_badly_has_run_nothing, house_forget),
		cmocka_unit_test_teardown(what_says_too_much_is_ended, house_forget),
		cmocka_unit_test_teardown(a_program_that_is_none_is_an_error, house_forget),
		cmocka_unit_test_teardown(a_process_may_be_ended, house_forget),
		cmocka_unit_test_teardown(where_nothing_can_run_jobs_wait, house_forget),
		cmocka_unit_test_teardown(what_is_no_answer_is_the_scripts_failure, house_forget),
	};
	return cmocka_run_group_tests(tests, start_model, house_teardown);
}
