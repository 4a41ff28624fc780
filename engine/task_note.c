/* SPDX-License-Identifier: Apache-2.0
 *
 * A completed task is gone, but what hears of its completion may go on in a later step: a listener that has failed,
 * outputs behind a script. What expressions ask of a task stays until then as a note with the token.
 */
#include "config.h"

#include "engine/step.h"

#include "base/buf.h"
#include "base/json.h"

static const struct str task_note = STR_INIT("#task");

void task_keep(struct step *step, int32_t slot)
{
	size_t completed = (size_t)step->completed_task;
	if (completed == 0 || completed > step->instance->tasks.len)
		return;
	const struct task *task = &step->instance->tasks.items[completed - 1];
	if (task->token_id != step_token(step, slot)->id)
		return;
	struct buf note;
	buf_init(&note, SIZE_MAX);
	json_object_begin(&note);
	json_member_int(&note, "id", task->id);
	json_member_str(&note, "assignee", task->assignee);
	json_member_int(&note, "priority", task->priority);
	json_member_int(&note, "due", task->due_at);
	json_member_int(&note, "followUp", task->follow_up_at);
	json_member_int(&note, "created", task->created_at);
	json_object_end(&note);
	step_set_note(step, slot, task_note, buf_str(&note));
	buf_free(&note);
}

const struct task *task_kept(const struct step *step, int32_t slot)
{
	struct str note = step_note(step, slot, task_note);
	json_t *kept = note.ptr ? json_parse(note, NULL) : NULL;
	if (!kept)
		return NULL;
	struct task *task = arena_new_object(step->context->scratch, struct task);
	task->id = json_integer_value(json_object_get(kept, "id"));
	task->assignee = arena_str(step->context->scratch, json_str(json_object_get(kept, "assignee")));
	task->priority = (int32_t)json_integer_value(json_object_get(kept, "priority"));
	task->due_at = json_integer_value(json_object_get(kept, "due"));
	task->follow_up_at = json_integer_value(json_object_get(kept, "followUp"));
	task->created_at = json_integer_value(json_object_get(kept, "created"));
	json_decref(kept);
	return task;
}
