/* SPDX-License-Identifier: Apache-2.0
 *
 * The readers behind the tables of body.h, one function a type. Texts stay where jansson has them (the body lives as
 * long as the request); values of variables are written anew as canonical JSON, so that the database only ever holds
 * text of ours.
 */
#include "config.h"

#include "api/body.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/iso8601.h"
#include "base/json.h"

/* Everything a reader of one member needs to know. */
struct body_member {
	struct body_reader *reader;
	const struct body_field *field;
	json_t *value;
	struct str place; /* JSON pointer to the member */
	void *out;
};

/* ~ and / of a name are written ~0 and ~1 (RFC 6901). */
static struct str body_place(struct body_reader *reader, const char *parent, struct str name)
{
	struct buf place;
	buf_init(&place, 4096);
	buf_printf(&place, "%s/", parent);
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '~' || name.ptr[i] == '/')
			buf_add_c(&place, name.ptr[i] == '~' ? "~0" : "~1");
		else
			buf_add_char(&place, name.ptr[i]);
	}
	struct str text = arena_str(reader->arena, buf_str(&place));
	buf_free(&place);
	return (struct str){arena_str_c(reader->arena, text), text.len};
}

static bool body_refuse(struct body_reader *reader, struct str place, enum err_code code, const char *text)
{
	if (reader->err->code == ERR_NONE) {
		err_set(reader->err, code, "%s", text);
		err_in(reader->err, place.ptr);
	}
	return false;
}

static bool body_expected(const struct body_member *member)
{
	static const char *const expected[] = {
#define X(type, c, text) [BODY_##type] = text,
		BODY_TYPES(X)
#undef X
	};
	struct str text =
		arena_printf(member->reader->arena, "%s is not %s", member->field->name, expected[member->field->type]);
	return body_refuse(member->reader, member->place, ERR_INVALID, text.ptr);
}

static bool body_has_controls(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		bool c1 = c == 0xc2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xa0;
		if (c < 0x20 || c == 0x7f || c1)
			return true;
	}
	return false;
}

static bool body_is_name(struct str s)
{
	return s.len > 0 && !body_has_controls(s) && str_utf8_length(s) <= BODY_NAME_MAX;
}

static bool body_in_range(const struct body_field *field, int64_t value)
{
	return (field->min == 0 && field->max == 0) || (value >= field->min && value <= field->max);
}

/* ---- one reader a type ---- */

static bool body_read_TEXT(const struct body_member *member, struct str *out)
{
	if (!json_is_string(member->value))
		return body_expected(member);
	struct str text = json_str(member->value);
	size_t length = str_utf8_length(text), most = member->field->max ? (size_t)member->field->max : BODY_NAME_MAX;
	if (length > most)
		return body_refuse(member->reader, member->place, ERR_INVALID,
			arena_printf(member->reader->arena, "%s is longer than %zu characters", member->field->name, most).ptr);
	if (length < (size_t)member->field->min)
		return body_expected(member);
	*out = text;
	return true;
}

static bool body_read_NAME(const struct body_member *member, struct str *out)
{
	if (!json_is_string(member->value) || !body_is_name(json_str(member->value)))
		return body_expected(member);
	*out = json_str(member->value);
	return true;
}

static bool body_read_ID(const struct body_member *member, int64_t *out)
{
	int64_t id;
	if (!json_is_string(member->value) || !str_to_int64(json_str(member->value), &id) || id <= 0)
		return body_expected(member);
	*out = id;
	return true;
}

static bool body_read_INT(const struct body_member *member, int64_t *out)
{
	if (!json_is_integer(member->value) || !body_in_range(member->field, json_integer_value(member->value)))
		return body_expected(member);
	*out = json_integer_value(member->value);
	return true;
}

static bool body_read_BOOL(const struct body_member *member, bool *out)
{
	if (!json_is_boolean(member->value))
		return body_expected(member);
	*out = json_is_true(member->value);
	return true;
}

static bool body_read_DURATION(const struct body_member *member, int64_t *out)
{
	struct iso8601_duration duration;
	if (!json_is_string(member->value) || !iso8601_parse_duration(json_str(member->value), &duration, NULL))
		return body_expected(member);
	int64_t micros = iso8601_duration_micros(&duration);
	if (!body_in_range(member->field, micros))
		return body_expected(member);
	*out = micros;
	return true;
}

static bool body_read_VARIABLES(const struct body_member *member, struct body_variables *out)
{
	return body_read_variables(member->reader, member->value, member->place.ptr, out);
}

static bool body_read_NAMES(const struct body_member *member, struct body_texts *out)
{
	if (!json_is_array(member->value))
		return body_expected(member);
	size_t count = json_array_size(member->value);
	struct str *names = arena_array(member->reader->arena, count, sizeof *names);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(member->value, i);
		if (!json_is_string(item) || !body_is_name(json_str(item)))
			return body_expected(member);
		names[i] = json_str(item);
	}
	*out = (struct body_texts){.items = names, .count = count, .given = true};
	return true;
}

