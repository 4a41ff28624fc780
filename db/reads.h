/* SPDX-License-Identifier: Apache-2.0
 *
 * The reads of the API: one typed function a statement (db/sql/read_*.sql), each a group of its own on the reader's
 * connection. PostgreSQL builds the JSON: the receiver gets the body and, where there is one, the version for the ETag.
 */
#ifndef DB_READS_H
#define DB_READS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "db/db.h"

/* Called once. found false: no such thing (or not visible). failure->outcome != DB_OK: the read did not happen. */
struct db_read_result {
	const struct db_failure *failure;
	bool found;
	int64_t version;      /* 0: none */
	struct str body;      /* JSON, borrowed until the call returns; bytes for resources */
	struct str variables; /* db_read_task: JSON of its process's variables */
};
typedef void (*db_on_read)(void *context, const struct db_read_result *result);

/* Who reads. Instances: those started by the user or with a task of theirs; tasks: assignee, candidate, who completed
 * it. */
struct db_viewer {
	struct str user;
	const struct str *groups;
	size_t group_count;
	bool sees_all;     /* admin, operator, analyst */
	struct str tenant; /* only rows of this tenant; empty: of none, or of all for one who sees_all */
};

/* A part of a list: {"items":[...],"nextCursor":...}, with "count" of the whole list where asked for. */
struct db_page {
	int limit;
	bool count;
	bool resumes; /* behind the key and id below */
	int64_t after_key;
	int64_t after_id;
	struct str tag; /* of the cursors: which list and order */
};

struct db_variable_filter {
	struct str name;
	struct str operator; /* eq, ne, gt, gte, lt, lte */
	struct str text;
	struct str json; /* the same value as JSON */
};

/* Empty texts and zeros: any. */
struct db_instance_filter {
	struct str definition_key;
	struct str business_key;
	int16_t status; /* enum instance_status */
	int64_t started_after;
	int64_t parent_id;
	bool roots_only;
	const struct db_variable_filter *variables; /* all must hold */
	size_t variable_count;
};

struct db_task_filter {
	struct str assignee;
	bool claimable; /* the viewer is a candidate and nobody has it */
	struct str definition_key;
	int64_t instance_id;
	int64_t due_before;
	bool has_priority;
	int32_t priority_from;
	struct str sort; /* created, due, priority */
	bool descending;
};

/* Each returns false, and calls nothing, when the connection is not ready. */
#define DB_READ bool __attribute__((warn_unused_result))

/* Newest first. */
DB_READ db_read_deployments(
	struct db *db, const struct db_page *page, struct str tenant, db_on_read on_read, void *context);
DB_READ db_read_deployment(struct db *db, int64_t id, struct str tenant, db_on_read on_read, void *context);
DB_READ db_read_resource(
	struct db *db, int64_t deployment_id, struct str name, struct str tenant, db_on_read on_read, void *context);

/* Newest first; the key empty: all. */
DB_READ db_read_definitions(struct db *db, const struct db_page *page, struct str tenant, struct str key, bool latest,
	db_on_read on_read, void *context);
DB_READ db_read_definition(struct db *db, int64_t id, struct str tenant, db_on_read on_read, void *context);
DB_READ db_read_definition_file(struct db *db, int64_t id, struct str tenant, db_on_read on_read, void *context);

/* Running and ended, newest (highest id) first. */
DB_READ db_read_instances(struct db *db, const struct db_page *page, const struct db_viewer *viewer,
	const struct db_instance_filter *filter, db_on_read on_read, void *context);

/* What can be read of one instance. X(name) */
#define DB_INSTANCE_READS(X) \
	X(instance) X(variables) X(scoped_variables) X(tokens) X(flows) X(timeline) X(instance_incidents)
#define X(name) \
	DB_READ db_read_##name( \
		struct db *db, int64_t instance_id, const struct db_viewer *viewer, db_on_read on_read, void *context);
DB_INSTANCE_READS(X)
#undef X
/* By start, then id; tree: with those of the instances that it called. */
DB_READ db_read_activities(
	struct db *db, int64_t instance_id, const struct db_viewer *viewer, bool tree, db_on_read on_read, void *context);

/* Operations, newest first; one of them; its items in order, of any status where it is empty. */
DB_READ db_read_operations(
	struct db *db, const struct db_page *page, struct str tenant, db_on_read on_read, void *context);
DB_READ db_read_operation(struct db *db, int64_t id, struct str tenant, db_on_read on_read, void *context);
DB_READ db_read_operation_items(struct db *db, const struct db_page *page, int64_t id, struct str tenant,
	struct str status, db_on_read on_read, void *context);

/* Open ones, newest first. */
DB_READ db_read_incidents(
	struct db *db, const struct db_page *page, struct str tenant, db_on_read on_read, void *context);

/* Open tasks in the order of filter->sort, then by id. */
DB_READ db_read_tasks(struct db *db, const struct db_page *page, const struct db_viewer *viewer,
	const struct db_task_filter *filter, db_on_read on_read, void *context);
/* The task with completedBy and comments, also when it has ended (version 0). */
DB_READ db_read_task(struct db *db, int64_t id, const struct db_viewer *viewer, db_on_read on_read, void *context);

/* {"job":{...},"instance":{...}} of a job for workers. */
DB_READ db_read_job(struct db *db, int64_t id, struct str tenant, db_on_read on_read, void *context);

#endif
