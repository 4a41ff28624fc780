/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines that do something: one function each fills the command, then all step the world the same way and compare the
 * result with what stands behind "->".
 */
#include "config.h"

#include "tests/engine/scenario.h"

#include "base/iso8601.h"

#define SCENARIO_FIRINGS_MAX 1000

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

static bool command_fill_variables(struct scenario *scenario, struct scenario_line *line)
{
	struct variables variables = {0};
	struct err err = {0};
	for (size_t i = 0; i < line->result; i++) {
		struct scenario_word *word = &line->words[i];
		if (word->used || word->raw.ptr[0] != '{')
			continue;
		word->used = true;
		if (!variables_from_json(&variables, word->raw, &err)) {
			variables_free(&variables);
			return scenario_fail(scenario, "%s", err.message);
		}
	}
	struct command_variable *list = arena_array(scenario->arena, variables.list.len + 1, sizeof *list);
	for (size_t i = 0; i < variables.list.len; i++) {
		list[i].name = arena_str(scenario->arena, variables.list.items[i].name);
		list[i].json = arena_str(scenario->arena, variables.list.items[i].json);
	}
	scenario->command.variables = list;
	scenario->command.variable_count = variables.list.len;
	variables_free(&variables);
	return true;
}

static void command_fill_text(struct scenario *scenario, struct scenario_line *line, const char *option)
{
	const struct scenario_word *word = option ? scenario_option(line, option) : scenario_next(line);
	if (word)
		scenario->command.text = word->text;
}

/* The living task of the node whose id comes next after `after`; 0: none. */
static int64_t command_next_task(const struct instance *instance, int32_t node, int64_t after)
{
	int64_t id = 0;
	for (size_t i = 0; i < instance->tasks.len; i++) {
		const struct task *task = &instance->tasks.items[i];
		if (row_alive(task->mark) && task->node == node && task->id > after && (id == 0 || task->id < id))
			id = task->id;
	}
	return id;
}

/* The oldest living task of the node (or the nth), else the last that ended there. */
static bool command_find_task(struct scenario *scenario, struct scenario_line *line)
{
	int32_t node;
	int64_t nth = 1, id = 0;
	const struct scenario_word *word = scenario_option(line, "nth");
	if ((word && !scenario_integer(scenario, word->text, &nth)) || !scenario_node(scenario, scenario_next(line), &node))
		return false;
	for (; nth > 0; nth--)
		id = command_next_task(world_instance(&scenario->world), node, id);
	const struct store *store = world_store(&scenario->world);
	for (size_t i = store->ended_tasks.len; id == 0 && i-- > 0;)
		if (store->ended_tasks.items[i].node == node)
			id = store->ended_tasks.items[i].id;
	scenario->command.subject_id = id;
	return id != 0 || scenario_fail(scenario, "there never was a task at that node");
}

/* The oldest living work job of the node, else the one that a line named before. */
static bool command_find_job(struct scenario *scenario, struct scenario_line *line)
{
	struct scenario_job found = {0};
	if (!scenario_node(scenario, scenario_next(line), &found.node))
		return false;
	const struct instance *instance = world_instance(&scenario->world);
	for (size_t i = 0; i < instance->jobs.len; i++) {
		const struct job *job = &instance->jobs.items[i];
		if (row_alive(job->mark) && job->kind == JOB_WORK && job->node == found.node &&
			(found.id == 0 || job->id < found.id))
			found = (struct scenario_job){found.node, job->id, job->token_id};
	}
	for (size_t i = scenario->jobs.len; found.id == 0 && i-- > 0;)
		if (scenario->jobs.items[i].node == found.node)
			found = scenario->jobs.items[i];
	if (found.id == 0)
		return scenario_fail(scenario, "there never was a job at that node");
	vec_add(&scenario->jobs, found);
	scenario->command.subject_id = found.id;
	scenario->command.token_id = found.token_id;
	return true;
}

static bool command_find_timer(struct scenario *scenario, struct scenario_line *line)
{
	int32_t node;
	if (!scenario_node(scenario, scenario_next(line), &node))
		return false;
	const struct instance *instance = world_instance(&scenario->world);
	for (size_t i = 0; i < instance->jobs.len; i++) {
		const struct job *job = &instance->jobs.items[i];
		if (row_alive(job->mark) && job->kind == JOB_TIMER && job->node == node) {
			scenario->command.subject_id = job->id;
			return true;
		}
	}
	return scenario_fail(scenario, "there is no timer at that node");
}

