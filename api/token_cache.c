/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens that have been verified: the whole text is the key, so a hit is one hash and one comparison. A ring beside
 * the table knows the age of entries; the oldest makes room. An entry is one block of memory: its head, the packed
 * principal, the text of the token.
 */
#include "config.h"

#include "api/token_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"

struct token_entry {
	int64_t expires;
	struct str token;
	const struct principal *principal;
};

struct token_cache {
	const struct token_keys *keys;
	struct map entries;        /* by token text */
	struct token_entry **ring; /* capacity slots; NULL: never used */
	size_t capacity;
	size_t next; /* the oldest, and where the next one goes */
};

struct token_cache *token_cache_new(const struct token_keys *keys, size_t capacity)
{
	struct token_cache *cache = alloc_new(struct token_cache);

	assert(capacity > 0);
	cache->keys = keys;
	cache->capacity = capacity;
	cache->ring = alloc_zeroed(capacity, sizeof(struct token_entry *));
	return cache;
}

void token_cache_free(struct token_cache *cache)
{
	if (!cache)
		return;
	map_free(&cache->entries);
	for (size_t i = 0; i < cache->capacity; i++)
		free(cache->ring[i]);
	free(cache->ring);
	free(cache);
}

const struct token_keys *token_cache_keys(const struct token_cache *cache)
{
	return cache->keys;
}

/* Bytes of a principal in one block: the struct, its groups, all text. Token text is at most 8 KiB: no overflow. */
static size_t token_principal_size(const struct principal *principal)
{
	size_t size = sizeof *principal + principal->group_count * sizeof(struct str);

	size += principal->user.len + principal->tenant.len;
	for (size_t i = 0; i < principal->group_count; i++)
		size += principal->groups[i].len;
	return size;
}

static struct str token_pack_text(char **room, struct str text)
{
	struct str packed = {*room, text.len};

	if (text.len > 0)
		memcpy(*room, text.ptr, text.len);
	*room += text.len;
	return packed;
}

/* A deep copy into one block of token_principal_size bytes. */
static const struct principal *token_principal_pack(void *block, const struct principal *principal)
{
	struct principal *copy = block;
	struct str *groups = (void *)(copy + 1);
	char *room = (char *)(groups + principal->group_count);

	*copy = *principal;
	copy->user = token_pack_text(&room, principal->user);
	copy->tenant = token_pack_text(&room, principal->tenant);
	for (size_t i = 0; i < principal->group_count; i++)
		groups[i] = token_pack_text(&room, principal->groups[i]);
	copy->groups = groups;
	return copy;
}

const struct principal *token_cache_find(
	const struct token_cache *cache, struct str token, int64_t now, struct arena *arena, bool *hit)
{
	const struct token_entry *entry = map_get(&cache->entries, token);

	*hit = entry != NULL;
	if (!entry || now >= entry->expires)
		return NULL;
	/* Copied: the entry may be gone before the request is answered. */
	return token_principal_pack(arena_alloc(arena, token_principal_size(entry->principal)), entry->principal);
}

static struct token_entry *token_entry_new(struct str token, const struct principal *principal, int64_t expires)
{
	size_t packed = token_principal_size(principal);
	struct token_entry *entry = alloc_bytes(sizeof *entry + packed + token.len);
	char *text = (char *)(entry + 1) + packed;

	entry->expires = expires;
	entry->principal = token_principal_pack(entry + 1, principal);
	entry->token = token_pack_text(&text, token);
	return entry;
}

void token_cache_add(struct token_cache *cache, struct str token, const struct principal *principal, int64_t expires)
{
	struct token_entry *entry = token_entry_new(token, principal, expires);
	struct token_entry **slot = &cache->ring[cache->next];

	if (*slot) {
		map_remove(&cache->entries, (*slot)->token);
		free(*slot);
	}
	*slot = entry;
	cache->next = (cache->next + 1) % cache->capacity;
	void *before = map_put(&cache->entries, entry->token, entry);
	assert(!before);
	(void)before;
}
