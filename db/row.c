/* SPDX-License-Identifier: Apache-2.0
 *
 * Binary results: numbers come most significant byte first.
 */
#include "config.h"

#include "db/row.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "db/params.h"

/* 2000-01-01, where PostgreSQL's time begins, in microseconds since 1970. */
#define ROW_EPOCH INT64_C(946684800000000)

size_t row_size(int n)
{
	assert(n >= 0);
	return (size_t)n;
}

bool row_is_null(struct row row, int column)
{
	return PQgetisnull(row.result, row.number, column);
}

static struct str row_bytes(struct row row, int column)
{
	if (row_is_null(row, column))
		return (struct str){0};
	return (struct str){
		PQgetvalue(row.result, row.number, column), row_size(PQgetlength(row.result, row.number, column))};
}

/* Copies a number's bytes; a NULL leaves the zero that is there. */
static void row_fixed(struct row row, int column, enum params_type type, void *wire, size_t size)
{
	assert(PQfformat(row.result, column) == 1 && PQftype(row.result, column) == (Oid)type);
	struct str bytes = row_bytes(row, column);
	if (!bytes.ptr)
		return;
	assert(bytes.len == size);
	memcpy(wire, bytes.ptr, size);
}

bool row_bool(struct row row, int column)
{
	unsigned char wire = 0;
	row_fixed(row, column, PARAMS_BOOL, &wire, sizeof wire);
	return wire != 0;
}

int16_t row_int2(struct row row, int column)
{
	uint16_t wire = 0;
	row_fixed(row, column, PARAMS_INT2, &wire, sizeof wire);
	return (int16_t)be16toh(wire);
}

int32_t row_int4(struct row row, int column)
{
	uint32_t wire = 0;
	row_fixed(row, column, PARAMS_INT4, &wire, sizeof wire);
	return (int32_t)be32toh(wire);
}

int64_t row_int8(struct row row, int column)
{
	uint64_t wire = 0;
	row_fixed(row, column, PARAMS_INT8, &wire, sizeof wire);
	return (int64_t)be64toh(wire);
}

int64_t row_time(struct row row, int column)
{
	if (row_is_null(row, column))
		return 0;
	uint64_t wire = 0;
	row_fixed(row, column, PARAMS_TIME, &wire, sizeof wire);
	return (int64_t)be64toh(wire) + ROW_EPOCH;
}

struct str row_text(struct row row, int column)
{
	assert(PQftype(row.result, column) == PARAMS_TEXT || PQftype(row.result, column) == PARAMS_BYTEA);
	return row_bytes(row, column);
}

struct str row_jsonb(struct row row, int column)
{
	assert(PQftype(row.result, column) == PARAMS_JSONB);
	struct str bytes = row_bytes(row, column);
	if (!bytes.ptr)
		return bytes;
	assert(bytes.len > 1 && bytes.ptr[0] == 1); /* the version of the format */
	return str_slice(bytes, 1, bytes.len);
}

static uint32_t row_take4(struct str *rest)
{
	uint32_t wire;
	assert(rest->len >= sizeof wire);
	memcpy(&wire, rest->ptr, sizeof wire);
	*rest = str_slice(*rest, sizeof wire, rest->len);
	return be32toh(wire);
}

/* Dimensions, flags, element type; count and first index; then each item behind its length. Takes all but the items,
 * and returns their count. */
static uint32_t row_take_array(struct str *rest, enum params_type type)
{
	uint32_t dimensions = row_take4(rest);
	row_take4(rest);
	uint32_t item_type = row_take4(rest);
	assert(item_type == type && dimensions <= 1);
	(void)item_type;
	if (dimensions == 0)
		return 0;
	uint32_t count = row_take4(rest);
	row_take4(rest);
	return count;
}

/* There are no NULLs among them: we write none. */
static struct str row_take_item(struct str *rest)
{
	uint32_t length = row_take4(rest);
	assert(length <= rest->len);
	struct str item = str_slice(*rest, 0, length);
	*rest = str_slice(*rest, length, rest->len);
	return item;
}

void row_texts(struct row row, int column, void (*on_item)(void *context, struct str item), void *context)
{
	struct str rest = row_bytes(row, column);
	if (!rest.ptr)
		return;
	for (uint32_t count = row_take_array(&rest, PARAMS_TEXT); count > 0; count--)
		on_item(context, row_take_item(&rest));
}

void row_ids(struct row row, int column, void (*on_item)(void *context, int64_t item), void *context)
{
	struct str rest = row_bytes(row, column);
	if (!rest.ptr)
		return;
	for (uint32_t count = row_take_array(&rest, PARAMS_INT8); count > 0; count--) {
		struct str item = row_take_item(&rest);
		uint64_t wire;
		assert(item.len == sizeof wire);
		memcpy(&wire, item.ptr, sizeof wire);
		on_item(context, (int64_t)be64toh(wire));
	}
}
