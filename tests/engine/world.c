/* SPDX-License-Identifier: Apache-2.0
 *
 * The reloaded replica goes first: it shows whether the step exhausts its budget, and then the batched one closes its
 * batch before it, because what a batch has not committed is lost with its instance.
 */
#include "config.h"

#include "tests/engine/world.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/engine/invariants.h"

#define WORLD_IDS INT64_C(1000000000000)

void world_init(struct world *world, const struct graph *const *graphs, size_t count, const struct world_keeper *keeper)
{
	static const struct replica plans[REPLICA_COUNT] = {
		[REPLICA_CACHED] = {.name = "cached", .batch = 1},
		[REPLICA_RELOADED] = {.name = "reloaded", .batch = 1, .reloads = true},
		[REPLICA_BATCHED] = {.name = "batched", .batch = 3},
		[REPLICA_KEPT] = {.name = "kept", .batch = 1, .reloads = true},
	};
	*world = (struct world){
		.processes = {.graphs = graphs, .count = count},
		.limits = {.step_budget = 100000, .scope_depth = 1000, .job_retries = 3, .job_backoff = 10000000},
		.ids = {.current = {1, WORLD_IDS}},
		.keeper = keeper,
		.replica_count = keeper ? REPLICA_COUNT : REPLICA_KEPT,
	};
	world->history = invariants_history_new(world);
	buf_init(&world->log, SIZE_MAX);
	buf_init(&world->tree, SIZE_MAX);
	buf_init(&world->problem, 8192);
	for (int i = 0; i < REPLICA_COUNT; i++) {
		struct replica *replica = &world->replicas[i];
		*replica = plans[i];
		replica->arena = arena_new();
		effects_init(&replica->effects, replica->arena);
		store_init(&replica->store);
	}
	if (keeper)
		keeper->begin(keeper->context, world);
}

void world_free(struct world *world)
{
	for (int i = 0; i < REPLICA_COUNT; i++) {
		struct replica *replica = &world->replicas[i];
		instance_free(replica->root);
		effects_free(&replica->effects);
		store_free(&replica->store);
		arena_free(replica->arena);
	}
	invariants_history_free(world->history, world);
	buf_free(&world->log);
	buf_free(&world->tree);
	buf_free(&world->problem);
}

void world_complain(struct world *world, const char *format, ...)
{
	va_list args;
	if (world->problem.len > 0)
		buf_add_c(&world->problem, "; ");
	va_start(args, format);
	buf_vprintf(&world->problem, format, args);
	va_end(args);
}

/* ---- what there is ---- */

static int32_t world_find_process(const struct world *world, struct str id)
{
	for (size_t i = 0; i < world->processes.count; i++)
		if (str_equal(world->processes.graphs[i]->key, id))
			return (int32_t)i;
	return GRAPH_NONE;
}

const struct graph *world_process(const struct world *world, struct str id)
{
	int32_t index = world_find_process(world, id);
	return index == GRAPH_NONE ? NULL : world->processes.graphs[index];
}

int64_t world_newest(const struct world *world, struct str id)
{
	for (size_t i = world->processes.count; i-- > 0;)
		if (str_equal(world->processes.graphs[i]->key, id))
			return WORLD_DEFINITION_ID + (int64_t)i;
	return 0;
}

const struct graph *world_definition(const struct world *world, int64_t definition_id)
{
	return world->processes.graphs[definition_id - WORLD_DEFINITION_ID];
}

void world_begin(struct world *world, const struct graph *graph)
{
	world->facts = (struct instance_facts){
		.id = id_source_take(&world->ids),
		.definition_id = WORLD_DEFINITION_ID + world_find_process(world, graph->key),
		.graph = graph,
		.started_at = world->now,
	};
}

struct instance *world_root(const struct world *world)
{
	struct instance *root = world->replicas[REPLICA_CACHED].root;
	return root && root->ended_at == 0 ? root : NULL;
}

struct instance *world_next(const struct world *world, struct instance *here)
{
	struct instance *root = world_root(world);
	if (!root)
		return NULL;
	do
		here = instance_next(root, here);
	while (here && here->ended_at != 0);
	return here;
}

const struct store *world_store(const struct world *world)
{
	return &world->replicas[REPLICA_CACHED].store;
}

