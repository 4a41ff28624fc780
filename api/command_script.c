/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd run-script: what the server starts for each script, not for people.
 */
#include "config.h"

#include "api/command.h"
#include "runtime/javascript.h"

int command_script(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	javascript_main();
}
