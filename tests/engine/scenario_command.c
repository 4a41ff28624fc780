/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines that do something: one function each fills the command, then all step the world the same way and compare the
 * result with what stands behind "->".
 */
#include "config.h"

#include "tests/engine/scenario.h"

#include <stdlib.h>

/* ---- filling the command ---- */

static bool command_fill_actor(struct scenario *scenario, struct scenario_line *line)
{
	struct actor *actor = &scenario->command.actor;
	const struct scenario_word *word = scenario_option(line, "by");
	if (word)
		actor->user = word->text;
	word = scenario_option(line, "groups");
	if (word)
		actor->groups = scenario_names(scenario, word->text, &actor->group_count);
	actor->may_administer = scenario_flag(line, "admin");
	return true;
}

static bool command_fill_version(struct scenario *scenario, struct scenario_line *line)
{
	const struct scenario_word *word = scenario_option(line, "version");
	return !word || scenario_integer(scenario, word->text, &scenario->command.expected_version);
}

static bool command_fill_retries(struct scenario *scenario, struct scenario_line *line)
{
	int64_t retries = GRAPH_NONE;
	const struct scenario_word *word = scenario_option(line, "retries");
	if (word && !scenario_integer(scenario, word->text, &retries))
		return false;
	scenario->command.retries = (int32_t)retries;
	return true;
}

void scenario_set_variables(struct scenario *scenario, struct command *command, const struct variables *variables)
{
	struct command_variable *list = arena_array(scenario->arena, variables->list.len + 1, sizeof *list);
	for (size_t i = 0; i < variables->list.len; i++) {
		list[i].name = arena_str(scenario->arena, variables->list.items[i].name);
		list[i].json = arena_str(scenario->arena, variables->list.items[i].json);
	}
	command->variables = list;
	command->variable_count = variables->list.len;
}

bool scenario_read_variables(struct scenario *scenario, struct str json, struct command *command)
{
	struct variables variables = {0};
	struct err err = {0};
	bool good = variables_from_json(&variables, json, &err);
	if (good)
		scenario_set_variables(scenario, command, &variables);
	variables_free(&variables);
	return good || scenario_fail(scenario, "%s", err.message);
}

static bool command_fill_variables(struct scenario *scenario, struct scenario_line *line)
{
	for (size_t i = 0; i < line->result; i++) {
		struct scenario_word *word = &line->words[i];
		if (word->used || word->raw.ptr[0] != '{')
			continue;
		word->used = true;
		if (!scenario_read_variables(scenario, word->raw, &scenario->command))
			return false;
	}
	return true;
}

static void command_fill_text(struct scenario *scenario, struct scenario_line *line, const char *option)
{
	const struct scenario_word *word = option ? scenario_option(line, option) : scenario_next(line);
	if (word)
		scenario->command.text = word->text;
}

typedef VEC(int64_t) command_ids;

static int command_compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

/* Of the ids, which are freed, the oldest, or that of `nth N`; 0: there are not so many. */
static bool command_pick(struct scenario *scenario, struct scenario_line *line, command_ids *ids, int64_t *id)
{
	int64_t nth = 1;
	const struct scenario_word *word = scenario_option(line, "nth");
	bool good = !word || scenario_integer(scenario, word->text, &nth);
	if (ids->len > 0)
		qsort(ids->items, ids->len, sizeof *ids->items, command_compare_ids);
	*id = nth > 0 && (size_t)nth <= ids->len ? ids->items[nth - 1] : 0;
	vec_free(ids);
	return good;
}

/* A living task of the node, else the last that ended there. */
static bool command_find_task(struct scenario *scenario, struct scenario_line *line)
{
	struct scenario_place place;
	command_ids ids = {0};
	int64_t *id = &scenario->command.subject_id;
	if (!scenario_place(scenario, scenario_next(line), &place))
		return false;
	SCENARIO_EACH (scenario, in, task, tasks)
		if (scenario_is_at(scenario, &place, in, task->node, task->token_id))
			vec_add(&ids, task->id);
	if (!command_pick(scenario, line, &ids, id))
		return false;
	const struct store *store = world_store(&scenario->world);
	for (size_t i = store->ended_tasks.len; *id == 0 && i-- > 0;) {
		const struct task_row *row = &store->ended_tasks.items[i];
		if (row->node == place.node && world_graph_of(&scenario->world, row->instance_id) == place.graph)
			*id = row->id;
	}
	return *id != 0 || scenario_fail(scenario, "there never was a task at that node");
}

