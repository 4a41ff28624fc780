/* SPDX-License-Identifier: Apache-2.0
 *
 * One row of history for each instance that a step has touched. Rows are many: what one of them can
 * tell is not said twice.
 */
#include "config.h"

#include "engine/record.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/map.h"
#include "engine/modify.h"
#include "engine/step.h"

/* A called instance that the step has made begins with it. */
static enum command_kind record_kind(const struct step *step, const struct instance *instance)
{
	return instance->notes.begun ? COMMAND_START : step->command->kind;
}

bool record_is_work(enum command_kind kind)
{
	return kind == COMMAND_JOB_COMPLETE || kind == COMMAND_JOB_FAIL || kind == COMMAND_JOB_ERROR;
}

bool record_brings_variables(enum command_kind kind)
{
	switch (kind) {
	case COMMAND_START:
	case COMMAND_TASK_COMPLETE:
	case COMMAND_JOB_COMPLETE:
	case COMMAND_JOB_ERROR:
	case COMMAND_INCIDENT_RETRY:
	case COMMAND_SET_VARIABLES:
	case COMMAND_MESSAGE:
	case COMMAND_SIGNAL:
	case COMMAND_START_ACTIVITY:
	case COMMAND_MODIFY:
		return true;
	case COMMAND_TASK_CLAIM:
	case COMMAND_TASK_RELEASE:
	case COMMAND_TASK_ASSIGN:
	case COMMAND_TASK_COMMENT:
	case COMMAND_JOB_FAIL:
	case COMMAND_TIMER_FIRE:
	case COMMAND_CANCEL:
	case COMMAND_SUSPEND:
	case COMMAND_RESUME:
	case COMMAND_CONDITIONS:
	case COMMAND_MIGRATE:
		return false;
	}
	return false;
}

static struct str record_keep(const struct step *step, struct buf *buf)
{
	struct str text = arena_str(step->context->effects->arena, buf_str(buf));
	buf_free(buf);
	return text;
}

/* Of an instance that ends in its first step the ended instance has the variables, and they are not stored twice. */
static bool record_is_whole(const struct instance *instance)
{
	return instance->notes.begun && instance->ended_at != 0;
}

/* The process variables that changed, as they are now. */
static struct str record_variables(const struct step *step, const struct instance *instance)
{
	struct buf buf;
	if (instance->notes.changed_names.len == 0 || record_is_whole(instance))
		return STR("");
	buf_init(&buf, SIZE_MAX);
	json_object_begin(&buf);
	for (size_t i = 0; i < instance->notes.changed_names.len; i++) {
		struct str name = instance->notes.changed_names.items[i], json = variables_get(&instance->variables, name);
		json_member_named(&buf, name);
		buf_add_str(&buf, json.ptr ? json : STR("null"));
	}
	json_object_end(&buf);
	return record_keep(step, &buf);
}

static size_t record_flows(struct effects *effects, const struct instance *instance)
{
	size_t first = effects->flows.len;
	for (size_t i = 0; i < instance->notes.flows.len; i++)
		vec_add(&effects->flows, instance->notes.flows.items[i]);
	return first;
}

/* ---- input ---- */

static void record_add_variables(struct buf *buf, const struct command_variable *variables, size_t count)
{
	json_member(buf, "variables");
	json_object_begin(buf);
	for (size_t i = 0; i < count; i++) {
		json_member_named(buf, variables[i].name);
		buf_add_str(buf, variables[i].json);
	}
	json_object_end(buf);
}

/* Names are mostly in the order in which they came. */
static bool record_has_changed(const struct instance *instance, struct str name, size_t at)
{
	const struct instance_notes *notes = &instance->notes;
	if (at < notes->changed_names.len && str_equal(notes->changed_names.items[at], name))
		return true;
	for (size_t i = 0; i < notes->changed_names.len; i++)
		if (str_equal(notes->changed_names.items[i], name))
			return true;
	return false;
}

/* What the command brought is what the instance has now, all of it and nothing else: then the step's own variables, or
 * those of the ended instance, tell it. So does none of either. */
