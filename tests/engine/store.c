/* SPDX-License-Identifier: Apache-2.0
 *
 * The live rows are kept as instances of their own, so that a row is copied in by the same lines as out. The columns
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
	for (size_t i = 0; i < store->live.len; i++)
		instance_free(store->live.items[i]);
	for (size_t i = 0; i < store->ended.len; i++)
		instance_free(store->ended.items[i]);
	arena_free(store->arena);
	vec_free(&store->live);
	vec_free(&store->ended);
	vec_free(&store->activities);
	vec_free(&store->steps);
	vec_free(&store->flows);
	vec_free(&store->ended_tasks);
	vec_free(&store->comments);
	vec_free(&store->outgoing);
}

struct instance *store_live(const struct store *store, int64_t id)
{
	for (size_t i = 0; i < store->live.len; i++)
		if (store->live.items[i]->id == id)
			return store->live.items[i];
	return NULL;
}

const struct instance *store_ended(const struct store *store, int64_t id)
{
	for (size_t i = 0; i < store->ended.len; i++)
		if (store->ended.items[i]->id == id)
			return store->ended.items[i];
	return NULL;
}

const struct instance *store_instance(const struct store *store, int64_t id)
{
	const struct instance *live = store_live(store, id);
	return live ? live : store_ended(store, id);
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

static void store_update_token(struct token *to, const struct token *from)
{
	to->node = from->node;
	to->flow = from->flow;
	to->state = from->state;
	to->role = from->role;
	to->loop_counter = from->loop_counter;
	to->started_at = from->started_at;
}

static void store_copy_token(struct token *to, const struct token *from)
{
	to->id = from->id;
	to->scope_id = from->scope_id;
	store_update_token(to, from);
	store_copy_variables(&to->variables, &from->variables);
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
	to->event = from->event;
	to->kind = from->kind;
	instance_text_set(&to->type, from->type);
	store_update_job(to, from);
}

static void store_copy_subscription(struct subscription *to, const struct subscription *from)
{
	to->id = from->id;
	to->token_id = from->token_id;
	to->node = from->node;
	to->event = from->event;
	to->kind = from->kind;
	to->satisfied = from->satisfied;
	instance_text_set(&to->name, from->name);
	instance_text_set(&to->correlation, from->correlation);
}

static void store_copy_compensation(struct compensation *to, const struct compensation *from)
{
	to->id = from->id;
	to->scope_id = from->scope_id;
	to->sequence = from->sequence;
	to->node = from->node;
	to->loop_counter = from->loop_counter;
	store_copy_variables(&to->variables, &from->variables);
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
	to->caller_id = from->caller_id;
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

/* ---- loading ---- */

static struct instance *store_load_instance(const struct instance *rows)
{
	struct instance *instance = store_copy_instance(rows);
	for (size_t i = 0; i < rows->tokens.len; i++)
		store_copy_token(instance_add_token(instance), &rows->tokens.items[i]);
	for (size_t i = 0; i < rows->tasks.len; i++)
		store_copy_task(instance_add_task(instance), &rows->tasks.items[i]);
	for (size_t i = 0; i < rows->jobs.len; i++)
		store_copy_job(instance_add_job(instance), &rows->jobs.items[i]);
	for (size_t i = 0; i < rows->subscriptions.len; i++)
		store_copy_subscription(instance_add_subscription(instance), &rows->subscriptions.items[i]);
	for (size_t i = 0; i < rows->compensations.len; i++)
		store_copy_compensation(instance_add_compensation(instance), &rows->compensations.items[i]);
	for (size_t i = 0; i < rows->incidents.len; i++)
		store_copy_incident(instance_add_incident(instance), &rows->incidents.items[i]);
	instance_loaded(instance);
	return instance;
}

/* Below its parent, which is somewhere in the tree or not loaded yet: then its children come with it later. */
static void store_load_children(const struct store *store, struct instance *parent)
{
	for (size_t i = 0; i < store->live.len; i++) {
		if (store->live.items[i]->parent_id != parent->id)
			continue;
		struct instance *child = store_load_instance(store->live.items[i]);
		instance_adopt(parent, child);
		store_load_children(store, child);
	}
}

struct instance *store_load(const struct store *store)
{
	const struct instance *rows = store_live(store, store->root_id);
	if (!rows)
		return NULL;
	struct instance *root = store_load_instance(rows);
	store_load_children(store, root);
	return root;
}

/* ---- effects ---- */

static void store_complain(struct store *store, const char *problem)
{
	if (!store->problem)
		store->problem = problem;
}

