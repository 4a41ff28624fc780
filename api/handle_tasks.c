/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks for people. Whether somebody may act on a task is the engine's answer; a list shows what its reader may see.
 */
#include "config.h"

#include "api/handlers.h"

#include "api/call.h"
#include "api/instance_json.h"
#include "base/json.h"

#define COMMENT_MAX 10000

/* ---- acting ---- */

/* The task as the step has left it: ended ones stay in their instance's rows until the commit. */
static const struct task *task_after(const struct work_item *item)
{
	const struct instance *instance = item->instance;
	for (size_t i = 0; i < instance->tasks.len; i++) {
		const struct task *task = &instance->tasks.items[i];
		if (task->id == item->command.subject_id && task->mark != ROW_FREE)
			return task;
	}
	return NULL;
}

static void task_write(struct call *call, const struct work_item *item, struct buf *body)
{
	const struct instance *instance = item->instance;
	const struct task *task = task_after(item);
	if (task) {
		task_json_begin(body, instance, task, &call->actor);
		if (row_alive(task->mark))
			call->work.answer.etag = call_etag(call, task->version);
	} else {
		json_object_begin(body);
		json_member_id(body, "id", item->command.subject_id);
	}
	json_member(body, "instance");
	instance_json(body, instance, call_definition_version(call, instance));
	json_member(body, "tasks");
	task_json_list(body, instance, &call->actor);
	json_object_end(body);
}

static struct work_item *task_command(struct call *call, enum command_kind kind)
{
	struct work_item *item = call_steps(call, kind, 1);
	item->command.subject_id = call->id;
	item->command.expected_version = call->expected;
	return item;
}

/* Claim and release say nothing in their body. */
static void task_plain_command(struct call *call, enum command_kind kind)
{
	if (!call_body(call, NULL, 0, NULL))
		return;
	task_command(call, kind);
	call_submit_step(call, 200, task_write);
}

void handle_claim_task(struct call *call)
{
	task_plain_command(call, COMMAND_TASK_CLAIM);
}

void handle_release_task(struct call *call)
{
	task_plain_command(call, COMMAND_TASK_RELEASE);
}

struct assign_body {
	struct str assignee;
};

void handle_assign_task(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "assignee", .type = BODY_NAME, .required = true, .at = offsetof(struct assign_body, assignee)},
	};
	struct assign_body body = {0};
	if (!call_body(call, fields, 1, &body))
		return;
	task_command(call, COMMAND_TASK_ASSIGN)->command.text = body.assignee;
	call_submit_step(call, 200, task_write);
}

struct comment_body {
	struct str comment;
};

void handle_comment_task(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "comment", .type = BODY_TEXT, .required = true, .min = 1, .max = COMMENT_MAX,
			.at = offsetof(struct comment_body, comment)},
	};
	struct comment_body body = {0};
	if (!call_body(call, fields, 1, &body))
		return;
	task_command(call, COMMAND_TASK_COMMENT)->command.text = body.comment;
	call_submit_step(call, 200, task_write);
}

struct complete_body {
	struct body_variables variables;
	struct str outcome;
	struct str comment;
};

static const struct body_field complete_fields[] = {
	{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct complete_body, variables)},
	{.name = "outcome", .type = BODY_NAME, .at = offsetof(struct complete_body, outcome)},
	{.name = "comment", .type = BODY_TEXT, .max = COMMENT_MAX, .at = offsetof(struct complete_body, comment)},
};

/* An outcome is the variable `outcome`, behind the others: so that conditions can ask for it. */
static void complete_add_outcome(struct call *call, struct complete_body *body)
{
	if (body->outcome.len == 0)
		return;
	struct command_variable *all = arena_array(call->arena, body->variables.count + 1, sizeof *all);
	for (size_t i = 0; i < body->variables.count; i++)
		all[i] = body->variables.items[i];
	struct buf *json = call_buf(call);
	json_emit_str(json, body->outcome);
	all[body->variables.count] = (struct command_variable){.name = STR("outcome"), .json = buf_str(json)};
	body->variables = (struct body_variables){.items = all, .count = body->variables.count + 1};
}

void handle_complete_task(struct call *call)
{
	struct complete_body body = {0};
	if (!call_body(call, complete_fields, sizeof complete_fields / sizeof *complete_fields, &body))
		return;
	complete_add_outcome(call, &body);
	struct work_item *item = task_command(call, COMMAND_TASK_COMPLETE);
	item->command.variables = body.variables.items;
	item->command.variable_count = body.variables.count;
	item->command.text = body.comment;
	call_submit_step(call, 200, task_write);
}

/* ---- reading ---- */

