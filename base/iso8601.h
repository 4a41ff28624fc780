/* SPDX-License-Identifier: Apache-2.0
 *
 * Dates, durations and repetitions as BPMN timers (10.5.5.6 -> ISO 8601) and RFC 3339 write them. Time is int64
 * microseconds UTC. Pure: the present is an argument.
 */
#ifndef BASE_ISO8601_H
#define BASE_ISO8601_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define ISO8601_SECOND INT64_C(1000000)

/* A duration keeps its calendar part: P1M is added to a date as a month. */
struct iso8601_duration {
	int32_t months; /* years * 12 + months */
	int64_t micros; /* weeks, days, hours, minutes, seconds */
	bool negative;
};

/* R[n]/start?/duration/end? as ISO 8601 4.5; cron texts are refused by name. */
struct iso8601_cycle {
	int64_t repetitions; /* -1: without end; counts firings */
	bool has_start;
	bool has_end;
	int64_t start;
	int64_t end;
	struct iso8601_duration interval;
};

/* "2026-11-20T08:00:00Z", "...+08:00", fractions to microseconds, date alone (midnight UTC), local time without
 * offset is UTC. Years 1..9999. ERR_INVALID names what was expected and the column. */
bool iso8601_parse_time(struct str text, int64_t *out, struct err *err) __attribute__((warn_unused_result));
/* "P1Y2M3DT4H5M6.7S", "P2W", "-PT1H". */
bool iso8601_parse_duration(struct str text, struct iso8601_duration *out, struct err *err)
	__attribute__((warn_unused_result));
/* The interval must be at least one second, repetitions at most 10^6 when given (0 is refused). */
bool iso8601_parse_cycle(struct str text, struct iso8601_cycle *out, struct err *err)
	__attribute__((warn_unused_result));
/* "R3/PT10M": so many times (-1: without end), with that between them, which may be nothing. */
bool iso8601_parse_repetition(struct str text, int64_t *repetitions, struct iso8601_duration *between, struct err *err)
	__attribute__((warn_unused_result));

/* base + duration * count, calendar-wise (31 Jan + P1M = 28/29 Feb); saturates at years 1 and 9999. */
int64_t iso8601_add(int64_t base, const struct iso8601_duration *duration, int64_t count);
/* Duration as microseconds where a month counts 30 days; for lock times and limits. Saturates. */
int64_t iso8601_duration_micros(const struct iso8601_duration *duration);

/* Appends RFC 3339 in UTC: "2026-11-20T08:00:00.123456Z", fraction only when not zero. */
void iso8601_format_time(struct buf *buf, int64_t time);
/* Appends "PT1H30M" and the like; "PT0S" for zero. */
void iso8601_format_duration(struct buf *buf, const struct iso8601_duration *duration);

#endif
