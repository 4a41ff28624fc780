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
		return kind == NODE_PARALLEL_GATEWAY;
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

static void invariants_check_orphans(struct world *world, const struct instance *instance)
{
	for (size_t i = 0; i < instance->tasks.len; i++)
		if (row_alive(instance->tasks.items[i].mark) && !instance_token(instance, instance->tasks.items[i].token_id))
			world_complain(world, "a task without token");
	for (size_t i = 0; i < instance->incidents.len; i++)
		if (row_alive(instance->incidents.items[i].mark) &&
			!instance_token(instance, instance->incidents.items[i].token_id))
			world_complain(world, "an incident without token");
	for (size_t i = 0; i < instance->jobs.len; i++) {
		const struct job *job = &instance->jobs.items[i];
		const struct token *token = row_alive(job->mark) ? instance_token(instance, job->token_id) : NULL;
		if (row_alive(job->mark) && !token)
			world_complain(world, "a job without token");
		else if (token && job->node != token->node && world->graph->nodes[job->node].attached_to != token->node)
			world_complain(
				world, "the timer %.*s belongs to another activity", STR_ARG(world->graph->nodes[job->node].id));
	}
}

/* A join never rests while each of its flows has brought a token. */
static void invariants_check_join(struct world *world, const struct instance *instance, const struct token *here)
{
	const struct graph_links incoming = world->graph->nodes[here->node].incoming;
	int32_t arrived = 0;
	for (int32_t i = 0; i < incoming.count; i++) {
		bool found = false;
		for (size_t j = 0; j < instance->tokens.len && !found; j++) {
			const struct token *token = &instance->tokens.items[j];
			found = row_alive(token->mark) && token->state == TOKEN_JOIN && token->node == here->node &&
			        token->scope_id == here->scope_id && token->flow == world->graph->links[incoming.first + i];
		}
		arrived += found;
	}
	if (arrived == incoming.count)
		world_complain(world, "the join %.*s waits though it is complete", STR_ARG(world->graph->nodes[here->node].id));
}

static void invariants_check_joins(struct world *world, const struct instance *instance)
{
	for (size_t i = 0; i < instance->tokens.len; i++)
		if (row_alive(instance->tokens.items[i].mark) && instance->tokens.items[i].state == TOKEN_JOIN)
			invariants_check_join(world, instance, &instance->tokens.items[i]);
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

/* Tokens that one completion of the node takes in and gives out; out 0: one or more. */
static void invariants_rates(const struct world *world, const struct graph_node *node, int64_t *in, int64_t *out)
{
	*in = node->kind == NODE_PARALLEL_GATEWAY && node->incoming.count > 1 ? node->incoming.count : 1;
	*out = node->outgoing.count;
	if (node->kind == NODE_EXCLUSIVE_GATEWAY && node->outgoing.count > 0)
		*out = 1;
	if (node->kind == NODE_EXCLUSIVE_GATEWAY || node->kind == NODE_PARALLEL_GATEWAY)
		return;
	for (int32_t i = 0; i < node->outgoing.count; i++) {
		int32_t flow = world->graph->links[node->outgoing.first + i];
		if (world->graph->flows[flow].condition || flow == node->default_flow)
			*out = 0;
	}
	if (node->outgoing.count == 0)
		*out = -1;
}

static void invariants_check_flows(struct world *world, const struct instance *instance)
{
	struct node_count *counts = invariants_count(world, instance);
	for (int32_t i = 0; i < world->graph->node_count; i++) {
		const struct graph_node *node = &world->graph->nodes[i];
		const struct node_count *count = &counts[i];
		int64_t in, out;
		invariants_rates(world, node, &in, &out);
		int64_t taken_in = count->ended - count->completed + count->completed * in + count->alive;
		if (node->incoming.count > 0 && taken_in != count->arrived)
			world_complain(world, "%.*s: %lld tokens arrived, %lld are accounted for", STR_ARG(node->id),
				(long long)count->arrived, (long long)taken_in);
		if (out > 0    ? count->left != count->completed * out
			: out == 0 ? count->left < count->completed
					   : count->left != 0)
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
