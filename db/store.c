/* SPDX-License-Identifier: Apache-2.0
 *
 * Effects -> statements: one table says for each list of effects which statement stores it and how its rows become
 * columns. An empty list costs nothing; a full one is one statement, whatever its length.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "db/columns.h"
#include "db/db_private.h"
#include "db/statements.h"

/* ---- live rows ---- */

#define INSTANCE(kind, member) COLUMN_OF(0, kind, struct instance, member)

static const struct column store_insert_instances[] = {
	INSTANCE(ID, id),
	INSTANCE(ID, root_id),
	INSTANCE(ID_OR_NULL, parent_id),
	INSTANCE(ID, definition_id),
	INSTANCE(ID, version),
	INSTANCE(INSTANCE_STATUS, status),
	INSTANCE(TEXT_OR_NULL, business_key),
	INSTANCE(TEXT, tenant),
	INSTANCE(TIME, started_at),
	INSTANCE(TEXT, started_by),
	INSTANCE(VARIABLES, variables),
	INSTANCE(ID_OR_NULL, caller_id),
};

static const struct column store_update_instances[] = {
	INSTANCE(ID, id),
	INSTANCE(ID, version),
	INSTANCE(INSTANCE_STATUS, status),
	COLUMN_WHOLE(0, INSTANCE_CHANGES),
};

static const struct column store_suspend_jobs[] = {
	INSTANCE(ID, id),
	INSTANCE(ID, root_id),
	INSTANCE(SUSPENDED, status),
};

/* Every pair of pointers begins with the instance. */
#define REF_INSTANCE(ref, kind, member) COLUMN_OF(offsetof(struct ref, instance), kind, struct instance, member)
#define TOKEN(kind, member) COLUMN_OF(offsetof(struct token_ref, token), kind, struct token, member)
#define TASK(kind, member) COLUMN_OF(offsetof(struct task_ref, task), kind, struct task, member)
#define JOB(kind, member) COLUMN_OF(offsetof(struct job_ref, job), kind, struct job, member)
#define SUBSCRIPTION(kind, member) \
	COLUMN_OF(offsetof(struct subscription_ref, subscription), kind, struct subscription, member)
#define COMPENSATION(kind, member) \
	COLUMN_OF(offsetof(struct compensation_ref, compensation), kind, struct compensation, member)
#define INCIDENT(kind, member) COLUMN_OF(offsetof(struct incident_ref, incident), kind, struct incident, member)

static const struct column store_insert_tokens[] = {
	TOKEN(ID, id),
	REF_INSTANCE(token_ref, ID, root_id),
	REF_INSTANCE(token_ref, ID, id),
	REF_INSTANCE(token_ref, ID, definition_id),
	TOKEN(ID_OR_NULL, scope_id),
	TOKEN(NUMBER, node),
	TOKEN(INDEX_OR_NULL, flow),
	TOKEN(TOKEN_STATE, state),
	TOKEN(TIME, started_at),
	TOKEN(VARIABLES_OR_NULL, variables),
	TOKEN(TOKEN_ROLE, role),
	TOKEN(INDEX_OR_NULL, loop_counter),
};

static const struct column store_update_tokens[] = {
	TOKEN(ID, id),
	REF_INSTANCE(token_ref, ID, root_id),
	TOKEN(NUMBER, node),
	TOKEN(INDEX_OR_NULL, flow),
	TOKEN(TOKEN_STATE, state),
	TOKEN(TIME, started_at),
	COLUMN_WHOLE(offsetof(struct token_ref, token), TOKEN_CHANGES),
	TOKEN(TOKEN_ROLE, role),
	TOKEN(INDEX_OR_NULL, loop_counter),
};

static const struct column store_insert_tasks[] = {
	TASK(ID, id),
	REF_INSTANCE(task_ref, ID, root_id),
	REF_INSTANCE(task_ref, ID, id),
	REF_INSTANCE(task_ref, ID, definition_id),
	TASK(ID, token_id),
	TASK(NUMBER, node),
	TASK(ID, version),
	TASK(NUMBER, priority),
	TASK(TEXT_OR_NULL, assignee),
	COLUMN_WHOLE(offsetof(struct task_ref, task), CANDIDATE_USERS),
	COLUMN_WHOLE(offsetof(struct task_ref, task), CANDIDATE_GROUPS),
	TASK(TEXT_OR_NULL, form),
	TASK(TIME, created_at),
	TASK(TIME_OR_NULL, due_at),
	TASK(TIME_OR_NULL, follow_up_at),
};

