/* SPDX-License-Identifier: Apache-2.0
 *
 * Data on its way into an activity and out of it: data associations (10.4.1), the mappings of vendors, and listeners,
 * which are evaluated for what they set. A source that is a list or a map becomes one value before it becomes JSON, so
 * that the limits on depth and size hold for the whole.
 *
 * A script in JavaScript is a job: the token waits, and goes on behind that mapping. So it remembers how far it has
 * come. What comes behind the work, outputs and end listeners, is remembered past that, for it is done once, whatever
 * fails then.
 */
#include "config.h"

#include "engine/mapping.h"

#include "base/buf.h"
#include "engine/event.h"

#define MAPPING_MEMORY_MAX ((size_t)2 * EXPR_MEMORY_MAX)

static const struct str mapping_inputs_done = STR_INIT("#inputs");
static const struct str mapping_outputs_done = STR_INIT("#outputs");
static const struct str mapping_listeners_done = STR_INIT("#listeners");

/* As an expression at the token sees it: from the activity outward to the process; ptr NULL: not set. */
static struct str mapping_look_up(const struct step *step, int32_t slot, struct str name)
{
	for (; slot != GRAPH_NONE; slot = token_scope(step, slot)) {
		struct str json = variables_get(&step_token(step, slot)->variables, name);
		if (json.ptr)
			return json;
	}
	return variables_get(&step->instance->variables, name);
}

struct str mapping_missing(const struct step *step, int32_t slot, const struct expr *source)
{
	size_t at = 0;
	struct str name = expr_next_variable(source, &at);
	while (name.ptr && mapping_look_up(step, slot, name).ptr)
		name = expr_next_variable(source, &at);
	return name;
}

static bool mapping_value(
	struct step *step, int32_t slot, const struct graph_assignment *assignment, struct value *out, struct err *err);

static bool mapping_list(
	struct step *step, int32_t slot, const struct graph_assignments *entries, struct value *out, struct err *err)
{
	struct value *items = arena_array(step->context->scratch, (size_t)entries->count, sizeof *items);
	for (int32_t i = 0; i < entries->count; i++)
		if (!mapping_value(step, slot, &entries->items[i], &items[i], err))
			return false;
	*out = (struct value){.kind = VALUE_LIST, .list = {.items = items, .len = (size_t)entries->count}};
	return true;
}

/* Of two entries of one name the later counts, at the place of the first. */
static bool mapping_map(
	struct step *step, int32_t slot, const struct graph_assignments *entries, struct value *out, struct err *err)
{
	struct value_entry *made = arena_array(step->context->scratch, (size_t)entries->count, sizeof *made);
	size_t len = 0;
	for (int32_t i = 0; i < entries->count; i++) {
		size_t at = 0;
		while (at < len && !str_equal(made[at].name, entries->items[i].target))
			at++;
		made[at].name = entries->items[i].target;
		if (!mapping_value(step, slot, &entries->items[i], &made[at].value, err))
			return false;
		len += at == len;
	}
	*out = (struct value){.kind = VALUE_CONTEXT, .context = {.entries = made, .len = len}};
	return true;
}

/* No deeper than the elements of the diagram. */
static bool mapping_value(
	struct step *step, int32_t slot, const struct graph_assignment *assignment, struct value *out, struct err *err)
{
	if (!assignment->items)
		return step_evaluate(step, slot, assignment->source, out, err);
	const struct graph_assignments *entries = &assignment->items->entries;
	step_charge(step, (size_t)entries->count);
	return assignment->items->map ? mapping_map(step, slot, entries, out, err)
	                              : mapping_list(step, slot, entries, out, err);
}

static bool mapping_to_json(
	struct step *step, struct str target, const struct value *value, struct str *json, struct err *err)
{
	struct buf text;
	buf_init(&text, EXPR_MEMORY_MAX);
	bool good = value_to_json(&text, value, err);
	if (good && text.overflow)
		good = err_set(err, ERR_EXPRESSION, "the value of %.*s is too large", STR_ARG(target));
	if (good)
		*json = arena_str(step->context->scratch, buf_str(&text));
	buf_free(&text);
	return good;
}

