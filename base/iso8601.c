/* SPDX-License-Identifier: Apache-2.0
 *
 * ISO 8601 by recursive descent over a cursor. Calendar arithmetic is on the proleptic Gregorian calendar, with days
 * counted from 1970-01-01 (after Howard Hinnant's days_from_civil: the year begins in March, so that the leap day is
 * its last).
 */
#include "config.h"

#include "base/iso8601.h"

#include <string.h>

#define ISO8601_MINUTE (60 * ISO8601_SECOND)
#define ISO8601_HOUR (60 * ISO8601_MINUTE)
#define ISO8601_DAY (24 * ISO8601_HOUR)
#define ISO8601_TIME_MIN (INT64_C(-62135596800) * ISO8601_SECOND)     /* 0001-01-01T00:00:00Z */
#define ISO8601_TIME_MAX (INT64_C(253402300800) * ISO8601_SECOND - 1) /* the last microsecond of 9999 */
#define ISO8601_MONTHS_MAX (12 * 9999)
#define ISO8601_REPETITIONS_MAX 1000000
#define ISO8601_SHOWN_MAX 80 /* bytes of a text that an error quotes */

/* A place in a text; the first expectation that is not met is the error. */
struct iso8601_cursor {
	struct str text;
	size_t at;
	struct err *err;
};

struct iso8601_date {
	int64_t year;
	int month; /* 1..12 */
	int day;   /* 1..31 */
};

static bool iso8601_expected(const struct iso8601_cursor *cursor, const char *what)
{
	struct str shown = str_slice(cursor->text, 0, ISO8601_SHOWN_MAX);
	size_t column = str_utf8_length(str_slice(cursor->text, 0, cursor->at)) + 1;
	err_set(cursor->err, ERR_INVALID, "column %zu of \"%.*s\": expected %s", column, STR_ARG(shown), what);
	return false;
}

static char iso8601_peek(const struct iso8601_cursor *cursor)
{
	return cursor->at < cursor->text.len ? cursor->text.ptr[cursor->at] : '\0';
}

static bool iso8601_at_end(const struct iso8601_cursor *cursor)
{
	return cursor->at == cursor->text.len;
}

static bool iso8601_accept(struct iso8601_cursor *cursor, char c)
{
	if (iso8601_at_end(cursor) || iso8601_peek(cursor) != c)
		return false;
	cursor->at++;
	return true;
}

static bool iso8601_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly `digits` digits, with a value from min to max. */
static bool iso8601_fixed(struct iso8601_cursor *cursor, int digits, int min, int max, const char *what, int *out)
{
	size_t start = cursor->at;
	int value = 0;
	for (int i = 0; i < digits; i++, cursor->at++) {
		if (!iso8601_is_digit(iso8601_peek(cursor)))
			return iso8601_expected(cursor, what);
		value = value * 10 + (iso8601_peek(cursor) - '0');
	}
	if (value < min || value > max) {
		cursor->at = start;
		return iso8601_expected(cursor, what);
	}
	*out = value;
	return true;
}

/* fraction = ("." / ",") 1*DIGIT, as microseconds; digits behind the sixth are dropped. */
static bool iso8601_fraction(struct iso8601_cursor *cursor, int64_t *micros)
{
	*micros = 0;
	if (!iso8601_accept(cursor, '.') && !iso8601_accept(cursor, ','))
		return true;
	if (!iso8601_is_digit(iso8601_peek(cursor)))
		return iso8601_expected(cursor, "a digit of the fraction");
	for (int64_t unit = ISO8601_SECOND / 10; iso8601_is_digit(iso8601_peek(cursor)); unit /= 10, cursor->at++)
		*micros += unit * (iso8601_peek(cursor) - '0');
	return true;
}

static bool iso8601_is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int iso8601_month_days(int64_t year, int month)
{
	static const int days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && iso8601_is_leap(year) ? 29 : days[month];
}

