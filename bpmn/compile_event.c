/* SPDX-License-Identifier: Apache-2.0
 *
 * Event definitions: what the event waits for or throws, and which variables receive what it caught. By the time of
 * these rows the references between events (codes, links) are resolved. What stands beside the processes is compiled
 * once, however many events name it.
 */
#include "config.h"

#include "base/iso8601.h"
#include "bpmn/compile.h"
#include "bpmn/expression.h"

/* What is read for an event: a definition with what it names. */
struct event_source {
	enum event_kind kind;
	struct element *element;     /* the definition; of a task, the task */
	struct element *declaration; /* NULL: none */
	bool throws;
};

struct event_result {
	struct graph_event event;
	const struct element *cycle; /* of a timer that comes more than once */
	bool broken;                 /* in error, which was reported */
};

typedef void (*event_reader)(struct model *model, const struct event_source *source, struct event_result *out);

/* What stands beside the processes has one result for each way in which it is read. */
static const struct event_result *event_once(
	struct model *model, struct element *element, const struct event_source *source, event_reader read)
{
	struct process *process = model->process;
	const struct event_result **result = &element_shared(model, element)->results[process->executable][source->throws];
	if (!*result) {
		struct event_result *fresh = arena_new_object(model->arena, struct event_result);
		bool broken = process->broken;
		process->broken = false;
		read(model, source, fresh);
		fresh->broken = process->broken;
		process->broken = broken;
		*result = fresh;
	}
	process->broken |= (*result)->broken;
	return *result;
}

/* Texts without ${...} are judged now. */
static bool timer_check(enum timer_kind kind, struct str text, bool *repeats, struct err *err)
{
	int64_t time;
	struct iso8601_duration duration;
	struct iso8601_cycle cycle = {0};
	bool good = false;
	switch (kind) {
	case TIMER_DATE:
		return iso8601_parse_time(text, &time, err);
	case TIMER_DURATION:
		return iso8601_parse_duration(text, &duration, err);
	case TIMER_CYCLE:
		good = iso8601_parse_cycle(text, &cycle, err);
		*repeats = cycle.repetitions != 1;
		return good;
	}
	return false;
}

static const struct timer_word {
	const char *name;
	enum timer_kind kind;
} timer_words[] = {
	{"timeDate", TIMER_DATE},
	{"timeDuration", TIMER_DURATION},
	{"timeCycle", TIMER_CYCLE},
};

/* The one value of the definition; NULL is reported. */
static const struct element *timer_value(struct model *model, const struct element *definition, enum timer_kind *kind)
{
	const struct element *value = NULL;
	int count = 0;
	for (size_t i = 0; i < sizeof timer_words / sizeof *timer_words; i++) {
		const struct element *child = element_child(definition, SPACE_BPMN, timer_words[i].name);
		for (; child; child = element_sibling(child, SPACE_BPMN, timer_words[i].name)) {
			count += str_trim(child->text).len > 0;
			if (!value && str_trim(child->text).len > 0) {
				value = child;
				*kind = timer_words[i].kind;
			}
		}
	}
	if (count == 1)
		return value;
	model_report(model, RULE_TIMER_VALUE, definition, "the timer of %s has %s",
		model_name(model, element_owner(definition)), count ? "more than one value" : "no value");
	return NULL;
}

static void event_read_timer(struct model *model, const struct event_source *source, struct event_result *out)
{
	struct graph_timer *timer = &out->event.timer;
	const struct element *value = model->process->executable ? timer_value(model, source->element, &timer->kind) : NULL;
	if (!value)
		return;
	struct expression_text text = expression_of_content(value);
	bool repeats = timer->kind == TIMER_CYCLE;
	struct err err = {0};
	if (!expression_language_fits(model, &text))
		return;
	if (!expression_is_dynamic(text.text) && !timer_check(timer->kind, text.text, &repeats, &err))
		expression_report(
			model, RULE_TIMER_INVALID, &text, expression_index(text.text, err.line, err.column), err.message);
	else
		timer->value = expression_compile(model, &text, EXPRESSION_TEMPLATE);
	out->cycle = repeats ? value : NULL;
}

