/* SPDX-License-Identifier: Apache-2.0
 *
 * What json_parse lets in, json_emit_value writes so that it is let in again and is the same value.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	json_t *value = json_parse((struct str){(const char *)data, size}, &err);
	if (!value != (err.code != ERR_NONE))
		abort();
	if (!value)
		return 0;
	struct buf buf;
	buf_init(&buf, 8 * size + 1024);
	json_emit_value(&buf, value);
	json_t *again = json_parse(buf_str(&buf), &err);
	if (buf.overflow || !again || !json_equal(value, again))
		abort();
	json_decref(again);
	json_decref(value);
	buf_free(&buf);
	return 0;
}
