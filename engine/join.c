/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens that wait for one another at a node. Each remembers the flow it came by, and the scope it came in: the same
 * node may wait in several runs of its sub-process at once. The oldest is taken first, whatever its slot.
 */
#include "config.h"

#include "engine/join.h"

bool join_came_before(const struct token *a, const struct token *b)
{
	return a->started_at != b->started_at ? a->started_at < b->started_at : a->id < b->id;
}

int32_t join_next(const struct step *step, const struct token *here, int32_t slot)
{
	while ((slot = instance_next_token(step->instance, here->scope_id, slot)) != GRAPH_NONE) {
		const struct token *token = step_token(step, slot);
		if (token->state == TOKEN_JOIN && token->node == here->node)
			break;
	}
	return slot;
}

size_t join_breadth(const struct step *step, int64_t scope_id)
{
	const struct token *scope = instance_token(step->instance, scope_id);
	return (size_t)(scope ? scope->children : step->instance->live_tokens);
}

int32_t join_arrival(const struct step *step, const struct token *here, int32_t flow)
{
	int32_t oldest = GRAPH_NONE;
	for (int32_t i = GRAPH_NONE; (i = join_next(step, here, i)) != GRAPH_NONE;) {
		const struct token *token = step_token(step, i);
		if (token->flow == flow && (oldest == GRAPH_NONE || join_came_before(token, step_token(step, oldest))))
			oldest = i;
	}
	return oldest;
}

void join_merge(struct step *step, int32_t slot, int32_t arrival)
{
	if (step_token(step, arrival)->started_at < step_token(step, slot)->started_at)
		step_token(step, slot)->started_at = step_token(step, arrival)->started_at;
	token_merge(step, arrival);
}

void join_merge_others(struct step *step, int32_t slot)
{
	const struct graph_links incoming = step_node(step, slot)->incoming;
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t flow = step->graph->links[incoming.first + i];
		int32_t arrival =
			flow == step_token(step, slot)->flow ? GRAPH_NONE : join_arrival(step, step_token(step, slot), flow);
		if (arrival != GRAPH_NONE)
			join_merge(step, slot, arrival);
	}
}

/* ---- activities that take several tokens to start (10.3) ---- */

static int32_t quantity_waiting(const struct step *step, const struct token *here, int32_t *oldest)
{
	int32_t count = 0;
	for (int32_t i = GRAPH_NONE; (i = join_next(step, here, i)) != GRAPH_NONE;) {
		const struct token *token = step_token(step, i);
		if (token == here)
			continue;
		if (count++ == 0 || join_came_before(token, step_token(step, *oldest)))
			*oldest = i;
	}
	return count;
}

/* What came by no flow starts at once, and so does the token that others have become part of when it is entered again:
 * it came by several flows, and has none. */
bool join_quantity(struct step *step, int32_t slot)
{
	int32_t others = step_node(step, slot)->start_quantity - 1, oldest = GRAPH_NONE;
	if (others <= 0 || step_token(step, slot)->flow == GRAPH_NONE)
		return true;
	step_charge(step, join_breadth(step, step_token(step, slot)->scope_id));
	if (quantity_waiting(step, step_token(step, slot), &oldest) < others) {
		token_set_state(step, slot, TOKEN_JOIN);
		return false;
	}
	step_charge(step, join_breadth(step, step_token(step, slot)->scope_id) * (size_t)others);
	for (; others > 0; others--) {
		(void)quantity_waiting(step, step_token(step, slot), &oldest);
		join_merge(step, slot, oldest);
	}
	step_token(step, slot)->flow = GRAPH_NONE;
	return true;
}
