/* SPDX-License-Identifier: Apache-2.0
 *
 * Items of an operation become steps, and steps become results. What an instance refuses is a result like any other.
 */
#include "config.h"

#include "runtime/operation.h"

#include <stdlib.h>

#include "base/json.h"
#include "engine/record.h"

static const struct operation_type {
	struct str name;
	enum command_kind kind;
} operation_types[] = {
	{STR_INIT("cancel"), COMMAND_CANCEL},
	{STR_INIT("suspend"), COMMAND_SUSPEND},
	{STR_INIT("resume"), COMMAND_RESUME},
	{STR_INIT("modify"), COMMAND_MODIFY},
	{STR_INIT("migrate"), COMMAND_MIGRATE},
	{STR_INIT("restart"), COMMAND_START},
};

bool operation_command(struct str type, enum command_kind *kind)
{
	for (size_t i = 0; i < sizeof operation_types / sizeof *operation_types; i++) {
		if (!str_equal(type, operation_types[i].name))
			continue;
		*kind = operation_types[i].kind;
		return true;
	}
	return false;
}

void operation_clear(struct errand_state *errand)
{
	vec_clear(&errand->nths);
	errand->operation = (struct db_operation){0};
	errand->operation_asked = false;
}

/* ---- taking ---- */

/* What all items have in common; a start's variables are a patch over those of what is started once more. */
static void operation_prepare(struct errand_state *errand, struct arena *arena)
{
	const struct db_operation *operation = &errand->operation;
	struct recorded recorded = {0};
	struct err err = {0};
	enum command_kind kind = COMMAND_CANCEL;
	bool good = operation_command(operation->type, &kind);
	struct step_row row = {
		.command = (int16_t)kind,
		.actor = operation->by,
		.reason = operation->reason,
		.trace = operation->trace,
		.input = operation->input,
	};
	good = good && record_read(&row, STR(""), arena, &recorded, &err);
	struct work_item *item = &errand->operation_item;
	*item = (struct work_item){
		.command = recorded.command,
		.tenant = operation->tenant,
		.definition_id = operation->definition_id,
		.definition_key = operation->definition_key,
		.version = operation->definition_version,
		.judge = operation->dry_run,
		.restart_initial = operation->initial_variables,
		.mappings = recorded.migration.mappings,
		.mapping_count = recorded.migration.mapping_count,
	};
	item->command.actor.may_administer = operation->may_administer;
	item->command.migration = NULL;
	if (!good)
		err_set(&item->err, ERR_INTERNAL, "the stored operation cannot be read: %s", err.message);
	if (kind != COMMAND_START)
		return;
	item->patch = item->command.variables;
	item->patch_count = item->command.variable_count;
}

static void operation_on_operation(void *context, const struct db_operation *row)
{
	struct worker *worker = context;
	struct arena *arena = worker->batch.arena;
	struct db_operation *operation = &worker->batch.errand.operation;
	*operation = *row;
	operation->type = arena_str(arena, row->type);
	operation->tenant = arena_str(arena, row->tenant);
	operation->by = arena_str(arena, row->by);
	operation->reason = arena_str(arena, row->reason);
	operation->trace = arena_str(arena, row->trace);
	operation->input = arena_str(arena, row->input);
	operation->definition_key = arena_str(arena, row->definition_key);
	worker->last_operation = row->id;
	operation_prepare(&worker->batch.errand, arena);
}

static void operation_on_nth(void *context, int64_t nth)
{
	vec_add(&((struct worker *)context)->batch.errand.nths, nth);
}

static void operation_on_instance(void *context, int64_t instance_id)
{
	struct worker *worker = context;
	struct errand_state *errand = &worker->batch.errand;
	struct work_item *item = vec_push(&errand->items);
	*item = errand->operation_item;
	if (item->command.kind == COMMAND_START)
		item->restart_of = instance_id;
	else
		item->instance_id = instance_id;
	item->park = worker_event_park(worker, instance_id);
	if (worker->errand_care >= CARE_PARKED)
		item->park = (struct park){.where = PARK_EVERYWHERE};
	errand->taken++;
}

