/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading results in binary format. Types and lengths are asserted: a statement and its one reader change together.
 * NULL reads as 0, false or the empty slice, except where row_is_null is asked first. Slices live as long as the
 * result.
 */
#ifndef DB_ROW_H
#define DB_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "base/str.h"

struct row {
	const PGresult *result;
	int number;
};

/* The one place where libpq's counts become sizes. */
size_t row_size(int n);

bool row_is_null(struct row row, int column);
bool row_bool(struct row row, int column);
int16_t row_int2(struct row row, int column);
int32_t row_int4(struct row row, int column);
int64_t row_int8(struct row row, int column);
int64_t row_time(struct row row, int column);     /* microseconds since 1970 */
struct str row_text(struct row row, int column);  /* text and bytea */
struct str row_jsonb(struct row row, int column); /* JSON text */
/* Calls on_item for each text of a text[]; NULL and empty arrays have none. */
void row_texts(struct row row, int column, void (*on_item)(void *context, struct str item), void *context);

/* The same for an int8[]. */
void row_ids(struct row row, int column, void (*on_item)(void *context, int64_t item), void *context);

#endif
