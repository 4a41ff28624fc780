/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting: for each node, tokens in by its flows = tokens that ended there + tokens that stand there; for each waiting
 * token, the records that point at it against what its state says it has.
 */
#include "config.h"

#include "tests/engine/invariants.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/map.h"
#include "tests/engine/world.h"

/* Records of one token. */
struct owners {
	int tasks;
	int work_jobs;
	int own_timers; /* timers of the node itself */
	int boundary_timers;
	int incidents;
};

static struct owners invariants_owners(const struct instance *instance, const struct token *token)
{
	struct owners owners = {0};
	for (size_t i = 0; i < instance->tasks.len; i++)
		owners.tasks += row_alive(instance->tasks.items[i].mark) && instance->tasks.items[i].token_id == token->id;
	for (size_t i = 0; i < instance->incidents.len; i++)
		owners.incidents +=
			row_alive(instance->incidents.items[i].mark) && instance->incidents.items[i].token_id == token->id;
	for (size_t i = 0; i < instance->jobs.len; i++) {
		const struct job *job = &instance->jobs.items[i];
		if (!row_alive(job->mark) || job->token_id != token->id)
			continue;
		if (job->kind == JOB_WORK)
			owners.work_jobs++;
		else if (job->node == token->node)
			owners.own_timers++;
		else
			owners.boundary_timers++;
	}
	return owners;
}

/* One row a state: how many of each kind a token in it has, -1: any number. */
static const struct owners invariants_expected[] = {
	[TOKEN_READY] = {-2, 0, 0, 0, 0}, /* never at rest */
	[TOKEN_TASK] = {.tasks = 1, .boundary_timers = -1},
	[TOKEN_JOB] = {.work_jobs = 1, .boundary_timers = -1, .incidents = -1},
	[TOKEN_TIMER] = {.own_timers = 1},
	[TOKEN_JOIN] = {0},
	[TOKEN_SCOPE] = {.boundary_timers = -1},
	[TOKEN_FAILED_ENTERING] = {.incidents = 1},
	[TOKEN_FAILED_LEAVING] = {.incidents = 1},
};

static bool invariants_fits(int expected, int got)
{
	return expected == -1 || expected == got;
}

static void invariants_check_owners(struct world *world, const struct instance *instance, const struct token *token)
{
	struct owners got = invariants_owners(instance, token);
	const struct owners *expected = &invariants_expected[token->state];
	if (!invariants_fits(expected->tasks, got.tasks) || !invariants_fits(expected->work_jobs, got.work_jobs) ||
		!invariants_fits(expected->own_timers, got.own_timers) ||
		!invariants_fits(expected->boundary_timers, got.boundary_timers) ||
		!invariants_fits(expected->incidents, got.incidents))
		world_complain(world,
			"token at %.*s is %.*s and has %d tasks, %d jobs, %d timers, %d boundary timers, %d incidents",
			STR_ARG(world->graph->nodes[token->node].id), STR_ARG(token_state_name(token->state)), got.tasks,
			got.work_jobs, got.own_timers, got.boundary_timers, got.incidents);
	const struct job *job = instance_work_job(instance, token->id);
	if (job && got.incidents != (job->retries == 0))
		world_complain(world, "job at %.*s has %d retries and %d incidents",
			STR_ARG(world->graph->nodes[token->node].id), job->retries, got.incidents);
}

/* The node kinds whose tokens may rest in a state. */
static bool invariants_kind_fits(enum node_kind kind, enum token_state state)
{
	switch (state) {
	case TOKEN_TASK:
		return kind == NODE_USER_TASK;
	case TOKEN_JOB:
		return kind == NODE_SERVICE_TASK || kind == NODE_SEND_TASK || kind == NODE_BUSINESS_RULE_TASK ||
		       kind == NODE_SCRIPT_TASK;
	case TOKEN_TIMER:
		return kind == NODE_INTERMEDIATE_CATCH_EVENT;
	case TOKEN_JOIN:
		return kind == NODE_PARALLEL_GATEWAY || kind == NODE_INCLUSIVE_GATEWAY;
	case TOKEN_SCOPE:
		return kind == NODE_SUB_PROCESS;
	case TOKEN_FAILED_ENTERING:
	case TOKEN_FAILED_LEAVING:
		return true;
	case TOKEN_READY:
		break;
	}
	return false;
}

