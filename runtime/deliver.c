/* SPDX-License-Identifier: Apache-2.0
 *
 * A message goes to one receiver, or to none; two are told to the sender of a request, and leave any other message
 * where it is. What becomes of it is noted in batch->messages, in the transaction of the receiver's step.
 */
#include "config.h"

#include "runtime/deliver.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"

/* ---- joining the batch ---- */

const struct command_variable *deliver_variables(struct arena *arena, struct str json, size_t *count)
{
	struct variables set = {0};
	*count = 0;
	if (json.len == 0 || !variables_from_json(&set, json, NULL))
		return NULL;
	struct command_variable *list = arena_array(arena, set.list.len + 1, sizeof *list);
	for (size_t i = 0; i < set.list.len; i++)
		list[(*count)++] = (struct command_variable){
			arena_str(arena, set.list.items[i].name), arena_str(arena, set.list.items[i].json)};
	variables_free(&set);
	return list;
}

struct str deliver_variables_json(struct arena *arena, const struct command_variable *variables, size_t count)
{
	struct buf buf;
	if (count == 0)
		return (struct str){0};
	buf_init(&buf, SIZE_MAX);
	json_object_begin(&buf);
	for (size_t i = 0; i < count; i++) {
		json_member_named(&buf, variables[i].name);
		buf_add_str(&buf, variables[i].json);
	}
	json_object_end(&buf);
	struct str json = arena_str(arena, buf_str(&buf));
	buf_free(&buf);
	return json;
}

void deliver_add_request(struct worker *worker, struct work *work)
{
	const struct work_event *event = &work->event;
	*vec_push(&worker->batch.deliveries) = (struct delivery){
		.message =
			{
				.name = event->name,
				.tenant = event->tenant,
				.instance_id = event->instance_id,
				.business_key = event->business_key,
				.correlation = event->correlation,
				.for_all = event->for_all,
				.may_administer = event->actor.may_administer,
				.sender = event->actor.user,
			},
		.work = work,
		.trace = event->trace,
		.variables = event->variables,
		.variable_count = event->variable_count,
	};
}

void deliver_add_row(void *context, const struct db_message *row)
{
	struct batch *batch = &((struct worker *)context)->batch;
	struct delivery *delivery = vec_push(&batch->deliveries);
	delivery->message = *row;
	struct db_message *message = &delivery->message;
	message->name = arena_str(batch->arena, row->name);
	message->tenant = arena_str(batch->arena, row->tenant);
	message->business_key = arena_str(batch->arena, row->business_key);
	message->correlation = arena_str(batch->arena, row->correlation);
	message->variables = arena_str(batch->arena, row->variables);
	message->sender = arena_str(batch->arena, row->sender);
	delivery->kept = batch->errand.kind == ERRAND_KEPT;
	delivery->variables = deliver_variables(batch->arena, message->variables, &delivery->variable_count);
	batch->errand.taken++;
}

/* ---- receivers ---- */

static bool deliver_is_asked(const struct batch *batch)
{
	for (size_t i = 0; i < batch->deliveries.len; i++)
		if (!batch->deliveries.items[i].asked)
			return false;
	return true;
}

/* A tree was stepped between the look and its lock: who waits there now? */
static bool deliver_has_moved(const struct batch *batch)
{
	for (size_t i = 0; i < batch->candidates.len; i++) {
		const struct db_candidate *candidate = &batch->candidates.items[i];
		if (candidate->subscription_id == 0)
			continue;
		const struct instance *root = map_get_id(&batch->instances, candidate->root_id);
		if (!root || root->version != candidate->version)
			return true;
	}
	return false;
}

bool deliver_has_questions(const struct batch *batch)
{
	bool in_memory = batch->to_load.len == 0 && batch->unlocked_roots.len == 0;
	return !deliver_is_asked(batch) || (in_memory && !batch->found_again && deliver_has_moved(batch));
}

/* Which tree a subscription belongs to, for the step. */
static void deliver_on_candidate(void *context, const struct db_candidate *row)
{
	struct batch *batch = &((struct worker *)context)->batch;
	vec_add(&batch->candidates, *row);
	if (row->subscription_id == 0)
		return;
	struct db_subject *subject = arena_new_object(batch->arena, struct db_subject);
	subject->kind = DB_SUBJECT_SUBSCRIPTION;
	subject->id = row->subscription_id;
	subject->root_id = row->root_id;
	map_put_id(&batch->subjects, subject->id, subject);
}

