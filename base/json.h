/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON: reading is jansson's (strict flags, our limits around it), writing is a small emitter into a buf.
 * jansson overflows the stack on very deep values, so depth is capped here, at the only place where JSON comes in.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define JSON_DEPTH_MAX 64

/* Parses one JSON text: UTF-8, no duplicate keys, no NUL in text, depth <= JSON_DEPTH_MAX, integers within int64, and
 * no number whose digits a double would lose (it would come back changed). Any top-level value.
 * Returns a new reference (json_decref) or NULL: ERR_BAD_REQUEST where it is not JSON (line and column set),
 * ERR_INVALID where it is JSON that we refuse. */
json_t *json_parse(struct str text, struct err *err) __attribute__((warn_unused_result));

/* Emits value as compact JSON with numbers in their shortest exact form (0.1 stays 0.1). */
void json_emit_value(struct buf *buf, const json_t *value);
/* Emits a text with quotes and escapes. The slice must be UTF-8. */
void json_emit_str(struct buf *buf, struct str s);
/* The shortest text that reads back as the same double: 0.1, 1e300, 12.5. Finite values only. */
void json_emit_double(struct buf *buf, double value);

/* Object writer: a comma before each member but the first is put by the writer.
 *     json_object_begin(b); json_member_str(b, "id", id); ... json_object_end(b);
 * nested values: json_member(b, "tasks") then any emit. */
void json_object_begin(struct buf *buf);
void json_object_end(struct buf *buf);
void json_array_begin(struct buf *buf);
void json_array_end(struct buf *buf);
/* Comma if the container already has something; for array elements. */
void json_next(struct buf *buf);
void json_member(struct buf *buf, const char *name);
void json_member_named(struct buf *buf, struct str name); /* a name from outside */
void json_member_str(struct buf *buf, const char *name, struct str s);
void json_member_c(struct buf *buf, const char *name, const char *c_string); /* NULL -> null */
void json_member_int(struct buf *buf, const char *name, int64_t value);
void json_member_id(struct buf *buf, const char *name, int64_t id); /* "123"; 0 -> null */
void json_member_bool(struct buf *buf, const char *name, bool value);
void json_member_time(struct buf *buf, const char *name, int64_t time); /* RFC 3339; 0 -> null */
/* raw is JSON text already; an empty slice -> null. */
void json_member_raw(struct buf *buf, const char *name, struct str raw);
/* An empty slice -> null. */
void json_member_text(struct buf *buf, const char *name, struct str s);

/* Borrowed text of a JSON string value. */
struct str json_str(const json_t *string);

#endif