const struct graph *world_graph_of(const struct world *world, int64_t instance_id)
{
	const struct instance *instance = store_instance(world_store(world), instance_id);
	return instance ? instance->graph : NULL;
}

const struct job *world_next_timer(const struct world *world)
{
	const struct job *next = NULL;
	for (struct instance *here = NULL; (here = world_next(world, here));) {
		for (size_t i = 0; i < here->jobs.len && here->status == INSTANCE_RUNNING; i++) {
			const struct job *job = &here->jobs.items[i];
			if (job->kind != JOB_TIMER || !row_alive(job->mark))
				continue;
			if (!next || job->due_at < next->due_at || (job->due_at == next->due_at && job->id < next->id))
				next = job;
		}
	}
	return next;
}

/* Each process of the file has been deployed once, together with the others: it is the latest, in version 1. */
static bool world_binding_fits(const struct graph *graph, const struct call_request *request)
{
	if (request->binding == CALL_VERSION)
		return request->version == 1;
	return request->binding != CALL_VERSION_TAG || str_equal(request->tag, graph->version_tag);
}

static enum call_answer world_find_called(
	void *context, const struct call_request *request, struct call_target *out, struct err *err)
{
	const struct world *world = context;
	int32_t index = world_find_process(world, request->key);
	const struct graph *graph = index == GRAPH_NONE ? NULL : world->processes.graphs[index];
	if (!graph || str_equal(request->key, world->processes.unknown) || !world_binding_fits(graph, request)) {
		err_set(err, ERR_NOT_FOUND, "there is no process %.*s", STR_ARG(request->key));
		return CALL_UNKNOWN;
	}
	if (graph->start == GRAPH_NONE && graph->event_starts.count > 0) {
		err_set(err, ERR_CONFLICT, "the process %.*s begins with an event", STR_ARG(request->key));
		return CALL_UNKNOWN;
	}
	if (str_equal(request->key, world->processes.missing))
		return CALL_MISSING;
	*out = (struct call_target){.definition_id = WORLD_DEFINITION_ID + index, .graph = graph};
	return CALL_FOUND;
}

/* ---- replicas ---- */

static void replica_forget(struct replica *replica)
{
	instance_free(replica->root);
	replica->root = NULL;
}

static bool replica_is_kept(const struct world *world, const struct replica *replica)
{
	return replica == &world->replicas[REPLICA_KEPT];
}

/* What the end of a batch is to a node: rows are stored, marks are cleared. */
static void replica_commit(struct world *world, struct replica *replica)
{
	if (replica->open_steps == 0)
		return;
	effects_collect(&replica->effects, replica->root);
	if (replica_is_kept(world, replica))
		world->keeper->store(world->keeper->context, world, &replica->effects);
	else
		store_apply(&replica->store, &replica->effects);
	if (replica->root->ended_at != 0 || replica->reloads)
		replica_forget(replica);
	else
		instance_committed(replica->root);
	effects_clear(&replica->effects);
	arena_reset(replica->arena);
	replica->dumped = (struct dump_position){0};
	replica->open_steps = 0;
}

static struct instance *replica_load(struct world *world, const struct replica *replica)
{
	if (replica_is_kept(world, replica))
		return world->keeper->load(world->keeper->context, world);
	return store_load(&replica->store);
}

static void replica_wake(struct world *world, struct replica *replica, const struct command *command)
{
	if (!replica->root)
		replica->root = command->kind == COMMAND_START ? instance_new(&world->facts) : replica_load(world, replica);
}

static struct buf replica_dump(const struct replica *replica)
{
	struct buf dump;
	buf_init(&dump, SIZE_MAX);
	if (replica->root)
		dump_tree(&dump, replica->root);
	return dump;
}

/* The tree is half changed, and has to be loaded anew. */
static bool step_drops(enum step_result result)
{
	return result == STEP_EXHAUSTED || result == STEP_MISSING;
}

struct replica_outcome {
	enum step_result result;
	struct err err;
	struct park park;
	struct id_source ids;
	struct buf history;   /* what the step appended */
	struct buf collected; /* of replicas that commit after each step */
	struct buf tree;      /* as it is after the step */
};

