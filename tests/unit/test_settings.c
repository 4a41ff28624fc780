/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings: what each source may say, which one wins, and what is refused with which words.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/settings.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define SECOND INT64_C(1000000)
#define WORDS_MAX 6

static char file_name[64];

static void write_file(const char *text, size_t len)
{
	FILE *file = fopen(file_name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Loads from words up to a NULL. */
static bool load(struct settings *s, const char *const *words, struct err *err)
{
	char *argv[WORDS_MAX + 1] = {NULL};
	int argc = 0;

	memset(err, 0, sizeof *err);
	for (; argc < WORDS_MAX && words[argc]; argc++)
		argv[argc] = strdup(words[argc]);
	bool ok = settings_load(s, argc, argv, err);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return ok;
}

static void test_defaults(void **state)
{
	struct settings s;
	struct err err;

	(void)state;
	assert_true(load(&s, (const char *const[]){NULL}, &err));
	assert_string_equal(s.listen_host, "127.0.0.1");
	assert_int_equal(s.listen_port, 8443);
	assert_false(s.port_search);
	assert_false(s.insecure_http);
	assert_null(s.tls_certificate);
	assert_null(s.database);
	assert_null(s.jwt_issuer);
	assert_string_equal(s.jwt_claim_groups, "groups");
	assert_int_equal(s.jwt_leeway, 60 * SECOND);
	assert_int_equal(s.max_body, 8 << 20);
	assert_int_equal(s.max_diagram, 4 << 20);
	assert_int_equal(s.max_head, 16 << 10);
	assert_int_equal(s.idempotency_ttl, 24 * 3600 * SECOND);
	assert_int_equal(s.log_level, LOG_INFO);
	settings_free(&s);
	assert_null(s.listen_host);
}

static const struct arguments_row {
	const char *name;
	const char *words[WORDS_MAX];
	const char *message; /* NULL: good */
} arguments_rows[] = {
	{.name = "two words", .words = {"--listen-port", "9000"}},
	{.name = "one word", .words = {"--listen-port=9000"}},
	{.name = "value with =", .words = {"--database=host=/tmp dbname=x"}},
	{.name = "switch", .words = {"--insecure-http", "--port-search"}},
	{.name = "switch with a value", .words = {"--insecure-http", "false", "--port-search=true"}},
	{.name = "twice", .words = {"--workers=2", "--workers=1"}},
	{.name = "empty is unset", .words = {"--jwt-issuer="}},
	{.name = "size in bytes", .words = {"--max-head=2048"}},
	{.name = "size with a blank", .words = {"--max-head", "2 KiB"}},
	{.name = "loopback 127.8.8.8", .words = {"--insecure-http", "--listen-host=127.8.8.8"}},
	{.name = "loopback ::1", .words = {"--insecure-http", "--listen-host=::1"}},
	{.name = "TLS on any address", .words = {"--listen-host=0.0.0.0"}},

	{.name = "each is checked", .words = {"--workers=99", "--workers=1"}, .message = "--workers is out of range"},
	{.name = "unknown", .words = {"--listen-prot=1"}, .message = "--listen-prot is not an option"},
	{.name = "underscore", .words = {"--listen_port=1"}, .message = "--listen_port is not an option"},
	{.name = "one dash", .words = {"-listen-port=1"}, .message = "-listen-port is not an option"},
	{.name = "stray word", .words = {"start"}, .message = "start is not an option"},
	{.name = "only dashes", .words = {"--"}, .message = "-- is not an option"},
	{.name = "empty word", .words = {""}, .message = "is not an option"},
	{.name = "no value", .words = {"--listen-port"}, .message = "--listen-port needs a value"},
	{.name = "no number", .words = {"--listen-port=http"}, .message = "--listen-port is not a number"},
	{.name = "empty number", .words = {"--listen-port="}, .message = "is not a number"},
	{.name = "trailing garbage", .words = {"--listen-port=80x"}, .message = "is not a number"},
	{.name = "too large", .words = {"--listen-port=65536"}, .message = "is out of range"},
	{.name = "negative", .words = {"--workers=-1"}, .message = "is out of range"},
	{.name = "65 workers", .words = {"--workers=65"}, .message = "is out of range"},
	{.name = "beyond int64", .words = {"--workers=99999999999999999999"}, .message = "is not a number"},
	{.name = "no bool", .words = {"--port-search=yes"}, .message = "neither true nor false"},
	{.name = "no duration", .words = {"--drain-time=10s"}, .message = "is not a duration"},
	{.name = "negative duration", .words = {"--drain-time=-PT1S"}, .message = "is not a duration"},
	{.name = "long duration", .words = {"--drain-time=P1D"}, .message = "is out of range"},
	{.name = "no size", .words = {"--max-body=big"}, .message = "is not a size"},
	{.name = "size of another scale", .words = {"--max-body=1TB"}, .message = "is not a size"},
	{.name = "negative size", .words = {"--max-body=-1"}, .message = "is not a size"},
	{.name = "size beyond int64", .words = {"--max-body=9999999999GiB"}, .message = "is out of range"},
	{.name = "no level", .words = {"--log-level=loud"}, .message = "is none of"},
	{.name = "not UTF-8", .words = {"--database=\xff"}, .message = "is not UTF-8"},

	{.name = "plain HTTP for all", .words = {"--insecure-http", "--listen-host=0.0.0.0"}, .message = "loopback"},
	{.name = "plain HTTP on a name", .words = {"--insecure-http", "--listen-host=127.example"}, .message = "loopback"},
	{.name = "no host", .words = {"--listen-host="}, .message = "listen-host is empty"},
	{.name = "certificate alone", .words = {"--tls-certificate=a"}, .message = "go together"},
	{.name = "diagram over body", .words = {"--max-body=1MiB"}, .message = "max-diagram is larger"},
	{.name = "claim without a name", .words = {"--jwt-claim-roles="}, .message = "need a name"},
	{.name = "absent file", .words = {"--config=/nonexistent/x"}, .message = "/nonexistent/x: No such file"},
};

static void test_arguments(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(arguments_rows); i++) {
		const struct arguments_row *row = &arguments_rows[i];
		struct settings s;
		struct err err;
		bool ok = load(&s, row->words, &err);
		if (ok != !row->message)
			fail_msg("%s: %s", row->name, ok ? "was taken" : err.message);
		if (row->message && (err.code != ERR_INVALID || !strstr(err.message, row->message)))
			fail_msg("%s: says \"%s\"", row->name, err.message);
		settings_free(&s);
	}
}

#define FILE_TEXT(literal) .text = (literal), .len = sizeof(literal) - 1

static const struct file_row {
	const char *name;
	const char *text;
	size_t len;
	const char *message; /* NULL: good */
	int line;
} file_rows[] = {
	{.name = "empty", FILE_TEXT("")},
	{.name = "comments and blanks", FILE_TEXT("# a\n\n   # b\n\t\n")},
	{.name = "CRLF", FILE_TEXT("workers = 3\r\nlisten-port=1\r\n")},
	{.name = "no newline at the end", FILE_TEXT("workers=3")},
	{.name = "value with # and =", FILE_TEXT("database = host=/tmp password=a#b\n")},
	{.name = "empty value", FILE_TEXT("jwt-issuer =\n")},

	{.name = "unknown", FILE_TEXT("workers = 1\nworker = 2\n"), .message = ":2: no setting of that name", .line = 2},
	{.name = "twice", FILE_TEXT("workers = 1\n\nworkers = 1\n"), .message = ":3: set a second time", .line = 3},
	{.name = "no equals sign", FILE_TEXT("workers 1\n"), .message = ":1: neither", .line = 1},
	{.name = "no name", FILE_TEXT("= 1\n"), .message = ":1: no setting", .line = 1},
	{.name = "section", FILE_TEXT("\n[server]\n"), .message = ":2: neither", .line = 2},
	{.name = "bad value", FILE_TEXT("#\nworkers = many\n"), .message = ":2: workers is not a number", .line = 2},
	{.name = "file in a file", FILE_TEXT("config = /etc/x\n"), .message = ":1: no setting", .line = 1},
	{.name = "NUL", FILE_TEXT("workers = 1\0\n"), .message = ":1: not UTF-8", .line = 1},
	{.name = "binary",
		FILE_TEXT("\x7f"
				  "ELF\xff\n"),
		.message = ":1: not UTF-8",
		.line = 1},
};

static void test_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(file_rows); i++) {
		const struct file_row *row = &file_rows[i];
		struct settings s;
		struct err err;
		write_file(row->text, row->len);
		bool ok = load(&s, (const char *const[]){"--config", file_name, NULL}, &err);
		if (ok != !row->message)
			fail_msg("%s: %s", row->name, ok ? "was taken" : err.message);
		if (row->message && (err.line != row->line || !strstr(err.message, row->message)))
			fail_msg("%s: says \"%s\", line %d", row->name, err.message, err.line);
		settings_free(&s);
	}
}

