/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP reader as a table: bytes in, outcome out. An outcome is what was understood, written as text: each request
 * as "METHOD path [name=value]... (body) flags", then "more" where bytes are missing, or the status of the refusal
 * ("noise": closed without an answer). Every row is read at once, byte by byte and cut at random: the outcome must be
 * the same. Names starting with F are rows of the catalogue of faults.
 */
#include "config.h"

#include "api/http_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define H "Host: a\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\n" H "\r\n"
#define CHUNKED(body) "POST /a HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n" body
#define WITH(fields) "POST /a HTTP/1.1\r\n" H fields "\r\n"

static const struct http_limits limits = {.head_bytes = 16384, .header_count = 64, .body_bytes = 1000};

/* The input is bytes, then unit repeated, then after. */
struct row {
	const char *name;
	struct str bytes;
	const char *outcome;
	struct str unit;
	size_t times;
	struct str after;
};
#define ROW(name, bytes, outcome) \
	{ \
		name, STR_INIT(bytes), outcome, {NULL, 0}, 0, \
		{ \
			NULL, 0 \
		} \
	}
#define LONG(name, bytes, unit, times, after, outcome) \
	{ \
		name, STR_INIT(bytes), outcome, STR_INIT(unit), times, STR_INIT(after) \
	}

static const struct row rows[] = {
	/* plain sailing */
	ROW("simple", GET("/v1/tasks"), "GET /v1/tasks ()"),
	ROW("fields are trimmed and lower-cased", "GET / HTTP/1.1\r\n" H "X-A:  b c\t \r\nIf-Match: \"1\"\r\n\r\n",
		"GET / ()"),
	ROW("body", WITH("Content-Length: 3\r\n") "abc", "POST /a (abc)"),
	ROW("empty body", WITH("Content-Length: 0\r\n"), "POST /a ()"),
	ROW("leading zeros in a length", WITH("Content-Length: 003\r\n") "abc", "POST /a (abc)"),
	ROW("chunks", CHUNKED("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), "POST /a (abc0123456789)"),
	ROW("chunk size with zeros", CHUNKED("0003\r\nabc\r\n00\r\n\r\n"), "POST /a (abc)"),
	ROW("two requests", GET("/1") GET("/2"), "GET /1 () GET /2 ()"),
	ROW("body, then a request", WITH("Content-Length: 1\r\n") "x" GET("/2"), "POST /a (x) GET /2 ()"),
	ROW("chunks, then a request", CHUNKED("1\r\nx\r\n0\r\n\r\n") GET("/2"), "POST /a (x) GET /2 ()"),
	ROW("all methods",
		"PUT / HTTP/1.1\r\n" H "\r\nPATCH / HTTP/1.1\r\n" H "\r\nDELETE / HTTP/1.1\r\n" H "\r\n"
		"OPTIONS * HTTP/1.1\r\n" H "\r\nHEAD / HTTP/1.1\r\n" H "\r\n",
		"PUT / () PATCH / () DELETE / () OPTIONS * () HEAD / ()"),
	ROW("close", "GET / HTTP/1.1\r\n" H "Connection: x, Close\r\n\r\n", "GET / () close"),
	ROW("HTTP/1.0 closes and needs no Host", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / () close"),
	ROW("half a request line", "GET /", "more"),
	ROW("half a head", "GET / HTTP/1.1\r\nHost: a\r\n\r", "more"),
	ROW("half a body", WITH("Content-Length: 3\r\n") "ab", "more"),

	/* Host */
	ROW("F01 no Host", "GET / HTTP/1.1\r\n\r\n", "400"),
	ROW("F02 two Host", "GET / HTTP/1.1\r\n" H H "\r\n", "400"),
	ROW("empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "400"),
	ROW("Host with user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "400"),
	ROW("Host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"),
	ROW("Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400"),
	ROW("Host with port", "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", "GET / ()"),

	/* framing */
	ROW("F03 length and chunked", WITH("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n", "400"),
	ROW("F03 chunked and length", WITH("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n") "0\r\n\r\n", "400"),
	ROW("F04 gzip, chunked", WITH("Transfer-Encoding: gzip, chunked\r\n"), "400"),
	ROW("F05 xchunked", WITH("Transfer-Encoding: xchunked\r\n"), "400"),
	ROW("F05 VT before chunked",
		WITH("Transfer-Encoding: \x0b"
			 "chunked\r\n"),
		"400"),
	ROW("F05 two Transfer-Encoding", WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "400"),
	ROW("F05 identity", WITH("Transfer-Encoding: identity\r\n"), "400"),
	ROW("chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
	ROW("F06 two lengths", WITH("Content-Length: 3\r\nContent-Length: 4\r\n") "abc", "400"),
	ROW("F07 two equal lengths", WITH("Content-Length: 3\r\nContent-Length: 3\r\n") "abc", "400"),
	ROW("F08 +3", WITH("Content-Length: +3\r\n") "abc", "400"),
	ROW("F09 -1", WITH("Content-Length: -1\r\n"), "400"),
	ROW("F09 3,3", WITH("Content-Length: 3,3\r\n"), "400"),
	ROW("F09 0x3", WITH("Content-Length: 0x3\r\n"), "400"),
	ROW("F09 empty", WITH("Content-Length: \r\n"), "400"),
	ROW("F09 3 3", WITH("Content-Length: 3 3\r\n"), "400"),
	ROW("F10 2^64+3", WITH("Content-Length: 18446744073709551619\r\n"), "413"),
	ROW("F10 10^30", WITH("Content-Length: 1000000000000000000000000000000\r\n"), "413"),
	ROW("F48 100 GB", WITH("Content-Length: 107374182400\r\n"), "413"),
	ROW("one byte too much", WITH("Content-Length: 1001\r\n"), "413"),
	ROW("F11 space before the colon", WITH("Content-Length : 3\r\n") "abc", "400"),
	ROW("F12 chunk 0x3", CHUNKED("0x3\r\nabc\r\n0\r\n\r\n"), "400"),
	ROW("F13 chunk +3", CHUNKED("+3\r\nabc\r\n"), "400"),
	ROW("F13 chunk with space", CHUNKED(" 3\r\nabc\r\n"), "400"),
	ROW("F13 chunk with space behind", CHUNKED("3 \r\nabc\r\n"), "400"),
	ROW("F13 chunk -0", CHUNKED("-0\r\n\r\n"), "400"),
	ROW("F13 chunk 3_", CHUNKED("3_\r\nabc\r\n"), "400"),
	ROW("F13 chunk empty", CHUNKED("\r\nabc\r\n"), "400"),
	ROW("F14 extension", CHUNKED("3;x=y\r\nabc\r\n0;z\r\n\r\n"), "POST /a (abc)"),
	LONG("F14 long extension", CHUNKED("3;"), "x", 256, "\r\nabc\r\n0\r\n\r\n", "400"),
	LONG("F14 longest extension", CHUNKED("3;"), "x", 255, "\r\nabc\r\n0\r\n\r\n", "POST /a (abc)"),
	LONG("F14 many extensions", CHUNKED(""), "1;xxxxxxxxxx\r\na\r\n", 24, "0\r\n\r\n", "400"),
	LONG("F14 endless chunk line", CHUNKED(""), "0", 300, "", "400"),
	ROW("F15 17 digits", CHUNKED("ffffffffffffffff3\r\n"), "400"),
	ROW("F15 16 digits", CHUNKED("ffffffffffffffff\r\n"), "413"),
	ROW("F15 sum of chunks", CHUNKED("1\r\na\r\n3e8\r\n"), "413"),
	ROW("F15 sum that wraps", CHUNKED("1\r\na\r\nffffffffffffffff\r\n"), "413"),
	ROW("F16 chunk longer than its size", CHUNKED("3\r\nabcd\r\n"), "400"),
	ROW("F16 chunk shorter than its size", CHUNKED("5\r\nabc\r\n0\r\n\r\n"), "400"),
	ROW("F17 chunk size with LF", CHUNKED("3\nabc\r\n0\r\n\r\n"), "400"),
	ROW("F17 chunk data with LF", CHUNKED("3\r\nabc\n0\r\n\r\n"), "400"),
	ROW("F17 LF in an extension", CHUNKED("3;a\nb\r\nabc\r\n"), "400"),
	ROW("F17 last chunk with LF", CHUNKED("0\n\n"), "400"),
	ROW("F18 trailers are dropped", CHUNKED("1\r\nx\r\n0\r\nAuthorization: b\r\nContent-Length: 9\r\n\r\n"),
		"POST /a (x)"),
	ROW("F18 broken trailer", CHUNKED("0\r\nno colon\r\n\r\n"), "400"),
	LONG("F18 too many trailers", CHUNKED("0\r\n"), "a: b\r\n", 65, "\r\n", "431"),
	LONG("F18 long trailer", CHUNKED("0\r\nA: "), "b", 1100, "\r\n\r\n", "431"),

	/* fields */
	ROW("F19 empty name", WITH(": a\r\n"), "400"),
	ROW("F20 obs-fold", WITH("A: b\r\n c\r\n"), "400"),
	ROW("F20 fold before any field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"),
	ROW("F21 bare CR in value", WITH("A: b\rc\r\n"), "400"),
	ROW("F21 CR CR LF", WITH("A: b\r\r\n"), "400"),
	ROW("F22 NUL in value", WITH("A: b\0c\r\n"), "400"),
	ROW("DEL in value", WITH("A: b\x7f\r\n"), "400"),
	ROW("F23 NUL in name", WITH("A\0B: c\r\n"), "400"),
	ROW("F23 space in name", WITH("A B: c\r\n"), "400"),
	ROW("F23 bracket in name", WITH("A(B: c\r\n"), "400"),
	ROW("F23 UTF-8 in name", WITH("\xc3\xa4: c\r\n"), "400"),
	ROW("UTF-8 in value", WITH("A: \xc3\xa4\r\n"), "POST /a ()"),
	ROW("F24 no colon", WITH("A\r\n"), "400"),
	ROW("F25 LF only", "GET / HTTP/1.1\nHost: a\n\n", "400"),
	ROW("F25 LF in the head", "GET / HTTP/1.1\r\nHost: a\n\r\n", "400"),
	ROW("two Authorization", WITH("Authorization: a\r\nAUTHORIZATION: a\r\n"), "400"),
	ROW("two Content-Type", WITH("Content-Type: a/b\r\nContent-Type: a/b\r\n"), "400"),
	ROW("two If-Match", WITH("If-Match: a\r\nIf-Match: a\r\n"), "400"),
	ROW("two Idempotency-Key", WITH("Idempotency-Key: a\r\nIdempotency-Key: a\r\n"), "400"),
	ROW("two traceparent", WITH("traceparent: a\r\ntraceparent: a\r\n"), "400"),
	ROW("two of another kind", WITH("Accept: a\r\nAccept: b\r\n"), "POST /a ()"),

	/* version and method */
	ROW("F26 HTTP/0.9", "GET /\r\n", "400"),
	ROW("F26 HTTP/2.0", "GET / HTTP/2.0\r\n", "505"),
	ROW("F26 h2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"),
	ROW("F27 HTTP/1.1234", "GET / HTTP/1.1234\r\n", "400"),
	ROW("F27 HTTP/1.2", "GET / HTTP/1.2\r\n", "505"),
	ROW("F27 large version", "GET / HTTP/4294967297.1\r\n", "400"),
	ROW("F27 negative version", "GET / HTTP/1.-46\r\n", "400"),
	ROW("F27 lower case", "GET / http/1.1\r\n", "400"),
	ROW("F27 word behind", "GET / HTTP/1.1 x\r\n", "400"),
	ROW("F27 space behind", "GET / HTTP/1.1 \r\n", "400"),
	ROW("two spaces", "GET  / HTTP/1.1\r\n", "400"),
	ROW("space before", " GET / HTTP/1.1\r\n", "400"),
	ROW("TAB between", "GET\t/\tHTTP/1.1\r\n", "400"),
	ROW("F28 unknown method", "BREW / HTTP/1.1\r\n", "501"),
	ROW("F28 lower case", "get / HTTP/1.1\r\n", "501"),
	LONG("F28 10 kB method", "", "A", 10240, " / HTTP/1.1\r\n", "501"),
	LONG("F28 endless method", "", "A", 20480, "", "501"),
	ROW("F29 TRACE", "TRACE / HTTP/1.1\r\n", "405"),
	ROW("F29 CONNECT", "CONNECT a:443 HTTP/1.1\r\n", "405"),

	/* target */
	ROW("F30 absolute", GET("http://evil/x"), "400"),
	ROW("F30 two slashes", GET("//evil/x"), "400"),
	ROW("F30 authority", GET("evil:80"), "400"),
	ROW("F30 asterisk", GET("*"), "400"),
	ROW("F31 NUL", GET("/a%00b"), "400"),
	ROW("F31 control", GET("/a%0ab"), "400"),
	ROW("F31 DEL", GET("/a%7f"), "400"),
	ROW("F31 C1", GET("/%c2%85"), "400"),
	ROW("F31 dots", GET("/a/../b"), "400"),
	ROW("F31 dot", GET("/a/./b"), "400"),
	ROW("F31 last dots", GET("/a/.."), "400"),
	ROW("F31 encoded dots", GET("/a/%2e%2e/b"), "400"),
	ROW("F31 encoded dots and slash", GET("/a/%2e%2e%2fb"), "400"),
	ROW("F31 three dots are a name", GET("/a/...."), "GET /a/.... ()"),
	ROW("F31 encoded slash", GET("/a%2Fb"), "400"),
	ROW("F31 encoded backslash", GET("/a%5cb"), "400"),
	ROW("F31 backslash", GET("/a\\b"), "400"),
	ROW("F31 dots and parameter", GET("/a/..;/b"), "400"),
	ROW("F31 parameter", GET("/a;b=c"), "400"),
	ROW("F31 encoded semicolon is text", GET("/a%3bb"), "GET /a;b ()"),
	ROW("F31 decoded once", GET("/a%252e"), "GET /a%2e ()"),
	ROW("F31 overlong", GET("/%c0%af"), "400"),
	ROW("F31 surrogate", GET("/%ed%a0%80"), "400"),
	ROW("F31 raw UTF-8", GET("/\xc3\xa4"), "400"),
	ROW("F31 UTF-8", GET("/%E8%B4%AD"), "GET /\xe8\xb4\xad ()"),
	ROW("F31 space", GET("/a b"), "400"),
	ROW("F31 broken escape", GET("/a%2"), "400"),
	ROW("F31 escape that is none", GET("/a%zz"), "400"),
	ROW("F31 empty segment", GET("/a//b"), "400"),
	ROW("F31 last segment empty", GET("/a/"), "400"),
	ROW("F31 fragment", GET("/a#b"), "400"),
	ROW("query", GET("/a?b=c&d=&e&f=%3d%26+%2B"), "GET /a [b=c] [d=] [e=] [f==& +] ()"),
	ROW("query with a second mark", GET("/a?b=?/:@c=d"), "GET /a [b=?/:@c=d] ()"),
	ROW("empty query", GET("/a?"), "GET /a ()"),
	ROW("empty parameters", GET("/a?&b=c&&"), "GET /a [b=c] ()"),
	ROW("F32 duplicate", GET("/a?b=c&b=d"), "400"),
	ROW("F32 duplicate, encoded", GET("/a?b=c&%62=d"), "400"),
	ROW("F32 brackets are text", GET("/a?b[]=c"), "GET /a [b[]=c] ()"),
	ROW("query without a name", GET("/a?=c"), "400"),
	ROW("query with NUL", GET("/a?b=%00"), "400"),
	ROW("query that is no UTF-8", GET("/a?b=%ff"), "400"),
	ROW("query with broken escape", GET("/a?b=%f"), "400"),
	LONG("F32 10,000 parameters", "GET /a?a", "&a", 5000, " HTTP/1.1\r\n" H "\r\n", "400"),

	/* bodies and expectations */
	ROW("F33 GET with body", "GET /a HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc" GET("/b"), "GET /a () GET /b ()"),
	ROW("F33 GET with chunks", "GET /a HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		"GET /a ()"),
	ROW("F33 GET with too much", "GET /a HTTP/1.1\r\n" H "Content-Length: 1001\r\n\r\n", "413"),
	ROW("F33 DELETE with body", "DELETE /a HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\n{}", "DELETE /a ({})"),
	ROW("F35 expect", WITH("Expect: 100-Continue\r\nContent-Length: 1\r\n") "x", "POST /a (x) 100"),
	ROW("F35 expect without body", WITH("Expect: 100-continue\r\n"), "POST /a ()"),
	ROW("F35 expect too much", WITH("Expect: 100-continue\r\nContent-Length: 1001\r\n"), "413"),
	ROW("F35 expect other", WITH("Expect: foo\r\n"), "417"),
	ROW("F36 gzip", WITH("Content-Encoding: gzip\r\nContent-Length: 1\r\n"), "415"),
	ROW("F36 identity", WITH("Content-Encoding: identity\r\n"), "POST /a ()"),
	ROW("F38 upgrade is ignored", WITH("Upgrade: websocket\r\nConnection: Upgrade\r\n"), "POST /a ()"),
	ROW("F39 one empty line before", "\r\n" GET("/a"), "GET /a ()"),
	ROW("F39 two empty lines before", "\r\n\r\n" GET("/a"), "400"),
	ROW("F39 empty line between", GET("/a") "\r\n" GET("/b"), "GET /a () GET /b ()"),
	ROW("F40 TLS hello", "\x16\x03\x01\x02\x00\x01", "noise"),
	ROW("F40 binary", "\xff\xfe\x00\x01", "noise"),
	ROW("F40 NUL", "\0", "noise"),
	ROW("F40 binary after a request", GET("/a") "\x16\x03", "GET /a () noise"),
	ROW("LF first", "\nGET / HTTP/1.1\r\n", "400"),

	/* caps */
	LONG("F41 20 KiB field", "GET / HTTP/1.1\r\nA: ", "b", 20480, "\r\n\r\n", "431"),
	LONG("F41 20 KiB target", "GET /", "b", 20480, " HTTP/1.1\r\n" H "\r\n", "414"),
	LONG("F42 64 fields", "GET / HTTP/1.1\r\n" H, "a: b\r\n", 63, "\r\n", "GET / ()"),
	LONG("F42 65 fields", "GET / HTTP/1.1\r\n" H, "a: b\r\n", 64, "\r\n", "431"),
	LONG("F42 10,000 fields", "GET / HTTP/1.1\r\n" H, "a: b\r\n", 10000, "\r\n", "431"),
	LONG("F42 16 KiB of fields", "GET / HTTP/1.1\r\n" H,
		"abcdefgh: 0123456789012345678901234567890123456789012345678901"
		"23456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901"
		"234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r"
        "\n",
		62, "\r\n", "431"),
	LONG("largest body", WITH("Content-Length: 1000\r\n"), "x", 1000, "", "POST /a (1000)"),
	ROW("F50 nothing is read after a refusal", "GET /a b HTTP/1.1\r\n" H "\r\n" GET("/b"), "400"),
};

/* ---- running a row ---- */

struct run {
	struct http_reader reader;
	struct http_message message;
	struct buf outcome;
	bool head_seen;
	bool stopped;
};

static void run_begin(struct run *run)
{
	http_message_reset(&run->message);
	http_reader_begin(&run->reader, &limits, &run->message);
	run->head_seen = false;
}

static void run_note_message(struct run *run)
{
	const struct http_message *message = &run->message;
	buf_printf(&run->outcome, "%s%s %.*s", run->outcome.len ? " " : "", http_method_name(message->method),
		STR_ARG(message->path));
	for (size_t i = 0; i < message->query_count; i++)
		buf_printf(
			&run->outcome, " [%.*s=%.*s]", STR_ARG(message->queries[i].name), STR_ARG(message->queries[i].value));
	struct str body = buf_str(&message->body);
	if (body.len > 100)
		buf_printf(&run->outcome, " (%zu)", body.len);
	else
		buf_printf(&run->outcome, " (%.*s)", STR_ARG(body));
	buf_add_c(&run->outcome, message->expects_continue ? " 100" : "");
	buf_add_c(&run->outcome, message->keep_alive ? "" : " close");
}

static void run_note_refusal(struct run *run)
{
	buf_add_c(&run->outcome, run->outcome.len ? " " : "");
	assert_false(run->message.keep_alive);
	assert_non_null(run->reader.detail);
	if (run->reader.code == ERR_NONE)
		buf_add_c(&run->outcome, "noise");
	else
		buf_printf(&run->outcome, "%d", err_status(run->reader.code));
}

static void run_feed(struct run *run, struct str input)
{
	while (input.len > 0 && !run->stopped) {
		switch (http_reader_feed(&run->reader, &input)) {
		case HTTP_EVENT_MORE:
			assert_int_equal(input.len, 0);
			break;
		case HTTP_EVENT_HEAD:
			assert_false(run->head_seen);
			assert_true(http_reader_in_body(&run->reader));
			run->head_seen = true;
			break;
		case HTTP_EVENT_COMPLETE:
			run_note_message(run);
			run_begin(run);
			break;
		case HTTP_EVENT_REFUSED:
			run_note_refusal(run);
			run->stopped = true;
			break;
		}
	}
}

static void run_end(struct run *run)
{
	bool waiting = !run->stopped && (run->reader.head_used > 0 || run->reader.line_len > 0);
	if (waiting)
		buf_add_c(&run->outcome, run->outcome.len ? " more" : "more");
	buf_add_char(&run->outcome, '\0');
}

/* Feeds input in pieces of 1..most bytes (most 0: in one piece), each from its own allocation. */
static void check_row(const char *name, struct str input, const char *expected, size_t most)
{
	struct run run = {0};
	http_message_init(&run.message, &limits);
	buf_init(&run.outcome, 65536);
	run_begin(&run);
	while (input.len > 0) {
		size_t n = most == 0 ? input.len : most == 1 ? 1 : 1 + (size_t)rand() % most;
		struct str piece = str_slice(input, 0, n);
		char *copy = test_malloc(piece.len);
		memcpy(copy, piece.ptr, piece.len);
		run_feed(&run, (struct str){copy, piece.len});
		test_free(copy);
		input = str_slice(input, piece.len, input.len);
	}
	run_end(&run);
	if (strcmp(run.outcome.ptr, expected) != 0)
		fail_msg("%s (pieces of %zu): got \"%s\", expected \"%s\"", name, most, run.outcome.ptr, expected);
	buf_free(&run.outcome);
	http_message_fini(&run.message);
}

static void row_input(const struct row *row, struct buf *input)
{
	buf_init(input, 1 << 20);
	buf_add_str(input, row->bytes);
	for (size_t i = 0; i < row->times; i++)
		buf_add_str(input, row->unit);
	buf_add_str(input, row->after);
	assert_false(input->overflow);
}

static void test_rows(void **state)
{
	static const size_t pieces[] = {0, 1, 2, 3, 7, 40, 40, 400};
	(void)state;
	srand(1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf input;
		row_input(&rows[i], &input);
		for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++)
			check_row(rows[i].name, buf_str(&input), rows[i].outcome, pieces[j]);
		buf_free(&input);
	}
}

static void test_fields_are_as_sent(void **state)
{
	struct str input = STR("GET / HTTP/1.1\r\nHost: a\r\nX-Name: \t b  c \r\nEmpty:\r\n\r\n");
	struct http_message message;
	struct http_reader reader;
	(void)state;
	http_message_init(&message, &limits);
	http_reader_begin(&reader, &limits, &message);
	assert_int_equal(http_reader_feed(&reader, &input), HTTP_EVENT_COMPLETE);
	assert_int_equal(message.field_count, 3);
	assert_true(str_equal_c(message.fields[1].name, "x-name"));
	assert_true(str_equal_c(message.fields[1].value, "b  c"));
	assert_true(str_equal_c(message.fields[2].name, "empty"));
	assert_int_equal(message.fields[2].value.len, 0);
	http_message_fini(&message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_fields_are_as_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
