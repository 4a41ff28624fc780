/* SPDX-License-Identifier: Apache-2.0
 *
 * malloc in one block of memory that never grows: for a process that may not ask for more.
 */
#ifndef RUNTIME_BLOCK_HEAP_H
#define RUNTIME_BLOCK_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define BLOCK_HEAP_CLASSES 64

struct block_heap {
	unsigned char *next; /* never handed out from here on */
	unsigned char *end;
	struct block_free *free[BLOCK_HEAP_CLASSES];
};

/* The block is borrowed, zeroed, and aligned for any object. */
void block_heap_init(struct block_heap *heap, void *block, size_t size);
/* As malloc, realloc and free; NULL where the block is used up. heap is a struct block_heap. */
void *block_heap_alloc(void *heap, size_t size);
void *block_heap_resize(void *heap, void *old, size_t size);
void block_heap_free(void *heap, void *old);

#endif