/* The row is the command's subject, and is remembered; without one it is what the word named before. */
static bool command_name(struct scenario *scenario, struct str word, int64_t id, int64_t token_id)
{
	struct scenario_named found = {word, id, token_id};
	for (size_t i = scenario->named.len; found.id == 0 && i-- > 0;)
		if (str_equal(scenario->named.items[i].word, word))
			found = scenario->named.items[i];
	if (found.id == 0)
		return scenario_fail(scenario, "there never was one at %.*s", STR_ARG(word));
	vec_add(&scenario->named, found);
	scenario->command.subject_id = found.id;
	scenario->command.token_id = found.token_id;
	return true;
}

static bool command_find_job(struct scenario *scenario, struct scenario_line *line)
{
	struct scenario_place place;
	command_ids ids = {0};
	int64_t id, token_id = 0;
	struct scenario_word *word = scenario_next(line);
	if (!scenario_place(scenario, word, &place))
		return false;
	SCENARIO_EACH (scenario, in, job, jobs)
		if (job->kind == JOB_WORK && scenario_is_at(scenario, &place, in, job->node, job->token_id))
			vec_add(&ids, job->id);
	if (!command_pick(scenario, line, &ids, &id))
		return false;
	SCENARIO_EACH (scenario, in, job, jobs)
		if (job->id == id)
			token_id = job->token_id;
	return command_name(scenario, word->text, id, token_id);
}

/* A message subscription, by its node or by the name of the message. */
static bool command_find_message(struct scenario *scenario, struct scenario_line *line)
{
	command_ids ids = {0};
	int64_t id;
	const struct scenario_word *word = scenario_next(line);
	if (!word)
		return scenario_fail(scenario, "expected a node or the name of a message");
	SCENARIO_EACH (scenario, in, subscription, subscriptions)
		if (subscription->kind == SUBSCRIPTION_MESSAGE &&
			(str_equal(subscription->name, word->text) ||
				str_equal(in->graph->nodes[subscription->node].id, word->text)))
			vec_add(&ids, subscription->id);
	return command_pick(scenario, line, &ids, &id) && command_name(scenario, word->text, id, 0);
}

static bool command_find_timer(struct scenario *scenario, struct scenario_line *line)
{
	struct scenario_place place;
	command_ids ids = {0};
	if (!scenario_place(scenario, scenario_next(line), &place))
		return false;
	SCENARIO_EACH (scenario, in, job, jobs)
		if (job->kind == JOB_TIMER && scenario_is_at(scenario, &place, in, job->node, job->token_id))
			vec_add(&ids, job->id);
	return command_pick(scenario, line, &ids, &scenario->command.subject_id) &&
	       (scenario->command.subject_id != 0 || scenario_fail(scenario, "there is no timer at that node"));
}

static bool command_find_incident(struct scenario *scenario, struct scenario_line *line)
{
	struct scenario_place place;
	command_ids ids = {0};
	if (!scenario_place(scenario, scenario_next(line), &place))
		return false;
	SCENARIO_EACH (scenario, in, incident, incidents)
		if (scenario_is_at(scenario, &place, in, incident->node, incident->token_id))
			vec_add(&ids, incident->id);
	return command_pick(scenario, line, &ids, &scenario->command.subject_id) &&
	       (scenario->command.subject_id != 0 || scenario_fail(scenario, "there is no incident at that node"));
}

/* ---- one function for each shape of line ---- */

/* `at NODE`, `at NODE definition N`: the start event and the definition of it that has come. */
static bool command_start_at(struct scenario *scenario, struct scenario_line *line, const struct graph **graph)
{
	struct scenario_place place;
	int64_t nth = 1;
	struct scenario_word *at = scenario_option(line, "at"), *definition = scenario_option(line, "definition");
	if (!at)
		return true;
	if (!scenario_place(scenario, at, &place) || (definition && !scenario_integer(scenario, definition->text, &nth)))
		return false;
	*graph = place.graph;
	scenario->command.start_node = place.node;
	scenario->command.start_event = place.graph->nodes[place.node].event + (int32_t)nth - 1;
	return (nth > 0 && nth <= place.graph->nodes[place.node].event_count) ||
	       scenario_fail(scenario, "the node has no such event definition");
}

