/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations on many instances: stored and answered at once, done in the background, looked at meanwhile.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>

#include "api/change.h"
#include "base/iso8601.h"
#include "base/json.h"
#include "engine/record.h"

#define OPERATION_ITEMS_MAX 100000

struct operation_body {
	struct str type;
	struct body_ids instances;
	json_t *query;
	struct str reason;
	json_t *instructions;
	struct body_variables variables;
	json_t *mappings;
	struct change_target target;
	bool initial;
};

static const struct body_field operation_fields[] = {
	{.name = "type", .type = BODY_NAME, .required = true, .at = offsetof(struct operation_body, type)},
	{.name = "instances",
		.type = BODY_IDS,
		.max = OPERATION_ITEMS_MAX,
		.at = offsetof(struct operation_body, instances)},
	{.name = "query", .type = BODY_OBJECT, .at = offsetof(struct operation_body, query)},
	{.name = "reason", .type = BODY_TEXT, .max = CHANGE_REASON_MAX, .at = offsetof(struct operation_body, reason)},
	{.name = "instructions",
		.type = BODY_LIST,
		.max = INSTRUCTIONS_MAX,
		.at = offsetof(struct operation_body, instructions)},
	{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct operation_body, variables)},
	{.name = "mappings", .type = BODY_LIST, .max = MAPPINGS_MAX, .at = offsetof(struct operation_body, mappings)},
	{.name = "definitionKey", .type = BODY_NAME, .at = offsetof(struct operation_body, target.definition_key)},
	{.name = "definitionId", .type = BODY_ID, .at = offsetof(struct operation_body, target.definition_id)},
	{.name = "version",
		.type = BODY_INT,
		.min = 1,
		.max = INT32_MAX,
		.at = offsetof(struct operation_body, target.version)},
	{.name = "initialVariables", .type = BODY_BOOL, .at = offsetof(struct operation_body, initial)},
};

/* ---- what is asked for ---- */

/* Which members belong to which type of operations. */
static const char *operation_problem(const struct call *call, const struct operation_body *body, enum command_kind kind)
{
	bool modifies = kind == COMMAND_MODIFY, migrates = kind == COMMAND_MIGRATE, starts = kind == COMMAND_START;
	bool has_target = body->target.definition_id != 0 || body->target.definition_key.len > 0 ||
	                  body->target.version != 0 || body->mappings;
	if ((body->instances.items != NULL) == (body->query != NULL))
		return "one of instances and query is needed";
	if (modifies && !body->instructions)
		return "instructions are needed";
	if (body->instructions && !modifies && !starts)
		return "instructions are for modify and restart";
	if (body->variables.count > 0 && !modifies && !starts)
		return "variables are for modify and restart";
	if (has_target && !migrates)
		return "definitionKey, definitionId, version and mappings are for migrate";
	if (body->initial && !starts)
		return "initialVariables are for restart";
	if (call->work.dry_run && !modifies && !migrates)
		return "a dry run is for modify and migrate";
	return NULL;
}

static bool operation_is_sound(struct call *call, const struct operation_body *body, enum command_kind *kind)
{
	const char *problem = operation_command(body->type, kind)
	                          ? operation_problem(call, body, *kind)
	                          : "type is one of cancel, suspend, resume, modify, migrate and restart";
	if (problem)
		call_refuse(call, ERR_INVALID, "%s", problem);
	return !problem && (*kind != COMMAND_MIGRATE || change_target_is_sound(call, &body->target));
}

struct query_body {
	struct str definition_key;
	int64_t definition_id;
	struct str status;
	struct str business_key;
	int64_t started_before;
	int64_t started_after;
};

static bool query_status(struct str name, int16_t *out)
{
	*out = 0;
#define X(status, value, text) \
	if (str_equal_c(name, text)) \
		*out = (value);
	INSTANCE_STATUS_LIST(X)
#undef X
	return name.len == 0 || *out != 0;
}

/* False: the call has been answered. A query without a condition would mean everything there is. */
static bool query_read(struct call *call, json_t *json, struct db_operation_filter *filter)
{
	static const struct body_field fields[] = {
		{.name = "definitionKey", .type = BODY_NAME, .at = offsetof(struct query_body, definition_key)},
		{.name = "definitionId", .type = BODY_ID, .at = offsetof(struct query_body, definition_id)},
		{.name = "status", .type = BODY_NAME, .at = offsetof(struct query_body, status)},
		{.name = "businessKey", .type = BODY_NAME, .at = offsetof(struct query_body, business_key)},
		{.name = "startedBefore", .type = BODY_TIME, .at = offsetof(struct query_body, started_before)},
		{.name = "startedAfter", .type = BODY_TIME, .at = offsetof(struct query_body, started_after)},
	};
	struct query_body body = {0};
	if (!json)
		return true;
	if (!call_body_item(call, json, "/query", fields, sizeof fields / sizeof *fields, &body))
		return false;
	if (json_object_size(json) == 0 || !query_status(body.status, &filter->status)) {
		call_refuse(call, ERR_INVALID,
			json_object_size(json) == 0 ? "the query has no condition" : "query.status is not a status of instances");
		return false;
	}
	filter->definition_key = body.definition_key;
	filter->definition_id = body.definition_id;
	filter->business_key = body.business_key;
	filter->started_before = body.started_before;
	filter->started_after = body.started_after;
	return true;
}

/* ---- creating ---- */

