/* SPDX-License-Identifier: Apache-2.0
 *
 * The growing buffer. One byte behind the capacity is always allocated, for the NUL of buf_take. After an overflow
 * nothing more is written: what is there stays a prefix of what was meant.
 */
#include "config.h"

#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define BUF_FIRST_CAPACITY 256

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){.max = max};
}

void buf_free(struct buf *buf)
{
	free(buf->ptr);
	buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->overflow = false;
}

char *buf_take(struct buf *buf, size_t *len)
{
	char *bytes = buf->ptr ? buf->ptr : alloc_bytes(1);
	bytes[buf->len] = '\0';
	if (len)
		*len = buf->len;
	buf_init(buf, buf->max);
	return bytes;
}

static void buf_resize(struct buf *buf, size_t needed)
{
	size_t capacity = buf->capacity < BUF_FIRST_CAPACITY ? BUF_FIRST_CAPACITY : buf->capacity;
	while (capacity < needed)
		capacity = capacity > buf->max / 2 ? buf->max : capacity * 2;
	if (capacity > buf->max)
		capacity = buf->max;
	buf->ptr = alloc_resize(buf->ptr, capacity + 1, 1);
	buf->capacity = capacity;
}

char *buf_grow(struct buf *buf, size_t n)
{
	if (buf->overflow || n > buf->max - buf->len) {
		buf->overflow = true;
		return NULL;
	}
	if (!buf->ptr || n > buf->capacity - buf->len)
		buf_resize(buf, buf->len + n);
	return buf->ptr + buf->len;
}

void buf_add(struct buf *buf, const void *data, size_t n)
{
	char *to = n ? buf_reserve(buf, n) : NULL;
	if (!to)
		return;
	memcpy(to, data, n);
	buf->len += n;
}

void buf_add_str(struct buf *buf, struct str s)
{
	buf_add(buf, s.ptr, s.len);
}

void buf_add_c(struct buf *buf, const char *c_string)
{
	buf_add_str(buf, str_from_c(c_string));
}

void buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_add_int64(struct buf *buf, int64_t value)
{
	char digits[20];
	char *end = digits + sizeof digits, *start = end;
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	do
		*--start = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--start = '-';
	buf_add(buf, start, (size_t)(end - start));
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	assert(len >= 0);
	char *to = buf_reserve(buf, (size_t)len);
	if (to) {
		vsnprintf(to, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

struct str buf_str(const struct buf *buf)
{
	return (struct str){buf->ptr, buf->len};
}
