/* SPDX-License-Identifier: Apache-2.0
 *
 * Encodings as tables: what the first bytes say, the names a declaration may use, and one decoder each. Tables instead
 * of iconv, which would read files at run time and accept far more than we test.
 */
#include "config.h"

#include "bpmn/encoding.h"

#include <stdarg.h>
#include <stdint.h>

#include "base/buf.h"
#include "bpmn/source.h"

/* The shape of the bytes, known before the declaration can be read. */
enum encoding_family { FAMILY_ASCII, FAMILY_UTF8_MARK, FAMILY_UTF16LE, FAMILY_UTF16BE };

struct encoding_signature {
	struct str bytes;
	size_t mark; /* bytes of the byte order mark */
	enum encoding_family family;
	const char *refused; /* not NULL: what it is, and that we do not take it */
};

/* Longer signatures first: UTF-32LE begins as UTF-16LE does. */
static const struct encoding_signature encoding_signatures[] = {
	{.bytes = STR_INIT("\xFF\xFE\0\0"), .refused = "the encoding UTF-32 is not supported"},
	{.bytes = STR_INIT("\0\0\xFE\xFF"), .refused = "the encoding UTF-32 is not supported"},
	{.bytes = STR_INIT("<\0\0\0"), .refused = "the encoding UTF-32 is not supported"},
	{.bytes = STR_INIT("\0\0\0<"), .refused = "the encoding UTF-32 is not supported"},
	{.bytes = STR_INIT("\x4C\x6F\xA7\x94"), .refused = "the encoding EBCDIC is not supported"},
	{.bytes = STR_INIT("+/v8"), .refused = "the encoding UTF-7 is not supported"},
	{.bytes = STR_INIT("+ADw"), .refused = "the encoding UTF-7 is not supported"},
	{.bytes = STR_INIT("\x1F\x8B"), .refused = "this is gzip data; send the diagram itself"},
	{.bytes = STR_INIT("PK\x03\x04"), .refused = "this is a zip archive; send the diagram itself"},
	{.bytes = STR_INIT("\xEF\xBB\xBF"), .mark = 3, .family = FAMILY_UTF8_MARK},
	{.bytes = STR_INIT("\xFF\xFE"), .mark = 2, .family = FAMILY_UTF16LE},
	{.bytes = STR_INIT("\xFE\xFF"), .mark = 2, .family = FAMILY_UTF16BE},
	{.bytes = STR_INIT("<\0"), .family = FAMILY_UTF16LE},
	{.bytes = STR_INIT("\0<"), .family = FAMILY_UTF16BE},
};

/* One byte of a single-byte encoding as a code point, or UNDEFINED. */
#define UNDEFINED UINT32_MAX

static uint32_t encoding_ascii_byte(unsigned char byte)
{
	return byte < 0x80 ? byte : UNDEFINED;
}

/* The C1 controls are no text: such a file is Windows-1252 with the wrong label. */
static uint32_t encoding_latin1_byte(unsigned char byte)
{
	return byte < 0x80 || byte >= 0xA0 ? byte : UNDEFINED;
}

static uint32_t encoding_latin9_byte(unsigned char byte)
{
	static const struct {
		unsigned char byte;
		uint16_t code;
	} differences[] = {{0xA4, 0x20AC}, {0xA6, 0x0160}, {0xA8, 0x0161}, {0xB4, 0x017D}, {0xB8, 0x017E}, {0xBC, 0x0152},
		{0xBD, 0x0153}, {0xBE, 0x0178}};
	for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
		if (differences[i].byte == byte)
			return differences[i].code;
	}
	return encoding_latin1_byte(byte);
}

static uint32_t encoding_windows_byte(unsigned char byte)
{
	/* clang-format off */
	static const uint16_t upper[32] = {
		0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
		0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
		0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
		0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
	};
	/* clang-format on */
	if (byte < 0x80 || byte >= 0xA0)
		return byte;
	return upper[byte - 0x80] ? upper[byte - 0x80] : UNDEFINED;
}

/* A name that a declaration may use. */
struct encoding {
	struct str name;
	struct str title;
	unsigned families;                           /* bit set of enum encoding_family that it may describe */
	uint32_t (*decode_byte)(unsigned char byte); /* NULL: UTF-8, or UTF-16 that is decoded already */
};

#define BIT(family) (1u << (family))
#define UTF8_FAMILIES (BIT(FAMILY_ASCII) | BIT(FAMILY_UTF8_MARK))
#define UTF16_FAMILIES (BIT(FAMILY_UTF16LE) | BIT(FAMILY_UTF16BE))
#define ENCODING(text, title_text, where, decoder) \
	{ \
		.name = STR_INIT(text), .title = STR_INIT(title_text), .families = (where), .decode_byte = (decoder) \
	}

