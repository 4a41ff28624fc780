/* SPDX-License-Identifier: Apache-2.0
 *
 * The complex gateway (10.6.5, 13.4.5). It waits for its start: every token that arrives asks the activationCondition,
 * which sees how many tokens wait on each incoming flow under the flow's id, and their sum as `activationCount`; one
 * that reads anything else is asked again whenever a step that has written variables comes to rest. Once true, one
 * token of each flow that has any becomes one, the outgoing flows are taken, and the gateway waits for its reset: one
 * token from each of the other flows, unless none can come there any more. At the reset the conditions of the outgoing
 * flows are asked a second time; `waitingForStart` tells them which time it is.
 *
 *   start:  JOIN, JOIN ... ──activationCondition──► flows ──► RESET     one token, with the counts as local variables:
 *   reset:  RESET ◄── JOIN from flows that had none ──► flows ──► gone  a flow has fired where its count is not 0
 *
 * 10.6.5 has a condition on each outgoing flow and leaves open what one without means. It is taken at the start only:
 * whoever joins two of three wants what follows once, and `true` says that it is to be taken each time. The default
 * flow is taken when all others have conditions and none is true, each time.
 */
#include "config.h"

#include "engine/join.h"

#include <stdlib.h>

#define COMPLEX_START "waitingForStart"
#define COMPLEX_COUNT "activationCount"

static struct str complex_flow_id(const struct step *step, const struct token *token, int32_t i)
{
	const struct graph_links incoming = step->graph->nodes[token->node].incoming;
	return step->graph->flows[step->graph->links[incoming.first + i]].id;
}

static struct str complex_number(const struct step *step, int64_t number)
{
	return arena_printf(step->context->scratch, "%lld", (long long)number);
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
	for (int32_t i = GRAPH_NONE; (i = join_next(step, here, i)) != GRAPH_NONE;)
		count += step_token(step, i)->flow == flow;
	return count;
}

/* What the conditions see, as local variables: as long as the gateway does not fire, nothing
 * has been written by that. */
static void complex_show(struct step *step, int32_t slot)
{
	const struct graph_links incoming = step_node(step, slot)->incoming;
	const struct token *token = step_token(step, slot);
	int64_t sum = 0;
	step_charge(step, join_breadth(step, step_token(step, slot)->scope_id) * (size_t)incoming.count);
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t count = complex_count(step, token, step->graph->links[incoming.first + i]);
		step_show_variable(step, slot, complex_flow_id(step, token, i), complex_number(step, count));
		sum += count;
	}
	step_show_variable(step, slot, STR(COMPLEX_COUNT), complex_number(step, sum));
	step_show_variable(step, slot, STR(COMPLEX_START), STR("true"));
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

static void complex_fire(struct step *step, int32_t slot)
{
	step_token(step, slot)->variables_changed = true;
	row_change(&step_token(step, slot)->mark);
	settle_written(step);
	join_merge_others(step, slot);
	step_leave(step, slot);
}

/* The newest arrival asks. It is the oldest token of its flow that speaks, and fires. False: all wait on. */
static bool complex_ask(struct step *step, int32_t newest)
{
	int32_t slot = join_arrival(step, step_token(step, newest), step_token(step, newest)->flow);
	struct err err = {0};
	bool fires;
	complex_show(step, slot);
	if (!complex_asks(step, slot, &fires, &err)) {
		complex_hide(step, slot);
		step_fail_entering(step, newest, INCIDENT_EXPRESSION, &err);
		return true;
	}
	if (fires)
		complex_fire(step, slot);
	else
		complex_hide(step, slot);
	return fires;
}

/* ---- waiting for reset ---- */

