/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd version: one line, for people and for scripts.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/command.h"

int command_version(int argc, char **argv)
{
	if (!command_words_end("version", argc, argv))
		return COMMAND_USAGE;
	puts(PACKAGE_NAME " " PACKAGE_VERSION);
	return EXIT_SUCCESS;
}
