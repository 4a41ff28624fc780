/* SPDX-License-Identifier: Apache-2.0
 *
 * Working out what a batch needs, and receiving it. Locks come first; what is read behind them in a later statement is then what
 * the locks protect. A tree in the cache with the locked version need not be read at all.
 */
#include "config.h"

#include "runtime/batch.h"

#include <stdlib.h>
#include <string.h>

enum subject_list { SUBJECT_ROOTS, SUBJECT_TASKS, SUBJECT_JOBS, SUBJECT_INCIDENTS, SUBJECT_LISTS };

static enum subject_list subject_list_of(enum command_kind kind)
{
	switch (kind) {
	case COMMAND_TASK_CLAIM:
	case COMMAND_TASK_RELEASE:
	case COMMAND_TASK_ASSIGN:
	case COMMAND_TASK_COMPLETE:
	case COMMAND_TASK_COMMENT:
		return SUBJECT_TASKS;
	case COMMAND_JOB_COMPLETE:
	case COMMAND_JOB_FAIL:
	case COMMAND_JOB_ERROR:
		return SUBJECT_JOBS;
	case COMMAND_INCIDENT_RETRY:
		return SUBJECT_INCIDENTS;
	case COMMAND_START:
	case COMMAND_TIMER_FIRE:
	case COMMAND_SET_VARIABLES:
	case COMMAND_CANCEL:
	case COMMAND_SUSPEND:
	case COMMAND_RESUME:
		break;
	}
	return SUBJECT_ROOTS;
}

int64_t batch_item_root(const struct batch *batch, const struct work_item *item)
{
	if (subject_list_of(item->command.kind) == SUBJECT_ROOTS)
		return item->instance_id;
	const struct db_subject *subject = map_get_id(&batch->subjects, item->command.subject_id);
	return subject ? subject->root_id : 0;
}

/* ---- the first group ---- */

bool batch_has_questions(const struct batch *batch)
{
	for (size_t i = 0; i < batch->works.len; i++) {
		const struct work *work = batch->works.items[i];
		if (work->key.len > 0 || batch->takes_timers)
			return true;
		for (size_t k = 0; k < work->item_count; k++)
			if (work->items[k].command.kind != COMMAND_START)
				return true;
	}
	return false;
}

static void batch_on_answer(void *context, const struct db_answer *row)
{
	struct batch *batch = &((struct worker *)context)->batch;
	for (size_t i = 0; i < batch->works.len; i++) {
		struct work *work = batch->works.items[i];
		if (!str_equal(work->key, row->key) || !str_equal(work->principal, row->principal))
			continue;
		if (memcmp(work->request_hash, row->request_hash, sizeof work->request_hash) != 0) {
			err_set(&work->err, ERR_KEY_REUSED, "the Idempotency-Key was used for another request");
			continue;
		}
		work->answer = (struct answer){
			.status = row->status,
			.etag = arena_str(work->arena, row->etag),
			.location = arena_str(work->arena, row->location),
			.body = arena_str(work->arena, row->body),
			.replayed = true,
		};
	}
}

static void batch_ask_answers(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	struct db_answer *wanted = arena_array(batch->arena, batch->works.len, sizeof *wanted);
	size_t count = 0;
	for (size_t i = 0; i < batch->works.len; i++)
		if (batch->works.items[i]->key.len > 0)
			wanted[count++] = (struct db_answer){
				.principal = batch->works.items[i]->principal,
				.key = batch->works.items[i]->key,
			};
	if (count > 0)
		db_read_answers(worker->db, wanted, count, batch_on_answer, worker);
}

static void batch_on_tree(void *context, const struct db_locked_tree *tree)
{
	struct batch *batch = &((struct worker *)context)->batch;
	if (!map_put_id(&batch->locked, tree->root_id, batch))
		vec_add(&batch->trees, *tree);
}

static void batch_on_subject(void *context, const struct db_subject *row)
{
	struct batch *batch = &((struct worker *)context)->batch;
	map_put_id(&batch->subjects, row->id, arena_copy(batch->arena, row, sizeof *row));
}

static void batch_on_ended(void *context, const struct db_ended *row)
{
	struct batch *batch = &((struct worker *)context)->batch;
	struct db_ended *ended = vec_push(&batch->ended);
	*ended = *row;
	ended->tenant = arena_str(batch->arena, row->tenant);
}

