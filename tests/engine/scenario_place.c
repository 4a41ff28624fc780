/* SPDX-License-Identifier: Apache-2.0
 *
 * What the words of a line point at: nodes, by an id that no other element of the file has, and instances of the tree.
 */
#include "config.h"

#include "tests/engine/scenario.h"

#include <stdlib.h>

/* ---- nodes ---- */

static bool place_loop(struct scenario *scenario, struct str text, int32_t *loop)
{
	int64_t counter;
	*loop = PLACE_BODY;
	if (str_equal_c(text, "body"))
		return true;
	if (!scenario_integer(scenario, text, &counter))
		return false;
	*loop = (int32_t)counter;
	return true;
}

/* Of two versions of a process the one that runs is meant. */
static bool place_runs(const struct scenario *scenario, const struct graph *graph)
{
	for (struct instance *here = NULL; (here = world_next(&scenario->world, here));)
		if (here->graph == graph)
			return true;
	return false;
}

bool scenario_place(struct scenario *scenario, struct scenario_word *word, struct scenario_place *place)
{
	const struct world_processes *processes = &scenario->world.processes;
	if (!word)
		return scenario_fail(scenario, "expected the id of a node");
	size_t bracket = str_find_char(word->text, '[');
	struct str id = bracket == STR_NONE ? word->text : str_slice(word->text, 0, bracket);
	*place = (struct scenario_place){.node = GRAPH_NONE, .loop = PLACE_ANY};
	if (bracket != STR_NONE &&
		!place_loop(scenario, str_slice(word->text, bracket + 1, word->text.len - bracket - 2), &place->loop))
		return false;
	for (size_t i = 0; i < processes->count; i++) {
		int32_t node = graph_find_node(processes->graphs[i], id);
		if (node == GRAPH_NONE || (place->node != GRAPH_NONE && !place_runs(scenario, processes->graphs[i])))
			continue;
		place->graph = processes->graphs[i];
		place->node = node;
	}
	return place->node != GRAPH_NONE || scenario_fail(scenario, "no node %.*s", STR_ARG(id));
}

static bool place_loop_fits(const struct scenario_place *place, const struct token *token)
{
	if (place->loop == PLACE_ANY)
		return true;
	if (!token)
		return false;
	bool body = token->role == ROLE_LOOP_BODY;
	return place->loop == PLACE_BODY ? body : !body && token->loop_counter == place->loop;
}

bool scenario_is_at(const struct scenario *scenario, const struct scenario_place *place,
	const struct instance *instance, int32_t node, int64_t token_id)
{
	if (scenario->selected != 0 && scenario->selected != instance->id)
		return false;
	return instance->graph == place->graph && node == place->node &&
	       place_loop_fits(place, instance_token(instance, token_id));
}

/* ---- instances ---- */

static int place_compare_instances(const void *a, const void *b)
{
	const struct instance *const *x = a, *const *y = b;
	if ((*x)->started_at != (*y)->started_at)
		return (*x)->started_at < (*y)->started_at ? -1 : 1;
	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

/* A token of the node, living or ended. */
static bool place_has_token(
	const struct scenario *scenario, const struct scenario_place *place, int64_t instance_id, int64_t token_id)
{
	const struct store *store = world_store(&scenario->world);
	const struct instance *instance = store_instance(store, instance_id);
	if (!instance || instance->graph != place->graph)
		return false;
	const struct token *token = instance_token(instance, token_id);
	if (token)
		return token->node == place->node && place_loop_fits(place, token);
	for (size_t i = 0; i < store->activities.len; i++)
		if (store->activities.items[i].id == token_id)
			return store->activities.items[i].node == place->node &&
			       (place->loop == PLACE_ANY || place->loop == store->activities.items[i].loop_counter);
	return false;
}

typedef bool (*place_wants)(const struct scenario *scenario, const struct instance *instance, const void *what);

static bool place_of_process(const struct scenario *scenario, const struct instance *instance, const void *what)
{
	(void)scenario;
	return instance->graph == what;
}

static bool place_of_call(const struct scenario *scenario, const struct instance *instance, const void *what)
{
	return place_has_token(scenario, what, instance->parent_id, instance->caller_id);
}

static bool place_is_child(const struct scenario *scenario, const struct instance *instance, const void *what)
{
	(void)scenario;
	(void)what;
	return instance->parent_id != 0;
}

/* All instances of the tree that ever were, by their starts; nth from 1, else (0) the oldest that lives or the last that
 * ended. 0: none. */
static int64_t place_find_instance(struct scenario *scenario, place_wants wants, const void *what, int64_t nth)
{
	const struct store *store = world_store(&scenario->world);
	VEC(const struct instance *) found = {0};
	for (size_t i = 0; i < store->ended.len; i++)
		if (wants(scenario, store->ended.items[i], what))
			vec_add(&found, store->ended.items[i]);
	for (struct instance *here = NULL; (here = world_next(&scenario->world, here));)
		if (wants(scenario, here, what))
			vec_add(&found, here);
	if (found.len > 0)
		qsort(found.items, found.len, sizeof *found.items, place_compare_instances);
	const struct instance *chosen = nth > 0 && (size_t)nth <= found.len ? found.items[nth - 1] : NULL;
	for (size_t i = 0; i < found.len && nth == 0; i++)
		if (!chosen || (chosen->ended_at != 0 && (found.items[i]->ended_at == 0 || i + 1 == found.len)))
			chosen = found.items[i];
	int64_t id = chosen ? chosen->id : 0;
	vec_free(&found);
	return id;
}

static bool place_select_in(struct scenario *scenario, struct scenario_word *word)
{
	struct scenario_place place;
	const struct graph *graph = world_process(&scenario->world, word->text);
	if (graph)
		scenario->selected = place_find_instance(scenario, place_of_process, graph, 0);
	else if (scenario_place(scenario, word, &place))
		scenario->selected = place_find_instance(scenario, place_of_call, &place, 0);
	else
		return false;
	return scenario->selected != 0 || scenario_fail(scenario, "there is no instance in %.*s", STR_ARG(word->text));
}

bool scenario_select(struct scenario *scenario, struct scenario_line *line)
{
	struct scenario_word *in = scenario_option(line, "in"), *child = scenario_option(line, "child");
	int64_t nth = 0;
	scenario->selected = 0;
	if (in)
		return place_select_in(scenario, in);
	if (!child)
		return true;
	if (!scenario_integer(scenario, child->text, &nth))
		return false;
	scenario->selected = place_find_instance(scenario, place_is_child, NULL, nth);
	return scenario->selected != 0 || scenario_fail(scenario, "there is no such called instance");
}

const struct instance *scenario_instance(const struct scenario *scenario)
{
	const struct store *store = world_store(&scenario->world);
	struct instance *root = world_root(&scenario->world);
	if (scenario->selected == 0)
		return root ? root : store_ended(store, store->root_id);
	struct instance *living = root ? instance_in_tree(root, scenario->selected) : NULL;
	return living ? living : store_ended(store, scenario->selected);
}
