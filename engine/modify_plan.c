/* SPDX-License-Identifier: Apache-2.0
 *
 * Judging a modification. What is going to be canceled is known before the rest is looked at, so that nothing begins
 * inside it: canceling a sub-process and starting one of its activities opens the sub-process anew.
 */
#include "config.h"

#include "engine/modify_plan.h"

#include <stdlib.h>

#include "engine/compensation.h"

bool modification_kind_parse(struct str name, enum modification_kind *out)
{
	static const struct str names[] = {
		[MODIFY_CANCEL] = STR_INIT("cancel"),
		[MODIFY_START_BEFORE] = STR_INIT("startBefore"),
		[MODIFY_START_AFTER] = STR_INIT("startAfter"),
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!str_equal(name, names[i]))
			continue;
		*out = (enum modification_kind)i;
		return true;
	}
	return false;
}

/* ---- what is canceled ---- */

/* An element means all of its activities, but not the single instances of a loop; those are named by their ids. */
static bool modify_is_named(
	const struct step *step, const struct modification *change, int32_t node, const struct token *token)
{
	if (!row_alive(token->mark))
		return false;
	if (change->token_id != 0)
		return token->id == change->token_id;
	return token->node == node && !token_is_loop_instance(step, token);
}

static bool modify_interrupts(const struct step *step, const struct token *token)
{
	const struct graph_node *node = &step->graph->nodes[token->node];
	return node->event_sub_process && step->graph->nodes[node->start].interrupting;
}

static void modify_plan_cancel(const struct step *step, const struct modification *change, struct modify_plan *plan)
{
	int32_t node = graph_find_node(step->graph, change->element_id);
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		struct token *token = &step->instance->tokens.items[i];
		if (!modify_is_named(step, change, node, token) || map_put_id(&plan->doomed, token->id, plan))
			continue;
		vec_add(&plan->canceled, ((struct modify_canceled){
									 .id = token->id,
									 .scope_id = token->scope_id,
									 .depth = token_depth(step, token->scope_id),
									 .interrupts = modify_interrupts(step, token),
								 }));
	}
}

static bool modify_is_doomed(const struct step *step, const struct modify_plan *plan, const struct token *token)
{
	while (token && !map_get_id(&plan->doomed, token->id))
		token = token->scope_id ? instance_token(step->instance, token->scope_id) : NULL;
	return token != NULL;
}

static int modify_order(const void *a, const void *b)
{
	const struct modify_canceled *left = a, *right = b;
	if (left->depth != right->depth)
		return left->depth - right->depth;
	return (left->id > right->id) - (left->id < right->id);
}

void modify_plan_make(const struct step *step, struct modify_plan *plan)
{
	*plan = (struct modify_plan){0};
	for (size_t i = 0; i < step->command->modification_count; i++)
		if (step->command->modifications[i].kind == MODIFY_CANCEL)
			modify_plan_cancel(step, &step->command->modifications[i], plan);
	if (plan->canceled.len == 0)
		return;
	qsort(plan->canceled.items, plan->canceled.len, sizeof *plan->canceled.items, modify_order);
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (row_alive(token->mark) && modify_is_doomed(step, plan, token))
			map_put_id(&plan->doomed, token->id, plan);
	}
}

void modify_plan_free(struct modify_plan *plan)
{
	vec_free(&plan->canceled);
	map_free(&plan->doomed);
}

/* ---- where something can begin ---- */

/* The instances of a loop, not its body; an ad-hoc sub-process also while its condition fails. */
static bool modify_is_scope(
	const struct step *step, const struct modify_plan *plan, const struct token *token, int32_t node)
{
	if (!row_alive(token->mark) || token->node != node || token->role == ROLE_LOOP_BODY)
		return false;
	bool open = token->state == TOKEN_SCOPE ||
	            (token->state == TOKEN_FAILED_LEAVING && step->graph->nodes[node].kind == NODE_AD_HOC_SUB_PROCESS);
	return open && !compensation_is_restored(step, token) && !map_get_id(&plan->doomed, token->id);
}

int32_t modify_count_scopes(const struct step *step, const struct modify_plan *plan, int32_t node, int64_t *id)
{
	int32_t count = 0;
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (!modify_is_scope(step, plan, token, node))
			continue;
		count++;
		*id = token->id;
	}
	return count;
}

static bool modify_cancels_transaction(const struct step *step, const struct token *token)
{
	return token->state == TOKEN_COMPENSATING && graph_has_event(step->graph, token->node, EVENT_CANCEL);
}

