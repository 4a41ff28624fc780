/* SPDX-License-Identifier: Apache-2.0
 *
 * What a node carries whatever its kind: quantities, loop, compensation, data, mappings, listeners, and where it waits
 * for a job of its own. And ad-hoc sub-processes.
 */
#include "config.h"

#include "bpmn/compile.h"
#include "bpmn/expression.h"

static int32_t activity_quantity(struct model *model, const struct element *element, const char *name)
{
	struct expression_text text = expression_of_attribute(element, SPACE_NONE, name);
	int64_t number = 1;
	if (text.text.len == 0)
		return 1;
	if (str_to_int64(text.text, &number) && number >= 1 && number <= INT32_MAX)
		return (int32_t)number;
	expression_report(model, RULE_INVALID_ATTRIBUTE, &text, 0,
		arena_printf(model->arena, "%s of %s must be a number from 1", name, model_name(model, element)).ptr);
	return 1;
}

static bool activity_flag(struct model *model, const struct element *element, const char *name)
{
	struct str own = element_attribute(element, SPACE_BPMND, name);
	if (own.len > 0 && !str_equal_c(own, "true") && !str_equal_c(own, "false"))
		model_report(model, RULE_INVALID_ATTRIBUTE, element, "bpmnd:%s of %s must be true or false", name,
			model_name(model, element));
	return str_equal_c(expression_of_own(element, name).text, "true");
}

static void activity_data(struct model *model, const struct node *node, struct graph_node *out)
{
	assignment_list inputs = {0};
	assignment_list outputs = {0};
	compile_data(model, node, &inputs, &outputs);
	compile_mappings(model, node, &inputs, &outputs);
	compile_call_data(model, node, &inputs, &outputs);
	out->inputs = compile_assignments(model, &inputs);
	out->outputs = compile_assignments(model, &outputs);
	out->declares = compile_node_declares(model, node);
}

const struct graph_ad_hoc *compile_ad_hoc(struct model *model, const struct node *node)
{
	const struct element *element = node->element;
	struct graph_ad_hoc *ad_hoc = arena_new_object(model->keep, struct graph_ad_hoc);
	struct str ordering = element_attribute(element, SPACE_NONE, "ordering");
	struct str start = element_attribute(element, SPACE_BPMND, "start");
	struct expression_text completion =
		expression_of_content(element_child(element, SPACE_BPMN, "completionCondition"));
	ad_hoc->sequential = str_equal_c(ordering, "Sequential");
	ad_hoc->manual = str_equal_c(start, "manual");
	ad_hoc->cancel_remaining = element_boolean(model, element, "cancelRemainingInstances", true);
	if (ordering.len > 0 && !ad_hoc->sequential && !str_equal_c(ordering, "Parallel"))
		model_report(model, RULE_INVALID_ATTRIBUTE, element, "ordering of %s must be Parallel or Sequential",
			model_name(model, element));
	if (start.len > 0 && !ad_hoc->manual)
		model_report(
			model, RULE_INVALID_ATTRIBUTE, element, "bpmnd:start of %s must be manual", model_name(model, element));
	if (completion.text.len > 0 && expression_language_fits(model, &completion))
		ad_hoc->completion = expression_compile(model, &completion, EXPRESSION_CONDITION);
	return ad_hoc;
}

void compile_parts(struct model *model, struct node *node, struct graph_node *out)
{
	const struct element *element = node->element;
	if (node->activity) {
		out->start_quantity = activity_quantity(model, element, "startQuantity");
		out->completion_quantity = activity_quantity(model, element, "completionQuantity");
		out->for_compensation = node->for_compensation;
		out->compensation = node->compensation ? node->compensation->index : GRAPH_NONE;
	}
	if (node->loop && !node->loop->closed)
		out->loop = compile_loop(model, node);
	activity_data(model, node, out);
	out->async_before = activity_flag(model, element, "asyncBefore") || activity_flag(model, element, "async");
	out->async_after = activity_flag(model, element, "asyncAfter");
	out->start_listeners = compile_start_listeners(model, element);
	out->end_listeners = compile_end_listeners(model, element);
}

void compile_process_parts(struct model *model, const struct process *process, struct graph *graph)
{
	const struct node *start = process->inner.start;
	if (start)
		graph->initiator = arena_str(model->keep, expression_of_own(start->element, "initiator").text);
	graph->declares = compile_declares(model, process->element);
	graph->start_listeners = compile_start_listeners(model, process->element);
	graph->end_listeners = compile_end_listeners(model, process->element);
}
