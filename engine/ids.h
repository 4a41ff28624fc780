/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the engine's ids come from: a counter handed in. The runtime fills it with ranges of a database sequence, a
 * test with 1, 2, 3; so equal inputs give equal ids.
 */
#ifndef ENGINE_IDS_H
#define ENGINE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

struct id_range {
	int64_t next;
	int64_t end; /* exclusive */
};

/* A zeroed source is empty. */
struct id_source {
	struct id_range current;
	int64_t begin;                /* where the current range stood when it became that */
	VEC(struct id_range) reserve; /* used one after the other when current is empty */
};

void id_source_free(struct id_source *ids);
void id_source_add(struct id_source *ids, struct id_range range);
/* How many ids are left in all ranges. */
int64_t id_source_left(const struct id_source *ids);
/* The range that the next id will come from; an empty one where none is left. */
struct id_range id_source_peek(const struct id_source *ids);
/* The next id; asserts that one is left. The runtime keeps more in stock than a step can use. */
int64_t id_source_take(struct id_source *ids);
/* count consecutive ids; the first of them. */
int64_t id_source_take_many(struct id_source *ids, int64_t count);

#endif
