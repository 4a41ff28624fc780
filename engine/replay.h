/* SPDX-License-Identifier: Apache-2.0
 *
 * A tree of instances done again, from its history: each stored step is read back to its command (record_read) and run
 * with its own time, ids and limits, and must leave the same rows as it did then. At the end, what still lives must be
 * what is stored.
 *
 * What is not compared: the job ids of work, which change when a job is taken over, and the text of an incident that
 * says why a process could not be called, because that lay outside of the tree.
 */
#ifndef ENGINE_REPLAY_H
#define ENGINE_REPLAY_H

#include "base/buf.h"
#include "engine/effects.h"
#include "engine/engine.h"

/* Everything that is stored of one tree. */
struct replay_history {
	struct effects rows; /* steps and flows, activities, ended tasks, comments; in any order */
	VEC(struct instance *) ended;
	struct instance *live; /* the root with what lives below it, graphs included; NULL: the tree has ended */
};

struct replay_input {
	struct replay_history *history; /* its JSON is brought into one form */
	/* NULL: it is not there. */
	const struct graph *(*find_graph)(void *context, int64_t definition_id);
	void *context;
};

/* The first difference. */
struct replay_difference {
	int64_t step_id;     /* of the row in history; 0: what lives at the end */
	struct buf expected; /* the line of what is stored; empty: nothing of the kind is */
	struct buf got;      /* the line of what came out */
};

enum replay_outcome {
	REPLAY_EQUAL,
	REPLAY_DIFFERS,
	REPLAY_IMPOSSIBLE, /* something is missing: err says what */
};

/* steps: how many were run. The difference is filled where there is one, and the caller's to free. */
enum replay_outcome replay_run(const struct replay_input *input, size_t *steps, struct replay_difference *difference,
	struct err *err) __attribute__((warn_unused_result));
void replay_difference_free(struct replay_difference *difference);

/* ---- replay_compare.c ---- */

struct replay_compare;

/* The history outlives it. */
struct replay_compare *replay_compare_new(struct replay_history *history)
	__attribute__((returns_nonnull, warn_unused_result));
void replay_compare_free(struct replay_compare *compare);
/* The rows that a step has appended, and the instances that ended with it. False: the difference. Its JSON is
 * brought into the one form. */
bool replay_compare_step(struct replay_compare *compare, struct instance *root, struct effects *effects,
	struct replay_difference *difference) __attribute__((warn_unused_result));
/* What lives now, and that nothing is stored that did not come out. False: the difference. */
bool replay_compare_rest(struct replay_compare *compare, struct instance *root, struct replay_difference *difference)
	__attribute__((warn_unused_result));

#endif
