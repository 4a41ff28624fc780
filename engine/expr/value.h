/* SPDX-License-Identifier: Apache-2.0
 *
 * The values of the expression language: small structs passed by pointer, whose text, lists and contexts live in
 * the arena of the evaluation. Values never change after they are made, so they may be shared freely.
 *
 * Variables at rest are canonical JSON text; expressions decode what they touch and encode what they write.
 * The model already has FEEL's kinds, so that the second dialect needs no second interpreter.
 */
#ifndef ENGINE_EXPR_VALUE_H
#define ENGINE_EXPR_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/iso8601.h"
#include "base/str.h"
#include "engine/expr/decimal.h"

enum value_kind {
	VALUE_NULL,
	VALUE_BOOLEAN,
	VALUE_NUMBER,
	VALUE_TEXT,
	VALUE_DATE,      /* time: midnight UTC of the day */
	VALUE_TIME,      /* time: microseconds since midnight */
	VALUE_DATE_TIME, /* time: microseconds UTC */
	VALUE_DURATION,
	VALUE_LIST,
	VALUE_CONTEXT, /* JSON object, FEEL context: names unique; read from JSON, in the order of jsonb */
	VALUE_RANGE,
};

struct value;
struct value_entry;

struct value_list {
	const struct value *items;
	size_t len;
};

struct value_context {
	const struct value_entry *entries;
	size_t len;
};

struct value_range {
	const struct value *low;
	const struct value *high;
	bool low_open;
	bool high_open;
};

struct value {
	enum value_kind kind;
	union {
		bool boolean;
		struct decimal number;
		struct str text;
		int64_t time;
		struct iso8601_duration duration;
		struct value_list list;
		struct value_context context;
		struct value_range range;
	};
};

struct value_entry {
	struct str name;
	struct value value;
};

/* "null", "boolean", "number", "text", ... for messages. */
const char *value_kind_name(enum value_kind kind);

/* The entry of a context, or NULL. */
const struct value *value_context_get(const struct value *context, struct str name);

/* Same kind and same content; numbers by value (1 = 1.0). */
bool value_equal(const struct value *a, const struct value *b);
/* The same within a budget of comparisons, taken from *budget; at 0 it gave up and returned false. */
bool value_equal_within(const struct value *a, const struct value *b, size_t *budget);
#define VALUE_COST_BYTES 256 /* bytes of text, and entries of a context, that one comparison may look at */
#define VALUE_COST_ENTRIES 64

/* Decodes JSON text (as we store it) into the arena. ERR_INVALID when it is not JSON or too deep, or when a number
 * needs more digits than a decimal holds. */
bool value_from_json(struct arena *arena, struct str json, struct value *out, struct err *err)
	__attribute__((warn_unused_result));

/* Appends canonical JSON: decimals in plain digits, dates, times and durations as ISO 8601 texts.
 * ERR_INVALID when nested deeper than JSON_DEPTH_MAX (`x = [x]` in a loop makes such values). */
bool value_to_json(struct buf *buf, const struct value *value, struct err *err) __attribute__((warn_unused_result));

/* Appends the text form that composite text uses: null is empty, text as it is, lists and contexts as JSON. */
bool value_to_text(struct buf *buf, const struct value *value, struct err *err) __attribute__((warn_unused_result));

#endif
