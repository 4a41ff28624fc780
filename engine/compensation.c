/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be compensated (10.7, 13.5.5): a row for each activity that has completed, below the scope in which that
 * was. When a scope completes, what is inside goes on to hang below its own row.
 */
#include "config.h"

#include "engine/compensation.h"

#include <stdlib.h>

#include "engine/mapping.h"

/* ---- rows ---- */

static void compensation_move(struct step *step, int32_t slot, int64_t scope_id)
{
	instance_move_compensation(step->instance, slot, scope_id);
	row_change(&step->instance->compensations.items[slot].mark);
}

void compensation_remove(struct compensation *row)
{
	variables_free(&row->variables);
	row->variables = (struct variables){0};
	row_end(&row->mark);
}

struct compensation *compensation_last(struct step *step, int64_t scope_id, int32_t activity)
{
	struct compensation *rows = step->instance->compensations.items;
	int32_t last = GRAPH_NONE;
	size_t passed = 0;
	do
		last = instance_compensation_before(step->instance, scope_id, last);
	while (last != GRAPH_NONE && activity != GRAPH_NONE && rows[last].node != activity && ++passed);
	step_charge(step, passed);
	return last == GRAPH_NONE ? NULL : &rows[last];
}

void compensation_take(struct step *step, int64_t scope_id, int32_t activity, int64_t taker)
{
	struct instance *instance = step->instance;
	int32_t slot = instance_next_compensation(instance, scope_id, GRAPH_NONE);
	size_t passed = 0;
	for (int32_t next; slot != GRAPH_NONE; slot = next, passed++) {
		next = instance_next_compensation(instance, scope_id, slot);
		if (activity == GRAPH_NONE || instance->compensations.items[slot].node == activity)
			compensation_move(step, slot, taker);
	}
	step_charge(step, passed);
}

/* Scopes that go with the rows, one behind the other. */
void compensation_drop(struct step *step, int64_t scope_id)
{
	struct instance *instance = step->instance;
	VEC(int64_t) scopes = {0};
	vec_add(&scopes, scope_id);
	for (size_t i = 0; i < scopes.len; i++)
		for (int32_t k = GRAPH_NONE; (k = instance_next_compensation(instance, scopes.items[i], k)) != GRAPH_NONE;) {
			struct compensation *row = &instance->compensations.items[k];
			vec_add(&scopes, row->id);
			compensation_remove(row);
		}
	vec_free(&scopes);
}

/* An instance of a loop belongs to its body. */
int64_t compensation_home(const struct step *step, const struct token *token, int32_t node)
{
	const struct token *scope = instance_token(step->instance, token->scope_id);
	while (scope && scope->node != step->graph->nodes[node].scope &&
		   !(scope->node == node && scope->role == ROLE_LOOP_BODY))
		scope = instance_token(step->instance, scope->scope_id);
	return scope ? scope->id : 0;
}

/* The scope that the row is to be found in, also while somebody compensates what completed there; 0: the
 * process, or below another row. */
static int64_t compensation_stands_in(const struct step *step, const struct compensation *row)
{
	const struct token *scope = row->scope_id == 0 ? NULL : instance_token(step->instance, row->scope_id);
	if (scope && scope->state == TOKEN_COMPENSATING)
		return compensation_home(step, scope, row->node);
	return scope ? scope->id : 0;
}

void compensation_take_canceled(struct step *step, int64_t scope_id, int64_t taker)
{
	struct instance *instance = step->instance;
	bool loop = instance_token(instance, scope_id)->role == ROLE_LOOP_BODY;
	size_t alive = 0;
	for (size_t i = 0; i < instance->compensations.len; i++) {
		struct compensation *row = &instance->compensations.items[i];
		if (!row_alive(row->mark))
			continue;
		alive++;
		int64_t home = compensation_stands_in(step, row);
		const struct token *scope = home == 0 ? NULL : instance_token(instance, home);
		if (home == scope_id || (loop && scope && scope->scope_id == scope_id))
			compensation_move(step, (int32_t)i, taker);
	}
	step_charge(step, alive);
}

