/* SPDX-License-Identifier: Apache-2.0
 *
 * An instance that an event begins (10.5.2, 10.6.6, 13.5.1): at a start event, at a receive task that instantiates, or
 * behind an event-based gateway that does. Where all of several events have to come, the others are waited for by the
 * instance itself.
 *
 * The variables that came along are those of the process from the beginning on.
 */
#include "config.h"

#include "engine/event.h"

bool event_has_come(const struct step *step, int32_t slot)
{
	const struct token *token = step_token(step, slot);
	if (token->flow == GRAPH_NONE)
		return step_node(step, slot)->instantiates;
	return step->graph->nodes[step->graph->flows[token->flow].source].kind == NODE_EVENT_BASED_GATEWAY;
}

static bool event_is_beginning(const struct graph *graph, int32_t node)
{
	for (int32_t i = 0; i < graph->event_starts.count; i++)
		if (graph->links[graph->event_starts.first + i] == node)
			return true;
	return false;
}

/* The gateway in front of the node; GRAPH_NONE where it stands alone. */
static int32_t event_gateway_before(const struct graph *graph, int32_t node)
{
	if (graph->nodes[node].incoming.count == 0)
		return GRAPH_NONE;
	int32_t source = graph->flows[graph->links[graph->nodes[node].incoming.first]].source;
	return graph->nodes[source].kind == NODE_EVENT_BASED_GATEWAY ? source : GRAPH_NONE;
}

/* All of the start event's definitions but the one that has come. */
static bool event_begin_waiting(struct step *step, int32_t slot, int32_t event, struct err *err)
{
	size_t first = step->instance->subscriptions.len;
	token_set_state(step, slot, TOKEN_EVENT);
	return event_subscribe_node(step, slot, step_token(step, slot)->node, event, err) &&
	       condition_ask_from(step, first, err);
}

/* All of the gateway's targets but the one whose event has come. */
static bool event_wait_targets(struct step *step, int32_t gateway, int32_t come, struct err *err)
{
	const struct graph_links outgoing = step_node(step, gateway)->outgoing;
	for (int32_t i = 0; i < outgoing.count; i++) {
		int32_t target = step->graph->flows[step->graph->links[outgoing.first + i]].target;
		if (target != come && !event_subscribe_node(step, gateway, target, GRAPH_NONE, err))
			return false;
	}
	return true;
}

static bool event_begin_at_gateway(struct step *step, int32_t gateway, int32_t node, struct err *err)
{
	const struct graph_event_gateway *kind = step->graph->nodes[gateway].event_gateway;
	size_t first = step->instance->subscriptions.len;
	int32_t slot = token_create(step, gateway, 0, GRAPH_NONE);
	token_set_state(step, slot, TOKEN_EVENT);
	if (kind && kind->parallel && !event_wait_targets(step, slot, node, err))
		return false;
	event_gateway_take(step, slot, node);
	return condition_ask_from(step, first, err);
}

/* Whoever wants conditions asked starts an instance with the variables that he has; it begins if they make it true. */
static bool event_condition_holds(struct step *step, int32_t event, struct err *err)
{
	const struct graph *graph = step->graph;
	bool is_true = false;
	if (event < 0 || event >= graph->event_count || graph->events[event].kind != EVENT_CONDITIONAL)
		return true;
	if (!step_evaluate_condition(step, GRAPH_NONE, graph->events[event].condition, &is_true, err))
		return false;
	return is_true || err_set(err, ERR_CONFLICT, "the condition is not true");
}

bool event_begin(struct step *step, struct err *err)
{
	const struct graph *graph = step->graph;
	int32_t node = step->command->start_node, event = step->command->start_event;
	if (!event_is_beginning(graph, node))
		return err_set(err, ERR_CONFLICT, "no event begins the process there");
	if (!event_condition_holds(step, event, err))
		return false;
	if (scope_is_taken_over(step, 0))
		return true;
	int32_t gateway = event_gateway_before(graph, node);
	if (gateway != GRAPH_NONE)
		return event_begin_at_gateway(step, gateway, node, err);
	int32_t slot = token_create(step, node, 0, GRAPH_NONE);
	bool all = graph->nodes[node].parallel_multiple && graph->nodes[node].event_count > 1;
	return !all || event_begin_waiting(step, slot, event, err);
}
