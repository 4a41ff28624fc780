/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside migration: what nodes, event definitions and flows of the one graph are in the other;
 * GRAPH_NONE where nothing.
 */
#ifndef ENGINE_MIGRATE_MAP_H
#define ENGINE_MIGRATE_MAP_H

#include "engine/migrate.h"

struct migrate_map {
	const struct graph *from;
	const struct graph *to;
	const int32_t *nodes; /* by node of `from` */
};

/* Into the arena. */
struct migrate_map migrate_map_make(const struct graph *from, const struct migration *migration, struct arena *arena);
/* The flow of the same id that leads to the target node. */
int32_t migrate_flow(const struct migrate_map *map, int32_t flow, int32_t target);
/* Both wait for events of the same kinds in the same order. */
bool migrate_same_events(const struct migrate_map *map, int32_t node, int32_t target);

/* Event nodes that an owner (its node, GRAPH_NONE: the process) waits for beside its own: boundary events, event
 * sub-processes, targets of a gateway; by number, GRAPH_NONE behind the last. */
int32_t migrate_wait_of(const struct graph *graph, int32_t owner, int32_t number);
/* The counterpart of an event node that the owner waits for, if it waits there for the same. */
int32_t migrate_wait(const struct migrate_map *map, int32_t owner, int32_t node);
/* The owner waits for another event that has the same counterpart. */
bool migrate_wait_is_shared(const struct migrate_map *map, int32_t owner, int32_t node);
/* The owner has waited for what its counterpart waits for at that node. */
bool migrate_waited_before(const struct migrate_map *map, int32_t owner, int32_t target);

#endif
