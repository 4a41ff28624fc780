/* SPDX-License-Identifier: Apache-2.0
 *
 * What workers report of their jobs: done, failed (again later, or an incident), or a BPMN error.
 */
#include "config.h"

#include "engine/step.h"

#include "base/buf.h"
#include "base/iso8601.h"
#include "base/json.h"

#define BACKOFF_DOUBLINGS_MAX 10

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
		json_next(&object);
		json_emit_str(&object, command->variables[i].name);
		buf_add_char(&object, ':');
		buf_add_str(&object, command->variables[i].json);
	}
	json_object_end(&object);
	step_set_variable(step, slot, work->result_variable, buf_str(&object));
	buf_free(&object);
}

bool command_JOB_COMPLETE(struct step *step, struct err *err)
{
	struct job *job = job_for(step, err);
	if (!job)
		return false;
	int32_t slot = token_slot(step, job->token_id);
	if (step_node(step, slot)->script && !step_node(step, slot)->job)
		job_set_of_script(step, slot);
	else
		job_set_results(step, slot);
	step_leave(step, slot);
	return true;
}

/* The waiting time behind the failure with that number, from 0, as the diagram says: "R3/PT10M", or a list whose last entry
 * goes on: "PT1M,PT5M". */
static bool job_own_back_off(struct str text, int32_t failure, struct iso8601_duration *out)
{
	struct iso8601_cycle cycle;
	struct str entry = {0};
	if (text.len > 0 && text.ptr[0] == 'R') {
		if (!iso8601_parse_cycle(text, &cycle, NULL))
			return false;
		*out = cycle.interval;
		return true;
	}
	for (int32_t i = 0; i <= failure && text.ptr; i++)
		entry = str_trim(str_split(&text, ','));
	return iso8601_parse_duration(entry, out, NULL);
}

static int64_t job_retry_time(struct step *step, int32_t slot, int32_t retries_before)
{
	const struct graph_job *work = step_node(step, slot)->job;
	struct iso8601_duration wait;
	struct str text;
	const struct engine_limits *limits = step->context->limits;
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
	int32_t before = job->retries;
	job->retries = command->retries != GRAPH_NONE ? command->retries : before > 0 ? before - 1 : 0;
	job->due_at =
		command->retry_at != 0 ? command->retry_at : job_retry_time(step, token_slot(step, job->token_id), before);
	instance_text_set(&job->message, command->text);
	job_changed(job);
	if (job->retries == 0) {
		step_end_incidents(step, job->token_id);
		step_incident(step, token_slot(step, job->token_id), TOKEN_JOB, INCIDENT_JOB_FAILED, command->text, job->id);
	}
	return true;
}

bool command_JOB_ERROR(struct step *step, struct err *err)
{
	struct job *job = job_for(step, err);
	if (!job)
		return false;
	int32_t slot = token_slot(step, job->token_id);
	step_set_command_variables(step, slot);
	throw_error(step, slot,
		&(struct thrown){
			.kind = EVENT_ERROR,
			.code = step->command->error_code,
			.message = step->command->text,
		});
	return true;
}
