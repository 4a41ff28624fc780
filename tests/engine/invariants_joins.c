/* SPDX-License-Identifier: Apache-2.0
 *
 * Joins that wait: never while they are complete, and an inclusive join, or a complex gateway before its reset, never for
 * nobody (13.4.3, 13.4.5). The engine walks backwards from the join; here tokens walk forwards.
 */
#include "config.h"

#include "tests/engine/invariants.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "tests/engine/world.h"

static bool join_waits_beside(const struct token *token, const struct token *here)
{
	return row_alive(token->mark) && token->state == TOKEN_JOIN && token->node == here->node &&
	       token->scope_id == here->scope_id;
}

/* The flow has brought a token. The gateway that waits for its reset has noted how many it took from each. */
static bool join_flow_has_token(const struct instance *instance, const struct token *here, int32_t flow)
{
	if (here->state == TOKEN_RESET) {
		struct str count = variables_get(&here->variables, instance->graph->flows[flow].id);
		return count.ptr && !str_equal_c(count, "0");
	}
	for (size_t i = 0; i < instance->tokens.len; i++)
		if (join_waits_beside(&instance->tokens.items[i], here) && instance->tokens.items[i].flow == flow)
			return true;
	return false;
}

/* A join never rests while each of its flows has brought a token, unless its instance does. */
static void join_check_complete(struct world *world, const struct instance *instance, const struct token *here)
{
	const struct graph_links incoming = instance->graph->nodes[here->node].incoming;
	int32_t arrived = 0;
	for (int32_t i = 0; i < incoming.count; i++)
		arrived += join_flow_has_token(instance, here, instance->graph->links[incoming.first + i]);
	if (arrived == incoming.count && instance->status == INSTANCE_RUNNING)
		world_complain(
			world, "the join %.*s waits though it is complete", STR_ARG(instance->graph->nodes[here->node].id));
}

/* An activity never rests with as many tokens as it takes to start. */
static void join_check_quantity(struct world *world, const struct instance *instance, const struct token *here)
{
	const struct graph_node *node = &instance->graph->nodes[here->node];
	int32_t waiting = 0;
	for (size_t i = 0; i < instance->tokens.len; i++)
		waiting += join_waits_beside(&instance->tokens.items[i], here);
	if (waiting >= node->start_quantity)
		world_complain(world, "%.*s waits with %d tokens of %d", STR_ARG(node->id), waiting, node->start_quantity);
}

/* ---- for whom ---- */

/* A walk forwards from where a token stands, as it could go. */
struct walk {
	const struct graph *graph;
	bool *seen;
	int32_t *pending;
	int32_t count;
	bool leaving_only; /* not by events that leave their activity alone */
};

static void walk_to(struct walk *walk, int32_t node)
{
	if (node == GRAPH_NONE || walk->seen[node])
		return;
	walk->seen[node] = true;
	walk->pending[walk->count++] = node;
}

static void walk_boundaries(struct walk *walk, int32_t node)
{
	const struct graph *graph = walk->graph;
	const struct graph_links boundary = graph->nodes[node].boundary;
	for (int32_t i = 0; i < boundary.count; i++)
		if (!walk->leaving_only || graph->nodes[graph->links[boundary.first + i]].interrupting)
			walk_to(walk, graph->links[boundary.first + i]);
}

static void walk_on(struct walk *walk, int32_t node, bool boundaries)
{
	const struct graph *graph = walk->graph;
	const struct graph_node *row = &graph->nodes[node];
	const struct graph_event *link = graph_event_of(graph, node, EVENT_LINK);
	for (int32_t i = 0; i < row->outgoing.count; i++)
		walk_to(walk, graph->flows[graph->links[row->outgoing.first + i]].target);
	if (boundaries)
		walk_boundaries(walk, node);
	if (link && row->kind == NODE_INTERMEDIATE_THROW_EVENT)
		walk_to(walk, link->link_target);
}

