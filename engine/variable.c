/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing variables: where they are declared, from the activity outward, else in the process scope.
 */
#include "config.h"

#include "engine/step.h"

#include <stdlib.h>

#include "base/buf.h"

/* A name may stand in the list twice: its value is looked up at the end, and jsonb keeps one of equal members. */
#define NAMES_LOOKED_BACK 32

static void variable_note_change(struct step *step, struct str name)
{
	size_t count = step->changed_names.len;
	step->instance->variables_changed = true;
	for (size_t i = count > NAMES_LOOKED_BACK ? count - NAMES_LOOKED_BACK : 0; i < count; i++)
		if (str_equal(step->changed_names.items[i], name))
			return;
	vec_add(&step->changed_names, arena_str(step->context->arena, name));
}

static void variable_put_process(struct step *step, struct str name, struct str json)
{
	step->decoded = (struct decoded){0};
	if (variables_put(&step->instance->variables, name, json))
		variable_note_change(step, name);
}

static void variable_put_token(struct step *step, struct token *token, struct str name, struct str json)
{
	step->decoded = (struct decoded){0};
	if (!variables_put(&token->variables, name, json))
		return;
	token->variables_changed = true;
	if (token->mark == ROW_CLEAN)
		token->mark = ROW_CHANGED;
}

void step_set_local_variable(struct step *step, int32_t slot, struct str name, struct str json)
{
	variable_put_token(step, step_token(step, slot), name, json);
}

void step_set_variable(struct step *step, int32_t slot, struct str name, struct str json)
{
	struct token *token = slot == GRAPH_NONE ? NULL : step_token(step, slot);
	for (; token; token = instance_token(step->instance, token->scope_id)) {
		if (variables_get(&token->variables, name).ptr) {
			variable_put_token(step, token, name, json);
			return;
		}
	}
	variable_put_process(step, name, json);
}

void step_set_command_variables(struct step *step, int32_t slot)
{
	for (size_t i = 0; i < step->command->variable_count; i++)
		step_set_variable(step, slot, step->command->variables[i].name, step->command->variables[i].json);
}

static bool variable_is_object(struct str json)
{
	return json.len > 0 && json.ptr[0] == '{';
}

/* RFC 7396, section 2: null removes a member, objects merge, everything else replaces. As deep as JSON_DEPTH_MAX lets
 * values be. Texts are cut up, not decoded, so that what is not patched stays as it was. */
static bool variable_merge(struct str target, struct str patch, struct buf *out, struct err *err)
{
	struct variables members = {0}, changes = {0};
	bool good = variables_from_json(&members, target, err) && variables_from_json(&changes, patch, err);
	for (size_t i = 0; good && i < changes.list.len; i++) {
		struct str name = changes.list.items[i].name, value = changes.list.items[i].json;
		struct str old = variables_get(&members, name);
		struct buf merged;
		buf_init(&merged, SIZE_MAX);
		if (str_equal_c(value, "null"))
			variables_remove(&members, name);
		else if (!variable_is_object(value))
			variables_put(&members, name, value);
		else if ((good = variable_merge(variable_is_object(old) ? old : STR("{}"), value, &merged, err)))
			variables_put(&members, name, buf_str(&merged));
		buf_free(&merged);
	}
	if (good)
		variables_to_json(out, &members);
	variables_free(&members);
	variables_free(&changes);
	return good;
}

void step_patch_variable(struct step *step, struct str name, struct str json)
{
	struct variables *variables = &step->instance->variables;
	if (str_equal_c(json, "null")) {
		step->decoded = (struct decoded){0};
		if (variables_remove(variables, name))
			variable_note_change(step, name);
		return;
	}
	struct buf merged;
	buf_init(&merged, SIZE_MAX);
	struct str old = variables_get(variables, name);
	if (variable_is_object(json) && variable_merge(variable_is_object(old) ? old : STR("{}"), json, &merged, NULL))
		json = buf_str(&merged);
	variable_put_process(step, name, json);
	buf_free(&merged);
}
