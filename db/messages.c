/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages, one array a column as everywhere: a batch has many.
 */
#include "config.h"

#include "db/messages.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "db/columns.h"
#include "db/db_private.h"

/* ---- finding receivers ---- */

static void messages_write_most(struct params *p, const struct db_message *messages, size_t count)
{
	params_array(p, PARAMS_INT4, count);
	for (size_t i = 0; i < count; i++)
		params_int4(p, messages[i].for_all ? DB_RECEIVERS_MAX : 2);
	params_array_end(p);
}

static void messages_write_thrown(struct params *p, const struct db_message *messages, size_t count)
{
	params_array(p, PARAMS_BOOL, count);
	for (size_t i = 0; i < count; i++)
		params_bool(p, messages[i].from_instance_id != 0);
	params_array_end(p);
}

/* The seven parameters of bpmnd.message_candidates. */
static void messages_write(struct params *p, const struct db_message *messages, size_t count)
{
	static const struct column columns[] = {
		COLUMN(TEXT, struct db_message, name),
		COLUMN(TEXT, struct db_message, tenant),
		COLUMN(ID_OR_NULL, struct db_message, instance_id),
		COLUMN(TEXT_OR_NULL, struct db_message, business_key),
		COLUMN(JSON_OR_NULL, struct db_message, correlation),
	};
	columns_write(p, columns, sizeof columns / sizeof *columns, messages, count, sizeof *messages);
	messages_write_thrown(p, messages, count);
	messages_write_most(p, messages, count);
}

static void messages_read_receiver(const struct db_receiver *receiver, struct row row)
{
	const struct db_receivers *receivers = receiver->context;
	if (row_is_null(row, 0)) {
		receivers->on_tree(receivers->context, &(struct db_locked_tree){
												   .root_id = row_int8(row, 6),
												   .version = row_int8(row, 7),
												   .definition_id = row_int8(row, 1),
											   });
		return;
	}
	receivers->on_candidate(receivers->context, &(struct db_candidate){
													.message = (size_t)row_int4(row, 0),
													.definition_id = row_int8(row, 1),
													.node = row_int4(row, 2),
													.event = row_int4(row, 3),
													.subscription_id = row_int8(row, 4),
													.instance_id = row_int8(row, 5),
													.root_id = row_int8(row, 6),
													.version = row_int8(row, 7),
												});
}

static void messages_finish(const struct db_receiver *receiver, bool ok)
{
	(void)ok;
	free(receiver->context);
}

static struct db_receiver messages_receiver(const struct db_receivers *receivers)
{
	struct db_receivers *own = alloc_new(struct db_receivers);
	*own = *receivers;
	return (struct db_receiver){.read = messages_read_receiver, .finish = messages_finish, .context = own};
}

void db_lock_message_trees(struct db *db, const struct db_subjects *subjects, const struct db_message *messages,
	size_t count, const struct db_receivers *receivers)
{
	struct params *p = db_params(db);
	lock_write_subjects(p, subjects);
	messages_write(p, messages, count);
	db_send(db, SQL_LOCK_MESSAGE_TREES, messages_receiver(receivers));
}

void db_find_receivers(
	struct db *db, const struct db_message *messages, size_t count, const struct db_receivers *receivers)
{
	messages_write(db_params(db), messages, count);
	db_send(db, SQL_FIND_RECEIVERS, messages_receiver(receivers));
}

/* ---- taking ---- */

static void messages_read(const struct db_receiver *receiver, struct row row)
{
	struct db_message message = {
		.id = row_int8(row, 0),
		.name = row_text(row, 1),
		.tenant = row_text(row, 2),
		.instance_id = row_int8(row, 3),
		.business_key = row_text(row, 4),
		.correlation = row_jsonb(row, 5),
		.variables = row_jsonb(row, 6),
		.for_all = row_bool(row, 7),
		.may_administer = row_bool(row, 8),
		.from_instance_id = row_int8(row, 9),
		.sender = row_text(row, 10),
		.at = row_time(row, 11),
		.expires_at = row_time(row, 12),
	};
	((void (*)(void *, const struct db_message *))receiver->call)(receiver->context, &message);
}

void db_take_thrown_messages(
	struct db *db, int limit, void (*on_message)(void *context, const struct db_message *message), void *context)
{
	params_int4(db_params(db), limit);
	db_send(db, SQL_TAKE_THROWN_MESSAGES,
		(struct db_receiver){.read = messages_read, .call = (db_call)on_message, .context = context});
}

