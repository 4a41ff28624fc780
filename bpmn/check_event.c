/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 3, events: which definitions go together, what interrupts, and what compensation and cancellation need around
 * them. A definition stands in a place that it may have at all when these rules see it (model_event.c).
 */
#include "config.h"

#include "bpmn/expression.h"
#include "bpmn/model.h"

static void check_definition_missing(struct model *model, struct node *node)
{
	bool needs_one = node->kind == NODE_BOUNDARY_EVENT || node->kind == NODE_INTERMEDIATE_CATCH_EVENT ||
	                 node_begins_event_sub_process(node);
	if (needs_one && node->definition_count == 0)
		model_report(model, RULE_DEFINITION_MISSING, node->element, "%s has no event definition",
			model_name(model, node->element));
}

static void check_contradiction(struct model *model, struct node *node, const char *why)
{
	model_report(model, RULE_DEFINITION_CONTRADICTION, node->element, "%s has %d event definitions, and %s",
		model_name(model, node->element), node->definition_count, why);
}

/* How often each kind stands in the event. */
static void check_count(const struct node *node, int counts[EVENT_KIND_COUNT])
{
	for (const struct definition *definition = node->first_definition; definition; definition = definition->next)
		counts[definition->kind]++;
}

/* A link and a compensation that is waited for lead where nothing else leads; errors, cancel and terminate each end the
 * scope in their own way; and what ends the activity cannot wait for the rest (Tables 10.88 to 10.93). */
static void check_several_definitions(struct model *model, struct node *node)
{
	int counts[EVENT_KIND_COUNT] = {0};
	bool throws = node_is_throw(node);
	if (node->definition_count < 2)
		return;
	check_count(node, counts);
	if (counts[EVENT_LINK] > 0)
		check_contradiction(model, node, "a link stands alone");
	else if (counts[EVENT_COMPENSATE] > 0 && !throws)
		check_contradiction(model, node, "a compensation that is caught stands alone");
	else if (throws && counts[EVENT_ERROR] + counts[EVENT_CANCEL] + counts[EVENT_TERMINATE] > 1)
		check_contradiction(model, node, "only one of error, cancel and terminate can end it");
	else if (counts[EVENT_COMPENSATE] > 1)
		check_contradiction(
			model, node, "only one of them can compensate: without an activityRef it is the whole scope");
	else if (node->parallel && counts[EVENT_ERROR] + counts[EVENT_ESCALATION] + counts[EVENT_CANCEL] > 0)
		check_contradiction(
			model, node, "an error, escalation or cancel does not wait for the others of a parallelMultiple");
}

/* A boundary event that waits for compensation interrupts nothing: its activity has ended (Table 10.92). */
static void check_interrupting(struct model *model, struct node *node)
{
	static const struct {
		enum event_kind kind;
		const char *name;
	} kinds[] = {{EVENT_ERROR, "an error"}, {EVENT_CANCEL, "a cancel"}, {EVENT_COMPENSATE, "a compensation"}};
	bool compensated = node->kind == NODE_BOUNDARY_EVENT && node_has_event(node, EVENT_COMPENSATE);
	bool may_interrupt = node->kind == NODE_BOUNDARY_EVENT || node_begins_event_sub_process(node);
	if (!may_interrupt || node->interrupting || compensated)
		return;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (node_has_event(node, kinds[i].kind))
			model_report(model, RULE_NOT_INTERRUPTING, node->element, "%s catches %s and does not interrupt",
				model_name(model, node->element), kinds[i].name);
	}
}

/* Codes are data and compared as such; other engines take expressions here. */
static void check_codes(struct model *model, struct node *node)
{
	for (const struct definition *definition = node->first_definition; definition; definition = definition->next) {
		struct str code = definition->code;
		if (str_starts_with(code, STR("=")) || expression_is_dynamic(code))
			model_report(model, RULE_CODE_DYNAMIC, definition->at, "the code %s of %s is an expression",
				model_quote(model, code), model_name(model, node->element));
	}
}

