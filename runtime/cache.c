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
	struct cache_entry *newer;
	struct cache_entry *older;
};

struct cache {
	struct map by_root;
	struct cache_entry ring; /* ring.older: the newest, ring.newer: the oldest */
	size_t max;
};

struct cache *cache_new(size_t instances_max)
{
	struct cache *cache = alloc_new(struct cache);
	cache->max = instances_max;
	cache->ring.newer = cache->ring.older = &cache->ring;
	return cache;
}

static struct instance *cache_unlink(struct cache *cache, struct cache_entry *entry)
{
	struct instance *instance = entry->instance;
	map_remove_id(&cache->by_root, instance->root_id);
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

void cache_put_take(struct cache *cache, struct instance *instance)
{
	instance_free(cache_take(cache, instance->root_id));
	if (cache->max == 0) {
		instance_free(instance);
		return;
	}
	if (cache->by_root.len >= cache->max)
		instance_free(cache_unlink(cache, cache->ring.newer));
	struct cache_entry *entry = alloc_new(struct cache_entry);
	entry->instance = instance;
	entry->older = cache->ring.older;
	entry->newer = &cache->ring;
	entry->older->newer = entry;
	entry->newer->older = entry;
	map_put_id(&cache->by_root, instance->root_id, entry);
}
