/* SPDX-License-Identifier: Apache-2.0
 *
 * Before jansson sees a text, one flat pass over its tokens checks what jansson would not: depth, and numbers whose
 * digits would not survive a double. The pass need not know the grammar; jansson refuses what is no JSON.
 */
#include "config.h"

#include "base/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/iso8601.h"

#define JSON_DIGITS_MAX 17 /* more a double never needs */

/* A number as its digits without zeros at either end: 0.digits * 10^exponent. */
struct json_digits {
	char digits[JSON_DIGITS_MAX + 1];
	size_t count;
	int64_t exponent;
};

/* The exponent part of a number, bounded: beyond the bound every double is zero or infinite anyway. */
static int64_t json_exponent(struct str text)
{
	const int64_t bound = 1000000000;
	bool negative = text.len && text.ptr[0] == '-';
	int64_t value = 0;
	for (size_t i = 0; i < text.len && value < bound; i++)
		if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
			value = value * 10 + (text.ptr[i] - '0');
	return negative ? -value : value;
}

/* False when there are more significant digits than a double can hold. */
static bool json_digits_parse(struct str text, struct json_digits *out)
{
	*out = (struct json_digits){0};
	size_t end = 0, zeros = 0;
	bool fraction = false;
	for (; end < text.len && text.ptr[end] != 'e' && text.ptr[end] != 'E'; end++) {
		char c = text.ptr[end];
		if (c == '.')
			fraction = true;
		if (c < '0' || c > '9')
			continue;
		if (!fraction && (out->count || c != '0'))
			out->exponent++;
		if (fraction && !out->count && c == '0')
			out->exponent--;
		if (c == '0') {
			zeros += out->count > 0;
			continue;
		}
		if (out->count + zeros >= JSON_DIGITS_MAX)
			return false;
		memset(out->digits + out->count, '0', zeros);
		out->count += zeros;
		zeros = 0;
		out->digits[out->count++] = c;
	}
	if (end < text.len)
		out->exponent += json_exponent(str_slice(text, end + 1, text.len));
	return true;
}

static size_t json_format_double(char *text, size_t size, double value)
{
	int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
	int len;
	do
		len = snprintf(text, size, "%.*g", digits, value);
	while (strtod(text, NULL) != value && digits++ < JSON_DIGITS_MAX); /* NOLINT: exact comparison is the point */
	return (size_t)len;
}

/* Whether the number, read as a double and written again, has the same digits. */
static bool json_number_survives(struct str text)
{
	struct json_digits before, after;
	if (!json_digits_parse(text, &before))
		return false;
	if (before.count == 0)
		return true;
	char canonical[64];
	snprintf(canonical, sizeof canonical, "0.%se%lld", before.digits, (long long)before.exponent);
	double value = strtod(canonical, NULL);
	if (!isfinite(value) || value == 0)
		return false;
	size_t len = json_format_double(canonical, sizeof canonical, value);
	return json_digits_parse((struct str){canonical, len}, &after) && before.exponent == after.exponent &&
	       before.count == after.count && memcmp(before.digits, after.digits, before.count) == 0;
}

/* Which of our limits a text breaks first, and where. */
struct json_refusal {
	const char *why;
	size_t at;
};

static bool json_refuse(struct json_refusal *refusal, size_t at, const char *why)
{
	*refusal = (struct json_refusal){why, at};
	return false;
}

static void json_place(struct str text, size_t at, struct err *err)
{
	struct str before = str_slice(text, 0, at);
	int line = 1;
	for (size_t newline; (newline = str_find_char(before, '\n')) != STR_NONE; line++)
		before = str_slice(before, newline + 1, before.len);
	err_at(err, line, (int)str_utf8_length(before) + 1);
}

/* Index behind the closing quote of the text that begins at `at`. */
static size_t json_skip_text(struct str text, size_t at)
{
	for (at++; at < text.len && text.ptr[at] != '"'; at++)
		if (text.ptr[at] == '\\')
			at++;
	return at + 1;
}

static size_t json_number_length(struct str text, size_t at, bool *real)
{
	static const char marks[] = "+-.0123456789Ee";
	size_t len = 0;
	for (; at + len < text.len; len++) {
		char c = text.ptr[at + len];
		if (!c || !memchr(marks, c, sizeof marks - 1))
			break;
		*real |= c == '.' || c == 'e' || c == 'E';
	}
	return len;
}

