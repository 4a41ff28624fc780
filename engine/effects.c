/* SPDX-License-Identifier: Apache-2.0
 *
 * The marks of an instance's rows, read off into rows-to-be.
 */
#include "config.h"

#include "engine/effects.h"

#include <stdlib.h>

void effects_init(struct effects *effects, struct arena *arena)
{
	*effects = (struct effects){.arena = arena};
}

#define EFFECTS_LISTS(X) \
	X(activities) \
	X(steps) \
	X(flows) \
	X(ended_tasks) \
	X(comments) X(new_instances) X(changed_instances) X(dead_instances) X(ended_instances) X(new_tokens) \
		X(changed_tokens) X(dead_tokens) X(dead_token_roots) X(new_tasks) X(changed_tasks) X(dead_tasks) X(new_jobs) \
			X(changed_jobs) X(dead_jobs) X(dead_job_tokens) X(dead_job_roots) X(new_subscriptions) \
				X(changed_subscriptions) X(dead_subscriptions) X(new_compensations) X(changed_compensations) \
					X(dead_compensations) X(dead_compensation_roots) X(new_incidents) X(dead_incidents) X(outgoing) \
						X(moved)

void effects_clear(struct effects *effects)
{
#define X(list) vec_clear(&effects->list);
	EFFECTS_LISTS(X)
#undef X
}

void effects_free(struct effects *effects)
{
#define X(list) vec_free(&effects->list);
	EFFECTS_LISTS(X)
#undef X
}

static void effects_collect_instance(struct effects *effects, const struct instance *instance)
{
	bool ended = instance->ended_at != 0;
	if (ended)
		vec_add(&effects->ended_instances, instance);
	if (ended && instance->mark != ROW_NEW)
		vec_add(&effects->dead_instances, instance->id);
	if (!ended && instance->mark == ROW_NEW)
		vec_add(&effects->new_instances, instance);
	if (!ended && instance->mark != ROW_NEW)
		vec_add(&effects->changed_instances, instance);
}

static void effects_collect_tokens(struct effects *effects, const struct instance *instance)
{
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (token->mark == ROW_NEW)
			vec_add(&effects->new_tokens, ((struct token_ref){instance, token}));
		else if (token->mark == ROW_CHANGED)
			vec_add(&effects->changed_tokens, ((struct token_ref){instance, token}));
		else if (token->mark == ROW_DEAD) {
			vec_add(&effects->dead_tokens, token->id);
			vec_add(&effects->dead_token_roots, instance->root_id);
		}
	}
}

static void effects_collect_tasks(struct effects *effects, const struct instance *instance)
{
	for (size_t i = 0; i < instance->tasks.len; i++) {
		const struct task *task = &instance->tasks.items[i];
		if (task->mark == ROW_NEW)
			vec_add(&effects->new_tasks, ((struct task_ref){instance, task}));
		else if (task->mark == ROW_CHANGED)
			vec_add(&effects->changed_tasks, ((struct task_ref){instance, task}));
		else if (task->mark == ROW_DEAD)
			vec_add(&effects->dead_tasks, task->id);
	}
}

static void effects_collect_dead_job(struct effects *effects, const struct instance *instance, const struct job *job)
{
	if (job->kind == JOB_TIMER) {
		vec_add(&effects->dead_jobs, job->id);
		return;
	}
	vec_add(&effects->dead_job_tokens, job->token_id);
	vec_add(&effects->dead_job_roots, instance->root_id);
}

static void effects_collect_jobs(struct effects *effects, const struct instance *instance)
{
	for (size_t i = 0; i < instance->jobs.len; i++) {
		const struct job *job = &instance->jobs.items[i];
		if (job->mark == ROW_NEW)
			vec_add(&effects->new_jobs, ((struct job_ref){instance, job}));
		else if (job->mark == ROW_CHANGED)
			vec_add(&effects->changed_jobs, ((struct job_ref){instance, job}));
		else if (job->mark == ROW_DEAD)
			effects_collect_dead_job(effects, instance, job);
	}
}

static void effects_collect_subscriptions(struct effects *effects, const struct instance *instance)
{
	for (size_t i = 0; i < instance->subscriptions.len; i++) {
		const struct subscription *subscription = &instance->subscriptions.items[i];
		if (subscription->mark == ROW_NEW)
			vec_add(&effects->new_subscriptions, ((struct subscription_ref){instance, subscription}));
		else if (subscription->mark == ROW_CHANGED)
			vec_add(&effects->changed_subscriptions, ((struct subscription_ref){instance, subscription}));
		else if (subscription->mark == ROW_DEAD)
			vec_add(&effects->dead_subscriptions, subscription->id);
	}
}

static void effects_collect_compensations(struct effects *effects, const struct instance *instance)
{
	for (size_t i = 0; i < instance->compensations.len; i++) {
		const struct compensation *compensation = &instance->compensations.items[i];
		if (compensation->mark == ROW_NEW)
			vec_add(&effects->new_compensations, ((struct compensation_ref){instance, compensation}));
		else if (compensation->mark == ROW_CHANGED)
			vec_add(&effects->changed_compensations, ((struct compensation_ref){instance, compensation}));
		else if (compensation->mark == ROW_DEAD) {
			vec_add(&effects->dead_compensations, compensation->id);
			vec_add(&effects->dead_compensation_roots, instance->root_id);
		}
	}
}

static void effects_collect_incidents(struct effects *effects, const struct instance *instance)
{
	for (size_t i = 0; i < instance->incidents.len; i++) {
		const struct incident *incident = &instance->incidents.items[i];
		if (incident->mark == ROW_NEW)
			vec_add(&effects->new_incidents, ((struct incident_ref){instance, incident}));
		else if (incident->mark == ROW_DEAD)
			vec_add(&effects->dead_incidents, incident->id);
	}
}

static void effects_collect_one(struct effects *effects, const struct instance *instance)
{
	effects_collect_instance(effects, instance);
	effects_collect_tokens(effects, instance);
	effects_collect_tasks(effects, instance);
	effects_collect_jobs(effects, instance);
	effects_collect_subscriptions(effects, instance);
	effects_collect_compensations(effects, instance);
	effects_collect_incidents(effects, instance);
}

/* Callers before those that they called. Instances that nothing happened to in the open batch have clean rows
 * only, and are passed over. */
void effects_collect(struct effects *effects, const struct instance *instance)
{
	if (instance->touched)
		effects_collect_one(effects, instance);
	for (size_t i = 0; i < instance->children.len; i++)
		effects_collect(effects, instance->children.items[i]);
}