static const struct column store_update_tasks[] = {
	TASK(ID, id),
	TASK(ID, version),
	TASK(NUMBER, priority),
	TASK(TEXT_OR_NULL, assignee),
	COLUMN_WHOLE(offsetof(struct task_ref, task), CANDIDATE_USERS),
	COLUMN_WHOLE(offsetof(struct task_ref, task), CANDIDATE_GROUPS),
	TASK(TEXT_OR_NULL, form),
	TASK(TIME_OR_NULL, due_at),
	TASK(TIME_OR_NULL, follow_up_at),
};

static const struct column store_insert_jobs[] = {
	JOB(ID, id),
	REF_INSTANCE(job_ref, ID, root_id),
	REF_INSTANCE(job_ref, ID, id),
	REF_INSTANCE(job_ref, ID, definition_id),
	JOB(ID, token_id),
	JOB(NUMBER, node),
	JOB(JOB_KIND, kind),
	JOB(TEXT_OR_NULL, type),
	JOB(TIME, due_at),
	JOB(ID, repeat),
	JOB(TEXT_OR_NULL, cycle),
	JOB(NUMBER, retries),
	REF_INSTANCE(job_ref, SUSPENDED, status),
	JOB(TEXT_OR_NULL, message),
	REF_INSTANCE(job_ref, TEXT, tenant),
	JOB(INDEX_OR_NULL, event),
};

static const struct column store_update_jobs[] = {
	JOB(ID, id),
	REF_INSTANCE(job_ref, ID, root_id),
	JOB(ID, token_id),
	JOB(JOB_KIND, kind),
	JOB(TIME, due_at),
	JOB(ID, repeat),
	JOB(TEXT_OR_NULL, cycle),
	JOB(NUMBER, retries),
	JOB(TEXT_OR_NULL, message),
};

static const struct column store_insert_subscriptions[] = {
	SUBSCRIPTION(ID, id),
	REF_INSTANCE(subscription_ref, ID, root_id),
	REF_INSTANCE(subscription_ref, ID, id),
	REF_INSTANCE(subscription_ref, ID, definition_id),
	SUBSCRIPTION(ID_OR_NULL, token_id),
	SUBSCRIPTION(NUMBER, node),
	SUBSCRIPTION(NUMBER, event),
	SUBSCRIPTION(SUBSCRIPTION_KIND, kind),
	SUBSCRIPTION(FLAG, satisfied),
	SUBSCRIPTION(TEXT_OR_NULL, name),
	SUBSCRIPTION(JSON_OR_NULL, correlation),
	REF_INSTANCE(subscription_ref, TEXT, tenant),
};

static const struct column store_update_subscriptions[] = {
	SUBSCRIPTION(ID, id),
	SUBSCRIPTION(FLAG, satisfied),
};

static const struct column store_insert_compensations[] = {
	COMPENSATION(ID, id),
	REF_INSTANCE(compensation_ref, ID, root_id),
	REF_INSTANCE(compensation_ref, ID, id),
	REF_INSTANCE(compensation_ref, ID, definition_id),
	COMPENSATION(ID_OR_NULL, scope_id),
	COMPENSATION(ID, sequence),
	COMPENSATION(NUMBER, node),
	COMPENSATION(INDEX_OR_NULL, loop_counter),
	COMPENSATION(VARIABLES_OR_NULL, variables),
};

static const struct column store_update_compensations[] = {
	REF_INSTANCE(compensation_ref, ID, root_id),
	COMPENSATION(ID, id),
	COMPENSATION(ID_OR_NULL, scope_id),
	COLUMN_WHOLE(offsetof(struct compensation_ref, compensation), COMPENSATION_CHANGES),
};

