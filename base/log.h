/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON lines on a file descriptor, one event a line: {"time":...,"level":...,"event":...,...}. Values are escaped,
 * a line is at most 8 KiB, a blocked or closed log never blocks the server. Never log tokens, keys, variables.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Process-wide threshold and target (default: LOG_INFO, standard error). Thread-safe. */
void log_configure(enum log_level threshold, int fd);
/* "debug", "info", "warning", "error"; false for any other word. */
bool log_level_parse(struct str word, enum log_level *out);

/* One field of a line. */
struct log_field {
	const char *name;
	enum { LOG_FIELD_END, LOG_FIELD_TEXT, LOG_FIELD_INT } kind;
	struct str text;
	int64_t number;
};
#define LOG_STR(field, s) ((struct log_field){.name = (field), .kind = LOG_FIELD_TEXT, .text = (s)})
#define LOG_C(field, c) LOG_STR(field, str_from_c(c))
#define LOG_INT(field, n) ((struct log_field){.name = (field), .kind = LOG_FIELD_INT, .number = (n)})

/* log_event(LOG_INFO, "listening", LOG_C("url", url), LOG_INT("workers", 2)); the event is a short fixed word list. */
#define log_event(level, event, ...) \
	log_write((level), (event), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.kind = LOG_FIELD_END}})
void log_write(enum log_level level, const char *event, const struct log_field *fields);

#endif
