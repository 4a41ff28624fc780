/* SPDX-License-Identifier: Apache-2.0
 *
 * Values compared and written. Walks over nested values are bounded: writing by JSON_DEPTH_MAX and by the maximum of
 * the buffer, comparing by a budget, because one shared list can stand for an exponential number of elements.
 */
#include "config.h"

#include "engine/expr/value.h"

#include "base/json.h"

const char *value_kind_name(enum value_kind kind)
{
	switch (kind) {
	case VALUE_NULL:
		return "null";
	case VALUE_BOOLEAN:
		return "boolean";
	case VALUE_NUMBER:
		return "number";
	case VALUE_TEXT:
		return "text";
	case VALUE_DATE:
		return "date";
	case VALUE_TIME:
		return "time";
	case VALUE_DATE_TIME:
		return "date-time";
	case VALUE_DURATION:
		return "duration";
	case VALUE_LIST:
		return "list";
	case VALUE_CONTEXT:
		return "context";
	case VALUE_RANGE:
		return "range";
	}
	return "unknown";
}

const struct value *value_context_get(const struct value *context, struct str name)
{
	for (size_t i = 0; i < context->context.len; i++)
		if (str_equal(context->context.entries[i].name, name))
			return &context->context.entries[i].value;
	return NULL;
}

/* Takes cost from the budget; false when it is used up. */
static bool value_spend(size_t *budget, size_t cost)
{
	if (*budget <= cost) {
		*budget = 0;
		return false;
	}
	*budget -= cost;
	return true;
}

static bool value_list_equal(const struct value_list *a, const struct value_list *b, size_t *budget)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!value_equal_within(&a->items[i], &b->items[i], budget))
			return false;
	return true;
}

/* Contexts are equal in any order of their entries; most have the same order, so that is tried first. */
static bool value_context_equal(const struct value *a, const struct value *b, size_t *budget)
{
	if (a->context.len != b->context.len)
		return false;
	for (size_t i = 0; i < a->context.len; i++) {
		const struct value_entry *entry = &a->context.entries[i];
		const struct value *other = &b->context.entries[i].value;
		if (!str_equal(entry->name, b->context.entries[i].name)) {
			if (!value_spend(budget, b->context.len / VALUE_COST_ENTRIES))
				return false;
			other = value_context_get(b, entry->name);
		}
		if (!other || !value_equal_within(&entry->value, other, budget))
			return false;
	}
	return true;
}

static bool value_duration_equal(const struct iso8601_duration *a, const struct iso8601_duration *b)
{
	bool zero = a->months == 0 && a->micros == 0;
	return a->months == b->months && a->micros == b->micros && (zero || a->negative == b->negative);
}

static bool value_range_equal(const struct value_range *a, const struct value_range *b, size_t *budget)
{
	return a->low_open == b->low_open && a->high_open == b->high_open && value_equal_within(a->low, b->low, budget) &&
	       value_equal_within(a->high, b->high, budget);
}

bool value_equal_within(const struct value *a, const struct value *b, size_t *budget)
{
	if (a->kind != b->kind || !value_spend(budget, 1))
		return false;
	switch (a->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOLEAN:
		return a->boolean == b->boolean;
	case VALUE_NUMBER:
		return decimal_compare(a->number, b->number) == 0;
	case VALUE_TEXT:
		return a->text.len == b->text.len && value_spend(budget, a->text.len / VALUE_COST_BYTES) &&
		       str_equal(a->text, b->text);
	case VALUE_DATE:
	case VALUE_TIME:
	case VALUE_DATE_TIME:
		return a->time == b->time;
	case VALUE_DURATION:
		return value_duration_equal(&a->duration, &b->duration);
	case VALUE_LIST:
		return value_list_equal(&a->list, &b->list, budget);
	case VALUE_CONTEXT:
		return value_context_equal(a, b, budget);
	case VALUE_RANGE:
		return value_range_equal(&a->range, &b->range, budget);
	}
	return false;
}

bool value_equal(const struct value *a, const struct value *b)
{
	size_t budget = SIZE_MAX;
	return value_equal_within(a, b, &budget);
}

