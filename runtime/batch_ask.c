/* SPDX-License-Identifier: Apache-2.0
 *
 * Working out what a batch needs, and receiving it. Locks come first; what is read behind them in a later statement is
 * then what the locks protect. A tree in the cache with the locked version need not be read at all.
 */
#include "config.h"

#include "runtime/batch.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/deliver.h"
#include "runtime/errand.h"
#include "runtime/restart.h"

/* ---- the first group ---- */

bool batch_has_questions(const struct batch *batch)
{
	for (size_t i = 0; i < batch->works.len; i++) {
		const struct work *work = batch->works.items[i];
		if (work->key.len > 0 || batch->takes_timers || batch->errand.kind != ERRAND_NONE || work->kind == WORK_MESSAGE)
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

void batch_on_tree(void *context, const struct db_locked_tree *tree)
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

void batch_lock_instances(struct worker *worker, const int64_t *ids, size_t count)
{
	struct db_subjects subjects = {.instances = ids, .instance_count = count};
	db_lock_trees(worker->db, &subjects, batch_on_tree, worker);
	db_resolve_subjects(worker->db, &subjects, batch_on_subject, worker);
}

static void batch_on_ended(void *context, const struct db_ended *row)
{
	struct batch *batch = &((struct worker *)context)->batch;
	struct db_ended *ended = vec_push(&batch->ended);
	*ended = *row;
	ended->tenant = arena_str(batch->arena, row->tenant);
}

static void batch_ask_trees(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	struct db_subjects subjects = batch_list_subjects(batch);
	size_t count = subjects.instance_count + subjects.task_count + subjects.job_count + subjects.incident_count +
	               subjects.subscription_count;
	for (size_t i = 0; i < batch->works.len; i++)
		if (batch->works.items[i]->kind == WORK_MESSAGE)
			deliver_add_request(worker, batch->works.items[i]);
	if (batch->deliveries.len > 0)
		deliver_ask(worker, &subjects);
	else if (count > 0)
		db_lock_trees(worker->db, &subjects, batch_on_tree, worker);
	if (count > 0)
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

/* Timers behind the trees: they pass over trees that others hold, so they never wait, whatever is locked in front of
 * them. Answers last: whoever held a tree may have stored one while the lock was waited for. */
void batch_ask(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	if (batch->errand.kind != ERRAND_NONE) {
		errand_ask(worker);
		return;
	}
	batch_ask_trees(worker);
	if (batch->takes_timers)
		db_take_due_timers(worker->db, batch->now, worker->timers_at_once, worker->skipped_timers.items,
			worker->skipped_timers.len, batch_on_timer, worker);
	batch_ask_answers(worker);
}

/* ---- what is missing ---- */

/* An instance moves within its own tenant, whoever moves it. */
static struct str batch_item_tenant(const struct batch *batch, const struct work_item *item)
{
	const struct instance *root = map_get_id(&batch->instances, batch_item_root(batch, item));
	return item->command.kind == COMMAND_MIGRATE && root ? root->tenant : item->tenant;
}

bool batch_definition(const struct worker *worker, const struct work_item *item, struct definition *out)
{
	struct catalog *catalog = worker->runtime->catalog;
	if (item->definition_id != 0)
		return catalog_by_id(catalog, item->definition_id, out) && !out->deleted;
	struct catalog_query query = {
		.tenant = batch_item_tenant(&worker->batch, item), .key = item->definition_key, .version = item->version};
	return catalog_find(catalog, &query, out);
}

static void batch_want_graph(struct worker *worker, const struct definition *definition)
{
	struct batch *batch = &worker->batch;
	if (definition->graph || definition->broken || !definition->executable)
		return;
	for (size_t i = 0; i < batch->to_compile.len; i++)
		if (batch->to_compile.items[i] == definition->id)
			return;
	vec_add(&batch->to_compile, definition->id);
}

/* False when it is not known (here). */
bool batch_want_definition(struct worker *worker, int64_t id)
{
	struct definition definition;
	bool known = catalog_by_id(worker->runtime->catalog, id, &definition);
	if (known)
		batch_want_graph(worker, &definition);
	return known;
}

/* Of the instances that a tree's root has called: of those in memory. */
static bool batch_want_called(struct worker *worker, struct instance *root)
{
	bool known = true;
	for (struct instance *here = root; (here = instance_next(root, here));)
		known &= here->graph || batch_want_definition(worker, here->definition_id);
	return known;
}

/* Processes that a step of this worker wanted to call. One whose diagram was not to be had was deleted meanwhile. */
static bool batch_find_callees(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	bool known = true;
	for (size_t i = 0; i < worker->callees.len; i++) {
		bool asked = batch->compiled > 0;
		struct definition definition;
		if (catalog_by_id(worker->runtime->catalog, worker->callees.items[i], &definition)) {
			batch_want_graph(worker, &definition);
			known &= !asked || definition.graph || definition.broken;
		}
	}
	return known;
}

/* Not before it is known what is to be restarted. */
static bool item_names_definition(const struct work_item *item)
{
	enum command_kind kind = item->command.kind;
	return kind == COMMAND_MIGRATE || (kind == COMMAND_START && (item->restart_of == 0 || item->definition_id != 0));
}

/* Definitions of starts, of locked trees and of what they call; one that is not known makes the catalog be read once
 * more. */
static bool batch_find_definitions(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	struct definition definition;
	bool unknown = !batch_find_callees(worker);
	unknown |= !deliver_want_definitions(worker);
	unknown |= !errand_want_definitions(worker);
	for (size_t i = 0; i < batch->works.len; i++) {
		const struct work *work = batch->works.items[i];
		for (size_t k = 0; k < work->item_count && work->answer.status == 0; k++) {
			if (!item_names_definition(&work->items[k]))
				continue;
			batch->uses_catalog = true;
			if (batch_definition(worker, &work->items[k], &definition))
				batch_want_graph(worker, &definition);
			else
				unknown = true;
		}
	}
	for (size_t i = 0; i < batch->trees.len; i++) {
		struct instance *root = map_get_id(&batch->instances, batch->trees.items[i].root_id);
		unknown |= !batch_want_definition(worker, batch->trees.items[i].definition_id);
		unknown |= root && root->children.len > 0 && !batch_want_called(worker, root);
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
			if (batch_item_is_named(&work->items[k]) &&
				!map_get_id(&batch->locked, batch_item_root(batch, &work->items[k])))
				return true;
		}
	}
	return false;
}

bool batch_find_missing(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	batch_find_trees(worker);
	bool unknown = batch_find_definitions(worker);
	batch->refresh_wanted = unknown && !batch->catalog_checked;
	batch->gone_wanted = !batch->gone_checked && !errand_has_questions(batch) && batch_has_gone_subjects(batch);
	return batch->refresh_wanted || batch->gone_wanted || batch->unlocked_roots.len > 0 || batch->to_load.len > 0 ||
	       batch->to_compile.len > batch->compiled || deliver_has_questions(batch) || errand_has_questions(batch) ||
	       restart_has_questions(batch) || batch_has_statements(batch);
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
				.instances = batch->unlocked_roots.items,
				.instance_count = batch->unlocked_roots.len,
			},
			batch_on_tree, worker);
	vec_clear(&batch->unlocked_roots);
	if (deliver_has_questions(batch))
		deliver_ask(worker, &(struct db_subjects){0});
	if (errand_has_questions(batch))
		errand_fetch(worker);
	if (restart_has_questions(batch))
		restart_fetch(worker);
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