/* One operation after another, but the same again while the item at fault is sought. */
void operation_ask(struct worker *worker, int limit)
{
	bool narrows = worker->errand_care != CARE_NONE;
	db_take_operation_items(worker->db, limit, worker->last_operation - narrows,
		&(struct db_operation_page){operation_on_operation, operation_on_nth, operation_on_instance, worker});
}

bool operation_has_questions(const struct errand_state *errand)
{
	return errand->items.len > 0 && errand->nths.len > 0 && errand->items.items[0].restart_of == 0 &&
	       !errand->operation_asked;
}

void operation_fetch(struct worker *worker)
{
	struct batch *batch = &worker->batch;
	size_t count = batch->errand.items.len;
	int64_t *ids = arena_array(batch->arena, count, sizeof *ids);
	for (size_t i = 0; i < count; i++)
		ids[i] = batch->errand.items.items[i].instance_id;
	batch->errand.operation_asked = true;
	batch_lock_instances(worker, ids, count);
}

/* ---- what became of them ---- */

static void operation_write_problem(struct buf *json, const struct migration_problem *problem)
{
	json_next(json);
	json_object_begin(json);
	json_member_str(json, "elementId", problem->element_id);
	if (problem->token_id != 0)
		json_member_id(json, "activityId", problem->token_id);
	json_member_c(json, "rule", err_slug(ERR_CONFLICT));
	json_member_str(json, "message", problem->message);
	json_object_end(json);
}

static void operation_write_place(struct buf *json, const struct err *err)
{
	if (err->element[0] == '\0')
		return;
	json_next(json);
	json_object_begin(json);
	json_member_c(json, "elementId", err->element);
	json_member_c(json, "rule", err_slug(err->code));
	json_member_c(json, "message", err->message);
	json_object_end(json);
}

/* As an answer of the API would say it, but for what only a request has. */
static struct str operation_error(struct arena *arena, const struct work_item *item)
{
	const struct err *err = &item->err;
	struct buf json;
	buf_init(&json, SIZE_MAX);
	json_object_begin(&json);
	json_member_str(&json, "type", arena_printf(arena, "urn:bpmnd:problem:%s", err_slug(err->code)));
	json_member_c(&json, "title", err_title(err->code));
	json_member_int(&json, "status", err_status(err->code));
	json_member_c(&json, "detail", err->message);
	json_member_bool(&json, "retryable", err_retryable(err->code));
	json_member(&json, "errors");
	json_array_begin(&json);
	for (size_t i = 0; i < item->problem_count; i++)
		operation_write_problem(&json, &item->problems[i]);
	if (item->problem_count == 0)
		operation_write_place(&json, err);
	json_array_end(&json);
	json_object_end(&json);
	struct str text = arena_str(arena, buf_str(&json));
	buf_free(&json);
	return text;
}

static struct db_operation_result operation_result(struct worker *worker, struct work_item *item, int64_t nth)
{
	struct db_operation_result result = {.nth = (int32_t)nth, .status = DB_ITEM_DONE};
	if (worker->errand_care == CARE_GIVE_UP)
		err_set(&item->err, ERR_INTERNAL, "the database refused the change");
	if (item->err.code != ERR_NONE) {
		result.status = DB_ITEM_FAILED;
		result.error = operation_error(worker->batch.arena, item);
	} else if (item->restart_of != 0) {
		result.new_instance_id = item->instance->id;
	}
	return result;
}

void operation_store(struct worker *worker)
{
	struct errand_state *errand = &worker->batch.errand;
	size_t count = errand->nths.len;
	struct db_operation_result *results = arena_array(worker->batch.arena, count + 1, sizeof *results);
	for (size_t i = 0; i < count; i++)
		results[i] = operation_result(worker, &errand->items.items[i], errand->nths.items[i]);
	if (count > 0)
		db_update_operation_items(worker->db, errand->operation.id, results, count);
	if (!errand->full)
		db_finish_operations(worker->db, worker->batch.now);
}
