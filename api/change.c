/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading what changes an instance, with the place of what is wrong.
 */
#include "config.h"

#include "api/change.h"

#include "base/json.h"

/* ---- instructions ---- */

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

const struct modification *change_read_instructions(struct call *call, json_t *list)
{
	size_t count = json_array_size(list);
	struct modification *changes = arena_array(call->arena, count + 1, sizeof *changes);
	for (size_t i = 0; i < count; i++)
		if (!instruction_read(call, json_array_get(list, i), i, &changes[i]))
			return NULL;
	return changes;
}

/* ---- migration ---- */

const struct node_mapping *change_read_mappings(struct call *call, json_t *list)
{
	static const struct body_field fields[] = {
		{.name = "from", .type = BODY_NAME, .required = true, .at = offsetof(struct node_mapping, from)},
		{.name = "to", .type = BODY_NAME, .required = true, .at = offsetof(struct node_mapping, to)},
	};
	size_t count = json_array_size(list);
	struct node_mapping *mappings = arena_array(call->arena, count + 1, sizeof *mappings);
	for (size_t i = 0; i < count; i++) {
		const char *place = arena_printf(call->arena, "/mappings/%zu", i).ptr;
		if (!call_body_item(call, json_array_get(list, i), place, fields, 2, &mappings[i]))
			return NULL;
	}
	return mappings;
}

bool change_target_is_sound(struct call *call, const struct change_target *target)
{
	bool by_key = target->definition_key.len > 0, by_id = target->definition_id != 0;
	if (by_key != by_id && (by_key || target->version == 0))
		return true;
	call_refuse(call, ERR_INVALID,
		by_key == by_id ? "one of definitionKey and definitionId is needed" : "a version goes with a definitionKey");
	return false;
}

void change_write_problem(struct buf *json, const struct migration_problem *problem, bool as_error)
{
	json_next(json);
	json_object_begin(json);
	if (problem->element_id.len > 0)
		json_member_str(json, "elementId", problem->element_id);
	if (problem->token_id != 0)
		json_member_id(json, "activityId", problem->token_id);
	if (as_error)
		json_member_c(json, "rule", err_slug(ERR_CONFLICT));
	json_member_str(json, "message", problem->message);
	json_object_end(json);
}
