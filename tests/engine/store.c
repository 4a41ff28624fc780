/* SPDX-License-Identifier: Apache-2.0
 *
 * The live rows are kept as an instance of their own, so that a row is copied in by the same lines as out. The columns
 * that an update writes are those of db/sql/update_*.sql; variables pass through JSON on both ways.
 */
#include "config.h"

#include "tests/engine/store.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"

void store_init(struct store *store)
{
	*store = (struct store){.arena = arena_new()};
}

void store_free(struct store *store)
{
	instance_free(store->rows);
	instance_free(store->ended);
	arena_free(store->arena);
	vec_free(&store->activities);
	vec_free(&store->steps);
	vec_free(&store->flows);
	vec_free(&store->ended_tasks);
	vec_free(&store->comments);
}

/* ---- copying rows ---- */

static void store_copy_variables(struct variables *to, const struct variables *from)
{
	struct buf json;
	buf_init(&json, SIZE_MAX);
	variables_to_json(&json, from);
	variables_free(to);
	*to = (struct variables){0};
	if (!variables_from_json(to, buf_str(&json), NULL))
		abort(); /* db/ asserts the same */
	buf_free(&json);
}

static void store_copy_token(struct token *to, const struct token *from)
{
	to->id = from->id;
	to->scope_id = from->scope_id;
	to->started_at = from->started_at;
	to->node = from->node;
	to->flow = from->flow;
	to->state = from->state;
}

static void store_copy_names(struct task *to, const struct task *from)
{
	for (size_t i = 0; i < from->candidate_users.len; i++)
		instance_text_set(vec_push(&to->candidate_users), from->candidate_users.items[i]);
	for (size_t i = 0; i < from->candidate_groups.len; i++)
		instance_text_set(vec_push(&to->candidate_groups), from->candidate_groups.items[i]);
}

static void store_update_task(struct task *to, const struct task *from)
{
	to->version = from->version;
	to->priority = from->priority;
	to->due_at = from->due_at;
	to->follow_up_at = from->follow_up_at;
	instance_text_set(&to->assignee, from->assignee);
	instance_text_set(&to->form, from->form);
}

static void store_copy_task(struct task *to, const struct task *from)
{
	to->id = from->id;
	to->token_id = from->token_id;
	to->created_at = from->created_at;
	to->node = from->node;
	store_update_task(to, from);
	store_copy_names(to, from);
}

static void store_update_job(struct job *to, const struct job *from)
{
	to->due_at = from->due_at;
	to->repeat = from->repeat;
	to->retries = from->retries;
	instance_text_set(&to->cycle, from->cycle);
	instance_text_set(&to->message, from->message);
}

static void store_copy_job(struct job *to, const struct job *from)
{
	to->id = from->id;
	to->token_id = from->token_id;
	to->node = from->node;
	to->kind = from->kind;
	instance_text_set(&to->type, from->type);
	store_update_job(to, from);
}

static void store_copy_incident(struct incident *to, const struct incident *from)
{
	to->id = from->id;
	to->token_id = from->token_id;
	to->job_id = from->job_id;
	to->created_at = from->created_at;
	to->node = from->node;
	to->type = from->type;
	instance_text_set(&to->message, from->message);
}

static struct instance *store_copy_instance(const struct instance *from)
{
	struct instance *to = alloc_new(struct instance);
	to->id = from->id;
	to->root_id = from->root_id;
	to->parent_id = from->parent_id;
	to->definition_id = from->definition_id;
	to->version = from->version;
	to->started_at = from->started_at;
	to->ended_at = from->ended_at;
	to->graph = from->graph;
	to->status = from->status;
	instance_text_set(&to->business_key, from->business_key);
	instance_text_set(&to->tenant, from->tenant);
	instance_text_set(&to->started_by, from->started_by);
	instance_text_set(&to->error_code, from->error_code);
	instance_text_set(&to->end_reason, from->end_reason);
	store_copy_variables(&to->variables, &from->variables);
	return to;
}

struct instance *store_load(const struct store *store)
{
	const struct instance *rows = store->rows;
	if (!rows)
		return NULL;
	struct instance *instance = store_copy_instance(rows);
	for (size_t i = 0; i < rows->tokens.len; i++) {
		struct token *token = instance_add_token(instance);
		store_copy_token(token, &rows->tokens.items[i]);
		store_copy_variables(&token->variables, &rows->tokens.items[i].variables);
	}
	for (size_t i = 0; i < rows->tasks.len; i++)
		store_copy_task(instance_add_task(instance), &rows->tasks.items[i]);
	for (size_t i = 0; i < rows->jobs.len; i++)
		store_copy_job(instance_add_job(instance), &rows->jobs.items[i]);
	for (size_t i = 0; i < rows->incidents.len; i++)
		store_copy_incident(instance_add_incident(instance), &rows->incidents.items[i]);
	instance_loaded(instance);
	return instance;
}

/* ---- effects ---- */

static void store_complain(struct store *store, const char *problem)
{
	if (!store->problem)
		store->problem = problem;
}

static void store_apply_instance(struct store *store, const struct effects *effects)
{
	if (effects->new_instances.len + effects->changed_instances.len + effects->ended_instances.len != 1)
		store_complain(store, "an instance must be new, changed or ended");
	if ((effects->changed_instances.len > 0 || effects->dead_instances.len > 0) && !store->rows)
		store_complain(store, "an instance that is not stored is changed or deleted");
	for (size_t i = 0; i < effects->new_instances.len; i++) {
		store->rows = store_copy_instance(effects->new_instances.items[i]);
	}
	for (size_t i = 0; i < effects->changed_instances.len && store->rows; i++) {
		const struct instance *changed = effects->changed_instances.items[i];
		store->rows->version = changed->version;
		store->rows->status = changed->status;
		if (changed->variables_changed)
			store_copy_variables(&store->rows->variables, &changed->variables);
	}
	for (size_t i = 0; i < effects->ended_instances.len; i++)
		store->ended = store_copy_instance(effects->ended_instances.items[i]);
}

