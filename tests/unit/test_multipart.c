/* SPDX-License-Identifier: Apache-2.0
 *
 * api/multipart: forms as clients write them, and everything that is no form.
 */
#include "config.h"

#include "api/multipart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#define TYPE "multipart/form-data; boundary=b"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n"

static struct multipart_part parts[MULTIPART_PARTS_MAX];

static bool parse(struct arena *arena, const char *type, const char *body, size_t *count, struct err *err)
{
	err_clear(err);
	return multipart_parse(arena, str_from_c(type), str_from_c(body), parts, count, err);
}

static void test_a_form(void **state)
{
	struct arena *arena = arena_new();
	struct err err = {0};
	size_t count;
	(void)state;
	assert_true(parse(arena, "Multipart/Form-Data; charset=utf-8; boundary=\"b\"",
		"--b\r\n" FIELD("name") "\r\nPurchase\r\n"
		"--b\r\ncontent-disposition:form-data; name=file; filename=\"a \\\"b\\\" \xe8\xb4\xad.bpmn\"\r\n"
		"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n<a>\r\n--\r\n</a>\n\r\n"
		"--b\r\n" FIELD("empty") "\r\n\r\n--b--\r\n", &count, &err));
	assert_int_equal(count, 3);
	assert_true(str_equal_c(parts[0].name, "name") && str_equal_c(parts[0].body, "Purchase"));
	assert_null(parts[0].filename.ptr);
	assert_true(str_equal_c(parts[1].filename, "a \"b\" \xe8\xb4\xad.bpmn"));
	assert_true(str_equal_c(parts[1].body, "<a>\r\n--\r\n</a>\n"));
	assert_true(str_equal_c(parts[2].name, "empty") && parts[2].body.len == 0);
	arena_free(arena);
}

static void test_refused(void **state)
{
	static const struct {
		const char *what;
		const char *type;
		const char *body;
	} cases[] = {
		{"no boundary", "multipart/form-data", "--b--"},
		{"an empty boundary", "multipart/form-data; boundary=\"\"", "----"},
		{"two boundaries", TYPE "; boundary=c", "--b--"},
		{"an open quote", "multipart/form-data; boundary=\"b", "--b--"},
		{"a space in the boundary", "multipart/form-data; boundary=\"b c\"", "--b c--"},
		{"nothing", TYPE, ""},
		{"text before", TYPE, "hello\r\n--b\r\n" FIELD("a") "\r\nx\r\n--b--"},
		{"text behind", TYPE, "--b\r\n" FIELD("a") "\r\nx\r\n--b--\r\nhello"},
		{"no end", TYPE, "--b\r\n" FIELD("a") "\r\nx"},
		{"a half end", TYPE, "--b\r\n" FIELD("a") "\r\nx\r\n--b-"},
		{"another boundary that begins alike", TYPE, "--b\r\n" FIELD("a") "\r\nx\r\n--bb\r\n--b--"},
		{"bare LF", TYPE, "--b\n" FIELD("a") "\r\nx\r\n--b--"},
		{"bare LF in the fields", TYPE, "--b\r\nContent-Type: a\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--"},
		{"no fields", TYPE, "--b\r\n\r\nx\r\n--b--"},
		{"no disposition", TYPE, "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--"},
		{"two dispositions", TYPE, "--b\r\n" FIELD("a") FIELD("b") "\r\nx\r\n--b--"},
		{"an attachment", TYPE, "--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--b--"},
		{"no name", TYPE, "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"},
		{"two names", TYPE, "--b\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n--b--"},
		{"an empty name", TYPE, "--b\r\n" FIELD("") "\r\nx\r\n--b--"},
		{"a slash in a name", TYPE, "--b\r\nContent-Disposition: form-data; name=a; filename=\"../a\"\r\n\r\nx\r\n--b--"},
		{"an extended name", TYPE, "--b\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''a\r\n\r\nx\r\n--b--"},
		{"bad UTF-8", TYPE, "--b\r\n" FIELD("\xff") "\r\nx\r\n--b--"},
		{"an encoding", TYPE, "--b\r\n" FIELD("a") "Content-Transfer-Encoding: base64\r\n\r\nx\r\n--b--"},
		{"an unknown field", TYPE, "--b\r\n" FIELD("a") "X-Y: z\r\n\r\nx\r\n--b--"},
		{"folding", TYPE, "--b\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\nx\r\n--b--"},
	};
	struct arena *arena = arena_new();
	struct err err = {0};
	size_t count;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("# %s\n", cases[i].what);
		assert_false(parse(arena, cases[i].type, cases[i].body, &count, &err));
		assert_int_equal(err.code, ERR_BAD_REQUEST);
	}
	arena_free(arena);
}

static void test_limits(void **state)
{
	struct arena *arena = arena_new();
	struct err err = {0};
	struct buf body;
	size_t count;
	(void)state;
	buf_init(&body, 1 << 20);
	for (int i = 0; i < MULTIPART_PARTS_MAX; i++)
		buf_printf(&body, "--b\r\n" FIELD("a%d") "\r\nx\r\n", i);
	buf_add_c(&body, "--b--");
	assert_true(multipart_parse(arena, STR(TYPE), buf_str(&body), parts, &count, &err));
	assert_int_equal(count, MULTIPART_PARTS_MAX);
	body.len -= 2;
	buf_add_c(&body, "\r\n" FIELD("more") "\r\nx\r\n--b--");
	assert_false(multipart_parse(arena, STR(TYPE), buf_str(&body), parts, &count, &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	buf_free(&body);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_form),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
