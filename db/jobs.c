/* SPDX-License-Identifier: Apache-2.0
 *
 * Work for workers, and due timers: taken with SKIP LOCKED, so that takers never wait for each other.
 */
#include "config.h"

#include "db/db_private.h"
#include "db/statements.h"

static void jobs_read_activated(const struct db_receiver *receiver, struct row row)
{
	struct db_job job = {
		.id = row_int8(row, 0),
		.instance_id = row_int8(row, 1),
		.retries = row_int4(row, 2),
		.locked_until = row_time(row, 3),
		.type = row_text(row, 4),
		.element_id = row_text(row, 5),
		.definition_key = row_text(row, 6),
		.business_key = row_text(row, 7),
		.headers = row_jsonb(row, 8),
		.variables = row_jsonb(row, 9),
		.activity_id = row_int8(row, 10),
	};
	((void (*)(void *, const struct db_job *))receiver->call)(receiver->context, &job);
}

/* Two statements: the second reads the variables as of after the lock. */
void db_activate_jobs(struct db *db, const struct db_activation *activation,
	void (*on_job)(void *context, const struct db_job *job), void *context)
{
	struct params *p = db_params(db);
	params_text(p, activation->type);
	params_text(p, activation->worker);
	params_int4(p, activation->max);
	params_time(p, activation->now);
	params_time(p, activation->locked_until);
	params_text(p, activation->tenant);
	params_int8_array(p, activation->reported, activation->reported_count);
	db_send(db, SQL_ACTIVATE_JOBS, (struct db_receiver){0});

	bool all = activation->all_variables || (!activation->variables && activation->variable_count == 0);
	p = db_params(db);
	if (all)
		params_null(p);
	else
		params_text_array(p, activation->variables, activation->variable_count);
	db_send(db, SQL_READ_ACTIVATED_JOBS,
		(struct db_receiver){.read = jobs_read_activated, .call = (db_call)on_job, .context = context});
}

void db_extend_job(
	struct db *db, int64_t job_id, int64_t locked_until, void (*on_result)(void *context, int result), void *context)
{
	struct params *p = db_params(db);
	params_int8(p, job_id);
	params_time(p, locked_until);
	db_send(db, SQL_EXTEND_JOB, db_result_receiver(on_result, context));
}

static void jobs_read_timer(const struct db_receiver *receiver, struct row row)
{
	((void (*)(void *, int64_t, int64_t))receiver->call)(receiver->context, row_int8(row, 0), row_int8(row, 1));
}

void db_take_due_timers(struct db *db, int64_t now, int limit, const int64_t *skipped, size_t skipped_count,
	void (*on_timer)(void *context, int64_t job_id, int64_t root_id), void *context)
{
	struct params *p = db_params(db);
	params_time(p, now);
	params_int4(p, limit);
	params_int8_array(p, skipped, skipped_count);
	db_send(db, SQL_TAKE_DUE_TIMERS,
		(struct db_receiver){.read = jobs_read_timer, .call = (db_call)on_timer, .context = context});
}

static void jobs_read_due(const struct db_receiver *receiver, struct row row)
{
	((void (*)(void *, int64_t))receiver->call)(receiver->context, row_time(row, 0));
}

void db_read_next_timer(struct db *db, void (*on_due)(void *context, int64_t due_at), void *context)
{
	db_params(db);
	db_send(db, SQL_READ_NEXT_TIMER,
		(struct db_receiver){.read = jobs_read_due, .call = (db_call)on_due, .context = context});
}