bool mapping_evaluate(struct step *step, int32_t slot, const struct graph_assignment *assignment, struct str *json,
	bool *found, struct err *err)
{
	bool may_miss = assignment->source && (assignment->optional || assignment->required);
	struct str missing = may_miss ? mapping_missing(step, slot, assignment->source) : (struct str){0};
	struct value value;
	if (assignment->javascript.len > 0) {
		*json = mapping_look_up(step, slot, assignment->target);
		*found = json->ptr != NULL;
		return true;
	}
	*found = !missing.ptr;
	if (missing.ptr && assignment->required)
		return err_set(err, ERR_EXPRESSION, "the data %.*s that %.*s needs is not set", STR_ARG(missing),
			STR_ARG(slot == GRAPH_NONE ? step->graph->key : step_node(step, slot)->id));
	if (missing.ptr)
		return true;
	return mapping_value(step, slot, assignment, &value, err) &&
	       mapping_to_json(step, assignment->target, &value, json, err);
}

/* ---- scripts ---- */

/* How many are done. */
static int32_t mapping_done(const struct token *token, struct str note)
{
	int64_t done;
	if (!str_to_int64(variables_get(&token->variables, note), &done) || done < 0)
		return 0;
	return done < INT32_MAX ? (int32_t)done : INT32_MAX;
}

int32_t mapping_awaited(const struct token *token)
{
	return mapping_done(token, token->state == TOKEN_MAPPING_INPUTS ? mapping_inputs_done : mapping_outputs_done);
}

static void mapping_set_done(struct step *step, int32_t slot, struct str note, int32_t done)
{
	step_set_note(step, slot, note, arena_printf(step->context->scratch, "%d", done));
}

/* The work has not begun, or is done: nothing else is waited for. */
static void mapping_run_script(struct step *step, int32_t slot, enum token_state state)
{
	int64_t id = step_token(step, slot)->id;
	step_end_jobs(step, id);
	event_end_waits(step, id);
	task_run_script_outside(step, slot, state);
}

/* Of an instance that has been migrated it may have gone: NULL. */
static const struct graph_assignment *mapping_of_script(const struct step *step, int32_t slot)
{
	bool input = step_token(step, slot)->state == TOKEN_MAPPING_INPUTS;
	struct graph_assignments mappings = input ? step_node(step, slot)->inputs : step_node(step, slot)->outputs;
	int32_t place = mapping_awaited(step_token(step, slot));
	return place < mappings.count ? &mappings.items[place] : NULL;
}

/* ---- inputs ---- */

/* A retry asks anew: what an earlier try has written would hide what it was made of, where both have one name. What a
 * loop gave to its instance stays, and what a compensation handler remembers. */
static void mapping_forget_inputs(struct step *step, int32_t slot)
{
	const struct graph_node *node = step_node(step, slot);
	struct token *token = step_token(step, slot);
	step->decoded = (struct decoded){0};
	for (int32_t i = 0; i < node->inputs.count && token->role != ROLE_HANDLER; i++) {
		struct str target = node->inputs.items[i].target;
		if (node->loop && str_equal(node->loop->element_variable, target))
			continue;
		if (variables_remove(&token->variables, target))
			token->variables_changed = true;
	}
}

static bool mapping_input(struct step *step, int32_t slot, const struct graph_assignment *input, struct err *err)
{
	struct str json;
	bool found;
	environment_tidy(step);
	if (!mapping_evaluate(step, slot, input, &json, &found, err))
		return false;
	if (found)
		step_set_local_variable(step, slot, input->target, json);
	return true;
}

bool mapping_inputs(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_assignments *inputs = &step_node(step, slot)->inputs;
	bool anew = !step_note(step, slot, mapping_inputs_done).ptr, good = true;
	if (anew)
		mapping_forget_inputs(step, slot);
	for (int32_t i = mapping_done(step_token(step, slot), mapping_inputs_done); good && i < inputs->count; i++) {
		if (inputs->items[i].javascript.len > 0) {
			mapping_set_done(step, slot, mapping_inputs_done, i);
			mapping_run_script(step, slot, TOKEN_MAPPING_INPUTS);
			return true;
		}
		good = mapping_input(step, slot, &inputs->items[i], err);
	}
	/* the node is entered behind them, or anew */
	step_drop_note(step, slot, mapping_inputs_done);
	return good;
}

/* ---- outputs ---- */

static void mapping_write_outside(
	struct step *step, int32_t slot, const struct graph_assignment *assignment, struct str json)
{
	int32_t scope = token_scope(step, slot);
	if (assignment->local && scope != GRAPH_NONE)
		step_set_local_variable(step, scope, assignment->target, json);
	else
		step_set_variable(step, assignment->local ? GRAPH_NONE : scope, assignment->target, json);
}