static bool record_variables_tell(const struct step *step, const struct instance *instance)
{
	const struct command *command = step->command;
	size_t told = record_is_whole(instance) ? instance->variables.list.len : instance->notes.changed_names.len;
	if (!record_brings_variables(command->kind))
		return true;
	if (told != command->variable_count)
		return false;
	for (size_t i = 0; i < command->variable_count; i++) {
		const struct command_variable *given = &command->variables[i];
		struct str now = variables_get(&instance->variables, given->name);
		if (!now.ptr || !str_equal(now, given->json))
			return false;
		if (!record_is_whole(instance) && !record_has_changed(instance, given->name, i))
			return false;
	}
	return told == 0 || command->kind != COMMAND_SET_VARIABLES;
}

static void record_add_modifications(struct buf *buf, const struct command *command)
{
	json_member(buf, "modifications");
	json_array_begin(buf);
	for (size_t i = 0; i < command->modification_count; i++) {
		const struct modification *change = &command->modifications[i];
		json_next(buf);
		json_object_begin(buf);
		json_member_int(buf, "kind", change->kind);
		json_member_str(buf, "element", change->element_id);
		json_member_int(buf, "token", change->token_id);
		json_member_int(buf, "scope", change->scope_id);
		record_add_variables(buf, change->variables, change->variable_count);
		json_object_end(buf);
	}
	json_array_end(buf);
}

/* Of several mappings of one element the last counts. */
static void record_add_mappings(struct buf *buf, const struct migration *migration)
{
	struct map last = {0};
	for (size_t i = 0; i < migration->mapping_count; i++)
		map_put(&last, migration->mappings[i].from, (void *)(uintptr_t)(i + 1));
	json_object_begin(buf);
	for (size_t i = 0; i < migration->mapping_count; i++) {
		if ((uintptr_t)map_get(&last, migration->mappings[i].from) != i + 1)
			continue;
		json_member_named(buf, migration->mappings[i].from);
		json_emit_str(buf, migration->mappings[i].to);
	}
	json_object_end(buf);
	map_free(&last);
}

static void record_add_migration(struct buf *buf, const struct migration *migration, int64_t from)
{
	json_member(buf, "migration");
	json_object_begin(buf);
	json_member_int(buf, "from", from);
	json_member_int(buf, "definition", migration->definition_id);
	json_member(buf, "mappings");
	record_add_mappings(buf, migration);
	json_object_end(buf);
}

static void record_add_groups(struct buf *buf, const struct actor *actor)
{
	json_member(buf, "groups");
	json_array_begin(buf);
	for (size_t i = 0; i < actor->group_count; i++) {
		json_next(buf);
		json_emit_str(buf, actor->groups[i]);
	}
	json_array_end(buf);
}

/* A step that has come to its end did so within its budget, and does within a larger one. */
static bool record_has_used_budget(const struct step *step, const struct engine_limits *preset)
{
	return (step->limits_read & LIMIT_STEP_BUDGET) || step->entries > preset->step_budget ||
	       step->ids > (int64_t)preset->step_budget * STEP_IDS_PER_ENTRY;
}

static void record_add_limits(struct buf *buf, const struct step *step)
{
	static const struct engine_limits preset = RECORD_LIMITS;
	const struct engine_limits *limits = step->context->limits;
	unsigned read = step->limits_read;
	if (limits->step_budget != preset.step_budget && record_has_used_budget(step, &preset))
		json_member_int(buf, "stepBudget", limits->step_budget);
	if (limits->scope_depth != preset.scope_depth && (read & LIMIT_SCOPE_DEPTH))
		json_member_int(buf, "scopeDepth", limits->scope_depth);
	if (limits->job_retries != preset.job_retries && (read & LIMIT_JOB_RETRIES))
		json_member_int(buf, "jobRetries", limits->job_retries);
	if (limits->job_backoff != preset.job_backoff && (read & LIMIT_JOB_BACKOFF))
		json_member_int(buf, "jobBackoff", limits->job_backoff);
}

/* Where the tokens of a step that did not come to rest were stopped. */
static void record_add_park(struct buf *buf, const struct step *step)
{
	const struct park *park = &step->context->park;
	json_member(buf, "park");
	json_array_begin(buf);
	for (struct instance *here = NULL; park->where == PARK_AT_NODE && (here = instance_next(step->root, here));) {
		if (here->graph != park->graph)
			continue;
		json_next(buf);
		buf_add_int64(buf, here->definition_id);
		json_next(buf);
		buf_add_int64(buf, park->node);
		break;
	}
	json_array_end(buf);
}

