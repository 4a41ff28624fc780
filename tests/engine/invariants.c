/* SPDX-License-Identifier: Apache-2.0
 *
 * Trees: scopes in scopes, loops and their instances, calls and the instances that they started, what is compensated in
 * what. And which element may rest in which state.
 */
#include "config.h"

#include "tests/engine/invariants.h"

#include "tests/engine/world.h"

/* ---- states ---- */

static bool state_fits_scope(const struct graph_node *node, const struct token *token)
{
	return token->role == ROLE_LOOP_BODY || node->kind == NODE_SUB_PROCESS || node->kind == NODE_TRANSACTION ||
	       node->kind == NODE_AD_HOC_SUB_PROCESS;
}

static bool state_fits_join(const struct graph_node *node)
{
	return node->kind == NODE_PARALLEL_GATEWAY || node->kind == NODE_INCLUSIVE_GATEWAY ||
	       node->kind == NODE_COMPLEX_GATEWAY || node->start_quantity > 1;
}

static bool state_fits_event(const struct graph_node *node)
{
	return node->kind == NODE_INTERMEDIATE_CATCH_EVENT || node->kind == NODE_RECEIVE_TASK ||
	       node->kind == NODE_EVENT_BASED_GATEWAY || (node->kind == NODE_START_EVENT && node->parallel_multiple);
}

/* A multi-instance activity may throw a compensation, too. */
static bool state_fits_compensating(const struct graph *graph, int32_t node)
{
	return graph_has_event(graph, node, EVENT_COMPENSATE) || graph_has_event(graph, node, EVENT_CANCEL) ||
	       graph->nodes[node].loop;
}

/* The elements whose tokens may rest in a state. */
static bool state_fits(const struct graph *graph, const struct token *token)
{
	const struct graph_node *node = &graph->nodes[token->node];
	switch (token->state) {
	case TOKEN_TASK:
		return node->kind == NODE_USER_TASK;
	case TOKEN_JOB:
		return node->job || (node->script && node->script->javascript.len > 0);
	case TOKEN_TIMER:
		return node->kind == NODE_INTERMEDIATE_CATCH_EVENT;
	case TOKEN_JOIN:
		return state_fits_join(node);
	case TOKEN_SCOPE:
		return state_fits_scope(node, token);
	case TOKEN_FAILED_ENTERING:
	case TOKEN_FAILED_LEAVING:
		return true;
	case TOKEN_EVENT:
		return state_fits_event(node);
	case TOKEN_CALL:
		return node->call;
	case TOKEN_BEFORE:
		return node->async_before;
	case TOKEN_AFTER:
		return node->async_after;
	case TOKEN_COMPENSATING:
		return state_fits_compensating(graph, token->node);
	case TOKEN_RESET:
		return node->kind == NODE_COMPLEX_GATEWAY;
	case TOKEN_MAPPING_INPUTS:
		return graph_has_script(&node->inputs);
	case TOKEN_MAPPING_OUTPUTS:
		return graph_has_script(&node->outputs);
	case TOKEN_READY:
		break;
	}
	return false;
}

/* ---- scopes ---- */

/* A cancel end event cancels all instances of its transaction. */
static bool scope_is_canceled_by(const struct instance *instance, const struct token *token, const struct token *scope)
{
	return graph_has_event(instance->graph, token->node, EVENT_CANCEL) && token->state == TOKEN_COMPENSATING &&
	       instance->graph->nodes[token->node].scope == scope->node;
}

/* What compensates stands inside whoever throws, and so does what goes on behind a handler that was interrupted. */
static bool scope_fits(const struct instance *instance, const struct token *token)
{
	const struct graph_node *node = &instance->graph->nodes[token->node];
	const struct token *scope = instance_token(instance, token->scope_id);
	if (token->scope_id == 0)
		return node->scope == GRAPH_NONE;
	if (!scope)
		return false;
	if (scope->role == ROLE_LOOP_BODY)
		return scope->node == token->node ? token->loop_counter >= 0 : scope_is_canceled_by(instance, token, scope);
	return scope->state == TOKEN_COMPENSATING || scope->node == node->scope;
}

