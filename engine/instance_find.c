/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding rows. An instance has few of them, and its arrays are searched from the front. Where an array is long and
 * searched again and again, an index is made of it, which is good until rows leave the array: until the next commit.
 *
 * Rows are added at the end of an array, so the index takes in what has come since when it is asked. What can change
 * besides, it is told: slots of tokens are used again, and compensations change their scopes. Dead rows fall out of
 * their chains when a walk comes by.
 */
#include "config.h"

#include "engine/instance.h"

#include <assert.h>
#include <stdlib.h>

#define INDEX_FROM 16 /* rows */
#define INDEX_AFTER 8 /* searches: they take about as long as making the index */

/* The rows of one kind, whatever they are. */
struct find_rows {
	const char *items;
	size_t count;
	size_t size;
	size_t owner; /* where in the row its key is */
	size_t mark;
	struct row_index *index;
};

#define FIND_ROWS(instance, rows, type, key) \
	((struct find_rows){ \
		.items = (const char *)(instance)->rows.items, \
		.count = (instance)->rows.len, \
		.size = sizeof(struct type), \
		.owner = offsetof(struct type, key), \
		.mark = offsetof(struct type, mark), \
		.index = &find_index(instance)->rows, \
	})

/* Whoever asks only reads the instance; where its rows stand is remembered all the same. */
static struct instance_index *find_index(const struct instance *instance)
{
	return (struct instance_index *)(uintptr_t)&instance->index;
}

static bool find_is_indexed(struct row_index *index, size_t count)
{
	return index->searches > INDEX_AFTER || (count >= INDEX_FROM && ++index->searches > INDEX_AFTER);
}

static int64_t find_owner(const struct find_rows *rows, int32_t slot)
{
	return *(const int64_t *)(const void *)(rows->items + (size_t)slot * rows->size + rows->owner);
}

static bool find_is_alive(const struct find_rows *rows, int32_t slot)
{
	return row_alive(*(const enum row_mark *)(const void *)(rows->items + (size_t)slot * rows->size + rows->mark));
}

static int32_t find_in_array(const struct find_rows *rows, int64_t owner, int32_t here)
{
	for (here++; (size_t)here < rows->count; here++)
		if (find_owner(rows, here) == owner && find_is_alive(rows, here))
			return here;
	return GRAPH_NONE;
}

static int32_t find_in_chain(const struct find_rows *rows, int64_t owner, int32_t here)
{
	struct row_chains *chains = &rows->index->chains;
	here = here == GRAPH_NONE ? row_chains_first(chains, owner) : row_chains_behind(chains, here);
	while (here != GRAPH_NONE && !find_is_alive(rows, here)) {
		row_chains_remove(chains, here);
		here = row_chains_behind(chains, here);
	}
	return here;
}

static int32_t find_next(const struct find_rows *rows, int64_t owner, int32_t here)
{
	struct row_chains *chains = &rows->index->chains;
	if (!find_is_indexed(rows->index, rows->count))
		return find_in_array(rows, owner, here);
	for (int32_t slot = (int32_t)chains->links.len; (size_t)slot < rows->count; slot++)
		row_chains_add(chains, slot, find_owner(rows, slot));
	return find_in_chain(rows, owner, here);
}

#define DEFINE_NEXT(type, rows) \
	int32_t instance_next_##type(const struct instance *instance, int64_t token_id, int32_t here) \
	{ \
		return find_next(&FIND_ROWS(instance, rows, type, token_id), token_id, here); \
	}
DEFINE_NEXT(task, tasks)
DEFINE_NEXT(job, jobs)
DEFINE_NEXT(subscription, subscriptions)
DEFINE_NEXT(incident, incidents)
#undef DEFINE_NEXT

struct job *instance_work_job(const struct instance *instance, int64_t token_id)
{
	for (int32_t i = GRAPH_NONE; (i = instance_next_job(instance, token_id, i)) != GRAPH_NONE;)
		if (instance->jobs.items[i].kind == JOB_WORK)
			return &instance->jobs.items[i];
	return NULL;
}

