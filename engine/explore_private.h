/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the exploration: the model that is run (explore_model.c), its states (explore_state.c), what can
 * happen in them (explore_move.c), what is wrong with them (explore_find.c), the search (explore.c).
 */
#ifndef ENGINE_EXPLORE_PRIVATE_H
#define ENGINE_EXPLORE_PRIVATE_H

#include "base/map.h"
#include "engine/explore.h"
#include "engine/oracle.h"

/* ---- explore_model.c ---- */

/* The same nodes and flows, without data: what is done in them is a job, what comes from outside is a message, loops go
 * round at most twice. Only conditions are left. */
const struct graph *explore_model(const struct graph *graph, struct arena *arena);

/* A call activity may throw what its process throws. */
bool explore_has_call(const struct graph *graph, int32_t scope);

/* ---- explore_state.c ---- */

/* Events that interrupt nothing come once in each run, so that there is an end. */
#define EXPLORE_REPEATING_MAX 64

struct explore_state {
	struct instance *instance; /* NULL when it has been expanded */
	const struct explore_state *before;
	const int32_t *passed; /* the nodes that were left on the way here from before, in order */
	size_t passed_count;
	uint64_t repeated; /* which of the events that interrupt nothing have come */
	struct belief belief;
	bool beside; /* one of them has, or an activity has made several tokens: two may meet and be meant to */
};

/* A copy of what an explored instance can have: tokens, jobs, subscriptions, compensations. */
struct instance *explore_copy(const struct instance *instance) __attribute__((returns_nonnull, warn_unused_result));

/* Equal for states that go on alike: 128 bits, independent of ids, times and the order of rows. */
struct explore_key {
	uint64_t words[2];
};
struct explore_key explore_key(const struct explore_state *state);

/* ---- explore.c ---- */

/* More, of one process or one diagram, would help nobody. */
#define EXPLORE_FINDINGS_MAX 50
/* Walking over so many nodes is one unit of work. */
#define EXPLORE_NODES_PER_WORK 32

struct explorer {
	const struct graph *graph; /* the diagram's */
	const struct graph *model;
	struct arena *arena;
	struct exploration *out;
	struct oracle oracle;
	VEC(struct explore_state *) states; /* in the order in which they were found */
	struct map known;                   /* key -> state */
	int32_t *repeating;                 /* by event: its bit in `repeated`; GRAPH_NONE: none */
	bool *reached;                      /* by node */
	bool *reported;                     /* by node: tokens can meet there, or wait for ever */
	int64_t work;                       /* that is left to be done */
	/* of the run */
	struct step_context context;
	struct effects effects;
	struct id_source ids;
};

/* Every way that the command can turn out in the state; `repeated` are the bits that it sets. */
void explore_command(
	struct explorer *explorer, const struct explore_state *from, uint64_t repeated, struct command command);

/* ---- explore_move.c ---- */

/* Every command that can come in the state, whose instance goes. */
void explore_expand(struct explorer *explorer, struct explore_state *state);

/* ---- explore_find.c ---- */

/* Two tokens that meet; the run is not followed then. */
bool explore_find_meeting(struct explorer *explorer, const struct explore_state *state);
/* Tokens that wait for one another and for nobody else. */
void explore_find_dead(struct explorer *explorer, const struct explore_state *state);
/* When everything has been explored. */
void explore_find_unreached(struct explorer *explorer);

#endif
