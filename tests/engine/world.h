/* SPDX-License-Identifier: Apache-2.0
 *
 * One tree of instances, stepped three times at once: as a node keeps it in its cache, as it is after each commit loaded
 * anew, and as it is when several commands share a batch; where there is a keeper, once more, as that one gives it back
 * after each commit. All must do the same; the invariants are looked at after each step.
 */
#ifndef TESTS_ENGINE_WORLD_H
#define TESTS_ENGINE_WORLD_H

#include <stdbool.h>

#include "engine/dump.h"
#include "engine/engine.h"
#include "engine/replay.h"
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

enum { REPLICA_CACHED, REPLICA_RELOADED, REPLICA_BATCHED, REPLICA_KEPT, REPLICA_COUNT };

/* The processes that can be started and called: all of a file, each in one version; behind them those of a second file,
 * which instances are migrated to. */
struct world_processes {
	const struct graph *const *graphs;
	size_t count;
	struct str missing; /* the graph that the next step does not find in memory; empty: none */
	struct str unknown; /* the process that is not there; empty: none */
};

#define WORLD_DEFINITION_ID 7 /* of the first process; the others follow */

struct world;

/* Who keeps a tree outside of memory (tests/db: PostgreSQL). What is wrong it complains about to the world. */
struct world_keeper {
	/* Empties what it has, and learns the processes of the world. */
	void (*begin)(void *context, struct world *world);
	/* At the end of a batch. */
	void (*store)(void *context, struct world *world, const struct effects *effects);
	/* The tree that was stored, owned by the caller; NULL: it has ended, or never was. */
	struct instance *(*load)(void *context, struct world *world);
	/* Behind the last step. */
	void (*end)(void *context, struct world *world);
	void *context;
};

struct history;

struct world {
	struct park park;
	struct world_processes processes;
	struct engine_limits limits;
	struct instance_facts facts; /* of the next start */
	int64_t now;
	struct id_source ids;
	const struct world_keeper *keeper; /* NULL: none, and no KEPT replica */
	int replica_count;
	struct replica replicas[REPLICA_COUNT];
	struct buf log;     /* everything that the steps wanted, as text */
	struct buf tree;    /* after the last step */
	struct buf problem; /* empty: all is well */
	int64_t steps_done;
	struct history *history; /* of the invariants */
	bool by_hand;            /* somebody has moved tokens by hand: those come and go by no flow */
};

void world_init(
	struct world *world, const struct graph *const *graphs, size_t count, const struct world_keeper *keeper);
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

/* At the end, nothing may be stepped behind it: does the stored history again, and lets the keeper look at what it has. */
void world_finish(struct world *world);
/* Does a history again; a difference is a problem of the world. */
void world_replay(struct world *world, struct replay_history *history);

/* Texts are the same but for the form of the JSON in them: order of names, spelling of numbers, spaces. */
bool world_same_rows(struct str a, struct str b);

void world_complain(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull(2)));

#endif
