/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders of tests/engine as tests of cmocka.
 */
#include "config.h"

#include "tests/engine/scenario_cases.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/engine/scenario.h"

struct one_scenario {
	const struct world_keeper *keeper;
	char *diagram;
	char *target;
	char *script;
};

typedef VEC(struct CMUnitTest) test_list;

static char *join(const char *folder, const char *name)
{
	char *path = NULL;
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		abort();
	return path;
}

static bool load(const char *path, struct buf *out)
{
	char block[4096];
	size_t got;
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	while ((got = fread(block, 1, sizeof block, file)) > 0)
		buf_add(out, block, got);
	return fclose(file) == 0;
}

/* The document with its processes; prints why not. NULL where there is no such file. */
static struct bpmn_document *read_diagram(const char *path)
{
	const struct bpmn_options options = {.compile_expr = engine_compile_expr};
	struct err err = {0};
	struct buf xml;
	buf_init(&xml, SIZE_MAX);
	bool there = load(path, &xml);
	struct bpmn_document *document = there ? bpmn_read(buf_str(&xml), &options, &err) : NULL;
	buf_free(&xml);
	if (there && !document)
		printf("# %s: %d:%d %s\n", path, err.line, err.column, err.message);
	for (size_t i = 0; document && document->has_errors && i < document->diagnostic_count; i++) {
		const struct diagnostic *diagnostic = &document->diagnostics[i];
		printf("# %s:%d:%d %.*s\n", path, diagnostic->line, diagnostic->column, STR_ARG(diagnostic->message));
	}
	return document;
}

typedef VEC(const struct graph *) graph_list;

static bool add_graphs(graph_list *graphs, const struct bpmn_document *document)
{
	for (size_t i = 0; document && i < document->graph_count; i++)
		vec_add(graphs, document->graphs[i]);
	return document && !document->has_errors && document->graph_count > 0;
}

/* In memory twice; a keeper sees it once, as a node would. */
static bool run(
	const struct scenario_stage *stage, struct str text, struct buf *first, struct buf *second, struct buf *problem)
{
	if (!scenario_run(stage, text, first, problem))
		return false;
	if (!stage->keeper)
		return scenario_run(stage, text, second, problem);
	buf_add_str(second, buf_str(first));
	return true;
}

static void test_scenario(void **state)
{
	const struct one_scenario *one = *state;
	struct buf text, problem, first, second;
	graph_list graphs = {0};
	buf_init(&text, SIZE_MAX);
	buf_init(&problem, SIZE_MAX);
	buf_init(&first, SIZE_MAX);
	buf_init(&second, SIZE_MAX);
	struct bpmn_document *document = read_diagram(one->diagram), *target = read_diagram(one->target);
	bool good = add_graphs(&graphs, document) && (!target || add_graphs(&graphs, target)) && load(one->script, &text);
	const struct scenario_stage stage = {.graphs = graphs.items, .count = graphs.len, .keeper = one->keeper};
	good = good && run(&stage, buf_str(&text), &first, &second, &problem);
	bool same = str_equal(buf_str(&first), buf_str(&second));
	if (problem.len > 0)
		printf("# %s %.*s", one->script, STR_ARG(buf_str(&problem)));
	if (getenv("SCENARIO_LOG"))
		printf("%.*s", STR_ARG(buf_str(&first)));
	bpmn_document_free(document);
	bpmn_document_free(target);
	vec_free(&graphs);
	buf_free(&text);
	buf_free(&problem);
	buf_free(&first);
	buf_free(&second);
	assert_true(good);
	assert_true(same);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !strchr(entry->d_name, '.');
}

static int is_script(const struct dirent *entry)
{
	return strncmp(entry->d_name, "scenario", 8) == 0 && !strchr(entry->d_name, '~');
}

static void add_scripts(test_list *tests, const char *root, const char *name, const struct world_keeper *keeper)
{
	char *folder = join(root, name);
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_script, by_name);
	for (int i = 0; i < count; i++) {
		struct one_scenario *one = calloc(1, sizeof *one);
		if (!one)
			abort();
		one->keeper = keeper;
		one->diagram = join(folder, "process.bpmn");
		one->target = join(folder, "target.bpmn");
		one->script = join(folder, entries[i]->d_name);
		vec_add(tests, ((struct CMUnitTest){
						   .name = join(name, entries[i]->d_name), .test_func = test_scenario, .initial_state = one}));
		free(entries[i]);
	}
	free(entries);
	free(folder);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

static void free_tests(test_list *tests)
{
	for (size_t i = 0; i < tests->len; i++) {
		struct one_scenario *one = tests->items[i].initial_state;
		free((void *)(uintptr_t)tests->items[i].name);
		free(one->diagram);
		free(one->target);
		free(one->script);
		free(one);
	}
	vec_free(tests);
}

int scenario_cases_run(int argc, char **argv, const struct world_keeper *keeper)
{
	const char *source = getenv("srcdir");
	char *root = join(source ? source : ".", "tests/engine");
	struct dirent **entries = NULL;
	test_list tests = {0};
	int count = scandir(root, &entries, is_case, by_name);
	for (int i = 0; i < count; i++) {
		if (is_wanted(entries[i]->d_name, argc, argv))
			add_scripts(&tests, root, entries[i]->d_name, keeper);
		free(entries[i]);
	}
	free(entries);
	free(root);
	if (tests.len == 0)
		return 1;
	int failed = _cmocka_run_group_tests("scenarios", tests.items, tests.len, NULL, NULL);
	free_tests(&tests);
	return failed;
}
