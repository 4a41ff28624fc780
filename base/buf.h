/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing byte buffer with a maximum size fixed at init. Writing past the maximum sets `overflow` and drops the
 * bytes; the owner checks once at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
	char *ptr;
	size_t len;
	size_t capacity;
	size_t max;
	bool overflow;
};

/* An empty buffer that may grow to max bytes. buf_free releases the memory and leaves an empty buffer. */
void buf_init(struct buf *buf, size_t max);
void buf_free(struct buf *buf);
/* Empty again, memory kept, overflow cleared. */
void buf_clear(struct buf *buf);
/* Gives the bytes away (owned by the caller, free()) and leaves an empty buffer. A NUL stands behind them. */
char *buf_take(struct buf *buf, size_t *len);

/* Gets the room that is missing: the rare part of buf_reserve. */
char *buf_grow(struct buf *buf, size_t n);

/* Room for at least n more bytes at buf->ptr + buf->len, or NULL (overflow set). The caller adds to buf->len. */
static inline char *buf_reserve(struct buf *buf, size_t n)
{
	bool fits = buf->ptr && !buf->overflow && n <= buf->capacity - buf->len;
	return fits ? buf->ptr + buf->len : buf_grow(buf, n);
}

void buf_add(struct buf *buf, const void *data, size_t n);
void buf_add_str(struct buf *buf, struct str s);
void buf_add_c(struct buf *buf, const char *c_string);
void buf_add_char(struct buf *buf, char c);
void buf_add_int64(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
void buf_vprintf(struct buf *buf, const char *format, va_list args) __attribute__((format(printf, 2, 0), nonnull(2)));

/* Borrowed view of what has been written. */
struct str buf_str(const struct buf *buf);

#endif
