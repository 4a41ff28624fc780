/* SPDX-License-Identifier: Apache-2.0
 *
 * Which function looks at what, how fields are compared, and what is asked of whole instances: their variables, their
 * state, and what an actor may do in them.
 */
#include "config.h"

#include "tests/engine/scenario_expect.h"

#include <jansson.h>

#include "base/json.h"

/* ---- fields ---- */

bool expect_same_json(struct str got, struct str expected)
{
	json_t *a = json_parse(got, NULL), *b = json_parse(expected, NULL);
	bool same = a && b && json_equal(a, b);
	json_decref(a);
	json_decref(b);
	return same;
}

static bool expect_text_field(struct scenario *scenario, const struct expect_field *field, struct str expected)
{
	bool good = field->is_part   ? str_find(field->value, expected) != STR_NONE
	            : field->is_json ? expect_same_json(field->value, expected)
	                             : str_equal(field->value, expected);
	if (field->is_json && str_equal_c(expected, "none"))
		good = field->value.len == 0;
	return good || scenario_fail(scenario, "%s is \"%.*s\"", field->name, STR_ARG(field->value));
}

static bool expect_field(struct scenario *scenario, const struct expect_field *field, struct str expected)
{
	int64_t time = 0;
	if (!field->is_time)
		return expect_text_field(scenario, field, expected);
	if (!str_equal_c(expected, "none") && !scenario_time(scenario, expected, &time))
		return false;
	struct buf got;
	buf_init(&got, 64);
	json_member_time(&got, field->name, field->time);
	bool good = time == field->time || scenario_fail(scenario, "%.*s", STR_ARG(buf_str(&got)));
	buf_free(&got);
	return good;
}

bool expect_fields(
	struct scenario *scenario, struct scenario_line *line, const struct expect_field *fields, size_t count)
{
	for (const struct scenario_word *name; (name = scenario_next(line));) {
		const struct expect_field *field = NULL;
		for (size_t i = 0; i < count && !field; i++)
			if (str_equal_c(name->text, fields[i].name))
				field = &fields[i];
		const struct scenario_word *value = scenario_next(line);
		if (!field || !value)
			return scenario_fail(scenario, "no field %.*s, or no value", STR_ARG(name->text));
		if (!expect_field(scenario, field, value->text))
			return false;
	}
	return true;
}

bool expect_nth(struct scenario *scenario, struct scenario_line *line, int64_t *nth)
{
	const struct scenario_word *word = scenario_option(line, "nth");
	*nth = 1;
	return !word || scenario_integer(scenario, word->text, nth);
}

/* ---- instances ---- */

/* The last step; of a tree that of the instance which the line names, else of the root. */
bool expect_step(struct scenario *scenario, struct scenario_line *line)
{
	const struct store *store = world_store(&scenario->world);
	const struct instance *instance = scenario_instance(scenario);
	const struct step_row *row = NULL;
	for (size_t i = store->steps.len; instance && i-- > 0 && !row;)
		if (store->steps.items[i].instance_id == instance->id)
			row = &store->steps.items[i];
	if (!row)
		return scenario_fail(scenario, "there is no step");
	EXPECT_FIELDS(FIELD_TEXT("command", command_kind_name((enum command_kind)row->command)),
		FIELD_TEXT("actor", row->actor), FIELD_TEXT("reason", row->reason),
		FIELD_TEXT("variables", row->variables.len ? row->variables : STR("none")), FIELD_TIME("at", row->at));
}

bool expect_instance(struct scenario *scenario, struct scenario_line *line)
{
	const struct instance *instance = scenario_instance(scenario);
	if (!instance)
		return scenario_fail(scenario, "there is no instance");
	EXPECT_FIELDS(FIELD_TEXT("started-by", instance->started_by), FIELD_TEXT("key", instance->business_key),
		FIELD_TEXT("error-code", instance->error_code), FIELD_PART("reason", instance->end_reason),
		FIELD_TIME("started", instance->started_at), FIELD_TIME("ended", instance->ended_at),
		FIELD_INTEGER("version", instance->version));
}

bool expect_status(struct scenario *scenario, struct scenario_line *line)
{
	const struct instance *instance = scenario_instance(scenario);
	const struct scenario_word *word = scenario_next(line);
	struct str status = instance ? instance_status_name(instance->status) : STR("none");
	return (word && str_equal(word->text, status)) || scenario_fail(scenario, "the status is %.*s", STR_ARG(status));
}