bool modify_check_interrupted(
	const struct step *step, const struct modify_plan *plan, int64_t scope_id, struct err *err)
{
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		const struct graph_node *node = &step->graph->nodes[token->node];
		if (!row_alive(token->mark) || token->scope_id != scope_id)
			continue;
		if (modify_cancels_transaction(step, token))
			return err_set(err, ERR_CONFLICT, "%.*s is canceling the transaction", STR_ARG(node->id));
		if (modify_interrupts(step, token) && !map_get_id(&plan->doomed, token->id))
			return err_set(err, ERR_CONFLICT,
				"%.*s has interrupted what it stands in: cancel it to begin anything else", STR_ARG(node->id));
	}
	return true;
}

static bool modify_check_given_scope(const struct step *step, const struct modify_plan *plan,
	const struct modification *change, int32_t scope, struct err *err)
{
	const struct token *given = instance_token(step->instance, change->scope_id);
	if (!given || !modify_is_scope(step, plan, given, scope))
		return err_set(err, ERR_CONFLICT, "%lld is no open scope of %.*s", (long long)change->scope_id,
			STR_ARG(change->element_id));
	return modify_check_interrupted(step, plan, change->scope_id, err);
}

/* The one scope around the node that is open, or those around it that can be opened by hand. */
static bool modify_check_scope(const struct step *step, const struct modify_plan *plan, int32_t node, struct err *err)
{
	int32_t scope = step->graph->nodes[node].scope;
	if (scope == GRAPH_NONE)
		return modify_check_interrupted(step, plan, 0, err);
	const struct graph_node *row = &step->graph->nodes[scope];
	int64_t id = 0;
	int32_t open = modify_count_scopes(step, plan, scope, &id);
	if (open == 1)
		return modify_check_interrupted(step, plan, id, err);
	if (open > 1)
		return err_set(
			err, ERR_CONFLICT, "%.*s runs %d times: scopeId must say which is meant", STR_ARG(row->id), open);
	if (row->loop)
		return err_set(
			err, ERR_CONFLICT, "%.*s is a loop that does not run: start before it instead", STR_ARG(row->id));
	if (row->event_sub_process || row->for_compensation)
		return err_set(err, ERR_CONFLICT, "%.*s does not run, and only an event begins it", STR_ARG(row->id));
	if (graph_has_script(&row->inputs))
		return err_set(err, ERR_CONFLICT, "%.*s does not run, and waits for a script before: start before it instead",
			STR_ARG(row->id));
	return modify_check_scope(step, plan, scope, err);
}

/* What came by no flow would wait there for ever. */
static bool modify_joins_flows(const struct graph_node *node)
{
	return node->incoming.count > 1 && (node->kind == NODE_PARALLEL_GATEWAY || node->kind == NODE_COMPLEX_GATEWAY);
}

static bool modify_check_start(
	const struct step *step, const struct modify_plan *plan, const struct modification *change, struct err *err)
{
	int32_t node = graph_find_node(step->graph, change->element_id);
	if (node == GRAPH_NONE)
		return err_set(err, ERR_INVALID, "the process has no element %.*s", STR_ARG(change->element_id));
	const struct graph_node *row = &step->graph->nodes[node];
	if (row->kind == NODE_BOUNDARY_EVENT || row->event_sub_process || row->for_compensation)
		return err_set(err, ERR_CONFLICT, "nothing begins at %.*s by hand: it is a %.*s that only an event begins",
			STR_ARG(row->id), STR_ARG(node_kind_name(row->kind)));
	if (change->kind == MODIFY_START_BEFORE && modify_joins_flows(row))
		return err_set(err, ERR_CONFLICT,
			"%.*s joins several flows: start after what leads to it, or before what follows it", STR_ARG(row->id));
	if (change->kind == MODIFY_START_AFTER && row->outgoing.count != 1)
		return err_set(err, ERR_CONFLICT, "%.*s has %d outgoing flows: start before one of their targets instead",
			STR_ARG(row->id), row->outgoing.count);
	if (change->scope_id != 0)
		return modify_check_given_scope(step, plan, change, row->scope, err);
	return modify_check_scope(step, plan, node, err);
}

static bool modify_check_cancel(const struct step *step, const struct modification *change, struct err *err)
{
	int32_t node = graph_find_node(step->graph, change->element_id);
	for (size_t i = 0; i < step->instance->tokens.len; i++)
		if (modify_is_named(step, change, node, &step->instance->tokens.items[i]))
			return true;
	if (change->token_id != 0)
		return err_set(err, ERR_CONFLICT, "no token %lld stands in the instance", (long long)change->token_id);
	return err_set(err, ERR_CONFLICT, "no token stands at %.*s", STR_ARG(change->element_id));
}

bool modify_plan_check(const struct step *step, const struct modify_plan *plan, struct err *err)
{
	for (size_t i = 0; i < step->command->modification_count; i++) {
		const struct modification *change = &step->command->modifications[i];
		bool good = change->kind == MODIFY_CANCEL ? modify_check_cancel(step, change, err)
		                                          : modify_check_start(step, plan, change, err);
		if (!good)
			return false;
	}
	return true;
}
