/* SPDX-License-Identifier: Apache-2.0
 *
 * The complex gateway (10.6.5, 13.4.5). It waits for its start: every token that arrives asks the activationCondition,
 * which sees how many tokens wait on each incoming flow under the flow's id, and their sum as `activationCount`. Once
 * true, one token of each flow that has any becomes one, the outgoing flows are taken, and the gateway waits for its
 * reset: one token from each of the other flows, unless none can come there any more. At the reset the conditions of the
 * outgoing flows are asked a second time; `waitingForStart` tells them which time it is.
 *
 *     start:  JOIN, JOIN ... ──activationCondition──► flows ──► RESET     one token, with the counts as local variables:
 *     reset:  RESET ◄── JOIN from flows that had none ──► flows ──► gone  a flow has fired where its count is not 0
 *
 * A flow without a condition is taken at the start only: whoever joins two of three wants what follows once. The default
 * flow is taken when all others have conditions and none is true, each time.
 */
#include "config.h"

#include "engine/join.h"

#include <stdlib.h>

#include "base/buf.h"

#define COMPLEX_START "waitingForStart"
#define COMPLEX_COUNT "activationCount"

static struct str complex_flow_id(const struct step *step, const struct token *token, int32_t i)
{
	const struct graph_links incoming = step->graph->nodes[token->node].incoming;
	return step->graph->flows[step->graph->links[incoming.first + i]].id;
}

static void complex_set(struct step *step, int32_t slot, struct str name, int64_t number)
{
	struct buf json;
	buf_init(&json, SIZE_MAX);
	buf_add_int64(&json, number);
	step_set_local_variable(step, slot, name, buf_str(&json));
	buf_free(&json);
}

/* A flow from which the gateway has consumed a token in this cycle. */
static bool complex_has_fired(const struct step *step, const struct token *cycle, int32_t flow)
{
	struct str count = variables_get(&cycle->variables, step->graph->flows[flow].id);
	return count.ptr && !str_equal_c(count, "0");
}

static bool complex_is_cycle(const struct token *token)
{
	return variables_get(&token->variables, STR(COMPLEX_START)).ptr != NULL;
}

bool complex_is_resetting(const struct step *step, int32_t slot)
{
	return step_node(step, slot)->kind == NODE_COMPLEX_GATEWAY &&
	       str_equal_c(variables_get(&step_token(step, slot)->variables, STR(COMPLEX_START)), "false");
}

/* ---- waiting for start ---- */

static int32_t complex_count(const struct step *step, const struct token *here, int32_t flow)
{
	int32_t count = 0;
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		count += row_alive(token->mark) && token->state == TOKEN_JOIN && token->node == here->node &&
		         token->scope_id == here->scope_id && token->flow == flow;
	}
	return count;
}

/* What the conditions see, as local variables. */
static void complex_show(struct step *step, int32_t slot)
{
	const struct graph_links incoming = step_node(step, slot)->incoming;
	int64_t sum = 0;
	step_charge(step, step->instance->tokens.len * (size_t)incoming.count);
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t count = complex_count(step, step_token(step, slot), step->graph->links[incoming.first + i]);
		complex_set(step, slot, complex_flow_id(step, step_token(step, slot), i), count);
		sum += count;
	}
	complex_set(step, slot, STR(COMPLEX_COUNT), sum);
	step_set_local_variable(step, slot, STR(COMPLEX_START), STR("true"));
}

/* It goes on waiting: what it showed would soon be wrong. */
static void complex_hide(struct step *step, int32_t slot)
{
	struct token *token = step_token(step, slot);
	for (int32_t i = 0; i < step_node(step, slot)->incoming.count; i++)
		variables_remove(&token->variables, complex_flow_id(step, token, i));
	variables_remove(&token->variables, STR(COMPLEX_COUNT));
	variables_remove(&token->variables, STR(COMPLEX_START));
}

static bool complex_asks(struct step *step, int32_t slot, bool *fires, struct err *err)
{
	const struct expr *condition = step_node(step, slot)->activation;
	*fires = true;
	return !condition || step_evaluate_condition(step, slot, condition, fires, err);
}

