/* SPDX-License-Identifier: Apache-2.0
 *
 * Options are taken out of a subcommand's words; what is left over stays in order.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/command.h"

#define WORDS_MAX 8

struct take_case {
	const char *words[WORDS_MAX];
	const char *value;            /* NULL: not found */
	const char *left[WORDS_MAX];
};

static const struct take_case take_cases[] = {
	{.words = {NULL}},
	{.words = {"--user", "lin"}, .value = "lin"},
	{.words = {"--user=lin"}, .value = "lin"},
	{.words = {"--user="}, .value = ""},
	{.words = {"a", "--user", "lin", "b"}, .value = "lin", .left = {"a", "b"}},
	{.words = {"--user", "lin", "--user", "wei"}, .value = "lin", .left = {"--user", "wei"}},
	{.words = {"--user"}, .left = {"--user"}},
	{.words = {"--users", "lin"}, .left = {"--users", "lin"}},
	{.words = {"--use", "lin"}, .left = {"--use", "lin"}},
	{.words = {"user", "lin"}, .left = {"user", "lin"}},
};

static int count_words(const char *const *words)
{
	int count = 0;

	while (words[count])
		count++;
	return count;
}

static void test_take_option(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof take_cases / sizeof take_cases[0]; i++) {
		const struct take_case *c = &take_cases[i];
		char *words[WORDS_MAX];
		int count = count_words(c->words);

		memcpy(words, c->words, sizeof words);
		const char *value = command_take_option(&count, words, "--user");
		if (c->value)
			assert_string_equal(value, c->value);
		else
			assert_null(value);
		assert_int_equal(count, count_words(c->left));
		for (int w = 0; w < count; w++)
			assert_string_equal(words[w], c->left[w]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_take_option)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
