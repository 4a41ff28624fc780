/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens in a scenario: a start, and the steps but for what they expect. Elements are looked for in all instances
 * that live, oldest first; `element[2]` is the instance of a loop with that number, from 0.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/try.h"
#include "base/iso8601.h"

/* ---- finding ---- */

struct action_place {
	struct str element;
	int64_t counter; /* GRAPH_NONE: any */
};

static bool action_place(struct try_run *run, const struct yaml_node *word, struct action_place *out)
{
	size_t bracket = str_find_char(word->text, '[');
	*out = (struct action_place){.element = word->text, .counter = GRAPH_NONE};
	if (bracket != STR_NONE && str_ends_with(word->text, STR("]"))) {
		struct str number = str_slice(word->text, bracket + 1, word->text.len - bracket - 2);
		if (!str_to_int64(number, &out->counter) || out->counter < 0)
			return try_fail(run, word, "%.*s is no number of a loop", STR_ARG(number));
		out->element = str_slice(word->text, 0, bracket);
	}
	return try_process_knows(run->processes, out->element) ||
	       try_fail(run, word, "there is no element %.*s", STR_ARG(out->element));
}

static bool action_is_at(const struct instance *in, int32_t node, int64_t token_id, const struct action_place *place)
{
	const struct token *token = instance_token(in, token_id);
	return str_equal(in->graph->nodes[node].id, place->element) &&
	       (place->counter == GRAPH_NONE || (token && token->loop_counter == place->counter));
}

#define ACTION_FIND(name, type, rows, condition) \
	static const struct type *action_find_##name( \
		struct try_run *run, const struct yaml_node *word, struct instance **root) \
	{ \
		const struct type *found = NULL; \
		struct action_place place; \
		if (!action_place(run, word, &place)) \
			return NULL; \
		TRY_EACH_AS (run, in, type, row, rows) { \
			if (!(condition) || !action_is_at(in, row->node, row->token_id, &place) || (found && found->id < row->id)) \
				continue; \
			found = row; \
			*root = in; \
		} \
		while (found && (*root)->parent) \
			*root = (*root)->parent; \
		if (!found) \
			try_fail(run, word, "no " #name " waits at %.*s", STR_ARG(word->text)); \
		return found; \
	}
ACTION_FIND(task, task, tasks, true)
ACTION_FIND(job, job, jobs, row->kind == JOB_WORK && row->retries > 0)
ACTION_FIND(incident, incident, incidents, true)
#undef ACTION_FIND

static int64_t action_time(const struct yaml_node *node)
{
	int64_t time = 0;
	bool read = iso8601_parse_time(node->text, &time, NULL);
	return read ? time : 0;
}

static int32_t action_number(const struct yaml_node *node, int32_t missing)
{
	int64_t number;
	return node && str_to_int64(node->text, &number) ? (int32_t)number : missing;
}

static bool action_take_variables(
	struct try_run *run, const struct yaml_node *step, const char *key, struct command *command)
{
	return try_variables(run, yaml_get(step, key), &command->variables, &command->variable_count);
}

/* ---- people ---- */

static bool action_task(struct try_run *run, const struct yaml_node *step, enum command_kind kind)
{
	struct instance *root = NULL;
	struct command command = try_command(run, kind, step);
	const struct task *task = action_find_task(run, step->first, &root);
	if (!task || !action_take_variables(run, step, "variables", &command))
		return false;
	command.subject_id = task->id;
	return try_do(run, root, &command, step);
}

static bool action_complete(struct try_run *run, const struct yaml_node *step)
{
	return action_task(run, step, COMMAND_TASK_COMPLETE);
}

static bool action_claim(struct try_run *run, const struct yaml_node *step)
{
	return action_task(run, step, COMMAND_TASK_CLAIM);
}

static bool action_release(struct try_run *run, const struct yaml_node *step)
{
	return action_task(run, step, COMMAND_TASK_RELEASE);
}

/* ---- workers ---- */

static bool action_job(struct try_run *run, const struct yaml_node *step)
{
	static const struct {
		const char *key;
		enum command_kind kind;
	} reports[] = {{"complete", COMMAND_JOB_COMPLETE}, {"fail", COMMAND_JOB_FAIL}, {"error", COMMAND_JOB_ERROR}};
	const struct yaml_node *report = NULL, *message = yaml_get(step, "message");
	struct command command = try_command(run, COMMAND_JOB_COMPLETE, step);
	struct instance *root = NULL;
	for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
		const struct yaml_node *given = yaml_get(step, reports[i].key);
		if (given && report)
			return try_fail(run, given, "a job is completed, fails or throws an error: one of them");
		report = given ? given : report;
		command.kind = given ? reports[i].kind : command.kind;
	}
	const struct job *job = action_find_job(run, step->first, &root);
	if (!job)
		return false;
	if (job->due_at > run->now)
		return try_fail(run, step, "the job at %.*s is not due yet: advance the clock", STR_ARG(step->first->text));
	command.token_id = job->token_id;
	command.subject_id = job->id;
	command.retries = action_number(yaml_get(step, "retries"), GRAPH_NONE);
	if (command.kind == COMMAND_JOB_FAIL)
		command.text = report->text;
	if (command.kind == COMMAND_JOB_ERROR)
		command.error_code = report->text;
	if (message)
		command.text = message->text;
	bool completed = command.kind == COMMAND_JOB_COMPLETE;
	return action_take_variables(run, step, completed ? "complete" : "variables", &command) &&
	       try_do(run, root, &command, step);
}

