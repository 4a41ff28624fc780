/* SPDX-License-Identifier: Apache-2.0
 *
 * Event-based gateways (10.6.6, 13.4.4): the token waits at the gateway for the events of all targets; the first that
 * comes decides, and a token arrives at its target, where the event has come already (event_has_come).
 */
#include "config.h"

#include "engine/event.h"
#include "engine/mapping.h"

static bool event_gateway_wait(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_links outgoing = step_node(step, slot)->outgoing;
	size_t first = step->instance->subscriptions.len;
	for (int32_t i = 0; i < outgoing.count; i++) {
		int32_t target = step->graph->flows[step->graph->links[outgoing.first + i]].target;
		if (!event_subscribe_node(step, slot, target, GRAPH_NONE, err))
			return false;
	}
	return condition_ask_from(step, first, err);
}

void node_enter_EVENT_BASED_GATEWAY(struct step *step, int32_t slot)
{
	struct err err = {0};
	token_set_state(step, slot, TOKEN_EVENT);
	if (!event_gateway_wait(step, slot, &err))
		step_fail_entering(step, slot, event_incident_type(&err), &err);
}

static int32_t event_gateway_flow(const struct step *step, int32_t slot, int32_t target)
{
	const struct graph_links outgoing = step_node(step, slot)->outgoing;
	for (int32_t i = 0; i < outgoing.count; i++) {
		int32_t flow = step->graph->links[outgoing.first + i];
		if (step->graph->flows[flow].target == target)
			return flow;
	}
	return GRAPH_NONE;
}

/* The gateway cannot stand still any more: where a listener fails, the token that has gone on does. */
static void event_gateway_listen(struct step *step, int32_t gateway, int32_t begun)
{
	const struct graph_exprs *leaving = &step_node(step, gateway)->end_listeners;
	const struct graph_exprs *taking = &step->graph->flows[step_token(step, begun)->flow].listeners;
	struct err err = {0};
	if (!mapping_listeners(step, gateway, leaving, &err) || !mapping_listeners(step, gateway, taking, &err))
		step_fail_entering(step, begun, INCIDENT_EXPRESSION, &err);
}

int32_t event_gateway_take(struct step *step, int32_t gateway, int32_t target)
{
	const struct graph_event_gateway *kind = step_node(step, gateway)->event_gateway;
	int64_t id = step_token(step, gateway)->id;
	int32_t flow = event_gateway_flow(step, gateway, target);
	flow_note(step, flow);
	int32_t begun = token_create(step, target, step_token(step, gateway)->scope_id, flow);
	event_gateway_listen(step, gateway, begun);
	if (kind && kind->parallel)
		event_end_node(step, id, target);
	else
		event_end_waits(step, id);
	if (!event_is_awaited(step, id, GRAPH_NONE))
		token_finish(step, gateway, ACTIVITY_COMPLETED, STR(""));
	return begun;
}
