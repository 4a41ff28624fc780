/* SPDX-License-Identifier: Apache-2.0
 *
 * Who can still bring a token to a join (13.4.3). Somebody is waited for who can reach, on a path that does not pass
 * the join, an incoming flow that has no token yet, and cannot reach one that has.
 *
 *        ┌─ A ─►──a──►┌───┐      a has a token. A token at B can reach only b: the join waits.
 *     ──►○            │ O │──►   A token at C can reach b, but a as well: it will not be waited for.
 *        └─ B ─►──b──►└───┘
 *
 * The nodes that can reach a flow are found by walking backwards from it: over sequence flows, from a boundary event to
 * its activity, from a link's catch to its throws. A boundary event that does not interrupt is a way by which a token
 * may come, but never the one that excuses its activity: that goes on, and still brings its own. So there are two
 * walks.
 *
 * A walk says what a token can do that is still to enter a node. One that stands in an activity already has its
 * boundary events only as long as they wait: a timer that has fired for the last time brings nothing more. Hence two
 * marks a node: ENTERING, and LEAVING for those whose own outgoing flows lead on.
 *
 * Only the join's own scope counts; a token inside a sub-process is one that stands in the sub-process. A complex
 * gateway that waits for its reset holds no token (13.4.5), and who compensates never takes a flow.
 */
#include "config.h"

#include "engine/join.h"

enum { REACH_ENTERING = 1, REACH_LEAVING = 2 };

struct reach {
	const struct graph *graph;
	int32_t join;
	bool excuses;   /* the walk from the flows that have a token */
	uint8_t *marks; /* by node */
	int32_t *found; /* the nodes that are marked; each once */
	int32_t found_count;
	size_t looked_at; /* nodes and flows */
};

/* Both walks over a graph; what they need is made once in a step. */
struct reach_walks {
	struct reach_walks *next;
	struct reach empty; /* from the flows that have no token yet */
	struct reach full;
};

static void reach_mark(struct reach *reach, int32_t node, uint8_t mark)
{
	if (node == reach->join || node == GRAPH_NONE)
		return;
	if (!(reach->marks[node] & REACH_ENTERING))
		reach->found[reach->found_count++] = node;
	reach->marks[node] |= (uint8_t)(mark | REACH_ENTERING);
}

static void reach_mark_throws(struct reach *reach, int32_t target)
{
	reach->looked_at += (size_t)reach->graph->node_count;
	for (int32_t i = 0; i < reach->graph->node_count; i++) {
		const struct graph_event *event = graph_event_of(reach->graph, i, EVENT_LINK);
		if (event && event->link_target == target)
			reach_mark(reach, i, REACH_LEAVING);
	}
}

static void reach_walk_back(struct reach *reach)
{
	const struct graph *graph = reach->graph;
	for (int32_t at = 0; at < reach->found_count; at++) {
		int32_t here = reach->found[at];
		const struct graph_node *node = &graph->nodes[here];
		reach->looked_at += 1 + (size_t)node->incoming.count;
		for (int32_t i = 0; i < node->incoming.count; i++)
			reach_mark(reach, graph->flows[graph->links[node->incoming.first + i]].source, REACH_LEAVING);
		if (!reach->excuses || node->interrupting)
			reach_mark(reach, node->attached_to, REACH_ENTERING);
		if (node->kind == NODE_INTERMEDIATE_CATCH_EVENT && graph_has_event(graph, here, EVENT_LINK))
			reach_mark_throws(reach, here);
	}
}

/* ---- what a token can do from where it stands ---- */

static bool reach_has_wait(const struct instance *instance, const struct token *token, int32_t node)
{
	for (int32_t i = GRAPH_NONE; (i = instance_next_job(instance, token->id, i)) != GRAPH_NONE;)
		if (instance->jobs.items[i].node == node && instance->jobs.items[i].kind == JOB_TIMER)
			return true;
	for (int32_t i = GRAPH_NONE; (i = instance_next_subscription(instance, token->id, i)) != GRAPH_NONE;)
		if (instance->subscriptions.items[i].node == node)
			return true;
	return false;
}

/* What is thrown inside can come as long as the activity runs. */
static bool reach_is_thrown(const struct graph *graph, int32_t boundary)
{
	return graph_has_event(graph, boundary, EVENT_ERROR) || graph_has_event(graph, boundary, EVENT_ESCALATION) ||
	       graph_has_event(graph, boundary, EVENT_CANCEL);
}

