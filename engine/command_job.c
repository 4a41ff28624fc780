/* SPDX-License-Identifier: Apache-2.0
 *
 * What workers report of their jobs: done, failed (again later, or an incident), or a BPMN error.
 */
#include "config.h"

#include "engine/step.h"

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

bool command_JOB_COMPLETE(struct step *step, struct err *err)
{
	struct job *job = job_for(step, err);
	if (!job)
		return false;
	int32_t slot = token_slot(step, job->token_id);
	step_set_command_variables(step, slot);
	step_leave(step, slot);
	return true;
}

static int64_t job_retry_time(const struct step *step, int32_t retries_before)
{
	const struct engine_limits *limits = step->context->limits;
	int32_t failures = limits->job_retries - retries_before;
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
	job->due_at = command->retry_at != 0 ? command->retry_at : job_retry_time(step, before);
	instance_text_set(&job->message, command->text);
	if (job->mark == ROW_CLEAN)
		job->mark = ROW_CHANGED;
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