void deliver_ask(struct worker *worker, const struct db_subjects *subjects)
{
	struct batch *batch = &worker->batch;
	size_t count = batch->deliveries.len;
	bool again = deliver_is_asked(batch);
	struct db_receivers receivers = {batch_on_tree, deliver_on_candidate, worker};
	struct db_message *messages = arena_array(batch->arena, count, sizeof *messages);
	for (size_t i = 0; i < count; i++) {
		messages[i] = batch->deliveries.items[i].message;
		batch->deliveries.items[i].asked = true;
	}
	if (!again) {
		db_lock_message_trees(worker->db, subjects, messages, count, &receivers);
		return;
	}
	batch->found_again = true;
	vec_clear(&batch->candidates);
	db_find_receivers(worker->db, messages, count, &receivers);
}

bool deliver_want_definitions(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	bool known = true;
	for (size_t i = 0; i < batch->candidates.len; i++) {
		if (batch->candidates.items[i].subscription_id != 0)
			continue;
		batch->uses_catalog = true;
		known &= batch_want_definition(worker, batch->candidates.items[i].definition_id);
	}
	return known;
}

/* Those of one message: who waits, and behind them the start events. */
struct receivers {
	const struct db_candidate *items;
	size_t waiting;
	size_t starts;
};

static struct receivers deliver_receivers(const struct batch *batch, const struct delivery *delivery)
{
	size_t index = (size_t)(delivery - batch->deliveries.items);
	struct receivers found = {0};
	for (size_t i = 0; i < batch->candidates.len; i++) {
		const struct db_candidate *candidate = &batch->candidates.items[i];
		if (candidate->message != index)
			continue;
		if (!found.items)
			found.items = candidate;
		if (candidate->subscription_id != 0)
			found.waiting++;
		else
			found.starts++;
	}
	return found;
}

/* ---- stepping ---- */

/* What has come of a message so far. */
struct outcome {
	struct message_result *results;
	size_t count;
	bool late; /* a receiver has gone meanwhile, or its tree was not locked */
	struct err err;
};

static struct work_item deliver_item(const struct delivery *delivery, const struct db_candidate *to)
{
	struct work_item item = {
		.command =
			{
				.kind = to->subscription_id != 0 ? COMMAND_MESSAGE : COMMAND_START,
				.actor = {.user = delivery->message.sender, .may_administer = delivery->message.may_administer},
				.subject_id = to->subscription_id,
				.expected_version = VERSION_ANY,
				.variables = delivery->variables,
				.variable_count = delivery->variable_count,
				.name = delivery->message.name,
				.start_node = to->node,
				.start_event = to->event,
				.trace = delivery->trace,
				.retries = GRAPH_NONE,
			},
		.tenant = delivery->message.tenant,
	};
	if (to->subscription_id == 0) {
		item.definition_id = to->definition_id;
		item.business_key = delivery->message.business_key;
	}
	return item;
}

static bool deliver_is_there(const struct batch *batch, const struct db_candidate *to)
{
	struct instance *root = map_get_id(&batch->instances, to->root_id);
	const struct instance *instance = root ? instance_in_tree(root, to->instance_id) : NULL;
	return instance && instance->ended_at == 0 && instance_subscription(instance, to->subscription_id);
}

static enum batch_verdict deliver_to(struct worker *worker, struct work *work, const struct delivery *delivery,
	const struct db_candidate *to, struct outcome *outcome)
{
	int64_t id = to->subscription_id != 0 ? to->subscription_id : to->definition_id;
	if (to->subscription_id != 0 && !deliver_is_there(&worker->batch, to)) {
		outcome->late = true;
		return BATCH_GOOD;
	}
	struct work_item item = deliver_item(delivery, to);
	item.park = worker_event_park(worker, id);
	if (worker->batch.errand.kind != ERRAND_NONE && worker->errand_care >= CARE_PARKED)
		item.park = (struct park){.where = PARK_EVERYWHERE};
	if (batch_step_item(worker, work, &item) == BATCH_AGAIN) {
		worker_park_event(worker, id, item.park);
		return BATCH_AGAIN;
	}
	if (!item.instance) {
		if (outcome->err.code == ERR_NONE)
			outcome->err = item.err;
		return BATCH_GOOD;
	}
	outcome->results[outcome->count++] = (struct message_result){item.instance->id, to->subscription_id == 0};
	return BATCH_GOOD;
}

/* Of several receivers none is chosen. */
static bool deliver_is_clear(const struct delivery *delivery, const struct receivers *found, struct outcome *outcome)
{
	if (delivery->message.for_all)
		return true;
	if (found->waiting > 1)
		return err_set(&outcome->err, ERR_CONFLICT,
			"ambiguous: instance %" PRId64 " and instance %" PRId64 " wait for the message",
			found->items[0].instance_id, found->items[1].instance_id);
	if (found->waiting == 0 && found->starts > 1)
		return err_set(&outcome->err, ERR_CONFLICT,
			"ambiguous: definition %" PRId64 " and definition %" PRId64 " begin with the message",
			found->items[0].definition_id, found->items[1].definition_id);
	return true;
}

