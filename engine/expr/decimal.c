/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact decimals on 128-bit intermediates. Two numbers brought to one scale, or multiplied, always fit 128 bits, so
 * each operation is one exact integer operation followed by decimal_fit, the only place that decides what is kept.
 */
#include "config.h"

#include "engine/expr/decimal.h"

#include <stddef.h>

#define DECIMAL_EXPONENT_LIMIT 1000000000 /* past it a number is zero or does not fit, whatever its digits */

__extension__ typedef __int128 decimal_wide;

static const int64_t decimal_powers[DECIMAL_SCALE_MAX + 1] = {
	INT64_C(1),
	INT64_C(10),
	INT64_C(100),
	INT64_C(1000),
	INT64_C(10000),
	INT64_C(100000),
	INT64_C(1000000),
	INT64_C(10000000),
	INT64_C(100000000),
	INT64_C(1000000000),
	INT64_C(10000000000),
	INT64_C(100000000000),
	INT64_C(1000000000000),
	INT64_C(10000000000000),
	INT64_C(100000000000000),
	INT64_C(1000000000000000),
	INT64_C(10000000000000000),
	INT64_C(100000000000000000),
	INT64_C(1000000000000000000),
};

static bool decimal_in_range(decimal_wide value)
{
	return value >= INT64_MIN && value <= INT64_MAX;
}

/* value / 10^digits, rounded half to even. digits is at most 36: the scale of a product. */
static decimal_wide decimal_drop_digits(decimal_wide value, int digits)
{
	decimal_wide divisor = 1;

	for (int i = 0; i < digits; i++)
		divisor *= 10;

	decimal_wide quotient = value / divisor;
	decimal_wide twice = value % divisor * 2;
	if (twice < 0)
		twice = -twice;
	if (twice > divisor || (twice == divisor && quotient % 2 != 0))
		quotient += value < 0 ? -1 : 1;
	return quotient;
}

/* value * 10^-scale as a decimal. Where digits must go, only those past DECIMAL_SCALE_KEPT may. */
static bool decimal_fit(decimal_wide value, int scale, struct decimal *out)
{
	while (scale > 0 && value % 10 == 0) {
		value /= 10;
		scale--;
	}

	int drop = scale > DECIMAL_SCALE_MAX ? scale - DECIMAL_SCALE_MAX : 0;
	decimal_wide kept = decimal_drop_digits(value, drop);
	while (drop < scale && !decimal_in_range(kept))
		kept = decimal_drop_digits(value, ++drop);
	if (!decimal_in_range(kept) || (drop > 0 && scale - drop < DECIMAL_SCALE_KEPT))
		return false;

	scale -= drop;
	while (scale > 0 && kept % 10 == 0) {
		kept /= 10;
		scale--;
	}
	*out = (struct decimal){.coefficient = (int64_t)kept, .scale = (int8_t)scale};
	return true;
}

/* The coefficient that value has at a scale of its own or more. */
static decimal_wide decimal_at_scale(struct decimal value, int scale)
{
	return (decimal_wide)value.coefficient * decimal_powers[scale - value.scale];
}

static int decimal_common_scale(struct decimal a, struct decimal b)
{
	return a.scale > b.scale ? a.scale : b.scale;
}

struct decimal decimal_from_int64(int64_t value)
{
	return (struct decimal){.coefficient = value};
}

bool decimal_to_int64(struct decimal value, int64_t *out)
{
	if (value.scale != 0)
		return false;
	*out = value.coefficient;
	return true;
}

/* A number as it is read: digits without their trailing zeros, which wait in `zeros` until another digit follows. */
struct decimal_reader {
	decimal_wide digits;
	int64_t zeros;
	int64_t exponent;
};

static bool decimal_read_digit(struct decimal_reader *reader, char digit)
{
	if (digit == '0') {
		reader->zeros++;
		return true;
	}
	for (; reader->zeros >= 0 && reader->digits != 0; reader->zeros--) {
		reader->digits *= 10;
		if (reader->digits > (decimal_wide)INT64_MAX + 1)
			return false;
	}
	reader->digits += digit - '0';
	reader->zeros = 0;
	return reader->digits <= (decimal_wide)INT64_MAX + 1;
}

/* Digits from *at on; false when a digit no longer fits. */
static bool decimal_read_digits(struct decimal_reader *reader, struct str text, size_t *at)
{
	for (; *at < text.len && text.ptr[*at] >= '0' && text.ptr[*at] <= '9'; ++*at)
		if (!decimal_read_digit(reader, text.ptr[*at]))
			return false;
	return true;
}

/* [ "e" [ "+" | "-" ] digits ] up to the end of the text. */
static bool decimal_read_exponent(struct decimal_reader *reader, struct str text, size_t at)
{
	if (at == text.len)
		return true;
	if (text.ptr[at] != 'e' && text.ptr[at] != 'E')
		return false;
	at++;

	bool negative = at < text.len && text.ptr[at] == '-';
	if (negative || (at < text.len && text.ptr[at] == '+'))
		at++;
	if (at == text.len)
		return false;

	int64_t exponent = 0;
	for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++)
		if (exponent < DECIMAL_EXPONENT_LIMIT)
			exponent = exponent * 10 + (text.ptr[at] - '0');
	reader->exponent += negative ? -exponent : exponent;
	return at == text.len;
}

