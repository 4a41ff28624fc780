/* SPDX-License-Identifier: Apache-2.0
 *
 * api/body: what a table of fields takes, and where it points when it does not.
 */
#include "config.h"

#include "api/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define VARIABLES_MAX 100

struct sample {
	struct str text;
	struct str name;
	int64_t id;
	int64_t number;
	bool flag;
	int64_t span;
	struct body_variables variables;
	struct body_texts names;
	json_t *items;
};

static const struct body_field fields[] = {
	{.name = "text", .type = BODY_TEXT, .max = 5, .at = offsetof(struct sample, text)},
	{.name = "name", .type = BODY_NAME, .required = true, .at = offsetof(struct sample, name)},
	{.name = "id", .type = BODY_ID, .at = offsetof(struct sample, id)},
	{.name = "number", .type = BODY_INT, .min = 1, .max = 10, .at = offsetof(struct sample, number)},
	{.name = "flag", .type = BODY_BOOL, .at = offsetof(struct sample, flag)},
	{.name = "span", .type = BODY_DURATION, .max = 3600000000, .at = offsetof(struct sample, span)},
	{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct sample, variables)},
	{.name = "names", .type = BODY_NAMES, .at = offsetof(struct sample, names)},
	{.name = "items", .type = BODY_LIST, .max = 2, .at = offsetof(struct sample, items)},
};

/* The body stays with the arena, as in a call. */
static void release(void *body)
{
	json_decref(body);
}

static bool read_sample(struct arena *arena, const char *text, const char *place, struct sample *out, struct err *err)
{
	struct body_reader reader = {.arena = arena, .err = err, .variables_left = VARIABLES_MAX};
	json_t *body = json_parse(str_from_c(text), NULL);
	assert_non_null(body);
	arena_on_dispose(arena, release, body);
	err_clear(err);
	return body_read(&reader, body, place, fields, sizeof fields / sizeof *fields, out);
}

static void test_everything(void **state)
{
	struct arena *arena = arena_new();
	struct sample out = {0};
	struct err err = {0};
	(void)state;
	assert_true(read_sample(arena,
		"{\"text\":\"\",\"name\":\"\xe8\xb4\xad\xe4\xb9\xb0\",\"id\":\"12\",\"number\":10,\"flag\":true,\"span\":\"PT1H\","
		"\"variables\":{\"a\":0.1,\"b\":{\"c\":[null,\"\\u00e9\"]}},\"names\":[\"x\",\"y\"],\"items\":[1]}",
		"", &out, &err));
	assert_int_equal(out.text.len, 0);
	assert_true(str_equal_c(out.name, "\xe8\xb4\xad\xe4\xb9\xb0"));
	assert_int_equal(out.id, 12);
	assert_int_equal(out.number, 10);
	assert_true(out.flag);
	assert_int_equal(out.span, INT64_C(3600000000));
	assert_int_equal(out.variables.count, 2);
	assert_true(str_equal_c(out.variables.items[0].json, "0.1"));
	assert_true(str_equal_c(out.variables.items[1].json, "{\"c\":[null,\"\xc3\xa9\"]}"));
	assert_true(out.names.given && out.names.count == 2 && str_equal_c(out.names.items[1], "y"));
	assert_int_equal(json_array_size(out.items), 1);
	arena_free(arena);
}

static void test_absent_and_null_leave_defaults(void **state)
{
	struct arena *arena = arena_new();
	struct sample out = {.number = 7};
	struct err err = {0};
	(void)state;
	assert_true(read_sample(arena, "{\"name\":\"a\",\"number\":null,\"variables\":null}", "", &out, &err));
	assert_int_equal(out.number, 7);
	assert_int_equal(out.variables.count, 0);
	assert_false(out.names.given);
	arena_free(arena);
}