static void store_insert_instance(struct store *store, const struct instance *from)
{
	if (store_instance(store, from->id))
		store_complain(store, "a new instance is stored already");
	if (from->parent_id != 0 && !store_live(store, from->parent_id))
		store_complain(store, "the parent of a new instance is not stored");
	vec_add(&store->live, store_copy_instance(from));
	if (from->parent_id == 0)
		store->root_id = from->id;
}

static void store_change_instance(struct store *store, const struct instance *from)
{
	struct instance *to = store_live(store, from->id);
	if (!to) {
		store_complain(store, "an instance that is not stored is changed");
		return;
	}
	to->version = from->version;
	to->status = from->status;
	if (from->variables_changed)
		store_copy_variables(&to->variables, &from->variables);
}

static void store_end_instance(struct store *store, const struct instance *from)
{
	if (store_ended(store, from->id))
		store_complain(store, "an instance ends a second time");
	vec_add(&store->ended, store_copy_instance(from));
	if (from->parent_id == 0)
		store->root_id = from->id;
}

static void store_apply_instances(struct store *store, const struct effects *effects)
{
	if (effects->new_instances.len + effects->changed_instances.len + effects->ended_instances.len == 0)
		store_complain(store, "an instance must be new, changed or ended");
	for (size_t i = 0; i < effects->new_instances.len; i++)
		if (effects->new_instances.items[i]->parent_id == 0)
			store_insert_instance(store, effects->new_instances.items[i]);
	for (size_t i = 0; i < effects->new_instances.len; i++)
		if (effects->new_instances.items[i]->parent_id != 0)
			store_insert_instance(store, effects->new_instances.items[i]);
	for (size_t i = 0; i < effects->changed_instances.len; i++)
		store_change_instance(store, effects->changed_instances.items[i]);
	for (size_t i = 0; i < effects->ended_instances.len; i++)
		store_end_instance(store, effects->ended_instances.items[i]);
}