/* Scopes form a tree, and their counters are the number of their tokens. */
static void invariants_check_scope(struct world *world, const struct instance *instance, const struct token *token)
{
	const struct graph_node *node = &world->graph->nodes[token->node];
	const struct token *scope = instance_token(instance, token->scope_id);
	int32_t children = 0;
	for (size_t i = 0; i < instance->tokens.len; i++)
		children += row_alive(instance->tokens.items[i].mark) && instance->tokens.items[i].scope_id == token->id;
	if (token->scope_id == 0 ? node->scope != GRAPH_NONE
							 : !scope || scope->state != TOKEN_SCOPE || scope->node != node->scope)
		world_complain(world, "token at %.*s is in a wrong scope", STR_ARG(node->id));
	if (children != token->children || (token->state == TOKEN_SCOPE) != (children > 0))
		world_complain(world, "token at %.*s is %.*s with %d tokens inside, and counts %d", STR_ARG(node->id),
			STR_ARG(token_state_name(token->state)), children, token->children);
	if (!invariants_kind_fits(node->kind, token->state))
		world_complain(world, "a %.*s rests as %.*s", STR_ARG(node_kind_name(node->kind)),
			STR_ARG(token_state_name(token->state)));
}

static void invariants_check_tokens(struct world *world, const struct instance *instance)
{
	int32_t in_process = 0;
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (!row_alive(token->mark))
			continue;
		in_process += token->scope_id == 0;
		invariants_check_owners(world, instance, token);
		invariants_check_scope(world, instance, token);
	}
	if (in_process != instance->live_tokens || in_process == 0)
		world_complain(world, "%d tokens in the process, counted as %d", in_process, instance->live_tokens);
}

/* The node that a timer's token stands at; a timer of the process itself has none. */
static int32_t invariants_timer_owner(const struct graph *graph, int32_t timer)
{
	const struct graph_node *node = &graph->nodes[timer];
	if (node->kind == NODE_START_EVENT)
		return graph->nodes[node->scope].scope;
	return node->kind == NODE_BOUNDARY_EVENT ? node->attached_to : timer;
}

static void invariants_check_job(struct world *world, const struct instance *instance, const struct job *job)
{
	const struct token *token = instance_token(instance, job->token_id);
	int32_t owner = job->kind == JOB_TIMER ? invariants_timer_owner(world->graph, job->node) : job->node;
	if (job->token_id != 0 && !token)
		world_complain(world, "a job without token");
	else if (owner != (token ? token->node : GRAPH_NONE))
		world_complain(
			world, "the job of %.*s belongs to another activity", STR_ARG(world->graph->nodes[job->node].id));
}

static void invariants_check_orphans(struct world *world, const struct instance *instance)
{
	for (size_t i = 0; i < instance->tasks.len; i++)
		if (row_alive(instance->tasks.items[i].mark) && !instance_token(instance, instance->tasks.items[i].token_id))
			world_complain(world, "a task without token");
	for (size_t i = 0; i < instance->incidents.len; i++)
		if (row_alive(instance->incidents.items[i].mark) &&
			!instance_token(instance, instance->incidents.items[i].token_id))
			world_complain(world, "an incident without token");
	for (size_t i = 0; i < instance->jobs.len; i++)
		if (row_alive(instance->jobs.items[i].mark))
			invariants_check_job(world, instance, &instance->jobs.items[i]);
}

static bool invariants_flow_has_token(const struct instance *instance, const struct token *here, int32_t flow)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (row_alive(token->mark) && token->state == TOKEN_JOIN && token->node == here->node &&
			token->scope_id == here->scope_id && token->flow == flow)
			return true;
	}
	return false;
}

/* A join never rests while each of its flows has brought a token. */
static void invariants_check_join(struct world *world, const struct instance *instance, const struct token *here)
{
	const struct graph_links incoming = world->graph->nodes[here->node].incoming;
	int32_t arrived = 0;
	for (int32_t i = 0; i < incoming.count; i++)
		arrived += invariants_flow_has_token(instance, here, world->graph->links[incoming.first + i]);
	if (arrived == incoming.count)
		world_complain(world, "the join %.*s waits though it is complete", STR_ARG(world->graph->nodes[here->node].id));
}

/* A walk forwards from a node, as a token could go; the engine walks backwards from the join. */
struct walk {
	const struct graph *graph;
	bool *seen;
	int32_t *pending;
	int32_t count;
};

static void walk_to(struct walk *walk, int32_t node)
{
	if (node == GRAPH_NONE || walk->seen[node])
		return;
	walk->seen[node] = true;
	walk->pending[walk->count++] = node;
}

