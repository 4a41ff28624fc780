/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 2b for events: from event definitions to what they name. That is a declaration beside the processes (an error,
 * an escalation, a message, a signal), another event (links), an activity (compensation), or a whole definition beside
 * the processes. And from messages to the properties by which they are correlated (8.4.2).
 */
#include "config.h"

#include "bpmn/model.h"

/* Definitions that name a declaration, by which throwing and catching events find each other. */
static const struct resolve_declaration {
	const char *reference;
	const char *declaration;
	const char *code;
} resolve_declarations[EVENT_KIND_COUNT] = {
	[EVENT_ERROR] = {.reference = "errorRef", .declaration = "error", .code = "errorCode"},
	[EVENT_ESCALATION] = {.reference = "escalationRef", .declaration = "escalation", .code = "escalationCode"},
	[EVENT_MESSAGE] = {.reference = "messageRef", .declaration = "message"},
	[EVENT_SIGNAL] = {.reference = "signalRef", .declaration = "signal"},
};

/* What the text refers to; NULL is reported at the element. */
static struct element *resolve_named(
	struct model *model, const struct element *at, const char *what, struct str reference)
{
	struct element *target = model_find(model, reference);
	if (!target)
		model_report(model, RULE_DANGLING_REFERENCE, at, "%s of %s names %s, which does not exist", what,
			model_name(model, element_owner(at)), model_quote(model, reference));
	return target;
}

static void resolve_wrong(
	struct model *model, const struct element *at, const char *what, const struct element *target, const char *wanted)
{
	model_report(model, RULE_WRONG_REFERENCE, at, "%s of %s names %s, which is no %s", what,
		model_name(model, element_owner(at)), model_name(model, target), wanted);
}

/* The definition beside the processes that an eventDefinitionRef names. */
static bool resolve_reference(struct model *model, struct node *node, struct definition *definition)
{
	struct str reference = str_trim(definition->at->text);
	struct element *target = resolve_named(model, definition->at, "eventDefinitionRef", reference);
	if (!target)
		return false;
	if (!target->word || target->word->class != WORD_DEFINITION || target->parent != model->root) {
		resolve_wrong(model, definition->at, "eventDefinitionRef", target, "event definition beside the processes");
		return false;
	}
	definition->element = target;
	definition->kind = target->word->event;
	definition->work = definition->kind == EVENT_MESSAGE ? node->work : NULL;
	return node->activity || model_check_definition_place(model, node, definition);
}

/* False is reported. Without a reference there is no declaration. */
static bool resolve_declaration(struct model *model, struct definition *definition)
{
	const struct resolve_declaration *row = &resolve_declarations[definition->kind];
	struct str reference = element_attribute(definition->element, SPACE_NONE, row->reference);
	if (reference.len == 0)
		return true;
	struct element *target = resolve_named(model, definition->at, row->reference, reference);
	if (!target)
		return false;
	if (!target->word || !str_equal_c(target->name, row->declaration)) {
		resolve_wrong(model, definition->at, row->reference, target, row->declaration);
		return false;
	}
	definition->declaration = target;
	if (row->code)
		definition->code = element_attribute(target, SPACE_NONE, row->code);
	return true;
}

static void resolve_activity(struct model *model, struct definition *definition)
{
	struct str reference = element_attribute(definition->element, SPACE_NONE, "activityRef");
	const struct element *target =
		reference.len ? resolve_named(model, definition->at, "activityRef", reference) : NULL;
	if (target && target->node)
		definition->activity = target->node;
	else if (target)
		resolve_wrong(model, definition->at, "activityRef", target, "activity");
}

/* What will run needs its names: a code to throw; a message, a signal. */
static void resolve_check_names(struct model *model, const struct node *node, const struct definition *definition)
{
	const struct resolve_declaration *row = &resolve_declarations[definition->kind];
	bool throws = node_is_throw(node) || node->activity;
	if (!node->process->executable)
		return;
	if (row->code && throws && definition->code.len == 0)
		model_report(model, RULE_CODE_MISSING, definition->at, "%s throws an %s without an %s",
			model_name(model, node->element), row->declaration, row->code);
	if (!row->code && !definition->declaration && !definition->work)
		model_report(model, RULE_DECLARATION_MISSING, definition->at, "%s has no %s: which %s?",
			model_name(model, node->element), row->reference, row->declaration);
}

bool model_resolve_definition(struct model *model, struct node *node, struct definition *definition)
{
	if (!definition->element && !resolve_reference(model, node, definition)) {
		node->refused = true;
		return false;
	}
	if (resolve_declarations[definition->kind].reference) {
		if (!resolve_declaration(model, definition))
			return false;
		resolve_check_names(model, node, definition);
	}
	if (definition->kind == EVENT_COMPENSATE)
		resolve_activity(model, definition);
	return true;
}

/* A link's name within its scope; an empty name is reported, once for each event. */
static struct str resolve_link_key(struct model *model, struct node *node, const struct definition *link)
{
	struct str name = str_trim(link->element->label);
	if (name.len == 0) {
		node->refused = true;
		model_report(model, RULE_LINK_NAME, link->at, "the link of %s has no name", model_name(model, node->element));
		return (struct str){0};
	}
	return arena_printf(model->arena, "%d %.*s", node->around ? node->around->index : GRAPH_NONE, STR_ARG(name));
}

