/* SPDX-License-Identifier: Apache-2.0
 *
 * The one function behind the VEC macros: untyped growth, so that the macros stay one line each.
 */
#include "config.h"

#include "base/vec.h"

#include "base/alloc.h"

#define VEC_FIRST_CAPACITY 4

void *vec_grow(void *items, size_t *capacity, size_t item_size)
{
	*capacity = *capacity ? *capacity + *capacity / 2 : VEC_FIRST_CAPACITY;
	return alloc_resize(items, *capacity, item_size);
}
