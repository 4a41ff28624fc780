/* SPDX-License-Identifier: Apache-2.0
 *
 * The world of a scenario: trees of instances, a clock that only the scenario moves, and everything that a server would
 * do by itself. After each command what is due is fired and what was thrown is delivered, until nothing is left to do.
 */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "api/try.h"
#include "base/iso8601.h"

#define TRY_BEGIN_AT INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */
#define TRY_USER "tester"
#define TRY_SETTLE_MAX 10000

bool try_fail(struct try_run *run, const struct yaml_node *at, const char *format, ...)
{
	va_list args;
	buf_printf(&run->problems, "  %s:%d: ", run->file->name, at->line);
	va_start(args, format);
	buf_vprintf(&run->problems, format, args);
	va_end(args);
	buf_add_char(&run->problems, '\n');
	return false;
}

struct instance *try_next(struct try_run *run, struct instance *here)
{
	size_t tree = 0;
	for (struct instance *top = here; top; top = top->parent)
		for (size_t i = 0; i < run->trees.len; i++)
			if (run->trees.items[i] == top)
				tree = i;
	while (tree < run->trees.len) {
		here = instance_next(run->trees.items[tree], here);
		if (here && here->ended_at == 0)
			return here;
		tree += here == NULL;
	}
	return NULL;
}

struct instance *try_root(struct instance *here)
{
	while (here->parent)
		here = here->parent;
	return here;
}

/* ---- a step ---- */

static enum call_answer try_find_called(
	void *context, const struct call_request *request, struct call_target *out, struct err *err)
{
	const struct try_run *run = context;
	int32_t found = try_process_find(run->processes, request->key);
	const struct graph *graph = found == GRAPH_NONE ? NULL : run->processes->list.items[found].graph;
	bool fits = graph && (request->binding != CALL_VERSION || request->version == 1) &&
	            (request->binding != CALL_VERSION_TAG || str_equal(request->tag, graph->version_tag));
	if (!fits) {
		err_set(err, ERR_NOT_FOUND, "there is no process %.*s", STR_ARG(request->key));
		return CALL_UNKNOWN;
	}
	*out = (struct call_target){.definition_id = found + 1, .graph = graph};
	return CALL_FOUND;
}

static void try_note_thrown(struct try_run *run, const struct outgoing_row *row)
{
	struct arena *arena = run->arena;
	struct outgoing_row *kept = vec_push(&run->thrown);
	*kept = *row;
	kept->name = arena_str(arena, row->name);
	kept->business_key = arena_str(arena, row->business_key);
	kept->correlation = arena_str(arena, row->correlation);
	kept->variables = arena_str(arena, row->variables);
	vec_add(&run->sent, kept->name);
}

static void try_note_past(struct try_run *run, const struct instance *ended)
{
	struct buf variables;
	buf_init(&variables, SIZE_MAX);
	variables_to_json(&variables, &ended->variables);
	*vec_push(&run->past) = (struct try_past){
		.id = ended->id,
		.graph = ended->graph,
		.status = ended->status,
		.error_code = arena_str(run->arena, ended->error_code),
		.variables = arena_str(run->arena, buf_str(&variables)),
	};
	buf_free(&variables);
}

static void try_note_history(struct try_run *run, struct instance *root)
{
	const struct effects *effects = &run->effects;
	for (size_t i = 0; i < effects->activities.len; i++) {
		const struct activity_row *row = &effects->activities.items[i];
		const struct graph *graph = instance_in_tree(root, row->instance_id)->graph;
		vec_add(&run->done, ((struct try_done){graph, row->node, row->outcome}));
		try_process_saw(run->processes, graph, row->node, GRAPH_NONE);
	}
	for (size_t i = 0; i < effects->steps.len; i++) {
		const struct step_row *row = &effects->steps.items[i];
		const struct graph *graph = instance_in_tree(root, row->instance_id)->graph;
		for (size_t k = 0; k < row->flow_count; k++)
			try_process_saw(run->processes, graph, GRAPH_NONE, effects->flows.items[row->first_flow + k]);
	}
	for (size_t i = 0; i < effects->outgoing.len; i++)
		try_note_thrown(run, &effects->outgoing.items[i]);
}

