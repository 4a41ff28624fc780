/* SPDX-License-Identifier: Apache-2.0
 *
 * States of an exploration: copies of an instance at rest, and when two of them are the same. A state is a tree, the
 * process with its scopes with their tokens; the hash of a row is that of what it is, plus the sum of what stands
 * inside it, so that the order of rows does not count.
 */
#include "config.h"

#include "engine/explore_private.h"

#include <stdlib.h>

/* ---- copies ---- */

static struct variables state_copy_variables(const struct variables *variables)
{
	struct variables copy = {0};
	for (size_t i = 0; i < variables->list.len; i++)
		variables_put(&copy, variables->list.items[i].name, variables->list.items[i].json);
	return copy;
}

static struct str state_copy_text(struct str text)
{
	struct str copy = {0};
	instance_text_set(&copy, text);
	return copy;
}

static void state_copy_waits(const struct instance *from, struct instance *to)
{
	for (size_t i = 0; i < from->jobs.len; i++) {
		struct job *job = instance_add_job(to);
		*job = from->jobs.items[i];
		job->type = state_copy_text(job->type);
		job->cycle = state_copy_text(job->cycle);
		job->message = state_copy_text(job->message);
	}
	for (size_t i = 0; i < from->subscriptions.len; i++) {
		struct subscription *row = instance_add_subscription(to);
		*row = from->subscriptions.items[i];
		row->name = state_copy_text(row->name);
		row->correlation = state_copy_text(row->correlation);
	}
}

struct instance *explore_copy(const struct instance *instance)
{
	struct instance *copy = instance_new(&(struct instance_facts){.id = instance->id, .graph = instance->graph});
	copy->mark = instance->mark;
	copy->live_tokens = instance->live_tokens;
	copy->notes.end_status = instance->notes.end_status;
	for (size_t i = 0; i < instance->tokens.len; i++) {
		struct token *token = instance_add_token(copy);
		*token = instance->tokens.items[i];
		token->variables = state_copy_variables(&token->variables);
	}
	for (size_t i = 0; i < instance->compensations.len; i++) {
		struct compensation *row = instance_add_compensation(copy);
		*row = instance->compensations.items[i];
		row->variables = state_copy_variables(&row->variables);
	}
	state_copy_waits(instance, copy);
	return copy;
}

/* ---- keys ---- */

/* The finaliser of splitmix64, over two words that are never the same function of the input. */
static uint64_t key_mix(uint64_t word)
{
	word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	word = (word ^ (word >> 27)) * UINT64_C(0x94D049BB133111EB);
	return word ^ (word >> 31);
}

static struct explore_key key_add(struct explore_key key, uint64_t value)
{
	key.words[0] = key_mix(key.words[0] + UINT64_C(0x9E3779B97F4A7C15) + value);
	key.words[1] = key_mix((key.words[1] ^ value) + UINT64_C(0xD1B54A32D192ED03));
	return key;
}

static struct explore_key key_sum(struct explore_key a, struct explore_key b)
{
	return (struct explore_key){{a.words[0] + b.words[0], a.words[1] + b.words[1]}};
}

/* The engine's own notes and counts: there is no other data. */
static struct explore_key key_of_variables(const struct variables *variables)
{
	struct explore_key sum = {{0, 0}};
	for (size_t i = 0; i < variables->list.len; i++) {
		const struct variable *variable = &variables->list.items[i];
		sum = key_sum(
			sum, key_add(key_add((struct explore_key){{1, 1}}, str_hash(variable->name)), str_hash(variable->json)));
	}
	return sum;
}

static struct explore_key key_of_token(const struct token *token)
{
	bool joins = token->state == TOKEN_JOIN || token->state == TOKEN_RESET;
	struct explore_key key = key_of_variables(&token->variables);
	key = key_add(key, (uint64_t)token->node);
	key = key_add(key, (uint64_t)token->state);
	key = key_add(key, (uint64_t)token->role);
	key = key_add(key, (uint64_t)token->loop_counter);
	return key_add(key, joins ? (uint64_t)token->flow : UINT64_MAX);
}

static struct explore_key key_of_wait(const struct subscription *row)
{
	return key_add((struct explore_key){{2, 2}}, (uint64_t)row->event);
}

/* How often something has completed does not count: its handler does the same each time. */
static bool key_is_repeated(const struct instance *instance, size_t index)
{
	const struct compensation *row = &instance->compensations.items[index];
	for (size_t i = 0; i < index; i++)
		if (instance->compensations.items[i].node == row->node &&
			instance->compensations.items[i].scope_id == row->scope_id)
			return true;
	return false;
}

/* What stands in a row, by the id of the row: tokens and what can be compensated, the process under 0. */
struct key_inside {
	int64_t id;
	int64_t around;
	int32_t depth;
	struct explore_key key; /* so far */
	struct explore_key sum; /* of what stands inside */
};
typedef VEC(struct key_inside) key_list;

static struct key_inside *key_find(const key_list *rows, int64_t id)
{
	for (size_t i = 0; i < rows->len; i++)
		if (rows->items[i].id == id)
			return &rows->items[i];
	return &rows->items[0];
}

static int key_deeper_first(const void *a, const void *b)
{
	const struct key_inside *left = a, *right = b;
	return (left->depth < right->depth) - (left->depth > right->depth);
}

static void key_collect(const struct instance *instance, key_list *rows)
{
	vec_add(rows, ((struct key_inside){.depth = 0}));
	for (size_t i = 0; i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		vec_add(rows, ((struct key_inside){token->id, token->scope_id, 1, key_of_token(token), {{0, 0}}}));
	}
	for (size_t i = 0; i < instance->compensations.len; i++) {
		const struct compensation *row = &instance->compensations.items[i];
		struct explore_key key = key_add((struct explore_key){{3, 3}}, (uint64_t)row->node);
		if (!key_is_repeated(instance, i))
			vec_add(rows, ((struct key_inside){row->id, row->scope_id, 1, key, {{0, 0}}}));
	}
	for (size_t i = 0; i < instance->subscriptions.len; i++) {
		struct key_inside *owner = key_find(rows, instance->subscriptions.items[i].token_id);
		owner->sum = key_sum(owner->sum, key_of_wait(&instance->subscriptions.items[i]));
	}
}

/* The process stays the first row; of the others each is done before what it stands in. */
static struct explore_key key_of_tree(key_list *rows)
{
	struct key_inside *process = &rows->items[0];
	for (size_t i = 1; i < rows->len; i++)
		for (struct key_inside *row = key_find(rows, rows->items[i].around); row != process;
			 row = key_find(rows, row->around))
			rows->items[i].depth++;
	qsort(process + 1, rows->len - 1, sizeof *rows->items, key_deeper_first);
	for (size_t i = 1; i < rows->len; i++) {
		const struct key_inside *row = &rows->items[i];
		struct key_inside *around = key_find(rows, row->around);
		around->sum = key_sum(around->sum, key_add(key_add(row->key, row->sum.words[0]), row->sum.words[1]));
	}
	return process->sum;
}

struct explore_key explore_key(const struct explore_state *state)
{
	key_list rows = {0};
	key_collect(state->instance, &rows);
	struct explore_key key = key_of_tree(&rows);
	vec_free(&rows);
	key = key_add(key, state->repeated);
	key = key_add(key, (uint64_t)state->belief.known << 32 | (state->belief.truth & state->belief.known));
	return key_add(key, (uint64_t)state->belief.doubtful << 1 | state->beside);
}
