/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing variables: where they are declared, from the activity outward, else in the process scope.
 */
#include "config.h"

#include "engine/step.h"

#include <stdlib.h>

/* A name may stand in the list twice: its value is looked up at the end, and jsonb keeps one of equal members. */
#define NAMES_LOOKED_BACK 32

static void variable_note_change(struct step *step, struct str name)
{
	struct instance_notes *notes = &step->instance->notes;
	size_t count = notes->changed_names.len;
	step->instance->variables_changed = true;
	settle_written(step);
	for (size_t i = count > NAMES_LOOKED_BACK ? count - NAMES_LOOKED_BACK : 0; i < count; i++)
		if (str_equal(notes->changed_names.items[i], name))
			return;
	vec_add(&notes->changed_names, arena_str(step->context->arena, name));
}

static void variable_put_process(struct step *step, struct str name, struct str json)
{
	step->decoded = (struct decoded){0};
	step_charge_bytes(step, json.len);
	if (variables_put(&step->instance->variables, name, json))
		variable_note_change(step, name);
}

static void variable_put_token(struct step *step, struct token *token, struct str name, struct str json)
{
	step->decoded = (struct decoded){0};
	step_charge_bytes(step, json.len);
	if (!variables_put(&token->variables, name, json))
		return;
	token->variables_changed = true;
	row_change(&token->mark);
	step->instance->notes.locals_written = true;
	settle_written(step);
}

void step_set_local_variable(struct step *step, int32_t slot, struct str name, struct str json)
{
	if (!variable_is_note(name))
		variable_put_token(step, step_token(step, slot), name, json);
}

/* No condition is asked because of it: nobody but the engine reads it. */
void step_set_note(struct step *step, int32_t slot, struct str name, struct str json)
{
	struct token *token = step_token(step, slot);
	step->decoded = (struct decoded){0};
	step_charge_bytes(step, json.len);
	if (!variables_put(&token->variables, name, json))
		return;
	token->variables_changed = true;
	row_change(&token->mark);
}

void step_drop_note(struct step *step, int32_t slot, struct str name)
{
	struct token *token = step_token(step, slot);
	if (!variables_remove(&token->variables, name))
		return;
	step->decoded = (struct decoded){0};
	token->variables_changed = true;
	row_change(&token->mark);
}

struct str step_note(const struct step *step, int32_t slot, struct str name)
{
	return variables_get(&step_token(step, slot)->variables, name);
}

void step_show_variable(struct step *step, int32_t slot, struct str name, struct str json)
{
	step->decoded = (struct decoded){0};
	step_charge_bytes(step, json.len);
	variables_put(&step_token(step, slot)->variables, name, json);
}

static bool variable_is_declared(const struct graph_names *names, struct str name)
{
	for (int32_t i = 0; i < names->count; i++)
		if (str_equal(names->items[i], name))
			return true;
	return false;
}

/* A compensation handler has a memory of what was: but for what it declares itself or takes in, that lives
 * elsewhere. */
static bool variable_is_memory(const struct step *step, const struct token *token, struct str name)
{
	const struct graph_node *node = &step->graph->nodes[token->node];
	if (!node->for_compensation || token->role == ROLE_PLAIN || variable_is_declared(&node->declares, name))
		return false;
	for (int32_t i = 0; i < node->inputs.count; i++)
		if (str_equal(node->inputs.items[i].target, name))
			return false;
	return true;
}

static bool variable_lives_in(const struct step *step, const struct token *token, struct str name)
{
	return !variable_is_note(name) && (variables_get(&token->variables, name).ptr ||
										  variable_is_declared(&step->graph->nodes[token->node].declares, name));
}

/* What is in a handler's memory is written there, and to where the variable lives now, if it still does. */
void step_set_variable(struct step *step, int32_t slot, struct str name, struct str json)
{
	struct token *token = slot == GRAPH_NONE ? NULL : step_token(step, slot);
	bool remembered = false;
	for (; token; token = instance_token(step->instance, token->scope_id)) {
		if (!variable_lives_in(step, token, name))
			continue;
		variable_put_token(step, token, name, json);
		if (!variable_is_memory(step, token, name))
			return;
		remembered = true;
	}
	if (!remembered || variables_get(&step->instance->variables, name).ptr)
		variable_put_process(step, name, json);
}

void step_set_command_variables(struct step *step, int32_t slot)
{
	for (size_t i = 0; i < step->command->variable_count; i++)
		step_set_variable(step, slot, step->command->variables[i].name, step->command->variables[i].json);
}

void step_patch_variable(struct step *step, struct str name, struct str json)
{
	step->decoded = (struct decoded){0};
	if (variables_patch(&step->instance->variables, name, json))
		variable_note_change(step, name);
}
