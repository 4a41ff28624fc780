/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a batch, from opening to answering. A batch that PostgreSQL refuses runs again work by work, so that only
 * the one at fault fails; a connection that broke behind COMMIT leaves its works in doubt, and they are told so.
 */
#include "config.h"

#include "runtime/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "runtime/errand.h"

#define TRIES_MAX 5
#define BATCH_BYTES_MAX ((size_t)64 << 20) /* of variables that come with its works */

static void batch_continue(struct worker *worker);
static void batch_run_again(struct worker *worker);

/* ---- opening ---- */

static bool batch_has_key(const struct batch *batch, const struct work *work)
{
	for (size_t i = 0; i < batch->works.len && work->key.len > 0; i++)
		if (str_equal(batch->works.items[i]->key, work->key) &&
			str_equal(batch->works.items[i]->principal, work->principal))
			return true;
	return false;
}

static bool work_changes_catalog(const struct work *work)
{
	return work->kind == WORK_DEPLOY || work->kind == WORK_DELETE_DEPLOYMENT || work->kind == WORK_DEFINITION_STATE;
}

static bool work_runs_alone(const struct work *work)
{
	return work->alone || work->dry_run || work_changes_catalog(work);
}

static size_t work_bytes(const struct work *work)
{
	size_t bytes = 0;
	for (size_t i = 0; i < work->event.variable_count; i++)
		bytes += work->event.variables[i].json.len;
	for (size_t i = 0; i < work->item_count; i++)
		for (size_t k = 0; k < work->items[i].command.variable_count; k++)
			bytes += work->items[i].command.variables[k].json.len;
	return bytes;
}

/* Equal keys must not meet in one transaction: the second waits for the first one's answer. */
static bool batch_may_hold(const struct worker *worker, const struct work *work)
{
	const struct batch *batch = &worker->batch;
	if (batch->works.len == 0)
		return true;
	size_t items = work->item_count > 0 ? work->item_count : 1;
	if (batch->bytes + work_bytes(work) > BATCH_BYTES_MAX)
		return false;
	return !work_runs_alone(work) && batch->steps + items <= worker->runtime->config.batch_limit &&
	       !batch_has_key(batch, work);
}

static void batch_add(struct batch *batch, struct work *work)
{
	work->asked = false;
	work->err = (struct err){0};
	work->answer = (struct answer){0};
	vec_add(&batch->works, work);
	batch->steps += work->item_count > 0 ? work->item_count : 1;
	batch->bytes += work_bytes(work);
}

/* Who has waited for the other goes first: timers that a work running alone has passed over, and works while suspected
 * timers are fired one by one. */
static bool batch_is_for_timers(struct worker *worker)
{
	bool suspected = worker->timers_at_once == 1;
	bool turn = worker->timers_due && (worker->timers_passed_over || (suspected && !worker->timers_had_turn));
	worker->timers_passed_over = worker->timers_due && !turn;
	worker->timers_had_turn = turn && suspected;
	return turn;
}

static void batch_gather(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	if (errand_has_turn(worker)) {
		errand_begin(worker);
		batch_add(batch, &batch->errand.work);
		return;
	}
	bool for_timers = batch_is_for_timers(worker);
	while (!for_timers && worker->queue.first && batch_may_hold(worker, worker->queue.first)) {
		struct work *work = work_queue_take(&worker->queue);
		batch->dry = work->dry_run;
		batch_add(batch, work);
		if (work_runs_alone(work))
			return;
	}
	/* suspected timers are alone in their batch, so that nobody else is */
	batch->takes_timers = worker->timers_due && (worker->timers_at_once > 1 || batch->works.len == 0);
	if (batch->takes_timers) {
		worker->timers_due = worker->timers_passed_over = false;
		batch->timers = (struct work){.kind = WORK_STEPS, .per_item = true};
		batch_add(batch, &batch->timers);
	}
}