static void try_note(struct try_run *run, struct instance *root)
{
	effects_collect(&run->effects, root);
	try_note_history(run, root);
	for (size_t i = 0; i < run->effects.ended_instances.len; i++)
		try_note_past(run, run->effects.ended_instances.items[i]);
	instance_committed(root);
	for (struct instance *here = NULL; (here = instance_next(root, here));)
		for (size_t i = 0; i < here->tokens.len; i++)
			if (row_alive(here->tokens.items[i].mark))
				try_process_saw(run->processes, here->graph, here->tokens.items[i].node, GRAPH_NONE);
}

static bool try_step(struct try_run *run, struct instance *root, const struct command *command, struct err *err)
{
	struct step_context context = {
		.limits = &run->limits,
		.now = run->now,
		.ids = &run->ids,
		.effects = &run->effects,
		.arena = run->kept,
		.scratch = run->scratch,
		.find_called = try_find_called,
		.find_context = run,
	};
	enum step_result result = engine_step(root, command, &context, err);
	if (result == STEP_DONE)
		try_note(run, root);
	else if (result != STEP_REFUSED)
		err_set(err, ERR_CONFLICT, "the process does not come to rest");
	effects_clear(&run->effects);
	arena_reset(run->kept);
	arena_reset(run->scratch);
	return result == STEP_DONE;
}

/* Users act as themselves where the step says who, with the groups that the file gives them; else an administrator
 * does. */
struct command try_command(struct try_run *run, enum command_kind kind, const struct yaml_node *step)
{
	const struct yaml_node *as = yaml_get(step, "as");
	const struct yaml_node *groups = NULL;
	for (const struct yaml_node *user = as && run->file->users ? run->file->users->first : NULL; user;
		 user = user->next)
		if (str_equal(user->key, as->text))
			groups = user;
	size_t count = !groups ? 0 : groups->kind == YAML_LIST ? groups->count : 1;
	struct str *names = arena_array(run->arena, count, sizeof *names);
	const struct yaml_node *group = groups && groups->kind == YAML_LIST ? groups->first : groups;
	for (size_t i = 0; i < count; i++, group = group->next)
		names[i] = group->text;
	return (struct command){
		.kind = kind,
		.actor = {as ? as->text : STR(TRY_USER), names, count, as == NULL},
		.expected_version = VERSION_ANY,
		.start_node = GRAPH_NONE,
		.retries = GRAPH_NONE,
	};
}

bool try_run_one(struct try_run *run, struct instance *root, const struct command *command, const struct yaml_node *at)
{
	struct err err = {0};
	return try_step(run, root, command, &err) || try_fail(run, at, "%s", err.message);
}

bool try_begin_one(struct try_run *run, int32_t process, int32_t node, int32_t event, const struct command *from,
	struct str business_key, const struct yaml_node *at)
{
	struct command command = *from;
	const struct graph *graph = run->processes->list.items[process].graph;
	struct instance *root = instance_new(&(struct instance_facts){
		.id = id_source_take(&run->ids),
		.definition_id = process + 1,
		.graph = graph,
		.business_key = business_key,
		.started_by = command.actor.user,
		.started_at = run->now,
	});
	command.kind = COMMAND_START;
	command.start_node = node;
	command.start_event = event;
	vec_add(&run->trees, root);
	return try_run_one(run, root, &command, at);
}

/* ---- by itself ---- */

static const struct job *try_next_timer(struct try_run *run, struct instance **in)
{
	const struct job *next = NULL;
	TRY_EACH (run, here, job, jobs) {
		if (job->kind != JOB_TIMER || here->status != INSTANCE_RUNNING)
			continue;
		if (next && (job->due_at > next->due_at || (job->due_at == next->due_at && job->id > next->id)))
			continue;
		next = job;
		*in = here;
	}
	return next;
}

static bool try_fire(struct try_run *run, int64_t id, struct instance *in, const struct yaml_node *at)
{
	struct command command = try_command(run, COMMAND_TIMER_FIRE, NULL);
	command.actor.user = STR("");
	command.subject_id = id;
	return try_run_one(run, try_root(in), &command, at);
}

