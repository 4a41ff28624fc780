/* SPDX-License-Identifier: Apache-2.0
 *
 * The reads of the API: every statement gives at most one row (version, body), so that one receiver serves them all.
 * The caller hears from the row itself, while its bytes are still libpq's, or, where none came, from the end of the
 * group.
 */
#include "config.h"

#include "db/reads.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "db/db_private.h"

struct read {
	db_on_read on_read;
	void *context;
	bool called;
};

static void read_on_row(const struct db_receiver *receiver, struct row row)
{
	struct read *read = receiver->context;
	if (read->called)
		return;
	read->called = true;
	read->on_read(read->context, &(struct db_read_result){
									 .failure = &(struct db_failure){.outcome = DB_OK},
									 .found = true,
									 .version = row_int8(row, 0),
									 .body = row_text(row, 1),
									 .variables = PQnfields(row.result) > 2 ? row_text(row, 2) : (struct str){0},
								 });
}

static void read_on_done(void *context, const struct db_failure *failure)
{
	struct read *read = context;
	if (!read->called)
		read->on_read(read->context, &(struct db_read_result){.failure = failure});
	free(read);
}

/* Opens the read's group; NULL when the connection is not ready. */
static struct params *read_begin(struct db *db)
{
	return db_group_begin(db) ? db_params(db) : NULL;
}

static bool read_send(struct db *db, enum sql_id statement, db_on_read on_read, void *context)
{
	struct read *read = alloc_new(struct read);
	read->on_read = on_read;
	read->context = context;
	db_send(db, statement, (struct db_receiver){.read = read_on_row, .context = read});
	db_group_end(db, read_on_done, read);
	return true;
}

/* $1 to $4 of every list. */
static void read_page(struct params *params, const struct db_page *page)
{
	params_int4(params, page->limit);
	params_bool(params, page->count);
	if (page->resumes) {
		params_int8(params, page->after_key);
		params_int8(params, page->after_id);
	} else {
		params_null(params);
		params_null(params);
	}
}

/* Four parameters. */
static void read_viewer(struct params *params, const struct db_viewer *viewer)
{
	params_bool(params, viewer->sees_all);
	params_text(params, viewer->user);
	params_text_array(params, viewer->groups, viewer->group_count);
	if (viewer->sees_all && viewer->tenant.len == 0)
		params_null(params);
	else
		params_text(params, viewer->tenant);
}

/* One thing by its id, as far as the viewer sees it. */
static bool read_by_viewer(struct db *db, enum sql_id statement, int64_t instance_id, const struct db_viewer *viewer,
	db_on_read on_read, void *context)
{
	struct params *params = read_begin(db);
	if (!params)
		return false;
	params_int8(params, instance_id);
	read_viewer(params, viewer);
	return read_send(db, statement, on_read, context);
}

/* One thing by its id, within a tenant. */
static bool read_by_id(
	struct db *db, enum sql_id statement, int64_t id, struct str tenant, db_on_read on_read, void *context)
{
	struct params *params = read_begin(db);
	if (!params)
		return false;
	params_int8(params, id);
	params_text_or_null(params, tenant);
	return read_send(db, statement, on_read, context);
}

/* A list within a tenant. */
static bool read_list(struct db *db, enum sql_id statement, const struct db_page *page, struct str tenant,
	db_on_read on_read, void *context)
{
	struct params *params = read_begin(db);
	if (!params)
		return false;
	read_page(params, page);
	params_text_or_null(params, tenant);
	return read_send(db, statement, on_read, context);
}

bool db_read_deployments(
	struct db *db, const struct db_page *page, struct str tenant, db_on_read on_read, void *context)
{
	return read_list(db, SQL_READ_DEPLOYMENTS, page, tenant, on_read, context);
}

bool db_read_deployment(struct db *db, int64_t id, struct str tenant, db_on_read on_read, void *context)
{
	return read_by_id(db, SQL_READ_DEPLOYMENT, id, tenant, on_read, context);
}

bool db_read_resource(
	struct db *db, int64_t deployment_id, struct str name, struct str tenant, db_on_read on_read, void *context)
{
	struct params *params = read_begin(db);
	if (!params)
		return false;
	params_int8(params, deployment_id);
	params_text(params, name);
	params_text_or_null(params, tenant);
	return read_send(db, SQL_READ_RESOURCE, on_read, context);
}

bool db_read_definitions(struct db *db, const struct db_page *page, struct str tenant, struct str key, bool latest,
	db_on_read on_read, void *context)
{
	struct params *params = read_begin(db);
	if (!params)
		return false;
	read_page(params, page);
	params_text_or_null(params, tenant);
	params_text_or_null(params, key);
	params_bool(params, latest);
	return read_send(db, SQL_READ_DEFINITIONS, on_read, context);
}

bool db_read_definition(struct db *db, int64_t id, struct str tenant, db_on_read on_read, void *context)
{
	return read_by_id(db, SQL_READ_DEFINITION, id, tenant, on_read, context);
}

bool db_read_definition_file(struct db *db, int64_t id, struct str tenant, db_on_read on_read, void *context)
{
	return read_by_id(db, SQL_READ_DEFINITION_FILE, id, tenant, on_read, context);
}

/* Four arrays of the same length. */
static void read_variable_filters(struct params *params, const struct db_variable_filter *filters, size_t count)
{
	params_array(params, PARAMS_TEXT, count);
	for (size_t i = 0; i < count; i++)
		params_text(params, filters[i].name);
	params_array_end(params);
	params_array(params, PARAMS_TEXT, count);
	for (size_t i = 0; i < count; i++)
		params_text(params, filters[i].operator);
	params_array_end(params);
	params_array(params, PARAMS_TEXT, count);
	for (size_t i = 0; i < count; i++)
		params_text(params, filters[i].text);
	params_array_end(params);
	params_array(params, PARAMS_JSONB, count);
	for (size_t i = 0; i < count; i++)
		params_jsonb(params, filters[i].json);
	params_array_end(params);
}

