/* SPDX-License-Identifier: Apache-2.0
 *
 * An errand's rows become steps: of trees that a signal reaches, of starts, or (deliver.c) of messages. What PostgreSQL
 * refuses is narrowed down like timers are: one by one, then into an incident, then passed over.
 */
#include "config.h"

#include "runtime/errand.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/iso8601.h"
#include "base/log.h"
#include "runtime/deliver.h"
#include "runtime/operation.h"

#define LOOK_MICROS INT64_C(1000000)
#define MESSAGES_AT_ONCE 64
#define PAGE_MICROS INT64_C(3000) /* requests wait so long for a page of a signal */
#define TREES_AT_FIRST 64
#define TREES_AT_LEAST 24 /* fewer cost more than they help: a page has its own price */
#define TREES_AT_MOST 256
#define BROADCAST_PARTS 4 /* so many workers deliver one signal at a time */
#define STARTS_AT_ONCE 64
#define EXPIRED_AT_ONCE 1000
#define ITEMS_AT_ONCE 50

static int errand_limit(const struct worker *worker)
{
	static const int limits[ERRAND_COUNT] = {
		[ERRAND_THROWN] = MESSAGES_AT_ONCE,
		[ERRAND_KEPT] = MESSAGES_AT_ONCE,
		[ERRAND_STARTS] = STARTS_AT_ONCE,
		[ERRAND_OPERATIONS] = ITEMS_AT_ONCE,
	};
	if (worker->errand_care != CARE_NONE)
		return 1;
	if (worker->batch.errand.kind != ERRAND_BROADCAST)
		return limits[worker->batch.errand.kind];
	return worker->trees_at_once > 0 ? worker->trees_at_once : TREES_AT_FIRST;
}

static void errand_is_due(struct worker *worker, enum errand kind)
{
	worker->errands_due |= 1U << kind;
}

/* ---- whose turn it is ---- */

/* While others wait they have at least one batch, and as much time, between two errands. */
bool errand_has_turn(struct worker *worker)
{
	bool others = worker->queue.len > 0 || worker->timers_due;
	bool rests = worker->errand_had_turn || clock_monotonic() < worker->errand_rests_until;
	bool turn = worker->errands_due != 0 && !worker->draining && !(others && rests);
	worker->errand_had_turn = turn;
	return turn;
}

static void errand_rest(struct worker *worker)
{
	int64_t now = clock_monotonic();
	worker->errand_rests_until = now + (now - worker->batch.began);
}

/* The next one behind the last; the same again only while it is narrowed down. */
static enum errand errand_pick(const struct worker *worker)
{
	if (worker->errand_care != CARE_NONE)
		return worker->last_errand;
	for (int i = 1; i < ERRAND_COUNT; i++) {
		int kind = 1 + ((int)worker->last_errand + i - 1) % (ERRAND_COUNT - 1);
		if (worker->errands_due & (1U << kind))
			return (enum errand)kind;
	}
	return ERRAND_NONE;
}

void errand_begin(struct worker *worker)
{
	struct errand_state *errand = &worker->batch.errand;
	errand->kind = worker->last_errand = errand_pick(worker);
	errand->work = (struct work){.kind = WORK_STEPS, .per_item = true};
	worker->errands_due &= ~(1U << errand->kind);
}

void errand_clear(struct errand_state *errand)
{
	vec_clear(&errand->items);
	vec_clear(&errand->starts);
	operation_clear(errand);
	errand->kind = ERRAND_NONE;
	errand->taken = 0;
	errand->full = errand->starts_asked = false;
	errand->broadcast = (struct db_broadcast){0};
}

/* ---- taking rows ---- */

static void errand_on_broadcast(void *context, const struct db_broadcast *row)
{
	struct batch *batch = &((struct worker *)context)->batch;
	struct errand_state *errand = &batch->errand;
	errand->broadcast = *row;
	errand->broadcast.name = arena_str(batch->arena, row->name);
	errand->broadcast.tenant = arena_str(batch->arena, row->tenant);
	errand->broadcast.sender = arena_str(batch->arena, row->sender);
	errand->variables = deliver_variables(batch->arena, row->variables, &errand->variable_count);
	errand->taken = row->trees;
}

/* A step of the errand; the id is what its park is remembered by. */
static struct work_item *errand_add_item(struct worker *worker, enum command_kind kind, int64_t id)
{
	struct errand_state *errand = &worker->batch.errand;
	struct work_item *item = vec_push(&errand->items);
	item->command.kind = kind;
	item->command.expected_version = VERSION_ANY;
	item->command.retries = item->command.start_node = item->command.start_event = GRAPH_NONE;
	item->park = worker_event_park(worker, id);
	if (worker->errand_care >= CARE_PARKED)
		item->park = (struct park){.where = PARK_EVERYWHERE};
	return item;
}

