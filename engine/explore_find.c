/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a state, and with what no state has shown.
 *
 * Two tokens at one place are not always a mistake. Not reported are those that come of an event that interrupts
 * nothing (a reminder beside the work), of a complex gateway, which may let two pass, of several tokens that an
 * activity makes, of flows with conditions out of an activity, and of a split in a loop that has been passed twice
 * (whoever splits in a loop wants one more).
 */
#include "config.h"

#include "engine/explore_private.h"

#include <stdlib.h>

static void find_add(struct explorer *explorer, enum rule rule, int32_t node, const int32_t *path, size_t count)
{
	if (explorer->out->findings.len >= EXPLORE_FINDINGS_MAX)
		return;
	const int32_t *kept = count > 0 ? arena_copy(explorer->arena, path, count * sizeof *path) : NULL;
	vec_add(&explorer->out->findings, ((struct explore_finding){rule, node, kept, count}));
}

static size_t find_path_length(const struct explore_state *state)
{
	size_t count = 0;
	for (; state; state = state->before)
		count += state->passed_count;
	return count;
}

/* All that was passed since the beginning, in scratch memory. */
static const int32_t *find_path(struct explorer *explorer, const struct explore_state *state, size_t *count)
{
	size_t at = *count = find_path_length(state);
	int32_t *path = arena_array(explorer->context.scratch, at, sizeof *path);
	for (; state; state = state->before) {
		at -= state->passed_count;
		for (size_t i = 0; i < state->passed_count; i++)
			path[at + i] = state->passed[i];
	}
	return path;
}

/* ---- ways in the diagram ---- */

struct find_walk {
	const struct graph *graph;
	bool *seen;
	int32_t *pending;
	int32_t count;
};

static void find_walk_to(struct find_walk *walk, int32_t node)
{
	if (node == GRAPH_NONE || walk->seen[node])
		return;
	walk->seen[node] = true;
	walk->pending[walk->count++] = node;
}

static void find_walk_from(struct find_walk *walk, int32_t from)
{
	const struct graph *graph = walk->graph;
	const struct graph_node *node = &graph->nodes[from];
	for (int32_t i = 0; i < node->outgoing.count; i++)
		find_walk_to(walk, graph->flows[graph->links[node->outgoing.first + i]].target);
	for (int32_t i = 0; i < node->boundary.count; i++)
		find_walk_to(walk, graph->links[node->boundary.first + i]);
	const struct graph_event *link = graph_event_of(graph, from, EVENT_LINK);
	if (link && node->kind == NODE_INTERMEDIATE_THROW_EVENT)
		find_walk_to(walk, link->link_target);
}

/* Somebody who leaves `from` can come to `to`. */
static bool find_leads(struct explorer *explorer, int32_t from, int32_t to)
{
	size_t nodes = (size_t)explorer->graph->node_count;
	struct find_walk walk = {
		.graph = explorer->graph,
		.seen = arena_array(explorer->context.scratch, nodes, sizeof *walk.seen),
		.pending = arena_array(explorer->context.scratch, nodes, sizeof *walk.pending),
	};
	explorer->work -= 1 + explorer->graph->node_count / EXPLORE_NODES_PER_WORK;
	find_walk_from(&walk, from);
	for (int32_t next = 0; next < walk.count && !walk.seen[to]; next++)
		find_walk_from(&walk, walk.pending[next]);
	return walk.seen[to];
}

/* ---- tokens can meet ---- */

static bool find_is_instance(const struct instance *instance, const struct token *token)
{
	const struct token *scope = token->scope_id == 0 ? NULL : instance_token(instance, token->scope_id);
	return scope && scope->role == ROLE_LOOP_BODY && scope->node == token->node;
}

static bool find_is_inside_ad_hoc(const struct graph *graph, int32_t node)
{
	while (node != GRAPH_NONE && !graph->nodes[node].ad_hoc)
		node = graph->nodes[node].scope;
	return node != GRAPH_NONE;
}

/* Tokens that may be there but once. */
static bool find_is_single(const struct graph *graph, const struct instance *instance, const struct token *token)
{
	const struct graph_node *node = &graph->nodes[token->node];
	if (token->role == ROLE_HANDLER || token->state == TOKEN_COMPENSATING || token->state == TOKEN_RESET)
		return false;
	return node->start_quantity < 2 && !node->event_sub_process && !node->for_compensation &&
	       node->kind != NODE_COMPLEX_GATEWAY && !find_is_instance(instance, token) &&
	       !find_is_inside_ad_hoc(graph, token->node);
}

static bool find_meets(const struct token *a, const struct token *b)
{
	bool joins = a->state == TOKEN_JOIN && b->state == TOKEN_JOIN;
	return a->node == b->node && a->scope_id == b->scope_id && (!joins || a->flow == b->flow);
}

static bool find_splits(const struct graph_node *node)
{
	return node->outgoing.count > 1 && node->kind != NODE_EXCLUSIVE_GATEWAY && node->kind != NODE_EVENT_BASED_GATEWAY;
}

/* A split that lies in a loop was passed twice. */
static bool find_split_again(struct explorer *explorer, const int32_t *path, size_t count)
{
	const struct graph *graph = explorer->graph;
	bool *passed = arena_array(explorer->context.scratch, (size_t)graph->node_count, sizeof *passed);
	for (size_t i = 0; i < count; i++) {
		if (passed[path[i]] && find_splits(&graph->nodes[path[i]]) && find_leads(explorer, path[i], path[i]))
			return true;
		passed[path[i]] = true;
	}
	return false;
}

