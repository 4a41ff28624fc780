/* SPDX-License-Identifier: Apache-2.0
 *
 * Making, walking and freeing instance state; instance_find.c finds rows.
 */
#include "config.h"

#include "engine/instance.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct str token_state_name(enum token_state state)
{
	switch (state) {
#define X(name, value, text, owner) \
	case TOKEN_##name: \
		return STR(text);
#include "engine/token_state.def"
#undef X
	}
	return STR("");
}

static const struct str incident_type_names[] = {
#define X(name, text, help) STR_INIT(text),
#include "engine/incident_type.def"
#undef X
	STR_INIT("other"),
};

struct str incident_type_name(enum incident_type type)
{
	return incident_type_names[type];
}

enum incident_type incident_type_parse(struct str name)
{
	int type = 0;
	while (type < INCIDENT_TYPE_COUNT && !str_equal(incident_type_names[type], name))
		type++;
	return (enum incident_type)type;
}

struct str instance_status_name(enum instance_status status)
{
	switch (status) {
#define X(name, value, text) \
	case INSTANCE_##name: \
		return STR(text);
		INSTANCE_STATUS_LIST(X)
#undef X
	}
	return STR("");
}

void instance_text_set(struct str *owned, struct str value)
{
	char *old = (char *)(uintptr_t)owned->ptr;
	*owned = value.len > 0 ? (struct str){str_to_c(value), value.len} : (struct str){0};
	free(old);
}

static void instance_text_release(struct str *owned)
{
	free((void *)(uintptr_t)owned->ptr);
	*owned = (struct str){0};
}

/* Children are in the order of their ids: a tree is walked in the same order in memory and loaded anew. */
void instance_adopt(struct instance *parent, struct instance *child)
{
	child->parent = parent;
	child->parent_id = parent->id;
	child->root_id = parent->root_id;
	vec_add(&parent->children, child);
	size_t at = parent->children.len - 1;
	for (; at > 0 && parent->children.items[at - 1]->id > child->id; at--) {
		parent->children.items[at] = parent->children.items[at - 1];
		parent->children.items[at]->position = at;
	}
	parent->children.items[at] = child;
	child->position = at;
	if (parent->called.len > 0)
		map_put_id(&parent->called, child->caller_id, child);
}

struct instance *instance_next(struct instance *root, struct instance *here)
{
	if (!here)
		return root;
	if (here->children.len > 0)
		return here->children.items[0];
	for (; here != root; here = here->parent)
		if (here->position + 1 < here->parent->children.len)
			return here->parent->children.items[here->position + 1];
	return NULL;
}

struct instance *instance_in_tree(struct instance *root, int64_t id)
{
	struct instance *here = NULL;
	while ((here = instance_next(root, here)))
		if (here->id == id)
			return here;
	return NULL;
}

static int32_t instance_depth(const struct instance *instance)
{
	int32_t depth = 0;
	for (; instance->parent; instance = instance->parent)
		depth++;
	return depth;
}

bool instance_comes_before(const struct instance *a, const struct instance *b)
{
	int32_t deeper = instance_depth(a) - instance_depth(b);
	for (int32_t i = 0; i < deeper; i++)
		a = a->parent;
	for (int32_t i = 0; i > deeper; i--)
		b = b->parent;
	if (a == b)
		return deeper < 0;
	for (; a->parent != b->parent; b = b->parent)
		a = a->parent;
	return a->position < b->position;
}

struct instance *instance_new(const struct instance_facts *facts)
{
	struct instance *instance = alloc_new(struct instance);
	instance->id = instance->root_id = facts->id;
	instance->caller_id = facts->caller_id;
	if (facts->parent)
		instance_adopt(facts->parent, instance);
	instance->definition_id = facts->definition_id;
	instance->graph = facts->graph;
	instance->started_at = facts->started_at;
	instance->status = INSTANCE_RUNNING;
	instance->mark = ROW_NEW;
	instance_text_set(&instance->business_key, facts->business_key);
	instance_text_set(&instance->tenant, facts->tenant);
	instance_text_set(&instance->started_by, facts->started_by);
	return instance;
}

