/* SPDX-License-Identifier: Apache-2.0
 *
 * The processes of all diagrams, and what of them was reached.
 */
#include "config.h"

#include <stdlib.h>

#include "api/try.h"

void try_processes_init(struct try_processes *processes)
{
	*processes = (struct try_processes){.arena = arena_new()};
}

void try_processes_free(struct try_processes *processes)
{
	for (size_t i = 0; i < processes->documents.len; i++)
		bpmn_document_free(processes->documents.items[i]);
	vec_free(&processes->documents);
	vec_free(&processes->list);
	arena_free(processes->arena);
}

static bool try_process_print_errors(const char *file, const struct bpmn_document *document)
{
	for (size_t i = 0; i < document->diagnostic_count; i++) {
		const struct diagnostic *diagnostic = &document->diagnostics[i];
		if (diagnostic->severity == DIAGNOSTIC_ERROR)
			printf("%s:%d:%d: error: %.*s\n", file, diagnostic->line, diagnostic->column, STR_ARG(diagnostic->message));
	}
	return false;
}

static bool try_process_add(struct try_processes *processes, const char *file, const struct graph *graph)
{
	if (try_process_find(processes, graph->key) != GRAPH_NONE) {
		printf(
			"%s:%d:%d: error: there are two processes %.*s\n", file, graph->line, graph->column, STR_ARG(graph->key));
		return false;
	}
	*vec_push(&processes->list) = (struct try_process){
		.graph = graph,
		.file = file,
		.nodes = arena_array(processes->arena, (size_t)graph->node_count, sizeof(bool)),
		.flows = arena_array(processes->arena, (size_t)graph->flow_count, sizeof(bool)),
	};
	return true;
}

bool try_processes_add(struct try_processes *processes, const char *file, struct str xml)
{
	struct err err = {0};
	struct bpmn_document *document = bpmn_read(xml, &(struct bpmn_options){.compile_expr = engine_compile_expr}, &err);
	bool good = true;
	if (!document) {
		printf("%s:%d:%d: error: %s\n", file, err.line, err.column, err.message);
		return false;
	}
	vec_add(&processes->documents, document);
	if (document->has_errors)
		return try_process_print_errors(file, document);
	for (size_t i = 0; i < document->graph_count && good; i++)
		if (document->graphs[i] && document->graphs[i]->executable)
			good = try_process_add(processes, file, document->graphs[i]);
	return good;
}

int32_t try_process_find(const struct try_processes *processes, struct str key)
{
	for (size_t i = 0; i < processes->list.len; i++)
		if (str_equal(processes->list.items[i].graph->key, key))
			return (int32_t)i;
	return GRAPH_NONE;
}

bool try_process_knows(const struct try_processes *processes, struct str element)
{
	for (size_t i = 0; i < processes->list.len; i++)
		if (graph_find_node(processes->list.items[i].graph, element) != GRAPH_NONE)
			return true;
	return false;
}

/* No token enters a compensate boundary event: it has been of use when its handler has begun. */
static void try_saw_handler(const struct try_process *process, int32_t handler)
{
	const struct graph *graph = process->graph;
	for (int32_t i = 0; i < graph->node_count; i++) {
		const struct graph_node *node = &graph->nodes[i];
		for (int32_t k = 0; k < node->boundary.count && node->compensation == handler; k++) {
			int32_t event = graph->links[node->boundary.first + k];
			process->nodes[event] |= graph_has_event(graph, event, EVENT_COMPENSATE);
		}
	}
}

void try_process_saw(struct try_processes *processes, const struct graph *graph, int32_t node, int32_t flow)
{
	for (size_t i = 0; i < processes->list.len; i++) {
		const struct try_process *process = &processes->list.items[i];
		if (process->graph != graph)
			continue;
		if (node != GRAPH_NONE) {
			process->nodes[node] = true;
			try_saw_handler(process, node);
		}
		if (flow != GRAPH_NONE)
			process->flows[flow] = true;
	}
}

/* ---- coverage ---- */

static int32_t try_count(const bool *seen, int32_t count)
{
	int32_t sum = 0;
	for (int32_t i = 0; i < count; i++)
		sum += seen[i];
	return sum;
}

static void try_print_share(const char *what, int32_t seen, int32_t all)
{
	printf("%d of %d %s (%d %%)", seen, all, what, all > 0 ? (int)(INT64_C(100) * seen / all) : 100);
}

static void try_print_missed(const struct try_process *process)
{
	const struct graph *graph = process->graph;
	for (int32_t i = 0; i < graph->node_count; i++) {
		const struct graph_node *node = &graph->nodes[i];
		if (!process->nodes[i])
			printf("  %s:%d: never reached: %.*s %.*s\n", process->file, node->line,
				STR_ARG(node_kind_name(node->kind)), STR_ARG(node->id));
	}
	for (int32_t i = 0; i < graph->flow_count; i++) {
		const struct graph_flow *flow = &graph->flows[i];
		if (!process->flows[i])
			printf("  %s:%d: never taken: flow %.*s from %.*s to %.*s\n", process->file,
				graph->nodes[flow->source].line, STR_ARG(flow->id), STR_ARG(graph->nodes[flow->source].id),
				STR_ARG(graph->nodes[flow->target].id));
	}
}

void try_processes_print(const struct try_processes *processes, bool each)
{
	int32_t nodes = 0, nodes_seen = 0, flows = 0, flows_seen = 0;
	for (size_t i = 0; i < processes->list.len; i++) {
		const struct try_process *process = &processes->list.items[i];
		nodes += process->graph->node_count;
		nodes_seen += try_count(process->nodes, process->graph->node_count);
		flows += process->graph->flow_count;
		flows_seen += try_count(process->flows, process->graph->flow_count);
	}
	printf("coverage: ");
	try_print_share("flows", flows_seen, flows);
	printf(", ");
	try_print_share("elements", nodes_seen, nodes);
	putchar('\n');
	for (size_t i = 0; i < processes->list.len && each; i++)
		try_print_missed(&processes->list.items[i]);
}
