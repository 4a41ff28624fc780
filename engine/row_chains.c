/* SPDX-License-Identifier: Apache-2.0
 *
 * Doubly linked, so that a row leaves its chain without a search; the first one knows the last.
 */
#include "config.h"

#include "engine/row_chains.h"

#include <assert.h>
#include <stdlib.h>

#include "bpmn/graph.h"

void row_chains_free(struct row_chains *chains)
{
	map_free(&chains->firsts);
	vec_free(&chains->links);
}

int32_t row_chains_first(const struct row_chains *chains, int64_t key)
{
	return (int32_t)(uintptr_t)map_get_id(&chains->firsts, key) - 1;
}

int32_t row_chains_last(const struct row_chains *chains, int64_t key)
{
	int32_t first = row_chains_first(chains, key);
	return first == GRAPH_NONE ? GRAPH_NONE : chains->links.items[first].before;
}

int32_t row_chains_before(const struct row_chains *chains, int32_t slot)
{
	int32_t before = chains->links.items[slot].before;
	return before == GRAPH_NONE || chains->links.items[before].next != slot ? GRAPH_NONE : before;
}

static void row_chains_set_first(struct row_chains *chains, int64_t key, int32_t slot)
{
	map_put_id(&chains->firsts, key, (void *)(uintptr_t)(slot + 1));
}

void row_chains_add_behind(struct row_chains *chains, int32_t slot, int64_t key, int32_t behind)
{
	int32_t first = row_chains_first(chains, key);
	while (chains->links.len <= (size_t)slot)
		vec_add(&chains->links, ((struct row_link){.next = GRAPH_NONE, .before = GRAPH_NONE}));
	struct row_link *links = chains->links.items;
	int32_t next = behind == GRAPH_NONE ? first : links[behind].next;
	links[slot] = (struct row_link){.key = key, .next = next, .before = behind};
	if (behind != GRAPH_NONE)
		links[behind].next = slot;
	else {
		links[slot].before = first == GRAPH_NONE ? slot : links[first].before;
		row_chains_set_first(chains, key, slot);
		first = first == GRAPH_NONE ? slot : first;
	}
	/* what stands behind it, or the first where nothing does */
	links[next != GRAPH_NONE ? next : first].before = slot;
}

void row_chains_add(struct row_chains *chains, int32_t slot, int64_t key)
{
	row_chains_add_behind(chains, slot, key, row_chains_last(chains, key));
}

void row_chains_remove(struct row_chains *chains, int32_t slot)
{
	struct row_link *links = chains->links.items, *gone = &links[slot];
	if (gone->before == GRAPH_NONE)
		return;
	int32_t first = row_chains_first(chains, gone->key);
	if (slot != first) {
		links[gone->before].next = gone->next;
		links[gone->next != GRAPH_NONE ? gone->next : first].before = gone->before;
	} else if (gone->next == GRAPH_NONE)
		map_remove_id(&chains->firsts, gone->key);
	else {
		row_chains_set_first(chains, gone->key, gone->next);
		links[gone->next].before = gone->before;
	}
	gone->before = GRAPH_NONE;
}
