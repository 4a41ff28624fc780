/* SPDX-License-Identifier: Apache-2.0
 *
 * A list searched from the front while it is short, with a hash index once it is long.
 */
#include "config.h"

#include "engine/variables.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/json.h"

#define VARIABLES_INDEX_FROM 16

static struct str variables_copy(struct str s)
{
	char *copy = alloc_bytes(s.len + 1);
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return (struct str){copy, s.len};
}

static void variables_release(struct str owned)
{
	free((void *)(uintptr_t)owned.ptr);
}

void variables_free(struct variables *variables)
{
	for (size_t i = 0; i < variables->list.len; i++) {
		variables_release(variables->list.items[i].name);
		variables_release(variables->list.items[i].json);
	}
	vec_free(&variables->list);
	map_free(&variables->index);
}

static struct variable *variables_find(const struct variables *variables, struct str name)
{
	if (variables->index.len > 0) {
		uintptr_t position = (uintptr_t)map_get(&variables->index, name);
		return position ? &variables->list.items[position - 1] : NULL;
	}
	for (size_t i = 0; i < variables->list.len; i++)
		if (str_equal(variables->list.items[i].name, name))
			return &variables->list.items[i];
	return NULL;
}

static void variables_index(struct variables *variables, size_t from)
{
	for (size_t i = from; i < variables->list.len; i++)
		map_put(&variables->index, variables->list.items[i].name, (void *)(uintptr_t)(i + 1));
}

struct str variables_get(const struct variables *variables, struct str name)
{
	const struct variable *variable = variables_find(variables, name);
	return variable ? variable->json : (struct str){0};
}

bool variables_put(struct variables *variables, struct str name, struct str json)
{
	struct variable *known = variables_find(variables, name);
	if (known && str_equal(known->json, json))
		return false;
	if (known) {
		struct str fresh = variables_copy(json); /* before the release: json may be the old text's own slice */
		variables_release(known->json);
		known->json = fresh;
		return true;
	}
	struct variable fresh = {variables_copy(name), variables_copy(json)};
	vec_add(&variables->list, fresh);
	if (variables->list.len == VARIABLES_INDEX_FROM)
		variables_index(variables, 0);
	else if (variables->list.len > VARIABLES_INDEX_FROM)
		variables_index(variables, variables->list.len - 1);
	return true;
}

bool variables_remove(struct variables *variables, struct str name)
{
	struct variable *known = variables_find(variables, name);
	if (!known)
		return false;
	variables_release(known->name);
	variables_release(known->json);
	struct variable *end = variables->list.items + --variables->list.len;
	memmove(known, known + 1, (size_t)(end - known) * sizeof *known);
	map_clear(&variables->index);
	if (variables->list.len >= VARIABLES_INDEX_FROM)
		variables_index(variables, 0);
	return true;
}

void variables_to_json(struct buf *buf, const struct variables *variables)
{
	json_object_begin(buf);
	for (size_t i = 0; i < variables->list.len; i++) {
		json_member_named(buf, variables->list.items[i].name);
		buf_add_str(buf, variables->list.items[i].json);
	}
	json_object_end(buf);
}

/* ---- JSON object text -> variables ----
 *
 * Cut up by its punctuation and not read through json_parse: values come back from the database, and a number that an
 * expression has computed may have more digits than json_parse takes from outside. What is written here is compact and
 * otherwise as it stood, but for one thing: jsonb spells 1e20 out.
 */

static bool variables_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void variables_skip_space(struct str *rest)
{
	while (rest->len > 0 && variables_is_space(rest->ptr[0]))
		*rest = str_slice(*rest, 1, rest->len);
}

static bool variables_accept(struct str *rest, char c)
{
	variables_skip_space(rest);
	if (rest->len == 0 || rest->ptr[0] != c)
		return false;
	*rest = str_slice(*rest, 1, rest->len);
	return true;
}

/* The length of the string literal at the front, quotes included; 0 where there is none. */
static size_t variables_quoted_length(struct str text)
{
	if (text.len == 0 || text.ptr[0] != '"')
		return 0;
	for (size_t i = 1; i < text.len; i++) {
		if (text.ptr[i] == '"')
			return i + 1;
		if (text.ptr[i] == '\\')
			i++;
	}
	return 0;
}

static size_t variables_number_length(struct str text)
{
	size_t len = 0;
	while (len < text.len && text.ptr[len] != '\0' && strchr("+-.0123456789eE", text.ptr[len]))
		len++;
	return len;
}

