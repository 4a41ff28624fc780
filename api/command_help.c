/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd help: what the tables say, the subcommands' and the settings'.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/command.h"
#include "api/settings.h"

static void command_help_row(const struct subcommand *row)
{
	printf("  bpmnd %s%s%s\n      %s\n", row->name, row->arguments ? " " : "", row->arguments ? row->arguments : "",
		row->summary);
}

int command_help(int argc, char **argv)
{
	if (!command_words_end("help", argc, argv))
		return COMMAND_USAGE;
	puts("bpmnd runs BPMN 2.0 processes on PostgreSQL.\n");
	for (const struct subcommand *row = subcommands; row->name; row++)
		if (row->summary)
			command_help_row(row);
	puts("\nSettings, from the command line, the environment (BPMND_LISTEN_PORT) or a file (--config FILE):\n");
	settings_print_help(stdout);
	return EXIT_SUCCESS;
}
