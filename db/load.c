/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole trees, one statement a table: the instances themselves, then the rows of each kind, which are added to their
 * instance by its id. What has been read so far belongs to the load until the last statement has ended; then called
 * instances are hung below their callers, and the roots go to the receiver, or all are freed when the load did not come
 * to its end.
 */
#include "config.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/map.h"
#include "db/db_private.h"
#include "db/statements.h"

struct load {
	VEC(struct instance *) instances; /* by id */
	struct map by_id;
	void (*on_instance)(void *context, struct instance *instance);
	void *context;
};

static struct load *load_of(const struct db_receiver *receiver)
{
	return receiver->context;
}

/* Rows whose instance the first statement did not see are not there for the tree's holder: it has the lock. */
static struct instance *load_find(const struct db_receiver *receiver, struct row row)
{
	return map_get_id(&load_of(receiver)->by_id, row_int8(row, 0));
}

/* Variables are text that we wrote: a text that is no object means a damaged database, and is not stepped upon. */
static void load_variables(struct variables *variables, struct row row, int column)
{
	if (row_is_null(row, column))
		return;
	bool read = variables_from_json(variables, row_jsonb(row, column), NULL);
	assert(read);
	(void)read;
}

static void load_instance(const struct db_receiver *receiver, struct row row)
{
	struct instance *instance = alloc_new(struct instance);
	instance->id = row_int8(row, 0);
	instance->root_id = row_int8(row, 1);
	instance->parent_id = row_int8(row, 2);
	instance->definition_id = row_int8(row, 3);
	instance->version = row_int8(row, 4);
	instance->status = (enum instance_status)row_int2(row, 5);
	instance_text_set(&instance->business_key, row_text(row, 6));
	instance_text_set(&instance->tenant, row_text(row, 7));
	instance->started_at = row_time(row, 8);
	instance_text_set(&instance->started_by, row_text(row, 9));
	load_variables(&instance->variables, row, 10);
	instance->caller_id = row_int8(row, 11);
	struct load *load = load_of(receiver);
	vec_add(&load->instances, instance);
	map_put_id(&load->by_id, instance->id, instance);
}

/* NULL stands for no flow, event or loop counter. */
static int32_t load_index(struct row row, int column)
{
	return row_is_null(row, column) ? GRAPH_NONE : row_int4(row, column);
}

static void load_token(const struct db_receiver *receiver, struct row row)
{
	struct instance *instance = load_find(receiver, row);
	if (!instance)
		return;
	struct token *token = instance_add_token(instance);
	token->id = row_int8(row, 1);
	token->scope_id = row_int8(row, 2);
	token->node = row_int4(row, 3);
	token->flow = load_index(row, 4);
	token->state = (enum token_state)row_int2(row, 5);
	token->started_at = row_time(row, 6);
	load_variables(&token->variables, row, 7);
	token->role = (enum token_role)row_int2(row, 8);
	token->loop_counter = load_index(row, 9);
}

static void load_candidate_user(void *task, struct str user)
{
	instance_text_set(vec_push(&((struct task *)task)->candidate_users), user);
}

static void load_candidate_group(void *task, struct str group)
{
	instance_text_set(vec_push(&((struct task *)task)->candidate_groups), group);
}

static void load_task(const struct db_receiver *receiver, struct row row)
{
	struct instance *instance = load_find(receiver, row);
	if (!instance)
		return;
	struct task *task = instance_add_task(instance);
	task->id = row_int8(row, 1);
	task->token_id = row_int8(row, 2);
	task->node = row_int4(row, 3);
	task->version = row_int8(row, 4);
	task->priority = row_int4(row, 5);
	instance_text_set(&task->assignee, row_text(row, 6));
	row_texts(row, 7, load_candidate_user, task);
	row_texts(row, 8, load_candidate_group, task);
	instance_text_set(&task->form, row_text(row, 9));
	task->created_at = row_time(row, 10);
	task->due_at = row_time(row, 11);
	task->follow_up_at = row_time(row, 12);
}

