/* SPDX-License-Identifier: Apache-2.0
 *
 * One typed function for each statement of db/sql that the runtime uses. Each adds its statement to the open group of
 * the connection; parameters are copied before it returns. Receivers are called from the event loop, once per row
 * (once, with everything, for trees), before the group's on_done; slices in rows live until the receiver returns.
 */
#ifndef DB_STATEMENTS_H
#define DB_STATEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "bpmn/graph.h"
#include "db/db.h"
#include "engine/effects.h"
#include "engine/instance.h"
#include "engine/start_event.h"

/* ---- ids and catalog ---- */

/* blocks values of bpmnd.id_block: each value v stands for the ids [v << 20, (v + 1) << 20). */
void db_take_id_blocks(struct db *db, int blocks, void (*on_block)(void *context, int64_t value), void *context);

void db_expect_generation(struct db *db, int64_t generation); /* DB_ERROR with sqlstate BP001 when it is another */

/* No deployment is changed or deleted until this transaction ends. To be called before anything else is locked. */
void db_hold_catalog(struct db *db);

struct db_definition {
	int64_t id;
	int64_t deployment_id;
	int32_t process_index;
	int32_t version;
	bool executable;
	bool suspended;
	struct str key;
	struct str name;
	struct str tenant;
	struct str version_tag; /* empty: none */
};
/* All definitions, by id, with the catalog's generation (one snapshot). on_generation first, also when there are
 * none. */
void db_read_catalog(struct db *db, void (*on_generation)(void *context, int64_t generation),
	void (*on_definition)(void *context, const struct db_definition *definition), void *context);
/* The XML of a definition; no call when it is gone. */
void db_read_definition_xml(struct db *db, int64_t definition_id,
	void (*on_xml)(void *context, int64_t definition_id, struct str xml), void *context);

struct db_deploy_process {
	int64_t id;                /* of the new definition, unless unchanged */
	const struct graph *graph; /* NULL: not compiled (not executable, could not be built) */
	int32_t process_index;
	struct str key;
	struct str name;
	struct str version_tag;
	bool executable;
	const struct start_event_row *start_events;
	size_t start_event_count;
};
struct db_deploy_file {
	struct str name;
	struct str content;
	const unsigned char *sha256; /* 32 bytes */
	const struct db_deploy_process *processes;
	size_t process_count;
};
struct db_deploy {
	int64_t id;
	int64_t at;
	struct str name;
	struct str source; /* empty: none */
	struct str by;
	struct str tenant;
	const struct db_deploy_file *files;
	size_t file_count;
};
struct db_deployed {
	int64_t id;
	int64_t deployment_id; /* the one that it came with: an earlier one where nothing has changed */
	int64_t deployed_at;   /* of that one */
	int32_t version;
	bool executable;
	bool changed;
	struct str key;
	struct str name;
};
/* Stores a deployment: opens a catalog change, gives each process the next version of its key, or, when the latest
 * version came from a file with the same bytes and process index, changes nothing for it (changed false). Elements,
 * flows and start events are stored for each new definition; start events of the version before no longer count. When
 * no process of any file is new and at least one exists, the deployment itself is not kept. on_deployed: in order. */
void db_deploy(struct db *db, const struct db_deploy *deploy,
	void (*on_deployed)(void *context, const struct db_deployed *row), void *context);
/* on_result: 0 deleted, 1 not found, 2 instances exist (and cascade is false). */
void db_delete_deployment(
	struct db *db, int64_t deployment_id, bool cascade, void (*on_result)(void *context, int result), void *context);
/* Suspends or resumes a definition; on_result: 0 done, 1 not found, 2 stale (expected_revision given and another). */
void db_set_definition_state(struct db *db, int64_t definition_id, bool suspended, int64_t expected_revision,
	void (*on_result)(void *context, int result), void *context);

/* ---- stepping ---- */

/* What the commands of a batch name. The root ids behind them are looked up by the statement. */
struct db_subjects {
	const int64_t *instances; /* roots or called ones */
	size_t instance_count;
	const int64_t *tasks;
	size_t task_count;
	const int64_t *jobs;
	size_t job_count;
	const int64_t *incidents;
	size_t incident_count;
	const int64_t *subscriptions;
	size_t subscription_count;
};
struct db_locked_tree {
	int64_t root_id;
	int64_t version;
	int64_t definition_id;
};
/* Locks the root rows in id order. */
void db_lock_trees(struct db *db, const struct db_subjects *subjects,
	void (*on_tree)(void *context, const struct db_locked_tree *tree), void *context);
