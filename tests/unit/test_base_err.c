/* SPDX-License-Identifier: Apache-2.0
 *
 * base/err: the first error wins, stays one line of whole characters, and maps to an HTTP status.
 */
#include "config.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void test_the_first_error_wins(void **state)
{
	(void)state;
	struct err err = {0};
	err_at(&err, 9, 9); /* no error yet: nothing to place */
	assert_int_equal(err.line, 0);
	assert_false(err_set(&err, ERR_INVALID, "first %d", 1));
	assert_false(err_set(&err, ERR_INTERNAL, "second"));
	err_at(&err, 3, 4);
	err_at(&err, 5, 6);
	err_in(&err, "Task_1");
	err_in(&err, "Task_2");
	assert_int_equal(err.code, ERR_INVALID);
	assert_string_equal(err.message, "first 1");
	assert_string_equal(err.element, "Task_1");
	assert_int_equal(err.line, 3);
	assert_int_equal(err.column, 4);
	err_clear(&err);
	assert_int_equal(err.code, ERR_NONE);
	assert_string_equal(err.message, "");
}

static void test_null_is_fine(void **state)
{
	(void)state;
	assert_false(err_set(NULL, ERR_INVALID, "x"));
	err_at(NULL, 1, 1);
	err_in(NULL, "x");
	err_clear(NULL);
}

static void test_long_text_is_cut_between_characters(void **state)
{
	(void)state;
	/* ASCII in front moves the cut through every byte of the three-byte character */
	for (int ahead = 0; ahead < 4; ahead++) {
		char text[1024] = "";
		memset(text, 'x', (size_t)ahead);
		for (int i = 0; i < 250; i++)
			strcat(text, "购");
		struct err err = {0};
		err_set(&err, ERR_INVALID, "%s", text);
		err_in(&err, text);
		assert_true(str_is_utf8(str_from_c(err.message)));
		assert_true(str_is_utf8(str_from_c(err.element)));
		assert_true(strlen(err.message) >= ERR_TEXT_MAX - 3);
		assert_true(strlen(err.element) >= ERR_ELEMENT_MAX - 3);
		assert_memory_equal(err.message, text, strlen(err.message));
	}
}

static void test_messages_are_one_readable_line(void **state)
{
	(void)state;
	static const struct {
		const char *given;
		const char *kept;
	} cases[] = {
		{"a\nb\tc\x7f", "a b c "},
		{"\xff\xfe bad", "?? bad"},
		{"审批", "审批"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err err = {0};
		err_set(&err, ERR_INVALID, "%s", cases[i].given);
		assert_string_equal(err.message, cases[i].kept);
	}
}

static void test_every_code_has_its_facts(void **state)
{
	(void)state;
	for (int code = ERR_NONE + 1; code < ERR_COUNT; code++) {
		int status = err_status((enum err_code)code);
		assert_true(status >= 400 && status < 600);
		assert_true(strlen(err_slug((enum err_code)code)) > 2);
		assert_true(strlen(err_title((enum err_code)code)) > 2);
	}
	assert_int_equal(err_status(ERR_NOT_FOUND), 404);
	assert_string_equal(err_slug(ERR_IN_DOUBT), "in-doubt");
	assert_true(err_retryable(ERR_UNAVAILABLE) && err_retryable(ERR_IN_DOUBT) && err_retryable(ERR_OVERLOADED));
	assert_false(err_retryable(ERR_INTERNAL) || err_retryable(ERR_CONFLICT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_error_wins),
		cmocka_unit_test(test_null_is_fine),
		cmocka_unit_test(test_long_text_is_cut_between_characters),
		cmocka_unit_test(test_messages_are_one_readable_line),
		cmocka_unit_test(test_every_code_has_its_facts),
	};
	return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
