/* SPDX-License-Identifier: Apache-2.0
 *
 * How choices are made. Flows of one node are not asked blindly: where one has to be taken and only one is left, it is;
 * where many could be taken together, only each alone and all of them are tried.
 */
#include "config.h"

#include "engine/oracle.h"

#include <stdlib.h>
#include <string.h>

#define ORACLE_CHOICES_MAX 64 /* in one run */
#define ORACLE_ASKED_MAX 3    /* of one flow in one run: more is a loop that nothing outside can end */
#define ORACLE_SUBSETS_MAX 4  /* conditions of one node whose subsets are all tried */

void oracle_init(struct oracle *oracle, const struct graph *graph, struct arena *arena)
{
	*oracle = (struct oracle){
		.graph = graph,
		.questions = oracle_questions(graph, arena),
		.asked = arena_array(arena, (size_t)graph->flow_count, 1),
	};
}

void oracle_free(struct oracle *oracle)
{
	vec_free(&oracle->choices);
}

/* ---- choices ---- */

void oracle_begin(struct oracle *oracle, const struct belief *belief)
{
	oracle->next = 0;
	oracle->belief = *belief;
	oracle->cut = false;
	if (oracle->graph->flow_count > 0)
		memset(oracle->asked, 0, (size_t)oracle->graph->flow_count);
}

bool oracle_advance(struct oracle *oracle)
{
	oracle->choices.len = oracle->next;
	while (oracle->choices.len > 0) {
		struct oracle_choice *last = &oracle->choices.items[oracle->choices.len - 1];
		if (++last->taken < last->count)
			return true;
		oracle->choices.len--;
	}
	return false;
}

static int32_t oracle_choose(struct oracle *oracle, int32_t count)
{
	if (oracle->next >= ORACLE_CHOICES_MAX) {
		oracle->cut = oracle->too_many = true;
		return 0;
	}
	if (oracle->next == oracle->choices.len)
		vec_add(&oracle->choices, ((struct oracle_choice){0, count}));
	return oracle->choices.items[oracle->next++].taken;
}

static bool oracle_choose_truth(struct oracle *oracle)
{
	return oracle_choose(oracle, 2) == 0;
}

/* ---- beliefs ---- */

/* What the flow had decided before is open again. */
static void belief_forget(struct belief *belief, int32_t flow)
{
	for (int32_t i = 0; i < ORACLE_BELIEFS_MAX; i++)
		if (belief->asker[i] == flow)
			belief->known &= ~(UINT32_C(1) << i);
}

static void belief_add(struct belief *belief, uint32_t bits, uint32_t truth, int32_t flow)
{
	if (((belief->truth ^ truth) & bits & belief->known) != 0) {
		*belief = (struct belief){.doubtful = true};
		return;
	}
	for (int32_t i = 0; i < ORACLE_BELIEFS_MAX; i++)
		if ((bits & ~belief->known) >> i & 1)
			belief->asker[i] = flow;
	belief->known |= bits;
	belief->truth = (belief->truth & ~bits) | truth;
}

static void belief_take(struct belief *belief, const struct oracle_question *question, int32_t flow, bool taken)
{
	if (question->belief == GRAPH_NONE || belief->doubtful)
		return;
	uint32_t bit = UINT32_C(1) << question->belief, truth = taken != question->negated ? bit : 0;
	belief_forget(belief, flow);
	belief_add(belief, taken ? bit | question->rivals : bit, taken ? truth | question->rivals_truth : truth, flow);
}

/* ---- flows ---- */

/* Which of a node's flows have conditions that are asked. */
struct oracle_flows {
	int32_t count;
	int32_t position; /* of the one that is asked now */
	int32_t flow;
	bool always; /* another one is taken anyway */
};

static struct oracle_flows oracle_flows(
	const struct graph *graph, const struct graph_node *node, const struct expr *expr)
{
	struct oracle_flows flows = {.flow = GRAPH_NONE, .always = node->default_flow != GRAPH_NONE};
	for (int32_t i = 0; i < node->outgoing.count; i++) {
		int32_t flow = graph->links[node->outgoing.first + i];
		const struct expr *condition = graph->flows[flow].condition;
		if (flow == node->default_flow)
			continue;
		flows.always |= !condition;
		if (condition == expr) {
			flows.flow = flow;
			flows.position = flows.count;
		}
		flows.count += condition != NULL;
	}
	return flows;
}

/* Pattern 0 is all of them, then each alone; none only where something else is taken. */
static void oracle_begin_leaving(struct oracle *oracle, const struct graph_node *node, const struct oracle_flows *flows)
{
	bool many = node->kind != NODE_EXCLUSIVE_GATEWAY && flows->count > ORACLE_SUBSETS_MAX;
	oracle->taken = 0;
	oracle->pattern = many ? oracle_choose(oracle, flows->count + 1 + flows->always) : GRAPH_NONE;
}

static bool oracle_flow_is_taken(struct oracle *oracle, const struct oracle_flows *flows)
{
	if (oracle->pattern != GRAPH_NONE)
		return oracle->pattern == 0 || oracle->pattern == flows->position + 1;
	bool last = flows->position == flows->count - 1;
	return (last && oracle->taken == 0 && !flows->always) || oracle_choose_truth(oracle);
}

/* Of the flows with conditions that leave an activity one is usually meant. */
static void oracle_note_spread(struct oracle *oracle, const struct graph_node *node)
{
	if (oracle->taken > 1 && node->kind != NODE_INCLUSIVE_GATEWAY && node->kind != NODE_COMPLEX_GATEWAY)
		oracle->belief.spread = true;
}

static bool oracle_decide_flow(struct oracle *oracle, const struct graph_node *node, const struct oracle_flows *flows)
{
	const struct oracle_question *question = &oracle->questions[flows->flow];
	bool taken = oracle_flow_is_taken(oracle, flows);
	oracle->taken += taken;
	oracle_note_spread(oracle, node);
	belief_take(&oracle->belief, question, flows->flow, taken);
	if (oracle->asked[flows->flow]++ >= ORACLE_ASKED_MAX)
		oracle->cut = true;
	return taken;
}

/* What a complex gateway asks is mostly its own count; where that cannot be told, it fires. */
static bool oracle_decide_activation(struct step *step, int32_t slot, const struct expr *expr)
{
	struct value value;
	struct err err = {0};
	return !step_evaluate(step, slot, expr, &value, &err) || value.kind != VALUE_BOOLEAN || value.boolean;
}

bool oracle_decide(struct step *step, int32_t slot, const struct expr *expr, bool *out, struct err *err)
{
	struct oracle *oracle = step->context->oracle;
	const struct graph_node *node = step_node(step, slot);
	struct oracle_flows flows = oracle_flows(step->graph, node, expr);
	if (expr == node->activation) {
		*out = oracle_decide_activation(step, slot, expr);
		return true;
	}
	if (flows.flow == GRAPH_NONE) {
		*out = oracle_choose_truth(oracle);
	} else {
		if (flows.position == 0)
			oracle_begin_leaving(oracle, node, &flows);
		*out = oracle_decide_flow(oracle, node, &flows);
	}
	return !oracle->cut || err_set(err, ERR_EXPRESSION, "this run is given up");
}
