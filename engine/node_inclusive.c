/* SPDX-License-Identifier: Apache-2.0
 *
 * The inclusive gateway (13.4.3). As a split it takes every true flow. As a join it waits as long as a token somewhere
 * upstream can still bring one. Whether it may go on can change with any move of any token, so it is asked when nothing
 * else moves.
 */
#include "config.h"

#include "engine/join.h"

void node_enter_INCLUSIVE_GATEWAY(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->incoming.count > 1)
		token_set_state(step, slot, TOKEN_JOIN);
	else
		step_leave(step, slot);
}

static bool inclusive_has_token(const struct step *step, const struct token *waiting, int32_t flow)
{
	return join_arrival(step, waiting, flow) != GRAPH_NONE;
}

/* Of the joins of the scope that come behind the node the first one's oldest token; GRAPH_NONE. Slots give no order:
 * they differ between a cached instance and the same one loaded anew. */
static int32_t inclusive_next(const struct step *step, int64_t scope_id, int32_t node)
{
	int32_t next = GRAPH_NONE;
	for (int32_t i = GRAPH_NONE; (i = instance_next_token(step->instance, scope_id, i)) != GRAPH_NONE;) {
		const struct token *token = step_token(step, i), *best = next == GRAPH_NONE ? NULL : step_token(step, next);
		if (token->state != TOKEN_JOIN || token->node <= node || step_node(step, i)->kind != NODE_INCLUSIVE_GATEWAY)
			continue;
		if (!best || token->node < best->node || (token->node == best->node && join_came_before(token, best)))
			next = i;
	}
	return next;
}

bool inclusive_join_any(struct step *step, int64_t scope_id)
{
	int32_t slot = inclusive_next(step, scope_id, GRAPH_NONE);
	while (slot != GRAPH_NONE && join_is_waited_for(step, step_token(step, slot), inclusive_has_token))
		slot = inclusive_next(step, scope_id, step_token(step, slot)->node);
	if (slot == GRAPH_NONE)
		return false;
	join_merge_others(step, slot);
	step_leave(step, slot);
	return true;
}
