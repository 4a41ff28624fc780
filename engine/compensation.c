/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be compensated (10.7, 13.5.5): a row for each activity that has completed, below the scope in which that was.
 * When a scope completes, what is inside goes on to hang below its own row.
 */
#include "config.h"

#include "engine/compensation.h"

#include "base/map.h"
#include "engine/mapping.h"

/* ---- rows ---- */

static void compensation_move(struct compensation *row, int64_t scope_id)
{
	row->scope_id = scope_id;
	row_change(&row->mark);
}

void compensation_remove(struct compensation *row)
{
	variables_free(&row->variables);
	row->variables = (struct variables){0};
	row_end(&row->mark);
}

static bool compensation_fits(const struct compensation *row, int64_t scope_id, int32_t activity)
{
	return row_alive(row->mark) && row->scope_id == scope_id && (activity == GRAPH_NONE || row->node == activity);
}

struct compensation *compensation_last(struct step *step, int64_t scope_id, int32_t activity)
{
	struct instance *instance = step->instance;
	struct compensation *last = NULL;
	step_charge(step, instance->compensations.len);
	for (size_t i = 0; i < instance->compensations.len; i++) {
		struct compensation *row = &instance->compensations.items[i];
		if (compensation_fits(row, scope_id, activity) && (!last || row->sequence > last->sequence))
			last = row;
	}
	return last;
}

void compensation_take(struct step *step, int64_t scope_id, int32_t activity, int64_t taker)
{
	struct instance *instance = step->instance;
	step_charge(step, instance->compensations.len);
	for (size_t i = 0; i < instance->compensations.len; i++) {
		struct compensation *row = &instance->compensations.items[i];
		if (compensation_fits(row, scope_id, activity))
			compensation_move(row, taker);
	}
}

/* Rows stand in no order, so it takes as many passes as there are levels. */
void compensation_drop(struct step *step, int64_t scope_id)
{
	struct instance *instance = step->instance;
	struct map dropped = {0};
	map_put_id(&dropped, scope_id, instance);
	for (bool more = true; more;) {
		more = false;
		step_charge(step, instance->compensations.len);
		for (size_t i = 0; i < instance->compensations.len; i++) {
			struct compensation *row = &instance->compensations.items[i];
			if (!row_alive(row->mark) || !map_get_id(&dropped, row->scope_id))
				continue;
			map_put_id(&dropped, row->id, instance);
			compensation_remove(row);
			more = true;
		}
	}
	map_free(&dropped);
}

int64_t compensation_home(const struct step *step, const struct token *token, int32_t node)
{
	const struct token *scope = instance_token(step->instance, token->scope_id);
	while (scope && scope->node != step->graph->nodes[node].scope)
		scope = instance_token(step->instance, scope->scope_id);
	return scope ? scope->id : 0;
}

/* What the token was to compensate and did not come to can be compensated by others. */
static void compensation_give_back(struct step *step, const struct token *token)
{
	struct instance *instance = step->instance;
	step_charge(step, instance->compensations.len);
	for (size_t i = 0; i < instance->compensations.len; i++) {
		struct compensation *row = &instance->compensations.items[i];
		if (compensation_fits(row, token->id, GRAPH_NONE))
			compensation_move(row, compensation_home(step, token, row->node));
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

static int64_t compensation_next_sequence(struct step *step)
{
	const struct instance *instance = step->instance;
	int64_t highest = 0;
	step_charge(step, instance->compensations.len);
	for (size_t i = 0; i < instance->compensations.len; i++) {
		const struct compensation *row = &instance->compensations.items[i];
		if (row_alive(row->mark) && row->sequence > highest)
			highest = row->sequence;
	}
	return highest + 1;
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
		.sequence = compensation_next_sequence(step),
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
