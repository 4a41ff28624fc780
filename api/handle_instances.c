/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances: starting them, one or many, what is done to a whole one, and everything that can be read of them.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>

#include "api/call.h"
#include "api/change.h"
#include "api/instance_json.h"
#include "api/problem.h"
#include "base/json.h"

#define INSTANCES_BATCH_MAX 1000
#define INSTANCES_FILTERS_MAX 16
#define REASON_MAX 4000

/* ---- starting ---- */

struct start_body {
	struct str definition_key;
	int64_t definition_id;
	int64_t version;
	struct str business_key;
	struct str tenant;
	struct body_variables variables;
};

static const struct body_field start_fields[] = {
	{.name = "definitionKey", .type = BODY_NAME, .at = offsetof(struct start_body, definition_key)},
	{.name = "definitionId", .type = BODY_ID, .at = offsetof(struct start_body, definition_id)},
	{.name = "version", .type = BODY_INT, .min = 1, .max = INT32_MAX, .at = offsetof(struct start_body, version)},
	{.name = "businessKey", .type = BODY_NAME, .at = offsetof(struct start_body, business_key)},
	{.name = "tenant", .type = BODY_NAME, .at = offsetof(struct start_body, tenant)},
	{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct start_body, variables)},
};

#define START_FIELDS (sizeof start_fields / sizeof *start_fields)

/* One of key and id; nobody starts what belongs to another tenant. */
static bool start_is_sound(struct call *call, const struct start_body *body, const char *place)
{
	struct str own = call->viewer.tenant;
	bool by_key = body->definition_key.len > 0, by_id = body->definition_id != 0;
	if (by_key == by_id)
		err_set(&call->err, ERR_INVALID, "one of definitionKey and definitionId is needed");
	else if (by_id && body->version != 0)
		err_set(&call->err, ERR_INVALID, "a version goes with a definitionKey");
	else if (own.len > 0 && body->tenant.len > 0 && !str_equal(own, body->tenant))
		err_set(&call->err, ERR_FORBIDDEN, "the token belongs to another tenant");
	if (call->err.code == ERR_NONE)
		return true;
	err_in(&call->err, place);
	call_fail(call, &call->err);
	return false;
}

static void start_fill(struct work_item *item, const struct start_body *body)
{
	item->definition_key = body->definition_key;
	item->definition_id = body->definition_id;
	item->version = (int32_t)body->version;
	item->business_key = body->business_key;
	if (body->tenant.len > 0)
		item->tenant = body->tenant;
	item->command.variables = body->variables.items;
	item->command.variable_count = body->variables.count;
}

static void start_write_instance(struct call *call, const struct work_item *item, struct buf *body)
{
	instance_json_begin(body, item->instance, call_definition_version(call, item->instance));
	json_member(body, "tasks");
	task_json_list(body, item->instance, &call->actor);
	json_object_end(body);
}

void start_write(struct call *call, const struct work_item *item, struct buf *body)
{
	start_write_instance(call, item, body);
	call->work.answer.etag = call_instance_etag(call, item->instance);
	call->work.answer.location = arena_printf(call->arena, "/v1/instances/%" PRId64, item->instance->id);
}

void handle_start_instance(struct call *call)
{
	struct start_body body = {0};
	if (!call_body(call, start_fields, START_FIELDS, &body) || !start_is_sound(call, &body, ""))
		return;
	start_fill(call_steps(call, COMMAND_START, 1), &body);
	call_submit_step(call, 201, start_write);
}

struct items_body {
	json_t *items;
};

static void start_write_item(struct call *call, const struct work_item *item, struct buf *body)
{
	json_object_begin(body);
	json_member_int(body, "status", item->err.code == ERR_NONE ? 201 : err_status(item->err.code));
	if (item->err.code == ERR_NONE) {
		json_member(body, "instance");
		start_write_instance(call, item, body);
	} else {
		json_member_raw(body, "problem", call_problem(call, &item->err).body);
	}
	json_object_end(body);
}

