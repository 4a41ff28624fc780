/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors and escalations look for a catcher from the inside out (10.5.6, 10.5.7): the boundary of the throwing
 * activity, then in each scope around it first the scope's event sub-processes, then the boundary of the scope's own
 * activity.
 *
 *     process ────────────────────────────────────────────┐
 *     │   sub-process ────────────────────────┐           │
 *     │   │  task ──(b)──┐     ╌╌╌╌╌╌╌╌╌╌╌╌╌╌ │           │   order: (b) boundary of the task, (e) event sub-process
 *     │   │  throws      │     ┊ (e) catches ┊│──(B)──    │   beside it, (B) boundary of the sub-process, (E) event
 *     │   └──────────────┴─────╌╌╌╌╌╌╌╌╌╌╌╌╌╌─┘           │   sub-process of the process
 *     └────────────────────────────────────────────(E)────┘
 *
 * A catcher that names the code comes before one that catches every one; one of several definitions is enough. What is
 * thrown inside an event sub-process is not caught by the event sub-processes beside it: they belong to the same scope,
 * which it has taken over. Behind the process comes the call activity that has called it, and so on.
 */
#include "config.h"

#include "engine/step.h"

#include "base/buf.h"
#include "base/json.h"
#include "engine/ad_hoc.h"
#include "engine/call.h"
#include "engine/compensation.h"
#include "engine/event.h"

enum catch_place { CAUGHT_NOWHERE, CAUGHT_ON_BOUNDARY, CAUGHT_IN_SCOPE };

struct catch
{
	enum catch_place place;
	const struct graph_event *event; /* of the boundary event, or the start event of the event sub-process */
	int32_t host;                    /* boundary: slot of the activity */
	int64_t scope_id;                /* event sub-process: the scope it belongs to */
};

static bool catch_matches(const struct graph_event *event, const struct thrown *thrown, bool exactly)
{
	if (event->kind != thrown->kind)
		return false;
	return exactly ? event->code.len > 0 && str_equal(event->code, thrown->code) : event->code.len == 0;
}

static const struct graph_event *catch_at(
	const struct step *step, int32_t node, const struct thrown *thrown, bool exactly)
{
	const struct graph_node *row = &step->graph->nodes[node];
	for (int32_t i = 0; i < row->event_count; i++) {
		const struct graph_event *event = &step->graph->events[row->event + i];
		if (catch_matches(event, thrown, exactly))
			return event;
	}
	return NULL;
}

/* Among nodes, or their start events, the definition that catches; NULL where there is none. */
static const struct graph_event *catch_among(
	const struct step *step, struct graph_links nodes, bool starts, const struct thrown *thrown)
{
	for (int exactly = 1; exactly >= 0; exactly--)
		for (int32_t i = 0; i < nodes.count; i++) {
			int32_t node = step->graph->links[nodes.first + i];
			const struct graph_event *event =
				catch_at(step, starts ? step->graph->nodes[node].start : node, thrown, exactly);
			if (event)
				return event;
		}
	return NULL;
}

/* The boundary events of a loop belong to its body, and those of what has completed are gone. */
static struct catch catch_on_boundary(const struct step *step, int32_t host, const struct thrown *thrown)
{
	const struct graph_links boundary = step_node(step, host)->boundary;
	const struct token *token = step_token(step, host);
	bool gone = boundary.count == 0 || token_is_loop_instance(step, token) || compensation_is_restored(step, token);
	const struct graph_event *event = gone ? NULL : catch_among(step, boundary, false, thrown);
	return (struct catch){.place = event ? CAUGHT_ON_BOUNDARY : CAUGHT_NOWHERE, .event = event, .host = host};
}

/* The event sub-processes of a loop belong to its instances. */
static struct catch catch_in_scope(const struct step *step, int64_t scope_id, const struct thrown *thrown)
{
	int32_t scope = scope_id == 0 ? GRAPH_NONE : token_slot(step, scope_id);
	const struct token *token = scope == GRAPH_NONE ? NULL : step_token(step, scope);
	if (token && (token->role == ROLE_LOOP_BODY || compensation_is_restored(step, token)))
		return (struct catch){.place = CAUGHT_NOWHERE};
	struct graph_links inside = token ? step_node(step, scope)->event_sub_processes : step->graph->event_sub_processes;
	const struct graph_event *event = catch_among(step, inside, true, thrown);
	return (struct catch){.place = event ? CAUGHT_IN_SCOPE : CAUGHT_NOWHERE, .event = event, .scope_id = scope_id};
}

static struct catch catch_find(const struct step *step, int32_t slot, const struct thrown *thrown)
{
	struct catch found = catch_on_boundary(step, slot, thrown);
	while (found.place == CAUGHT_NOWHERE) {
		int64_t scope_id = step_token(step, slot)->scope_id;
		if (!step_node(step, slot)->event_sub_process)
			found = catch_in_scope(step, scope_id, thrown);
		if (found.place != CAUGHT_NOWHERE || scope_id == 0)
			break;
		slot = token_slot(step, scope_id);
		found = catch_on_boundary(step, slot, thrown);
	}
	return found;
}

