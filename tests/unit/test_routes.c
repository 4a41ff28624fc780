/* SPDX-License-Identifier: Apache-2.0
 *
 * api/route: which row a path finds, and what holds for every row of the table.
 */
#include "config.h"

#include "api/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_paths(void **state)
{
	static const struct {
		enum http_method method;
		const char *path;
		const char *operation; /* NULL: none */
		int64_t id;
		const char *name;
	} cases[] = {
		{HTTP_GET, "/healthz", "get_health", 0, ""},
		{HTTP_HEAD, "/healthz", "get_health", 0, ""},
		{HTTP_GET, "/v1/instances", "list_instances", 0, ""},
		{HTTP_POST, "/v1/instances", "start_instance", 0, ""},
		{HTTP_POST, "/v1/instances/batch", "start_instances", 0, ""},
		{HTTP_GET, "/v1/instances/12", "get_instance", 12, ""},
		{HTTP_GET, "/v1/instances/9223372036854775807", "get_instance", INT64_MAX, ""},
		{HTTP_POST, "/v1/jobs/complete", "complete_jobs", 0, ""},
		{HTTP_POST, "/v1/jobs/7/complete", "complete_job", 7, ""},
		{HTTP_GET, "/v1/deployments/3/resources/a b.bpmn", "get_resource", 3, "a b.bpmn"},
		{HTTP_PUT, "/v1/instances", NULL, 0, ""},
		{HTTP_GET, "/v1/instances/batch", NULL, 0, ""},
		{HTTP_GET, "/v1/instances/0", NULL, 0, ""},
		{HTTP_GET, "/v1/instances/-1", NULL, 0, ""},
		{HTTP_GET, "/v1/instances/9223372036854775808", NULL, 0, ""},
		{HTTP_GET, "/v1/instances/1x", NULL, 0, ""},
		{HTTP_GET, "/v1/instances/1/", NULL, 0, ""},
		{HTTP_GET, "/v1/instances/1/nothing", NULL, 0, ""},
		{HTTP_GET, "/v1", NULL, 0, ""},
		{HTTP_GET, "/", NULL, 0, ""},
		{HTTP_GET, "", NULL, 0, ""},
		{HTTP_OPTIONS, "*", NULL, 0, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct route_match match = route_find(cases[i].method, str_from_c(cases[i].path));
		print_message("# %s %s\n", http_method_name(cases[i].method), cases[i].path);
		if (!cases[i].operation) {
			assert_null(match.route);
			continue;
		}
		assert_non_null(match.route);
		assert_string_equal(match.route->operation, cases[i].operation);
		assert_int_equal(match.id, cases[i].id);
		assert_true(str_equal_c(match.name, cases[i].name));
	}
}

static void test_methods_of_a_path(void **state)
{
	(void)state;
	assert_int_equal(route_find(HTTP_DELETE, STR("/v1/instances")).methods, 1u << HTTP_GET | 1u << HTTP_POST);
	assert_int_equal(route_find(HTTP_POST, STR("/v1/instances/5")).methods, 1u << HTTP_GET | 1u << HTTP_DELETE);
	assert_int_equal(route_find(HTTP_POST, STR("/v1/nothing")).methods, 0);
}

static void test_queries(void **state)
{
	const struct route *list = route_find(HTTP_GET, STR("/v1/instances")).route;
	const struct route *start = route_find(HTTP_POST, STR("/v1/instances")).route;
	(void)state;
	assert_true(route_takes_query(list, STR("limit")));
	assert_true(route_takes_query(list, STR("definitionKey")));
	assert_true(route_takes_query(list, STR("variable.amount.gt")));
	assert_false(route_takes_query(list, STR("variable.")));
	assert_false(route_takes_query(list, STR("variable")));
	assert_false(route_takes_query(list, STR("definition")));
	assert_false(route_takes_query(list, STR("")));
	assert_false(route_takes_query(list, STR("dryRun")));
	assert_true(route_takes_query(start, STR("dryRun")));
}

/* Deny by default: a row without roles is public, and only what machines ask about the server is. */
static void test_every_row(void **state)
{
	size_t count;
	const struct route *routes = route_table(&count);
	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct route *route = &routes[i];
		bool public = (route->flags & ROUTE_PUBLIC) != 0;
		print_message("# %s\n", route->operation);
		assert_non_null(route->handle);
		assert_int_equal(public, route->roles == 0);
		assert_int_equal(public, !str_starts_with(route->path, STR("/v1/")));
		if (route->method == HTTP_GET)
			assert_int_equal(route->flags & ~(uint32_t)ROUTE_PUBLIC, 0);
		else
			assert_true(route->roles & (ROLE_BIT(ADMIN) | ROUTE_ROLE_AUTHENTICATED));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(routes[k].operation, route->operation);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_methods_of_a_path),
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_every_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