/* ---- events ---- */

static bool action_fill_sent(struct try_run *run, const struct yaml_node *map, struct try_sent *sent)
{
	const struct yaml_node *correlation = yaml_get(map, "correlation"), *key = yaml_get(map, "businessKey");
	struct err err = {0};
	if (correlation && !yaml_to_json(run->arena, correlation, &sent->correlation, &err))
		return try_fail(run, correlation, "%s", err.message);
	if (key)
		sent->business_key = key->text;
	return try_variables(run, yaml_get(map, "variables"), &sent->variables, &sent->variable_count);
}

static bool action_send(
	struct try_run *run, const struct yaml_node *map, const struct yaml_node *name, enum subscription_kind kind)
{
	struct try_sent sent = {.kind = kind, .name = name->text};
	if (!action_fill_sent(run, map, &sent))
		return false;
	enum try_reached reached = try_send(run, &sent, map);
	return reached == TRY_REACHED ||
	       (reached == TRY_NOBODY && try_fail(run, map, "nobody waits for %.*s", STR_ARG(name->text)));
}

static bool action_message(struct try_run *run, const struct yaml_node *step)
{
	return action_send(run, step, step->first, SUBSCRIPTION_MESSAGE);
}

static bool action_signal(struct try_run *run, const struct yaml_node *step)
{
	return action_send(run, step, step->first, SUBSCRIPTION_SIGNAL);
}

static bool action_advance(struct try_run *run, const struct yaml_node *step)
{
	struct iso8601_duration wait = {0};
	bool read = iso8601_parse_duration(step->first->text, &wait, NULL);
	return read && try_advance(run, iso8601_add(run->now, &wait, 1), step);
}

static bool action_at(struct try_run *run, const struct yaml_node *step)
{
	int64_t time = action_time(step->first);
	if (time < run->now)
		return try_fail(run, step, "it is later than %.*s already", STR_ARG(step->first->text));
	return try_advance(run, time, step);
}

/* ---- operators ---- */

static bool action_instance(struct try_run *run, const struct yaml_node *step, enum command_kind kind)
{
	struct instance *root = run->trees.items[0];
	struct command command = try_command(run, kind, step);
	if (kind == COMMAND_SET_VARIABLES && !try_variables(run, step->first, &command.variables, &command.variable_count))
		return false;
	if (kind == COMMAND_CANCEL)
		command.text = step->first->text;
	if (root->ended_at != 0)
		return try_fail(run, step, "the instance has ended already");
	return try_do(run, root, &command, step);
}

static bool action_set(struct try_run *run, const struct yaml_node *step)
{
	return action_instance(run, step, COMMAND_SET_VARIABLES);
}

static bool action_cancel(struct try_run *run, const struct yaml_node *step)
{
	return action_instance(run, step, COMMAND_CANCEL);
}

static bool action_suspend(struct try_run *run, const struct yaml_node *step)
{
	return action_instance(run, step, COMMAND_SUSPEND);
}

static bool action_resume(struct try_run *run, const struct yaml_node *step)
{
	return action_instance(run, step, COMMAND_RESUME);
}

static bool action_retry(struct try_run *run, const struct yaml_node *step)
{
	struct instance *root = NULL;
	struct command command = try_command(run, COMMAND_INCIDENT_RETRY, step);
	const struct incident *incident = action_find_incident(run, step->first, &root);
	if (!incident || !action_take_variables(run, step, "variables", &command))
		return false;
	command.subject_id = incident->id;
	command.retries = action_number(yaml_get(step, "retries"), GRAPH_NONE);
	return try_do(run, root, &command, step);
}

/* Of an ad-hoc sub-process, in the oldest instance that has such an activity. */
static bool action_activity(struct try_run *run, const struct yaml_node *step)
{
	struct command command = try_command(run, COMMAND_START_ACTIVITY, step);
	struct action_place place;
	if (!action_place(run, step->first, &place) || !action_take_variables(run, step, "variables", &command))
		return false;
	command.name = place.element;
	for (struct instance *here = NULL; (here = try_next(run, here));) {
		if (graph_find_node(here->graph, place.element) == GRAPH_NONE)
			continue;
		command.instance_id = here->id;
		while (here->parent)
			here = here->parent;
		return try_do(run, here, &command, step);
	}
	return try_fail(run, step, "no instance that has %.*s lives", STR_ARG(place.element));
}

