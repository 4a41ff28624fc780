/* SPDX-License-Identifier: Apache-2.0
 *
 * A value is its length and its bytes, most significant first. A value of its own goes into the table of parameters, an
 * item of an array carries its length in front of it: params_open and params_close are the only ones to know.
 */
#include "config.h"

#include "db/params.h"

#include <assert.h>
#include <endian.h>
#include <limits.h>
#include <string.h>

#define PARAMS_ARRAY_HEAD (5 * sizeof(uint32_t))

/* The protocol counts a message with 31 bits. */
#define PARAMS_BYTES_MAX ((size_t)1 << 30)

/* 2000-01-01, where PostgreSQL's time begins, in microseconds since 1970. */
#define PARAMS_EPOCH INT64_C(946684800000000)

void params_init(struct params *params)
{
	*params = (struct params){0};
	buf_init(&params->bytes, PARAMS_BYTES_MAX);
}

void params_free(struct params *params)
{
	buf_free(&params->bytes);
}

void params_clear(struct params *params)
{
	assert(params->array == 0);
	buf_clear(&params->bytes);
	params->count = 0;
}

static void params_put4(struct params *params, uint32_t value)
{
	uint32_t wire = htobe32(value);
	buf_add(&params->bytes, &wire, sizeof wire);
}

static void params_patch4(struct params *params, size_t at, uint32_t value)
{
	uint32_t wire = htobe32(value);
	if (!params->bytes.overflow)
		memcpy(params->bytes.ptr + at, &wire, sizeof wire);
}

static void params_write_nulls(struct params *params)
{
	for (; params->nulls > 0; params->nulls--)
		params_put4(params, UINT32_MAX);
}

/* Counts an item of the open array. */
static void params_item(struct params *params)
{
	params->array--;
	assert(params->array > 0);
}

/* Begins a value of so many bytes. */
static void params_open(struct params *params, size_t length)
{
	if (params->array > 0) {
		params_item(params);
		params_write_nulls(params);
		params_put4(params, (uint32_t)length);
		return;
	}
	assert(params->count < PARAMS_MAX);
	params->starts[params->count] = params->bytes.len;
	params->lengths[params->count++] = (int)length;
}

void params_null(struct params *params)
{
	if (params->array > 0) {
		params_item(params);
		params->nulls++;
		return;
	}
	params_open(params, 0);
	params->lengths[params->count - 1] = -1;
}

/* At most eight bytes; those of an item and its length in one go, as this is what most of a batch is. */
static void params_fixed(struct params *params, const void *wire, size_t length)
{
	if (params->array == 0) {
		params_open(params, length);
		buf_add(&params->bytes, wire, length);
		return;
	}
	params_item(params);
	params_write_nulls(params);
	uint32_t prefix = htobe32((uint32_t)length);
	char *at = buf_reserve(&params->bytes, sizeof prefix + length);
	if (!at)
		return;
	memcpy(at, &prefix, sizeof prefix);
	memcpy(at + sizeof prefix, wire, length);
	params->bytes.len += sizeof prefix + length;
}

void params_bool(struct params *params, bool value)
{
	params_fixed(params, value ? "\1" : "\0", 1);
}

void params_int2(struct params *params, int16_t value)
{
	uint16_t wire = htobe16((uint16_t)value);
	params_fixed(params, &wire, sizeof wire);
}

void params_int4(struct params *params, int32_t value)
{
	uint32_t wire = htobe32((uint32_t)value);
	params_fixed(params, &wire, sizeof wire);
}

void params_int8(struct params *params, int64_t value)
{
	uint64_t wire = htobe64((uint64_t)value);
	params_fixed(params, &wire, sizeof wire);
}

void params_time(struct params *params, int64_t time)
{
	params_int8(params, time - PARAMS_EPOCH);
}

void params_text(struct params *params, struct str value)
{
	params_open(params, value.len);
	buf_add(&params->bytes, value.ptr, value.len);
}

void params_id_or_null(struct params *params, int64_t id)
{
	if (id == 0)
		params_null(params);
	else
		params_int8(params, id);
}

void params_time_or_null(struct params *params, int64_t time)
{
	if (time == 0)
		params_null(params);
	else
		params_time(params, time);
}

void params_text_or_null(struct params *params, struct str value)
{
	if (value.len == 0)
		params_null(params);
	else
		params_text(params, value);
}

/* Until it ends, the length in front of the value (an item) or in the table (a parameter) is nothing useful. */
struct buf *params_value_begin(struct params *params)
{
	params_open(params, 0);
	params->value = params->bytes.len;
	return &params->bytes;
}

/* jsonb travels as a version and the text. */
struct buf *params_jsonb_begin(struct params *params)
{
	buf_add_char(params_value_begin(params), 1);
	return &params->bytes;
}

void params_value_end(struct params *params)
{
	size_t length = params->bytes.len - params->value;
	if (params->array > 0)
		params_patch4(params, params->value - sizeof(uint32_t), (uint32_t)length);
	else
		params->lengths[params->count - 1] = (int)length;
}

void params_jsonb(struct params *params, struct str json)
{
	buf_add_str(params_jsonb_begin(params), json);
	params_value_end(params);
}

/* Dimensions (0 for an empty array), whether NULLs may come, the items' type; then length and first index. */
void params_array(struct params *params, enum params_type type, size_t count)
{
	assert(params->array == 0 && count <= INT_MAX);
	params_open(params, 0);
	params_put4(params, count > 0);
	params_put4(params, 1);
	params_put4(params, type);
	if (count > 0) {
		params_put4(params, (uint32_t)count);
		params_put4(params, 1);
	}
	params->array = count + 1;
	params->nulls = 0;
}

void params_array_end(struct params *params)
{
	assert(params->array == 1);
	size_t start = params->starts[params->count - 1];
	params->array = 0;
	if (params->nulls > 0 && params->bytes.len == start + PARAMS_ARRAY_HEAD) {
		params->bytes.len = start;
		params->lengths[params->count - 1] = -1;
		return;
	}
	params_write_nulls(params);
	params->lengths[params->count - 1] = (int)(params->bytes.len - start);
}

void params_int8_array(struct params *params, const int64_t *values, size_t count)
{
	params_array(params, PARAMS_INT8, count);
	for (size_t i = 0; i < count; i++)
		params_int8(params, values[i]);
	params_array_end(params);
}

void params_int4_array(struct params *params, const int32_t *values, size_t count)
{
	params_array(params, PARAMS_INT4, count);
	for (size_t i = 0; i < count; i++)
		params_int4(params, values[i]);
	params_array_end(params);
}

void params_text_array(struct params *params, const struct str *values, size_t count)
{
	params_array(params, PARAMS_TEXT, count);
	for (size_t i = 0; i < count; i++)
		params_text(params, values[i]);
	params_array_end(params);
}

bool params_values(const struct params *params, const char *values[PARAMS_MAX])
{
	assert(params->array == 0);
	for (int i = 0; i < params->count; i++)
		values[i] = params->lengths[i] < 0 ? NULL : params->bytes.ptr + params->starts[i];
	return !params->bytes.overflow;
}
