/* SPDX-License-Identifier: Apache-2.0
 *
 * What the items of a batch name, and which tree that is: one table of commands.
 */
#include "config.h"

#include "runtime/batch.h"

/* What an item names its tree by. */
enum subject_list {
	SUBJECT_INSTANCES,
	SUBJECT_TASKS,
	SUBJECT_JOBS,
	SUBJECT_INCIDENTS,
	SUBJECT_SUBSCRIPTIONS,
	SUBJECT_LISTS,
	SUBJECT_NONE = SUBJECT_LISTS, /* a start */
	SUBJECT_ROOT,                 /* the batch has found the tree itself: instance_id is its root */
};

static enum subject_list subject_list_of(enum command_kind kind)
{
	switch (kind) {
	case COMMAND_TASK_CLAIM:
	case COMMAND_TASK_RELEASE:
	case COMMAND_TASK_ASSIGN:
	case COMMAND_TASK_COMPLETE:
	case COMMAND_TASK_COMMENT:
		return SUBJECT_TASKS;
	case COMMAND_JOB_COMPLETE:
	case COMMAND_JOB_FAIL:
	case COMMAND_JOB_ERROR:
		return SUBJECT_JOBS;
	case COMMAND_INCIDENT_RETRY:
		return SUBJECT_INCIDENTS;
	case COMMAND_MESSAGE:
		return SUBJECT_SUBSCRIPTIONS;
	case COMMAND_SET_VARIABLES:
	case COMMAND_CANCEL:
	case COMMAND_SUSPEND:
	case COMMAND_RESUME:
	case COMMAND_START_ACTIVITY:
	case COMMAND_MODIFY:
	case COMMAND_MIGRATE:
		return SUBJECT_INSTANCES;
	case COMMAND_TIMER_FIRE:
	case COMMAND_SIGNAL:
	case COMMAND_CONDITIONS:
		return SUBJECT_ROOT;
	case COMMAND_START:
		break;
	}
	return SUBJECT_NONE;
}

/* The id that the item names its tree by; 0: none that must be looked up. */
static int64_t item_subject(const struct work_item *item, enum subject_list list)
{
	if (list >= SUBJECT_LISTS)
		return 0;
	return list == SUBJECT_INSTANCES ? item->instance_id : item->command.subject_id;
}

bool batch_item_is_named(const struct work_item *item)
{
	return subject_list_of(item->command.kind) < SUBJECT_LISTS;
}

int64_t batch_item_instance(const struct work_item *item)
{
	return subject_list_of(item->command.kind) == SUBJECT_INSTANCES ? item->instance_id : 0;
}

int64_t batch_item_root(const struct batch *batch, const struct work_item *item)
{
	enum subject_list list = subject_list_of(item->command.kind);
	if (list == SUBJECT_ROOT)
		return item->instance_id;
	const struct db_subject *subject = map_get_id(&batch->subjects, item_subject(item, list));
	return subject ? subject->root_id : 0;
}

struct db_subjects batch_list_subjects(const struct batch *batch)
{
	int64_t *ids[SUBJECT_LISTS];
	size_t counts[SUBJECT_LISTS] = {0}, items = 1;
	for (size_t i = 0; i < batch->works.len; i++)
		items += batch->works.items[i]->item_count;
	for (int list = 0; list < SUBJECT_LISTS; list++)
		ids[list] = arena_array(batch->arena, items, sizeof(int64_t));
	for (size_t i = 0; i < batch->works.len; i++) {
		const struct work *work = batch->works.items[i];
		for (size_t k = 0; k < work->item_count; k++) {
			enum subject_list list = subject_list_of(work->items[k].command.kind);
			if (list < SUBJECT_LISTS)
				ids[list][counts[list]++] = item_subject(&work->items[k], list);
		}
	}
	return (struct db_subjects){
		.instances = ids[SUBJECT_INSTANCES],
		.instance_count = counts[SUBJECT_INSTANCES],
		.tasks = ids[SUBJECT_TASKS],
		.task_count = counts[SUBJECT_TASKS],
		.jobs = ids[SUBJECT_JOBS],
		.job_count = counts[SUBJECT_JOBS],
		.incidents = ids[SUBJECT_INCIDENTS],
		.incident_count = counts[SUBJECT_INCIDENTS],
		.subscriptions = ids[SUBJECT_SUBSCRIPTIONS],
		.subscription_count = counts[SUBJECT_SUBSCRIPTIONS],
	};
}
