/* SPDX-License-Identifier: Apache-2.0
 *
 * base/str: slices, numbers, UTF-8, hashes.
 */
#include "config.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct str none = {0};

#define assert_str(got, expected) assert_true(str_equal((got), str_from_c(expected)))

static void test_comparison(void **state)
{
	(void)state;
	assert_true(str_equal(none, STR("")));
	assert_true(str_equal_c(STR("a"), "a"));
	assert_true(str_equal_c(none, NULL));
	assert_false(str_equal(STR("a"), STR("ab")));
	assert_true(str_equal_nocase(STR("Content-TYPE"), STR("content-type")));
	assert_false(str_equal_nocase(STR("["), STR("{")));
	assert_true(str_starts_with(STR("abc"), STR("ab")) && str_starts_with(none, none));
	assert_true(str_ends_with(STR("abc"), STR("bc")));
	assert_false(str_starts_with(STR("a"), STR("ab")) || str_ends_with(STR("b"), STR("ab")));
	assert_true(str_compare(STR("a"), STR("b")) < 0);
	assert_true(str_compare(STR("a"), STR("ab")) < 0);
	assert_true(str_compare(STR("\xe5"), STR("z")) > 0);
	assert_int_equal(str_compare(none, STR("")), 0);
}

static void test_search_and_cut(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("abcabc"), STR("ca")), 2);
	assert_int_equal(str_find(STR("abc"), STR("")), 0);
	assert_int_equal(str_find(none, STR("a")), STR_NONE);
	assert_int_equal(str_find(STR("abc"), STR("abcd")), STR_NONE);
	assert_int_equal(str_find_char(STR("a\0b"), 'b'), 2);
	assert_int_equal(str_find_char(none, 'b'), STR_NONE);
	assert_str(str_slice(STR("abc"), 1, 1), "b");
	assert_str(str_slice(STR("abc"), 1, SIZE_MAX), "bc");
	assert_str(str_slice(STR("abc"), 9, 1), "");
	assert_null(str_slice(none, 3, 4).ptr);
	assert_str(str_trim(STR(" \t\r\n a b \n")), "a b");
	assert_str(str_trim(STR("  ")), "");
	assert_str(str_trim(none), "");
}

static void test_split(void **state)
{
	(void)state;
	static const char *parts[] = {"a", "", "bc", ""};
	struct str rest = STR("a,,bc,");
	size_t count = 0;
	while (rest.ptr) {
		struct str part = str_split(&rest, ',');
		assert_true(count < 4);
		assert_str(part, parts[count++]);
	}
	assert_int_equal(count, 4);
	rest = STR("");
	assert_str(str_split(&rest, ','), "");
	assert_null(rest.ptr);
}

static void test_integers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} cases[] = {
		{"0", true, 0},
		{"-0", true, 0},
		{"007", true, 7},
		{"-12", true, -12},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"-9223372036854775809", false, 0},
		{"18446744073709551616", false, 0},
		{"99999999999999999999999", false, 0},
		{"", false, 0},
		{"-", false, 0},
		{"+1", false, 0},
		{" 1", false, 0},
		{"1 ", false, 0},
		{"1.0", false, 0},
		{"0x1", false, 0},
		{"--1", false, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t value = 0;
		assert_int_equal(str_to_int64(str_from_c(cases[i].text), &value), cases[i].ok);
		assert_int_equal(value, cases[i].value);
	}
	uint64_t big;
	assert_true(str_to_uint64(STR("18446744073709551615"), &big) && big == UINT64_MAX);
	assert_false(str_to_uint64(STR("18446744073709551616"), &big));
	assert_false(str_to_uint64(STR("-1"), &big));
	assert_false(str_to_uint64(none, &big));
}

static void test_utf8(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		bool ok;
	} cases[] = {
		{STR_INIT(""), true},
		{STR_INIT("plain ASCII that is longer than one word"), true},
		{STR_INIT("购买审批 and then some ASCII behind"), true},
		{STR_INIT("\xc2\x80 \xdf\xbf"), true},
		{STR_INIT("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"), true},
		{STR_INIT("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"), true},
		{STR_INIT("a\0b"), false},
		{STR_INIT("eight by\0tes and more"), false},
		{STR_INIT("\x80"), false},     /* a lone continuation */
		{STR_INIT("\xc0\x80"), false}, /* overlong */
		{STR_INIT("\xc1\xbf"), false},
		{STR_INIT("\xe0\x9f\xbf"), false},
		{STR_INIT("\xf0\x8f\xbf\xbf"), false},
		{STR_INIT("\xed\xa0\x80"), false},     /* a surrogate */
		{STR_INIT("\xf4\x90\x80\x80"), false}, /* beyond U+10FFFF */
		{STR_INIT("\xf5\x80\x80\x80"), false},
		{STR_INIT("\xff"), false},
		{STR_INIT("abcdefgh\xc3"), false}, /* cut off */
		{STR_INIT("\xe8\xb4"), false},
		{STR_INIT("\xf0\x9f\x98"), false},
		{STR_INIT("\xe8\xb4x"), false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(str_is_utf8(cases[i].text), cases[i].ok);
	assert_true(str_is_utf8(none));
	assert_int_equal(str_utf8_length(STR("购买ab😀")), 5);
	assert_int_equal(str_utf8_length(none), 0);
	assert_true(str_equal_c(str_utf8_prefix(STR("购买ab😀"), 1), "购"));
	assert_true(str_equal_c(str_utf8_prefix(STR("购买ab😀"), 4), "购买ab"));
	assert_true(str_equal_c(str_utf8_prefix(STR("购买ab😀"), 5), "购买ab😀"));
	assert_true(str_equal_c(str_utf8_prefix(STR("ab"), 80), "ab"));
	assert_int_equal(str_utf8_prefix(none, 3).len, 0);
}

static void test_copy(void **state)
{
	(void)state;
	char *copy = str_to_c(STR("ab"));
	assert_string_equal(copy, "ab");
	free(copy);
	copy = str_to_c(none);
	assert_string_equal(copy, "");
	free(copy);
}

/* Equal texts hash alike wherever they lie; prefixes and runs of one letter all differ. */
static void test_hash(void **state)
{
	(void)state;
	char a[100], b[101];
	memset(a, 'x', sizeof a);
	memset(b, 'x', sizeof b);
	uint64_t seen[101];
	for (size_t len = 0; len <= 100; len++) {
		seen[len] = str_hash((struct str){a, len});
		assert_int_equal(seen[len], str_hash((struct str){b + 1, len}));
		for (size_t other = 0; other < len; other++)
			assert_int_not_equal(seen[len], seen[other]);
	}
	for (size_t i = 0; i < 100; i++) {
		a[i] ^= 1;
		assert_int_not_equal(str_hash((struct str){a, 100}), seen[100]);
		a[i] ^= 1;
	}
	assert_int_equal(str_hash(none), str_hash(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparison),
		cmocka_unit_test(test_search_and_cut),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_hash),
	};
	return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
