/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages and signals that are thrown (10.5.1). Both go out as durable rows, which a later batch brings to others: a
 * message to the one that it correlates with, a signal to all. A signal reaches its own tree at once.
 *
 * All that a node throws is evaluated before the first of it goes out, so that a retry throws nothing twice.
 */
#include "config.h"

#include "engine/event.h"

#include <stdlib.h>

#include "base/buf.h"
#include "engine/mapping.h"

/* What the event takes along; texts live as long as the batch. */
static bool send_payload(
	struct step *step, int32_t slot, const struct graph_event *event, struct str *out, struct err *err)
{
	struct buf json;
	if (event->payload.count == 0 && !event->all_payload)
		return true;
	buf_init(&json, EXPR_MEMORY_MAX);
	bool good = mapping_object(step, slot, &event->payload, event->all_payload, &json, err);
	if (good && json.overflow)
		good = err_set(err, ERR_CONFLICT, "what is sent along is too large");
	if (good && !str_equal_c(buf_str(&json), "{}"))
		*out = arena_str(step->context->effects->arena, buf_str(&json));
	buf_free(&json);
	return good;
}

static bool send_expiry(struct step *step, int32_t slot, const struct graph_event *event, int64_t *out, struct err *err)
{
	int64_t until = 0;
	if (event->ttl && !step_evaluate_time(step, slot, event->ttl, &until, err))
		return false;
	*out = until > step->context->now ? until : step->context->now;
	return true;
}

/* Without an id yet. */
static bool send_prepare(
	struct step *step, int32_t slot, const struct graph_event *event, struct outgoing_row *row, struct err *err)
{
	const struct instance *instance = step->instance;
	struct arena *arena = step->context->effects->arena;
	bool message = event->kind == EVENT_MESSAGE;
	*row = (struct outgoing_row){
		.root_id = instance->root_id,
		.instance_id = instance->id,
		.definition_id = instance->definition_id,
		.at = step->context->now,
		.node = step_token(step, slot)->node,
		.kind = message ? SUBSCRIPTION_MESSAGE : SUBSCRIPTION_SIGNAL,
		.tenant = instance->tenant,
		.business_key = message ? instance->business_key : STR(""),
	};
	environment_tidy(step);
	if (!event_name(step, slot, event, &row->name, err))
		return false;
	row->name = arena_str(arena, row->name);
	if (!event_correlation(step, slot, event, &row->correlation, err))
		return false;
	row->correlation = arena_str(arena, row->correlation);
	return send_expiry(step, slot, event, &row->expires_at, err) &&
	       send_payload(step, slot, event, &row->variables, err);
}

/* The row's own texts, as a command would bring them. */
static void send_to_tree(struct step *step, const struct outgoing_row *row)
{
	struct variables payload = {0};
	VEC(struct command_variable) variables = {0};
	if (row->variables.len == 0 || variables_from_json(&payload, row->variables, NULL))
		for (size_t i = 0; i < payload.list.len; i++)
			vec_add(&variables, ((struct command_variable){payload.list.items[i].name, payload.list.items[i].json}));
	event_signal_tree(step, row->name, variables.items, variables.len);
	vec_free(&variables);
	variables_free(&payload);
}

static void send_publish(struct step *step, const struct outgoing_row *row)
{
	struct outgoing_row *out = vec_push(&step->context->effects->outgoing);
	*out = *row;
	out->id = step_take_id(step);
	if (row->kind == SUBSCRIPTION_SIGNAL)
		send_to_tree(step, row);
}

bool event_send(struct step *step, int32_t slot, const struct graph_event *event, struct err *err)
{
	struct outgoing_row row;
	if (!send_prepare(step, slot, event, &row, err))
		return false;
	send_publish(step, &row);
	return true;
}

static bool send_is_sent(const struct graph_event *event)
{
	return event->kind == EVENT_MESSAGE || event->kind == EVENT_SIGNAL;
}

typedef VEC(struct outgoing_row) send_list;

static bool send_prepare_all(struct step *step, int32_t slot, send_list *rows, struct err *err)
{
	const struct graph_node *node = step_node(step, slot);
	for (int32_t i = 0; i < node->event_count; i++) {
		const struct graph_event *event = &step->graph->events[node->event + i];
		if (send_is_sent(event) && !send_prepare(step, slot, event, vec_push(rows), err))
			return false;
	}
	return true;
}

/* False: the token has ended. */
static bool send_throw_all(struct step *step, int32_t slot, const send_list *rows)
{
	const struct graph_node *node = step_node(step, slot);
	const struct graph *graph = step->graph;
	int64_t id = step_token(step, slot)->id;
	size_t next = 0;
	for (int32_t i = 0; i < node->event_count; i++) {
		const struct graph_event *event = &graph->events[node->event + i];
		if (send_is_sent(event))
			send_publish(step, &rows->items[next++]);
		if (event->kind == EVENT_ESCALATION &&
			!throw_escalation(step, slot, &(struct thrown){.kind = EVENT_ESCALATION, .code = event->code}))
			return false;
		if (!token_is_there(step, slot, id))
			return false;
	}
	return true;
}

bool event_throw(struct step *step, int32_t slot)
{
	send_list rows = {0};
	struct err err = {0};
	bool goes_on = false;
	if (send_prepare_all(step, slot, &rows, &err))
		goes_on = send_throw_all(step, slot, &rows);
	else
		step_fail_entering(step, slot, event_incident_type(&err), &err);
	vec_free(&rows);
	return goes_on;
}
