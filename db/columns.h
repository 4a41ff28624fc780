/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows in memory -> one array parameter a column. A table of columns says for each parameter of a statement, in order,
 * where the value is and how it is written:
 *
 *     static const struct column comment_columns[] = {
 *         COLUMN(ID, struct comment_row, id),
 *         COLUMN(TEXT, struct comment_row, text),
 *     };
 *
 * Rows that are lists of pointers, or of pairs of pointers (struct token_ref), name the pointer to follow: COLUMN_OF.
 */
#ifndef DB_COLUMNS_H
#define DB_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "db/params.h"
#include "engine/effects.h"

/* X(KIND, C type, item type): how a member is written. The C type is checked by COLUMN. */
#define COLUMN_KIND_LIST(X) \
	X(ID, int64_t, PARAMS_INT8) \
	X(ID_OR_NULL, int64_t, PARAMS_INT8) /* 0 is NULL */ \
	X(NUMBER, int32_t, PARAMS_INT4) \
	X(INDEX_OR_NULL, int32_t, PARAMS_INT4) /* GRAPH_NONE is NULL */ \
	X(CODE, int16_t, PARAMS_INT2) \
	X(ACTIVITY_OUTCOME, enum activity_outcome, PARAMS_INT2) \
	X(INSTANCE_STATUS, enum instance_status, PARAMS_INT2) \
	X(TOKEN_STATE, enum token_state, PARAMS_INT2) \
	X(TOKEN_ROLE, enum token_role, PARAMS_INT2) \
	X(TOKEN_ROLE_OR_NULL, enum token_role, PARAMS_INT2) /* plain is NULL */ \
	X(JOB_KIND, enum job_kind, PARAMS_INT2) \
	X(SUBSCRIPTION_KIND, enum subscription_kind, PARAMS_INT2) \
	X(MOVED_KIND, enum moved_kind, PARAMS_INT2) \
	X(INCIDENT_TYPE, enum incident_type, PARAMS_TEXT) \
	X(FLAG, bool, PARAMS_BOOL) \
	X(SUSPENDED, enum instance_status, PARAMS_BOOL) \
	X(TIME, int64_t, PARAMS_TIME) \
	X(TIME_OR_NULL, int64_t, PARAMS_TIME) /* 0 is NULL */ \
	X(TEXT, struct str, PARAMS_TEXT) \
	X(TEXT_OR_NULL, struct str, PARAMS_TEXT)  /* empty is NULL */ \
	X(JSON_OR_NULL, struct str, PARAMS_JSONB) /* empty is NULL */ \
	X(SIZE, size_t, PARAMS_INT4) \
	X(VARIABLES, struct variables, PARAMS_JSONB) \
	X(VARIABLES_OR_NULL, struct variables, PARAMS_JSONB) /* none is NULL */

enum column_kind {
#define X(kind, c_type, item) COLUMN_##kind,
	COLUMN_KIND_LIST(X)
#undef X
	/* Of the whole struct, not of one member. */
	COLUMN_INSTANCE_CHANGES, /* its variables, NULL when they are as stored */
	COLUMN_TOKEN_CHANGES,
	COLUMN_COMPENSATION_CHANGES,
	COLUMN_CANDIDATE_USERS, /* of a task, as the text of an array */
	COLUMN_CANDIDATE_GROUPS,
	COLUMN_KIND_COUNT
};

#define X(kind, c_type, item) typedef c_type column_type_##kind;
COLUMN_KIND_LIST(X)
#undef X

#define COLUMN_HERE SIZE_MAX

struct column {
	enum column_kind kind;
	size_t pointer; /* offset of the pointer in the list's element, or COLUMN_HERE: the element is the row itself */
	size_t offset;  /* of the member in the row */
};

/* The comparison of pointers does nothing but make the compiler see that the member has the kind's type. */
#define COLUMN_OFFSET(kind_name, type, member) \
	(offsetof(type, member) + 0 * sizeof(&((type *)0)->member == (column_type_##kind_name *)0))
#define COLUMN(kind_name, type, member) \
	{ \
		.kind = COLUMN_##kind_name, .pointer = COLUMN_HERE, .offset = COLUMN_OFFSET(kind_name, type, member) \
	}
#define COLUMN_OF(at, kind_name, type, member) \
	{ \
		.kind = COLUMN_##kind_name, .pointer = (at), .offset = COLUMN_OFFSET(kind_name, type, member) \
	}
#define COLUMN_WHOLE(at, kind_name) \
	{ \
		.kind = COLUMN_##kind_name, .pointer = (at), .offset = 0 \
	}

/* One array parameter for each column, in order. */
void columns_write(struct params *params, const struct column *columns, size_t column_count, const void *items,
	size_t count, size_t item_size);

/* Appends texts as PostgreSQL writes an array: {"a","b\"c"}. */
void columns_text_array(struct buf *buf, const struct str *texts, size_t count);

#endif
