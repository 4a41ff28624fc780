/* SPDX-License-Identifier: Apache-2.0
 *
 * Migration of a running instance: every row that names a node of the old graph names its counterpart afterwards.
 * Boundary events and event sub-processes that the target has not got stop waiting; those that are new there begin to.
 * Tokens are moved first, so that what is new can be evaluated where they stand, and moved back should that fail.
 */
#include "config.h"

#include <stdlib.h>

#include "engine/ad_hoc.h"
#include "engine/event.h"
#include "engine/join.h"
#include "engine/migrate_map.h"
#include "engine/step.h"

struct migrate_place {
	int32_t node;
	int32_t flow;
};

struct migrating {
	struct step *step;
	const struct migration *migration;
	struct migrate_map map;
	struct migrate_place *before; /* where each slot's token stood */
	size_t tokens;                /* rows before the new waits */
	size_t subscriptions;
	size_t jobs;
};

static void migrate_note_move(const struct migrating *move, enum moved_kind kind, int64_t id, struct moved_row row)
{
	row.kind = kind;
	row.root_id = move->step->instance->root_id;
	row.id = id;
	row.definition_id = move->migration->definition_id;
	vec_add(&move->step->context->effects->moved, row);
}

/* ---- tokens ---- */

static void migrate_tokens(struct migrating *move)
{
	struct instance *instance = move->step->instance;
	move->before = arena_array(move->step->context->arena, move->tokens + 1, sizeof *move->before);
	for (size_t i = 0; i < move->tokens; i++) {
		struct token *token = &instance->tokens.items[i];
		move->before[i] = (struct migrate_place){token->node, token->flow};
		if (!row_alive(token->mark))
			continue;
		token->node = move->map.nodes[token->node];
		token->flow = token->flow == GRAPH_NONE ? GRAPH_NONE : migrate_flow(&move->map, token->flow, token->node);
	}
	instance->graph = move->step->graph = move->map.to;
}

static void migrate_note_tokens(const struct migrating *move)
{
	for (size_t i = 0; i < move->tokens; i++) {
		const struct token *token = &move->step->instance->tokens.items[i];
		if (!row_alive(token->mark))
			continue;
		migrate_note_move(move, MOVED_TOKEN, token->id,
			(struct moved_row){.node = token->node, .event = GRAPH_NONE, .flow = token->flow});
		ad_hoc_migrated(move->step, (int32_t)i, &move->map);
	}
}

static void migrate_tokens_back(const struct migrating *move)
{
	struct instance *instance = move->step->instance;
	for (size_t i = 0; i < move->tokens; i++) {
		instance->tokens.items[i].node = move->before[i].node;
		instance->tokens.items[i].flow = move->before[i].flow;
	}
	instance->graph = move->step->graph = move->map.from;
}

/* ---- new waits ---- */

/* The token waits for such an event: at its boundary, in its scope, at a target of its gateway. */
static bool migrate_may_wait(const struct step *step, const struct token *token, int32_t node)
{
	bool runs = token->state == TOKEN_TASK || token->state == TOKEN_JOB || token->state == TOKEN_SCOPE ||
	            token->state == TOKEN_CALL || token->state == TOKEN_EVENT;
	if (step->graph->nodes[node].kind == NODE_BOUNDARY_EVENT)
		return runs && !token_is_loop_instance(step, token);
	if (step->graph->nodes[node].kind == NODE_START_EVENT)
		return token->state == TOKEN_SCOPE && token->role != ROLE_LOOP_BODY && !scope_is_taken_over(step, token->id);
	return token->state == TOKEN_EVENT;
}

