/* SPDX-License-Identifier: Apache-2.0
 *
 * Compensation (10.7, 13.5.5) and the cancellation of transactions. What completes and has a handler is remembered with
 * the variables that it saw; a compensate event runs the handlers of its scope, last completed first.
 */
#ifndef ENGINE_COMPENSATION_H
#define ENGINE_COMPENSATION_H

#include "engine/step.h"

/* The token's activity is about to end as completed: remembers it, if it or something inside it can be compensated. */
void compensation_remember(struct step *step, int32_t slot);
/* The scope ends otherwise: what completed inside is forgotten. */
void compensation_forget(struct step *step, int64_t scope_id);
/* The token is the scope of a sub-process that is compensated, or of handlers that nobody waits for: it leads nowhere,
 * and what is thrown inside passes it. */
bool compensation_is_restored(const struct step *step, const struct token *token);
/* A throw or end event compensates. The token waits (COMPENSATING) until all handlers are done and then goes on, or
 * goes on at once where there is nothing to wait for. The body of a loop throws too, and stays as it is: the handlers
 * run beside it. */
void compensation_throw(struct step *step, int32_t slot, const struct graph_event *event);
/* A scope of compensation (COMPENSATING, or restored) has no token left inside: the next handler, or on. */
void compensation_next(struct step *step, int32_t slot);
/* A cancel end event: the rest of the transaction is canceled, in a loop with all its instances; what completed is
 * compensated, then the cancel boundary takes over (10.5.3, 13.3.4). */
void compensation_cancel_transaction(struct step *step, int32_t slot);

/* ---- compensation.c: rows ---- */

/* The one in the scope that completed last, of one activity or of all (GRAPH_NONE); NULL where there is none. */
struct compensation *compensation_last(struct step *step, int64_t scope_id, int32_t activity);
/* They hang below the taker from now on. */
void compensation_take(struct step *step, int64_t scope_id, int32_t activity, int64_t taker);
/* So does what completed in a transaction that is canceled, and where that is a loop's body, in
 * each of its instances. */
void compensation_take_canceled(struct step *step, int64_t scope_id, int64_t taker);
void compensation_remove(struct compensation *row);
/* Removes all in the scope, with everything below. */
void compensation_drop(struct step *step, int64_t scope_id);
/* A scope at that node, with that id, has something inside that can be compensated. */
bool compensation_is_inside(struct step *step, int32_t node, int64_t id);
/* The scope of the activity's element, seen from a token that stands in it, however deep. */
int64_t compensation_home(const struct step *step, const struct token *token, int32_t node);

#endif