static bool json_check_limits(struct str text, struct json_refusal *refusal)
{
	size_t depth = 0;
	for (size_t at = 0; at < text.len;) {
		char c = text.ptr[at];
		if (c == '"') {
			at = json_skip_text(text, at);
			continue;
		}
		if (c == '-' || (c >= '0' && c <= '9')) {
			bool real = false;
			size_t len = json_number_length(text, at, &real);
			if (real && !json_number_survives(str_slice(text, at, len)))
				return json_refuse(refusal, at, "number has more digits than a double keeps; send it as text");
			at += len;
			continue;
		}
		if ((c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX)
			return json_refuse(refusal, at, "nested more than 64 deep");
		if ((c == ']' || c == '}') && depth)
			depth--;
		at++;
	}
	return true;
}

static enum err_code json_error_class(const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);
	bool refused = code == json_error_duplicate_key || code == json_error_numeric_overflow ||
	               code == json_error_null_character || code == json_error_null_byte_in_key ||
	               code == json_error_stack_overflow;
	return refused ? ERR_INVALID : ERR_BAD_REQUEST;
}

static bool json_is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
	       c == '+' || (unsigned char)c >= 0x80;
}

/* Index behind the token that begins at `at`. */
static size_t json_skip_token(struct str text, size_t at)
{
	if (text.ptr[at] == '"')
		return json_skip_text(text, at);
	if (!json_is_word(text.ptr[at]))
		return at + 1;
	while (at < text.len && json_is_word(text.ptr[at]))
		at++;
	return at;
}

/* Inside a text it is the byte behind what jansson has read that is wrong, if it is one that no text may have. */
static size_t json_fault_in_text(struct str text, size_t read)
{
	bool plain = read < text.len && (unsigned char)text.ptr[read] >= 0x20 && (unsigned char)text.ptr[read] < 0x80;
	return plain ? read - 1 : read;
}

/* Where the token begins that jansson did not want: it tells how much it has read, which is up to the token's end. */
static size_t json_fault(struct str text, const json_error_t *error)
{
	size_t read = error->position > 0 ? (size_t)error->position : 0, begin = 0;
	if (json_error_code(error) == json_error_premature_end_of_input)
		return text.len;
	for (size_t at = 0; at < read && at < text.len;) {
		begin = at;
		at = json_skip_token(text, at);
		if (text.ptr[begin] == '"' && at > read)
			return json_fault_in_text(text, read);
	}
	return begin;
}

/* What jansson says, but for what it says of its own flags. */
static const char *json_error_words(const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);
	bool null = code == json_error_null_character || code == json_error_null_byte_in_key;
	return null ? "a text cannot have the character U+0000" : error->text;
}

/* A text that breaks our limits still goes through jansson, whose own depth is bounded: if it is no JSON at all, that
 * is the better answer. */
json_t *json_parse(struct str text, struct err *err)
{
	if (text.len == 0) {
		err_set(err, ERR_BAD_REQUEST, "empty where JSON was expected");
		return NULL;
	}
	struct json_refusal refusal;
	bool within = json_check_limits(text, &refusal);
	json_error_t error;
	json_t *value = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (value && within)
		return value;
	if (!within && (value || json_error_class(&error) == ERR_INVALID)) {
		json_decref(value);
		err_set(err, ERR_INVALID, "%s", refusal.why);
		json_place(text, refusal.at, err);
		return NULL;
	}
	err_set(err, json_error_class(&error), "%s", json_error_words(&error));
	json_place(text, json_fault(text, &error), err);
	return NULL;
}

static bool json_needs_escape(unsigned char byte)
{
	return byte < 0x20 || byte == '"' || byte == '\\';
}

/* Control characters without a letter of their own become \u00XX. */
static void json_emit_escape(struct buf *buf, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[] = {
		['\b'] = 'b',
		['\t'] = 't',
		['\n'] = 'n',
		['\f'] = 'f',
		['\r'] = 'r',
		['"'] = '"',
		['\\'] = '\\',
	};
	if (letters[byte]) {
		const char escape[] = {'\\', letters[byte]};
		buf_add(buf, escape, sizeof escape);
	} else {
		const char escape[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
		buf_add(buf, escape, sizeof escape);
	}
}

/* In runs of what needs no escape. */
void json_emit_str(struct buf *buf, struct str s)
{
	buf_add_char(buf, '"');
	size_t start = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (!json_needs_escape((unsigned char)s.ptr[i]))
			continue;
		buf_add_str(buf, str_slice(s, start, i - start));
		json_emit_escape(buf, (unsigned char)s.ptr[i]);
		start = i + 1;
	}
	buf_add_str(buf, str_slice(s, start, s.len));
	buf_add_char(buf, '"');
}

/* printf's 1e+07 becomes 1e7; a whole number gets ".0", or it would come back as an integer. */
void json_emit_double(struct buf *buf, double value)
{
	if (!isfinite(value)) {
		buf_add_str(buf, STR("null"));
		return;
	}
	char text[40];
	struct str number = {text, json_format_double(text, sizeof text, value)};
	size_t mark = str_find_char(number, 'e');
	if (mark == STR_NONE) {
		buf_add_str(buf, number);
		if (str_find_char(number, '.') == STR_NONE)
			buf_add_str(buf, STR(".0"));
		return;
	}
	buf_add_str(buf, str_slice(number, 0, mark + 1));
	buf_add_int64(buf, json_exponent(str_slice(number, mark + 1, number.len)));
}