/* number = [ "-" ] [ digits ] [ "." digits ] [ exponent ], at least one digit before the exponent. */
static bool decimal_read(struct decimal_reader *reader, struct str text, size_t at)
{
	size_t start = at;
	if (!decimal_read_digits(reader, text, &at))
		return false;

	size_t whole = at - start;
	if (at < text.len && text.ptr[at] == '.') {
		size_t point = ++at;
		if (!decimal_read_digits(reader, text, &at) || at == point)
			return false;
		reader->exponent -= (int64_t)(at - point);
	} else if (whole == 0) {
		return false;
	}
	return decimal_read_exponent(reader, text, at);
}

bool decimal_parse(struct str text, struct decimal *out)
{
	struct decimal_reader reader = {0};
	bool negative = text.len > 0 && text.ptr[0] == '-';

	if (!decimal_read(&reader, text, negative))
		return false;
	if (reader.digits == 0) {
		*out = (struct decimal){0};
		return true;
	}

	int64_t exponent = reader.exponent + reader.zeros;
	if (exponent < -DECIMAL_SCALE_MAX || exponent > DECIMAL_SCALE_MAX)
		return false;
	decimal_wide value = negative ? -reader.digits : reader.digits;
	if (exponent > 0)
		value *= decimal_powers[exponent];
	if (!decimal_in_range(value))
		return false;
	return decimal_fit(value, exponent < 0 ? (int)-exponent : 0, out);
}

void decimal_format(struct buf *buf, struct decimal value)
{
	if (value.scale == 0) {
		buf_add_int64(buf, value.coefficient);
		return;
	}

	char digits[DECIMAL_SCALE_MAX + 24];
	size_t at = sizeof digits;
	uint64_t rest = value.coefficient < 0 ? -(uint64_t)value.coefficient : (uint64_t)value.coefficient;
	for (int place = 0; rest > 0 || place <= value.scale; place++) {
		if (place == value.scale)
			digits[--at] = '.';
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	}
	if (value.coefficient < 0)
		digits[--at] = '-';
	buf_add(buf, digits + at, sizeof digits - at);
}

bool decimal_add(struct decimal a, struct decimal b, struct decimal *out)
{
	int scale = decimal_common_scale(a, b);
	return decimal_fit(decimal_at_scale(a, scale) + decimal_at_scale(b, scale), scale, out);
}

bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *out)
{
	int scale = decimal_common_scale(a, b);
	return decimal_fit(decimal_at_scale(a, scale) - decimal_at_scale(b, scale), scale, out);
}

bool decimal_multiply(struct decimal a, struct decimal b, struct decimal *out)
{
	return decimal_fit((decimal_wide)a.coefficient * b.coefficient, a.scale + b.scale, out);
}

/* Long division on magnitudes: one digit a turn while the quotient has room, then half even by the remainder. */
bool decimal_divide(struct decimal a, struct decimal b, struct decimal *out)
{
	if (decimal_is_zero(b))
		return false;

	int scale = a.scale - b.scale;
	decimal_wide dividend = a.coefficient < 0 ? -(decimal_wide)a.coefficient : a.coefficient;
	decimal_wide divisor = b.coefficient < 0 ? -(decimal_wide)b.coefficient : b.coefficient;
	if (scale < 0) {
		dividend *= decimal_powers[-scale];
		scale = 0;
	}

	decimal_wide quotient = dividend / divisor;
	decimal_wide rest = dividend % divisor;
	for (; rest != 0 && scale < DECIMAL_SCALE_MAX && quotient <= (INT64_MAX - 9) / 10; scale++) {
		rest *= 10;
		quotient = quotient * 10 + rest / divisor;
		rest %= divisor;
	}
	if (rest * 2 > divisor || (rest * 2 == divisor && quotient % 2 != 0))
		quotient++;

	bool negative = (a.coefficient < 0) != (b.coefficient < 0);
	return decimal_fit(negative ? -quotient : quotient, scale, out);
}

bool decimal_modulo(struct decimal a, struct decimal b, struct decimal *out)
{
	if (decimal_is_zero(b))
		return false;

	int scale = decimal_common_scale(a, b);
	return decimal_fit(decimal_at_scale(a, scale) % decimal_at_scale(b, scale), scale, out);
}

bool decimal_negate(struct decimal a, struct decimal *out)
{
	return decimal_fit(-(decimal_wide)a.coefficient, a.scale, out);
}

int decimal_compare(struct decimal a, struct decimal b)
{
	int scale = decimal_common_scale(a, b);
	decimal_wide left = decimal_at_scale(a, scale);
	decimal_wide right = decimal_at_scale(b, scale);
	return (left > right) - (left < right);
}

bool decimal_is_zero(struct decimal a)
{
	return a.coefficient == 0;
}
