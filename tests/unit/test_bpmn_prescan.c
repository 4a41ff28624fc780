/* SPDX-License-Identifier: Apache-2.0
 *
 * The lexical walk before the parse: where the tags stand, and that each limit holds exactly where it says, at once and
 * with the place, on inputs made to hurt.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "bpmn/bpmn.h"
#include "bpmn/prescan.h"
#include "bpmn/source.h"

struct place {
	char name;
	int line;
	int column;
};

static void test_tags_have_places(void **state)
{
	(void)state;
	static const struct place expected[] = {{'a', 2, 16}, {'b', 3, 3}, {'c', 4, 6}};
	struct str text = STR("<?xml version='1.0'?>\n<!-- <no/> --> <a>\n\xE8\xB4\xAD <b x='>' y=\"/>\"/><![CDATA[<no/>\n"
						  "]]>  <c \n/></a>");
	struct prescan scan;
	assert_true(prescan_run(&scan, text, NULL));
	assert_int_equal(scan.tags.len, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct prescan_tag *tag = &scan.tags.items[i];
		assert_int_equal(text.ptr[tag->offset + 1], expected[i].name);
		assert_int_equal(text.ptr[tag->content - 1], '>');
		assert_int_equal(tag->line, expected[i].line);
		assert_int_equal(tag->column, expected[i].column);
	}
	prescan_fini(&scan);
}

/* Inputs of `count` parts between a head and a tail. */
struct shape {
	const char *head;
	const char *part; /* a %d takes the number of the part */
	const char *tail;
};

static const struct shape depth_shape = {"", "<a>", ""};
static const struct shape attributes_shape = {"<a", " a%d='x'", "/>"};
static const struct shape elements_shape = {"<a>", "<b/>", "</a>"};
static const struct shape namespaces_shape = {"<a", " xmlns:n%d='x'", "/>"};
static const struct shape scoped_shape = {"", "<a xmlns='x'>", ""};
static const struct shape tag_shape = {"<a b='", "x", "'/>"};
static const struct shape text_shape = {"<a>", "x", "</a>"};
static const struct shape cdata_shape = {"<a>", "<![CDATA[ ]]>", "</a>"};

static bool run_shape(const struct shape *shape, int count, struct err *err)
{
	struct buf buf;
	struct prescan scan;
	buf_init(&buf, 64u << 20);
	buf_add_c(&buf, shape->head);
	for (int i = 0; i < count; i++) {
		const char *number = strstr(shape->part, "%d");
		if (number) {
			buf_add(&buf, shape->part, (size_t)(number - shape->part));
			buf_add_int64(&buf, i);
			buf_add_c(&buf, number + 2);
		} else {
			buf_add_c(&buf, shape->part);
		}
	}
	buf_add_c(&buf, shape->tail);
	*err = (struct err){0};
	bool good = prescan_run(&scan, buf_str(&buf), err);
	prescan_fini(&scan);
	buf_free(&buf);
	return good;
}