struct db_subject {
	enum {
		DB_SUBJECT_TASK = 1,
		DB_SUBJECT_JOB = 2,
		DB_SUBJECT_INCIDENT = 3,
		DB_SUBJECT_SUBSCRIPTION = 4,
		DB_SUBJECT_INSTANCE = 5,
	} kind;
	int64_t id;
	int64_t root_id;
	int64_t token_id;
	bool locked; /* jobs: a worker has it, also when its lock has run out and nobody took it over */
};
/* After db_lock_trees: which tree each subject belongs to; absent ones are gone. Job rows are locked too. */
void db_resolve_subjects(struct db *db, const struct db_subjects *subjects,
	void (*on_subject)(void *context, const struct db_subject *subject), void *context);
struct db_ended {
	int64_t id;
	bool any_tenant; /* jobs and incidents: not known whose it was */
	struct str tenant;
};
/* Which of the ids (of any list) were there once: ended instances and tasks by history, jobs, incidents and
 * subscriptions by their id having been given out. */
void db_find_ended(struct db *db, const struct db_subjects *subjects,
	void (*on_ended)(void *context, const struct db_ended *ended), void *context);
/* Loads whole trees by root id, in id order: on_instance gets each root, with the instances that it called below it.
 * All are complete but for `graph`, and owned by the receiver. */
void db_load_trees(struct db *db, const int64_t *roots, size_t count,
	void (*on_instance)(void *context, struct instance *instance), void *context);

/* Adds every statement that a non-empty list of effects needs. */
void db_store_effects(struct db *db, const struct effects *effects);

/* ---- idempotency ---- */

struct db_answer {
	struct str principal;
	struct str key;
	const unsigned char *request_hash; /* 32 bytes */
	int status;
	struct str etag;
	struct str location;
	struct str body;
	int64_t at;
};
/* The stored answers among those asked for. Only principal and key are read of `wanted`. */
void db_read_answers(struct db *db, const struct db_answer *wanted, size_t count,
	void (*on_answer)(void *context, const struct db_answer *answer), void *context);
/* DB_ERROR 23505 when another transaction stored one of the keys meanwhile. Sorted by the function, so that no deadlock
 * arises. */
void db_store_answers(struct db *db, const struct db_answer *answers, size_t count);

/* ---- jobs and timers ---- */

struct db_activation {
	struct str tenant; /* only jobs of this tenant; empty: of none */
	struct str type;
	struct str worker;
	int max;
	int64_t now;
	int64_t locked_until;
	const int64_t *reported; /* jobs that this transaction is told the outcome of: not taken over in it */
	size_t reported_count;
	const struct str *variables; /* names wanted; NULL with count 0: all */
	size_t variable_count;
	bool all_variables;
};
struct db_job {
	int64_t id;
	int64_t activity_id; /* stays the same when the job is retried or taken over */
	int64_t instance_id;
	int32_t retries;
	int64_t locked_until;
	struct str type;
	struct str element_id;
	struct str definition_key;
	struct str business_key;
	struct str headers;   /* JSON object text */
	struct str variables; /* JSON object text: the process scope, inner scopes over it */
};
/* Takes up to max jobs (FOR UPDATE SKIP LOCKED), oldest first: not suspended, retries left, due, lock absent or run
 * out. One whose lock had run out gets a new id. */
void db_activate_jobs(struct db *db, const struct db_activation *activation,
	void (*on_job)(void *context, const struct db_job *job), void *context);
/* Prolongs locks; on_result per job: 0 done, 1 gone. */
void db_extend_job(
	struct db *db, int64_t job_id, int64_t locked_until, void (*on_result)(void *context, int result), void *context);

/* Due timers, oldest first, whose tree nobody else holds (root rows are locked with SKIP LOCKED). */
/* skipped: ids to pass over. */
void db_take_due_timers(struct db *db, int64_t now, int limit, const int64_t *skipped, size_t skipped_count,
	void (*on_timer)(void *context, int64_t job_id, int64_t root_id), void *context);
/* When the next timer is due; no call when there is none. */
void db_read_next_timer(struct db *db, void (*on_due)(void *context, int64_t due_at), void *context);

/* ---- upkeep ---- */

/* Makes coming partitions of history where they are missing. */
void db_make_partitions(struct db *db, int64_t now);
/* Deletes answers older than that, at most `limit` of them; on_count: how many. */
void db_delete_old_answers(
	struct db *db, int64_t answers_before, int limit, void (*on_count)(void *context, int count), void *context);

#endif
