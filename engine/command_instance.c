/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done to a whole instance: start, variables, suspend, resume, cancel, and the retry of an incident.
 */
#include "config.h"

#include "engine/step.h"

#include <assert.h>

#include "engine/ad_hoc.h"
#include "engine/call.h"
#include "engine/join.h"

bool command_START(struct step *step, struct err *err)
{
	assert(step->instance->tokens.len == 0 && step->instance->mark == ROW_NEW);
	step_set_command_variables(step, GRAPH_NONE);
	return begin_instance(step, err);
}

bool command_is_current(const struct step *step, struct err *err)
{
	int64_t expected = step->command->expected_version;
	if (expected != VERSION_ANY && expected != step->instance->version)
		return err_set(err, ERR_STALE, "the instance has changed since it was read");
	return true;
}

bool command_SET_VARIABLES(struct step *step, struct err *err)
{
	if (!command_is_current(step, err))
		return false;
	for (size_t i = 0; i < step->command->variable_count; i++)
		step_patch_variable(step, step->command->variables[i].name, step->command->variables[i].json);
	return true;
}

bool command_CANCEL(struct step *step, struct err *err)
{
	if (!command_is_current(step, err))
		return false;
	instance_text_set(&step->instance->end_reason, step->command->text);
	step_end_instance(step, INSTANCE_CANCELED);
	call_canceled(step);
	return true;
}

static void instance_set_status(struct step *step, enum instance_status status)
{
	struct instance *here = step->instance;
	here->status = status;
	if (status == INSTANCE_RUNNING)
		parallel_join_all(step); /* it may have been migrated meanwhile */
	for (size_t i = 0; i < here->children.len; i++) {
		if (here->children.items[i]->ended_at != 0)
			continue;
		step_switch(step, here->children.items[i]);
		instance_set_status(step, status);
		step_switch(step, here);
	}
}

static bool instance_switch(struct step *step, enum instance_status from, enum instance_status to, struct err *err)
{
	if (!command_is_current(step, err))
		return false;
	if (step->instance->status != from)
		return err_set(
			err, ERR_CONFLICT, "the instance is %.*s", STR_ARG(instance_status_name(step->instance->status)));
	instance_set_status(step, to);
	return true;
}

bool command_SUSPEND(struct step *step, struct err *err)
{
	return instance_switch(step, INSTANCE_RUNNING, INSTANCE_SUSPENDED, err);
}

bool command_RESUME(struct step *step, struct err *err)
{
	return instance_switch(step, INSTANCE_SUSPENDED, INSTANCE_RUNNING, err);
}

static void incident_retry_job(struct step *step, int64_t token_id)
{
	struct job *job = instance_work_job(step->instance, token_id);
	assert(job);
	bool given = step->command->retries != GRAPH_NONE;
	job->retries = given ? step->command->retries : step_limits(step, LIMIT_JOB_RETRIES)->job_retries;
	job->due_at = step->context->now;
	job_changed(job);
}

bool command_INCIDENT_RETRY(struct step *step, struct err *err)
{
	const struct incident *incident = instance_incident(step->instance, step->command->subject_id);
	if (!incident)
		return err_set(err, ERR_GONE, "the incident is no longer there");
	if (step->instance->status == INSTANCE_SUSPENDED)
		return err_set(err, ERR_CONFLICT, "the instance is suspended");
	int64_t token_id = incident->token_id;
	int32_t slot = token_slot(step, token_id);
	bool called = call_has_kept(step, slot);
	if (!called)
		step_set_command_variables(step, slot);
	step_end_incidents(step, token_id);
	if (called)
		call_take_again(step, slot);
	else if (instance_work_job(step->instance, token_id))
		incident_retry_job(step, token_id);
	else if (step_token(step, slot)->state == TOKEN_TASK)
		task_tell_again(step, slot);
	else if (step_token(step, slot)->state != TOKEN_FAILED_LEAVING)
		activity_enter_again(step, slot);
	else if (job_is_undecided(step, slot))
		job_conclude_again(step, slot);
	else if (step_node(step, slot)->ad_hoc && step_token(step, slot)->role == ROLE_PLAIN)
		ad_hoc_resume(step, slot);
	else
		step_leave(step, slot);
	return true;
}
