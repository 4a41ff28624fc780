/* SPDX-License-Identifier: Apache-2.0
 *
 * What went wrong: a code, one line of text, and the place. Passed by the caller, filled by the first that fails;
 * lower text is never overwritten. Maps one to one to the HTTP problem body. Messages are one line, lower case,
 * without "failed to", and never repeat secrets.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/* name, HTTP status, slug of the problem type, title; one list, see err.def. */
enum err_code {
	ERR_NONE = 0,
#define X(name, status, slug, title) ERR_##name,
#include "base/err.def" /* IWYU pragma: keep */
#undef X
	ERR_COUNT
};

#define ERR_TEXT_MAX 512
#define ERR_ELEMENT_MAX 256

struct err {
	enum err_code code;
	int line;                      /* 1-based, 0: none */
	int column;                    /* 1-based in characters, 0: none */
	char element[ERR_ELEMENT_MAX]; /* element id, JSON pointer or header name; empty: none. Whole UTF-8 characters. */
	char message[ERR_TEXT_MAX];
};

/* Sets the error unless one is set already; always returns false, so `return err_set(...)` reads well.
 * err may be NULL. Over-long text is cut at a character border. */
bool err_set(struct err *err, enum err_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4), nonnull(3)));
bool err_vset(struct err *err, enum err_code code, const char *format, va_list args)
	__attribute__((format(printf, 3, 0), nonnull(3)));
/* Adds the place to an error that has none. */
void err_at(struct err *err, int line, int column);
void err_in(struct err *err, const char *element);
void err_clear(struct err *err);

/* Facts of a code: HTTP status, slug (urn:bpmnd:problem:<slug>), title. */
int err_status(enum err_code code);
const char *err_slug(enum err_code code);
const char *err_title(enum err_code code);
/* Worth trying again unchanged: unavailable, in doubt, overloaded. */
bool err_retryable(enum err_code code);

#endif