/* What the items name, by kind; in the batch's arena. */
static struct db_subjects batch_list_subjects(const struct batch *batch)
{
	int64_t *ids[SUBJECT_LISTS];
	size_t counts[SUBJECT_LISTS] = {0}, items = 1;
	for (size_t i = 0; i < batch->works.len; i++)
		items += batch->works.items[i]->item_count;
	for (int list = 0; list < SUBJECT_LISTS; list++)
		ids[list] = arena_array(batch->arena, items, sizeof(int64_t));
	for (size_t i = 0; i < batch->works.len; i++) {
		const struct work *work = batch->works.items[i];
		for (size_t k = 0; k < work->item_count; k++) {
			const struct work_item *item = &work->items[k];
			enum subject_list list = subject_list_of(item->command.kind);
			if (item->command.kind != COMMAND_START)
				ids[list][counts[list]++] = list == SUBJECT_ROOTS ? item->instance_id : item->command.subject_id;
		}
	}
	return (struct db_subjects){
		.roots = ids[SUBJECT_ROOTS],
		.root_count = counts[SUBJECT_ROOTS],
		.tasks = ids[SUBJECT_TASKS],
		.task_count = counts[SUBJECT_TASKS],
		.jobs = ids[SUBJECT_JOBS],
		.job_count = counts[SUBJECT_JOBS],
		.incidents = ids[SUBJECT_INCIDENTS],
		.incident_count = counts[SUBJECT_INCIDENTS],
	};
}

static void batch_ask_trees(struct worker *worker)
{
	struct db_subjects subjects = batch_list_subjects(&worker->batch);
	size_t behind = subjects.task_count + subjects.job_count + subjects.incident_count;
	if (subjects.root_count + behind == 0)
		return;
	db_lock_trees(worker->db, &subjects, batch_on_tree, worker);
	if (behind > 0)
		db_resolve_subjects(worker->db, &subjects, batch_on_subject, worker);
}

static void batch_on_timer(void *context, int64_t job_id, int64_t root_id)
{
	struct batch *batch = &((struct worker *)context)->batch;
	*vec_push(&batch->timer_items) = (struct work_item){
		.park = worker_timer_park(context, job_id),
		.command =
			{
				.kind = COMMAND_TIMER_FIRE,
				.actor = {.user = STR("timer")},
				.subject_id = job_id,
				.expected_version = VERSION_ANY,
				.retries = GRAPH_NONE,
			},
		.instance_id = root_id,
	};
	if (!map_get_id(&batch->locked, root_id))
		vec_add(&batch->unlocked_roots, root_id);
}

/* Timers behind the trees: they pass over trees that others hold, so they never wait, whatever is locked in front of them.
 * Answers last: whoever held a tree may have stored one while the lock was waited for. */
void batch_ask(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	batch_ask_trees(worker);
	if (batch->takes_timers)
		db_take_due_timers(worker->db, batch->now, worker->timers_at_once, worker->skipped_timers.items,
			worker->skipped_timers.len, batch_on_timer, worker);
	batch_ask_answers(worker);
}

/* ---- what is missing ---- */

bool batch_definition(const struct worker *worker, const struct work_item *item, struct definition *out)
{
	struct catalog *catalog = worker->runtime->catalog;
	if (item->definition_id != 0)
		return catalog_by_id(catalog, item->definition_id, out) && !out->deleted;
	return catalog_by_key(catalog, item->tenant, item->definition_key, item->version, out);
}

static void batch_want_graph(struct worker *worker, const struct definition *definition)
{
	struct batch *batch = &worker->batch;
	if (definition->graph || !definition->executable)
		return;
	for (size_t i = 0; i < batch->to_compile.len; i++)
		if (batch->to_compile.items[i] == definition->id)
			return;
	vec_add(&batch->to_compile, definition->id);
}

/* Definitions of starts and of locked trees; one that is not known makes the catalog be read once more. */
static bool batch_find_definitions(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	struct definition definition;
	bool unknown = false;
	for (size_t i = 0; i < batch->works.len; i++) {
		const struct work *work = batch->works.items[i];
		for (size_t k = 0; k < work->item_count && work->answer.status == 0; k++) {
			if (work->items[k].command.kind != COMMAND_START)
				continue;
			batch->uses_catalog = true;
			if (batch_definition(worker, &work->items[k], &definition))
				batch_want_graph(worker, &definition);
			else
				unknown = true;
		}
	}
	for (size_t i = 0; i < batch->trees.len; i++) {
		if (catalog_by_id(worker->runtime->catalog, batch->trees.items[i].definition_id, &definition))
			batch_want_graph(worker, &definition);
		else
			unknown = true;
	}
	return unknown;
}

static void batch_find_trees(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	vec_clear(&batch->to_load);
	for (size_t i = 0; i < batch->trees.len; i++) {
		const struct db_locked_tree *tree = &batch->trees.items[i];
		if (map_get_id(&batch->instances, tree->root_id))
			continue;
		struct instance *cached = cache_take(worker->cache, tree->root_id);
		if (cached && cached->version == tree->version) {
			metric_add(&worker->metrics.cache_hits, 1);
			map_put_id(&batch->instances, tree->root_id, cached);
			continue;
		}
		metric_add(&worker->metrics.cache_misses, 1);
		instance_free(cached);
		vec_add(&batch->to_load, tree->root_id);
	}
}

