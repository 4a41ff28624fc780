/* SPDX-License-Identifier: Apache-2.0
 *
 * One test for each scenario in tests/engine/<case>/: `process.bpmn` and every file whose name begins with `scenario`;
 * `target.bpmn`, where there is one, has other versions of the processes.
 * Each is run twice, and must want the same of the database both times; with a keeper, once.
 */
#ifndef TESTS_ENGINE_SCENARIO_CASES_H
#define TESTS_ENGINE_SCENARIO_CASES_H

#include "tests/engine/scenario.h"

/* What main returns. With arguments: only cases named so. keeper: NULL for none. */
int scenario_cases_run(int argc, char **argv, const struct world_keeper *keeper);

#endif