/* slot GRAPH_NONE: the process. */
static bool migrate_await_of(const struct migrating *move, int32_t slot, struct err *err)
{
	struct step *step = move->step;
	int32_t before = slot == GRAPH_NONE ? GRAPH_NONE : move->before[slot].node;
	int32_t now = slot == GRAPH_NONE ? GRAPH_NONE : step_token(step, slot)->node, node;
	for (int32_t i = 0; (node = migrate_wait_of(step->graph, now, i)) != GRAPH_NONE; i++) {
		bool waits =
			slot == GRAPH_NONE ? !scope_is_taken_over(step, 0) : migrate_may_wait(step, step_token(step, slot), node);
		if (waits && !migrate_waited_before(&move->map, before, node) &&
			!event_subscribe_node(step, slot, node, GRAPH_NONE, err))
			return false;
	}
	return true;
}

struct migrate_turn {
	int64_t id;
	int32_t slot;
	int32_t depth;
};

/* Slots differ between a cached instance and the same one loaded anew. */
static int migrate_order(const void *a, const void *b)
{
	const struct migrate_turn *left = a, *right = b;
	if (left->depth != right->depth)
		return left->depth - right->depth;
	return (left->id > right->id) - (left->id < right->id);
}

static bool migrate_await_new(const struct migrating *move, struct err *err)
{
	VEC(struct migrate_turn) turns = {0};
	for (size_t i = 0; i < move->tokens; i++) {
		const struct token *token = &move->step->instance->tokens.items[i];
		if (row_alive(token->mark))
			vec_add(&turns, ((struct migrate_turn){token->id, (int32_t)i, token_depth(move->step, token->scope_id)}));
	}
	if (turns.len > 0)
		qsort(turns.items, turns.len, sizeof *turns.items, migrate_order);
	bool good = migrate_await_of(move, GRAPH_NONE, err);
	for (size_t i = 0; good && i < turns.len; i++)
		good = migrate_await_of(move, turns.items[i].slot, err);
	vec_free(&turns);
	return good;
}

static void migrate_forget_new(const struct migrating *move)
{
	struct instance *instance = move->step->instance;
	for (size_t i = move->subscriptions; i < instance->subscriptions.len; i++)
		instance->subscriptions.items[i].mark = ROW_FREE;
	for (size_t i = move->jobs; i < instance->jobs.len; i++)
		job_end(&instance->jobs.items[i]);
}

/* ---- rows that were there ---- */

static void migrate_tasks(const struct migrating *move)
{
	struct instance *instance = move->step->instance;
	for (size_t i = 0; i < instance->tasks.len; i++) {
		struct task *task = &instance->tasks.items[i];
		if (!row_alive(task->mark))
			continue;
		task->node = move->map.nodes[task->node];
		migrate_note_move(move, MOVED_TASK, task->id,
			(struct moved_row){.node = task->node, .event = GRAPH_NONE, .flow = GRAPH_NONE});
	}
}

/* Where the wait goes with its owner; GRAPH_NONE: it ends. */
static int32_t migrate_row(const struct migrating *move, int64_t token_id, int32_t *node, int32_t event)
{
	int32_t owner = token_id == 0 ? GRAPH_NONE : move->before[token_slot(move->step, token_id)].node;
	int32_t target = migrate_wait(&move->map, owner, *node);
	if (target == GRAPH_NONE)
		return GRAPH_NONE;
	int32_t moved = move->map.to->nodes[target].event + event - move->map.from->nodes[*node].event;
	*node = target;
	return moved;
}

/* Work and continuations stand at their token's node; a timer goes where its event goes, or ends. */
static void migrate_jobs(const struct migrating *move)
{
	struct instance *instance = move->step->instance;
	for (size_t i = 0; i < move->jobs; i++) {
		struct job *job = &instance->jobs.items[i];
		bool timer = job->event != GRAPH_NONE;
		if (!row_alive(job->mark))
			continue;
		if (timer)
			job->event = migrate_row(move, job->token_id, &job->node, job->event);
		else
			job->node = move->map.nodes[job->node];
		if (timer && job->event == GRAPH_NONE) {
			job_end(job);
			continue;
		}
		bool work = job->kind == JOB_WORK;
		migrate_note_move(move, work ? MOVED_WORK : MOVED_TIMER, work ? job->token_id : job->id,
			(struct moved_row){.node = job->node, .event = job->event, .flow = GRAPH_NONE});
	}
}