/* Everything per-batch is forgotten, memory is kept; the caller has taken care of works and instances. */
static void batch_clear(struct batch *batch)
{
	effects_clear(&batch->effects);
	vec_clear(&batch->works);
	vec_clear(&batch->timer_items);
	vec_clear(&batch->unlocked_roots);
	vec_clear(&batch->trees);
	vec_clear(&batch->to_load);
	vec_clear(&batch->ended);
	vec_clear(&batch->to_compile);
	vec_clear(&batch->fresh);
	vec_clear(&batch->answers);
	vec_clear(&batch->deliveries);
	vec_clear(&batch->candidates);
	db_message_effects_clear(&batch->messages);
	errand_clear(&batch->errand);
	map_clear(&batch->locked);
	map_clear(&batch->instances);
	map_clear(&batch->subjects);
	arena_reset(batch->arena);
	arena_reset(batch->scratch);
	batch->steps = batch->bytes = batch->compiled = 0;
	batch->correlated = 0;
	batch->found_again = false;
	batch->begun = batch->dry = batch->takes_timers = batch->catalog_changed = batch->catalog_checked =
		batch->uses_catalog = false;
	batch->refresh_wanted = batch->gone_wanted = batch->gone_checked = batch->restarts_asked = false;
	batch->failure = (struct db_failure){0};
}

/* Back to closed; what waits meanwhile opens the next one. */
static void batch_close(struct worker *worker)
{
	batch_clear(&worker->batch);
	worker->batch.phase = BATCH_CLOSED;
	metric_set(&worker->metrics.queue, worker->queue.len);
	metric_set(&worker->metrics.cached_instances, cache_len(worker->cache));
	if (worker_has_work(worker))
		worker_kick(worker);
}

bool batch_owns(const struct batch *batch, const struct work *work)
{
	return work == &batch->timers || work == &batch->errand.work;
}

/* ---- groups ---- */

/* The transaction holds the catalog before it locks anything, but for those that will change it, and for plain starts,
 * which ask for its generation before they write. */
static void batch_begin(struct worker *worker, enum batch_phase phase)
{
	struct batch *batch = &worker->batch;
	batch->begun = true;
	db_begin(worker->db);
	if (phase != BATCH_STORING && !work_changes_catalog(batch->works.items[0]))
		db_hold_catalog(worker->db);
	worker_stock_ids(worker);
}

static bool batch_begin_group(struct worker *worker, enum batch_phase phase)
{
	struct batch *batch = &worker->batch;
	if (!db_group_begin(worker->db))
		return false;
	batch->phase = phase;
	if (!batch->begun)
		batch_begin(worker, phase);
	return true;
}

/* Trees that this batch held are forgotten: what is in memory may be half stepped. */
static void batch_drop_instances(struct batch *batch)
{
	for (struct map_entry *entry = NULL; (entry = map_next(&batch->instances, entry));)
		instance_free(entry->value);
	for (size_t i = 0; i < batch->fresh.len; i++)
		instance_free(batch->fresh.items[i]);
	map_clear(&batch->instances);
	vec_clear(&batch->fresh);
}

static void batch_fail_works(struct worker *worker, enum err_code code, const char *message)
{
	struct batch *batch = &worker->batch;
	batch_drop_instances(batch);
	for (size_t i = 0; i < batch->works.len; i++) {
		struct work *work = batch->works.items[i];
		if (work == &batch->timers)
			worker->timers_due = true;
		else if (batch_owns(batch, work))
			continue; /* an errand: it is looked for again */
		else if (work->err.code == ERR_NONE)
			work_fail(work, code, message);
		else
			work_finish(work);
	}
	batch_close(worker);
}

static void batch_lost(struct worker *worker)
{
	metric_add(&worker->metrics.batches_failed, 1);
	batch_refresh_done(worker, false);
	if (worker->batch.phase == BATCH_STORING)
		batch_fail_works(
			worker, ERR_IN_DOUBT, "the connection to the database broke while the outcome was being written");
	else
		batch_fail_works(worker, ERR_UNAVAILABLE, "the database is not reachable");
}

