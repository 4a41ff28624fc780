/* SPDX-License-Identifier: Apache-2.0
 *
 * What an operator changes in a running instance by hand: where it stands, and which activity of an ad-hoc sub-process begins.
 */
#include "config.h"

#include "api/handlers.h"

#include "api/call.h"
#include "api/instance_json.h"
#include "engine/modify.h"

#define INSTRUCTIONS_MAX 1000
#define CHANGE_REASON_MAX 4000

static void change_write(struct call *call, const struct work_item *item, struct buf *body)
{
	instance_json(body, item->instance, call_definition_version(call, item->instance));
	call->work.answer.etag = call_instance_etag(call, item->instance);
}

static struct work_item *change_command(struct call *call, enum command_kind kind)
{
	struct work_item *item = call_steps(call, kind, 1);
	item->instance_id = call->id;
	item->command.expected_version = call->expected;
	return item;
}

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
	struct work_item *item = change_command(call, COMMAND_START_ACTIVITY);
	item->command.name = body.element_id;
	item->command.subject_id = body.scope_id;
	item->command.variables = body.variables.items;
	item->command.variable_count = body.variables.count;
	call_submit_step(call, 200, change_write);
}

/* ---- modification ---- */

struct instruction_body {
	struct str type;
	struct str element_id;
	int64_t activity_id;
	int64_t scope_id;
	struct body_variables variables;
};

static const struct body_field instruction_fields[] = {
	{.name = "type", .type = BODY_NAME, .required = true, .at = offsetof(struct instruction_body, type)},
	{.name = "elementId", .type = BODY_NAME, .at = offsetof(struct instruction_body, element_id)},
	{.name = "activityId", .type = BODY_ID, .at = offsetof(struct instruction_body, activity_id)},
	{.name = "scopeId", .type = BODY_ID, .at = offsetof(struct instruction_body, scope_id)},
	{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct instruction_body, variables)},
};

/* An activity to cancel has an id of its own or stands at an element; what begins, begins at an element. */
static bool instruction_is_sound(const struct instruction_body *body, enum modification_kind kind, struct err *err)
{
	bool by_id = body->activity_id != 0, by_element = body->element_id.len > 0;
	if (kind == MODIFY_CANCEL && by_id == by_element)
		return err_set(err, ERR_INVALID, "one of activityId and elementId is needed");
	if (kind == MODIFY_CANCEL && (body->scope_id != 0 || body->variables.count > 0))
		return err_set(err, ERR_INVALID, "scopeId and variables are for what begins");
	if (kind != MODIFY_CANCEL && (!by_element || by_id))
		return err_set(err, ERR_INVALID, "what begins is named by its elementId");
	return true;
}

static bool instruction_read(struct call *call, json_t *json, size_t index, struct modification *out)
{
	struct instruction_body body = {0};
	const char *place = arena_printf(call->arena, "/instructions/%zu", index).ptr;
	if (!call_body_item(
			call, json, place, instruction_fields, sizeof instruction_fields / sizeof *instruction_fields, &body))
		return false;
	*out = (struct modification){
		.element_id = body.element_id,
		.token_id = body.activity_id,
		.scope_id = body.scope_id,
		.variables = body.variables.items,
		.variable_count = body.variables.count,
	};
	bool good = modification_kind_parse(body.type, &out->kind) ||
	            err_set(&call->err, ERR_INVALID, "type is one of cancel, startBefore and startAfter");
	if (good && instruction_is_sound(&body, out->kind, &call->err))
		return true;
	err_in(&call->err, place);
	call_fail(call, &call->err);
	return false;
}

static const struct modification *change_read_instructions(struct call *call, json_t *list)
{
	size_t count = json_array_size(list);
	struct modification *changes = arena_array(call->arena, count, sizeof *changes);
	for (size_t i = 0; i < count; i++)
		if (!instruction_read(call, json_array_get(list, i), i, &changes[i]))
			return NULL;
	return changes;
}

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
	struct work_item *item = change_command(call, COMMAND_MODIFY);
	item->command.modifications = changes;
	item->command.modification_count = json_array_size(body.instructions);
	item->command.text = body.reason;
	item->command.variables = body.variables.items;
	item->command.variable_count = body.variables.count;
	call_submit_step(call, 200, change_write);
}
