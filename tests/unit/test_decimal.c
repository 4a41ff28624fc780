/* SPDX-License-Identifier: Apache-2.0
 *
 * Decimals as tables: text in, text out; "error" is an operation that does not fit.
 */
#include "config.h"

#include "engine/expr/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct decimal decimal_of(const char *text)
{
	struct decimal value;
	if (!decimal_parse(str_from_c(text), &value))
		fail_msg("%s is no decimal", text);
	return value;
}

static void assert_decimal(const char *what, bool ok, struct decimal value, const char *expected)
{
	struct buf buf;

	buf_init(&buf, 64);
	if (ok)
		decimal_format(&buf, value);
	else
		buf_add_c(&buf, "error");
	if (!str_equal_c(buf_str(&buf), expected))
		fail_msg("%s: expected %s, is %.*s", what, expected, STR_ARG(buf_str(&buf)));
	buf_free(&buf);
}

static void test_parse_and_format(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} rows[] = {
		{"0", "0"},
		{"-0", "0"},
		{"0.000", "0"},
		{"7", "7"},
		{"007", "7"},
		{"-12", "-12"},
		{"0.10", "0.1"},
		{"-0.05", "-0.05"},
		{".5", "0.5"},
		{"-.5", "-0.5"},
		{"1e3", "1000"},
		{"1E+3", "1000"},
		{"12.5e-1", "1.25"},
		{"100e-2", "1"},
		{"0e999999999999", "0"},
		{"123456789.123456789", "123456789.123456789"},
		{"9223372036854775807", "9223372036854775807"},
		{"-9223372036854775808", "-9223372036854775808"},
		{"0.000000000000000001", "0.000000000000000001"},
		{"1.00000000000000000000000000000000", "1"},
		{"100000000000000000000e-20", "1"},
		{"0.30000000000000004", "0.30000000000000004"},
		/* does not fit */
		{"9223372036854775808", "error"},
		{"-9223372036854775809", "error"},
		{"0.0000000000000000001", "error"},
		{"1e19", "error"},
		{"1e300", "error"},
		{"1e-300", "error"},
		{"1e99999999999999999999", "error"},
		{"12345678901234567890.5", "error"},
		/* malformed */
		{"", "error"},
		{"-", "error"},
		{"+1", "error"},
		{".", "error"},
		{"1.", "error"},
		{"1.e3", "error"},
		{"1e", "error"},
		{"1e+", "error"},
		{"1e3x", "error"},
		{"1,5", "error"},
		{" 1", "error"},
		{"1 ", "error"},
		{"0x10", "error"},
		{"NaN", "error"},
		{"Infinity", "error"},
		{"1.5.2", "error"},
		{"--1", "error"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct decimal value = {0};
		bool ok = decimal_parse(str_from_c(rows[i].text), &value);
		assert_decimal(rows[i].text, ok, value, rows[i].expected);
	}
}

static void test_operations(void **state)
{
	static const struct {
		const char *a;
		char sign;
		const char *b;
		const char *expected;
	} rows[] = {
		{"0.1", '+', "0.2", "0.3"},
		{"1", '+', "-1", "0"},
		{"0.5", '+', "0.5", "1"},
		{"9223372036854775806", '+', "1", "9223372036854775807"},
		{"9223372036854775807", '+', "1", "error"},
		{"9223372036854775807", '+', "0.001", "error"},
		{"3.333333333333333333", '+', "100", "103.3333333333333333"},
		{"10000000000000000", '+', "0.001", "error"},
		{"-9223372036854775808", '-', "1", "error"},
		{"1", '-', "0.9", "0.1"},
		{"0", '-', "-9223372036854775808", "error"},
		{"19.99", '*', "3", "59.97"},
		{"-1.5", '*', "1.5", "-2.25"},
		{"0.1", '*', "0.1", "0.01"},
		{"3037000500", '*', "3037000500", "error"},
		{"9223372036854775807", '*', "0", "0"},
		{"-9223372036854775808", '*', "-1", "error"},
		{"0.333333333333333333", '*', "0.333333333333333333", "0.111111111111111111"},
		{"0.333333333333333333", '*', "3", "0.999999999999999999"},
		{"1", '/', "2", "0.5"},
		{"1", '/', "3", "0.333333333333333333"},
		{"2", '/', "3", "0.666666666666666667"},
		{"-2", '/', "3", "-0.666666666666666667"},
		{"10", '/', "3", "3.333333333333333333"},
		{"10", '/', "4", "2.5"},
		{"0.3", '/', "0.1", "3"},
		{"0", '/', "5", "0"},
		{"9223372036854775807", '/', "1", "9223372036854775807"},
		{"9223372036854775807", '/', "2", "4611686018427387904"},
		{"-9223372036854775808", '/', "-1", "error"},
		{"9223372036854775807", '/', "0.1", "error"},
		{"0.000000000000000001", '/', "2", "0"},
		{"0.000000000000000003", '/', "2", "0.000000000000000002"},
		{"1", '/', "0", "error"},
		{"7", '%', "3", "1"},
		{"-7", '%', "3", "-1"},
		{"7", '%', "-3", "1"},
		{"5.5", '%', "2", "1.5"},
		{"0.3", '%', "0.1", "0"},
		{"9223372036854775807", '%', "0.000000000000000007", "0"},
		{"-9223372036854775808", '%', "-1", "0"},
		{"1", '%', "0", "error"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct decimal a = decimal_of(rows[i].a);
		struct decimal b = decimal_of(rows[i].b);
		struct decimal value = {0};
		char what[96];
		bool ok = false;

		(void)snprintf(what, sizeof what, "%s %c %s", rows[i].a, rows[i].sign, rows[i].b);
		if (rows[i].sign == '+')
			ok = decimal_add(a, b, &value);
		else if (rows[i].sign == '-')
			ok = decimal_subtract(a, b, &value);
		else if (rows[i].sign == '*')
			ok = decimal_multiply(a, b, &value);
		else if (rows[i].sign == '/')
			ok = decimal_divide(a, b, &value);
		else
			ok = decimal_modulo(a, b, &value);
		assert_decimal(what, ok, value, rows[i].expected);
	}
}

static void test_negate(void **state)
{
	struct decimal value;

	(void)state;
	assert_true(decimal_negate(decimal_of("1.5"), &value));
	assert_decimal("-1.5", true, value, "-1.5");
	assert_false(decimal_negate(decimal_from_int64(INT64_MIN), &value));
}

static void test_compare(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		int expected;
	} rows[] = {
		{"1", "1.0", 0},
		{"0.1", "0.10", 0},
		{"1", "2", -1},
		{"-1", "1", -1},
		{"0.3", "0.30000000000000004", -1},
		{"9223372036854775807", "9223372036854775806", 1},
		{"9223372036854775807", "0.000000000000000001", 1},
		{"-9223372036854775808", "-0.000000000000000001", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(decimal_compare(decimal_of(rows[i].a), decimal_of(rows[i].b)), rows[i].expected);
		assert_int_equal(decimal_compare(decimal_of(rows[i].b), decimal_of(rows[i].a)), -rows[i].expected);
	}
}

static void test_to_int64(void **state)
{
	int64_t whole = 0;

	(void)state;
	assert_true(decimal_to_int64(decimal_of("12.00"), &whole));
	assert_int_equal(whole, 12);
	assert_false(decimal_to_int64(decimal_of("12.5"), &whole));
	assert_true(decimal_is_zero(decimal_of("0.00")));
	assert_false(decimal_is_zero(decimal_of("0.01")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_negate),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_to_int64),
	};
	return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
