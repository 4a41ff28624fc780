/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranges, used one after the other: while one is in use the runtime fetches the next.
 */
#include "config.h"

#include "engine/ids.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int64_t range_left(struct id_range range)
{
	return range.end - range.next;
}

void id_source_free(struct id_source *ids)
{
	vec_free(&ids->reserve);
}

void id_source_add(struct id_source *ids, struct id_range range)
{
	vec_add(&ids->reserve, range);
}

int64_t id_source_left(const struct id_source *ids)
{
	int64_t left = range_left(ids->current);
	for (size_t i = 0; i < ids->reserve.len; i++)
		left += range_left(ids->reserve.items[i]);
	return left;
}

int64_t id_source_take(struct id_source *ids)
{
	return id_source_take_many(ids, 1);
}

struct id_range id_source_peek(const struct id_source *ids)
{
	bool spent = range_left(ids->current) == 0 && ids->reserve.len > 0;
	return spent ? ids->reserve.items[0] : ids->current;
}

static void id_source_advance(struct id_source *ids)
{
	assert(ids->reserve.len > 0);
	ids->current = ids->reserve.items[0];
	ids->begin = ids->current.next;
	ids->reserve.len--;
	memmove(ids->reserve.items, ids->reserve.items + 1, ids->reserve.len * sizeof *ids->reserve.items);
}

int64_t id_source_take_many(struct id_source *ids, int64_t count)
{
	while (range_left(ids->current) < count)
		id_source_advance(ids);
	int64_t first = ids->current.next;
	ids->current.next += count;
	return first;
}
