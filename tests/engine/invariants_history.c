/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting, process by process: for each node, tokens in by its flows = tokens that ended there + tokens that stand there;
 * for each activity and step, one row. History only grows, so each row is looked at once.
 */
#include "config.h"

#include "tests/engine/invariants.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/map.h"
#include "tests/engine/world.h"

struct node_count {
	int64_t arrived; /* by flows */
	int64_t completed;
	int64_t ended; /* completed, canceled or in error */
	int64_t alive;
	int64_t left; /* flows taken from it */
};

/* What has been looked at. */
struct history {
	size_t activities;
	size_t ended_tasks;
	size_t steps;
	size_t flows;
	struct map ended;           /* activity id -> node + 1 */
	struct node_count **counts; /* process, node */
};

struct history *invariants_history_new(const struct world *world)
{
	struct history *history = alloc_new(struct history);
	history->counts = alloc_zeroed(world->processes.count, sizeof *history->counts);
	for (size_t i = 0; i < world->processes.count; i++)
		history->counts[i] = alloc_zeroed((size_t)world->processes.graphs[i]->node_count, sizeof *history->counts[i]);
	return history;
}

void invariants_history_free(struct history *history, const struct world *world)
{
	for (size_t i = 0; i < world->processes.count; i++)
		free(history->counts[i]);
	free(history->counts);
	map_free(&history->ended);
	free(history);
}

static struct node_count *history_counts(struct world *world, const struct graph *graph)
{
	size_t i = 0;
	while (world->processes.graphs[i] != graph)
		i++;
	return world->history->counts[i];
}

/* Instances of loops and compensation handlers come by no flow, and take none. */
static bool count_is_by_flow(enum token_role role, int32_t loop_counter)
{
	return role == ROLE_LOOP_BODY || (role == ROLE_PLAIN && loop_counter == GRAPH_NONE);
}

static void count_step(struct world *world, const struct step_row *step)
{
	const struct graph *graph = world_graph_of(world, step->instance_id);
	struct node_count *counts = history_counts(world, graph);
	for (size_t i = 0; i < step->flow_count; i++) {
		const struct graph_flow *flow = &graph->flows[world_store(world)->flows.items[step->first_flow + i]];
		counts[flow->target].arrived++;
		counts[flow->source].left++;
	}
}

static void count_activity(struct world *world, const struct activity_row *row)
{
	struct node_count *count = &history_counts(world, world_definition(world, row->definition_id))[row->node];
	if (!count_is_by_flow(row->role, row->loop_counter))
		return;
	count->ended++;
	count->completed += row->outcome == ACTIVITY_COMPLETED;
}

