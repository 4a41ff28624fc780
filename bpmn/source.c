/* SPDX-License-Identifier: Apache-2.0
 *
 * Places in an XML text, and the little of XML's grammar that is needed to find them: tags with their attributes,
 * references, CDATA sections and comments. Well-formedness is libxml2's to judge.
 */
#include "config.h"

#include "bpmn/source.h"

#include <string.h>

void source_advance(struct str text, struct source_cursor *cursor, size_t offset)
{
	if (offset > text.len)
		offset = text.len;
	for (; cursor->offset < offset; cursor->offset++) {
		unsigned char byte = (unsigned char)text.ptr[cursor->offset];
		if (byte == '\n') {
			cursor->line++;
			cursor->column = 1;
		} else if ((byte & 0xC0) != 0x80) {
			cursor->column++;
		}
	}
}

struct source_cursor source_locate(struct str text, size_t offset)
{
	struct source_cursor cursor = SOURCE_START;
	source_advance(text, &cursor, offset);
	return cursor;
}

static bool source_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t source_skip_space(struct str text, size_t offset)
{
	while (offset < text.len && source_is_space(text.ptr[offset]))
		offset++;
	return offset;
}

static size_t source_name_end(struct str text, size_t offset)
{
	while (offset < text.len && !source_is_space(text.ptr[offset]) && !strchr("=/><\"'", text.ptr[offset]))
		offset++;
	return offset;
}

size_t source_tag_name_end(struct str text, size_t offset)
{
	return source_name_end(text, offset + 1);
}

static char source_at(struct str text, size_t offset)
{
	return offset < text.len ? text.ptr[offset] : '\0';
}

static enum source_part source_tag_end(struct str text, size_t *offset)
{
	if (source_at(text, *offset) == '>') {
		*offset += 1;
		return SOURCE_TAG_END;
	}
	if (source_at(text, *offset) == '/' && source_at(text, *offset + 1) == '>') {
		*offset += 2;
		return SOURCE_EMPTY_TAG_END;
	}
	return SOURCE_BROKEN;
}

enum source_part source_next_attribute(struct str text, size_t *offset, struct source_attribute *out)
{
	*offset = source_skip_space(text, *offset);
	size_t name_end = source_name_end(text, *offset);
	if (name_end == *offset)
		return source_tag_end(text, offset);
	out->name = str_slice(text, *offset, name_end - *offset);
	size_t equals = source_skip_space(text, name_end);
	if (source_at(text, equals) != '=')
		return SOURCE_BROKEN;
	size_t open = source_skip_space(text, equals + 1);
	char quote = source_at(text, open);
	if (quote != '"' && quote != '\'')
		return SOURCE_BROKEN;
	size_t length = str_find_char(str_slice(text, open + 1, text.len), quote);
	if (length == STR_NONE)
		return SOURCE_BROKEN;
	out->value = str_slice(text, open + 1, length);
	*offset = open + 1 + length + 1;
	return SOURCE_ATTRIBUTE;
}

bool source_is_namespace(struct str attribute_name)
{
	return str_equal(attribute_name, STR("xmlns")) || str_starts_with(attribute_name, STR("xmlns:"));
}

size_t source_attribute_value(struct str text, size_t offset, size_t index)
{
	struct source_attribute attribute;
	size_t at = source_tag_name_end(text, offset);
	while (source_next_attribute(text, &at, &attribute) == SOURCE_ATTRIBUTE) {
		if (!source_is_namespace(attribute.name) && index-- == 0)
			return (size_t)(attribute.value.ptr - text.ptr);
	}
	return offset;
}

/* The offset behind the next occurrence of end, or the end of the text. */
static size_t source_behind(struct str text, size_t offset, struct str end)
{
	size_t found = str_find(str_slice(text, offset, text.len), end);
	return found == STR_NONE ? text.len : offset + found + end.len;
}

/* Skips what stands in the text and is not part of the value. */
static size_t source_skip_markup(struct str text, size_t offset, bool *cdata)
{
	for (;;) {
		struct str rest = str_slice(text, offset, text.len);
		if (*cdata && str_starts_with(rest, STR("]]>"))) {
			*cdata = false;
			offset += 3;
		} else if (*cdata) {
			return offset;
		} else if (str_starts_with(rest, STR("<![CDATA["))) {
			*cdata = true;
			offset += 9;
		} else if (str_starts_with(rest, STR("<!--"))) {
			offset = source_behind(text, offset, STR("-->"));
		} else if (str_starts_with(rest, STR("<?"))) {
			offset = source_behind(text, offset, STR("?>"));
		} else {
			return offset;
		}
	}
}

static size_t source_next_character(struct str text, size_t offset, bool cdata)
{
	if (text.ptr[offset] == '&' && !cdata)
		return source_behind(text, offset, STR(";"));
	if (text.ptr[offset] == '\r' && source_at(text, offset + 1) == '\n')
		return offset + 2;
	do
		offset++;
	while (offset < text.len && ((unsigned char)text.ptr[offset] & 0xC0) == 0x80);
	return offset;
}

size_t source_character(struct str text, size_t offset, size_t index)
{
	bool cdata = false;
	for (;;) {
		offset = source_skip_markup(text, offset, &cdata);
		if (index == 0 || offset >= text.len || (!cdata && text.ptr[offset] == '<'))
			return offset;
		offset = source_next_character(text, offset, cdata);
		index--;
	}
}
