/* SPDX-License-Identifier: Apache-2.0
 *
 * What a keeper gives back may have been through another form of JSON: jsonb has an order of its own for names. Every
 * object and list in a text is brought into one form; all else is compared as it stands.
 */
#include "config.h"

#include "tests/engine/world.h"

#include <stdlib.h>

#include "base/json.h"

/* Appends the object or list that begins here, and says how long it was; 0: none does. */
static size_t world_add_json(struct buf *out, struct str text)
{
	const size_t flags = JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK;
	json_error_t end;
	bool begins = text.ptr[0] == '{' || text.ptr[0] == '[';
	json_t *value = begins ? json_loadb(text.ptr, text.len, flags, &end) : NULL;
	char *normal = value ? json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
	size_t len = normal ? (size_t)end.position : 0;
	if (normal)
		buf_add_c(out, normal);
	free(normal);
	json_decref(value);
	return len;
}

static void world_normalize(struct buf *out, struct str text)
{
	while (text.len > 0) {
		size_t len = world_add_json(out, text);
		if (len == 0)
			buf_add(out, text.ptr, len = 1);
		text = str_slice(text, len, text.len);
	}
}

bool world_same_rows(struct str a, struct str b)
{
	struct buf x, y;
	if (str_equal(a, b))
		return true;
	buf_init(&x, SIZE_MAX);
	buf_init(&y, SIZE_MAX);
	world_normalize(&x, a);
	world_normalize(&y, b);
	bool same = str_equal(buf_str(&x), buf_str(&y));
	buf_free(&x);
	buf_free(&y);
	return same;
}
