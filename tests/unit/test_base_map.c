/* SPDX-License-Identifier: Apache-2.0
 *
 * base/map: a long random life beside a plain array that cannot be wrong.
 */
#include "config.h"

#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_empty(void **state)
{
	(void)state;
	struct map map = {0};
	assert_null(map_get(&map, STR("x")));
	assert_null(map_get_id(&map, 1));
	assert_null(map_remove(&map, STR("x")));
	assert_null(map_next(&map, NULL));
	map_clear(&map);
	map_free(&map);
}

static void test_put_returns_what_was_there(void **state)
{
	(void)state;
	struct map map = {0};
	int one = 1, two = 2;
	assert_null(map_put(&map, STR("购买"), &one));
	assert_ptr_equal(map_put(&map, STR("购买"), &two), &one);
	assert_int_equal(map.len, 1);
	assert_ptr_equal(map_get(&map, STR("购买")), &two);
	assert_null(map_get(&map, STR("购")));
	assert_null(map_put(&map, (struct str){0}, &one)); /* the empty text is a key */
	assert_ptr_equal(map_remove(&map, STR("")), &one);
	assert_ptr_equal(map_remove(&map, STR("购买")), &two);
	assert_int_equal(map.len, 0);
	map_free(&map);
}

#define KEYS 600

/* Puts and removes at random, from a fixed seed, on a text map and an id map at once. */
static void test_a_long_life(void **state)
{
	(void)state;
	static char names[KEYS][16];
	static int values[KEYS];
	void *model[KEYS] = {0};
	struct map texts = {0}, ids = {0};
	size_t len = 0;
	uint32_t seed = 12345;
	for (int i = 0; i < KEYS; i++)
		snprintf(names[i], sizeof names[i], "key-%d", i);
	for (int step = 0; step < 100000; step++) {
		seed = seed * 1664525 + 1013904223;
		size_t i = (seed >> 8) % KEYS;
		int64_t id = ((int64_t)i - KEYS / 2) * 1048576;
		bool put = (seed >> 24) % 5 < (step / 20000 % 2 ? 1U : 4U);
		void *value = put ? &values[i] : NULL;
		assert_ptr_equal(
			put ? map_put(&texts, str_from_c(names[i]), value) : map_remove(&texts, str_from_c(names[i])), model[i]);
		assert_ptr_equal(put ? map_put_id(&ids, id, value) : map_remove_id(&ids, id), model[i]);
		len += (value != NULL) - (size_t)(model[i] != NULL);
		model[i] = value;
		assert_int_equal(texts.len, len);
		assert_int_equal(ids.len, len);
	}
	for (size_t i = 0; i < KEYS; i++) {
		assert_ptr_equal(map_get(&texts, str_from_c(names[i])), model[i]);
		assert_ptr_equal(map_get_id(&ids, ((int64_t)i - KEYS / 2) * 1048576), model[i]);
	}
	size_t walked = 0;
	for (struct map_entry *e = NULL; (e = map_next(&texts, e));)
		walked += model[(int *)e->value - values] == e->value;
	assert_int_equal(walked, len);
	map_clear(&ids);
	assert_int_equal(ids.len, 0);
	assert_null(map_next(&ids, NULL));
	map_free(&ids);
	map_free(&texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_put_returns_what_was_there),
		cmocka_unit_test(test_a_long_life),
	};
	return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
