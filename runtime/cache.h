/* SPDX-License-Identifier: Apache-2.0
 *
 * The trees that a worker used lately, by root id, least recently used out first. What is in here is only ever used
 * under the row lock and with an equal version, so it may be thrown away at any time.
 */
#ifndef RUNTIME_CACHE_H
#define RUNTIME_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/instance.h"

struct cache;

/* Holds instances of up to max_bytes together, as instance_footprint tells. */
struct cache *cache_new(size_t max_bytes) __attribute__((returns_nonnull, warn_unused_result));
void cache_free(struct cache *cache);
size_t cache_len(const struct cache *cache);

/* Takes the instance out and gives it to the caller, or NULL. */
struct instance *cache_take(struct cache *cache, int64_t root_id) __attribute__((warn_unused_result));
/* Keeps the instance; the cache owns it. */
void cache_put_take(struct cache *cache, struct instance *instance);

#endif
