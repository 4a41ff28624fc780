/* SPDX-License-Identifier: Apache-2.0
 *
 * The inclusive gateway (13.4.3). As a split it takes every true flow. As a join it waits as long as a token somewhere
 * upstream can still bring one: a token blocks the join when it can reach, on a path that does not pass the join, an
 * incoming flow that has no token yet, unless it can also reach one that has.
 *
 *        ┌─ A ─►──a──►┌───┐      a has a token. A token at B can reach only b: the join waits.
 *     ──►○            │ O │──►   A token at C can reach b, but a as well: it will not be waited for.
 *        └─ B ─►──b──►└───┘
 *
 * Which nodes can reach a flow is found by walking backwards from it: over sequence flows, from a boundary event to its
 * activity, from a link's catch to its throws. A boundary event that does not interrupt is a way by which a token may
 * come, but never the one that excuses its activity: that goes on, and still brings its own. Only the join's own scope
 * counts; a token inside a sub-process is one that stands in the sub-process. Whether a join may go on can change with
 * any move of any token, so it is asked when nothing else moves.
 */
#include "config.h"

#include "engine/step.h"

#include <stdlib.h>
#include <string.h>

enum { REACHES_EMPTY, REACHES_FULL, REACH_SETS };

void node_enter_INCLUSIVE_GATEWAY(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->incoming.count > 1)
		token_set_state(step, slot, TOKEN_JOIN);
	else
		step_leave(step, slot);
}

/* ---- who can reach what ---- */

static bool *inclusive_reach(struct step *step, int set)
{
	return step->reach + (size_t)set * (size_t)step->graph->node_count;
}

static void inclusive_mark(bool *reach, int32_t node, int32_t join, int32_t *pending, int32_t *count)
{
	if (node == join || node == GRAPH_NONE || reach[node])
		return;
	reach[node] = true;
	pending[(*count)++] = node;
}

static void inclusive_mark_throws(
	struct step *step, bool *reach, int32_t target, int32_t join, int32_t *pending, int32_t *count)
{
	for (int32_t i = 0; i < step->graph->node_count; i++) {
		const struct graph_event *event = graph_event(step->graph, i);
		if (event && event->kind == EVENT_LINK && event->link_target == target)
			inclusive_mark(reach, i, join, pending, count);
	}
}

/* Marks every node from which the marked ones can be reached without passing the join. */
static void inclusive_walk_back(struct step *step, int set, int32_t join, int32_t *pending, int32_t count)
{
	const struct graph *graph = step->graph;
	bool *reach = inclusive_reach(step, set);
	while (count > 0) {
		int32_t here = pending[--count];
		const struct graph_node *node = &graph->nodes[here];
		for (int32_t i = 0; i < node->incoming.count; i++)
			inclusive_mark(reach, graph->flows[graph->links[node->incoming.first + i]].source, join, pending, &count);
		if (set == REACHES_EMPTY || node->interrupting)
			inclusive_mark(reach, node->attached_to, join, pending, &count);
		if (node->kind == NODE_INTERMEDIATE_CATCH_EVENT && graph_has_event(graph, here, EVENT_LINK))
			inclusive_mark_throws(step, reach, here, join, pending, &count);
	}
}

static bool inclusive_flow_has_token(const struct step *step, const struct token *waiting, int32_t flow)
{
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (row_alive(token->mark) && token->state == TOKEN_JOIN && token->node == waiting->node &&
			token->scope_id == waiting->scope_id && token->flow == flow)
			return true;
	}
	return false;
}

static void inclusive_find_reach(struct step *step, const struct token *waiting)
{
	const struct graph *graph = step->graph;
	size_t nodes = (size_t)graph->node_count;
	const struct graph_links incoming = graph->nodes[waiting->node].incoming;
	if (!step->reach) {
		step->reach = arena_alloc(step->context->arena, nodes * REACH_SETS);
		step->reach_pending = arena_array(step->context->arena, nodes, sizeof *step->reach_pending);
	}
	memset(step->reach, 0, nodes * REACH_SETS);
	for (int set = 0; set < REACH_SETS; set++) {
		int32_t count = 0;
		for (int32_t i = 0; i < incoming.count; i++) {
			int32_t flow = graph->links[incoming.first + i];
			if (inclusive_flow_has_token(step, waiting, flow) == (set == REACHES_FULL))
				inclusive_mark(
					inclusive_reach(step, set), graph->flows[flow].source, waiting->node, step->reach_pending, &count);
		}
		inclusive_walk_back(step, set, waiting->node, step->reach_pending, count);
	}
}

/* ---- joining ---- */

static bool inclusive_is_blocked(struct step *step, const struct token *waiting)
{
	size_t incoming = (size_t)step->graph->nodes[waiting->node].incoming.count;
	step_charge(step, ((size_t)step->graph->node_count + incoming * step->instance->tokens.len) * REACH_SETS);
	inclusive_find_reach(step, waiting);
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (!row_alive(token->mark) || token->scope_id != waiting->scope_id || token->node == waiting->node)
			continue;
		if (inclusive_reach(step, REACHES_EMPTY)[token->node] && !inclusive_reach(step, REACHES_FULL)[token->node])
			return true;
	}
	return false;
}

typedef VEC(const struct token *) token_list;

/* Tokens of one join stand together, oldest first. Slots give no order: they differ between a cached instance and the
 * same one loaded anew. */
static int inclusive_compare(const void *a, const void *b)
{
	const struct token *left = *(const struct token *const *)a, *right = *(const struct token *const *)b;
	if (left->scope_id != right->scope_id)
		return left->scope_id < right->scope_id ? -1 : 1;
	if (left->node != right->node)
		return left->node - right->node;
	return gateway_came_before(right, left) - gateway_came_before(left, right);
}

static void inclusive_find_waiting(const struct step *step, token_list *waiting)
{
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (row_alive(token->mark) && token->state == TOKEN_JOIN &&
			step->graph->nodes[token->node].kind == NODE_INCLUSIVE_GATEWAY)
			vec_add(waiting, token);
	}
	if (waiting->len > 0)
		qsort(waiting->items, waiting->len, sizeof *waiting->items, inclusive_compare);
}

/* Slot of the oldest token of the first join that waits for nobody; GRAPH_NONE. */
static int32_t inclusive_find_free(struct step *step)
{
	token_list waiting = {0};
	int32_t slot = GRAPH_NONE;
	inclusive_find_waiting(step, &waiting);
	for (size_t i = 0; i < waiting.len && slot == GRAPH_NONE; i++) {
		const struct token *token = waiting.items[i], *before = i > 0 ? waiting.items[i - 1] : NULL;
		bool asked = before && before->node == token->node && before->scope_id == token->scope_id;
		if (!asked && !inclusive_is_blocked(step, token))
			slot = (int32_t)(token - step->instance->tokens.items);
	}
	vec_free(&waiting);
	return slot;
}

/* One token of each flow that has one becomes this one. */
static void inclusive_merge(struct step *step, int32_t slot)
{
	const struct graph_links incoming = step_node(step, slot)->incoming;
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t flow = step->graph->links[incoming.first + i];
		int32_t arrival =
			flow == step_token(step, slot)->flow ? GRAPH_NONE : gateway_arrival(step, step_token(step, slot), flow);
		if (arrival != GRAPH_NONE)
			gateway_merge(step, slot, arrival);
	}
}

bool inclusive_join_any(struct step *step)
{
	int32_t slot = inclusive_find_free(step);
	if (slot == GRAPH_NONE)
		return false;
	inclusive_merge(step, slot);
	step_leave(step, slot);
	return true;
}
