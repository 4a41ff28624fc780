/* SPDX-License-Identifier: Apache-2.0
 *
 * Listeners of vendors that are expressions, or scripts in the engine's own language: they run when an activity starts
 * or ends, when a flow is taken, and on what happens to a user task. Java classes, other scripts and events that
 * nothing here corresponds to are reported by extension.c.
 */
#include "config.h"

#include <stdlib.h>

#include "bpmn/compile.h"
#include "bpmn/expression.h"

typedef VEC(const struct expr *) listener_list;

static const char *const task_events[TASK_EVENT_COUNT] = {
	[TASK_CREATE] = "create",
	[TASK_UPDATE] = "update",
	[TASK_ASSIGNMENT] = "assignment",
	[TASK_DELETE] = "delete",
};

static bool listener_is_execution(const struct element *listener)
{
	return listener->space == SPACE_CAMUNDA && str_equal(listener->name, STR("executionListener"));
}

static bool listener_is_for(const struct element *listener, const char *event)
{
	return str_equal_c(element_attribute(listener, SPACE_NONE, "event"), event);
}

/* What it evaluates; empty: something else. */
static struct expression_text listener_text(const struct element *listener, int *form)
{
	struct expression_text text = expression_of_attribute(listener, SPACE_NONE, "expression");
	const struct element *script = element_child(listener, SPACE_CAMUNDA, "script");
	*form = EXPRESSION_TEMPLATE;
	if (text.text.len > 0 || !script || !script_is_own_format(element_attribute(script, SPACE_NONE, "scriptFormat")))
		return text;
	*form = EXPRESSION_SCRIPT;
	return expression_of_content(script);
}

static struct element *listener_timer(const struct element *listener)
{
	return listener_is_for(listener, "timeout") ? element_child(listener, SPACE_BPMN, "timerEventDefinition") : NULL;
}

static bool listener_is_for_task(const struct element *listener)
{
	for (size_t i = 0; i < TASK_EVENT_COUNT; i++) {
		if (listener_is_for(listener, task_events[i]))
			return true;
	}
	return listener_is_for(listener, "complete") || listener_timer(listener);
}

bool listener_runs(const struct element *owner, const struct element *listener)
{
	bool global = owner->node && !element_is_flow_node(owner);
	int form;
	if (global || listener_text(listener, &form).text.len == 0)
		return false;
	if (owner->flow)
		return listener_is_execution(listener);
	if (listener_is_execution(listener))
		return listener_is_for(listener, "start") || listener_is_for(listener, "end");
	return owner->node && owner->node->kind == NODE_USER_TASK && listener_is_for_task(listener);
}

static void listener_add(struct model *model, const struct element *listener, listener_list *list)
{
	int form;
	struct expression_text text = listener_text(listener, &form);
	const struct expr *expr = expression_compile(model, &text, form);
	if (expr)
		vec_add(list, expr);
}

/* The listeners of that name and event; event NULL: of any. */
static void listener_gather(
	struct model *model, const struct element *owner, const char *name, const char *event, listener_list *list)
{
	const struct element *listener = element_extension(owner, SPACE_CAMUNDA, name);
	for (; listener; listener = element_next_extension(listener, SPACE_CAMUNDA, name)) {
		if (!listener_runs(owner, listener) || (event && !listener_is_for(listener, event)))
			continue;
		listener_add(model, listener, list);
	}
}

static struct graph_exprs listener_keep(struct model *model, listener_list *list)
{
	struct graph_exprs kept = {.count = (int32_t)list->len};
	if (list->len > 0)
		kept.items = arena_copy(model->keep, list->items, list->len * sizeof *list->items);
	vec_free(list);
	return kept;
}

struct graph_exprs compile_start_listeners(struct model *model, const struct element *element)
{
	listener_list list = {0};
	listener_gather(model, element, "executionListener", "start", &list);
	return listener_keep(model, &list);
}

struct graph_exprs compile_end_listeners(struct model *model, const struct element *element)
{
	listener_list list = {0};
	listener_gather(model, element, "taskListener", "complete", &list);
	listener_gather(model, element, "executionListener", "end", &list);
	return listener_keep(model, &list);
}

void compile_task_listeners(struct model *model, const struct element *element, struct graph_exprs *listeners)
{
	for (size_t i = 0; i < TASK_EVENT_COUNT; i++) {
		listener_list list = {0};
		listener_gather(model, element, "taskListener", task_events[i], &list);
		listeners[i] = listener_keep(model, &list);
	}
}

struct graph_exprs compile_task_timeouts(struct model *model, const struct node *node, struct graph_node *out)
{
	listener_list list = {0};
	int32_t first = (int32_t)model->events.len;
	const struct element *listener = element_extension(node->element, SPACE_CAMUNDA, "taskListener");
	for (; listener; listener = element_next_extension(listener, SPACE_CAMUNDA, "taskListener")) {
		if (!listener_timer(listener) || !listener_runs(node->element, listener))
			continue;
		if (list.len == TASK_TIMEOUTS_MAX) {
			model_report(model, RULE_TIMER_VALUE, listener, "%s has more than %d timers",
				model_name(model, node->element), TASK_TIMEOUTS_MAX);
			break;
		}
		compile_timeout(model, node, listener_timer(listener));
		listener_add(model, listener, &list);
	}
	if (list.len > 0) {
		out->event = first;
		out->event_count = (int32_t)list.len;
	}
	return listener_keep(model, &list);
}

struct graph_exprs compile_flow_listeners(struct model *model, const struct element *element)
{
	listener_list list = {0};
	listener_gather(model, element, "executionListener", NULL, &list);
	return listener_keep(model, &list);
}
