/* SPDX-License-Identifier: Apache-2.0
 *
 * A heap in one block: pieces do not overlap, keep what they hold, come back, and end where the block does.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "runtime/block_heap.h"

#define BLOCK_BYTES (1u << 20)
#define PIECES 200

struct block {
	struct block_heap heap;
	void *memory;
};

static int block_setup(void **state)
{
	struct block *block = alloc_new(struct block);
	block->memory = alloc_zeroed(1, BLOCK_BYTES);
	block_heap_init(&block->heap, block->memory, BLOCK_BYTES);
	*state = block;
	return 0;
}

static int block_teardown(void **state)
{
	struct block *block = *state;
	free(block->memory);
	free(block);
	return 0;
}

static void assert_filled(const unsigned char *piece, size_t size, unsigned char with)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(piece[i], with);
}

static void pieces_are_apart_and_aligned(void **state)
{
	struct block *block = *state;
	unsigned char *pieces[PIECES];
	for (size_t i = 0; i < PIECES; i++) {
		pieces[i] = block_heap_alloc(&block->heap, i * 7 + 1);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		memset(pieces[i], (int)i, i * 7 + 1);
	}
	for (size_t i = 0; i < PIECES; i++)
		assert_filled(pieces[i], i * 7 + 1, (unsigned char)i);
}

static void a_piece_that_grows_keeps_what_it_holds(void **state)
{
	struct block *block = *state;
	unsigned char *piece = NULL;
	for (size_t size = 1; size < 5000; size += 13) {
		piece = block_heap_resize(&block->heap, piece, size);
		assert_non_null(piece);
		assert_filled(piece, size > 13 ? size - 13 : 0, 7);
		memset(piece, 7, size);
	}
	piece = block_heap_resize(&block->heap, piece, 10);
	assert_filled(piece, 10, 7);
	assert_null(block_heap_resize(&block->heap, piece, 0));
}

static void what_is_freed_is_used_again(void **state)
{
	struct block *block = *state;
	for (int round = 0; round < 10000; round++) {
		void *piece = block_heap_alloc(&block->heap, 1000);
		assert_non_null(piece);
		block_heap_free(&block->heap, piece);
	}
	block_heap_free(&block->heap, NULL);
}

static void the_block_ends(void **state)
{
	struct block *block = *state;
	size_t taken = 0;
	assert_null(block_heap_alloc(&block->heap, BLOCK_BYTES));
	assert_null(block_heap_alloc(&block->heap, SIZE_MAX));
	assert_null(block_heap_alloc(&block->heap, 0));
	while (block_heap_alloc(&block->heap, 1000))
		taken += 1000;
	assert_in_range(taken, BLOCK_BYTES / 4 * 3, BLOCK_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pieces_are_apart_and_aligned, block_setup, block_teardown),
		cmocka_unit_test_setup_teardown(a_piece_that_grows_keeps_what_it_holds, block_setup, block_teardown),
		cmocka_unit_test_setup_teardown(what_is_freed_is_used_again, block_setup, block_teardown),
		cmocka_unit_test_setup_teardown(the_block_ends, block_setup, block_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