static struct str event_variable(struct model *model, const struct event_source *source, const char *name)
{
	return arena_str(model->keep, expression_of_own(source->element, name).text);
}

static void event_read_error(struct model *model, const struct event_source *source, struct event_result *out)
{
	if (source->throws)
		return;
	out->event.code_variable = event_variable(model, source, "errorCodeVariable");
	out->event.message_variable = event_variable(model, source, "errorMessageVariable");
}

static void event_read_escalation(struct model *model, const struct event_source *source, struct event_result *out)
{
	if (!source->throws)
		out->event.code_variable = event_variable(model, source, "escalationCodeVariable");
}

static void event_read_message(struct model *model, const struct event_source *source, struct event_result *out)
{
	if (!source->throws)
		return;
	const struct expr *ttl = compile_ttl(model, source->element);
	if (ttl)
		out->event.ttl = ttl;
	compile_payload(model, source->element, &out->event);
}

static void event_read_signal(struct model *model, const struct event_source *source, struct event_result *out)
{
	if (source->throws)
		compile_payload(model, source->element, &out->event);
}

static void event_read_condition(struct model *model, const struct event_source *source, struct event_result *out)
{
	struct expression_text text = expression_of_content(element_child(source->element, SPACE_BPMN, "condition"));
	if (text.text.len == 0 && model->process->executable)
		model_report(model, RULE_CONDITION_MISSING, source->element, "the condition of %s is missing or empty",
			model_name(model, element_owner(source->element)));
	else if (text.text.len > 0 && expression_language_fits(model, &text))
		out->event.condition = expression_compile(model, &text, EXPRESSION_CONDITION);
	struct str variable = event_variable(model, source, "variableName");
	if (variable.len > 0)
		out->event.variables = (struct graph_names){arena_copy(model->keep, &variable, sizeof variable), 1};
}

static void event_read_compensation(struct model *model, const struct event_source *source, struct event_result *out)
{
	if (source->throws)
		out->event.wait = element_boolean(model, source->element, "waitForCompletion", true);
}

/* What the declaration says: a name, a code, a text. */
static void event_read_declaration(struct model *model, const struct event_source *source, struct event_result *out)
{
	static const char *const codes[EVENT_KIND_COUNT] = {
		[EVENT_ERROR] = "errorCode", [EVENT_ESCALATION] = "escalationCode"};
	const struct element *declaration = source->declaration;
	if (codes[source->kind])
		out->event.code = arena_str(model->keep, element_attribute(declaration, SPACE_NONE, codes[source->kind]));
	else if (source->kind == EVENT_MESSAGE)
		compile_message(model, declaration, &out->event);
	else
		out->event.name = compile_event_name(model, declaration);
	struct expression_text text = expression_of_own(declaration, "errorMessage");
	if (source->kind == EVENT_ERROR && source->throws && text.text.len > 0)
		out->event.text = expression_compile(model, &text, EXPRESSION_TEMPLATE);
}

static void event_read(struct model *model, const struct event_source *source, struct event_result *out)
{
	static const event_reader readers[EVENT_KIND_COUNT] = {
		[EVENT_MESSAGE] = event_read_message,
		[EVENT_TIMER] = event_read_timer,
		[EVENT_ERROR] = event_read_error,
		[EVENT_ESCALATION] = event_read_escalation,
		[EVENT_COMPENSATE] = event_read_compensation,
		[EVENT_CONDITIONAL] = event_read_condition,
		[EVENT_SIGNAL] = event_read_signal,
	};
	if (source->declaration)
		*out = *event_once(model, source->declaration, source, event_read_declaration);
	out->event.kind = source->kind;
	out->event.link_target = out->event.activity = GRAPH_NONE;
	if (readers[source->kind])
		readers[source->kind](model, source, out);
	if (model_executable(model, source->element) && !source->element->node)
		extension_check(model, source->element);
}

