/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors as values. Whatever a message quotes, it leaves here as one line of whole UTF-8 characters: it goes into JSON
 * and logs unchecked.
 */
#include "config.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

struct err_fact {
	int status;
	const char *slug;
	const char *title;
};

static const struct err_fact err_facts[] = {
	[ERR_NONE] = {.status = 200, .slug = "none", .title = "No error"},
#define X(name, code, text, words) [ERR_##name] = {.status = (code), .slug = (text), .title = (words)},
#include "base/err.def" /* IWYU pragma: keep */
#undef X
};

/* Drops the beginning of a last character whose end was cut off. */
static void err_trim_cut(char *text, size_t len)
{
	size_t back = 1;
	while (back < len && back < 4 && ((unsigned char)text[len - back] & 0xC0) == 0x80)
		back++;
	unsigned char lead = (unsigned char)text[len - back];
	size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
	if (need > back)
		text[len - back] = '\0';
}

/* Makes text one line of printable UTF-8. */
static void err_clean(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			*c = ' ';
	if (str_is_utf8(str_from_c(text)))
		return;
	for (char *c = text; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
}

bool err_vset(struct err *err, enum err_code code, const char *format, va_list args)
{
	if (!err || err->code != ERR_NONE)
		return false;
	*err = (struct err){.code = code};
	int len = vsnprintf(err->message, sizeof err->message, format, args);
	if (len >= (int)sizeof err->message)
		err_trim_cut(err->message, sizeof err->message - 1);
	err_clean(err->message);
	return false;
}

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	err_vset(err, code, format, args);
	va_end(args);
	return false;
}

void err_at(struct err *err, int line, int column)
{
	if (!err || err->code == ERR_NONE || err->line != 0)
		return;
	err->line = line;
	err->column = column;
}

void err_in(struct err *err, const char *element)
{
	if (!err || err->code == ERR_NONE || err->element[0] || !element)
		return;
	size_t len = strnlen(element, sizeof err->element);
	bool cut = len == sizeof err->element;
	len -= cut;
	memcpy(err->element, element, len);
	err->element[len] = '\0';
	if (cut)
		err_trim_cut(err->element, len);
	err_clean(err->element);
}

void err_clear(struct err *err)
{
	if (err)
		*err = (struct err){.code = ERR_NONE};
}

static const struct err_fact *err_fact(enum err_code code)
{
	return &err_facts[(unsigned)code < ERR_COUNT ? code : ERR_INTERNAL];
}

int err_status(enum err_code code)
{
	return err_fact(code)->status;
}

const char *err_slug(enum err_code code)
{
	return err_fact(code)->slug;
}

const char *err_title(enum err_code code)
{
	return err_fact(code)->title;
}

bool err_retryable(enum err_code code)
{
	return code == ERR_UNAVAILABLE || code == ERR_IN_DOUBT || code == ERR_OVERLOADED;
}
