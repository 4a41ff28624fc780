/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and look-ups of the graph. The engine works by index; these are for those who show it.
 */
#include "config.h"

#include "bpmn/graph.h"

#include <stddef.h>

struct str node_kind_name(enum node_kind kind)
{
	static const struct str names[NODE_KIND_COUNT] = {
#define X(constant, text) [NODE_##constant] = STR_INIT(text),
#include "bpmn/node_kind.def" /* IWYU pragma: keep */
#undef X
	};
	return kind < NODE_KIND_COUNT ? names[kind] : (struct str){0};
}

const struct graph_event *graph_event(const struct graph *graph, int32_t node)
{
	int32_t event = graph->nodes[node].event;
	return event == GRAPH_NONE ? NULL : &graph->events[event];
}

const struct graph_event *graph_event_of(const struct graph *graph, int32_t node, enum event_kind kind)
{
	const struct graph_event *first = graph_event(graph, node);
	for (int32_t i = 0; first && i < graph->nodes[node].event_count; i++) {
		if (first[i].kind == kind)
			return &first[i];
	}
	return NULL;
}

bool graph_has_event(const struct graph *graph, int32_t node, enum event_kind kind)
{
	return graph_event_of(graph, node, kind) != NULL;
}

bool graph_has_script(const struct graph_assignments *mappings)
{
	for (int32_t i = 0; i < mappings->count; i++)
		if (mappings->items[i].javascript.len > 0)
			return true;
	return false;
}

int32_t graph_find_node(const struct graph *graph, struct str id)
{
	for (int32_t i = 0; i < graph->node_count; i++) {
		if (str_equal(graph->nodes[i].id, id))
			return i;
	}
	return GRAPH_NONE;
}
