/* SPDX-License-Identifier: Apache-2.0
 *
 * Works that are no steps: each has a statement of its own, sent once its batch has its locks.
 */
#include "config.h"

#include "runtime/batch.h"

#include "runtime/deliver.h"
#include "runtime/errand.h"

bool work_has_statements(const struct work *work)
{
	bool left = work->kind == WORK_ACTIVATE && work->aborted; /* nobody is there to take the jobs */
	bool stepped = work->kind == WORK_STEPS || work->kind == WORK_MESSAGE;
	return !stepped && !left && !work->asked && work->answer.status == 0 && work->err.code == ERR_NONE;
}

static void work_on_job(void *context, const struct db_job *row)
{
	struct work *work = context;
	struct db_job *job = vec_push(&work->activate.jobs);
	*job = *row;
	job->type = arena_str(work->arena, row->type);
	job->element_id = arena_str(work->arena, row->element_id);
	job->definition_key = arena_str(work->arena, row->definition_key);
	job->business_key = arena_str(work->arena, row->business_key);
	job->headers = arena_str(work->arena, row->headers);
	job->variables = arena_str(work->arena, row->variables);
}

static void work_on_result(void *context, int result)
{
	((struct work *)context)->result = result;
}

static void work_on_deployed(void *context, const struct db_deployed *row)
{
	struct work *work = context;
	struct db_deployed *deployed = &work->deploying.deployed[work->deploying.deployed_count++];
	*deployed = *row;
	deployed->key = arena_str(work->arena, row->key);
	deployed->name = arena_str(work->arena, row->name);
}

/* What the process waits for without an instance, as of now; false with the work's error. */
static bool work_find_start_events(struct worker *worker, struct work *work, struct db_deploy_process *process)
{
	struct start_event_row *rows = NULL;
	if (!process->graph || !process->executable)
		return true;
	if (!engine_start_events(
			process->graph, worker->batch.now, work->arena, &rows, &process->start_event_count, &work->err))
		return false;
	process->start_events = rows;
	for (size_t i = 0; i < process->start_event_count; i++)
		if (rows[i].due_at != 0)
			errand_note_start(worker, rows[i].due_at);
	return true;
}

static void work_deploy(struct worker *worker, struct work *work)
{
	struct work_deploy *deploying = &work->deploying;
	struct db_deploy deploy = deploying->deploy;
	struct db_deploy_file *files = arena_copy(work->arena, deploy.files, deploy.file_count * sizeof *files);
	size_t processes = 0;
	deploy.id = id_source_take(&worker->ids);
	deploy.at = worker->batch.now;
	deploy.files = files;
	for (size_t i = 0; i < deploy.file_count; i++) {
		struct db_deploy_process *rows =
			arena_copy(work->arena, files[i].processes, files[i].process_count * sizeof *rows);
		for (size_t k = 0; k < files[i].process_count; k++) {
			rows[k].id = id_source_take(&worker->ids);
			if (!work_find_start_events(worker, work, &rows[k]))
				return;
		}
		files[i].processes = rows;
		processes += files[i].process_count;
	}
	deploying->deploy.id = deploy.id;
	deploying->deploy.at = deploy.at;
	deploying->deployed = arena_array(work->arena, processes, sizeof *deploying->deployed);
	deploying->deployed_count = 0;
	db_deploy(worker->db, &deploy, work_on_deployed, work);
}

static void work_activate(struct worker *worker, struct work *work)
{
	struct work_jobs *activate = &work->activate;
	vec_clear(&activate->jobs);
	struct db_subjects told = batch_list_subjects(&worker->batch);
	activate->ask.now = worker->batch.now;
	activate->ask.locked_until = worker->batch.now + activate->lock_for;
	activate->ask.reported = told.jobs;
	activate->ask.reported_count = told.job_count;
	db_activate_jobs(worker->db, &activate->ask, work_on_job, work);
}

static void work_broadcast(struct worker *worker, struct work *work, enum subscription_kind kind)
{
	const struct work_event *event = &work->event;
	struct db_broadcast broadcast = {
		.id = id_source_take(&worker->ids),
		.kind = kind,
		.name = event->name,
		.tenant = event->tenant,
		.variables = deliver_variables_json(work->arena, event->variables, event->variable_count),
		.sender = event->actor.user,
		.at = worker->batch.now,
	};
	db_insert_broadcast(worker->db, &broadcast, work_on_result, work);
}

static void work_operate(struct worker *worker, struct work *work)
{
	work->operation.operation.id = id_source_take(&worker->ids);
	work->operation.operation.at = worker->batch.now;
	db_insert_operation(worker->db, &work->operation, work_on_result, work);
}

void work_send(struct worker *worker, struct work *work)
{
	work->asked = true;
	switch (work->kind) {
	case WORK_STEPS:
	case WORK_MESSAGE:
		return;
	case WORK_SIGNAL:
		work_broadcast(worker, work, SUBSCRIPTION_SIGNAL);
		return;
	case WORK_CONDITIONS:
		work_broadcast(worker, work, SUBSCRIPTION_CONDITION);
		return;
	case WORK_OPERATION:
		work_operate(worker, work);
		return;
	case WORK_CANCEL_OPERATION:
		db_cancel_operation(
			worker->db, work->target_id, work->operation.operation.tenant, worker->batch.now, work_on_result, work);
		return;
	case WORK_ACTIVATE:
		work_activate(worker, work);
		return;
	case WORK_EXTEND:
		db_extend_job(worker->db, work->extend_job_id, worker->batch.now + work->extend_for, work_on_result, work);
		return;
	case WORK_DEPLOY:
		work_deploy(worker, work);
		break;
	case WORK_DELETE_DEPLOYMENT:
		db_delete_deployment(worker->db, work->target_id, work->flag, work_on_result, work);
		break;
	case WORK_DEFINITION_STATE:
		db_set_definition_state(worker->db, work->target_id, work->flag, work->expected_revision, work_on_result, work);
		break;
	}
	worker->batch.catalog_changed = true;
}
