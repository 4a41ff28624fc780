/* SPDX-License-Identifier: Apache-2.0
 *
 * Leaving a node. Which outgoing flows are taken depends on the node: an exclusive gateway takes the first true one (13.4.2),
 * everything else each unconditional or true one (13.2.1 and 13.4.1), the default flow when none is (8.4.13).
 * All conditions are evaluated before the first token is made, so a failing one leaves the token where it stood.
 */
#include "config.h"

#include "engine/step.h"

#include <stdlib.h>

typedef VEC(int32_t) flow_list;

static bool flow_is_taken(struct step *step, int32_t slot, int32_t flow, bool *taken, struct err *err)
{
	const struct graph_flow *row = &step->graph->flows[flow];
	*taken = true;
	/* a parallel gateway does not look at conditions (13.4.1) */
	if (!row->condition || step_node(step, slot)->kind == NODE_PARALLEL_GATEWAY)
		return true;
	return step_evaluate_condition(step, slot, row->condition, taken, err);
}

static bool flow_select(struct step *step, int32_t slot, flow_list *selected, struct err *err)
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
			vec_add(selected, flow);
		if (taken && node->kind == NODE_EXCLUSIVE_GATEWAY)
			return true;
	}
	if (selected->len == 0 && node->default_flow != GRAPH_NONE)
		vec_add(selected, node->default_flow);
	if (selected->len == 0)
		return err_set(err, ERR_CONFLICT, "no outgoing flow has a true condition and there is no default flow");
	return true;
}

static void flow_take(struct step *step, int32_t slot, int32_t flow)
{
	vec_add(&step->context->effects->flows, flow);
	step_count_id(step);
	token_create(step, step->graph->flows[flow].target, step_token(step, slot)->scope_id, flow);
}

void step_leave(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->outgoing.count == 0) {
		token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
		return;
	}
	flow_list selected = {0};
	struct err err = {0};
	if (flow_select(step, slot, &selected, &err)) {
		for (size_t i = 0; i < selected.len; i++)
			flow_take(step, slot, selected.items[i]);
		token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
	} else {
		enum incident_type type = err.code == ERR_CONFLICT ? INCIDENT_NO_FLOW : INCIDENT_EXPRESSION;
		step_fail_leaving(step, slot, type, &err);
	}
	vec_free(&selected);
}
