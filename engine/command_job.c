/* SPDX-License-Identifier: Apache-2.0
 *
 * What workers report of their jobs: done, failed (again later, or an incident), or a BPMN error. The diagram may say
 * that what is reported as done or failed is an error, too; where that cannot be told of what is done, the report is
 * kept and judged anew by a retry.
 */
#include "config.h"

#include "engine/step.h"

#include "base/buf.h"
#include "base/iso8601.h"
#include "base/json.h"
#include "engine/mapping.h"

#define BACKOFF_DOUBLINGS_MAX 10

/* The report that could not be judged. */
static const struct str job_undecided = STR_INIT("#report");

static struct job *job_for(struct step *step, struct err *err)
{
	struct job *job = instance_work_job(step->instance, step->command->token_id);
	if (!job) {
		err_set(err, ERR_GONE, "the job is no longer there");
		return NULL;
	}
	if (step->instance->status == INSTANCE_SUSPENDED) {
		err_set(err, ERR_CONFLICT, "the instance is suspended");
		return NULL;
	}
	job->id = step->command->subject_id; /* a take-over may have changed it */
	return job;
}

static void job_set_local(struct step *step, int32_t slot, struct str object)
{
	struct variables local = {0};
	if (variables_from_json(&local, object, NULL))
		for (size_t i = 0; i < local.list.len; i++)
			step_set_local_variable(step, slot, local.list.items[i].name, local.list.items[i].json);
	variables_free(&local);
}

/* The script of a mapping yields a value: what else it has set stays in the activity. */
static void job_set_mapping(struct step *step, int32_t slot)
{
	struct str value = STR("null");
	for (size_t i = 0; i < step->command->variable_count; i++) {
		const struct command_variable *variable = &step->command->variables[i];
		if (str_equal_c(variable->name, SCRIPT_RESULT))
			value = variable->json;
		else if (str_equal_c(variable->name, SCRIPT_LOCAL))
			job_set_local(step, slot, variable->json);
		else
			step_set_local_variable(step, slot, variable->name, variable->json);
	}
	mapping_take_value(step, slot, value);
}

/* What a script has set, and its value. */
static void job_set_of_script(struct step *step, int32_t slot)
{
	struct str result_variable = step_node(step, slot)->script->result_variable;
	for (size_t i = 0; i < step->command->variable_count; i++) {
		const struct command_variable *variable = &step->command->variables[i];
		if (str_equal_c(variable->name, SCRIPT_LOCAL))
			job_set_local(step, slot, variable->json);
		else if (!str_equal_c(variable->name, SCRIPT_RESULT))
			step_set_variable(step, slot, variable->name, variable->json);
		else if (result_variable.len > 0)
			step_set_variable(step, slot, result_variable, variable->json);
	}
}

/* All results in one variable where the diagram wants that, else each under its own name. */
static void job_set_results(struct step *step, int32_t slot)
{
	const struct command *command = step->command;
	const struct graph_job *work = step_node(step, slot)->job;
	if (!work || work->result_variable.len == 0) {
		step_set_command_variables(step, slot);
		return;
	}
	struct buf object;
	buf_init(&object, SIZE_MAX);
	json_object_begin(&object);
	for (size_t i = 0; i < command->variable_count; i++) {
		json_member_named(&object, command->variables[i].name);
		buf_add_str(&object, command->variables[i].json);
	}
	json_object_end(&object);
	step_set_variable(step, slot, work->result_variable, buf_str(&object));
	buf_free(&object);
}

static void job_throw(struct step *step, int32_t slot, struct str code, struct str message)
{
	throw_error(step, slot, &(struct thrown){.kind = EVENT_ERROR, .code = code, .message = message});
}

/* ---- reports that are errors ---- */

/* What the conditions see as externalTask, as JSON. Its id is the activity's: that of the job may change. */
static struct str job_report(struct step *step, int32_t slot, const struct job *job)
{
	struct buf report;
	buf_init(&report, SIZE_MAX);
	json_object_begin(&report);
	json_member_id(&report, "id", job->token_id);
	json_member_str(&report, "activityId", step_node(step, slot)->id);
	json_member_str(&report, "topicName", job->type);
	json_member_str(&report, "workerId", step->command->actor.user);
	json_member_int(&report, "retries", job->retries);
	json_member_int(&report, "priority", 0);
	json_member_text(&report, "errorMessage", job->message);
	json_member_text(&report, "errorDetails", job->message);
	json_object_end(&report);
	struct str kept = arena_str(step->context->arena, buf_str(&report));
	buf_free(&report);
	return kept;
}

/* The first error whose condition is true, NULL where none is; what is neither true nor false is not true.
 * lenient: so is what fails. */
static bool job_find_error(
	struct step *step, int32_t slot, bool lenient, const struct graph_job_error **found, struct err *err)
{
	const struct graph_job *work = step_node(step, slot)->job;
	for (int32_t i = 0; i < work->error_count; i++) {
		struct value value;
		environment_tidy(step);
		if (!step_evaluate(step, slot, work->errors[i].condition, &value, err)) {
			if (!lenient)
				return false;
		} else if (value.kind == VALUE_BOOLEAN && value.boolean) {
			*found = &work->errors[i];
			return true;
		}
	}
	return true;
}

enum job_judgement { JOB_STANDS, JOB_THROWN, JOB_UNDECIDED };

