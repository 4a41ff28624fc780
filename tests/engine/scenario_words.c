/* SPDX-License-Identifier: Apache-2.0
 *
 * Words of a line: separated by blanks; a quoted text is one word, and so is a JSON object or list.
 */
#include "config.h"

#include "tests/engine/scenario.h"

#include "base/iso8601.h"

static bool words_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Length of a word whose brackets and quotes must close; 0: they do not. */
static size_t words_length(struct str text)
{
	int depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']'))
			depth--;
		else if (!quoted && depth == 0 && words_is_blank(c))
			return i;
	}
	return quoted || depth != 0 ? 0 : text.len;
}

static struct str words_unquote(struct str raw)
{
	bool quoted = raw.len >= 2 && raw.ptr[0] == '"' && raw.ptr[raw.len - 1] == '"';
	return quoted ? str_slice(raw, 1, raw.len - 2) : raw;
}

bool scenario_split(struct scenario *scenario, struct str text, struct scenario_line *line)
{
	*line = (struct scenario_line){0};
	text = str_trim(text);
	while (text.len > 0 && text.ptr[0] != '#') {
		size_t length = words_length(text);
		if (length == 0 || line->count == SCENARIO_WORDS_MAX)
			return scenario_fail(scenario, "unbalanced quotes or brackets, or too many words");
		struct str raw = str_slice(text, 0, length);
		line->words[line->count++] = (struct scenario_word){.raw = raw, .text = words_unquote(raw)};
		text = str_trim(str_slice(text, length, text.len));
	}
	line->result = line->count;
	for (size_t i = line->count; i-- > 0;)
		if (str_equal_c(line->words[i].raw, "->"))
			line->result = i;
	return true;
}

struct scenario_word *scenario_next(struct scenario_line *line)
{
	for (size_t i = 0; i < line->result; i++) {
		if (!line->words[i].used) {
			line->words[i].used = true;
			return &line->words[i];
		}
	}
	return NULL;
}

struct scenario_word *scenario_option(struct scenario_line *line, const char *name)
{
	for (size_t i = 0; i + 1 < line->result; i++) {
		if (line->words[i].used || line->words[i + 1].used || !str_equal_c(line->words[i].raw, name))
			continue;
		line->words[i].used = line->words[i + 1].used = true;
		return &line->words[i + 1];
	}
	return NULL;
}

bool scenario_flag(struct scenario_line *line, const char *name)
{
	for (size_t i = 0; i < line->result; i++) {
		if (!line->words[i].used && str_equal_c(line->words[i].raw, name)) {
			line->words[i].used = true;
			return true;
		}
	}
	return false;
}

bool scenario_integer(struct scenario *scenario, struct str text, int64_t *out)
{
	return str_to_int64(text, out) || scenario_fail(scenario, "expected a number, got %.*s", STR_ARG(text));
}

bool scenario_time(struct scenario *scenario, struct str text, int64_t *out)
{
	struct iso8601_duration duration;
	bool good = true;
	if (text.len > 0 && (text.ptr[0] == 'P' || text.ptr[0] == '-')) {
		good = iso8601_parse_duration(text, &duration, NULL);
		if (good)
			*out = iso8601_add(scenario->world.now, &duration, 1);
	} else {
		good = iso8601_parse_time(text, out, NULL);
	}
	return good || scenario_fail(scenario, "expected a time or a duration, got %.*s", STR_ARG(text));
}

struct str *scenario_names(struct scenario *scenario, struct str list, size_t *count)
{
	struct str *names = arena_array(scenario->arena, SCENARIO_WORDS_MAX, sizeof *names);
	*count = 0;
	while (list.ptr && *count < SCENARIO_WORDS_MAX)
		names[(*count)++] = str_split(&list, ',');
	return names;
}