/* The part of an RFC 3339 text that a kind of time shows: all, the date, or the time of day without its Z. */
static void value_add_time(struct buf *buf, const struct value *value)
{
	struct buf whole;

	buf_init(&whole, 64);
	iso8601_format_time(&whole, value->time);
	struct str text = buf_str(&whole);
	size_t middle = str_find_char(text, 'T');
	if (value->kind == VALUE_DATE)
		text = str_slice(text, 0, middle);
	else if (value->kind == VALUE_TIME && middle != STR_NONE)
		text = str_slice(text, middle + 1, text.len - middle - 2);
	buf_add_str(buf, text);
	buf_free(&whole);
}

static bool value_add_json(struct buf *buf, const struct value *value, int depth, struct err *err);

static bool value_add_json_list(struct buf *buf, const struct value_list *list, int depth, struct err *err)
{
	buf_add_char(buf, '[');
	for (size_t i = 0; i < list->len && !buf->overflow; i++) {
		if (i > 0)
			buf_add_char(buf, ',');
		if (!value_add_json(buf, &list->items[i], depth, err))
			return false;
	}
	buf_add_char(buf, ']');
	return true;
}

static bool value_add_json_context(struct buf *buf, const struct value_context *context, int depth, struct err *err)
{
	buf_add_char(buf, '{');
	for (size_t i = 0; i < context->len && !buf->overflow; i++) {
		if (i > 0)
			buf_add_char(buf, ',');
		json_emit_str(buf, context->entries[i].name);
		buf_add_char(buf, ':');
		if (!value_add_json(buf, &context->entries[i].value, depth, err))
			return false;
	}
	buf_add_char(buf, '}');
	return true;
}

/* Quotes around what needs no escapes. */
static void value_add_json_plain(struct buf *buf, const struct value *value)
{
	buf_add_char(buf, '"');
	if (value->kind == VALUE_DURATION)
		iso8601_format_duration(buf, &value->duration);
	else
		value_add_time(buf, value);
	buf_add_char(buf, '"');
}

static bool value_add_json(struct buf *buf, const struct value *value, int depth, struct err *err)
{
	if ((value->kind == VALUE_LIST || value->kind == VALUE_CONTEXT) && ++depth > JSON_DEPTH_MAX)
		return err_set(err, ERR_INVALID, "the value is nested deeper than %d levels", JSON_DEPTH_MAX);
	switch (value->kind) {
	case VALUE_NULL:
		buf_add_c(buf, "null");
		return true;
	case VALUE_BOOLEAN:
		buf_add_c(buf, value->boolean ? "true" : "false");
		return true;
	case VALUE_NUMBER:
		decimal_format(buf, value->number);
		return true;
	case VALUE_TEXT:
		json_emit_str(buf, value->text);
		return true;
	case VALUE_DATE:
	case VALUE_TIME:
	case VALUE_DATE_TIME:
	case VALUE_DURATION:
		value_add_json_plain(buf, value);
		return true;
	case VALUE_LIST:
		return value_add_json_list(buf, &value->list, depth, err);
	case VALUE_CONTEXT:
		return value_add_json_context(buf, &value->context, depth, err);
	case VALUE_RANGE:
		return err_set(err, ERR_INVALID, "a range has no JSON form");
	}
	return false;
}

bool value_to_json(struct buf *buf, const struct value *value, struct err *err)
{
	return value_add_json(buf, value, 0, err);
}

bool value_to_text(struct buf *buf, const struct value *value, struct err *err)
{
	switch (value->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_TEXT:
		buf_add_str(buf, value->text);
		return true;
	case VALUE_DATE:
	case VALUE_TIME:
	case VALUE_DATE_TIME:
		value_add_time(buf, value);
		return true;
	case VALUE_DURATION:
		iso8601_format_duration(buf, &value->duration);
		return true;
	case VALUE_BOOLEAN:
	case VALUE_NUMBER:
	case VALUE_LIST:
	case VALUE_CONTEXT:
	case VALUE_RANGE:
		return value_to_json(buf, value, err);
	}
	return false;
}
