/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a diagram: they are refused with a message, or give a document whose indexes all lie within its arrays
 * and whose diagnostics have a rule, a message and a place.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "bpmn/bpmn.h"
#include "engine/expr/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct expr *fuzz_compile(struct arena *arena, struct str text, int form, struct err *err)
{
	return expr_compile(arena, text, (enum expr_form)form, err);
}

static void fuzz_require(bool good)
{
	if (!good)
		abort();
}

static void fuzz_links(const struct graph *graph, struct graph_links links, int32_t limit)
{
	fuzz_require(links.first >= 0 && links.count >= 0 && links.first + links.count <= graph->link_count);
	for (int32_t i = 0; i < links.count; i++)
		fuzz_require(graph->links[links.first + i] >= 0 && graph->links[links.first + i] < limit);
}

static void fuzz_node(const struct graph *graph, const struct graph_node *node)
{
	fuzz_require(node->kind < NODE_KIND_COUNT && node->id.len > 0);
	fuzz_require(node->scope >= GRAPH_NONE && node->scope < graph->node_count);
	fuzz_require(node->start >= GRAPH_NONE && node->start < graph->node_count);
	fuzz_require(node->attached_to >= GRAPH_NONE && node->attached_to < graph->node_count);
	fuzz_require(node->default_flow >= GRAPH_NONE && node->default_flow < graph->flow_count);
	fuzz_links(graph, node->incoming, graph->flow_count);
	fuzz_links(graph, node->outgoing, graph->flow_count);
	fuzz_links(graph, node->boundary, graph->node_count);
}

static void fuzz_index(int32_t index, int32_t limit)
{
	fuzz_require(index >= GRAPH_NONE && index < limit);
}

/* Nothing that the engine asks for is missing from a graph that it may run. */
static void fuzz_event(const struct graph *graph, const struct graph_event *event)
{
	fuzz_require(event->kind < EVENT_KIND_COUNT && event->node >= 0 && event->node < graph->node_count);
	fuzz_index(event->link_target, graph->node_count);
	fuzz_index(event->activity, graph->node_count);
	if (!graph->executable)
		return;
	bool named = event->kind == EVENT_MESSAGE || event->kind == EVENT_SIGNAL;
	const struct graph_node *node = &graph->nodes[event->node];
	fuzz_require(!named || event->name || node->job || node->script);
	fuzz_require(event->kind != EVENT_TIMER || event->timer.value);
	fuzz_require(event->kind != EVENT_CONDITIONAL || event->condition);
	for (int32_t i = 0; i < event->correlation.count; i++)
		fuzz_require(event->correlation.items[i].target.len > 0 && event->correlation.items[i].source);
}

static void fuzz_events(const struct graph *graph)
{
	for (int32_t i = 0; i < graph->event_count; i++)
		fuzz_event(graph, &graph->events[i]);
	for (int32_t i = 0; i < graph->node_count; i++) {
		const struct graph_node *node = &graph->nodes[i];
		fuzz_require(node->event_count == 0 || node->event >= 0);
		fuzz_require(node->event_count == 0 || node->event + node->event_count <= graph->event_count);
		fuzz_require(node->kind != NODE_EVENT_BASED_GATEWAY || node->event_gateway);
		fuzz_index(node->compensation_event_sub_process, graph->node_count);
	}
	fuzz_links(graph, graph->event_starts, graph->node_count);
	fuzz_links(graph, graph->event_sub_processes, graph->node_count);
	fuzz_index(graph->compensation_event_sub_process, graph->node_count);
	fuzz_index(graph->start, graph->node_count);
}

static void fuzz_assignments(struct graph_assignments list)
{
	for (int32_t i = 0; i < list.count; i++)
		fuzz_require(list.items[i].target.len > 0 &&
					 (list.items[i].source || list.items[i].items || list.items[i].javascript.len > 0));
}

static void fuzz_exprs(struct graph_exprs exprs)
{
	for (int32_t i = 0; i < exprs.count; i++)
		fuzz_require(exprs.items[i]);
}

static void fuzz_loop(const struct graph *graph, const struct graph_loop *loop)
{
	fuzz_index(loop->event, graph->event_count);
	fuzz_require(loop->kind == LOOP_STANDARD || loop->cardinality || loop->collection);
	fuzz_require((loop->output_collection.len > 0) == (loop->output != NULL));
	for (int32_t i = 0; i < loop->complex_event_count; i++) {
		fuzz_require(loop->complex_events[i].condition);
		fuzz_index(loop->complex_events[i].event, graph->event_count);
	}
}

static void fuzz_call(const struct graph_call *call)
{
	fuzz_require(call->key && (call->version || call->binding < CALL_VERSION));
	fuzz_assignments(call->in);
	fuzz_assignments(call->out);
}

static void fuzz_activity(const struct graph *graph, const struct graph_node *node)
{
	bool works = node->kind == NODE_SERVICE_TASK || node->kind == NODE_BUSINESS_RULE_TASK;
	fuzz_index(node->compensation, graph->node_count);
	if (!graph->executable)
		return;
	fuzz_require(!works || node->job || node->script);
	fuzz_require(!node->job || node->job->type);
	fuzz_require(!node->script || node->script->program || node->script->javascript.len > 0);
	fuzz_require((node->kind == NODE_CALL_ACTIVITY) == (node->call != NULL));
	fuzz_require((node->kind == NODE_AD_HOC_SUB_PROCESS) == (node->ad_hoc != NULL));
	fuzz_require(node->start_quantity > 0 && node->completion_quantity > 0);
	if (node->loop)
		fuzz_loop(graph, node->loop);
	if (node->call)
		fuzz_call(node->call);
	fuzz_assignments(node->inputs);
	fuzz_assignments(node->outputs);
	fuzz_exprs(node->start_listeners);
	fuzz_exprs(node->end_listeners);
	fuzz_require(node->declares.count == 0 || node->declares.items[0].len > 0);
}

static void fuzz_graph(const struct graph *graph)
{
	if (!graph)
		return;
	for (int32_t i = 0; i < graph->node_count; i++) {
		fuzz_node(graph, &graph->nodes[i]);
		fuzz_activity(graph, &graph->nodes[i]);
	}
	fuzz_events(graph);
	for (int32_t i = 0; i < graph->flow_count; i++) {
		const struct graph_flow *flow = &graph->flows[i];
		fuzz_require(flow->source >= 0 && flow->source < graph->node_count);
		fuzz_require(flow->target >= 0 && flow->target < graph->node_count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bpmn_options options = {.compile_expr = fuzz_compile, .survey = true};
	struct err err = {0};
	struct bpmn_document *document = bpmn_read((struct str){(const char *)data, size}, &options, &err);
	if (!document) {
		fuzz_require(err.code != ERR_NONE && err.line > 0 && err.column > 0 && err.message[0]);
		return 0;
	}
	bool errors = false;
	for (size_t i = 0; i < document->word_count; i++)
		fuzz_require(document->words[i].fate < BPMN_FATE_COUNT && document->words[i].line > 0);
	for (size_t i = 0; i < document->diagnostic_count; i++) {
		const struct diagnostic *diagnostic = &document->diagnostics[i];
		fuzz_require(diagnostic->rule.len > 0 && diagnostic->message.len > 0);
		fuzz_require(diagnostic->line > 0 && diagnostic->column > 0);
		errors |= diagnostic->severity == DIAGNOSTIC_ERROR;
	}
	fuzz_require(document->has_errors || !errors);
	for (size_t i = 0; i < document->graph_count; i++)
		fuzz_graph(document->graphs[i]);
	bpmn_document_free(document);
	return 0;
}