/* The newest arrival asks. It is the oldest token of its flow that speaks, and fires. */
static void complex_ask(struct step *step, int32_t newest)
{
	int32_t slot = join_arrival(step, step_token(step, newest), step_token(step, newest)->flow);
	struct err err = {0};
	bool fires;
	complex_show(step, slot);
	if (!complex_asks(step, slot, &fires, &err)) {
		complex_hide(step, slot);
		step_fail_entering(step, newest, INCIDENT_EXPRESSION, &err);
	} else if (!fires) {
		complex_hide(step, slot);
	} else {
		join_merge_others(step, slot);
		step_leave(step, slot);
	}
}

/* ---- waiting for reset ---- */

/* Slot of the token of the cycle that the gateway is in, in the scope of `here`; GRAPH_NONE: it waits for its start. */
static int32_t complex_find_cycle(const struct step *step, const struct token *here)
{
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (row_alive(token->mark) && token->node == here->node && token->scope_id == here->scope_id && token != here &&
			complex_is_cycle(token))
			return (int32_t)i;
	}
	return GRAPH_NONE;
}

/* Tokens from flows that have fired wait for the next cycle. */
static void complex_join_cycle(struct step *step, int32_t cycle, int32_t slot)
{
	int32_t flow = step_token(step, slot)->flow;
	int64_t sum = 0;
	if (complex_has_fired(step, step_token(step, cycle), flow))
		return;
	join_merge(step, cycle, slot);
	complex_set(step, cycle, step->graph->flows[flow].id, 1);
	if (str_to_int64(variables_get(&step_token(step, cycle)->variables, STR(COMPLEX_COUNT)), &sum))
		complex_set(step, cycle, STR(COMPLEX_COUNT), sum + 1);
}

void node_enter_COMPLEX_GATEWAY(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->incoming.count <= 1) {
		step_leave(step, slot);
		return;
	}
	token_set_state(step, slot, TOKEN_JOIN);
	int32_t cycle = complex_find_cycle(step, step_token(step, slot));
	if (cycle == GRAPH_NONE)
		complex_ask(step, slot);
	else
		complex_join_cycle(step, cycle, slot);
}

/* Slot of the newest token that waits at the same gateway; GRAPH_NONE. */
static int32_t complex_find_newest(const struct step *step, const struct token *here)
{
	int32_t newest = GRAPH_NONE;
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (!row_alive(token->mark) || token->state != TOKEN_JOIN || token->node != here->node ||
			token->scope_id != here->scope_id)
			continue;
		if (newest == GRAPH_NONE || join_came_before(step_token(step, newest), token))
			newest = (int32_t)i;
	}
	return newest;
}

/* The next cycle begins before this one ends, with which an ad-hoc sub-process may end, and all tokens in it. */
void complex_left(struct step *step, int32_t slot)
{
	bool starting = complex_is_cycle(step_token(step, slot)) && !complex_is_resetting(step, slot);
	if (starting) {
		step_set_local_variable(step, slot, STR(COMPLEX_START), STR("false"));
		token_set_state(step, slot, TOKEN_RESET);
		return;
	}
	int32_t newest = complex_find_newest(step, step_token(step, slot));
	if (newest != GRAPH_NONE)
		complex_ask(step, newest);
	token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
}

/* Any order of gateways would do, but slots have none that lasts. */
static bool complex_comes_first(const struct token *token, const struct token *other)
{
	return token->scope_id != other->scope_id ? token->scope_id < other->scope_id : token->node < other->node;
}

bool complex_reset_any(struct step *step)
{
	int32_t slot = GRAPH_NONE;
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (!row_alive(token->mark) || token->state != TOKEN_RESET)
			continue;
		bool first = slot == GRAPH_NONE || complex_comes_first(token, step_token(step, slot));
		if (first && !join_is_waited_for(step, token, complex_has_fired))
			slot = (int32_t)i;
	}
	if (slot == GRAPH_NONE)
		return false;
	step_leave(step, slot);
	return true;
}
