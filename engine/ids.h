/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the engine's ids come from: a counter handed in. The runtime fills it with ranges of a database sequence, a test
 * with 1, 2, 3; so equal inputs give equal ids.
 */
#ifndef ENGINE_IDS_H
#define ENGINE_IDS_H

#include <stdint.h>

struct id_range {
	int64_t next;
	int64_t end; /* exclusive */
};

struct id_source {
	struct id_range current;
	struct id_range reserve; /* used when current is empty */
};

/* How many ids are left in both ranges. */
int64_t id_source_left(const struct id_source *ids);
/* The next id; asserts that one is left. The runtime keeps more in stock than a step can use. */
int64_t id_source_take(struct id_source *ids);
/* count consecutive ids; the first of them. */
int64_t id_source_take_many(struct id_source *ids, int64_t count);

#endif
