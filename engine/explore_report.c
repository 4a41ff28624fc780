/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings as diagnostics: each names its element, and the elements that were passed on the way.
 */
#include "config.h"

#include <stdlib.h>

#include "engine/explore_private.h"

/* Of a longer path the beginning and the end are shown. */
#define REPORT_PATH_BEGIN 2
#define REPORT_PATH_END 8
#define REPORT_ID_SHOWN 40

static void report_add_path(struct buf *buf, const struct graph *graph, const struct explore_finding *finding)
{
	size_t count = finding->path_count;
	for (size_t i = 0; i < count; i++) {
		bool left_out = i >= REPORT_PATH_BEGIN && i + REPORT_PATH_END < count;
		if (left_out && i > REPORT_PATH_BEGIN)
			continue;
		struct str id = str_utf8_prefix(graph->nodes[finding->path[i]].id, REPORT_ID_SHOWN);
		buf_printf(buf, "%s%.*s", i > 0 ? " > " : "", STR_ARG(left_out ? STR("...") : id));
	}
}

static struct str report_message(struct arena *arena, const struct graph *graph, const struct explore_finding *finding)
{
	const struct graph_node *node = &graph->nodes[finding->node];
	struct str kind = node_kind_name(node->kind), id = str_utf8_prefix(node->id, REPORT_ID_SHOWN);
	struct buf buf;
	buf_init(&buf, SIZE_MAX);
	if (finding->rule == RULE_TOKENS_CAN_MEET)
		buf_printf(&buf, "two tokens can meet at %.*s '%.*s', after ", STR_ARG(kind), STR_ARG(id));
	else if (finding->rule == RULE_JOIN_CAN_WAIT)
		buf_printf(&buf, "%.*s '%.*s' can wait for ever, after ", STR_ARG(kind), STR_ARG(id));
	else
		buf_printf(&buf, "%.*s '%.*s' can never be reached", STR_ARG(kind), STR_ARG(id));
	report_add_path(&buf, graph, finding);
	struct str message = arena_str(arena, buf_str(&buf));
	buf_free(&buf);
	return message;
}

static size_t report_process(
	struct bpmn_document *document, const struct graph *graph, struct arena *arena, int64_t *work)
{
	struct exploration found;
	explore_graph(graph, arena, work, &found);
	size_t count = found.findings.len;
	for (size_t i = 0; i < count; i++) {
		const struct explore_finding *finding = &found.findings.items[i];
		rule_report(document, finding->rule, &graph->nodes[finding->node], report_message(arena, graph, finding));
	}
	vec_free(&found.findings);
	return count;
}

void explore_document(struct bpmn_document *document)
{
	struct arena *arena = arena_new();
	int64_t work = EXPLORE_WORK_MAX;
	size_t reported = 0;
	for (size_t i = 0; i < document->graph_count && !document->has_errors; i++) {
		const struct graph *graph = document->graphs[i];
		if (graph && graph->executable && reported < EXPLORE_FINDINGS_MAX)
			reported += report_process(document, graph, arena, &work);
		arena_reset(arena);
	}
	arena_free(arena);
}
