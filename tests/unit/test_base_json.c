/* SPDX-License-Identifier: Apache-2.0
 *
 * base/json: what is let in, what is refused and why, and that what we write reads back the same.
 */
#include "config.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Reads a text and writes it again. */
static void assert_comes_back(struct str text, const char *expected)
{
	struct err err = {0};
	json_t *value = json_parse(text, &err);
	if (!value)
		print_error("%.*s: %s\n", STR_ARG(text), err.message);
	assert_non_null(value);
	struct buf buf;
	buf_init(&buf, 100000);
	json_emit_value(&buf, value);
	if (!str_equal_c(buf_str(&buf), expected))
		print_error("%.*s, not %s\n", STR_ARG(buf_str(&buf)), expected);
	assert_true(str_equal_c(buf_str(&buf), expected));
	buf_free(&buf);
	json_decref(value);
}

static void test_values_come_back_unchanged(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"null",
		"true",
		"false",
		"0",
		"-1",
		"9223372036854775807",
		"-9223372036854775808",
		"\"\"",
		"{}",
		"[]",
		"0.1",
		"-0.1",
		"12.5",
		"1.0",
		"100.0",
		"0.3",
		"3.14159",
		"123456789012345.6",
		"0.30000000000000004",
		"1e300",
		"1.7976931348623157e308",
		"2.2250738585072014e-308",
		"5e-324",
		"1e-7",
		"9007199254740993",
		"{\"b\":1,\"a\":[1,2.5,{\"c\":null}]}",
		"\"购买审批 \xf0\x9f\x98\x80\"",
		"\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\"",
		"[[],{},[[]]]",
		"{\"\":\"\"}",
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_comes_back(str_from_c(texts[i]), texts[i]);
}

