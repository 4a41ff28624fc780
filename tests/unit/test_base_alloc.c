/* SPDX-License-Identifier: Apache-2.0
 *
 * base/alloc: sizes at the edges. That it ends the process when memory is out is seen in a child.
 */
#include "config.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_size_zero_is_memory(void **state)
{
	(void)state;
	void *a = alloc_bytes(0), *b = alloc_zeroed(0, 8), *c = alloc_resize(NULL, 0, 8);
	assert_true(a && b && c);
	free(a);
	free(b);
	free(c);
}

static void test_zeroed_and_resized(void **state)
{
	(void)state;
	unsigned char *bytes = alloc_zeroed(3, 5);
	for (int i = 0; i < 15; i++)
		assert_int_equal(bytes[i], 0);
	bytes[14] = 7;
	bytes = alloc_resize(bytes, 100, 10);
	assert_int_equal(bytes[14], 7);
	free(bytes);
}

static int *test_sink;

/* The signal that ends a child which runs fn; standard error is not of interest. */
static int signal_of(void (*fn)(void))
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		fn();
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void ask_overflowing_array(void)
{
	test_sink = alloc_resize(NULL, SIZE_MAX / 2, 4);
}

static void ask_nothing(void)
{
}

static void test_impossible_size_ends_the_process(void **state)
{
	(void)state;
	assert_int_equal(signal_of(ask_nothing), 0);
	assert_int_equal(signal_of(ask_overflowing_array), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size_zero_is_memory),
		cmocka_unit_test(test_zeroed_and_resized),
		cmocka_unit_test(test_impossible_size_ends_the_process),
	};
	return cmocka_run_group_tests_name("base/alloc", tests, NULL, NULL);
}
