/* SPDX-License-Identifier: Apache-2.0
 *
 * What people do with tasks, and who may: engine_task_actions is the one function that both lists and authorises. And
 * what a vendor's listeners hear of it: where one fails, the task stays open with an incident, and a retry tells it
 * again.
 */
#include "config.h"

#include "engine/step.h"

#include "engine/event.h"
#include "engine/mapping.h"

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

/* ---- listeners ---- */

/* Bits: enum task_event, and behind it the timers. */
#define TASK_TOLD(event) (UINT64_C(1) << (event))

/* Events of the task whose listeners have failed. */
static const struct str task_untold = STR_INIT("#untold");

/* With their incident. */
static uint64_t task_take_untold(struct step *step, int32_t slot)
{
	int64_t events = 0;
	struct str json = step_note(step, slot, task_untold);
	if (!json.ptr || !str_to_int64(json, &events))
		return 0;
	step_end_incidents(step, step_token(step, slot)->id);
	step_drop_note(step, slot, task_untold);
	return (uint64_t)events;
}

static void task_tell_later(struct step *step, int32_t slot, uint64_t events, const struct err *err)
{
	step_set_note(step, slot, task_untold, arena_printf(step->context->scratch, "%llu", (unsigned long long)events));
	step_fail(step, slot, TOKEN_TASK, INCIDENT_EXPRESSION, err);
}

static bool task_listen(struct step *step, int32_t slot, int32_t event, struct err *err)
{
	const struct graph_user_task *user = step_node(step, slot)->user;
	int32_t timeout = event - TASK_EVENT_COUNT;
	if (timeout < 0)
		return mapping_listeners(step, slot, &user->listeners[event], err);
	return mapping_listeners(
		step, slot, &(struct graph_exprs){.items = &user->timeouts.items[timeout], .count = 1}, err);
}

static void task_tell(struct step *step, int32_t slot, uint64_t events)
{
	int32_t count = TASK_EVENT_COUNT + step_node(step, slot)->user->timeouts.count;
	struct err err = {0};
	events |= task_take_untold(step, slot);
	for (int32_t event = 0; event < count; event++) {
		if ((events & TASK_TOLD(event)) && !task_listen(step, slot, event, &err)) {
			task_tell_later(step, slot, events, &err);
			return;
		}
		events &= ~TASK_TOLD(event);
	}
}

void task_tell_again(struct step *step, int32_t slot)
{
	task_tell(step, slot, 0);
}

void task_time_out(struct step *step, int32_t slot, int32_t timer)
{
	task_tell(step, slot, TASK_TOLD(TASK_EVENT_COUNT + timer));
}

/* Nothing can keep a task that is canceled, so what fails is passed over. What expressions have given to the
 * caller stays where it is. */
static void task_tell_end(struct step *step, const struct task *task)
{
	const struct graph_exprs *listeners = &step->graph->nodes[task->node].user->listeners[TASK_DELETE];
	struct arena *scratch = step->context->scratch;
	struct err unseen = {0};
	if (listeners->count == 0)
		return;
	step->context->scratch = arena_new();
	step->decoded = (struct decoded){0};
	bool heard = mapping_listeners(step, token_slot(step, task->token_id), listeners, &unseen);
	(void)heard;
	arena_free(step->context->scratch);
	step->context->scratch = scratch;
	step->decoded = (struct decoded){0};
}

/* ---- the end ---- */

void task_end(struct step *step, struct task *task, enum activity_outcome outcome)
{
	if (outcome != ACTIVITY_COMPLETED)
		task_tell_end(step, task);
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

/* ---- commands ---- */

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

static void task_set_assignee(struct step *step, struct task *task, struct str assignee)
{
	bool same = str_equal(task->assignee, assignee);
	instance_text_set(&task->assignee, assignee);
	task->version++;
	row_change(&task->mark);
	if (!same)
		task_tell(step, token_slot(step, task->token_id), TASK_TOLD(TASK_UPDATE) | TASK_TOLD(TASK_ASSIGNMENT));
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
	task_set_assignee(step, task, command->actor.user);
	return true;
}

bool command_TASK_RELEASE(struct step *step, struct err *err)
{
	struct task *task = task_for(step, TASK_ACTION_RELEASE, err);
	if (!task)
		return false;
	if (task->candidate_users.len == 0 && task->candidate_groups.len == 0)
		return err_set(err, ERR_CONFLICT, "the task has no candidates: released, nobody could do it");
	task_set_assignee(step, task, STR(""));
	return true;
}

bool command_TASK_ASSIGN(struct step *step, struct err *err)
{
	struct task *task = task_for(step, TASK_ACTION_ASSIGN, err);
	if (!task)
		return false;
	if (step->command->text.len == 0)
		return err_set(err, ERR_INVALID, "a task is assigned to somebody; release it to give it back");
	task_set_assignee(step, task, step->command->text);
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
	task_tell(step, token_slot(step, task->token_id), TASK_TOLD(TASK_UPDATE));
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
	task_take_untold(step, slot);
	if (step_node(step, slot)->event_count > 0)
		event_end_node(step, task->token_id, task->node);
	step->completed_task = (int32_t)(task - step->instance->tasks.items) + 1;
	step_set_command_variables(step, slot);
	task_end(step, task, ACTIVITY_COMPLETED);
	step_leave(step, slot);
	return true;
}