static void operation_render(struct work *work)
{
	struct call *call = work->context;
	const struct db_operation *operation = &work->operation.operation;
	struct buf *body = call_buf(call);
	if (work->result > OPERATION_ITEMS_MAX) {
		err_set(&work->err, ERR_TOO_LARGE, "more than %d instances: narrow the query", OPERATION_ITEMS_MAX);
		return;
	}
	json_object_begin(body);
	json_member_id(body, "id", operation->id);
	json_member_str(body, "type", operation->type);
	json_member_c(body, "status", work->result > 0 ? "running" : "completed");
	json_member_bool(body, "dryRun", operation->dry_run);
	json_member_int(body, "total", work->result);
	json_member_int(body, "done", 0);
	json_member_int(body, "failed", 0);
	json_member_text(body, "reason", operation->reason);
	json_member_time(body, "createdAt", operation->at);
	json_member_str(body, "createdBy", operation->by);
	json_member_time(body, "endedAt", work->result > 0 ? 0 : operation->at);
	json_object_end(body);
	work->answer = (struct answer){
		.status = 202,
		.location = arena_printf(call->arena, "/v1/operations/%" PRId64, operation->id),
		.body = buf_str(body),
	};
}

/* The lists of the body as the commands will have them. NULL: the call has been answered. */
static const struct buf *operation_input(struct call *call, const struct operation_body *body, enum command_kind kind)
{
	struct buf *json = call_buf(call);
	struct migration migration = {.mappings = change_read_mappings(call, body->mappings)};
	if (!migration.mappings)
		return NULL;
	migration.mapping_count = json_array_size(body->mappings);
	struct command command = {
		.kind = kind,
		.variables = body->variables.items,
		.variable_count = body->variables.count,
		.modifications = change_read_instructions(call, body->instructions),
		.modification_count = json_array_size(body->instructions),
		.migration = kind == COMMAND_MIGRATE ? &migration : NULL,
	};
	if (!command.modifications)
		return NULL;
	record_write(json, &command);
	return json;
}

void handle_create_operation(struct call *call)
{
	struct operation_body body = {0};
	enum command_kind kind;
	struct db_new_operation *fresh = &call->work.operation;
	if (!call_body(call, operation_fields, sizeof operation_fields / sizeof *operation_fields, &body) ||
		!operation_is_sound(call, &body, &kind) || !query_read(call, body.query, &fresh->filter))
		return;
	const struct buf *input = operation_input(call, &body, kind);
	if (!input)
		return;
	fresh->operation = (struct db_operation){
		.type = body.type,
		.tenant = call->viewer.tenant,
		.by = call->actor.user,
		.reason = body.reason,
		.trace = call_trace_id(call),
		.input = buf_str(input),
		.definition_id = body.target.definition_id,
		.definition_key = body.target.definition_key,
		.definition_version = (int32_t)body.target.version,
		.may_administer = call->actor.may_administer,
		.dry_run = call->work.dry_run,
		.initial_variables = body.initial,
	};
	fresh->ids = body.instances.items;
	fresh->id_count = body.instances.count;
	fresh->max = OPERATION_ITEMS_MAX;
	fresh->filter.all_tenants = call->viewer.sees_all && call->viewer.tenant.len == 0;
	fresh->filter.roots_only = kind != COMMAND_MODIFY && kind != COMMAND_MIGRATE;
	fresh->filter.ended_too = kind == COMMAND_START;
	call->work.kind = WORK_OPERATION;
	call->work.dry_run = false; /* the operation is stored all the same */
	call_submit(call, operation_render);
}

/* ---- looking and stopping ---- */

void handle_list_operations(struct call *call)
{
	struct db_page page = call_query_page(call, "operations");
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else
		call_reading(call, db_read_operations(call_reader(call), &page, call->viewer.tenant, call_on_read, call));
}

void handle_get_operation(struct call *call)
{
	call_reading(call, db_read_operation(call_reader(call), call->id, call->viewer.tenant, call_on_read, call));
}

void handle_list_operation_items(struct call *call)
{
	static const char *const states[] = {"pending", "done", "failed", "canceled"};
	struct db_page page = call_query_page(call, "items");
	struct str status = call_query_text(call, "status");
	bool known = !status.ptr;
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		known |= str_equal_c(status, states[i]);
	if (!known)
		err_set(&call->err, ERR_BAD_REQUEST, "the query parameter status is not a status of items");
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else
		call_reading(call, db_read_operation_items(
							   call_reader(call), &page, call->id, call->viewer.tenant, status, call_on_read, call));
}

static void operation_canceled(struct work *work)
{
	if (work->result == 1)
		err_set(&work->err, ERR_NOT_FOUND, "there is no such thing, or it is not yours to see");
	else if (work->result != 0)
		err_set(&work->err, ERR_GONE, "the operation has ended already");
	else
		work->answer = (struct answer){.status = 200, .body = STR("{}")};
}

static void operation_cancel_done(struct work *work)
{
	struct call *call = work->context;
	if (work->err.code != ERR_NONE)
		call_fail(call, &work->err);
	else
		handle_get_operation(call);
}

void handle_cancel_operation(struct call *call)
{
	call->work.kind = WORK_CANCEL_OPERATION;
	call->work.target_id = call->id;
	call->work.operation.operation.tenant = call->viewer.tenant;
	call->work.done = operation_cancel_done;
	call_submit(call, operation_canceled);
}