/* A row of an instance that ends in the same batch is never stored. */
#define STORE_INSERT(row, rows) \
	for (size_t i = 0; i < effects->new_##rows.len; i++) { \
		struct instance *to = store_live(store, effects->new_##rows.items[i].instance->id); \
		if (to) \
			store_copy_##row(instance_add_##row(to), effects->new_##rows.items[i].row); \
		else \
			store_complain(store, "a " #row " of an instance that is not stored"); \
	}

static void store_apply_new(struct store *store, const struct effects *effects)
{
	STORE_INSERT(token, tokens)
	STORE_INSERT(task, tasks)
	STORE_INSERT(job, jobs)
	STORE_INSERT(subscription, subscriptions)
	STORE_INSERT(compensation, compensations)
	STORE_INSERT(incident, incidents)
}
#undef STORE_INSERT

static void store_change_token(struct token *to, const struct token *from)
{
	store_update_token(to, from);
	if (from->variables_changed)
		store_copy_variables(&to->variables, &from->variables);
}

static void store_change_subscription(struct subscription *to, const struct subscription *from)
{
	to->satisfied = from->satisfied;
}

static void store_change_compensation(struct compensation *to, const struct compensation *from)
{
	to->scope_id = from->scope_id;
	if (from->variables_changed)
		store_copy_variables(&to->variables, &from->variables);
}

static struct job *store_find_job(const struct instance *rows, const struct job *job)
{
	return job->kind == JOB_WORK ? instance_work_job(rows, job->token_id) : instance_job(rows, job->id);
}

#define STORE_CHANGE(row, rows, find, change) \
	for (size_t i = 0; i < effects->changed_##rows.len; i++) { \
		const struct row *from = effects->changed_##rows.items[i].row; \
		const struct instance *in = store_live(store, effects->changed_##rows.items[i].instance->id); \
		struct row *to = in ? find : NULL; \
		if (to) \
			change(to, from); \
		else \
			store_complain(store, "a " #row " that is not stored is changed"); \
	}

static void store_apply_changed(struct store *store, const struct effects *effects)
{
	STORE_CHANGE(token, tokens, instance_token(in, from->id), store_change_token)
	STORE_CHANGE(task, tasks, instance_task(in, from->id), store_update_task)
	STORE_CHANGE(job, jobs, store_find_job(in, from), store_update_job)
	STORE_CHANGE(subscription, subscriptions, instance_subscription(in, from->id), store_change_subscription)
	STORE_CHANGE(compensation, compensations, instance_compensation(in, from->id), store_change_compensation)
}
#undef STORE_CHANGE

/* Deleted rows are marked, wherever in the tree they are; instance_committed takes them out of the arrays. */
#define STORE_DELETE(row, dead, find) \
	for (size_t i = 0; i < effects->dead.len; i++) { \
		struct row *gone = NULL; \
		for (size_t j = 0; j < store->live.len && !gone; j++) \
			gone = find(store->live.items[j], effects->dead.items[i]); \
		if (gone) \
			gone->mark = ROW_DEAD; \
		else \
			store_complain(store, "a " #row " that is not stored is deleted"); \
	}

static void store_check_roots(struct store *store, const int64_t *roots, size_t count, size_t rows)
{
	for (size_t i = 0; i < count; i++)
		if (roots[i] != store->root_id)
			store_complain(store, "a row of another tree is deleted");
	if (count != rows)
		store_complain(store, "rows are deleted without their trees");
}

static void store_apply_dead(struct store *store, const struct effects *effects)
{
	STORE_DELETE(token, dead_tokens, instance_token)
	STORE_DELETE(task, dead_tasks, instance_task)
	STORE_DELETE(job, dead_jobs, instance_job)
	STORE_DELETE(job, dead_job_tokens, instance_work_job)
	STORE_DELETE(subscription, dead_subscriptions, instance_subscription)
	STORE_DELETE(compensation, dead_compensations, instance_compensation)
	STORE_DELETE(incident, dead_incidents, instance_incident)
	store_check_roots(store, effects->dead_token_roots.items, effects->dead_token_roots.len, effects->dead_tokens.len);
	store_check_roots(store, effects->dead_job_roots.items, effects->dead_job_roots.len, effects->dead_job_tokens.len);
	store_check_roots(store, effects->dead_compensation_roots.items, effects->dead_compensation_roots.len,
		effects->dead_compensations.len);
	for (size_t i = 0; i < store->live.len; i++) {
		store->live.items[i]->touched = true;
		instance_committed(store->live.items[i]);
	}
}
#undef STORE_DELETE

static void store_delete_instance(struct store *store, int64_t id)
{
	for (size_t i = 0; i < store->live.len; i++) {
		struct instance *rows = store->live.items[i];
		if (rows->id != id)
			continue;
		if (rows->tokens.len + rows->tasks.len + rows->jobs.len + rows->subscriptions.len + rows->compensations.len +
				rows->incidents.len >
			0)
			store_complain(store, "rows outlive their instance");
		instance_free(rows);
		vec_remove_swap(&store->live, i);
		return;
	}
	store_complain(store, "an instance that is not stored is deleted");
}

/* ---- history ---- */

static void store_apply_steps(struct store *store, const struct effects *effects)
{
	size_t flows = store->flows.len;
	for (size_t i = 0; i < effects->flows.len; i++)
		vec_add(&store->flows, effects->flows.items[i]);
	for (size_t i = 0; i < effects->steps.len; i++) {
		struct step_row *row = vec_push(&store->steps);
		*row = effects->steps.items[i];
		row->first_flow += flows;
		row->actor = arena_str(store->arena, row->actor);
		row->reason = arena_str(store->arena, row->reason);
		row->variables = arena_str(store->arena, row->variables);
		row->input = arena_str(store->arena, row->input);
		row->trace = arena_str(store->arena, row->trace);
	}
}

static void store_apply_outgoing(struct store *store, const struct effects *effects)
{
	for (size_t i = 0; i < effects->outgoing.len; i++) {
		struct outgoing_row *row = vec_push(&store->outgoing);
		*row = effects->outgoing.items[i];
		row->name = arena_str(store->arena, row->name);
		row->tenant = arena_str(store->arena, row->tenant);
		row->business_key = arena_str(store->arena, row->business_key);
		row->correlation = arena_str(store->arena, row->correlation);
		row->variables = arena_str(store->arena, row->variables);
	}
}

static void store_apply_history(struct store *store, const struct effects *effects)
{
	struct arena *arena = store->arena;
	for (size_t i = 0; i < effects->activities.len; i++) {
		struct activity_row *row = vec_push(&store->activities);
		*row = effects->activities.items[i];
		row->error_code = arena_str(arena, row->error_code);
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
	store_apply_steps(store, effects);
	store_apply_outgoing(store, effects);
}

void store_apply(struct store *store, const struct effects *effects)
{
	store_apply_history(store, effects);
	store_move_rows(store, effects);
	store_apply_instances(store, effects);
	store_apply_new(store, effects);
	store_apply_changed(store, effects);
	store_apply_dead(store, effects);
	for (size_t i = 0; i < effects->dead_instances.len; i++)
		store_delete_instance(store, effects->dead_instances.items[i]);
}
