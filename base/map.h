/* SPDX-License-Identifier: Apache-2.0
 *
 * Hash tables with open addressing: text -> pointer and int64 -> pointer. Keys of the text map are borrowed: they
 * must live as long as the entry. Values are borrowed, never NULL.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct map_entry {
	struct str key; /* text map */
	int64_t id;     /* id map */
	void *value;    /* NULL: free slot */
};

struct map {
	struct map_entry *slots;
	size_t len;
	size_t capacity; /* a power of two, or 0 */
};

/* A zeroed struct map is an empty one. map_free releases the table, not the values. */
void map_free(struct map *map);
void map_clear(struct map *map);

/* The value or NULL. */
void *map_get(const struct map *map, struct str key);
void *map_get_id(const struct map *map, int64_t id);
/* Sets or replaces; returns the value that was there, or NULL. One map holds text keys or ids, never both. */
void *map_put(struct map *map, struct str key, void *value);
void *map_put_id(struct map *map, int64_t id, void *value);
/* Removes and returns the value, or NULL. */
void *map_remove(struct map *map, struct str key);
void *map_remove_id(struct map *map, int64_t id);

/* Walk in no order: for (struct map_entry *e = NULL; (e = map_next(&map, e));). No put or remove meanwhile. */
struct map_entry *map_next(const struct map *map, const struct map_entry *previous);

#endif
