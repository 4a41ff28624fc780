/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits: each definition that can come is a row of its owner, a subscription or a timer job, and the event has come
 * when its row is found. Errors, escalations and the like need none: their catchers are found in the graph.
 */
#include "config.h"

#include "engine/event.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "engine/mapping.h"

enum incident_type event_incident_type(const struct err *err)
{
	return err->code == ERR_CONFLICT ? INCIDENT_SUBSCRIPTION : INCIDENT_EXPRESSION;
}

/* ---- names and keys ---- */

bool event_name(struct step *step, int32_t slot, const struct graph_event *event, struct str *name, struct err *err)
{
	const char *kind = event->kind == EVENT_MESSAGE ? "message" : "signal";
	if (!step_evaluate_text(step, slot, event->name, name, err))
		return false;
	if (name->len == 0)
		return err_set(err, ERR_CONFLICT, "the name of the %s is empty", kind);
	if (name->len > EVENT_NAME_MAX)
		return err_set(err, ERR_CONFLICT, "the name of the %s is longer than %d bytes", kind, EVENT_NAME_MAX);
	return true;
}

static bool event_key(
	struct step *step, int32_t slot, const struct graph_assignment *key, struct variables *keys, struct err *err)
{
	struct str json;
	struct err why = {0};
	bool found;
	if (!mapping_evaluate(step, slot, key, &json, &found, &why))
		return err_set(err, why.code, "the correlation key %.*s: %s", STR_ARG(key->target), why.message);
	if (!found || str_equal_c(json, "null"))
		return err_set(err, ERR_CONFLICT, "the correlation key %.*s has no value", STR_ARG(key->target));
	variables_put(keys, key->target, json);
	return true;
}

static int event_key_order(const void *a, const void *b)
{
	const struct variable *left = a, *right = b;
	return str_compare(left->name, right->name);
}

static bool event_keys_to_json(struct step *step, struct variables *keys, struct str *out, struct err *err)
{
	struct buf json;
	buf_init(&json, EVENT_CORRELATION_MAX);
	qsort(keys->list.items, keys->list.len, sizeof *keys->list.items, event_key_order);
	variables_to_json(&json, keys);
	bool fits = !json.overflow;
	if (fits)
		*out = arena_str(step->context->scratch, buf_str(&json));
	buf_free(&json);
	return fits ||
	       err_set(err, ERR_CONFLICT, "the correlation keys are longer than %d bytes together", EVENT_CORRELATION_MAX);
}

bool event_correlation(
	struct step *step, int32_t slot, const struct graph_event *event, struct str *out, struct err *err)
{
	struct variables keys = {0};
	bool good = true;
	*out = STR("");
	for (int32_t i = 0; good && i < event->correlation.count; i++)
		good = event_key(step, slot, &event->correlation.items[i], &keys, err);
	if (good && keys.list.len > 0)
		good = event_keys_to_json(step, &keys, out, err);
	variables_free(&keys);
	return good;
}

/* ---- waits begin ---- */

static struct subscription *event_await(struct step *step, int32_t slot, int32_t event, enum subscription_kind kind)
{
	struct subscription *row = vec_push(&step->instance->subscriptions);
	row->id = step_take_id(step);
	row->token_id = slot == GRAPH_NONE ? 0 : step_token(step, slot)->id;
	row->node = step->graph->events[event].node;
	row->event = event;
	row->kind = kind;
	row->mark = ROW_NEW;
	return row;
}

static bool event_await_message(struct step *step, int32_t slot, int32_t event, struct err *err)
{
	const struct graph_event *definition = &step->graph->events[event];
	struct str name, correlation;
	if (!event_name(step, slot, definition, &name, err) ||
		!event_correlation(step, slot, definition, &correlation, err))
		return false;
	struct subscription *row = event_await(step, slot, event, SUBSCRIPTION_MESSAGE);
	instance_text_set(&row->name, name);
	instance_text_set(&row->correlation, correlation);
	return true;
}

static bool event_await_signal(struct step *step, int32_t slot, int32_t event, struct err *err)
{
	struct str name;
	if (!event_name(step, slot, &step->graph->events[event], &name, err))
		return false;
	instance_text_set(&event_await(step, slot, event, SUBSCRIPTION_SIGNAL)->name, name);
	return true;
}

static bool event_await_condition(struct step *step, int32_t slot, int32_t event, struct err *err)
{
	(void)err;
	event_await(step, slot, event, SUBSCRIPTION_CONDITION);
	return true;
}

/* Kinds without a row are NULL. */
typedef bool (*event_awaiter)(struct step *step, int32_t slot, int32_t event, struct err *err);
static const event_awaiter event_awaiters[EVENT_KIND_COUNT] = {
	[EVENT_MESSAGE] = event_await_message,
	[EVENT_TIMER] = timer_arm,
	[EVENT_SIGNAL] = event_await_signal,
	[EVENT_CONDITIONAL] = event_await_condition,
};

static bool event_subscribe(struct step *step, int32_t slot, int32_t event, struct err *err)
{
	const struct graph_event *definition = &step->graph->events[event];
	event_awaiter await = event_awaiters[definition->kind];
	environment_tidy(step);
	if (!await || await(step, slot, event, err))
		return true;
	err_in(err, arena_str_c(step->context->arena, step->graph->nodes[definition->node].id));
	return false;
}

