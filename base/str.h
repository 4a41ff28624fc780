/* SPDX-License-Identifier: Apache-2.0
 *
 * A slice of text: pointer and length, passed by value, borrowed. NUL never ends it. All text from XML, HTTP, SQL
 * and expressions travels as slices; C strings exist only at the borders of libraries.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *ptr; /* may be NULL when len is 0 */
	size_t len;
};

/* A slice over a string literal; usable in initialisers of static tables. */
#define STR_INIT(literal) \
	{ \
		(literal), sizeof(literal) - 1 \
	}
#define STR(literal) ((struct str)STR_INIT(literal))

/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

/* A slice over a NUL-terminated string; NULL gives the empty slice. */
struct str str_from_c(const char *c_string);

bool str_equal(struct str a, struct str b);
bool str_equal_c(struct str a, const char *c_string);
/* Equal without regard to the case of ASCII letters. */
bool str_equal_nocase(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);
/* Byte order, shorter first on a tie: <0, 0, >0. */
int str_compare(struct str a, struct str b);

/* Position of the first occurrence, or STR_NONE. */
#define STR_NONE ((size_t)-1)
size_t str_find(struct str s, struct str needle);
size_t str_find_char(struct str s, char c);

/* The part from start (clamped) of at most len bytes. */
struct str str_slice(struct str s, size_t start, size_t len);
/* Without leading and trailing space, tab, CR, LF. */
struct str str_trim(struct str s);

/* Cut s at the first sep: returns the part before it and moves *rest behind it; *rest->ptr is NULL after the last. */
struct str str_split(struct str *rest, char sep);

/* Whole slice as a number in decimal digits (a leading '-' for int64). False when empty, malformed or out of range. */
bool str_to_int64(struct str s, int64_t *out) __attribute__((warn_unused_result));
bool str_to_uint64(struct str s, uint64_t *out) __attribute__((warn_unused_result));

/* Well-formed UTF-8 by RFC 3629 (no overlong forms, no surrogates); NUL is refused too, PostgreSQL cannot hold it. */
bool str_is_utf8(struct str s);
/* Number of code points of well-formed UTF-8. */
size_t str_utf8_length(struct str s);

/* The first so many code points of well-formed UTF-8. */
struct str str_utf8_prefix(struct str s, size_t code_points);

/* A copy with a NUL behind it, owned by the caller: free() it. */
char *str_to_c(struct str s) __attribute__((warn_unused_result));

/* 64-bit hash for tables, seeded once per process: not guessable from outside, not stable between runs. */
uint64_t str_hash(struct str s);

#endif