static bool work_has_statements(const struct work *work)
{
	bool left = work->kind == WORK_ACTIVATE && work->aborted; /* nobody is there to take the jobs */
	return work->kind != WORK_STEPS && !left && !work->asked && work->answer.status == 0 && work->err.code == ERR_NONE;
}

static bool batch_has_statements(const struct batch *batch)
{
	for (size_t i = 0; i < batch->works.len; i++)
		if (work_has_statements(batch->works.items[i]))
			return true;
	return false;
}

/* Subjects that no row was found for: were they ever there? Asked once. */
static bool batch_has_gone_subjects(const struct batch *batch)
{
	for (size_t i = 0; i < batch->works.len; i++) {
		const struct work *work = batch->works.items[i];
		for (size_t k = 0; k < work->item_count; k++) {
			int64_t root = batch_item_root(batch, &work->items[k]);
			if (work->items[k].command.kind != COMMAND_START && !map_get_id(&batch->locked, root))
				return true;
		}
	}
	return false;
}

bool batch_find_missing(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	bool unknown = batch_find_definitions(worker);
	batch_find_trees(worker);
	batch->refresh_wanted = unknown && !batch->catalog_checked;
	batch->gone_wanted = !batch->gone_checked && batch->unlocked_roots.len == 0 && batch_has_gone_subjects(batch);
	return batch->refresh_wanted || batch->gone_wanted || batch->unlocked_roots.len > 0 || batch->to_load.len > 0 ||
	       batch->to_compile.len > batch->compiled || batch_has_statements(batch);
}

/* ---- fetching it ---- */

static void batch_on_instance(void *context, struct instance *instance)
{
	struct batch *batch = &((struct worker *)context)->batch;
	instance_free(map_put_id(&batch->instances, instance->root_id, instance));
}

static void batch_on_xml(void *context, int64_t definition_id, struct str xml)
{
	struct worker *worker = context;
	catalog_compile(worker->runtime->catalog, definition_id, xml);
}

static void batch_on_generation(void *context, int64_t generation)
{
	catalog_refresh_generation(((struct worker *)context)->batch.refresh, generation);
}

static void batch_on_definition(void *context, const struct db_definition *row)
{
	catalog_refresh_add(((struct worker *)context)->batch.refresh, row);
}

void batch_refresh_catalog(struct worker *worker)
{
	worker->batch.refresh = catalog_refresh_begin(worker->runtime->catalog);
	worker->batch.catalog_checked = true;
	db_read_catalog(worker->db, batch_on_generation, batch_on_definition, worker);
}

void batch_refresh_done(struct worker *worker, bool publish)
{
	struct batch *batch = &worker->batch;
	if (!batch->refresh)
		return;
	catalog_refresh_end(batch->refresh, publish);
	batch->refresh = NULL;
	batch->generation = catalog_generation(worker->runtime->catalog);
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
		for (size_t k = 0; k < files[i].process_count; k++)
			rows[k].id = id_source_take(&worker->ids);
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

static void work_send(struct worker *worker, struct work *work)
{
	work->asked = true;
	switch (work->kind) {
	case WORK_STEPS:
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

static void batch_ask_gone(struct worker *worker)
{
	struct db_subjects subjects = batch_list_subjects(&worker->batch);
	worker->batch.gone_checked = true;
	db_find_ended(worker->db, &subjects, batch_on_ended, worker);
}

void batch_fetch(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	if (batch->unlocked_roots.len > 0)
		db_lock_trees(worker->db,
			&(struct db_subjects){
				.roots = batch->unlocked_roots.items,
				.root_count = batch->unlocked_roots.len,
			},
			batch_on_tree, worker);
	vec_clear(&batch->unlocked_roots);
	if (batch->refresh_wanted)
		batch_refresh_catalog(worker);
	if (batch->gone_wanted)
		batch_ask_gone(worker);
	if (batch->to_load.len > 0)
		db_load_trees(worker->db, batch->to_load.items, batch->to_load.len, batch_on_instance, worker);
	for (; batch->compiled < batch->to_compile.len; batch->compiled++)
		db_read_definition_xml(worker->db, batch->to_compile.items[batch->compiled], batch_on_xml, worker);
	for (size_t i = 0; i < batch->works.len; i++)
		if (work_has_statements(batch->works.items[i]))
			work_send(worker, batch->works.items[i]);
}