/* ---- by id ---- */

static int64_t find_id(const struct find_rows *rows, int32_t slot)
{
	return *(const int64_t *)(const void *)(rows->items + (size_t)slot * rows->size);
}

static int32_t find_id_in_array(const struct find_rows *rows, int64_t id)
{
	for (int32_t slot = 0; (size_t)slot < rows->count; slot++)
		if (find_id(rows, slot) == id && find_is_alive(rows, slot))
			return slot;
	return GRAPH_NONE;
}

static int32_t find_slot(const struct find_rows *rows, int64_t id)
{
	struct row_index *index = rows->index;
	if (!find_is_indexed(index, rows->count))
		return find_id_in_array(rows, id);
	for (; (size_t)index->in_slots < rows->count; index->in_slots++)
		map_put_id(&index->slots, find_id(rows, index->in_slots), (void *)(uintptr_t)(index->in_slots + 1));
	int32_t slot = (int32_t)(uintptr_t)map_get_id(&index->slots, id) - 1;
	return slot != GRAPH_NONE && find_is_alive(rows, slot) ? slot : GRAPH_NONE;
}

#define DEFINE_FIND(type, rows) \
	struct type *instance_##type(const struct instance *instance, int64_t id) \
	{ \
		static_assert(offsetof(struct type, id) == 0, "where find_id looks"); \
		int32_t slot = find_slot(&FIND_ROWS(instance, rows, type, id), id); \
		return slot == GRAPH_NONE ? NULL : &instance->rows.items[slot]; \
	}
DEFINE_FIND(task, tasks)
DEFINE_FIND(job, jobs)
DEFINE_FIND(subscription, subscriptions)
DEFINE_FIND(compensation, compensations)
DEFINE_FIND(incident, incidents)
#undef DEFINE_FIND

/* ---- tokens: by id and by scope ---- */

static void find_add_token(struct instance_index *index, const struct token *token, int32_t slot)
{
	map_put_id(&index->tokens.slots, token->id, (void *)(uintptr_t)(slot + 1));
	row_chains_add(&index->tokens.chains, slot, token->scope_id);
}

static bool find_tokens_are_indexed(const struct instance *instance)
{
	struct instance_index *index = find_index(instance);
	if (!find_is_indexed(&index->tokens, instance->tokens.len))
		return false;
	for (size_t i = index->tokens.chains.links.len; i < instance->tokens.len; i++)
		find_add_token(index, &instance->tokens.items[i], (int32_t)i);
	return true;
}

static struct token *find_token(const struct instance *instance, int64_t id)
{
	size_t slot = (size_t)(uintptr_t)map_get_id(&instance->index.tokens.slots, id);
	struct token *token = slot == 0 ? NULL : &instance->tokens.items[slot - 1];
	return token && token->id == id && row_alive(token->mark) ? token : NULL;
}

struct token *instance_token(const struct instance *instance, int64_t id)
{
	if (id == 0)
		return NULL;
	if (find_tokens_are_indexed(instance))
		return find_token(instance, id);
	for (size_t i = 0; i < instance->tokens.len; i++) {
		struct token *token = &instance->tokens.items[i];
		if (token->id == id && row_alive(token->mark))
			return token;
	}
	return NULL;
}

int32_t instance_next_token(const struct instance *instance, int64_t scope_id, int32_t here)
{
	const struct find_rows rows = FIND_ROWS(instance, tokens, token, scope_id);
	return find_tokens_are_indexed(instance) ? find_in_chain(&rows, scope_id, here)
	                                         : find_in_array(&rows, scope_id, here);
}

void instance_token_placed(struct instance *instance, int32_t slot)
{
	struct row_chains *chains = &instance->index.tokens.chains;
	if ((size_t)slot >= chains->links.len)
		return;
	row_chains_remove(chains, slot);
	find_add_token(&instance->index, &instance->tokens.items[slot], slot);
}

