/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of tokens. A token's id is new at every node it enters, so it names one activity; its slot is reused when it never
 * reached the database, so that a long automatic run needs little memory.
 */
#include "config.h"

#include "engine/step.h"

#include <assert.h>
#include <stdlib.h>

/* Slots that tokens of this step have left behind; others are at the end. */
static int32_t token_free_slot(struct step *step)
{
	if (step->free_slots.len > 0)
		return step->free_slots.items[--step->free_slots.len];
	(void)vec_push(&step->instance->tokens);
	return (int32_t)step->instance->tokens.len - 1;
}

static void token_count(struct step *step, int64_t scope_id, int32_t change)
{
	if (scope_id == 0) {
		step->instance->live_tokens += change;
		return;
	}
	int32_t scope = token_slot(step, scope_id);
	assert(scope != GRAPH_NONE);
	step_token(step, scope)->children += change;
}

static void token_queue(struct step *step, int32_t slot)
{
	vec_add(&step->ready, ((struct ready_token){step_token(step, slot)->id, slot}));
}

int32_t token_create(struct step *step, int32_t node, int64_t scope_id, int32_t flow)
{
	int32_t slot = token_free_slot(step);
	*step_token(step, slot) = (struct token){
		.id = step_take_id(step),
		.scope_id = scope_id,
		.started_at = step->context->now,
		.node = node,
		.flow = flow,
		.state = TOKEN_READY,
		.mark = ROW_NEW,
	};
	token_count(step, scope_id, 1);
	token_queue(step, slot);
	return slot;
}

/* Without a start event a scope begins at its nodes without incoming flows; those that wait for an event are none (10.3.5). */
static bool token_begins_at(const struct graph *graph, int32_t node)
{
	const struct graph_node *row = &graph->nodes[node];
	bool link_catch = row->kind == NODE_INTERMEDIATE_CATCH_EVENT && graph_has_event(graph, node, EVENT_LINK);
	return row->incoming.count == 0 && row->kind != NODE_BOUNDARY_EVENT && !row->event_sub_process && !link_catch;
}

void token_create_starts(struct step *step, int32_t scope_node, int64_t scope_id)
{
	const struct graph *graph = step->graph;
	int32_t start = scope_node == GRAPH_NONE ? graph->start : graph->nodes[scope_node].start;
	if (start != GRAPH_NONE) {
		token_create(step, start, scope_id, GRAPH_NONE);
		return;
	}
	for (int32_t i = 0; i < graph->node_count; i++)
		if (graph->nodes[i].scope == scope_node && token_begins_at(graph, i))
			token_create(step, i, scope_id, GRAPH_NONE);
}

int32_t token_slot(const struct step *step, int64_t id)
{
	const struct token *token = instance_token(step->instance, id);
	return token ? (int32_t)(token - step->instance->tokens.items) : GRAPH_NONE;
}

void token_set_state(struct step *step, int32_t slot, enum token_state state)
{
	struct token *token = step_token(step, slot);
	assert(row_alive(token->mark));
	token->state = state;
	if (token->mark == ROW_CLEAN)
		token->mark = ROW_CHANGED;
}

void token_enter_again(struct step *step, int32_t slot)
{
	token_set_state(step, slot, TOKEN_READY);
	token_queue(step, slot);
}

/* The row leaves; what waited on it has been ended before. */
static void token_remove(struct step *step, int32_t slot)
{
	struct token *token = step_token(step, slot);
	variables_free(&token->variables);
	token->variables = (struct variables){0};
	token->mark = token->mark == ROW_NEW ? ROW_FREE : ROW_DEAD;
	if (token->mark == ROW_FREE)
		vec_add(&step->free_slots, slot);
	token_count(step, token->scope_id, -1);
}

void job_end(struct job *job)
{
	job->mark = job->mark == ROW_NEW ? ROW_FREE : ROW_DEAD;
}

