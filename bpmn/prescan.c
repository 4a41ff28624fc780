/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk: text, tag, comment, CDATA, processing instruction, each by its first characters, each skipped to its end.
 * One pass, no recursion, memory only for the tags found. What is not well-formed in other ways is left to libxml2.
 */
#include "config.h"

#include "bpmn/prescan.h"

#include <stdarg.h>
#include <stdlib.h>

#include "bpmn/bpmn.h"
#include "bpmn/source.h"

struct prescan_state {
	struct prescan *scan;
	struct str text;
	struct source_cursor at;
	int depth;
	int namespaces[BPMN_DEPTH_MAX + 1]; /* declarations in scope at each depth */
	size_t run;                         /* bytes of character data since the last tag */
	struct err *err;
};

static bool prescan_fail(struct prescan_state *state, enum err_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool prescan_fail(struct prescan_state *state, enum err_code code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	err_vset(state->err, code, format, args);
	va_end(args);
	err_at(state->err, state->at.line, state->at.column);
	return false;
}

static struct str prescan_rest(const struct prescan_state *state)
{
	return str_slice(state->text, state->at.offset, state->text.len);
}

/* Moves behind the next `end`. */
static bool prescan_skip_to(struct prescan_state *state, size_t skip, struct str end, const char *what)
{
	struct str rest = str_slice(state->text, state->at.offset + skip, state->text.len);
	size_t found = str_find(rest, end);
	if (found == STR_NONE)
		return prescan_fail(state, ERR_BAD_REQUEST, "this %s has no end", what);
	source_advance(state->text, &state->at, state->at.offset + skip + found + end.len);
	return true;
}

/* Only character references and the five names that XML itself has. */
static bool prescan_reference(struct prescan_state *state, struct str rest)
{
	static const struct str known[] = {
		STR_INIT("&#"),
		STR_INIT("&amp;"),
		STR_INIT("&lt;"),
		STR_INIT("&gt;"),
		STR_INIT("&quot;"),
		STR_INIT("&apos;"),
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (str_starts_with(rest, known[i]))
			return true;
	}
	source_advance(state->text, &state->at, (size_t)(rest.ptr - state->text.ptr));
	size_t end = str_find_char(str_slice(rest, 0, 64), ';');
	if (end == STR_NONE)
		return prescan_fail(state, ERR_BAD_REQUEST, "'&' must be written as &amp;");
	return prescan_fail(state, ERR_MODEL, "entities are not allowed: only &amp; &lt; &gt; &quot; &apos; and &#...;");
}

static bool prescan_references(struct prescan_state *state, struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		size_t next = str_find_char(str_slice(value, i, value.len), '&');
		if (next == STR_NONE)
			return true;
		i += next;
		if (!prescan_reference(state, str_slice(value, i, value.len)))
			return false;
	}
	return true;
}

static bool prescan_add_run(struct prescan_state *state, size_t bytes)
{
	state->run += bytes;
	if (state->run > BPMN_TEXT_BYTES_MAX)
		return prescan_fail(state, ERR_MODEL, "more than %u bytes of text in one place", BPMN_TEXT_BYTES_MAX);
	return true;
}

static bool prescan_text(struct prescan_state *state)
{
	struct str rest = prescan_rest(state);
	size_t length = str_find_char(rest, '<');
	if (length == STR_NONE)
		length = rest.len;
	struct str text = str_slice(rest, 0, length);
	if (state->scan->tags.len == 0 && str_trim(text).len > 0)
		return prescan_fail(state, ERR_BAD_REQUEST, "not XML: expected '<'");
	size_t end = state->at.offset + length;
	if (!prescan_add_run(state, length) || !prescan_references(state, text))
		return false;
	source_advance(state->text, &state->at, end);
	return true;
}

static bool prescan_comment(struct prescan_state *state)
{
	return prescan_skip_to(state, 4, STR("-->"), "comment");
}

static bool prescan_instruction(struct prescan_state *state)
{
	return prescan_skip_to(state, 2, STR("?>"), "processing instruction");
}

static bool prescan_cdata(struct prescan_state *state)
{
	size_t begin = state->at.offset;
	return prescan_skip_to(state, 9, STR("]]>"), "CDATA section") && prescan_add_run(state, state->at.offset - begin);
}

static bool prescan_declaration(struct prescan_state *state)
{
	if (str_starts_with(prescan_rest(state), STR("<!DOCTYPE")))
		return prescan_fail(state, ERR_MODEL, "a document type declaration (DOCTYPE) is not allowed");
	return prescan_fail(state, ERR_BAD_REQUEST, "not XML: no markup begins with '<!' here");
}

