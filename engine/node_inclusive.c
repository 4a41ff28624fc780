/* SPDX-License-Identifier: Apache-2.0
 *
 * The inclusive gateway (13.4.3). As a split it takes every true flow. As a join it waits as long as a token somewhere
 * upstream can still bring one. Whether it may go on can change with any move of any token, so it is asked when nothing
 * else moves.
 */
#include "config.h"

#include "engine/join.h"

#include <stdlib.h>

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
	return join_came_before(right, left) - join_came_before(left, right);
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
		if (!asked && !join_is_waited_for(step, token, inclusive_has_token))
			slot = (int32_t)(token - step->instance->tokens.items);
	}
	vec_free(&waiting);
	return slot;
}

bool inclusive_join_any(struct step *step)
{
	int32_t slot = inclusive_find_free(step);
	if (slot == GRAPH_NONE)
		return false;
	join_merge_others(step, slot);
	step_leave(step, slot);
	return true;
}
