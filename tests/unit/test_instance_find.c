/* SPDX-License-Identifier: Apache-2.0
 *
 * engine/instance_find: rows come, go and change hands at random; whoever is asked for must be who a look at every row
 * finds. Few rows at first, so that the arrays are searched, then many, so that they are indexed.
 */
#include "config.h"

#include "engine/instance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define OWNERS 7
#define ROUNDS 4000

struct life {
	struct instance *instance;
	uint64_t seed;
	int64_t next_id;
	VEC(int32_t) free_slots;
};

static int32_t life_draw(struct life *life, size_t below)
{
	life->seed = life->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int32_t)((life->seed >> 33) % below);
}

static void life_begin(struct life *life)
{
	*life = (struct life){.seed = 42, .next_id = 100};
	life->instance = instance_new(&(struct instance_facts){.id = 1});
}

static void life_end(struct life *life)
{
	instance_free(life->instance);
	vec_free(&life->free_slots);
}

/* As a commit does: the dead leave, and rows stand elsewhere. */
static void life_commit(struct life *life)
{
	life->instance->touched = true;
	instance_committed(life->instance);
	vec_clear(&life->free_slots);
}

/* ---- tokens: slots are used again ---- */

static void token_comes(struct life *life)
{
	struct instance *instance = life->instance;
	int32_t slot = (int32_t)instance->tokens.len;
	if (life->free_slots.len > 0)
		slot = life->free_slots.items[--life->free_slots.len];
	else
		(void)instance_add_token(instance);
	instance->tokens.items[slot] =
		(struct token){.id = life->next_id++, .scope_id = life_draw(life, OWNERS), .mark = ROW_NEW};
	instance_token_placed(instance, slot);
}

static void token_goes(struct life *life)
{
	struct instance *instance = life->instance;
	int32_t slot = instance->tokens.len == 0 ? 0 : life_draw(life, instance->tokens.len);
	if (instance->tokens.len == 0 || !row_alive(instance->tokens.items[slot].mark))
		return;
	instance_token_left(instance, slot);
	row_end(&instance->tokens.items[slot].mark);
	if (instance->tokens.items[slot].mark == ROW_FREE)
		vec_add(&life->free_slots, slot);
}

static void token_check(struct life *life)
{
	struct instance *instance = life->instance;
	int64_t scope = life_draw(life, OWNERS);
	size_t there = 0, found = 0;
	for (size_t i = 0; i < instance->tokens.len; i++) {
		struct token *token = &instance->tokens.items[i];
		there += row_alive(token->mark) && token->scope_id == scope;
		assert_ptr_equal(instance_token(instance, token->id), row_alive(token->mark) ? token : NULL);
	}
	for (int32_t i = GRAPH_NONE; (i = instance_next_token(instance, scope, i)) != GRAPH_NONE; found++) {
		assert_true(row_alive(instance->tokens.items[i].mark));
		assert_int_equal(instance->tokens.items[i].scope_id, scope);
	}
	assert_int_equal(found, there);
	assert_null(instance_token(instance, 0));
	assert_null(instance_token(instance, life->next_id));
}

static void test_tokens(void **state)
{
	struct life life;
	(void)state;
	life_begin(&life);
	for (int round = 0; round < ROUNDS; round++) {
		if (life_draw(&life, 100) < 55)
			token_comes(&life);
		else
			token_goes(&life);
		if (round % 16 == 0)
			token_check(&life);
		if (round % 512 == 511)
			life_commit(&life);
	}
	life_end(&life);
}

/* ---- jobs: by owner and by id, ended while somebody walks ---- */

static void job_check(struct life *life)
{
	struct instance *instance = life->instance;
	int64_t owner = life_draw(life, OWNERS);
	int32_t last = GRAPH_NONE;
	size_t there = 0, found = 0;
	for (size_t i = 0; i < instance->jobs.len; i++) {
		struct job *job = &instance->jobs.items[i];
		there += row_alive(job->mark) && job->token_id == owner;
		assert_ptr_equal(instance_job(instance, job->id), row_alive(job->mark) ? job : NULL);
	}
	for (int32_t i = GRAPH_NONE; (i = instance_next_job(instance, owner, i)) != GRAPH_NONE; found++) {
		assert_true(i > last);
		assert_int_equal(instance->jobs.items[i].token_id, owner);
		last = i;
		if (life_draw(life, 3) == 0)
			row_end(&instance->jobs.items[i].mark);
	}
	assert_int_equal(found, there);
}