static void load_job(const struct db_receiver *receiver, struct row row)
{
	struct instance *instance = load_find(receiver, row);
	if (!instance)
		return;
	struct job *job = instance_add_job(instance);
	job->id = row_int8(row, 1);
	job->token_id = row_int8(row, 2);
	job->node = row_int4(row, 3);
	job->kind = (enum job_kind)row_int2(row, 4);
	instance_text_set(&job->type, row_text(row, 5));
	job->due_at = row_time(row, 6);
	job->repeat = row_int8(row, 7);
	instance_text_set(&job->cycle, row_text(row, 8));
	job->retries = row_int4(row, 9);
	instance_text_set(&job->message, row_text(row, 10));
	job->event = load_index(row, 11);
}

static void load_subscription(const struct db_receiver *receiver, struct row row)
{
	struct instance *instance = load_find(receiver, row);
	if (!instance)
		return;
	struct subscription *subscription = instance_add_subscription(instance);
	subscription->id = row_int8(row, 1);
	subscription->token_id = row_int8(row, 2);
	subscription->node = row_int4(row, 3);
	subscription->event = row_int4(row, 4);
	subscription->kind = (enum subscription_kind)row_int2(row, 5);
	subscription->satisfied = row_bool(row, 6);
	instance_text_set(&subscription->name, row_text(row, 7));
	instance_text_set(&subscription->correlation, row_jsonb(row, 8));
}

static void load_compensation(const struct db_receiver *receiver, struct row row)
{
	struct instance *instance = load_find(receiver, row);
	if (!instance)
		return;
	struct compensation *compensation = instance_add_compensation(instance);
	compensation->id = row_int8(row, 1);
	compensation->scope_id = row_int8(row, 2);
	compensation->sequence = row_int8(row, 3);
	compensation->node = row_int4(row, 4);
	compensation->loop_counter = load_index(row, 5);
	load_variables(&compensation->variables, row, 6);
}

static void load_incident(const struct db_receiver *receiver, struct row row)
{
	struct instance *instance = load_find(receiver, row);
	if (!instance)
		return;
	struct incident *incident = instance_add_incident(instance);
	incident->id = row_int8(row, 1);
	incident->token_id = row_int8(row, 2);
	incident->node = row_int4(row, 3);
	incident->job_id = row_int8(row, 4);
	incident->type = incident_type_parse(row_text(row, 5));
	instance_text_set(&incident->message, row_text(row, 6));
	incident->created_at = row_time(row, 7);
}

/* An instance below one that is not there means a damaged database, and is not stepped upon. */
static void load_adopt(const struct load *load, struct instance *instance)
{
	struct instance *parent = map_get_id(&load->by_id, instance->parent_id);
	assert(parent);
	instance_adopt(parent, instance);
}

/* Callers may have the greater id, so nothing is handed on before the last has found its place. */
static void load_finish(const struct db_receiver *receiver, bool ok)
{
	struct load *load = load_of(receiver);
	for (size_t i = 0; i < load->instances.len; i++) {
		struct instance *instance = load->instances.items[i];
		if (!ok) {
			instance_free(instance);
			continue;
		}
		instance_loaded(instance);
		if (instance->parent_id != 0)
			load_adopt(load, instance);
	}
	for (size_t i = 0; ok && i < load->instances.len; i++)
		if (load->instances.items[i]->parent_id == 0)
			load->on_instance(load->context, load->instances.items[i]);
	vec_free(&load->instances);
	map_free(&load->by_id);
	free(load);
}

void db_load_trees(struct db *db, const int64_t *roots, size_t count,
	void (*on_instance)(void *context, struct instance *instance), void *context)
{
	static const struct {
		enum sql_id statement;
		void (*read)(const struct db_receiver *receiver, struct row row);
	} parts[] = {
		{SQL_LOAD_INSTANCES, load_instance},
		{SQL_LOAD_TOKENS, load_token},
		{SQL_LOAD_TASKS, load_task},
		{SQL_LOAD_JOBS, load_job},
		{SQL_LOAD_SUBSCRIPTIONS, load_subscription},
		{SQL_LOAD_COMPENSATIONS, load_compensation},
		{SQL_LOAD_INCIDENTS, load_incident},
	};
	const size_t part_count = sizeof parts / sizeof *parts;
	struct load *load = alloc_new(struct load);
	load->on_instance = on_instance;
	load->context = context;
	for (size_t i = 0; i < part_count; i++) {
		params_int8_array(db_params(db), roots, count);
		db_send(db, parts[i].statement,
			(struct db_receiver){
				.read = parts[i].read,
				.finish = i + 1 == part_count ? load_finish : NULL,
				.context = load,
			});
	}
}
