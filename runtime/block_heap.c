/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes are rounded up to classes, four to a doubling, so that at most a quarter is lost; what is freed waits for the
 * next of its class and is never joined with its neighbours.
 */
#include "config.h"

#include "runtime/block_heap.h"

#include <string.h>

#define BLOCK_UNIT 16 /* of sizes, and of alignment */
#define BLOCK_STEPS 4 /* classes a doubling */

/* Before each piece that is handed out. */
struct block_head {
	_Alignas(BLOCK_UNIT) uint32_t class;
};

struct block_free {
	struct block_free *next;
};

/* Class 4 * d + s holds (4 + s) << d units; the smallest holds four. */
static size_t block_class_size(uint32_t class)
{
	return (size_t)BLOCK_UNIT * ((size_t)(BLOCK_STEPS + class % BLOCK_STEPS) << (class / BLOCK_STEPS));
}

static uint32_t block_class_of(size_t size)
{
	uint32_t class = 0;
	while (class < BLOCK_HEAP_CLASSES && block_class_size(class) < size)
		class ++;
	return class;
}

static struct block_head *block_head_of(void *piece)
{
	return (struct block_head *)piece - 1;
}

void block_heap_init(struct block_heap *heap, void *block, size_t size)
{
	*heap = (struct block_heap){.next = block, .end = (unsigned char *)block + size};
}

static void *block_heap_cut(struct block_heap *heap, uint32_t class)
{
	size_t size = block_class_size(class) + sizeof(struct block_head);
	if (size > (size_t)(heap->end - heap->next))
		return NULL;
	struct block_head *head = (struct block_head *)(void *)heap->next;
	heap->next += size;
	head->class = class;
	return head + 1;
}

void *block_heap_alloc(void *context, size_t size)
{
	struct block_heap *heap = context;
	uint32_t class = block_class_of(size);
	if (size == 0 || class == BLOCK_HEAP_CLASSES)
		return NULL;
	struct block_free *piece = heap->free[class];
	if (!piece)
		return block_heap_cut(heap, class);
	heap->free[class] = piece->next;
	return piece;
}

void block_heap_free(void *context, void *old)
{
	struct block_heap *heap = context;
	if (!old)
		return;
	uint32_t class = block_head_of(old)->class;
	struct block_free *piece = old;
	piece->next = heap->free[class];
	heap->free[class] = piece;
}

void *block_heap_resize(void *heap, void *old, size_t size)
{
	size_t has = old ? block_class_size(block_head_of(old)->class) : 0;
	if (size > 0 && size <= has)
		return old;
	void *fresh = block_heap_alloc(heap, size);
	if (fresh && old)
		memcpy(fresh, old, has);
	if (fresh || size == 0)
		block_heap_free(heap, old);
	return fresh;
}