static const struct encoding encodings[] = {
	ENCODING("UTF-8", "UTF-8", UTF8_FAMILIES, NULL),
	ENCODING("UTF8", "UTF-8", UTF8_FAMILIES, NULL),
	ENCODING("UTF-16", "UTF-16", UTF16_FAMILIES, NULL),
	ENCODING("UTF-16LE", "UTF-16LE", BIT(FAMILY_UTF16LE), NULL),
	ENCODING("UTF-16BE", "UTF-16BE", BIT(FAMILY_UTF16BE), NULL),
	ENCODING("US-ASCII", "US-ASCII", BIT(FAMILY_ASCII), encoding_ascii_byte),
	ENCODING("ASCII", "US-ASCII", BIT(FAMILY_ASCII), encoding_ascii_byte),
	ENCODING("ISO-8859-1", "ISO-8859-1", BIT(FAMILY_ASCII), encoding_latin1_byte),
	ENCODING("LATIN1", "ISO-8859-1", BIT(FAMILY_ASCII), encoding_latin1_byte),
	ENCODING("ISO-8859-15", "ISO-8859-15", BIT(FAMILY_ASCII), encoding_latin9_byte),
	ENCODING("LATIN9", "ISO-8859-15", BIT(FAMILY_ASCII), encoding_latin9_byte),
	ENCODING("WINDOWS-1252", "Windows-1252", BIT(FAMILY_ASCII), encoding_windows_byte),
	ENCODING("CP1252", "Windows-1252", BIT(FAMILY_ASCII), encoding_windows_byte),
};

static bool encoding_fail_behind(struct err *err, struct str before, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Fails at the place behind what is decoded already. */
static bool encoding_fail_behind(struct err *err, struct str before, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	err_vset(err, ERR_BAD_REQUEST, format, args);
	va_end(args);
	struct source_cursor at = source_locate(before, before.len);
	err_at(err, at.line, at.column);
	return false;
}

static void encoding_put(struct buf *buf, uint32_t code)
{
	if (code < 0x80) {
		buf_add_char(buf, (char)code);
	} else if (code < 0x800) {
		buf_add_char(buf, (char)(0xC0 | (code >> 6)));
		buf_add_char(buf, (char)(0x80 | (code & 0x3F)));
	} else if (code < 0x10000) {
		buf_add_char(buf, (char)(0xE0 | (code >> 12)));
		buf_add_char(buf, (char)(0x80 | ((code >> 6) & 0x3F)));
		buf_add_char(buf, (char)(0x80 | (code & 0x3F)));
	} else {
		buf_add_char(buf, (char)(0xF0 | (code >> 18)));
		buf_add_char(buf, (char)(0x80 | ((code >> 12) & 0x3F)));
		buf_add_char(buf, (char)(0x80 | ((code >> 6) & 0x3F)));
		buf_add_char(buf, (char)(0x80 | (code & 0x3F)));
	}
}

static uint32_t encoding_utf16_unit(struct str bytes, size_t at, bool big_endian)
{
	unsigned char first = (unsigned char)bytes.ptr[at];
	unsigned char second = (unsigned char)bytes.ptr[at + 1];
	return big_endian ? (uint32_t)first << 8 | second : (uint32_t)second << 8 | first;
}

/* The code point at *at, or UNDEFINED for half a surrogate pair, NUL, and an odd byte at the end. */
static uint32_t encoding_utf16_next(struct str bytes, size_t *at, bool big_endian)
{
	if (bytes.len - *at < 2)
		return UNDEFINED;
	uint32_t unit = encoding_utf16_unit(bytes, *at, big_endian);
	*at += 2;
	if (unit < 0xD800 || unit > 0xDFFF)
		return unit ? unit : UNDEFINED;
	if (unit > 0xDBFF || bytes.len - *at < 2)
		return UNDEFINED;
	uint32_t low = encoding_utf16_unit(bytes, *at, big_endian);
	if (low < 0xDC00 || low > 0xDFFF)
		return UNDEFINED;
	*at += 2;
	return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

static bool encoding_decode_utf16(struct buf *buf, struct str bytes, bool big_endian, struct err *err)
{
	for (size_t at = 0; at < bytes.len;) {
		uint32_t code = encoding_utf16_next(bytes, &at, big_endian);
		if (code == UNDEFINED)
			return encoding_fail_behind(err, buf_str(buf), "not valid UTF-16 here");
		encoding_put(buf, code);
	}
	return true;
}

static bool encoding_decode_bytes(struct buf *buf, struct str bytes, const struct encoding *encoding, struct err *err)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.ptr[i];
		uint32_t code = encoding->decode_byte(byte);
		if (code == UNDEFINED || code == 0)
			return encoding_fail_behind(err, buf_str(buf), "byte 0x%02X is no character of the declared encoding %.*s",
				byte, STR_ARG(encoding->title));
		encoding_put(buf, code);
	}
	return true;
}

/* Bytes of the well-formed UTF-8 sequence (RFC 3629) at the front, or 0. */
static size_t encoding_utf8_sequence(struct str rest)
{
	for (size_t n = 1; n <= 4 && n <= rest.len; n++) {
		if (str_is_utf8(str_slice(rest, 0, n)))
			return n;
	}
	return 0;
}

