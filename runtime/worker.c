/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker around its batches: the queue, the connection's ups and downs, and the clock that looks for due timers.
 */
#include "config.h"

#include "runtime/worker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "bpmn/bpmn.h"
#include "runtime/batch.h"
#include "runtime/errand.h"

#define TICK_MICROS 20000
#define TIMER_POLL_MICROS 500000
#define SILENCE_MICROS INT64_C(12000000)
#define SILENCE_OF_CATALOG_MICROS INT64_C(120000000)
#define UPKEEP_MICROS INT64_C(600000000)
#define UPKEEP_AGAIN_MICROS INT64_C(200000)
#define UPKEEP_ANSWERS_AT_ONCE 10000
#define UPKEEP_OPERATIONS_AT_ONCE 20
#define OPERATIONS_KEPT_MICROS (INT64_C(30) * 24 * 3600 * 1000000)
#define BATCH_STATEMENT_TIMEOUT INT64_C(100000000)
#define READ_STATEMENT_TIMEOUT INT64_C(5000000)

void work_queue_add(struct work_queue *queue, struct work *work)
{
	work->next = NULL;
	if (queue->last)
		queue->last->next = work;
	else
		queue->first = work;
	queue->last = work;
	queue->len++;
}

void work_queue_push(struct work_queue *queue, struct work *work)
{
	work->next = queue->first;
	queue->first = work;
	if (!queue->last)
		queue->last = work;
	queue->len++;
}

struct work *work_queue_take(struct work_queue *queue)
{
	struct work *work = queue->first;
	if (!work)
		return NULL;
	queue->first = work->next;
	if (!queue->first)
		queue->last = NULL;
	queue->len--;
	work->next = NULL;
	return work;
}

void work_finish(struct work *work)
{
	vec_free(&work->activate.jobs);
	for (size_t i = 0; i < work->deploying.document_count; i++)
		bpmn_document_free(work->deploying.documents[i]);
	work->deploying.document_count = 0;
	work->done(work);
}

void work_fail(struct work *work, enum err_code code, const char *message)
{
	err_clear(&work->err);
	err_set(&work->err, code, "%s", message);
	work_finish(work);
}

/* ---- runtime ---- */

struct runtime *runtime_new(const struct runtime_config *config)
{
	struct runtime *runtime = alloc_new(struct runtime);
	runtime->config = *config;
	runtime->catalog = catalog_new();
	pthread_mutex_init(&runtime->mutex, NULL);
	return runtime;
}

void runtime_free(struct runtime *runtime)
{
	catalog_free(runtime->catalog);
	pthread_mutex_destroy(&runtime->mutex);
	free(runtime);
}

static void runtime_add_worker(struct runtime *runtime, struct worker *worker)
{
	pthread_mutex_lock(&runtime->mutex);
	if (runtime->worker_count < WORKERS_MAX)
		runtime->workers[runtime->worker_count++] = worker;
	pthread_mutex_unlock(&runtime->mutex);
}

static void runtime_remove_worker(struct runtime *runtime, const struct worker *worker)
{
	pthread_mutex_lock(&runtime->mutex);
	for (size_t i = 0; i < runtime->worker_count; i++)
		if (runtime->workers[i] == worker)
			runtime->workers[i] = runtime->workers[--runtime->worker_count];
	pthread_mutex_unlock(&runtime->mutex);
}

/* The oldest worker does what is to be done once a process. */
bool worker_leads(const struct worker *worker)
{
	struct runtime *runtime = worker->runtime;
	pthread_mutex_lock(&runtime->mutex);
	bool leads = runtime->worker_count > 0 && runtime->workers[0] == worker;
	pthread_mutex_unlock(&runtime->mutex);
	return leads;
}

/* ---- start-up: catalog and ids, then ready ---- */

static void worker_on_id_block(void *context, int64_t value)
{
	struct worker *worker = context;
	id_source_add(&worker->ids, (struct id_range){value << ID_BLOCK_BITS, (value + 1) << ID_BLOCK_BITS});
}

/* One block in use and one behind it; more for a batch that could not do with that. */
void worker_stock_ids(struct worker *worker)
{
	int64_t wanted = worker->id_blocks_wanted + 1;
	int64_t whole = id_source_left(&worker->ids) >> ID_BLOCK_BITS;
	if (whole < wanted - 1)
		db_take_id_blocks(worker->db, (int)(wanted - whole), worker_on_id_block, worker);
}

