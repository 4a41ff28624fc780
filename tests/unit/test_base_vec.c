/* SPDX-License-Identifier: Apache-2.0
 *
 * base/vec: growth, zeroed slots, removal.
 */
#include "config.h"

#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct pair {
	int a;
	int b;
};

static void test_push_gives_zeroed_slots(void **state)
{
	(void)state;
	VEC(struct pair) pairs = {0};
	for (int i = 0; i < 1000; i++) {
		struct pair *pair = vec_push(&pairs);
		assert_int_equal(pair->a | pair->b, 0);
		*pair = (struct pair){i, -i};
	}
	assert_int_equal(pairs.len, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(pairs.items[i].a, i);
	vec_clear(&pairs);
	assert_int_equal(vec_push(&pairs)->b, 0);
	vec_free(&pairs);
	assert_null(pairs.items);
	assert_int_equal(pairs.len, 0);
}

static void test_remove_swap(void **state)
{
	(void)state;
	VEC(int) numbers = {0};
	for (int i = 0; i < 4; i++)
		vec_add(&numbers, i);
	vec_remove_swap(&numbers, 1);
	assert_int_equal(numbers.len, 3);
	assert_int_equal(numbers.items[1], 3);
	vec_remove_swap(&numbers, 2);
	assert_int_equal(numbers.len, 2);
	assert_int_equal(numbers.items[0], 0);
	vec_free(&numbers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push_gives_zeroed_slots),
		cmocka_unit_test(test_remove_swap),
	};
	return cmocka_run_group_tests_name("base/vec", tests, NULL, NULL);
}
