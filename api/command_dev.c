/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd dev: everything a newcomer needs in one process. Words that are not its own are settings of the server.
 */
#include "config.h"

#include "api/command.h"
#include "api/dev.h"
#include "api/dev_keys.h"

int command_dev(int argc, char **argv)
{
	struct err err = {0};
	struct dev_options options = {
		.dir = command_take_option(&argc, argv, "--dir"),
		.examples = command_take_option(&argc, argv, "--examples"),
	};

	options.argc = argc;
	options.argv = argv;
	if (!options.dir)
		options.dir = DEV_DIR;
	if (!options.examples)
		options.examples = DEV_EXAMPLES;
	int status = dev_run(&options, &err);
	if (err.code != ERR_NONE)
		command_fail("dev", &err);
	return status;
}