/* Ad-hoc sub-processes may wait for somebody to start something, or with a condition that failed. */
static bool scope_count_fits(const struct graph_node *node, const struct token *token, int32_t children)
{
	bool ad_hoc = node->ad_hoc && token->role != ROLE_LOOP_BODY;
	if (token->state == TOKEN_SCOPE || (ad_hoc && token->state == TOKEN_FAILED_LEAVING))
		return children > 0 || ad_hoc;
	return (token->state == TOKEN_COMPENSATING) == (children > 0);
}

static int32_t scope_count(const struct instance *instance, int64_t scope_id)
{
	int32_t count = 0;
	for (size_t i = 0; i < instance->tokens.len; i++)
		count += row_alive(instance->tokens.items[i].mark) && instance->tokens.items[i].scope_id == scope_id;
	return count;
}

/* Each step up leads out of one scope: more of them than tokens are a circle. */
static bool scope_leads_out(const struct instance *instance, const struct token *token)
{
	size_t depth = 0;
	while (token && token->scope_id != 0 && depth++ <= instance->tokens.len)
		token = instance_token(instance, token->scope_id);
	return token && token->scope_id == 0;
}

static void scope_check(struct world *world, const struct instance *instance, const struct token *token)
{
	const struct graph_node *node = &instance->graph->nodes[token->node];
	int32_t children = scope_count(instance, token->id);
	if (!scope_fits(instance, token) || !scope_leads_out(instance, token))
		world_complain(world, "token at %.*s is in a wrong scope", STR_ARG(node->id));
	if (children != token->children || !scope_count_fits(node, token, children))
		world_complain(world, "token at %.*s is %.*s with %d tokens inside, and counts %d", STR_ARG(node->id),
			STR_ARG(token_state_name(token->state)), children, token->children);
	bool moved = world->by_hand && (token->state == TOKEN_BEFORE || token->state == TOKEN_AFTER);
	if (!moved && !state_fits(instance->graph, token))
		world_complain(world, "a %.*s rests as %.*s", STR_ARG(node_kind_name(node->kind)),
			STR_ARG(token_state_name(token->state)));
}

static void scopes_check(struct world *world, const struct instance *instance)
{
	int32_t in_process = scope_count(instance, 0);
	for (size_t i = 0; i < instance->tokens.len; i++)
		if (row_alive(instance->tokens.items[i].mark))
			scope_check(world, instance, &instance->tokens.items[i]);
	if (in_process != instance->live_tokens || in_process == 0)
		world_complain(world, "%d tokens in the process, counted as %d", in_process, instance->live_tokens);
}

/* ---- loops ---- */

/* -1 where there is no such number. */
static int64_t loop_number(const struct token *body, struct str name)
{
	int64_t number = -1;
	struct str json = variables_get(&body->variables, name);
	return json.ptr && str_to_int64(json, &number) ? number : -1;
}

static void loop_check_counters(struct world *world, const struct instance *instance, const struct token *body)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *a = &instance->tokens.items[i];
		for (size_t j = 0; j < i && row_alive(a->mark) && a->scope_id == body->id; j++) {
			const struct token *b = &instance->tokens.items[j];
			if (row_alive(b->mark) && b->scope_id == body->id && a->loop_counter == b->loop_counter)
				world_complain(world, "%.*s has instance %d twice", STR_ARG(instance->graph->nodes[body->node].id),
					a->loop_counter);
		}
	}
}

/* What runs inside but no instance: the cancellation of them all. */
static int32_t loop_canceling(const struct instance *instance, const struct token *body)
{
	int32_t count = 0;
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		count += row_alive(token->mark) && token->scope_id == body->id && token->node != body->node;
	}
	return count;
}