static bool reach_by_boundary(const struct step *step, const struct reach *reach, const struct token *token)
{
	const struct graph_links boundary = reach->graph->nodes[token->node].boundary;
	for (int32_t i = 0; i < boundary.count; i++) {
		int32_t event = reach->graph->links[boundary.first + i];
		if (!reach->marks[event] || (reach->excuses && !reach->graph->nodes[event].interrupting))
			continue;
		if (reach_is_thrown(reach->graph, event) || reach_has_wait(step->instance, token, event))
			return true;
	}
	return false;
}

/* READY and JOIN: the node, an activity that waits for more tokens or a gateway, is still to be entered. */
static bool reach_from(const struct step *step, const struct reach *reach, const struct token *token)
{
	uint8_t mark = reach->marks[token->node];
	if (mark != REACH_ENTERING)
		return mark != 0;
	switch (token->state) {
	case TOKEN_READY:
	case TOKEN_JOIN:
	case TOKEN_BEFORE:
	case TOKEN_FAILED_ENTERING:
	case TOKEN_MAPPING_INPUTS:
		return true;
	case TOKEN_AFTER:
	case TOKEN_MAPPING_OUTPUTS:
	case TOKEN_FAILED_LEAVING:
	case TOKEN_COMPENSATING:
	case TOKEN_RESET:
		return false;
	case TOKEN_TASK:
	case TOKEN_JOB:
	case TOKEN_TIMER:
	case TOKEN_SCOPE:
	case TOKEN_EVENT:
	case TOKEN_CALL:
		break;
	}
	return reach_by_boundary(step, reach, token);
}

static bool reach_counts(const struct token *token)
{
	return token->role != ROLE_HANDLER && token->state != TOKEN_RESET;
}

static bool reach_is_before(const struct token *token)
{
	return token->state == TOKEN_BEFORE || token->state == TOKEN_FAILED_ENTERING ||
	       token->state == TOKEN_MAPPING_INPUTS;
}

/* One that stands before the join itself, as with a continuation, brings what it came by. */
static bool reach_is_waited_for(const struct step *step, const struct reach *empty, const struct reach *full,
	const struct token *waiting, const struct token *token, join_has_token has_token)
{
	if (!reach_counts(token))
		return false;
	if (token->node == waiting->node)
		return reach_is_before(token) && token->flow != GRAPH_NONE && !has_token(step, waiting, token->flow);
	return reach_from(step, empty, token) && !reach_from(step, full, token);
}

/* ---- the question ---- */

static void reach_init(struct reach *reach, struct arena *arena, const struct graph *graph, bool excuses)
{
	*reach = (struct reach){
		.graph = graph,
		.excuses = excuses,
		.marks = arena_array(arena, (size_t)graph->node_count, sizeof *reach->marks),
		.found = arena_array(arena, (size_t)graph->node_count, sizeof *reach->found),
	};
}

static struct reach_walks *reach_walks(struct step *step)
{
	struct reach_walks *walks = step->walks;
	while (walks && walks->empty.graph != step->graph)
		walks = walks->next;
	if (walks)
		return walks;
	walks = arena_new_object(step->context->arena, struct reach_walks);
	reach_init(&walks->empty, step->context->arena, step->graph, false);
	reach_init(&walks->full, step->context->arena, step->graph, true);
	walks->next = step->walks;
	step->walks = walks;
	return walks;
}

static void reach_begin(struct reach *reach, int32_t join)
{
	for (int32_t i = 0; i < reach->found_count; i++)
		reach->marks[reach->found[i]] = 0;
	reach->join = join;
	reach->found_count = 0;
	reach->looked_at = 0;
}

bool join_is_waited_for(struct step *step, const struct token *waiting, join_has_token has_token)
{
	const struct graph *graph = step->graph;
	const struct graph_links incoming = graph->nodes[waiting->node].incoming;
	struct reach_walks *walks = reach_walks(step);
	size_t tokens = join_breadth(step, waiting->scope_id);
	bool waited_for = false;
	reach_begin(&walks->empty, waiting->node);
	reach_begin(&walks->full, waiting->node);
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t flow = graph->links[incoming.first + i];
		bool full = has_token(step, waiting, flow);
		reach_mark(full ? &walks->full : &walks->empty, graph->flows[flow].source, REACH_LEAVING);
	}
	reach_walk_back(&walks->empty);
	reach_walk_back(&walks->full);
	for (int32_t i = GRAPH_NONE;
		 !waited_for && (i = instance_next_token(step->instance, waiting->scope_id, i)) != GRAPH_NONE;)
		waited_for = reach_is_waited_for(step, &walks->empty, &walks->full, waiting, step_token(step, i), has_token);
	step_charge(step, walks->empty.looked_at + walks->full.looked_at + (size_t)incoming.count * tokens);
	return waited_for;
}
