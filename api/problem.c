/* SPDX-License-Identifier: Apache-2.0
 *
 * Problem details as JSON. A place that begins with a slash is a JSON pointer, any other is the id of an element or the
 * name of a field: one struct err serves both.
 */
#include "config.h"

#include "api/problem.h"

#include <stdbool.h>
#include <stdio.h>

#include <openssl/rand.h>

#include "base/json.h"

struct str problem_trace_id(char out[PROBLEM_TRACE_SIZE])
{
	unsigned char random[(PROBLEM_TRACE_SIZE - 1) / 2];
	if (RAND_bytes(random, sizeof random) != 1)
		return (struct str){0};
	for (size_t i = 0; i < sizeof random; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", random[i]);
	return (struct str){out, PROBLEM_TRACE_SIZE - 1};
}

static bool problem_has_place(const struct err *err)
{
	return err->element[0] != '\0' || err->line > 0;
}

void problem_error_to_json(struct buf *buf, const struct err *err)
{
	json_object_begin(buf);
	if (err->element[0] != '\0')
		json_member_c(buf, err->element[0] == '/' ? "pointer" : "elementId", err->element);
	if (err->line > 0) {
		json_member_int(buf, "line", err->line);
		json_member_int(buf, "column", err->column);
	}
	json_member_c(buf, "rule", err_slug(err->code));
	json_member_c(buf, "message", err->message);
	json_object_end(buf);
}

static void problem_list(struct buf *buf, const char *name, struct str members)
{
	json_member(buf, name);
	json_array_begin(buf);
	buf_add_str(buf, members);
	json_array_end(buf);
}

void problem_to_json(struct buf *buf, const struct problem *problem)
{
	const struct err *err = problem->err;
	json_object_begin(buf);
	json_member(buf, "type");
	buf_printf(buf, "\"urn:bpmnd:problem:%s\"", err_slug(err->code));
	json_member_c(buf, "title", err_title(err->code));
	json_member_int(buf, "status", err_status(err->code));
	json_member_c(buf, "detail", err->message);
	json_member_str(buf, "instance", problem->instance);
	json_member_str(buf, "traceId", problem->trace_id);
	json_member_bool(buf, "retryable", err_retryable(err->code));
	if (problem->errors.len > 0) {
		problem_list(buf, "errors", problem->errors);
	} else {
		json_member(buf, "errors");
		json_array_begin(buf);
		if (problem_has_place(err))
			problem_error_to_json(buf, err);
		json_array_end(buf);
	}
	if (problem->warnings.ptr)
		problem_list(buf, "warnings", problem->warnings);
	json_object_end(buf);
}