static bool command_find_incident(struct scenario *scenario, struct scenario_line *line)
{
	int32_t node;
	if (!scenario_node(scenario, scenario_next(line), &node))
		return false;
	const struct instance *instance = world_instance(&scenario->world);
	int64_t id = 0;
	for (size_t i = 0; i < instance->incidents.len; i++) {
		const struct incident *incident = &instance->incidents.items[i];
		if (row_alive(incident->mark) && incident->node == node && (id == 0 || incident->id < id))
			id = incident->id;
	}
	scenario->command.subject_id = id;
	return id != 0 || scenario_fail(scenario, "there is no incident at that node");
}

/* ---- one function for each shape of line ---- */

static bool command_start(struct scenario *scenario, struct scenario_line *line)
{
	struct world *world = &scenario->world;
	const struct scenario_word *key = scenario_option(line, "key");
	if (world->steps_done > 0)
		return scenario_fail(scenario, "the instance has been started");
	world->facts = (struct instance_facts){
		.id = id_source_take(&world->ids),
		.definition_id = 7,
		.graph = world->graph,
		.business_key = key ? key->text : STR(""),
		.started_by = scenario->command.actor.user,
		.started_at = world->now,
	};
	return true;
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

static bool command_fire_due(struct scenario *scenario, int64_t until, bool on_time)
{
	struct world *world = &scenario->world;
	for (int i = 0; i < SCENARIO_FIRINGS_MAX; i++) {
		const struct job *timer = world_next_timer(world);
		const struct instance *instance = world_instance(world);
		if (!timer || timer->due_at > until || instance->status == INSTANCE_SUSPENDED)
			return true;
		if (on_time && timer->due_at > world->now)
			world->now = timer->due_at;
		struct err err = {0};
		struct command fire = {.kind = COMMAND_TIMER_FIRE, .subject_id = timer->id, .expected_version = VERSION_ANY};
		if (world_step(world, &fire, false, &err) != STEP_DONE)
			return scenario_fail(scenario, "a due timer is not fired: %s", err.message);
	}
	return scenario_fail(scenario, "timers fire without end");
}

/* advance: timers fire when they are due. sleep: no node runs meanwhile, then what is due fires. wait: none fires. */
static bool command_move_clock(struct scenario *scenario, struct scenario_line *line, struct str name)
{
	int64_t until;
	const struct scenario_word *word = scenario_next(line);
	if (!word || !scenario_time(scenario, word->text, &until))
		return scenario_fail(scenario, "expected a time");
	bool on_time = str_equal_c(name, "advance");
	if (!on_time)
		scenario->world.now = until;
	if (!str_equal_c(name, "wait") && !str_equal_c(name, "at") && !command_fire_due(scenario, until, on_time))
		return false;
	scenario->world.now = until;
	return true;
}

/* limit budget 100; limit depth 2; ids 5000 */
static bool command_set(struct scenario *scenario, struct scenario_line *line, struct str name)
{
	struct world *world = &scenario->world;
	const struct scenario_word *what = str_equal_c(name, "limit") ? scenario_next(line) : NULL;
	const struct scenario_word *word = scenario_next(line);
	int64_t number;
	if (!word || !scenario_integer(scenario, word->text, &number))
		return scenario_fail(scenario, "expected a number");
	if (!what)
		world->ids.current.next = number;
	else if (str_equal_c(what->text, "budget"))
		world->limits.step_budget = (int32_t)number;
	else if (str_equal_c(what->text, "depth"))
		world->limits.scope_depth = (int32_t)number;
	else
		return scenario_fail(scenario, "unknown limit");
	return true;
}

bool scenario_command(struct scenario *scenario, struct scenario_line *line, struct str name)
{
	if (str_equal_c(name, "at") || str_equal_c(name, "advance") || str_equal_c(name, "sleep") ||
		str_equal_c(name, "wait")) {
		scenario->first_activity = world_store(&scenario->world)->activities.len;
		scenario->first_step = world_store(&scenario->world)->steps.len;
		return command_move_clock(scenario, line, name);
	}
	if (str_equal_c(name, "limit") || str_equal_c(name, "ids"))
		return command_set(scenario, line, name);
	const struct command_word *word = command_find(name);
	if (!word)
		return scenario_fail(scenario, "unknown word %.*s", STR_ARG(name));
	if (word->kind != COMMAND_START && !world_instance(&scenario->world))
		return scenario_fail(scenario, "there is no living instance");
	scenario->first_activity = world_store(&scenario->world)->activities.len;
	scenario->first_step = world_store(&scenario->world)->steps.len;
	scenario->command = (struct command){.kind = word->kind, .expected_version = VERSION_ANY};
	return command_fill_actor(scenario, line) && command_fill_version(scenario, line) &&
	       command_fill_retries(scenario, line) && command_fill_variables(scenario, line) &&
	       word->fill(scenario, line) && command_step(scenario, line);
}