bool try_settle(struct try_run *run, const struct yaml_node *at)
{
	for (int i = 0; i < TRY_SETTLE_MAX; i++) {
		bool any = false;
		struct instance *in = NULL;
		if (!try_deliver_any(run, &any, at))
			return false;
		const struct job *timer = any ? NULL : try_next_timer(run, &in);
		bool due = timer && timer->due_at <= run->now;
		if (!any && !due)
			return true;
		if (due && !try_fire(run, timer->id, in, at))
			return false;
	}
	return try_fail(run, at, "it does not come to rest: %d timers and messages, and there are more", TRY_SETTLE_MAX);
}

bool try_do(struct try_run *run, struct instance *root, const struct command *command, const struct yaml_node *at)
{
	return try_run_one(run, root, command, at) && try_settle(run, at);
}

bool try_begin(struct try_run *run, int32_t process, int32_t node, int32_t event, const struct command *command,
	struct str business_key, const struct yaml_node *at)
{
	return try_begin_one(run, process, node, event, command, business_key, at) && try_settle(run, at);
}

bool try_advance(struct try_run *run, int64_t until, const struct yaml_node *at)
{
	for (int i = 0; i < TRY_SETTLE_MAX; i++) {
		struct instance *in = NULL;
		const struct job *timer = try_next_timer(run, &in);
		if (!timer || timer->due_at > until) {
			run->now = until;
			return try_settle(run, at);
		}
		run->now = timer->due_at > run->now ? timer->due_at : run->now;
		if (!try_settle(run, at))
			return false;
	}
	return try_fail(run, at, "more than %d timers fire meanwhile", TRY_SETTLE_MAX);
}

/* ---- the whole ---- */

bool try_variables(struct try_run *run, const struct yaml_node *map, const struct command_variable **out, size_t *count)
{
	struct command_variable *list = arena_array(run->arena, map ? map->count : 0, sizeof *list);
	struct err err = {0};
	*out = list;
	*count = 0;
	for (const struct yaml_node *member = map ? map->first : NULL; member; member = member->next) {
		list[*count].name = member->key;
		if (!yaml_to_json(run->arena, member, &list[*count].json, &err))
			return try_fail(run, member, "%s", err.message);
		++*count;
	}
	return true;
}

static bool try_steps(struct try_run *run, const struct yaml_node *scenario)
{
	const struct yaml_node *steps = yaml_get(scenario, "steps");
	for (const struct yaml_node *step = steps ? steps->first : NULL; step; step = step->next)
		for (const struct try_action *action = try_actions; action->name; action++)
			if (str_equal_c(step->first->key, action->name) && !action->run(run, step))
				return false;
	return true;
}

static void try_run_free(struct try_run *run)
{
	for (size_t i = 0; i < run->trees.len; i++)
		instance_free(run->trees.items[i]);
	vec_free(&run->trees);
	vec_free(&run->past);
	vec_free(&run->done);
	vec_free(&run->thrown);
	vec_free(&run->sent);
	effects_free(&run->effects);
	id_source_free(&run->ids);
	arena_free(run->arena);
	arena_free(run->kept);
	arena_free(run->scratch);
}

bool try_scenario(struct try_processes *processes, const struct try_file *file, const struct yaml_node *scenario,
	struct buf *problems)
{
	struct try_run run = {
		.processes = processes,
		.file = file,
		.arena = arena_new(),
		.kept = arena_new(),
		.scratch = arena_new(),
		.limits = {.step_budget = 100000, .scope_depth = 1000, .job_retries = 3, .job_backoff = 10 * ISO8601_SECOND},
		.ids = {.current = {1, INT64_MAX}},
		.now = TRY_BEGIN_AT,
	};
	effects_init(&run.effects, run.kept);
	buf_init(&run.problems, SIZE_MAX);
	bool good = try_start(&run, scenario) && try_steps(&run, scenario);
	buf_add_str(problems, buf_str(&run.problems));
	buf_free(&run.problems);
	try_run_free(&run);
	return good;
}
