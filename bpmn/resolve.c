/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 2b: from ids to what they mean. Each kind of reference has one function that finds its target, says what is
 * wrong with it, and links it. The refs of the sequence flows are the truth; incoming and outgoing are only compared.
 */
#include "config.h"

#include "bpmn/model.h"

static bool resolve_is_process(const struct element *element)
{
	return element->word && element->word->class == WORD_PROCESS;
}

static void resolve_id(struct model *model, struct element *element)
{
	if (element->id.len == 0)
		return;
	const struct element *first = map_get(&model->ids, element->id);
	if (!first) {
		map_put(&model->ids, element->id, element);
		return;
	}
	bool processes = resolve_is_process(first) && resolve_is_process(element);
	model_report(model, processes ? RULE_DUPLICATE_PROCESS : RULE_DUPLICATE_ID, element,
		"the id %s is taken already in line %d", model_quote(model, element->id), first->line);
}

/* The flow node that an attribute names; NULL is reported. */
static struct node *resolve_node(struct model *model, const struct element *element, const char *attribute)
{
	struct str reference = element_attribute(element, SPACE_NONE, attribute);
	if (reference.len == 0) {
		model_report(model, RULE_DANGLING_REFERENCE, element, "%s has no %s", model_name(model, element), attribute);
		return NULL;
	}
	const struct element *target = model_find(model, reference);
	if (target && target->node)
		return target->node;
	if (target)
		model_report(model, RULE_WRONG_REFERENCE, element, "%s of %s names %s, which is no flow node", attribute,
			model_name(model, element), model_name(model, target));
	else
		model_report(model, RULE_DANGLING_REFERENCE, element, "%s of %s names %s, which does not exist", attribute,
			model_name(model, element), model_quote(model, reference));
	return NULL;
}

/* Links stay within a process, whose indexes they become; what crosses is reported by check.c. */
static void resolve_source(struct model *model, struct flow *flow)
{
	struct node *source = flow->source = resolve_node(model, flow->element, "sourceRef");
	if (!source || source->process != flow->element->process)
		return;
	if (source->last_outgoing)
		source->last_outgoing->next_outgoing = flow;
	else
		source->first_outgoing = flow;
	source->last_outgoing = flow;
	source->outgoing_count++;
}

static void resolve_target(struct model *model, struct flow *flow)
{
	struct node *target = flow->target = resolve_node(model, flow->element, "targetRef");
	if (!target || target->process != flow->element->process)
		return;
	if (target->last_incoming)
		target->last_incoming->next_incoming = flow;
	else
		target->first_incoming = flow;
	target->last_incoming = flow;
	target->incoming_count++;
}

static void resolve_attached(struct model *model, struct node *node)
{
	struct node *host = node->attached_to = resolve_node(model, node->element, "attachedToRef");
	if (!host || host->process != node->process)
		return;
	if (host->last_boundary)
		host->last_boundary->next_boundary = node;
	else
		host->first_boundary = node;
	host->last_boundary = node;
	host->boundary_count++;
}

static void resolve_default(struct model *model, struct node *node)
{
	struct str reference = element_attribute(node->element, SPACE_NONE, "default");
	if (reference.len == 0)
		return;
	const struct element *target = model_find(model, reference);
	if (!target)
		model_report(model, RULE_DANGLING_REFERENCE, node->element, "default of %s names %s, which does not exist",
			model_name(model, node->element), model_quote(model, reference));
	else if (!target->flow || target->flow->source != node || target->process != node->process)
		model_report(model, RULE_WRONG_REFERENCE, node->element, "default of %s names %s, which does not leave it",
			model_name(model, node->element), model_name(model, target));
	else
		node->default_flow = target->flow;
}

/* The deepest lane wins; some tools list a node in the outer lanes too. */
static void resolve_lane_member(struct model *model, struct element *element)
{
	struct element *lane = element->parent;
	struct str reference = str_trim(element->text);
	const struct element *target = model_find(model, reference);
	if (!target)
		model_report(model, RULE_LANE_REFERENCE, element, "%s names %s, which does not exist", model_name(model, lane),
			model_quote(model, reference));
	else if (target->node && (!target->node->lane || target->node->lane->lane_depth < lane->lane_depth))
		target->node->lane = lane;
}