/* How many called instances live in the tree. */
bool expect_children(struct scenario *scenario, struct scenario_line *line)
{
	const struct scenario_word *word = scenario_next(line);
	int64_t expected, got = 0;
	if (!word || !scenario_integer(scenario, word->text, &expected))
		return scenario_fail(scenario, "expected a number");
	for (struct instance *here = NULL; (here = world_next(&scenario->world, here));)
		got += here->parent_id != 0;
	return got == expected || scenario_fail(scenario, "%lld called instances live", (long long)got);
}

/* ---- variables ---- */

static bool expect_value(struct scenario *scenario, struct str got, const struct scenario_word *expected)
{
	if (!expected)
		return scenario_fail(scenario, "expected a JSON value or absent");
	if (!got.ptr || str_equal_c(expected->raw, "absent"))
		return (!got.ptr && str_equal_c(expected->raw, "absent")) ||
		       scenario_fail(scenario, "got %.*s", STR_ARG(got.ptr ? got : STR("absent")));
	return expect_same_json(got, expected->raw) || scenario_fail(scenario, "got %.*s", STR_ARG(got));
}

bool expect_variable(struct scenario *scenario, struct scenario_line *line)
{
	const struct instance *instance = scenario_instance(scenario);
	const struct scenario_word *name = scenario_next(line);
	if (!instance || !name)
		return scenario_fail(scenario, "expected an instance and a name");
	return expect_value(scenario, variables_get(&instance->variables, name->text), scenario_next(line));
}

/* expect local sub x 1: in the activity or scope of that node */
bool expect_local(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(token, tokens, id, true);
	const struct scenario_word *name = scenario_next(line);
	if (!name)
		return scenario_fail(scenario, "expected a name");
	return expect_value(scenario, variables_get(&token->variables, name->text), scenario_next(line));
}

bool expect_variables(struct scenario *scenario, struct scenario_line *line)
{
	const struct instance *instance = scenario_instance(scenario);
	if (!instance)
		return scenario_fail(scenario, "there is no instance");
	struct buf all;
	buf_init(&all, SIZE_MAX);
	variables_to_json(&all, &instance->variables);
	bool good = expect_value(scenario, buf_str(&all), scenario_next(line));
	buf_free(&all);
	return good;
}

/* ---- what an actor may do ---- */

static struct actor expect_actor(struct scenario *scenario, struct scenario_line *line)
{
	struct actor actor = {.may_administer = scenario_flag(line, "admin")};
	const struct scenario_word *word = scenario_option(line, "by");
	if (word)
		actor.user = word->text;
	word = scenario_option(line, "groups");
	if (word)
		actor.groups = scenario_names(scenario, word->text, &actor.group_count);
	return actor;
}

static bool expect_is_suspended(const struct scenario *scenario, const struct task *task)
{
	bool suspended = false;
	for (struct instance *here = NULL; (here = world_next(&scenario->world, here));)
		suspended |= here->status == INSTANCE_SUSPENDED && instance_task(here, task->id) == task;
	return suspended;
}

/* expect actions review by mia groups managers claim complete comment */
bool expect_actions(struct scenario *scenario, struct scenario_line *line)
{
	struct actor actor = expect_actor(scenario, line);
	EXPECT_FIND(task, tasks, token_id, true);
	uint32_t actions = engine_task_actions(task, &actor, expect_is_suspended(scenario, task));
	expect_list got = {0};
	for (int action = 0; action < TASK_ACTION_COUNT; action++)
		if (actions & (1u << action))
			vec_add(&got, task_action_name((enum task_action)action));
	if (engine_task_visible(task, &actor) != (got.len > 0))
		scenario_fail(scenario, "visible, but nothing can be done; or the reverse");
	return expect_names(scenario, line, &got, false) && scenario->problem.len == 0;
}

static const struct expect_word {
	const char *name;
	bool (*check)(struct scenario *scenario, struct scenario_line *line);
} expect_words[] = {
#define X(function, word) {word, function},
	EXPECT_WORDS(X)
#undef X
};

bool scenario_expect(struct scenario *scenario, struct scenario_line *line)
{
	const struct scenario_word *word = scenario_next(line);
	for (size_t i = 0; word && i < sizeof expect_words / sizeof *expect_words; i++)
		if (str_equal_c(word->text, expect_words[i].name))
			return expect_words[i].check(scenario, line);
	return scenario_fail(scenario, "expect what?");
}
