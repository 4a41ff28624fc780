/* SPDX-License-Identifier: Apache-2.0
 *
 * In the middle of a batch, with everything in memory: commands are stepped one after another, answers rendered,
 * effects collected. Nothing here waits.
 */
#include "config.h"

#include "runtime/batch.h"

#include <stdlib.h>

#include "base/clock.h"
#include "runtime/call.h"
#include "runtime/deliver.h"
#include "runtime/errand.h"

static bool item_refuse(struct work_item *item, enum err_code code, const char *message)
{
	err_set(&item->err, code, "%s", message);
	return false;
}

/* Everybody acts in his own tenant; an administrator who has none, in all. */
static bool item_may_see(const struct work_item *item, struct str tenant)
{
	bool above_tenants = item->tenant.len == 0 && item->command.actor.may_administer;
	return above_tenants || str_equal(tenant, item->tenant);
}

/* A subject without a row: it has ended, or it never was (for this tenant). */
static bool item_is_gone(const struct batch *batch, struct work_item *item)
{
	int64_t id = item->command.subject_id != 0 ? item->command.subject_id : item->instance_id;
	for (size_t i = 0; i < batch->ended.len; i++) {
		const struct db_ended *ended = &batch->ended.items[i];
		if (ended->id == id && (ended->any_tenant || item_may_see(item, ended->tenant)))
			return item_refuse(item, ERR_GONE,
				ended->any_tenant ? "it is no longer there: done, canceled or taken over" : "it has ended already");
	}
	return item_refuse(item, ERR_NOT_FOUND, "there is no such thing");
}

static bool item_may_start(const struct worker *worker, struct work_item *item, struct definition *definition)
{
	if (item->restart_of != 0 && item->definition_id == 0)
		return item_refuse(item, ERR_NOT_FOUND, "there is no such instance that nobody called");
	if (!batch_definition(worker, item, definition) || !item_may_see(item, definition->tenant))
		return item_refuse(item, ERR_NOT_FOUND, "there is no such process definition");
	if (!definition->executable)
		return item_refuse(item, ERR_CONFLICT, "the process is not executable");
	if (definition->suspended)
		return item_refuse(item, ERR_CONFLICT, "the process definition is suspended");
	if (!definition->graph)
		return item_refuse(item, ERR_INTERNAL, "the stored diagram cannot be compiled any more");
	return true;
}

static struct instance *item_start(struct worker *worker, struct work_item *item)
{
	struct definition definition;
	if (!item_may_start(worker, item, &definition))
		return NULL;
	struct instance *instance = instance_new(&(struct instance_facts){
		.id = id_source_take(&worker->ids),
		.definition_id = definition.id,
		.graph = definition.graph,
		.business_key = item->business_key,
		.tenant = definition.tenant,
		.started_by = item->command.actor.user,
		.started_at = worker->batch.now,
	});
	vec_add(&worker->batch.fresh, instance);
	return instance;
}

static bool item_has_lock(const struct batch *batch, struct work_item *item)
{
	const struct db_subject *subject = map_get_id(&batch->subjects, item->command.subject_id);
	if (!subject || subject->kind != DB_SUBJECT_JOB)
		return true;
	item->command.token_id = subject->token_id;
	return subject->locked || item_refuse(item, ERR_CONFLICT, "the job is not locked by a worker: activate it first");
}

/* Who has reported a failure no longer holds the job: a second report in the same transaction is refused. */
static void item_release_lock(const struct batch *batch, const struct work_item *item)
{
	struct db_subject *subject = map_get_id(&batch->subjects, item->command.subject_id);
	if (item->command.kind == COMMAND_JOB_FAIL && subject)
		subject->locked = false;
}

/* Graphs are set once: they live as long as the process. */
static bool tree_has_graphs(struct catalog *catalog, struct instance *root)
{
	struct definition definition;
	for (struct instance *here = root; here; here = instance_next(root, here)) {
		if (here->graph)
			continue;
		if (!catalog_by_id(catalog, here->definition_id, &definition) || !definition.graph)
			return false;
		here->graph = definition.graph;
	}
	return true;
}

/* The root of the item's tree; NULL when it is refused. */
static struct instance *item_find(struct worker *worker, struct work_item *item)
{
	struct batch *batch = &worker->batch;
	struct instance *instance = map_get_id(&batch->instances, batch_item_root(batch, item));
	if (!instance)
		item_is_gone(batch, item);
	else if (instance->ended_at != 0)
		item_refuse(item, ERR_GONE, "it has ended already");
	else if (!item_may_see(item, instance->tenant) && item->command.kind != COMMAND_TIMER_FIRE)
		item_refuse(item, ERR_NOT_FOUND, "there is no such thing");
	else if (!tree_has_graphs(worker->runtime->catalog, instance))
		item_refuse(item, ERR_INTERNAL, "the process definition is missing");
	else if (item_has_lock(batch, item))
		return instance;
	return NULL;
}

/* Where the instance is to be migrated to: a process of its own tenant. */
static bool item_find_target(struct worker *worker, struct work_item *item, const struct instance *instance)
{
	struct definition definition;
	if (item->command.kind != COMMAND_MIGRATE)
		return true;
	if (!batch_definition(worker, item, &definition) || !str_equal(definition.tenant, instance->tenant))
		return item_refuse(item, ERR_NOT_FOUND, "there is no such process definition to migrate to");
	if (!definition.executable || !definition.graph)
		return item_refuse(item, ERR_CONFLICT, "the process to migrate to is not executable");
	item->migration = (struct migration){definition.id, definition.graph, item->mappings, item->mapping_count};
	item->command.migration = &item->migration;
	return true;
}