void worker_want_ids(struct worker *worker)
{
	worker->id_blocks_wanted *= 2;
	if (worker->id_blocks_wanted > ID_BLOCKS_MAX)
		worker->id_blocks_wanted = ID_BLOCKS_MAX;
}

static void worker_on_generation(void *context, int64_t generation)
{
	catalog_refresh_generation(((struct worker *)context)->startup, generation);
}

static void worker_on_definition(void *context, const struct db_definition *row)
{
	catalog_refresh_add(((struct worker *)context)->startup, row);
}

static void worker_on_next_timer(void *context, int64_t due)
{
	worker_note_timer(context, due);
}

/* Ready is who can do both: take commands and answer reads. */
static void worker_note_ready(struct worker *worker)
{
	metric_set(&worker->metrics.database_ready, worker_ready(worker));
}

static void worker_on_reader_state(void *context, bool connected)
{
	(void)connected;
	worker_note_ready(context);
}

static void worker_on_started(void *context, const struct db_failure *failure)
{
	struct worker *worker = context;
	catalog_refresh_end(worker->startup, failure->outcome == DB_OK);
	worker->startup = NULL;
	worker->ready = failure->outcome == DB_OK;
	worker_note_ready(worker);
	if (failure->outcome == DB_ERROR)
		log_event(LOG_ERROR, "worker-start", LOG_C("sqlstate", failure->sqlstate), LOG_C("message", failure->message));
}

static void worker_start_session(struct worker *worker)
{
	if (!db_group_begin(worker->db))
		return;
	worker->startup = catalog_refresh_begin(worker->runtime->catalog);
	db_read_catalog(worker->db, worker_on_generation, worker_on_definition, worker);
	worker_stock_ids(worker);
	db_read_next_timer(worker->db, worker_on_next_timer, worker);
	db_group_end(worker->db, worker_on_started, worker);
}

/* What waits in the queue when the database goes away is told so: the client repeats, nothing has been done. */
static void worker_fail_queue(struct worker *worker)
{
	poll_wake(worker, POLL_ALL);
	for (struct work *work; (work = work_queue_take(&worker->queue));)
		work_fail(work, ERR_UNAVAILABLE, "the database is not reachable");
}

static void worker_on_state(void *context, bool connected)
{
	struct worker *worker = context;
	worker->connected = connected;
	if (connected) {
		worker_start_session(worker);
		return;
	}
	worker->ready = false;
	metric_set(&worker->metrics.database_ready, 0);
	worker_fail_queue(worker);
}

/* ---- clocks ---- */

void worker_note_timer(struct worker *worker, int64_t due)
{
	if (due < worker->next_timer)
		worker->next_timer = due;
}

void worker_park_timer(struct worker *worker, int64_t job_id, struct park park)
{
	vec_add(&worker->parked_timers, ((struct parked){job_id, park}));
}

void worker_skip_timer(struct worker *worker, int64_t job_id)
{
	log_event(LOG_ERROR, "timer-skipped", LOG_INT("job", job_id));
	vec_add(&worker->skipped_timers, job_id);
}

struct park worker_timer_park(const struct worker *worker, int64_t job_id)
{
	for (size_t i = worker->parked_timers.len; i-- > 0;)
		if (worker->parked_timers.items[i].id == job_id)
			return worker->parked_timers.items[i].park;
	return (struct park){.where = PARK_NOWHERE};
}

void worker_park_event(struct worker *worker, int64_t id, struct park park)
{
	vec_add(&worker->parked_events, ((struct parked){id, park}));
}

struct park worker_event_park(const struct worker *worker, int64_t id)
{
	for (size_t i = worker->parked_events.len; i-- > 0;)
		if (worker->parked_events.items[i].id == id)
			return worker->parked_events.items[i].park;
	return (struct park){.where = PARK_NOWHERE};
}

static void worker_look_for_timers(struct worker *worker, int64_t monotonic)
{
	bool poll = monotonic >= worker->next_timer_poll;
	if (poll)
		worker->next_timer_poll = monotonic + TIMER_POLL_MICROS;
	if (worker->next_timer > clock_now() && !poll)
		return;
	worker->next_timer = INT64_MAX;
	worker->timers_due = true;
}

static void worker_on_upkeep(void *context, const struct db_failure *failure)
{
	(void)context;
	if (failure->outcome == DB_ERROR)
		log_event(LOG_WARNING, "upkeep", LOG_C("sqlstate", failure->sqlstate), LOG_C("message", failure->message));
}

