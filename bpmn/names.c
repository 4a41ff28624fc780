/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 3, names that nobody reads. A word of our own namespace that we do not have is refused: it is a slip of the pen,
 * or it asks for what only a later version does. So is one that we have, where it is not read. What is foreign and
 * stands among BPMN's own elements, and what looks like an attribute of BPMN and is none, is a warning in a process
 * that will run.
 */
#include "config.h"

#include "bpmn/model.h"
#include "bpmn/source.h"

/* The nearest element around an extension that BPMN knows. */
static const struct element *names_owner(const struct element *element)
{
	while (element->extension || (element->parent && str_equal(element->name, STR("extensionElements"))))
		element = element->parent;
	return element;
}

static void names_unknown(struct model *model, const struct element *at, struct str name)
{
	model_report(model, RULE_UNKNOWN_BPMND_NAME, at, "bpmnd:%s of %s is not known", model_cut(model, name),
		model_name(model, names_owner(at)));
}

/* The element itself was refused, which says enough. */
static bool names_is_refused(const struct element *element)
{
	const struct word *word = element->word;
	bool refused = !word || word->class == WORD_REFUSED || word->class == WORD_REFUSED_NODE;
	return refused || (element->node && element->node->refused);
}

static void names_misplaced(
	struct model *model, const struct element *at, struct str name, const char *inside, const struct own_place *place)
{
	const struct element *owner = names_owner(at);
	if (!names_is_refused(owner))
		model_report(model, RULE_MISPLACED_BPMND_NAME, at, "bpmnd:%.*s of %s is not read there: it belongs to %s%s",
			STR_ARG(name), model_name(model, owner), inside, place->text);
}

static void names_check_own_attribute(struct model *model, const struct element *element, struct str name)
{
	const struct own_place *place = own_attribute_place(name);
	if (!place)
		names_unknown(model, element, name);
	else if (element->extension || !place->fits(element, NULL))
		names_misplaced(model, element, name, "", place);
}

/* What elements of ours have: attributes without a namespace. */
static bool names_is_part(struct str element, struct str attribute)
{
	static const struct {
		struct str element;
		struct str attributes[5];
	} parts[] = {
		{STR_INIT("header"), {STR_INIT("name"), STR_INIT("value")}},
		{STR_INIT("in"), {STR_INIT("source"), STR_INIT("sourceExpression"), STR_INIT("target"), STR_INIT("variables"),
							 STR_INIT("businessKey")}},
		{STR_INIT("input"), {STR_INIT("source"), STR_INIT("target")}},
		{STR_INIT("out"), {STR_INIT("source"), STR_INIT("sourceExpression"), STR_INIT("target"), STR_INIT("variables"),
							  STR_INIT("local")}},
		{STR_INIT("output"), {STR_INIT("source"), STR_INIT("target")}},
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		for (size_t j = 0; str_equal(parts[i].element, element) && j < 5; j++)
			if (str_equal(parts[i].attributes[j], attribute))
				return true;
	return false;
}

static void names_check_parts(struct model *model, const struct element *element)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct attribute *attribute = &element->attributes[i];
		if (attribute->space == SPACE_NONE && !names_is_part(element->name, attribute->name))
			model_report(model, RULE_UNKNOWN_BPMND_NAME, element, "%s of bpmnd:%.*s in %s is not known",
				model_cut(model, attribute->name), STR_ARG(element->name), model_name(model, names_owner(element)));
	}
}

/* Elements of ours stand in the extensionElements of what reads them. */
static void names_check_own_element(struct model *model, const struct element *element)
{
	const struct own_place *place = own_element_place(element->name);
	const struct element *holder = element->parent;
	bool held = element->extension && !element->foreign && !holder->extension;
	if (!place)
		names_unknown(model, element, element->name);
	else if (!held || !place->fits(holder->parent, element))
		names_misplaced(model, element, element->name, "the extensionElements of ", place);
	else
		names_check_parts(model, element);
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
	if (element->space == SPACE_BPMND)
		names_check_own_element(model, element);
	else if (executable)
		names_check_foreign(model, element);
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct attribute *attribute = &element->attributes[i];
		if (attribute->space == SPACE_BPMND)
			names_check_own_attribute(model, element, attribute->name);
		else if (attribute->space == SPACE_NONE && executable)
			names_check_plain_attribute(model, element, attribute->name);
	}
}

void model_check_names(struct model *model)
{
	for (const struct element *element = model->root; element; element = element->next)
		names_check_element(model, element);
}
