/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of migrated instances: what db/sql/update_moved.sql writes, and nothing else.
 */
#include "config.h"

#include "tests/engine/store.h"

static void store_move_instance(struct instance *to, const struct effects *effects, const struct moved_row *row)
{
	to->definition_id = row->definition_id;
	for (size_t i = 0; i < effects->changed_instances.len; i++)
		if (effects->changed_instances.items[i]->id == to->id)
			to->graph = effects->changed_instances.items[i]->graph;
}

static void store_move_job(struct job *to, const struct moved_row *row)
{
	if (!to)
		return;
	to->node = row->node;
	to->event = row->event;
}

/* As db/sql/update_moved.sql; rows that are not there are new in this batch, and come as they are. */
static void store_move(struct instance *rows, const struct effects *effects, const struct moved_row *row)
{
	struct token *token = row->kind == MOVED_TOKEN ? instance_token(rows, row->id) : NULL;
	struct task *task = row->kind == MOVED_TASK ? instance_task(rows, row->id) : NULL;
	struct subscription *wait = row->kind == MOVED_SUBSCRIPTION ? instance_subscription(rows, row->id) : NULL;
	struct compensation *memory = row->kind == MOVED_COMPENSATION ? instance_compensation(rows, row->id) : NULL;
	struct incident *incident = row->kind == MOVED_INCIDENT ? instance_incident(rows, row->id) : NULL;
	if (row->kind == MOVED_INSTANCE && row->id == rows->id)
		store_move_instance(rows, effects, row);
	else if (row->kind == MOVED_WORK)
		store_move_job(instance_work_job(rows, row->id), row);
	else if (row->kind == MOVED_TIMER)
		store_move_job(instance_job(rows, row->id), row);
	if (token) {
		token->node = row->node;
		token->flow = row->flow;
	}
	if (task)
		task->node = row->node;
	if (wait) {
		wait->node = row->node;
		wait->event = row->event;
	}
	if (memory)
		memory->node = row->node;
	if (incident)
		incident->node = row->node;
}

void store_move_rows(struct store *store, const struct effects *effects)
{
	for (size_t i = 0; i < effects->moved.len; i++)
		for (size_t k = 0; k < store->live.len; k++)
			store_move(store->live.items[k], effects, &effects->moved.items[i]);
}