static void start_render_batch(struct work *work)
{
	struct call *call = work->context;
	struct buf *body = call_buf(call);
	json_object_begin(body);
	json_member(body, "items");
	json_array_begin(body);
	for (size_t i = 0; i < work->item_count; i++) {
		json_next(body);
		start_write_item(call, &work->items[i], body);
	}
	json_array_end(body);
	json_object_end(body);
	work->answer = (struct answer){.status = 200, .body = buf_str(body)};
}

void handle_start_instances(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "items",
			.type = BODY_LIST,
			.required = true,
			.max = INSTANCES_BATCH_MAX,
			.at = offsetof(struct items_body, items)},
	};
	struct items_body list = {0};
	if (!call_body(call, fields, 1, &list))
		return;
	size_t count = json_array_size(list.items);
	struct work_item *items = call_steps(call, COMMAND_START, count);
	call->work.per_item = true;
	for (size_t i = 0; i < count; i++) {
		struct start_body body = {0};
		const char *place = arena_printf(call->arena, "/items/%zu", i).ptr;
		if (!call_body_item(call, json_array_get(list.items, i), place, start_fields, START_FIELDS, &body)
			|| !start_is_sound(call, &body, place))
			return;
		start_fill(&items[i], &body);
	}
	call_submit(call, start_render_batch);
}

/* ---- done to a whole instance ---- */

struct reason_body {
	struct str reason;
};

/* Commands of which all that can be said is why. */
static void instance_command_with_reason(struct call *call, enum command_kind kind)
{
	static const struct body_field fields[] = {
		{.name = "reason", .type = BODY_TEXT, .max = REASON_MAX, .at = offsetof(struct reason_body, reason)},
	};
	struct reason_body body = {0};
	if (!call_body(call, fields, 1, &body))
		return;
	call_instance_command(call, kind)->command.text = body.reason;
	call_submit_step(call, 200, call_write_instance);
}

void handle_cancel_instance(struct call *call)
{
	instance_command_with_reason(call, COMMAND_CANCEL);
}

void handle_suspend_instance(struct call *call)
{
	instance_command_with_reason(call, COMMAND_SUSPEND);
}

void handle_resume_instance(struct call *call)
{
	instance_command_with_reason(call, COMMAND_RESUME);
}

static void variables_write(struct call *call, const struct work_item *item, struct buf *body)
{
	variables_to_json(body, &item->instance->variables);
	call->work.answer.etag = call_instance_etag(call, item->instance);
}

/* The body is a JSON merge patch of the process's variables (RFC 7396). */
void handle_set_variables(struct call *call)
{
	struct body_reader reader = {.arena = call->arena, .err = &call->err, .variables_left = call->variables_left};
	struct body_variables variables = {0};
	if (!body_read_variables(&reader, call->body, "", &variables)) {
		call_fail(call, &call->err);
		return;
	}
	struct work_item *item = call_instance_command(call, COMMAND_SET_VARIABLES);
	item->command.variables = variables.items;
	item->command.variable_count = variables.count;
	call_submit_step(call, 200, variables_write);
}

/* ---- lists ---- */

static int16_t instances_status(struct call *call)
{
	struct str text = call_query_text(call, "status");
	if (!text.ptr)
		return 0;
#define X(name, value, word) \
	if (str_equal_c(text, word)) \
		return (value);
	INSTANCE_STATUS_LIST(X)
#undef X
	err_set(&call->err, ERR_BAD_REQUEST, "the query parameter status is not a status of instances");
	return 0;
}