static bool action_expect(struct try_run *run, const struct yaml_node *step)
{
	return try_expect(run, step);
}

#define ACTION_AS \
	{ \
		"as", TRY_TEXT \
	}
#define ACTION_VARIABLES \
	{ \
		"variables", TRY_MAP \
	}

const struct try_action try_actions[] = {
	{.name = "complete", .value = TRY_TEXT, .options = {ACTION_AS, ACTION_VARIABLES, {0}}, .run = action_complete},
	{.name = "claim", .value = TRY_TEXT, .options = {ACTION_AS, {0}}, .run = action_claim},
	{.name = "release", .value = TRY_TEXT, .options = {ACTION_AS, {0}}, .run = action_release},
	{
		.name = "job",
		.value = TRY_TEXT,
		.options = {{"complete", TRY_MAP}, {"fail", TRY_TEXT}, {"error", TRY_TEXT}, {"message", TRY_TEXT},
			{"retries", TRY_NUMBER}, ACTION_VARIABLES, {0}},
		.run = action_job,
	},
	{
		.name = "message",
		.value = TRY_TEXT,
		.options = {{"correlation", TRY_MAP}, {"businessKey", TRY_TEXT}, ACTION_VARIABLES, {0}},
		.run = action_message,
	},
	{.name = "signal", .value = TRY_TEXT, .options = {ACTION_VARIABLES, {0}}, .run = action_signal},
	{.name = "advance", .value = TRY_WAIT, .options = {{0}}, .run = action_advance},
	{.name = "at", .value = TRY_TIME, .options = {{0}}, .run = action_at},
	{.name = "set", .value = TRY_MAP, .options = {ACTION_AS, {0}}, .run = action_set},
	{
		.name = "retry",
		.value = TRY_TEXT,
		.options = {ACTION_AS, {"retries", TRY_NUMBER}, ACTION_VARIABLES, {0}},
		.run = action_retry,
	},
	{.name = "activity", .value = TRY_TEXT, .options = {ACTION_AS, ACTION_VARIABLES, {0}}, .run = action_activity},
	{.name = "suspend", .value = TRY_NOTHING, .options = {ACTION_AS, {0}}, .run = action_suspend},
	{.name = "resume", .value = TRY_NOTHING, .options = {ACTION_AS, {0}}, .run = action_resume},
	{.name = "cancel", .value = TRY_TEXT, .options = {ACTION_AS, {0}}, .run = action_cancel},
	{.name = "expect", .value = TRY_CHECKS, .options = {{"in", TRY_TEXT}, {0}}, .run = action_expect},
	{0},
};

/* ---- the start ---- */

/* What the scenario says, else the file, else the first of the diagrams. */
static int32_t action_process(struct try_run *run, const struct yaml_node *scenario)
{
	const struct yaml_node *named = yaml_get(scenario, "process");
	named = named ? named : yaml_get(run->file->top, "process");
	int32_t found = named ? try_process_find(run->processes, named->text) : 0;
	if (found == GRAPH_NONE)
		try_fail(run, named, "there is no executable process %.*s", STR_ARG(named->text));
	return found;
}

static bool action_begin(struct try_run *run, const struct yaml_node *scenario, const struct yaml_node *start)
{
	const struct yaml_node *at = start ? start : scenario;
	const struct yaml_node *by = yaml_get(start, "by"), *key = yaml_get(start, "businessKey");
	const struct yaml_node *event = yaml_get(start, "event");
	struct command command = try_command(run, COMMAND_START, NULL);
	int32_t process = action_process(run, scenario), node = GRAPH_NONE, definition = GRAPH_NONE;
	if (process == GRAPH_NONE || !action_take_variables(run, start, "variables", &command))
		return false;
	const struct graph *graph = run->processes->list.items[process].graph;
	if (by)
		command.actor.user = by->text;
	if (event) {
		node = graph_find_node(graph, event->text);
		if (node == GRAPH_NONE || graph->nodes[node].event == GRAPH_NONE)
			return try_fail(run, event, "%.*s has no event %.*s", STR_ARG(graph->key), STR_ARG(event->text));
		definition = graph->nodes[node].event;
	}
	return try_begin(run, process, node, definition, &command, key ? key->text : STR(""), at);
}

bool try_start(struct try_run *run, const struct yaml_node *scenario)
{
	const struct yaml_node *start = yaml_get(scenario, "start"), *at = yaml_get(start, "at");
	const struct yaml_node *message = yaml_get(start, "message"), *signal = yaml_get(start, "signal");
	bool good;
	if (at)
		run->now = action_time(at);
	if (message || signal)
		good =
			action_send(run, start, message ? message : signal, message ? SUBSCRIPTION_MESSAGE : SUBSCRIPTION_SIGNAL);
	else
		good = action_begin(run, scenario, start);
	return good && (run->trees.len > 0 || try_fail(run, scenario, "nothing has begun"));
}
