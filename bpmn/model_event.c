/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 2a for events: what the attributes of an event say, and which definitions it has. One table says which
 * definition stands where (10.5.2 to 10.5.4). Tasks that receive or send a message have a definition too: themselves.
 */
#include "config.h"

#include "bpmn/model.h"

enum event_place {
	PLACE_START,
	PLACE_EVENT_SUB_PROCESS,
	PLACE_SUB_PROCESS,
	PLACE_CATCH,
	PLACE_THROW,
	PLACE_BOUNDARY,
	PLACE_END,
	PLACE_COUNT
};

#define EVENT(kind) (1u << EVENT_##kind)
#define EVENTS_CAUGHT (EVENT(MESSAGE) | EVENT(TIMER) | EVENT(CONDITIONAL) | EVENT(SIGNAL))
#define EVENTS_THROWN (EVENT(MESSAGE) | EVENT(ESCALATION) | EVENT(COMPENSATE) | EVENT(SIGNAL))

static const struct event_place_row {
	unsigned events; /* a bit for each kind */
	const char *right;
} event_places[PLACE_COUNT] = {
	[PLACE_START] = {EVENTS_CAUGHT, "a process starts with message, timer, conditional and signal events"},
	[PLACE_EVENT_SUB_PROCESS] = {EVENTS_CAUGHT | EVENT(ERROR) | EVENT(ESCALATION) | EVENT(COMPENSATE),
		"an event sub-process starts with message, timer, error, escalation, compensate, conditional and signal "
		"events"},
	[PLACE_SUB_PROCESS] = {0, "a sub-process starts with a none event, or is triggeredByEvent"},
	[PLACE_CATCH] = {EVENTS_CAUGHT | EVENT(LINK),
		"a token waits for message, timer, conditional, link and signal events"},
	[PLACE_THROW] = {EVENTS_THROWN | EVENT(LINK),
		"a token on its way throws message, escalation, compensate, link and signal events"},
	[PLACE_BOUNDARY] = {EVENTS_CAUGHT | EVENT(ERROR) | EVENT(ESCALATION) | EVENT(CANCEL) | EVENT(COMPENSATE),
		"a boundary takes message, timer, error, escalation, cancel, compensate, conditional and signal events"},
	[PLACE_END] = {EVENTS_THROWN | EVENT(ERROR) | EVENT(CANCEL) | EVENT(TERMINATE),
		"an end throws message, error, escalation, cancel, compensate, signal and terminate events"},
};

static enum event_place event_start_place(const struct node *node)
{
	if (!node->around)
		return PLACE_START;
	return node->around->event_sub_process ? PLACE_EVENT_SUB_PROCESS : PLACE_SUB_PROCESS;
}

/* PLACE_COUNT: the node is no event. */
static enum event_place event_place(const struct node *node)
{
	static const struct {
		enum node_kind kind;
		enum event_place place;
	} kinds[] = {
		{NODE_INTERMEDIATE_CATCH_EVENT, PLACE_CATCH},
		{NODE_INTERMEDIATE_THROW_EVENT, PLACE_THROW},
		{NODE_BOUNDARY_EVENT, PLACE_BOUNDARY},
		{NODE_END_EVENT, PLACE_END},
	};
	if (node->kind == NODE_START_EVENT)
		return event_start_place(node);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (kinds[i].kind == node->kind)
			return kinds[i].place;
	}
	return PLACE_COUNT;
}

bool model_check_definition_place(struct model *model, struct node *node, const struct definition *definition)
{
	const struct event_place_row *row = &event_places[event_place(node)];
	if (row->events & (1u << definition->kind))
		return true;
	node->refused = true;
	model_report(model, RULE_MISPLACED_DEFINITION, definition->at, "%.*s cannot stand in %s: %s",
		STR_ARG(definition->element->name), model_name(model, node->element), row->right);
	return false;
}

