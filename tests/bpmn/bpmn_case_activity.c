/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptions of activities: loops, calls, data, listeners, compensation. What most of them do not have is not said.
 */
#include "config.h"

#include "tests/bpmn/bpmn_case_put.h"

void case_put_exprs(struct buf *out, const char *label, struct graph_exprs exprs)
{
	for (int32_t i = 0; i < exprs.count; i++)
		case_put_expr(out, label, exprs.items[i]);
}

void case_put_names(struct buf *out, const char *label, struct graph_names names)
{
	for (int32_t i = 0; i < names.count; i++)
		case_put_text(out, label, names.items[i]);
}

static void case_put_items(struct buf *out, const struct graph_items *items)
{
	buf_add_c(out, items->map ? " map(" : " list(");
	case_put_assignments(out, "", items->entries);
	buf_add_c(out, " )");
}

void case_put_assignments(struct buf *out, const char *label, struct graph_assignments list)
{
	for (int32_t i = 0; i < list.count; i++) {
		const struct graph_assignment *item = &list.items[i];
		buf_printf(out, " %s.%.*s%s", label, STR_ARG(item->target), item->local ? " local" : "");
		case_put_expr(out, item->required ? "required" : item->optional ? "optional" : "is", item->source);
		case_put_text(out, "javascript", item->javascript);
		if (item->items)
			case_put_items(out, item->items);
	}
}

static void case_put_loop_event(struct buf *out, const struct graph *graph, int32_t event)
{
	if (event == GRAPH_NONE)
		return;
	buf_add_c(out, " throws");
	case_put_event(out, &graph->events[event]);
}

static void case_put_loop(struct buf *out, const struct graph *graph, const struct graph_loop *loop)
{
	static const char *const kinds[] = {
		[LOOP_STANDARD] = "standard", [LOOP_PARALLEL] = "parallel", [LOOP_SEQUENTIAL] = "sequential"};
	static const char *const behaviors[] = {
		[LOOP_ALL] = "", [LOOP_NONE] = " none", [LOOP_ONE] = " one", [LOOP_COMPLEX] = " complex"};
	buf_printf(
		out, " loop=%s%s%s", kinds[loop->kind], loop->test_before ? " testBefore" : "", behaviors[loop->behavior]);
	case_put_expr(out, "while", loop->condition);
	if (loop->maximum != GRAPH_NONE)
		buf_printf(out, " maximum=%d", loop->maximum);
	case_put_expr(out, "cardinality", loop->cardinality);
	case_put_expr(out, "collection", loop->collection);
	case_put_text(out, "element", loop->element_variable);
	case_put_expr(out, "completion", loop->completion);
	case_put_text(out, "results", loop->output_collection);
	case_put_expr(out, "output", loop->output);
	case_put_loop_event(out, graph, loop->event);
	for (int32_t i = 0; i < loop->complex_event_count; i++) {
		case_put_expr(out, "if", loop->complex_events[i].condition);
		case_put_loop_event(out, graph, loop->complex_events[i].event);
	}
}

static void case_put_call(struct buf *out, const struct graph_call *call)
{
	static const char *const bindings[] = {[CALL_LATEST] = "latest",
		[CALL_DEPLOYMENT] = "deployment",
		[CALL_VERSION] = "version",
		[CALL_VERSION_TAG] = "versionTag"};
	case_put_expr(out, "calls", call->key);
	buf_printf(out, " %s", bindings[call->binding]);
	case_put_expr(out, "version", call->version);
	case_put_expr(out, "businessKey", call->business_key);
	buf_add_c(out, call->all_in ? " allIn" : "");
	case_put_assignments(out, "in", call->in);
	buf_add_c(out, call->all_out ? " allOut" : "");
	case_put_assignments(out, "out", call->out);
}

static void case_put_ad_hoc(struct buf *out, const struct graph_ad_hoc *ad_hoc)
{
	buf_printf(out, " adHoc=%s%s%s", ad_hoc->sequential ? "sequential" : "parallel", ad_hoc->manual ? " manual" : "",
		ad_hoc->cancel_remaining ? "" : " keepsRemaining");
	case_put_expr(out, "completion", ad_hoc->completion);
}

static void case_put_flags(struct buf *out, const struct graph_node *node)
{
	if (node->start_quantity != 1)
		buf_printf(out, " startQuantity=%d", node->start_quantity);
	if (node->completion_quantity != 1)
		buf_printf(out, " completionQuantity=%d", node->completion_quantity);
	if (node->for_compensation)
		buf_add_c(out, " forCompensation");
	if (node->compensation != GRAPH_NONE)
		buf_printf(out, " handler=%d", node->compensation);
	if (node->async_before)
		buf_add_c(out, " asyncBefore");
	if (node->async_after)
		buf_add_c(out, " asyncAfter");
}

void case_put_activity(struct buf *out, const struct graph *graph, const struct graph_node *node)
{
	case_put_flags(out, node);
	if (node->loop)
		case_put_loop(out, graph, node->loop);
	if (node->call)
		case_put_call(out, node->call);
	if (node->ad_hoc)
		case_put_ad_hoc(out, node->ad_hoc);
	case_put_names(out, "declares", node->declares);
	case_put_assignments(out, "input", node->inputs);
	case_put_assignments(out, "output", node->outputs);
	case_put_exprs(out, "startListener", node->start_listeners);
	case_put_exprs(out, "endListener", node->end_listeners);
}
