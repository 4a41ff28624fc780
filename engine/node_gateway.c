/* SPDX-License-Identifier: Apache-2.0
 *
 * Gateways (13.4). An exclusive gateway passes each token on along one flow. A parallel gateway waits until every incoming
 * flow has brought a token, takes one from each, and gives one to every outgoing flow.
 *
 *        ──a──►┌───┐            tokens waiting at the join remember the flow they came by;
 *        ──b──►│ + │──►         a second token on `a` stays for the next round.
 *        ──c──►└───┘
 */
#include "config.h"

#include "engine/step.h"

void node_enter_EXCLUSIVE_GATEWAY(struct step *step, int32_t slot)
{
	step_leave(step, slot);
}

/* Ids of one instance may come from several workers, so time comes first. */
bool gateway_came_before(const struct token *a, const struct token *b)
{
	return a->started_at != b->started_at ? a->started_at < b->started_at : a->id < b->id;
}

int32_t gateway_arrival(const struct step *step, const struct token *here, int32_t flow)
{
	int32_t oldest = GRAPH_NONE;
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (token->state != TOKEN_JOIN || token->node != here->node || token->flow != flow ||
			token->scope_id != here->scope_id || !row_alive(token->mark))
			continue;
		if (oldest == GRAPH_NONE || gateway_came_before(token, step_token(step, oldest)))
			oldest = (int32_t)i;
	}
	return oldest;
}

static bool gateway_is_complete(const struct step *step, int32_t slot)
{
	const struct graph_links incoming = step_node(step, slot)->incoming;
	for (int32_t i = 0; i < incoming.count; i++)
		if (gateway_arrival(step, step_token(step, slot), step->graph->links[incoming.first + i]) == GRAPH_NONE)
			return false;
	return true;
}

void gateway_merge(struct step *step, int32_t slot, int32_t arrival)
{
	if (step_token(step, arrival)->started_at < step_token(step, slot)->started_at)
		step_token(step, slot)->started_at = step_token(step, arrival)->started_at;
	token_merge(step, arrival);
}

/* One token from each flow becomes one: this one. */
static void gateway_merge_all(struct step *step, int32_t slot)
{
	const struct graph_links incoming = step_node(step, slot)->incoming;
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t flow = step->graph->links[incoming.first + i];
		if (flow == step_token(step, slot)->flow)
			continue;
		gateway_merge(step, slot, gateway_arrival(step, step_token(step, slot), flow));
	}
}

void node_enter_PARALLEL_GATEWAY(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->incoming.count > 1) {
		token_set_state(step, slot, TOKEN_JOIN);
		step_charge(step, step->instance->tokens.len * (size_t)step_node(step, slot)->incoming.count);
		if (!gateway_is_complete(step, slot))
			return;
		/* an older token of the same flow may wait: then that one is taken, and this one stays */
		slot = gateway_arrival(step, step_token(step, slot), step_token(step, slot)->flow);
		gateway_merge_all(step, slot);
	}
	step_leave(step, slot);
}