static void record_add_rest(struct buf *buf, const struct step *step, const struct instance *instance)
{
	const struct command *command = step->command;
	bool begins = command->kind == COMMAND_START && command->start_node != GRAPH_NONE;
	if (command->error_code.len > 0)
		json_member_str(buf, "errorCode", command->error_code);
	if (command->name.len > 0)
		json_member_str(buf, "name", command->name);
	if (command->retries != GRAPH_NONE &&
		(command->kind == COMMAND_JOB_FAIL || command->kind == COMMAND_INCIDENT_RETRY))
		json_member_int(buf, "retries", command->retries);
	if (command->retry_at != 0)
		json_member_int(buf, "retryAt", command->retry_at);
	if (begins)
		json_member_int(buf, "node", command->start_node);
	if (begins)
		json_member_int(buf, "event", command->start_event);
	if (command->modification_count > 0)
		record_add_modifications(buf, command);
	if (command->migration)
		record_add_migration(buf, command->migration, instance->notes.migrated_from);
	if (step->context->park.where != PARK_NOWHERE)
		record_add_park(buf, step);
}

/* The ids came from a second range: where the first ended and the other began. */
static void record_add_ids(struct buf *buf, const struct step *step)
{
	json_member(buf, "ids");
	json_array_begin(buf);
	json_next(buf);
	buf_add_int64(buf, step->ids_from.end);
	json_next(buf);
	buf_add_int64(buf, step->context->ids->begin);
	json_array_end(buf);
}

void record_write(struct buf *buf, const struct command *command)
{
	json_object_begin(buf);
	if (command->variable_count > 0)
		record_add_variables(buf, command->variables, command->variable_count);
	if (command->modification_count > 0)
		record_add_modifications(buf, command);
	if (command->migration)
		record_add_migration(buf, command->migration, 0);
	json_object_end(buf);
}

static struct str record_input(const struct step *step, const struct instance *instance)
{
	struct buf buf;
	buf_init(&buf, SIZE_MAX);
	json_object_begin(&buf);
	if (!record_variables_tell(step, instance))
		record_add_variables(&buf, step->command->variables, step->command->variable_count);
	if (step->groups_read)
		record_add_groups(&buf, &step->command->actor);
	record_add_rest(&buf, step, instance);
	record_add_limits(&buf, step);
	if (step->context->ids->current.end != step->ids_from.end)
		record_add_ids(&buf, step);
	json_object_end(&buf);
	if (buf.len > 2)
		return record_keep(step, &buf);
	buf_free(&buf);
	return STR("");
}

/* The row of one instance, with the id given. cause: the row of the instance that the command
 * was about; 0: this is it. */
static void record_step(struct step *step, const struct instance *instance, int64_t id, int64_t cause)
{
	struct effects *effects = step->context->effects;
	const struct command *command = step->command;
	struct step_row row = {
		.id = id,
		.root_id = instance->root_id,
		.instance_id = instance->id,
		.at = step->context->now,
		.subject_id = record_is_work(command->kind) ? command->token_id : command->subject_id,
		.cause_id = cause,
		.first_id = step->ids_from.next,
		.version = (int32_t)step->root->version,
		.command = (int16_t)record_kind(step, instance),
		.actor = command->actor.user,
		.reason = command->text,
		.trace = command->trace,
		.first_flow = record_flows(effects, instance),
		.flow_count = instance->notes.flows.len,
		.variables = record_variables(step, instance),
		.input = cause == 0 ? record_input(step, instance) : STR(""),
	};
	vec_add(&effects->steps, row);
}

/* A row and the flows taken, which were counted as they were. */
static int64_t record_id_count(const struct instance *instance)
{
	return 1 + (int64_t)instance->notes.flows.len;
}

/* All ids are taken at once, before the first row says which ranges they came from. */
void record_steps(struct step *step)
{
	const struct instance *subject = step->context->instance;
	int64_t count = 0;
	for (size_t i = 0; i < step->stepped.len; i++)
		count += record_id_count(step->stepped.items[i]);
	int64_t cause = id_source_take_many(step->context->ids, count), id = cause + record_id_count(subject);
	record_step(step, subject, cause, 0);
	for (size_t i = 0; i < step->stepped.len; i++) {
		const struct instance *here = step->stepped.items[i];
		if (here == subject)
			continue;
		record_step(step, here, id, cause);
		id += record_id_count(here);
	}
}
