/* SPDX-License-Identifier: Apache-2.0
 *
 * Random models that are changed by hand while anything may come: nobody promises that they end, but every step rests, the
 * invariants hold, and a cancellation is always possible. A migration leads to the same definition, where nothing may
 * change by it, or to and fro between two versions, and is refused where tokens have no counterpart.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/migrate.h"
#include "engine/modify.h"
#include "tests/engine/driver.h"

#define CHANGES_COMMANDS 50
#define CHANGES_BUDGET 2000
#define INSTRUCTIONS 3

/* Any instance of the tree. */
static const struct instance *changes_instance(struct driver *driver)
{
	const struct instance *picked = NULL;
	int seen = 0;
	for (struct instance *here = NULL; (here = world_next(&driver->world, here));)
		if (random_below(&driver->random, ++seen) == 0)
			picked = here;
	return picked;
}

static const struct token *changes_token(struct driver *driver, const struct instance *instance)
{
	const struct token *picked = NULL;
	int seen = 0;
	for (size_t i = 0; i < instance->tokens.len; i++)
		if (row_alive(instance->tokens.items[i].mark) && random_below(&driver->random, ++seen) == 0)
			picked = &instance->tokens.items[i];
	return picked;
}

static struct modification changes_instruction(struct driver *driver, const struct instance *instance)
{
	const struct graph *graph = instance->graph;
	struct modification change = {.kind = (enum modification_kind)random_below(&driver->random, 3)};
	const struct token *token = changes_token(driver, instance);
	bool precise = random_below(&driver->random, 2) == 0;
	if (change.kind == MODIFY_CANCEL) {
		change.element_id = graph->nodes[token->node].id;
		change.token_id = precise ? token->id : 0;
		return change;
	}
	change.element_id = graph->nodes[random_below(&driver->random, graph->node_count)].id;
	change.scope_id = precise ? token->scope_id : 0;
	return change;
}

static void changes_modify(struct driver *driver)
{
	const struct instance *instance = changes_instance(driver);
	struct modification list[INSTRUCTIONS];
	struct command command = driver_command(COMMAND_MODIFY, 0);
	command.instance_id = instance->id;
	command.modifications = list;
	command.modification_count = 1 + (size_t)random_below(&driver->random, INSTRUCTIONS);
	for (size_t i = 0; i < command.modification_count; i++)
		list[i] = changes_instruction(driver, instance);
	driver_step(driver, &command, true);
}

/* Any version of the same process. */
static int64_t changes_definition(struct driver *driver, const struct instance *instance)
{
	const struct world *world = &driver->world;
	int64_t picked = instance->definition_id;
	int seen = 0;
	for (size_t i = 0; i < world->processes.count; i++)
		if (str_equal(world->processes.graphs[i]->key, instance->graph->key) &&
			random_below(&driver->random, ++seen) == 0)
			picked = WORLD_DEFINITION_ID + (int64_t)i;
	return picked;
}

/* "n1" in one version is "m1" in the other. Mostly somebody has thought of it. */
static size_t changes_map(struct driver *driver, const struct graph *from, const struct graph *to, struct arena *arena,
	struct node_mapping *mappings)
{
	size_t count = 0;
	for (int32_t i = 0; i < from->node_count; i++) {
		struct str id = from->nodes[i].id;
		struct str other =
			arena_printf(arena, "%c%.*s", id.ptr[0] == 'n' ? 'm' : 'n', STR_ARG(str_slice(id, 1, id.len)));
		if (graph_find_node(to, id) == GRAPH_NONE && graph_find_node(to, other) != GRAPH_NONE &&
			random_below(&driver->random, 20) > 0)
			mappings[count++] = (struct node_mapping){id, other};
	}
	if (random_below(&driver->random, 10) == 0)
		mappings[count++] = (struct node_mapping){from->nodes[random_below(&driver->random, from->node_count)].id,
			to->nodes[random_below(&driver->random, to->node_count)].id};
	return count;
}

static void changes_migrate(struct driver *driver)
{
	const struct instance *instance = changes_instance(driver);
	struct arena *arena = arena_new();
	int64_t definition_id = changes_definition(driver, instance);
	struct migration migration = {
		.definition_id = definition_id, .graph = world_definition(&driver->world, definition_id)};
	struct node_mapping *mappings = arena_array(arena, (size_t)instance->graph->node_count + 1, sizeof *mappings);
	migration.mappings = mappings;
	migration.mapping_count = changes_map(driver, instance->graph, migration.graph, arena, mappings);
	struct command command = driver_command(COMMAND_MIGRATE, 0);
	command.instance_id = instance->id;
	command.migration = &migration;
	driver_step(driver, &command, true);
	arena_free(arena);
}

static void changes_run(struct driver *driver)
{
	struct world *world = &driver->world;
	driver->restless = driver->wild = true;
	world->limits.step_budget = CHANGES_BUDGET;
	driver_start(driver);
	for (int i = 0; i < CHANGES_COMMANDS && world_root(world) && world->problem.len == 0; i++) {
		int what = random_below(&driver->random, 8);
		if (what == 0)
			changes_migrate(driver);
		else if (what < 3)
			changes_modify(driver);
		else
			driver_do_something(driver);
	}
	driver_cancel(driver);
}

static void test_random_changes(void **state)
{
	static const struct driver_kind kind = {.draw = random_model, .run = changes_run, .versions = true, .count = 600};
	(void)state;
	driver_run_many(&kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_changes)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