static const struct column store_insert_incidents[] = {
	INCIDENT(ID, id),
	REF_INSTANCE(incident_ref, ID, root_id),
	REF_INSTANCE(incident_ref, ID, id),
	REF_INSTANCE(incident_ref, ID, definition_id),
	INCIDENT(ID, token_id),
	INCIDENT(NUMBER, node),
	INCIDENT(ID_OR_NULL, job_id),
	INCIDENT(INCIDENT_TYPE, type),
	INCIDENT(TEXT, message),
	INCIDENT(TIME, created_at),
};

static const struct column store_update_moved[] = {
	COLUMN(MOVED_KIND, struct moved_row, kind),
	COLUMN(ID, struct moved_row, root_id),
	COLUMN(ID, struct moved_row, id),
	COLUMN(ID, struct moved_row, definition_id),
	COLUMN(INDEX_OR_NULL, struct moved_row, node),
	COLUMN(INDEX_OR_NULL, struct moved_row, event),
	COLUMN(INDEX_OR_NULL, struct moved_row, flow),
};

static const struct column store_ids[] = {
	{.kind = COLUMN_ID, .pointer = COLUMN_HERE, .offset = 0},
};

/* ---- history ---- */

static const struct column store_insert_ended_instances[] = {
	INSTANCE(ID, id),
	INSTANCE(ID, root_id),
	INSTANCE(ID_OR_NULL, parent_id),
	INSTANCE(ID, definition_id),
	INSTANCE(INSTANCE_STATUS, status),
	INSTANCE(TIME, started_at),
	INSTANCE(TIME, ended_at),
	INSTANCE(TEXT_OR_NULL, business_key),
	INSTANCE(TEXT_OR_NULL, tenant),
	INSTANCE(TEXT_OR_NULL, error_code),
	INSTANCE(TEXT_OR_NULL, started_by),
	INSTANCE(TEXT_OR_NULL, end_reason),
	INSTANCE(VARIABLES_OR_NULL, variables),
	INSTANCE(ID_OR_NULL, caller_id),
};

static const struct column store_insert_activities[] = {
	COLUMN(ID, struct activity_row, id),
	COLUMN(ID, struct activity_row, instance_id),
	COLUMN(ID, struct activity_row, definition_id),
	COLUMN(TIME, struct activity_row, started_at),
	COLUMN(TIME, struct activity_row, ended_at),
	COLUMN(NUMBER, struct activity_row, node),
	COLUMN(ACTIVITY_OUTCOME, struct activity_row, outcome),
	COLUMN(ID_OR_NULL, struct activity_row, scope_id),
	COLUMN(TEXT_OR_NULL, struct activity_row, error_code),
	COLUMN(TOKEN_ROLE_OR_NULL, struct activity_row, role),
	COLUMN(INDEX_OR_NULL, struct activity_row, loop_counter),
};

static const struct column store_insert_steps[] = {
	COLUMN(ID, struct step_row, id),
	COLUMN(ID, struct step_row, instance_id),
	COLUMN(TIME, struct step_row, at),
	COLUMN(CODE, struct step_row, command),
	COLUMN(ID_OR_NULL, struct step_row, subject_id),
	COLUMN(TEXT_OR_NULL, struct step_row, actor),
	COLUMN(SIZE, struct step_row, first_flow),
	COLUMN(SIZE, struct step_row, flow_count),
	COLUMN(JSON_OR_NULL, struct step_row, variables),
	COLUMN(TEXT_OR_NULL, struct step_row, reason),
	COLUMN(TEXT_OR_NULL, struct step_row, trace),
	COLUMN(ID_OR_NULL, struct step_row, cause_id),
	COLUMN(ID, struct step_row, first_id),
	COLUMN(NUMBER, struct step_row, version),
	COLUMN(JSON_OR_NULL, struct step_row, input),
};