static struct definition *event_add_definition(struct model *model, struct node *node, struct element *at)
{
	struct definition *definition = arena_new_object(model->arena, struct definition);
	definition->at = at;
	if (node->last_definition)
		node->last_definition->next = definition;
	else
		node->first_definition = definition;
	node->last_definition = definition;
	node->definition_count++;
	return definition;
}

static void event_misplaced(struct model *model, struct element *element)
{
	element->closed = true;
	model_report(model, RULE_MISPLACED_ELEMENT, element, "%s cannot stand inside %s", model_name(model, element),
		model_name(model, element->parent));
}

static bool event_has_definitions(const struct element *element)
{
	return element->node && event_place(element->node) != PLACE_COUNT;
}

/* A message that is thrown may be work: its definition says so, or the event. */
static struct element *event_work(const struct node *node, const struct definition *definition)
{
	if (definition->kind != EVENT_MESSAGE || !node_is_throw(node))
		return NULL;
	return !node->work && element_names_work(definition->element) ? definition->element : node->work;
}

/* Beside the processes it is a declaration that events name; in a part of an activity, the part's. */
void model_read_definition(struct model *model, struct element *element)
{
	struct element *parent = element->parent;
	bool part = parent->word && parent->word->class == WORD_PART;
	if (parent == model->root)
		element->closed = true;
	else if (event_has_definitions(parent)) {
		struct definition *definition = event_add_definition(model, parent->node, element);
		definition->element = element;
		definition->kind = element->word->event;
		definition->work = event_work(parent->node, definition);
		element->closed = !model_check_definition_place(model, parent->node, definition);
	} else if (!part) {
		event_misplaced(model, element);
	}
}

/* What it refers to is known when all ids are. */
void model_read_definition_reference(struct model *model, struct element *element)
{
	if (event_has_definitions(element->parent))
		event_add_definition(model, element->parent->node, element)->kind = EVENT_KIND_COUNT;
	else if (!element->parent->word || element->parent->word->class != WORD_PART)
		event_misplaced(model, element);
}

static void event_read_task(struct model *model, struct node *node)
{
	struct definition *definition = event_add_definition(model, node, node->element);
	definition->element = node->element;
	definition->kind = EVENT_MESSAGE;
}

static void event_read_gateway(struct model *model, struct node *node)
{
	struct str type = element_attribute(node->element, SPACE_NONE, "eventGatewayType");
	node->instantiates = element_boolean(model, node->element, "instantiate", false);
	node->parallel = str_equal_c(type, "Parallel");
	if (type.len > 0 && !node->parallel && !str_equal_c(type, "Exclusive"))
		model_report(model, RULE_INVALID_ATTRIBUTE, node->element,
			"eventGatewayType of %s must be Exclusive or Parallel", model_name(model, node->element));
}

void model_read_event_attributes(struct model *model, struct node *node)
{
	struct element *element = node->element;
	if (node->kind == NODE_BOUNDARY_EVENT)
		node->interrupting = element_boolean(model, element, "cancelActivity", true);
	if (node_begins_event_sub_process(node))
		node->interrupting = element_boolean(model, element, "isInterrupting", true);
	if (event_place(node) != PLACE_COUNT && !node_is_throw(node))
		node->parallel = element_boolean(model, element, "parallelMultiple", false);
	if (event_place(node) != PLACE_COUNT && node_is_throw(node) && element_names_work(element))
		node->work = element;
	if (node->kind == NODE_EVENT_BASED_GATEWAY)
		event_read_gateway(model, node);
	if (node->kind == NODE_RECEIVE_TASK) {
		node->instantiates = element_boolean(model, element, "instantiate", false);
		event_read_task(model, node);
	}
	bool sends = node->kind == NODE_SEND_TASK && element_attribute(element, SPACE_NONE, "messageRef").len > 0;
	if (sends && !element_names_work(element))
		event_read_task(model, node);
}