static void token_release(struct token *token)
{
	variables_free(&token->variables);
}

static void task_release(struct task *task)
{
	instance_text_release(&task->assignee);
	instance_text_release(&task->form);
	for (size_t i = 0; i < task->candidate_users.len; i++)
		instance_text_release(&task->candidate_users.items[i]);
	for (size_t i = 0; i < task->candidate_groups.len; i++)
		instance_text_release(&task->candidate_groups.items[i]);
	vec_free(&task->candidate_users);
	vec_free(&task->candidate_groups);
}

static void job_release(struct job *job)
{
	instance_text_release(&job->type);
	instance_text_release(&job->cycle);
	instance_text_release(&job->message);
}

static void subscription_release(struct subscription *subscription)
{
	instance_text_release(&subscription->name);
	instance_text_release(&subscription->correlation);
}

static void compensation_release(struct compensation *compensation)
{
	variables_free(&compensation->variables);
}

static void incident_release(struct incident *incident)
{
	instance_text_release(&incident->message);
}

void instance_free(struct instance *instance)
{
	if (!instance)
		return;
	for (size_t i = 0; i < instance->children.len; i++)
		instance_free(instance->children.items[i]);
	for (size_t i = 0; i < instance->tokens.len; i++)
		token_release(&instance->tokens.items[i]);
	for (size_t i = 0; i < instance->subscriptions.len; i++)
		subscription_release(&instance->subscriptions.items[i]);
	for (size_t i = 0; i < instance->compensations.len; i++)
		compensation_release(&instance->compensations.items[i]);
	for (size_t i = 0; i < instance->tasks.len; i++)
		task_release(&instance->tasks.items[i]);
	for (size_t i = 0; i < instance->jobs.len; i++)
		job_release(&instance->jobs.items[i]);
	for (size_t i = 0; i < instance->incidents.len; i++)
		incident_release(&instance->incidents.items[i]);
	instance_index_free(instance);
	map_free(&instance->called);
	vec_free(&instance->children);
	vec_free(&instance->tokens);
	vec_free(&instance->subscriptions);
	vec_free(&instance->compensations);
	vec_free(&instance->notes.free_slots);
	vec_free(&instance->notes.flows);
	vec_free(&instance->notes.changed_names);
	vec_free(&instance->tasks);
	vec_free(&instance->jobs);
	vec_free(&instance->incidents);
	variables_free(&instance->variables);
	instance_text_release(&instance->business_key);
	instance_text_release(&instance->tenant);
	instance_text_release(&instance->started_by);
	instance_text_release(&instance->error_code);
	instance_text_release(&instance->end_reason);
	free(instance);
}

static size_t variables_footprint(const struct variables *variables)
{
	size_t bytes =
		variables->list.capacity * sizeof(struct variable) + variables->index.capacity * sizeof(struct map_entry);
	for (size_t i = 0; i < variables->list.len; i++)
		bytes += variables->list.items[i].name.len + variables->list.items[i].json.len + 32;
	return bytes;
}

/* The owned texts of a task, a job or an incident, about. */
#define TEXTS_FOOTPRINT 96

size_t instance_footprint(const struct instance *instance)
{
	size_t bytes = sizeof *instance + variables_footprint(&instance->variables) + instance_index_footprint(instance);
	bytes += instance->tokens.capacity * sizeof(struct token) + instance->tasks.capacity * sizeof(struct task);
	bytes += instance->jobs.capacity * sizeof(struct job) + instance->incidents.capacity * sizeof(struct incident);
	bytes += instance->subscriptions.capacity * sizeof(struct subscription) +
	         instance->compensations.capacity * sizeof(struct compensation);
	bytes += (instance->tasks.len + instance->jobs.len + instance->subscriptions.len + instance->incidents.len) *
	         TEXTS_FOOTPRINT;
	for (size_t i = 0; i < instance->tokens.len; i++)
		bytes += variables_footprint(&instance->tokens.items[i].variables);
	for (size_t i = 0; i < instance->compensations.len; i++)
		bytes += variables_footprint(&instance->compensations.items[i].variables);
	for (size_t i = 0; i < instance->children.len; i++)
		bytes += instance_footprint(instance->children.items[i]);
	return bytes;
}

