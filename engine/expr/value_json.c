/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON text -> value, in one pass and without a tree in between. It is not jansson that reads here, because jansson
 * makes a double of every real number: the third that an expression stored as 0.333333333333333333 would come back
 * as another number. Children of an open list or object wait on one shared stack until their number is known.
 */
#include "config.h"

#include "engine/expr/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/vec.h"

#define VALUE_JSON_FEW_NAMES 16    /* up to here names are compared pairwise, past it through a table */
#define VALUE_JSON_NUMBER_SHOWN 40 /* characters of a number that a message repeats */

struct value_reader {
	struct arena *arena;
	struct str text;
	size_t at;
	int depth;
	struct err *err;
	VEC(struct value_entry) open; /* names are empty for list items */
};

static bool value_read(struct value_reader *reader, struct value *out);

static bool value_read_fail(struct value_reader *reader, const char *what)
{
	return err_set(reader->err, ERR_INVALID, "not JSON: %s at byte %zu", what, reader->at + 1);
}

/* The next byte, or NUL at the end (which JSON has nowhere). */
static char value_peek(const struct value_reader *reader)
{
	return reader->at < reader->text.len ? reader->text.ptr[reader->at] : '\0';
}

static void value_skip_space(struct value_reader *reader)
{
	for (char c = value_peek(reader); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = value_peek(reader))
		reader->at++;
}

/* Takes the byte if it is the next one. */
static bool value_accept(struct value_reader *reader, char c)
{
	if (value_peek(reader) != c)
		return false;
	reader->at++;
	return true;
}

static bool value_accept_digits(struct value_reader *reader)
{
	size_t start = reader->at;
	while (value_peek(reader) >= '0' && value_peek(reader) <= '9')
		reader->at++;
	return reader->at > start;
}

/* int = "0" / digit1-9 *digit */
static bool value_accept_integer(struct value_reader *reader)
{
	return value_accept(reader, '0') || value_accept_digits(reader);
}

/* number = [ "-" ] int [ "." digits ] [ ("e" / "E") [ "+" / "-" ] digits ] */
static bool value_read_number(struct value_reader *reader, struct value *out)
{
	size_t start = reader->at;

	value_accept(reader, '-');
	if (!value_accept_integer(reader) || (value_accept(reader, '.') && !value_accept_digits(reader)))
		return value_read_fail(reader, "a digit is missing");
	if (value_accept(reader, 'e') || value_accept(reader, 'E')) {
		if (!value_accept(reader, '+'))
			value_accept(reader, '-');
		if (!value_accept_digits(reader))
			return value_read_fail(reader, "a digit is missing");
	}

	struct str digits = str_slice(reader->text, start, reader->at - start);
	out->kind = VALUE_NUMBER;
	if (decimal_parse(digits, &out->number))
		return true;
	struct str shown = str_slice(digits, 0, VALUE_JSON_NUMBER_SHOWN);
	return err_set(reader->err, ERR_INVALID, "the number %.*s%s needs more digits than a number holds", STR_ARG(shown),
		shown.len < digits.len ? "..." : "");
}

/* Four hexadecimal digits. */
static bool value_read_unit(struct value_reader *reader, uint32_t *out)
{
	uint32_t unit = 0;
	for (int i = 0; i < 4; i++, reader->at++) {
		char c = value_peek(reader);
		uint32_t digit;
		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return value_read_fail(reader, "a hexadecimal digit is missing");
		unit = unit << 4 | digit;
	}
	*out = unit;
	return true;
}