static bool command_start(struct scenario *scenario, struct scenario_line *line)
{
	struct world *world = &scenario->world;
	const struct scenario_word *key = scenario_option(line, "key"), *process = scenario_option(line, "process");
	const struct graph *graph = process ? world_process(world, process->text) : world->processes.graphs[0];
	if (world->steps_done > 0)
		return scenario_fail(scenario, "the instance has been started");
	if (!graph)
		return scenario_fail(scenario, "there is no process of that id");
	if (!command_start_at(scenario, line, &graph))
		return false;
	world_begin(world, graph);
	world->facts.business_key = key ? key->text : STR("");
	world->facts.started_by = scenario->command.actor.user;
	return !scenario_flag(line, "modify") || scenario_modify(scenario, line);
}

static bool command_send_signal(struct scenario *scenario, struct scenario_line *line)
{
	const struct scenario_word *word = scenario_next(line);
	if (!word)
		return scenario_fail(scenario, "expected the name of a signal");
	scenario->command.name = word->text;
	return true;
}

/* Which of several ad-hoc sub-processes is meant. */
static bool command_find_scope(struct scenario *scenario, struct scenario_line *line, struct scenario_word *scope)
{
	struct scenario_place place;
	command_ids ids = {0};
	if (!scenario_place(scenario, scope, &place))
		return false;
	SCENARIO_EACH (scenario, in, token, tokens)
		if (scenario_is_at(scenario, &place, in, token->node, token->id))
			vec_add(&ids, token->id);
	if (!command_pick(scenario, line, &ids, &scenario->command.subject_id))
		return false;
	return scenario->command.subject_id != 0 || scenario_fail(scenario, "%.*s is not active", STR_ARG(scope->text));
}

static bool command_start_activity(struct scenario *scenario, struct scenario_line *line)
{
	struct scenario_place place;
	struct scenario_word *scope = scenario_option(line, "of");
	if (!scenario_place(scenario, scenario_next(line), &place))
		return false;
	scenario->command.name = place.graph->nodes[place.node].id;
	return !scope || command_find_scope(scenario, line, scope);
}

static bool command_assign(struct scenario *scenario, struct scenario_line *line)
{
	command_fill_text(scenario, line, "to");
	return command_find_task(scenario, line);
}

static bool command_comment(struct scenario *scenario, struct scenario_line *line)
{
	if (!command_find_task(scenario, line))
		return false;
	command_fill_text(scenario, line, NULL);
	return true;
}

static bool command_complete_task(struct scenario *scenario, struct scenario_line *line)
{
	command_fill_text(scenario, line, "comment");
	return command_find_task(scenario, line);
}

static bool command_fail_job(struct scenario *scenario, struct scenario_line *line)
{
	const struct scenario_word *at = scenario_option(line, "retry-at");
	if (!command_find_job(scenario, line) || (at && !scenario_time(scenario, at->text, &scenario->command.retry_at)))
		return false;
	command_fill_text(scenario, line, NULL);
	return true;
}

static bool command_throw_error(struct scenario *scenario, struct scenario_line *line)
{
	if (!command_find_job(scenario, line))
		return false;
	const struct scenario_word *code = scenario_next(line);
	if (!code)
		return scenario_fail(scenario, "expected an error code");
	scenario->command.error_code = code->text;
	command_fill_text(scenario, line, NULL);
	return true;
}

static bool command_cancel(struct scenario *scenario, struct scenario_line *line)
{
	command_fill_text(scenario, line, NULL);
	return true;
}

static bool command_plain(struct scenario *scenario, struct scenario_line *line)
{
	(void)scenario;
	(void)line;
	return true;
}

