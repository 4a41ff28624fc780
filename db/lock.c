/* SPDX-License-Identifier: Apache-2.0
 *
 * What a batch asks before it steps: ids, the catalog's generation, the trees' locks, and which tree a task, job or
 * incident belongs to. Locks first, reads in later statements: each statement of READ COMMITTED sees what was committed
 * when it began, so that what is read behind a lock is what the lock protects.
 */
#include "config.h"

#include "db/db_private.h"
#include "db/statements.h"

static void db_read_block(const struct db_receiver *receiver, struct row row)
{
	((void (*)(void *, int64_t))receiver->call)(receiver->context, row_int8(row, 0));
}

void db_take_id_blocks(struct db *db, int blocks, void (*on_block)(void *context, int64_t value), void *context)
{
	struct params *p = db_params(db);
	params_int4(p, blocks);
	db_send(db, SQL_TAKE_ID_BLOCKS,
		(struct db_receiver){.read = db_read_block, .call = (db_call)on_block, .context = context});
}

void db_hold_catalog(struct db *db)
{
	db_params(db);
	db_send(db, SQL_HOLD_CATALOG, (struct db_receiver){0});
}

void db_expect_generation(struct db *db, int64_t generation)
{
	struct params *p = db_params(db);
	params_int8(p, generation);
	db_send(db, SQL_EXPECT_GENERATION, (struct db_receiver){0});
}

static void db_read_locked_tree(const struct db_receiver *receiver, struct row row)
{
	struct db_locked_tree tree = {
		.root_id = row_int8(row, 0),
		.version = row_int8(row, 1),
		.definition_id = row_int8(row, 2),
	};
	((void (*)(void *, const struct db_locked_tree *))receiver->call)(receiver->context, &tree);
}

void lock_write_subjects(struct params *p, const struct db_subjects *subjects)
{
	params_int8_array(p, subjects->instances, subjects->instance_count);
	params_int8_array(p, subjects->tasks, subjects->task_count);
	params_int8_array(p, subjects->jobs, subjects->job_count);
	params_int8_array(p, subjects->incidents, subjects->incident_count);
	params_int8_array(p, subjects->subscriptions, subjects->subscription_count);
}

void db_lock_trees(struct db *db, const struct db_subjects *subjects,
	void (*on_tree)(void *context, const struct db_locked_tree *tree), void *context)
{
	lock_write_subjects(db_params(db), subjects);
	db_send(db, SQL_LOCK_TREES,
		(struct db_receiver){.read = db_read_locked_tree, .call = (db_call)on_tree, .context = context});
}

static void db_read_subject(const struct db_receiver *receiver, struct row row)
{
	struct db_subject subject = {
		.id = row_int8(row, 1),
		.root_id = row_int8(row, 2),
		.token_id = row_int8(row, 3),
		.locked = row_bool(row, 4),
	};
	/* An assignment, for the enum has no name. */
	switch (row_int2(row, 0)) {
	case DB_SUBJECT_TASK:
		subject.kind = DB_SUBJECT_TASK;
		break;
	case DB_SUBJECT_JOB:
		subject.kind = DB_SUBJECT_JOB;
		break;
	case DB_SUBJECT_SUBSCRIPTION:
		subject.kind = DB_SUBJECT_SUBSCRIPTION;
		break;
	case DB_SUBJECT_INSTANCE:
		subject.kind = DB_SUBJECT_INSTANCE;
		break;
	default:
		subject.kind = DB_SUBJECT_INCIDENT;
		break;
	}
	((void (*)(void *, const struct db_subject *))receiver->call)(receiver->context, &subject);
}

void db_resolve_subjects(struct db *db, const struct db_subjects *subjects,
	void (*on_subject)(void *context, const struct db_subject *subject), void *context)
{
	struct params *p = db_params(db);
	params_int8_array(p, subjects->tasks, subjects->task_count);
	params_int8_array(p, subjects->jobs, subjects->job_count);
	params_int8_array(p, subjects->incidents, subjects->incident_count);
	params_int8_array(p, subjects->subscriptions, subjects->subscription_count);
	params_int8_array(p, subjects->instances, subjects->instance_count);
	db_send(db, SQL_RESOLVE_SUBJECTS,
		(struct db_receiver){.read = db_read_subject, .call = (db_call)on_subject, .context = context});
}
