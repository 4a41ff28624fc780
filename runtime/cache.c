/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table into a ring of entries, oldest at the tail.
 */
#include "config.h"

#include "runtime/cache.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/map.h"

struct cache_entry {
	struct instance *instance;
	size_t bytes;
	struct cache_entry *newer;
	struct cache_entry *older;
};

struct cache {
	struct map by_root;
	struct cache_entry ring; /* ring.older: the newest, ring.newer: the oldest */
	size_t bytes;
	size_t max_bytes;
};

struct cache *cache_new(size_t max_bytes)
{
	struct cache *cache = alloc_new(struct cache);
	cache->max_bytes = max_bytes;
	cache->ring.newer = cache->ring.older = &cache->ring;
	return cache;
}

static struct instance *cache_unlink(struct cache *cache, struct cache_entry *entry)
{
	struct instance *instance = entry->instance;
	map_remove_id(&cache->by_root, instance->root_id);
	cache->bytes -= entry->bytes;
	entry->newer->older = entry->older;
	entry->older->newer = entry->newer;
	free(entry);
	return instance;
}

void cache_free(struct cache *cache)
{
	while (cache->ring.newer != &cache->ring)
		instance_free(cache_unlink(cache, cache->ring.newer));
	map_free(&cache->by_root);
	free(cache);
}

size_t cache_len(const struct cache *cache)
{
	return cache->by_root.len;
}

struct instance *cache_take(struct cache *cache, int64_t root_id)
{
	struct cache_entry *entry = map_get_id(&cache->by_root, root_id);
	return entry ? cache_unlink(cache, entry) : NULL;
}

static void cache_link(struct cache *cache, struct instance *instance, size_t bytes)
{
	struct cache_entry *entry = alloc_new(struct cache_entry);
	entry->instance = instance;
	entry->bytes = bytes;
	entry->older = cache->ring.older;
	entry->newer = &cache->ring;
	entry->older->newer = entry;
	entry->newer->older = entry;
	map_put_id(&cache->by_root, instance->root_id, entry);
	cache->bytes += bytes;
}

void cache_put_take(struct cache *cache, struct instance *instance)
{
	size_t bytes = instance_footprint(instance) + sizeof(struct cache_entry) + sizeof(struct map_entry) * 2;
	instance_free(cache_take(cache, instance->root_id));
	if (bytes > cache->max_bytes) {
		instance_free(instance);
		return;
	}
	cache_link(cache, instance, bytes);
	while (cache->bytes > cache->max_bytes)
		instance_free(cache_unlink(cache, cache->ring.newer));
}
