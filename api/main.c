/* SPDX-License-Identifier: Apache-2.0
 *
 * One binary with subcommands: the first word picks a row, the row does the rest.
 */
#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "api/command.h"
#include "runtime/script_process.h"

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
		.arguments = "[--report [--json]] FILE|FOLDER...",
		.summary = "check diagrams, or tell what becomes of them here; exit status 1: errors found, 2: unusable input",
		.run = command_lint,
	},
	{
		.name = "test",
		.arguments = "DIAGRAM... SCENARIOS.yaml... [--coverage]",
		.summary = "run scenarios on diagrams, without a server; exit status 1: one fails, 2: unusable input",
		.run = command_test,
	},
	{
		.name = "replay",
		.arguments = "INSTANCE [SETTINGS]",
		.summary = "run the history of an instance again and compare; exit status 1: it differs, 2: it cannot be run",
		.run = command_replay,
	},
	{.name = "rules", .summary = "print every rule of lint, with its clause of BPMN 2.0.2", .run = command_rules},
	{.name = "version", .summary = "print the version", .run = command_version},
	{.name = "help", .summary = "print this text", .run = command_help},
	{.name = "--version", .run = command_version},
	{.name = "--help", .run = command_help},
	{.name = "-h", .run = command_help},
	{.name = "keys", .arguments = "[--dir var/dev]", .run = command_keys},
	{.name = SCRIPT_SUBCOMMAND, .run = command_script},
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