static void test_refused(void **state)
{
	static const struct {
		const char *body;
		const char *place;
		enum err_code code;
	} cases[] = {
		{"[]", "", ERR_INVALID},
		{"{}", "/name", ERR_INVALID},
		{"{\"name\":null}", "/name", ERR_INVALID},
		{"{\"name\":\"\"}", "/name", ERR_INVALID},
		{"{\"name\":\"a\\nb\"}", "/name", ERR_INVALID},
		{"{\"name\":\"a\\u0085b\"}", "/name", ERR_INVALID},
		{"{\"name\":1}", "/name", ERR_INVALID},
		{"{\"name\":\"a\",\"colour\":1}", "/colour", ERR_INVALID},
		{"{\"name\":\"a\",\"x/y~z\":1}", "/x~1y~0z", ERR_INVALID},
		{"{\"name\":\"a\",\"text\":\"abcdef\"}", "/text", ERR_INVALID},
		{"{\"name\":\"a\",\"text\":true}", "/text", ERR_INVALID},
		{"{\"name\":\"a\",\"id\":12}", "/id", ERR_INVALID},
		{"{\"name\":\"a\",\"id\":\"0\"}", "/id", ERR_INVALID},
		{"{\"name\":\"a\",\"id\":\"1x\"}", "/id", ERR_INVALID},
		{"{\"name\":\"a\",\"number\":0}", "/number", ERR_INVALID},
		{"{\"name\":\"a\",\"number\":11}", "/number", ERR_INVALID},
		{"{\"name\":\"a\",\"number\":1.0}", "/number", ERR_INVALID},
		{"{\"name\":\"a\",\"number\":\"1\"}", "/number", ERR_INVALID},
		{"{\"name\":\"a\",\"flag\":\"true\"}", "/flag", ERR_INVALID},
		{"{\"name\":\"a\",\"span\":\"1h\"}", "/span", ERR_INVALID},
		{"{\"name\":\"a\",\"span\":\"PT2H\"}", "/span", ERR_INVALID},
		{"{\"name\":\"a\",\"span\":\"-PT1S\"}", "/span", ERR_INVALID},
		{"{\"name\":\"a\",\"variables\":[]}", "/variables", ERR_INVALID},
		{"{\"name\":\"a\",\"variables\":{\"\":1}}", "/variables/", ERR_INVALID},
		{"{\"name\":\"a\",\"variables\":{\"a\\u0001\":1}}", "/variables/a ", ERR_INVALID},
		{"{\"name\":\"a\",\"names\":\"x\"}", "/names", ERR_INVALID},
		{"{\"name\":\"a\",\"names\":[1]}", "/names", ERR_INVALID},
		{"{\"name\":\"a\",\"items\":[]}", "/items", ERR_INVALID},
		{"{\"name\":\"a\",\"items\":[1,2,3]}", "/items", ERR_TOO_LARGE},
	};
	struct arena *arena = arena_new();
	struct err err = {0};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sample out = {0};
		print_message("# %s\n", cases[i].body);
		assert_false(read_sample(arena, cases[i].body, "", &out, &err));
		assert_int_equal(err.code, cases[i].code);
		assert_string_equal(err.element, cases[i].place);
	}
	arena_free(arena);
}

static void test_places_of_items(void **state)
{
	struct arena *arena = arena_new();
	struct sample out = {0};
	struct err err = {0};
	(void)state;
	assert_false(read_sample(arena, "{\"name\":\"a\",\"x\":1}", "/items/3", &out, &err));
	assert_string_equal(err.element, "/items/3/x");
	assert_false(read_sample(arena, "7", "/items/4", &out, &err));
	assert_string_equal(err.element, "/items/4");
	arena_free(arena);
}

/* Names and values count together, over all objects of a request. */
static void test_variables_have_a_limit(void **state)
{
	struct arena *arena = arena_new();
	struct err err = {0};
	struct body_reader reader = {.arena = arena, .err = &err, .variables_left = 12};
	struct body_variables out;
	json_t *object = json_parse(STR("{\"ab\":\"cd\"}"), NULL);
	(void)state;
	assert_true(body_read_variables(&reader, object, "/variables", &out));
	assert_int_equal(reader.variables_left, 6);
	assert_true(body_read_variables(&reader, object, "/variables", &out));
	assert_int_equal(reader.variables_left, 0);
	assert_false(body_read_variables(&reader, object, "/variables", &out));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_string_equal(err.element, "/variables/ab");
	json_decref(object);
	arena_free(arena);
}

static void test_long_names(void **state)
{
	char text[1200] = "{\"name\":\"";
	struct arena *arena = arena_new();
	struct sample out = {0};
	struct err err = {0};
	(void)state;
	for (int i = 0; i < 255; i++)
		strcat(text, "\xe8\xb4\xad"); /* 255 characters are 765 bytes */
	size_t len = strlen(text);
	strcat(text, "\"}");
	assert_true(read_sample(arena, text, "", &out, &err));
	strcpy(text + len, "x\"}");
	assert_false(read_sample(arena, text, "", &out, &err));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_absent_and_null_leave_defaults),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_places_of_items),
		cmocka_unit_test(test_variables_have_a_limit),
		cmocka_unit_test(test_long_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
