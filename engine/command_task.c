/* SPDX-License-Identifier: Apache-2.0
 *
 * What people do with tasks, and who may: engine_task_actions is the one function that both lists and authorises.
 */
#include "config.h"

#include "engine/step.h"

struct str task_action_name(enum task_action action)
{
	static const struct str names[TASK_ACTION_COUNT] = {
#define X(name, text) STR_INIT(text),
		TASK_ACTION_LIST(X)
#undef X
	};
	return names[action];
}

static bool task_names_include(const struct str *names, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(names[i], name))
			return true;
	return false;
}

static bool task_is_candidate(const struct task *task, const struct actor *actor)
{
	if (task_names_include(task->candidate_users.items, task->candidate_users.len, actor->user))
		return true;
	for (size_t i = 0; i < actor->group_count; i++)
		if (task_names_include(task->candidate_groups.items, task->candidate_groups.len, actor->groups[i]))
			return true;
	return false;
}

static bool task_is_assignee(const struct task *task, const struct actor *actor)
{
	return task->assignee.len > 0 && str_equal(task->assignee, actor->user);
}

bool engine_task_visible(const struct task *task, const struct actor *actor)
{
	return actor->may_administer || task_is_assignee(task, actor) || task_is_candidate(task, actor);
}

uint32_t engine_task_actions(const struct task *task, const struct actor *actor, bool suspended)
{
	bool assigned = task->assignee.len > 0;
	bool mine = task_is_assignee(task, actor);
	bool may_take = !assigned && (actor->may_administer || task_is_candidate(task, actor));
	uint32_t actions = 0;
	if (may_take)
		actions |= 1u << TASK_ACTION_CLAIM;
	if (assigned && (mine || actor->may_administer))
		actions |= 1u << TASK_ACTION_RELEASE;
	if (mine || may_take || actor->may_administer)
		actions |= 1u << TASK_ACTION_COMPLETE;
	if (actor->may_administer)
		actions |= 1u << TASK_ACTION_ASSIGN;
	if (engine_task_visible(task, actor))
		actions |= 1u << TASK_ACTION_COMMENT;
	return suspended ? actions & 1u << TASK_ACTION_COMMENT : actions;
}

void task_end(struct step *step, struct task *task, enum activity_outcome outcome)
{
	const struct instance *instance = step->instance;
	const struct command *command = step->command;
	bool by_actor = outcome == ACTIVITY_COMPLETED;
	struct arena *arena = step->context->effects->arena;
	*vec_push(&step->context->effects->ended_tasks) = (struct task_row){
		.id = task->id,
		.root_id = instance->root_id,
		.instance_id = instance->id,
		.definition_id = instance->definition_id,
		.activity_id = task->token_id,
		.created_at = task->created_at,
		.ended_at = step->context->now,
		.due_at = task->due_at,
		.node = task->node,
		.priority = task->priority,
		.outcome = outcome,
		.assignee = arena_str(arena, task->assignee),
		.completed_by = by_actor ? command->actor.user : STR(""),
		.comment = by_actor ? command->text : STR(""),
	};
	task->ended_at = step->context->now;
	row_end(&task->mark);
}

/* The task, if the actor may do that with it now, and it is as the actor last saw it. */
static struct task *task_for(struct step *step, enum task_action action, struct err *err)
{
	const struct command *command = step->command;
	struct task *task = instance_task(step->instance, command->subject_id);
	if (!task) {
		err_set(err, ERR_GONE, "the task has ended");
		return NULL;
	}
	if (!engine_task_visible(task, &command->actor)) {
		err_set(err, ERR_FORBIDDEN, "you are neither assignee nor candidate of the task");
		return NULL;
	}
	if (command->expected_version != VERSION_ANY && command->expected_version != task->version) {
		err_set(err, ERR_STALE, "the task has changed since it was read");
		return NULL;
	}
	bool suspended = step->instance->status == INSTANCE_SUSPENDED;
	if (engine_task_actions(task, &command->actor, suspended) & (1u << action))
		return task;
	if (suspended)
		err_set(err, ERR_CONFLICT, "the instance is suspended");
	else if (action == TASK_ACTION_CLAIM)
		err_set(err, ERR_CONFLICT, "the task is claimed by %.*s", STR_ARG(task->assignee));
	else if (action == TASK_ACTION_RELEASE && task->assignee.len == 0)
		err_set(err, ERR_CONFLICT, "nobody has claimed the task");
	else
		err_set(err, ERR_FORBIDDEN, "the task is with somebody else");
	return NULL;
}

static void task_changed(struct task *task)
{
	task->version++;
	row_change(&task->mark);
}

bool command_TASK_CLAIM(struct step *step, struct err *err)
{
	const struct command *command = step->command;
	const struct task *mine = instance_task(step->instance, command->subject_id);
	bool current = mine && (command->expected_version == VERSION_ANY || command->expected_version == mine->version);
	if (current && task_is_assignee(mine, &command->actor))
		return true; /* claiming twice is claiming once */
	struct task *task = task_for(step, TASK_ACTION_CLAIM, err);
	if (!task)
		return false;
	instance_text_set(&task->assignee, command->actor.user);
	task_changed(task);
	return true;
}

bool command_TASK_RELEASE(struct step *step, struct err *err)
{
	struct task *task = task_for(step, TASK_ACTION_RELEASE, err);
	if (!task)
		return false;
	if (task->candidate_users.len == 0 && task->candidate_groups.len == 0)
		return err_set(err, ERR_CONFLICT, "the task has no candidates: released, nobody could do it");
	instance_text_set(&task->assignee, STR(""));
	task_changed(task);
	return true;
}

bool command_TASK_ASSIGN(struct step *step, struct err *err)
{
	struct task *task = task_for(step, TASK_ACTION_ASSIGN, err);
	if (!task)
		return false;
	if (step->command->text.len == 0)
		return err_set(err, ERR_INVALID, "a task is assigned to somebody; release it to give it back");
	instance_text_set(&task->assignee, step->command->text);
	task_changed(task);
	return true;
}

bool command_TASK_COMMENT(struct step *step, struct err *err)
{
	const struct task *task = task_for(step, TASK_ACTION_COMMENT, err);
	if (!task)
		return false;
	*vec_push(&step->context->effects->comments) = (struct comment_row){
		.id = step_take_id(step),
		.root_id = step->instance->root_id,
		.instance_id = step->instance->id,
		.task_id = task->id,
		.at = step->context->now,
		.author = step->command->actor.user,
		.text = step->command->text,
	};
	return true;
}

bool command_TASK_COMPLETE(struct step *step, struct err *err)
{
	struct task *task = task_for(step, TASK_ACTION_COMPLETE, err);
	if (!task)
		return false;
	int32_t slot = token_slot(step, task->token_id);
	if (task->assignee.len == 0)
		instance_text_set(&task->assignee, step->command->actor.user);
	step_set_command_variables(step, slot);
	task_end(step, task, ACTIVITY_COMPLETED);
	step_leave(step, slot);
	return true;
}
