/* SPDX-License-Identifier: Apache-2.0
 *
 * Work for machines: workers fetch jobs, at most for a time, and report what became of them.
 */
#include "config.h"

#include "api/handlers.h"

#include "api/call.h"
#include "api/instance_json.h"
#include "base/clock.h"
#include "base/iso8601.h"
#include "base/json.h"

#define JOBS_MAX 1000
#define JOBS_LOCK_DEFAULT (5 * 60 * ISO8601_SECOND)
#define JOBS_LOCK_MAX (7 * 24 * 3600 * ISO8601_SECOND)
#define JOBS_WAIT_MAX (5 * 60 * ISO8601_SECOND)
#define JOBS_RETRY_MAX (365 * 24 * 3600 * ISO8601_SECOND)
#define JOBS_RETRIES_MAX 1000
#define MESSAGE_MAX 10000

/* ---- fetching ---- */

struct activate_body {
	struct str type;
	struct str worker;
	int64_t max;
	int64_t lock_for;
	int64_t wait;
	struct body_texts variables;
};

static const struct body_field activate_fields[] = {
	{.name = "type", .type = BODY_NAME, .required = true, .at = offsetof(struct activate_body, type)},
	{.name = "worker", .type = BODY_NAME, .required = true, .at = offsetof(struct activate_body, worker)},
	{.name = "max", .type = BODY_INT, .min = 1, .max = JOBS_MAX, .at = offsetof(struct activate_body, max)},
	{.name = "lockFor",
		.type = BODY_DURATION,
		.min = 1,
		.max = JOBS_LOCK_MAX,
		.at = offsetof(struct activate_body, lock_for)},
	{.name = "wait", .type = BODY_DURATION, .max = JOBS_WAIT_MAX, .at = offsetof(struct activate_body, wait)},
	{.name = "variables", .type = BODY_NAMES, .at = offsetof(struct activate_body, variables)},
};

static void activate_write_job(struct buf *body, const struct db_job *job)
{
	json_object_begin(body);
	json_member_id(body, "id", job->id);
	json_member_str(body, "type", job->type);
	json_member_str(body, "elementId", job->element_id);
	json_member_id(body, "activityId", job->activity_id);
	json_member_id(body, "instanceId", job->instance_id);
	json_member_str(body, "definitionKey", job->definition_key);
	json_member_text(body, "businessKey", job->business_key);
	json_member_int(body, "retries", job->retries);
	json_member_time(body, "lockedUntil", job->locked_until);
	json_member_raw(body, "headers", job->headers.len > 0 ? job->headers : STR("{}"));
	json_member_raw(body, "variables", job->variables.len > 0 ? job->variables : STR("{}"));
	json_object_end(body);
}

static void activate_render(struct work *work)
{
	struct call *call = work->context;
	struct buf *body = call_buf(call);
	json_object_begin(body);
	json_member(body, "jobs");
	json_array_begin(body);
	for (size_t i = 0; i < work->activate.jobs.len; i++) {
		json_next(body);
		activate_write_job(body, &work->activate.jobs.items[i]);
	}
	json_array_end(body);
	json_object_end(body);
	work->answer = (struct answer){.status = 200, .body = buf_str(body)};
}

static void activate_on_abort(void *context)
{
	struct call *call = context;
	call->work.aborted = true;
}

void handle_activate_jobs(struct call *call)
{
	struct activate_body body = {.max = 1, .lock_for = JOBS_LOCK_DEFAULT};
	if (!call_body(call, activate_fields, sizeof activate_fields / sizeof *activate_fields, &body))
		return;
	if (str_starts_with(body.type, STR(JOB_TYPE_RESERVED))) {
		call_refuse(call, ERR_INVALID, "job types that begin with " JOB_TYPE_RESERVED " are the server's own");
		return;
	}
	call->work.kind = WORK_ACTIVATE;
	call->work.activate = (struct work_jobs){
		.ask = {
			.tenant = call->viewer.tenant,
			.type = body.type,
			.worker = body.worker,
			.max = (int)body.max,
			.variables = body.variables.items,
			.variable_count = body.variables.count,
			.all_variables = !body.variables.given,
		},
		.lock_for = body.lock_for,
		.wait_until = body.wait > 0 ? clock_monotonic() + body.wait : 0,
	};
	http_request_on_abort(call->http, activate_on_abort, call);
	call_submit(call, activate_render);
}