static bool encoding_check_utf8(struct str text, struct err *err)
{
	if (str_is_utf8(text))
		return true;
	size_t at = 0;
	while (at < text.len) {
		size_t n = (unsigned char)text.ptr[at] - 1u < 0x7F ? 1 : encoding_utf8_sequence(str_slice(text, at, text.len));
		if (n == 0)
			break;
		at += n;
	}
	return encoding_fail_behind(err, str_slice(text, 0, at), "not valid UTF-8 here");
}

/* The encoding that the XML declaration names, empty when it names none. The text is ASCII as far as it matters. */
static struct str encoding_declared(struct str text)
{
	if (!str_starts_with(text, STR("<?xml")))
		return (struct str){0};
	size_t end = str_find(str_slice(text, 0, 1024), STR("?>"));
	struct str declaration = end == STR_NONE ? (struct str){0} : str_slice(text, 0, end);
	size_t at = 5;
	struct source_attribute pseudo;
	while (at < declaration.len && source_next_attribute(declaration, &at, &pseudo) == SOURCE_ATTRIBUTE) {
		if (str_equal(pseudo.name, STR("encoding")))
			return pseudo.value;
	}
	return (struct str){0};
}

static const struct encoding *encoding_find(struct str name)
{
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
		if (str_equal_nocase(encodings[i].name, name))
			return &encodings[i];
	}
	return NULL;
}

static const char *encoding_family_name(enum encoding_family family)
{
	static const char *const names[] = {
		[FAMILY_ASCII] = "not in that encoding",
		[FAMILY_UTF8_MARK] = "UTF-8 by their byte order mark",
		[FAMILY_UTF16LE] = "UTF-16LE",
		[FAMILY_UTF16BE] = "UTF-16BE",
	};
	return names[family];
}

/* The encoding to decode with; UTF-8 and UTF-16 need no declaration. NULL: refused. */
static const struct encoding *encoding_choose(struct str name, enum encoding_family family, struct err *err)
{
	if (name.len == 0)
		return &encodings[0];
	const struct encoding *encoding = encoding_find(name);
	if (!encoding)
		err_set(err, ERR_MODEL, "the encoding '%.*s' is not supported; save the file as UTF-8",
			STR_ARG(str_slice(name, 0, 40)));
	else if (!(encoding->families & BIT(family)))
		err_set(err, ERR_MODEL, "the file declares the encoding %.*s, but its bytes are %s", STR_ARG(encoding->title),
			encoding_family_name(family));
	else
		return encoding;
	err_at(err, 1, 1);
	return NULL;
}

static const struct encoding_signature *encoding_sniff(struct str bytes)
{
	static const struct encoding_signature plain = {.family = FAMILY_ASCII};
	for (size_t i = 0; i < sizeof encoding_signatures / sizeof *encoding_signatures; i++) {
		if (str_starts_with(bytes, encoding_signatures[i].bytes))
			return &encoding_signatures[i];
	}
	return &plain;
}

/* Room for the worst case: each byte three (Windows-1252's euro), each UTF-16 unit three. */
static void encoding_buf_init(struct buf *buf, struct str bytes)
{
	buf_init(buf, bytes.len * 3 + 4);
}

static bool encoding_from_utf16(
	struct arena *arena, struct str bytes, enum encoding_family family, struct str *out, struct err *err)
{
	struct buf buf;
	encoding_buf_init(&buf, bytes);
	bool good = encoding_decode_utf16(&buf, bytes, family == FAMILY_UTF16BE, err) &&
	            encoding_choose(encoding_declared(buf_str(&buf)), family, err);
	if (good)
		*out = arena_str(arena, buf_str(&buf));
	buf_free(&buf);
	return good;
}

static bool encoding_from_bytes(
	struct arena *arena, struct str bytes, const struct encoding *encoding, struct str *out, struct err *err)
{
	struct buf buf;
	encoding_buf_init(&buf, bytes);
	bool good = encoding_decode_bytes(&buf, bytes, encoding, err);
	if (good)
		*out = arena_str(arena, buf_str(&buf));
	buf_free(&buf);
	return good;
}

bool encoding_to_utf8(struct arena *arena, struct str bytes, struct str *out, struct err *err)
{
	const struct encoding_signature *signature = encoding_sniff(bytes);
	if (signature->refused) {
		err_set(err, ERR_MODEL, "%s", signature->refused);
		err_at(err, 1, 1);
		return false;
	}
	bytes = str_slice(bytes, signature->mark, bytes.len);
	if (BIT(signature->family) & UTF16_FAMILIES)
		return encoding_from_utf16(arena, bytes, signature->family, out, err);
	const struct encoding *encoding = encoding_choose(encoding_declared(bytes), signature->family, err);
	if (!encoding)
		return false;
	if (encoding->decode_byte)
		return encoding_from_bytes(arena, bytes, encoding, out, err);
	*out = bytes;
	return encoding_check_utf8(bytes, err);
}
