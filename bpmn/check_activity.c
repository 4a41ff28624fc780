/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 3, activities: compensation handlers, ad-hoc sub-processes and transactions. Loops, calls and data are judged
 * where they are compiled.
 */
#include "config.h"

#include "bpmn/model.h"

static void check_handler(struct model *model, struct node *node)
{
	if (!node->for_compensation)
		return;
	if (node->incoming_count > 0 || node->outgoing_count > 0)
		model_report(model, RULE_COMPENSATION_FLOWS, node->element, "sequence flows lead to or from %s",
			model_name(model, node->element));
	if (!node->compensates)
		model_report(
			model, RULE_COMPENSATION_UNUSED, node->element, "%s compensates nothing", model_name(model, node->element));
}

static void check_handled(struct model *model, struct node *node)
{
	bool compensates = node->kind == NODE_BOUNDARY_EVENT && node_definition(node, EVENT_COMPENSATE);
	if (compensates && !node->compensation && node->process->executable)
		model_report(model, RULE_COMPENSATION_HANDLER, node->element, "%s has no compensation handler",
			model_name(model, node->element));
}

/* Nothing else can begin it than activities (10.3.5); event sub-processes wait beside them. */
static void check_in_ad_hoc(struct model *model, struct node *node)
{
	if (!node->around || node->around->kind != NODE_AD_HOC_SUB_PROCESS || node->activity)
		return;
	bool begins = node->incoming_count == 0 && node->kind != NODE_BOUNDARY_EVENT;
	if (node->kind == NODE_END_EVENT || begins)
		model_report(model, RULE_AD_HOC_CONTENT, node->element, "%s cannot %s %s", model_name(model, node->element),
			node->kind == NODE_END_EVENT ? "end" : "begin", model_name(model, node->around->element));
}

static void check_transaction(struct model *model, struct node *node)
{
	struct str method = element_attribute(node->element, SPACE_NONE, "method");
	if (node->kind == NODE_TRANSACTION && method.len > 0 && !str_equal_c(method, "##Compensate"))
		model_report(model, RULE_TRANSACTION_METHOD, node->element, "the method %s of %s has no effect",
			model_quote(model, method), model_name(model, node->element));
}

void model_check_activity(struct model *model, struct node *node)
{
	check_handler(model, node);
	check_handled(model, node);
	check_in_ad_hoc(model, node);
	check_transaction(model, node);
}