static void errand_add_signal(const struct errand_state *errand, struct work_item *item)
{
	item->command.actor.user = errand->broadcast.sender;
	item->command.name = errand->broadcast.name;
	item->command.variables = errand->variables;
	item->command.variable_count = errand->variable_count;
	item->tenant = errand->broadcast.tenant;
}

static void errand_on_tree(void *context, const struct db_locked_tree *tree)
{
	struct worker *worker = context;
	struct errand_state *errand = &worker->batch.errand;
	bool signal = errand->broadcast.kind == SUBSCRIPTION_SIGNAL;
	struct work_item *item = errand_add_item(worker, signal ? COMMAND_SIGNAL : COMMAND_CONDITIONS, tree->root_id);
	errand_add_signal(errand, item);
	item->instance_id = tree->root_id;
	batch_on_tree(worker, tree);
}

static struct work_item *errand_add_start(struct worker *worker, const struct db_start_event *row)
{
	struct work_item *item = errand_add_item(worker, COMMAND_START, row->definition_id);
	item->definition_id = row->definition_id;
	item->tenant = arena_str(worker->batch.arena, row->tenant);
	item->command.start_node = row->node;
	item->command.start_event = row->event;
	return item;
}

static void errand_on_broadcast_start(void *context, const struct db_start_event *row)
{
	struct worker *worker = context;
	errand_add_signal(&worker->batch.errand, errand_add_start(worker, row));
}

/* The next firing, counted from the first, so that months of different lengths do not add up to another day. */
static int64_t start_next_due(const struct db_start_event *start)
{
	struct iso8601_duration interval;
	bool goes_on = start->cycle.len > 0 && (start->repeat < 0 || start->fired < start->repeat);
	if (!goes_on || !iso8601_parse_duration(start->cycle, &interval, NULL))
		return 0;
	return iso8601_add(start->first_due_at, &interval, start->fired + 1);
}

static void errand_on_start_timer(void *context, const struct db_start_event *row)
{
	struct worker *worker = context;
	errand_add_start(worker, row)->command.actor.user = STR("timer");
	struct db_start_event *start = vec_push(&worker->batch.errand.starts);
	*start = *row;
	start->due_at = start_next_due(row);
	start->cycle = start->tenant = (struct str){0};
	worker->batch.errand.taken++;
}

void errand_ask(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	int limit = errand_limit(worker);
	switch (batch->errand.kind) {
	case ERRAND_THROWN:
		db_take_thrown_messages(worker->db, limit, deliver_add_row, worker);
		return;
	case ERRAND_KEPT:
		db_take_kept_messages(worker->db, limit, worker->kept_behind, batch->now, deliver_add_row, worker);
		return;
	case ERRAND_BROADCAST:
		db_take_broadcast(worker->db, limit, &(struct db_broadcast_page){errand_on_broadcast, errand_on_tree, worker});
		return;
	case ERRAND_STARTS:
		db_take_due_starts(worker->db, batch->now, limit, errand_on_start_timer, worker);
		return;
	case ERRAND_OPERATIONS:
		operation_ask(worker, limit);
		return;
	case ERRAND_NONE:
	case ERRAND_COUNT:
		return;
	}
}

static bool errand_has_starts(const struct batch *batch)
{
	const struct db_broadcast *broadcast = &batch->errand.broadcast;
	return broadcast->id != 0 && !broadcast->starts_done && !batch->errand.starts_asked;
}

bool errand_has_questions(const struct batch *batch)
{
	return errand_has_starts(batch) || operation_has_questions(&batch->errand);
}

void errand_fetch(struct worker *worker)
{
	struct errand_state *errand = &worker->batch.errand;
	if (errand->kind == ERRAND_OPERATIONS) {
		operation_fetch(worker);
		return;
	}
	errand->starts_asked = true;
	db_find_broadcast_starts(worker->db, &errand->broadcast, errand_on_broadcast_start, worker);
}

bool errand_want_definitions(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	bool known = true;
	for (size_t i = 0; i < batch->errand.items.len; i++) {
		if (batch->errand.items.items[i].command.kind != COMMAND_START || batch->errand.kind == ERRAND_OPERATIONS)
			continue;
		batch->uses_catalog = true;
		known &= batch_want_definition(worker, batch->errand.items.items[i].definition_id);
	}
	return known;
}

/* ---- stepping ---- */

