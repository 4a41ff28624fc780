/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts that are compensated, and what compensates.
 */
#include "config.h"

#include "tests/engine/random_parts.h"

/* No conditions to wait for: nothing outside changes what a handler remembers. */
static void model_handler_sub_process(struct model *model, int handler)
{
	buf_printf(model->xml, "<subProcess id=\"n%d\" isForCompensation=\"true\">\n", handler);
	int first = model->nodes++;
	buf_printf(model->xml, "<startEvent id=\"n%d\"/>\n", first);
	model_last(model, model_compensated(model, first, NULL));
	buf_add_c(model->xml, "</subProcess>\n");
}

void model_handler(struct model *model, int activity)
{
	int event = model->nodes++, handler = model->nodes++;
	buf_printf(model->xml,
		"<boundaryEvent id=\"n%d\" attachedToRef=\"n%d\"><compensateEventDefinition/></boundaryEvent>\n", event,
		activity);
	buf_printf(model->xml,
		"<association id=\"a%d\" associationDirection=\"One\" sourceRef=\"n%d\" targetRef=\"n%d\"/>\n", event, event,
		handler);
	if (model_chance(model, 20))
		model_handler_sub_process(model, handler);
	else
		model_task(model, handler, " isForCompensation=\"true\"");
}

void model_compensation(struct model *model)
{
	if (!model_chance(model, 15))
		return;
	int node = model->nodes++, start = model->nodes++;
	buf_printf(model->xml,
		"<subProcess id=\"n%d\" triggeredByEvent=\"true\">\n"
		"<startEvent id=\"n%d\"><compensateEventDefinition/></startEvent>\n",
		node, start);
	model_last(model, model_blocks(model, start, NULL));
	buf_add_c(model->xml, "</subProcess>\n");
}

int model_compensated(struct model *model, int from, const char *condition)
{
	int node = model_next(model, from, condition);
	model_task(model, node, "");
	model_handler(model, node);
	if (!model_chance(model, 30))
		return node;
	int back = model_next(model, node, NULL);
	buf_printf(
		model->xml, "<intermediateThrowEvent id=\"n%d\"><compensateEventDefinition/></intermediateThrowEvent>\n", back);
	return back;
}

/* Behind its split, one way cancels it and the other does not; with an inclusive one both may be gone. */
static void model_transaction_content(struct model *model)
{
	int first = model->nodes++;
	buf_printf(model->xml, "<startEvent id=\"n%d\"/>\n", first);
	int split = model_next(model, model_blocks(model, model_compensated(model, first, NULL), NULL), NULL);
	int cancel = model_next(model, split, "${r % 2 == 0}");
	buf_printf(model->xml, "<endEvent id=\"n%d\"><cancelEventDefinition/></endEvent>\n", cancel);
	buf_printf(model->xml, "<%s id=\"n%d\" default=\"f%d\"/>\n",
		model_chance(model, 60) ? "exclusiveGateway" : "inclusiveGateway", split, model->flows);
	model_last(model, model_blocks(model, split, NULL));
	if (model_chance(model, 20))
		model_event_sub_process(model);
	model_compensation(model);
}

int model_transaction(struct model *model, int from, const char *condition)
{
	int node = model_next(model, from, condition);
	buf_printf(model->xml, "<transaction id=\"n%d\">\n", node);
	model_loops(model);
	model_transaction_content(model);
	int event = model->nodes++;
	buf_printf(model->xml,
		"</transaction>\n<boundaryEvent id=\"n%d\" attachedToRef=\"n%d\"><cancelEventDefinition/></boundaryEvent>\n",
		event, node);
	int merge = model_next(model, event, NULL);
	model_flow(model, node, merge, NULL);
	model_merge(model, merge);
	return merge;
}