static void test_file_too_large(void **state)
{
	static char text[65537];
	struct settings s;
	struct err err;

	(void)state;
	memset(text, '\n', sizeof text);
	write_file(text, sizeof text - 1);
	assert_true(load(&s, (const char *const[]){"--config", file_name, NULL}, &err));
	settings_free(&s);
	write_file(text, sizeof text);
	assert_false(load(&s, (const char *const[]){"--config", file_name, NULL}, &err));
	assert_non_null(strstr(err.message, "larger than 65536 bytes"));
	settings_free(&s);
}

/* Default < file < environment < command line, each seen where no later one speaks. */
static void test_order(void **state)
{
	static const char text[] = "queue-limit = 1\nbatch-limit = 1\nconnections = 1\njwt-issuer = file\n";
	struct settings s;
	struct err err;

	(void)state;
	write_file(text, sizeof text - 1);
	setenv("BPMND_CONFIG", file_name, 1);
	setenv("BPMND_BATCH_LIMIT", "2", 1);
	setenv("BPMND_CONNECTIONS", "2", 1);
	setenv("BPMND_JWT_ISSUER", "", 1);
	setenv("BPMND_PORT_8443_TCP", "tcp://10.0.0.1", 1); /* made by a container platform: not ours */
	bool ok = load(&s, (const char *const[]){"--connections", "3", NULL}, &err);
	unsetenv("BPMND_CONFIG");
	unsetenv("BPMND_BATCH_LIMIT");
	unsetenv("BPMND_CONNECTIONS");
	unsetenv("BPMND_JWT_ISSUER");
	unsetenv("BPMND_PORT_8443_TCP");
	assert_true(ok);
	assert_int_equal(s.scope_depth, 1000);
	assert_int_equal(s.queue_limit, 1);
	assert_int_equal(s.batch_limit, 2);
	assert_int_equal(s.connections, 3);
	assert_null(s.jwt_issuer);
	assert_string_equal(s.config, file_name);
	settings_free(&s);
}

