/* SPDX-License-Identifier: Apache-2.0
 *
 * Extensions that change the execution in the engine they were written for and have no effect here: nobody should find
 * that out at run time. What is not in the table is decoration and passes. A shell command is refused: it would be work
 * without a worker.
 */
#include "config.h"

#include "bpmn/compile.h"

struct extension_word {
	enum space space;
	const char *name;
	bool element; /* else an attribute */
};

static const struct extension_word ignored[] = {
	{SPACE_CAMUNDA, "async", false},
	{SPACE_CAMUNDA, "asyncBefore", false},
	{SPACE_CAMUNDA, "asyncAfter", false},
	{SPACE_CAMUNDA, "candidateStarterGroups", false},
	{SPACE_CAMUNDA, "candidateStarterUsers", false},
	{SPACE_CAMUNDA, "decisionRef", false},
	{SPACE_CAMUNDA, "expression", false},
	{SPACE_CAMUNDA, "formRef", false},
	{SPACE_CAMUNDA, "initiator", false},
	{SPACE_CAMUNDA, "jobPriority", false},
	{SPACE_CAMUNDA, "resource", false},
	{SPACE_CAMUNDA, "skipExpression", false},
	{SPACE_CAMUNDA, "taskPriority", false},
	{SPACE_CAMUNDA, "connector", true},
	{SPACE_CAMUNDA, "errorEventDefinition", true},
	{SPACE_CAMUNDA, "executionListener", true},
	{SPACE_CAMUNDA, "failedJobRetryTimeCycle", true},
	{SPACE_CAMUNDA, "formData", true},
	{SPACE_CAMUNDA, "formProperty", true},
	{SPACE_CAMUNDA, "in", true},
	{SPACE_CAMUNDA, "inputOutput", true},
	{SPACE_CAMUNDA, "out", true},
	{SPACE_CAMUNDA, "potentialStarter", true},
	{SPACE_CAMUNDA, "taskListener", true},
	{SPACE_ZEEBE, "calledDecision", true},
	{SPACE_ZEEBE, "executionListeners", true},
	{SPACE_ZEEBE, "ioMapping", true},
	{SPACE_ZEEBE, "taskListeners", true},
};

static bool extension_is_ignored(enum space space, struct str name, bool element)
{
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
		if (ignored[i].space == space && ignored[i].element == element && str_equal_c(name, ignored[i].name))
			return true;
	}
	return false;
}

static void extension_report(
	struct model *model, const struct element *element, enum space space, struct str name, const struct element *at)
{
	model_report(model, RULE_EXTENSION_IGNORED, at, "%s:%.*s of %s has no effect",
		space == SPACE_ZEEBE ? "zeebe" : "camunda", STR_ARG(name), model_name(model, element));
}

static bool extension_is_inert(const struct attribute *attribute)
{
	return str_equal(str_trim(attribute->value), STR("false")) || attribute->value.len == 0;
}

static bool extension_is_job(const struct node *node)
{
	return node &&
	       (node->kind == NODE_SERVICE_TASK || node->kind == NODE_SEND_TASK || node->kind == NODE_BUSINESS_RULE_TASK);
}

/* type="external" is a topic's companion; mail, shell and the like would be run by the engine itself. */
static void extension_check_type(struct model *model, const struct element *element, const struct attribute *attribute)
{
	struct str type = str_trim(attribute->value);
	bool named = element_attribute(element, SPACE_BPMND, "type").len > 0;
	if (str_equal_nocase(type, STR("shell")) && extension_is_job(element->node) && !named)
		model_report(model, RULE_UNSUPPORTED_EXECUTABLE, element, "the shell command of %s is not supported",
			model_name(model, element));
	else if (!str_starts_with(type, STR("external")))
		extension_report(model, element, attribute->space, attribute->name, element);
}

static void extension_check_attribute(
	struct model *model, const struct element *element, const struct attribute *attribute)
{
	if (attribute->space == SPACE_CAMUNDA && str_equal(attribute->name, STR("type")))
		extension_check_type(model, element, attribute);
	else if (extension_is_ignored(attribute->space, attribute->name, false) && !extension_is_inert(attribute))
		extension_report(model, element, attribute->space, attribute->name, element);
}

void extension_check(struct model *model, const struct element *element)
{
	for (size_t i = 0; i < element->attribute_count; i++)
		extension_check_attribute(model, element, &element->attributes[i]);
	const struct element *extensions = element_child(element, SPACE_BPMN, "extensionElements");
	const struct element *child = extensions ? extensions->first_child : NULL;
	for (; child; child = child->sibling) {
		if (extension_is_ignored(child->space, child->name, true))
			extension_report(model, element, child->space, child->name, child);
	}
}