static bool mapping_output(struct step *step, int32_t slot, const struct graph_assignment *output, struct err *err)
{
	struct str json;
	bool found;
	environment_tidy(step);
	if (!mapping_evaluate(step, slot, output, &json, &found, err))
		return false;
	if (found)
		mapping_write_outside(step, slot, output, json);
	return true;
}

bool mapping_outputs(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_assignments *outputs = &step_node(step, slot)->outputs;
	int32_t i = mapping_done(step_token(step, slot), mapping_outputs_done);
	bool good = true;
	while (i < outputs->count && outputs->items[i].javascript.len == 0 &&
		   (good = mapping_output(step, slot, &outputs->items[i], err)))
		i++;
	mapping_set_done(step, slot, mapping_outputs_done, i);
	if (good && i < outputs->count)
		mapping_run_script(step, slot, TOKEN_MAPPING_OUTPUTS);
	return good;
}

/* ---- what a script has computed ---- */

struct str mapping_failure(const struct step *step, int32_t slot, struct str message)
{
	const struct graph_assignment *mapping = mapping_of_script(step, slot);
	const char *side = step_token(step, slot)->state == TOKEN_MAPPING_INPUTS ? "input" : "output";
	if (!mapping)
		return message;
	return arena_printf(step->context->arena, "the %s %.*s: %.*s", side, STR_ARG(mapping->target), STR_ARG(message));
}

void mapping_take_value(struct step *step, int32_t slot, struct str json)
{
	const struct graph_assignment *mapping = mapping_of_script(step, slot);
	bool input = step_token(step, slot)->state == TOKEN_MAPPING_INPUTS;
	int32_t place = mapping_awaited(step_token(step, slot));
	if (!mapping)
		return;
	if (input)
		step_set_local_variable(step, slot, mapping->target, json);
	else
		mapping_write_outside(step, slot, mapping, json);
	mapping_set_done(step, slot, input ? mapping_inputs_done : mapping_outputs_done, place + 1);
}

/* ---- listeners ---- */

static bool mapping_listener(struct step *step, int32_t slot, const struct expr *listener, struct err *err)
{
	struct value ignored;
	environment_tidy(step);
	return step_evaluate(step, slot, listener, &ignored, err);
}

bool mapping_end_listeners(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_exprs *listeners = &step_node(step, slot)->end_listeners;
	int32_t i = mapping_done(step_token(step, slot), mapping_listeners_done);
	bool good = true;
	while (i < listeners->count && (good = mapping_listener(step, slot, listeners->items[i], err)))
		i++;
	mapping_set_done(step, slot, mapping_listeners_done, i);
	return good;
}

bool mapping_listeners(struct step *step, int32_t slot, const struct graph_exprs *listeners, struct err *err)
{
	for (int32_t i = 0; i < listeners->count; i++)
		if (!mapping_listener(step, slot, listeners->items[i], err))
			return false;
	return true;
}

/* ---- what is handed on ---- */

static void mapping_add_visible(struct step *step, const struct variables *from, bool local, struct variables *out)
{
	step_charge(step, from->list.len);
	for (size_t i = 0; i < from->list.len; i++) {
		const struct variable *variable = &from->list.items[i];
		if ((local && variable_is_note(variable->name)) || variables_get(out, variable->name).ptr)
			continue;
		step_charge_bytes(step, variable->json.len);
		variables_put(out, variable->name, variable->json);
	}
}

void mapping_visible(struct step *step, int32_t slot, struct variables *out)
{
	for (; slot != GRAPH_NONE; slot = token_scope(step, slot))
		mapping_add_visible(step, &step_token(step, slot)->variables, true, out);
	mapping_add_visible(step, &step->instance->variables, false, out);
}

/* The caller may hold what expressions gave, so nothing is tidied up in between. */
bool mapping_object(struct step *step, int32_t slot, const struct graph_assignments *assignments, bool all,
	struct buf *out, struct err *err)
{
	size_t base = arena_used(step->context->scratch);
	struct variables members = {0};
	bool good = true;
	if (all)
		mapping_visible(step, slot, &members);
	for (int32_t i = 0; good && i < assignments->count; i++) {
		struct str json;
		bool found;
		good = mapping_evaluate(step, slot, &assignments->items[i], &json, &found, err);
		if (good && found) {
			step_charge_bytes(step, json.len);
			variables_put(&members, assignments->items[i].target, json);
		}
		if (good && arena_used(step->context->scratch) - base > MAPPING_MEMORY_MAX)
			good = err_set(err, ERR_EXPRESSION, "what is handed on is too large");
	}
	if (good)
		variables_to_json(out, &members);
	variables_free(&members);
	return good;
}
