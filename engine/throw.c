/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors and escalations look for a catcher from the inside out (10.5.6, 10.5.7): the boundary of the throwing activity, then in each
 * scope around it first the scope's event sub-processes, then the boundary of the scope's own activity.
 *
 *     process ────────────────────────────────────────────┐
 *     │   sub-process ────────────────────────┐           │
 *     │   │  task ──(b)──┐     ╌╌╌╌╌╌╌╌╌╌╌╌╌╌ │           │   order: (b) boundary of the task, (e) event sub-process
 *     │   │  throws      │     ┊ (e) catches ┊│──(B)──    │   beside it, (B) boundary of the sub-process, (E) event
 *     │   └──────────────┴─────╌╌╌╌╌╌╌╌╌╌╌╌╌╌─┘           │   sub-process of the process
 *     └────────────────────────────────────────────(E)────┘
 *
 * A catcher that names the code comes before one that catches every one. What is thrown inside an event sub-process is not
 * caught by the event sub-processes beside it: they belong to the same scope, which it has taken over.
 */
#include "config.h"

#include "engine/step.h"

#include "base/buf.h"
#include "base/json.h"

enum catch_place { CAUGHT_NOWHERE, CAUGHT_ON_BOUNDARY, CAUGHT_IN_SCOPE };

struct catch
{
	enum catch_place place;
	int32_t event;    /* the boundary event, or the start event of the event sub-process */
	int32_t host;     /* boundary: slot of the activity */
	int64_t scope_id; /* event sub-process: the scope it belongs to */
};

static bool catch_matches(const struct step *step, int32_t node, const struct thrown *thrown, bool exactly)
{
	const struct graph_event *event = graph_event(step->graph, node);
	if (!event || event->kind != thrown->kind)
		return false;
	return exactly ? event->code.len > 0 && str_equal(event->code, thrown->code) : event->code.len == 0;
}

/* Among nodes, or their start events, the one that catches; GRAPH_NONE where there is none. */
static int32_t catch_among(const struct step *step, struct graph_links nodes, bool starts, const struct thrown *thrown)
{
	for (int exactly = 1; exactly >= 0; exactly--)
		for (int32_t i = 0; i < nodes.count; i++) {
			int32_t node = step->graph->links[nodes.first + i];
			int32_t event = starts ? step->graph->nodes[node].start : node;
			if (catch_matches(step, event, thrown, exactly))
				return event;
		}
	return GRAPH_NONE;
}

static struct catch catch_on_boundary(const struct step *step, int32_t host, const struct thrown *thrown)
{
	int32_t event = catch_among(step, step_node(step, host)->boundary, false, thrown);
	return (struct catch){
		.place = event == GRAPH_NONE ? CAUGHT_NOWHERE : CAUGHT_ON_BOUNDARY, .event = event, .host = host};
}

static struct catch catch_in_scope(const struct step *step, int64_t scope_id, const struct thrown *thrown)
{
	int32_t scope = scope_id == 0 ? GRAPH_NONE : token_slot(step, scope_id);
	struct graph_links inside =
		scope == GRAPH_NONE ? step->graph->event_sub_processes : step_node(step, scope)->event_sub_processes;
	int32_t event = catch_among(step, inside, true, thrown);
	return (struct catch){
		.place = event == GRAPH_NONE ? CAUGHT_NOWHERE : CAUGHT_IN_SCOPE, .event = event, .scope_id = scope_id};
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

static void catch_set_variables(struct step *step, int32_t slot, int32_t node, const struct thrown *thrown, bool local)
{
	const struct graph_event *event = graph_event(step->graph, node);
	catch_set_text(step, slot, event->code_variable, thrown->code, local);
	catch_set_text(step, slot, event->message_variable, thrown->message, local);
}

/* The boundary event gets its token before its activity ends, so that the scope never looks empty. */
static void catch_take_over(struct step *step, const struct catch *found, const struct thrown *thrown)
{
	bool interrupting = step->graph->nodes[found->event].interrupting;
	bool error = thrown->kind == EVENT_ERROR;
	if (found->place == CAUGHT_IN_SCOPE) {
		int32_t slot = scope_begin_event_sub_process(step, step->graph->nodes[found->event].scope, found->scope_id);
		catch_set_variables(step, slot, found->event, thrown, true);
		return;
	}
	int32_t slot = token_create(step, found->event, step_token(step, found->host)->scope_id, GRAPH_NONE);
	catch_set_variables(step, slot, found->event, thrown, false);
	if (interrupting)
		token_end(step, found->host, error ? ACTIVITY_ERROR : ACTIVITY_CANCELED, error ? thrown->code : STR(""));
}

static void throw_uncaught(struct step *step, const struct thrown *error)
{
	instance_text_set(&step->instance->error_code, error->code);
	instance_text_set(&step->instance->end_reason, error->message);
	step_end_instance(step, INSTANCE_FAILED);
}

void throw_error(struct step *step, int32_t slot, const struct thrown *error)
{
	struct catch found = catch_find(step, slot, error);
	bool is_event = step_node(step, slot)->kind == NODE_END_EVENT;
	bool by_itself = found.place == CAUGHT_ON_BOUNDARY && found.host == slot;
	if (!by_itself)
		token_finish(step, slot, is_event ? ACTIVITY_COMPLETED : ACTIVITY_ERROR, is_event ? STR("") : error->code);
	if (found.place == CAUGHT_NOWHERE)
		throw_uncaught(step, error);
	else
		catch_take_over(step, &found, error);
}

bool throw_escalation(struct step *step, int32_t slot, const struct thrown *escalation)
{
	struct catch found = catch_find(step, slot, escalation);
	if (found.place == CAUGHT_NOWHERE)
		return true;
	bool interrupting = step->graph->nodes[found.event].interrupting;
	if (interrupting)
		token_finish(step, slot, ACTIVITY_COMPLETED, STR(""));
	catch_take_over(step, &found, escalation);
	return !interrupting;
}

static void scope_disarm(struct step *step, int64_t scope_id)
{
	for (size_t i = 0; i < step->instance->jobs.len; i++) {
		struct job *job = &step->instance->jobs.items[i];
		if (job->token_id == scope_id && row_alive(job->mark) && step->graph->nodes[job->node].kind == NODE_START_EVENT)
			job_end(job);
	}
}

int32_t scope_begin_event_sub_process(struct step *step, int32_t node, int64_t scope_id)
{
	const struct graph_node *start = &step->graph->nodes[step->graph->nodes[node].start];
	if (start->interrupting) {
		scope_disarm(step, scope_id);
		token_cancel_scope(step, scope_id, 0);
	}
	return token_create(step, node, scope_id, GRAPH_NONE);
}
