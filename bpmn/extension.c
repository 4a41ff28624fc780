/* SPDX-License-Identifier: Apache-2.0
 *
 * Extensions that change the execution in the engine they were written for and have no effect here: nobody should find
 * that out at run time. What is in neither table is decoration and passes; a word that our own namespace does not have
 * is a slip of the pen.
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

static const char *const own_words[] = {"assignee", "candidateGroups", "candidateUsers", "dueDate", "followUpDate",
	"formKey", "priority", "resultVariable", "retries", "type", "versionTag"};

static bool extension_is_ignored(enum space space, struct str name, bool element)
{
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
		if (ignored[i].space == space && ignored[i].element == element && str_equal_c(name, ignored[i].name))
			return true;
	}
	return false;
}

static bool extension_is_own_word(struct str name)
{
	for (size_t i = 0; i < sizeof own_words / sizeof *own_words; i++) {
		if (str_equal_c(name, own_words[i]))
			return true;
	}
	return false;
}

static const char *extension_prefix(enum space space)
{
	switch (space) {
	case SPACE_BPMND:
		return "bpmnd";
	case SPACE_CAMUNDA:
		return "camunda";
	case SPACE_ZEEBE:
		return "zeebe";
	case SPACE_NONE:
	case SPACE_BPMN:
	case SPACE_OTHER:
		break;
	}
	return "";
}

static void extension_report(struct model *model, enum rule rule, const struct element *element, enum space space,
	struct str name, const struct element *at)
{
	model_report(model, rule, at, "%s:%.*s of %s has no effect", extension_prefix(space),
		STR_ARG(str_slice(name, 0, 100)), model_name(model, element));
}

static bool extension_is_inert(const struct attribute *attribute)
{
	return str_equal(str_trim(attribute->value), STR("false")) || attribute->value.len == 0;
}

static void extension_check_attribute(
	struct model *model, const struct element *element, const struct attribute *attribute)
{
	/* type="external" is a topic's companion; mail, shell and the like would be run by the engine itself. */
	bool foreign_type = attribute->space == SPACE_CAMUNDA && str_equal(attribute->name, STR("type")) &&
	                    !str_starts_with(attribute->value, STR("external"));
	if (foreign_type ||
		(extension_is_ignored(attribute->space, attribute->name, false) && !extension_is_inert(attribute)))
		extension_report(model, RULE_EXTENSION_IGNORED, element, attribute->space, attribute->name, element);
	else if (attribute->space == SPACE_BPMND && !extension_is_own_word(attribute->name))
		extension_report(model, RULE_EXTENSION_UNKNOWN, element, attribute->space, attribute->name, element);
}

void extension_check(struct model *model, const struct element *element)
{
	for (size_t i = 0; i < element->attribute_count; i++)
		extension_check_attribute(model, element, &element->attributes[i]);
	const struct element *extensions = element_child(element, SPACE_BPMN, "extensionElements");
	const struct element *child = extensions ? extensions->first_child : NULL;
	for (; child; child = child->sibling) {
		if (extension_is_ignored(child->space, child->name, true))
			extension_report(model, RULE_EXTENSION_IGNORED, element, child->space, child->name, child);
		else if (child->space == SPACE_BPMND)
			extension_report(model, RULE_EXTENSION_UNKNOWN, element, child->space, child->name, child);
	}
}
