/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a scope with everything inside. Deepest first, so that a scope outlives what it holds; then by id, because
 * slots differ between a cached instance and the same one loaded anew.
 */
#include "config.h"

#include <stdlib.h>

#include "engine/step.h"

struct canceled {
	int64_t id;
	int32_t slot;
	int32_t depth;
};
typedef VEC(struct canceled) canceled_list;

static int cancel_deeper_first(const void *a, const void *b)
{
	const struct canceled *left = a, *right = b;
	if (left->depth != right->depth)
		return right->depth - left->depth;
	return (left->id > right->id) - (left->id < right->id);
}

static void cancel_add(const struct step *step, int64_t scope_id, int32_t depth, canceled_list *inside)
{
	for (int32_t i = GRAPH_NONE; (i = instance_next_token(step->instance, scope_id, i)) != GRAPH_NONE;)
		vec_add(inside, ((struct canceled){step_token(step, i)->id, i, depth}));
}

void token_cancel_scope(struct step *step, int64_t scope_id, int64_t kept)
{
	canceled_list inside = {0};
	cancel_add(step, scope_id, 0, &inside);
	for (size_t i = 0; i < inside.len; i++)
		if (step_token(step, inside.items[i].slot)->children > 0)
			cancel_add(step, inside.items[i].id, inside.items[i].depth + 1, &inside);
	if (inside.len > 0)
		qsort(inside.items, inside.len, sizeof *inside.items, cancel_deeper_first);
	for (size_t i = 0; i < inside.len; i++)
		if (inside.items[i].id != kept)
			token_finish(step, inside.items[i].slot, ACTIVITY_CANCELED, STR(""));
	vec_free(&inside);
}
