/* SPDX-License-Identifier: Apache-2.0
 *
 * One look-up for all restarts of a batch. An item that it finds nothing for keeps no definition, and is refused.
 */
#include "config.h"

#include "runtime/restart.h"

#include <stdlib.h>

bool restart_has_questions(const struct batch *batch)
{
	if (batch->restarts_asked)
		return false;
	for (size_t i = 0; i < batch->works.len; i++)
		for (size_t k = 0; k < batch->works.items[i]->item_count; k++)
			if (batch->works.items[i]->items[k].restart_of != 0)
				return true;
	return false;
}

static bool restart_may_see(const struct work_item *item, struct str tenant)
{
	bool above_tenants = item->tenant.len == 0 && item->command.actor.may_administer;
	return above_tenants || str_equal(tenant, item->tenant);
}

/* The variables that it begins with, into the arena. */
static void restart_set_variables(struct arena *arena, struct work_item *item, struct str stored)
{
	struct variables variables = {0};
	if (!variables_from_json(&variables, stored, NULL))
		variables_free(&variables);
	for (size_t i = 0; i < item->patch_count; i++)
		variables_patch(&variables, item->patch[i].name, item->patch[i].json);
	struct command_variable *list = arena_array(arena, variables.list.len + 1, sizeof *list);
	for (size_t i = 0; i < variables.list.len; i++) {
		list[i].name = arena_str(arena, variables.list.items[i].name);
		list[i].json = arena_str(arena, variables.list.items[i].json);
	}
	item->command.variables = list;
	item->command.variable_count = variables.list.len;
	variables_free(&variables);
}

static void restart_fill(struct arena *arena, struct work_item *item, const struct db_restart *row)
{
	if (item->restart_of != row->instance_id || !restart_may_see(item, row->tenant))
		return;
	item->definition_id = row->definition_id;
	item->business_key = arena_str(arena, row->business_key);
	restart_set_variables(arena, item, item->restart_initial ? row->initial : row->variables);
}

static void restart_on_row(void *context, const struct db_restart *row)
{
	struct batch *batch = &((struct worker *)context)->batch;
	for (size_t i = 0; i < batch->works.len; i++) {
		struct work *work = batch->works.items[i];
		for (size_t k = 0; k < work->item_count; k++)
			restart_fill(work->arena ? work->arena : batch->arena, &work->items[k], row);
	}
}

void restart_fetch(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	VEC(int64_t) ids = {0};
	for (size_t i = 0; i < batch->works.len; i++)
		for (size_t k = 0; k < batch->works.items[i]->item_count; k++)
			if (batch->works.items[i]->items[k].restart_of != 0)
				vec_add(&ids, batch->works.items[i]->items[k].restart_of);
	db_find_restarts(worker->db, ids.items, ids.len, restart_on_row, worker);
	vec_free(&ids);
	batch->restarts_asked = true;
}
