/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd test: scenarios on diagrams, without a server (api/try.h).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "api/file.h"
#include "api/try.h"

#define TEST_SCENARIOS_MAX ((size_t)4 << 20)

struct test_result {
	int scenarios;
	int failed;
};

static bool test_ends_with(const char *word, const char *end)
{
	return str_ends_with(str_from_c(word), str_from_c(end));
}

static bool test_is_scenarios(const char *word)
{
	return test_ends_with(word, ".yaml") || test_ends_with(word, ".yml");
}

static bool test_read(const char *file, size_t max, struct buf *out)
{
	struct err err = {0};
	buf_init(out, max + 1);
	if (file_read(file, out, &err))
		return true;
	command_fail("test", &err);
	return false;
}

static bool test_add_diagram(struct try_processes *processes, const char *file)
{
	struct buf xml;
	bool good = test_read(file, BPMN_SIZE_MAX, &xml) && try_processes_add(processes, file, buf_str(&xml));
	buf_free(&xml);
	return good;
}

static void test_scenario(struct try_processes *processes, const struct try_file *file,
	const struct yaml_node *scenario, struct test_result *result)
{
	const struct yaml_node *name = yaml_get(scenario, "name");
	struct str title = name ? name->text : str_from_c(file->name);
	struct buf problems;
	buf_init(&problems, SIZE_MAX);
	bool good = try_scenario(processes, file, scenario, &problems);
	printf("%s %.*s\n%.*s", good ? "ok  " : "FAIL", STR_ARG(title), STR_ARG(buf_str(&problems)));
	buf_free(&problems);
	result->scenarios++;
	result->failed += !good;
}

static void test_scenarios(
	struct try_processes *processes, const char *name, const struct yaml_node *top, struct test_result *result)
{
	const struct try_file file = {.name = name, .top = top, .users = yaml_get(top, "users")};
	const struct yaml_node *many = yaml_get(top, "scenarios");
	if (!many)
		test_scenario(processes, &file, top, result);
	for (const struct yaml_node *scenario = many ? many->first : NULL; scenario; scenario = scenario->next)
		test_scenario(processes, &file, scenario, result);
}

static bool test_file(struct try_processes *processes, const char *name, struct test_result *result)
{
	struct buf text;
	struct err err = {0};
	struct arena *arena = arena_new();
	bool good = test_read(name, TEST_SCENARIOS_MAX, &text);
	const struct yaml_node *top = good ? yaml_read(arena, buf_str(&text), &err) : NULL;
	good = top && try_form_check(top, &err);
	if (good)
		test_scenarios(processes, name, top, result);
	else if (err.code != ERR_NONE)
		printf("%s:%d:%d: error: %s\n", name, err.line, err.column, err.message);
	buf_free(&text);
	arena_free(arena);
	return good;
}

static bool test_files(struct try_processes *processes, int argc, char **argv, struct test_result *result)
{
	bool good = true;
	for (int i = 0; i < argc && good; i++)
		good = test_is_scenarios(argv[i]) || test_add_diagram(processes, argv[i]);
	if (good && processes->list.len == 0) {
		fprintf(stderr, "bpmnd test: which diagrams? There is no executable process\n");
		return false;
	}
	for (int i = 0; i < argc && good; i++)
		good = !test_is_scenarios(argv[i]) || test_file(processes, argv[i], result);
	if (good && result->scenarios == 0)
		fprintf(stderr, "bpmnd test: which scenarios? Their files end in .yaml\n");
	return good && result->scenarios > 0;
}

/* Takes the flag out of the words. */
static bool test_take_flag(int *argc, char **argv, const char *flag)
{
	for (int i = 0; i < *argc; i++) {
		if (strcmp(argv[i], flag) != 0)
			continue;
		--*argc;
		memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof *argv);
		return true;
	}
	return false;
}

int command_test(int argc, char **argv)
{
	struct try_processes processes;
	struct test_result result = {0};
	bool each = test_take_flag(&argc, argv, "--coverage");

	for (int i = 0; i < argc; i++)
		if (argv[i][0] == '-')
			return command_words_end("test", 1, &argv[i]) ? EXIT_SUCCESS : COMMAND_USAGE;
	try_processes_init(&processes);
	bool usable = test_files(&processes, argc, argv, &result);
	if (usable)
		try_processes_print(&processes, each);
	try_processes_free(&processes);
	return !usable ? COMMAND_USAGE : result.failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