static void migrate_subscriptions(const struct migrating *move)
{
	struct instance *instance = move->step->instance;
	for (size_t i = 0; i < move->subscriptions; i++) {
		struct subscription *row = &instance->subscriptions.items[i];
		if (!row_alive(row->mark))
			continue;
		row->event = migrate_row(move, row->token_id, &row->node, row->event);
		if (row->event == GRAPH_NONE)
			row_end(&row->mark);
		else
			migrate_note_move(move, MOVED_SUBSCRIPTION, row->id,
				(struct moved_row){.node = row->node, .event = row->event, .flow = GRAPH_NONE});
	}
}

static void migrate_memories(const struct migrating *move)
{
	struct instance *instance = move->step->instance;
	for (size_t i = 0; i < instance->compensations.len; i++) {
		struct compensation *row = &instance->compensations.items[i];
		if (!row_alive(row->mark))
			continue;
		row->node = move->map.nodes[row->node];
		migrate_note_move(move, MOVED_COMPENSATION, row->id,
			(struct moved_row){.node = row->node, .event = GRAPH_NONE, .flow = GRAPH_NONE});
	}
	for (size_t i = 0; i < instance->incidents.len; i++) {
		struct incident *row = &instance->incidents.items[i];
		if (!row_alive(row->mark))
			continue;
		row->node = move->map.nodes[row->node];
		migrate_note_move(move, MOVED_INCIDENT, row->id,
			(struct moved_row){.node = row->node, .event = GRAPH_NONE, .flow = GRAPH_NONE});
	}
}

/* ---- the command ---- */

static bool migrate_refuse(const struct migration_problems *problems, struct err *err)
{
	const struct migration_problem *first = &problems->list.items[0];
	return err_set(err, ERR_CONFLICT, "%.*s: %.*s%s", STR_ARG(first->element_id), STR_ARG(first->message),
		problems->list.len > 1 ? ", and more" : "");
}

bool migrate_judge(struct step *step, struct err *err)
{
	struct migration_problems problems = {0};
	if (!command_is_current(step, err))
		return false;
	migration_find_problems(step->instance, step->command->migration, step->context->arena, &problems);
	bool good = problems.list.len == 0 || migrate_refuse(&problems, err);
	vec_free(&problems.list);
	return good;
}

static void migrate_rows(const struct migrating *move)
{
	migrate_note_tokens(move);
	migrate_tasks(move);
	migrate_jobs(move);
	migrate_subscriptions(move);
	migrate_memories(move);
	migrate_note_move(move, MOVED_INSTANCE, move->step->instance->id,
		(struct moved_row){.node = GRAPH_NONE, .event = GRAPH_NONE, .flow = GRAPH_NONE});
	move->step->instance->notes.migrated_from = move->step->instance->definition_id;
	move->step->instance->definition_id = move->migration->definition_id;
}

bool command_MIGRATE(struct step *step, struct err *err)
{
	struct instance *instance = step->instance;
	if (!migrate_judge(step, err))
		return false;
	struct migrating move = {
		.step = step,
		.migration = step->command->migration,
		.map = migrate_map_make(step->graph, step->command->migration, step->context->arena),
		.tokens = instance->tokens.len,
		.subscriptions = instance->subscriptions.len,
		.jobs = instance->jobs.len,
	};
	migrate_tokens(&move);
	if (!migrate_await_new(&move, err)) {
		migrate_forget_new(&move);
		migrate_tokens_back(&move);
		return false;
	}
	migrate_rows(&move);
	instance->notes.variables_written = true; /* every condition is asked: it may be another one now */
	if (instance->status == INSTANCE_RUNNING)
		parallel_join_all(step);
	return true;
}