bool event_subscribe_node(struct step *step, int32_t slot, int32_t node, int32_t but, struct err *err)
{
	const struct graph_node *row = &step->graph->nodes[node];
	for (int32_t event = row->event; event < row->event + row->event_count; event++)
		if (event != but && !event_subscribe(step, slot, event, err))
			return false;
	return true;
}

/* Begins to wait for all definitions of the event node, on behalf of the token (GRAPH_NONE: the process). A condition
 * that is true already fires before this returns: look whether the token still waits (is alive). False with err: an
 * expression failed; what was made is left to the caller to end (event_end_waits). */
static bool event_wait(struct step *step, int32_t slot, int32_t node, struct err *err)
{
	size_t first = step->instance->subscriptions.len;
	return event_subscribe_node(step, slot, node, GRAPH_NONE, err) && condition_ask_from(step, first, err);
}

bool event_wait_boundaries(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_links boundary = step_node(step, slot)->boundary;
	size_t first = step->instance->subscriptions.len;
	for (int32_t i = 0; i < boundary.count; i++)
		if (!event_subscribe_node(step, slot, step->graph->links[boundary.first + i], GRAPH_NONE, err))
			return false;
	return condition_ask_from(step, first, err);
}

bool event_wait_event_sub_processes(struct step *step, int32_t slot, struct err *err)
{
	const struct graph *graph = step->graph;
	const struct graph_links inside =
		slot == GRAPH_NONE ? graph->event_sub_processes : step_node(step, slot)->event_sub_processes;
	size_t first = step->instance->subscriptions.len;
	for (int32_t i = 0; i < inside.count; i++) {
		int32_t start = graph->nodes[graph->links[inside.first + i]].start;
		if (!event_subscribe_node(step, slot, start, GRAPH_NONE, err))
			return false;
	}
	return condition_ask_from(step, first, err);
}

/* Its state is set before a condition that is true already takes it further. */
void event_wait_here(struct step *step, int32_t slot)
{
	const struct graph_node *node = step_node(step, slot);
	bool timer = node->event_count == 1 && step->graph->events[node->event].kind == EVENT_TIMER;
	struct err err = {0};
	token_set_state(step, slot, timer ? TOKEN_TIMER : TOKEN_EVENT);
	if (!event_wait(step, slot, step_token(step, slot)->node, &err))
		step_fail_entering(step, slot, event_incident_type(&err), &err);
}

/* ---- waits end ---- */

/* Which waits of an owner: those of one node, or of one definition; GRAPH_NONE: of any. */
struct event_filter {
	int64_t token_id;
	int32_t node;
	int32_t event;
	bool starts; /* only those of event sub-processes */
};

static bool event_matches(const struct step *step, const struct event_filter *filter, int32_t node, int32_t event)
{
	return (filter->node == GRAPH_NONE || node == filter->node) &&
	       (filter->event == GRAPH_NONE || event == filter->event) &&
	       (!filter->starts || step->graph->nodes[node].kind == NODE_START_EVENT);
}

/* Walks the subscriptions that fit: the one behind `here`. */
static int32_t event_next_subscription(const struct step *step, const struct event_filter *filter, int32_t here)
{
	const struct subscription *rows = step->instance->subscriptions.items;
	do
		here = instance_next_subscription(step->instance, filter->token_id, here);
	while (here != GRAPH_NONE && !event_matches(step, filter, rows[here].node, rows[here].event));
	return here;
}

/* Work and continuations are no events. */
static int32_t event_next_timer(const struct step *step, const struct event_filter *filter, int32_t here)
{
	const struct job *rows = step->instance->jobs.items;
	do
		here = instance_next_job(step->instance, filter->token_id, here);
	while (here != GRAPH_NONE && (rows[here].kind != JOB_TIMER || rows[here].event == GRAPH_NONE ||
									 !event_matches(step, filter, rows[here].node, rows[here].event)));
	return here;
}

static void event_end_matching(struct step *step, struct event_filter filter)
{
	struct instance *instance = step->instance;
	for (int32_t i = GRAPH_NONE; (i = event_next_subscription(step, &filter, i)) != GRAPH_NONE;)
		row_end(&instance->subscriptions.items[i].mark);
	for (int32_t i = GRAPH_NONE; (i = event_next_timer(step, &filter, i)) != GRAPH_NONE;)
		job_end(&instance->jobs.items[i]);
	settle_moved_id(step, filter.token_id);
}

void event_end_waits(struct step *step, int64_t token_id)
{
	event_end_matching(step, (struct event_filter){.token_id = token_id, .node = GRAPH_NONE, .event = GRAPH_NONE});
}

void event_end_node(struct step *step, int64_t token_id, int32_t node)
{
	event_end_matching(step, (struct event_filter){.token_id = token_id, .node = node, .event = GRAPH_NONE});
}

void event_end_definition(struct step *step, int64_t token_id, int32_t event)
{
	event_end_matching(step, (struct event_filter){.token_id = token_id, .node = GRAPH_NONE, .event = event});
}

void event_end_event_sub_processes(struct step *step, int64_t scope_id)
{
	event_end_matching(
		step, (struct event_filter){.token_id = scope_id, .node = GRAPH_NONE, .event = GRAPH_NONE, .starts = true});
}

bool event_is_awaited(const struct step *step, int64_t token_id, int32_t node)
{
	const struct event_filter filter = {.token_id = token_id, .node = node, .event = GRAPH_NONE};
	return event_next_subscription(step, &filter, GRAPH_NONE) != GRAPH_NONE ||
	       event_next_timer(step, &filter, GRAPH_NONE) != GRAPH_NONE;
}
