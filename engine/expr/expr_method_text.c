/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods of text. Positions and lengths count code points, as people count characters, not bytes.
 */
#include "config.h"

#include "engine/expr/expr_internal.h"

#include <string.h>

#include "base/buf.h"

#define EXPR_REPLACE_COST 16 /* occurrences that replace() gets for one step */
#define EXPR_CASE_COST 4     /* times as much as other looks at a text: a table is asked for each letter */

/* The receiver and the text given; charges for looking at the receiver. */
static bool expr_two_texts(
	struct expr_machine *machine, const struct expr_call *call, struct str *text, struct str *other)
{
	*text = call->args[0].text;
	return expr_text_argument(machine, call, 1, other) && expr_charge_bytes(machine, text->len);
}

bool expr_method_text_contains(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str text;
	struct str part;

	if (!expr_two_texts(machine, call, &text, &part))
		return false;
	*out = expr_value_boolean(str_find(text, part) != STR_NONE);
	return true;
}

bool expr_method_text_starts_with(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str text;
	struct str part;

	if (!expr_two_texts(machine, call, &text, &part))
		return false;
	*out = expr_value_boolean(str_starts_with(text, part));
	return true;
}

bool expr_method_text_ends_with(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str text;
	struct str part;

	if (!expr_two_texts(machine, call, &text, &part))
		return false;
	*out = expr_value_boolean(str_ends_with(text, part));
	return true;
}

/* Position of the first occurrence, or -1. */
bool expr_method_text_index(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str text;
	struct str part;

	if (!expr_two_texts(machine, call, &text, &part))
		return false;
	size_t at = str_find(text, part);
	*out = expr_value_integer(at == STR_NONE ? -1 : (int64_t)str_utf8_length(str_slice(text, 0, at)));
	return true;
}

bool expr_method_text_length(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str text = call->args[0].text;

	*out = expr_value_integer((int64_t)str_utf8_length(text));
	return expr_charge_bytes(machine, text.len);
}

bool expr_method_text_concat(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	return expr_join(machine, call->args, 2, out);
}

bool expr_method_text_trim(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	*out = expr_value_text(str_trim(call->args[0].text));
	return expr_charge_bytes(machine, call->args[0].text.len);
}

/* The byte at which code point `position` of text begins; STR_NONE past the end. */
static size_t expr_byte_of(struct str text, int64_t position)
{
	for (size_t at = 0; at < text.len; at++)
		if (((unsigned char)text.ptr[at] & 0xc0) != 0x80 && position-- == 0)
			return at;
	return position == 0 ? text.len : STR_NONE;
}

/* substring(from) and substring(from, to), to not included. */
bool expr_method_text_substring(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str text = call->args[0].text;
	int64_t from;
	int64_t to = 0;

	if (!expr_integer_argument(machine, call, 1, &from))
		return false;
	if (call->count > 2 && !expr_integer_argument(machine, call, 2, &to))
		return false;
	if (!expr_charge_bytes(machine, text.len))
		return false;

	size_t start = from < 0 ? STR_NONE : expr_byte_of(text, from);
	size_t end = call->count == 2 ? text.len : to < from ? STR_NONE : expr_byte_of(text, to);
	if (start == STR_NONE || end == STR_NONE)
		return expr_fail(machine, "substring() reaches outside the text of %zu characters", str_utf8_length(text));
	*out = expr_value_text(str_slice(text, start, end - start));
	return true;
}

/* The text with each `what` replaced, into the buffer. */
static bool expr_replace_all(
	struct expr_machine *machine, struct buf *buf, struct str text, struct str what, struct str with)
{
	size_t count = 0;

	for (size_t at; !buf->overflow && (at = str_find(text, what)) != STR_NONE; count++) {
		if (count % EXPR_REPLACE_COST == 0 && !expr_charge(machine, 1))
			return false;
		buf_add_str(buf, str_slice(text, 0, at));
		buf_add_str(buf, with);
		text = str_slice(text, at + what.len, text.len);
	}
	buf_add_str(buf, text);
	return !buf->overflow || expr_fail_memory(machine);
}

/* replace(what, with): each occurrence, literally. */
bool expr_method_text_replace(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str text;
	struct str what;
	struct str with;
	struct buf buf;

	if (!expr_two_texts(machine, call, &text, &what) || !expr_text_argument(machine, call, 2, &with))
		return false;
	if (what.len == 0)
		return expr_fail(machine, "replace() is given an empty text to look for");
	buf_init(&buf, expr_memory_left(machine));
	bool ok = expr_replace_all(machine, &buf, text, what, with);
	if (ok)
		*out = expr_value_text(arena_str(machine->env->arena, buf_str(&buf)));
	buf_free(&buf);
	return ok;
}

static bool expr_convert_case(struct expr_machine *machine, struct str text, bool upper, struct value *out)
{
	if (text.len > expr_memory_left(machine))
		return expr_fail_memory(machine);
	if (!expr_charge_bytes(machine, EXPR_CASE_COST * text.len))
		return false;
	char *copy = arena_alloc(machine->env->arena, text.len);
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	expr_case_convert(copy, text.len, upper);
	*out = expr_value_text((struct str){copy, text.len});
	return true;
}

bool expr_method_text_lower(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	return expr_convert_case(machine, call->args[0].text, false, out);
}

bool expr_method_text_upper(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	return expr_convert_case(machine, call->args[0].text, true, out);
}

/* Equal once both are in lower case. Null is equal to no text. */
bool expr_method_text_equals_nocase(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct value lower[2];

	*out = expr_value_boolean(false);
	if (call->args[1].kind == VALUE_NULL)
		return true;
	struct str other;
	if (!expr_text_argument(machine, call, 1, &other))
		return false;
	if (other.len != call->args[0].text.len)
		return true;
	if (!expr_convert_case(machine, call->args[0].text, false, &lower[0]) ||
		!expr_convert_case(machine, other, false, &lower[1]))
		return false;
	*out = expr_value_boolean(str_equal(lower[0].text, lower[1].text));
	return true;
}