void db_take_kept_messages(struct db *db, int limit, int64_t behind, int64_t now,
	void (*on_message)(void *context, const struct db_message *message), void *context)
{
	struct params *p = db_params(db);
	params_int4(p, limit);
	params_int8(p, behind);
	params_time(p, now);
	db_send(db, SQL_TAKE_KEPT_MESSAGES,
		(struct db_receiver){.read = messages_read, .call = (db_call)on_message, .context = context});
}

/* ---- storing ---- */

void db_message_effects_clear(struct db_message_effects *effects)
{
	vec_clear(&effects->kept);
	vec_clear(&effects->ended);
	vec_clear(&effects->gone_thrown);
	vec_clear(&effects->gone_kept);
}

void db_message_effects_free(struct db_message_effects *effects)
{
	vec_free(&effects->kept);
	vec_free(&effects->ended);
	vec_free(&effects->gone_thrown);
	vec_free(&effects->gone_kept);
}

static void messages_keep(struct db *db, const struct db_message_effects *effects)
{
	static const struct column columns[] = {
		COLUMN(ID, struct db_message, id),
		COLUMN(TEXT, struct db_message, name),
		COLUMN(TEXT, struct db_message, tenant),
		COLUMN(ID_OR_NULL, struct db_message, instance_id),
		COLUMN(TEXT_OR_NULL, struct db_message, business_key),
		COLUMN(JSON_OR_NULL, struct db_message, correlation),
		COLUMN(JSON_OR_NULL, struct db_message, variables),
		COLUMN(FLAG, struct db_message, for_all),
		COLUMN(FLAG, struct db_message, may_administer),
		COLUMN(ID_OR_NULL, struct db_message, from_instance_id),
		COLUMN(TEXT, struct db_message, sender),
		COLUMN(TIME, struct db_message, at),
		COLUMN(TIME, struct db_message, expires_at),
	};
	if (effects->kept.len == 0)
		return;
	columns_write(db_params(db), columns, sizeof columns / sizeof *columns, effects->kept.items, effects->kept.len,
		sizeof *effects->kept.items);
	db_send(db, SQL_INSERT_KEPT_MESSAGES, (struct db_receiver){0});
}

static void messages_record(struct db *db, const struct db_message_effects *effects)
{
	static const struct column columns[] = {
		COLUMN(ID, struct db_ended_message, message.id),
		COLUMN(TEXT, struct db_ended_message, message.name),
		COLUMN(TEXT, struct db_ended_message, message.tenant),
		COLUMN(TIME, struct db_ended_message, message.at),
		COLUMN(TIME, struct db_ended_message, ended_at),
		COLUMN(ID_OR_NULL, struct db_ended_message, message.from_instance_id),
		COLUMN(ID_OR_NULL, struct db_ended_message, to_instance_id),
		COLUMN(CODE, struct db_ended_message, outcome),
	};
	if (effects->ended.len == 0)
		return;
	columns_write(db_params(db), columns, sizeof columns / sizeof *columns, effects->ended.items, effects->ended.len,
		sizeof *effects->ended.items);
	db_send(db, SQL_INSERT_ENDED_MESSAGES, (struct db_receiver){0});
}

static void messages_delete(struct db *db, enum sql_id statement, const int64_t *ids, size_t count)
{
	if (count == 0)
		return;
	params_int8_array(db_params(db), ids, count);
	db_send(db, statement, (struct db_receiver){0});
}

void db_store_messages(struct db *db, const struct db_message_effects *effects)
{
	messages_delete(db, SQL_DELETE_OUTGOING, effects->gone_thrown.items, effects->gone_thrown.len);
	messages_delete(db, SQL_DELETE_KEPT_MESSAGES, effects->gone_kept.items, effects->gone_kept.len);
	messages_keep(db, effects);
	messages_record(db, effects);
}

void db_expire_messages(struct db *db, int64_t now, int limit)
{
	struct params *p = db_params(db);
	params_time(p, now);
	params_int4(p, limit);
	db_send(db, SQL_EXPIRE_MESSAGES, (struct db_receiver){0});
}

static void messages_read_waiting(const struct db_receiver *receiver, struct row row)
{
	struct db_waiting_events events = {
		.next_start = row_time(row, 0),
		.thrown = row_bool(row, 1),
		.broadcasts = row_bool(row, 2),
		.kept = row_bool(row, 3),
		.operations = row_bool(row, 4),
	};
	((void (*)(void *, const struct db_waiting_events *))receiver->call)(receiver->context, &events);
}

void db_look_for_events(
	struct db *db, void (*on_events)(void *context, const struct db_waiting_events *events), void *context)
{
	db_params(db);
	db_send(db, SQL_LOOK_FOR_EVENTS,
		(struct db_receiver){.read = messages_read_waiting, .call = (db_call)on_events, .context = context});
}
