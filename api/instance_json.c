/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing instances and tasks. What a caller may do with a task is asked of the engine's one function wherever a task
 * comes from: memory or a read.
 */
#include "config.h"

#include "api/instance_json.h"

#include <stdlib.h>

#include "base/json.h"

void instance_json_begin(struct buf *buf, const struct instance *instance, int32_t definition_version)
{
	json_object_begin(buf);
	json_member_id(buf, "id", instance->id);
	json_member_id(buf, "definitionId", instance->definition_id);
	json_member_str(buf, "definitionKey", instance->graph->key);
	json_member_int(buf, "version", definition_version);
	json_member_text(buf, "businessKey", instance->business_key);
	json_member_id(buf, "parentId", instance->parent_id);
	json_member_id(buf, "rootId", instance->root_id);
	json_member_str(buf, "status", instance_status_name(instance->status));
	json_member_text(buf, "errorCode", instance->error_code);
	json_member_bool(buf, "incident", instance_has_incident(instance));
	json_member_time(buf, "startedAt", instance->started_at);
	json_member_time(buf, "endedAt", instance->ended_at);
}

void instance_json(struct buf *buf, const struct instance *instance, int32_t definition_version)
{
	instance_json_begin(buf, instance, definition_version);
	json_object_end(buf);
}

/* ---- what depends on people ---- */

static void task_json_person(struct buf *buf, const char *kind, const char *role, struct str name)
{
	json_next(buf);
	json_object_begin(buf);
	json_member_str(buf, kind, name);
	json_member_c(buf, "role", role);
	json_object_end(buf);
}

/* allowed: bits 1 << enum task_action. */
static void task_json_people(struct buf *buf, const struct task *task, uint32_t allowed)
{
	json_member(buf, "participants");
	json_array_begin(buf);
	if (task->assignee.len > 0)
		task_json_person(buf, "user", "assignee", task->assignee);
	for (size_t i = 0; i < task->candidate_users.len; i++)
		task_json_person(buf, "user", "candidate", task->candidate_users.items[i]);
	for (size_t i = 0; i < task->candidate_groups.len; i++)
		task_json_person(buf, "group", "candidate", task->candidate_groups.items[i]);
	json_array_end(buf);

	json_member(buf, "allowedActions");
	json_array_begin(buf);
	for (int action = 0; action < TASK_ACTION_COUNT; action++) {
		if (!(allowed & UINT32_C(1) << action))
			continue;
		json_next(buf);
		json_emit_str(buf, task_action_name((enum task_action)action));
	}
	json_array_end(buf);
}

static void task_json_names(struct buf *buf, const char *member, const struct str *names, size_t count)
{
	json_member(buf, member);
	json_array_begin(buf);
	for (size_t i = 0; i < count; i++) {
		json_next(buf);
		json_emit_str(buf, names[i]);
	}
	json_array_end(buf);
}

/* ---- from memory ---- */

/* What the history does not keep of an ended task, so that an answer is what is read right after it. */
static void task_json_forget(struct task *task)
{
	task->candidate_users.len = task->candidate_groups.len = 0;
	task->form = (struct str){0};
	task->follow_up_at = 0;
}

void task_json_begin(
	struct buf *buf, const struct instance *instance, const struct task *task, const struct actor *actor)
{
	const struct graph_node *node = &instance->graph->nodes[task->node];
	bool open = row_alive(task->mark);
	struct task shown = *task;
	if (!open)
		task_json_forget(&shown);
	json_object_begin(buf);
	json_member_id(buf, "id", task->id);
	json_member_id(buf, "instanceId", instance->id);
	json_member_id(buf, "definitionId", instance->definition_id);
	json_member_str(buf, "definitionKey", instance->graph->key);
	json_member_text(buf, "businessKey", instance->business_key);
	json_member_str(buf, "elementId", node->id);
	json_member_str(buf, "name", node->name.len > 0 ? node->name : node->id);
	json_member_c(buf, "status", open ? "open" : "completed");
	json_member_text(buf, "assignee", shown.assignee);
	task_json_names(buf, "candidateUsers", shown.candidate_users.items, shown.candidate_users.len);
	task_json_names(buf, "candidateGroups", shown.candidate_groups.items, shown.candidate_groups.len);
	json_member_int(buf, "priority", task->priority);
	json_member_text(buf, "form", shown.form);
	json_member_time(buf, "createdAt", task->created_at);
	json_member_time(buf, "due", task->due_at);
	json_member_time(buf, "followUp", shown.follow_up_at);
	json_member_time(buf, "endedAt", task->ended_at);
	bool suspended = instance->status == INSTANCE_SUSPENDED;
	task_json_people(buf, &shown, open ? engine_task_actions(task, actor, suspended) : 0);
}

void task_json_list(struct buf *buf, const struct instance *instance, const struct actor *actor)
{
	json_array_begin(buf);
	for (size_t i = 0; i < instance->tasks.len; i++) {
		const struct task *task = &instance->tasks.items[i];
		if (!row_alive(task->mark) || !engine_task_visible(task, actor))
			continue;
		json_next(buf);
		task_json_begin(buf, instance, task, actor);
		json_object_end(buf);
	}
	json_array_end(buf);
}

/* ---- from a read ---- */

static void task_json_read_names(struct task *task, const json_t *users, const json_t *groups)
{
	size_t i;
	const json_t *name;
	json_array_foreach(users, i, name)
		vec_add(&task->candidate_users, json_str(name));
	json_array_foreach(groups, i, name)
		vec_add(&task->candidate_groups, json_str(name));
}

void task_json_begin_read(struct buf *buf, json_t *task, const struct actor *actor)
{
	struct task people = {0};
	const json_t *assignee = json_object_get(task, "assignee");
	if (json_is_string(assignee))
		people.assignee = json_str(assignee);
	task_json_read_names(&people, json_object_get(task, "candidateUsers"), json_object_get(task, "candidateGroups"));

	bool open = str_equal(json_str(json_object_get(task, "status")), STR("open"));
	bool suspended = json_is_true(json_object_get(task, "suspended"));
	json_object_del(task, "suspended"); /* read for the actions only */

	json_object_begin(buf);
	const char *key;
	const json_t *value;
	json_object_foreach(task, key, value) {
		json_member(buf, key);
		json_emit_value(buf, value);
	}
	task_json_people(buf, &people, open ? engine_task_actions(&people, actor, suspended) : 0);
	vec_free(&people.candidate_users);
	vec_free(&people.candidate_groups);
}