/* An integer past int64 that a double holds gets its trailing zeros back as an exponent. */
static void variables_add_number(struct buf *out, struct str number)
{
	size_t zeros = 0;
	bool integer = str_find_char(number, '.') == STR_NONE && str_find_char(number, 'e') == STR_NONE &&
	               str_find_char(number, 'E') == STR_NONE;
	int64_t fits;
	if (integer && !str_to_int64(number, &fits))
		while (zeros + 1 < number.len && number.ptr[number.len - zeros - 1] == '0')
			zeros++;
	if (number.len - zeros > DBL_DIG)
		zeros = 0;
	buf_add(out, number.ptr, number.len - zeros);
	if (zeros > 0)
		buf_printf(out, "e%zu", zeros);
}

/* Moves one value to `out`: up to the comma or bracket that ends it. */
static bool variables_take_value(struct str *rest, struct buf *out)
{
	int depth = 0;
	variables_skip_space(rest);
	while (rest->len > 0) {
		char c = rest->ptr[0];
		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			return out->len > 0;
		size_t len = variables_quoted_length(*rest);
		size_t number = len > 0 ? 0 : variables_number_length(*rest);
		if (number > 0 && (c == '-' || (c >= '0' && c <= '9')))
			variables_add_number(out, str_slice(*rest, 0, len = number));
		else if (!variables_is_space(c))
			buf_add(out, rest->ptr, len = len > 0 ? len : 1);
		else
			len = 1;
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		*rest = str_slice(*rest, len, rest->len);
	}
	return false;
}

/* Escapes are rare in names: jansson reads those. */
static bool variables_put_member(struct variables *variables, struct str quoted_name, struct str json)
{
	struct str inside = str_slice(quoted_name, 1, quoted_name.len - 2);
	if (str_find_char(inside, '\\') == STR_NONE) {
		variables_put(variables, inside, json);
		return true;
	}
	json_t *name = json_parse(quoted_name, NULL);
	if (name)
		variables_put(variables, json_str(name), json);
	json_decref(name);
	return name != NULL;
}

static bool variables_take_member(struct variables *variables, struct str *rest, struct buf *value)
{
	variables_skip_space(rest);
	size_t len = variables_quoted_length(*rest);
	struct str name = str_slice(*rest, 0, len);
	*rest = str_slice(*rest, len, rest->len);
	buf_clear(value);
	return len > 0 && variables_accept(rest, ':') && variables_take_value(rest, value) &&
	       variables_put_member(variables, name, buf_str(value));
}

bool variables_from_json(struct variables *variables, struct str object, struct err *err)
{
	struct str rest = object;
	struct buf value;
	buf_init(&value, SIZE_MAX);
	bool good = variables_accept(&rest, '{');
	if (good && !variables_accept(&rest, '}')) {
		do
			good = variables_take_member(variables, &rest, &value);
		while (good && variables_accept(&rest, ','));
		good = good && variables_accept(&rest, '}');
	}
	buf_free(&value);
	return good || err_set(err, ERR_INVALID, "variables must be a JSON object");
}

/* ---- merge patch ---- */

static bool variables_is_object(struct str json)
{
	return json.len > 0 && json.ptr[0] == '{';
}

/* As deep as JSON_DEPTH_MAX lets values be. Texts are cut up, not decoded, so that what is not
 * patched stays as it was. */
static bool variables_merge(struct str target, struct str patch, struct buf *out)
{
	struct variables members = {0}, changes = {0};
	bool good = variables_from_json(&members, target, NULL) && variables_from_json(&changes, patch, NULL);
	for (size_t i = 0; good && i < changes.list.len; i++)
		variables_patch(&members, changes.list.items[i].name, changes.list.items[i].json);
	if (good)
		variables_to_json(out, &members);
	variables_free(&members);
	variables_free(&changes);
	return good;
}

bool variables_patch(struct variables *variables, struct str name, struct str json)
{
	struct buf merged;
	if (str_equal_c(json, "null"))
		return variables_remove(variables, name);
	buf_init(&merged, SIZE_MAX);
	struct str old = variables_get(variables, name);
	if (variables_is_object(json) && variables_merge(variables_is_object(old) ? old : STR("{}"), json, &merged))
		json = buf_str(&merged);
	bool changed = variables_put(variables, name, json);
	buf_free(&merged);
	return changed;
}
