/* SPDX-License-Identifier: Apache-2.0
 *
 * The search, breadth first, so that the first way to a place is a shortest one. A state is expanded by every command
 * that could come from outside, each in every way that its conditions can turn out.
 *
 *     states ──► one that is not expanded ──► each move ──► each run of it ──► new? ──► judged, kept as a state
 *
 * Nothing follows a state in which tokens meet: all that comes of it would be reported again.
 */
#include "config.h"

#include "engine/explore_private.h"

#include <stdlib.h>

#define EXPLORE_NODES_MAX 2000
#define EXPLORE_TOKENS_MAX 200
#define EXPLORE_STEP_BUDGET 4000
/* What a run costs besides what it moves. */
#define EXPLORE_RUN_WORK 8

/* ---- one run ---- */

static void explore_note_reached(struct explorer *explorer, const struct instance *instance)
{
	for (size_t i = 0; i < explorer->effects.activities.len; i++)
		explorer->reached[explorer->effects.activities.items[i].node] = true;
	for (size_t i = 0; i < instance->tokens.len; i++)
		if (row_alive(instance->tokens.items[i].mark))
			explorer->reached[instance->tokens.items[i].node] = true;
}

/* An event that interrupts nothing: on a boundary, or at the start of an event sub-process. */
static bool explore_repeats(const struct graph_node *node)
{
	bool begins = node->kind == NODE_START_EVENT && node->scope != GRAPH_NONE;
	return (begins || node->kind == NODE_BOUNDARY_EVENT) && !node->interrupting && node->event != GRAPH_NONE;
}

/* Behind what has been passed tokens may meet that are meant to. */
static bool explore_is_beside(const struct graph_node *node)
{
	return explore_repeats(node) || node->completion_quantity > 1 || node->kind == NODE_COMPLEX_GATEWAY;
}

static void explore_note_passed(struct explorer *explorer, struct explore_state *state)
{
	const struct effects *effects = &explorer->effects;
	int32_t *passed = arena_array(explorer->arena, effects->activities.len, sizeof *passed);
	for (size_t i = 0; i < effects->activities.len; i++) {
		const struct activity_row *row = &effects->activities.items[i];
		const struct graph_node *node = &explorer->graph->nodes[row->node];
		if (row->outcome == ACTIVITY_CANCELED)
			continue;
		passed[state->passed_count++] = row->node;
		state->beside |= explore_is_beside(node);
	}
	state->passed = passed;
	for (size_t i = 0; i < state->instance->tokens.len; i++)
		state->beside |= state->instance->tokens.items[i].state == TOKEN_RESET;
}

static bool explore_is_known(struct explorer *explorer, const struct explore_state *state)
{
	struct explore_key key = explore_key(state);
	struct str text = arena_str(explorer->arena, (struct str){(const char *)&key, sizeof key});
	return map_put(&explorer->known, text, explorer) != NULL;
}

static int64_t explore_rows(const struct instance *instance)
{
	size_t tokens = instance->tokens.len + instance->compensations.len;
	return (int64_t)(tokens + instance->jobs.len + instance->subscriptions.len);
}

/* The run has come to rest: takes the instance over. */
static void explore_arrive(struct explorer *explorer, struct explore_state *state)
{
	struct instance *instance = state->instance;
	explore_note_reached(explorer, instance);
	explore_note_passed(explorer, state);
	state->belief = explorer->oracle.belief;
	state->beside |= state->belief.spread;
	state->belief.spread = false;
	instance_committed(instance);
	bool kept = instance->ended_at == 0 && !explore_is_known(explorer, state) && !explore_find_meeting(explorer, state);
	if (kept && instance->tokens.len > EXPLORE_TOKENS_MAX)
		kept = explorer->out->complete = false;
	if (!kept) {
		instance_free(instance);
		return;
	}
	explore_find_dead(explorer, state);
	struct explore_state *stored = arena_new_object(explorer->arena, struct explore_state);
	*stored = *state;
	vec_add(&explorer->states, stored);
	explorer->work -= explore_rows(instance); /* memory costs too */
}

/* A run that no data makes possible, or one that has been given up. */
static bool explore_is_dropped(struct explorer *explorer, const struct instance *instance)
{
	for (size_t i = 0; i < instance->incidents.len; i++) {
		const struct incident *incident = &instance->incidents.items[i];
		if (!row_alive(incident->mark))
			continue;
		if (!explorer->oracle.cut && incident->type != INCIDENT_NO_FLOW)
			explorer->out->complete = false;
		return true;
	}
	return explorer->oracle.cut;
}

static void explore_charge(struct explorer *explorer, const struct instance *instance)
{
	explorer->work -= EXPLORE_RUN_WORK + explore_rows(instance) + (int64_t)explorer->effects.activities.len;
	explorer->work -= explorer->graph->node_count / EXPLORE_NODES_PER_WORK;
}

static void explore_run(struct explorer *explorer, const struct explore_state *from, struct explore_state state,
	const struct command *command)
{
	struct err err = {0};
	effects_clear(&explorer->effects);
	arena_reset(explorer->context.arena);
	arena_reset(explorer->context.scratch);
	oracle_begin(&explorer->oracle, &from->belief);
	state.instance = explore_copy(from->instance);
	explorer->context.park = (struct park){.where = PARK_NOWHERE};
	enum step_result result = engine_step(state.instance, command, &explorer->context, &err);
	explore_charge(explorer, state.instance);
	if (result == STEP_DONE && !explore_is_dropped(explorer, state.instance)) {
		explore_arrive(explorer, &state);
		return;
	}
	if (result != STEP_DONE)
		explorer->out->complete = false;
	instance_free(state.instance);
}

