/* SPDX-License-Identifier: Apache-2.0
 *
 * A form is refused with a reason, or its parts lie within it, one behind the other. The first line is the Content-Type.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "api/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(struct str body, const struct multipart_part *parts, size_t count)
{
	const char *at = body.ptr;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].name.len == 0 || !str_is_utf8(parts[i].name) || !str_is_utf8(parts[i].filename))
			abort();
		if (parts[i].body.ptr < at || parts[i].body.ptr + parts[i].body.len > body.ptr + body.len)
			abort();
		at = parts[i].body.ptr + parts[i].body.len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct multipart_part parts[MULTIPART_PARTS_MAX];
	struct str body = {(const char *)data, size};
	struct str type = str_split(&body, '\n');
	struct arena *arena = arena_new();
	struct err err = {0};
	size_t count;
	if (multipart_parse(arena, type, body, parts, &count, &err))
		check_parts(body, parts, count);
	else if (err.code == ERR_NONE)
		abort();
	arena_free(arena);
	return 0;
}
