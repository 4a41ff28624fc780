/* SPDX-License-Identifier: Apache-2.0
 *
 * Typed reading of JSON bodies: a table says which members an object has, of which type, and where in a struct they go.
 * What the table does not name is refused, with a JSON pointer to it.
 *
 *     static const struct body_field complete_fields[] = {
 *         {.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct complete_body, variables)},
 *         {.name = "comment", .type = BODY_TEXT, .max = 10000, .at = offsetof(struct complete_body, comment)},
 *     };
 *
 * An optional member that is absent or null leaves its place in the struct as it was.
 */
#ifndef API_BODY_H
#define API_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "engine/engine.h"

#define BODY_NAME_MAX 255 /* code points of a variable's name, a key, a user */

struct body_variables {
	const struct command_variable *items;
	size_t count;
};

struct body_texts {
	const struct str *items;
	size_t count;
	bool given;
};

struct body_ids {
	const int64_t *items; /* NULL: not given */
	size_t count;
};

/* X(TYPE, C type, "what is expected") */
#define BODY_TYPES(X) \
	X(TEXT, struct str, "text")                        /* at most max code points, no NUL; min 1: not empty */ \
	X(NAME, struct str, "text of 1 to 255 characters") /* no control characters */ \
	X(ID, int64_t, "an id: text of digits") \
	X(INT, int64_t, "a whole number in its range") /* min to max */ \
	X(BOOL, bool, "true or false") \
	X(DURATION, int64_t, "an ISO 8601 duration in its range") /* microseconds, min to max */ \
	X(VARIABLES, struct body_variables, "an object") \
	X(NAMES, struct body_texts, "a list of texts") \
	X(TIME, int64_t, "an RFC 3339 time") \
	X(IDS, struct body_ids, "a list of ids: texts of digits") /* at least one, at most max */ \
	X(OBJECT, json_t *, "an object")                          /* of one's own: another table reads it */ \
	X(LIST, json_t *, "a list of at least one item")          /* at most max items */

enum body_type {
#define X(type, c, expected) BODY_##type,
	BODY_TYPES(X)
#undef X
};

struct body_field {
	const char *name;
	enum body_type type;
	bool required;
	int64_t min;
	int64_t max; /* 0 with min 0: BODY_NAME_MAX for TEXT, else no bound */
	size_t at;   /* offset of the member */
};

/* Where texts go, what is counted, and where the first error is noted. One per request. */
struct body_reader {
	struct arena *arena;
	struct err *err;
	size_t variables_left; /* bytes of variables that the request may still have */
};

/* Reads an object at the JSON pointer `place` (empty: the body itself) into out. False: reader->err says what and
 * where. */
bool body_read(struct body_reader *reader, json_t *object, const char *place, const struct body_field *fields,
	size_t count, void *out) __attribute__((warn_unused_result));

/* All members of an object as variables: names of 1 to 255 characters without control characters, values as canonical
 * JSON. */
bool body_read_variables(struct body_reader *reader, json_t *object, const char *place, struct body_variables *out)
	__attribute__((warn_unused_result));

#endif
