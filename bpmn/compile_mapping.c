/* SPDX-License-Identifier: Apache-2.0
 *
 * Input and output mappings of ours and of vendors: values that become variables of an activity before it starts, and
 * values that leave it. A value is a text with ${...}, a script in the engine's own language, or a list or map of such;
 * or a script in JavaScript, which is run outside the step, and so stands alone.
 */
#include "config.h"

#include <stdlib.h>

#include "bpmn/compile.h"
#include "bpmn/expression.h"

#define MAPPING_DEPTH_MAX 8 /* of lists and maps in each other */

struct graph_assignments compile_assignments(struct model *model, assignment_list *list)
{
	struct graph_assignments kept = {.count = (int32_t)list->len};
	if (list->len > 0)
		kept.items = arena_copy(model->keep, list->items, list->len * sizeof *list->items);
	vec_free(list);
	return kept;
}

static void mapping_script(
	struct model *model, const struct element *script, struct graph_assignment *assignment, int depth)
{
	struct expression_text text = expression_of_content(script);
	struct str format = element_attribute(script, SPACE_NONE, "scriptFormat");
	bool own = script_is_own_format(format);
	if (!own && !script_is_javascript(format))
		model_report(model, RULE_SCRIPT_FORMAT, script, "the script format %s of a mapping is not supported",
			model_quote(model, format));
	else if (text.text.len == 0 && element_attribute(script, SPACE_NONE, "resource").len > 0)
		model_report(model, RULE_SCRIPT_MISSING, script, "the script of a mapping is in a file, which is not read");
	else if (text.text.len == 0)
		model_report(model, RULE_SCRIPT_MISSING, script, "a mapping has an empty script");
	else if (own)
		assignment->source = expression_compile(model, &text, EXPRESSION_SCRIPT);
	else if (depth == 0)
		assignment->javascript = arena_str(model->keep, text.text);
	else
		model_report(model, RULE_SCRIPT_FORMAT, script,
			"a list or map has a script in %s: compute the value in a mapping of its own or in a script task",
			model_quote(model, format));
}

static void mapping_value(
	struct model *model, const struct element *element, struct graph_assignment *assignment, int depth);

/* camunda:list of values, camunda:map of entries with keys. */
static const struct graph_items *mapping_items(struct model *model, const struct element *element, bool map, int depth)
{
	struct graph_items *items = arena_new_object(model->keep, struct graph_items);
	assignment_list list = {0};
	items->map = map;
	if (depth == MAPPING_DEPTH_MAX) {
		model_report(model, RULE_MAPPING_DEPTH, element, "a mapping has more than %d lists and maps in each other",
			MAPPING_DEPTH_MAX);
		return items;
	}
	for (const struct element *child = element->first_child; child; child = child->sibling) {
		struct graph_assignment *entry = vec_push(&list);
		entry->target = arena_str(model->keep, element_attribute(child, SPACE_NONE, "key"));
		struct graph_assignment value = {0};
		mapping_value(model, child, &value, depth + 1);
		entry = &list.items[list.len - 1];
		entry->source = value.source;
		entry->items = value.items;
	}
	items->entries = compile_assignments(model, &list);
	return items;
}

/* What the element is, or what stands in it: a list, a map, a script; else its text. */
static void mapping_value(
	struct model *model, const struct element *element, struct graph_assignment *assignment, int depth)
{
	static const char *const names[] = {"list", "map", "script"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct element *value =
			str_equal_c(element->name, names[i]) ? element : element_child(element, SPACE_CAMUNDA, names[i]);
		if (value && i == 2)
			mapping_script(model, value, assignment, depth);
		else if (value)
			assignment->items = mapping_items(model, value, i == 1, depth);
		if (value)
			return;
	}
	struct expression_text text = expression_of_content(element);
	assignment->source = text.text.len ? expression_compile(model, &text, EXPRESSION_TEMPLATE)
	                                   : expression_constant(model, element, STR(""));
}

static void mapping_no_name(struct model *model, const struct element *element, const char *attribute)
{
	model_report(model, RULE_MAPPING_INCOMPLETE, element, "a mapping has no %s", attribute);
}

/* Right inside extensionElements: a connector has an inputOutput of its own. */
static void mapping_parameters(
	struct model *model, const struct element *element, const char *name, assignment_list *list)
{
	const struct element *extensions = element_child(element, SPACE_BPMN, "extensionElements");
	const struct element *mapping = extensions ? element_child(extensions, SPACE_CAMUNDA, "inputOutput") : NULL;
	const struct element *parameter = mapping ? element_child(mapping, SPACE_CAMUNDA, name) : NULL;
	for (; parameter; parameter = element_sibling(parameter, SPACE_CAMUNDA, name)) {
		struct str target = element_attribute(parameter, SPACE_NONE, "name");
		struct graph_assignment assignment = {.target = arena_str(model->keep, target)};
		mapping_value(model, parameter, &assignment, 0);
		if (target.len > 0)
			vec_add(list, assignment);
		else
			mapping_no_name(model, parameter, "name");
	}
}

void compile_mapping(
	struct model *model, const struct element *element, enum space space, const char *name, assignment_list *list)
{
	const struct element *mapping = element_extension(element, space, name);
	for (; mapping; mapping = element_next_extension(mapping, space, name)) {
		struct expression_text source = expression_of_attribute(mapping, SPACE_NONE, "source");
		struct str target = element_attribute(mapping, SPACE_NONE, "target");
		if (source.text.len == 0 || target.len == 0) {
			mapping_no_name(model, mapping, target.len ? "source" : "target");
			continue;
		}
		struct graph_assignment *assignment = vec_push(list);
		assignment->target = arena_str(model->keep, target);
		assignment->source = space == SPACE_ZEEBE ? expression_zeebe(model, source)
		                                          : expression_compile(model, &source, EXPRESSION_TEMPLATE);
	}
}

void compile_mappings(struct model *model, const struct node *node, assignment_list *inputs, assignment_list *outputs)
{
	const struct element *element = node->element;
	compile_mapping(model, element, SPACE_BPMND, "input", inputs);
	compile_mapping(model, element, SPACE_BPMND, "output", outputs);
	mapping_parameters(model, element, "inputParameter", inputs);
	mapping_parameters(model, element, "outputParameter", outputs);
	compile_mapping(model, element, SPACE_ZEEBE, "input", inputs);
	if (node->kind != NODE_CALL_ACTIVITY)
		compile_mapping(model, element, SPACE_ZEEBE, "output", outputs);
}
