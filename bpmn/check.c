/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 3: the rules of structure, one small function each, listed in the tables at the end. A node that is refused
 * already is not judged further. Rules of expressions, timers and work are judged where these are compiled.
 */
#include "config.h"

#include "bpmn/model.h"

#define CHECK_ID_MAX 255

/* Beyond ASCII every character is taken: NCName in practice, and element ids may be in any script. */
static bool check_is_ncname(struct str id)
{
	for (size_t i = 0; i < id.len; i++) {
		char c = id.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
		bool inner = (c >= '0' && c <= '9') || c == '.' || c == '-';
		if (!letter && !(inner && i > 0))
			return false;
	}
	return id.len > 0 && id.len <= CHECK_ID_MAX;
}

static void check_id(struct model *model, const struct element *element)
{
	if (element->id.len == 0)
		model_report(model, RULE_MISSING_ID, element, "%s has no id", model_name(model, element));
	else if (!check_is_ncname(element->id))
		model_report(
			model, RULE_INVALID_ID, element, "the id %s is not a valid XML name", model_quote(model, element->id));
}

static void check_node_id(struct model *model, struct node *node)
{
	check_id(model, node->element);
}

static bool check_is_link_catch(const struct node *node)
{
	return node_has_event(node, EVENT_LINK) && !node_is_throw(node);
}

/* Where runs begin. Event starts of a process are as many as it likes; a none start event is the only one. */
static void check_node_start(struct model *model, struct node *node)
{
	struct scope *scope = node_scope(node);
	bool starts = node->kind == NODE_START_EVENT;
	scope->start_count += starts || node->instantiates;
	if (!starts || node->refused || (!node->around && node->definition_count > 0))
		return;
	if (scope->start)
		model_report(model, RULE_SEVERAL_STARTS, node->element, "%s is not the only start event; the other is %s",
			model_name(model, node->element), model_name(model, scope->start->element));
	else
		scope->start = node;
}

static void check_node_content(struct model *model, struct node *node)
{
	if (node->container && node->inner.node_count == 0)
		model_report(model, RULE_EMPTY_SCOPE, node->element, "%s has no flow nodes", model_name(model, node->element));
}

/* What connects two processes is an error of the one that is executable, even where it is written in a drawing. */
static const struct element *check_blame(const struct element *at, struct node *other)
{
	if (other->process == at->process)
		return at;
	at->process->broken = other->process->broken = true;
	return other->process->executable && !at->process->executable ? other->element : at;
}

static void check_node_boundary(struct model *model, struct node *node)
{
	struct node *host = node->attached_to;
	if (node->kind != NODE_BOUNDARY_EVENT || !host)
		return;
	if (!host->activity || host->event_sub_process || host->around != node->around || host->process != node->process)
		model_report(model, RULE_BOUNDARY_PLACE, check_blame(node->element, host), "%s cannot be attached to %s",
			model_name(model, node->element), model_name(model, host->element));
	if (node->outgoing_count == 0 && !node_has_event(node, EVENT_COMPENSATE))
		model_report(model, RULE_BOUNDARY_WITHOUT_OUTGOING, node->element, "%s has no outgoing sequence flow",
			model_name(model, node->element));
}

static void check_flow_id(struct model *model, struct flow *flow)
{
	check_id(model, flow->element);
}

/* What forbids that a flow leaves the node; RULE_COUNT: nothing. */
static enum rule check_source(const struct node *node)
{
	if (node->kind == NODE_END_EVENT)
		return RULE_FLOW_OUT_OF_END;
	if (node_has_event(node, EVENT_LINK) && node_is_throw(node))
		return RULE_FLOW_AT_LINK;
	return node->event_sub_process ? RULE_FLOW_AT_EVENT_SUB_PROCESS : RULE_COUNT;
}

/* What forbids that a flow leads into it. */
static enum rule check_target(const struct node *node)
{
	if (node->kind == NODE_START_EVENT)
		return RULE_FLOW_INTO_START;
	if (node->kind == NODE_BOUNDARY_EVENT)
		return RULE_FLOW_INTO_BOUNDARY;
	if (check_is_link_catch(node))
		return RULE_FLOW_AT_LINK;
	return node->event_sub_process ? RULE_FLOW_AT_EVENT_SUB_PROCESS : RULE_COUNT;
}

static void check_flow_ends(struct model *model, struct flow *flow)
{
	const struct element *element = flow->element;
	enum rule source = flow->source ? check_source(flow->source) : RULE_COUNT;
	enum rule target = flow->target ? check_target(flow->target) : RULE_COUNT;
	if (source != RULE_COUNT)
		model_report(model, source, element, "%s leaves %s", model_name(model, element),
			model_name(model, flow->source->element));
	if (target != RULE_COUNT)
		model_report(model, target, element, "%s leads into %s", model_name(model, element),
			model_name(model, flow->target->element));
}

static void check_flow_scope(struct model *model, struct flow *flow)
{
	struct node *source = flow->source;
	struct node *target = flow->target;
	if (!source || !target)
		return;
	const struct element *at = check_blame(check_blame(flow->element, source), target);
	if (source->process != target->process || source->around != target->around ||
		source->process != flow->element->process)
		model_report(model, RULE_FLOW_CROSSES_SCOPE, at, "%s connects %s with %s across a border",
			model_name(model, flow->element), model_name(model, source->element), model_name(model, target->element));
}

