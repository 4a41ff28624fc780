/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations on many instances: stored with their items, taken a page at a time, each item done once. Like
 * statements.h: each function adds its statements to the open group; slices in rows live until the receiver returns.
 */
#ifndef DB_OPERATIONS_H
#define DB_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "db/db.h"

struct db_operation {
	int64_t id;
	int64_t at;
	struct str type;
	struct str tenant;
	struct str by;
	struct str reason;
	struct str trace;
	struct str input;      /* JSON object: what the commands bring (engine/record.h) */
	int64_t definition_id; /* migrate: the target, by its id or by key and version (0: the newest) */
	struct str definition_key;
	int32_t definition_version;
	bool may_administer;
	bool dry_run;
	bool initial_variables; /* restart */
};

/* Empty texts and zeros: any. */
struct db_operation_filter {
	struct str definition_key;
	int64_t definition_id;
	int16_t status; /* enum instance_status */
	struct str business_key;
	int64_t started_before;
	int64_t started_after;
	bool roots_only;
	bool ended_too;
	bool all_tenants;
};

/* The items are the instances with those ids or, where ids is NULL, those that the filter finds. on_total: how many
 * there are; nothing is stored when that is more than max. */
struct db_new_operation {
	struct db_operation operation;
	const int64_t *ids;
	size_t id_count;
	struct db_operation_filter filter;
	int32_t max;
};
void db_insert_operation(
	struct db *db, const struct db_new_operation *fresh, void (*on_total)(void *context, int total), void *context);

/* The next items of one operation, in order, with their rows locked; operations behind `behind` come first. on_nth and
 * on_instance are called as often as each other, behind on_operation; no call when there is nothing to be done. */
struct db_operation_page {
	void (*on_operation)(void *context, const struct db_operation *operation);
	void (*on_nth)(void *context, int64_t nth);
	void (*on_instance)(void *context, int64_t instance_id);
	void *context;
};
void db_take_operation_items(struct db *db, int limit, int64_t behind, const struct db_operation_page *page);

/* Values are in the database. */
enum db_item_status { DB_ITEM_PENDING = 0, DB_ITEM_DONE = 1, DB_ITEM_FAILED = 2 };
struct db_operation_result {
	int32_t nth;
	int16_t status;
	struct str error; /* JSON object; empty: none */
	int64_t new_instance_id;
};
void db_update_operation_items(
	struct db *db, int64_t operation_id, const struct db_operation_result *results, size_t count);
/* Operations of which nothing is left have ended. */
void db_finish_operations(struct db *db, int64_t now);

/* tenant empty: any. on_result: 0 done, 1 not found, 2 it has ended already. */
void db_cancel_operation(struct db *db, int64_t id, struct str tenant, int64_t now,
	void (*on_result)(void *context, int result), void *context);
void db_delete_old_operations(
	struct db *db, int64_t ended_before, int limit, void (*on_count)(void *context, int count), void *context);

/* What an instance that nobody called began and ended with; texts as they are stored. */
struct db_restart {
	int64_t instance_id;
	int64_t definition_id;
	struct str business_key;
	struct str tenant;
	struct str variables; /* JSON object: its last, or present ones */
	struct str initial;
};
void db_find_restarts(struct db *db, const int64_t *ids, size_t count,
	void (*on_restart)(void *context, const struct db_restart *row), void *context);

#endif