static void catch_set_text(struct step *step, int32_t slot, struct str variable, struct str text, bool local)
{
	struct buf json;
	if (variable.len == 0)
		return;
	buf_init(&json, SIZE_MAX);
	json_emit_str(&json, text);
	if (local)
		step_set_local_variable(step, slot, variable, buf_str(&json));
	else
		step_set_variable(step, slot, variable, buf_str(&json));
	buf_free(&json);
}

static void catch_set_variables(
	struct step *step, int32_t slot, const struct graph_event *event, const struct thrown *thrown, bool local)
{
	catch_set_text(step, slot, event->code_variable, thrown->code, local);
	catch_set_text(step, slot, event->message_variable, thrown->message, local);
}

static void catch_take_over(struct step *step, const struct catch *found, const struct thrown *thrown)
{
	bool in_scope = found->place == CAUGHT_IN_SCOPE, error = thrown->kind == EVENT_ERROR;
	int32_t node = found->event->node;
	int32_t slot = in_scope ? scope_begin_event_sub_process(step, step->graph->nodes[node].scope, found->scope_id)
	                        : boundary_begin(step, node, found->host, error ? ACTIVITY_ERROR : ACTIVITY_CANCELED,
								  error ? thrown->code : STR(""));
	catch_set_variables(step, slot, found->event, thrown, in_scope);
}

static void throw_uncaught(struct step *step, const struct thrown *error)
{
	instance_text_set(&step->instance->error_code, error->code);
	instance_text_set(&step->instance->end_reason, error->message);
	step_end_instance(step, INSTANCE_FAILED);
	if (step->instance->parent)
		call_throw(step, error);
}

/* With what is inside, and unseen by the scope: what follows stands there. */
static void throw_end_activity(struct step *step, int32_t slot, enum activity_outcome outcome, struct str error_code)
{
	if (step_token(step, slot)->children > 0)
		token_cancel_scope(step, step_token(step, slot)->id, 0);
	token_finish(step, slot, outcome, error_code);
}

/* The thrower goes before its catcher comes; an end event has done its work. */
static void throw_end_thrower(struct step *step, int32_t slot, struct str code)
{
	bool is_event = step_node(step, slot)->kind == NODE_END_EVENT;
	throw_end_activity(step, slot, is_event ? ACTIVITY_COMPLETED : ACTIVITY_ERROR, is_event ? STR("") : code);
}

void throw_error(struct step *step, int32_t slot, const struct thrown *error)
{
	struct catch found = catch_find(step, slot, error);
	if (found.place != CAUGHT_ON_BOUNDARY || found.host != slot)
		throw_end_thrower(step, slot, error->code);
	if (found.place == CAUGHT_NOWHERE)
		throw_uncaught(step, error);
	else
		catch_take_over(step, &found, error);
}

/* An activity that throws, a call or a loop, ends as whatever interrupts it says. */
bool throw_escalation(struct step *step, int32_t slot, const struct thrown *escalation)
{
	struct catch found = catch_find(step, slot, escalation);
	if (found.place == CAUGHT_NOWHERE)
		return !step->instance->parent || call_escalate(step, escalation);
	bool interrupting = step->graph->nodes[found.event->node].interrupting;
	enum node_kind kind = step_node(step, slot)->kind;
	if (interrupting && (kind == NODE_END_EVENT || kind == NODE_INTERMEDIATE_THROW_EVENT))
		token_finish(step, slot, ACTIVITY_COMPLETED, STR(""));
	catch_take_over(step, &found, escalation);
	return !interrupting;
}

/* The boundary event gets its token before its activity ends, so that the scope never looks empty: an ad-hoc
 * sub-process is not asked whether it is complete, for what is interrupted has not completed. An activity that a
 * condition interrupts before it has begun has waits already. */
int32_t boundary_begin(
	struct step *step, int32_t event_node, int32_t host, enum activity_outcome outcome, struct str error_code)
{
	int32_t slot = token_create(step, event_node, step_token(step, host)->scope_id, GRAPH_NONE);
	if (step->graph->nodes[event_node].interrupting) {
		event_end_waits(step, step_token(step, host)->id);
		throw_end_activity(step, host, outcome, error_code);
	}
	return slot;
}

int32_t scope_begin_event_sub_process(struct step *step, int32_t node, int64_t scope_id)
{
	const struct graph_node *start = &step->graph->nodes[step->graph->nodes[node].start];
	if (start->interrupting) {
		event_end_event_sub_processes(step, scope_id);
		token_cancel_scope(step, scope_id, 0);
		if (scope_id != 0)
			ad_hoc_close(step, token_slot(step, scope_id));
	}
	return token_create(step, node, scope_id, GRAPH_NONE);
}
