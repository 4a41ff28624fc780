/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 2a, parts: loops, data and what belongs to them. One table says for each name where it may stand; anywhere else
 * nobody would read it, and so it is refused. What a part means its readers find out in pass 4.
 */
#include "config.h"

#include "bpmn/model.h"

enum {
	PLACE_PROCESS = 1,
	PLACE_ACTIVITY = 2,
	PLACE_SCOPE = 4, /* a process or a sub-process */
	PLACE_CATCH = 8,
	PLACE_THROW = 16,
	PLACE_AD_HOC = 32,
	PLACE_LOOP = 64, /* an activity that is no event sub-process */
};

#define PLACE_EVENT (PLACE_CATCH | PLACE_THROW)

static const struct place_row {
	struct str name;
	const char *inside[2]; /* parts */
	unsigned places;
} place_rows[] = {
	{.name = STR_INIT("standardLoopCharacteristics"), .places = PLACE_LOOP},
	{.name = STR_INIT("multiInstanceLoopCharacteristics"), .places = PLACE_LOOP},
	{.name = STR_INIT("loopCondition"), .inside = {"standardLoopCharacteristics"}},
	{.name = STR_INIT("loopCardinality"), .inside = {"multiInstanceLoopCharacteristics"}},
	{.name = STR_INIT("loopDataInputRef"), .inside = {"multiInstanceLoopCharacteristics"}},
	{.name = STR_INIT("loopDataOutputRef"), .inside = {"multiInstanceLoopCharacteristics"}},
	{.name = STR_INIT("inputDataItem"), .inside = {"multiInstanceLoopCharacteristics"}},
	{.name = STR_INIT("outputDataItem"), .inside = {"multiInstanceLoopCharacteristics"}},
	{.name = STR_INIT("complexBehaviorDefinition"), .inside = {"multiInstanceLoopCharacteristics"}},
	{.name = STR_INIT("completionCondition"), .inside = {"multiInstanceLoopCharacteristics"}, .places = PLACE_AD_HOC},
	{.name = STR_INIT("event"), .inside = {"complexBehaviorDefinition"}},
	{.name = STR_INIT("implicitThrowEvent"), .inside = {"complexBehaviorDefinition"}},
	{.name = STR_INIT("property"), .places = PLACE_PROCESS | PLACE_ACTIVITY | PLACE_EVENT},
	{.name = STR_INIT("dataObject"), .places = PLACE_SCOPE},
	{.name = STR_INIT("dataObjectReference"), .places = PLACE_SCOPE},
	{.name = STR_INIT("dataStoreReference"), .places = PLACE_SCOPE},
	{.name = STR_INIT("ioSpecification"), .places = PLACE_PROCESS | PLACE_ACTIVITY},
	{.name = STR_INIT("dataInput"), .inside = {"ioSpecification"}, .places = PLACE_THROW},
	{.name = STR_INIT("dataOutput"), .inside = {"ioSpecification"}, .places = PLACE_CATCH},
	{.name = STR_INIT("inputSet"), .inside = {"ioSpecification"}, .places = PLACE_THROW},
	{.name = STR_INIT("outputSet"), .inside = {"ioSpecification"}, .places = PLACE_CATCH},
	{.name = STR_INIT("dataInputRefs"), .inside = {"inputSet"}},
	{.name = STR_INIT("optionalInputRefs"), .inside = {"inputSet"}},
	{.name = STR_INIT("whileExecutingInputRefs"), .inside = {"inputSet"}},
	{.name = STR_INIT("outputSetRefs"), .inside = {"inputSet"}},
	{.name = STR_INIT("dataOutputRefs"), .inside = {"outputSet"}},
	{.name = STR_INIT("optionalOutputRefs"), .inside = {"outputSet"}},
	{.name = STR_INIT("whileExecutingOutputRefs"), .inside = {"outputSet"}},
	{.name = STR_INIT("inputSetRefs"), .inside = {"outputSet"}},
	{.name = STR_INIT("dataInputAssociation"), .places = PLACE_ACTIVITY | PLACE_THROW},
	{.name = STR_INIT("dataOutputAssociation"), .places = PLACE_ACTIVITY | PLACE_CATCH},
	{.name = STR_INIT("sourceRef"), .inside = {"dataInputAssociation", "dataOutputAssociation"}},
	{.name = STR_INIT("targetRef"), .inside = {"dataInputAssociation", "dataOutputAssociation"}},
	{.name = STR_INIT("transformation"), .inside = {"dataInputAssociation", "dataOutputAssociation"}},
	{.name = STR_INIT("assignment"), .inside = {"dataInputAssociation", "dataOutputAssociation"}},
	{.name = STR_INIT("from"), .inside = {"assignment"}},
	{.name = STR_INIT("to"), .inside = {"assignment"}},
};

static const struct place_row *place_find(struct str name)
{
	for (size_t i = 0; i < sizeof place_rows / sizeof *place_rows; i++) {
		if (str_equal(place_rows[i].name, name))
			return &place_rows[i];
	}
	return NULL;
}

static bool place_is_throw(const struct node *node)
{
	return node->kind == NODE_INTERMEDIATE_THROW_EVENT || node->kind == NODE_END_EVENT;
}

static bool place_is_catch(const struct node *node)
{
	return node->kind == NODE_START_EVENT || node->kind == NODE_INTERMEDIATE_CATCH_EVENT ||
	       node->kind == NODE_BOUNDARY_EVENT;
}

/* What the element is to those that stand in it. A global task has what a process has, but for the flow elements. */
static unsigned place_of(const struct element *element)
{
	const struct node *node = element->node;
	if (element->process && element->process->element == element)
		return node ? PLACE_PROCESS : PLACE_PROCESS | PLACE_SCOPE;
	if (!node)
		return 0;
	unsigned places = 0;
	if (node->activity)
		places |= node->event_sub_process ? PLACE_ACTIVITY : PLACE_ACTIVITY | PLACE_LOOP;
	if (node->container)
		places |= PLACE_SCOPE;
	if (node->kind == NODE_AD_HOC_SUB_PROCESS)
		places |= PLACE_AD_HOC;
	if (place_is_catch(node))
		places |= PLACE_CATCH;
	return place_is_throw(node) ? places | PLACE_THROW : places;
}

static bool place_is_inside(const struct place_row *row, const struct element *parent)
{
	for (size_t i = 0; i < sizeof row->inside / sizeof *row->inside; i++) {
		if (row->inside[i] && element_is_part(parent, row->inside[i]))
			return true;
	}
	return false;
}

bool model_part_fits(const struct element *element)
{
	const struct place_row *row = place_find(element->name);
	const struct element *parent = element->parent;
	bool loop = row && row->places == PLACE_LOOP;
	if (loop && parent->node && parent->node->loop)
		return false;
	return row && (place_is_inside(row, parent) || (place_of(parent) & row->places));
}
