/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking an element: its attributes, its children, what its extensionElements hold, whom it names; and the node that
 * it is.
 */
#include "config.h"

#include "bpmn/model.h"

const struct attribute *element_find_attribute(const struct element *element, enum space space, const char *name)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct attribute *attribute = &element->attributes[i];
		if (attribute->space == space && str_equal_c(attribute->name, name))
			return attribute;
	}
	return NULL;
}

struct str element_attribute(const struct element *element, enum space space, const char *name)
{
	const struct attribute *attribute = element_find_attribute(element, space, name);
	return attribute ? str_trim(attribute->value) : (struct str){0};
}

static struct element *element_first_named(struct element *list, enum space space, const char *name)
{
	while (list && !(list->space == space && str_equal_c(list->name, name)))
		list = list->sibling;
	return list;
}

struct element *element_child(const struct element *element, enum space space, const char *name)
{
	return element_first_named(element->first_child, space, name);
}

struct element *element_sibling(const struct element *child, enum space space, const char *name)
{
	return element_first_named(child->sibling, space, name);
}

/* Extension elements of one element stand together in document order, so a walk ends at the first that is none, or that
 * is foreign and stands behind them. */
struct element *element_next_extension(const struct element *after, enum space space, const char *name)
{
	struct element *next = after->next;
	for (; next && next->extension && !next->foreign; next = next->next) {
		if (next->space == space && str_equal_c(next->name, name))
			return next;
	}
	return NULL;
}

struct element *element_extension(const struct element *element, enum space space, const char *name)
{
	const struct element *extensions = element_child(element, SPACE_BPMN, "extensionElements");
	return extensions ? element_next_extension(extensions, space, name) : NULL;
}

bool element_boolean(struct model *model, const struct element *element, const char *name, bool standard)
{
	struct str text = element_attribute(element, SPACE_NONE, name);
	if (text.len == 0)
		return standard;
	if (str_equal_c(text, "true") || str_equal_c(text, "1"))
		return true;
	if (str_equal_c(text, "false") || str_equal_c(text, "0"))
		return false;
	model_report(
		model, RULE_INVALID_ATTRIBUTE, element, "%s of %s must be true or false", name, model_name(model, element));
	return standard;
}

const struct element *element_owner(const struct element *element)
{
	bool definition =
		element->word && (element->word->class == WORD_DEFINITION || element->word->class == WORD_DEFINITION_REFERENCE);
	if (definition && element->parent->node)
		return element->parent;
	while (!element->node && element->id.len == 0 && element->parent && element->parent->parent)
		element = element->parent;
	return element;
}

bool element_is_flow_node(const struct element *element)
{
	return element->node && element->process->element != element;
}

bool element_is_part(const struct element *element, const char *name)
{
	return element->word && element->word->class == WORD_PART && str_equal_c(element->name, name);
}

struct str model_one_line(struct model *model, struct str text)
{
	char *line = arena_str_c(model->arena, text);
	size_t length = 0;
	for (size_t i = 0; i < text.len; i++) {
		bool space = (unsigned char)line[i] <= ' ';
		if (space && (length == 0 || line[length - 1] == ' '))
			continue;
		line[length++] = space ? ' ' : line[i];
	}
	return str_trim((struct str){line, length});
}

static bool element_is_data(const struct element *element)
{
	static const char *const names[] = {"dataInput", "dataOutput", "property", "dataObject", "dataObjectReference",
		"dataStoreReference", "inputDataItem", "outputDataItem"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (element_is_part(element, names[i]))
			return true;
	}
	return false;
}

/* A reference to a data object is another drawing of it. */
struct str element_variable(const struct model *model, const struct element *element)
{
	if (!element_is_data(element))
		return (struct str){0};
	if (element_is_part(element, "dataObjectReference")) {
		const struct element *object = model_find(model, element_attribute(element, SPACE_NONE, "dataObjectRef"));
		if (object && element_is_part(object, "dataObject"))
			element = object;
	}
	struct str name = str_trim(element->label);
	return name.len ? name : element->id;
}

struct element *model_find(const struct model *model, struct str reference)
{
	size_t colon = str_find_char(reference, ':');
	if (colon != STR_NONE)
		reference = str_slice(reference, colon + 1, reference.len);
	return map_get(&model->ids, reference);
}

struct shared *element_shared(struct model *model, struct element *element)
{
	if (!element->shared)
		element->shared = arena_new_object(model->arena, struct shared);
	return element->shared;
}

bool element_names_work(const struct element *element)
{
	static const struct {
		enum space space;
		const char *name;
	} words[] = {
		{SPACE_BPMND, "type"},
		{SPACE_CAMUNDA, "topic"},
		{SPACE_CAMUNDA, "class"},
		{SPACE_CAMUNDA, "delegateExpression"},
		{SPACE_CAMUNDA, "expression"},
		{SPACE_CAMUNDA, "type"},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (element_attribute(element, words[i].space, words[i].name).len > 0)
			return true;
	}
	struct str implementation = element_attribute(element, SPACE_NONE, "implementation");
	bool named = str_starts_with(implementation, STR("##")) && !str_equal(implementation, STR("##WebService")) &&
	             !str_equal(implementation, STR("##unspecified"));
	return named || element_extension(element, SPACE_ZEEBE, "taskDefinition");
}

bool model_executable(const struct model *model, const struct element *element)
{
	const struct process *process = element->process ? element->process : model->process;
	return process && process->executable;
}

struct scope *node_scope(struct node *node)
{
	return node->around ? &node->around->inner : &node->process->inner;
}

struct definition *node_definition(const struct node *node, enum event_kind kind)
{
	struct definition *definition = node->first_definition;
	while (definition && definition->kind != kind)
		definition = definition->next;
	return definition;
}

bool node_has_event(const struct node *node, enum event_kind kind)
{
	return node_definition(node, kind) != NULL;
}

bool node_is_throw(const struct node *node)
{
	return node->kind == NODE_END_EVENT || node->kind == NODE_INTERMEDIATE_THROW_EVENT || node->kind == NODE_SEND_TASK;
}

bool node_begins_event_sub_process(const struct node *node)
{
	return node->kind == NODE_START_EVENT && node->around && node->around->event_sub_process;
}
