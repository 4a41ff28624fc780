/* SPDX-License-Identifier: Apache-2.0
 *
 * base/log: whatever is logged, a line of JSON comes out, and a full or closed log is no obstacle.
 */
#include "config.h"

#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int ends[2];
static char line[65536];

static int setup(void **state)
{
	(void)state;
	if (pipe2(ends, 0) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
		return -1;
	log_configure(LOG_INFO, ends[1]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_configure(LOG_INFO, STDERR_FILENO);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* The one line in the pipe, without its newline; "" when there is none. */
static struct str read_line(void)
{
	ssize_t len = read(ends[0], line, sizeof line);
	if (len <= 0)
		return STR("");
	assert_true(len <= 8192);
	assert_ptr_equal(memchr(line, '\n', (size_t)len), line + len - 1);
	struct str text = {line, (size_t)len - 1};
	assert_true(str_is_utf8(text));
	assert_true(str_starts_with(text, STR("{\"time\":\"2")) && str_ends_with(text, STR("}")));
	return text;
}

static void assert_line_ends(const char *end)
{
	assert_true(str_ends_with(read_line(), str_from_c(end)));
}

static void test_a_line(void **state)
{
	(void)state;
	log_event(LOG_WARNING, "listening", LOG_C("url", "https://x/\"\n"), LOG_INT("workers", -2));
	assert_line_ends("Z\",\"level\":\"warning\",\"event\":\"listening\",\"url\":\"https://x/\\\"\\n\",\"workers\":-2}");
	log_event(LOG_INFO, "bare");
	assert_line_ends("\"event\":\"bare\"}");
}

static void test_the_threshold(void **state)
{
	(void)state;
	log_event(LOG_DEBUG, "unseen");
	assert_int_equal(read_line().len, 0);
	enum log_level level = LOG_ERROR;
	assert_true(log_level_parse(STR("debug"), &level) && level == LOG_DEBUG);
	assert_true(log_level_parse(STR("error"), &level) && level == LOG_ERROR);
	assert_false(log_level_parse(STR("loud"), &level) || log_level_parse(STR(""), &level));
}

static void test_bytes_that_are_no_text(void **state)
{
	(void)state;
	log_event(LOG_INFO, "odd", LOG_STR("bytes", STR("a\0\xff\"\\z")));
	assert_line_ends("\"bytes\":\"a\\u0000\\u00ff\\u0022\\u005cz\"}");
}

static void test_long_lines_stay_whole(void **state)
{
	(void)state;
	static char wide[30001];
	for (int i = 0; i < 10000; i++)
		memcpy(wide + i * 3, "购", 3);
	log_event(LOG_INFO, "wide", LOG_C("text", wide));
	assert_line_ends("购\"}");
	log_event(LOG_INFO, "wider", LOG_C("a", wide), LOG_C("b", wide), LOG_INT("n", 1));
	assert_line_ends("购\",\"truncated\":true}");
	static char quotes[8001];
	memset(quotes, '"', 8000);
	log_event(LOG_INFO, "escaped", LOG_C("a", quotes));
	assert_line_ends("\"event\":\"escaped\",\"truncated\":true}");
	static char broken[8001];
	memset(broken, 0xff, 8000);
	log_event(LOG_INFO, "broken", LOG_C("a", broken));
	assert_line_ends("\\u00ff\"}");
}

/* Would hang, or die of SIGPIPE, if it were wrong. */
static void test_a_full_or_closed_log_is_no_obstacle(void **state)
{
	(void)state;
	for (int i = 0; i < 5000; i++)
		log_event(LOG_INFO, "flood", LOG_C("text", "some words to fill the pipe with"));
	while (read(ends[0], line, sizeof line) > 0)
		;
	int sockets[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	log_configure(LOG_INFO, sockets[0]);
	for (int i = 0; i < 5000; i++)
		log_event(LOG_INFO, "flood", LOG_C("text", "some words to fill the socket with"));
	close(sockets[1]);
	log_event(LOG_INFO, "nobody listens");
	close(sockets[0]);
	log_event(LOG_INFO, "no descriptor");
	log_configure(LOG_INFO, ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line),
		cmocka_unit_test(test_the_threshold),
		cmocka_unit_test(test_bytes_that_are_no_text),
		cmocka_unit_test(test_long_lines_stay_whole),
		cmocka_unit_test(test_a_full_or_closed_log_is_no_obstacle),
	};
	return cmocka_run_group_tests_name("base/log", tests, setup, teardown);
}
