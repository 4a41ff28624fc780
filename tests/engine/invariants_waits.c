/* SPDX-License-Identifier: Apache-2.0
 *
 * For each token, the records that point at it against what its state says it has; for each event that its node can wait
 * for, the one record that waits.
 */
#include "config.h"

#include "tests/engine/invariants.h"

#include "tests/engine/world.h"

/* Where an event stands, seen from the token that waits for it. */
enum wait_place { WAIT_WRONG, WAIT_OWN, WAIT_TARGET, WAIT_BOUNDARY, WAIT_SCOPE, WAIT_PLACES };

/* Records of one token. */
struct owners {
	int tasks;
	int work_jobs;
	int continuations;
	int waits[WAIT_PLACES]; /* timers and subscriptions */
	int incidents;
	int called; /* living instances */
};

static bool wait_is_target(const struct graph *graph, int32_t gateway, int32_t node)
{
	const struct graph_links outgoing = graph->nodes[gateway].outgoing;
	for (int32_t i = 0; i < outgoing.count; i++)
		if (graph->flows[graph->links[outgoing.first + i]].target == node)
			return true;
	return false;
}

/* owner GRAPH_NONE: the process. */
static enum wait_place wait_place(const struct graph *graph, int32_t owner, int32_t node)
{
	const struct graph_node *row = &graph->nodes[node];
	if (node == owner)
		return WAIT_OWN;
	if (row->kind == NODE_BOUNDARY_EVENT)
		return row->attached_to == owner ? WAIT_BOUNDARY : WAIT_WRONG;
	if (row->kind == NODE_START_EVENT)
		return graph->nodes[row->scope].event_sub_process && graph->nodes[row->scope].scope == owner ? WAIT_SCOPE
		                                                                                             : WAIT_WRONG;
	if (owner != GRAPH_NONE && graph->nodes[owner].kind == NODE_EVENT_BASED_GATEWAY)
		return wait_is_target(graph, owner, node) ? WAIT_TARGET : WAIT_WRONG;
	return WAIT_WRONG;
}

static void owners_count_jobs(struct owners *owners, const struct instance *instance, const struct token *token)
{
	for (size_t i = 0; i < instance->jobs.len; i++) {
		const struct job *job = &instance->jobs.items[i];
		if (!row_alive(job->mark) || job->token_id != token->id)
			continue;
		if (job->kind == JOB_WORK)
			owners->work_jobs++;
		else if (job->event == GRAPH_NONE)
			owners->continuations++;
		else
			owners->waits[wait_place(instance->graph, token->node, job->node)]++;
	}
}

static struct owners owners_count(const struct instance *instance, const struct token *token)
{
	struct owners owners = {0};
	for (size_t i = 0; i < instance->tasks.len; i++)
		owners.tasks += row_alive(instance->tasks.items[i].mark) && instance->tasks.items[i].token_id == token->id;
	for (size_t i = 0; i < instance->incidents.len; i++)
		owners.incidents +=
			row_alive(instance->incidents.items[i].mark) && instance->incidents.items[i].token_id == token->id;
	for (size_t i = 0; i < instance->subscriptions.len; i++) {
		const struct subscription *row = &instance->subscriptions.items[i];
		if (row_alive(row->mark) && row->token_id == token->id)
			owners.waits[wait_place(instance->graph, token->node, row->node)]++;
	}
	for (size_t i = 0; i < instance->children.len; i++)
		owners.called +=
			instance->children.items[i]->ended_at == 0 && instance->children.items[i]->caller_id == token->id;
	owners_count_jobs(&owners, instance, token);
	return owners;
}

/* ---- what a state owns ---- */

#define ANY (-1)

