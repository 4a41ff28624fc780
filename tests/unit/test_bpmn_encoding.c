/* SPDX-License-Identifier: Apache-2.0
 *
 * From bytes to UTF-8: what each encoding gives, and which bytes and declarations are refused, with the place.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bpmn/encoding.h"

#define DECLARED(name) "<?xml version='1.0' encoding='" name "'?>"

struct taken {
	struct str bytes;
	struct str text;
};

static void test_taken(void **state)
{
	(void)state;
	static const struct taken rows[] = {
		{STR_INIT("<a/>"), STR_INIT("<a/>")},
		{STR_INIT("<a>\xE8\xB4\xAD</a>"), STR_INIT("<a>\xE8\xB4\xAD</a>")},
		{STR_INIT("\xEF\xBB\xBF<a/>"), STR_INIT("<a/>")},
		{STR_INIT("\xEF\xBB\xBF" DECLARED("utf-8") "<a/>"), STR_INIT(DECLARED("utf-8") "<a/>")},
		{STR_INIT("\xFF\xFE<\0a\0/\0>\0"), STR_INIT("<a/>")},
		{STR_INIT("\xFE\xFF\0<\0a\0/\0>"), STR_INIT("<a/>")},
		{STR_INIT("<\0a\0/\0>\0"), STR_INIT("<a/>")},
		{STR_INIT("\0<\0a\0/\0>"), STR_INIT("<a/>")},
		{STR_INIT("\xFE\xFF\0<\xD8\x3D\xDE\x00\0>"), STR_INIT("<\xF0\x9F\x98\x80>")},
		{STR_INIT(DECLARED("US-ASCII") "<a/>"), STR_INIT(DECLARED("US-ASCII") "<a/>")},
		{STR_INIT(DECLARED("ISO-8859-1") "\xE9\xA4"), STR_INIT(DECLARED("ISO-8859-1") "\xC3\xA9\xC2\xA4")},
		{STR_INIT(DECLARED("iso-8859-15") "\xE9\xA4"), STR_INIT(DECLARED("iso-8859-15") "\xC3\xA9\xE2\x82\xAC")},
		{STR_INIT(DECLARED("Windows-1252") "\x80\x93"), STR_INIT(DECLARED("Windows-1252") "\xE2\x82\xAC\xE2\x80\x9C")},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *arena = arena_new();
		struct err err = {0};
		struct str text;
		assert_true(encoding_to_utf8(arena, rows[i].bytes, &text, &err));
		assert_true(str_equal(text, rows[i].text));
		arena_free(arena);
	}
}

struct refused {
	struct str bytes;
	enum err_code code;
	int line;
	int column;
	const char *message;
};

static void test_refused(void **state)
{
	(void)state;
	static const struct refused rows[] = {
		{STR_INIT("<a>\n\xE8\xB4\xAD\xFF"), ERR_BAD_REQUEST, 2, 2, "not valid UTF-8 here"},
		{STR_INIT("<a>\xC0\xAF"), ERR_BAD_REQUEST, 1, 4, "not valid UTF-8 here"},
		{STR_INIT("<a>\xED\xA0\x80"), ERR_BAD_REQUEST, 1, 4, "not valid UTF-8 here"},
		{STR_INIT("<a>\xE8\xB4"), ERR_BAD_REQUEST, 1, 4, "not valid UTF-8 here"},
		{STR_INIT("<a>\0</a>"), ERR_BAD_REQUEST, 1, 4, "not valid UTF-8 here"},
		{STR_INIT("\xFF\xFE<\0a"), ERR_BAD_REQUEST, 1, 2, "not valid UTF-16 here"},
		{STR_INIT("\xFF\xFE<\0\x3D\xD8>\0"), ERR_BAD_REQUEST, 1, 2, "not valid UTF-16 here"},
		{STR_INIT("\xFF\xFE<\0\x00\xDE"), ERR_BAD_REQUEST, 1, 2, "not valid UTF-16 here"},
		{STR_INIT(DECLARED("ASCII") "\n \x80"), ERR_BAD_REQUEST, 2, 2,
			"byte 0x80 is no character of the declared encoding US-ASCII"},
		{STR_INIT(DECLARED("latin1") "\n\x93"), ERR_BAD_REQUEST, 2, 1,
			"byte 0x93 is no character of the declared encoding ISO-8859-1"},
		{STR_INIT(DECLARED("Shift_JIS")), ERR_MODEL, 1, 1,
			"the encoding 'Shift_JIS' is not supported; save the file as UTF-8"},
		{STR_INIT(DECLARED("UTF-16") "<a/>"), ERR_MODEL, 1, 1,
			"the file declares the encoding UTF-16, but its bytes are not in that encoding"},
		{STR_INIT("\xEF\xBB\xBF" DECLARED("US-ASCII")), ERR_MODEL, 1, 1,
			"the file declares the encoding US-ASCII, but its bytes are UTF-8 by their byte order mark"},
		{STR_INIT("\xFF\xFE\0\0<\0\0\0"), ERR_MODEL, 1, 1, "the encoding UTF-32 is not supported"},
		{STR_INIT("\x4C\x6F\xA7\x94"), ERR_MODEL, 1, 1, "the encoding EBCDIC is not supported"},
		{STR_INIT("PK\x03\x04"), ERR_MODEL, 1, 1, "this is a zip archive; send the diagram itself"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *arena = arena_new();
		struct err err = {0};
		struct str text;
		assert_false(encoding_to_utf8(arena, rows[i].bytes, &text, &err));
		assert_string_equal(err.message, rows[i].message);
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(err.line, rows[i].line);
		assert_int_equal(err.column, rows[i].column);
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests_name("bpmn encoding", tests, NULL, NULL);
}
