/* SPDX-License-Identifier: Apache-2.0
 *
 * The user task (10.3.4, 13.3.3): entering it evaluates who may do it and makes one open task, which its listeners
 * hear of. A task that nobody could do is an incident, never a silent wait.
 */
#include "config.h"

#include "engine/step.h"

#include <stdlib.h>

#include "engine/event.h"
#include "engine/mapping.h"

#define TASK_PRIORITY_DEFAULT 50
#define NAME_BYTES_MAX 512 /* far below what an index can hold */

typedef VEC(struct str) name_list;

static bool user_task_add_name(name_list *names, struct str name, struct err *err)
{
	name = str_trim(name);
	if (name.len == 0)
		return true;
	if (name.len > NAME_BYTES_MAX)
		return err_set(err, ERR_EXPRESSION, "a user or group is longer than %d bytes", NAME_BYTES_MAX);
	for (size_t i = 0; i < names->len; i++)
		if (str_equal(names->items[i], name))
			return true;
	instance_text_set(vec_push(names), name);
	return true;
}

/* "anna, bob" is two people; a list is as many as it has texts. */
static bool user_task_add_names(name_list *names, const struct value *value, struct err *err)
{
	struct str rest = value->text;
	switch (value->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_TEXT:
		while (rest.ptr)
			if (!user_task_add_name(names, str_split(&rest, ','), err))
				return false;
		return true;
	case VALUE_LIST:
		for (size_t i = 0; i < value->list.len; i++) {
			if (value->list.items[i].kind != VALUE_TEXT)
				return err_set(err, ERR_EXPRESSION, "a candidate must be a text, not a %s",
					value_kind_name(value->list.items[i].kind));
			if (!user_task_add_name(names, value->list.items[i].text, err))
				return false;
		}
		return true;
	case VALUE_BOOLEAN:
	case VALUE_NUMBER:
	case VALUE_DATE:
	case VALUE_TIME:
	case VALUE_DATE_TIME:
	case VALUE_DURATION:
	case VALUE_CONTEXT:
	case VALUE_RANGE:
		break;
	}
	return err_set(
		err, ERR_EXPRESSION, "candidates must be a text or a list of texts, not a %s", value_kind_name(value->kind));
}

static bool user_task_candidates(
	struct step *step, int32_t slot, const struct expr *const *exprs, int32_t count, name_list *names, struct err *err)
{
	for (int32_t i = 0; i < count; i++) {
		struct value value;
		if (!step_evaluate(step, slot, exprs[i], &value, err) || !user_task_add_names(names, &value, err))
			return false;
	}
	return true;
}

static bool user_task_text(struct step *step, int32_t slot, const struct expr *expr, struct str *owned, struct err *err)
{
	struct str text;
	if (!expr)
		return true;
	if (!step_evaluate_text(step, slot, expr, &text, err))
		return false;
	text = str_trim(text);
	if (text.len > NAME_BYTES_MAX)
		return err_set(err, ERR_EXPRESSION, "an assignee or form key is longer than %d bytes", NAME_BYTES_MAX);
	instance_text_set(owned, text);
	return true;
}

static bool user_task_time(struct step *step, int32_t slot, const struct expr *expr, int64_t *out, struct err *err)
{
	return !expr || step_evaluate_time(step, slot, expr, out, err);
}

static bool user_task_priority(struct step *step, int32_t slot, const struct expr *expr, int32_t *out, struct err *err)
{
	*out = TASK_PRIORITY_DEFAULT;
	return !expr || step_evaluate_integer(step, slot, expr, out, err);
}

static bool user_task_fill(struct step *step, int32_t slot, struct task *task, struct err *err)
{
	const struct graph_user_task *user = step_node(step, slot)->user;
	name_list users = {0}, groups = {0};
	bool good = user_task_text(step, slot, user->assignee, &task->assignee, err) &&
	            user_task_candidates(step, slot, user->candidate_users, user->candidate_user_count, &users, err) &&
	            user_task_candidates(step, slot, user->candidate_groups, user->candidate_group_count, &groups, err) &&
	            user_task_time(step, slot, user->due, &task->due_at, err) &&
	            user_task_time(step, slot, user->follow_up, &task->follow_up_at, err) &&
	            user_task_priority(step, slot, user->priority, &task->priority, err) &&
	            user_task_text(step, slot, user->form, &task->form, err);
	task->candidate_users.items = users.items;
	task->candidate_users.len = users.len;
	task->candidate_users.capacity = users.capacity;
	task->candidate_groups.items = groups.items;
	task->candidate_groups.len = groups.len;
	task->candidate_groups.capacity = groups.capacity;
	return good;
}

static bool user_task_has_somebody(const struct task *task)
{
	return task->assignee.len > 0 || task->candidate_users.len > 0 || task->candidate_groups.len > 0;
}

/* They see the task. Somebody who is to do it from the beginning counts as assigned then. Timers count from here. */
static bool user_task_listeners(struct step *step, int32_t slot, const struct task *task, struct err *err)
{
	const struct graph_exprs *listeners = step_node(step, slot)->user->listeners;
	return mapping_listeners(step, slot, &listeners[TASK_CREATE], err) &&
	       (task->assignee.len == 0 || mapping_listeners(step, slot, &listeners[TASK_ASSIGNMENT], err)) &&
	       event_subscribe_node(step, slot, task->node, GRAPH_NONE, err);
}

void node_enter_USER_TASK(struct step *step, int32_t slot)
{
	struct err err = {0};
	struct task *task = vec_push(&step->instance->tasks);
	task->mark = ROW_FREE; /* until it is known to be good */
	if (!user_task_fill(step, slot, task, &err)) {
		step_fail_entering(step, slot, INCIDENT_EXPRESSION, &err);
		return;
	}
	if (!user_task_has_somebody(task)) {
		err_set(&err, ERR_CONFLICT, "nobody is assigned to the task and it has no candidates");
		step_fail_entering(step, slot, INCIDENT_NO_CANDIDATE, &err);
		return;
	}
	task->id = step_take_id(step);
	task->token_id = step_token(step, slot)->id;
	task->version = 1;
	task->created_at = step->context->now;
	task->node = step_token(step, slot)->node;
	task->mark = ROW_NEW;
	if (user_task_listeners(step, slot, task, &err)) {
		token_set_state(step, slot, TOKEN_TASK);
		return;
	}
	row_end(&task->mark);
	step_fail_entering(step, slot, event_incident_type(&err), &err);
}
