/* SPDX-License-Identifier: Apache-2.0
 *
 * Random graphs: nobody promises that they end. Each step has to come to rest, in the end by parking its tokens, and a
 * cancellation must always be possible.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/engine/driver.h"

#define GRAPH_COMMANDS 25
#define GRAPH_BUDGET 200

static void graph_run(struct driver *driver)
{
	struct world *world = &driver->world;
	driver->restless = driver->wild = true;
	world->limits.step_budget = GRAPH_BUDGET;
	driver_start(driver);
	for (int i = 0; i < GRAPH_COMMANDS && world_root(world) && world->problem.len == 0; i++)
		driver_do_something(driver);
	driver_cancel(driver);
}

static void test_random_graphs(void **state)
{
	static const struct driver_kind kind = {.draw = random_graph, .run = graph_run, .count = 1500};
	(void)state;
	driver_run_many(&kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_graphs)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
