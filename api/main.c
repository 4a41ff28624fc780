/* SPDX-License-Identifier: Apache-2.0
 *
 * One binary with subcommands: the first word picks a row, the row does the rest.
 */
#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "api/command.h"

const struct subcommand subcommands[] = {
	{
		.name = "serve",
		.arguments = "[SETTINGS]",
		.summary = "serve the API on a database",
		.run = command_serve,
	},
	{
		.name = "dev",
		.arguments = "[--dir var/dev] [--examples examples] [SETTINGS]",
		.summary = "serve with a PostgreSQL, a certificate and keys of its own, and the examples deployed",
		.run = command_dev,
	},
	{
		.name = "migrate",
		.arguments = "[SETTINGS]",
		.summary = "bring the database to this version's schema",
		.run = command_migrate,
	},
	{
		.name = "token",
		.arguments = "--user USER [--group GROUP]... [--role ROLE]... [--tenant TENANT] [--ttl P1D] [--dir var/dev]",
		.summary = "print an access token of the dev server",
		.run = command_token,
	},
	{
		.name = "lint",
		.arguments = "FILE...",
		.summary = "check diagrams; exit status 1: errors found, 2: a file cannot be read",
		.run = command_lint,
	},
	{.name = "version", .summary = "print the version", .run = command_version},
	{.name = "help", .summary = "print this text", .run = command_help},
	{.name = "--version", .run = command_version},
	{.name = "--help", .run = command_help},
	{.name = "-h", .run = command_help},
	{.name = "keys", .arguments = "[--dir var/dev]", .run = command_keys},
	{.name = NULL},
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "bpmnd: which subcommand? See `bpmnd help`\n");
		return COMMAND_USAGE;
	}
	for (const struct subcommand *row = subcommands; row->name; row++)
		if (strcmp(argv[1], row->name) == 0)
			return row->run(argc - 2, argv + 2);
	fprintf(stderr, "bpmnd: no subcommand `%s`; see `bpmnd help`\n", argv[1]);
	return COMMAND_USAGE;
}
