/* SPDX-License-Identifier: Apache-2.0
 *
 * base/iso8601: what timers may say, what they may not, and the calendar.
 */
#include "config.h"

#include "base/iso8601.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A time given by its canonical text. */
static int64_t at(const char *text)
{
	struct err err = {0};
	int64_t time = 0;
	if (!iso8601_parse_time(str_from_c(text), &time, &err))
		fail_msg("%s", err.message);
	return time;
}

static void assert_time(int64_t time, const char *expected)
{
	struct buf buf;
	buf_init(&buf, 100);
	iso8601_format_time(&buf, time);
	if (!str_equal_c(buf_str(&buf), expected))
		fail_msg("%.*s, not %s", STR_ARG(buf_str(&buf)), expected);
	buf_free(&buf);
}

static void test_times(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *utc;
	} cases[] = {
		{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		{"2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z"},
		{"2026-11-20T08:00:00+08:00", "2026-11-20T00:00:00Z"},
		{"2026-11-20T08:00:00+0530", "2026-11-20T02:30:00Z"},
		{"2026-12-31T20:00:00-05:00", "2027-01-01T01:00:00Z"},
		{"2026-11-20T08:00", "2026-11-20T08:00:00Z"},
		{"2026-11-20t08:00:00z", "2026-11-20T08:00:00Z"},
		{"2026-11-20", "2026-11-20T00:00:00Z"},
		{"2026-11-20T08:00:00.5Z", "2026-11-20T08:00:00.5Z"},
		{"2026-11-20T08:00:00,25Z", "2026-11-20T08:00:00.25Z"},
		{"2026-11-20T08:00:00.123456789Z", "2026-11-20T08:00:00.123456Z"},
		{"2026-11-20T08:00:00.000001Z", "2026-11-20T08:00:00.000001Z"},
		{"2024-02-29", "2024-02-29T00:00:00Z"},
		{"2000-02-29", "2000-02-29T00:00:00Z"},
		{"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
		{"0001-01-01", "0001-01-01T00:00:00Z"},
		{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_time(at(cases[i].text), cases[i].utc);
	assert_int_equal(at("1970-01-01T00:00:01.5Z"), 1500000);
	assert_int_equal(at("1969-12-31T23:59:59Z"), -1000000);
	assert_int_equal(at("2001-09-09T01:46:40Z"), INT64_C(1000000000000000));
	assert_time(INT64_MAX, "9999-12-31T23:59:59.999999Z");
	assert_time(INT64_MIN, "0001-01-01T00:00:00Z");
}

/* Every day of 800 years is the day after the one before. */
static void test_every_day_comes_back(void **state)
{
	(void)state;
	const int64_t day = 86400 * ISO8601_SECOND;
	for (int64_t time = at("1600-01-01"); time < at("2400-01-01"); time += day) {
		struct buf buf;
		buf_init(&buf, 100);
		iso8601_format_time(&buf, time);
		int64_t again;
		assert_true(iso8601_parse_time(buf_str(&buf), &again, NULL));
		assert_int_equal(again, time);
		buf_free(&buf);
	}
}

static void test_bad_times(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{"", "column 1 of \"\": expected a year from 0001 to 9999"},
		{"tomorrow", "column 1 of \"tomorrow\": expected a year from 0001 to 9999"},
		{"0000-01-01", "column 1 of \"0000-01-01\": expected a year from 0001 to 9999"},
		{"2026/11/20", "column 5 of \"2026/11/20\": expected '-' after the year"},
		{"2026-13-20", "column 6 of \"2026-13-20\": expected a month from 01 to 12"},
		{"2026-11-31", "column 9 of \"2026-11-31\": expected a day of that month"},
		{"2026-02-29", "column 9 of \"2026-02-29\": expected a day of that month"},
		{"1900-02-29", "column 9 of \"1900-02-29\": expected a day of that month"},
		{"2026-11-20T24:00:00Z", "column 12 of \"2026-11-20T24:00:00Z\": expected an hour from 00 to 23"},
		{"2026-11-20T08", "column 14 of \"2026-11-20T08\": expected ':' after the hour"},
		{"2026-11-20T08:60", "column 15 of \"2026-11-20T08:60\": expected a minute from 00 to 59"},
		{"2026-11-20T08:00:60Z", "column 18 of \"2026-11-20T08:00:60Z\": expected a second from 00 to 59"},
		{"2026-11-20T08:00:00.Z", "column 21 of \"2026-11-20T08:00:00.Z\": expected a digit of the fraction"},
		{"2026-11-20T08:00:00+8", "column 22 of \"2026-11-20T08:00:00+8\": expected the hours of an offset"},
		{"2026-11-20 08:00", "column 11 of \"2026-11-20 08:00\": expected the end of the date"},
		{"2026-11-20T08:00Zx", "column 18 of \"2026-11-20T08:00Zx\": expected the end of the date"},
		{"0001-01-01T00:00+01:00",
			"column 1 of \"0001-01-01T00:00+01:00\": expected a time within the years 0001 to 9999 UTC"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err err = {0};
		int64_t time = 7;
		assert_false(iso8601_parse_time(str_from_c(cases[i].text), &time, &err));
		assert_int_equal(time, 7);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, cases[i].message);
	}
}

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *canonical;
		int32_t months;
		int64_t micros;
		bool negative;
	} cases[] = {
		{"PT0S", "PT0S", 0, 0, false},
		{"PT5M", "PT5M", 0, 300 * ISO8601_SECOND, false},
		{"PT1H30M", "PT1H30M", 0, 5400 * ISO8601_SECOND, false},
		{"P1D", "P1D", 0, 86400 * ISO8601_SECOND, false},
		{"PT36H", "P1DT12H", 0, 129600 * ISO8601_SECOND, false},
		{"P2W", "P14D", 0, 14 * 86400 * ISO8601_SECOND, false},
		{"P1M", "P1M", 1, 0, false},
		{"P1Y2M3DT4H5M6.7S", "P1Y2M3DT4H5M6.7S", 14, 273906700000, false},
		{"PT0.000001S", "PT0.000001S", 0, 1, false},
		{"-PT1H", "-PT1H", 0, 3600 * ISO8601_SECOND, true},
		{"P9999Y", "P9999Y", 119988, 0, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct iso8601_duration duration;
		struct buf buf;
		buf_init(&buf, 100);
		assert_true(iso8601_parse_duration(str_from_c(cases[i].text), &duration, NULL));
		assert_int_equal(duration.months, cases[i].months);
		assert_int_equal(duration.micros, cases[i].micros);
		assert_int_equal(duration.negative, cases[i].negative);
		iso8601_format_duration(&buf, &duration);
		assert_true(str_equal_c(buf_str(&buf), cases[i].canonical));
		buf_free(&buf);
	}
}

static void test_bad_durations(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"P",
		"PT",
		"-P",
		"P1",
		"PT1",
		"1D",
		"P1H",
		"PT1D",
		"P1DT",
		"P1M1Y",
		"PT1S1M",
		"PT1M1M",
		"P1.5D",
		"PT1.5M",
		"PT1.S",
		"P-1D",
		"P1D ",
		" P1D",
		"p1d",
		"P1DT1HT1M",
		"P10000Y",
		"PT99999999999999999999S",
		"P9223372036854775807D",
		"P9223372036854775807M",
		"+P1D",
		"P1D/",
		"PT1S\xff",
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct err err = {0};
		struct iso8601_duration duration;
		if (iso8601_parse_duration(str_from_c(texts[i]), &duration, &err))
			fail_msg("%s was taken", texts[i]);
		assert_int_equal(err.code, ERR_INVALID);
	}
}