static void store_apply_new(struct store *store, const struct effects *effects)
{
	if (effects->new_tokens.len + effects->new_tasks.len + effects->new_jobs.len + effects->new_incidents.len > 0 &&
		!store->rows) {
		store_complain(store, "rows of an instance that is not stored");
		return;
	}
	for (size_t i = 0; i < effects->new_tokens.len; i++) {
		const struct token *from = effects->new_tokens.items[i].token;
		struct token *token = instance_add_token(store->rows);
		store_copy_token(token, from);
		store_copy_variables(&token->variables, &from->variables);
	}
	for (size_t i = 0; i < effects->new_tasks.len; i++)
		store_copy_task(instance_add_task(store->rows), effects->new_tasks.items[i].task);
	for (size_t i = 0; i < effects->new_jobs.len; i++)
		store_copy_job(instance_add_job(store->rows), effects->new_jobs.items[i].job);
	for (size_t i = 0; i < effects->new_incidents.len; i++)
		store_copy_incident(instance_add_incident(store->rows), effects->new_incidents.items[i].incident);
}

static void store_change_token(struct store *store, const struct token *from)
{
	struct token *token = instance_token(store->rows, from->id);
	if (!token) {
		store_complain(store, "a token that is not stored is changed");
		return;
	}
	token->node = from->node;
	token->flow = from->flow;
	token->state = from->state;
	token->started_at = from->started_at;
	if (from->variables_changed)
		store_copy_variables(&token->variables, &from->variables);
}

static void store_change_job(struct store *store, const struct job *from)
{
	struct job *job =
		from->kind == JOB_WORK ? instance_work_job(store->rows, from->token_id) : instance_job(store->rows, from->id);
	if (job)
		store_update_job(job, from);
	else
		store_complain(store, "a job that is not stored is changed");
}

static void store_apply_changed(struct store *store, const struct effects *effects)
{
	for (size_t i = 0; i < effects->changed_tokens.len; i++)
		store_change_token(store, effects->changed_tokens.items[i].token);
	for (size_t i = 0; i < effects->changed_jobs.len; i++)
		store_change_job(store, effects->changed_jobs.items[i].job);
	for (size_t i = 0; i < effects->changed_tasks.len; i++) {
		const struct task *from = effects->changed_tasks.items[i].task;
		struct task *task = instance_task(store->rows, from->id);
		if (task)
			store_update_task(task, from);
		else
			store_complain(store, "a task that is not stored is changed");
	}
}

/* Deleted rows are marked; instance_committed takes them out of the arrays. */
static void store_apply_dead(struct store *store, const struct effects *effects)
{
#define STORE_DELETE(row, dead, find) \
	for (size_t i = 0; i < effects->dead.len; i++) { \
		struct row *gone = store->rows ? find(store->rows, effects->dead.items[i]) : NULL; \
		if (gone) \
			gone->mark = ROW_DEAD; \
		else \
			store_complain(store, "a " #row " that is not stored is deleted"); \
	}
	STORE_DELETE(token, dead_tokens, instance_token)
	STORE_DELETE(task, dead_tasks, instance_task)
	STORE_DELETE(job, dead_jobs, instance_job)
	STORE_DELETE(job, dead_job_tokens, instance_work_job)
	STORE_DELETE(incident, dead_incidents, instance_incident)
#undef STORE_DELETE
	if (store->rows)
		instance_committed(store->rows);
}

static void store_apply_history(struct store *store, const struct effects *effects)
{
	struct arena *arena = store->arena;
	for (size_t i = 0; i < effects->activities.len; i++) {
		struct activity_row *row = vec_push(&store->activities);
		*row = effects->activities.items[i];
		row->error_code = arena_str(arena, row->error_code);
	}
	size_t flows = store->flows.len;
	for (size_t i = 0; i < effects->flows.len; i++)
		vec_add(&store->flows, effects->flows.items[i]);
	for (size_t i = 0; i < effects->steps.len; i++) {
		struct step_row *row = vec_push(&store->steps);
		*row = effects->steps.items[i];
		row->first_flow += flows;
		row->actor = arena_str(arena, row->actor);
		row->reason = arena_str(arena, row->reason);
		row->variables = arena_str(arena, row->variables);
	}
	for (size_t i = 0; i < effects->ended_tasks.len; i++) {
		struct task_row *row = vec_push(&store->ended_tasks);
		*row = effects->ended_tasks.items[i];
		row->assignee = arena_str(arena, row->assignee);
		row->completed_by = arena_str(arena, row->completed_by);
		row->comment = arena_str(arena, row->comment);
	}
	for (size_t i = 0; i < effects->comments.len; i++) {
		struct comment_row *row = vec_push(&store->comments);
		*row = effects->comments.items[i];
		row->author = arena_str(arena, row->author);
		row->text = arena_str(arena, row->text);
	}
}

void store_apply(struct store *store, const struct effects *effects)
{
	store_apply_history(store, effects);
	store_apply_instance(store, effects);
	store_apply_new(store, effects);
	if (store->rows)
		store_apply_changed(store, effects);
	store_apply_dead(store, effects);
	if (effects->dead_instances.len > 0 && store->rows) {
		const struct instance *rows = store->rows;
		if (rows->tokens.len + rows->tasks.len + rows->jobs.len + rows->incidents.len > 0)
			store_complain(store, "rows outlive their instance");
		instance_free(store->rows);
		store->rows = NULL;
	}
}