/* What follows "\u": one code point, as a surrogate pair where it lies above U+FFFF. */
static bool value_read_code_point(struct value_reader *reader, uint32_t *out)
{
	uint32_t low;

	if (!value_read_unit(reader, out))
		return false;
	if (*out == 0)
		return value_read_fail(reader, "\\u0000 cannot be stored");
	if (*out < 0xd800 || *out > 0xdfff)
		return true;
	if (*out > 0xdbff || !value_accept(reader, '\\') || !value_accept(reader, 'u'))
		return value_read_fail(reader, "a surrogate without its other half");
	if (!value_read_unit(reader, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return value_read_fail(reader, "a surrogate without its other half");
	*out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* Writes a code point as UTF-8 and returns the place behind it. Its \u form was longer, so there is room. */
static char *value_put_code_point(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xe0 | c >> 12);
		} else {
			*to++ = (char)(0xf0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

static bool value_read_escape(struct value_reader *reader, char **to)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";

	char letter = value_peek(reader);
	reader->at++;
	if (letter == 'u') {
		uint32_t code_point;
		if (!value_read_code_point(reader, &code_point))
			return false;
		*to = value_put_code_point(*to, code_point);
		return true;
	}
	const char *found = letter ? strchr(letters, letter) : NULL;
	if (!found)
		return value_read_fail(reader, "an unknown escape");
	*(*to)++ = meanings[found - letters];
	return true;
}

/* Length of the text up to its closing quote as it stands, escapes included; STR_NONE when it never closes. */
static size_t value_text_extent(const struct value_reader *reader, bool *escaped)
{
	*escaped = false;
	for (size_t at = reader->at; at < reader->text.len; at++) {
		char c = reader->text.ptr[at];
		if (c == '"')
			return at - reader->at;
		if (c == '\\') {
			*escaped = true;
			at++;
		} else if ((unsigned char)c < 0x20) {
			return STR_NONE;
		}
	}
	return STR_NONE;
}

/* string, behind its opening quote. */
static bool value_read_text(struct value_reader *reader, struct str *out)
{
	bool escaped;
	size_t extent = value_text_extent(reader, &escaped);

	if (extent == STR_NONE)
		return value_read_fail(reader, "a text that does not close");
	if (!escaped) {
		*out = arena_str(reader->arena, str_slice(reader->text, reader->at, extent));
		reader->at += extent + 1;
		return true;
	}

	char *start = arena_alloc(reader->arena, extent);
	char *to = start;
	while (!value_accept(reader, '"')) {
		if (value_accept(reader, '\\')) {
			if (!value_read_escape(reader, &to))
				return false;
		} else {
			*to++ = reader->text.ptr[reader->at++];
		}
	}
	*out = (struct str){start, (size_t)(to - start)};
	return true;
}

/* Moves the children above base from the stack into a list. */
static void value_close_list(struct value_reader *reader, size_t base, struct value *out)
{
	size_t len = reader->open.len - base;
	struct value *items = arena_array(reader->arena, len, sizeof *items);

	for (size_t i = 0; i < len; i++)
		items[i] = reader->open.items[base + i].value;
	reader->open.len = base;
	*out = (struct value){.kind = VALUE_LIST, .list = {.items = items, .len = len}};
}

/* list = "[" [ value *( "," value ) ] "]", behind its "[" */
static bool value_read_list(struct value_reader *reader, struct value *out)
{
	size_t base = reader->open.len;

	value_skip_space(reader);
	if (!value_accept(reader, ']')) {
		do {
			struct value item;
			if (!value_read(reader, &item))
				return false;
			vec_push(&reader->open)->value = item;
		} while (value_accept(reader, ','));
		if (!value_accept(reader, ']'))
			return value_read_fail(reader, "',' or ']' is missing");
	}
	value_close_list(reader, base, out);
	return true;
}

/* The second of two entries of one name, or NULL. */
static const struct value_entry *value_find_duplicate(const struct value_entry *entries, size_t len)
{
	if (len <= VALUE_JSON_FEW_NAMES) {
		for (size_t i = 1; i < len; i++)
			for (size_t k = 0; k < i; k++)
				if (str_equal(entries[i].name, entries[k].name))
					return &entries[i];
		return NULL;
	}

	static char present;
	struct map names = {0};
	const struct value_entry *duplicate = NULL;
	for (size_t i = 0; i < len && !duplicate; i++)
		if (map_put(&names, entries[i].name, &present))
			duplicate = &entries[i];
	map_free(&names);
	return duplicate;
}

/* As jsonb has names: the shorter first. */
static int value_compare_names(const void *a, const void *b)
{
	const struct value_entry *x = a, *y = b;
	if (x->name.len != y->name.len)
		return x->name.len < y->name.len ? -1 : 1;
	return str_compare(x->name, y->name);
}

/* In the one order that a variable has in the database too, so that its text form is the same in an instance that
 * was never out of memory. */
static void value_sort_entries(struct value_entry *entries, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (value_compare_names(&entries[i - 1], &entries[i]) > 0) {
			qsort(entries, len, sizeof *entries, value_compare_names);
			return;
		}
}

static bool value_close_context(struct value_reader *reader, size_t base, struct value *out)
{
	size_t len = reader->open.len - base;
	const struct value_entry *entries = len > 0 ? &reader->open.items[base] : NULL;
	const struct value_entry *duplicate = value_find_duplicate(entries, len);

	if (duplicate)
		return err_set(
			reader->err, ERR_INVALID, "the name \"%.*s\" stands twice in one object", STR_ARG(duplicate->name));
	struct value_entry *own = arena_array(reader->arena, len, sizeof *own);
	if (len > 0)
		memcpy(own, entries, len * sizeof *own);
	value_sort_entries(own, len);
	reader->open.len = base;
	*out = (struct value){.kind = VALUE_CONTEXT, .context = {.entries = own, .len = len}};
	return true;
}

/* entry = string ":" value */
static bool value_read_entry(struct value_reader *reader, struct value_entry *entry)
{
	value_skip_space(reader);
	if (!value_accept(reader, '"'))
		return value_read_fail(reader, "a name is missing");
	if (!value_read_text(reader, &entry->name))
		return false;
	value_skip_space(reader);
	if (!value_accept(reader, ':'))
		return value_read_fail(reader, "':' is missing");
	return value_read(reader, &entry->value);
}

/* object = "{" [ entry *( "," entry ) ] "}", behind its "{" */
static bool value_read_context(struct value_reader *reader, struct value *out)
{
	size_t base = reader->open.len;

	value_skip_space(reader);
	if (!value_accept(reader, '}')) {
		do {
			struct value_entry entry;
			if (!value_read_entry(reader, &entry))
				return false;
			*vec_push(&reader->open) = entry;
		} while (value_accept(reader, ','));
		if (!value_accept(reader, '}'))
			return value_read_fail(reader, "',' or '}' is missing");
	}
	return value_close_context(reader, base, out);
}

static bool value_read_word(struct value_reader *reader, struct value *out)
{
	static const struct {
		struct str word;
		struct value value;
	} words[] = {
		{STR_INIT("null"), {.kind = VALUE_NULL}},
		{STR_INIT("true"), {.kind = VALUE_BOOLEAN, .boolean = true}},
		{STR_INIT("false"), {.kind = VALUE_BOOLEAN, .boolean = false}},
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!str_equal(str_slice(reader->text, reader->at, words[i].word.len), words[i].word))
			continue;
		reader->at += words[i].word.len;
		*out = words[i].value;
		return true;
	}
	return value_read_fail(reader, "a value is missing");
}

static bool value_read_nested(struct value_reader *reader, struct value *out)
{
	if (++reader->depth > JSON_DEPTH_MAX)
		return err_set(reader->err, ERR_INVALID, "the value is nested deeper than %d levels", JSON_DEPTH_MAX);
	bool ok = value_accept(reader, '[') ? value_read_list(reader, out)
	                                    : value_accept(reader, '{') && value_read_context(reader, out);
	reader->depth--;
	return ok;
}

/* value = object / list / string / number / "true" / "false" / "null", with space around it. The text is kept NUL-free,
 * so a peeked NUL is the end. */
static bool value_read(struct value_reader *reader, struct value *out)
{
	bool ok;

	value_skip_space(reader);
	*out = (struct value){.kind = VALUE_NULL};
	char c = value_peek(reader);
	if (c == '[' || c == '{') {
		ok = value_read_nested(reader, out);
	} else if (c == '"') {
		reader->at++;
		out->kind = VALUE_TEXT;
		ok = value_read_text(reader, &out->text);
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		ok = value_read_number(reader, out);
	} else {
		ok = value_read_word(reader, out);
	}
	value_skip_space(reader);
	return ok;
}

bool value_from_json(struct arena *arena, struct str json, struct value *out, struct err *err)
{
	struct value_reader reader = {.arena = arena, .text = json, .err = err};

	if (!str_is_utf8(json))
		return err_set(err, ERR_INVALID, "not JSON: the text is not UTF-8");
	bool ok = value_read(&reader, out);
	if (ok && reader.at < json.len)
		ok = value_read_fail(&reader, "more text behind the value");
	vec_free(&reader.open);
	return ok;
}