static const struct owners owners_expected[] = {
	[TOKEN_READY] = {.tasks = -2}, /* never at rest */
	[TOKEN_TASK] = {.tasks = 1, .waits[WAIT_OWN] = ANY, .waits[WAIT_BOUNDARY] = ANY, .incidents = ANY},
	[TOKEN_JOB] = {.work_jobs = 1, .waits[WAIT_BOUNDARY] = ANY, .incidents = ANY},
	[TOKEN_TIMER] = {.waits[WAIT_OWN] = 1},
	[TOKEN_JOIN] = {0},
	[TOKEN_SCOPE] = {.waits[WAIT_BOUNDARY] = ANY, .waits[WAIT_SCOPE] = ANY},
	[TOKEN_FAILED_ENTERING] = {.incidents = 1},
	[TOKEN_FAILED_LEAVING] = {.incidents = 1},
	[TOKEN_EVENT] = {.waits[WAIT_OWN] = ANY, .waits[WAIT_TARGET] = ANY, .waits[WAIT_BOUNDARY] = ANY},
	[TOKEN_CALL] = {.called = 1, .waits[WAIT_BOUNDARY] = ANY},
	[TOKEN_BEFORE] = {.continuations = 1},
	[TOKEN_AFTER] = {.continuations = 1},
	[TOKEN_COMPENSATING] = {0},
	[TOKEN_RESET] = {0},
	[TOKEN_MAPPING_INPUTS] = {.work_jobs = 1, .incidents = ANY},
	[TOKEN_MAPPING_OUTPUTS] = {.work_jobs = 1, .incidents = ANY},
};

static bool owners_fits(int expected, int got)
{
	return expected == ANY || expected == got;
}

static bool owners_fit(const struct owners *expected, const struct owners *got)
{
	bool good = owners_fits(expected->tasks, got->tasks) && owners_fits(expected->work_jobs, got->work_jobs) &&
	            owners_fits(expected->continuations, got->continuations) &&
	            owners_fits(expected->incidents, got->incidents) && owners_fits(expected->called, got->called);
	for (int place = 0; place < WAIT_PLACES; place++)
		good = good && owners_fits(expected->waits[place], got->waits[place]);
	return good;
}

/* An ad-hoc sub-process whose condition has failed stays open: what runs inside runs on. */
static bool owners_stays_open(const struct graph_node *node, const struct token *token)
{
	return node->ad_hoc && token->state == TOKEN_FAILED_LEAVING && token->role != ROLE_LOOP_BODY;
}

static void owners_check(struct world *world, const struct instance *instance, const struct token *token)
{
	const struct graph_node *node = &instance->graph->nodes[token->node];
	const struct token *scope = instance_token(instance, token->scope_id);
	struct owners got = owners_count(instance, token), expected = owners_expected[token->state];
	if (owners_stays_open(node, token))
		expected.waits[WAIT_BOUNDARY] = expected.waits[WAIT_SCOPE] = ANY;
	if (scope && scope->role == ROLE_LOOP_BODY)
		expected.waits[WAIT_BOUNDARY] = 0;
	if (token->state == TOKEN_EVENT && got.waits[WAIT_OWN] + got.waits[WAIT_TARGET] == 0)
		world_complain(world, "%.*s waits for an event and has none", STR_ARG(node->id));
	if (!owners_fit(&expected, &got))
		world_complain(world,
			"token at %.*s is %.*s and has %d tasks, %d jobs, %d continuations, %d waits of its own, %d of targets, %d "
			"of boundary events, %d of event sub-processes, %d of others, %d incidents, %d called instances",
			STR_ARG(node->id), STR_ARG(token_state_name(token->state)), got.tasks, got.work_jobs, got.continuations,
			got.waits[WAIT_OWN], got.waits[WAIT_TARGET], got.waits[WAIT_BOUNDARY], got.waits[WAIT_SCOPE],
			got.waits[WAIT_WRONG], got.incidents, got.called);
	const struct job *job = instance_work_job(instance, token->id);
	if (job && got.incidents != (job->retries == 0))
		world_complain(
			world, "job at %.*s has %d retries and %d incidents", STR_ARG(node->id), job->retries, got.incidents);
}

/* ---- what an event needs ---- */

static bool wait_has_row(enum event_kind kind)
{
	return kind == EVENT_MESSAGE || kind == EVENT_TIMER || kind == EVENT_SIGNAL || kind == EVENT_CONDITIONAL;
}

