/* SPDX-License-Identifier: Apache-2.0
 *
 * base/buf: growth to the maximum and not a byte beyond.
 */
#include "config.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_holds(const struct buf *buf, const char *expected)
{
	assert_true(str_equal(buf_str(buf), str_from_c(expected)));
}

static void test_adding(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, 1000);
	assert_holds(&buf, "");
	buf_add(&buf, "ab", 2);
	buf_add(&buf, NULL, 0);
	buf_add_str(&buf, STR("cd"));
	buf_add_str(&buf, (struct str){0});
	buf_add_c(&buf, "ef");
	buf_add_char(&buf, 'g');
	buf_printf(&buf, "%03d", 7);
	assert_holds(&buf, "abcdefg007");
	buf_clear(&buf);
	assert_holds(&buf, "");
	buf_free(&buf);
}

static void test_integers(void **state)
{
	(void)state;
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{7, "7"},
		{-1, "-1"},
		{1234567890, "1234567890"},
		{INT64_MAX, "9223372036854775807"},
		{INT64_MIN, "-9223372036854775808"},
	};
	struct buf buf;
	buf_init(&buf, 100);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_clear(&buf);
		buf_add_int64(&buf, cases[i].value);
		assert_holds(&buf, cases[i].text);
	}
	buf_free(&buf);
}

static void test_the_maximum_holds(void **state)
{
	(void)state;
	static const size_t maxima[] = {0, 1, 10, 255, 256, 257, 1000};
	for (size_t i = 0; i < sizeof maxima / sizeof maxima[0]; i++) {
		struct buf buf;
		buf_init(&buf, maxima[i]);
		for (size_t j = 0; j < maxima[i]; j++)
			buf_add_char(&buf, 'x');
		assert_false(buf.overflow);
		assert_int_equal(buf.len, maxima[i]);
		buf_add_char(&buf, 'y');
		assert_true(buf.overflow);
		assert_int_equal(buf.len, maxima[i]);
		assert_null(buf_reserve(&buf, 0));
		buf_clear(&buf);
		assert_false(buf.overflow);
		buf_free(&buf);
	}
}

static void test_what_overflows_is_dropped_whole(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, 5);
	buf_add_c(&buf, "abc");
	buf_add_c(&buf, "def");
	buf_printf(&buf, "%d", 1);
	buf_add_c(&buf, "g");
	assert_true(buf.overflow);
	assert_holds(&buf, "abc");
	buf_free(&buf);
}

static void test_huge_requests_do_not_wrap(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, SIZE_MAX / 2);
	buf_add_c(&buf, "abc");
	assert_null(buf_reserve(&buf, SIZE_MAX - 1));
	assert_true(buf.overflow);
	buf_free(&buf);
}

static void test_reserve_and_take(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, 100000);
	for (int i = 0; i < 100; i++) {
		char *to = buf_reserve(&buf, 1000);
		assert_non_null(to);
		memset(to, 'a' + i % 26, 1000);
		buf.len += 1000;
	}
	size_t len;
	char *bytes = buf_take(&buf, &len);
	assert_int_equal(len, 100000);
	assert_int_equal(strlen(bytes), 100000);
	assert_int_equal(bytes[1000], 'b');
	free(bytes);
	bytes = buf_take(&buf, NULL);
	assert_string_equal(bytes, "");
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adding),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_the_maximum_holds),
		cmocka_unit_test(test_what_overflows_is_dropped_whole),
		cmocka_unit_test(test_huge_requests_do_not_wrap),
		cmocka_unit_test(test_reserve_and_take),
	};
	return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