/* As many as were asked for: there are more, so the next part comes soon. */
static void worker_on_forgotten(void *context, int count)
{
	struct worker *worker = context;
	if (count == UPKEEP_ANSWERS_AT_ONCE)
		worker->next_upkeep = clock_monotonic() + UPKEEP_AGAIN_MICROS;
}

static void worker_on_forgotten_operations(void *context, int count)
{
	struct worker *worker = context;
	if (count == UPKEEP_OPERATIONS_AT_ONCE)
		worker->next_upkeep = clock_monotonic() + UPKEEP_AGAIN_MICROS;
}

static void worker_upkeep(struct worker *worker, int64_t monotonic)
{
	if (monotonic < worker->next_upkeep || !worker_leads(worker))
		return;
	int64_t now = clock_now();
	worker->next_upkeep = monotonic + UPKEEP_MICROS;
	if (db_group_begin(worker->reader)) {
		db_make_partitions(worker->reader, now);
		db_group_end(worker->reader, worker_on_upkeep, worker);
	}
	if (db_group_begin(worker->reader)) {
		db_delete_old_answers(worker->reader, now - worker->runtime->config.idempotency_ttl, UPKEEP_ANSWERS_AT_ONCE,
			worker_on_forgotten, worker);
		db_group_end(worker->reader, worker_on_upkeep, worker);
	}
	if (db_group_begin(worker->reader)) {
		db_delete_old_operations(worker->reader, now - OPERATIONS_KEPT_MICROS, UPKEEP_OPERATIONS_AT_ONCE,
			worker_on_forgotten_operations, worker);
		db_group_end(worker->reader, worker_on_upkeep, worker);
	}
}

/* A change of the catalog may take long; nothing else may. */
static void worker_check_connections(struct worker *worker, int64_t monotonic)
{
	bool slow = worker->batch.catalog_changed;
	db_check_heard(worker->db, monotonic, slow ? SILENCE_OF_CATALOG_MICROS : SILENCE_MICROS);
	db_check_heard(worker->reader, monotonic, SILENCE_MICROS);
}

/* A session whose first statements were refused asks again, a little later. */
static void worker_start_again(struct worker *worker, int64_t monotonic)
{
	if (!worker->connected || worker->startup || monotonic < worker->next_start)
		return;
	worker->next_start = monotonic + TIMER_POLL_MICROS;
	worker_start_session(worker);
}

static void worker_on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct worker *worker = context;
	int64_t monotonic = clock_monotonic();
	worker_check_connections(worker, monotonic);
	if (!worker->ready) {
		worker_start_again(worker, monotonic);
		return;
	}
	bool poll = monotonic >= worker->next_timer_poll;
	worker_look_for_timers(worker, monotonic);
	if (worker->waiting.len > 0)
		poll_wake(worker, poll ? POLL_ALL : 0);
	worker_upkeep(worker, monotonic);
	errand_look(worker, monotonic);
	if (worker_has_work(worker))
		worker_kick(worker);
}

bool worker_has_work(const struct worker *worker)
{
	return worker->queue.len > 0 || worker->timers_due || (worker->errands_due != 0 && !worker->draining);
}

static void worker_on_kick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct worker *worker = context;
	if (worker->ready && worker->batch.phase == BATCH_CLOSED && worker_has_work(worker))
		batch_open(worker);
}

void worker_kick(struct worker *worker)
{
	if (worker->batch.phase == BATCH_CLOSED)
		event_active(worker->kick, 0, 0);
}

static void worker_on_doorbell(evutil_socket_t fd, short what, void *context)
{
	(void)what;
	eventfd_t rings;
	eventfd_read(fd, &rings);
	poll_wake(context, atomic_exchange_explicit(&((struct worker *)context)->rung, 0, memory_order_relaxed));
	errand_answer_bell(context);
}

/* ---- the worker ---- */

static void worker_make_events(struct worker *worker)
{
	worker->doorbell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	worker->doorbell = event_new(worker->base, worker->doorbell_fd, EV_READ | EV_PERSIST, worker_on_doorbell, worker);
	worker->kick = event_new(worker->base, -1, 0, worker_on_kick, worker);
	worker->tick = event_new(worker->base, -1, EV_PERSIST, worker_on_tick, worker);
	event_add(worker->doorbell, NULL);
	event_add(worker->tick, &(struct timeval){0, TICK_MICROS});
}