static void count_living(const struct world *world, const struct graph *graph, struct node_count *counts)
{
	for (int32_t i = 0; i < graph->node_count; i++)
		counts[i].alive = 0;
	for (struct instance *here = NULL; (here = world_next(world, here));)
		for (size_t i = 0; i < here->tokens.len && here->graph == graph; i++) {
			const struct token *token = &here->tokens.items[i];
			counts[token->node].alive += row_alive(token->mark) && count_is_by_flow(token->role, token->loop_counter);
		}
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
static struct bounds bounds_in(const struct graph_node *node)
{
	bool joins = node->incoming.count > 1;
	if (joins && node->kind == NODE_PARALLEL_GATEWAY)
		return (struct bounds){node->incoming.count, node->incoming.count};
	if (joins && (node->kind == NODE_INCLUSIVE_GATEWAY || node->kind == NODE_COMPLEX_GATEWAY))
		return (struct bounds){1, node->incoming.count};
	return (struct bounds){1, node->start_quantity > 1 ? node->start_quantity : 1};
}

/* A throw event may end the scope that it stands in, by what it throws or by what that brings about. */
static bool bounds_may_not_leave(const struct graph *graph, int32_t node)
{
	return graph->nodes[node].kind == NODE_INTERMEDIATE_THROW_EVENT && graph->nodes[node].event_count > 0;
}

/* Tokens that one completion gives out; a complex gateway does so at its start and at its reset. */
static struct bounds bounds_out(const struct graph *graph, int32_t index)
{
	const struct graph_node *node = &graph->nodes[index];
	int32_t quantity = node->completion_quantity > 1 ? node->completion_quantity : 1;
	struct bounds out = {node->outgoing.count, node->outgoing.count};
	bool one = node->kind == NODE_EXCLUSIVE_GATEWAY ||
	           (node->kind == NODE_EVENT_BASED_GATEWAY && !(node->event_gateway && node->event_gateway->parallel));
	if (one && node->outgoing.count > 0)
		return (struct bounds){1, 1};
	for (int32_t i = 0; i < node->outgoing.count && node->kind != NODE_PARALLEL_GATEWAY; i++) {
		int32_t flow = graph->links[node->outgoing.first + i];
		if (graph->flows[flow].condition || flow == node->default_flow)
			out.least = 1;
	}
	if (bounds_may_not_leave(graph, index))
		out.least = 0;
	if (node->kind == NODE_COMPLEX_GATEWAY && node->incoming.count > 1)
		out = (struct bounds){0, 2 * out.most};
	return (struct bounds){out.least * quantity, out.most * quantity};
}

/* Nodes that tokens come to in other ways than by flows: where an event began the instance, or somebody the activity; and
 * cancel end events, which leave the place where they were thrown. */
static bool count_comes_otherwise(const struct graph *graph, int32_t index)
{
	const struct graph_node *node = &graph->nodes[index];
	for (int32_t i = 0; i < graph->event_starts.count; i++)
		if (graph->links[graph->event_starts.first + i] == index)
			return true;
	bool gateway = node->event_gateway && node->event_gateway->instantiate;
	return gateway || graph_has_event(graph, index, EVENT_CANCEL);
}

/* A gateway that resets has completed when it is gone, but has left before. */
static bool count_left_holds(const struct graph_node *node, const struct node_count *count, const struct bounds *out)
{
	int64_t times = count->completed;
	if (node->kind == NODE_COMPLEX_GATEWAY && node->incoming.count > 1)
		times = count->ended + count->alive;
	if (node->kind == NODE_EVENT_BASED_GATEWAY && out->most > 1)
		return count->left <= out->most * (count->ended + count->alive);
	return bounds_hold(count->left, out, times);
}

static void count_check_node(
	struct world *world, const struct graph *graph, int32_t index, const struct node_count *count)
{
	const struct graph_node *node = &graph->nodes[index];
	struct bounds in = bounds_in(node), out = bounds_out(graph, index);
	int64_t others = in.least == in.most ? count->ended - count->completed + count->alive : 0;
	if (node->incoming.count > 0 && !world->by_hand && !count_comes_otherwise(graph, index) &&
		!bounds_hold(count->arrived - others, &in, count->ended + count->alive - others))
		world_complain(world, "%.*s: %lld tokens arrived, %lld completed, %lld ended, %lld stand there",
			STR_ARG(node->id), (long long)count->arrived, (long long)count->completed, (long long)count->ended,
			(long long)count->alive);
	if (!world->by_hand && !count_left_holds(node, count, &out))
		world_complain(world, "%.*s: completed %lld times, left by %lld flows", STR_ARG(node->id),
			(long long)count->completed, (long long)count->left);
}

static void counts_check(struct world *world, const struct graph *graph)
{
	struct node_count *counts = history_counts(world, graph);
	count_living(world, graph, counts);
	for (int32_t i = 0; i < graph->node_count; i++)
		count_check_node(world, graph, i, &counts[i]);
}

/* ---- activities ---- */

static void activity_check(struct world *world, const struct activity_row *row)
{
	if (map_put_id(&world->history->ended, row->id, (void *)(uintptr_t)((unsigned)row->node + 1)))
		world_complain(world, "activity %lld ended twice", (long long)row->id);
	if (row->started_at > row->ended_at || row->ended_at > world->now)
		world_complain(world, "activity %lld has impossible times", (long long)row->id);
}

static const struct token *activity_living(const struct world *world, int64_t id)
{
	const struct token *token = NULL;
	for (struct instance *here = NULL; !token && (here = world_next(world, here));)
		token = instance_token(here, id);
	return token;
}

/* A task ends with its activity; that may stay where it cannot be left, or not yet. */
static void activity_check_task(struct world *world, const struct task_row *task)
{
	uintptr_t node = (uintptr_t)map_get_id(&world->history->ended, task->activity_id);
	const struct token *token = activity_living(world, task->activity_id);
	bool done = token && (token->state == TOKEN_FAILED_LEAVING || token->state == TOKEN_AFTER ||
							 token->state == TOKEN_MAPPING_OUTPUTS);
	if (node != 0 ? node != (unsigned)task->node + 1 : !done)
		world_complain(world, "task %lld ended without its activity", (long long)task->id);
}

static void activities_check_living(struct world *world)
{
	for (struct instance *here = NULL; (here = world_next(world, here));)
		for (size_t i = 0; i < here->tokens.len; i++)
			if (row_alive(here->tokens.items[i].mark) && map_get_id(&world->history->ended, here->tokens.items[i].id))
				world_complain(world, "activity %lld has ended and lives", (long long)here->tokens.items[i].id);
}

static void activities_check(struct world *world)
{
	const struct store *store = world_store(world);
	struct history *history = world->history;
	for (; history->activities < store->activities.len; history->activities++) {
		const struct activity_row *row = &store->activities.items[history->activities];
		if (!store_instance(store, row->instance_id)) {
			world_complain(world, "activity %lld is of no instance", (long long)row->id);
			continue;
		}
		activity_check(world, row);
		count_activity(world, row);
	}
	for (; history->ended_tasks < store->ended_tasks.len; history->ended_tasks++)
		activity_check_task(world, &store->ended_tasks.items[history->ended_tasks]);
	activities_check_living(world);
}

/* ---- steps and ends ---- */

static void steps_check(struct world *world)
{
	const struct store *store = world_store(world);
	struct history *history = world->history;
	if (store->steps.len == history->steps)
		world_complain(world, "a step has left no row");
	for (; history->steps < store->steps.len; history->steps++) {
		const struct step_row *step = &store->steps.items[history->steps];
		if (step->first_flow != history->flows || step->at != world->now)
			world_complain(world, "step %zu is out of order", history->steps);
		history->flows += step->flow_count;
		count_step(world, step);
	}
	if (history->flows != store->flows.len)
		world_complain(world, "steps have %zu of %zu flows", history->flows, store->flows.len);
}

static void ends_check(struct world *world)
{
	const struct store *store = world_store(world);
	for (size_t i = 0; i < store->ended.len; i++) {
		const struct instance *ended = store->ended.items[i];
		if (ended->status == INSTANCE_RUNNING || ended->status == INSTANCE_SUSPENDED || ended->ended_at == 0)
			world_complain(world, "an ended instance is %.*s", STR_ARG(instance_status_name(ended->status)));
		if (store_live(store, ended->id))
			world_complain(world, "an ended instance has live rows");
	}
	if (world_root(world))
		return;
	if (store->live.len > 0)
		world_complain(world, "instances outlive their root");
	if (!store_ended(store, store->root_id))
		world_complain(world, "an ended instance is not in history");
}

void invariants_check_history(struct world *world)
{
	steps_check(world);
	activities_check(world);
	for (size_t i = 0; i < world->processes.count; i++)
		counts_check(world, world->processes.graphs[i]);
	ends_check(world);
}
