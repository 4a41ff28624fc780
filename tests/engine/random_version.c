/* SPDX-License-Identifier: Apache-2.0
 *
 * Another version of a random diagram. The text is changed, not what it was made from: one line is a flow or a node without
 * anything inside, or begins or ends a sub-process; so a line can leave together with all that name it.
 */
#include "config.h"

#include "tests/engine/random_model.h"

#include <stddef.h>

#define VERSION_CHANGES_MAX 4

/* With its end. */
static struct str version_next_line(struct str *rest)
{
	size_t end = str_find_char(*rest, '\n');
	struct str line = str_slice(*rest, 0, end == STR_NONE ? rest->len : end + 1);
	*rest = str_slice(*rest, line.len, rest->len);
	return line;
}

/* ptr NULL: it has none. */
static struct str version_id(struct str line)
{
	struct str word = STR(" id=\"");
	size_t at = str_find(line, word);
	if (at == STR_NONE)
		return (struct str){0};
	struct str rest = str_slice(line, at + word.len, line.len);
	return str_slice(rest, 0, str_find_char(rest, '"'));
}

static bool version_is_flow(struct str line)
{
	return str_starts_with(line, STR("<sequenceFlow "));
}

static bool version_is_node(struct str line)
{
	struct str id = version_id(line);
	return id.ptr && !version_is_flow(line) && (id.ptr[0] == 'n' || id.ptr[0] == 'm');
}

/* The last thing that the line closes is what it has opened. */
static bool version_is_whole(struct str line)
{
	struct str text = str_trim(line);
	struct str tag = str_slice(text, 1, str_find_char(text, ' ') - 1);
	size_t end = text.len > tag.len + 3 ? text.len - tag.len - 3 : 0;
	if (str_ends_with(text, STR("/>")))
		return str_find_char(str_slice(text, 1, text.len), '<') == STR_NONE;
	return str_starts_with(str_slice(text, end, text.len), STR("</")) &&
	       str_equal(str_slice(text, end + 2, tag.len), tag);
}

static bool version_is_whole_node(struct str line)
{
	return version_is_node(line) && version_is_whole(line);
}

/* Any line of the kind; empty: there is none. */
static struct str version_pick(struct str text, struct random *random, bool (*is_one)(struct str line))
{
	struct str picked = {0};
	int seen = 0;
	while (text.len > 0) {
		struct str line = version_next_line(&text);
		if (is_one(line) && random_below(random, ++seen) == 0)
			picked = line;
	}
	return picked;
}

static bool version_names(struct str line, struct str id)
{
	for (size_t at; (at = str_find(line, id)) != STR_NONE; line = str_slice(line, at + id.len, line.len))
		if (at > 0 && line.ptr[at - 1] == '"' && at + id.len < line.len && line.ptr[at + id.len] == '"')
			return true;
	return false;
}

/* ---- changes ---- */

/* A node and all flows to it and from it. */
static void version_remove(struct buf *out, struct random *random, struct str text)
{
	struct str id = version_id(version_pick(text, random, version_is_whole_node));
	while (text.len > 0) {
		struct str line = version_next_line(&text);
		if (!id.ptr || !version_names(line, id))
			buf_add_str(out, line);
	}
}

/* A task in the middle of a flow, of which either half keeps the id. */
static void version_insert(struct buf *out, struct random *random, struct str text)
{
	struct str flow = version_pick(text, random, version_is_flow), to = STR("targetRef=\"");
	while (text.len > 0) {
		struct str line = version_next_line(&text);
		if (line.ptr != flow.ptr) {
			buf_add_str(out, line);
			continue;
		}
		struct str id = version_id(line), before = str_slice(line, 0, str_find(line, to) + to.len);
		struct str rest = str_slice(line, before.len, line.len);
		struct str target = str_slice(rest, 0, str_find_char(rest, '"'));
		const char *tag = random_below(random, 2) ? "task" : "userTask bpmnd:assignee=\"lin\"";
		buf_printf(out, "%.*snew-%.*s%.*s<%s id=\"new-%.*s\"/>\n", STR_ARG(before), STR_ARG(id),
			STR_ARG(str_slice(rest, target.len, rest.len)), tag, STR_ARG(id));
		buf_printf(out, "<sequenceFlow id=\"on-%.*s\" sourceRef=\"new-%.*s\" targetRef=\"%.*s\"/>\n", STR_ARG(id),
			STR_ARG(id), STR_ARG(target));
	}
}

/* "n7" becomes "m7", or the other way round. */
static void version_rename(struct buf *out, struct random *random, struct str text)
{
	struct str id = version_id(version_pick(text, random, version_is_node));
	char other = id.ptr && id.ptr[0] == 'n' ? 'm' : 'n';
	for (size_t at; id.ptr && (at = str_find(text, id)) != STR_NONE;) {
		bool whole = at > 0 && text.ptr[at - 1] == '"' && at + id.len < text.len && text.ptr[at + id.len] == '"';
		buf_add_str(out, str_slice(text, 0, at));
		buf_add_char(out, whole ? other : id.ptr[0]);
		text = str_slice(text, at + 1, text.len);
	}
	buf_add_str(out, text);
}

void random_version(struct buf *xml, struct random *random, struct str diagram)
{
	static void (*const changes[])(struct buf * out, struct random * random, struct str text) = {
		version_insert, version_remove, version_rename, version_rename};
	struct buf texts[2];
	buf_init(&texts[0], SIZE_MAX);
	buf_init(&texts[1], SIZE_MAX);
	buf_add_str(&texts[0], diagram);
	int count = 1 + random_below(random, VERSION_CHANGES_MAX);
	for (int i = 0; i < count; i++) {
		buf_clear(&texts[(i + 1) % 2]);
		changes[random_below(random, 4)](&texts[(i + 1) % 2], random, buf_str(&texts[i % 2]));
	}
	buf_add_str(xml, buf_str(&texts[count % 2]));
	buf_free(&texts[0]);
	buf_free(&texts[1]);
}
