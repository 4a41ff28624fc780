/* SPDX-License-Identifier: Apache-2.0
 *
 * From the bytes of a file to UTF-8. Bytes decide first (byte order mark, zero bytes of UTF-16), then the declaration;
 * when they contradict each other the file is refused, never guessed.
 */
#ifndef BPMN_ENCODING_H
#define BPMN_ENCODING_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Gives the text as UTF-8 without a byte order mark: a slice of bytes, or a copy in the arena. UTF-8, UTF-16, US-ASCII,
 * ISO-8859-1, ISO-8859-15 and Windows-1252 are taken. ERR_MODEL: another encoding (named), or a declaration that the
 * bytes contradict; ERR_BAD_REQUEST with line and column: bytes that the encoding does not have. */
bool encoding_to_utf8(struct arena *arena, struct str bytes, struct str *out, struct err *err)
	__attribute__((warn_unused_result));

#endif