static const struct column store_insert_ended_tasks[] = {
	COLUMN(ID, struct task_row, id),
	COLUMN(ID, struct task_row, instance_id),
	COLUMN(ID, struct task_row, definition_id),
	COLUMN(ID, struct task_row, activity_id),
	COLUMN(TIME, struct task_row, created_at),
	COLUMN(TIME, struct task_row, ended_at),
	COLUMN(TIME_OR_NULL, struct task_row, due_at),
	COLUMN(NUMBER, struct task_row, node),
	COLUMN(NUMBER, struct task_row, priority),
	COLUMN(ACTIVITY_OUTCOME, struct task_row, outcome),
	COLUMN(TEXT_OR_NULL, struct task_row, assignee),
	COLUMN(TEXT_OR_NULL, struct task_row, completed_by),
	COLUMN(TEXT_OR_NULL, struct task_row, comment),
};

static const struct column store_insert_comments[] = {
	COLUMN(ID, struct comment_row, id),
	COLUMN(ID, struct comment_row, instance_id),
	COLUMN(ID, struct comment_row, task_id),
	COLUMN(TIME, struct comment_row, at),
	COLUMN(TEXT, struct comment_row, author),
	COLUMN(TEXT, struct comment_row, text),
};

static const struct column store_insert_outgoing[] = {
	COLUMN(ID, struct outgoing_row, id),
	COLUMN(ID, struct outgoing_row, root_id),
	COLUMN(ID, struct outgoing_row, instance_id),
	COLUMN(SUBSCRIPTION_KIND, struct outgoing_row, kind),
	COLUMN(TEXT, struct outgoing_row, name),
	COLUMN(TEXT, struct outgoing_row, tenant),
	COLUMN(TEXT_OR_NULL, struct outgoing_row, business_key),
	COLUMN(JSON_OR_NULL, struct outgoing_row, correlation),
	COLUMN(JSON_OR_NULL, struct outgoing_row, variables),
	COLUMN(TIME, struct outgoing_row, at),
	COLUMN(TIME, struct outgoing_row, expires_at),
};

/* ---- the table ---- */

struct store {
	enum sql_id statement;
	const struct column *columns;
	size_t column_count;
	size_t list; /* offset in struct effects */
	size_t item_size;
};

#define STORE(id, column_table, member) \
	{ \
		.statement = (id), .columns = (column_table), .column_count = sizeof(column_table) / sizeof *(column_table), \
		.list = offsetof(struct effects, member), .item_size = sizeof *((struct effects *)0)->member.items, \
	}

/* Moved rows first: what has changed behind the move is as it is now. */
static const struct store store_statements[] = {
	STORE(SQL_UPDATE_MOVED, store_update_moved, moved),
	STORE(SQL_INSERT_INSTANCES, store_insert_instances, new_instances),
	STORE(SQL_UPDATE_INSTANCES, store_update_instances, changed_instances),
	STORE(SQL_DELETE_INSTANCES, store_ids, dead_instances),
	STORE(SQL_INSERT_TOKENS, store_insert_tokens, new_tokens),
	STORE(SQL_UPDATE_TOKENS, store_update_tokens, changed_tokens),
	STORE(SQL_INSERT_TASKS, store_insert_tasks, new_tasks),
	STORE(SQL_UPDATE_TASKS, store_update_tasks, changed_tasks),
	STORE(SQL_DELETE_TASKS, store_ids, dead_tasks),
	STORE(SQL_UPDATE_JOBS, store_update_jobs, changed_jobs),
	STORE(SQL_DELETE_TIMERS, store_ids, dead_jobs),
	STORE(SQL_INSERT_SUBSCRIPTIONS, store_insert_subscriptions, new_subscriptions),
	STORE(SQL_UPDATE_SUBSCRIPTIONS, store_update_subscriptions, changed_subscriptions),
	STORE(SQL_DELETE_SUBSCRIPTIONS, store_ids, dead_subscriptions),
	STORE(SQL_INSERT_COMPENSATIONS, store_insert_compensations, new_compensations),
	STORE(SQL_UPDATE_COMPENSATIONS, store_update_compensations, changed_compensations),
	STORE(SQL_INSERT_INCIDENTS, store_insert_incidents, new_incidents),
	STORE(SQL_DELETE_INCIDENTS, store_ids, dead_incidents),
	STORE(SQL_INSERT_ENDED_INSTANCES, store_insert_ended_instances, ended_instances),
	STORE(SQL_INSERT_ACTIVITIES, store_insert_activities, activities),
	STORE(SQL_INSERT_ENDED_TASKS, store_insert_ended_tasks, ended_tasks),
	STORE(SQL_INSERT_COMMENTS, store_insert_comments, comments),
	STORE(SQL_INSERT_OUTGOING, store_insert_outgoing, outgoing),
};

