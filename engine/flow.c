/* SPDX-License-Identifier: Apache-2.0
 *
 * Leaving a node. Which outgoing flows are taken depends on the node: an exclusive gateway takes the first true one
 * (13.4.2), everything else each unconditional or true one (13.3.1 and 13.4.1), the default flow when none is (8.4.13).
 * All conditions are evaluated before the first token is made, so a failing one leaves the token where it stood.
 */
#include "config.h"

#include "engine/step.h"

#include <stdlib.h>

#include "engine/compensation.h"
#include "engine/event.h"
#include "engine/join.h"
#include "engine/loop.h"
#include "engine/mapping.h"

static bool flow_is_taken(struct step *step, int32_t slot, int32_t flow, bool *taken, struct err *err)
{
	const struct graph_flow *row = &step->graph->flows[flow];
	/* a complex gateway that resets has taken those without a condition before */
	*taken = row->condition || !complex_is_resetting(step, slot);
	/* a parallel gateway does not look at conditions (13.4.1) */
	if (!row->condition || step_node(step, slot)->kind == NODE_PARALLEL_GATEWAY)
		return true;
	return step_evaluate_condition(step, slot, row->condition, taken, err);
}

/* It stands for conditions that are all false: at the reset of a complex gateway, there are some and nothing else. */
static bool flow_default_counts(const struct step *step, int32_t slot)
{
	const struct graph_node *node = step_node(step, slot);
	if (node->default_flow == GRAPH_NONE || !complex_is_resetting(step, slot))
		return node->default_flow != GRAPH_NONE;
	for (int32_t i = 0; i < node->outgoing.count; i++) {
		int32_t flow = step->graph->links[node->outgoing.first + i];
		if (flow != node->default_flow && !step->graph->flows[flow].condition)
			return false;
	}
	return node->outgoing.count > 1;
}

static bool flow_select(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_node *node = step_node(step, slot);
	for (int32_t i = 0; i < node->outgoing.count; i++) {
		int32_t flow = step->graph->links[node->outgoing.first + i];
		bool taken;
		if (flow == node->default_flow)
			continue;
		if (!flow_is_taken(step, slot, flow, &taken, err))
			return false;
		if (taken)
			vec_add(&step->selected, flow);
		if (taken && node->kind == NODE_EXCLUSIVE_GATEWAY)
			return true;
	}
	if (step->selected.len == 0 && flow_default_counts(step, slot))
		vec_add(&step->selected, node->default_flow);
	if (step->selected.len == 0 && !complex_is_resetting(step, slot))
		return err_set(err, ERR_CONFLICT, "no outgoing flow has a true condition and there is no default flow");
	return true;
}

void flow_note(struct step *step, int32_t flow)
{
	vec_add(&step->instance->notes.flows, flow);
	step_count_id(step);
}

static void flow_take(struct step *step, int32_t slot, int32_t flow)
{
	flow_note(step, flow);
	token_create(step, step->graph->flows[flow].target, step_token(step, slot)->scope_id, flow);
}

static bool flow_listen(struct step *step, int32_t slot, struct err *err)
{
	for (size_t i = 0; i < step->selected.len; i++) {
		const struct graph_exprs *listeners = &step->graph->flows[step->selected.items[i]].listeners;
		if (listeners->count > 0 && !mapping_listeners(step, slot, listeners, err))
			return false;
	}
	return true;
}

/* As many tokens on each flow as the activity's completionQuantity says (10.3). */
static void flow_take_all(struct step *step, int32_t slot)
{
	int32_t quantity = step_node(step, slot)->completion_quantity;
	for (size_t i = 0; i < step->selected.len; i++)
		for (int32_t k = 0; k < quantity && !step->exhausted; k++)
			flow_take(step, slot, step->selected.items[i]);
}

/* 10.5.5: a link is a sequence flow that is not drawn. GRAPH_NONE: the node throws none. */
static int32_t flow_link_target(const struct step *step, int32_t slot)
{
	const struct graph_event *link = NULL;
	if (step_node(step, slot)->kind == NODE_INTERMEDIATE_THROW_EVENT)
		link = graph_event_of(step->graph, step_token(step, slot)->node, EVENT_LINK);
	return link ? link->link_target : GRAPH_NONE;
}

static void flow_end(struct step *step, int32_t slot)
{
	int32_t target = flow_link_target(step, slot);
	if (target != GRAPH_NONE)
		token_create(step, target, step_token(step, slot)->scope_id, GRAPH_NONE);
	if (step_node(step, slot)->kind == NODE_COMPLEX_GATEWAY)
		complex_left(step, slot);
	else if (step_node(step, slot)->kind == NODE_END_EVENT)
		event_end(step, slot);
	else
		token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
}

/* With the last token the process ends, and that is listened to while somebody can still stand with an incident. */
static bool flow_weigh(struct step *step, int32_t slot, struct err *err)
{
	bool last = step_token(step, slot)->scope_id == 0 && step->instance->live_tokens == 1 &&
	            flow_link_target(step, slot) == GRAPH_NONE;
	if (step_node(step, slot)->outgoing.count > 0)
		return flow_select(step, slot, err) && flow_listen(step, slot, err);
	return !last || mapping_listeners(step, slot, &step->graph->end_listeners, err);
}

/* The one way out of most nodes, with nothing to ask; GRAPH_NONE: there is more to it. */
static int32_t flow_only(const struct step *step, int32_t slot)
{
	const struct graph_node *node = step_node(step, slot);
	if (node->outgoing.count != 1 || node->kind == NODE_COMPLEX_GATEWAY)
		return GRAPH_NONE;
	int32_t flow = step->graph->links[node->outgoing.first];
	const struct graph_flow *row = &step->graph->flows[flow];
	return row->condition || row->listeners.count > 0 ? GRAPH_NONE : flow;
}

/* Where none can be chosen, the token stays with an incident. */
static bool flow_choose(struct step *step, int32_t slot)
{
	int32_t only = flow_only(step, slot);
	vec_clear(&step->selected);
	if (only != GRAPH_NONE) {
		vec_add(&step->selected, only);
		return true;
	}
	struct err err = {0};
	if (flow_weigh(step, slot, &err))
		return true;
	step_fail_leaving(step, slot, err.code == ERR_CONFLICT ? INCIDENT_NO_FLOW : INCIDENT_EXPRESSION, &err);
	return false;
}

static void flow_leave(struct step *step, int32_t slot)
{
	if (!flow_choose(step, slot))
		return;
	compensation_remember(step, slot);
	flow_take_all(step, slot);
	flow_end(step, slot);
}

void step_leave(struct step *step, int32_t slot)
{
	if (!activity_complete(step, slot))
		return;
	if (step_node(step, slot)->loop && token_is_loop_instance(step, step_token(step, slot)))
		loop_instance_done(step, slot);
	else
		flow_leave(step, slot);
}
