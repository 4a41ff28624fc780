/* SPDX-License-Identifier: Apache-2.0
 *
 * Event definitions: what the event waits for or throws, and which variables receive what it caught. By the time of
 * these rows the references between events (codes, links) are resolved.
 */
#include "config.h"

#include "base/iso8601.h"
#include "bpmn/compile.h"
#include "bpmn/expression.h"

/* Texts without ${...} are judged now. */
static bool timer_check(enum timer_kind kind, struct str text, struct err *err)
{
	int64_t time;
	struct iso8601_duration duration;
	struct iso8601_cycle cycle;
	switch (kind) {
	case TIMER_DATE:
		return iso8601_parse_time(text, &time, err);
	case TIMER_DURATION:
		return iso8601_parse_duration(text, &duration, err);
	case TIMER_CYCLE:
		return iso8601_parse_cycle(text, &cycle, err);
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
static const struct element *timer_value(struct model *model, const struct node *node, enum timer_kind *kind)
{
	const struct element *value = NULL;
	int count = 0;
	for (size_t i = 0; i < sizeof timer_words / sizeof *timer_words; i++) {
		const struct element *child = element_child(node->definition, SPACE_BPMN, timer_words[i].name);
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
	model_report(model, RULE_TIMER_VALUE, node->definition, "the timer of %s has %s", model_name(model, node->element),
		count ? "more than one value" : "no value");
	return NULL;
}

static void compile_timer(struct model *model, const struct node *node, struct graph_timer *out)
{
	const struct element *value = timer_value(model, node, &out->kind);
	if (!value)
		return;
	struct expression_text text = expression_of_content(value);
	bool once = node->kind == NODE_INTERMEDIATE_CATCH_EVENT || node->interrupting;
	if (out->kind == TIMER_CYCLE && once)
		model_report(
			model, RULE_TIMER_CYCLE, value, "%s can fire only once and has a cycle", model_name(model, node->element));
	if (!node->process->executable || !expression_language_fits(model, &text))
		return;
	struct err err = {0};
	if (!expression_is_dynamic(text.text) && !timer_check(out->kind, text.text, &err))
		expression_report(
			model, RULE_TIMER_INVALID, &text, expression_index(text.text, err.line, err.column), err.message);
	else
		out->value = expression_compile(model, &text, EXPRESSION_TEMPLATE);
}

/* Our own attribute, else the vendor's of the same name. */
static struct str event_variable(struct model *model, const struct node *node, const char *name)
{
	struct str variable = element_attribute(node->definition, SPACE_BPMND, name);
	if (variable.len == 0)
		variable = element_attribute(node->definition, SPACE_CAMUNDA, name);
	return arena_str(model->keep, variable);
}

void compile_event(struct model *model, const struct node *node, struct graph_event *out)
{
	*out = (struct graph_event){
		.kind = node->definition->word->event,
		.code = arena_str(model->keep, node->code),
		.link_target = node->link_target ? node->link_target->index : GRAPH_NONE,
	};
	if (out->kind == EVENT_TIMER)
		compile_timer(model, node, &out->timer);
	if (out->kind == EVENT_ERROR && !node_is_throw(node)) {
		out->code_variable = event_variable(model, node, "errorCodeVariable");
		out->message_variable = event_variable(model, node, "errorMessageVariable");
	}
	if (out->kind == EVENT_ESCALATION && !node_is_throw(node))
		out->code_variable = event_variable(model, node, "escalationCodeVariable");
	if (node->process->executable)
		extension_check(model, node->definition);
}
