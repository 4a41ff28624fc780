/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks in two lists: shared ones that grow from 4 to 256 KiB and are filled from the front, and one block of its own
 * for each large allocation. Under BPMND_ARENA_MALLOC every allocation counts as large.
 */
#include "config.h"

#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define ARENA_BLOCK_MIN ((size_t)4 << 10)
#define ARENA_BLOCK_MAX ((size_t)256 << 10)
#ifdef BPMND_ARENA_MALLOC
#define ARENA_LARGE 0
#else
#define ARENA_LARGE (ARENA_BLOCK_MIN / 2)
#endif

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t filled;
	alignas(max_align_t) char data[];
};

struct arena_disposer {
	struct arena_disposer *next;
	void (*fn)(void *data);
	void *data;
};

struct arena {
	struct arena_block *blocks; /* newest first; the last one survives a reset */
	struct arena_block *large;
	struct arena_disposer *disposers;
	size_t block_size; /* of the next shared block */
	size_t used;
};

static struct arena_block *arena_block_new(size_t size, struct arena_block *next)
{
	size_t bytes;
	if (__builtin_add_overflow(size, sizeof(struct arena_block), &bytes))
		bytes = SIZE_MAX; /* ends in the allocator's message */
	struct arena_block *block = alloc_bytes(bytes);
	*block = (struct arena_block){.next = next, .size = size};
	return block;
}

/* Frees the list up to and without the block `until`. */
static void arena_blocks_free(struct arena_block *block, const struct arena_block *until)
{
	while (block != until) {
		struct arena_block *next = block->next;
		free(block);
		block = next;
	}
}

struct arena *arena_new(void)
{
	struct arena *arena = alloc_new(struct arena);
	arena->block_size = ARENA_BLOCK_MIN;
	return arena;
}

static void arena_dispose(struct arena *arena)
{
	while (arena->disposers) {
		struct arena_disposer *disposer = arena->disposers;
		arena->disposers = disposer->next;
		disposer->fn(disposer->data);
	}
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	arena_dispose(arena);
	arena_blocks_free(arena->large, NULL);
	arena_blocks_free(arena->blocks, NULL);
	free(arena);
}

void arena_reset(struct arena *arena)
{
	arena_dispose(arena);
	arena_blocks_free(arena->large, NULL);
	struct arena_block *first = arena->blocks;
	while (first && first->next)
		first = first->next;
	arena_blocks_free(arena->blocks, first);
	if (first)
		first->filled = 0;
	*arena = (struct arena){.blocks = first, .block_size = first ? 2 * ARENA_BLOCK_MIN : ARENA_BLOCK_MIN};
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

static void *arena_alloc_large(struct arena *arena, size_t size)
{
	arena->large = arena_block_new(size, arena->large);
	return memset(arena->large->data, 0, size);
}

static size_t arena_round_up(size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;
	return (size + mask) & ~mask;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	if (size == 0)
		size = 1;
	arena->used += size;
	if (size > ARENA_LARGE)
		return arena_alloc_large(arena, size);

	size_t room = arena_round_up(size);
	struct arena_block *block = arena->blocks;
	if (!block || block->size - block->filled < room) {
		block = arena->blocks = arena_block_new(arena->block_size, block);
		if (arena->block_size < ARENA_BLOCK_MAX)
			arena->block_size *= 2;
	}
	void *memory = block->data + block->filled;
	block->filled += room;
	return memset(memory, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX; /* ends in the allocator's message */
	return arena_alloc(arena, bytes);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_alloc(arena, size);
	return size ? memcpy(copy, data, size) : copy;
}

struct str arena_str(struct arena *arena, struct str s)
{
	return (struct str){arena_copy(arena, s.ptr, s.len), s.len};
}

char *arena_str_c(struct arena *arena, struct str s)
{
	char *copy = arena_alloc(arena, s.len + 1);
	return s.len ? memcpy(copy, s.ptr, s.len) : copy;
}

struct str arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	assert(len >= 0);
	char *text = arena_alloc(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return (struct str){text, (size_t)len};
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void arena_on_dispose(struct arena *arena, void (*fn)(void *data), void *data)
{
	struct arena_disposer *disposer = arena_new_object(arena, struct arena_disposer);
	*disposer = (struct arena_disposer){.next = arena->disposers, .fn = fn, .data = data};
	arena->disposers = disposer;
}
