/* SPDX-License-Identifier: Apache-2.0
 *
 * Compensation runs. Who compensates takes the rows over, so that nobody else does, and has their handlers run inside
 * its own token, last completed first:
 *
 *     S ─┬─ thrower                S ─┬─ thrower ─┬─ handler of b       S ─┬─ thrower ─┬─ scope of sub ── handler of c
 *        ├─ row a            ──►      │           ├─ row a        ──►      │           └─ row a
 *        ├─ row sub ── row c          │           └─ row sub ── row c      │
 *        └─ row b                     └─ (what completes from now on)      └─ ...
 *
 * A sub-process without a handler is compensated from inside: its token is restored, with its variables, as the scope
 * of the handlers of what completed in it, or of its compensation event sub-process.
 */
#include "config.h"

#include "engine/compensation.h"

#include "engine/event.h"
#include "engine/join.h"
#include "engine/loop.h"

bool compensation_is_restored(const struct step *step, const struct token *token)
{
	return token->role == ROLE_HANDLER && !step->graph->nodes[token->node].for_compensation;
}

static bool compensation_begin_last(struct step *step, int32_t slot);

/* The sub-process stands again as it was when it completed. False: there is nothing to do inside, and it has gone. */
static bool compensation_restore(struct step *step, int32_t slot, int64_t row_id)
{
	int64_t id = step_token(step, slot)->id;
	int32_t inside = step_node(step, slot)->compensation_event_sub_process;
	token_set_state(step, slot, TOKEN_SCOPE);
	compensation_take(step, row_id, GRAPH_NONE, id);
	if (inside != GRAPH_NONE)
		scope_begin_event_sub_process(step, inside, id);
	else if (!compensation_begin_last(step, slot)) {
		token_finish(step, slot, ACTIVITY_COMPLETED, STR(""));
		return false;
	}
	return true;
}

/* The row becomes a token: once compensated, it is gone. In the version of the process that the instance was moved to,
 * a handler may have come that hides what is inside, or there may be nothing to do any more: false. */
static bool compensation_begin(struct step *step, struct compensation *row)
{
	const struct graph_node *node = &step->graph->nodes[row->node];
	bool handled = node->compensation != GRAPH_NONE, inside = compensation_is_inside(step, row->node, row->id);
	if (!handled && !inside) {
		compensation_remove(row);
		return false;
	}
	int32_t slot = token_create(step, handled ? node->compensation : row->node, row->scope_id, GRAPH_NONE);
	struct token *token = step_token(step, slot);
	token->role = ROLE_HANDLER;
	token->loop_counter = row->loop_counter;
	token->variables = row->variables;
	token->variables_changed = true;
	row->variables = (struct variables){0};
	compensation_remove(row);
	if (!handled)
		return compensation_restore(step, slot, row->id);
	if (inside)
		compensation_drop(step, row->id);
	return true;
}

/* The one that completed last of those that have something to do; false: none. As deep as sub-processes are. */
static bool compensation_begin_last(struct step *step, int32_t slot)
{
	struct compensation *row;
	while ((row = compensation_last(step, step_token(step, slot)->id, GRAPH_NONE)))
		if (compensation_begin(step, row))
			return true;
	return false;
}

/* A transaction that nobody waits to see canceled ends, and nothing follows it. */
static void compensation_end_transaction(struct step *step, int32_t slot)
{
	int32_t host = token_scope(step, slot);
	token_finish(step, slot, ACTIVITY_COMPLETED, STR(""));
	const struct graph_links boundary = step_node(step, host)->boundary;
	for (int32_t i = 0; i < boundary.count; i++) {
		int32_t event = step->graph->links[boundary.first + i];
		if (graph_has_event(step->graph, event, EVENT_CANCEL)) {
			boundary_begin(step, event, host, ACTIVITY_CANCELED, STR(""));
			return;
		}
	}
	token_end(step, host, ACTIVITY_CANCELED, STR(""));
}