void instance_token_left(struct instance *instance, int32_t slot)
{
	if ((size_t)slot >= instance->index.tokens.chains.links.len)
		return;
	map_remove_id(&instance->index.tokens.slots, instance->tokens.items[slot].id);
	row_chains_remove(&instance->index.tokens.chains, slot);
}

/* ---- compensations: by scope, in the order of completion ---- */

static void find_add_compensation(const struct instance *instance, int32_t slot)
{
	struct row_chains *chains = &find_index(instance)->compensations.chains;
	const struct compensation *rows = instance->compensations.items;
	int32_t behind = row_chains_last(chains, rows[slot].scope_id);
	while (behind != GRAPH_NONE && rows[behind].sequence > rows[slot].sequence)
		behind = row_chains_before(chains, behind);
	row_chains_add_behind(chains, slot, rows[slot].scope_id, behind);
}

static int find_completed_before(const void *a, const void *b)
{
	const struct completion *left = a, *right = b;
	return (left->sequence > right->sequence) - (left->sequence < right->sequence);
}

/* What has come since the index was made has completed last. */
static bool find_compensations_are_indexed(const struct instance *instance)
{
	struct instance_index *index = find_index(instance);
	size_t count = instance->compensations.len, from = index->compensations.chains.links.len;
	if (!find_is_indexed(&index->compensations, count))
		return false;
	for (size_t i = from; i < count; i++)
		vec_add(&index->completions, ((struct completion){instance->compensations.items[i].sequence, (int32_t)i}));
	if (from == 0)
		qsort(index->completions.items, count, sizeof *index->completions.items, find_completed_before);
	for (size_t i = index->completions.len - (count - from); i < index->completions.len; i++)
		find_add_compensation(instance, index->completions.items[i].slot);
	return true;
}

/* The nearest one in the scope with a higher number than `here` (or a lower one), or than all; an index that is made
 * while somebody walks must go on with the same one. */
static int32_t find_completed(const struct instance *instance, int64_t scope_id, int32_t here, bool higher)
{
	const struct compensation *rows = instance->compensations.items;
	int64_t from = here != GRAPH_NONE ? rows[here].sequence : higher ? INT64_MIN : INT64_MAX;
	int32_t nearest = GRAPH_NONE;
	for (int32_t i = 0; (size_t)i < instance->compensations.len; i++) {
		if (!row_alive(rows[i].mark) || rows[i].scope_id != scope_id)
			continue;
		bool behind = higher ? rows[i].sequence > from : rows[i].sequence < from;
		bool nearer = nearest == GRAPH_NONE || (rows[i].sequence < rows[nearest].sequence) == higher;
		if (behind && nearer)
			nearest = i;
	}
	return nearest;
}

int32_t instance_next_compensation(const struct instance *instance, int64_t scope_id, int32_t here)
{
	const struct find_rows rows = FIND_ROWS(instance, compensations, compensation, scope_id);
	return find_compensations_are_indexed(instance) ? find_in_chain(&rows, scope_id, here)
	                                                : find_completed(instance, scope_id, here, true);
}

int32_t instance_compensation_before(const struct instance *instance, int64_t scope_id, int32_t here)
{
	struct row_chains *chains = &find_index(instance)->compensations.chains;
	if (!find_compensations_are_indexed(instance))
		return find_completed(instance, scope_id, here, false);
	here = here == GRAPH_NONE ? row_chains_last(chains, scope_id) : row_chains_before(chains, here);
	while (here != GRAPH_NONE && !row_alive(instance->compensations.items[here].mark)) {
		int32_t dead = here;
		here = row_chains_before(chains, dead);
		row_chains_remove(chains, dead);
	}
	return here;
}