/* Slot of the token of the cycle that the gateway is in, in the scope of `here`; GRAPH_NONE: it waits for its start. */
static int32_t complex_find_cycle(const struct step *step, const struct token *here)
{
	for (int32_t i = GRAPH_NONE; (i = instance_next_token(step->instance, here->scope_id, i)) != GRAPH_NONE;) {
		const struct token *token = step_token(step, i);
		if (token->node == here->node && token != here && complex_is_cycle(token))
			return i;
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
	step_set_local_variable(step, cycle, step->graph->flows[flow].id, STR("1"));
	if (str_to_int64(variables_get(&step_token(step, cycle)->variables, STR(COMPLEX_COUNT)), &sum))
		step_set_local_variable(step, cycle, STR(COMPLEX_COUNT), complex_number(step, sum + 1));
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
		(void)complex_ask(step, slot);
	else
		complex_join_cycle(step, cycle, slot);
}

/* Slot of the newest token that waits at the same gateway; GRAPH_NONE. */
static int32_t complex_find_newest(const struct step *step, const struct token *here)
{
	int32_t newest = GRAPH_NONE;
	for (int32_t i = GRAPH_NONE; (i = join_next(step, here, i)) != GRAPH_NONE;)
		if (newest == GRAPH_NONE || join_came_before(step_token(step, newest), step_token(step, i)))
			newest = i;
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
		(void)complex_ask(step, newest);
	token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
}

/* ---- when nothing else moves ---- */

/* Slot of the first one behind the node that waits for its reset in the scope; GRAPH_NONE. Any order of gateways would
 * do, but slots have none that lasts. */
static int32_t complex_next(const struct step *step, int64_t scope_id, int32_t node)
{
	int32_t next = GRAPH_NONE;
	for (int32_t i = GRAPH_NONE; (i = instance_next_token(step->instance, scope_id, i)) != GRAPH_NONE;) {
		const struct token *token = step_token(step, i);
		if (token->state == TOKEN_RESET && token->node > node &&
			(next == GRAPH_NONE || token->node < step_token(step, next)->node))
			next = i;
	}
	return next;
}

bool complex_reset_any(struct step *step, int64_t scope_id)
{
	int32_t slot = complex_next(step, scope_id, GRAPH_NONE);
	while (slot != GRAPH_NONE && join_is_waited_for(step, step_token(step, slot), complex_has_fired))
		slot = complex_next(step, scope_id, step_token(step, slot)->node);
	if (slot == GRAPH_NONE)
		return false;
	step_leave(step, slot);
	return true;
}

/* ---- data that the condition reads ---- */

static bool complex_shows(const struct graph *graph, const struct graph_node *node, struct str name)
{
	if (str_equal_c(name, COMPLEX_COUNT) || str_equal_c(name, COMPLEX_START))
		return true;
	for (int32_t i = 0; i < node->incoming.count; i++)
		if (str_equal(name, graph->flows[graph->links[node->incoming.first + i]].id))
			return true;
	return false;
}

static bool complex_reads_data(const struct graph *graph, int32_t gateway)
{
	const struct graph_node *node = &graph->nodes[gateway];
	size_t at = 0;
	for (struct str name; node->activation && (name = expr_next_variable(node->activation, &at)).ptr;)
		if (!complex_shows(graph, node, name))
			return true;
	return false;
}

/* Where they stand in a graph: few have any, and there may be many tokens. */
struct complex_readers {
	struct complex_readers *next;
	const struct graph *graph;
	bool *marks; /* by node: it reads data, or is a scope around one that does */
	bool any;
};

static void complex_mark(struct complex_readers *readers, int32_t node)
{
	readers->any = true;
	for (; node != GRAPH_NONE && !readers->marks[node]; node = readers->graph->nodes[node].scope)
		readers->marks[node] = true;
}

static struct complex_readers *complex_readers(struct step *step)
{
	const struct graph *graph = step->graph;
	struct complex_readers *readers = step->readers;
	while (readers && readers->graph != graph)
		readers = readers->next;
	if (readers)
		return readers;
	readers = arena_new_object(step->context->arena, struct complex_readers);
	*readers = (struct complex_readers){.next = step->readers, .graph = graph};
	readers->marks = arena_array(step->context->arena, (size_t)graph->node_count, sizeof *readers->marks);
	for (int32_t i = 0; i < graph->node_count; i++)
		if (complex_reads_data(graph, i))
			complex_mark(readers, i);
	step->readers = readers;
	return readers;
}

typedef VEC(const struct token *) complex_list;

/* By gateway, the newest token of each first. */
static int complex_compare(const void *a, const void *b)
{
	const struct token *left = *(const struct token *const *)a, *right = *(const struct token *const *)b;
	if (left->scope_id != right->scope_id)
		return left->scope_id < right->scope_id ? -1 : 1;
	if (left->node != right->node)
		return left->node - right->node;
	return join_came_before(left, right) - join_came_before(right, left);
}

/* Who compensates is the scope of handlers that stand elsewhere in the graph. */
static bool complex_is_around(const struct complex_readers *readers, const struct token *token)
{
	bool compensates = token->state == TOKEN_COMPENSATING || token->role == ROLE_HANDLER;
	return token->children > 0 && (compensates || readers->marks[token->node]);
}

/* In the process and those scopes inside that have such a gateway. */
static void complex_find_waiting(struct step *step, const struct complex_readers *readers, complex_list *waiting)
{
	VEC(int64_t) scopes = {0};
	size_t passed = 0;
	vec_add(&scopes, 0);
	for (size_t i = 0; i < scopes.len; i++)
		for (int32_t k = GRAPH_NONE; (k = instance_next_token(step->instance, scopes.items[i], k)) != GRAPH_NONE;) {
			const struct token *token = step_token(step, k);
			passed++;
			if (complex_is_around(readers, token))
				vec_add(&scopes, token->id);
			else if (token->state == TOKEN_JOIN && readers->marks[token->node] &&
					 step_node(step, k)->kind == NODE_COMPLEX_GATEWAY)
				vec_add(waiting, token);
		}
	vec_free(&scopes);
	step_charge(step, passed);
	if (waiting->len > 0)
		qsort(waiting->items, waiting->len, sizeof *waiting->items, complex_compare);
}

typedef VEC(int32_t) complex_turns;

/* One token of each gateway that waits for its start, as slots: what they do may move the others. */
static void complex_find_turns(struct step *step, const struct complex_readers *readers, complex_turns *turns)
{
	complex_list waiting = {0};
	complex_find_waiting(step, readers, &waiting);
	for (size_t i = 0; i < waiting.len; i++) {
		const struct token *token = waiting.items[i], *before = i > 0 ? waiting.items[i - 1] : NULL;
		bool newest = !before || before->node != token->node || before->scope_id != token->scope_id;
		if (newest)
			vec_add(turns, (int32_t)(token - step->instance->tokens.items));
	}
	vec_free(&waiting);
}

/* It waits for its reset, or somebody stands there whose retry will ask. */
static bool complex_is_blocked(const struct step *step, const struct token *here)
{
	for (int32_t i = GRAPH_NONE; (i = instance_next_token(step->instance, here->scope_id, i)) != GRAPH_NONE;) {
		const struct token *token = step_token(step, i);
		if (token->node == here->node && (complex_is_cycle(token) || token->state == TOKEN_FAILED_ENTERING))
			return true;
	}
	return false;
}

/* In a run without data nothing becomes true. */
bool complex_start_any(struct step *step)
{
	complex_turns turns = {0};
	bool any = false;
	if (!step->instance->notes.variables_written || step->context->oracle ||
		step->instance->status == INSTANCE_SUSPENDED || !step->graph->late_joins || !complex_readers(step)->any)
		return false;
	complex_find_turns(step, complex_readers(step), &turns);
	for (size_t i = 0; i < turns.len; i++)
		if (!complex_is_blocked(step, step_token(step, turns.items[i])))
			any |= complex_ask(step, turns.items[i]);
	vec_free(&turns);
	return any;
}
