/* SPDX-License-Identifier: Apache-2.0
 *
 * The scenarios in memory. With arguments: only cases named so.
 */
#include "config.h"

#include "tests/engine/scenario_cases.h"

int main(int argc, char **argv)
{
	return scenario_cases_run(argc, argv, NULL);
}
