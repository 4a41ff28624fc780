/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 2a: a walk over the elements in document order, one function for each class of word. Parents come before their
 * children, so what is around an element is known when its turn comes. What the engine cannot run is refused here, by
 * name; a refused element closes what stands below it, so that one cause gives one diagnostic.
 */
#include "config.h"

#include "bpmn/model.h"

static void model_refuse(struct model *model, struct element *element)
{
	element->closed = true;
	model_report(model, RULE_UNSUPPORTED_ELEMENT, element, "%s is not supported yet", model_name(model, element));
}

static void model_misplaced(struct model *model, struct element *element)
{
	element->closed = true;
	model_report(model, RULE_MISPLACED_ELEMENT, element, "%s cannot stand inside %s", model_name(model, element),
		model_name(model, element->parent));
}

static bool model_in_scope(const struct element *element)
{
	const struct element *parent = element->parent;
	if (parent->node)
		return parent->node->container;
	return parent->process && parent->process->element == parent;
}

static void model_read_detail(struct model *model, struct element *element)
{
	(void)model, (void)element;
}

static void model_read_drawing(struct model *model, struct element *element)
{
	(void)model;
	element->closed = true;
}

static void model_read_process(struct model *model, struct element *element)
{
	if (element->parent != model->root) {
		model_misplaced(model, element);
		return;
	}
	struct process *process = arena_new_object(model->arena, struct process);
	process->element = element;
	element->process = process;
	if (model->last_process)
		model->last_process->next = process;
	else
		model->first_process = process;
	model->last_process = process;
	model->process_count++;
	process->executable = element_boolean(model, element, "isExecutable", false);
	model->has_executable |= process->executable;
}

static struct node *model_add_node(struct model *model, struct element *element, enum node_kind kind)
{
	struct process *process = element->process;
	struct node *node = arena_new_object(model->arena, struct node);
	node->element = element;
	node->kind = kind;
	node->process = process;
	node->around = element->parent->node;
	node->container = kind == NODE_SUB_PROCESS || kind == NODE_TRANSACTION || kind == NODE_AD_HOC_SUB_PROCESS;
	node->index = process->node_count++;
	element->node = node;
	node_scope(node)->node_count++;
	if (process->last_node)
		process->last_node->next = node;
	else
		process->first_node = node;
	process->last_node = node;
	return node;
}

static bool model_is_activity(enum node_kind kind)
{
	static const bool activities[NODE_KIND_COUNT] = {
		[NODE_TASK] = true,
		[NODE_MANUAL_TASK] = true,
		[NODE_USER_TASK] = true,
		[NODE_SERVICE_TASK] = true,
		[NODE_SEND_TASK] = true,
		[NODE_BUSINESS_RULE_TASK] = true,
		[NODE_SCRIPT_TASK] = true,
		[NODE_SUB_PROCESS] = true,
		[NODE_RECEIVE_TASK] = true,
		[NODE_TRANSACTION] = true,
		[NODE_AD_HOC_SUB_PROCESS] = true,
		[NODE_CALL_ACTIVITY] = true,
	};
	return activities[kind];
}

static void model_add_event_sub_process(struct node *node)
{
	struct scope *scope = node_scope(node);
	node->event_sub_process = true;
	if (scope->last_event_sub_process)
		scope->last_event_sub_process->next_event_sub_process = node;
	else
		scope->first_event_sub_process = node;
	scope->last_event_sub_process = node;
	scope->event_sub_process_count++;
}

static void model_read_node(struct model *model, struct element *element)
{
	if (!model_in_scope(element)) {
		model_misplaced(model, element);
		return;
	}
	struct node *node = model_add_node(model, element, element->word->kind);
	node->activity = model_is_activity(node->kind);
	if (node->activity)
		node->for_compensation = element_boolean(model, element, "isForCompensation", false);
	model_read_event_attributes(model, node);
	if (node->container && element_boolean(model, element, "triggeredByEvent", false))
		model_add_event_sub_process(node);
}

static void model_read_refused_node(struct model *model, struct element *element)
{
	if (!model_in_scope(element)) {
		model_misplaced(model, element);
		return;
	}
	struct node *node = model_add_node(model, element, NODE_KIND_COUNT);
	node->refused = true;
	model_refuse(model, element);
}

/* A task beside the processes: a node of a process of its own, that is no process of the file. Who calls it is not
 * known yet: it is judged like the most demanding of them. */