static void token_end_waits(struct step *step, const struct token *token, enum activity_outcome outcome)
{
	struct instance *instance = step->instance;
	int64_t token_id = token->id;
	if (token->state == TOKEN_READY)
		return;
	step_charge(step, instance->tasks.len + instance->jobs.len + instance->incidents.len);
	for (size_t i = 0; i < instance->tasks.len; i++) {
		struct task *task = &instance->tasks.items[i];
		if (task->token_id == token_id && row_alive(task->mark))
			task_end(step, task, outcome);
	}
	for (size_t i = 0; i < instance->jobs.len; i++) {
		struct job *job = &instance->jobs.items[i];
		if (job->token_id == token_id && row_alive(job->mark))
			job_end(job);
	}
	step_end_incidents(step, token_id);
}

static void token_record(
	struct step *step, const struct token *token, enum activity_outcome outcome, struct str error_code)
{
	const struct instance *instance = step->instance;
	*vec_push(&step->context->effects->activities) = (struct activity_row){
		.id = token->id,
		.root_id = instance->root_id,
		.instance_id = instance->id,
		.definition_id = instance->definition_id,
		.scope_id = token->scope_id,
		.started_at = token->started_at,
		.ended_at = step->context->now,
		.node = token->node,
		.outcome = outcome,
		.error_code = error_code,
	};
}

void token_finish(struct step *step, int32_t slot, enum activity_outcome outcome, struct str error_code)
{
	token_end_waits(step, step_token(step, slot), outcome);
	token_record(step, step_token(step, slot), outcome, error_code);
	token_remove(step, slot);
}

/* A scope without tokens is done (13.3.4): its own token goes on; the process ends. */
static void token_scope_emptied(struct step *step, int64_t scope_id)
{
	if (scope_id == 0) {
		if (step->instance->live_tokens == 0 && step->instance->ended_at == 0)
			step_end_instance(step, step->end_status);
		return;
	}
	int32_t scope = token_slot(step, scope_id);
	if (scope != GRAPH_NONE && step_token(step, scope)->children == 0)
		step_leave(step, scope);
}

void token_end(struct step *step, int32_t slot, enum activity_outcome outcome, struct str error_code)
{
	int64_t scope_id = step_token(step, slot)->scope_id;
	if (step_token(step, slot)->state == TOKEN_SCOPE && step_token(step, slot)->children > 0)
		token_cancel_scope(step, step_token(step, slot)->id, 0);
	token_finish(step, slot, outcome, error_code);
	token_scope_emptied(step, scope_id);
}

void token_merge(struct step *step, int32_t slot)
{
	token_remove(step, slot);
}

static bool token_is_inside(const struct step *step, const struct token *token, int64_t scope_id)
{
	int64_t around = token->scope_id;
	while (around != scope_id && around != 0) {
		const struct token *scope = instance_token(step->instance, around);
		around = scope ? scope->scope_id : 0;
	}
	return around == scope_id;
}

int32_t token_depth(const struct step *step, int64_t scope_id)
{
	int32_t depth = 0;
	for (; scope_id != 0; depth++) {
		const struct token *scope = instance_token(step->instance, scope_id);
		scope_id = scope ? scope->scope_id : 0;
	}
	return depth;
}

struct token_inside {
	int64_t id;
	int32_t slot;
	int32_t depth;
};

static int token_deeper_first(const void *a, const void *b)
{
	const struct token_inside *left = a, *right = b;
	if (left->depth != right->depth)
		return right->depth - left->depth;
	return (left->id > right->id) - (left->id < right->id);
}

/* Deepest first, so that a scope outlives what it holds; then by id, because slots differ between a cached instance and
 * the same one loaded anew. */
void token_cancel_scope(struct step *step, int64_t scope_id, int64_t kept)
{
	VEC(struct token_inside) inside = {0};
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (row_alive(token->mark) && token->id != kept && token_is_inside(step, token, scope_id))
			vec_add(&inside, ((struct token_inside){token->id, (int32_t)i, token_depth(step, token->scope_id)}));
	}
	if (inside.len > 0)
		qsort(inside.items, inside.len, sizeof *inside.items, token_deeper_first);
	for (size_t i = 0; i < inside.len; i++)
		token_finish(step, inside.items[i].slot, ACTIVITY_CANCELED, STR(""));
	vec_free(&inside);
}
