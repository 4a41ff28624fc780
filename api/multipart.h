/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading multipart/form-data (RFC 7578) as files are uploaded. No library in our stack has it, and what we need of it
 * is small: flat parts, in memory, strict. Whatever could be read in two ways is refused.
 */
#ifndef API_MULTIPART_H
#define API_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define MULTIPART_PARTS_MAX 100
#define MULTIPART_HEAD_MAX 4096 /* bytes of the header fields of a part */

struct multipart_part {
	struct str name;
	struct str filename; /* ptr NULL: the part is no file */
	struct str body;     /* within the request's body */
};

/* Splits a body by the boundary of its Content-Type. Names are in the arena. ERR_BAD_REQUEST: not readable;
 * ERR_TOO_LARGE: more than MULTIPART_PARTS_MAX parts. */
bool multipart_parse(struct arena *arena, struct str content_type, struct str body, struct multipart_part *parts,
	size_t *count, struct err *err) __attribute__((warn_unused_result));

/* One `; name=value` off the front of rest, as header fields have them. False at the end, where rest is empty, and
 * where it is malformed. */
bool multipart_parameter(struct arena *arena, struct str *rest, struct str *name, struct str *value);

#endif
