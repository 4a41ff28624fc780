/* SPDX-License-Identifier: Apache-2.0
 *
 * Slices: comparison, search, cutting, numbers and UTF-8. Nothing here allocates but str_to_c.
 */
#include "config.h"

#include "base/str.h"

#include <string.h>

#include "base/alloc.h"

struct str str_from_c(const char *c_string)
{
	return (struct str){c_string, c_string ? strlen(c_string) : 0};
}

bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_equal_c(struct str a, const char *c_string)
{
	return str_equal(a, str_from_c(c_string));
}

static unsigned char str_lower(char c)
{
	unsigned char byte = (unsigned char)c;
	return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
}

bool str_equal_nocase(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (str_lower(a.ptr[i]) != str_lower(b.ptr[i]))
			return false;
	return true;
}

bool str_starts_with(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_equal(str_slice(s, 0, prefix.len), prefix);
}

bool str_ends_with(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_equal(str_slice(s, s.len - suffix.len, suffix.len), suffix);
}

int str_compare(struct str a, struct str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

size_t str_find(struct str s, struct str needle)
{
	if (needle.len == 0)
		return 0;
	if (needle.len > s.len)
		return STR_NONE;
	const char *hit = memmem(s.ptr, s.len, needle.ptr, needle.len);
	return hit ? (size_t)(hit - s.ptr) : STR_NONE;
}

size_t str_find_char(struct str s, char c)
{
	const char *hit = s.len ? memchr(s.ptr, c, s.len) : NULL;
	return hit ? (size_t)(hit - s.ptr) : STR_NONE;
}

struct str str_slice(struct str s, size_t start, size_t len)
{
	if (!s.ptr)
		return s;
	if (start > s.len)
		start = s.len;
	if (len > s.len - start)
		len = s.len - start;
	return (struct str){s.ptr + start, len};
}

static bool str_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.len && str_is_space(s.ptr[s.len - 1]))
		s.len--;
	while (s.len && str_is_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	return s;
}

struct str str_split(struct str *rest, char sep)
{
	struct str whole = *rest;
	size_t at = str_find_char(whole, sep);
	if (at == STR_NONE) {
		*rest = (struct str){0};
		return whole;
	}
	*rest = str_slice(whole, at + 1, whole.len);
	return str_slice(whole, 0, at);
}

bool str_to_uint64(struct str s, uint64_t *out)
{
	uint64_t value = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10U, &value) ||
			__builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value))
			return false;
	}
	*out = value;
	return s.len > 0;
}

bool str_to_int64(struct str s, int64_t *out)
{
	bool negative = s.len && s.ptr[0] == '-';
	uint64_t magnitude;
	if (!str_to_uint64(negative ? str_slice(s, 1, s.len) : s, &magnitude))
		return false;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return false;
	*out = (int64_t)(negative ? -magnitude : magnitude);
	return true;
}

/* Number of leading bytes, in whole words, that are ASCII and not NUL: most text is nothing else. */
static size_t str_ascii_words(const char *ptr, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
	size_t i = 0;
	for (; i + 8 <= len; i += 8) {
		uint64_t word;
		memcpy(&word, ptr + i, 8);
		if ((word | (word - ones)) & high)
			break;
	}
	return i;
}

/* Length of the well-formed UTF-8 sequence at ptr, or 0 (RFC 3629, table of section 4). */
static size_t str_utf8_sequence(const unsigned char *ptr, size_t len)
{
	unsigned char lead = ptr[0];
	if (lead < 0x80)
		return lead != 0;
	size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
	if (lead < 0xC2 || lead > 0xF4 || len < need)
		return 0;
	unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
	unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
	if (ptr[1] < low || ptr[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++)
		if ((ptr[i] & 0xC0) != 0x80)
			return 0;
	return need;
}

bool str_is_utf8(struct str s)
{
	for (size_t i = str_ascii_words(s.ptr, s.len); i < s.len;) {
		size_t n = str_utf8_sequence((const unsigned char *)s.ptr + i, s.len - i);
		if (n == 0)
			return false;
		i += n;
		if (n == 1)
			i += str_ascii_words(s.ptr + i, s.len - i);
	}
	return true;
}

size_t str_utf8_length(struct str s)
{
	size_t count = 0;
	for (size_t i = 0; i < s.len; i++)
		count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
	return count;
}

struct str str_utf8_prefix(struct str s, size_t code_points)
{
	for (size_t i = 0; i < s.len; i++) {
		bool begins = ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
		if (begins && code_points-- == 0)
			return str_slice(s, 0, i);
	}
	return s;
}

char *str_to_c(struct str s)
{
	char *copy = alloc_bytes(s.len + 1);
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}
