/* SPDX-License-Identifier: Apache-2.0
 *
 * Two ranges, used one after the other: while the second is in use the runtime fetches a third.
 */
#include "config.h"

#include "engine/ids.h"

#include <assert.h>

static int64_t range_left(const struct id_range *range)
{
	return range->end - range->next;
}

int64_t id_source_left(const struct id_source *ids)
{
	return range_left(&ids->current) + range_left(&ids->reserve);
}

int64_t id_source_take(struct id_source *ids)
{
	return id_source_take_many(ids, 1);
}

int64_t id_source_take_many(struct id_source *ids, int64_t count)
{
	if (range_left(&ids->current) < count) {
		ids->current = ids->reserve;
		ids->reserve = (struct id_range){0, 0};
	}
	assert(range_left(&ids->current) >= count);
	int64_t first = ids->current.next;
	ids->current.next += count;
	return first;
}