/* ---- failure ---- */

static void batch_on_rolled_back(void *context, const struct db_failure *failure)
{
	struct worker *worker = context;
	if (failure->outcome == DB_LOST) {
		batch_lost(worker);
		return;
	}
	batch_refresh_done(worker, failure->outcome == DB_OK);
	batch_run_again(worker);
}

static void batch_roll_back(struct worker *worker)
{
	metric_add(&worker->metrics.batches_failed, 1);
	if (!db_group_begin(worker->db)) {
		worker->batch.phase = BATCH_ROLLING_BACK;
		batch_lost(worker);
		return;
	}
	worker->batch.phase = BATCH_ROLLING_BACK;
	db_rollback(worker->db);
	worker_stock_ids(worker);
	if (strcmp(worker->batch.failure.sqlstate, "BP001") == 0)
		batch_refresh_catalog(worker);
	db_group_end(worker->db, batch_on_rolled_back, worker);
}

static void batch_refused(struct worker *worker, const struct db_failure *failure)
{
	struct batch *batch = &worker->batch;
	batch_refresh_done(worker, false);
	batch->failure = *failure;
	if (strcmp(failure->sqlstate, "BP001") != 0)
		log_event(LOG_WARNING, "batch-refused", LOG_C("sqlstate", failure->sqlstate),
			LOG_C("message", failure->message), LOG_INT("works", (int64_t)batch->works.len));
	batch_roll_back(worker);
}

/* Worth another try as it is: old catalog, another's key, and whatever is the database's state and not the request's
 * fault: conflicts (40), locks (55), resources (53), operators (57), the system (58), connection (08), transaction
 * (25). */
bool batch_failure_passes(const struct db_failure *failure)
{
	static const char *const classes[] = {"BP001", "23505", "40", "55", "53", "57", "58", "08", "25"};
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (strncmp(failure->sqlstate, classes[i], strlen(classes[i])) == 0)
			return true;
	return failure->sqlstate[0] == '\0';
}

/* Data that PostgreSQL cannot hold: of a wrong kind, or too large for an index. */
static bool failure_is_data(const struct db_failure *failure)
{
	return strncmp(failure->sqlstate, "22", 2) == 0 || strncmp(failure->sqlstate, "54", 2) == 0;
}

/* The one timer at fault is known: it fires into an incident; if even that is refused, it is passed over from now
 * on. */
static void timers_blame(struct worker *worker, const struct work_item *item)
{
	if (item->park.where == PARK_EVERYWHERE)
		worker_skip_timer(worker, item->command.subject_id);
	else
		worker_park_timer(worker, item->command.subject_id, (struct park){.where = PARK_EVERYWHERE});
	worker->timers_at_once = TIMERS_AT_ONCE;
}

/* Refused timers are fired one by one until the one at fault is known. What is not their fault passes: the next look
 * for due timers is soon enough. */
static void timers_run_again(struct worker *worker)
{
	const struct batch *batch = &worker->batch;
	bool refused = batch->failure.outcome == DB_ERROR;
	worker->timers_due = !refused || !batch_failure_passes(&batch->failure);
	if (!refused || !worker->timers_due)
		return;
	if (worker->timers_at_once == 1 && batch->timer_items.len == 1)
		timers_blame(worker, &batch->timer_items.items[0]);
	else
		worker->timers_at_once = 1;
}

