/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens that meet: parallel, inclusive and complex joins, and activities that take several tokens to start.
 */
#ifndef ENGINE_JOIN_H
#define ENGINE_JOIN_H

#include "engine/step.h"

/* Older first; ids of one instance may come from several workers, so time comes first. */
bool join_came_before(const struct token *a, const struct token *b);
/* Walks the tokens that wait at the same node in the same scope as `here`: the slot behind `slot`, the first one behind
 * GRAPH_NONE; GRAPH_NONE at the end. */
int32_t join_next(const struct step *step, const struct token *here, int32_t slot);
/* How many tokens the scope has: so many have to be looked at. */
size_t join_breadth(const struct step *step, int64_t scope_id);
/* Slot of the oldest token that waits at the same node in the same scope as `here` and came by `flow`; GRAPH_NONE. */
int32_t join_arrival(const struct step *step, const struct token *here, int32_t flow);
/* The arrival becomes part of the token, which then stands for both since the first arrived. */
void join_merge(struct step *step, int32_t slot, int32_t arrival);

/* So does one token of each other flow that has brought any. */
void join_merge_others(struct step *step, int32_t slot);

/* Lets an inclusive join in the scope that waits for nobody any more go on; true when there was one. To be asked when
 * nothing else moves. */
bool inclusive_join_any(struct step *step, int64_t scope_id);
/* Asks complex gateways of the instance that wait for their start where variables were written; true when that moved a
 * token. */
bool complex_start_any(struct step *step);
/* The same as for inclusive joins for complex gateways whose reset has nobody to wait for any more. */
bool complex_reset_any(struct step *step, int64_t scope_id);
/* Lets parallel joins of the instance go on that are complete without an arrival: they join fewer flows than before. */
void parallel_join_all(struct step *step);

/* The token arrives at an activity: it may start now. One that takes several tokens to start (startQuantity) begins
 * with the last of them, which the others become part of; before that they wait, and this is false. */
bool join_quantity(struct step *step, int32_t slot) __attribute__((warn_unused_result));

/* ---- node_complex.c: what flow.c asks about a complex gateway ---- */

/* It has fired and takes flows once more: those with a true condition; none is no error. */
bool complex_is_resetting(const struct step *step, int32_t slot);
/* Its flows are taken: it waits for its reset, or ends. */
void complex_left(struct step *step, int32_t slot);

/* ---- reach.c: who can still bring a token (13.4.3) ---- */

/* The flow has brought a token to the join that this one waits at. */
typedef bool (*join_has_token)(const struct step *step, const struct token *waiting, int32_t flow);
/* A token somewhere upstream of the one that waits can, on a path that does not pass its node, reach an incoming flow
 * that has brought none yet, and none of those that have; or it stands there and has not entered. */
bool join_is_waited_for(struct step *step, const struct token *waiting, join_has_token has_token);

#endif
