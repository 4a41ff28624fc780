/* SPDX-License-Identifier: Apache-2.0
 *
 * What an operator can set. One list (settings.def) makes the struct, the parser, the help and the sample file.
 * Sources, later wins: defaults, the file named by `config`, the environment (BPMND_LISTEN_PORT), the command line
 * (--listen-port 8443 or --listen-port=8443).
 */
#ifndef API_SETTINGS_H
#define API_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/log.h"

/* The C type of each type of setting. TEXT and FILE are NULL where empty; DURATION is in microseconds. */
#define SETTINGS_C_TEXT char *
#define SETTINGS_C_FILE char *
#define SETTINGS_C_INT int64_t
#define SETTINGS_C_BOOL bool
#define SETTINGS_C_DURATION int64_t
#define SETTINGS_C_SIZE size_t
#define SETTINGS_C_LEVEL enum log_level

struct settings {
#define X(field, type, ...) SETTINGS_C_##type field;
#include "api/settings.def" /* IWYU pragma: keep */
#undef X
};

/* Fills s from all sources; argv holds only options (the words behind the subcommand). ERR_INVALID names the source
 * and the setting, for the file also the line. s owns its texts: settings_free, also after an error. */
bool settings_load(struct settings *s, int argc, char **argv, struct err *err) __attribute__((warn_unused_result));
/* Releases the texts and leaves an empty struct. */
void settings_free(struct settings *s);

/* All settings with type, range, default and help; and a file with every setting at its default, commented out. */
void settings_print_help(FILE *out);
void settings_print_sample(FILE *out);

#endif