static void walk_on(struct walk *walk, int32_t node, bool leaving_only)
{
	const struct graph *graph = walk->graph;
	const struct graph_node *row = &graph->nodes[node];
	const struct graph_event *event = graph_event(graph, node);
	for (int32_t i = 0; i < row->outgoing.count; i++)
		walk_to(walk, graph->flows[graph->links[row->outgoing.first + i]].target);
	for (int32_t i = 0; i < row->boundary.count; i++)
		if (!leaving_only || graph->nodes[graph->links[row->boundary.first + i]].interrupting)
			walk_to(walk, graph->links[row->boundary.first + i]);
	if (event && event->kind == EVENT_LINK && row->kind == NODE_INTERMEDIATE_THROW_EVENT)
		walk_to(walk, event->link_target);
}

/* From the node a token can come to the join `here` by a flow that has one (or has none) yet. */
static bool invariants_can_bring(
	const struct world *world, const struct instance *instance, int32_t from, const struct token *here, bool full)
{
	const struct graph *graph = world->graph;
	const struct graph_links incoming = graph->nodes[here->node].incoming;
	struct walk walk = {
		.graph = graph,
		.seen = alloc_zeroed((size_t)graph->node_count, sizeof *walk.seen),
		.pending = alloc_zeroed((size_t)graph->node_count, sizeof *walk.pending),
	};
	bool found = false;
	walk.seen[here->node] = true;
	walk_to(&walk, from);
	while (walk.count > 0)
		walk_on(&walk, walk.pending[--walk.count], full);
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t flow = graph->links[incoming.first + i];
		int32_t source = graph->flows[flow].source;
		found |= source != here->node && walk.seen[source] && invariants_flow_has_token(instance, here, flow) == full;
	}
	free(walk.seen);
	free(walk.pending);
	return found;
}

/* 13.4.3: an inclusive join never rests while no token can bring what it has not. */
static void invariants_check_inclusive_join(
	struct world *world, const struct instance *instance, const struct token *here)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (row_alive(token->mark) && token->scope_id == here->scope_id && token->node != here->node &&
			invariants_can_bring(world, instance, token->node, here, false) &&
			!invariants_can_bring(world, instance, token->node, here, true))
			return;
	}
	world_complain(world, "the join %.*s waits for nobody", STR_ARG(world->graph->nodes[here->node].id));
}

static void invariants_check_joins(struct world *world, const struct instance *instance)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (!row_alive(token->mark) || token->state != TOKEN_JOIN)
			continue;
		invariants_check_join(world, instance, token);
		if (world->graph->nodes[token->node].kind == NODE_INCLUSIVE_GATEWAY)
			invariants_check_inclusive_join(world, instance, token);
	}
}

/* ---- history against flows ---- */

struct node_count {
	int64_t arrived; /* by flows */
	int64_t completed;
	int64_t ended; /* completed, canceled or in error */
	int64_t alive;
	int64_t left; /* flows taken from it */
};

static struct node_count *invariants_count(const struct world *world, const struct instance *instance)
{
	const struct store *store = world_store(world);
	struct node_count *counts = alloc_zeroed((size_t)world->graph->node_count, sizeof *counts);
	for (size_t i = 0; i < store->flows.len; i++) {
		counts[world->graph->flows[store->flows.items[i]].target].arrived++;
		counts[world->graph->flows[store->flows.items[i]].source].left++;
	}
	for (size_t i = 0; i < store->activities.len; i++) {
		counts[store->activities.items[i].node].ended++;
		counts[store->activities.items[i].node].completed += store->activities.items[i].outcome == ACTIVITY_COMPLETED;
	}
	for (size_t i = 0; instance && i < instance->tokens.len; i++)
		if (row_alive(instance->tokens.items[i].mark))
			counts[instance->tokens.items[i].node].alive++;
	return counts;
}

/* Bounds of a number of tokens. */
struct bounds {
	int64_t least;
	int64_t most;
};

static bool bounds_hold(int64_t count, const struct bounds *rate, int64_t times)
{
	return count >= rate->least * times && count <= rate->most * times;
}

/* Tokens that one completion of the node takes in; where that varies, one that could not be left may have taken some,
 * too. */
static struct bounds invariants_taken_in(const struct graph_node *node)
{
	bool joins = node->incoming.count > 1;
	if (joins && node->kind == NODE_PARALLEL_GATEWAY)
		return (struct bounds){node->incoming.count, node->incoming.count};
	return (struct bounds){1, joins && node->kind == NODE_INCLUSIVE_GATEWAY ? node->incoming.count : 1};
}

