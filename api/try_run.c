/* SPDX-License-Identifier: Apache-2.0
 *
 * The world of a scenario: trees of instances, a clock that only the scenario moves, and everything that a server would do by
 * itself. After each command what is due is fired and what was thrown is delivered, until nothing is left to do.
 */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "api/try.h"
#include "base/iso8601.h"
#include "base/json.h"
#include "engine/start_event.h"

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

static struct instance *try_root(struct instance *here)
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

/* Users act as themselves where the step says who, with the groups that the file gives them; else an administrator does. */
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

/* ---- events ---- */

/* The number of rows that begin at that name, and the last of them. */
static int try_find_start(
	struct try_run *run, const struct try_sent *sent, int32_t *process, struct start_event_row *out)
{
	int found = 0;
	for (size_t i = 0; i < run->processes->list.len; i++) {
		const struct graph *graph = run->processes->list.items[i].graph;
		struct start_event_row *rows;
		size_t count;
		enum event_kind kind = sent->kind == SUBSCRIPTION_MESSAGE ? EVENT_MESSAGE : EVENT_SIGNAL;
		if (!engine_start_events(graph, run->now, run->arena, &rows, &count, NULL))
			continue;
		for (size_t k = 0; k < count; k++) {
			if (rows[k].kind != kind || !str_equal(rows[k].name, sent->name))
				continue;
			*process = (int32_t)i;
			*out = rows[k];
			found++;
		}
	}
	return found;
}

static bool try_has_members(const struct instance *in, const struct subscription *row, struct str keys)
{
	struct variables wanted = {0}, declared = {0};
	bool all = variables_from_json(&wanted, keys, NULL);
	all = all && (row->correlation.len == 0 || variables_from_json(&declared, row->correlation, NULL));
	for (size_t i = 0; i < wanted.list.len && all; i++) {
		struct str value = variables_get(&declared, wanted.list.items[i].name);
		if (!value.ptr)
			value = variables_get(&in->variables, wanted.list.items[i].name);
		all = value.ptr && str_equal(value, wanted.list.items[i].json);
	}
	variables_free(&wanted);
	variables_free(&declared);
	return all;
}

/* The rules of the server (bpmnd.message_candidates), first come first. */
enum try_rule { TRY_BY_CORRELATION, TRY_BY_VARIABLES, TRY_BY_BUSINESS_KEY, TRY_BY_NAME, TRY_RULE_COUNT };

static bool try_fits(
	const struct try_sent *sent, enum try_rule rule, const struct instance *in, const struct subscription *row)
{
	bool keys = sent->correlation.len > 0, key = sent->business_key.len > 0;
	bool same_key = str_equal(in->business_key, sent->business_key);
	if (row->kind != SUBSCRIPTION_MESSAGE || !str_equal(row->name, sent->name))
		return false;
	switch (rule) {
	case TRY_BY_CORRELATION:
		return keys && str_equal(row->correlation, sent->correlation) && (!key || sent->thrown || same_key);
	case TRY_BY_VARIABLES:
		return keys && try_has_members(in, row, sent->correlation) && (!key || sent->thrown || same_key);
	case TRY_BY_BUSINESS_KEY:
		return !keys && key && same_key;
	case TRY_BY_NAME:
		return !keys && (!key || sent->thrown);
	case TRY_RULE_COUNT:
		break;
	}
	return false;
}

static int try_find_receiver(
	struct try_run *run, const struct try_sent *sent, struct instance **receiver, int64_t *subscription_id)
{
	int found = 0;
	for (int rule = 0; rule < TRY_RULE_COUNT && found == 0; rule++)
		TRY_EACH(run, in, subscription, subscriptions)
		{
			if (!try_fits(sent, (enum try_rule)rule, in, subscription))
				continue;
			*receiver = in;
			*subscription_id = subscription->id;
			found++;
		}
	return found;
}

static bool try_run_one(
	struct try_run *run, struct instance *root, const struct command *command, const struct yaml_node *at)
{
	struct err err = {0};
	return try_step(run, root, command, &err) || try_fail(run, at, "%s", err.message);
}