static void resolve_link_catch(struct model *model, struct node *node, const struct definition *link, struct map *links)
{
	struct str key = resolve_link_key(model, node, link);
	if (key.len == 0)
		return;
	const struct node *first = map_get(links, key);
	if (!first) {
		map_put(links, key, node);
		return;
	}
	node->refused = true;
	model_report(model, RULE_LINK_SEVERAL_TARGETS, link->at, "%s catches the link %s, as %s does",
		model_name(model, node->element), model_quote(model, link->element->label), model_name(model, first->element));
}

static void resolve_link_throw(struct model *model, struct node *node, struct definition *link, const struct map *links)
{
	struct str key = resolve_link_key(model, node, link);
	if (key.len == 0)
		return;
	link->link_target = map_get(links, key);
	if (!link->link_target)
		model_report(model, RULE_LINK_WITHOUT_TARGET, link->at, "no event beside %s catches the link %s",
			model_name(model, node->element), model_quote(model, link->element->label));
}

/* Catches first: a link may lead backwards and forwards. */
void model_resolve_links(struct model *model, struct process *process)
{
	struct map links = {0};
	for (struct node *node = process->first_node; node; node = node->next) {
		const struct definition *link = node_definition(node, EVENT_LINK);
		if (link && !node->refused && !node_is_throw(node))
			resolve_link_catch(model, node, link, &links);
	}
	for (struct node *node = process->first_node; node; node = node->next) {
		struct definition *link = node_definition(node, EVENT_LINK);
		if (link && !node->refused && node_is_throw(node))
			resolve_link_throw(model, node, link, &links);
	}
	map_free(&links);
}

/* The element that an attribute or text names, which must be of that name; NULL is reported. */
static struct element *resolve_declared(
	struct model *model, const struct element *at, const char *what, struct str reference, const char *wanted)
{
	struct element *target = resolve_named(model, at, what, reference);
	if (!target || str_equal_c(target->name, wanted))
		return target;
	resolve_wrong(model, at, what, target, wanted);
	return NULL;
}

static void resolve_retrieval(struct model *model, struct element *property, struct element *retrieval)
{
	struct element *message = resolve_declared(
		model, retrieval, "messageRef", element_attribute(retrieval, SPACE_NONE, "messageRef"), "message");
	if (!message)
		return;
	struct shared *shared = element_shared(model, message);
	if (shared->correlation_count == MODEL_CORRELATION_KEYS_MAX) {
		model_report(model, RULE_CORRELATION_KEYS, retrieval, "%s has more than %d correlation properties",
			model_name(model, message), MODEL_CORRELATION_KEYS_MAX);
		return;
	}
	struct correlation *correlation = arena_new_object(model->arena, struct correlation);
	correlation->property = property;
	correlation->path = element_child(retrieval, SPACE_BPMN, "messagePath");
	correlation->next = shared->correlations;
	shared->correlations = correlation;
	shared->correlation_count++;
}

/* Each retrieval expression of a property that stands in a key says what that property is in one message. */
static void resolve_property(struct model *model, struct element *property)
{
	struct shared *shared = element_shared(model, property);
	struct element *retrieval = element_child(property, SPACE_BPMN, "correlationPropertyRetrievalExpression");
	if (shared->listed)
		return;
	shared->listed = true;
	for (; retrieval; retrieval = element_sibling(retrieval, SPACE_BPMN, "correlationPropertyRetrievalExpression"))
		resolve_retrieval(model, property, retrieval);
}

static void resolve_key(struct model *model, const struct element *key)
{
	const struct element *reference = element_child(key, SPACE_BPMN, "correlationPropertyRef");
	for (; reference; reference = element_sibling(reference, SPACE_BPMN, "correlationPropertyRef")) {
		struct element *property = resolve_declared(
			model, reference, "correlationPropertyRef", str_trim(reference->text), "correlationProperty");
		if (property)
			resolve_property(model, property);
	}
}

void model_resolve_correlations(struct model *model)
{
	const struct element *collaboration = element_child(model->root, SPACE_BPMN, "collaboration");
	for (; collaboration; collaboration = element_sibling(collaboration, SPACE_BPMN, "collaboration")) {
		const struct element *key = element_child(collaboration, SPACE_BPMN, "correlationKey");
		for (; key; key = element_sibling(key, SPACE_BPMN, "correlationKey"))
			resolve_key(model, key);
	}
}

static void resolve_binding(struct model *model, struct process *process, const struct element *binding)
{
	struct element *property = resolve_declared(model, binding, "correlationPropertyRef",
		element_attribute(binding, SPACE_NONE, "correlationPropertyRef"), "correlationProperty");
	if (!property)
		return;
	struct binding *bound = arena_new_object(model->arena, struct binding);
	bound->property = property;
	bound->path = element_child(binding, SPACE_BPMN, "dataPath");
	bound->next = process->bindings;
	process->bindings = bound;
}

void model_resolve_subscriptions(struct model *model, struct process *process)
{
	const struct element *subscription = element_child(process->element, SPACE_BPMN, "correlationSubscription");
	for (; subscription; subscription = element_sibling(subscription, SPACE_BPMN, "correlationSubscription")) {
		resolve_declared(model, subscription, "correlationKeyRef",
			element_attribute(subscription, SPACE_NONE, "correlationKeyRef"), "correlationKey");
		const struct element *binding = element_child(subscription, SPACE_BPMN, "correlationPropertyBinding");
		for (; binding; binding = element_sibling(binding, SPACE_BPMN, "correlationPropertyBinding"))
			resolve_binding(model, process, binding);
	}
}