/* "variable.NAME" or "variable.NAME.gt": the last part is an operator where it is one of the six words. */
static struct db_variable_filter instances_filter_name(struct str parameter)
{
	static const struct str operators[] = {
		STR_INIT(".eq"), STR_INIT(".ne"), STR_INIT(".gt"), STR_INIT(".gte"), STR_INIT(".lt"), STR_INIT(".lte"),
	};
	struct str name = str_slice(parameter, sizeof "variable." - 1, parameter.len);
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		if (name.len > operators[i].len && str_ends_with(name, operators[i]))
			return (struct db_variable_filter){
				.name = str_slice(name, 0, name.len - operators[i].len),
				.operator = str_slice(operators[i], 1, operators[i].len),
			};
	}
	return (struct db_variable_filter){.name = name, .operator = STR("eq")};
}

/* A value in the query is JSON where it reads as a number, true, false or null, else text. */
static struct str instances_filter_json(struct call *call, struct str text)
{
	json_t *value = json_parse(text, NULL);
	bool scalar = value && (json_is_number(value) || json_is_boolean(value) || json_is_null(value));
	struct buf *json = call_buf(call);
	if (scalar)
		json_emit_value(json, value);
	else
		json_emit_str(json, text);
	json_decref(value);
	return buf_str(json);
}

static void instances_filters(struct call *call, struct db_instance_filter *filter)
{
	size_t count;
	const struct http_pair *queries = http_request_queries(call->http, &count);
	struct db_variable_filter *filters = arena_array(call->arena, INSTANCES_FILTERS_MAX, sizeof *filters);
	for (size_t i = 0; i < count; i++) {
		if (!str_starts_with(queries[i].name, STR("variable.")))
			continue;
		if (filter->variable_count == INSTANCES_FILTERS_MAX) {
			err_set(&call->err, ERR_BAD_REQUEST, "more than %d variables in the query", INSTANCES_FILTERS_MAX);
			return;
		}
		struct db_variable_filter *one = &filters[filter->variable_count++];
		*one = instances_filter_name(queries[i].name);
		one->text = queries[i].value;
		one->json = instances_filter_json(call, queries[i].value);
	}
	filter->variables = filters;
}

void handle_list_instances(struct call *call)
{
	struct db_page page = call_query_page(call, "instances");
	struct db_instance_filter filter = {
		.definition_key = call_query_text(call, "definitionKey"),
		.business_key = call_query_text(call, "businessKey"),
		.status = instances_status(call),
		.started_after = call_query_time(call, "startedAfter"),
		.parent_id = call_query_id(call, "parentId"),
	};
	filter.roots_only = call_query_bool(call, "roots", filter.parent_id == 0);
	instances_filters(call, &filter);
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else
		call_reading(call, db_read_instances(call_reader(call), &page, &call->viewer, &filter, call_on_read, call));
}

/* ---- of one instance ---- */

void handle_get_instance(struct call *call)
{
	call_reading(call, db_read_instance(call_reader(call), call->id, &call->viewer, call_on_read, call));
}

void handle_get_variables(struct call *call)
{
	bool scopes = call_query_bool(call, "scopes", false);
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else if (scopes)
		call_reading(call, db_read_scoped_variables(call_reader(call), call->id, &call->viewer, call_on_read, call));
	else
		call_reading(call, db_read_variables(call_reader(call), call->id, &call->viewer, call_on_read, call));
}

void handle_get_tokens(struct call *call)
{
	call_reading(call, db_read_tokens(call_reader(call), call->id, &call->viewer, call_on_read, call));
}

void handle_get_activities(struct call *call)
{
	bool tree = call_query_bool(call, "tree", false);
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else
		call_reading(call, db_read_activities(call_reader(call), call->id, &call->viewer, tree, call_on_read, call));
}

void handle_get_flows(struct call *call)
{
	call_reading(call, db_read_flows(call_reader(call), call->id, &call->viewer, call_on_read, call));
}

void handle_get_timeline(struct call *call)
{
	call_reading(call, db_read_timeline(call_reader(call), call->id, &call->viewer, call_on_read, call));
}

void handle_get_instance_incidents(struct call *call)
{
	call_reading(call, db_read_instance_incidents(call_reader(call), call->id, &call->viewer, call_on_read, call));
}