static bool try_begin_one(struct try_run *run, int32_t process, int32_t node, int32_t event, const struct command *from,
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

static enum try_reached try_send_message(struct try_run *run, const struct try_sent *sent, const struct yaml_node *at)
{
	struct command command = try_command(run, COMMAND_MESSAGE, at);
	struct instance *receiver = NULL;
	struct start_event_row start;
	int32_t process = 0;
	command.variables = sent->variables;
	command.variable_count = sent->variable_count;
	int found = try_find_receiver(run, sent, &receiver, &command.subject_id);
	if (found == 1)
		return try_run_one(run, try_root(receiver), &command, at) ? TRY_REACHED : TRY_FAILED;
	if (found == 0)
		found = try_find_start(run, sent, &process, &start);
	if (found == 0)
		return TRY_NOBODY;
	if (found == 1)
		return try_begin_one(run, process, start.node, start.event, &command, sent->business_key, at) ? TRY_REACHED
		                                                                                              : TRY_FAILED;
	try_fail(run, at, "%d wait for the message %.*s", found, STR_ARG(sent->name));
	return TRY_FAILED;
}

static bool try_waits_for_signal(struct instance *root, struct str name)
{
	for (struct instance *here = NULL; (here = instance_next(root, here));)
		for (size_t i = 0; here->ended_at == 0 && i < here->subscriptions.len; i++) {
			const struct subscription *row = &here->subscriptions.items[i];
			if (row_alive(row->mark) && row->kind == SUBSCRIPTION_SIGNAL && str_equal(row->name, name))
				return true;
		}
	return false;
}

/* Every tree that waits, but the thrower's, which has got it already, and every process that begins with it. */
static enum try_reached try_send_signal(
	struct try_run *run, const struct try_sent *sent, int64_t thrower, const struct yaml_node *at)
{
	struct command command = try_command(run, COMMAND_SIGNAL, at);
	enum try_reached reached = TRY_NOBODY;
	command.name = sent->name;
	command.variables = sent->variables;
	command.variable_count = sent->variable_count;
	size_t trees = run->trees.len;
	for (size_t i = 0; i < trees; i++) {
		struct instance *root = run->trees.items[i];
		if (root->id == thrower || root->status != INSTANCE_RUNNING || !try_waits_for_signal(root, sent->name))
			continue;
		reached = TRY_REACHED;
		if (!try_run_one(run, root, &command, at))
			return TRY_FAILED;
	}
	for (size_t i = 0; i < run->processes->list.len; i++) {
		struct start_event_row *rows;
		size_t count;
		const struct graph *graph = run->processes->list.items[i].graph;
		if (!engine_start_events(graph, run->now, run->arena, &rows, &count, NULL))
			continue;
		for (size_t k = 0; k < count; k++) {
			if (rows[k].kind != EVENT_SIGNAL || !str_equal(rows[k].name, sent->name))
				continue;
			reached = TRY_REACHED;
			if (!try_begin_one(run, (int32_t)i, rows[k].node, rows[k].event, &command, STR(""), at))
				return TRY_FAILED;
		}
	}
	return reached;
}

/* ---- by itself ---- */

static const struct job *try_next_timer(struct try_run *run, struct instance **in)
{
	const struct job *next = NULL;
	TRY_EACH(run, here, job, jobs)
	{
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

static bool try_payload(struct try_run *run, struct str json, struct try_sent *sent)
{
	struct variables variables = {0};
	bool good = json.len == 0 || variables_from_json(&variables, json, NULL);
	struct command_variable *list = arena_array(run->arena, variables.list.len, sizeof *list);
	for (size_t i = 0; i < variables.list.len; i++)
		list[i] = (struct command_variable){
			arena_str(run->arena, variables.list.items[i].name), arena_str(run->arena, variables.list.items[i].json)};
	sent->variables = list;
	sent->variable_count = variables.list.len;
	variables_free(&variables);
	return good;
}

/* One of those thrown; *any: it was delivered or given up. What nobody waits for is kept as long as it may be. */
static bool try_deliver(struct try_run *run, size_t i, bool *any, const struct yaml_node *at)
{
	const struct outgoing_row row = run->thrown.items[i];
	struct try_sent sent = {
		.kind = row.kind,
		.name = row.name,
		.business_key = row.business_key,
		.correlation = row.correlation,
		.thrown = true,
	};
	if (!try_payload(run, row.variables, &sent))
		return try_fail(run, at, "the message %.*s has no variables that can be read", STR_ARG(row.name));
	enum try_reached reached = row.kind == SUBSCRIPTION_SIGNAL ? try_send_signal(run, &sent, row.root_id, at)
	                                                           : try_send_message(run, &sent, at);
	*any = reached != TRY_NOBODY || row.kind == SUBSCRIPTION_SIGNAL || row.expires_at <= run->now;
	return reached != TRY_FAILED;
}

static bool try_deliver_any(struct try_run *run, bool *any, const struct yaml_node *at)
{
	for (size_t i = 0; i < run->thrown.len; i++) {
		if (!try_deliver(run, i, any, at))
			return false;
		if (!*any)
			continue;
		run->thrown.len--;
		memmove(&run->thrown.items[i], &run->thrown.items[i + 1], (run->thrown.len - i) * sizeof *run->thrown.items);
		return true;
	}
	return true;
}

static bool try_settle(struct try_run *run, const struct yaml_node *at)
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

enum try_reached try_send(struct try_run *run, const struct try_sent *sent, const struct yaml_node *at)
{
	enum try_reached reached =
		sent->kind == SUBSCRIPTION_SIGNAL ? try_send_signal(run, sent, 0, at) : try_send_message(run, sent, at);
	return reached == TRY_REACHED && !try_settle(run, at) ? TRY_FAILED : reached;
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
