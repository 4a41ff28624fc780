/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer says when something is wrong: RFC 9457 problem details, made from a struct err.
 */
#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct problem {
	const struct err *err;
	struct str instance; /* path of the request */
	struct str trace_id;
	struct str errors;   /* members of `errors`, JSON with commas between; empty: one, made from the place in err */
	struct str warnings; /* the same for `warnings`; left out where it is NULL */
};

/* A trace id of our own, where the request has none: 32 hex digits and a NUL. */
#define PROBLEM_TRACE_SIZE 33
struct str problem_trace_id(char out[PROBLEM_TRACE_SIZE]);

/* Appends the JSON object. */
void problem_to_json(struct buf *buf, const struct problem *problem);

/* Appends the object of one error: pointer or elementId, line, column, rule, message. */
void problem_error_to_json(struct buf *buf, const struct err *err);

#endif