/* All that keeps the instance from moving, not just the first. */
static void item_list_problems(struct arena *arena, struct work_item *item, const struct instance *instance)
{
	struct migration_problems found = {0};
	item->problems = NULL;
	item->problem_count = 0;
	if (item->command.kind != COMMAND_MIGRATE || item->err.code != ERR_CONFLICT)
		return;
	migration_find_problems(instance, &item->migration, arena, &found);
	if (found.list.len > 0)
		item->problems = arena_copy(arena, found.list.items, found.list.len * sizeof *found.list.items);
	item->problem_count = found.list.len;
	vec_free(&found.list);
}

/* More ids than one step can take. */
static bool batch_has_ids(const struct worker *worker)
{
	int64_t budget = worker->runtime->config.limits.step_budget;
	return id_source_left(&worker->ids) > budget * STEP_IDS_PER_ENTRY + STEP_IDS_AT_END;
}

enum batch_verdict batch_step_item(struct worker *worker, struct work *work, struct work_item *item)
{
	struct batch *batch = &worker->batch;
	struct step_context context = {
		.limits = &worker->runtime->config.limits,
		.now = batch->now,
		.ids = &worker->ids,
		.effects = &batch->effects,
		.arena = batch->arena,
		.scratch = batch->scratch,
		.find_called = call_find_definition,
		.find_context = worker,
		.park = item->park,
	};
	err_clear(&item->err);
	item->instance = NULL;
	item->command.instance_id = batch_item_instance(item);
	if (!batch_has_ids(worker)) {
		worker_want_ids(worker);
		return BATCH_AGAIN;
	}
	struct instance *instance =
		item->command.kind == COMMAND_START ? item_start(worker, item) : item_find(worker, item);
	if (!instance || !item_find_target(worker, item, instance))
		return BATCH_GOOD;
	struct arena *arena = work->arena ? work->arena : batch->arena;
	if (item->judge) {
		if (engine_judge(instance, &item->command, &context, &item->err))
			item->instance = context.instance;
		item_list_problems(arena, item, context.instance);
		return BATCH_GOOD;
	}
	switch (engine_step(instance, &item->command, &context, &item->err)) {
	case STEP_EXHAUSTED:
		item->park = context.park;
		work->alone = true;
		if (work == &batch->timers)
			worker_park_timer(worker, item->command.subject_id, item->park);
		return BATCH_AGAIN;
	case STEP_MISSING:
		return BATCH_AGAIN;
	case STEP_REFUSED:
		metric_add(&worker->metrics.commands_refused, 1);
		item_list_problems(arena, item, context.instance);
		return BATCH_GOOD;
	case STEP_DONE:
		metric_add(&worker->metrics.commands, 1);
		item_release_lock(batch, item);
		item->instance = context.instance;
		return BATCH_GOOD;
	}
	return BATCH_GOOD;
}

/* The one error of a work whose items stand or fall together; render is for the others. */
static void work_adopt_error(struct work *work)
{
	for (size_t i = 0; i < work->item_count && !work->per_item; i++)
		if (work->items[i].err.code != ERR_NONE) {
			work->err = work->items[i].err;
			return;
		}
}

static bool work_will_wait(const struct work *work)
{
	return work->kind == WORK_ACTIVATE && work->activate.jobs.len == 0 && work->activate.wait_until > clock_monotonic();
}

static void batch_answer(struct worker *worker, struct work *work)
{
	struct batch *batch = &worker->batch;
	work_adopt_error(work);
	if (work->err.code != ERR_NONE || batch_owns(batch, work) || work->late || work_will_wait(work))
		return;
	work->render(work);
	if (work->key.len == 0 || work->dry_run || work->err.code != ERR_NONE)
		return;
	vec_add(&batch->answers, ((struct db_answer){
								 .principal = work->principal,
								 .key = work->key,
								 .request_hash = work->request_hash,
								 .status = work->answer.status,
								 .etag = work->answer.etag,
								 .location = work->answer.location,
								 .body = work->answer.body,
								 .at = batch->now,
							 }));
}

static enum batch_verdict batch_step_work(struct worker *worker, struct work *work)
{
	if (work == &worker->batch.errand.work)
		return errand_step(worker);
	if (work->kind == WORK_MESSAGE && deliver_request(worker, work) == BATCH_AGAIN)
		return BATCH_AGAIN;
	for (size_t i = 0; i < work->item_count; i++)
		if (batch_step_item(worker, work, &work->items[i]) == BATCH_AGAIN)
			return BATCH_AGAIN;
	batch_answer(worker, work);
	return BATCH_GOOD;
}

/* Instances of a work are looked at by its render, before a later work of the batch steps them further. */
enum batch_verdict batch_step(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	for (size_t i = 0; i < batch->works.len; i++) {
		struct work *work = batch->works.items[i];
		bool replayed = work->answer.replayed;
		if (!replayed && work->err.code == ERR_NONE && batch_step_work(worker, work) == BATCH_AGAIN)
			return BATCH_AGAIN;
	}
	for (struct map_entry *entry = NULL; (entry = map_next(&batch->instances, entry));)
		if (((struct instance *)entry->value)->touched)
			effects_collect(&batch->effects, entry->value);
	for (size_t i = 0; i < batch->fresh.len; i++)
		if (batch->fresh.items[i]->touched)
			effects_collect(&batch->effects, batch->fresh.items[i]);
	return BATCH_GOOD;
}