static int wait_count(const struct instance *instance, int64_t token_id, int32_t event)
{
	int count = 0;
	for (size_t i = 0; i < instance->subscriptions.len; i++) {
		const struct subscription *row = &instance->subscriptions.items[i];
		count += row_alive(row->mark) && row->token_id == token_id && row->event == event;
	}
	for (size_t i = 0; i < instance->jobs.len; i++) {
		const struct job *row = &instance->jobs.items[i];
		count += row_alive(row->mark) && row->token_id == token_id && row->event == event && row->kind == JOB_TIMER;
	}
	return count;
}

/* One row for each definition that can still come; of events that must all come, and of timers that interrupt nothing,
 * some may be over. */
static void wait_check_node(
	struct world *world, const struct instance *instance, int64_t token_id, int32_t node, bool all)
{
	const struct graph_node *row = &instance->graph->nodes[node];
	bool interrupting = row->interrupting || (row->kind != NODE_BOUNDARY_EVENT && row->kind != NODE_START_EVENT);
	for (int32_t event = row->event; event < row->event + row->event_count; event++) {
		enum event_kind kind = instance->graph->events[event].kind;
		int count = wait_has_row(kind) ? wait_count(instance, token_id, event) : 0;
		bool must = all && wait_has_row(kind) && !row->parallel_multiple && (interrupting || kind != EVENT_TIMER);
		if (count > 1 || (must && count == 0))
			world_complain(
				world, "definition %d of %.*s is waited for %d times", event - row->event, STR_ARG(row->id), count);
	}
}

static void wait_check_targets(struct world *world, const struct instance *instance, const struct token *token)
{
	const struct graph *graph = instance->graph;
	const struct graph_node *node = &graph->nodes[token->node];
	bool parallel = node->event_gateway && node->event_gateway->parallel;
	for (int32_t i = 0; i < node->outgoing.count; i++) {
		int32_t target = graph->flows[graph->links[node->outgoing.first + i]].target;
		wait_check_node(world, instance, token->id, target, !parallel);
	}
}

/* An event sub-process that interrupts has taken the scope over, or its transaction is being canceled. */
static bool wait_scope_is_over(const struct instance *instance, int64_t scope_id)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		const struct graph_node *node = &instance->graph->nodes[token->node];
		if (!row_alive(token->mark) || token->scope_id != scope_id)
			continue;
		if (node->event_sub_process && instance->graph->nodes[node->start].interrupting)
			return true;
		if (token->state == TOKEN_COMPENSATING && graph_has_event(instance->graph, token->node, EVENT_CANCEL))
			return true;
	}
	return false;
}

static void wait_check_links(struct world *world, const struct instance *instance, int64_t token_id,
	struct graph_links nodes, bool starts, bool all)
{
	const struct graph *graph = instance->graph;
	for (int32_t i = 0; i < nodes.count; i++) {
		int32_t node = graph->links[nodes.first + i];
		wait_check_node(world, instance, token_id, starts ? graph->nodes[node].start : node, all);
	}
}

/* The body of a loop waits for the boundary events of its instances; each of those has event sub-processes of its own. */
static void wait_check_token(struct world *world, const struct instance *instance, const struct token *token)
{
	const struct graph_node *node = &instance->graph->nodes[token->node];
	const struct token *scope = instance_token(instance, token->scope_id);
	bool restored = token->role == ROLE_HANDLER && !node->for_compensation;
	bool runs = token->state == TOKEN_TASK || token->state == TOKEN_JOB || token->state == TOKEN_CALL ||
	            token->state == TOKEN_SCOPE || token->state == TOKEN_EVENT;
	bool open = token->state == TOKEN_SCOPE && token->role != ROLE_LOOP_BODY;
	if (!runs || restored)
		return;
	bool over = wait_scope_is_over(instance, token->id);
	bool canceling = over && node->kind == NODE_TRANSACTION;
	if (!scope || scope->role != ROLE_LOOP_BODY)
		wait_check_links(world, instance, token->id, node->boundary, false, !canceling);
	if (open)
		wait_check_links(world, instance, token->id, node->event_sub_processes, true, !over);
	if (token->state == TOKEN_EVENT && node->kind == NODE_EVENT_BASED_GATEWAY)
		wait_check_targets(world, instance, token);
	else if (token->state == TOKEN_EVENT)
		wait_check_node(world, instance, token->id, token->node, true);
}

