/* SPDX-License-Identifier: Apache-2.0
 *
 * What an operator changes in an instance by hand: where it stands, of which process it is, and which activity of an
 * ad-hoc sub-process begins; and the start of an instance as another one was.
 */
#include "config.h"

#include "api/handlers.h"

#include "api/change.h"
#include "api/instance_json.h"
#include "base/json.h"

/* ---- activities of ad-hoc sub-processes ---- */

struct activity_body {
	struct str element_id;
	int64_t scope_id;
	struct body_variables variables;
};

void handle_start_activity(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "elementId", .type = BODY_NAME, .required = true, .at = offsetof(struct activity_body, element_id)},
		{.name = "scopeId", .type = BODY_ID, .at = offsetof(struct activity_body, scope_id)},
		{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct activity_body, variables)},
	};
	struct activity_body body = {0};
	if (!call_body(call, fields, sizeof fields / sizeof *fields, &body))
		return;
	struct work_item *item = call_instance_command(call, COMMAND_START_ACTIVITY);
	item->command.name = body.element_id;
	item->command.subject_id = body.scope_id;
	item->command.variables = body.variables.items;
	item->command.variable_count = body.variables.count;
	call_submit_step(call, 200, call_write_instance);
}

/* ---- modification ---- */

struct modify_body {
	json_t *instructions;
	struct str reason;
	struct body_variables variables;
};

void handle_modify_instance(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "instructions",
			.type = BODY_LIST,
			.required = true,
			.max = INSTRUCTIONS_MAX,
			.at = offsetof(struct modify_body, instructions)},
		{.name = "reason", .type = BODY_TEXT, .max = CHANGE_REASON_MAX, .at = offsetof(struct modify_body, reason)},
		{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct modify_body, variables)},
	};
	struct modify_body body = {0};
	if (!call_body(call, fields, sizeof fields / sizeof *fields, &body))
		return;
	const struct modification *changes = change_read_instructions(call, body.instructions);
	if (!changes)
		return;
	struct work_item *item = call_instance_command(call, COMMAND_MODIFY);
	item->command.modifications = changes;
	item->command.modification_count = json_array_size(body.instructions);
	item->command.text = body.reason;
	item->command.variables = body.variables.items;
	item->command.variable_count = body.variables.count;
	call_submit_step(call, 200, call_write_instance);
}

/* ---- migration ---- */

struct migrate_body {
	struct change_target target;
	json_t *mappings;
	struct str reason;
};

/* A problem of the step as one of the migration: what is new could not begin to wait. */
static struct migration_problem migrate_problem(const struct err *err)
{
	return (struct migration_problem){
		.element_id = str_from_c(err->element),
		.message = str_from_c(err->message),
	};
}

static struct str migrate_list_problems(struct call *call, const struct work_item *item, bool as_errors)
{
	struct buf *json = call_buf(call);
	struct migration_problem one = migrate_problem(&item->err);
	for (size_t i = 0; i < item->problem_count; i++)
		change_write_problem(json, &item->problems[i], as_errors);
	if (item->problem_count == 0 && item->err.code != ERR_NONE)
		change_write_problem(json, &one, as_errors);
	return buf_str(json);
}

static void migrate_answer_problems(struct call *call, const struct work_item *item)
{
	struct buf *json = call_buf(call);
	json_object_begin(json);
	json_member(json, "problems");
	json_array_begin(json);
	buf_add_str(json, migrate_list_problems(call, item, false));
	json_array_end(json);
	json_object_end(json);
	call_answer_json(call, 200, buf_str(json));
}

/* A dry run answers with what it finds, unless there is nothing that could be migrated, or nothing to migrate to. */
static void migrate_done(struct work *work)
{
	struct call *call = work->context;
	const struct work_item *item = work->items;
	bool judged = work->err.code == ERR_NONE || work->err.code == ERR_EXPRESSION || item->problem_count > 0;
	if (work->dry_run && judged)
		migrate_answer_problems(call, item);
	else if (work->err.code == ERR_CONFLICT && item->problem_count > 0)
		call_fail_with(call, &work->err, migrate_list_problems(call, item, true), (struct str){0}, NULL);
	else
		call_on_done(work);
}

void handle_migrate_instance(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "definitionKey", .type = BODY_NAME, .at = offsetof(struct migrate_body, target.definition_key)},
		{.name = "definitionId", .type = BODY_ID, .at = offsetof(struct migrate_body, target.definition_id)},
		{.name = "version",
			.type = BODY_INT,
			.min = 1,
			.max = INT32_MAX,
			.at = offsetof(struct migrate_body, target.version)},
		{.name = "mappings", .type = BODY_LIST, .max = MAPPINGS_MAX, .at = offsetof(struct migrate_body, mappings)},
		{.name = "reason", .type = BODY_TEXT, .max = CHANGE_REASON_MAX, .at = offsetof(struct migrate_body, reason)},
	};
	struct migrate_body body = {0};
	if (!call_body(call, fields, sizeof fields / sizeof *fields, &body) || !change_target_is_sound(call, &body.target))
		return;
	const struct node_mapping *mappings = change_read_mappings(call, body.mappings);
	if (!mappings)
		return;
	struct work_item *item = call_instance_command(call, COMMAND_MIGRATE);
	item->definition_id = body.target.definition_id;
	item->definition_key = body.target.definition_key;
	item->version = (int32_t)body.target.version;
	item->mappings = mappings;
	item->mapping_count = json_array_size(body.mappings);
	item->command.text = body.reason;
	call->work.done = migrate_done;
	call_submit_step(call, 200, call_write_instance);
}

/* ---- restart ---- */

struct restart_body {
	json_t *instructions;
	struct body_variables variables;
	bool initial;
	struct str reason;
};

void handle_restart_instance(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "instructions",
			.type = BODY_LIST,
			.max = INSTRUCTIONS_MAX,
			.at = offsetof(struct restart_body, instructions)},
		{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct restart_body, variables)},
		{.name = "initialVariables", .type = BODY_BOOL, .at = offsetof(struct restart_body, initial)},
		{.name = "reason", .type = BODY_TEXT, .max = CHANGE_REASON_MAX, .at = offsetof(struct restart_body, reason)},
	};
	struct restart_body body = {0};
	if (!call_body(call, fields, sizeof fields / sizeof *fields, &body))
		return;
	const struct modification *changes = change_read_instructions(call, body.instructions);
	if (!changes)
		return;
	struct work_item *item = call_steps(call, COMMAND_START, 1);
	item->restart_of = call->id;
	item->restart_initial = body.initial;
	item->patch = body.variables.items;
	item->patch_count = body.variables.count;
	item->command.modifications = changes;
	item->command.modification_count = json_array_size(body.instructions);
	item->command.text = body.reason;
	call_submit_step(call, 201, start_write);
}