static void resolve_listed(struct model *model, struct element *element, bool incoming)
{
	const struct node *node = element->parent->node;
	struct str reference = str_trim(element->text);
	if (!node || reference.len == 0)
		return;
	const struct element *target = model_find(model, reference);
	const struct flow *flow = target ? target->flow : NULL;
	if (!flow || (incoming ? flow->target : flow->source) != node)
		model_report(model, RULE_INCONSISTENT_FLOW, element, "%s lists %s as %.*s, which no sequence flow confirms",
			model_name(model, node->element), model_quote(model, reference), STR_ARG(element->name));
}

static void resolve_participant(struct model *model, struct element *element)
{
	struct str reference = element_attribute(element, SPACE_NONE, "processRef");
	if (reference.len == 0)
		return;
	const struct element *target = model_find(model, reference);
	if (!target || !resolve_is_process(target))
		model_report(model, RULE_PARTICIPANT_REFERENCE, element,
			"processRef of %s names %s, which is no process of this file", model_name(model, element),
			model_quote(model, reference));
}

static void resolve_element(struct model *model, struct element *element)
{
	if (element->extension || element->closed || !element->word)
		return;
	switch (element->word->class) {
	case WORD_LANE_MEMBER:
		resolve_lane_member(model, element);
		break;
	case WORD_INCOMING:
	case WORD_OUTGOING:
		resolve_listed(model, element, element->word->class == WORD_INCOMING);
		break;
	case WORD_PARTICIPANT:
		resolve_participant(model, element);
		break;
	case WORD_ASSOCIATION:
		model_resolve_association(model, element);
		break;
	case WORD_PART:
		model_resolve_part(model, element);
		break;
	case WORD_DETAIL:
	case WORD_DRAWING:
	case WORD_PROCESS:
	case WORD_LANE:
	case WORD_FLOW:
	case WORD_CONDITION:
	case WORD_NODE:
	case WORD_DEFINITION:
	case WORD_DEFINITION_REFERENCE:
	case WORD_GLOBAL_TASK:
	case WORD_REFUSED:
	case WORD_REFUSED_NODE:
	case WORD_CLASS_COUNT:
		break;
	}
}

static void resolve_definitions(struct model *model, struct node *node)
{
	struct definition *definition = node->refused ? NULL : node->first_definition;
	while (definition && (model_resolve_definition(model, node, definition) || !node->refused))
		definition = definition->next;
}

static void resolve_process(struct model *model, struct process *process)
{
	for (struct flow *flow = process->first_flow; flow; flow = flow->next) {
		resolve_source(model, flow);
		resolve_target(model, flow);
	}
	for (struct node *node = process->first_node; node; node = node->next) {
		if (node->kind == NODE_BOUNDARY_EVENT)
			resolve_attached(model, node);
		if (node->kind == NODE_CALL_ACTIVITY)
			model_resolve_called(model, node);
		resolve_default(model, node);
		resolve_definitions(model, node);
	}
	model_resolve_links(model, process);
	model_resolve_subscriptions(model, process);
}

/* What stands in a sub-process stands in its lane. */
static void resolve_inherited_lanes(struct process *process)
{
	for (struct node *node = process->first_node; node; node = node->next) {
		if (!node->lane && node->around)
			node->lane = node->around->lane;
	}
}

void model_resolve(struct model *model)
{
	for (struct element *element = model->root; element; element = element->next) {
		if (!element->extension)
			resolve_id(model, element);
	}
	model_resolve_correlations(model);
	for (struct process *process = model->first_process; process; process = process->next)
		resolve_process(model, process);
	for (struct element *element = model->root; element; element = element->next)
		resolve_element(model, element);
	for (struct process *process = model->first_process; process; process = process->next)
		resolve_inherited_lanes(process);
}