static void test_spellings(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *written;
	} cases[] = {
		{" [ 1 , 2 ]\n", "[1,2]"},
		{"\"\\u8d2d\\/\"", "\"购/\""},
		{"\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""},
		{"1E2", "100.0"},
		{"1e+2", "100.0"},
		{"0.10", "0.1"},
		{"0.0", "0.0"},
		{"-0.0", "-0.0"},
		{"0e999999999999", "0.0"},
		{"1.5000000000000000000000", "1.5"},
		{"0.00000000000000000000000000015", "1.5e-28"},
		{"100000000000000000000.0", "1e20"},
		{"10e-1", "1.0"},
		{"\"[[[[\\\"{{{{1e999\"", "\"[[[[\\\"{{{{1e999\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_comes_back(str_from_c(cases[i].text), cases[i].written);
}

static void test_refusals(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		enum err_code code;
		int line;
	} cases[] = {
		{STR_INIT(""), ERR_BAD_REQUEST, 0},
		{STR_INIT("  "), ERR_BAD_REQUEST, 1},
		{STR_INIT("{"), ERR_BAD_REQUEST, 1},
		{STR_INIT("[1,\n2,\n]"), ERR_BAD_REQUEST, 3},
		{STR_INIT("1 2"), ERR_BAD_REQUEST, 1},
		{STR_INIT("{} x"), ERR_BAD_REQUEST, 1},
		{STR_INIT("\xef\xbb\xbf{}"), ERR_BAD_REQUEST, 1},
		{STR_INIT("'a'"), ERR_BAD_REQUEST, 1},
		{STR_INIT("NaN"), ERR_BAD_REQUEST, 1},
		{STR_INIT("01"), ERR_BAD_REQUEST, 1},
		{STR_INIT("1."), ERR_BAD_REQUEST, 1},
		{STR_INIT("+1"), ERR_BAD_REQUEST, 1},
		{STR_INIT("1.2.3"), ERR_BAD_REQUEST, 1},
		{STR_INIT("1e..2333333333333333333333"), ERR_BAD_REQUEST, 1},
		{STR_INIT("-"), ERR_BAD_REQUEST, 1},
		{STR_INIT("\"\xff\""), ERR_BAD_REQUEST, 1},
		{STR_INIT("\"\xed\xa0\x80\""), ERR_BAD_REQUEST, 1},
		{STR_INIT("\"\\ud800\""), ERR_BAD_REQUEST, 1},
		{STR_INIT("\"a\nb\""), ERR_BAD_REQUEST, 0},
		{STR_INIT("\"a\0b\""), ERR_BAD_REQUEST, 0},
		{STR_INIT("{}\0"), ERR_BAD_REQUEST, 1},
		{STR_INIT("\"open"), ERR_BAD_REQUEST, 1},
		{STR_INIT("\"open\\"), ERR_BAD_REQUEST, 1},
		{STR_INIT("{\"a\":1,\"a\":2}"), ERR_INVALID, 1},
		{STR_INIT("\"a\\u0000b\""), ERR_INVALID, 1},
		{STR_INIT("{\"\\u0000\":1}"), ERR_INVALID, 1},
		{STR_INIT("9223372036854775808"), ERR_INVALID, 1},
		{STR_INIT("-9223372036854775809"), ERR_INVALID, 1},
		{STR_INIT("18446744073709551616"), ERR_INVALID, 1},
		{STR_INIT("1e400"), ERR_INVALID, 1},
		{STR_INIT("[1e-400"), ERR_BAD_REQUEST, 1},
		{STR_INIT("-1e400"), ERR_INVALID, 1},
		{STR_INIT("1e-400"), ERR_INVALID, 1},
		{STR_INIT("1e99999999999999999999"), ERR_INVALID, 1},
		{STR_INIT("[1,\n 0.1000000000000000055]"), ERR_INVALID, 2},
		{STR_INIT("9007199254740993.0"), ERR_INVALID, 1},
		{STR_INIT("123456789012345678.5"), ERR_INVALID, 1},
		{STR_INIT("12345678901234567.25"), ERR_INVALID, 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err err = {0};
		json_t *value = json_parse(cases[i].text, &err);
		if (value || err.code != cases[i].code || (cases[i].line && err.line != cases[i].line))
			print_error(
				"case %zu %.*s: %d %s, line %d\n", i, STR_ARG(cases[i].text), (int)err.code, err.message, err.line);
		assert_null(value);
		assert_int_equal(err.code, cases[i].code);
		if (cases[i].line)
			assert_int_equal(err.line, cases[i].line);
	}
}

static void test_places_count_characters(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		int line, column;
	} cases[] = {
		{STR_INIT("[1,\n\"购买\", 1e400]"), 2, 7},
		{STR_INIT("{"), 1, 2},
		{STR_INIT("{\"a\":1\n \"购\":2}"), 2, 2},
		{STR_INIT("{\"购买\":tru}"), 1, 7},
		{STR_INIT("[\"购买\" \"long, longer than jansson shows\"]"), 1, 7},
		{STR_INIT("{\"a\":1, \"a\"  :2}"), 1, 9},
		{STR_INIT("[1 , 99999999999999999999 ]"), 1, 6},
		{STR_INIT("[\"a\", \"b\\u0000c\"]"), 1, 7},
		{STR_INIT("[\"ab\\qc\"]"), 1, 6},
		{STR_INIT("[\"ab\nc\"]"), 1, 5},
		{STR_INIT("[\"购\xff\"]"), 1, 4},
		{STR_INIT("\"open"), 1, 6},
		{STR_INIT("[1,]"), 1, 4},
		{STR_INIT("'a'"), 1, 1},
		{STR_INIT("\xef\xbb\xbf{}"), 1, 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err err = {0};
		assert_null(json_parse(cases[i].text, &err));
		if (err.line != cases[i].line || err.column != cases[i].column)
			print_error("%.*s: %d:%d %s\n", STR_ARG(cases[i].text), err.line, err.column, err.message);
		assert_int_equal(err.line, cases[i].line);
		assert_int_equal(err.column, cases[i].column);
	}
}

static void test_messages_are_about_json(void **state)
{
	(void)state;
	struct err err = {0};
	assert_null(json_parse(STR("\"a\\u0000b\""), &err));
	assert_string_equal(err.message, "a text cannot have the character U+0000");
}

static void test_depth(void **state)
{
	(void)state;
	char text[6001];
	for (size_t depth = 60; depth < 3000; depth += depth < 70 ? 1 : 977) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		text[2 * depth] = '\0';
		if (depth <= JSON_DEPTH_MAX) {
			assert_comes_back(str_from_c(text), text);
			continue;
		}
		struct err err = {0};
		assert_null(json_parse(str_from_c(text), &err));
		assert_int_equal(err.code, ERR_INVALID);
	}
}

/* jansson can build what it cannot write: x = [x], a thousand times. */
static void test_deep_values_are_not_written(void **state)
{
	(void)state;
	json_t *value = json_null();
	for (int i = 0; i < 1000; i++) {
		json_t *outer = json_array();
		json_array_append_new(outer, value);
		value = outer;
	}
	struct buf buf;
	buf_init(&buf, 100000);
	json_emit_value(&buf, value);
	assert_true(buf.overflow);
	buf_free(&buf);
	json_decref(value);
}

static void test_writer(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 10000);
	json_object_begin(&b);
	json_member_str(&b, "id", STR("{"));
	json_member_str(&b, "none", (struct str){0});
	json_member_c(&b, "c", NULL);
	json_member_c(&b, "d", "购\"");
	json_member_int(&b, "n", INT64_MIN);
	json_member_id(&b, "i", 123);
	json_member_id(&b, "j", 0);
	json_member_bool(&b, "t", true);
	json_member_time(&b, "when", 1500000);
	json_member_time(&b, "never", 0);
	json_member_raw(&b, "raw", STR("[1]"));
	json_member_raw(&b, "noraw", (struct str){0});
	json_member_text(&b, "text", STR("x"));
	json_member_text(&b, "notext", STR(""));
	json_member(&b, "list");
	json_array_begin(&b);
	for (int i = 0; i < 2; i++) {
		json_next(&b);
		json_object_begin(&b);
		json_object_end(&b);
	}
	json_array_end(&b);
	json_object_end(&b);
	assert_true(str_equal_c(buf_str(&b),
		"{\"id\":\"{\",\"none\":\"\",\"c\":null,\"d\":\"购\\\"\",\"n\":-9223372036854775808,\"i\":\"123\",\"j\":null,"
		"\"t\":true,\"when\":\"1970-01-01T00:00:01.5Z\",\"never\":null,\"raw\":[1],\"noraw\":null,\"text\":\"x\","
		"\"notext\":null,\"list\":[{},{}]}"));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_come_back_unchanged),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_places_count_characters),
		cmocka_unit_test(test_messages_are_about_json),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_deep_values_are_not_written),
		cmocka_unit_test(test_writer),
	};
	return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
