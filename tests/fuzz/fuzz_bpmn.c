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

static void fuzz_graph(const struct graph *graph)
{
	if (!graph)
		return;
	for (int32_t i = 0; i < graph->node_count; i++)
		fuzz_node(graph, &graph->nodes[i]);
	for (int32_t i = 0; i < graph->flow_count; i++) {
		const struct graph_flow *flow = &graph->flows[i];
		fuzz_require(flow->source >= 0 && flow->source < graph->node_count);
		fuzz_require(flow->target >= 0 && flow->target < graph->node_count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bpmn_options options = {.compile_expr = fuzz_compile};
	struct err err = {0};
	struct bpmn_document *document = bpmn_read((struct str){(const char *)data, size}, &options, &err);
	if (!document) {
		fuzz_require(err.code != ERR_NONE && err.line > 0 && err.column > 0 && err.message[0]);
		return 0;
	}
	bool errors = false;
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