/* ---- reporting ---- */

/* The job as the step has left it: ended ones stay in their instance's rows until the commit. */
static const struct job *job_after(const struct work_item *item)
{
	const struct instance *instance = item->instance;
	for (size_t i = 0; i < instance->jobs.len; i++) {
		const struct job *job = &instance->jobs.items[i];
		if (job->id == item->command.subject_id && job->kind == JOB_WORK)
			return job;
	}
	return NULL;
}

static void job_write_members(struct call *call, const struct work_item *item, struct buf *body)
{
	const struct instance *instance = item->instance;
	const struct job *job = job_after(item);
	json_member(body, "job");
	json_object_begin(body);
	json_member_id(body, "id", item->command.subject_id);
	json_member_id(body, "instanceId", instance->id);
	if (job) {
		json_member_str(body, "type", job->type);
		json_member_str(body, "elementId", instance->graph->nodes[job->node].id);
		json_member_int(body, "retries", job->retries);
	}
	json_object_end(body);
	json_member(body, "instance");
	instance_json(body, instance, call_definition_version(call, instance));
}

static void job_write(struct call *call, const struct work_item *item, struct buf *body)
{
	json_object_begin(body);
	job_write_members(call, item, body);
	json_object_end(body);
}

static struct command *job_command(struct call *call, enum command_kind kind)
{
	struct command *command = &call_steps(call, kind, 1)->command;
	command->subject_id = call->id;
	return command;
}

struct complete_body {
	int64_t id;
	struct body_variables variables;
};

void handle_complete_job(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct complete_body, variables)},
	};
	struct complete_body body = {0};
	if (!call_body(call, fields, 1, &body))
		return;
	struct command *command = job_command(call, COMMAND_JOB_COMPLETE);
	command->variables = body.variables.items;
	command->variable_count = body.variables.count;
	call_submit_step(call, 200, job_write);
}

struct fail_body {
	struct str message;
	int64_t retries;
	int64_t retry_after;
};

static const struct body_field fail_fields[] = {
	{.name = "message",
		.type = BODY_TEXT,
		.required = true,
		.max = MESSAGE_MAX,
		.at = offsetof(struct fail_body, message)},
	{.name = "retries", .type = BODY_INT, .max = JOBS_RETRIES_MAX, .at = offsetof(struct fail_body, retries)},
	{.name = "retryAfter", .type = BODY_DURATION, .max = JOBS_RETRY_MAX, .at = offsetof(struct fail_body, retry_after)},
};

void handle_fail_job(struct call *call)
{
	struct fail_body body = {.retries = GRAPH_NONE, .retry_after = -1};
	if (!call_body(call, fail_fields, sizeof fail_fields / sizeof *fail_fields, &body))
		return;
	struct command *command = job_command(call, COMMAND_JOB_FAIL);
	command->text = body.message;
	command->retries = (int32_t)body.retries;
	command->retry_at = body.retry_after >= 0 ? call->now + body.retry_after : 0;
	call_submit_step(call, 200, job_write);
}

struct error_body {
	struct str code;
	struct str message;
	struct body_variables variables;
};

static const struct body_field error_fields[] = {
	{.name = "code", .type = BODY_NAME, .required = true, .at = offsetof(struct error_body, code)},
	{.name = "message", .type = BODY_TEXT, .max = MESSAGE_MAX, .at = offsetof(struct error_body, message)},
	{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct error_body, variables)},
};

void handle_throw_job_error(struct call *call)
{
	struct error_body body = {0};
	if (!call_body(call, error_fields, sizeof error_fields / sizeof *error_fields, &body))
		return;
	struct command *command = job_command(call, COMMAND_JOB_ERROR);
	command->error_code = body.code;
	command->text = body.message;
	command->variables = body.variables.items;
	command->variable_count = body.variables.count;
	call_submit_step(call, 200, job_write);
}