static void test_repetitions(void **state)
{
	(void)state;
	int64_t repetitions;
	struct iso8601_duration between;
	assert_true(iso8601_parse_repetition(STR("R3/PT0S"), &repetitions, &between, NULL));
	assert_int_equal(repetitions, 3);
	assert_int_equal(between.micros, 0);
	assert_true(iso8601_parse_repetition(STR("R/PT1M"), &repetitions, &between, NULL));
	assert_int_equal(repetitions, -1);
	static const char *const wrong[] = {"", "R3", "R3/", "R0/PT1M", "3/PT1M", "R3/PT1M/", "R3/2026-11-20T08:00:00Z/PT1M"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(iso8601_parse_repetition(str_from_c(wrong[i]), &repetitions, &between, NULL));
}

static void test_cycles(void **state)
{
	(void)state;
	struct iso8601_cycle cycle;
	assert_true(iso8601_parse_cycle(STR("R/PT10S"), &cycle, NULL));
	assert_int_equal(cycle.repetitions, -1);
	assert_false(cycle.has_start || cycle.has_end);
	assert_int_equal(cycle.interval.micros, 10 * ISO8601_SECOND);
	assert_true(iso8601_parse_cycle(STR("R3/2026-11-20T08:00:00Z/P1M"), &cycle, NULL));
	assert_int_equal(cycle.repetitions, 3);
	assert_true(cycle.has_start && !cycle.has_end);
	assert_int_equal(cycle.start, at("2026-11-20T08:00:00Z"));
	assert_int_equal(cycle.interval.months, 1);
	assert_true(iso8601_parse_cycle(STR("R1000000/P1D/2027-01-01"), &cycle, NULL));
	assert_true(!cycle.has_start && cycle.has_end);
	assert_int_equal(cycle.end, at("2027-01-01"));
	assert_true(iso8601_parse_cycle(STR("R2/2026-01-01/PT1S/2027-01-01"), &cycle, NULL));
	assert_true(cycle.has_start && cycle.has_end);
}

static void test_bad_cycles(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"R",
		"R/",
		"R3",
		"R0/PT1S",
		"R1000001/PT1S",
		"R99999999999999999999/PT1S",
		"R-1/PT1S",
		"R/PT0S",
		"R/PT0.5S",
		"R/-PT1H",
		"R/2026-01-01",
		"R/2026-01-01/",
		"R/2026-01-01/2027-01-01",
		"R/PT1S/",
		"R/PT1S/x",
		"r/PT1S",
		"PT1S",
		"R/PT1S/2027-01-01/2028-01-01",
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct err err = {0};
		struct iso8601_cycle cycle;
		if (iso8601_parse_cycle(str_from_c(texts[i]), &cycle, &err))
			fail_msg("%s was taken", texts[i]);
		assert_int_equal(err.code, ERR_INVALID);
	}
	static const char *const crons[] = {"0 0 9 * * MON-FRI", "0 0/5 * * * ?", "* * * * *", "@daily", "0 9 1 1 1"};
	for (size_t i = 0; i < sizeof crons / sizeof crons[0]; i++) {
		struct err err = {0};
		struct iso8601_cycle cycle;
		assert_false(iso8601_parse_cycle(str_from_c(crons[i]), &cycle, &err));
		assert_non_null(strstr(err.message, "cron expressions are not supported"));
	}
}

