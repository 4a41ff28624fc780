/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes from outside: a timer that is due, a message that has found its one subscription, a signal, and the wish
 * to ask conditions again because the world outside of the instance has changed.
 */
#include "config.h"

#include "engine/event.h"

static bool event_may_come(const struct step *step, struct err *err)
{
	return step->instance->status != INSTANCE_SUSPENDED || err_set(err, ERR_CONFLICT, "the instance is suspended");
}

bool command_TIMER_FIRE(struct step *step, struct err *err)
{
	const struct job *job = instance_job(step->instance, step->command->subject_id);
	if (!job || job->kind != JOB_TIMER)
		return err_set(err, ERR_GONE, "the timer is no longer there");
	if (!event_may_come(step, err))
		return false;
	if (job->due_at > step->context->now)
		return err_set(err, ERR_CONFLICT, "the timer is not due");
	if (job->event == GRAPH_NONE)
		activity_continue(step, token_slot(step, job->token_id));
	else
		event_come(step, &(struct event_coming){.token_id = job->token_id, .node = job->node, .event = job->event});
	return true;
}

bool command_MESSAGE(struct step *step, struct err *err)
{
	const struct subscription *row = instance_subscription(step->instance, step->command->subject_id);
	if (!row || row->kind != SUBSCRIPTION_MESSAGE)
		return err_set(err, ERR_GONE, "the subscription is no longer there");
	if (!event_may_come(step, err))
		return false;
	event_come(step, &(struct event_coming){
						 .token_id = row->token_id,
						 .node = row->node,
						 .event = row->event,
						 .variables = step->command->variables,
						 .variable_count = step->command->variable_count,
					 });
	return true;
}

bool command_SIGNAL(struct step *step, struct err *err)
{
	if (!event_may_come(step, err))
		return false;
	event_signal_tree(step, step->command->name, step->command->variables, step->command->variable_count);
	return true;
}

bool command_CONDITIONS(struct step *step, struct err *err)
{
	if (!event_may_come(step, err))
		return false;
	condition_ask_tree(step);
	return true;
}
