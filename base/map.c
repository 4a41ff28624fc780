/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear probing, at most three quarters full. Removing shifts the followers back instead of leaving tombstones, so a
 * table that lives long does not slow down.
 */
#include "config.h"

#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define MAP_FIRST_CAPACITY 16

/* A key of either sort; the two public faces differ only in these two functions. */
struct map_kind {
	uint64_t (*hash)(const struct map_entry *entry);
	bool (*equal)(const struct map_entry *a, const struct map_entry *b);
};

static uint64_t map_hash_text(const struct map_entry *entry)
{
	return str_hash(entry->key);
}

static bool map_equal_text(const struct map_entry *a, const struct map_entry *b)
{
	return str_equal(a->key, b->key);
}

/* Ids come from our own sequences, so spreading them is enough (the finaliser of splitmix64). */
static uint64_t map_hash_id(const struct map_entry *entry)
{
	uint64_t x = (uint64_t)entry->id;
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

static bool map_equal_id(const struct map_entry *a, const struct map_entry *b)
{
	return a->id == b->id;
}

static const struct map_kind map_kind_text = {.hash = map_hash_text, .equal = map_equal_text};
static const struct map_kind map_kind_id = {.hash = map_hash_id, .equal = map_equal_id};

/* The slot that holds the key, or the free slot where it would go. The table is never full. */
static struct map_entry *map_slot(const struct map *map, const struct map_kind *kind, const struct map_entry *key)
{
	size_t i = kind->hash(key) & (map->capacity - 1);
	while (map->slots[i].value && !kind->equal(&map->slots[i], key))
		i = (i + 1) & (map->capacity - 1);
	return &map->slots[i];
}

static void map_grow(struct map *map, const struct map_kind *kind)
{
	struct map old = *map;
	map->capacity = old.capacity ? old.capacity * 2 : MAP_FIRST_CAPACITY;
	map->slots = alloc_zeroed(map->capacity, sizeof *map->slots);
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i].value)
			*map_slot(map, kind, &old.slots[i]) = old.slots[i];
	free(old.slots);
}

static void *map_lookup(const struct map *map, const struct map_kind *kind, const struct map_entry *key)
{
	return map->len ? map_slot(map, kind, key)->value : NULL;
}

static void *map_store(struct map *map, const struct map_kind *kind, const struct map_entry *entry)
{
	assert(entry->value);
	if (map->len >= map->capacity / 4 * 3)
		map_grow(map, kind);
	struct map_entry *slot = map_slot(map, kind, entry);
	void *before = slot->value;
	map->len += !before;
	*slot = *entry;
	return before;
}

/* Moves every follower of the hole that may move to its place: one whose home is not between the hole and itself. */
static void map_close_hole(struct map *map, const struct map_kind *kind, size_t hole)
{
	size_t mask = map->capacity - 1;
	for (size_t i = (hole + 1) & mask; map->slots[i].value; i = (i + 1) & mask) {
		size_t home = kind->hash(&map->slots[i]) & mask;
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		map->slots[hole] = map->slots[i];
		hole = i;
	}
	map->slots[hole] = (struct map_entry){0};
}

static void *map_delete(struct map *map, const struct map_kind *kind, const struct map_entry *key)
{
	if (map->len == 0)
		return NULL;
	struct map_entry *slot = map_slot(map, kind, key);
	void *value = slot->value;
	if (!value)
		return NULL;
	map->len--;
	map_close_hole(map, kind, (size_t)(slot - map->slots));
	return value;
}

void map_free(struct map *map)
{
	free(map->slots);
	*map = (struct map){0};
}

void map_clear(struct map *map)
{
	if (map->len)
		memset(map->slots, 0, map->capacity * sizeof *map->slots);
	map->len = 0;
}

void *map_get(const struct map *map, struct str key)
{
	return map_lookup(map, &map_kind_text, &(struct map_entry){.key = key});
}

void *map_get_id(const struct map *map, int64_t id)
{
	return map_lookup(map, &map_kind_id, &(struct map_entry){.id = id});
}

void *map_put(struct map *map, struct str key, void *value)
{
	return map_store(map, &map_kind_text, &(struct map_entry){.key = key, .value = value});
}

void *map_put_id(struct map *map, int64_t id, void *value)
{
	return map_store(map, &map_kind_id, &(struct map_entry){.id = id, .value = value});
}

void *map_remove(struct map *map, struct str key)
{
	return map_delete(map, &map_kind_text, &(struct map_entry){.key = key});
}

void *map_remove_id(struct map *map, int64_t id)
{
	return map_delete(map, &map_kind_id, &(struct map_entry){.id = id});
}

struct map_entry *map_next(const struct map *map, const struct map_entry *previous)
{
	size_t i = previous ? (size_t)(previous - map->slots) + 1 : 0;
	for (; i < map->capacity; i++)
		if (map->slots[i].value)
			return &map->slots[i];
	return NULL;
}
