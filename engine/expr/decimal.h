/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact decimal numbers: coefficient * 10^-scale with an int64 coefficient (18 to 19 digits), enough for money in any
 * currency. 0.1 + 0.2 is 0.3. Division rounds half even to the digits that fit. The other operations are exact;
 * where a result has more digits than fit (a third of something plus 100), those past the sixth decimal place are
 * rounded half even, and a result that would lose more than that is an error.
 */
#ifndef ENGINE_EXPR_DECIMAL_H
#define ENGINE_EXPR_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define DECIMAL_SCALE_MAX 18
#define DECIMAL_SCALE_KEPT 6 /* decimal places that no sum, difference or product ever loses */

struct decimal {
	int64_t coefficient;
	int8_t scale; /* 0..DECIMAL_SCALE_MAX; kept normalised: no trailing zero digit while scale > 0 */
};

struct decimal decimal_from_int64(int64_t value);
/* "-12", "0.10", ".5", "1e3"; false when malformed or when it does not fit exactly. */
bool decimal_parse(struct str text, struct decimal *out) __attribute__((warn_unused_result));
/* The whole number it is; false when it has a fraction. */
bool decimal_to_int64(struct decimal value, int64_t *out) __attribute__((warn_unused_result));
/* Appends plain digits: "0.3", "-12", never an exponent. */
void decimal_format(struct buf *buf, struct decimal value);

/* False on overflow; divide and modulo also on a zero divisor (told apart by the caller with decimal_is_zero). */
bool decimal_add(struct decimal a, struct decimal b, struct decimal *out) __attribute__((warn_unused_result));
bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *out) __attribute__((warn_unused_result));
bool decimal_multiply(struct decimal a, struct decimal b, struct decimal *out) __attribute__((warn_unused_result));
bool decimal_divide(struct decimal a, struct decimal b, struct decimal *out) __attribute__((warn_unused_result));
/* Sign of the dividend, as in C and Java. */
bool decimal_modulo(struct decimal a, struct decimal b, struct decimal *out) __attribute__((warn_unused_result));
bool decimal_negate(struct decimal a, struct decimal *out) __attribute__((warn_unused_result));
/* <0, 0, >0; exact at any scale. */
int decimal_compare(struct decimal a, struct decimal b);
bool decimal_is_zero(struct decimal a);

#endif