/* Days since 1970-01-01; years 0 and later. */
static int64_t iso8601_date_to_days(struct iso8601_date date)
{
	int64_t year = date.year - (date.month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static struct iso8601_date iso8601_date_from_days(int64_t days)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	return (struct iso8601_date){
		.year = year_of_era + era * 400 + (month <= 2),
		.month = month,
		.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
	};
}

/* date = 4DIGIT "-" 2DIGIT "-" 2DIGIT, as microseconds at midnight. */
static bool iso8601_date(struct iso8601_cursor *cursor, int64_t *micros)
{
	int year = 0, month = 0, day = 0;
	if (!iso8601_fixed(cursor, 4, 1, 9999, "a year from 0001 to 9999", &year))
		return false;
	if (!iso8601_accept(cursor, '-'))
		return iso8601_expected(cursor, "'-' after the year");
	if (!iso8601_fixed(cursor, 2, 1, 12, "a month from 01 to 12", &month))
		return false;
	if (!iso8601_accept(cursor, '-'))
		return iso8601_expected(cursor, "'-' after the month");
	if (!iso8601_fixed(cursor, 2, 1, iso8601_month_days(year, month), "a day of that month", &day))
		return false;
	*micros = iso8601_date_to_days((struct iso8601_date){year, month, day}) * ISO8601_DAY;
	return true;
}

/* clock = 2DIGIT ":" 2DIGIT [":" 2DIGIT [fraction]], added to micros. */
static bool iso8601_clock(struct iso8601_cursor *cursor, int64_t *micros)
{
	int hour = 0, minute = 0, second = 0;
	int64_t fraction = 0;
	if (!iso8601_fixed(cursor, 2, 0, 23, "an hour from 00 to 23", &hour))
		return false;
	if (!iso8601_accept(cursor, ':'))
		return iso8601_expected(cursor, "':' after the hour");
	if (!iso8601_fixed(cursor, 2, 0, 59, "a minute from 00 to 59", &minute))
		return false;
	if (iso8601_accept(cursor, ':')) {
		if (!iso8601_fixed(cursor, 2, 0, 59, "a second from 00 to 59", &second))
			return false;
		if (!iso8601_fraction(cursor, &fraction))
			return false;
	}
	*micros += hour * ISO8601_HOUR + minute * ISO8601_MINUTE + second * ISO8601_SECOND + fraction;
	return true;
}

/* offset = "Z" / ("+" / "-") 2DIGIT [":"] 2DIGIT, taken off micros; none is UTC. */
static bool iso8601_offset(struct iso8601_cursor *cursor, int64_t *micros)
{
	if (iso8601_accept(cursor, 'Z') || iso8601_accept(cursor, 'z'))
		return true;
	bool west = iso8601_accept(cursor, '-');
	if (!west && !iso8601_accept(cursor, '+'))
		return true;
	int hours = 0, minutes = 0;
	if (!iso8601_fixed(cursor, 2, 0, 23, "the hours of an offset", &hours))
		return false;
	iso8601_accept(cursor, ':');
	if (!iso8601_fixed(cursor, 2, 0, 59, "the minutes of an offset", &minutes))
		return false;
	int64_t offset = hours * ISO8601_HOUR + minutes * ISO8601_MINUTE;
	*micros += west ? offset : -offset;
	return true;
}

/* time = date ["T" clock [offset]] */
static bool iso8601_time(struct iso8601_cursor *cursor, int64_t *out)
{
	size_t start = cursor->at;
	if (!iso8601_date(cursor, out))
		return false;
	if (iso8601_accept(cursor, 'T') || iso8601_accept(cursor, 't')) {
		if (!iso8601_clock(cursor, out) || !iso8601_offset(cursor, out))
			return false;
	}
	if (*out >= ISO8601_TIME_MIN && *out <= ISO8601_TIME_MAX)
		return true;
	cursor->at = start;
	return iso8601_expected(cursor, "a time within the years 0001 to 9999 UTC");
}

bool iso8601_parse_time(struct str text, int64_t *out, struct err *err)
{
	struct iso8601_cursor cursor = {.text = text, .err = err};
	int64_t time;
	if (!iso8601_time(&cursor, &time))
		return false;
	if (!iso8601_at_end(&cursor))
		return iso8601_expected(&cursor, "the end of the date");
	*out = time;
	return true;
}

struct iso8601_unit {
	char letter;
	bool clock; /* stands behind the T */
	int32_t months;
	int64_t micros;
};

static const struct iso8601_unit iso8601_units[] = {
	{.letter = 'Y', .months = 12},
	{.letter = 'M', .months = 1},
	{.letter = 'W', .micros = 7 * ISO8601_DAY},
	{.letter = 'D', .micros = ISO8601_DAY},
	{.letter = 'H', .micros = ISO8601_HOUR, .clock = true},
	{.letter = 'M', .micros = ISO8601_MINUTE, .clock = true},
	{.letter = 'S', .micros = ISO8601_SECOND, .clock = true},
};

#define ISO8601_UNITS (sizeof iso8601_units / sizeof iso8601_units[0])

/* 1*DIGIT that fits; false without an error at anything else. */
static bool iso8601_count(struct iso8601_cursor *cursor, int64_t *out)
{
	size_t start = cursor->at;
	while (iso8601_is_digit(iso8601_peek(cursor)))
		cursor->at++;
	return str_to_int64(str_slice(cursor->text, start, cursor->at - start), out);
}

/* The unit with the letter at the cursor, not before *next in the order of the table; *next moves behind it. */
static const struct iso8601_unit *iso8601_unit(struct iso8601_cursor *cursor, bool clock, size_t *next)
{
	for (size_t i = *next; i < ISO8601_UNITS; i++) {
		if (iso8601_units[i].clock != clock || !iso8601_accept(cursor, iso8601_units[i].letter))
			continue;
		*next = i + 1;
		return &iso8601_units[i];
	}
	return NULL;
}

/* Adds count units; false when the duration would exceed ten thousand years. */
static bool iso8601_accumulate(struct iso8601_duration *duration, const struct iso8601_unit *unit, int64_t count)
{
	int64_t months, micros;
	if (__builtin_mul_overflow(count, unit->months, &months) || __builtin_mul_overflow(count, unit->micros, &micros) ||
		__builtin_add_overflow(months, duration->months, &months) ||
		__builtin_add_overflow(micros, duration->micros, &micros))
		return false;
	if (months > ISO8601_MONTHS_MAX || micros > ISO8601_TIME_MAX - ISO8601_TIME_MIN)
		return false;
	duration->months = (int32_t)months;
	duration->micros = micros;
	return true;
}

/* component = 1*DIGIT [fraction] letter; a fraction for seconds only */
static bool iso8601_component(struct iso8601_cursor *cursor, bool clock, size_t *next, struct iso8601_duration *out)
{
	int64_t count, fraction;
	size_t start = cursor->at;
	if (!iso8601_is_digit(iso8601_peek(cursor)))
		return iso8601_expected(cursor, clock ? "a number with H, M or S" : "a number with Y, M, W or D");
	bool fits = iso8601_count(cursor, &count);
	size_t point = cursor->at;
	if (!iso8601_fraction(cursor, &fraction))
		return false;
	bool fractional = cursor->at != point;
	const struct iso8601_unit *unit = iso8601_unit(cursor, clock, next);
	if (!unit)
		return iso8601_expected(cursor, clock ? "H, M or S, in this order" : "Y, M, W or D, in this order");
	if (fractional && unit->letter != 'S') {
		cursor->at = point;
		return iso8601_expected(cursor, "a whole number; only seconds may have a fraction");
	}
	if (!fits || !iso8601_accumulate(out, unit, count)) {
		cursor->at = start;
		return iso8601_expected(cursor, "a duration of at most 9999 years");
	}
	out->micros += fraction;
	return true;
}

/* duration = ["-"] "P" (components ["T" components] / "T" components) */
static bool iso8601_duration(struct iso8601_cursor *cursor, struct iso8601_duration *out)
{
	*out = (struct iso8601_duration){.negative = iso8601_accept(cursor, '-')};
	if (!iso8601_accept(cursor, 'P'))
		return iso8601_expected(cursor, "a duration such as PT5M or P1D");
	size_t next = 0;
	bool clock = false;
	do {
		clock |= iso8601_accept(cursor, 'T');
		if (!iso8601_component(cursor, clock, &next, out))
			return false;
	} while (iso8601_is_digit(iso8601_peek(cursor)) || (!clock && iso8601_peek(cursor) == 'T'));
	return true;
}

bool iso8601_parse_duration(struct str text, struct iso8601_duration *out, struct err *err)
{
	struct iso8601_cursor cursor = {.text = text, .err = err};
	struct iso8601_duration duration;
	if (!iso8601_duration(&cursor, &duration))
		return false;
	if (!iso8601_at_end(&cursor))
		return iso8601_expected(&cursor, "the end of the duration");
	*out = duration;
	return true;
}

/* Five or more words of digits and * / , - ? # or names: what cron and Quartz write. */
static bool iso8601_looks_like_cron(struct str text)
{
	size_t words = 0;
	for (struct str rest = text; rest.ptr;)
		words += str_split(&rest, ' ').len > 0;
	return words >= 5 || str_find_char(text, '*') != STR_NONE || str_starts_with(text, STR("@"));
}

/* repetitions = "R" [1*DIGIT] "/" */
static bool iso8601_repetitions(struct iso8601_cursor *cursor, int64_t *out)
{
	if (!iso8601_accept(cursor, 'R'))
		return iso8601_expected(cursor, "a repetition such as R3/PT10M");
	*out = -1;
	size_t start = cursor->at;
	if (iso8601_is_digit(iso8601_peek(cursor)) &&
		(!iso8601_count(cursor, out) || *out < 1 || *out > ISO8601_REPETITIONS_MAX)) {
		cursor->at = start;
		return iso8601_expected(cursor, "1 to 1000000 repetitions, or none for no end");
	}
	return iso8601_accept(cursor, '/') || iso8601_expected(cursor, "'/' after the repetitions");
}

/* cycle = repetitions [time "/"] duration ["/" time] */
static bool iso8601_cycle(struct iso8601_cursor *cursor, struct iso8601_cycle *out)
{
	*out = (struct iso8601_cycle){0};
	if (!iso8601_repetitions(cursor, &out->repetitions))
		return false;
	out->has_start = iso8601_is_digit(iso8601_peek(cursor));
	if (out->has_start) {
		if (!iso8601_time(cursor, &out->start))
			return false;
		if (!iso8601_accept(cursor, '/'))
			return iso8601_expected(cursor, "'/' and the interval");
	}
	size_t interval_at = cursor->at;
	if (!iso8601_duration(cursor, &out->interval))
		return false;
	if (iso8601_duration_micros(&out->interval) < ISO8601_SECOND) {
		cursor->at = interval_at;
		return iso8601_expected(cursor, "an interval of at least one second");
	}
	out->has_end = iso8601_accept(cursor, '/');
	return !out->has_end || iso8601_time(cursor, &out->end);
}

bool iso8601_parse_cycle(struct str text, struct iso8601_cycle *out, struct err *err)
{
	struct iso8601_cursor cursor = {.text = text, .err = err};
	struct iso8601_cycle cycle;
	if (!str_starts_with(text, STR("R")) && iso8601_looks_like_cron(text))
		return iso8601_expected(&cursor, "a repetition such as R/2026-01-01T08:00:00Z/P1D; "
										 "cron expressions are not supported");
	if (!iso8601_cycle(&cursor, &cycle))
		return false;
	if (!iso8601_at_end(&cursor))
		return iso8601_expected(&cursor, "the end of the repetition");
	*out = cycle;
	return true;
}

bool iso8601_parse_repetition(struct str text, int64_t *repetitions, struct iso8601_duration *between, struct err *err)
{
	struct iso8601_cursor cursor = {.text = text, .err = err};
	return iso8601_repetitions(&cursor, repetitions) && iso8601_duration(&cursor, between) &&
	       (iso8601_at_end(&cursor) || iso8601_expected(&cursor, "the end of the repetition"));
}

static int64_t iso8601_saturate(int64_t time)
{
	return time < ISO8601_TIME_MIN ? ISO8601_TIME_MIN : time > ISO8601_TIME_MAX ? ISO8601_TIME_MAX : time;
}

static int64_t iso8601_floor_day(int64_t time)
{
	return (time >= 0 ? time : time - (ISO8601_DAY - 1)) / ISO8601_DAY;
}

/* Months go by the calendar; a day that the month does not have becomes its last. */
static int64_t iso8601_add_months(int64_t base, int64_t months)
{
	int64_t day = iso8601_floor_day(base);
	struct iso8601_date date = iso8601_date_from_days(day);
	int64_t month = date.year * 12 + date.month - 1 + months;
	if (month < 12)
		return ISO8601_TIME_MIN;
	if (month >= 10000 * 12)
		return ISO8601_TIME_MAX;
	date.year = month / 12;
	date.month = (int)(month % 12) + 1;
	int last = iso8601_month_days(date.year, date.month);
	if (date.day > last)
		date.day = last;
	return iso8601_date_to_days(date) * ISO8601_DAY + (base - day * ISO8601_DAY);
}

/* a * b kept within int64. */
static int64_t iso8601_multiply(int64_t a, int64_t b)
{
	int64_t product;
	if (__builtin_mul_overflow(a, b, &product))
		return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
	return product;
}

int64_t iso8601_add(int64_t base, const struct iso8601_duration *duration, int64_t count)
{
	if (duration->negative)
		count = iso8601_multiply(count, -1);
	int64_t time = iso8601_saturate(base);
	if (duration->months) {
		int64_t months = iso8601_multiply(duration->months, count);
		const int64_t bound = 2 * ISO8601_MONTHS_MAX;
		time = iso8601_add_months(time, months > bound ? bound : months < -bound ? -bound : months);
	}
	int64_t micros = iso8601_multiply(duration->micros, count);
	if (__builtin_add_overflow(time, micros, &time))
		return micros > 0 ? ISO8601_TIME_MAX : ISO8601_TIME_MIN;
	return iso8601_saturate(time);
}

int64_t iso8601_duration_micros(const struct iso8601_duration *duration)
{
	int64_t micros = iso8601_multiply(duration->months, 30 * ISO8601_DAY);
	if (__builtin_add_overflow(micros, duration->micros, &micros))
		micros = INT64_MAX;
	return duration->negative ? -micros : micros;
}

/* Writes value in exactly `digits` digits and returns the place behind them. */
static char *iso8601_put(char *to, int64_t value, int digits)
{
	for (int i = digits; i-- > 0; value /= 10)
		to[i] = (char)('0' + value % 10);
	return to + digits;
}

/* "." and six digits without the zeros at their end; nothing for 0. */
static char *iso8601_put_fraction(char *to, int64_t micros)
{
	if (micros == 0)
		return to;
	*to++ = '.';
	to = iso8601_put(to, micros, 6);
	while (to[-1] == '0')
		to--;
	return to;
}

void iso8601_format_time(struct buf *buf, int64_t time)
{
	time = iso8601_saturate(time);
	int64_t day = iso8601_floor_day(time);
	int64_t rest = time - day * ISO8601_DAY;
	struct iso8601_date date = iso8601_date_from_days(day);
	char text[40], *at = text;
	at = iso8601_put(at, date.year, 4);
	*at++ = '-';
	at = iso8601_put(at, date.month, 2);
	*at++ = '-';
	at = iso8601_put(at, date.day, 2);
	*at++ = 'T';
	at = iso8601_put(at, rest / ISO8601_HOUR, 2);
	*at++ = ':';
	at = iso8601_put(at, rest % ISO8601_HOUR / ISO8601_MINUTE, 2);
	*at++ = ':';
	at = iso8601_put(at, rest % ISO8601_MINUTE / ISO8601_SECOND, 2);
	at = iso8601_put_fraction(at, rest % ISO8601_SECOND);
	*at++ = 'Z';
	buf_add(buf, text, (size_t)(at - text));
}

static void iso8601_format_unit(struct buf *buf, int64_t count, char letter)
{
	if (count == 0)
		return;
	buf_add_int64(buf, count);
	buf_add_char(buf, letter);
}

void iso8601_format_duration(struct buf *buf, const struct iso8601_duration *duration)
{
	if (duration->months == 0 && duration->micros == 0) {
		buf_add_str(buf, STR("PT0S"));
		return;
	}
	if (duration->negative)
		buf_add_char(buf, '-');
	buf_add_char(buf, 'P');
	iso8601_format_unit(buf, duration->months / 12, 'Y');
	iso8601_format_unit(buf, duration->months % 12, 'M');
	iso8601_format_unit(buf, duration->micros / ISO8601_DAY, 'D');
	int64_t rest = duration->micros % ISO8601_DAY;
	if (rest == 0)
		return;
	buf_add_char(buf, 'T');
	iso8601_format_unit(buf, rest / ISO8601_HOUR, 'H');
	iso8601_format_unit(buf, rest % ISO8601_HOUR / ISO8601_MINUTE, 'M');
	int64_t seconds = rest % ISO8601_MINUTE;
	if (seconds == 0)
		return;
	char fraction[8];
	buf_add_int64(buf, seconds / ISO8601_SECOND);
	buf_add(buf, fraction, (size_t)(iso8601_put_fraction(fraction, seconds % ISO8601_SECOND) - fraction));
	buf_add_char(buf, 'S');
}