bool instance_has_incident(const struct instance *instance)
{
	for (size_t i = 0; i < instance->incidents.len; i++)
		if (row_alive(instance->incidents.items[i].mark))
			return true;
	for (size_t i = 0; i < instance->children.len; i++)
		if (instance_has_incident(instance->children.items[i]))
			return true;
	return false;
}

struct token *instance_add_token(struct instance *instance)
{
	return vec_push(&instance->tokens);
}

struct task *instance_add_task(struct instance *instance)
{
	return vec_push(&instance->tasks);
}

struct job *instance_add_job(struct instance *instance)
{
	return vec_push(&instance->jobs);
}

struct subscription *instance_add_subscription(struct instance *instance)
{
	return vec_push(&instance->subscriptions);
}

struct compensation *instance_add_compensation(struct instance *instance)
{
	return vec_push(&instance->compensations);
}

struct incident *instance_add_incident(struct instance *instance)
{
	return vec_push(&instance->incidents);
}

void instance_loaded(struct instance *instance)
{
	instance->live_tokens = 0;
	for (size_t i = 0; i < instance->tokens.len; i++) {
		struct token *scope = instance_token(instance, instance->tokens.items[i].scope_id);
		if (scope)
			scope->children++;
		else
			instance->live_tokens++;
	}
}

/* One sweep for each kind of row: what is dead leaves, what lives is as in the database. */
#define DEFINE_SWEEP(row, rows) \
	static void instance_sweep_##rows(struct instance *instance) \
	{ \
		for (size_t i = instance->rows.len; i-- > 0;) { \
			struct row *here = &instance->rows.items[i]; \
			if (row_alive(here->mark)) { \
				here->mark = ROW_CLEAN; \
				continue; \
			} \
			row##_release(here); \
			vec_remove_swap(&instance->rows, i); \
		} \
	}
DEFINE_SWEEP(token, tokens)
DEFINE_SWEEP(task, tasks)
DEFINE_SWEEP(job, jobs)
DEFINE_SWEEP(subscription, subscriptions)
DEFINE_SWEEP(compensation, compensations)
DEFINE_SWEEP(incident, incidents)
#undef DEFINE_SWEEP

static void instance_sweep_children(struct instance *instance)
{
	size_t kept = 0;
	for (size_t i = 0; i < instance->children.len; i++) {
		struct instance *child = instance->children.items[i];
		instance_committed(child);
		if (child->ended_at != 0) {
			if (map_get_id(&instance->called, child->caller_id) == child)
				map_remove_id(&instance->called, child->caller_id);
			instance_free(child);
			continue;
		}
		child->position = kept;
		instance->children.items[kept++] = child;
	}
	instance->children.len = kept;
}

void instance_committed(struct instance *instance)
{
	instance_sweep_children(instance);
	if (!instance->touched)
		return;
	instance->mark = ROW_CLEAN;
	instance->variables_changed = false;
	instance->touched = false;
	instance_index_free(instance);
	instance_sweep_tokens(instance);
	instance_sweep_tasks(instance);
	instance_sweep_jobs(instance);
	instance_sweep_subscriptions(instance);
	instance_sweep_compensations(instance);
	instance_sweep_incidents(instance);
	for (size_t i = 0; i < instance->tokens.len; i++)
		instance->tokens.items[i].variables_changed = false;
	for (size_t i = 0; i < instance->compensations.len; i++)
		instance->compensations.items[i].variables_changed = false;
}
