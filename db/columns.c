/* SPDX-License-Identifier: Apache-2.0
 *
 * Columns are written one after the other, each down the whole list. Lists of texts go as array text that the statement
 * casts: PostgreSQL has no arrays of arrays of different lengths, and cutting one long array of texts into slices would
 * walk it from its start for each row.
 */
#include "config.h"

#include "db/columns.h"

#include <assert.h>
#include <string.h>

void columns_text_array(struct buf *buf, const struct str *texts, size_t count)
{
	buf_add_char(buf, '{');
	for (size_t i = 0; i < count; i++) {
		buf_add_c(buf, i > 0 ? ",\"" : "\"");
		struct str rest = texts[i];
		for (size_t at; rest.len > 0; rest = str_slice(rest, at, rest.len)) {
			if (rest.ptr[0] == '"' || rest.ptr[0] == '\\')
				buf_add_char(buf, '\\');
			for (at = 1; at < rest.len && rest.ptr[at] != '"' && rest.ptr[at] != '\\';)
				at++;
			buf_add(buf, rest.ptr, at);
		}
		buf_add_char(buf, '"');
	}
	buf_add_char(buf, '}');
}

static void column_write_candidates(struct params *params, const struct str *texts, size_t count)
{
	if (count == 0) {
		params_null(params);
		return;
	}
	columns_text_array(params_value_begin(params), texts, count);
	params_value_end(params);
}

static void column_write_variables(struct params *params, const struct variables *variables)
{
	variables_to_json(params_jsonb_begin(params), variables);
	params_value_end(params);
}

static void column_write_changes(struct params *params, const struct variables *variables, bool changed)
{
	if (changed)
		column_write_variables(params, variables);
	else
		params_null(params);
}

/* The other kinds write one member each. */
static void column_write_ID(struct params *params, const int64_t *value)
{
	params_int8(params, *value);
}

static void column_write_ID_OR_NULL(struct params *params, const int64_t *value)
{
	params_id_or_null(params, *value);
}

static void column_write_NUMBER(struct params *params, const int32_t *value)
{
	params_int4(params, *value);
}

static void column_write_INDEX_OR_NULL(struct params *params, const int32_t *value)
{
	if (*value == GRAPH_NONE)
		params_null(params);
	else
		params_int4(params, *value);
}

static void column_write_CODE(struct params *params, const int16_t *value)
{
	params_int2(params, *value);
}

static void column_write_ACTIVITY_OUTCOME(struct params *params, const enum activity_outcome *value)
{
	params_int2(params, (int16_t)*value);
}

static void column_write_INSTANCE_STATUS(struct params *params, const enum instance_status *value)
{
	params_int2(params, (int16_t)*value);
}

static void column_write_TOKEN_STATE(struct params *params, const enum token_state *value)
{
	params_int2(params, (int16_t)*value);
}

static void column_write_TOKEN_ROLE(struct params *params, const enum token_role *value)
{
	params_int2(params, (int16_t)*value);
}

static void column_write_TOKEN_ROLE_OR_NULL(struct params *params, const enum token_role *value)
{
	if (*value == ROLE_PLAIN)
		params_null(params);
	else
		params_int2(params, (int16_t)*value);
}

static void column_write_JOB_KIND(struct params *params, const enum job_kind *value)
{
	params_int2(params, (int16_t)*value);
}

static void column_write_SUBSCRIPTION_KIND(struct params *params, const enum subscription_kind *value)
{
	params_int2(params, (int16_t)*value);
}

static void column_write_MOVED_KIND(struct params *params, const enum moved_kind *value)
{
	params_int2(params, (int16_t)*value);
}

static void column_write_FLAG(struct params *params, const bool *value)
{
	params_bool(params, *value);
}

static void column_write_INCIDENT_TYPE(struct params *params, const enum incident_type *value)
{
	params_text(params, incident_type_name(*value));
}

static void column_write_SUSPENDED(struct params *params, const enum instance_status *value)
{
	params_bool(params, *value == INSTANCE_SUSPENDED);
}

static void column_write_TIME(struct params *params, const int64_t *value)
{
	params_time(params, *value);
}

static void column_write_TIME_OR_NULL(struct params *params, const int64_t *value)
{
	params_time_or_null(params, *value);
}

static void column_write_TEXT(struct params *params, const struct str *value)
{
	params_text(params, *value);
}

static void column_write_TEXT_OR_NULL(struct params *params, const struct str *value)
{
	params_text_or_null(params, *value);
}

static void column_write_JSON_OR_NULL(struct params *params, const struct str *value)
{
	if (value->len == 0)
		params_null(params);
	else
		params_jsonb(params, *value);
}

static void column_write_SIZE(struct params *params, const size_t *value)
{
	params_int4(params, (int32_t)*value);
}

static void column_write_VARIABLES(struct params *params, const struct variables *value)
{
	column_write_variables(params, value);
}

static void column_write_VARIABLES_OR_NULL(struct params *params, const struct variables *value)
{
	column_write_changes(params, value, value->list.len > 0);
}

static void column_write(struct params *params, enum column_kind kind, const void *value)
{
	const struct instance *instance = value;
	const struct token *token = value;
	const struct task *task = value;
	const struct compensation *compensation = value;
	switch (kind) {
#define X(kind, c_type, item) \
	case COLUMN_##kind: \
		column_write_##kind(params, value); \
		return;
		COLUMN_KIND_LIST(X)
#undef X
	case COLUMN_INSTANCE_CHANGES:
		column_write_changes(params, &instance->variables, instance->variables_changed);
		return;
	case COLUMN_TOKEN_CHANGES:
		column_write_changes(params, &token->variables, token->variables_changed);
		return;
	case COLUMN_COMPENSATION_CHANGES:
		column_write_changes(params, &compensation->variables, compensation->variables_changed);
		return;
	case COLUMN_CANDIDATE_USERS:
		column_write_candidates(params, task->candidate_users.items, task->candidate_users.len);
		return;
	case COLUMN_CANDIDATE_GROUPS:
		column_write_candidates(params, task->candidate_groups.items, task->candidate_groups.len);
		return;
	case COLUMN_KIND_COUNT:
		break;
	}
}

static enum params_type column_item_type(enum column_kind kind)
{
	static const enum params_type types[COLUMN_KIND_COUNT] = {
#define X(kind, c_type, item) [COLUMN_##kind] = (item),
		COLUMN_KIND_LIST(X)
#undef X
			[COLUMN_INSTANCE_CHANGES] = PARAMS_JSONB,
		[COLUMN_TOKEN_CHANGES] = PARAMS_JSONB,
		[COLUMN_COMPENSATION_CHANGES] = PARAMS_JSONB,
		[COLUMN_CANDIDATE_USERS] = PARAMS_TEXT,
		[COLUMN_CANDIDATE_GROUPS] = PARAMS_TEXT,
	};
	return types[kind];
}

static const void *column_value(const struct column *column, const char *item)
{
	const char *row = item;
	if (column->pointer != COLUMN_HERE)
		memcpy(&row, item + column->pointer, sizeof row);
	return row + column->offset;
}

void columns_write(struct params *params, const struct column *columns, size_t column_count, const void *items,
	size_t count, size_t item_size)
{
	for (size_t c = 0; c < column_count; c++) {
		const char *item = items;
		params_array(params, column_item_type(columns[c].kind), count);
		for (size_t i = 0; i < count; i++, item += item_size)
			column_write(params, columns[c].kind, column_value(&columns[c], item));
		params_array_end(params);
	}
}
