/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes out of a call. The mappings see the ended instance alone, and what they give is written when all have been
 * evaluated. Where one fails, the ended instance leaves the tree all the same: what they have seen stays as a note with
 * the call activity's token, {id, definition, key, businessKey, variables}, until a retry can evaluate them.
 */
#include "config.h"

#include "engine/call.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "engine/mapping.h"

static const struct str call_note = STR_INIT("#called");

/* The results as the ended instance gives them, in its own light. all: before them every variable that it has. */
static bool call_results(
	struct step *step, const struct graph_call *call, bool all, struct variables *out, struct err *err)
{
	struct buf object;
	buf_init(&object, EXPR_MEMORY_MAX);
	bool good = mapping_object(step, GRAPH_NONE, &call->out, all, &object, err) &&
	            variables_from_json(out, buf_str(&object), err);
	buf_free(&object);
	return good;
}

static bool call_is_local(const struct graph_call *call, struct str name)
{
	for (int32_t i = 0; i < call->out.count; i++)
		if (call->out.items[i].local && str_equal(call->out.items[i].target, name))
			return true;
	return false;
}

static void call_write_results(struct step *step, int32_t slot, const struct variables *results)
{
	const struct graph_call *call = step_node(step, slot)->call;
	for (size_t i = 0; i < results->list.len; i++) {
		const struct variable *result = &results->list.items[i];
		if (call_is_local(call, result->name))
			step_set_local_variable(step, slot, result->name, result->json);
		else
			step_set_variable(step, slot, result->name, result->json);
	}
}

bool call_take_results(struct step *step, int32_t slot, struct instance *ended, struct err *err)
{
	struct variables results = {0};
	const struct graph_call *call = step_node(step, slot)->call;
	struct instance *caller = step_switch(step, ended);
	bool good = call_results(step, call, call->all_out, &results, err);
	step_switch(step, caller);
	if (good)
		call_write_results(step, slot, &results);
	variables_free(&results);
	return good;
}

/* ---- what could not be taken ---- */

void call_keep(struct step *step, int32_t slot, const struct instance *ended)
{
	struct buf note;
	buf_init(&note, SIZE_MAX);
	json_object_begin(&note);
	json_member_int(&note, "id", ended->id);
	json_member_int(&note, "definition", ended->definition_id);
	json_member_str(&note, "key", ended->graph->key);
	json_member_str(&note, "businessKey", ended->business_key);
	json_member(&note, "variables");
	variables_to_json(&note, &ended->variables);
	json_object_end(&note);
	step_set_note(step, slot, call_note, buf_str(&note));
	buf_free(&note);
}

static struct str call_note_text(struct step *step, const struct variables *members, const char *name)
{
	json_t *text = json_parse(variables_get(members, str_from_c(name)), NULL);
	struct str copy = arena_str(step->context->arena, json_str(text));
	json_decref(text);
	return copy;
}

static int64_t call_note_int(const struct variables *members, const char *name)
{
	int64_t number;
	return str_to_int64(variables_get(members, str_from_c(name)), &number) ? number : 0;
}

/* A person corrects what the called instance had; anything else is a variable of the caller. */
static void call_correct(struct step *step, int32_t slot, struct variables *had)
{
	for (size_t i = 0; i < step->command->variable_count; i++) {
		const struct command_variable *given = &step->command->variables[i];
		if (variables_get(had, given->name).ptr)
			variables_put(had, given->name, given->json);
		else
			step_set_variable(step, slot, given->name, given->json);
	}
}

/* The ended instance, no part of the tree any more. graph: stands for its process, of which it has the key. */
static struct instance *call_recall(struct step *step, int32_t slot, struct graph *graph, struct err *err)
{
	struct variables members = {0};
	bool good = variables_from_json(&members, step_note(step, slot, call_note), err);
	graph->key = call_note_text(step, &members, "key");
	struct instance *ended = instance_new(&(struct instance_facts){
		.id = call_note_int(&members, "id"),
		.definition_id = call_note_int(&members, "definition"),
		.graph = graph,
		.business_key = call_note_text(step, &members, "businessKey"),
		.tenant = step->instance->tenant,
	});
	if (good && variables_from_json(&ended->variables, variables_get(&members, STR("variables")), err))
		call_correct(step, slot, &ended->variables);
	variables_free(&members);
	return ended;
}

/* What the called instance does not have is looked for in the caller, where it can be corrected. */
static bool call_take_kept(struct step *step, int32_t slot, struct instance *ended, struct err *err)
{
	const struct graph_call *call = step_node(step, slot)->call;
	struct variables results = {0};
	for (size_t i = 0; call->all_out && i < ended->variables.list.len; i++)
		variables_put(&results, ended->variables.list.items[i].name, ended->variables.list.items[i].json);
	mapping_visible(step, slot, &ended->variables);
	struct instance *caller = step_switch(step, ended);
	bool good = call_results(step, call, false, &results, err);
	step_switch(step, caller);
	if (good)
		call_write_results(step, slot, &results);
	variables_free(&results);
	return good;
}

bool call_has_kept(const struct step *step, int32_t slot)
{
	return step_note(step, slot, call_note).ptr != NULL;
}

void call_take_again(struct step *step, int32_t slot)
{
	struct graph graph = {0};
	struct err err = {0};
	struct instance *ended = call_recall(step, slot, &graph, &err);
	if (err.code == ERR_NONE)
		call_keep(step, slot, ended);
	if (err.code == ERR_NONE && call_take_kept(step, slot, ended, &err)) {
		step_drop_note(step, slot, call_note);
		step_leave(step, slot);
	} else
		step_fail_leaving(step, slot, INCIDENT_EXPRESSION, &err);
	instance_free(ended);
}
