/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 2b for activities and data: which global task a call activity names, which handler compensates an activity, and
 * what data references mean. All but the handler are hints: where they lead nowhere, names still do.
 */
#include "config.h"

#include "bpmn/expression.h"
#include "bpmn/model.h"

/* A process elsewhere has no element here; a global task elsewhere looks the same and is found out at run time. */
void model_resolve_called(struct model *model, struct node *node)
{
	struct str reference = element_attribute(node->element, SPACE_NONE, "calledElement");
	if (reference.len == 0 || expression_is_dynamic(reference))
		return;
	const struct element *target = model_find(model, reference);
	if (target && target->word && target->word->class == WORD_GLOBAL_TASK && !target->closed)
		node->called = target->node;
}

static bool resolve_can_compensate(const struct node *handler, const struct node *boundary)
{
	return handler->activity && handler->for_compensation && handler->process == boundary->process &&
	       handler->around == boundary->around;
}

/* From a compensate boundary event to an activity (10.7.1); every other association is a drawing. */
void model_resolve_association(struct model *model, const struct element *association)
{
	const struct element *source = model_find(model, element_attribute(association, SPACE_NONE, "sourceRef"));
	const struct element *target = model_find(model, element_attribute(association, SPACE_NONE, "targetRef"));
	if (!source || !target || !source->node || !target->node || source->node->kind != NODE_BOUNDARY_EVENT ||
		!node_definition(source->node, EVENT_COMPENSATE))
		return;
	struct node *boundary = source->node;
	struct node *host = boundary->attached_to;
	if (!resolve_can_compensate(target->node, boundary))
		model_report(model, RULE_COMPENSATION_HANDLER, source, "%s cannot be the compensation handler of %s",
			model_name(model, target), model_name(model, source));
	else if (boundary->compensation || (host && host->compensation))
		model_report(model, RULE_COMPENSATION_HANDLER, source, "%s is not the only compensation handler of %s",
			model_name(model, target), model_name(model, host ? host->element : source));
	boundary->compensation = target->node;
	target->node->compensates = true;
	if (host)
		host->compensation = target->node;
}

/* What a reference names, by attribute; NULL is reported unless there is none. */
static struct element *resolve_data(
	struct model *model, const struct element *element, const char *attribute, const char *name)
{
	struct str reference = element_attribute(element, SPACE_NONE, attribute);
	struct element *target = model_find(model, reference);
	if (target && target->space == SPACE_BPMN && str_equal_c(target->name, name))
		return target;
	if (reference.len > 0)
		model_report(model, RULE_DATA_REFERENCE, element, "%s of %s names %s, which is no %s", attribute,
			model_name(model, element), model_quote(model, reference), name);
	return NULL;
}

/* Modelers write the name of a data object at its references: the first of them names it. */
static void resolve_data_object(struct model *model, const struct element *reference)
{
	struct element *object = resolve_data(model, reference, "dataObjectRef", "dataObject");
	if (object && object->label.len == 0)
		object->label = reference->label;
}

static void resolve_data_store(struct model *model, struct element *reference)
{
	const struct element *store = resolve_data(model, reference, "dataStoreRef", "dataStore");
	if (store && reference->label.len == 0)
		reference->label = store->label;
}

static void resolve_set_member(struct model *model, const struct element *member, bool optional)
{
	struct element *target = model_find(model, str_trim(member->text));
	if (!target)
		return;
	target->needed = true;
	target->optional |= optional;
}

void model_resolve_part(struct model *model, struct element *element)
{
	if (element_is_part(element, "dataObjectReference"))
		resolve_data_object(model, element);
	else if (element_is_part(element, "dataStoreReference"))
		resolve_data_store(model, element);
	else if (element_is_part(element, "dataInputRefs") || element_is_part(element, "dataOutputRefs"))
		resolve_set_member(model, element, false);
	else if (element_is_part(element, "optionalInputRefs") || element_is_part(element, "optionalOutputRefs"))
		resolve_set_member(model, element, true);
}