static enum batch_verdict deliver(
	struct worker *worker, struct work *work, const struct delivery *delivery, struct outcome *outcome)
{
	struct batch *batch = &worker->batch;
	struct receivers found = deliver_receivers(batch, delivery);
	if (!deliver_is_clear(delivery, &found, outcome))
		return BATCH_GOOD;
	size_t count = delivery->message.for_all ? found.waiting + found.starts : found.waiting + found.starts > 0;
	outcome->results = arena_array(work->arena ? work->arena : batch->arena, count + 1, sizeof *outcome->results);
	for (size_t i = 0; i < count; i++)
		if (deliver_to(worker, work, delivery, &found.items[i], outcome) == BATCH_AGAIN)
			return BATCH_AGAIN;
	batch->correlated += outcome->count;
	return BATCH_GOOD;
}

/* ---- what becomes of it ---- */

static void deliver_record(struct batch *batch, const struct db_message *message, int64_t to, int16_t outcome)
{
	vec_add(&batch->messages.ended, ((struct db_ended_message){
										.message = *message,
										.ended_at = batch->now,
										.to_instance_id = to,
										.outcome = outcome,
									}));
}

static void deliver_keep_request(struct worker *worker, const struct delivery *delivery)
{
	struct batch *batch = &worker->batch;
	struct db_message message = delivery->message;
	message.id = id_source_take(&worker->ids);
	message.at = batch->now;
	message.expires_at = batch->now + delivery->work->event.ttl;
	message.variables = deliver_variables_json(batch->arena, delivery->variables, delivery->variable_count);
	vec_add(&batch->messages.kept, message);
}

enum batch_verdict deliver_request(struct worker *worker, struct work *work)
{
	struct batch *batch = &worker->batch;
	struct outcome outcome = {0};
	const struct delivery *delivery = batch->deliveries.items;
	while (delivery->work != work)
		delivery++;
	if (deliver(worker, work, delivery, &outcome) == BATCH_AGAIN)
		return BATCH_AGAIN;
	work->event.results = outcome.results;
	work->event.result_count = outcome.count;
	if (outcome.count > 0)
		return BATCH_GOOD;
	work->late = outcome.late;
	if (outcome.late)
		return BATCH_GOOD;
	if (outcome.err.code != ERR_NONE)
		work->err = outcome.err;
	else if (work->event.ttl > 0)
		deliver_keep_request(worker, delivery);
	else
		err_set(&work->err, ERR_MESSAGE_NOT_CORRELATED, "nobody waits for the message");
	return BATCH_GOOD;
}

/* One that was thrown leaves the outbox in any case; a kept one stays until somebody takes it. */
static void deliver_settle(struct batch *batch, const struct delivery *delivery, const struct outcome *outcome)
{
	const struct db_message *message = &delivery->message;
	bool taken = outcome->count > 0;
	for (size_t i = 0; i < outcome->count; i++)
		deliver_record(batch, message, outcome->results[i].instance_id, DB_MESSAGE_DELIVERED);
	if (delivery->kept && taken)
		vec_add(&batch->messages.gone_kept, message->id);
	if (delivery->kept)
		return;
	vec_add(&batch->messages.gone_thrown, message->id);
	if (!taken && message->expires_at > batch->now)
		vec_add(&batch->messages.kept, *message);
	else if (!taken)
		deliver_record(batch, message, 0, DB_MESSAGE_NOT_DELIVERED);
}

static void deliver_give_up(struct batch *batch, const struct delivery *delivery)
{
	deliver_record(batch, &delivery->message, 0, DB_MESSAGE_NOT_DELIVERED);
	if (delivery->kept)
		vec_add(&batch->messages.gone_kept, delivery->message.id);
	else
		vec_add(&batch->messages.gone_thrown, delivery->message.id);
}

enum batch_verdict deliver_rows(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	for (size_t i = 0; i < batch->deliveries.len; i++) {
		const struct delivery *delivery = &batch->deliveries.items[i];
		struct outcome outcome = {0};
		if (worker->errand_care == CARE_GIVE_UP) {
			deliver_give_up(batch, delivery);
			continue;
		}
		if (deliver(worker, &batch->errand.work, delivery, &outcome) == BATCH_AGAIN)
			return BATCH_AGAIN;
		if (outcome.count == 0 && outcome.late)
			worker->errands_due |= 1U << batch->errand.kind;
		else
			deliver_settle(batch, delivery, &outcome);
	}
	return BATCH_GOOD;
}
