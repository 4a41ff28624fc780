/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of history back to what effects.h calls them: one statement and one reader a table.
 */
#include "config.h"

#include "db/history.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "db/db_private.h"

static void history_on_instance(const struct db_receiver *receiver, struct row row)
{
	((void (*)(void *, int64_t, int64_t))receiver->call)(receiver->context, row_int8(row, 0), row_int8(row, 1));
}

void db_find_tree(
	struct db *db, int64_t instance_id, void (*on_instance)(void *context, int64_t id, int64_t root_id), void *context)
{
	params_int8(db_params(db), instance_id);
	db_send(db, SQL_FIND_TREE,
		(struct db_receiver){.read = history_on_instance, .call = (db_call)on_instance, .context = context});
}

static struct str history_text(const struct replay_history *history, struct str text)
{
	return arena_str(history->rows.arena, text);
}

/* NULL stands for no loop counter. */
static int32_t history_index(struct row row, int column)
{
	return row_is_null(row, column) ? GRAPH_NONE : row_int4(row, column);
}

/* As when a tree is loaded: what is no object means a damaged database. */
static void history_variables(struct variables *variables, struct row row, int column)
{
	if (row_is_null(row, column))
		return;
	bool read = variables_from_json(variables, row_jsonb(row, column), NULL);
	assert(read);
	(void)read;
}

static void history_read_instance(const struct db_receiver *receiver, struct row row)
{
	struct replay_history *history = receiver->context;
	struct instance *instance = alloc_new(struct instance);
	instance->id = row_int8(row, 0);
	instance->root_id = row_int8(row, 1);
	instance->parent_id = row_int8(row, 2);
	instance->caller_id = row_int8(row, 3);
	instance->definition_id = row_int8(row, 4);
	instance->status = (enum instance_status)row_int2(row, 5);
	instance->started_at = row_time(row, 6);
	instance->ended_at = row_time(row, 7);
	instance_text_set(&instance->business_key, row_text(row, 8));
	instance_text_set(&instance->tenant, row_text(row, 9));
	instance_text_set(&instance->error_code, row_text(row, 10));
	instance_text_set(&instance->started_by, row_text(row, 11));
	instance_text_set(&instance->end_reason, row_text(row, 12));
	history_variables(&instance->variables, row, 13);
	vec_add(&history->ended, instance);
}

static void history_add_flow(void *context, int64_t flow)
{
	struct replay_history *history = context;
	vec_add(&history->rows.flows, (int32_t)flow);
}

static void history_read_step(const struct db_receiver *receiver, struct row row)
{
	struct replay_history *history = receiver->context;
	size_t first_flow = history->rows.flows.len;
	row_ids(row, 9, history_add_flow, history);
	*vec_push(&history->rows.steps) = (struct step_row){
		.id = row_int8(row, 0),
		.instance_id = row_int8(row, 1),
		.at = row_time(row, 2),
		.first_id = row_int8(row, 3),
		.subject_id = row_int8(row, 4),
		.cause_id = row_int8(row, 5),
		.version = row_int4(row, 6),
		.command = row_int2(row, 7),
		.actor = history_text(history, row_text(row, 8)),
		.first_flow = first_flow,
		.flow_count = history->rows.flows.len - first_flow,
		.variables = history_text(history, row_jsonb(row, 10)),
		.reason = history_text(history, row_text(row, 11)),
		.trace = history_text(history, row_text(row, 12)),
		.input = history_text(history, row_jsonb(row, 13)),
	};
}

static void history_read_activity(const struct db_receiver *receiver, struct row row)
{
	struct replay_history *history = receiver->context;
	*vec_push(&history->rows.activities) = (struct activity_row){
		.id = row_int8(row, 0),
		.instance_id = row_int8(row, 1),
		.definition_id = row_int8(row, 2),
		.started_at = row_time(row, 3),
		.ended_at = row_time(row, 4),
		.node = row_int4(row, 5),
		.outcome = (enum activity_outcome)row_int2(row, 6),
		.role = (enum token_role)row_int2(row, 7),
		.loop_counter = history_index(row, 8),
		.scope_id = row_int8(row, 9),
		.error_code = history_text(history, row_text(row, 10)),
	};
}

static void history_read_task(const struct db_receiver *receiver, struct row row)
{
	struct replay_history *history = receiver->context;
	*vec_push(&history->rows.ended_tasks) = (struct task_row){
		.id = row_int8(row, 0),
		.instance_id = row_int8(row, 1),
		.definition_id = row_int8(row, 2),
		.activity_id = row_int8(row, 3),
		.created_at = row_time(row, 4),
		.ended_at = row_time(row, 5),
		.due_at = row_time(row, 6),
		.node = row_int4(row, 7),
		.priority = row_int4(row, 8),
		.outcome = (enum activity_outcome)row_int2(row, 9),
		.assignee = history_text(history, row_text(row, 10)),
		.completed_by = history_text(history, row_text(row, 11)),
		.comment = history_text(history, row_text(row, 12)),
	};
}

static void history_read_comment(const struct db_receiver *receiver, struct row row)
{
	struct replay_history *history = receiver->context;
	*vec_push(&history->rows.comments) = (struct comment_row){
		.id = row_int8(row, 0),
		.instance_id = row_int8(row, 1),
		.task_id = row_int8(row, 2),
		.at = row_time(row, 3),
		.author = history_text(history, row_text(row, 4)),
		.text = history_text(history, row_text(row, 5)),
	};
}

void db_read_history(
	struct db *db, int64_t root_id, const int64_t *instances, size_t count, struct replay_history *history)
{
	static const struct {
		enum sql_id statement;
		void (*read)(const struct db_receiver *receiver, struct row row);
	} parts[] = {
		{SQL_READ_HISTORY_INSTANCES, history_read_instance},
		{SQL_READ_HISTORY_STEPS, history_read_step},
		{SQL_READ_HISTORY_ACTIVITIES, history_read_activity},
		{SQL_READ_HISTORY_TASKS, history_read_task},
		{SQL_READ_HISTORY_COMMENTS, history_read_comment},
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct params *p = db_params(db);
		params_int8_array(p, instances, count);
		if (parts[i].statement == SQL_READ_HISTORY_COMMENTS)
			params_int8(p, root_id);
		db_send(db, parts[i].statement, (struct db_receiver){.read = parts[i].read, .context = history});
	}
}
