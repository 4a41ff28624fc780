/* SPDX-License-Identifier: Apache-2.0
 *
 * The scenarios of tests/engine with PostgreSQL as the keeper of one more replica. With arguments: only cases named so.
 */
#include "config.h"

#include "tests/db/keeper.h"
#include "tests/engine/scenario_cases.h"

int main(int argc, char **argv)
{
	struct keeper keeper;
	fixture_wrap(argv);
	keeper_init(&keeper);
	int failed = scenario_cases_run(argc, argv, &keeper.hooks);
	keeper_free(&keeper);
	return failed;
}
