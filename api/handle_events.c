/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens outside and processes wait for: messages to one of them, signals to all, and changes of the world that
 * may have made conditions true.
 */
#include "config.h"

#include "api/handlers.h"

#include <stdlib.h>

#include "api/call.h"
#include "base/iso8601.h"
#include "base/json.h"

#define MESSAGE_TTL_MAX (365 * 24 * 3600 * ISO8601_SECOND)

static void event_begin_work(
	struct call *call, enum work_kind kind, struct str name, const struct body_variables *variables)
{
	call->work.kind = kind;
	call->work.event = (struct work_event){
		.name = name,
		.tenant = call->viewer.tenant,
		.actor = call->actor,
		.trace = call_trace_id(call),
		.variables = variables->items,
		.variable_count = variables->count,
	};
}

/* ---- messages ---- */

struct message_body {
	struct str name;
	struct str business_key;
	struct body_variables correlation;
	int64_t instance_id;
	struct body_variables variables;
	struct str mode;
	int64_t ttl;
};

static const struct body_field message_fields[] = {
	{.name = "name", .type = BODY_NAME, .required = true, .at = offsetof(struct message_body, name)},
	{.name = "businessKey", .type = BODY_NAME, .at = offsetof(struct message_body, business_key)},
	{.name = "correlation", .type = BODY_VARIABLES, .at = offsetof(struct message_body, correlation)},
	{.name = "instanceId", .type = BODY_ID, .at = offsetof(struct message_body, instance_id)},
	{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct message_body, variables)},
	{.name = "mode", .type = BODY_NAME, .at = offsetof(struct message_body, mode)},
	{.name = "ttl", .type = BODY_DURATION, .max = MESSAGE_TTL_MAX, .at = offsetof(struct message_body, ttl)},
};

static int message_compare_keys(const void *a, const void *b)
{
	const struct command_variable *left = a, *right = b;
	return str_compare(left->name, right->name);
}

/* As subscriptions have them: names sorted, so that equal keys are equal texts. */
static struct str message_correlation(struct call *call, const struct body_variables *keys)
{
	if (keys->count == 0)
		return STR("");
	struct command_variable *sorted = arena_copy(call->arena, keys->items, keys->count * sizeof *sorted);
	struct buf *json = call_buf(call);
	qsort(sorted, keys->count, sizeof *sorted, message_compare_keys);
	json_object_begin(json);
	for (size_t i = 0; i < keys->count; i++) {
		json_member_named(json, sorted[i].name);
		buf_add_str(json, sorted[i].json);
	}
	json_object_end(json);
	return buf_str(json);
}

static void message_render(struct work *work)
{
	struct call *call = work->context;
	struct buf *body = call_buf(call);
	json_object_begin(body);
	json_member(body, "results");
	json_array_begin(body);
	for (size_t i = 0; i < work->event.result_count; i++) {
		json_next(body);
		json_object_begin(body);
		json_member_id(body, "instanceId", work->event.results[i].instance_id);
		json_member_c(body, "kind", work->event.results[i].started ? "started" : "correlated");
		json_object_end(body);
	}
	json_array_end(body);
	json_object_end(body);
	work->answer = (struct answer){.status = 200, .body = buf_str(body)};
}

void handle_publish_message(struct call *call)
{
	struct message_body body = {.mode = STR("one")};
	if (!call_body(call, message_fields, sizeof message_fields / sizeof *message_fields, &body))
		return;
	bool for_all = str_equal_c(body.mode, "all");
	if (!for_all && !str_equal_c(body.mode, "one")) {
		err_set(&call->err, ERR_INVALID, "mode is one or all");
		err_in(&call->err, "/mode");
		call_fail(call, &call->err);
		return;
	}
	event_begin_work(call, WORK_MESSAGE, body.name, &body.variables);
	call->work.event.instance_id = body.instance_id;
	call->work.event.business_key = body.business_key;
	call->work.event.correlation = message_correlation(call, &body.correlation);
	call->work.event.for_all = for_all;
	call->work.event.ttl = body.ttl;
	call_submit(call, message_render);
}

/* ---- signals and conditions ---- */

struct signal_body {
	struct str name;
	struct body_variables variables;
};

static void signal_render(struct work *work)
{
	work->answer = (struct answer){.status = 202, .body = STR("{}")};
}

void handle_broadcast_signal(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "name", .type = BODY_NAME, .required = true, .at = offsetof(struct signal_body, name)},
		{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct signal_body, variables)},
	};
	struct signal_body body = {0};
	if (!call_body(call, fields, sizeof fields / sizeof *fields, &body))
		return;
	event_begin_work(call, WORK_SIGNAL, body.name, &body.variables);
	call_submit(call, signal_render);
}

static void conditions_render(struct work *work)
{
	struct call *call = work->context;
	struct buf *body = call_buf(call);
	json_object_begin(body);
	json_member_int(body, "waiting", work->result);
	json_object_end(body);
	work->answer = (struct answer){.status = 202, .body = buf_str(body)};
}

void handle_evaluate_conditions(struct call *call)
{
	if (!call_body(call, NULL, 0, NULL))
		return;
	event_begin_work(call, WORK_CONDITIONS, STR(""), &(struct body_variables){0});
	call_submit(call, conditions_render);
}