/* Every way that the command can turn out. */
void explore_command(
	struct explorer *explorer, const struct explore_state *from, uint64_t repeated, struct command command)
{
	const struct explore_state state = {.before = from, .repeated = from->repeated | repeated, .beside = from->beside};
	command.actor.may_administer = true;
	command.expected_version = VERSION_ANY;
	command.retries = GRAPH_NONE;
	do
		explore_run(explorer, from, state, &command);
	while (oracle_advance(&explorer->oracle) && explorer->work > 0);
	vec_clear(&explorer->oracle.choices);
}

/* ---- the beginnings ---- */

static void explore_start(struct explorer *explorer, int32_t node, int32_t event)
{
	const struct command command = {.kind = COMMAND_START, .start_node = node, .start_event = event};
	struct explore_state *nowhere = arena_new_object(explorer->arena, struct explore_state);
	nowhere->instance = instance_new(&(struct instance_facts){.id = 1, .graph = explorer->model});
	if (explorer->work > 0)
		explore_command(explorer, nowhere, 0, command);
	instance_free(nowhere->instance);
	nowhere->instance = NULL;
}

static void explore_starts(struct explorer *explorer)
{
	const struct graph *graph = explorer->graph;
	if (graph->start != GRAPH_NONE || graph->event_starts.count == 0)
		explore_start(explorer, GRAPH_NONE, GRAPH_NONE);
	for (int32_t i = 0; i < graph->event_starts.count; i++) {
		int32_t node = graph->links[graph->event_starts.first + i];
		for (int32_t k = 0; k < graph->nodes[node].event_count; k++)
			explore_start(explorer, node, graph->nodes[node].event + k);
	}
}

/* ---- the whole ---- */

static void explore_number_repeating(struct explorer *explorer)
{
	const struct graph *graph = explorer->graph;
	int32_t bits = 0;
	explorer->repeating = arena_array(explorer->arena, (size_t)graph->event_count, sizeof *explorer->repeating);
	for (int32_t i = 0; i < graph->event_count; i++) {
		bool repeats = explore_repeats(&graph->nodes[graph->events[i].node]);
		explorer->repeating[i] = repeats ? bits++ : GRAPH_NONE;
	}
}

static void explore_search(struct explorer *explorer)
{
	size_t next = 0;
	explore_starts(explorer);
	for (; next < explorer->states.len && explorer->work > 0; next++) {
		explore_expand(explorer, explorer->states.items[next]);
		if (explorer->out->findings.len >= EXPLORE_FINDINGS_MAX)
			explorer->work = 0;
	}
	explorer->out->complete &= explorer->work > 0 && !explorer->oracle.too_many;
	for (; next < explorer->states.len; next++)
		instance_free(explorer->states.items[next]->instance);
}

static bool explore_has_meeting(const struct exploration *found)
{
	for (size_t i = 0; i < found->findings.len; i++)
		if (found->findings.items[i].rule == RULE_TOKENS_CAN_MEET)
			return true;
	return false;
}

static void explore_init(struct explorer *explorer, const struct engine_limits *limits)
{
	size_t nodes = (size_t)explorer->graph->node_count;
	explorer->model = explore_model(explorer->graph, explorer->arena);
	explorer->reached = arena_array(explorer->arena, nodes, sizeof *explorer->reached);
	explorer->reported = arena_array(explorer->arena, nodes, sizeof *explorer->reported);
	explorer->ids = (struct id_source){.current = {2, INT64_MAX}};
	oracle_init(&explorer->oracle, explorer->model, explorer->arena);
	explore_number_repeating(explorer);
	explorer->context = (struct step_context){
		.limits = limits,
		.ids = &explorer->ids,
		.effects = &explorer->effects,
		.arena = arena_new(),
		.scratch = arena_new(),
		.oracle = &explorer->oracle,
	};
	effects_init(&explorer->effects, explorer->context.arena);
}

static void explore_fini(struct explorer *explorer)
{
	effects_free(&explorer->effects);
	arena_free(explorer->context.arena);
	arena_free(explorer->context.scratch);
	oracle_free(&explorer->oracle);
	vec_free(&explorer->states);
	map_free(&explorer->known);
}

void explore_graph(const struct graph *graph, struct arena *arena, int64_t *work, struct exploration *out)
{
	static const struct engine_limits limits = {.step_budget = EXPLORE_STEP_BUDGET, .scope_depth = 200};
	struct explorer explorer = {.graph = graph, .arena = arena, .out = out, .work = *work};
	*out = (struct exploration){.complete = true};
	if (graph->node_count > EXPLORE_NODES_MAX || *work <= 0) {
		out->complete = false;
		return;
	}
	explore_init(&explorer, &limits);
	explore_search(&explorer);
	if (out->complete && !explore_has_meeting(out))
		explore_find_unreached(&explorer);
	out->states = explorer.states.len;
	*work = explorer.work;
	explore_fini(&explorer);
}
