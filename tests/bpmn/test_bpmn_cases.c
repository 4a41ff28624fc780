/* SPDX-License-Identifier: Apache-2.0
 *
 * One test for each folder of tests/bpmn/valid and tests/bpmn/invalid: input.bpmn is read, and what came of it must be
 * what `expected` says, to the column. In valid/ nothing is an error, in invalid/ something is. The last test reads the
 * reference diagrams of the BPMN Model Interchange Working Group where they are at hand (BPMND_MIWG names the folder).
 */
#include "config.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/vec.h"
#include "tests/bpmn/bpmn_case.h"

struct one_case {
	char *folder;
	bool valid;
};

typedef VEC(struct CMUnitTest) test_list;

static const char *source_folder(void)
{
	const char *folder = getenv("srcdir");
	return folder ? folder : ".";
}

static char *join(const char *folder, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
	return path;
}

static void test_case(void **state)
{
	const struct one_case *one = *state;
	char *input = join(one->folder, "input.bpmn");
	char *expected = join(one->folder, "expected");
	struct arena *arena = arena_new();
	struct str xml;
	struct err err = {0};
	assert_true(case_load(arena, input, &xml));
	struct bpmn_document *document = case_read(xml, &err);
	assert_int_equal(document && !document->has_errors, one->valid);
	bpmn_document_free(document);
	arena_free(arena);
	assert_true(case_compare(input, expected));
	free(input);
	free(expected);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void add_cases(test_list *tests, const char *kind, bool valid)
{
	char *root = join(source_folder(), kind);
	struct dirent **entries = NULL;
	int count = scandir(root, &entries, is_visible, by_name);
	for (int i = 0; i < count; i++) {
		struct one_case *one = calloc(1, sizeof *one);
		if (!one)
			abort();
		one->folder = join(root, entries[i]->d_name);
		one->valid = valid;
		vec_add(tests,
			((struct CMUnitTest){
				.name = one->folder + strlen(source_folder()) + 1, .test_func = test_case, .initial_state = one}));
		free(entries[i]);
	}
	free(entries);
	free(root);
}

static bool has_ending(const char *name, const char *ending)
{
	return str_ends_with(str_from_c(name), str_from_c(ending));
}

/* tests/bpmn/miwg/<name>.expected for <folder>/<name>.bpmn */
static bool compare_miwg(const char *folder, const char *name)
{
	char *input = join(folder, name);
	char *stem = join("tests/bpmn/miwg", name);
	stem[strlen(stem) - strlen(".bpmn")] = '\0';
	char *relative = NULL;
	assert_true(asprintf(&relative, "%s.expected", stem) > 0);
	char *expected = join(source_folder(), relative);
	bool good = case_compare(input, expected);
	free(expected);
	free(relative);
	free(stem);
	free(input);
	return good;
}

/* The examples that ./start deploys: executable and without a word of complaint. */
static void test_examples(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	struct dirent **entries = NULL;
	char *folder = join(source_folder(), "examples");
	int count = scandir(folder, &entries, is_visible, by_name);
	for (int i = 0; i < count; i++) {
		char *path = join(folder, entries[i]->d_name);
		struct str xml;
		if (has_ending(path, ".bpmn")) {
			assert_true(case_load(arena, path, &xml));
			struct err err = {0};
			struct bpmn_document *document = case_read(xml, &err);
			assert_non_null(document);
			assert_int_equal(document->diagnostic_count, 0);
			assert_true(document->graph_count > 0 && document->graphs[0]->executable);
			bpmn_document_free(document);
		}
		free(path);
		free(entries[i]);
	}
	free(entries);
	free(folder);
	arena_free(arena);
}

static void test_miwg(void **state)
{
	(void)state;
	const char *named = getenv("BPMND_MIWG");
	char *folder = named ? strdup(named) : join(source_folder(), "../shared/reference/miwg");
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_visible, by_name);
	int compared = 0, good = 0;
	for (int i = 0; i < count; i++) {
		if (has_ending(entries[i]->d_name, ".bpmn")) {
			compared++;
			good += compare_miwg(folder, entries[i]->d_name);
		}
		free(entries[i]);
	}
	free(entries);
	free(folder);
	if (compared == 0)
		skip();
	assert_int_equal(good, compared);
}

int main(void)
{
	test_list tests = {0};
	add_cases(&tests, "tests/bpmn/valid", true);
	add_cases(&tests, "tests/bpmn/invalid", false);
	vec_add(&tests, ((struct CMUnitTest){.name = "examples", .test_func = test_examples}));
	vec_add(&tests, ((struct CMUnitTest){.name = "reference diagrams", .test_func = test_miwg}));
	int failed = _cmocka_run_group_tests("bpmn cases", tests.items, tests.len, NULL, NULL);
	for (size_t i = 0; i < tests.len; i++) {
		struct one_case *one = tests.items[i].initial_state;
		if (one)
			free(one->folder);
		free(one);
	}
	vec_free(&tests);
	return failed;
}