static void outcome_free(struct replica_outcome *outcome)
{
	buf_free(&outcome->history);
	buf_free(&outcome->collected);
	buf_free(&outcome->tree);
}

static void replica_collected(struct replica *replica, struct buf *out)
{
	struct effects rows;
	effects_init(&rows, replica->arena);
	effects_collect(&rows, replica->root);
	dump_collected(out, &rows);
	effects_free(&rows);
}

/* As a node does: a tree whose start is refused never was. */
static bool replica_never_started(const struct replica *replica)
{
	return replica->root->mark == ROW_NEW && !replica->root->touched;
}

/* All replicas were the same after the last step. */
static void replica_check_refusal(struct world *world, struct replica *replica)
{
	if (replica_never_started(replica))
		return;
	struct buf after = replica_dump(replica);
	if (!world_same_rows(buf_str(&world->tree), buf_str(&after)))
		world_complain(world, "%s: a refused command changed the instance", replica->name);
	buf_free(&after);
}

/* One step of one replica; its batch stays open. */
static void replica_step(struct world *world, struct replica *replica, const struct command *command, struct park park,
	struct replica_outcome *outcome)
{
	outcome->ids = world->ids;
	struct step_context context = {
		.find_called = world_find_called,
		.find_context = world,
		.limits = &world->limits,
		.now = world->now,
		.ids = &outcome->ids,
		.effects = &replica->effects,
		.arena = replica->arena,
		.scratch = replica->arena,
		.park = park,
	};
	replica_wake(world, replica, command);
	outcome->result = engine_step(replica->root, command, &context, &outcome->err);
	outcome->park = context.park;
	if (outcome->result == STEP_REFUSED)
		replica_check_refusal(world, replica);
}

static void replica_finish(struct world *world, struct replica *replica, struct replica_outcome *outcome)
{
	if (step_drops(outcome->result)) {
		effects_clear(&replica->effects);
		replica_forget(replica);
		return;
	}
	outcome->tree = replica_dump(replica);
	dump_history(&outcome->history, replica->root, &replica->effects, &replica->dumped);
	if (outcome->result == STEP_REFUSED && replica_never_started(replica))
		replica_forget(replica);
	if (outcome->result == STEP_REFUSED)
		return;
	if (replica->batch == 1)
		replica_collected(replica, &outcome->collected);
	/* the end is always committed, so that the next command finds nothing */
	if (++replica->open_steps == replica->batch || replica->root->ended_at != 0)
		replica_commit(world, replica);
}

static void world_compare(
	struct world *world, const char *what, const struct buf *expected, const struct buf *got, const char *name)
{
	if (str_equal(buf_str(expected), buf_str(got)))
		return;
	if (strcmp(name, "kept") == 0 && world_same_rows(buf_str(expected), buf_str(got)))
		return;
	world_complain(world, "%s differ in the %s replica:\n--- cached\n%.*s--- %s\n%.*s", what, name,
		STR_ARG(buf_str(expected)), name, STR_ARG(buf_str(got)));
}

static void world_compare_outcomes(struct world *world, const struct replica_outcome *outcomes)
{
	const struct replica_outcome *cached = &outcomes[REPLICA_CACHED];
	for (int i = REPLICA_CACHED + 1; i < world->replica_count; i++) {
		const char *name = world->replicas[i].name;
		if (outcomes[i].result != cached->result || strcmp(outcomes[i].err.message, cached->err.message) != 0)
			world_complain(world, "the %s replica ends with %d \"%s\", the cached one with %d \"%s\"", name,
				(int)outcomes[i].result, outcomes[i].err.message, (int)cached->result, cached->err.message);
		if (memcmp(&outcomes[i].ids, &cached->ids, sizeof cached->ids) != 0)
			world_complain(world, "the %s replica takes other ids", name);
		world_compare(world, "history rows", &cached->history, &outcomes[i].history, name);
		world_compare(world, "trees", &cached->tree, &outcomes[i].tree, name);
		if (world->replicas[i].batch == 1)
			world_compare(world, "rows", &cached->collected, &outcomes[i].collected, name);
	}
}