/* ---- many at once ---- */

static void jobs_write_item(struct call *call, const struct work_item *item, struct buf *body)
{
	json_object_begin(body);
	json_member_int(body, "status", item->err.code == ERR_NONE ? 200 : err_status(item->err.code));
	if (item->err.code == ERR_NONE)
		job_write_members(call, item, body);
	else
		json_member_raw(body, "problem", call_problem(call, &item->err).body);
	json_object_end(body);
}

static void jobs_render(struct work *work)
{
	struct call *call = work->context;
	struct buf *body = call_buf(call);
	json_object_begin(body);
	json_member(body, "items");
	json_array_begin(body);
	for (size_t i = 0; i < work->item_count; i++) {
		json_next(body);
		jobs_write_item(call, &work->items[i], body);
	}
	json_array_end(body);
	json_object_end(body);
	work->answer = (struct answer){.status = 200, .body = buf_str(body)};
}

struct jobs_body {
	json_t *items;
};

void handle_complete_jobs(struct call *call)
{
	static const struct body_field list_fields[] = {
		{.name = "items",
			.type = BODY_LIST,
			.required = true,
			.max = JOBS_MAX,
			.at = offsetof(struct jobs_body, items)},
	};
	static const struct body_field item_fields[] = {
		{.name = "id", .type = BODY_ID, .required = true, .at = offsetof(struct complete_body, id)},
		{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct complete_body, variables)},
	};
	struct jobs_body list = {0};
	if (!call_body(call, list_fields, 1, &list))
		return;
	size_t count = json_array_size(list.items);
	struct work_item *items = call_steps(call, COMMAND_JOB_COMPLETE, count);
	call->work.per_item = true;
	for (size_t i = 0; i < count; i++) {
		struct complete_body body = {0};
		const char *place = arena_printf(call->arena, "/items/%zu", i).ptr;
		if (!call_body_item(call, json_array_get(list.items, i), place, item_fields, 2, &body))
			return;
		items[i].command.subject_id = body.id;
		items[i].command.variables = body.variables.items;
		items[i].command.variable_count = body.variables.count;
	}
	call_submit(call, jobs_render);
}

/* ---- more time ---- */

struct extend_body {
	int64_t lock_for;
};

static void extend_render(struct work *work)
{
	struct call *call = work->context;
	if (work->result != 0 || !call->extra)
		err_set(&work->err, ERR_GONE, "the job is no longer there, or not locked");
	else
		work->answer = (struct answer){.status = 200, .body = buf_str(call->extra)};
}

/* The answer as it will be: counted from the request's arrival, the lock is never shown longer than it is. */
static struct buf *extend_body(struct call *call, struct str read, struct err *err)
{
	json_t *answer = json_parse(read, err);
	if (!answer)
		return NULL;
	struct buf *time = call_buf(call), *body = call_buf(call);
	iso8601_format_time(time, call->now + call->work.extend_for);
	json_object_set_new(json_object_get(answer, "job"), "lockedUntil", json_stringn(time->ptr, time->len));
	json_emit_value(body, answer);
	json_decref(answer);
	return body;
}

/* Submitted also where there is no such job, as the answer may be stored under the request's key. */
static void extend_on_read(void *context, const struct db_read_result *result)
{
	struct call *call = context;
	if (result->failure->outcome != DB_OK) {
		call_read_usable(call, result);
		return;
	}
	if (result->found) {
		call->extra = extend_body(call, result->body, &call->err);
		call->work.extend_job_id = call->id;
	}
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else
		call_submit(call, extend_render);
}

/* The lock is not part of the instance's tree, so that no step knows it: the job is read first. */
void handle_extend_job(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "lockFor", .type = BODY_DURATION, .required = true, .min = 1, .max = JOBS_LOCK_MAX,
			.at = offsetof(struct extend_body, lock_for)},
	};
	struct extend_body body = {0};
	if (!call_body(call, fields, 1, &body))
		return;
	call->work.kind = WORK_EXTEND;
	call->work.extend_for = body.lock_for;
	call_reading(call, db_read_job(call_reader(call), call->id, call->viewer.tenant, extend_on_read, call));
}