bool db_read_instances(struct db *db, const struct db_page *page, const struct db_viewer *viewer,
	const struct db_instance_filter *filter, db_on_read on_read, void *context)
{
	struct params *params = read_begin(db);
	if (!params)
		return false;
	read_page(params, page);
	read_viewer(params, viewer);
	params_text_or_null(params, filter->definition_key);
	params_text_or_null(params, filter->business_key);
	if (filter->status)
		params_int2(params, filter->status);
	else
		params_null(params);
	params_time_or_null(params, filter->started_after);
	params_id_or_null(params, filter->parent_id);
	params_bool(params, filter->roots_only);
	read_variable_filters(params, filter->variables, filter->variable_count);
	return read_send(db, SQL_READ_INSTANCES, on_read, context);
}

bool db_read_instance(
	struct db *db, int64_t instance_id, const struct db_viewer *viewer, db_on_read on_read, void *context)
{
	return read_by_viewer(db, SQL_READ_INSTANCE, instance_id, viewer, on_read, context);
}

bool db_read_variables(
	struct db *db, int64_t instance_id, const struct db_viewer *viewer, db_on_read on_read, void *context)
{
	return read_by_viewer(db, SQL_READ_VARIABLES, instance_id, viewer, on_read, context);
}

bool db_read_scoped_variables(
	struct db *db, int64_t instance_id, const struct db_viewer *viewer, db_on_read on_read, void *context)
{
	return read_by_viewer(db, SQL_READ_SCOPED_VARIABLES, instance_id, viewer, on_read, context);
}

bool db_read_tokens(
	struct db *db, int64_t instance_id, const struct db_viewer *viewer, db_on_read on_read, void *context)
{
	return read_by_viewer(db, SQL_READ_TOKENS, instance_id, viewer, on_read, context);
}

bool db_read_flows(
	struct db *db, int64_t instance_id, const struct db_viewer *viewer, db_on_read on_read, void *context)
{
	return read_by_viewer(db, SQL_READ_FLOWS, instance_id, viewer, on_read, context);
}

bool db_read_timeline(
	struct db *db, int64_t instance_id, const struct db_viewer *viewer, db_on_read on_read, void *context)
{
	return read_by_viewer(db, SQL_READ_TIMELINE, instance_id, viewer, on_read, context);
}

bool db_read_instance_incidents(
	struct db *db, int64_t instance_id, const struct db_viewer *viewer, db_on_read on_read, void *context)
{
	return read_by_viewer(db, SQL_READ_INSTANCE_INCIDENTS, instance_id, viewer, on_read, context);
}

bool db_read_activities(
	struct db *db, int64_t instance_id, const struct db_viewer *viewer, bool tree, db_on_read on_read, void *context)
{
	struct params *params = read_begin(db);
	if (!params)
		return false;
	params_int8(params, instance_id);
	read_viewer(params, viewer);
	params_bool(params, tree);
	return read_send(db, SQL_READ_ACTIVITIES, on_read, context);
}

bool db_read_incidents(struct db *db, const struct db_page *page, struct str tenant, db_on_read on_read, void *context)
{
	return read_list(db, SQL_READ_INCIDENTS, page, tenant, on_read, context);
}

bool db_read_tasks(struct db *db, const struct db_page *page, const struct db_viewer *viewer,
	const struct db_task_filter *filter, db_on_read on_read, void *context)
{
	struct params *params = read_begin(db);
	if (!params)
		return false;
	read_page(params, page);
	read_viewer(params, viewer);
	params_text_or_null(params, filter->assignee);
	params_bool(params, filter->claimable);
	params_text_or_null(params, filter->definition_key);
	params_id_or_null(params, filter->instance_id);
	params_time_or_null(params, filter->due_before);
	if (filter->has_priority)
		params_int4(params, filter->priority_from);
	else
		params_null(params);
	params_text(params, filter->sort);
	params_bool(params, filter->descending);
	return read_send(db, SQL_READ_TASKS, on_read, context);
}

bool db_read_task(struct db *db, int64_t id, const struct db_viewer *viewer, db_on_read on_read, void *context)
{
	return read_by_viewer(db, SQL_READ_TASK, id, viewer, on_read, context);
}

bool db_read_job(struct db *db, int64_t id, struct str tenant, db_on_read on_read, void *context)
{
	return read_by_id(db, SQL_READ_JOB, id, tenant, on_read, context);
}

bool db_read_operations(struct db *db, const struct db_page *page, struct str tenant, db_on_read on_read, void *context)
{
	return read_list(db, SQL_READ_OPERATIONS, page, tenant, on_read, context);
}

bool db_read_operation(struct db *db, int64_t id, struct str tenant, db_on_read on_read, void *context)
{
	return read_by_id(db, SQL_READ_OPERATION, id, tenant, on_read, context);
}

bool db_read_operation_items(struct db *db, const struct db_page *page, int64_t id, struct str tenant,
	struct str status, db_on_read on_read, void *context)
{
	struct params *params = read_begin(db);
	if (!params)
		return false;
	read_page(params, page);
	params_int8(params, id);
	params_text_or_null(params, tenant);
	params_text_or_null(params, status);
	return read_send(db, SQL_READ_OPERATION_ITEMS, on_read, context);
}
