/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions without data: each is a choice. A step that is run again and again with one oracle takes every way that it
 * can take: the oracle keeps the list of its choices, and each run changes the last one that had something left.
 *
 *     run 1   true                   run 2   false, true             run 3   false, false
 *
 * Conditions of one text are one question: behind a flow that was taken because of `${paid}` a gateway that asks
 * `${!paid}` has only one likely answer. The other is taken too, since a task between them may have changed the data,
 * but whoever follows has doubts (struct belief), and nothing is reported of a run in doubt.
 */
#ifndef ENGINE_ORACLE_H
#define ENGINE_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "engine/step.h"

#define ORACLE_BELIEFS_MAX 32

/* What the run before has let us believe of the questions that several flows ask. */
struct belief {
	uint32_t known;
	uint32_t truth;
	int32_t asker[ORACLE_BELIEFS_MAX]; /* the flow that decided it: it may decide anew, in a loop */
	bool doubtful;                     /* it took what contradicts its beliefs */
	bool spread; /* an activity took several flows with conditions, which may well exclude one another */
};

/* The question that a flow's condition asks. Two comparisons of one thing are hardly both true: the rivals. */
struct oracle_question {
	int32_t belief; /* GRAPH_NONE: nothing else has to do with it */
	bool negated;   /* as compared with the others that ask it */
	uint32_t rivals;
	uint32_t rivals_truth; /* of each when the flow that asks it is not taken */
};

struct oracle_choice {
	int32_t taken;
	int32_t count;
};

struct oracle {
	const struct graph *graph;
	const struct oracle_question *questions; /* by flow */
	VEC(struct oracle_choice) choices;
	size_t next;
	/* of the run */
	struct belief belief;
	uint8_t *asked; /* by flow: how often */
	bool cut;       /* it goes round in a loop, or chooses too often: to be dropped */
	bool too_many;  /* ... and something may be missed by that */
	/* of the token that is being left */
	int32_t pattern; /* which flows of many; GRAPH_NONE: each is asked for itself */
	int32_t taken;   /* how many so far */
};

/* The questions that the flows of the graph ask. Memory is the arena's but for the choices: oracle_free. */
void oracle_init(struct oracle *oracle, const struct graph *graph, struct arena *arena);
void oracle_free(struct oracle *oracle);
/* The first run of a step, or the next one: with what is believed before it. */
void oracle_begin(struct oracle *oracle, const struct belief *belief);
/* The choices of the next run; false: there is none, all ways have been taken. */
bool oracle_advance(struct oracle *oracle);

/* By flow. */
const struct oracle_question *oracle_questions(const struct graph *graph, struct arena *arena);

/* In place of an evaluation. False with err when the run is cut. */
bool oracle_decide(struct step *step, int32_t slot, const struct expr *expr, bool *out, struct err *err)
	__attribute__((warn_unused_result));

#endif
