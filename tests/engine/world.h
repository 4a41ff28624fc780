/* SPDX-License-Identifier: Apache-2.0
 *
 * One instance, stepped three times at once: as a node keeps it in its cache, as it is after each commit loaded anew,
 * and as it is when several commands share a batch. All three must do the same; the invariants are looked at after each
 * step.
 */
#ifndef TESTS_ENGINE_WORLD_H
#define TESTS_ENGINE_WORLD_H

#include <stdbool.h>

#include "engine/engine.h"
#include "tests/engine/dump.h"
#include "tests/engine/store.h"

struct replica {
	const char *name;
	int batch;    /* steps that share a commit */
	bool reloads; /* forgets its instance after each commit */
	int open_steps;
	struct instance *instance; /* NULL: not in memory */
	struct effects effects;    /* of the open batch */
	struct arena *arena;       /* of the open batch */
	struct dump_position dumped;
	struct store store;
};

enum { REPLICA_CACHED, REPLICA_RELOADED, REPLICA_BATCHED, REPLICA_COUNT };

struct world {
	struct park park;
	const struct graph *graph;
	struct engine_limits limits;
	struct instance_facts facts; /* of the next start */
	int64_t now;
	struct id_source ids;
	struct replica replicas[REPLICA_COUNT];
	struct buf log;     /* everything that the steps wanted, as text */
	struct buf problem; /* empty: all is well */
	int64_t steps_done;
};

void world_init(struct world *world, const struct graph *graph);
void world_free(struct world *world);

/* Steps all replicas; repeat: after exhaustion, with the park that came out of it. Refusals and exhaustion are results; what must never happen is written to world->problem. */
enum step_result world_step(struct world *world, const struct command *command, bool repeat, struct err *err);
/* The living instance, NULL before the start and after the end. */
struct instance *world_instance(const struct world *world);
/* History as stored after each step. */
const struct store *world_store(const struct world *world);
/* The timer that is due next, oldest first; NULL where there is none. */
const struct job *world_next_timer(const struct world *world);

void world_complain(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull(2)));

#endif