/* The body of a read as JSON; NULL when the call has been answered. */
static json_t *task_parse(struct call *call, const struct db_read_result *result)
{
	struct err err = {0};
	if (!call_read_usable(call, result))
		return NULL;
	json_t *read = json_parse(result->body, &err);
	if (!read)
		call_fail(call, &err);
	return read;
}

static void task_on_read(void *context, const struct db_read_result *result)
{
	struct call *call = context;
	json_t *read = task_parse(call, result);
	if (!read)
		return;
	struct buf *body = call_buf(call);
	task_json_begin_read(body, json_object_get(read, "task"), &call->actor);
	json_member(body, "completedBy");
	json_emit_value(body, json_object_get(read, "completedBy"));
	json_member(body, "formDefinition");
	json_emit_value(body, json_object_get(read, "formDefinition"));
	json_member(body, "comments");
	json_emit_value(body, json_object_get(read, "comments"));
	json_member_raw(body, "variables", call_compact(call, result->variables));
	json_object_end(body);
	json_decref(read);
	call_answer(call, &(struct answer){
		.status = 200,
		.etag = result->version > 0 ? call_etag(call, result->version) : (struct str){0},
		.body = buf_str(body),
	});
}

void handle_get_task(struct call *call)
{
	call_reading(call, db_read_task(call_reader(call), call->id, &call->viewer, task_on_read, call));
}

static void tasks_on_read(void *context, const struct db_read_result *result)
{
	struct call *call = context;
	json_t *read = task_parse(call, result);
	if (!read)
		return;
	struct buf *body = call_buf(call);
	size_t i;
	json_t *task;
	const json_t *count = json_object_get(read, "count");
	json_object_begin(body);
	json_member(body, "items");
	json_array_begin(body);
	json_array_foreach(json_object_get(read, "items"), i, task) {
		json_next(body);
		task_json_begin_read(body, task, &call->actor);
		json_object_end(body);
	}
	json_array_end(body);
	json_member(body, "nextCursor");
	json_emit_value(body, json_object_get(read, "nextCursor"));
	if (count)
		json_member_int(body, "count", json_integer_value(count));
	json_object_end(body);
	json_decref(read);
	call_answer_json(call, 200, buf_str(body));
}

struct task_order {
	const char *tag;   /* of the cursors; "-" behind it: descending */
	struct str sort;
	bool descending;
};

static const struct task_order *tasks_order(struct call *call)
{
	static const struct task_order orders[] = {
		{.tag = "created", .sort = STR_INIT("created")},
		{.tag = "created-", .sort = STR_INIT("created"), .descending = true},
		{.tag = "due", .sort = STR_INIT("due")},
		{.tag = "due-", .sort = STR_INIT("due"), .descending = true},
		{.tag = "priority", .sort = STR_INIT("priority")},
		{.tag = "priority-", .sort = STR_INIT("priority"), .descending = true},
	};
	struct str word = call_query_text(call, "sort");
	if (!word.ptr)
		return &orders[0];
	bool descending = str_starts_with(word, STR("-"));
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		if (orders[i].descending == descending && str_equal(str_slice(word, descending, word.len), orders[i].sort))
			return &orders[i];
	}
	err_set(&call->err, ERR_BAD_REQUEST,
		"the query parameter sort is not one of created, due and priority, with or without -");
	return &orders[0];
}

static struct str tasks_assignee(struct call *call)
{
	struct str text = call_query_text(call, "assignee");
	return str_equal(text, STR("me")) ? call->viewer.user : text;
}

static bool tasks_claimable(struct call *call)
{
	struct str text = call_query_text(call, "candidate");
	if (text.ptr && !str_equal(text, STR("me")))
		err_set(&call->err, ERR_BAD_REQUEST, "the query parameter candidate is not me");
	return text.ptr != NULL;
}

void handle_list_tasks(struct call *call)
{
	const struct task_order *order = tasks_order(call);
	struct db_page page = call_query_page(call, order->tag);
	struct db_task_filter filter = {
		.assignee = tasks_assignee(call),
		.claimable = tasks_claimable(call),
		.definition_key = call_query_text(call, "definitionKey"),
		.instance_id = call_query_id(call, "instanceId"),
		.due_before = call_query_time(call, "dueBefore"),
		.has_priority = call_query_text(call, "priority.gte").ptr != NULL,
		.priority_from = (int32_t)call_query_int(call, "priority.gte", INT32_MIN, INT32_MAX, 0),
		.sort = order->sort,
		.descending = order->descending,
	};
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else
		call_reading(call, db_read_tasks(call_reader(call), &page, &call->viewer, &filter, tasks_on_read, call));
}