static void json_emit_nested(struct buf *buf, const json_t *value, size_t depth);

static void json_emit_object(struct buf *buf, const json_t *value, size_t depth)
{
	/* jansson's iterators take no const; nothing is changed through them */
	json_t *object = (json_t *)(uintptr_t)value; /* NOLINT(performance-no-int-to-ptr) */
	json_object_begin(buf);
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		json_member(buf, json_object_iter_key(at));
		json_emit_nested(buf, json_object_iter_value(at), depth);
	}
	json_object_end(buf);
}

static void json_emit_array(struct buf *buf, const json_t *array, size_t depth)
{
	json_array_begin(buf);
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_next(buf);
		json_emit_nested(buf, json_array_get(array, i), depth);
	}
	json_array_end(buf);
}

static void json_emit_scalar(struct buf *buf, const json_t *value)
{
	if (json_is_string(value))
		json_emit_str(buf, json_str(value));
	else if (json_is_integer(value))
		buf_add_int64(buf, json_integer_value(value));
	else if (json_is_real(value))
		json_emit_double(buf, json_real_value(value));
	else
		buf_add_c(buf, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
}

/* A value deeper than any we let in cannot be written: it counts as overflow, not as a reason to use up the stack. */
static void json_emit_nested(struct buf *buf, const json_t *value, size_t depth)
{
	if (depth > JSON_DEPTH_MAX)
		buf->overflow = true;
	else if (json_is_object(value))
		json_emit_object(buf, value, depth + 1);
	else if (json_is_array(value))
		json_emit_array(buf, value, depth + 1);
	else
		json_emit_scalar(buf, value);
}

void json_emit_value(struct buf *buf, const json_t *value)
{
	json_emit_nested(buf, value, 0);
}

void json_object_begin(struct buf *buf)
{
	buf_add_char(buf, '{');
}

void json_object_end(struct buf *buf)
{
	buf_add_char(buf, '}');
}

void json_array_begin(struct buf *buf)
{
	buf_add_char(buf, '[');
}

void json_array_end(struct buf *buf)
{
	buf_add_char(buf, ']');
}

/* The last byte tells: a container that has just begun ends in its bracket, and no value ever does. */
void json_next(struct buf *buf)
{
	char last = buf->len ? buf->ptr[buf->len - 1] : '[';
	if (last != '{' && last != '[')
		buf_add_char(buf, ',');
}

void json_member_named(struct buf *buf, struct str name)
{
	json_next(buf);
	json_emit_str(buf, name);
	buf_add_char(buf, ':');
}

void json_member(struct buf *buf, const char *name)
{
	json_member_named(buf, str_from_c(name));
}

static void json_emit_null(struct buf *buf)
{
	buf_add_str(buf, STR("null"));
}

void json_member_str(struct buf *buf, const char *name, struct str s)
{
	json_member(buf, name);
	json_emit_str(buf, s);
}

void json_member_c(struct buf *buf, const char *name, const char *c_string)
{
	json_member(buf, name);
	if (c_string)
		json_emit_str(buf, str_from_c(c_string));
	else
		json_emit_null(buf);
}

void json_member_int(struct buf *buf, const char *name, int64_t value)
{
	json_member(buf, name);
	buf_add_int64(buf, value);
}

void json_member_id(struct buf *buf, const char *name, int64_t id)
{
	json_member(buf, name);
	if (id == 0) {
		json_emit_null(buf);
		return;
	}
	buf_add_char(buf, '"');
	buf_add_int64(buf, id);
	buf_add_char(buf, '"');
}

void json_member_bool(struct buf *buf, const char *name, bool value)
{
	json_member(buf, name);
	buf_add_c(buf, value ? "true" : "false");
}

void json_member_time(struct buf *buf, const char *name, int64_t time)
{
	json_member(buf, name);
	if (time == 0) {
		json_emit_null(buf);
		return;
	}
	buf_add_char(buf, '"');
	iso8601_format_time(buf, time);
	buf_add_char(buf, '"');
}

void json_member_raw(struct buf *buf, const char *name, struct str raw)
{
	json_member(buf, name);
	buf_add_str(buf, raw.len ? raw : STR("null"));
}

void json_member_text(struct buf *buf, const char *name, struct str s)
{
	json_member(buf, name);
	if (s.len)
		json_emit_str(buf, s);
	else
		json_emit_null(buf);
}

struct str json_str(const json_t *string)
{
	return (struct str){json_string_value(string), json_string_length(string)};
}
