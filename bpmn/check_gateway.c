/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 3, gateways (10.6): their flows and the conditions on them, what may stand behind an event-based gateway, and
 * what may begin a process without a start event.
 */
#include "config.h"

#include "bpmn/model.h"

static bool check_is_gateway(const struct node *node)
{
	static const bool gateways[NODE_KIND_COUNT] = {
		[NODE_EXCLUSIVE_GATEWAY] = true,
		[NODE_INCLUSIVE_GATEWAY] = true,
		[NODE_PARALLEL_GATEWAY] = true,
		[NODE_COMPLEX_GATEWAY] = true,
		[NODE_EVENT_BASED_GATEWAY] = true,
	};
	return gateways[node->kind];
}

static void check_outgoing(struct model *model, struct node *node)
{
	if (node->outgoing_count == 0)
		model_report(model, RULE_GATEWAY_WITHOUT_OUTGOING, node->element, "%s has no outgoing sequence flow",
			model_name(model, node->element));
	else if (node->kind == NODE_EVENT_BASED_GATEWAY && node->outgoing_count == 1)
		model_report(model, RULE_EVENT_GATEWAY_FLOWS, node->element, "%s has only one outgoing sequence flow",
			model_name(model, node->element));
}

/* An exclusive gateway would never look at the flows behind it; inclusive and complex ones can take it always. */
static void check_conditions(struct model *model, struct node *node)
{
	bool exclusive = node->kind == NODE_EXCLUSIVE_GATEWAY;
	bool asks = exclusive || node->kind == NODE_INCLUSIVE_GATEWAY || node->kind == NODE_COMPLEX_GATEWAY;
	if (!asks || node->outgoing_count < 2)
		return;
	for (struct flow *flow = node->first_outgoing; flow; flow = flow->next_outgoing) {
		if (!flow->condition && flow != node->default_flow)
			model_report(model, exclusive ? RULE_FLOW_WITHOUT_CONDITION : RULE_FLOW_ALWAYS_TAKEN, flow->element,
				"%s leaves %s without a condition", model_name(model, flow->element), model_name(model, node->element));
	}
}

static void check_direction(struct model *model, struct node *node)
{
	static const struct {
		const char *name;
		bool fits[2][2]; /* several incoming, several outgoing */
	} directions[] = {
		{"Unspecified", {{true, true}, {true, true}}},
		{"Converging", {{false, false}, {true, false}}},
		{"Diverging", {{false, true}, {false, false}}},
		{"Mixed", {{false, false}, {false, true}}},
	};
	struct str text = element_attribute(node->element, SPACE_NONE, "gatewayDirection");
	bool fits = text.len == 0;
	for (size_t i = 0; i < sizeof directions / sizeof *directions; i++) {
		if (str_equal_c(text, directions[i].name))
			fits = directions[i].fits[node->incoming_count > 1][node->outgoing_count > 1];
	}
	if (!fits)
		model_report(model, RULE_GATEWAY_DIRECTION, node->element,
			"gatewayDirection %s of %s contradicts its %d incoming and %d outgoing flows", model_quote(model, text),
			model_name(model, node->element), node->incoming_count, node->outgoing_count);
}

static void check_activation(struct model *model, struct node *node)
{
	bool joins = node->kind == NODE_COMPLEX_GATEWAY && node->incoming_count > 1;
	const struct element *condition = element_child(node->element, SPACE_BPMN, "activationCondition");
	if (joins && (!condition || str_trim(condition->text).len == 0))
		model_report(model, RULE_ACTIVATION_MISSING, node->element, "%s joins %d flows without an activationCondition",
			model_name(model, node->element), node->incoming_count);
}

/* What is wrong with a node as a target of an event-based gateway; NULL: nothing (10.6.6). */
static const char *check_event_target(const struct node *target)
{
	if (target->kind != NODE_RECEIVE_TASK && target->kind != NODE_INTERMEDIATE_CATCH_EVENT)
		return "is neither a catching event nor a receive task";
	if (node_has_event(target, EVENT_LINK))
		return "is a link";
	if (target->boundary_count > 0)
		return "has boundary events";
	if (target->loop)
		return "is a loop";
	return target->incoming_count > 1 ? "has other incoming flows" : NULL;
}

static void check_event_targets(struct model *model, struct node *node)
{
	bool messages = false, receives = false;
	if (node->kind != NODE_EVENT_BASED_GATEWAY)
		return;
	for (struct flow *flow = node->first_outgoing; flow; flow = flow->next_outgoing) {
		const struct node *target = flow->target;
		const char *why = target && !target->refused ? check_event_target(target) : NULL;
		if (why)
			model_report(model, RULE_EVENT_GATEWAY_TARGET, flow->element, "%s stands behind %s and %s",
				model_name(model, target->element), model_name(model, node->element), why);
		bool receive = target && target->kind == NODE_RECEIVE_TASK;
		receives |= receive;
		messages |= target && !receive && node_has_event(target, EVENT_MESSAGE);
	}
	if (messages && receives)
		model_report(model, RULE_EVENT_GATEWAY_MIXED, node->element, "behind %s stand message events and receive tasks",
			model_name(model, node->element));
}

/* All of the messages that begin one instance belong to one conversation; anything else has no key (13.4.4). */
static void check_parallel_events(struct model *model, struct node *node)
{
	if (node->kind != NODE_EVENT_BASED_GATEWAY || !node->parallel)
		return;
	if (!node->instantiates) {
		model_report(model, RULE_EVENT_GATEWAY_PARALLEL, node->element, "%s is Parallel and does not instantiate",
			model_name(model, node->element));
		return;
	}
	for (struct flow *flow = node->first_outgoing; flow; flow = flow->next_outgoing) {
		const struct node *target = flow->target;
		bool message = target && target->definition_count == 1 && node_has_event(target, EVENT_MESSAGE);
		if (target && !target->refused && !message)
			model_report(model, RULE_EVENT_GATEWAY_PARALLEL, flow->element, "%s stands behind %s and is no message",
				model_name(model, target->element), model_name(model, node->element));
	}
}

static void check_instantiation(struct model *model, struct node *node)
{
	if (node->instantiates && (node->around || node->incoming_count > 0))
		model_report(model, RULE_INSTANTIATE_PLACE, node->element, "%s has instantiate=\"true\" and %s",
			model_name(model, node->element), node->around ? "stands in a sub-process" : "an incoming flow");
}

void model_check_gateway(struct model *model, struct node *node)
{
	static void (*const checks[])(struct model * model, struct node * node) = {
		check_outgoing,
		check_conditions,
		check_direction,
		check_activation,
		check_event_targets,
		check_parallel_events,
	};
	check_instantiation(model, node);
	for (size_t i = 0; check_is_gateway(node) && i < sizeof checks / sizeof *checks; i++)
		checks[i](model, node);
}