/* Only who goes through it one by one has instances that have not begun. */
static void loop_check(struct world *world, const struct instance *instance, const struct token *body)
{
	const struct graph_node *node = &instance->graph->nodes[body->node];
	if (!node->loop) {
		world_complain(world, "%.*s is no loop", STR_ARG(node->id));
		return;
	}
	loop_check_counters(world, instance, body);
	if (node->loop->kind != LOOP_PARALLEL && body->children > 1)
		world_complain(world, "%.*s runs %d times at once", STR_ARG(node->id), body->children);
	if (node->loop->kind == LOOP_STANDARD || body->state != TOKEN_SCOPE)
		return;
	int64_t all = loop_number(body, STR("nrOfInstances")), active = loop_number(body, STR("nrOfActiveInstances"));
	int64_t completed = loop_number(body, STR("nrOfCompletedInstances"));
	int64_t past = completed + loop_number(body, STR("nrOfTerminatedInstances"));
	bool good = active == body->children - loop_canceling(instance, body) && completed >= 0 && all >= active + past &&
	            (node->loop->kind == LOOP_SEQUENTIAL || all == active + past);
	if (!good)
		world_complain(world, "%.*s has %d instances, and counts %lld, %lld active, %lld completed", STR_ARG(node->id),
			body->children, (long long)all, (long long)active, (long long)completed);
}

static void loops_check(struct world *world, const struct instance *instance)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (row_alive(token->mark) && token->role == ROLE_LOOP_BODY)
			loop_check(world, instance, token);
	}
}

/* ---- compensation ---- */

/* A row hangs below the process, a living scope, or the row of the sub-process that it completed in. */
static void compensation_check(struct world *world, const struct instance *instance, const struct compensation *row)
{
	const struct graph_node *node = &instance->graph->nodes[row->node];
	const struct compensation *above = row;
	size_t depth = 0;
	while (above && above->scope_id != 0 && !instance_token(instance, above->scope_id) &&
		   depth++ <= instance->compensations.len)
		above = instance_compensation(instance, above->scope_id);
	if (!above || depth > instance->compensations.len)
		world_complain(world, "what could be compensated of %.*s is in no scope", STR_ARG(node->id));
	if (instance_token(instance, row->id))
		world_complain(world, "%.*s could be compensated, and runs", STR_ARG(node->id));
	for (size_t i = 0; i < instance->compensations.len; i++) {
		const struct compensation *other = &instance->compensations.items[i];
		if (row_alive(other->mark) && other != row && other->sequence == row->sequence)
			world_complain(world, "%.*s completed at the same time as %.*s", STR_ARG(node->id),
				STR_ARG(instance->graph->nodes[other->node].id));
	}
}

static void compensations_check(struct world *world, const struct instance *instance)
{
	for (size_t i = 0; i < instance->compensations.len; i++)
		if (row_alive(instance->compensations.items[i].mark))
			compensation_check(world, instance, &instance->compensations.items[i]);
}

/* ---- calls ---- */

static void call_check(struct world *world, const struct instance *instance)
{
	const struct instance *parent = instance->parent;
	const struct token *caller = parent ? instance_token(parent, instance->caller_id) : NULL;
	if ((instance->parent_id == 0) != !parent || (parent && parent->id != instance->parent_id))
		world_complain(world, "instance %lld hangs below another parent", (long long)instance->id);
	if (parent ? !caller || caller->state != TOKEN_CALL || parent->ended_at != 0 : instance->caller_id != 0)
		world_complain(world, "instance %lld lives without its caller", (long long)instance->id);
	if (parent ? instance->root_id != parent->root_id : instance->root_id != instance->id)
		world_complain(world, "instance %lld is of another tree", (long long)instance->id);
}

void invariants_check(struct world *world)
{
	for (struct instance *here = NULL; (here = world_next(world, here));) {
		scopes_check(world, here);
		loops_check(world, here);
		compensations_check(world, here);
		call_check(world, here);
		invariants_check_waits(world, here);
		invariants_check_joins(world, here);
	}
	invariants_check_history(world);
}
