/* SPDX-License-Identifier: Apache-2.0
 *
 * Listeners of vendors that are expressions: they run when an activity starts or ends and when a flow is taken. Java
 * classes, scripts and events that nothing here corresponds to are reported by extension.c.
 */
#include "config.h"

#include <stdlib.h>

#include "bpmn/compile.h"
#include "bpmn/expression.h"

typedef VEC(const struct expr *) listener_list;

static bool listener_is_execution(const struct element *listener)
{
	return listener->space == SPACE_CAMUNDA && str_equal(listener->name, STR("executionListener"));
}

static bool listener_is_for(const struct element *listener, const char *event)
{
	return str_equal_c(element_attribute(listener, SPACE_NONE, "event"), event);
}

bool listener_runs(const struct element *owner, const struct element *listener)
{
	bool global = owner->node && !element_is_flow_node(owner);
	if (global || element_attribute(listener, SPACE_NONE, "expression").len == 0)
		return false;
	if (owner->flow)
		return listener_is_execution(listener);
	if (listener_is_execution(listener))
		return listener_is_for(listener, "start") || listener_is_for(listener, "end");
	bool user = owner->node && owner->node->kind == NODE_USER_TASK;
	return user && (listener_is_for(listener, "create") || listener_is_for(listener, "complete"));
}

/* The listeners of that name and event; event NULL: of any. */
static void listener_gather(
	struct model *model, const struct element *owner, const char *name, const char *event, listener_list *list)
{
	const struct element *listener = element_extension(owner, SPACE_CAMUNDA, name);
	for (; listener; listener = element_next_extension(listener, SPACE_CAMUNDA, name)) {
		if (!listener_runs(owner, listener) || (event && !listener_is_for(listener, event)))
			continue;
		struct expression_text text = expression_of_attribute(listener, SPACE_NONE, "expression");
		const struct expr *expr = expression_compile(model, &text, EXPRESSION_TEMPLATE);
		if (expr)
			vec_add(list, expr);
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
	listener_gather(model, element, "taskListener", "create", &list);
	return listener_keep(model, &list);
}

struct graph_exprs compile_end_listeners(struct model *model, const struct element *element)
{
	listener_list list = {0};
	listener_gather(model, element, "taskListener", "complete", &list);
	listener_gather(model, element, "executionListener", "end", &list);
	return listener_keep(model, &list);
}

struct graph_exprs compile_flow_listeners(struct model *model, const struct element *element)
{
	listener_list list = {0};
	listener_gather(model, element, "executionListener", NULL, &list);
	return listener_keep(model, &list);
}
