/* SPDX-License-Identifier: Apache-2.0
 *
 * The events of libyaml as a tree.
 */
#include "config.h"

#include "api/try_yaml.h"

#include <stdarg.h>
#include <string.h>

#include <yaml.h>

#include "base/json.h"

#define YAML_DEPTH_MAX JSON_DEPTH_MAX

struct yaml_reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct err *err;
};

bool yaml_fail(const struct yaml_node *node, struct err *err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	err_vset(err, ERR_INVALID, format, args);
	va_end(args);
	err_at(err, node->line, node->column);
	return false;
}

static bool yaml_fail_at(struct yaml_reader *reader, yaml_mark_t mark, const char *message)
{
	err_set(reader->err, ERR_INVALID, "%s", message);
	err_at(reader->err, (int)mark.line + 1, (int)mark.column + 1);
	return false;
}

static bool yaml_take(struct yaml_reader *reader, yaml_event_t *event)
{
	const yaml_parser_t *parser = &reader->parser;
	return yaml_parser_parse(&reader->parser, event) ||
	       yaml_fail_at(reader, parser->problem_mark, parser->problem ? parser->problem : "this is no YAML");
}

static struct str yaml_text(struct yaml_reader *reader, const yaml_event_t *event)
{
	return arena_str(reader->arena, (struct str){(const char *)event->data.scalar.value, event->data.scalar.length});
}

static bool yaml_is_tagged(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.tag || event->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.tag || event->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.tag || event->data.mapping_start.anchor;
	case YAML_ALIAS_EVENT:
		return true;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		break;
	}
	return false;
}

static struct yaml_node *yaml_read_node(struct yaml_reader *reader, yaml_event_t *event, int depth);

/* The next node; *end: the list or mapping has ended instead. */
static struct yaml_node *yaml_read_next(struct yaml_reader *reader, yaml_event_type_t end_type, bool *end, int depth)
{
	yaml_event_t event;
	if (!yaml_take(reader, &event))
		return NULL;
	*end = event.type == end_type;
	struct yaml_node *node = *end ? NULL : yaml_read_node(reader, &event, depth);
	yaml_event_delete(&event);
	return node;
}

static bool yaml_read_list(struct yaml_reader *reader, struct yaml_node *list, int depth)
{
	struct yaml_node **last = &list->first;
	bool end = false;
	while (true) {
		struct yaml_node *item = yaml_read_next(reader, YAML_SEQUENCE_END_EVENT, &end, depth);
		if (!item)
			return end;
		*last = item;
		last = &item->next;
		list->count++;
	}
}

static bool yaml_take_key(struct yaml_reader *reader, const struct yaml_node *map, const struct yaml_node *key)
{
	if (key->kind != YAML_SCALAR)
		return yaml_fail(key, reader->err, "a key must be a word");
	for (const struct yaml_node *member = map->first; member; member = member->next)
		if (str_equal(member->key, key->text))
			return yaml_fail(key, reader->err, "%.*s stands here twice", STR_ARG(key->text));
	return true;
}

static bool yaml_read_map(struct yaml_reader *reader, struct yaml_node *map, int depth)
{
	struct yaml_node **last = &map->first;
	bool end = false;
	while (true) {
		const struct yaml_node *key = yaml_read_next(reader, YAML_MAPPING_END_EVENT, &end, depth);
		if (!key || !yaml_take_key(reader, map, key))
			return end;
		struct yaml_node *value = yaml_read_next(reader, YAML_NO_EVENT, &end, depth);
		if (!value)
			return false;
		value->key = key->text;
		value->key_line = key->line;
		value->key_column = key->column;
		*last = value;
		last = &value->next;
		map->count++;
	}
}

static struct yaml_node *yaml_read_node(struct yaml_reader *reader, yaml_event_t *event, int depth)
{
	struct yaml_node *node = arena_new_object(reader->arena, struct yaml_node);
	node->line = (int)event->start_mark.line + 1;
	node->column = (int)event->start_mark.column + 1;
	const char *refusal = yaml_is_tagged(event)     ? "tags, anchors and aliases are not read here"
	                      : depth >= YAML_DEPTH_MAX ? "this is nested too deeply"
	                                                : NULL;
	if (refusal) {
		yaml_fail(node, reader->err, "%s", refusal);
		return NULL;
	}
	if (event->type == YAML_SCALAR_EVENT) {
		node->kind = YAML_SCALAR;
		node->text = yaml_text(reader, event);
		node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		return node;
	}
	bool list = event->type == YAML_SEQUENCE_START_EVENT;
	node->kind = list ? YAML_LIST : YAML_MAP;
	bool good = list ? yaml_read_list(reader, node, depth + 1) : yaml_read_map(reader, node, depth + 1);
	return good ? node : NULL;
}