/* An activity that is done has no boundary events any more. */
static bool walk_may_be_interrupted(const struct token *token)
{
	return token->state != TOKEN_AFTER && token->state != TOKEN_FAILED_LEAVING && token->state != TOKEN_MAPPING_OUTPUTS;
}

/* The token can come to the join `here` by a flow that has one (full), or has none yet. */
static bool join_can_bring(
	const struct instance *instance, const struct token *token, const struct token *here, bool full)
{
	const struct graph *graph = instance->graph;
	const struct graph_links incoming = graph->nodes[here->node].incoming;
	struct walk walk = {
		.graph = graph,
		.seen = alloc_zeroed((size_t)graph->node_count, sizeof *walk.seen),
		.pending = alloc_zeroed((size_t)graph->node_count, sizeof *walk.pending),
		.leaving_only = full,
	};
	bool found = false;
	walk.seen[here->node] = walk.seen[token->node] = true;
	walk_on(&walk, token->node, walk_may_be_interrupted(token));
	while (walk.count > 0)
		walk_on(&walk, walk.pending[--walk.count], true);
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t flow = graph->links[incoming.first + i];
		int32_t source = graph->flows[flow].source;
		found |= source != here->node && walk.seen[source] && join_flow_has_token(instance, here, flow) == full;
	}
	free(walk.seen);
	free(walk.pending);
	return found;
}

static bool join_may_come(const struct token *token, const struct token *here)
{
	return row_alive(token->mark) && token->scope_id == here->scope_id && token->node != here->node &&
	       token->role != ROLE_HANDLER && token->state != TOKEN_RESET;
}

/* It stands before the join itself and has not entered it. */
static bool join_is_before(const struct instance *instance, const struct token *token, const struct token *here)
{
	bool before =
		token->state == TOKEN_BEFORE || token->state == TOKEN_FAILED_ENTERING || token->state == TOKEN_MAPPING_INPUTS;
	return before && row_alive(token->mark) && token->scope_id == here->scope_id && token->node == here->node &&
	       token->flow != GRAPH_NONE && !join_flow_has_token(instance, here, token->flow);
}

static void join_check_awaited(struct world *world, const struct instance *instance, const struct token *here)
{
	if (instance->status == INSTANCE_SUSPENDED)
		return;
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (join_is_before(instance, token, here))
			return;
		if (join_may_come(token, here) && join_can_bring(instance, token, here, false) &&
			!join_can_bring(instance, token, here, true))
			return;
	}
	world_complain(world, "the join %.*s waits for nobody", STR_ARG(instance->graph->nodes[here->node].id));
}

static void join_check_cycle(struct world *world, const struct instance *instance, const struct token *here)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (token != here && row_alive(token->mark) && token->state == TOKEN_RESET && token->node == here->node &&
			token->scope_id == here->scope_id)
			world_complain(
				world, "the gateway %.*s is in two cycles at once", STR_ARG(instance->graph->nodes[here->node].id));
	}
	join_check_awaited(world, instance, here);
}

static void join_check(struct world *world, const struct instance *instance, const struct token *here)
{
	enum node_kind kind = instance->graph->nodes[here->node].kind;
	if (here->state == TOKEN_RESET) {
		join_check_cycle(world, instance, here);
		return;
	}
	if (kind == NODE_PARALLEL_GATEWAY || kind == NODE_INCLUSIVE_GATEWAY)
		join_check_complete(world, instance, here);
	if (kind == NODE_INCLUSIVE_GATEWAY)
		join_check_awaited(world, instance, here);
	if (instance->graph->nodes[here->node].start_quantity > 1)
		join_check_quantity(world, instance, here);
}

void invariants_check_joins(struct world *world, const struct instance *instance)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (row_alive(token->mark) && (token->state == TOKEN_JOIN || token->state == TOKEN_RESET))
			join_check(world, instance, token);
	}
}