static void test_adding(void **state)
{
	(void)state;
	static const struct {
		const char *base;
		const char *duration;
		int64_t count;
		const char *sum;
	} cases[] = {
		{"2026-01-31", "P1M", 1, "2026-02-28T00:00:00Z"},
		{"2024-01-31", "P1M", 1, "2024-02-29T00:00:00Z"},
		{"2026-01-31", "P1M", 2, "2026-03-31T00:00:00Z"}, /* from the base, not from February */
		{"2024-02-29", "P1Y", 1, "2025-02-28T00:00:00Z"},
		{"2026-12-31T23:00:00Z", "PT2H", 1, "2027-01-01T01:00:00Z"},
		{"2026-11-20T08:00:00Z", "P1M1DT1H", 2, "2027-01-22T10:00:00Z"},
		{"2026-03-31", "-P1M", 1, "2026-02-28T00:00:00Z"},
		{"2026-03-31", "P1M", -1, "2026-02-28T00:00:00Z"},
		{"2026-03-01", "-P1D", -1, "2026-03-02T00:00:00Z"},
		{"1969-12-31T12:00:00Z", "P1M", 1, "1970-01-31T12:00:00Z"},
		{"2026-01-01", "PT1S", 0, "2026-01-01T00:00:00Z"},
		{"9999-12-31", "P1M", 1, "9999-12-31T23:59:59.999999Z"},
		{"0001-01-31", "-P1M", 1, "0001-01-01T00:00:00Z"},
		{"2026-01-01", "P9999Y", INT64_MAX, "9999-12-31T23:59:59.999999Z"},
		{"2026-01-01", "P9999Y", INT64_MIN, "0001-01-01T00:00:00Z"},
		{"2026-01-01", "-PT1S", INT64_MIN, "9999-12-31T23:59:59.999999Z"},
		{"2026-01-01", "P1000D", INT64_MIN, "0001-01-01T00:00:00Z"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct iso8601_duration duration;
		assert_true(iso8601_parse_duration(str_from_c(cases[i].duration), &duration, NULL));
		assert_time(iso8601_add(at(cases[i].base), &duration, cases[i].count), cases[i].sum);
	}
}

static void test_duration_as_micros(void **state)
{
	(void)state;
	struct iso8601_duration duration = {.months = 1, .micros = 5};
	assert_int_equal(iso8601_duration_micros(&duration), 30 * 86400 * ISO8601_SECOND + 5);
	duration.negative = true;
	assert_int_equal(iso8601_duration_micros(&duration), -(30 * 86400 * ISO8601_SECOND + 5));
	duration = (struct iso8601_duration){.months = INT32_MAX, .micros = INT64_MAX};
	assert_int_equal(iso8601_duration_micros(&duration), INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_every_day_comes_back),
		cmocka_unit_test(test_bad_times),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_bad_durations),
		cmocka_unit_test(test_repetitions),
		cmocka_unit_test(test_cycles),
		cmocka_unit_test(test_bad_cycles),
		cmocka_unit_test(test_adding),
		cmocka_unit_test(test_duration_as_micros),
	};
	return cmocka_run_group_tests_name("base/iso8601", tests, NULL, NULL);
}
