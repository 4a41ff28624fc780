/* SPDX-License-Identifier: Apache-2.0
 *
 * Events that are waited for: timers, messages, signals and conditions, wherever they stand, and what happens when one
 * comes. An event node may have several definitions: one of them is enough, or all must come (10.5.5).
 *
 *     waits                    owner (token_id)       comes                            then
 *     catch event, receive     the token that waits   the one, or the last of all      it goes on
 *     event-based gateway      the gateway's token    the first of its targets         that target's token goes on
 *     boundary event           the activity's token   any time while it runs           boundary_begin
 *     event sub-process        the scope, 0: process  any time while it runs           scope_begin_event_sub_process
 */
#ifndef ENGINE_EVENT_H
#define ENGINE_EVENT_H

#include "engine/step.h"

#define EVENT_NAME_MAX 512         /* bytes of a message's or signal's name: far below what an index can hold */
#define EVENT_CORRELATION_MAX 1000 /* bytes of JSON */

/* ---- event.c: waits begin and end ---- */

/* For all boundary events of the token's activity. */
bool event_wait_boundaries(struct step *step, int32_t slot, struct err *err) __attribute__((warn_unused_result));
/* For the event sub-processes of a scope: of the token's, or of the process (GRAPH_NONE). */
bool event_wait_event_sub_processes(struct step *step, int32_t slot, struct err *err)
	__attribute__((warn_unused_result));
/* For all definitions of a node but one (GRAPH_NONE: for all); conditions are not asked yet (condition_ask_from). */
bool event_subscribe_node(struct step *step, int32_t slot, int32_t node, int32_t but, struct err *err)
	__attribute__((warn_unused_result));
/* The token waits at its own node; an incident where it cannot. */
void event_wait_here(struct step *step, int32_t slot);
/* Ends every subscription and timer of that owner. */
void event_end_waits(struct step *step, int64_t token_id);
/* Those of one event node of the owner only. */
void event_end_node(struct step *step, int64_t token_id, int32_t node);
/* Those of one definition. */
void event_end_definition(struct step *step, int64_t token_id, int32_t event);
/* Those of the scope's event sub-processes: an interrupting one has begun. */
void event_end_event_sub_processes(struct step *step, int64_t scope_id);
/* The owner waits for something at that node (GRAPH_NONE: at all). */
bool event_is_awaited(const struct step *step, int64_t token_id, int32_t node);
/* The name of a message or signal, into the step's scratch arena. */
bool event_name(struct step *step, int32_t slot, const struct graph_event *event, struct str *name, struct err *err)
	__attribute__((warn_unused_result));
/* The correlation keys of the event as JSON, seen from the token, into the step's scratch arena; empty when it declares
 * none. */
bool event_correlation(struct step *step, int32_t slot, const struct graph_event *event, struct str *out,
	struct err *err) __attribute__((warn_unused_result));
/* What kind of incident an error is that came of waiting or sending. */
enum incident_type event_incident_type(const struct err *err);

/* ---- event_come.c ---- */

/* One definition has come for the owner (token_id, 0: the process): decides what that means for the node. Variables
 * that came with it are written by it. A wait that repeats (not interrupting) goes on. */
struct event_coming {
	int64_t token_id;
	int32_t node;
	int32_t event;
	const struct command_variable *variables; /* payload */
	size_t variable_count;
};
void event_come(struct step *step, const struct event_coming *coming);

/* A signal reaches everything in the tree that waits for it now (10.5.1); the variables are its payload. */
void event_signal_tree(struct step *step, struct str name, const struct command_variable *variables, size_t count);

/* ---- condition.c ---- */

/* Asks the conditions among the instance's subscriptions from `first` on, which are new; those that are true come.
 * False with err: one that a token waits for failed. */
bool condition_ask_from(struct step *step, size_t first, struct err *err) __attribute__((warn_unused_result));
/* Only notes whether they are true: they come when they become so once more. */
void condition_note_from(struct step *step, size_t first);
/* Asks all conditions of the tree. */
void condition_ask_tree(struct step *step);
/* Asks the conditions of the instance whose variables have been written; true when one came. */
bool event_conditions_any(struct step *step);

/* ---- event_begin.c ---- */

/* The instance begins with an event: the command's, which has come. */
bool event_begin(struct step *step, struct err *err) __attribute__((warn_unused_result));
/* The token has arrived at a node whose event came before: behind an event-based gateway, or as the beginning. */
bool event_has_come(const struct step *step, int32_t slot);

/* ---- node_event_gateway.c ---- */

/* The event of that target has come: a token goes there, whose slot this returns; the gateway's own ends, unless it
 * has to wait for others. */
int32_t event_gateway_take(struct step *step, int32_t gateway, int32_t target);

/* ---- node_event.c ---- */

/* The last that an end event does: its error, cancel or terminate; or its token just ends. */
void event_end(struct step *step, int32_t slot);

/* ---- send.c: messages and signals that are thrown ---- */

/* The event's message or signal goes out: a signal to this tree at once, both to everybody else as a durable row. A
 * signal may end the token that throws it. */
bool event_send(struct step *step, int32_t slot, const struct graph_event *event, struct err *err)
	__attribute__((warn_unused_result));
/* Everything that the token's node throws but compensation and what event_end is for, in document order (10.5.5).
 * False: the token has ended, or stands with an incident. */
bool event_throw(struct step *step, int32_t slot) __attribute__((warn_unused_result));

/* ---- timer.c ---- */

/* A timer job for the owner. */
bool timer_arm(struct step *step, int32_t slot, int32_t event, struct err *err) __attribute__((warn_unused_result));
/* The next firing of a cycle; false when this was the last. */
bool timer_rearm(struct job *job);

#endif