/* Tokens that one completion gives out; an escalation can end the scope that its throw stands in. */
static struct bounds invariants_given_out(const struct world *world, int32_t index)
{
	const struct graph_node *node = &world->graph->nodes[index];
	struct bounds out = {node->outgoing.count, node->outgoing.count};
	if (node->kind == NODE_EXCLUSIVE_GATEWAY && node->outgoing.count > 0)
		return (struct bounds){1, 1};
	if (graph_has_event(world->graph, index, EVENT_ESCALATION) && node->kind == NODE_INTERMEDIATE_THROW_EVENT)
		out.least = 0;
	if (node->kind == NODE_PARALLEL_GATEWAY)
		return out;
	for (int32_t i = 0; i < node->outgoing.count; i++) {
		int32_t flow = world->graph->links[node->outgoing.first + i];
		if (world->graph->flows[flow].condition || flow == node->default_flow)
			out.least = 1;
	}
	return out;
}

static void invariants_check_flows(struct world *world, const struct instance *instance)
{
	struct node_count *counts = invariants_count(world, instance);
	for (int32_t i = 0; i < world->graph->node_count; i++) {
		const struct graph_node *node = &world->graph->nodes[i];
		const struct node_count *count = &counts[i];
		struct bounds in = invariants_taken_in(node), out = invariants_given_out(world, i);
		int64_t others = in.least == in.most ? count->ended - count->completed + count->alive : 0;
		if (node->incoming.count > 0 &&
			!bounds_hold(count->arrived - others, &in, count->ended + count->alive - others))
			world_complain(world, "%.*s: %lld tokens arrived, %lld completed, %lld ended, %lld stand there",
				STR_ARG(node->id), (long long)count->arrived, (long long)count->completed, (long long)count->ended,
				(long long)count->alive);
		if (!bounds_hold(count->left, &out, count->completed))
			world_complain(world, "%.*s: completed %lld times, left by %lld flows", STR_ARG(node->id),
				(long long)count->completed, (long long)count->left);
	}
	free(counts);
}

static void invariants_check_activities(struct world *world, const struct instance *instance)
{
	const struct store *store = world_store(world);
	struct map seen = {0};
	for (size_t i = 0; i < store->activities.len; i++) {
		struct activity_row *row = &store->activities.items[i];
		if (map_put_id(&seen, row->id, row))
			world_complain(world, "activity %lld ended twice", (long long)row->id);
		if (instance && instance_token(instance, row->id))
			world_complain(world, "activity %lld has ended and lives", (long long)row->id);
		if (row->started_at > row->ended_at || row->ended_at > world->now)
			world_complain(world, "activity %lld has impossible times", (long long)row->id);
	}
	for (size_t i = 0; i < store->ended_tasks.len; i++) {
		const struct task_row *task = &store->ended_tasks.items[i];
		const struct activity_row *activity = map_get_id(&seen, task->activity_id);
		const struct token *token = instance ? instance_token(instance, task->activity_id) : NULL;
		if (activity ? activity->node != task->node : !token || token->state != TOKEN_FAILED_LEAVING)
			world_complain(world, "task %lld ended without its activity", (long long)task->id);
	}
	map_free(&seen);
}

static void invariants_check_steps(struct world *world)
{
	const struct store *store = world_store(world);
	size_t flows = 0;
	for (size_t i = 0; i < store->steps.len; i++) {
		const struct step_row *step = &store->steps.items[i];
		if (step->first_flow != flows || (i > 0 && step->at < store->steps.items[i - 1].at))
			world_complain(world, "step %zu is out of order", i);
		flows += step->flow_count;
	}
	if (flows != store->flows.len || (int64_t)store->steps.len != world->steps_done)
		world_complain(world, "history has %zu steps and %zu of %zu flows, after %lld steps", store->steps.len, flows,
			store->flows.len, (long long)world->steps_done);
}

static void invariants_check_end(struct world *world)
{
	const struct store *store = world_store(world);
	if (store->rows)
		world_complain(world, "an ended instance has live rows");
	if (!store->ended)
		world_complain(world, "an ended instance is not in history");
	else if (store->ended->status == INSTANCE_RUNNING || store->ended->status == INSTANCE_SUSPENDED)
		world_complain(world, "an ended instance is %.*s", STR_ARG(instance_status_name(store->ended->status)));
}

void invariants_check(struct world *world)
{
	const struct instance *instance = world_instance(world);
	if (instance) {
		invariants_check_tokens(world, instance);
		invariants_check_orphans(world, instance);
		invariants_check_joins(world, instance);
	} else {
		invariants_check_end(world);
	}
	invariants_check_flows(world, instance);
	invariants_check_activities(world, instance);
	invariants_check_steps(world);
}
