/* SPDX-License-Identifier: Apache-2.0
 *
 * Two graphs side by side. Elements are the same by their ids or by a mapping; a wait is the same where the owner, too,
 * is the same, and the events are of the same kinds.
 */
#include "config.h"

#include "engine/migrate_map.h"

#include "base/map.h"

static int32_t map_find(const struct map *ids, struct str id)
{
	return (int32_t)(uintptr_t)map_get(ids, id) - 1; /* GRAPH_NONE is -1 */
}

/* Slots count from 1, as no value is NULL. */
static void map_index(struct map *ids, const struct graph *graph)
{
	for (int32_t i = 0; i < graph->node_count; i++)
		map_put(ids, graph->nodes[i].id, (void *)(uintptr_t)(i + 1));
}

struct migrate_map migrate_map_make(const struct graph *from, const struct migration *migration, struct arena *arena)
{
	struct map sources = {0}, targets = {0};
	int32_t *nodes = arena_array(arena, (size_t)from->node_count, sizeof *nodes);
	map_index(&sources, from);
	map_index(&targets, migration->graph);
	for (int32_t i = 0; i < from->node_count; i++)
		nodes[i] = map_find(&targets, from->nodes[i].id);
	for (size_t i = 0; i < migration->mapping_count; i++) {
		int32_t source = map_find(&sources, migration->mappings[i].from);
		if (source != GRAPH_NONE)
			nodes[source] = map_find(&targets, migration->mappings[i].to);
	}
	map_free(&sources);
	map_free(&targets);
	return (struct migrate_map){from, migration->graph, nodes};
}

int32_t migrate_flow(const struct migrate_map *map, int32_t flow, int32_t target)
{
	const struct graph_links incoming = map->to->nodes[target].incoming;
	for (int32_t i = 0; i < incoming.count; i++) {
		int32_t candidate = map->to->links[incoming.first + i];
		if (str_equal(map->to->flows[candidate].id, map->from->flows[flow].id))
			return candidate;
	}
	return GRAPH_NONE;
}

bool migrate_same_events(const struct migrate_map *map, int32_t node, int32_t target)
{
	const struct graph_node *a = &map->from->nodes[node], *b = &map->to->nodes[target];
	if (a->event_count != b->event_count || a->parallel_multiple != b->parallel_multiple)
		return false;
	for (int32_t i = 0; i < a->event_count; i++)
		if (map->from->events[a->event + i].kind != map->to->events[b->event + i].kind)
			return false;
	return true;
}

static int32_t map_start_of(const struct graph *graph, struct graph_links inside, int32_t number)
{
	return number < inside.count ? graph->nodes[graph->links[inside.first + number]].start : GRAPH_NONE;
}

int32_t migrate_wait_of(const struct graph *graph, int32_t owner, int32_t number)
{
	if (owner == GRAPH_NONE)
		return map_start_of(graph, graph->event_sub_processes, number);
	const struct graph_node *node = &graph->nodes[owner];
	if (number < node->boundary.count)
		return graph->links[node->boundary.first + number];
	number -= node->boundary.count;
	if (node->kind != NODE_EVENT_BASED_GATEWAY)
		return map_start_of(graph, node->event_sub_processes, number);
	return number < node->outgoing.count ? graph->flows[graph->links[node->outgoing.first + number]].target
	                                     : GRAPH_NONE;
}

int32_t migrate_wait(const struct migrate_map *map, int32_t owner, int32_t node)
{
	int32_t target = map->nodes[node], found;
	if (target == GRAPH_NONE || !migrate_same_events(map, node, target))
		return GRAPH_NONE;
	if (node == owner)
		return target;
	int32_t host = owner == GRAPH_NONE ? GRAPH_NONE : map->nodes[owner];
	if (owner != GRAPH_NONE && host == GRAPH_NONE)
		return GRAPH_NONE;
	for (int32_t i = 0; (found = migrate_wait_of(map->to, host, i)) != GRAPH_NONE; i++)
		if (found == target)
			return target;
	return GRAPH_NONE;
}

bool migrate_wait_is_shared(const struct migrate_map *map, int32_t owner, int32_t node)
{
	int32_t target = migrate_wait(map, owner, node), other;
	for (int32_t i = 0; target != GRAPH_NONE && (other = migrate_wait_of(map->from, owner, i)) != GRAPH_NONE; i++)
		if (other != node && migrate_wait(map, owner, other) == target)
			return true;
	return false;
}

bool migrate_waited_before(const struct migrate_map *map, int32_t owner, int32_t target)
{
	int32_t node;
	for (int32_t i = 0; (node = migrate_wait_of(map->from, owner, i)) != GRAPH_NONE; i++)
		if (migrate_wait(map, owner, node) == target)
			return true;
	return false;
}
