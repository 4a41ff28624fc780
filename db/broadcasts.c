/* SPDX-License-Identifier: Apache-2.0
 *
 * Signals on their way from tree to tree, and the events that begin instances.
 */
#include "config.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "db/columns.h"
#include "db/db_private.h"
#include "db/messages.h"

/* ---- broadcasts ---- */

static void params_json_or_null(struct params *p, struct str json)
{
	if (json.len == 0)
		params_null(p);
	else
		params_jsonb(p, json);
}

void db_insert_broadcast(
	struct db *db, const struct db_broadcast *broadcast, void (*on_result)(void *context, int result), void *context)
{
	struct params *p = db_params(db);
	params_int8(p, broadcast->id);
	params_int2(p, (int16_t)broadcast->kind);
	params_text_or_null(p, broadcast->name);
	params_text(p, broadcast->tenant);
	params_json_or_null(p, broadcast->variables);
	params_text(p, broadcast->sender);
	params_time(p, broadcast->at);
	db_send(db, SQL_INSERT_BROADCAST, db_result_receiver(on_result, context));
}

static void broadcasts_read(const struct db_receiver *receiver, struct row row)
{
	const struct db_broadcast_page *page = receiver->context;
	if (row_is_null(row, 0)) {
		page->on_tree(page->context, &(struct db_locked_tree){
										 .root_id = row_int8(row, 10),
										 .version = row_int8(row, 11),
										 .definition_id = row_int8(row, 12),
									 });
		return;
	}
	page->on_broadcast(page->context, &(struct db_broadcast){
										  .id = row_int8(row, 0),
										  .kind = (enum subscription_kind)row_int2(row, 1),
										  .name = row_text(row, 2),
										  .tenant = row_text(row, 3),
										  .variables = row_jsonb(row, 4),
										  .sender = row_text(row, 5),
										  .starts_done = row_bool(row, 6),
										  .parted = row_int4(row, 7) > 1,
										  .trees = (size_t)row_int8(row, 8),
										  .last_root = row_int8(row, 9),
									  });
}

static void broadcasts_finish(const struct db_receiver *receiver, bool ok)
{
	(void)ok;
	free(receiver->context);
}

void db_take_broadcast(struct db *db, int limit, const struct db_broadcast_page *page)
{
	struct db_broadcast_page *own = alloc_new(struct db_broadcast_page);
	*own = *page;
	params_int4(db_params(db), limit);
	db_send(db, SQL_TAKE_BROADCAST,
		(struct db_receiver){.read = broadcasts_read, .finish = broadcasts_finish, .context = own});
}

void db_advance_broadcast(
	struct db *db, const struct db_broadcast *broadcast, const int64_t *part_ids, size_t part_count)
{
	struct params *p = db_params(db);
	params_int8(p, broadcast->id);
	params_int8(p, broadcast->last_root);
	params_int8_array(p, part_ids, part_count);
	db_send(db, SQL_UPDATE_BROADCAST, (struct db_receiver){0});
}

void db_delete_broadcast(struct db *db, int64_t id)
{
	params_int8_array(db_params(db), &id, 1);
	db_send(db, SQL_DELETE_OUTGOING, (struct db_receiver){0});
}

/* ---- start events ---- */

static void starts_read(const struct db_receiver *receiver, struct row row)
{
	struct db_start_event start = {
		.definition_id = row_int8(row, 0),
		.node = row_int4(row, 1),
		.event = row_int4(row, 2),
		.first_due_at = row_time(row, 3),
		.due_at = row_time(row, 4),
		.fired = row_int8(row, 5),
		.repeat = row_int8(row, 6),
		.cycle = row_text(row, 7),
		.tenant = row_text(row, 8),
	};
	((void (*)(void *, const struct db_start_event *))receiver->call)(receiver->context, &start);
}

void db_find_broadcast_starts(struct db *db, const struct db_broadcast *broadcast,
	void (*on_start)(void *context, const struct db_start_event *start), void *context)
{
	struct params *p = db_params(db);
	params_int2(p, (int16_t)broadcast->kind);
	params_text_or_null(p, broadcast->name);
	params_text(p, broadcast->tenant);
	db_send(db, SQL_FIND_BROADCAST_STARTS,
		(struct db_receiver){.read = starts_read, .call = (db_call)on_start, .context = context});
}

void db_take_due_starts(struct db *db, int64_t now, int limit,
	void (*on_start)(void *context, const struct db_start_event *start), void *context)
{
	struct params *p = db_params(db);
	params_time(p, now);
	params_int4(p, limit);
	db_send(db, SQL_TAKE_DUE_STARTS,
		(struct db_receiver){.read = starts_read, .call = (db_call)on_start, .context = context});
}

void db_update_start_events(struct db *db, const struct db_start_event *starts, size_t count)
{
	static const struct column columns[] = {
		COLUMN(ID, struct db_start_event, definition_id),
		COLUMN(NUMBER, struct db_start_event, node),
		COLUMN(NUMBER, struct db_start_event, event),
		COLUMN(TIME_OR_NULL, struct db_start_event, due_at),
	};
	columns_write(db_params(db), columns, sizeof columns / sizeof *columns, starts, count, sizeof *starts);
	db_send(db, SQL_UPDATE_START_EVENTS, (struct db_receiver){0});
}
