/* SPDX-License-Identifier: Apache-2.0
 *
 * Gateways (13.4). An exclusive gateway passes each token on along one flow. A parallel gateway waits until every
 * incoming flow has brought a token, takes one from each, and gives one to every outgoing flow.
 *
 *        ──a──►┌───┐            tokens waiting at the join remember the flow they came by;
 *        ──b──►│ + │──►         a second token on `a` stays for the next round.
 *        ──c──►└───┘
 */
#include "config.h"

#include "engine/join.h"

void node_enter_EXCLUSIVE_GATEWAY(struct step *step, int32_t slot)
{
	step_leave(step, slot);
}

static bool gateway_is_complete(const struct step *step, int32_t slot)
{
	const struct graph_links incoming = step_node(step, slot)->incoming;
	for (int32_t i = 0; i < incoming.count; i++)
		if (join_arrival(step, step_token(step, slot), step->graph->links[incoming.first + i]) == GRAPH_NONE)
			return false;
	return true;
}

/* One token from each flow becomes one: this one. */
static void gateway_merge_all(struct step *step, int32_t slot)
{
	const struct graph_links incoming = step_node(step, slot)->incoming;
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t flow = step->graph->links[incoming.first + i];
		if (flow == step_token(step, slot)->flow)
			continue;
		join_merge(step, slot, join_arrival(step, step_token(step, slot), flow));
	}
}

/* Of the tokens that wait at a parallel join which is complete the oldest; GRAPH_NONE. */
static int32_t gateway_find_complete(struct step *step)
{
	int32_t oldest = GRAPH_NONE;
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (!row_alive(token->mark) || token->state != TOKEN_JOIN ||
			step->graph->nodes[token->node].kind != NODE_PARALLEL_GATEWAY || !gateway_is_complete(step, (int32_t)i))
			continue;
		if (oldest == GRAPH_NONE || join_came_before(token, step_token(step, oldest)))
			oldest = (int32_t)i;
	}
	return oldest;
}

void parallel_join_all(struct step *step)
{
	for (int32_t slot; (slot = gateway_find_complete(step)) != GRAPH_NONE;) {
		gateway_merge_all(step, slot);
		step_leave(step, slot);
	}
}

void node_enter_PARALLEL_GATEWAY(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->incoming.count > 1) {
		token_set_state(step, slot, TOKEN_JOIN);
		step_charge(
			step, join_breadth(step, step_token(step, slot)->scope_id) * (size_t)step_node(step, slot)->incoming.count);
		if (!gateway_is_complete(step, slot))
			return;
		/* an older token of the same flow may wait: then that one is taken, and this one stays */
		slot = join_arrival(step, step_token(step, slot), step_token(step, slot)->flow);
		gateway_merge_all(step, slot);
	}
	step_leave(step, slot);
}
