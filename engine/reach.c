/* SPDX-License-Identifier: Apache-2.0
 *
 * Who can still bring a token to a join (13.4.3). Somebody is waited for who can reach, on a path that does not pass the
 * join, an incoming flow that has no token yet, and cannot reach one that has.
 *
 *        ┌─ A ─►──a──►┌───┐      a has a token. A token at B can reach only b: the join waits.
 *     ──►○            │ O │──►   A token at C can reach b, but a as well: it will not be waited for.
 *        └─ B ─►──b──►└───┘
 *
 * The nodes that can reach a flow are found by walking backwards from it: over sequence flows, from a boundary event to
 * its activity, from a link's catch to its throws. A boundary event that does not interrupt is a way by which a token may
 * come, but never the one that excuses its activity: that goes on, and still brings its own. So there are two walks.
 *
 * A walk says what a token can do that is still to enter a node. One that stands in an activity already has its boundary
 * events only as long as they wait: a timer that has fired for the last time brings nothing more. Hence two marks a node:
 * ENTERING, and LEAVING for those whose own outgoing flows lead on.
 *
 * Only the join's own scope counts; a token inside a sub-process is one that stands in the sub-process. A complex gateway
 * that waits for its reset holds no token (13.4.5), and who compensates never takes a flow.
 */
#include "config.h"

#include "engine/join.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { REACH_ENTERING = 1, REACH_LEAVING = 2 };

struct reach {
	const struct graph *graph;
	int32_t join;
	bool excuses;     /* the walk from the flows that have a token */
	uint8_t *marks;   /* by node */
	int32_t *pending; /* nodes that the walk still goes on from; each once */
	int32_t pending_count;
};

static void reach_mark(struct reach *reach, int32_t node, uint8_t mark)
{
	if (node == reach->join || node == GRAPH_NONE)
		return;
	if (!(reach->marks[node] & REACH_ENTERING))
		reach->pending[reach->pending_count++] = node;
	reach->marks[node] |= (uint8_t)(mark | REACH_ENTERING);
}

static void reach_mark_throws(struct reach *reach, int32_t target)
{
	for (int32_t i = 0; i < reach->graph->node_count; i++) {
		const struct graph_event *event = graph_event_of(reach->graph, i, EVENT_LINK);
		if (event && event->link_target == target)
			reach_mark(reach, i, REACH_LEAVING);
	}
}

static void reach_walk_back(struct reach *reach)
{
	const struct graph *graph = reach->graph;
	while (reach->pending_count > 0) {
		int32_t here = reach->pending[--reach->pending_count];
		const struct graph_node *node = &graph->nodes[here];
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
	for (size_t i = 0; i < instance->jobs.len; i++) {
		const struct job *job = &instance->jobs.items[i];
		if (job->token_id == token->id && job->node == node && job->kind == JOB_TIMER && row_alive(job->mark))
			return true;
	}
	for (size_t i = 0; i < instance->subscriptions.len; i++) {
		const struct subscription *subscription = &instance->subscriptions.items[i];
		if (subscription->token_id == token->id && subscription->node == node && row_alive(subscription->mark))
			return true;
	}
	return false;
}

/* What is thrown inside can come as long as the activity runs. */
static bool reach_is_thrown(const struct graph *graph, int32_t boundary)
{
	return graph_has_event(graph, boundary, EVENT_ERROR) || graph_has_event(graph, boundary, EVENT_ESCALATION) ||
	       graph_has_event(graph, boundary, EVENT_CANCEL);
}

static bool reach_by_boundary(struct step *step, const struct reach *reach, const struct token *token)
{
	const struct graph_links boundary = reach->graph->nodes[token->node].boundary;
	for (int32_t i = 0; i < boundary.count; i++) {
		int32_t event = reach->graph->links[boundary.first + i];
		if (!reach->marks[event] || (reach->excuses && !reach->graph->nodes[event].interrupting))
			continue;
		step_charge(step, step->instance->jobs.len + step->instance->subscriptions.len);
		if (reach_is_thrown(reach->graph, event) || reach_has_wait(step->instance, token, event))
			return true;
	}
	return false;
}

/* READY and JOIN: the node, an activity that waits for more tokens or a gateway, is still to be entered. */
static bool reach_from(struct step *step, const struct reach *reach, const struct token *token)
{
	uint8_t mark = reach->marks[token->node];
	if (mark != REACH_ENTERING)
		return mark != 0;
	switch (token->state) {
	case TOKEN_READY:
	case TOKEN_JOIN:
	case TOKEN_BEFORE:
	case TOKEN_FAILED_ENTERING:
		return true;
	case TOKEN_AFTER:
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

static bool reach_counts(const struct token *token, const struct token *waiting)
{
	return row_alive(token->mark) && token->scope_id == waiting->scope_id && token->role != ROLE_HANDLER &&
	       token->state != TOKEN_RESET;
}

/* One that stands before the join itself with a continuation brings what it came by. */
static bool reach_is_waited_for(struct step *step, const struct reach *empty, const struct reach *full,
	const struct token *waiting, const struct token *token, join_has_token has_token)
{
	if (!reach_counts(token, waiting))
		return false;
	if (token->node == waiting->node)
		return (token->state == TOKEN_BEFORE || token->state == TOKEN_FAILED_ENTERING) && token->flow != GRAPH_NONE &&
		       !has_token(step, waiting, token->flow);
	return reach_from(step, empty, token) && !reach_from(step, full, token);
}

/* ---- the question ---- */

static struct reach reach_new(const struct graph *graph, int32_t join, bool excuses)
{
	return (struct reach){
		.graph = graph,
		.join = join,
		.excuses = excuses,
		.marks = alloc_zeroed((size_t)graph->node_count, sizeof(uint8_t)),
		.pending = alloc_zeroed((size_t)graph->node_count, sizeof(int32_t)),
	};
}

static void reach_free(struct reach *reach)
{
	free(reach->marks);
	free(reach->pending);
}

bool join_is_waited_for(struct step *step, const struct token *waiting, join_has_token has_token)
{
	const struct graph *graph = step->graph;
	const struct graph_links incoming = graph->nodes[waiting->node].incoming;
	struct reach empty = reach_new(graph, waiting->node, false), full = reach_new(graph, waiting->node, true);
	bool waited_for = false;
	step_charge(step, 2 * ((size_t)graph->node_count + (size_t)incoming.count * step->instance->tokens.len));
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t flow = graph->links[incoming.first + i];
		reach_mark(has_token(step, waiting, flow) ? &full : &empty, graph->flows[flow].source, REACH_LEAVING);
	}
	reach_walk_back(&empty);
	reach_walk_back(&full);
	for (size_t i = 0; i < step->instance->tokens.len && !waited_for; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		waited_for = reach_is_waited_for(step, &empty, &full, waiting, token, has_token);
	}
	reach_free(&empty);
	reach_free(&full);
	return waited_for;
}