static const struct command_word {
	const char *name;
	enum command_kind kind;
	bool (*fill)(struct scenario *scenario, struct scenario_line *line);
} command_words[] = {
	{"start", COMMAND_START, command_start},
	{"claim", COMMAND_TASK_CLAIM, command_find_task},
	{"release", COMMAND_TASK_RELEASE, command_find_task},
	{"assign", COMMAND_TASK_ASSIGN, command_assign},
	{"comment", COMMAND_TASK_COMMENT, command_comment},
	{"complete-task", COMMAND_TASK_COMPLETE, command_complete_task},
	{"complete-job", COMMAND_JOB_COMPLETE, command_find_job},
	{"fail-job", COMMAND_JOB_FAIL, command_fail_job},
	{"throw-error", COMMAND_JOB_ERROR, command_throw_error},
	{"fire", COMMAND_TIMER_FIRE, command_find_timer},
	{"retry", COMMAND_INCIDENT_RETRY, command_find_incident},
	{"set-variables", COMMAND_SET_VARIABLES, command_plain},
	{"cancel", COMMAND_CANCEL, command_cancel},
	{"suspend", COMMAND_SUSPEND, command_plain},
	{"resume", COMMAND_RESUME, command_plain},
	{"send-message", COMMAND_MESSAGE, command_find_message},
	{"send-signal", COMMAND_SIGNAL, command_send_signal},
	{"ask-conditions", COMMAND_CONDITIONS, command_plain},
	{"start-activity", COMMAND_START_ACTIVITY, command_start_activity},
	{"modify", COMMAND_MODIFY, scenario_modify},
	{"migrate", COMMAND_MIGRATE, scenario_migration},
};

static const struct command_word *command_find(struct str name)
{
	for (size_t i = 0; i < sizeof command_words / sizeof *command_words; i++)
		if (str_equal_c(name, command_words[i].name))
			return &command_words[i];
	return NULL;
}

/* ---- stepping, and what came of it ---- */

static struct str command_result_word(struct scenario_line *line, size_t index)
{
	if (line->result + index >= line->count)
		return (struct str){0};
	line->words[line->result + index].used = true;
	return line->words[line->result + index].text;
}

/* "-> refused 409 conflict "part of the message"" */
static bool command_check_refusal(struct scenario *scenario, struct scenario_line *line, const struct err *err)
{
	struct str word = command_result_word(line, 1);
	struct str status = command_result_word(line, 2);
	struct str slug = command_result_word(line, 3);
	struct str part = command_result_word(line, 4);
	int64_t number = 0;
	if (!str_equal_c(word, "refused"))
		return scenario_fail(
			scenario, "refused: %d %s \"%s\"", err_status(err->code), err_slug(err->code), err->message);
	if (!scenario_integer(scenario, status, &number))
		return false;
	if (number != err_status(err->code) || !str_equal_c(slug, err_slug(err->code)) ||
		str_find(str_from_c(err->message), part) == STR_NONE)
		return scenario_fail(
			scenario, "refused with %d %s \"%s\"", err_status(err->code), err_slug(err->code), err->message);
	return true;
}

static bool command_step(struct scenario *scenario, struct scenario_line *line)
{
	struct err err = {0};
	struct world *world = &scenario->world;
	command_result_word(line, 0);
	enum step_result result = world_step(world, &scenario->command, false, &err);
	if (result == STEP_REFUSED)
		return command_check_refusal(scenario, line, &err);
	struct str expected = command_result_word(line, 1);
	if (result == STEP_EXHAUSTED) {
		if (!str_equal_c(expected, "parked"))
			return scenario_fail(scenario, "the step does not come to rest");
		return world_step(world, &scenario->command, true, &err) == STEP_DONE ||
		       scenario_fail(scenario, "not parked: %s", err.message);
	}
	return expected.len == 0 || scenario_fail(scenario, "done, and not %.*s", STR_ARG(expected));
}

static void command_mark(struct scenario *scenario)
{
	const struct store *store = world_store(&scenario->world);
	scenario->last = (struct scenario_marks){store->activities.len, store->steps.len, store->outgoing.len};
}

static bool command_run(struct scenario *scenario, struct scenario_line *line, const struct command_word *word)
{
	if (word->kind != COMMAND_START && !world_root(&scenario->world))
		return scenario_fail(scenario, "there is no living instance");
	command_mark(scenario);
	scenario->command = (struct command){.kind = word->kind,
		.instance_id = scenario->selected,
		.expected_version = VERSION_ANY,
		.start_node = GRAPH_NONE};
	return command_fill_actor(scenario, line) && command_fill_version(scenario, line) &&
	       command_fill_retries(scenario, line) && command_fill_variables(scenario, line) &&
	       word->fill(scenario, line) && command_step(scenario, line);
}

bool scenario_command(struct scenario *scenario, struct scenario_line *line, struct str name)
{
	const struct scenario_setting *setting = scenario_setting_find(name);
	const struct command_word *word = command_find(name);
	if (setting && setting->is_step)
		command_mark(scenario);
	if (setting)
		return setting->run(scenario, line, name);
	return word ? command_run(scenario, line, word) : scenario_fail(scenario, "unknown word %.*s", STR_ARG(name));
}
