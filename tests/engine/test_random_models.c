/* SPDX-License-Identifier: Apache-2.0
 *
 * Random models in memory.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/engine/driver.h"

static void test_random_models(void **state)
{
	static const struct driver_kind kind = {.draw = random_model, .run = driver_run_model, .count = 1500};
	(void)state;
	driver_run_many(&kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_models)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
