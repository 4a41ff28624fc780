/* SPDX-License-Identifier: Apache-2.0
 *
 * Extensions that change the execution in the engine they were written for and have no effect here: nobody should find
 * that out at run time. A shell command is refused: it would be work without a worker.
 */
#include "config.h"

#include "bpmn/compile.h"

static void extension_report(
	struct model *model, const struct element *element, enum space space, struct str name, const struct element *at)
{
	model_report(model, RULE_EXTENSION_IGNORED, at, "%s:%.*s of %s has no effect",
		space == SPACE_ZEEBE ? "zeebe" : "camunda", STR_ARG(name), model_name(model, element));
}

static void extension_check_attribute(
	struct model *model, const struct element *element, const struct attribute *attribute)
{
	if (extension_attribute_fate(element, attribute) == BPMN_NO_EFFECT)
		extension_report(model, element, attribute->space, attribute->name, element);
}

void extension_check(struct model *model, const struct element *element)
{
	if (extension_is_shell(element))
		model_report(model, RULE_UNSUPPORTED_EXECUTABLE, element, "the shell command of %s is not supported",
			model_name(model, element));
	for (size_t i = 0; i < element->attribute_count; i++)
		extension_check_attribute(model, element, &element->attributes[i]);
	const struct element *extensions = element_child(element, SPACE_BPMN, "extensionElements");
	const struct element *child = extensions ? extensions->first_child : NULL;
	for (; child; child = child->sibling) {
		if (extension_element_fate(element, child) == BPMN_NO_EFFECT)
			extension_report(model, element, child->space, child->name, child);
	}
}
