/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of an operator who changes a running instance by hand: `modify` and `migrate`.
 */
#include "config.h"

#include "tests/engine/scenario.h"

#include <stdlib.h>

#include "engine/migrate.h"
#include "engine/modify.h"

/* ---- modify ---- */

static const struct change_word {
	const char *name;
	enum modification_kind kind;
} change_words[] = {
	{"cancel", MODIFY_CANCEL},
	{"start-before", MODIFY_START_BEFORE},
	{"start-after", MODIFY_START_AFTER},
};

static const struct change_word *change_find(const struct scenario_word *word)
{
	for (size_t i = 0; i < sizeof change_words / sizeof *change_words; i++)
		if (str_equal_c(word->raw, change_words[i].name))
			return &change_words[i];
	return NULL;
}

static int change_compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

/* The token at the place, the Nth by age. */
static bool change_find_token(struct scenario *scenario, struct scenario_word *word, int64_t nth, int64_t *id)
{
	struct scenario_place place;
	VEC(int64_t) ids = {0};
	if (!scenario_place(scenario, word, &place))
		return false;
	SCENARIO_EACH (scenario, in, token, tokens)
		if (scenario_is_at(scenario, &place, in, token->node, token->id))
			vec_add(&ids, token->id);
	if (ids.len > 0)
		qsort(ids.items, ids.len, sizeof *ids.items, change_compare_ids);
	*id = nth > 0 && (size_t)nth <= ids.len ? ids.items[nth - 1] : 0;
	vec_free(&ids);
	return *id != 0 || scenario_fail(scenario, "no such token stands at %.*s", STR_ARG(word->text));
}

/* The word behind `name`, if it stands at that position. */
static struct scenario_word *change_option(struct scenario_line *line, size_t *at, const char *name)
{
	if (*at + 1 >= line->result || !str_equal_c(line->words[*at].raw, name))
		return NULL;
	line->words[*at].used = line->words[*at + 1].used = true;
	*at += 2;
	return &line->words[*at - 1];
}

/* What stands behind `cancel NODE`, `start-before NODE` or `start-after NODE`: `of SCOPE`, `nth N`, `{..}`. */
static bool change_fill(struct scenario *scenario, struct scenario_line *line, size_t *at, struct modification *out)
{
	int64_t nth = 1;
	struct command local = {0};
	struct scenario_word *node = &line->words[*at - 1];
	struct scenario_word *of = change_option(line, at, "of"), *by_age = change_option(line, at, "nth");
	out->element_id = node->text;
	if (by_age && !scenario_integer(scenario, by_age->text, &nth))
		return false;
	if (of && !change_find_token(scenario, of, nth, &out->scope_id))
		return false;
	bool one = by_age || str_find_char(node->text, '[') != STR_NONE;
	if (!of && one && !change_find_token(scenario, node, nth, &out->token_id))
		return false;
	if (*at < line->result && line->words[*at].raw.ptr[0] == '{') {
		if (!scenario_read_variables(scenario, line->words[(*at)++].raw, &local))
			return false;
		out->variables = local.variables;
		out->variable_count = local.variable_count;
	}
	return true;
}

/* `modify {..} cancel NODE start-before NODE {..} of SCOPE`: the first variables are those of the process. */
bool scenario_modify(struct scenario *scenario, struct scenario_line *line)
{
	struct modification *list = arena_array(scenario->arena, SCENARIO_WORDS_MAX, sizeof *list);
	size_t at = 1, count = 0;
	while (!str_equal_c(line->words[at - 1].raw, "modify"))
		at++;
	const struct scenario_word *reason = scenario_option(line, "reason");
	scenario->command.text = reason ? reason->text : STR("");
	scenario->command.variables = NULL;
	scenario->command.variable_count = 0;
	if (at < line->result && line->words[at].raw.ptr[0] == '{' &&
		!scenario_read_variables(scenario, line->words[at++].raw, &scenario->command))
		return false;
	while (at + 1 < line->result && !line->words[at].used) {
		const struct change_word *word = change_find(&line->words[at]);
		if (!word)
			return scenario_fail(scenario, "expected cancel, start-before or start-after");
		line->words[at].used = line->words[at + 1].used = true;
		at += 2;
		list[count] = (struct modification){.kind = word->kind};
		if (!change_fill(scenario, line, &at, &list[count++]))
			return false;
	}
	scenario->command.modifications = list;
	scenario->command.modification_count = count;
	return true;
}

/* ---- migrate ---- */

/* `to PROCESS map a:b c:d`: to its newest version. */
bool scenario_migration(struct scenario *scenario, struct scenario_line *line)
{
	struct migration *migration = arena_new_object(scenario->arena, struct migration);
	struct node_mapping *mappings = arena_array(scenario->arena, SCENARIO_WORDS_MAX, sizeof *mappings);
	const struct scenario_word *to = scenario_option(line, "to");
	migration->definition_id = to ? world_newest(&scenario->world, to->text) : 0;
	if (migration->definition_id == 0)
		return scenario_fail(scenario, "expected the id of a process");
	migration->graph = world_definition(&scenario->world, migration->definition_id);
	migration->mappings = mappings;
	bool maps = scenario_flag(line, "map");
	for (const struct scenario_word *word; maps && (word = scenario_next(line));) {
		struct str rest = word->text;
		mappings[migration->mapping_count].from = str_split(&rest, ':');
		mappings[migration->mapping_count++].to = rest;
	}
	scenario->command.migration = migration;
	return true;
}

/* "expect problems to PROCESS map a:b -> a "part of the message" b "..."": a dry run; none behind the arrow: it can move. */
bool scenario_expect_problems(struct scenario *scenario, struct scenario_line *line)
{
	struct migration_problems problems = {0};
	size_t at = line->result + 1;
	const struct instance *instance = scenario_instance(scenario);
	scenario->command = (struct command){.kind = COMMAND_MIGRATE};
	if (!instance || !scenario_migration(scenario, line))
		return false;
	migration_find_problems(instance, scenario->command.migration, scenario->arena, &problems);
	bool good = true;
	for (size_t i = 0; good && i < problems.list.len; i++, at += 2) {
		const struct migration_problem *problem = &problems.list.items[i];
		good = at + 1 < line->count && str_equal(line->words[at].text, problem->element_id) &&
		       str_find(problem->message, line->words[at + 1].text) != STR_NONE;
		if (!good)
			scenario_fail(scenario, "%.*s: %.*s", STR_ARG(problem->element_id), STR_ARG(problem->message));
	}
	vec_free(&problems.list);
	for (size_t i = line->result; i < line->count; i++)
		line->words[i].used = true;
	return good && (at >= line->count || scenario_fail(scenario, "there are fewer problems"));
}