static enum batch_verdict errand_step_item(struct worker *worker, struct work_item *item)
{
	bool start = item->command.kind == COMMAND_START;
	if (item->err.code != ERR_NONE)
		return BATCH_GOOD; /* what is stored of it cannot be read */
	if (batch_step_item(worker, &worker->batch.errand.work, item) == BATCH_AGAIN) {
		worker_park_event(worker, start ? item->definition_id : item->instance_id, item->park);
		return BATCH_AGAIN;
	}
	if (item->err.code == ERR_INTERNAL)
		log_event(LOG_ERROR, "event-skipped", LOG_INT("definition", item->definition_id),
			LOG_INT("instance", item->instance_id), LOG_C("message", item->err.message));
	return BATCH_GOOD;
}

enum batch_verdict errand_step(struct worker *worker)
{
	struct errand_state *errand = &worker->batch.errand;
	errand->full = (int)errand->taken == errand_limit(worker);
	for (size_t i = 0; i < errand->items.len && worker->errand_care != CARE_GIVE_UP; i++)
		if (errand_step_item(worker, &errand->items.items[i]) == BATCH_AGAIN)
			return BATCH_AGAIN;
	return deliver_rows(worker);
}

/* The first page that is full and not narrowed down: more may wait than one worker should deliver to. */
static bool errand_is_parting(const struct worker *worker)
{
	const struct errand_state *errand = &worker->batch.errand;
	return errand->broadcast.id != 0 && errand->full && !errand->broadcast.parted && worker->errand_care == CARE_NONE;
}

static void errand_advance_broadcast(struct worker *worker)
{
	const struct errand_state *errand = &worker->batch.errand;
	int64_t parts[BROADCAST_PARTS - 1];
	size_t count = 0;
	if (!errand->full) {
		db_delete_broadcast(worker->db, errand->broadcast.id);
		return;
	}
	while (errand_is_parting(worker) && count < BROADCAST_PARTS - 1)
		parts[count++] = id_source_take(&worker->ids);
	db_advance_broadcast(worker->db, &errand->broadcast, parts, count);
}

void errand_store(struct worker *worker)
{
	const struct errand_state *errand = &worker->batch.errand;
	if (errand->broadcast.id != 0)
		errand_advance_broadcast(worker);
	if (errand->starts.len > 0)
		db_update_start_events(worker->db, errand->starts.items, errand->starts.len);
	if (errand->kind == ERRAND_OPERATIONS)
		operation_store(worker);
}

/* ---- afterwards ---- */

static void errand_behind_kept(struct worker *worker)
{
	const struct batch *batch = &worker->batch;
	worker->kept_behind = batch->errand.full ? batch->deliveries.items[batch->deliveries.len - 1].message.id : 0;
}

/* So many trees the next time that requests wait no longer than they should, whatever the machine has to do beside. */
static void errand_measure_page(struct worker *worker)
{
	int64_t micros = clock_monotonic() - worker->batch.began;
	int64_t trees = (int64_t)worker->batch.errand.taken, most = trees + trees / 4;
	if (!worker->batch.errand.full || worker->errand_care != CARE_NONE)
		return;
	trees = trees * PAGE_MICROS / (micros > 0 ? micros : 1);
	trees = trees < most ? trees : most;
	trees = trees > TREES_AT_LEAST ? trees : TREES_AT_LEAST;
	worker->trees_at_once = (int)(trees < TREES_AT_MOST ? trees : TREES_AT_MOST);
}

/* The other workers of the process deliver the other parts. */
static void errand_ring(struct worker *worker)
{
	struct runtime *runtime = worker->runtime;
	pthread_mutex_lock(&runtime->mutex);
	for (size_t i = 0; i < runtime->worker_count; i++) {
		struct worker *other = runtime->workers[i];
		if (other == worker)
			continue;
		atomic_fetch_or_explicit(&other->errands_rung, 1U << ERRAND_BROADCAST, memory_order_relaxed);
		eventfd_write(other->doorbell_fd, 1);
	}
	pthread_mutex_unlock(&runtime->mutex);
}

void errand_answer_bell(struct worker *worker)
{
	worker->errands_due |= atomic_exchange_explicit(&worker->errands_rung, 0, memory_order_relaxed);
	if (worker_has_work(worker))
		worker_kick(worker);
}

void errand_succeed(struct worker *worker)
{
	struct errand_state *errand = &worker->batch.errand;
	if (errand->kind == ERRAND_NONE)
		return;
	errand_rest(worker);
	if (errand_is_parting(worker))
		errand_ring(worker);
	if (errand->kind == ERRAND_BROADCAST)
		errand_measure_page(worker);
	if (errand->kind == ERRAND_KEPT)
		errand_behind_kept(worker);
	/* a broadcast that has gone may have had another behind it, and so may an operation */
	if (errand->full || errand->broadcast.id != 0 || errand->nths.len > 0 || worker->errand_care != CARE_NONE)
		errand_is_due(worker, errand->kind);
	if (worker->errand_care == CARE_GIVE_UP)
		log_event(LOG_ERROR, "event-refused", LOG_INT("errand", errand->kind));
	for (size_t i = 0; i < errand->starts.len; i++)
		if (errand->starts.items[i].due_at != 0)
			errand_note_start(worker, errand->starts.items[i].due_at);
	worker->errand_care = CARE_NONE;
	vec_clear(&worker->parked_events);
}

