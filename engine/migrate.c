/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether each token, wait and memory of an instance can go along. Nothing is changed here: a dry run lists what this
 * finds, and the command refuses when it finds anything.
 */
#include "config.h"

#include "engine/migrate.h"

#include <stdlib.h>

#include "engine/mapping.h"
#include "engine/migrate_map.h"

#define PROBLEMS_MAX 1000

struct migration_check {
	const struct instance *instance;
	struct migrate_map map;
	struct arena *arena;
	struct migration_problems *problems;
};

static void migration_add_problem(
	struct migration_check *check, int64_t token_id, struct str element_id, const char *message)
{
	if (check->problems->list.len == PROBLEMS_MAX)
		return;
	vec_add(&check->problems->list, ((struct migration_problem){
										.token_id = token_id,
										.element_id = arena_str(check->arena, element_id),
										.message = str_from_c(message),
									}));
}

static void migration_note(struct migration_check *check, int64_t token_id, int32_t node, const char *message)
{
	migration_add_problem(check, token_id, check->instance->graph->nodes[node].id, message);
}

/* ---- tokens ---- */

static bool migration_same_loop(const struct graph_node *from, const struct graph_node *to)
{
	if (!from->loop || !to->loop)
		return from->loop == to->loop;
	return from->loop->kind == to->loop->kind;
}

/* The scope around the token becomes the scope around its counterpart. */
static bool migration_same_scope(const struct migration_check *check, const struct token *token, int32_t target)
{
	const struct instance *instance = check->instance;
	const struct token *scope = token->scope_id ? instance_token(instance, token->scope_id) : NULL;
	while (scope && scope->node == token->node)
		scope = scope->scope_id ? instance_token(instance, scope->scope_id) : NULL;
	int32_t expected = scope ? check->map.nodes[scope->node] : GRAPH_NONE;
	bool handler = scope && scope->state == TOKEN_COMPENSATING;
	return handler || check->map.to->nodes[target].scope == expected;
}

static bool migration_has_job(const struct graph_node *node)
{
	return node->job || (node->script && node->script->javascript.len > 0);
}

/* What is run now becomes the value of the mapping at that place. */
static bool migration_has_mapping(const struct token *token, const struct graph_node *from, const struct graph_node *to)
{
	bool input = token->state == TOKEN_MAPPING_INPUTS;
	struct graph_assignments before = input ? from->inputs : from->outputs, after = input ? to->inputs : to->outputs;
	int32_t place = mapping_awaited(token);
	return place < before.count && place < after.count && after.items[place].javascript.len > 0 &&
	       str_equal(before.items[place].target, after.items[place].target);
}

static const char *migration_state_problem(
	const struct migration_check *check, const struct token *token, int32_t target)
{
	const struct graph_node *from = &check->map.from->nodes[token->node], *to = &check->map.to->nodes[target];
	bool event = token->state == TOKEN_EVENT || token->state == TOKEN_TIMER;
	if (token->state == TOKEN_RESET)
		return "a complex gateway that waits for its reset cannot be moved";
	if (token->state == TOKEN_COMPENSATING)
		return "a compensation that is going on cannot be moved";
	if (token->state == TOKEN_JOIN && token->flow != GRAPH_NONE &&
		migrate_flow(&check->map, token->flow, target) == GRAPH_NONE)
		return "the flow that brought the token does not lead to its counterpart";
	if (token->state == TOKEN_JOIN && from->start_quantity != to->start_quantity)
		return "its counterpart waits for another number of tokens";
	if (event && !migrate_same_events(&check->map, token->node, target))
		return "its counterpart waits for other events";
	if (token->state == TOKEN_JOB && !migration_has_job(to))
		return "its counterpart has no job";
	if (mapping_waits(token) && !migration_has_mapping(token, from, to))
		return "its counterpart has no such script in its mappings";
	return NULL;
}

static const char *migration_token_problem(
	const struct migration_check *check, const struct token *token, int32_t target)
{
	const struct graph_node *from = &check->map.from->nodes[token->node], *to = &check->map.to->nodes[target];
	if (from->kind != to->kind || from->event_sub_process != to->event_sub_process)
		return "its counterpart is an element of another kind";
	if (!migration_same_loop(from, to))
		return "its counterpart loops in another way";
	if (!migration_same_scope(check, token, target))
		return "its counterpart stands in another sub-process";
	return migration_state_problem(check, token, target);
}

