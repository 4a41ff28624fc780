/* SPDX-License-Identifier: Apache-2.0
 *
 * A history done again: that of the cached replica as the database would hold it, or what a keeper has read.
 */
#include "config.h"

#include "tests/engine/world.h"

#include <stdlib.h>

#include "engine/replay.h"

static const struct graph *world_find_graph(void *context, int64_t definition_id)
{
	const struct world *world = context;
	size_t index = (size_t)(definition_id - WORLD_DEFINITION_ID);
	return index < world->processes.count ? world->processes.graphs[index] : NULL;
}

static void world_stored_history(const struct store *store, struct replay_history *history)
{
	struct effects *rows = &history->rows;
	for (size_t i = 0; i < store->steps.len; i++)
		vec_add(&rows->steps, store->steps.items[i]);
	for (size_t i = 0; i < store->flows.len; i++)
		vec_add(&rows->flows, store->flows.items[i]);
	for (size_t i = 0; i < store->activities.len; i++)
		vec_add(&rows->activities, store->activities.items[i]);
	for (size_t i = 0; i < store->ended_tasks.len; i++)
		vec_add(&rows->ended_tasks, store->ended_tasks.items[i]);
	for (size_t i = 0; i < store->comments.len; i++)
		vec_add(&rows->comments, store->comments.items[i]);
	for (size_t i = 0; i < store->ended.len; i++)
		vec_add(&history->ended, store->ended.items[i]);
	history->live = store_load(store);
}

void world_replay(struct world *world, struct replay_history *history)
{
	struct replay_difference difference = {0};
	struct err err = {0};
	size_t steps;
	const struct replay_input input = {.history = history, .find_graph = world_find_graph, .context = world};
	enum replay_outcome outcome = replay_run(&input, &steps, &difference, &err);
	if (outcome == REPLAY_IMPOSSIBLE)
		world_complain(world, "replay: %s", err.message);
	if (outcome == REPLAY_DIFFERS)
		world_complain(world, "replay, step %lld:\n--- stored\n%.*s\n--- replayed\n%.*s\n",
			(long long)difference.step_id, STR_ARG(buf_str(&difference.expected)), STR_ARG(buf_str(&difference.got)));
	replay_difference_free(&difference);
}

static void world_replay_stored(struct world *world)
{
	struct replay_history history = {0};
	world_stored_history(world_store(world), &history);
	world_replay(world, &history);
	effects_free(&history.rows);
	vec_free(&history.ended);
	instance_free(history.live);
}

void world_finish(struct world *world)
{
	if (world_store(world)->steps.len > 0)
		world_replay_stored(world);
	if (world->keeper)
		world->keeper->end(world->keeper->context, world);
}
