/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a scope with everything inside. Deepest first, so that a scope outlives what it holds; then by id, because
 * slots differ between a cached instance and the same one loaded anew. Where that is much, the rows that the tokens have
 * waited for are ended in one pass over each kind, and not in one for each token.
 */
#include "config.h"

#include <stdlib.h>

#include "base/map.h"
#include "engine/call.h"
#include "engine/event.h"
#include "engine/step.h"

#define SWEEP_FROM 16

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

/* A row of a canceled token, and the token's place in the order. */
struct ranked {
	uintptr_t rank;
	size_t index;
};
typedef VEC(struct ranked) ranked_list;

static int cancel_by_rank(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

static void cancel_sort(ranked_list *rows)
{
	if (rows->len > 0)
		qsort(rows->items, rows->len, sizeof *rows->items, cancel_by_rank);
}

static void cancel_rank(ranked_list *rows, const struct map *ranks, int64_t token_id, size_t index)
{
	uintptr_t rank = (uintptr_t)map_get_id(ranks, token_id);
	if (rank != 0)
		vec_add(rows, ((struct ranked){rank, index}));
}

static void cancel_tasks(struct step *step, const struct map *ranks)
{
	struct instance *instance = step->instance;
	ranked_list rows = {0};
	for (size_t i = 0; i < instance->tasks.len; i++)
		if (row_alive(instance->tasks.items[i].mark))
			cancel_rank(&rows, ranks, instance->tasks.items[i].token_id, i);
	cancel_sort(&rows);
	for (size_t i = 0; i < rows.len; i++)
		task_end(step, &instance->tasks.items[rows.items[i].index], ACTIVITY_CANCELED);
	vec_free(&rows);
}

static void cancel_called(struct step *step, const struct map *ranks)
{
	struct instance *caller = step->instance;
	ranked_list rows = {0};
	for (size_t i = 0; i < caller->children.len; i++)
		if (caller->children.items[i]->ended_at == 0)
			cancel_rank(&rows, ranks, caller->children.items[i]->caller_id, i);
	cancel_sort(&rows);
	for (size_t i = 0; i < rows.len; i++) {
		step_switch(step, caller->children.items[rows.items[i].index]);
		step_end_instance(step, INSTANCE_CANCELED);
	}
	step_switch(step, caller);
	vec_free(&rows);
}

/* Their order means nothing: they leave no trace in history. */
static void cancel_waits(struct step *step, const struct map *ranks)
{
	struct instance *instance = step->instance;
	for (size_t i = 0; i < instance->jobs.len; i++) {
		struct job *job = &instance->jobs.items[i];
		if (row_alive(job->mark) && map_get_id(ranks, job->token_id))
			job_end(job);
	}
	for (size_t i = 0; i < instance->subscriptions.len; i++) {
		struct subscription *row = &instance->subscriptions.items[i];
		if (row_alive(row->mark) && map_get_id(ranks, row->token_id))
			row_end(&row->mark);
	}
	for (size_t i = 0; i < instance->incidents.len; i++) {
		struct incident *row = &instance->incidents.items[i];
		if (row_alive(row->mark) && map_get_id(ranks, row->token_id))
			row_end(&row->mark);
	}
}

static void cancel_sweep(struct step *step, const canceled_list *inside)
{
	struct map ranks = {0};
	for (size_t i = 0; i < inside->len; i++)
		map_put_id(&ranks, inside->items[i].id, (void *)(uintptr_t)(i + 1));
	step_charge(step, step->instance->tasks.len + step->instance->jobs.len + step->instance->subscriptions.len);
	cancel_tasks(step, &ranks);
	cancel_called(step, &ranks);
	cancel_waits(step, &ranks);
	map_free(&ranks);
}

void token_cancel_scope(struct step *step, int64_t scope_id, int64_t kept)
{
	canceled_list inside = {0};
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		if (row_alive(token->mark) && token->id != kept && token_is_inside(step, token, scope_id))
			vec_add(&inside, ((struct canceled){token->id, (int32_t)i, token_depth(step, token->scope_id)}));
	}
	if (inside.len > 0)
		qsort(inside.items, inside.len, sizeof *inside.items, cancel_deeper_first);
	bool swept = step->swept;
	if (inside.len >= SWEEP_FROM)
		cancel_sweep(step, &inside);
	step->swept = inside.len >= SWEEP_FROM;
	for (size_t i = 0; i < inside.len; i++)
		token_finish(step, inside.items[i].slot, ACTIVITY_CANCELED, STR(""));
	step->swept = swept;
	vec_free(&inside);
}