int64_t instance_last_sequence(const struct instance *instance)
{
	struct instance_index *index = find_index(instance);
	const struct compensation *rows = instance->compensations.items;
	int64_t highest = 0;
	if (find_compensations_are_indexed(instance)) {
		const struct completion *completed = index->completions.items;
		while (index->completions.len > 0 && !row_alive(rows[completed[index->completions.len - 1].slot].mark))
			index->completions.len--;
		return index->completions.len > 0 ? completed[index->completions.len - 1].sequence : 0;
	}
	for (size_t i = 0; i < instance->compensations.len; i++)
		if (row_alive(rows[i].mark) && rows[i].sequence > highest)
			highest = rows[i].sequence;
	return highest;
}

void instance_move_compensation(struct instance *instance, int32_t slot, int64_t scope_id)
{
	struct row_chains *chains = &instance->index.compensations.chains;
	instance->compensations.items[slot].scope_id = scope_id;
	if ((size_t)slot >= chains->links.len)
		return;
	row_chains_remove(chains, slot);
	find_add_compensation(instance, slot);
}

/* ---- conditions ---- */

const int32_t *instance_conditions(const struct instance *instance, size_t *count)
{
	struct instance_index *index = find_index(instance);
	const struct subscription *rows = instance->subscriptions.items;
	for (; index->in_conditions < instance->subscriptions.len; index->in_conditions++)
		if (rows[index->in_conditions].kind == SUBSCRIPTION_CONDITION)
			vec_add(&index->conditions, (int32_t)index->in_conditions);
	*count = 0;
	for (size_t i = 0; i < index->conditions.len; i++)
		if (row_alive(rows[index->conditions.items[i]].mark))
			index->conditions.items[(*count)++] = index->conditions.items[i];
	index->conditions.len = *count;
	return index->conditions.items;
}

/* ---- called instances ---- */

static void find_add_called(struct map *called, struct instance *child)
{
	const struct instance *known = map_get_id(called, child->caller_id);
	if (!known || known->ended_at != 0)
		map_put_id(called, child->caller_id, child);
}

static struct instance *find_called(const struct instance *instance, int64_t caller_id)
{
	for (size_t i = 0; i < instance->children.len; i++) {
		struct instance *child = instance->children.items[i];
		if (child->caller_id == caller_id && child->ended_at == 0)
			return child;
	}
	return NULL;
}

struct instance *instance_called_by(const struct instance *instance, int64_t caller_id)
{
	struct map *called = (struct map *)(uintptr_t)&instance->called;
	if (instance->children.len < INDEX_FROM)
		return find_called(instance, caller_id);
	if (called->len == 0)
		for (size_t i = 0; i < instance->children.len; i++)
			find_add_called(called, instance->children.items[i]);
	struct instance *child = map_get_id(called, caller_id);
	return child && child->ended_at == 0 ? child : NULL;
}

/* ---- the index as a whole ---- */

static void find_free_index(struct row_index *index)
{
	map_free(&index->slots);
	row_chains_free(&index->chains);
	index->in_slots = 0;
	index->searches = 0;
}

void instance_index_free(struct instance *instance)
{
	struct instance_index *index = &instance->index;
	find_free_index(&index->tokens);
	find_free_index(&index->tasks);
	find_free_index(&index->jobs);
	find_free_index(&index->subscriptions);
	find_free_index(&index->incidents);
	find_free_index(&index->compensations);
	vec_free(&index->completions);
	vec_free(&index->conditions);
	index->in_conditions = 0;
}

static size_t find_footprint(const struct row_index *index)
{
	return index->chains.links.capacity * sizeof(struct row_link) +
	       (index->chains.firsts.capacity + index->slots.capacity) * sizeof(struct map_entry);
}

size_t instance_index_footprint(const struct instance *instance)
{
	const struct instance_index *index = &instance->index;
	return find_footprint(&index->tokens) + find_footprint(&index->tasks) + find_footprint(&index->jobs) +
	       find_footprint(&index->subscriptions) + find_footprint(&index->incidents) +
	       find_footprint(&index->compensations) + index->completions.capacity * sizeof(struct completion) +
	       index->conditions.capacity * sizeof(int32_t) + instance->called.capacity * sizeof(struct map_entry);
}
