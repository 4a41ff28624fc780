/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking an element: its attributes, its children, what its extensionElements hold; and the node that it is.
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

struct scope *node_scope(struct node *node)
{
	return node->around ? &node->around->inner : &node->process->inner;
}

bool node_has_event(const struct node *node, enum event_kind kind)
{
	return node->definition && node->definition->word->event == kind;
}

bool node_is_throw(const struct node *node)
{
	return node->kind == NODE_END_EVENT || node->kind == NODE_INTERMEDIATE_THROW_EVENT;
}

bool node_begins_event_sub_process(const struct node *node)
{
	return node->kind == NODE_START_EVENT && node->around && node->around->event_sub_process;
}