/* What is the database's state and nobody's fault is tried at the next look; an old catalog or a conflict at once. */
void errand_run_again(struct worker *worker)
{
	const struct batch *batch = &worker->batch;
	const char *sqlstate = batch->failure.sqlstate;
	bool refused = batch->failure.outcome == DB_ERROR;
	bool passes = refused && batch_failure_passes(&batch->failure);
	bool at_once = strcmp(sqlstate, "BP001") == 0 || strncmp(sqlstate, "40", 2) == 0;
	errand_rest(worker);
	if (refused && !passes && worker->errand_care != CARE_GIVE_UP)
		worker->errand_care++;
	if (!passes || at_once)
		errand_is_due(worker, batch->errand.kind);
	else
		worker->errand_care = CARE_NONE;
}

static bool errand_may_wake_kept(struct worker *worker)
{
	const struct effects *effects = &worker->batch.effects;
	if (!atomic_load_explicit(&worker->runtime->has_kept, memory_order_relaxed))
		return false;
	for (size_t i = 0; i < effects->new_subscriptions.len; i++)
		if (effects->new_subscriptions.items[i].subscription->kind == SUBSCRIPTION_MESSAGE)
			return true;
	return false;
}

void errand_note_batch(struct worker *worker)
{
	const struct batch *batch = &worker->batch;
	for (size_t i = 0; i < batch->effects.outgoing.len; i++)
		errand_is_due(
			worker, batch->effects.outgoing.items[i].kind == SUBSCRIPTION_MESSAGE ? ERRAND_THROWN : ERRAND_BROADCAST);
	for (size_t i = 0; i < batch->works.len; i++)
		if (batch->works.items[i]->kind == WORK_SIGNAL || batch->works.items[i]->kind == WORK_CONDITIONS)
			errand_is_due(worker, ERRAND_BROADCAST);
	for (size_t i = 0; i < batch->works.len; i++)
		if (batch->works.items[i]->kind == WORK_OPERATION)
			errand_is_due(worker, ERRAND_OPERATIONS);
	if (batch->messages.kept.len > 0)
		atomic_store_explicit(&worker->runtime->has_kept, true, memory_order_relaxed);
	if (errand_may_wake_kept(worker))
		errand_is_due(worker, ERRAND_KEPT);
}

void errand_note_start(struct worker *worker, int64_t due)
{
	if (due < worker->next_start_timer)
		worker->next_start_timer = due;
}

/* ---- looking ---- */

static void errand_on_events(void *context, const struct db_waiting_events *events)
{
	struct worker *worker = context;
	if (events->next_start != 0)
		errand_note_start(worker, events->next_start);
	if (events->thrown)
		errand_is_due(worker, ERRAND_THROWN);
	if (events->broadcasts)
		errand_is_due(worker, ERRAND_BROADCAST);
	if (events->kept)
		errand_is_due(worker, ERRAND_KEPT);
	if (events->operations)
		errand_is_due(worker, ERRAND_OPERATIONS);
	atomic_store_explicit(&worker->runtime->has_kept, events->kept, memory_order_relaxed);
}

static void errand_on_looked(void *context, const struct db_failure *failure)
{
	struct worker *worker = context;
	if (failure->outcome == DB_ERROR)
		log_event(LOG_WARNING, "look", LOG_C("sqlstate", failure->sqlstate), LOG_C("message", failure->message));
	if (failure->outcome == DB_OK && worker_has_work(worker))
		worker_kick(worker);
}

void errand_look(struct worker *worker, int64_t monotonic)
{
	int64_t now = clock_now();
	if (worker->next_start_timer <= now) {
		worker->next_start_timer = INT64_MAX;
		errand_is_due(worker, ERRAND_STARTS);
	}
	if (monotonic < worker->next_look || !worker_leads(worker) || !db_group_begin(worker->reader))
		return;
	worker->next_look = monotonic + LOOK_MICROS;
	if (atomic_load_explicit(&worker->runtime->has_kept, memory_order_relaxed))
		db_expire_messages(worker->reader, now, EXPIRED_AT_ONCE);
	db_look_for_events(worker->reader, errand_on_events, worker);
	db_group_end(worker->reader, errand_on_looked, worker);
}
