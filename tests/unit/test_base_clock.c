/* SPDX-License-Identifier: Apache-2.0
 *
 * base/clock: two clocks, in microseconds.
 */
#include "config.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static void test_now_is_wall_time_in_microseconds(void **state)
{
	(void)state;
	int64_t before = (int64_t)time(NULL) - 1;
	int64_t now = clock_now() / 1000000;
	assert_true(before <= now && now <= (int64_t)time(NULL) + 1);
}

static void test_monotonic_goes_forward(void **state)
{
	(void)state;
	int64_t start = clock_monotonic(), last = start;
	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_monotonic();
		assert_true(now >= last);
		last = now;
	}
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	assert_true(clock_monotonic() - start >= 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_now_is_wall_time_in_microseconds),
		cmocka_unit_test(test_monotonic_goes_forward),
	};
	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