static void check_cancel(struct model *model, struct node *node)
{
	const struct definition *cancel = node_definition(node, EVENT_CANCEL);
	const struct node *transaction = node->kind == NODE_BOUNDARY_EVENT ? node->attached_to : node->around;
	bool inside = transaction && transaction->kind == NODE_TRANSACTION;
	if (!cancel || inside || (node->kind == NODE_BOUNDARY_EVENT && !transaction))
		return;
	if (node->kind == NODE_BOUNDARY_EVENT)
		model_report(model, RULE_CANCEL_PLACE, cancel->at,
			"%s waits for the cancellation of %s, which is no transaction", model_name(model, node->element),
			model_name(model, transaction->element));
	else
		model_report(model, RULE_CANCEL_PLACE, cancel->at, "%s cancels a transaction and does not stand in one",
			model_name(model, node->element));
}

static bool check_has_handler(const struct node *activity)
{
	if (activity->container && !activity->event_sub_process)
		return true;
	for (const struct node *event = activity->first_boundary; event; event = event->next_boundary) {
		if (node_has_event(event, EVENT_COMPENSATE))
			return true;
	}
	return false;
}

/* It compensates its own scope; in an event sub-process, the scope around that too (10.7.1). */
static bool check_sees(const struct node *thrower, const struct node *activity)
{
	const struct node *scope = thrower->around;
	if (activity->process != thrower->process)
		return false;
	return activity->around == scope ||
	       (scope && scope->event_sub_process && activity->around == scope->around && activity != scope);
}

static void check_compensated_activity(struct model *model, struct node *node)
{
	const struct definition *compensate = node_definition(node, EVENT_COMPENSATE);
	const struct node *activity = compensate && node_is_throw(node) ? compensate->activity : NULL;
	if (!activity || activity->refused)
		return;
	const char *why = NULL;
	if (!activity->activity)
		why = "is no activity";
	else if (!check_sees(node, activity))
		why = "stands in another scope";
	else if (!check_has_handler(activity))
		why = "has no compensation handler";
	if (why)
		model_report(model, RULE_COMPENSATION_TARGET, compensate->at, "%s compensates %s, which %s",
			model_name(model, node->element), model_name(model, activity->element), why);
}

/* The handler of a boundary event is found by an association. */
static void check_compensation_boundary(struct model *model, struct node *node)
{
	if (node->kind == NODE_BOUNDARY_EVENT && node_has_event(node, EVENT_COMPENSATE) && node->outgoing_count > 0)
		model_report(model, RULE_FLOW_AT_COMPENSATION, node->element, "a sequence flow leaves %s",
			model_name(model, node->element));
}

static void check_compensation_start(struct model *model, struct node *node)
{
	if (!node_begins_event_sub_process(node) || !node_has_event(node, EVENT_COMPENSATE))
		return;
	struct scope *scope = node_scope(node->around);
	if (scope->compensation)
		model_report(model, RULE_SEVERAL_COMPENSATIONS, node->element, "%s waits for compensation, as %s does",
			model_name(model, node->element), model_name(model, scope->compensation->element));
	else
		scope->compensation = node->around;
}

/* Work for a worker takes the token's place in the event: what else the event throws would have none. */
static void check_work(struct model *model, struct node *node)
{
	for (const struct definition *definition = node->first_definition; definition; definition = definition->next) {
		if (node->definition_count > 1 && definition->work) {
			check_contradiction(model, node, "work for a worker stands alone");
			return;
		}
	}
}

void model_check_event(struct model *model, struct node *node)
{
	static void (*const checks[])(struct model * model, struct node * node) = {
		check_definition_missing,
		check_several_definitions,
		check_interrupting,
		check_codes,
		check_cancel,
		check_compensated_activity,
		check_compensation_boundary,
		check_compensation_start,
		check_work,
	};
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		checks[i](model, node);
}
