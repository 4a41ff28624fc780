/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations on many instances, and what it takes to start an instance once more.
 */
#include "config.h"

#include "db/operations.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "db/columns.h"
#include "db/db_private.h"

/* ---- storing ---- */

static void operations_write(struct params *p, const struct db_operation *operation)
{
	params_int8(p, operation->id);
	params_text(p, operation->type);
	params_text(p, operation->tenant);
	params_time(p, operation->at);
	params_text(p, operation->by);
	params_bool(p, operation->may_administer);
	params_bool(p, operation->dry_run);
	params_text_or_null(p, operation->reason);
	params_jsonb(p, operation->input);
	params_id_or_null(p, operation->definition_id);
	params_text_or_null(p, operation->definition_key);
	if (operation->definition_version == 0)
		params_null(p);
	else
		params_int4(p, operation->definition_version);
	params_bool(p, operation->initial_variables);
	params_text_or_null(p, operation->trace);
}

static void operations_write_filter(struct params *p, const struct db_operation_filter *filter)
{
	params_text_or_null(p, filter->definition_key);
	params_id_or_null(p, filter->definition_id);
	if (filter->status == 0)
		params_null(p);
	else
		params_int2(p, filter->status);
	params_text_or_null(p, filter->business_key);
	params_time_or_null(p, filter->started_before);
	params_time_or_null(p, filter->started_after);
	params_bool(p, filter->roots_only);
	params_bool(p, filter->ended_too);
	params_bool(p, filter->all_tenants);
}

void db_insert_operation(
	struct db *db, const struct db_new_operation *fresh, void (*on_total)(void *context, int total), void *context)
{
	struct params *p = db_params(db);
	operations_write(p, &fresh->operation);
	params_int4(p, fresh->max);
	if (fresh->ids)
		params_int8_array(p, fresh->ids, fresh->id_count);
	else
		params_null(p);
	operations_write_filter(p, &fresh->filter);
	db_send(db, SQL_INSERT_OPERATION, db_result_receiver(on_total, context));
}

/* ---- taking ---- */

static void operations_read(const struct db_receiver *receiver, struct row row)
{
	const struct db_operation_page *page = receiver->context;
	page->on_operation(page->context, &(struct db_operation){
										  .id = row_int8(row, 0),
										  .type = row_text(row, 1),
										  .tenant = row_text(row, 2),
										  .by = row_text(row, 3),
										  .may_administer = row_bool(row, 4),
										  .dry_run = row_bool(row, 5),
										  .reason = row_text(row, 6),
										  .input = row_jsonb(row, 7),
										  .definition_id = row_int8(row, 8),
										  .definition_key = row_text(row, 9),
										  .definition_version = row_int4(row, 10),
										  .initial_variables = row_bool(row, 11),
										  .trace = row_text(row, 12),
									  });
	row_ids(row, 13, page->on_nth, page->context);
	row_ids(row, 14, page->on_instance, page->context);
}

static void operations_finish(const struct db_receiver *receiver, bool ok)
{
	(void)ok;
	free(receiver->context);
}

void db_take_operation_items(struct db *db, int limit, int64_t behind, const struct db_operation_page *page)
{
	struct db_operation_page *own = alloc_new(struct db_operation_page);
	struct params *p = db_params(db);
	*own = *page;
	params_int4(p, limit);
	params_int8(p, behind);
	db_send(db, SQL_TAKE_OPERATION_ITEMS,
		(struct db_receiver){.read = operations_read, .finish = operations_finish, .context = own});
}

void db_update_operation_items(
	struct db *db, int64_t operation_id, const struct db_operation_result *results, size_t count)
{
	static const struct column columns[] = {
		COLUMN(NUMBER, struct db_operation_result, nth),
		COLUMN(CODE, struct db_operation_result, status),
		COLUMN(JSON_OR_NULL, struct db_operation_result, error),
		COLUMN(ID_OR_NULL, struct db_operation_result, new_instance_id),
	};
	struct params *p = db_params(db);
	params_int8(p, operation_id);
	columns_write(p, columns, sizeof columns / sizeof *columns, results, count, sizeof *results);
	db_send(db, SQL_UPDATE_OPERATION_ITEMS, (struct db_receiver){0});
}

/* ---- ends ---- */

void db_finish_operations(struct db *db, int64_t now)
{
	params_time(db_params(db), now);
	db_send(db, SQL_FINISH_OPERATIONS, (struct db_receiver){0});
}

void db_cancel_operation(struct db *db, int64_t id, struct str tenant, int64_t now,
	void (*on_result)(void *context, int result), void *context)
{
	struct params *p = db_params(db);
	params_int8(p, id);
	params_text_or_null(p, tenant);
	params_time(p, now);
	db_send(db, SQL_CANCEL_OPERATION, db_result_receiver(on_result, context));
}

void db_delete_old_operations(
	struct db *db, int64_t ended_before, int limit, void (*on_count)(void *context, int count), void *context)
{
	struct params *p = db_params(db);
	params_time(p, ended_before);
	params_int4(p, limit);
	db_send(db, SQL_DELETE_OLD_OPERATIONS, db_result_receiver(on_count, context));
}

/* ---- restarts ---- */

static void restarts_read(const struct db_receiver *receiver, struct row row)
{
	struct db_restart restart = {
		.instance_id = row_int8(row, 0),
		.definition_id = row_int8(row, 1),
		.business_key = row_text(row, 2),
		.tenant = row_text(row, 3),
		.variables = row_jsonb(row, 4),
		.initial = row_jsonb(row, 5),
	};
	((void (*)(void *, const struct db_restart *))receiver->call)(receiver->context, &restart);
}

void db_find_restarts(struct db *db, const int64_t *ids, size_t count,
	void (*on_restart)(void *context, const struct db_restart *row), void *context)
{
	params_int8_array(db_params(db), ids, count);
	db_send(db, SQL_FIND_RESTARTS,
		(struct db_receiver){.read = restarts_read, .call = (db_call)on_restart, .context = context});
}
