/* SPDX-License-Identifier: Apache-2.0
 *
 * What conditions have to do with one another, read off their texts: `${paid}` and `${!paid}` are one question, of
 * `${n < 10}` and `${n > 50}` one at most is true. Texts that say the same in another way are not seen through.
 */
#include "config.h"

#include "engine/oracle.h"

#include <string.h>

#include "base/map.h"

struct question_text {
	struct str text;
	struct str subject; /* ptr NULL: none */
	bool negated;
};

/* Without spaces, and without the ${} around all of it. */
static struct str question_strip(struct arena *arena, struct str source)
{
	char *text = arena_alloc(arena, source.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < source.len; i++)
		if ((unsigned char)source.ptr[i] > ' ')
			text[len++] = source.ptr[i];
	struct str stripped = {text, len};
	bool wrapped = len > 3 && (text[0] == '$' || text[0] == '#') && text[1] == '{' && text[len - 1] == '}';
	return wrapped ? str_slice(stripped, 2, len - 3) : stripped;
}

static size_t question_find(struct str text, const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i + len <= text.len; i++)
		if (memcmp(text.ptr + i, word, len) == 0)
			return i;
	return text.len;
}

static bool question_has_any(struct str text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr(characters, text.ptr[i]))
			return true;
	return false;
}

/* A comparison and the one that is true when it is not. */
static const struct {
	const char *word, *opposite;
} question_opposites[] = {{"!=", "=="}, {">=", "<"}, {"<=", ">"}};

static void question_turn(struct arena *arena, struct question_text *question)
{
	for (size_t i = 0; i < sizeof question_opposites / sizeof *question_opposites; i++) {
		size_t at = question_find(question->text, question_opposites[i].word);
		if (at == question->text.len)
			continue;
		question->text = arena_printf(arena, "%.*s%s%.*s", STR_ARG(str_slice(question->text, 0, at)),
			question_opposites[i].opposite, STR_ARG(str_slice(question->text, at + 2, question->text.len)));
		question->negated = !question->negated;
		return;
	}
}

/* `!a`, `a == false` and `a != true` ask for a; of what is made with && and || only the whole text counts. */
static struct question_text question_read(struct arena *arena, struct str source)
{
	struct question_text question = {.text = question_strip(arena, source)};
	if (question_has_any(question.text, "&|?"))
		return question;
	if (question.text.len > 1 && question.text.ptr[0] == '!' && !question_has_any(question.text, "=<>")) {
		question.text = str_slice(question.text, 1, question.text.len);
		question.negated = true;
	}
	question_turn(arena, &question);
	size_t equation = question_find(question.text, "==");
	struct str right = str_slice(question.text, equation + 2, question.text.len);
	if (equation < question.text.len && (str_equal_c(right, "true") || str_equal_c(right, "false"))) {
		question.negated ^= str_equal_c(right, "false");
		question.text = str_slice(question.text, 0, equation);
		return question;
	}
	bool differs = equation < question.text.len && question.negated;
	size_t comparison = strcspn(arena_str_c(arena, question.text), "=<>");
	if (comparison < question.text.len && !differs)
		question.subject = str_slice(question.text, 0, comparison);
	return question;
}

/* A text, or a subject, and who speaks of it. */
struct question_group {
	int32_t flows;
	int32_t belief;
	uint32_t known;
	uint32_t truth;
};

struct question_builder {
	struct arena *arena;
	struct map texts;
	struct map subjects;
	int32_t beliefs;
};

static struct question_group *question_group(struct question_builder *builder, struct map *groups, struct str name)
{
	struct question_group *group = name.ptr ? map_get(groups, name) : NULL;
	if (group || !name.ptr)
		return group;
	group = arena_new_object(builder->arena, struct question_group);
	group->belief = GRAPH_NONE;
	map_put(groups, name, group);
	return group;
}

static void question_count(struct question_builder *builder, const struct question_text *text)
{
	struct question_group *subject = question_group(builder, &builder->subjects, text->subject);
	question_group(builder, &builder->texts, text->text)->flows++;
	if (subject)
		subject->flows++;
}

/* What only one flow asks, of something that no other speaks of, is not worth remembering. */
static void question_number(
	struct question_builder *builder, const struct question_text *text, struct oracle_question *question)
{
	struct question_group *same = question_group(builder, &builder->texts, text->text);
	struct question_group *subject = question_group(builder, &builder->subjects, text->subject);
	bool shared = same->flows > 1 || (subject && subject->flows > 1);
	if (same->belief == GRAPH_NONE && shared && builder->beliefs < ORACLE_BELIEFS_MAX)
		same->belief = builder->beliefs++;
	*question = (struct oracle_question){.belief = same->belief, .negated = text->negated};
	if (!subject || same->belief == GRAPH_NONE)
		return;
	uint32_t bit = UINT32_C(1) << same->belief;
	if (!(subject->known & bit) && text->negated)
		subject->truth |= bit;
	subject->known |= bit;
}

static void question_add_rivals(
	struct question_builder *builder, const struct question_text *text, struct oracle_question *question)
{
	const struct question_group *subject = question_group(builder, &builder->subjects, text->subject);
	if (!subject || question->belief == GRAPH_NONE)
		return;
	question->rivals = subject->known & ~(UINT32_C(1) << question->belief);
	question->rivals_truth = subject->truth & question->rivals;
}

const struct oracle_question *oracle_questions(const struct graph *graph, struct arena *arena)
{
	size_t count = (size_t)graph->flow_count;
	struct question_builder builder = {.arena = arena};
	struct question_text *texts = arena_array(arena, count, sizeof *texts);
	struct oracle_question *questions = arena_array(arena, count, sizeof *questions);
	for (size_t i = 0; i < count; i++) {
		questions[i].belief = GRAPH_NONE;
		if (graph->flows[i].condition)
			texts[i] = question_read(arena, expr_source(graph->flows[i].condition));
		if (graph->flows[i].condition)
			question_count(&builder, &texts[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (graph->flows[i].condition)
			question_number(&builder, &texts[i], &questions[i]);
	for (size_t i = 0; i < count; i++)
		question_add_rivals(&builder, &texts[i], &questions[i]);
	map_free(&builder.texts);
	map_free(&builder.subjects);
	return questions;
}