static void model_read_global_task(struct model *model, struct element *element)
{
	static const struct {
		const char *name;
		enum node_kind kind;
	} kinds[] = {
		{"globalTask", NODE_TASK},
		{"globalUserTask", NODE_USER_TASK},
		{"globalManualTask", NODE_MANUAL_TASK},
		{"globalScriptTask", NODE_SCRIPT_TASK},
		{"globalBusinessRuleTask", NODE_BUSINESS_RULE_TASK},
	};
	if (element->parent != model->root) {
		model_misplaced(model, element);
		return;
	}
	struct process *process = arena_new_object(model->arena, struct process);
	process->element = element;
	process->executable = model->has_executable;
	element->process = process;
	enum node_kind kind = NODE_TASK;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (str_equal_c(element->name, kinds[i].name))
			kind = kinds[i].kind;
	}
	model_add_node(model, element, kind);
}

/* The name of data is that of a variable, though modelers break it into lines. */
static void model_read_part(struct model *model, struct element *element)
{
	if (!model_part_fits(element))
		model_misplaced(model, element);
	else if (str_ends_with(element->name, STR("oopCharacteristics")))
		element->parent->node->loop = element;
	element->label = model_one_line(model, element->label);
}

static void model_read_refused(struct model *model, struct element *element)
{
	element->closed = true;
	model_report(model, RULE_UNSUPPORTED_ELEMENT, element, "%.*s of %s is not supported yet", STR_ARG(element->name),
		model_name(model, element->parent));
	if (element->parent->node)
		element->parent->node->refused = true;
}

static void model_read_flow(struct model *model, struct element *element)
{
	if (!model_in_scope(element)) {
		model_misplaced(model, element);
		return;
	}
	struct process *process = element->process;
	struct flow *flow = arena_new_object(model->arena, struct flow);
	flow->element = element;
	flow->index = process->flow_count++;
	element->flow = flow;
	if (process->last_flow)
		process->last_flow->next = flow;
	else
		process->first_flow = flow;
	process->last_flow = flow;
}

static void model_read_condition(struct model *model, struct element *element)
{
	struct flow *flow = element->parent->flow;
	if (!flow || flow->condition)
		model_misplaced(model, element);
	else
		flow->condition = element;
}

static void model_read_lane(struct model *model, struct element *element)
{
	(void)model;
	const struct element *outer = element->parent->parent; /* lane / childLaneSet / lane */
	element->lane_depth = outer ? outer->lane_depth + 1 : 1;
}

static void (*const readers[WORD_CLASS_COUNT])(struct model *model, struct element *element) = {
	[WORD_DETAIL] = model_read_detail,
	[WORD_DRAWING] = model_read_drawing,
	[WORD_PROCESS] = model_read_process,
	[WORD_LANE] = model_read_lane,
	[WORD_LANE_MEMBER] = model_read_detail,
	[WORD_PARTICIPANT] = model_read_detail,
	[WORD_FLOW] = model_read_flow,
	[WORD_CONDITION] = model_read_condition,
	[WORD_INCOMING] = model_read_detail,
	[WORD_OUTGOING] = model_read_detail,
	[WORD_NODE] = model_read_node,
	[WORD_DEFINITION] = model_read_definition,
	[WORD_DEFINITION_REFERENCE] = model_read_definition_reference,
	[WORD_PART] = model_read_part,
	[WORD_GLOBAL_TASK] = model_read_global_task,
	[WORD_ASSOCIATION] = model_read_detail,
	[WORD_REFUSED] = model_read_refused,
	[WORD_REFUSED_NODE] = model_read_refused_node,
};

static void model_read_element(struct model *model, struct element *element)
{
	element->process = element->parent->process;
	element->closed = element->parent->closed;
	if (element->closed)
		return;
	if (element->word) {
		readers[element->word->class](model, element);
		return;
	}
	element->closed = true;
	model_report(model, RULE_UNKNOWN_ELEMENT, element, "BPMN 2.0 has no element %s", model_quote(model, element->name));
}

/* Whether anything here can be executed decides how the rest is judged, so it must be known first. */
static bool model_looks_executable(const struct model *model)
{
	const struct element *process = element_child(model->root, SPACE_BPMN, "process");
	for (; process; process = element_sibling(process, SPACE_BPMN, "process")) {
		struct str text = element_attribute(process, SPACE_NONE, "isExecutable");
		if (str_equal_c(text, "true") || str_equal_c(text, "1"))
			return true;
	}
	return false;
}

void model_build(struct model *model)
{
	model->has_executable = model_looks_executable(model);
	for (struct element *element = model->root->next; element; element = element->next) {
		if (element->extension)
			element->process = element->parent->process;
		else
			model_read_element(model, element);
	}
}
