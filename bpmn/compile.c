/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 4: a process of the model -> its graph. What nodes and flows carry (expressions, timers, work) is compiled even
 * when the process has errors already, so that its errors are reported too; the graph is then dropped.
 */
#include "config.h"

#include "bpmn/compile.h"

#include "bpmn/expression.h"

static struct str compile_documentation(struct model *model, const struct element *element)
{
	return arena_str(model->keep, expression_of_content(element_child(element, SPACE_BPMN, "documentation")).text);
}

static struct str compile_lane(struct model *model, const struct element *lane)
{
	return lane ? arena_str(model->keep, lane->label.len ? lane->label : lane->id) : (struct str){0};
}

static const struct expr *compile_activation(struct model *model, const struct node *node)
{
	struct expression_text text =
		expression_of_content(element_child(node->element, SPACE_BPMN, "activationCondition"));
	bool judged = text.text.len > 0 && expression_language_fits(model, &text);
	return judged ? expression_compile(model, &text, EXPRESSION_CONDITION) : NULL;
}

static const struct graph_event_gateway *compile_event_gateway(struct model *model, const struct node *node)
{
	struct graph_event_gateway *gateway = arena_new_object(model->keep, struct graph_event_gateway);
	*gateway = (struct graph_event_gateway){.instantiate = node->instantiates, .parallel = node->parallel};
	return gateway;
}

/* What the kind of node carries beside its place in the graph. */
void compile_content(struct model *model, const struct node *node, struct graph_node *out)
{
	switch (node->kind) {
	case NODE_USER_TASK:
		out->user = compile_user_task(model, node, out);
		out->form = compile_form(model, node->element);
		break;
	case NODE_START_EVENT:
		if (node->process->inner.start == node)
			out->form = compile_form(model, node->element);
		break;
	case NODE_SEND_TASK:
		if (!node->first_definition)
			compile_work(model, node, node->element, out);
		break;
	case NODE_COMPLEX_GATEWAY:
		out->activation = compile_activation(model, node);
		break;
	case NODE_EVENT_BASED_GATEWAY:
		out->event_gateway = compile_event_gateway(model, node);
		break;
	case NODE_SERVICE_TASK:
	case NODE_BUSINESS_RULE_TASK:
		compile_work(model, node, node->element, out);
		break;
	case NODE_SCRIPT_TASK:
		compile_script_task(model, node, out);
		break;
	case NODE_CALL_ACTIVITY:
		compile_call(model, node, out);
		break;
	case NODE_AD_HOC_SUB_PROCESS:
		out->ad_hoc = compile_ad_hoc(model, node);
		break;
	case NODE_END_EVENT:
	case NODE_INTERMEDIATE_CATCH_EVENT:
	case NODE_INTERMEDIATE_THROW_EVENT:
	case NODE_BOUNDARY_EVENT:
	case NODE_EXCLUSIVE_GATEWAY:
	case NODE_INCLUSIVE_GATEWAY:
	case NODE_PARALLEL_GATEWAY:
	case NODE_RECEIVE_TASK:
	case NODE_TRANSACTION:
	case NODE_TASK:
	case NODE_MANUAL_TASK:
	case NODE_SUB_PROCESS:
	case NODE_KIND_COUNT:
		break;
	}
}

static int32_t compile_compensation(const struct scope *scope)
{
	return scope->compensation ? scope->compensation->index : GRAPH_NONE;
}

static void compile_node(struct model *model, struct node *node, struct graph_node *out)
{
	const struct element *element = node->element;
	*out = (struct graph_node){
		.kind = node->kind,
		.id = arena_str(model->keep, element->id),
		.name = arena_str(model->keep, element->label),
		.documentation = compile_documentation(model, element),
		.lane = compile_lane(model, node->lane),
		.line = element->line,
		.column = element->column,
		.scope = node->around ? node->around->index : GRAPH_NONE,
		.default_flow = node->default_flow ? node->default_flow->index : GRAPH_NONE,
		.attached_to = node->attached_to ? node->attached_to->index : GRAPH_NONE,
		.start = node->inner.start ? node->inner.start->index : GRAPH_NONE,
		.event = GRAPH_NONE,
		.parallel_multiple = node->parallel && node->kind != NODE_EVENT_BASED_GATEWAY,
		.instantiates = node->instantiates && node->kind == NODE_RECEIVE_TASK,
		.start_quantity = 1,
		.completion_quantity = 1,
		.compensation = GRAPH_NONE,
		.compensation_event_sub_process = compile_compensation(&node->inner),
		.interrupting = node->interrupting,
		.event_sub_process = node->event_sub_process,
	};
	if (!node->refused) {
		compile_content(model, node, out);
		compile_parts(model, node, out);
	}
	if (node->process->executable)
		extension_check(model, element);
}

static const struct expr *compile_condition(struct model *model, const struct flow *flow)
{
	const struct node *source = flow->source;
	bool ignored = source && (source->kind == NODE_PARALLEL_GATEWAY || source->kind == NODE_EVENT_BASED_GATEWAY ||
								 source->default_flow == flow);
	if (!flow->condition || ignored || !flow->element->process->executable)
		return NULL;
	struct expression_text text = expression_of_content(flow->condition);
	if (text.text.len == 0) {
		model_report(model, RULE_EXPRESSION_INVALID, flow->condition, "the condition of %s is empty",
			model_name(model, flow->element));
		return NULL;
	}
	return expression_language_fits(model, &text) ? expression_compile(model, &text, EXPRESSION_CONDITION) : NULL;
}

