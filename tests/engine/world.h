/* SPDX-License-Identifier: Apache-2.0
 *
 * One tree of instances, stepped three times at once: as a node keeps it in its cache, as it is after each commit loaded
 * anew, and as it is when several commands share a batch. All three must do the same; the invariants are looked at after
 * each step.
 */
#ifndef TESTS_ENGINE_WORLD_H
#define TESTS_ENGINE_WORLD_H

#include <stdbool.h>

#include "engine/dump.h"
#include "engine/engine.h"
#include "tests/engine/store.h"

struct replica {
	const char *name;
	int batch;    /* steps that share a commit */
	bool reloads; /* forgets its tree after each commit */
	int open_steps;
	struct instance *root;  /* NULL: not in memory */
	struct effects effects; /* of the open batch */
	struct arena *arena;    /* of the open batch */
	struct dump_position dumped;
	struct store store;
};

enum { REPLICA_CACHED, REPLICA_RELOADED, REPLICA_BATCHED, REPLICA_COUNT };

/* The processes that can be started and called: all of a file, each in one version; behind them those of a second file,
 * which instances are migrated to. */
struct world_processes {
	const struct graph *const *graphs;
	size_t count;
	struct str missing; /* the graph that the next step does not find in memory; empty: none */
	struct str unknown; /* the process that is not there; empty: none */
};

#define WORLD_DEFINITION_ID 7 /* of the first process; the others follow */

struct history;

struct world {
	struct park park;
	struct world_processes processes;
	struct engine_limits limits;
	struct instance_facts facts; /* of the next start */
	int64_t now;
	struct id_source ids;
	struct replica replicas[REPLICA_COUNT];
	struct buf log;     /* everything that the steps wanted, as text */
	struct buf tree;    /* after the last step */
	struct buf problem; /* empty: all is well */
	int64_t steps_done;
	struct history *history; /* of the invariants */
	bool limits_changed;     /* while it ran: what was done before cannot be done again */
	bool by_hand;            /* somebody has moved tokens by hand: those come and go by no flow */
};

void world_init(struct world *world, const struct graph *const *graphs, size_t count);
void world_free(struct world *world);

/* The process with that id; NULL. */
const struct graph *world_process(const struct world *world, struct str id);
/* Of several versions of it the last; 0: there is none. */
int64_t world_newest(const struct world *world, struct str id);
/* The process that was deployed as that definition. */
const struct graph *world_definition(const struct world *world, int64_t definition_id);
/* What the next start starts: a process of the file, now, with the next id. */
void world_begin(struct world *world, const struct graph *graph);

/* Steps all replicas. repeat: after exhaustion, with the park that came out of it. Refusals and exhaustion are results, a
 * missing process is fetched and the step repeated; what must never happen is written to world->problem. */
enum step_result world_step(struct world *world, const struct command *command, bool repeat, struct err *err);
/* The root while it lives, NULL before the start and after the end; its whole tree hangs below it. */
struct instance *world_root(const struct world *world);
/* The next living instance of the tree behind `here`, parents first; NULL at the end. */
struct instance *world_next(const struct world *world, struct instance *here);
/* History as stored after each step. */
const struct store *world_store(const struct world *world);
/* What the instance is, living or ended. */
const struct graph *world_graph_of(const struct world *world, int64_t instance_id);
/* The timer that is due next among instances that are not suspended, oldest first; NULL where there is none. */
const struct job *world_next_timer(const struct world *world);

/* Does the stored history again; a difference is a problem of the world. At the end: nothing may be stepped behind it. */
void world_replay(struct world *world);

void world_complain(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull(2)));

#endif