static bool body_read_TIME(const struct body_member *member, int64_t *out)
{
	if (!json_is_string(member->value) || !iso8601_parse_time(json_str(member->value), out, NULL))
		return body_expected(member);
	return true;
}

static bool body_read_OBJECT(const struct body_member *member, json_t **out)
{
	if (!json_is_object(member->value))
		return body_expected(member);
	*out = member->value;
	return true;
}

static bool body_read_LIST(const struct body_member *member, json_t **out)
{
	size_t count = json_array_size(member->value);
	if (!json_is_array(member->value) || count == 0)
		return body_expected(member);
	if (count > (size_t)member->field->max)
		return body_refuse(member->reader, member->place, ERR_TOO_LARGE,
			arena_printf(
				member->reader->arena, "%s has more than %" PRId64 " items", member->field->name, member->field->max)
				.ptr);
	*out = member->value;
	return true;
}

static bool body_read_IDS(const struct body_member *member, struct body_ids *out)
{
	json_t *list;
	if (!body_read_LIST(member, &list))
		return false;
	size_t count = json_array_size(list);
	int64_t *ids = arena_array(member->reader->arena, count, sizeof *ids);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		if (!json_is_string(item) || !str_to_int64(json_str(item), &ids[i]) || ids[i] <= 0)
			return body_expected(member);
	}
	*out = (struct body_ids){ids, count};
	return true;
}

static bool body_read_member(const struct body_member *member)
{
	switch (member->field->type) {
#define X(type, c, expected) \
	case BODY_##type:        \
		return body_read_##type(member, (c *)member->out);
		BODY_TYPES(X)
#undef X
	}
	return false;
}

/* ---- objects ---- */

static const struct body_field *body_find(const struct body_field *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

static bool body_refuse_unknown(struct body_reader *reader, json_t *object, const char *place,
	const struct body_field *fields, size_t count)
{
	const char *name;
	const json_t *value;
	json_object_foreach(object, name, value) {
		if (!body_find(fields, count, name))
			return body_refuse(
				reader, body_place(reader, place, str_from_c(name)), ERR_INVALID, "there is no such property");
	}
	return true;
}

bool body_read(struct body_reader *reader, json_t *object, const char *place, const struct body_field *fields,
	size_t count, void *out)
{
	if (!json_is_object(object))
		return body_refuse(reader, (struct str){arena_str_c(reader->arena, str_from_c(place)), strlen(place)},
			ERR_INVALID, "an object is expected");
	if (!body_refuse_unknown(reader, object, place, fields, count))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct body_member member = {
			.reader = reader,
			.field = &fields[i],
			.value = json_object_get(object, fields[i].name),
			.out = (char *)out + fields[i].at,
		};
		bool absent = !member.value || json_is_null(member.value);
		if (absent && !fields[i].required)
			continue;
		member.place = body_place(reader, place, str_from_c(fields[i].name));
		if (absent)
			return body_refuse(reader, member.place, ERR_INVALID,
				arena_printf(reader->arena, "%s is missing", fields[i].name).ptr);
		if (!body_read_member(&member))
			return false;
	}
	return true;
}

/* One value into the arena; false when it does not fit into what the request may have. */
static bool body_emit(struct body_reader *reader, const json_t *value, size_t name_len, struct str *out)
{
	struct buf json;
	buf_init(&json, reader->variables_left);
	json_emit_value(&json, value);
	bool fits = !json.overflow && json.len + name_len <= reader->variables_left;
	if (fits) {
		reader->variables_left -= json.len + name_len;
		*out = arena_str(reader->arena, buf_str(&json));
	}
	buf_free(&json);
	return fits;
}

bool body_read_variables(
	struct body_reader *reader, json_t *object, const char *place, struct body_variables *out)
{
	if (!json_is_object(object))
		return body_refuse(reader, (struct str){arena_str_c(reader->arena, str_from_c(place)), strlen(place)},
			ERR_INVALID, "variables are an object of names and values");
	size_t count = 0;
	struct command_variable *items = arena_array(reader->arena, json_object_size(object), sizeof *items);
	const char *key;
	const json_t *value;
	json_object_foreach(object, key, value) {
		struct str name = str_from_c(key);
		if (!body_is_name(name))
			return body_refuse(reader, body_place(reader, place, name), ERR_INVALID,
				"a variable's name has 1 to 255 characters and no control characters");
		items[count].name = name;
		if (!body_emit(reader, value, name.len, &items[count++].json))
			return body_refuse(
				reader, body_place(reader, place, name), ERR_TOO_LARGE, "the variables of the request are too large");
	}
	*out = (struct body_variables){.items = items, .count = count};
	return true;
}
