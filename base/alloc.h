/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation that cannot fail: the whole daemon ends with a message when memory is out. Everything acknowledged
 * is in PostgreSQL, so a restart loses nothing; a half-handled NULL would. What a caller may send is capped long
 * before it could exhaust memory.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/* As malloc, calloc and realloc; end the process with a message instead of returning NULL. Free with free(). */
void *alloc_bytes(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
void *alloc_zeroed(size_t count, size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
void *alloc_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull, warn_unused_result));

/* A zeroed object of the given type, owned by the caller. */
#define alloc_new(type) ((type *)alloc_zeroed(1, sizeof(type)))

#endif
