/* SPDX-License-Identifier: Apache-2.0
 *
 * base/arena: zeroed, aligned, stable, counted; dispose callbacks newest first.
 */
#include "config.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const size_t sizes[] = {0, 1, 7, 8, 15, 16, 17, 100, 2047, 2048, 2049, 4096, 70000, 300000};
#define SIZES (sizeof sizes / sizeof sizes[0])

static void test_memory_is_zeroed_aligned_and_apart(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	for (int round = 0; round < 3; round++) {
		unsigned char *got[SIZES];
		for (size_t i = 0; i < SIZES; i++) {
			got[i] = arena_alloc(arena, sizes[i]);
			assert_int_equal((uintptr_t)got[i] % alignof(max_align_t), 0);
			for (size_t j = 0; j < sizes[i]; j++)
				assert_int_equal(got[i][j], 0);
			memset(got[i], (int)i + 1, sizes[i]);
		}
		for (size_t i = 0; i < SIZES; i++)
			for (size_t j = 0; j < sizes[i]; j++)
				assert_int_equal(got[i][j], i + 1);
		arena_reset(arena);
		assert_int_equal(arena_used(arena), 0);
	}
	arena_free(arena);
}

static void test_many_small_ones(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	uint32_t *numbers[20000];
	for (uint32_t i = 0; i < 20000; i++)
		*(numbers[i] = arena_new_object(arena, uint32_t)) = i;
	for (uint32_t i = 0; i < 20000; i++)
		assert_int_equal(*numbers[i], i);
	assert_int_equal(arena_used(arena), 20000 * sizeof(uint32_t));
	arena_free(arena);
}

static void test_copies(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	assert_true(str_equal(arena_str(arena, STR("购买")), STR("购买")));
	assert_true(str_equal(arena_str(arena, (struct str){0}), (struct str){0}));
	assert_string_equal(arena_str_c(arena, STR("abc")), "abc");
	assert_string_equal(arena_str_c(arena, (struct str){0}), "");
	int numbers[] = {1, 2, 3};
	assert_memory_equal(arena_copy(arena, numbers, sizeof numbers), numbers, sizeof numbers);
	struct str text = arena_printf(arena, "%s-%d", "x", 42);
	assert_int_equal(text.len, 4);
	assert_string_equal(text.ptr, "x-42");
	arena_free(arena);
	arena_free(NULL);
}

struct trace {
	char text[8];
	size_t len;
};

struct mark {
	struct trace *trace;
	char letter;
};

static void on_dispose(void *data)
{
	struct mark *mark = data;
	mark->trace->text[mark->trace->len++] = mark->letter;
}

static void test_disposers_run_newest_first_and_once(void **state)
{
	(void)state;
	struct trace trace = {0};
	struct arena *arena = arena_new();
	/* the marks live in the arena: callbacks run while its memory is still there */
	for (char letter = 'a'; letter <= 'c'; letter++) {
		struct mark *mark = arena_new_object(arena, struct mark);
		*mark = (struct mark){&trace, letter};
		arena_on_dispose(arena, on_dispose, mark);
	}
	arena_reset(arena);
	assert_string_equal(trace.text, "cba");
	struct mark last = {&trace, 'd'};
	arena_on_dispose(arena, on_dispose, &last);
	arena_free(arena);
	assert_string_equal(trace.text, "cbad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(test_many_small_ones),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_disposers_run_newest_first_and_once),
	};
	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
