/* SPDX-License-Identifier: Apache-2.0
 *
 * What is left of a process when its data is taken away. Nodes and flows keep their indexes, so that what happens in
 * the model can be told of the diagram.
 *
 *     user task, call activity, work, JavaScript    a job
 *     timer, condition, message                     a message
 *     signal                                        a signal, so that a throw reaches its catch
 *     multi-instance                                two instances; a standard loop goes round once or twice
 */
#include "config.h"

#include "engine/explore_private.h"

#include <assert.h>

struct model_maker {
	const struct graph *graph;
	struct arena *arena;
	const struct expr *word;
	const struct expr *two;
	const struct graph_job *job;
};

static const struct expr *model_constant(struct arena *arena, struct str text)
{
	const struct expr *constant = expr_compile(arena, text, EXPR_FORM_TEMPLATE, NULL);
	assert(constant);
	return constant;
}

/* ---- events ---- */

/* A name that is made of data is taken as it is written: who throws and who catches mostly write the same. */
static const struct expr *model_signal_name(const struct model_maker *maker, const struct expr *name)
{
	if (!name || expr_is_constant(name))
		return name;
	struct str source = expr_source(name);
	char *text = arena_alloc(maker->arena, source.len + 1);
	for (size_t i = 0; i < source.len; i++)
		text[i] = source.ptr[i];
	for (size_t i = 0; i < source.len; i++)
		if (text[i] == '{' || text[i] == '}')
			text[i] = '%';
	return model_constant(maker->arena, str_slice((struct str){text, source.len}, 0, 200));
}

/* Of a called process nothing is known: its escalation may come at any time. */
static bool model_comes_from_call(const struct graph *graph, const struct graph_event *event)
{
	int32_t host = graph->nodes[event->node].attached_to;
	return event->kind == EVENT_ESCALATION && host != GRAPH_NONE && graph->nodes[host].kind == NODE_CALL_ACTIVITY;
}

static struct graph_event model_event(const struct model_maker *maker, const struct graph_event *event)
{
	struct graph_event out = {
		.kind = event->kind,
		.node = event->node,
		.code = event->code,
		.link_target = event->link_target,
		.name = maker->word,
		.activity = event->activity,
		.wait = event->wait,
	};
	if (event->kind == EVENT_TIMER || event->kind == EVENT_CONDITIONAL || model_comes_from_call(maker->graph, event))
		out.kind = EVENT_MESSAGE;
	if (event->kind == EVENT_SIGNAL)
		out.name = model_signal_name(maker, event->name);
	return out;
}

/* ---- activities ---- */

static const struct graph_loop *model_loop(const struct model_maker *maker, const struct graph_loop *loop)
{
	struct graph_loop *out = arena_new_object(maker->arena, struct graph_loop);
	*out = *loop;
	out->cardinality = loop->kind == LOOP_STANDARD ? NULL : maker->two;
	out->maximum = loop->maximum == 1 ? 1 : 2;
	out->collection = out->output = NULL;
	out->element_variable = out->output_collection = (struct str){0};
	return out;
}

static const struct graph_ad_hoc *model_ad_hoc(const struct model_maker *maker, const struct graph_ad_hoc *ad_hoc)
{
	struct graph_ad_hoc *out = arena_new_object(maker->arena, struct graph_ad_hoc);
	*out = *ad_hoc;
	out->manual = false;
	return out;
}

static const struct graph_script *model_script(const struct model_maker *maker, const struct graph_script *script)
{
	struct graph_script *out = arena_new_object(maker->arena, struct graph_script);
	*out = (struct graph_script){.javascript = script->javascript};
	return out;
}

static void model_drop_data(struct graph_node *node)
{
	node->async_before = node->async_after = false;
	node->declares = (struct graph_names){0};
	node->inputs = node->outputs = (struct graph_assignments){0};
	node->start_listeners = node->end_listeners = (struct graph_exprs){0};
}

static struct graph_node model_node(const struct model_maker *maker, const struct graph_node *node)
{
	struct graph_node out = *node;
	model_drop_data(&out);
	if (node->kind == NODE_USER_TASK || node->kind == NODE_CALL_ACTIVITY)
		out.kind = NODE_SERVICE_TASK;
	if (node->job || out.kind != node->kind)
		out.job = maker->job;
	if (node->script)
		out.script = model_script(maker, node->script);
	if (node->loop)
		out.loop = model_loop(maker, node->loop);
	if (node->ad_hoc)
		out.ad_hoc = model_ad_hoc(maker, node->ad_hoc);
	return out;
}

/* ---- the whole ---- */

static const struct graph_flow *model_flows(const struct model_maker *maker)
{
	const struct graph *graph = maker->graph;
	struct graph_flow *flows = arena_array(maker->arena, (size_t)graph->flow_count, sizeof *flows);
	for (int32_t i = 0; i < graph->flow_count; i++) {
		flows[i] = graph->flows[i];
		flows[i].listeners = (struct graph_exprs){0};
	}
	return flows;
}

static const struct graph_node *model_nodes(const struct model_maker *maker)
{
	const struct graph *graph = maker->graph;
	struct graph_node *nodes = arena_array(maker->arena, (size_t)graph->node_count, sizeof *nodes);
	for (int32_t i = 0; i < graph->node_count; i++)
		nodes[i] = model_node(maker, &graph->nodes[i]);
	return nodes;
}

static const struct graph_event *model_events(const struct model_maker *maker)
{
	const struct graph *graph = maker->graph;
	struct graph_event *events = arena_array(maker->arena, (size_t)graph->event_count, sizeof *events);
	for (int32_t i = 0; i < graph->event_count; i++)
		events[i] = model_event(maker, &graph->events[i]);
	return events;
}

const struct graph *explore_model(const struct graph *graph, struct arena *arena)
{
	struct graph_job *job = arena_new_object(arena, struct graph_job);
	struct graph *model = arena_new_object(arena, struct graph);
	const struct model_maker maker = {
		.graph = graph,
		.arena = arena,
		.word = model_constant(arena, STR("x")),
		.two = model_constant(arena, STR("2")),
		.job = job,
	};
	*job = (struct graph_job){.type = maker.word, .retries = GRAPH_NONE};
	*model = *graph;
	model->nodes = model_nodes(&maker);
	model->flows = model_flows(&maker);
	model->events = model_events(&maker);
	model->initiator = (struct str){0};
	model->declares = (struct graph_names){0};
	model->start_listeners = model->end_listeners = (struct graph_exprs){0};
	return model;
}

bool explore_has_call(const struct graph *graph, int32_t scope)
{
	for (int32_t i = 0; i < graph->node_count; i++) {
		int32_t around = graph->nodes[i].kind == NODE_CALL_ACTIVITY ? i : GRAPH_NONE;
		while (around != GRAPH_NONE && around != scope)
			around = graph->nodes[around].scope;
		if (graph->nodes[i].kind == NODE_CALL_ACTIVITY && around == scope)
			return true;
	}
	return false;
}
