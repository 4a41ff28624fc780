/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing array of any element type:
 *
 *     VEC(struct token) tokens = {0};
 *     struct token *t = vec_push(&tokens);      // zeroed slot at the end
 *     for (size_t i = 0; i < tokens.len; i++) use(&tokens.items[i]);
 *     vec_free(&tokens);
 *
 * Pointers to elements are valid until the next push.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>
#include <string.h>

#define VEC(type) \
	struct { \
		type *items; \
		size_t len; \
		size_t capacity; \
	}

/* A pointer to a new element at the end, whatever it holds. */
#define vec_room(vec) \
	((vec)->items = vec_make_room((vec)->items, &(vec)->len, &(vec)->capacity, sizeof *(vec)->items), \
		&(vec)->items[(vec)->len - 1])
/* A pointer to a new zeroed element at the end. */
#define vec_push(vec) (memset(vec_room(vec), 0, sizeof *(vec)->items), &(vec)->items[(vec)->len - 1])
#define vec_add(vec, value) ((void)(*vec_room(vec) = (value)))
#define vec_clear(vec) ((void)((vec)->len = 0))
#define vec_free(vec) (free((vec)->items), (vec)->items = NULL, (vec)->len = (vec)->capacity = 0)
/* Takes the element out; the last one moves into its place. */
#define vec_remove_swap(vec, index) ((void)((vec)->items[(index)] = (vec)->items[--(vec)->len]))

/* Grows by half. */
void *vec_grow(void *items, size_t *capacity, size_t item_size) __attribute__((returns_nonnull));

/* The part behind vec_room: counts the new slot. */
static inline void *vec_make_room(void *items, size_t *len, size_t *capacity, size_t item_size)
{
	if (*len == *capacity)
		items = vec_grow(items, capacity, item_size);
	(*len)++;
	return items;
}

#endif