static void test_environment_refused(void **state)
{
	struct settings s;
	struct err err;

	(void)state;
	setenv("BPMND_LISTEN_PORT", "x", 1);
	bool ok = load(&s, (const char *const[]){NULL}, &err);
	unsetenv("BPMND_LISTEN_PORT");
	assert_false(ok);
	assert_string_equal(err.message, "BPMND_LISTEN_PORT is not a number");
	settings_free(&s);
}

/* A refused value is never repeated: it could be a password in the wrong place. */
static void test_no_secret_in_messages(void **state)
{
	struct settings s;
	struct err err;

	(void)state;
	assert_false(load(&s, (const char *const[]){"--listen-port=hunter2", NULL}, &err));
	assert_null(strstr(err.message, "hunter2"));
	settings_free(&s);
}

static char *printed(void (*print)(FILE *out), size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	print(out);
	fclose(out);
	return text;
}

static void test_help(void **state)
{
	size_t len;
	char *text = printed(settings_print_help, &len);

	(void)state;
	assert_non_null(strstr(text, "--listen-port NUMBER\n"));
	assert_non_null(strstr(text, "0 to 65535; default 8443; BPMND_LISTEN_PORT\n"));
	assert_non_null(strstr(text, "1KiB to 1GiB; default 8MiB; BPMND_MAX_BODY\n"));
	assert_non_null(strstr(text, "PT0S to PT1H; default PT60S; SIGHUP reloads it; BPMND_JWT_LEEWAY\n"));
	assert_non_null(strstr(text, "0 to 64 threads; default 0; BPMND_WORKERS\n"));
	free(text);
}

/* The sample is a settings file, and with its settings uncommented it says what the defaults say. */
static void test_sample(void **state)
{
	size_t len;
	char *text = printed(settings_print_sample, &len);
	struct settings s;
	struct err err;

	(void)state;
	write_file(text, len);
	assert_true(load(&s, (const char *const[]){"--config", file_name, NULL}, &err));
	settings_free(&s);
	for (char *c = text; (c = strstr(c, "\n#")); c++)
		if (c[2] != ' ')
			c[1] = ' ';
	write_file(text, len);
	if (!load(&s, (const char *const[]){"--config", file_name, NULL}, &err))
		fail_msg("%s", err.message);
	assert_int_equal(s.max_body, 8 << 20);
	assert_string_equal(s.jwt_claim_tenant, "tenant");
	settings_free(&s);
	free(text);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(file_name, "/tmp/test_settings.XXXXXX");
	int fd = mkstemp(file_name);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(file_name);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_too_large),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_environment_refused),
		cmocka_unit_test(test_no_secret_in_messages),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
