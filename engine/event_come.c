/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens when something that is waited for comes. Who waits, the owner of the row, says what it was: an event
 * itself, the gateway before it, the activity that it is attached to, or the scope of its event sub-process.
 */
#include "config.h"

#include "engine/event.h"

#include <stdlib.h>

/* ---- what came along ---- */

static void event_write_variables(struct step *step, int32_t slot, const struct event_coming *coming, bool local)
{
	for (size_t i = 0; i < coming->variable_count; i++) {
		const struct command_variable *variable = &coming->variables[i];
		if (local)
			step_set_local_variable(step, slot, variable->name, variable->json);
		else
			step_set_variable(step, slot, variable->name, variable->json);
	}
}

/* ---- what it means ---- */

/* The token waits at the event itself, and its other waits end with it; a start event of which all had to come is
 * entered as if it were the only one. */
static void event_come_at_token(struct step *step, int32_t slot, const struct event_coming *coming)
{
	event_write_variables(step, slot, coming, false);
	if (step_node(step, slot)->kind == NODE_START_EVENT)
		token_enter_again(step, slot);
	else
		step_leave(step, slot);
}

static void event_come_at_gateway(struct step *step, int32_t slot, const struct event_coming *coming)
{
	event_write_variables(step, event_gateway_take(step, slot, coming->node), coming, false);
}

static struct job *event_timer(const struct step *step, const struct event_coming *coming)
{
	struct instance *instance = step->instance;
	for (int32_t i = GRAPH_NONE; (i = instance_next_job(instance, coming->token_id, i)) != GRAPH_NONE;)
		if (instance->jobs.items[i].event == coming->event)
			return &instance->jobs.items[i];
	return NULL;
}

/* Where the names or times of a wait that repeats cannot be told again, the token that began with it says so. */
static void event_wait_again(struct step *step, int32_t begun, const struct event_coming *coming)
{
	int32_t owner = coming->token_id == 0 ? GRAPH_NONE : token_slot(step, coming->token_id);
	size_t first = step->instance->subscriptions.len;
	struct err err = {0};
	if (event_subscribe_node(step, owner, coming->node, GRAPH_NONE, &err)) {
		condition_note_from(step, first);
		return;
	}
	event_end_node(step, coming->token_id, coming->node);
	step_fail_entering(step, begun, event_incident_type(&err), &err);
}

/* It interrupts nothing: messages, signals and conditions stay, a timer may have another firing. */
static void event_repeat(struct step *step, int32_t begun, const struct event_coming *coming)
{
	const struct graph_node *node = &step->graph->nodes[coming->node];
	struct job *timer = event_timer(step, coming);
	if (node->parallel_multiple && node->event_count > 1)
		event_wait_again(step, begun, coming);
	else if (timer && !timer_rearm(timer))
		job_end(timer);
}

static void event_come_on_boundary(struct step *step, int32_t host, const struct event_coming *coming)
{
	bool interrupting = step->graph->nodes[coming->node].interrupting;
	int32_t begun = boundary_begin(step, coming->node, host, ACTIVITY_CANCELED, STR(""));
	event_write_variables(step, begun, coming, false);
	if (!interrupting)
		event_repeat(step, begun, coming);
}

static void event_come_in_scope(struct step *step, const struct event_coming *coming)
{
	const struct graph_node *start = &step->graph->nodes[coming->node];
	int32_t begun = scope_begin_event_sub_process(step, start->scope, coming->token_id);
	event_write_variables(step, begun, coming, true);
	if (!start->interrupting)
		event_repeat(step, begun, coming);
}

/* The task stays as it is. */
static void event_come_at_task(struct step *step, int32_t slot, const struct event_coming *coming)
{
	event_repeat(step, slot, coming);
	task_time_out(step, slot, coming->event - step_node(step, slot)->event);
}

/* All of several definitions have to come: this one has, and others have not. What came along cannot wait for a token
 * that there is not yet: it is written to what is around. */
static bool event_waits_for_others(struct step *step, int32_t owner, const struct event_coming *coming)
{
	const struct graph_node *node = &step->graph->nodes[coming->node];
	if (!node->parallel_multiple || node->event_count < 2)
		return false;
	event_end_definition(step, coming->token_id, coming->event);
	if (!event_is_awaited(step, coming->token_id, coming->node))
		return false;
	event_write_variables(step, node->kind == NODE_BOUNDARY_EVENT ? token_scope(step, owner) : owner, coming, false);
	return true;
}

void event_come(struct step *step, const struct event_coming *coming)
{
	int32_t owner = coming->token_id == 0 ? GRAPH_NONE : token_slot(step, coming->token_id);
	if (event_waits_for_others(step, owner, coming))
		return;
	if (step->graph->nodes[coming->node].kind == NODE_BOUNDARY_EVENT)
		event_come_on_boundary(step, owner, coming);
	else if (step->graph->nodes[coming->node].kind == NODE_USER_TASK)
		event_come_at_task(step, owner, coming);
	else if (owner != GRAPH_NONE && step_token(step, owner)->node == coming->node)
		event_come_at_token(step, owner, coming);
	else if (owner != GRAPH_NONE && step_node(step, owner)->kind == NODE_EVENT_BASED_GATEWAY)
		event_come_at_gateway(step, owner, coming);
	else
		event_come_in_scope(step, coming);
}

/* ---- signals in the tree ---- */

struct event_reached {
	struct instance *instance;
	size_t index;
	int64_t id;
};

static int event_reached_order(const void *a, const void *b)
{
	const struct event_reached *left = a, *right = b;
	return (left->id > right->id) - (left->id < right->id);
}

typedef VEC(struct event_reached) event_reach;

static void event_reach_instance(struct step *step, struct instance *instance, struct str name, event_reach *reach)
{
	size_t alive = 0;
	for (size_t i = 0; i < instance->subscriptions.len; i++) {
		const struct subscription *row = &instance->subscriptions.items[i];
		if (!row_alive(row->mark))
			continue;
		alive++;
		if (row->kind == SUBSCRIPTION_SIGNAL && str_equal(row->name, name))
			vec_add(reach, ((struct event_reached){instance, i, row->id}));
	}
	step_charge(step, alive);
}

/* By id, since rows stand in another order in a cached instance than in one loaded anew. One may end
 * what another waits for. */
void event_signal_tree(struct step *step, struct str name, const struct command_variable *variables, size_t count)
{
	struct instance *before = step->instance;
	event_reach reach = {0};
	for (struct instance *here = NULL; (here = instance_next(step->root, here));)
		if (here->ended_at == 0 && here->status != INSTANCE_SUSPENDED)
			event_reach_instance(step, here, name, &reach);
	if (reach.len > 0)
		qsort(reach.items, reach.len, sizeof *reach.items, event_reached_order);
	for (size_t i = 0; i < reach.len; i++) {
		const struct event_reached *reached = &reach.items[i];
		const struct subscription *row = &reached->instance->subscriptions.items[reached->index];
		if (!row_alive(row->mark) || row->id != reached->id)
			continue;
		step_switch(step, reached->instance);
		event_come(step, &(struct event_coming){row->token_id, row->node, row->event, variables, count});
	}
	step_switch(step, before);
	vec_free(&reach);
}
