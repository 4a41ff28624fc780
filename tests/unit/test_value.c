/* SPDX-License-Identifier: Apache-2.0
 *
 * Values: JSON in, JSON and text out, equality.
 */
#include "config.h"

#include "engine/expr/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int arena_setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int arena_teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static struct value value_of(struct arena *arena, const char *json)
{
	struct value value;
	struct err err = {0};
	if (!value_from_json(arena, str_from_c(json), &value, &err))
		fail_msg("%s: %s", json, err.message);
	return value;
}

static void test_json_round_trip(void **state)
{
	static const struct {
		const char *json;
		const char *expected; /* NULL: the same */
	} rows[] = {
		{"null", NULL},
		{"true", NULL},
		{" false ", "false"},
		{"0.1", NULL},
		{"-0", "0"},
		{"1.50", "1.5"},
		{"1e3", "1000"},
		{"25E-1", "2.5"},
		{"9223372036854775807", NULL},
		{"-9223372036854775808", NULL},
		{"0.333333333333333333", NULL},
		{"123456789012345.678", NULL},
		{"\"\"", NULL},
		{"\"购买审批\"", NULL},
		{"\"a\\\"b\\\\c\\n\"", NULL},
		{"\"\\u0041\\/\\t\"", "\"A/\\t\""},
		{"\"\\u00e9\\u8d2d\\ud83d\\ude00\"", "\"é购😀\""},
		{"[]", NULL},
		{"{}", NULL},
		{"[ 1 , [ ] , {\"a\" : null} ]", "[1,[],{\"a\":null}]"},
		{"{\"bb\":1,\"c\":2,\"a\":[true,false]}", "{\"a\":[true,false],\"c\":2,\"bb\":1}"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *expected = rows[i].expected ? rows[i].expected : rows[i].json;
		struct value value = value_of(*state, rows[i].json);
		struct buf buf;
		buf_init(&buf, 4096);
		assert_true(value_to_json(&buf, &value, NULL));
		if (!str_equal_c(buf_str(&buf), expected))
			fail_msg("%s: expected %s, is %.*s", rows[i].json, expected, STR_ARG(buf_str(&buf)));
		buf_free(&buf);
	}
}

static void test_json_refused(void **state)
{
	static const struct {
		const char *json;
		const char *message;
	} rows[] = {
		{"", "a value is missing"},
		{"   ", "a value is missing"},
		{"nul", "a value is missing"},
		{"NaN", "a value is missing"},
		{"'a'", "a value is missing"},
		{"1 2", "more text behind the value at byte 3"},
		{"01", "more text behind the value at byte 2"},
		{"+1", "a value is missing"},
		{"-", "a digit is missing"},
		{"1.", "a digit is missing"},
		{"1e", "a digit is missing"},
		{".5", "a value is missing"},
		{"1e300", "the number 1e300 needs more digits"},
		{"1e-30", "the number 1e-30 needs more digits"},
		{"9223372036854775808", "the number 9223372036854775808 needs more digits"},
		{"0.1234567890123456789", "needs more digits"},
		{"\"a", "a text that does not close"},
		{"\"a\nb\"", "a text that does not close"},
		{"\"\\x\"", "an unknown escape"},
		{"\"\\u12g4\"", "a hexadecimal digit is missing"},
		{"\"\\u0000\"", "\\u0000 cannot be stored"},
		{"\"\\ud800\"", "a surrogate without its other half"},
		{"\"\\udc00\"", "a surrogate without its other half"},
		{"\"\\ud800\\u0041\"", "a surrogate without its other half"},
		{"\"\xff\"", "not UTF-8"},
		{"[1", "',' or ']' is missing"},
		{"[1,]", "a value is missing"},
		{"{\"a\"}", "':' is missing"},
		{"{\"a\":1", "',' or '}' is missing"},
		{"{\"a\":1,}", "a name is missing"},
		{"{a:1}", "a name is missing"},
		{"{\"a\":1,\"a\":2}", "the name \"a\" stands twice"},
		{"{\"a\":1,\"\\u0061\":2}", "the name \"a\" stands twice"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct value value;
		struct err err = {0};
		if (value_from_json(*state, str_from_c(rows[i].json), &value, &err))
			fail_msg("%s is taken", rows[i].json);
		assert_int_equal(err.code, ERR_INVALID);
		if (!strstr(err.message, rows[i].message))
			fail_msg("%s: expected \"%s\", is \"%s\"", rows[i].json, rows[i].message, err.message);
	}
}

static void test_json_many_names(void **state)
{
	struct buf buf;
	struct value value;
	struct err err = {0};

	buf_init(&buf, 1 << 20);
	buf_add_char(&buf, '{');
	for (int i = 0; i < 1000; i++)
		buf_printf(&buf, "\"n%d\":%d,", i, i);
	size_t len = buf.len;
	buf_add_c(&buf, "\"last\":0}");
	assert_true(value_from_json(*state, buf_str(&buf), &value, &err));
	assert_int_equal(value.context.len, 1001);
	buf.len = len;
	buf_add_c(&buf, "\"n500\":0}");
	assert_false(value_from_json(*state, buf_str(&buf), &value, &err));
	assert_non_null(strstr(err.message, "\"n500\" stands twice"));
	buf_free(&buf);
}

/* Lists nested so deep, as text. */
static void nested_json(struct buf *buf, int depth)
{
	buf_clear(buf);
	for (int i = 0; i < depth; i++)
		buf_add_char(buf, '[');
	for (int i = 0; i < depth; i++)
		buf_add_char(buf, ']');
}

static void test_depth_when_reading(void **state)
{
	struct buf buf;
	struct value value;
	struct err err = {0};

	buf_init(&buf, 1 << 20);
	nested_json(&buf, JSON_DEPTH_MAX);
	assert_true(value_from_json(*state, buf_str(&buf), &value, &err));
	nested_json(&buf, JSON_DEPTH_MAX + 1);
	assert_false(value_from_json(*state, buf_str(&buf), &value, &err));
	assert_string_equal(err.message, "the value is nested deeper than 64 levels");
	nested_json(&buf, 100000);
	assert_false(value_from_json(*state, buf_str(&buf), &value, &err));
	buf_free(&buf);
}

/* J05: x = [x] again and again. */
static void test_depth_when_writing(void **state)
{
	struct buf buf;
	struct value value = {.kind = VALUE_NULL};
	struct err err = {0};

	buf_init(&buf, 1 << 20);
	for (int i = 0; i < 100000; i++) {
		struct value *item = arena_copy(*state, &value, sizeof value);
		value = (struct value){.kind = VALUE_LIST, .list = {.items = item, .len = 1}};
		if (i == JSON_DEPTH_MAX - 1)
			assert_true(value_to_json(&buf, &value, &err));
	}
	assert_false(value_to_json(&buf, &value, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_string_equal(err.message, "the value is nested deeper than 64 levels");
	buf_free(&buf);
}

/* x = [x, x] forty times stands for 2^40 items: writing stops at the end of the buffer, comparing at its budget. */
static void test_shared_lists_are_bounded(void **state)
{
	struct buf buf;
	struct value one = {.kind = VALUE_NULL};
	struct value other = {.kind = VALUE_NULL};
	size_t budget = 10000;

	for (int i = 0; i < 40; i++) {
		struct value pair[2] = {one, one};
		struct value other_pair[2] = {other, other};
		one = (struct value){.kind = VALUE_LIST, .list = {arena_copy(*state, pair, sizeof pair), 2}};
		other = (struct value){.kind = VALUE_LIST, .list = {arena_copy(*state, other_pair, sizeof pair), 2}};
	}
	buf_init(&buf, 1 << 16);
	assert_true(value_to_json(&buf, &one, NULL));
	assert_true(buf.overflow);
	assert_false(value_equal_within(&one, &other, &budget));
	assert_int_equal(budget, 0);
	buf_free(&buf);
}

static void test_equal(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		bool equal;
	} rows[] = {
		{"null", "null", true},
		{"null", "false", false},
		{"1", "1.0", true},
		{"1", "\"1\"", false},
		{"\"a\"", "\"a\"", true},
		{"\"a\"", "\"A\"", false},
		{"true", "true", true},
		{"true", "false", false},
		{"[1,2]", "[1,2.0]", true},
		{"[1,2]", "[2,1]", false},
		{"[1]", "[1,1]", false},
		{"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
		{"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
		{"{\"a\":1}", "{\"b\":1}", false},
		{"[{\"a\":[1]}]", "[{\"a\":[1]}]", true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct value a = value_of(*state, rows[i].a);
		struct value b = value_of(*state, rows[i].b);
		if (value_equal(&a, &b) != rows[i].equal || value_equal(&b, &a) != rows[i].equal)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
}

static void test_context_get(void **state)
{
	struct value value = value_of(*state, "{\"a\":1,\"b\":{\"c\":true}}");

	assert_non_null(value_context_get(&value, STR("a")));
	assert_null(value_context_get(&value, STR("x")));
	assert_null(value_context_get(&value, STR("__proto__")));
	assert_true(value_context_get(value_context_get(&value, STR("b")), STR("c"))->boolean);
}

static void test_kinds_beyond_json(void **state)
{
	const int64_t time = INT64_C(1795161600500000); /* 2026-11-20T08:00:00.5Z */
	const struct value low = {.kind = VALUE_NUMBER, .number = {.coefficient = 1}};
	const struct {
		struct value value;
		const char *json;
		const char *text;
	} rows[] = {
		{{.kind = VALUE_DATE_TIME, .time = time}, "\"2026-11-20T08:00:00.5Z\"", "2026-11-20T08:00:00.5Z"},
		{{.kind = VALUE_DATE, .time = 86400 * ISO8601_SECOND}, "\"1970-01-02\"", "1970-01-02"},
		{{.kind = VALUE_TIME, .time = 3723 * ISO8601_SECOND}, "\"01:02:03\"", "01:02:03"},
		{{.kind = VALUE_DURATION, .duration = {.months = 1, .micros = 3600 * ISO8601_SECOND}}, "\"P1MT1H\"", "P1MT1H"},
		{{.kind = VALUE_RANGE, .range = {.low = &low, .high = &low}}, NULL, NULL},
		{{.kind = VALUE_NULL}, "null", ""},
		{{.kind = VALUE_TEXT, .text = STR_INIT("a\"b")}, "\"a\\\"b\"", "a\"b"},
		{{.kind = VALUE_BOOLEAN, .boolean = true}, "true", "true"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf buf;
		struct err err = {0};
		buf_init(&buf, 4096);
		assert_int_equal(value_to_json(&buf, &rows[i].value, &err), rows[i].json != NULL);
		if (rows[i].json && !str_equal_c(buf_str(&buf), rows[i].json))
			fail_msg("expected %s, is %.*s", rows[i].json, STR_ARG(buf_str(&buf)));
		buf_clear(&buf);
		assert_int_equal(value_to_text(&buf, &rows[i].value, &err), rows[i].text != NULL);
		if (rows[i].text && !str_equal_c(buf_str(&buf), rows[i].text))
			fail_msg("expected %s, is %.*s", rows[i].text, STR_ARG(buf_str(&buf)));
		buf_free(&buf);
	}
}

static void test_kind_names(void **state)
{
	(void)state;
	assert_string_equal(value_kind_name(VALUE_NULL), "null");
	assert_string_equal(value_kind_name(VALUE_DATE_TIME), "date-time");
	assert_string_equal(value_kind_name(VALUE_RANGE), "range");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_json_round_trip, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_json_refused, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_json_many_names, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_depth_when_reading, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_depth_when_writing, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_shared_lists_are_bounded, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_equal, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_context_get, arena_setup, arena_teardown),
		cmocka_unit_test(test_kinds_beyond_json),
		cmocka_unit_test(test_kind_names),
	};
	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