static void check_flow_condition(struct model *model, struct flow *flow)
{
	if (!flow->condition || !flow->source)
		return;
	if (flow->source->kind == NODE_PARALLEL_GATEWAY || flow->source->kind == NODE_EVENT_BASED_GATEWAY)
		model_report(model, RULE_CONDITION_IGNORED, flow->element, "the condition of %s is ignored: %s has none",
			model_name(model, flow->element), model_name(model, flow->source->element));
	else if (flow->source->default_flow == flow)
		model_report(model, RULE_CONDITION_IGNORED, flow->element,
			"the condition of %s is ignored: it is the default flow", model_name(model, flow->element));
}

static void check_process_head(struct model *model, struct process *process)
{
	const struct element *element = process->element;
	check_id(model, element);
	if (!process->executable)
		model_report(model, RULE_NOT_EXECUTABLE, element,
			"%s is not executable: it is kept and shown, and cannot be started", model_name(model, element));
	if (process->inner.node_count == 0)
		model_report(model, RULE_EMPTY_SCOPE, element, "%s has no flow nodes", model_name(model, element));
}

/* Where a run of the scope begins; also what is refused and stands alone, since it has been reported already. */
static bool check_is_beginning(struct node *node)
{
	if (node->kind == NODE_START_EVENT || node->instantiates)
		return true;
	if (node->incoming_count > 0 || node->kind == NODE_BOUNDARY_EVENT || node->event_sub_process ||
		node->for_compensation)
		return false;
	return node->refused || (node_scope(node)->start_count == 0 && !check_is_link_catch(node));
}

/* A work list of nodes, threaded through them. */
struct check_work {
	struct node *first;
};

static void check_reach(struct check_work *work, struct node *node)
{
	if (!node || node->reached)
		return;
	node->reached = true;
	node->next_reached = work->first;
	work->first = node;
}

static void check_reach_next(struct check_work *work, const struct node *node)
{
	for (const struct flow *flow = node->first_outgoing; flow; flow = flow->next_outgoing)
		check_reach(work, flow->target);
	for (struct node *event = node->first_boundary; event; event = event->next_boundary)
		check_reach(work, event);
	const struct definition *link = node_definition(node, EVENT_LINK);
	if (link)
		check_reach(work, link->link_target);
}

/* Where runs begin: at the beginnings of each scope, and in event sub-processes and compensation handlers, which begin
 * no run of their scope. */
static void check_reach_beginnings(struct check_work *work, struct process *process)
{
	for (struct node *node = process->first_node; node; node = node->next) {
		bool beginning = check_is_beginning(node);
		node_scope(node)->begins |= beginning;
		if (beginning || node->event_sub_process || node->for_compensation)
			check_reach(work, node);
	}
}

/* Each scope for itself: an unreachable sub-process is reported, and not all that it contains. */
static void check_reachable(struct model *model, struct process *process)
{
	struct check_work work = {0};
	check_reach_beginnings(&work, process);
	while (work.first) {
		const struct node *node = work.first;
		work.first = node->next_reached;
		check_reach_next(&work, node);
	}
	for (struct node *node = process->first_node; node; node = node->next) {
		if (!node->reached && node_scope(node)->begins)
			model_report(
				model, RULE_UNREACHABLE, node->element, "%s is never reached", model_name(model, node->element));
	}
}

/* Only where nothing else is wrong: a bad reference can make it look so. */
static void check_beginning(struct model *model, const struct element *element, const struct scope *scope)
{
	if (scope->node_count > 0 && !scope->begins && !element->process->broken)
		model_report(model, RULE_NO_BEGINNING, element, "%s has no node to begin with", model_name(model, element));
}

/* Nothing else can begin an event sub-process; without any node in it that is said already. */
static void check_event_sub_process(struct model *model, const struct node *node)
{
	if (node->event_sub_process && !node->refused && node->inner.node_count > 0 && node->inner.start_count == 0)
		model_report(model, RULE_EVENT_SUB_PROCESS_START, node->element, "the event sub-process %s has no start event",
			model_quote(model, node->element->id));
}

static void check_process_beginnings(struct model *model, struct process *process)
{
	check_beginning(model, process->element, &process->inner);
	for (struct node *node = process->first_node; node; node = node->next) {
		if (!node->container)
			continue;
		check_event_sub_process(model, node);
		check_beginning(model, node->element, &node->inner);
	}
}

static void (*const node_checks[])(struct model *model, struct node *node) = {
	check_node_id,
	check_node_content,
	check_node_boundary,
	model_check_activity,
	model_check_event,
	model_check_gateway,
};

static void (*const flow_checks[])(struct model *model, struct flow *flow) = {
	check_flow_id,
	check_flow_ends,
	check_flow_scope,
	check_flow_condition,
};

static void (*const process_checks[])(struct model *model, struct process *process) = {
	check_process_head,
	check_reachable,
	check_process_beginnings,
};

#define CHECK_ALL(checks, model, object) \
	for (size_t check = 0; check < sizeof(checks) / sizeof *(checks); check++) \
	(checks)[check]((model), (object))

static void check_process(struct model *model, struct process *process)
{
	for (struct node *node = process->first_node; node; node = node->next) {
		check_node_start(model, node);
		if (!node->refused)
			CHECK_ALL(node_checks, model, node);
	}
	for (struct flow *flow = process->first_flow; flow; flow = flow->next)
		CHECK_ALL(flow_checks, model, flow);
	CHECK_ALL(process_checks, model, process);
}

void model_check(struct model *model)
{
	if (!model->first_process)
		model_report(model, RULE_NO_PROCESS, model->root, "the file contains no process");
	for (struct process *process = model->first_process; process; process = process->next)
		check_process(model, process);
}