/* Every list of effects has this shape. */
struct store_list {
	const void *items;
	size_t len;
	size_t capacity;
};

static struct store_list store_list_of(const struct effects *effects, const struct store *store)
{
	struct store_list list;
	memcpy(&list, (const char *)effects + store->list, sizeof list);
	return list;
}

static void store_list(struct db *db, const struct effects *effects, const struct store *store)
{
	struct store_list list = store_list_of(effects, store);
	if (list.len == 0)
		return;
	columns_write(db_params(db), store->columns, store->column_count, list.items, list.len, store->item_size);
	db_send(db, store->statement, (struct db_receiver){0});
}

/* ---- those that need more than their list ---- */

/* The flows taken are one long array; each step has a slice of it. */
static void store_steps(struct db *db, const struct effects *effects)
{
	static const struct store steps = STORE(SQL_INSERT_STEPS, store_insert_steps, steps);
	if (effects->steps.len == 0)
		return;
	struct params *p = db_params(db);
	columns_write(p, steps.columns, steps.column_count, effects->steps.items, effects->steps.len, steps.item_size);
	params_int4_array(p, effects->flows.items, effects->flows.len);
	db_send(db, steps.statement, (struct db_receiver){0});
}

/* Rows that are found by their trees: the root of each, and its id. */
static void store_dead(struct db *db, enum sql_id statement, const int64_t *roots, const int64_t *ids, size_t count)
{
	if (count == 0)
		return;
	struct params *p = db_params(db);
	params_int8_array(p, roots, count);
	params_int8_array(p, ids, count);
	db_send(db, statement, (struct db_receiver){0});
}

static void store_new_jobs(struct db *db, const struct effects *effects)
{
	static const struct store jobs = STORE(SQL_INSERT_JOBS, store_insert_jobs, new_jobs);
	store_list(db, effects, &jobs);
}

static bool store_has_stored_jobs(const struct instance *instance)
{
	for (size_t i = 0; i < instance->jobs.len; i++)
		if (instance->jobs.items[i].mark == ROW_CLEAN || instance->jobs.items[i].mark == ROW_CHANGED)
			return true;
	return false;
}

/* Jobs follow their instance into suspension and out of it. Only instances with jobs from earlier batches are asked:
 * most have none. */
static void store_suspension(struct db *db, const struct effects *effects)
{
	VEC(const struct instance *) instances = {0};
	for (size_t i = 0; i < effects->changed_instances.len; i++)
		if (store_has_stored_jobs(effects->changed_instances.items[i]))
			vec_add(&instances, effects->changed_instances.items[i]);
	if (instances.len > 0) {
		columns_write(db_params(db), store_suspend_jobs, sizeof store_suspend_jobs / sizeof *store_suspend_jobs,
			instances.items, instances.len, sizeof *instances.items);
		db_send(db, SQL_SUSPEND_JOBS, (struct db_receiver){0});
	}
	vec_free(&instances);
}

void db_store_effects(struct db *db, const struct effects *effects)
{
	for (size_t i = 0; i < sizeof store_statements / sizeof *store_statements; i++)
		store_list(db, effects, &store_statements[i]);
	store_dead(
		db, SQL_DELETE_TOKENS, effects->dead_token_roots.items, effects->dead_tokens.items, effects->dead_tokens.len);
	store_dead(db, SQL_DELETE_COMPENSATIONS, effects->dead_compensation_roots.items, effects->dead_compensations.items,
		effects->dead_compensations.len);
	/* Work jobs are deleted before new ones come: the same token may have ended one and made another. */
	store_dead(db, SQL_DELETE_WORK_JOBS, effects->dead_job_roots.items, effects->dead_job_tokens.items,
		effects->dead_job_tokens.len);
	store_new_jobs(db, effects);
	store_suspension(db, effects);
	store_steps(db, effects);
}