static void test_jobs(void **state)
{
	struct life life;
	(void)state;
	life_begin(&life);
	for (int round = 0; round < ROUNDS; round++) {
		*instance_add_job(life.instance) = (struct job){
			.id = life.next_id++, .token_id = life_draw(&life, OWNERS), .mark = round % 2 ? ROW_NEW : ROW_CLEAN};
		if (round % 16 == 0)
			job_check(&life);
		if (round % 512 == 511)
			life_commit(&life);
	}
	life_end(&life);
}

/* ---- compensations: in the order of completion, whatever the order of the rows ---- */

static void compensation_check(struct life *life)
{
	struct instance *instance = life->instance;
	int64_t scope = life_draw(life, OWNERS), highest = 0, before = INT64_MAX;
	size_t there = 0, found = 0;
	for (size_t i = 0; i < instance->compensations.len; i++) {
		const struct compensation *row = &instance->compensations.items[i];
		if (row_alive(row->mark) && row->sequence > highest)
			highest = row->sequence;
		there += row_alive(row->mark) && row->scope_id == scope;
	}
	assert_int_equal(instance_last_sequence(instance), highest);
	for (int32_t i = GRAPH_NONE; (i = instance_compensation_before(instance, scope, i)) != GRAPH_NONE; found++) {
		assert_int_equal(instance->compensations.items[i].scope_id, scope);
		assert_true(instance->compensations.items[i].sequence < before);
		before = instance->compensations.items[i].sequence;
	}
	assert_int_equal(found, there);
	for (int32_t i = GRAPH_NONE; (i = instance_next_compensation(instance, scope, i)) != GRAPH_NONE;)
		found--;
	assert_int_equal(found, 0);
}

static void compensation_changes(struct life *life)
{
	struct instance *instance = life->instance;
	int32_t slot = life_draw(life, instance->compensations.len);
	struct compensation *row = &instance->compensations.items[slot];
	if (!row_alive(row->mark))
		return;
	if (life_draw(life, 3) == 0)
		row_end(&row->mark);
	else
		instance_move_compensation(instance, slot, life_draw(life, OWNERS));
}

static void test_compensations(void **state)
{
	struct life life;
	(void)state;
	life_begin(&life);
	for (int round = 0; round < ROUNDS; round++) {
		const struct compensation row = {.id = life.next_id++,
			.scope_id = life_draw(&life, OWNERS),
			.sequence = instance_last_sequence(life.instance) + 1,
			.mark = ROW_NEW};
		*instance_add_compensation(life.instance) = row;
		compensation_changes(&life);
		if (round % 16 == 0)
			compensation_check(&life);
		if (round % 512 == 511)
			life_commit(&life);
	}
	life_end(&life);
}

/* The index is made while somebody walks: rows loaded anew stand in any order. */
static void test_compensations_loaded(void **state)
{
	enum { COUNT = 40 };
	struct life life;
	int32_t found = 0;
	(void)state;
	life_begin(&life);
	for (int64_t i = 0; i < COUNT; i++)
		*instance_add_compensation(life.instance) =
			(struct compensation){.id = life.next_id++, .scope_id = 3, .sequence = i * 7 % COUNT, .mark = ROW_CLEAN};
	for (int32_t i = GRAPH_NONE; (i = instance_next_compensation(life.instance, 3, i)) != GRAPH_NONE; found++)
		assert_int_equal(life.instance->compensations.items[i].sequence, found);
	assert_int_equal(found, COUNT);
	life_end(&life);
}

/* ---- called instances ---- */

static void test_called(void **state)
{
	struct life life;
	(void)state;
	life_begin(&life);
	for (int64_t i = 1; i <= 60; i++) {
		struct instance *child =
			instance_new(&(struct instance_facts){.id = 1000 - i, .parent = life.instance, .caller_id = 1 + i % 40});
		assert_ptr_equal(instance_called_by(life.instance, child->caller_id), child);
		child->ended_at = i < 30 ? 1 : 0;
		assert_ptr_equal(instance_called_by(life.instance, child->caller_id), i < 30 ? NULL : child);
		if (i == 45)
			life_commit(&life);
	}
	assert_null(instance_called_by(life.instance, 41));
	for (struct instance *last = NULL, *here = NULL; (here = instance_next(life.instance, here)); last = here)
		assert_true(!last || (instance_comes_before(last, here) && !instance_comes_before(here, last)));
	life_end(&life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_jobs),
		cmocka_unit_test(test_compensations),
		cmocka_unit_test(test_compensations_loaded),
		cmocka_unit_test(test_called),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
