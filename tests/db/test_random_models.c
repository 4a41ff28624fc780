/* SPDX-License-Identifier: Apache-2.0
 *
 * Random models with PostgreSQL as the keeper of one more replica.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/db/keeper.h"
#include "tests/engine/driver.h"

static void test_random_models(void **state)
{
	struct keeper *keeper = *state;
	const struct driver_kind kind = {
		.draw = random_model, .run = driver_run_model, .count = 200, .keeper = &keeper->hooks};
	driver_run_many(&kind);
}

int main(int argc, char **argv)
{
	struct keeper keeper;
	(void)argc;
	fixture_wrap(argv);
	keeper_init(&keeper);
	const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(test_random_models, &keeper)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	keeper_free(&keeper);
	return failed;
}
