/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 3, names that nobody reads. A word of our own namespace that we do not have is refused: it is a slip of the pen,
 * or it asks for what only a later version does. What is foreign and stands among BPMN's own elements, and what looks
 * like an attribute of BPMN and is none, is a warning in a process that will run.
 */
#include "config.h"

#include "bpmn/model.h"
#include "bpmn/source.h"

static bool names_has_own_attribute(struct str name)
{
	static const char *const words[] = {"assignee", "asyncAfter", "asyncBefore", "businessKey", "calledElementBinding",
		"calledElementVersion", "calledElementVersionTag", "candidateGroups", "candidateUsers", "collection",
		"correlation", "dueDate", "elementVariable", "errorCodeVariable", "errorMessage", "errorMessageVariable",
		"escalationCodeVariable", "followUpDate", "formKey", "initiator", "outputCollection", "outputElement",
		"priority", "resultVariable", "retries", "retryTimeCycle", "start", "ttl", "type", "variableName",
		"versionTag"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (str_equal_c(name, words[i]))
			return true;
	}
	return false;
}

static bool names_owner_calls(const struct element *owner)
{
	return owner->node && owner->node->kind == NODE_CALL_ACTIVITY;
}

static bool names_owner_passes(const struct element *owner)
{
	bool event = owner->word && owner->word->class == WORD_DEFINITION;
	bool sends = owner->node && owner->node->kind == NODE_SEND_TASK;
	return sends || names_owner_calls(owner) ||
	       (event && (owner->word->event == EVENT_MESSAGE || owner->word->event == EVENT_SIGNAL));
}

/* Elements of ours stand in the extensionElements of what reads them; their attributes have no namespace. */
static bool names_has_own_element(const struct element *element)
{
	static const struct {
		const char *name;
		bool (*fits)(const struct element *owner);
	} words[] = {
		{"in", names_owner_passes},
		{"out", names_owner_calls},
		{"input", element_is_flow_node},
		{"output", element_is_flow_node},
	};
	const struct element *holder = element->parent;
	if (!element->extension || element->foreign || holder->extension)
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (str_equal_c(element->name, words[i].name))
			return words[i].fits(holder->parent);
	}
	return false;
}

/* The nearest element around an extension that BPMN knows. */
static const struct element *names_owner(const struct element *element)
{
	while (element->extension || (element->parent && str_equal(element->name, STR("extensionElements"))))
		element = element->parent;
	return element;
}

static void names_refuse(struct model *model, const struct element *at, struct str name)
{
	model_report(model, RULE_UNKNOWN_BPMND_NAME, at, "bpmnd:%s of %s is not known", model_cut(model, name),
		model_name(model, names_owner(at)));
}

struct str model_written_name(const struct model *model, const struct element *element)
{
	size_t begin = element->offset + 1;
	return str_slice(model->source, begin, source_tag_name_end(model->source, element->offset) - begin);
}

static bool names_is_process(const struct element *element)
{
	return element->process && element->process->element == element;
}

static void names_check_foreign(struct model *model, const struct element *element)
{
	const struct element *parent = element->parent;
	if (element->foreign && !parent->closed && (parent->node || parent->flow || names_is_process(parent)))
		model_report(model, RULE_FOREIGN_ELEMENT, element, "%s in %s is no element of BPMN and has no effect",
			model_cut(model, model_written_name(model, element)), model_name(model, parent));
}

static void names_check_plain_attribute(struct model *model, const struct element *element, struct str name)
{
	bool judged = element->flow || (element->node && !element->node->refused);
	if (judged && !word_is_attribute(name))
		model_report(model, RULE_UNKNOWN_ATTRIBUTE, element, "the attribute %s of %s is none of BPMN and has no effect",
			model_quote(model, name), model_name(model, element));
}

static void names_check_element(struct model *model, const struct element *element)
{
	bool executable = element->process && element->process->executable;
	bool refused = element->space == SPACE_BPMND && !names_has_own_element(element);
	if (refused)
		names_refuse(model, element, element->name);
	else if (executable)
		names_check_foreign(model, element);
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct attribute *attribute = &element->attributes[i];
		if (attribute->space == SPACE_BPMND && !names_has_own_attribute(attribute->name))
			names_refuse(model, element, attribute->name);
		else if (attribute->space == SPACE_NONE && executable)
			names_check_plain_attribute(model, element, attribute->name);
	}
}

void model_check_names(struct model *model)
{
	for (const struct element *element = model->root; element; element = element->next)
		names_check_element(model, element);
}