/* Events of the stream and the document; what is not of that type is refused with the message. */
static bool yaml_expect(struct yaml_reader *reader, yaml_event_type_t type, const char *message)
{
	yaml_event_t event;
	if (!yaml_take(reader, &event))
		return false;
	bool good = event.type == type || yaml_fail_at(reader, event.start_mark, message);
	yaml_event_delete(&event);
	return good;
}

static struct yaml_node *yaml_read_document(struct yaml_reader *reader)
{
	bool end = false;
	if (!yaml_expect(reader, YAML_STREAM_START_EVENT, "this is no YAML") ||
		!yaml_expect(reader, YAML_DOCUMENT_START_EVENT, "there is nothing in it"))
		return NULL;
	struct yaml_node *node = yaml_read_next(reader, YAML_NO_EVENT, &end, 0);
	bool good = node && yaml_expect(reader, YAML_DOCUMENT_END_EVENT, "this is no YAML") &&
	            yaml_expect(reader, YAML_STREAM_END_EVENT, "one document is enough");
	return good ? node : NULL;
}

struct yaml_node *yaml_read(struct arena *arena, struct str text, struct err *err)
{
	struct yaml_reader reader = {.arena = arena, .err = err};
	if (!yaml_parser_initialize(&reader.parser)) {
		err_set(err, ERR_INTERNAL, "out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len);
	struct yaml_node *node = yaml_read_document(&reader);
	yaml_parser_delete(&reader.parser);
	return node;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml_node *member = map->first; member; member = member->next)
		if (str_equal_c(member->key, key))
			return member;
	return NULL;
}

/* ---- values ---- */

bool yaml_is_null(const struct yaml_node *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};
	for (size_t i = 0; node->kind == YAML_SCALAR && !node->quoted && i < sizeof words / sizeof *words; i++)
		if (str_equal_c(node->text, words[i]))
			return true;
	return false;
}

static bool yaml_is_number(struct str text)
{
	size_t i = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
	return i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9';
}

/* What looks like a number and is none in JSON (1.2.3, 0x1F, 2026-01-01, 007) is text. */
static bool yaml_emit_scalar(const struct yaml_node *node, struct buf *buf, struct err *err)
{
	struct err problem = {0};
	if (yaml_is_null(node)) {
		buf_add_c(buf, "null");
		return true;
	}
	bool word = str_equal_c(node->text, "true") || str_equal_c(node->text, "false");
	json_t *value = !node->quoted && (word || yaml_is_number(node->text)) ? json_parse(node->text, &problem) : NULL;
	if (!value && problem.code == ERR_INVALID)
		return yaml_fail(node, err, "%s", problem.message);
	if (value)
		json_emit_value(buf, value);
	else
		json_emit_str(buf, node->text);
	json_decref(value);
	return true;
}

static bool yaml_emit(const struct yaml_node *node, struct buf *buf, struct err *err)
{
	bool map = node->kind == YAML_MAP, good = true;
	if (node->kind == YAML_SCALAR)
		return yaml_emit_scalar(node, buf, err);
	buf_add_char(buf, map ? '{' : '[');
	for (const struct yaml_node *inner = node->first; inner && good; inner = inner->next) {
		json_next(buf);
		if (map)
			json_emit_str(buf, inner->key);
		if (map)
			buf_add_char(buf, ':');
		good = yaml_emit(inner, buf, err);
	}
	buf_add_char(buf, map ? '}' : ']');
	return good;
}

bool yaml_to_json(struct arena *arena, const struct yaml_node *node, struct str *out, struct err *err)
{
	struct buf buf;
	buf_init(&buf, SIZE_MAX);
	bool good = yaml_emit(node, &buf, err);
	*out = arena_str(arena, buf_str(&buf));
	buf_free(&buf);
	return good;
}