static void compile_flow(struct model *model, const struct flow *flow, struct graph_flow *out)
{
	*out = (struct graph_flow){
		.id = arena_str(model->keep, flow->element->id),
		.name = arena_str(model->keep, flow->element->label),
		.source = flow->source ? flow->source->index : GRAPH_NONE,
		.target = flow->target ? flow->target->index : GRAPH_NONE,
		.condition = compile_condition(model, flow),
		.listeners = compile_flow_listeners(model, flow->element),
	};
	if (flow->element->process->executable)
		extension_check(model, flow->element);
}

static struct graph_links compile_event_sub_processes(const struct scope *scope, int32_t *links, int32_t *count)
{
	struct graph_links slice = {*count, scope->event_sub_process_count};
	for (const struct node *node = scope->first_event_sub_process; node; node = node->next_event_sub_process)
		links[(*count)++] = node->index;
	return slice;
}

/* The node begins an instance when its event comes. */
static bool compile_is_event_start(const struct node *node)
{
	if (node->kind == NODE_START_EVENT)
		return !node->around && node->definition_count > 0;
	if (node->kind == NODE_RECEIVE_TASK && node->instantiates)
		return true;
	const struct node *before = node->first_incoming ? node->first_incoming->source : NULL;
	return before && before->kind == NODE_EVENT_BASED_GATEWAY && before->instantiates;
}

static struct graph_links compile_event_starts(const struct process *process, int32_t *links, int32_t *count)
{
	struct graph_links slice = {.first = *count};
	for (const struct node *node = process->first_node; node; node = node->next) {
		if (compile_is_event_start(node))
			links[(*count)++] = node->index;
	}
	slice.count = *count - slice.first;
	return slice;
}

/* Each flow is in two slices; each node in one at most (a boundary event, an event sub-process, an event start). */
static void compile_links(struct model *model, struct process *process, struct graph *graph, struct graph_node *nodes)
{
	int32_t *links =
		arena_array(model->keep, 2 * (size_t)process->flow_count + (size_t)process->node_count, sizeof *links);
	int32_t count = 0;
	for (const struct node *node = process->first_node; node; node = node->next) {
		struct graph_node *out = &nodes[node->index];
		out->incoming = (struct graph_links){count, node->incoming_count};
		for (const struct flow *flow = node->first_incoming; flow; flow = flow->next_incoming)
			links[count++] = flow->index;
		out->outgoing = (struct graph_links){count, node->outgoing_count};
		for (const struct flow *flow = node->first_outgoing; flow; flow = flow->next_outgoing)
			links[count++] = flow->index;
		out->boundary = (struct graph_links){count, node->boundary_count};
		for (const struct node *event = node->first_boundary; event; event = event->next_boundary)
			links[count++] = event->index;
		out->event_sub_processes = compile_event_sub_processes(&node->inner, links, &count);
		graph->late_joins |= node->kind == NODE_INCLUSIVE_GATEWAY || node->kind == NODE_COMPLEX_GATEWAY;
	}
	graph->event_sub_processes = compile_event_sub_processes(&process->inner, links, &count);
	graph->event_starts = compile_event_starts(process, links, &count);
	graph->links = links;
	graph->link_count = count;
}

static struct str compile_version_tag(struct model *model, const struct element *element)
{
	struct str tag = element_attribute(element, SPACE_BPMND, "versionTag");
	if (tag.len == 0)
		tag = element_attribute(element, SPACE_CAMUNDA, "versionTag");
	const struct element *zeebe = element_extension(element, SPACE_ZEEBE, "versionTag");
	if (tag.len == 0 && zeebe)
		tag = element_attribute(zeebe, SPACE_NONE, "value");
	return arena_str(model->keep, tag);
}

static void compile_arrays(struct model *model, struct process *process, struct graph *graph)
{
	struct graph_node *nodes = arena_array(model->keep, (size_t)process->node_count, sizeof *nodes);
	struct graph_flow *flows = arena_array(model->keep, (size_t)process->flow_count, sizeof *flows);
	for (struct node *node = process->first_node; node; node = node->next) {
		compile_node(model, node, &nodes[node->index]);
		compile_events(model, node, &nodes[node->index]);
	}
	for (const struct flow *flow = process->first_flow; flow; flow = flow->next)
		compile_flow(model, flow, &flows[flow->index]);
	if (process->broken)
		return;
	compile_links(model, process, graph, nodes);
	graph->nodes = nodes;
	graph->node_count = process->node_count;
	graph->flows = flows;
	graph->flow_count = process->flow_count;
	graph->events = arena_copy(model->keep, model->events.items, model->events.len * sizeof *model->events.items);
	graph->event_count = (int32_t)model->events.len;
	graph->compensation_event_sub_process = compile_compensation(&process->inner);
	graph->start = process->inner.start ? process->inner.start->index : GRAPH_NONE;
}

struct graph *model_compile(struct model *model, struct process *process)
{
	const struct element *element = process->element;
	struct graph *graph = arena_new_object(model->keep, struct graph);
	*graph = (struct graph){
		.key = arena_str(model->keep, element->id),
		.name = arena_str(model->keep, element->label),
		.version_tag = compile_version_tag(model, element),
		.executable = process->executable,
		.line = element->line,
		.column = element->column,
		.start = GRAPH_NONE,
		.compensation_event_sub_process = GRAPH_NONE,
	};
	model->process = process;
	compile_subscriptions(model, process);
	if (process->executable)
		extension_check(model, element);
	compile_process_parts(model, process, graph);
	compile_arrays(model, process, graph);
	vec_clear(&model->events);
	model->process = NULL;
	return process->executable && process->broken ? NULL : graph;
}
