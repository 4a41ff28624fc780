/* SPDX-License-Identifier: Apache-2.0
 *
 * An arena: many small allocations of one lifetime, freed at once. One per compiled graph, per request, per batch.
 * With BPMND_ARENA_MALLOC defined each allocation is a malloc of its own, so that the address sanitizer sees every
 * object's bounds.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/str.h"

struct arena;

/* A new empty arena; free with arena_free. */
struct arena *arena_new(void) __attribute__((returns_nonnull, warn_unused_result));
/* Frees everything in it and the arena itself; NULL is fine. */
void arena_free(struct arena *arena);
/* Frees everything in it and keeps the arena (and its first block) for the next use. */
void arena_reset(struct arena *arena);
/* Bytes handed out since the arena was new or reset. */
size_t arena_used(const struct arena *arena);

/* Zeroed memory, aligned for any object, valid until reset or free. size 0 gives a unique valid pointer. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
/* A zeroed array; ends the process when count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size)
	__attribute__((malloc, returns_nonnull, warn_unused_result));
#define arena_new_object(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* Copies into the arena. arena_str_c appends a NUL and returns the C string. */
struct str arena_str(struct arena *arena, struct str s);
char *arena_str_c(struct arena *arena, struct str s) __attribute__((returns_nonnull));
void *arena_copy(struct arena *arena, const void *data, size_t size) __attribute__((returns_nonnull));
/* printf into the arena; the slice has a NUL behind it. */
struct str arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
struct str arena_vprintf(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0), nonnull(2)));

/* Run fn(data) when the arena is reset or freed, newest first: for resources that are no memory. */
void arena_on_dispose(struct arena *arena, void (*fn)(void *data), void *data);

#endif
