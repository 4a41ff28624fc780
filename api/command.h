/* SPDX-License-Identifier: Apache-2.0
 *
 * The subcommands of bpmnd: one row and one function in a file of its own (command_NAME.c) each. A function gets the
 * words behind the subcommand's name and returns the exit status.
 */
#ifndef API_COMMAND_H
#define API_COMMAND_H

#include <stdbool.h>

#include "base/err.h"

/* Wrong words, or a file that cannot be read; beside EXIT_SUCCESS and EXIT_FAILURE. */
#define COMMAND_USAGE 2

struct subcommand {
	const char *name;
	const char *arguments; /* NULL: none */
	const char *summary;   /* NULL: not shown in the help */
	int (*run)(int argc, char **argv);
};

/* Ends with a row without a name. */
extern const struct subcommand subcommands[];

int command_dev(int argc, char **argv);
int command_help(int argc, char **argv);
int command_keys(int argc, char **argv);
int command_lint(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_rules(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_script(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_test(int argc, char **argv);
int command_token(int argc, char **argv);
int command_version(int argc, char **argv);

/* Takes `--name value` or `--name=value` out of the words and returns the value; NULL: not there (any more). */
const char *command_take_option(int *argc, char **argv, const char *name);
/* Takes `--name` out of the words; false: not there. */
bool command_take_flag(int *argc, char **argv, const char *name);
/* True when no word is left; else says on standard error which one nobody understood. */
bool command_words_end(const char *subcommand, int argc, char **argv);
/* `bpmnd serve: message` on standard error; returns EXIT_FAILURE. */
int command_fail(const char *subcommand, const struct err *err);

#endif