static enum job_judgement job_judge(struct step *step, int32_t slot, struct str report, bool lenient, struct err *err)
{
	const struct graph_job_error *error = NULL;
	struct value reported;
	if (!value_from_json(step->context->arena, report, &reported, err))
		return JOB_UNDECIDED;
	step->report = &reported;
	bool good = job_find_error(step, slot, lenient, &error, err);
	step->report = NULL;
	if (!good)
		return JOB_UNDECIDED;
	if (!error)
		return JOB_STANDS;
	const struct value *message = value_context_get(&reported, STR("errorMessage"));
	job_throw(step, slot, error->code, message->kind == VALUE_TEXT ? message->text : STR(""));
	return JOB_THROWN;
}

/* A job in whose place a mapping has one does not do the activity's work. */
static bool job_may_be_error(const struct step *step, int32_t slot)
{
	const struct graph_job *work = step_node(step, slot)->job;
	return step_token(step, slot)->state == TOKEN_JOB && work && work->error_count > 0;
}

/* The worker is done, and so is the activity, unless that is an error. */
static void job_conclude(struct step *step, int32_t slot, struct str report)
{
	struct err err = {0};
	switch (job_judge(step, slot, report, false, &err)) {
	case JOB_STANDS:
		step_leave(step, slot);
		return;
	case JOB_UNDECIDED:
		step_set_note(step, slot, job_undecided, report);
		step_fail_leaving(step, slot, INCIDENT_EXPRESSION, &err);
		return;
	case JOB_THROWN:
		return;
	}
}

bool job_is_undecided(const struct step *step, int32_t slot)
{
	return step_node(step, slot)->job && step_note(step, slot, job_undecided).ptr;
}

void job_conclude_again(struct step *step, int32_t slot)
{
	struct str report = arena_str(step->context->arena, step_note(step, slot, job_undecided));
	step_drop_note(step, slot, job_undecided);
	job_conclude(step, slot, report);
}

/* ---- commands ---- */

bool command_JOB_COMPLETE(struct step *step, struct err *err)
{
	struct job *job = job_for(step, err);
	if (!job)
		return false;
	int32_t slot = token_slot(step, job->token_id);
	step_end_incidents(step, job->token_id);
	if (mapping_waits(step_token(step, slot))) {
		job_set_mapping(step, slot);
		activity_go_on(step, slot);
		return true;
	}
	if (step_node(step, slot)->script && !step_node(step, slot)->job)
		job_set_of_script(step, slot);
	else
		job_set_results(step, slot);
	if (job_may_be_error(step, slot))
		job_conclude(step, slot, job_report(step, slot, job));
	else
		step_leave(step, slot);
	return true;
}

/* The waiting time behind the failure with that number, from 0, as the diagram says: "R3/PT10M", or a list whose last
 * entry goes on: "PT1M,PT5M". */
static bool job_own_back_off(struct str text, int32_t failure, struct iso8601_duration *out)
{
	struct str entry = {0};
	int64_t attempts;
	if (text.len > 0 && text.ptr[0] == 'R')
		return iso8601_parse_repetition(text, &attempts, out, NULL);
	for (int32_t i = 0; i <= failure && text.ptr; i++)
		entry = str_trim(str_split(&text, ','));
	return iso8601_parse_duration(entry, out, NULL);
}

static int64_t job_retry_time(struct step *step, int32_t slot, int32_t retries_before)
{
	const struct graph_job *work = step_node(step, slot)->job;
	struct iso8601_duration wait;
	struct str text;
	const struct engine_limits *limits = step_limits(step, LIMIT_JOB_RETRIES | LIMIT_JOB_BACKOFF);
	int32_t all = work && work->retries != GRAPH_NONE ? work->retries : limits->job_retries;
	int32_t failures = all - retries_before;
	bool own = work && work->back_off && step_evaluate_text(step, slot, work->back_off, &text, NULL);
	if (own && job_own_back_off(str_trim(text), failures, &wait))
		return iso8601_add(step->context->now, &wait, 1);
	int32_t doublings = failures < 0 ? 0 : failures > BACKOFF_DOUBLINGS_MAX ? BACKOFF_DOUBLINGS_MAX : failures;
	return step->context->now + limits->job_backoff * (INT64_C(1) << doublings);
}

bool command_JOB_FAIL(struct step *step, struct err *err)
{
	const struct command *command = step->command;
	struct job *job = job_for(step, err);
	if (!job)
		return false;
	int32_t slot = token_slot(step, job->token_id), before = job->retries;
	job->retries = command->retries != GRAPH_NONE ? command->retries : before > 0 ? before - 1 : 0;
	bool mapping = mapping_waits(step_token(step, slot));
	instance_text_set(&job->message, mapping ? mapping_failure(step, slot, command->text) : command->text);
	job_changed(job);
	struct err unseen = {0};
	if (job_may_be_error(step, slot) && job_judge(step, slot, job_report(step, slot, job), true, &unseen) == JOB_THROWN)
		return true;
	job->due_at = command->retry_at != 0 ? command->retry_at : job_retry_time(step, slot, before);
	if (job->retries == 0) {
		step_end_incidents(step, job->token_id);
		step_incident(step, slot, step_token(step, slot)->state, INCIDENT_JOB_FAILED, job->message, job->id);
	}
	return true;
}

bool command_JOB_ERROR(struct step *step, struct err *err)
{
	struct job *job = job_for(step, err);
	if (!job)
		return false;
	int32_t slot = token_slot(step, job->token_id);
	if (mapping_waits(step_token(step, slot)))
		return err_set(err, ERR_CONFLICT, "a mapping throws no error");
	step_set_command_variables(step, slot);
	job_throw(step, slot, step->command->error_code, step->command->text);
	return true;
}