static void test_limits(void **state)
{
	(void)state;
	static const struct {
		const struct shape *shape;
		int most;
		const char *message;
	} rows[] = {
		{&depth_shape, BPMN_DEPTH_MAX, "elements are nested deeper than 128"},
		{&attributes_shape, BPMN_ATTRIBUTES_MAX, "more than 128 attributes in one tag"},
		{&elements_shape, BPMN_ELEMENTS_MAX - 1, "more than 100000 elements"},
		{&namespaces_shape, BPMN_NAMESPACES_MAX, "more than 64 namespace declarations in scope"},
		{&scoped_shape, BPMN_NAMESPACES_MAX, "more than 64 namespace declarations in scope"},
		{&tag_shape, BPMN_TAG_BYTES_MAX - 9, "a tag of more than 65536 bytes"},
		{&text_shape, BPMN_TEXT_BYTES_MAX, "more than 1048576 bytes of text in one place"},
		{&cdata_shape, BPMN_TEXT_BYTES_MAX / 13, "more than 1048576 bytes of text in one place"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err;
		assert_true(run_shape(rows[i].shape, rows[i].most, &err));
		assert_false(run_shape(rows[i].shape, rows[i].most + 1, &err));
		assert_string_equal(err.message, rows[i].message);
		assert_int_equal(err.code, ERR_MODEL);
		assert_int_equal(err.line, 1);
		assert_true(err.column > 0);
	}
}

/* Processor time; the limits must make these cheap, whatever the machine does besides. */
static double seconds_of(const struct shape *shape, int count)
{
	struct err err;
	clock_t begin = clock();
	assert_false(run_shape(shape, count, &err));
	return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

static void test_attacks_are_cheap(void **state)
{
	(void)state;
	assert_true(seconds_of(&attributes_shape, 100000) < 10);
	assert_true(seconds_of(&depth_shape, 1000000) < 10);
	assert_true(seconds_of(&namespaces_shape, 100000) < 10);
	assert_true(seconds_of(&tag_shape, 9 << 20) < 20);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		enum err_code code;
		int line;
		int column;
	} rows[] = {
		{STR_INIT(""), ERR_BAD_REQUEST, 1, 1},
		{STR_INIT(" \n"), ERR_BAD_REQUEST, 1, 1},
		{STR_INIT("\n <!-- x -->"), ERR_BAD_REQUEST, 2, 12},
		{STR_INIT("hello"), ERR_BAD_REQUEST, 1, 1},
		{STR_INIT("<a>\n<!DOCTYPE a>"), ERR_MODEL, 2, 1},
		{STR_INIT("<!ENTITY a>"), ERR_BAD_REQUEST, 1, 1},
		{STR_INIT("<a>\n x&foo;"), ERR_MODEL, 2, 3},
		{STR_INIT("<a b='&foo;'/>"), ERR_MODEL, 1, 7},
		{STR_INIT("<a> & </a>"), ERR_BAD_REQUEST, 1, 5},
		{STR_INIT("<a><!-- x"), ERR_BAD_REQUEST, 1, 4},
		{STR_INIT("<a><![CDATA[ ]] >"), ERR_BAD_REQUEST, 1, 4},
		{STR_INIT("<a><?x >"), ERR_BAD_REQUEST, 1, 4},
		{STR_INIT("<a></a"), ERR_BAD_REQUEST, 1, 4},
		{STR_INIT("<a b='"), ERR_BAD_REQUEST, 1, 1},
		{STR_INIT("<a b=c/>"), ERR_BAD_REQUEST, 1, 1},
		{STR_INIT("<a"), ERR_BAD_REQUEST, 1, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct prescan scan;
		struct err err = {0};
		assert_false(prescan_run(&scan, rows[i].text, &err));
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(err.line, rows[i].line);
		assert_int_equal(err.column, rows[i].column);
		prescan_fini(&scan);
	}
}

/* The whole file: one byte more than allowed is refused before anything else is looked at. */
static void test_size(void **state)
{
	(void)state;
	const struct bpmn_options options = {.size_max = 0};
	size_t size = 5u << 20;
	char *blank = malloc(size);
	assert_non_null(blank);
	memset(blank, ' ', size);
	struct err err = {0};
	assert_null(bpmn_read((struct str){blank, BPMN_SIZE_MAX + 1}, &options, &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	err_clear(&err);
	assert_null(bpmn_read((struct str){blank, size}, &options, &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	err_clear(&err);
	assert_null(bpmn_read((struct str){blank, BPMN_SIZE_MAX}, &options, &err));
	assert_int_equal(err.code, ERR_BAD_REQUEST);
	free(blank);
}

/* Characters of a decoded value and the bytes they came from. */
static void test_source_character(void **state)
{
	(void)state;
	struct str text = STR("a&amp;\r\n<!-- x --><![CDATA[<&]]>\xE8\xB4\xAD!<b>");
	static const size_t offsets[] = {0, 1, 6, 27, 28, 32, 35, 36, 36};
	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
		assert_int_equal(source_character(text, 0, i), offsets[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags_have_places),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_attacks_are_cheap),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_source_character),
	};
	return cmocka_run_group_tests_name("bpmn prescan", tests, NULL, NULL);
}