struct worker *worker_new(struct runtime *runtime, struct event_base *base)
{
	struct worker *worker = alloc_new(struct worker);
	worker->runtime = runtime;
	worker->base = base;
	worker->cache = cache_new(runtime->config.cache_bytes);
	worker->batch.arena = arena_new();
	worker->batch.scratch = arena_new();
	worker->next_timer = worker->next_start_timer = INT64_MAX;
	worker->id_blocks_wanted = 1;
	worker->timers_at_once = TIMERS_AT_ONCE;
	effects_init(&worker->batch.effects, worker->batch.arena);
	worker_make_events(worker);
	runtime_add_worker(runtime, worker);
	worker->db = db_new(base, &(struct db_config){
								  .conninfo = runtime->config.conninfo,
								  .on_state = worker_on_state,
								  .context = worker,
								  .statement_timeout = BATCH_STATEMENT_TIMEOUT,
							  });
	worker->reader = db_new(base, &(struct db_config){
									  .conninfo = runtime->config.conninfo,
									  .on_state = worker_on_reader_state,
									  .context = worker,
									  .statement_timeout = READ_STATEMENT_TIMEOUT,
									  .reads = true,
								  });
	return worker;
}

void worker_free(struct worker *worker)
{
	worker->draining = true;
	worker->ready = false; /* whoever is answered now may ask again */
	runtime_remove_worker(worker->runtime, worker);
	db_free(worker->reader);
	db_free(worker->db); /* an open batch hears that the connection is lost and answers its works */
	worker_fail_queue(worker);
	event_free(worker->tick);
	event_free(worker->kick);
	event_free(worker->doorbell);
	close(worker->doorbell_fd);
	struct batch *batch = &worker->batch;
	effects_free(&batch->effects);
	vec_free(&batch->works);
	vec_free(&batch->timer_items);
	vec_free(&batch->unlocked_roots);
	vec_free(&batch->trees);
	vec_free(&batch->to_load);
	vec_free(&batch->ended);
	vec_free(&batch->to_compile);
	vec_free(&batch->fresh);
	vec_free(&batch->answers);
	vec_free(&batch->deliveries);
	vec_free(&batch->candidates);
	vec_free(&batch->errand.items);
	vec_free(&batch->errand.starts);
	vec_free(&batch->errand.nths);
	db_message_effects_free(&batch->messages);
	map_free(&batch->instances);
	map_free(&batch->locked);
	map_free(&batch->subjects);
	arena_free(batch->arena);
	arena_free(batch->scratch);
	vec_free(&worker->parked_timers);
	vec_free(&worker->parked_events);
	vec_free(&worker->skipped_timers);
	vec_free(&worker->callees);
	id_source_free(&worker->ids);
	cache_free(worker->cache);
	free(worker);
}

bool worker_ready(const struct worker *worker)
{
	return worker->ready && db_ready(worker->reader);
}

void worker_drain(struct worker *worker)
{
	worker->draining = true;
	poll_wake(worker, POLL_ALL);
}

bool worker_idle(const struct worker *worker)
{
	return worker->batch.phase == BATCH_CLOSED && worker->queue.len == 0 && worker->waiting.len == 0;
}

struct db *worker_reader(struct worker *worker)
{
	return worker->reader;
}

const struct metrics *worker_metrics(const struct worker *worker)
{
	return &worker->metrics;
}

struct metrics *worker_metrics_mutable(struct worker *worker)
{
	return &worker->metrics;
}

bool worker_submit(struct worker *worker, struct work *work, struct err *err)
{
	assert(work->kind != WORK_STEPS || work->item_count == 1 || work->per_item);
	if (!worker->ready)
		return err_set(err, ERR_UNAVAILABLE, "the database is not reachable");
	if (worker->queue.len >= worker->runtime->config.queue_limit) {
		metric_add(&worker->metrics.overloaded, 1);
		return err_set(err, ERR_OVERLOADED, "too many requests are waiting");
	}
	work_queue_add(&worker->queue, work);
	metric_set(&worker->metrics.queue, worker->queue.len);
	worker_kick(worker);
	return true;
}

bool worker_definition_facts(struct worker *worker, int64_t definition_id, struct definition_facts *out)
{
	struct definition definition;
	if (!catalog_by_id(worker->runtime->catalog, definition_id, &definition))
		return false;
	*out = (struct definition_facts){definition.id, definition.version, definition.key, definition.name};
	return true;
}
