/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of names, in any order, but for flows and what could be compensated: what stands where, and what has been.
 */
#include "config.h"

#include "tests/engine/scenario_expect.h"

#include <stdlib.h>

/* ---- names ---- */

static int expect_compare_names(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static struct str expect_join(struct scenario *scenario, const expect_list *list)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	for (size_t i = 0; i < list->len; i++)
		buf_printf(&text, "%s%.*s", i ? " " : "", STR_ARG(list->items[i]));
	struct str joined = arena_str(scenario->arena, text.len ? buf_str(&text) : STR("none"));
	buf_free(&text);
	return joined;
}

static void expect_sort(expect_list *list)
{
	if (list->len > 0)
		qsort(list->items, list->len, sizeof *list->items, expect_compare_names);
}

/* A name may be "node", "node[2]", "node:state" or "node[2]:state". */
static struct str expect_cut(struct scenario *scenario, struct str name, bool loops, bool states)
{
	size_t colon = str_find_char(name, ':');
	struct str state = colon == STR_NONE || !states ? STR("") : str_slice(name, colon, name.len);
	struct str node = str_slice(name, 0, colon == STR_NONE ? name.len : colon);
	size_t bracket = str_find_char(node, '[');
	if (bracket != STR_NONE && !loops)
		node = str_slice(node, 0, bracket);
	return arena_printf(scenario->arena, "%.*s%.*s", STR_ARG(node), STR_ARG(state));
}

bool expect_names(struct scenario *scenario, struct scenario_line *line, expect_list *got, bool ordered)
{
	expect_list expected = {0};
	bool states = false, loops = false;
	for (const struct scenario_word *word; (word = scenario_next(line));) {
		if (!str_equal_c(word->text, "none"))
			vec_add(&expected, word->text);
		states |= str_find_char(word->text, ':') != STR_NONE;
		loops |= str_find_char(word->text, '[') != STR_NONE;
	}
	for (size_t i = 0; i < got->len; i++)
		got->items[i] = expect_cut(scenario, got->items[i], loops, states);
	if (!ordered) {
		expect_sort(&expected);
		expect_sort(got);
	}
	struct str wanted = expect_join(scenario, &expected), found = expect_join(scenario, got);
	vec_free(&expected);
	vec_free(got);
	return str_equal(wanted, found) ||
	       scenario_fail(scenario, "expected %.*s, got %.*s", STR_ARG(wanted), STR_ARG(found));
}

/* "node", "node[body]" or "node[2]". */
static struct str expect_name(
	struct scenario *scenario, const struct graph *graph, int32_t node, enum token_role role, int32_t loop_counter)
{
	struct str id = graph->nodes[node].id;
	if (role == ROLE_LOOP_BODY)
		return arena_printf(scenario->arena, "%.*s[body]", STR_ARG(id));
	if (loop_counter == GRAPH_NONE)
		return id;
	return arena_printf(scenario->arena, "%.*s[%d]", STR_ARG(id), loop_counter);
}

static struct str expect_pair(struct scenario *scenario, struct str name, struct str state)
{
	return arena_printf(scenario->arena, "%.*s:%.*s", STR_ARG(name), STR_ARG(state));
}

static struct str expect_token_name(
	struct scenario *scenario, const struct instance *instance, const struct token *token, struct str state)
{
	return expect_pair(
		scenario, expect_name(scenario, instance->graph, token->node, token->role, token->loop_counter), state);
}

struct str expect_outcome(enum activity_outcome outcome)
{
	switch (outcome) {
#define X(name, value, text) \
	case ACTIVITY_##name: \
		return STR(text);
		ACTIVITY_OUTCOME_LIST(X)
#undef X
	}
	return STR("?");
}

bool expect_tokens(struct scenario *scenario, struct scenario_line *line)
{
	expect_list got = {0};
	SCENARIO_EACH (scenario, in, token, tokens)
		vec_add(&got, expect_token_name(scenario, in, token, token_state_name(token->state)));
	return expect_names(scenario, line, &got, false);
}

#define DEFINE_EXPECT_ROWS(what, row, rows, condition) \
	bool expect_##what(struct scenario *scenario, struct scenario_line *line) \
	{ \
		expect_list got = {0}; \
		SCENARIO_EACH (scenario, in, row, rows) \
			if (condition) \
				vec_add(&got, in->graph->nodes[row->node].id); \
		return expect_names(scenario, line, &got, false); \
	}
DEFINE_EXPECT_ROWS(tasks, task, tasks, true)
DEFINE_EXPECT_ROWS(jobs, job, jobs, job->kind == JOB_WORK)
DEFINE_EXPECT_ROWS(timers, job, jobs, job->kind == JOB_TIMER)
DEFINE_EXPECT_ROWS(incidents, incident, incidents, true)
#undef DEFINE_EXPECT_ROWS

