/* SPDX-License-Identifier: Apache-2.0
 *
 * What the subcommands share: options are taken out of the words one by one, by name, so that what is left over is
 * either an argument, or a setting to be handed on, or a mistake.
 */
#include "config.h"

#include "api/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void command_remove_words(int *argc, char **argv, int from, int count)
{
	*argc -= count;
	memmove(&argv[from], &argv[from + count], (size_t)(*argc - from) * sizeof *argv);
}

const char *command_take_option(int *argc, char **argv, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < *argc; i++) {
		const char *word = argv[i];
		if (strncmp(word, name, len) != 0)
			continue;
		if (word[len] == '=') {
			command_remove_words(argc, argv, i, 1);
			return word + len + 1;
		}
		if (word[len] == '\0' && i + 1 < *argc) {
			const char *value = argv[i + 1];
			command_remove_words(argc, argv, i, 2);
			return value;
		}
	}
	return NULL;
}

bool command_take_flag(int *argc, char **argv, const char *name)
{
	for (int i = 0; i < *argc; i++) {
		if (strcmp(argv[i], name) != 0)
			continue;
		command_remove_words(argc, argv, i, 1);
		return true;
	}
	return false;
}

bool command_words_end(const char *subcommand, int argc, char **argv)
{
	if (argc == 0)
		return true;
	fprintf(stderr, "bpmnd %s: `%s` is not understood here; see `bpmnd help`\n", subcommand, argv[0]);
	return false;
}

int command_fail(const char *subcommand, const struct err *err)
{
	fprintf(stderr, "bpmnd %s: %s\n", subcommand, err->message);
	return EXIT_FAILURE;
}
