/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of tokens. A token's id is new at every node it enters, so it names one activity; its slot is reused when it
 * never reached the database, so that a long automatic run needs little memory.
 */
#include "config.h"

#include "engine/step.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/ad_hoc.h"
#include "engine/call.h"
#include "engine/compensation.h"
#include "engine/event.h"

/* Slots that tokens of this step have left behind; others are at the end. */
static int32_t token_free_slot(struct step *step)
{
	struct instance_notes *notes = &step->instance->notes;
	if (notes->free_slots.len > 0)
		return notes->free_slots.items[--notes->free_slots.len];
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

static void token_queue(struct step *step, struct ready_queue *queue, int32_t slot)
{
	vec_add(&queue->tokens, ((struct ready_token){step->instance, step_token(step, slot)->id, slot}));
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
		.loop_counter = GRAPH_NONE,
		.state = TOKEN_READY,
		.mark = ROW_NEW,
	};
	instance_token_placed(step->instance, slot);
	token_count(step, scope_id, 1);
	settle_moved(step, step_token(step, slot));
	token_queue(step, &step->ready, slot);
	return slot;
}

bool token_begins_at(const struct graph *graph, int32_t node)
{
	const struct graph_node *row = &graph->nodes[node];
	bool link_catch = row->kind == NODE_INTERMEDIATE_CATCH_EVENT && graph_has_event(graph, node, EVENT_LINK);
	return row->incoming.count == 0 && row->kind != NODE_BOUNDARY_EVENT && !row->event_sub_process &&
	       !row->for_compensation && !link_catch;
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
	row_change(&token->mark);
	settle_moved(step, token);
}

void token_enter_again(struct step *step, int32_t slot)
{
	token_set_state(step, slot, TOKEN_READY);
	token_queue(step, &step->ready, slot);
}

void token_throw_later(struct step *step, int32_t slot)
{
	token_set_state(step, slot, TOKEN_READY);
	token_queue(step, &step->throws, slot);
}

int32_t token_scope(const struct step *step, int32_t slot)
{
	int64_t scope_id = step_token(step, slot)->scope_id;
	return scope_id == 0 ? GRAPH_NONE : token_slot(step, scope_id);
}

bool token_is_loop_instance(const struct step *step, const struct token *token)
{
	const struct token *scope = token->scope_id == 0 ? NULL : instance_token(step->instance, token->scope_id);
	return scope && scope->role == ROLE_LOOP_BODY && scope->node == token->node;
}

/* The row leaves; what waited on it has been ended before. Its texts go, and others may come to stand at their
 * place. */
static void token_remove(struct step *step, int32_t slot)
{
	struct token *token = step_token(step, slot);
	if (token->variables.list.len > 0)
		step->decoded = (struct decoded){0};
	variables_free(&token->variables);
	token->variables = (struct variables){0};
	settle_moved(step, token);
	instance_token_left(step->instance, slot);
	row_end(&token->mark);
	if (token->mark == ROW_FREE)
		vec_add(&step->instance->notes.free_slots, slot);
	token_count(step, token->scope_id, -1);
}

void job_end(struct job *job)
{
	row_end(&job->mark);
}

void job_changed(struct job *job)
{
	row_change(&job->mark);
}

void token_end_waits(struct step *step, int32_t slot, enum activity_outcome outcome)
{
	struct instance *instance = step->instance;
	const struct token *token = step_token(step, slot);
	int64_t token_id = token->id;
	if (token->state == TOKEN_READY && step_node(step, slot)->boundary.count == 0)
		return; /* it passes its node at once */
	for (int32_t i = GRAPH_NONE; (i = instance_next_task(instance, token_id, i)) != GRAPH_NONE;)
		task_end(step, &instance->tasks.items[i], outcome);
	step_end_jobs(step, token_id);
	event_end_waits(step, token_id);
	step_end_incidents(step, token_id);
	if (token->state == TOKEN_CALL)
		call_end(step, token);
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
		.loop_counter = token->loop_counter,
		.role = token->role,
		.outcome = outcome,
		.error_code = error_code,
	};
}

void token_finish(struct step *step, int32_t slot, enum activity_outcome outcome, struct str error_code)
{
	int64_t id = step_token(step, slot)->id;
	token_end_waits(step, slot, outcome);
	if (outcome != ACTIVITY_COMPLETED)
		compensation_forget(step, id);
	token_record(step, step_token(step, slot), outcome, error_code);
	token_remove(step, slot);
}

/* The process has no token left: it ends, and who called it goes on. */
static void token_process_emptied(struct step *step)
{
	struct instance *instance = step->instance;
	if (instance->live_tokens > 0 || instance->ended_at != 0)
		return;
	step_end_instance(step, instance->notes.end_status ? instance->notes.end_status : INSTANCE_COMPLETED);
	call_return(step);
}

/* A scope without tokens is done (13.3.4): its own token goes on; what compensates has its next handler. The body of a
 * loop counts for itself. */
static void token_scope_emptied(struct step *step, int64_t scope_id)
{
	if (scope_id == 0) {
		token_process_emptied(step);
		return;
	}
	int32_t scope = token_slot(step, scope_id);
	if (scope == GRAPH_NONE)
		return;
	const struct token *token = step_token(step, scope);
	bool ad_hoc = step_node(step, scope)->kind == NODE_AD_HOC_SUB_PROCESS;
	if (token->role == ROLE_LOOP_BODY)
		return;
	bool restored = compensation_is_restored(step, token);
	if (token->state == TOKEN_SCOPE && !restored && ad_hoc)
		ad_hoc_token_ended(step, scope);
	else if (token->children > 0)
		return;
	else if (token->state == TOKEN_COMPENSATING || restored)
		compensation_next(step, scope);
	else if (token->state == TOKEN_SCOPE)
		step_leave(step, scope);
}

void token_end(struct step *step, int32_t slot, enum activity_outcome outcome, struct str error_code)
{
	int64_t scope_id = step_token(step, slot)->scope_id;
	if (step_token(step, slot)->children > 0)
		token_cancel_scope(step, step_token(step, slot)->id, 0);
	token_finish(step, slot, outcome, error_code);
	token_scope_emptied(step, scope_id);
}

void token_merge(struct step *step, int32_t slot)
{
	token_remove(step, slot);
}

bool token_is_inside(const struct step *step, const struct token *token, int64_t scope_id)
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