static void compensation_done(struct step *step, int32_t slot)
{
	const struct token *token = step_token(step, slot);
	if (token->role == ROLE_HANDLER) {
		compensation_drop(step, token->id);
		token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
	} else if (graph_has_event(step->graph, token->node, EVENT_CANCEL))
		compensation_end_transaction(step, slot);
	else
		step_leave(step, slot);
}

/* What a compensation event sub-process has not asked for is not compensated. */
void compensation_next(struct step *step, int32_t slot)
{
	const struct token *token = step_token(step, slot);
	bool asked = token->state == TOKEN_SCOPE && step_node(step, slot)->compensation_event_sub_process != GRAPH_NONE;
	if (asked || !compensation_begin_last(step, slot))
		compensation_done(step, slot);
}

/* What a throw event compensates stands beside it, or beside the event sub-process that it stands in (10.7.1); without
 * a name it is all that completed in the scope, and of an event sub-process in the scope around. False: nothing has. */
static bool compensation_find_scope(struct step *step, int32_t activity, int64_t *scope_id)
{
	const struct token *scope = instance_token(step->instance, *scope_id);
	bool event_sub_process = scope && step->graph->nodes[scope->node].event_sub_process;
	if (event_sub_process && (activity == GRAPH_NONE || !compensation_last(step, *scope_id, activity)))
		*scope_id = scope->scope_id;
	return compensation_last(step, *scope_id, activity) != NULL;
}

/* Handlers that nobody waits for run inside a token of their own: it stands beside at the same
 * node, and leads nowhere. */
static int32_t compensation_hold(struct step *step, int32_t node, int64_t scope_id)
{
	int32_t slot = token_create(step, node, scope_id, GRAPH_NONE);
	step_token(step, slot)->role = ROLE_HANDLER;
	return slot;
}

static void compensation_run(struct step *step, int32_t slot)
{
	token_set_state(step, slot, TOKEN_COMPENSATING);
	compensation_next(step, slot);
}

void compensation_throw(struct step *step, int32_t slot, const struct graph_event *event)
{
	const struct token *token = step_token(step, slot);
	bool loop = token->role == ROLE_LOOP_BODY, waits = event->wait && !loop;
	int64_t id = token->id, scope_id = token->scope_id;
	bool any = compensation_find_scope(step, event->activity, &scope_id);
	if (any) {
		int32_t holder = waits ? slot : compensation_hold(step, token->node, token->scope_id);
		compensation_take(step, scope_id, event->activity, step_token(step, holder)->id);
		compensation_run(step, holder);
	}
	if (!loop && !(any && waits) && token_is_there(step, slot, id))
		step_leave(step, slot);
}

/* What is canceled with the transaction: in a loop all its instances are (13.5.3). */
static int64_t compensation_canceled_scope(const struct step *step, int32_t slot)
{
	const struct token *token = step_token(step, slot);
	int64_t transaction = compensation_home(step, token, token->node);
	const struct token *scope = instance_token(step->instance, transaction);
	return token_is_loop_instance(step, scope) ? scope->scope_id : transaction;
}

/* What goes on behind an interrupted handler stands deeper, and so does an instance of a loop: the cancel end event is
 * moved there. */
static int32_t compensation_lift(struct step *step, int32_t slot, int64_t scope_id)
{
	if (step_token(step, slot)->scope_id == scope_id)
		return slot;
	int32_t lifted = token_create(step, step_token(step, slot)->node, scope_id, GRAPH_NONE);
	join_merge(step, lifted, slot);
	return lifted;
}

/* Nothing but an error can stop a cancellation: what waits beside the transaction or in it does no longer. */
void compensation_cancel_transaction(struct step *step, int32_t slot)
{
	int64_t scope_id = compensation_canceled_scope(step, slot);
	slot = compensation_lift(step, slot, scope_id);
	int64_t id = step_token(step, slot)->id;
	if (step_token(step, token_scope(step, slot))->role == ROLE_LOOP_BODY)
		loop_count_canceled(step, token_scope(step, slot));
	event_end_waits(step, scope_id);
	compensation_take_canceled(step, scope_id, id);
	token_cancel_scope(step, scope_id, id);
	compensation_run(step, slot);
}