/* Whether the timer of the event comes once: the token that waits goes on, the activity or the scope is interrupted. */
static bool event_comes_once(const struct node *node)
{
	return node->kind == NODE_INTERMEDIATE_CATCH_EVENT || node->interrupting;
}

/* What an activity throws beside itself, its loop throws. */
static bool event_throws(const struct node *node, const struct definition *definition)
{
	return node_is_throw(node) || (node->activity && definition->element != node->element);
}

/* What the node itself says about the event that its definition is. */
static void event_read_node(
	struct model *model, const struct node *node, const struct definition *definition, struct event_result *out)
{
	struct graph_event *event = &out->event;
	event->node = node->index;
	event->link_target = definition->link_target ? definition->link_target->index : GRAPH_NONE;
	event->activity = definition->activity ? definition->activity->index : GRAPH_NONE;
	if (event->kind == EVENT_MESSAGE && definition->declaration && !event_throws(node, definition))
		compile_subscribed_keys(model, definition->declaration, &event->correlation);
	if (out->cycle && event_comes_once(node))
		model_report(model, RULE_TIMER_CYCLE, definition->at == definition->element ? out->cycle : definition->at,
			"%s fires only once and has a cycle", model_name(model, node->element));
}

static struct graph_event event_compile(
	struct model *model, const struct node *node, const struct definition *definition)
{
	const struct event_source source = {
		.kind = definition->kind,
		.element = definition->element,
		.declaration = definition->declaration,
		.throws = event_throws(node, definition),
	};
	struct event_result result = {0};
	if (definition->element->parent == model->root)
		result = *event_once(model, definition->element, &source, event_read);
	else
		event_read(model, &source, &result);
	event_read_node(model, node, definition, &result);
	return result.event;
}

int32_t compile_thrown(struct model *model, struct node *node, struct element *element)
{
	struct definition definition = {.at = element, .element = element, .kind = element->word->event};
	if (!model_resolve_definition(model, node, &definition))
		return GRAPH_NONE;
	vec_add(&model->events, event_compile(model, node, &definition));
	return (int32_t)model->events.len - 1;
}

void compile_timeout(struct model *model, const struct node *node, struct element *element)
{
	const struct definition definition = {.at = element, .element = element, .kind = EVENT_TIMER};
	vec_add(&model->events, event_compile(model, node, &definition));
}

/* What the event says for its definitions, where these do not say otherwise: how long messages are kept, and by its
 * data inputs and input mappings what is sent. */
static void event_send(const struct definition *definition, const struct graph_node *out, const struct expr *ttl,
	struct graph_event *event)
{
	if (event->kind != EVENT_MESSAGE && event->kind != EVENT_SIGNAL)
		return;
	if (event->payload.count == 0 && !event->all_payload)
		event->payload = out->inputs;
	if (event->kind == EVENT_MESSAGE && ttl && !element_find_attribute(definition->element, SPACE_BPMND, "ttl"))
		event->ttl = ttl;
}

void compile_events(struct model *model, const struct node *node, struct graph_node *out)
{
	const struct definition *definition = node->first_definition;
	if (!definition || node->refused)
		return;
	out->event = (int32_t)model->events.len;
	out->event_count = node->definition_count;
	/* a task is its own definition */
	bool event_speaks = node_is_throw(node) && !node->activity;
	const struct expr *ttl = event_speaks ? compile_ttl(model, node->element) : NULL;
	for (; definition; definition = definition->next) {
		struct graph_event event = event_compile(model, node, definition);
		if (node_is_throw(node))
			event_send(definition, out, ttl, &event);
		vec_add(&model->events, event);
	}
	/* a message that a worker sends stands alone (check_event.c) */
	if (node->definition_count == 1 && node->first_definition->work)
		compile_work(model, node, node->first_definition->work, out);
}