/* What is stored must be what is in memory: a change without a mark shows here. Who reloads has got the same rows. */
static void world_compare_stores(struct world *world, const struct buf *live)
{
	for (int i = 0; i < world->replica_count; i++) {
		struct replica *replica = &world->replicas[i];
		bool compared = replica->open_steps == 0 && !replica->reloads;
		if (replica->store.problem)
			world_complain(world, "%s: %s", replica->name, replica->store.problem);
		struct instance *stored = compared ? store_load(&replica->store) : NULL;
		if (!stored)
			continue;
		struct buf dump;
		buf_init(&dump, SIZE_MAX);
		dump_tree(&dump, stored);
		world_compare(world, "stored rows", live, &dump, replica->name);
		buf_free(&dump);
		instance_free(stored);
	}
}

static void world_log(struct world *world, const struct command *command, const struct replica_outcome *outcome)
{
	static const char *const results[] = {
		[STEP_DONE] = "done",
		[STEP_REFUSED] = "refused: ",
		[STEP_EXHAUSTED] = "exhausted",
		[STEP_MISSING] = "repeated with a process that was not in memory",
	};
	buf_printf(&world->log, "== %.*s %s%s\n", STR_ARG(command_kind_name(command->kind)), results[outcome->result],
		outcome->err.message);
	buf_add_str(&world->log, buf_str(&outcome->history));
	buf_add_str(&world->log, buf_str(&outcome->collected));
}

/* An open batch keeps rows that are gone, and to search them costs: a step that is not far from exhaustion, by the ids that it
 * took, might not come to rest with them. */
static bool world_needs_commit(const struct world *world, const struct replica_outcome *first)
{
	int64_t ids = first->ids.current.next - world->ids.current.next;
	return step_drops(first->result) || ids > world->limits.step_budget / 2;
}

static void world_step_replicas(
	struct world *world, const struct command *command, struct park park, struct replica_outcome *outcomes)
{
	static const int order[REPLICA_COUNT] = {REPLICA_RELOADED, REPLICA_CACHED, REPLICA_BATCHED, REPLICA_KEPT};
	for (int i = 0; i < world->replica_count; i++) {
		struct replica *replica = &world->replicas[order[i]];
		struct replica_outcome *outcome = &outcomes[order[i]];
		buf_init(&outcome->history, SIZE_MAX);
		buf_init(&outcome->collected, SIZE_MAX);
		buf_init(&outcome->tree, SIZE_MAX);
		if (i > 0 && world_needs_commit(world, &outcomes[order[0]]))
			replica_commit(world, replica);
		replica_step(world, replica, command, park, outcome);
	}
	for (int i = 0; i < world->replica_count; i++)
		replica_finish(world, &world->replicas[i], &outcomes[i]);
}

static enum step_result world_step_once(
	struct world *world, const struct command *command, bool repeat, struct err *err)
{
	const struct park park = repeat ? world->park : (struct park){.where = PARK_NOWHERE};
	struct replica_outcome outcomes[REPLICA_COUNT] = {0};
	world_step_replicas(world, command, park, outcomes);
	const struct replica_outcome *cached = &outcomes[REPLICA_CACHED];
	enum step_result result = cached->result;
	world->park = cached->park;
	world_compare_outcomes(world, outcomes);
	world_log(world, command, cached);
	if (result == STEP_DONE) {
		world->ids = cached->ids;
		world->steps_done++;
		world->by_hand |= command->modification_count > 0 || command->kind == COMMAND_MIGRATE;
		world_compare_stores(world, &cached->tree);
		buf_clear(&world->tree);
		buf_add_str(&world->tree, buf_str(&cached->tree));
		invariants_check(world);
	}
	if (err)
		*err = cached->err;
	for (int i = 0; i < world->replica_count; i++)
		outcome_free(&outcomes[i]);
	if (step_drops(result))
		replica_wake(world, &world->replicas[REPLICA_CACHED], command);
	return result;
}

enum step_result world_step(struct world *world, const struct command *command, bool repeat, struct err *err)
{
	enum step_result result = world_step_once(world, command, repeat, err);
	world->processes.missing = STR("");
	if (result == STEP_MISSING)
		result = world_step_once(world, command, repeat, err);
	if (result == STEP_MISSING)
		world_complain(world, "the step misses a process that is in memory");
	return result;
}