static bool prescan_end_tag(struct prescan_state *state)
{
	if (state->depth > 0)
		state->depth--;
	state->run = 0;
	return prescan_skip_to(state, 2, STR(">"), "end tag");
}

static bool prescan_enter(struct prescan_state *state, int namespaces)
{
	if (state->depth >= BPMN_DEPTH_MAX)
		return prescan_fail(state, ERR_MODEL, "elements are nested deeper than %d", BPMN_DEPTH_MAX);
	int in_scope = state->namespaces[state->depth] + namespaces;
	if (in_scope > BPMN_NAMESPACES_MAX)
		return prescan_fail(state, ERR_MODEL, "more than %d namespace declarations in scope", BPMN_NAMESPACES_MAX);
	state->namespaces[++state->depth] = in_scope;
	return true;
}

/* Reads the attributes of a tag; moves *end behind it. */
static enum source_part prescan_attributes(struct prescan_state *state, size_t *end, int *namespaces)
{
	struct source_attribute attribute;
	struct source_cursor tag = state->at;
	enum source_part part;
	int count = 0;
	while ((part = source_next_attribute(state->text, end, &attribute)) == SOURCE_ATTRIBUTE) {
		if (*end - tag.offset > BPMN_TAG_BYTES_MAX)
			prescan_fail(state, ERR_MODEL, "a tag of more than %u bytes", BPMN_TAG_BYTES_MAX);
		else if (++count > BPMN_ATTRIBUTES_MAX)
			prescan_fail(state, ERR_MODEL, "more than %d attributes in one tag", BPMN_ATTRIBUTES_MAX);
		else if (prescan_references(state, attribute.value)) {
			*namespaces += source_is_namespace(attribute.name);
			continue;
		}
		return SOURCE_BROKEN;
	}
	if (part == SOURCE_BROKEN)
		prescan_fail(state, ERR_BAD_REQUEST, "this tag is not well-formed: expected name=\"value\", '>' or '/>'");
	return part;
}

static bool prescan_start_tag(struct prescan_state *state)
{
	struct source_cursor tag = state->at;
	if (state->scan->tags.len >= BPMN_ELEMENTS_MAX)
		return prescan_fail(state, ERR_MODEL, "more than %d elements", BPMN_ELEMENTS_MAX);
	size_t end = source_tag_name_end(state->text, tag.offset);
	int namespaces = 0;
	enum source_part part = prescan_attributes(state, &end, &namespaces);
	if (part == SOURCE_BROKEN || !prescan_enter(state, namespaces))
		return false;
	if (end - tag.offset > BPMN_TAG_BYTES_MAX)
		return prescan_fail(state, ERR_MODEL, "a tag of more than %u bytes", BPMN_TAG_BYTES_MAX);
	if (part == SOURCE_EMPTY_TAG_END)
		state->depth--;
	vec_add(&state->scan->tags,
		((struct prescan_tag){.offset = tag.offset, .content = end, .line = tag.line, .column = tag.column}));
	state->run = 0;
	source_advance(state->text, &state->at, end);
	return true;
}

/* What the first characters say; the first row that fits. */
static bool prescan_step(struct prescan_state *state)
{
	static const struct {
		struct str begin;
		bool (*read)(struct prescan_state *state);
	} constructs[] = {
		{STR_INIT("<!--"), prescan_comment},
		{STR_INIT("<![CDATA["), prescan_cdata},
		{STR_INIT("<!"), prescan_declaration},
		{STR_INIT("<?"), prescan_instruction},
		{STR_INIT("</"), prescan_end_tag},
		{STR_INIT("<"), prescan_start_tag},
		{STR_INIT(""), prescan_text},
	};
	size_t i = 0;
	while (!str_starts_with(prescan_rest(state), constructs[i].begin))
		i++;
	return constructs[i].read(state);
}

bool prescan_run(struct prescan *scan, struct str text, struct err *err)
{
	*scan = (struct prescan){0};
	struct prescan_state state = {.scan = scan, .text = text, .at = SOURCE_START, .err = err};
	if (str_trim(text).len == 0)
		return prescan_fail(&state, ERR_BAD_REQUEST, "the file is empty");
	while (state.at.offset < text.len) {
		if (!prescan_step(&state))
			return false;
	}
	if (scan->tags.len == 0)
		return prescan_fail(&state, ERR_BAD_REQUEST, "not XML: there is no element");
	return true;
}

void prescan_fini(struct prescan *scan)
{
	vec_free(&scan->tags);
}