/* ---- rows without a token, or of another ---- */

static void orphan_check(struct world *world, const struct instance *instance, const char *what, int64_t token_id)
{
	if (!instance_token(instance, token_id))
		world_complain(world, "a %s without token", what);
}

static void orphan_check_wait(
	struct world *world, const struct instance *instance, int64_t token_id, int32_t node, int32_t event)
{
	const struct graph *graph = instance->graph;
	const struct token *token = instance_token(instance, token_id);
	if (token_id != 0 && !token)
		world_complain(world, "a wait at %.*s without token", STR_ARG(graph->nodes[node].id));
	else if (wait_place(graph, token ? token->node : GRAPH_NONE, node) == WAIT_WRONG)
		world_complain(world, "the wait at %.*s belongs to another activity", STR_ARG(graph->nodes[node].id));
	if (event < graph->nodes[node].event || event >= graph->nodes[node].event + graph->nodes[node].event_count)
		world_complain(world, "a wait at %.*s for no event of it", STR_ARG(graph->nodes[node].id));
}

static void orphan_check_job(struct world *world, const struct instance *instance, const struct job *job)
{
	const struct token *token = instance_token(instance, job->token_id);
	if (job->event != GRAPH_NONE)
		orphan_check_wait(world, instance, job->token_id, job->node, job->event);
	else if (!token || token->node != job->node)
		world_complain(
			world, "the job of %.*s belongs to another activity", STR_ARG(instance->graph->nodes[job->node].id));
}

static void orphan_check_subscription(
	struct world *world, const struct instance *instance, const struct subscription *row)
{
	static const enum event_kind kinds[] = {
		[SUBSCRIPTION_MESSAGE] = EVENT_MESSAGE,
		[SUBSCRIPTION_SIGNAL] = EVENT_SIGNAL,
		[SUBSCRIPTION_CONDITION] = EVENT_CONDITIONAL,
	};
	orphan_check_wait(world, instance, row->token_id, row->node, row->event);
	if (instance->graph->events[row->event].kind != kinds[row->kind])
		world_complain(
			world, "a subscription of the wrong kind at %.*s", STR_ARG(instance->graph->nodes[row->node].id));
	if ((row->kind == SUBSCRIPTION_CONDITION) == (row->name.len > 0))
		world_complain(world, "a subscription at %.*s is called \"%.*s\"",
			STR_ARG(instance->graph->nodes[row->node].id), STR_ARG(row->name));
}

static void orphans_check(struct world *world, const struct instance *instance)
{
	for (size_t i = 0; i < instance->tasks.len; i++)
		if (row_alive(instance->tasks.items[i].mark))
			orphan_check(world, instance, "task", instance->tasks.items[i].token_id);
	for (size_t i = 0; i < instance->incidents.len; i++)
		if (row_alive(instance->incidents.items[i].mark))
			orphan_check(world, instance, "incident", instance->incidents.items[i].token_id);
	for (size_t i = 0; i < instance->jobs.len; i++)
		if (row_alive(instance->jobs.items[i].mark))
			orphan_check_job(world, instance, &instance->jobs.items[i]);
	for (size_t i = 0; i < instance->subscriptions.len; i++)
		if (row_alive(instance->subscriptions.items[i].mark))
			orphan_check_subscription(world, instance, &instance->subscriptions.items[i]);
}

void invariants_check_waits(struct world *world, const struct instance *instance)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (!row_alive(token->mark))
			continue;
		owners_check(world, instance, token);
		wait_check_token(world, instance, token);
	}
	wait_check_links(world, instance, 0, instance->graph->event_sub_processes, true, !wait_scope_is_over(instance, 0));
	orphans_check(world, instance);
}
