/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 2b: from ids to what they mean. Each kind of reference has one function that finds its target, says what is
 * wrong with it, and links it. The refs of the sequence flows are the truth; incoming and outgoing are only compared.
 */
#include "config.h"

#include "bpmn/model.h"

/* References may be QNames; ids have no colon. */
static struct element *resolve_find(const struct model *model, struct str reference)
{
	size_t colon = str_find_char(reference, ':');
	if (colon != STR_NONE)
		reference = str_slice(reference, colon + 1, reference.len);
	return map_get(&model->ids, reference);
}

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
	const struct element *target = resolve_find(model, reference);
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
	const struct element *target = resolve_find(model, reference);
	if (!target)
		model_report(model, RULE_DANGLING_REFERENCE, node->element, "default of %s names %s, which does not exist",
			model_name(model, node->element), model_quote(model, reference));
	else if (!target->flow || target->flow->source != node || target->process != node->process)
		model_report(model, RULE_WRONG_REFERENCE, node->element, "default of %s names %s, which does not leave it",
			model_name(model, node->element), model_name(model, target));
	else
		node->default_flow = target->flow;
}

/* Definitions that name a declaration beside the processes, by which throwing and catching events find each other. */
static const struct resolve_code {
	const char *reference;
	const char *declaration;
	const char *code;
} resolve_codes[EVENT_KIND_COUNT] = {
	[EVENT_ERROR] = {.reference = "errorRef", .declaration = "error", .code = "errorCode"},
	[EVENT_ESCALATION] = {.reference = "escalationRef", .declaration = "escalation", .code = "escalationCode"},
};

/* The declaration's code goes to the node; false is reported. Without a reference there is no code. */
static bool resolve_declaration(struct model *model, struct node *node, const struct resolve_code *row)
{
	struct str reference = element_attribute(node->definition, SPACE_NONE, row->reference);
	if (reference.len == 0)
		return true;
	const struct element *target = resolve_find(model, reference);
	if (!target) {
		model_report(model, RULE_DANGLING_REFERENCE, node->definition, "%s of %s names %s, which does not exist",
			row->reference, model_name(model, node->element), model_quote(model, reference));
		return false;
	}
	if (!target->word || !str_equal_c(target->name, row->declaration)) {
		model_report(model, RULE_WRONG_REFERENCE, node->definition, "%s of %s names %s, which is no %s", row->reference,
			model_name(model, node->element), model_name(model, target), row->declaration);
		return false;
	}
	node->code = element_attribute(target, SPACE_NONE, row->code);
	return true;
}

static void resolve_code(struct model *model, struct node *node)
{
	const struct resolve_code *row = &resolve_codes[node->definition->word->event];
	if (!row->reference || !resolve_declaration(model, node, row))
		return;
	if (node_is_throw(node) && node->code.len == 0)
		model_report(model, RULE_CODE_MISSING, node->definition, "%s throws an %s without an %s",
			model_name(model, node->element), row->declaration, row->code);
}

/* A link's name within its scope; an empty name is reported, once for each event. */
static struct str resolve_link_key(struct model *model, struct node *node)
{
	struct str name = node->definition->label;
	if (str_trim(name).len == 0) {
		node->refused = true;
		model_report(
			model, RULE_LINK_NAME, node->definition, "the link of %s has no name", model_name(model, node->element));
		return (struct str){0};
	}
	return arena_printf(
		model->arena, "%d %.*s", node->around ? node->around->index : GRAPH_NONE, STR_ARG(str_trim(name)));
}

static void resolve_link_catch(struct model *model, struct node *node, struct map *links)
{
	struct str key = resolve_link_key(model, node);
	if (key.len == 0)
		return;
	const struct node *first = map_get(links, key);
	if (!first) {
		map_put(links, key, node);
		return;
	}
	node->refused = true;
	model_report(model, RULE_LINK_SEVERAL_TARGETS, node->definition, "%s catches the link %s, as %s does",
		model_name(model, node->element), model_quote(model, node->definition->label),
		model_name(model, first->element));
}

static void resolve_link_throw(struct model *model, struct node *node, const struct map *links)
{
	struct str key = resolve_link_key(model, node);
	if (key.len == 0)
		return;
	node->link_target = map_get(links, key);
	if (!node->link_target)
		model_report(model, RULE_LINK_WITHOUT_TARGET, node->definition, "no event beside %s catches the link %s",
			model_name(model, node->element), model_quote(model, node->definition->label));
}

/* Catches first: a link may lead backwards and forwards. */
static void resolve_links(struct model *model, struct process *process)
{
	struct map links = {0};
	for (struct node *node = process->first_node; node; node = node->next) {
		if (node_has_event(node, EVENT_LINK) && !node_is_throw(node))
			resolve_link_catch(model, node, &links);
	}
	for (struct node *node = process->first_node; node; node = node->next) {
		if (node_has_event(node, EVENT_LINK) && node_is_throw(node))
			resolve_link_throw(model, node, &links);
	}
	map_free(&links);
}

/* The deepest lane wins; some tools list a node in the outer lanes too. */
static void resolve_lane_member(struct model *model, struct element *element)
{
	struct element *lane = element->parent;
	struct str reference = str_trim(element->text);
	const struct element *target = resolve_find(model, reference);
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
	const struct element *target = resolve_find(model, reference);
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
	const struct element *target = resolve_find(model, reference);
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
	case WORD_DETAIL:
	case WORD_DRAWING:
	case WORD_PROCESS:
	case WORD_LANE:
	case WORD_FLOW:
	case WORD_CONDITION:
	case WORD_NODE:
	case WORD_DEFINITION:
	case WORD_REFUSED:
	case WORD_REFUSED_NODE:
	case WORD_REFUSED_ACTIVITY:
	case WORD_REFUSED_SCOPE:
	case WORD_REFUSED_DEFINITION:
	case WORD_CLASS_COUNT:
		break;
	}
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
		resolve_default(model, node);
		if (node->definition)
			resolve_code(model, node);
	}
	resolve_links(model, process);
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
	for (struct process *process = model->first_process; process; process = process->next)
		resolve_process(model, process);
	for (struct element *element = model->root; element; element = element->next)
		resolve_element(model, element);
	for (struct process *process = model->first_process; process; process = process->next)
		resolve_inherited_lanes(process);
}