static void work_run_again(struct worker *worker, struct work *work, bool alone)
{
	const struct db_failure *failure = &worker->batch.failure;
	if (work == &worker->batch.timers) {
		timers_run_again(worker);
		return;
	}
	if (work == &worker->batch.errand.work) {
		errand_run_again(worker);
		return;
	}
	bool refused = failure->outcome == DB_ERROR;
	if (refused && ++work->tries > TRIES_MAX)
		work_fail(work, ERR_UNAVAILABLE, "the database could not take the change");
	else if (!refused || batch_failure_passes(failure) || !work->alone) {
		work->alone |= alone;
		work_queue_push(&worker->queue, work);
	} else if (failure_is_data(failure))
		work_fail(work, ERR_INVALID, "the database cannot hold a value of the request");
	else
		work_fail(work, ERR_INTERNAL, "the database refused the change");
}

/* After a statement was refused each work runs in a batch of its own; after an exhausted step or an old catalog, all
 * together once more. In reverse, so that the queue keeps their order. */
static void batch_run_again(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	bool alone = batch->failure.outcome == DB_ERROR && strcmp(batch->failure.sqlstate, "BP001") != 0;
	batch_drop_instances(batch);
	for (size_t i = batch->works.len; i-- > 0;)
		work_run_again(worker, batch->works.items[i], alone);
	batch_close(worker);
}

/* ---- the good way ---- */

static void batch_keep_instances(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	for (struct map_entry *entry = NULL; (entry = map_next(&batch->instances, entry));)
		vec_add(&batch->fresh, entry->value);
	for (size_t i = 0; i < batch->fresh.len; i++) {
		struct instance *instance = batch->fresh.items[i];
		bool refused = !instance->touched && instance->mark == ROW_NEW;
		if (instance->touched)
			instance_committed(instance);
		if (instance->ended_at != 0 || refused)
			instance_free(instance);
		else
			cache_put_take(worker->cache, instance);
	}
}

static void batch_note_jobs(struct worker *worker)
{
	const struct effects *effects = &worker->batch.effects;
	uint64_t made = 0;
	for (size_t i = 0; i < effects->new_jobs.len + effects->changed_jobs.len; i++) {
		const struct job_ref *ref = i < effects->new_jobs.len ? &effects->new_jobs.items[i]
		                                                      : &effects->changed_jobs.items[i - effects->new_jobs.len];
		if (ref->job->kind == JOB_TIMER)
			worker_note_timer(worker, ref->job->due_at);
		else
			made |= poll_bit(ref->instance->tenant, ref->job->type);
	}
	if (made != 0)
		poll_ring(worker, made);
}

/* Who was to take the message went away, or came, between the look and the lock. */
static void work_look_again(struct worker *worker, struct work *work)
{
	work->late = false;
	if (++work->tries > TRIES_MAX)
		work_fail(work, ERR_UNAVAILABLE, "who waits for the message changes too often");
	else
		work_queue_push(&worker->queue, work);
}

static void batch_answer_works(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	for (size_t i = 0; i < batch->works.len; i++) {
		struct work *work = batch->works.items[i];
		if (batch_owns(batch, work))
			continue;
		if (work->late) {
			work_look_again(worker, work);
			continue;
		}
		metric_add(&worker->metrics.jobs_activated, work->activate.jobs.len);
		metric_add(&worker->metrics.answers_replayed, work->answer.replayed);
		bool unanswered = work->answer.status == 0 && work->err.code == ERR_NONE;
		if (!unanswered)
			work_finish(work);
		else if (!poll_wait(worker, work)) {
			work->render(work);
			work_finish(work);
		}
	}
}

/* More may be due where as many came as were asked for. */
static void batch_timers_fired(struct worker *worker)
{
	bool all = (int)worker->batch.timer_items.len < worker->timers_at_once;
	vec_clear(&worker->parked_timers);
	for (size_t i = 0; i < worker->batch.timer_items.len; i++)
		if (worker->batch.timer_items.items[i].err.code == ERR_INTERNAL)
			worker_skip_timer(worker, worker->batch.timer_items.items[i].command.subject_id);
	if (all)
		worker->timers_at_once = TIMERS_AT_ONCE;
	else
		worker->timers_due = true;
}