/* What the token was to compensate and did not come to can be compensated by others. */
static void compensation_give_back(struct step *step, const struct token *token)
{
	struct instance *instance = step->instance;
	int32_t slot = instance_next_compensation(instance, token->id, GRAPH_NONE);
	while (slot != GRAPH_NONE) {
		int32_t next = instance_next_compensation(instance, token->id, slot);
		compensation_move(step, slot, compensation_home(step, token, instance->compensations.items[slot].node));
		slot = next;
	}
}

static bool compensation_is_scope(const struct step *step, int32_t node)
{
	enum node_kind kind = step->graph->nodes[node].kind;
	return kind == NODE_SUB_PROCESS || kind == NODE_TRANSACTION || kind == NODE_AD_HOC_SUB_PROCESS;
}

void compensation_forget(struct step *step, int64_t scope_id)
{
	const struct token *token = instance_token(step->instance, scope_id);
	if (step->instance->compensations.len == 0)
		return;
	if (token->state == TOKEN_COMPENSATING)
		compensation_give_back(step, token);
	else if (token->role == ROLE_LOOP_BODY || compensation_is_scope(step, token->node))
		compensation_drop(step, scope_id);
}

/* ---- what completes ---- */

/* What compensates is not compensated itself. */
static bool compensation_compensates(const struct step *step, const struct graph_node *node)
{
	return node->for_compensation ||
	       (node->event_sub_process && graph_has_event(step->graph, node->start, EVENT_COMPENSATE));
}

/* Where it belongs: what runs on behind a handler that was interrupted stands inside the token that compensates. */
static int64_t compensation_scope(const struct step *step, const struct token *token)
{
	const struct token *scope = instance_token(step->instance, token->scope_id);
	while (scope && scope->state == TOKEN_COMPENSATING)
		scope = instance_token(step->instance, scope->scope_id);
	return scope ? scope->id : 0;
}

static void compensation_copy(struct step *step, const struct variables *from, struct variables *to)
{
	for (size_t i = 0; i < from->list.len; i++) {
		step_charge_bytes(step, from->list.items[i].json.len);
		variables_put(to, from->list.items[i].name, from->list.items[i].json);
	}
}

/* A handler sees what its activity saw; a scope that is restored only has to have what lived in it. */
static void compensation_add(struct step *step, int32_t slot)
{
	const struct token *token = step_token(step, slot);
	struct compensation row = {
		.id = token->id,
		.scope_id = compensation_scope(step, token),
		.sequence = instance_last_sequence(step->instance) + 1,
		.node = token->node,
		.loop_counter = token->loop_counter,
		.mark = ROW_NEW,
	};
	if (step_node(step, slot)->compensation != GRAPH_NONE)
		mapping_visible(step, slot, &row.variables);
	else
		compensation_copy(step, &token->variables, &row.variables);
	vec_add(&step->instance->compensations, row);
}

bool compensation_is_inside(struct step *step, int32_t node, int64_t id)
{
	if (!compensation_is_scope(step, node))
		return false;
	return step->graph->nodes[node].compensation_event_sub_process != GRAPH_NONE ||
	       compensation_last(step, id, GRAPH_NONE);
}

/* A handler stands for the whole sub-process: it cannot see what is inside (10.7.1). */
void compensation_remember(struct step *step, int32_t slot)
{
	const struct graph_node *node = step_node(step, slot);
	const struct token *token = step_token(step, slot);
	bool scope = compensation_is_scope(step, token->node), handled = node->compensation != GRAPH_NONE;
	bool compensates = compensation_compensates(step, node);
	if (token->role == ROLE_LOOP_BODY && !compensates) {
		compensation_take(step, token->id, GRAPH_NONE, compensation_scope(step, token));
		return;
	}
	if (scope && (handled || compensates))
		compensation_drop(step, token->id);
	if (!compensates && (handled || compensation_is_inside(step, token->node, token->id)))
		compensation_add(step, slot);
}