static bool find_meeting(struct explorer *explorer, const struct explore_state *state, int32_t node)
{
	size_t count;
	const int32_t *path = find_path(explorer, state, &count);
	if (find_split_again(explorer, path, count))
		return false;
	if (!explorer->reported[node])
		find_add(explorer, RULE_TOKENS_CAN_MEET, node, path, count);
	explorer->reported[node] = true;
	return true;
}

bool explore_find_meeting(struct explorer *explorer, const struct explore_state *state)
{
	const struct instance *instance = state->instance;
	if (state->belief.doubtful || state->beside)
		return false;
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (!find_is_single(explorer->graph, instance, token))
			continue;
		for (size_t k = 0; k < i; k++)
			if (find_meets(token, &instance->tokens.items[k]) && find_meeting(explorer, state, token->node))
				return true;
	}
	return false;
}

/* ---- joins can wait ---- */

/* A timer will end the wait. */
static bool find_timer_ends(const struct explorer *explorer, const struct instance *instance)
{
	const struct graph *graph = explorer->graph;
	for (size_t i = 0; i < instance->subscriptions.len; i++) {
		const struct graph_event *event = &graph->events[instance->subscriptions.items[i].event];
		if (event->kind == EVENT_TIMER && graph->nodes[event->node].interrupting)
			return true;
	}
	return false;
}

static bool find_all_wait(const struct instance *instance)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (token->children == 0 && token->state != TOKEN_JOIN && token->state != TOKEN_RESET)
			return false;
	}
	return true;
}

/* What the token stands in, seen from that scope; GRAPH_NONE where it is outside. */
static int32_t find_in_scope(const struct graph *graph, int32_t node, int32_t scope)
{
	while (node != GRAPH_NONE && graph->nodes[node].scope != scope)
		node = graph->nodes[node].scope;
	return node;
}

/* Another join waits before this one: that is the one to look at. */
static bool find_waits_before(struct explorer *explorer, const struct instance *instance, int32_t node)
{
	const struct graph *graph = explorer->graph;
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		int32_t other = find_in_scope(graph, token->node, graph->nodes[node].scope);
		if (token->state != TOKEN_JOIN || other == GRAPH_NONE || other == node)
			continue;
		if (find_leads(explorer, other, node) && !find_leads(explorer, node, other))
			return true;
	}
	return false;
}

void explore_find_dead(struct explorer *explorer, const struct explore_state *state)
{
	const struct instance *instance = state->instance;
	if (state->belief.doubtful || !find_all_wait(instance) || find_timer_ends(explorer, instance))
		return;
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		size_t count;
		if (token->state != TOKEN_JOIN || explorer->reported[token->node] ||
			find_waits_before(explorer, instance, token->node))
			continue;
		const int32_t *path = find_path(explorer, state, &count);
		find_add(explorer, RULE_JOIN_CAN_WAIT, token->node, path, count);
		explorer->reported[token->node] = true;
	}
}

/* ---- never reached ---- */

static bool find_is_start(const struct graph *graph, int32_t node)
{
	int32_t scope = graph->nodes[node].scope;
	return scope != GRAPH_NONE && graph->nodes[scope].start == node;
}

/* It is entered from a place that has been reached: what lies behind it needs no words of its own. */
static bool find_is_first(const struct explorer *explorer, int32_t node)
{
	const struct graph *graph = explorer->graph;
	const struct graph_node *row = &graph->nodes[node];
	if (row->attached_to != GRAPH_NONE)
		return explorer->reached[row->attached_to];
	if (row->event_sub_process || find_is_start(graph, node))
		return row->scope == GRAPH_NONE || explorer->reached[row->scope];
	for (int32_t i = 0; i < row->incoming.count; i++)
		if (explorer->reached[graph->flows[graph->links[row->incoming.first + i]].source])
			return true;
	return false;
}

static bool find_waits_for_gateway(const struct graph *graph, int32_t node)
{
	struct graph_links incoming = graph->nodes[node].incoming;
	int32_t source = incoming.count == 0 ? GRAPH_NONE : graph->flows[graph->links[incoming.first]].source;
	return source != GRAPH_NONE && graph->nodes[source].kind == NODE_EVENT_BASED_GATEWAY;
}

/* What waits for somebody outside gets its time where an activity stands with an incident. */
static bool find_comes_from_outside(const struct graph *graph, int32_t node)
{
	const struct graph_node *row = &graph->nodes[node];
	for (int32_t i = row->event; i < row->event + row->event_count; i++) {
		enum event_kind kind = graph->events[i].kind;
		if (kind == EVENT_MESSAGE || kind == EVENT_TIMER || kind == EVENT_SIGNAL || kind == EVENT_CONDITIONAL)
			return true;
	}
	return false;
}

/* Compensation may be asked for in ways that are not tried, and what a called process throws is not known. */
static bool find_may_come(const struct graph *graph, int32_t node)
{
	const struct graph_node *row = &graph->nodes[node];
	int32_t event = row->event_sub_process ? row->start : node;
	int32_t guarded = row->event_sub_process ? row->scope : row->attached_to;
	bool catches = row->event_sub_process || guarded != GRAPH_NONE || find_waits_for_gateway(graph, node);
	if (row->for_compensation || graph_has_event(graph, event, EVENT_COMPENSATE))
		return true;
	if (catches && find_comes_from_outside(graph, event))
		return true;
	return catches && graph_has_event(graph, event, EVENT_ESCALATION) && explore_has_call(graph, guarded);
}

void explore_find_unreached(struct explorer *explorer)
{
	const struct graph *graph = explorer->graph;
	for (int32_t i = 0; i < graph->node_count; i++)
		if (!explorer->reached[i] && find_is_first(explorer, i) && !find_may_come(graph, i))
			find_add(explorer, RULE_NEVER_REACHED, i, NULL, 0);
}
