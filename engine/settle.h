/* SPDX-License-Identifier: Apache-2.0
 *
 * What can only be told when nothing else moves: conditions that have become true, signals that are to be thrown, joins
 * that wait for nobody any more. A step rests only when nothing of that is left; so the next one asks again only where
 * something has changed since: conditions in instances whose variables were written, joins in scopes where a token has
 * come, gone or changed what it waits for.
 */
#ifndef ENGINE_SETTLE_H
#define ENGINE_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

struct instance;
struct step;
struct token;

struct unsettled {
	struct instance *instance;
	int64_t scope_id; /* 0: the process */
};

/* Those that come first in the tree, and then by id, are asked first; what order they came in differs between a cached
 * instance and the same one loaded anew. A heap; some stand in it several times. */
struct unsettled_queue {
	VEC(struct unsettled) heap;
};

struct settle {
	bool begun;
	struct unsettled_queue starts;  /* instances: complex gateways that wait for their start are asked ... */
	struct unsettled_queue written; /* ... and then conditional events */
	struct unsettled_queue joins;   /* scopes: their inclusive joins are asked ... */
	struct unsettled_queue resets;  /* ... and then their complex gateways */
};

void settle_free(struct settle *settle);
/* A variable of the present instance was written. */
void settle_written(struct step *step);
/* The token has come, is about to go, or waits for something else. */
void settle_moved(struct step *step, const struct token *token);
/* The same, given its id; 0 is nobody. */
void settle_moved_id(struct step *step, int64_t token_id);
/* Nothing moves: lets the first that can go on do so. False: all rests. */
bool settle_any(struct step *step) __attribute__((warn_unused_result));

#endif
