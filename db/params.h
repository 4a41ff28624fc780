/* SPDX-License-Identifier: Apache-2.0
 *
 * The parameters of one statement in PostgreSQL's binary format, written one behind the other into one block that every
 * statement of a connection uses again. A column of rows is an array; its items are written like values:
 *
 *     params_clear(p);
 *     params_int8(p, deployment_id);
 *     params_array(p, PARAMS_TEXT, count);
 *     for (...) params_text(p, names[i]);
 *     params_array_end(p);
 */
#ifndef DB_PARAMS_H
#define DB_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define PARAMS_MAX 32

/* The types we send; the values are PostgreSQL's type ids. */
enum params_type {
	PARAMS_BOOL = 16,
	PARAMS_BYTEA = 17,
	PARAMS_INT8 = 20,
	PARAMS_INT2 = 21,
	PARAMS_INT4 = 23,
	PARAMS_TEXT = 25,
	PARAMS_TIME = 1184, /* timestamptz */
	PARAMS_JSONB = 3802,
};

/* A zeroed struct is not ready: params_init. */
struct params {
	struct buf bytes;
	size_t starts[PARAMS_MAX];
	int lengths[PARAMS_MAX]; /* -1: NULL */
	int count;
	size_t array; /* items that the open array still misses + 1; 0: no array is open */
	size_t nulls; /* items of the open array that are NULL and not written yet */
	size_t value; /* where the value that is being written into `bytes` begins */
};

void params_init(struct params *params);
void params_free(struct params *params);
/* No parameters, memory kept. */
void params_clear(struct params *params);

/* Opens an array of count items; that many values must follow before params_array_end. One of NULLs alone is sent as
 * NULL: it is a column, and unnest fills up those that are shorter than others. */
void params_array(struct params *params, enum params_type type, size_t count);
void params_array_end(struct params *params);

/* The next parameter, or the next item of the open array. */
void params_null(struct params *params);
void params_bool(struct params *params, bool value);
void params_int2(struct params *params, int16_t value);
void params_int4(struct params *params, int32_t value);
void params_int8(struct params *params, int64_t value);
void params_time(struct params *params, int64_t time);     /* microseconds since 1970 */
void params_text(struct params *params, struct str value); /* bytea too */
/* 0 -> NULL, empty -> NULL. */
void params_id_or_null(struct params *params, int64_t id);
void params_time_or_null(struct params *params, int64_t time);
void params_text_or_null(struct params *params, struct str value);
void params_jsonb(struct params *params, struct str json); /* JSON text */
/* A text or JSON text that is written straight into the returned buffer, until params_value_end. */
struct buf *params_value_begin(struct params *params) __attribute__((returns_nonnull));
struct buf *params_jsonb_begin(struct params *params) __attribute__((returns_nonnull));
void params_value_end(struct params *params);

/* Whole arrays. */
void params_int8_array(struct params *params, const int64_t *values, size_t count);
void params_int4_array(struct params *params, const int32_t *values, size_t count);
void params_text_array(struct params *params, const struct str *values, size_t count);

/* Fills values[0..count) with pointers for libpq; valid until the next change. False when the block overflowed. */
bool params_values(const struct params *params, const char *values[PARAMS_MAX]) __attribute__((warn_unused_result));

#endif