static void batch_succeed(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	worker->id_blocks_wanted = 1;
	vec_clear(&worker->callees);
	batch_count(worker);
	if (batch->takes_timers)
		batch_timers_fired(worker);
	if (batch->dry)
		batch_drop_instances(batch);
	else {
		batch_count_effects(worker);
		errand_note_batch(worker);
		batch_note_jobs(worker); /* before the instances, which hold the jobs, are let go */
		batch_keep_instances(worker);
	}
	errand_succeed(worker);
	map_clear(&batch->instances);
	vec_clear(&batch->fresh);
	batch_answer_works(worker);
	batch_close(worker);
}

static void batch_on_refreshed(void *context, const struct db_failure *failure)
{
	struct worker *worker = context;
	batch_refresh_done(worker, failure->outcome == DB_OK);
	batch_succeed(worker);
}

static void batch_on_stored(void *context, const struct db_failure *failure)
{
	struct worker *worker = context;
	if (failure->outcome == DB_LOST) {
		batch_lost(worker);
		return;
	}
	if (failure->outcome == DB_ERROR) {
		batch_refused(worker, failure);
		return;
	}
	/* Who deployed sees it at once; if the refresh is not possible, the next start finds the catalog old and reads
	 * it. */
	if (!worker->batch.catalog_changed || !db_group_begin(worker->db)) {
		batch_succeed(worker);
		return;
	}
	worker->batch.phase = BATCH_REFRESHING;
	batch_refresh_catalog(worker);
	db_group_end(worker->db, batch_on_refreshed, worker);
}

static void batch_store(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	if (!batch_begin_group(worker, BATCH_STORING)) {
		batch_lost(worker);
		return;
	}
	if (batch->uses_catalog)
		db_expect_generation(worker->db, batch->generation);
	db_store_effects(worker->db, &batch->effects);
	db_store_messages(worker->db, &batch->messages);
	errand_store(worker);
	if (batch->answers.len > 0)
		db_store_answers(worker->db, batch->answers.items, batch->answers.len);
	if (batch->dry)
		db_rollback(worker->db);
	else
		db_commit(worker->db);
	db_group_end(worker->db, batch_on_stored, worker);
}

/* The time is taken behind the locks, so that a tree's steps never go back in time. */
static void batch_step_and_store(struct worker *worker)
{
	worker->batch.now = clock_now();
	if (batch_step(worker) == BATCH_AGAIN)
		batch_roll_back(worker);
	else
		batch_store(worker);
}

static void batch_on_group(void *context, const struct db_failure *failure)
{
	struct worker *worker = context;
	struct batch *batch = &worker->batch;
	if (failure->outcome == DB_LOST) {
		batch_lost(worker);
		return;
	}
	if (failure->outcome == DB_ERROR) {
		batch_refused(worker, failure);
		return;
	}
	batch_refresh_done(worker, true);
	batch->timers.items = batch->timer_items.items;
	batch->timers.item_count = batch->timer_items.len;
	batch->errand.work.items = batch->errand.items.items;
	batch->errand.work.item_count = batch->errand.items.len;
	batch_continue(worker);
}

/* Fetches what is missing, as often as that brings up something new; then steps. */
static void batch_continue(struct worker *worker)
{
	if (!batch_find_missing(worker)) {
		batch_step_and_store(worker);
		return;
	}
	if (!batch_begin_group(worker, BATCH_FETCHING)) {
		batch_lost(worker);
		return;
	}
	batch_fetch(worker);
	db_group_end(worker->db, batch_on_group, worker);
}

void batch_open(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	batch->now = clock_now();
	batch->began = clock_monotonic();
	batch->generation = catalog_generation(worker->runtime->catalog);
	batch_gather(worker);
	if (!batch_has_questions(batch)) {
		batch_continue(worker);
		return;
	}
	if (!batch_begin_group(worker, BATCH_ASKING)) {
		batch_lost(worker);
		return;
	}
	batch_ask(worker);
	db_group_end(worker->db, batch_on_group, worker);
}