struct str expect_subscription_kind(enum subscription_kind kind)
{
	return kind == SUBSCRIPTION_MESSAGE  ? STR("message")
	       : kind == SUBSCRIPTION_SIGNAL ? STR("signal")
	                                     : STR("condition");
}

bool expect_subscriptions(struct scenario *scenario, struct scenario_line *line)
{
	expect_list got = {0};
	SCENARIO_EACH (scenario, in, subscription, subscriptions)
		vec_add(&got, expect_pair(scenario, in->graph->nodes[subscription->node].id,
						  expect_subscription_kind(subscription->kind)));
	return expect_names(scenario, line, &got, false);
}

/* ---- what could be compensated ---- */

struct expect_completed {
	const struct instance *instance;
	const struct compensation *compensation;
};

static int expect_compare_completed(const void *a, const void *b)
{
	const struct expect_completed *x = a, *y = b;
	if (x->instance != y->instance)
		return x->instance->id < y->instance->id ? -1 : 1;
	return x->compensation->sequence < y->compensation->sequence
	           ? -1
	           : x->compensation->sequence > y->compensation->sequence;
}

/* Oldest first, instance by instance. */
bool expect_compensations(struct scenario *scenario, struct scenario_line *line)
{
	VEC(struct expect_completed) rows = {0};
	expect_list got = {0};
	SCENARIO_EACH (scenario, in, compensation, compensations)
		vec_add(&rows, ((struct expect_completed){in, compensation}));
	if (rows.len > 0)
		qsort(rows.items, rows.len, sizeof *rows.items, expect_compare_completed);
	for (size_t i = 0; i < rows.len; i++)
		vec_add(&got, expect_name(scenario, rows.items[i].instance->graph, rows.items[i].compensation->node, ROLE_PLAIN,
						  rows.items[i].compensation->loop_counter));
	vec_free(&rows);
	return expect_names(scenario, line, &got, true);
}

/* ---- history ---- */

bool expect_is_of(const struct scenario *scenario, int64_t instance_id)
{
	return scenario->selected == 0 || scenario->selected == instance_id;
}

static void expect_step_flows(struct scenario *scenario, const struct step_row *step, expect_list *got)
{
	const struct store *store = world_store(&scenario->world);
	const struct graph *graph = world_graph_of(&scenario->world, step->instance_id);
	for (size_t i = 0; i < step->flow_count; i++)
		vec_add(got, graph->flows[store->flows.items[step->first_flow + i]].id);
}

/* The flows that the last command line took, in order, instance by instance. */
bool expect_flows(struct scenario *scenario, struct scenario_line *line)
{
	const struct store *store = world_store(&scenario->world);
	expect_list got = {0};
	for (size_t i = scenario->last.step; i < store->steps.len; i++)
		if (expect_is_of(scenario, store->steps.items[i].instance_id))
			expect_step_flows(scenario, &store->steps.items[i], &got);
	return expect_names(scenario, line, &got, true);
}

static void expect_ended_since(struct scenario *scenario, size_t first, expect_list *got)
{
	const struct store *store = world_store(&scenario->world);
	for (size_t i = first; i < store->activities.len; i++) {
		const struct activity_row *row = &store->activities.items[i];
		const struct graph *graph = world_definition(&scenario->world, row->definition_id);
		struct str name = expect_name(scenario, graph, row->node, row->role, row->loop_counter);
		if (expect_is_of(scenario, row->instance_id))
			vec_add(got, expect_pair(scenario, name, expect_outcome(row->outcome)));
	}
}

/* The activities that the last command line ended. */
bool expect_ended(struct scenario *scenario, struct scenario_line *line)
{
	expect_list got = {0};
	expect_ended_since(scenario, scenario->last.activity, &got);
	return expect_names(scenario, line, &got, false);
}

/* All activities so far, ended and running. */
bool expect_activities(struct scenario *scenario, struct scenario_line *line)
{
	expect_list got = {0};
	expect_ended_since(scenario, 0, &got);
	SCENARIO_EACH (scenario, in, token, tokens)
		vec_add(&got, expect_token_name(scenario, in, token, STR("running")));
	return expect_names(scenario, line, &got, false);
}

/* ---- messages ---- */

/* What the last `deliver` has brought to somebody, and what to nobody. */
bool expect_delivered(struct scenario *scenario, struct scenario_line *line)
{
	expect_list got = {0};
	for (size_t i = 0; i < scenario->delivered_messages.len; i++)
		vec_add(&got, scenario->delivered_messages.items[i]);
	return expect_names(scenario, line, &got, false);
}

bool expect_undelivered(struct scenario *scenario, struct scenario_line *line)
{
	expect_list got = {0};
	for (size_t i = 0; i < scenario->undelivered_messages.len; i++)
		vec_add(&got, scenario->undelivered_messages.items[i]);
	return expect_names(scenario, line, &got, false);
}
