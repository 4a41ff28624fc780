/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks without people (13.3.3): abstract and manual tasks pass at once, script tasks run in the step, service, send
 * and business rule tasks become a job that a worker takes.
 */
#include "config.h"

#include "engine/step.h"

#include "base/buf.h"
#include "engine/event.h"

#define TYPE_BYTES_MAX 512 /* far below what an index can hold */

void node_enter_TASK(struct step *step, int32_t slot)
{
	step_leave(step, slot);
}

void node_enter_MANUAL_TASK(struct step *step, int32_t slot)
{
	step_leave(step, slot);
}

static bool task_make_job(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_job *work = step_node(step, slot)->job;
	struct str type;
	if (!step_evaluate_text(step, slot, work->type, &type, err))
		return false;
	if (type.len == 0)
		return err_set(err, ERR_EXPRESSION, "the job type is empty");
	if (str_starts_with(type, STR(JOB_TYPE_RESERVED)))
		return err_set(err, ERR_EXPRESSION, "job types that begin with " JOB_TYPE_RESERVED " are the server's own");
	if (type.len > TYPE_BYTES_MAX)
		return err_set(err, ERR_EXPRESSION, "the job type is longer than %d bytes", TYPE_BYTES_MAX);
	struct job *job = step_add_job(step, slot, step_token(step, slot)->node, JOB_WORK);
	if (work->retries != GRAPH_NONE)
		job->retries = work->retries;
	instance_text_set(&job->type, type);
	return true;
}

static bool task_run_script(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_script *script = step_node(step, slot)->script;
	struct value result;
	if (!step_evaluate(step, slot, script->program, &result, err))
		return false;
	if (script->result_variable.len == 0)
		return true;
	struct buf json;
	buf_init(&json, EXPR_MEMORY_MAX);
	bool good = value_to_json(&json, &result, err);
	if (good)
		step_set_variable(step, slot, script->result_variable, buf_str(&json));
	buf_free(&json);
	return good;
}

/* What fails would fail again, so there is one try. */
void task_run_script_outside(struct step *step, int32_t slot, enum token_state state)
{
	struct job *job = step_add_job(step, slot, step_token(step, slot)->node, JOB_WORK);
	job->retries = 1;
	instance_text_set(&job->type, STR(JOB_TYPE_JAVASCRIPT));
	token_set_state(step, slot, state);
}

static void task_enter_script(struct step *step, int32_t slot)
{
	const struct graph_script *script = step_node(step, slot)->script;
	struct err err = {0};
	if (script->javascript.len > 0)
		task_run_script_outside(step, slot, TOKEN_JOB);
	else if (!script->program || task_run_script(step, slot, &err))
		step_leave(step, slot);
	else
		step_fail_entering(step, slot, INCIDENT_SCRIPT, &err);
}

static void task_enter_job(struct step *step, int32_t slot)
{
	struct err err = {0};
	if (task_make_job(step, slot, &err))
		token_set_state(step, slot, TOKEN_JOB);
	else
		step_fail_entering(step, slot, INCIDENT_EXPRESSION, &err);
}

/* A worker's, unless the diagram only evaluates something. */
static void task_enter_work(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->script)
		task_enter_script(step, slot);
	else
		task_enter_job(step, slot);
}

void node_enter_SERVICE_TASK(struct step *step, int32_t slot)
{
	task_enter_work(step, slot);
}

/* Without a worker it throws its message like an event. */
void node_enter_SEND_TASK(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->job || step_node(step, slot)->script)
		task_enter_work(step, slot);
	else if (event_throw(step, slot))
		step_leave(step, slot);
}

void node_enter_BUSINESS_RULE_TASK(struct step *step, int32_t slot)
{
	task_enter_work(step, slot);
}

void node_enter_SCRIPT_TASK(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->job)
		task_enter_job(step, slot);
	else if (step_node(step, slot)->script)
		task_enter_script(step, slot);
	else
		step_leave(step, slot);
}
