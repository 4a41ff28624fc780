/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops and multi-instance activities (10.3.8, 13.3.6, 13.3.7). The token that arrives becomes the body, a scope; the
 * instances are tokens at the same node inside it, each with its index as loop_counter. The body carries the boundary
 * events and the outgoing flows, the instances do the work.
 *
 * Whatever can fail is asked before an instance ends and stands as an incident on that instance (FAILED_LEAVING), so a
 * retry goes through loop_instance_done again and nothing is lost. The body itself can only fail before its first
 * instance (FAILED_ENTERING: loop_enter begins anew) and behind its last (FAILED_LEAVING: step_leave as anywhere).
 *
 *     local to the body       nrOfInstances, nrOfActiveInstances, nrOfCompletedInstances, nrOfTerminatedInstances
 *                             #item7    sequential: the item of a pass that has not begun when the loop was entered
 *                             #result7  what instance 7 adds to the output collection, which is written when the
 *                                       body is done
 *     local to an instance    loopCounter, the element variable
 *                             #thrown   how many of the behavior's events have been dealt with; it is done, and throws
 *
 * Expressions may call the counts by BPMN's names too: numberOfInstances and so on (Table 10.30).
 */
#ifndef ENGINE_LOOP_H
#define ENGINE_LOOP_H

#include "engine/step.h"

#define LOOP_INSTANCES_MAX 1000000 /* whatever the step's budget */

/* A number that is kept with the body or an instance, from 0 to LOOP_INSTANCES_MAX whatever
 * somebody has written there. */
int32_t loop_number(const struct step *step, int32_t slot, struct str name);
void loop_set_number(struct step *step, int32_t slot, struct str name, int32_t number);

/* The token becomes the body: boundary events wait, the first instances are made; or it is done at once. */
void loop_enter(struct step *step, int32_t slot);
/* One instance is done: events are thrown, its result is kept, it ends; the next begins, or the body is left. */
void loop_instance_done(struct step *step, int32_t slot);
/* One instance, of which nothing is left inside, is canceled by hand, and the loop goes on without it or is left.
 * False, and nothing done: the loop cannot do without it. */
bool loop_cancel_instance(struct step *step, int32_t slot);
/* All instances are about to be canceled, while the body goes on as the scope of what that asks for. */
void loop_count_canceled(struct step *step, int32_t body);

/* The instance is done and waits for its turn to throw a signal, or for a person to help. */
bool loop_is_done(const struct step *step, int32_t slot);
/* Its turn has come. */
void loop_instance_throw(struct step *step, int32_t slot);

/* ---- loop_throw.c: the behavior of a multi-instance activity (Table 10.29) ---- */

enum loop_thrown {
	LOOP_THROWN, /* what was to be thrown, if anything */
	LOOP_FAILED, /* err says why */
	LOOP_LATER,  /* a signal, when everything that can catch it has subscribed */
	LOOP_GONE,   /* a catcher has ended the instance */
};
/* The events that the completion of this instance throws, `first` of its body or not; signals only when its turn has
 * come (`now`). What has been thrown is not thrown again by a repetition. */
enum loop_thrown loop_throw(struct step *step, int32_t slot, bool first, bool now, struct err *err)
	__attribute__((warn_unused_result));

#endif