static void migration_check_token(struct migration_check *check, const struct token *token)
{
	int32_t target = check->map.nodes[token->node];
	const char *problem =
		target == GRAPH_NONE ? "it has no counterpart" : migration_token_problem(check, token, target);
	if (problem)
		migration_note(check, token->id, token->node, problem);
}

/* ---- what tokens wait for, and what can be compensated ---- */

/* What an event-based gateway waits for must be there; boundary events and event sub-processes may come and go. */
static void migration_check_wait(struct migration_check *check, int64_t token_id, int32_t node)
{
	const struct token *owner = token_id ? instance_token(check->instance, token_id) : NULL;
	int32_t host = owner ? owner->node : GRAPH_NONE;
	bool needed = owner && check->map.from->nodes[host].kind == NODE_EVENT_BASED_GATEWAY;
	if (needed && check->map.nodes[host] != GRAPH_NONE && migrate_wait(&check->map, host, node) == GRAPH_NONE)
		migration_note(check, token_id, node, "the gateway waits for it, and its counterpart does not");
	else if (migrate_wait_is_shared(&check->map, host, node))
		migration_note(check, token_id, node, "another event that waits there has the same counterpart");
}

static void migration_check_memory(struct migration_check *check, const struct compensation *row)
{
	const struct graph_node *from = &check->map.from->nodes[row->node];
	int32_t target = check->map.nodes[row->node];
	int32_t scope = from->scope == GRAPH_NONE ? GRAPH_NONE : check->map.nodes[from->scope];
	if (target == GRAPH_NONE)
		migration_note(check, row->id, row->node, "it can be compensated, and has no counterpart that could");
	else if (check->map.to->nodes[target].kind != from->kind || check->map.to->nodes[target].scope != scope)
		migration_note(check, row->id, row->node,
			"it can be compensated, and its counterpart is of another kind or stands in another sub-process");
}

static void migration_check_mappings(struct migration_check *check, const struct migration *migration)
{
	for (size_t i = 0; i < migration->mapping_count; i++) {
		const struct node_mapping *mapping = &migration->mappings[i];
		if (graph_find_node(check->map.from, mapping->from) == GRAPH_NONE)
			migration_add_problem(check, 0, mapping->from, "the process has no such element");
		if (graph_find_node(check->map.to, mapping->to) == GRAPH_NONE)
			migration_add_problem(check, 0, mapping->to, "the target process has no such element");
	}
}

static void migration_check_waits(struct migration_check *check)
{
	const struct instance *instance = check->instance;
	for (size_t i = 0; i < instance->subscriptions.len; i++) {
		const struct subscription *row = &instance->subscriptions.items[i];
		if (row_alive(row->mark))
			migration_check_wait(check, row->token_id, row->node);
	}
	for (size_t i = 0; i < instance->jobs.len; i++) {
		const struct job *row = &instance->jobs.items[i];
		if (row_alive(row->mark) && row->event != GRAPH_NONE)
			migration_check_wait(check, row->token_id, row->node);
	}
	for (size_t i = 0; i < instance->compensations.len; i++)
		if (row_alive(instance->compensations.items[i].mark))
			migration_check_memory(check, &instance->compensations.items[i]);
}

/* Mappings first, then in the order of the activities: rows stand in another order when an instance is loaded anew. */
static int migration_order(const void *a, const void *b)
{
	const struct migration_problem *left = a, *right = b;
	if (left->token_id != right->token_id)
		return left->token_id < right->token_id ? -1 : 1;
	return str_compare(left->element_id, right->element_id);
}

static void migration_sort(struct migration_problems *problems)
{
	if (problems->list.len > 0)
		qsort(problems->list.items, problems->list.len, sizeof *problems->list.items, migration_order);
}

void migration_find_problems(const struct instance *instance, const struct migration *migration, struct arena *arena,
	struct migration_problems *problems)
{
	struct migration_check check = {
		.instance = instance,
		.map = migrate_map_make(instance->graph, migration, arena),
		.arena = arena,
		.problems = problems,
	};
	migration_check_mappings(&check, migration);
	for (size_t i = 0; i < instance->tokens.len; i++)
		if (row_alive(instance->tokens.items[i].mark))
			migration_check_token(&check, &instance->tokens.items[i]);
	migration_check_waits(&check);
	migration_sort(problems);
}
