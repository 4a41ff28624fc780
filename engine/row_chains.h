/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of an array by a key that several have: the jobs of a token, the tokens of a scope. The rows stay where
 * they are; a chain of their slots hangs at each key, in the order in which they were put there.
 *
 *     key 7 ──► slot 2 ──► slot 5 ──► slot 4        whoever is taken out keeps its `next`, so that a walk that
 *     key 9 ──► slot 0                              stands on it goes on
 */
#ifndef ENGINE_ROW_CHAINS_H
#define ENGINE_ROW_CHAINS_H

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/vec.h"

struct row_link {
	int64_t key;
	int32_t next;   /* slot; GRAPH_NONE behind the last */
	int32_t before; /* slot; the last one's before the first; GRAPH_NONE: taken out */
};

/* A zeroed struct has no chain. */
struct row_chains {
	struct map firsts;          /* key -> first slot + 1 */
	VEC(struct row_link) links; /* by slot */
};

void row_chains_free(struct row_chains *chains);
/* Puts the slot, which is in no chain, at the end of the key's. */
void row_chains_add(struct row_chains *chains, int32_t slot, int64_t key);
/* Puts it behind another of the same key; GRAPH_NONE: at the front. */
void row_chains_add_behind(struct row_chains *chains, int32_t slot, int64_t key, int32_t behind);
/* Nothing where it is in no chain. */
void row_chains_remove(struct row_chains *chains, int32_t slot);
/* GRAPH_NONE where there is none. */
int32_t row_chains_first(const struct row_chains *chains, int64_t key);
int32_t row_chains_last(const struct row_chains *chains, int64_t key);
int32_t row_chains_before(const struct row_chains *chains, int32_t slot);
static inline int32_t row_chains_behind(const struct row_chains *chains, int32_t slot)
{
	return chains->links.items[slot].next;
}

#endif
