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

void world_init(struct world *world, const struct graph *graph)
{
	static const struct replica plans[REPLICA_COUNT] = {
		[REPLICA_CACHED] = {.name = "cached", .batch = 1},
		[REPLICA_RELOADED] = {.name = "reloaded", .batch = 1, .reloads = true},
		[REPLICA_BATCHED] = {.name = "batched", .batch = 3},
	};
	*world = (struct world){
		.graph = graph,
		.limits = {.step_budget = 100000, .scope_depth = 1000, .job_retries = 3, .job_backoff = 10000000},
		.ids = {.current = {1, WORLD_IDS}},
	};
	buf_init(&world->log, SIZE_MAX);
	buf_init(&world->problem, 8192);
	for (int i = 0; i < REPLICA_COUNT; i++) {
		struct replica *replica = &world->replicas[i];
		*replica = plans[i];
		replica->arena = arena_new();
		effects_init(&replica->effects, replica->arena);
		store_init(&replica->store);
	}
}

void world_free(struct world *world)
{
	for (int i = 0; i < REPLICA_COUNT; i++) {
		struct replica *replica = &world->replicas[i];
		instance_free(replica->instance);
		effects_free(&replica->effects);
		store_free(&replica->store);
		arena_free(replica->arena);
	}
	buf_free(&world->log);
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

struct instance *world_instance(const struct world *world)
{
	struct instance *instance = world->replicas[REPLICA_CACHED].instance;
	return instance && instance->ended_at == 0 ? instance : NULL;
}

const struct store *world_store(const struct world *world)
{
	return &world->replicas[REPLICA_CACHED].store;
}

const struct job *world_next_timer(const struct world *world)
{
	const struct instance *instance = world_instance(world);
	const struct job *next = NULL;
	for (size_t i = 0; instance && i < instance->jobs.len; i++) {
		const struct job *job = &instance->jobs.items[i];
		if (job->kind != JOB_TIMER || !row_alive(job->mark))
			continue;
		if (!next || job->due_at < next->due_at || (job->due_at == next->due_at && job->id < next->id))
			next = job;
	}
	return next;
}

static void replica_forget(struct replica *replica)
{
	instance_free(replica->instance);
	replica->instance = NULL;
}

/* What the end of a batch is to a node: rows are stored, marks are cleared. */
static void replica_commit(struct replica *replica)
{
	if (replica->open_steps == 0)
		return;
	effects_collect(&replica->effects, replica->instance);
	store_apply(&replica->store, &replica->effects);
	if (replica->instance->ended_at != 0 || replica->reloads)
		replica_forget(replica);
	else
		instance_committed(replica->instance);
	effects_clear(&replica->effects);
	arena_reset(replica->arena);
	replica->dumped = (struct dump_position){0};
	replica->open_steps = 0;
}

static void replica_wake(struct world *world, struct replica *replica, const struct command *command)
{
	if (!replica->instance)
		replica->instance = command->kind == COMMAND_START ? instance_new(&world->facts) : store_load(&replica->store);
}

/* Versions grow with commits, so the batched replica's own lags behind by the steps of its open batch. */
static struct command replica_command(
	const struct world *world, const struct replica *replica, const struct command *command)
{
	struct command own = *command;
	bool of_instance = command->kind == COMMAND_SET_VARIABLES || command->kind == COMMAND_CANCEL ||
	                   command->kind == COMMAND_SUSPEND || command->kind == COMMAND_RESUME;
	const struct instance *stored = world->replicas[REPLICA_CACHED].store.rows;
	if (!of_instance || command->expected_version == VERSION_ANY || !stored)
		return own;
	own.expected_version = command->expected_version == stored->version ? replica->instance->version : INT64_MAX;
	return own;
}

static struct buf replica_dump(const struct replica *replica)
{
	struct buf dump;
	buf_init(&dump, SIZE_MAX);
	if (replica->instance)
		dump_instance(&dump, replica->instance);
	return dump;
}

struct replica_outcome {
	enum step_result result;
	struct err err;
	struct park park;
	struct id_source ids;
	struct buf history;   /* what the step appended */
	struct buf collected; /* of replicas that commit after each step */
	struct buf instance;  /* as it is after the step */
};

static void outcome_free(struct replica_outcome *outcome)
{
	buf_free(&outcome->history);
	buf_free(&outcome->collected);
	buf_free(&outcome->instance);
}

static void replica_collected(struct replica *replica, struct buf *out)
{
	struct effects rows;
	effects_init(&rows, replica->arena);
	effects_collect(&rows, replica->instance);
	dump_collected(out, &rows);
	effects_free(&rows);
}

/* As a node does: an instance whose start is refused never was. */
static bool replica_never_started(const struct replica *replica)
{
	return replica->instance->mark == ROW_NEW && !replica->instance->touched;
}

static void replica_check_refusal(struct world *world, struct replica *replica, const struct buf *before)
{
	if (replica_never_started(replica))
		return;
	struct buf after = replica_dump(replica);
	if (!str_equal(buf_str(before), buf_str(&after)))
		world_complain(world, "%s: a refused command changed the instance", replica->name);
	buf_free(&after);
}

/* One step of one replica; its batch stays open. */
static void replica_step(struct world *world, struct replica *replica, const struct command *command, struct park park,
	struct replica_outcome *outcome)
{
	outcome->ids = world->ids;
	struct step_context context = {
		.limits = &world->limits,
		.now = world->now,
		.ids = &outcome->ids,
		.effects = &replica->effects,
		.arena = replica->arena,
		.scratch = replica->arena,
		.park = park,
	};
	replica_wake(world, replica, command);
	struct buf before = replica_dump(replica);
	struct command own = replica_command(world, replica, command);
	outcome->result = engine_step(replica->instance, &own, &context, &outcome->err);
	outcome->park = context.park;
	if (outcome->result == STEP_REFUSED)
		replica_check_refusal(world, replica, &before);
	buf_free(&before);
}

static void replica_finish(struct world *world, struct replica *replica, struct replica_outcome *outcome)
{
	if (outcome->result == STEP_EXHAUSTED) {
		effects_clear(&replica->effects);
		replica_forget(replica);
		return;
	}
	outcome->instance = replica_dump(replica);
	dump_history(&outcome->history, world->graph, &replica->effects, &replica->dumped);
	if (outcome->result == STEP_REFUSED && replica_never_started(replica))
		replica_forget(replica);
	if (outcome->result == STEP_REFUSED)
		return;
	if (replica->batch == 1)
		replica_collected(replica, &outcome->collected);
	/* the end is always committed, so that the next command finds nothing */
	if (++replica->open_steps == replica->batch || replica->instance->ended_at != 0)
		replica_commit(replica);
}

static void world_compare(
	struct world *world, const char *what, const struct buf *expected, const struct buf *got, const char *name)
{
	if (str_equal(buf_str(expected), buf_str(got)))
		return;
	world_complain(world, "%s differ in the %s replica:\n--- cached\n%.*s--- %s\n%.*s", what, name,
		STR_ARG(buf_str(expected)), name, STR_ARG(buf_str(got)));
}

static void world_compare_outcomes(struct world *world, const struct replica_outcome *outcomes)
{
	const struct replica_outcome *cached = &outcomes[REPLICA_CACHED];
	for (int i = REPLICA_CACHED + 1; i < REPLICA_COUNT; i++) {
		const char *name = world->replicas[i].name;
		if (outcomes[i].result != cached->result || strcmp(outcomes[i].err.message, cached->err.message) != 0)
			world_complain(world, "the %s replica ends with %d \"%s\", the cached one with %d \"%s\"", name,
				(int)outcomes[i].result, outcomes[i].err.message, (int)cached->result, cached->err.message);
		if (memcmp(&outcomes[i].ids, &cached->ids, sizeof cached->ids) != 0)
			world_complain(world, "the %s replica takes other ids", name);
		world_compare(world, "history rows", &cached->history, &outcomes[i].history, name);
		world_compare(world, "instances", &cached->instance, &outcomes[i].instance, name);
	}
	world_compare(world, "rows", &cached->collected, &outcomes[REPLICA_RELOADED].collected, "reloaded");
}

/* What is stored must be what is in memory: a change without a mark shows here. */
static void world_compare_stores(struct world *world, const struct buf *live)
{
	for (int i = 0; i < REPLICA_COUNT; i++) {
		struct replica *replica = &world->replicas[i];
		if (replica->store.problem)
			world_complain(world, "%s: %s", replica->name, replica->store.problem);
		struct instance *stored = replica->open_steps == 0 ? store_load(&replica->store) : NULL;
		if (!stored)
			continue;
		struct buf dump;
		buf_init(&dump, SIZE_MAX);
		dump_instance(&dump, stored);
		world_compare(world, "stored rows", live, &dump, replica->name);
		buf_free(&dump);
		instance_free(stored);
	}
}

static void world_log(struct world *world, const struct command *command, const struct replica_outcome *outcome)
{
	buf_printf(&world->log, "== %.*s %s%s\n", STR_ARG(command_kind_name(command->kind)),
		outcome->result == STEP_DONE      ? "done"
		: outcome->result == STEP_REFUSED ? "refused: "
										  : "exhausted",
		outcome->err.message);
	buf_add_str(&world->log, buf_str(&outcome->history));
	buf_add_str(&world->log, buf_str(&outcome->collected));
}

enum step_result world_step(struct world *world, const struct command *command, bool repeat, struct err *err)
{
	const struct park park = repeat ? world->park : (struct park){.where = PARK_NOWHERE};
	static const int order[REPLICA_COUNT] = {REPLICA_RELOADED, REPLICA_CACHED, REPLICA_BATCHED};
	struct replica_outcome outcomes[REPLICA_COUNT] = {0};
	for (int i = 0; i < REPLICA_COUNT; i++) {
		struct replica *replica = &world->replicas[order[i]];
		struct replica_outcome *outcome = &outcomes[order[i]];
		buf_init(&outcome->history, SIZE_MAX);
		buf_init(&outcome->collected, SIZE_MAX);
		buf_init(&outcome->instance, SIZE_MAX);
		if (i > 0 && outcomes[order[0]].result == STEP_EXHAUSTED)
			replica_commit(replica);
		replica_step(world, replica, command, park, outcome);
	}
	for (int i = 0; i < REPLICA_COUNT; i++)
		replica_finish(world, &world->replicas[i], &outcomes[i]);
	const struct replica_outcome *cached = &outcomes[REPLICA_CACHED];
	enum step_result result = cached->result;
	world->park = cached->park;
	world_compare_outcomes(world, outcomes);
	world_log(world, command, cached);
	if (result == STEP_DONE) {
		world->ids = cached->ids;
		world->steps_done++;
		world_compare_stores(world, &cached->instance);
		invariants_check(world);
	}
	if (err)
		*err = cached->err;
	for (int i = 0; i < REPLICA_COUNT; i++)
		outcome_free(&outcomes[i]);
	if (result == STEP_EXHAUSTED)
		replica_wake(world, &world->replicas[REPLICA_CACHED], command);
	return result;
}
