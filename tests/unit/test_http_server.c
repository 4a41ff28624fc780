/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP server over real sockets, plain and TLS: order of answers, deadlines, caps, clients that go away, drain.
 * The server runs in a thread of its own; what it does with a request is in its path. Only the deadline that a test is
 * about is short: the machine may stand still between any two lines. Names with E and F are rows of the catalogue of
 * faults.
 */
#include "config.h"

#include "api/http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/log.h"

#define HELD_MAX 64
#define PATIENCE_SECONDS 60
#define LONG INT64_C(300000000)
#define SHORT INT64_C(700000)
#define IN_TIME INT64_C(600000) /* less than SHORT has passed */
#define SOON INT64_C(30000000)  /* long before LONG */
#define BIG_BYTES (32 << 20)
#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(path, length) "POST " path " HTTP/1.1\r\nHost: a\r\nContent-Length: " length "\r\n\r\n"

/* ---- the server's side ---- */

struct fixture {
	struct event_base *base;
	struct http_server *server;
	struct http_tls *tls;
	pthread_t thread;
	int wake[2];
	struct http_request *held[HELD_MAX];
	size_t held_count;
	atomic_int heads;
	atomic_int requests;
	atomic_int holds;
	atomic_int aborts;
	atomic_int open; /* connections, as of the last tick */
	atomic_int most; /* ... of all ticks */
	char *big;
};

static char directory[] = "/tmp/test-http-XXXXXX";
static char certificate[64], key[64];

static void answer(struct http_request *request, struct str body)
{
	http_respond(request, &(struct http_response){.status = 200, .content_type = "text/plain", .body = body});
}

static void on_echo(struct fixture *f, struct http_request *request)
{
	(void)f;
	bool found;
	struct str name = http_request_query(request, STR("name"), &found);
	answer(request,
		arena_printf(http_request_arena(request), "%s %.*s<%.*s>", http_method_name(http_request_method(request)),
			STR_ARG(name), STR_ARG(http_request_body(request))));
}

static void on_hold(struct fixture *f, struct http_request *request)
{
	f->held[f->held_count++] = request;
	atomic_fetch_add(&f->holds, 1);
}

/* Answers what is held, the last first. */
static void on_release(struct fixture *f, struct http_request *request)
{
	while (f->held_count > 0) {
		struct http_request *held = f->held[--f->held_count];
		bool found;
		answer(held, http_request_query(held, STR("name"), &found));
	}
	answer(request, STR("released"));
}

static void on_held(struct fixture *f, struct http_request *request)
{
	answer(request, arena_printf(http_request_arena(request), "%zu", f->held_count));
}

struct wait {
	struct fixture *fixture;
	struct http_request *request;
};

static void on_wait_abort(void *context)
{
	struct wait *wait = context;
	atomic_fetch_add(&wait->fixture->aborts, 1);
	answer(wait->request, STR("gave up"));
}

static void on_wait(struct fixture *f, struct http_request *request)
{
	struct wait *wait = arena_new_object(http_request_arena(request), struct wait);
	*wait = (struct wait){f, request};
	http_request_on_abort(request, on_wait_abort, wait);
}

static void on_empty(struct fixture *f, struct http_request *request)
{
	static const struct http_pair headers[] = {
		{STR_INIT("X-Good"), STR_INIT("yes")},
		{STR_INIT("X-Bad"), STR_INIT("a\r\nSet-Cookie: b")},
	};
	(void)f;
	http_respond(request, &(struct http_response){.status = 204, .headers = headers, .header_count = 2});
}

static void on_big(struct fixture *f, struct http_request *request)
{
	answer(request, (struct str){f->big, BIG_BYTES});
}

static void on_drain(struct fixture *f, struct http_request *request)
{
	http_server_stop_accepting(f->server);
	answer(request, STR("draining"));
}

static const struct {
	struct str path;
	void (*serve)(struct fixture *, struct http_request *);
} routes[] = {
	{STR_INIT("/echo"), on_echo},
	{STR_INIT("/narrow"), on_echo},
	{STR_INIT("/hold"), on_hold},
	{STR_INIT("/release"), on_release},
	{STR_INIT("/held"), on_held},
	{STR_INIT("/wait"), on_wait},
	{STR_INIT("/empty"), on_empty},
	{STR_INIT("/big"), on_big},
	{STR_INIT("/drain"), on_drain},
};

/* A closed door, and one that is narrower than the server's. */
static bool on_head(void *context, struct http_request *request)
{
	struct fixture *f = context;
	atomic_fetch_add(&f->heads, 1);
	assert(http_request_body(request).len == 0);
	if (str_equal(http_request_path(request), STR("/narrow")))
		http_request_limit_body(request, 10);
	if (!str_equal(http_request_path(request), STR("/closed")))
		return true;
	http_respond(request, &(struct http_response){.status = 401, .body = STR("no entry")});
	return false;
}

static void on_request(void *context, struct http_request *request)
{
	struct fixture *f = context;
	atomic_fetch_add(&f->requests, 1);
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		if (str_equal(routes[i].path, http_request_path(request))) {
			routes[i].serve(f, request);
			return;
		}
	}
	http_respond(request, &(struct http_response){.status = 404});
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	struct fixture *f = context;
	(void)fd;
	(void)what;
	event_base_loopbreak(f->base);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct fixture *f = context;
	(void)fd;
	(void)what;
	int open = (int)http_server_connections(f->server);
	atomic_store(&f->open, open);
	if (open > atomic_load(&f->most))
		atomic_store(&f->most, open);
}

static void *serve(void *context)
{
	struct fixture *f = context;
	struct timeval often = {.tv_usec = 10000};
	struct event *wake = event_new(f->base, f->wake[0], EV_READ, on_wake, f);
	struct event *tick = event_new(f->base, -1, EV_PERSIST, on_tick, f);
	event_add(wake, NULL);
	event_add(tick, &often);
	event_base_dispatch(f->base);
	event_free(wake);
	event_free(tick);
	return NULL;
}

#define LIMITS(head, body, idle, write) \
	{ \
		.head_bytes = 16384, .header_count = 64, .body_bytes = 1 << 20, .head_micros = head, .body_micros = body, \
		.idle_micros = idle, .write_micros = write, .connections = 8, .connections_per_peer = 6, \
	}

static struct http_limits patient = LIMITS(LONG, LONG, LONG, LONG);
static struct http_limits short_head = LIMITS(SHORT, LONG, LONG, LONG);
static struct http_limits short_body = LIMITS(LONG, SHORT, LONG, LONG);
static struct http_limits short_idle = LIMITS(LONG, LONG, SHORT, LONG);
static struct http_limits short_write = LIMITS(LONG, LONG, LONG, SHORT);

/* The state is the limits first. */
static int start(void **state, bool tls)
{
	struct err err = {0};
	const struct http_limits *limits = *state;
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	f->big = calloc(1, BIG_BYTES);
	f->base = event_base_new();
	f->tls = tls ? http_tls_load(certificate, key, &err) : NULL;
	if (tls && !f->tls)
		fail_msg("%s", err.message);
	struct http_config config = {.host = "127.0.0.1",
		.tls = f->tls,
		.limits = *limits,
		.on_head = on_head,
		.on_request = on_request,
		.context = f};
	f->server = http_server_new(f->base, &config, &err);
	assert_non_null(f->server);
	assert_int_equal(pipe(f->wake), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
	*state = f;
	return 0;
}

static int start_plain(void **state)
{
	return start(state, false);
}

static int start_tls(void **state)
{
	return start(state, true);
}

static int stop(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(write(f->wake[1], "x", 1), 1);
	pthread_join(f->thread, NULL);
	while (f->held_count > 0)
		answer(f->held[--f->held_count], STR(""));
	assert_int_equal(http_server_pending(f->server), 0);
	http_server_free(f->server);
	event_base_free(f->base);
	http_tls_free(f->tls);
	close(f->wake[0]);
	close(f->wake[1]);
	free(f->big);
	free(f);
	return 0;
}

/* ---- the client's side: blocking; tests/run ends what hangs ---- */

struct client {
	int fd;
	SSL_CTX *context;
	SSL *ssl;
	struct buf got;
};

static bool client_connects(const struct fixture *f, struct client *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(http_server_port(f->server))};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	const void *address = &to;
	*c = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	buf_init(&c->got, SIZE_MAX);
	return connect(c->fd, address, sizeof to) == 0;
}

static void client_prepare_tls(struct client *c)
{
	c->context = SSL_CTX_new(TLS_client_method());
	c->ssl = SSL_new(c->context);
	SSL_set_fd(c->ssl, c->fd);
}

static bool client_opens(const struct fixture *f, struct client *c)
{
	if (!client_connects(f, c))
		return false;
	if (!f->tls)
		return true;
	client_prepare_tls(c);
	return SSL_connect(c->ssl) == 1;
}

static struct client client_open(const struct fixture *f)
{
	struct client c;
	assert_true(client_opens(f, &c));
	return c;
}

static void client_close(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->context);
	close(c->fd);
	buf_free(&c->got);
}

/* False once the server has closed. */
static bool client_send(struct client *c, struct str bytes)
{
	if (c->ssl)
		return SSL_write(c->ssl, bytes.ptr, (int)bytes.len) == (int)bytes.len;
	return send(c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL) == (ssize_t)bytes.len;
}

/* Reads a piece; false at the end of the connection. */
static bool client_read(struct client *c)
{
	char *to = buf_reserve(&c->got, 65536);
	assert_non_null(to);
	int n = c->ssl ? SSL_read(c->ssl, to, 65536) : (int)recv(c->fd, to, 65536, 0);
	if (n > 0)
		c->got.len += (size_t)n;
	return n > 0;
}

static void client_read_all(struct client *c)
{
	while (client_read(c))
		continue;
}

static size_t count_of(struct str text, struct str part)
{
	size_t count = 0;
	for (size_t at; (at = str_find(text, part)) != STR_NONE; text = str_slice(text, at + part.len, text.len))
		count++;
	return count;
}

static void client_expect(struct client *c, const char *part, size_t times)
{
	while (count_of(buf_str(&c->got), str_from_c(part)) < times)
		if (!client_read(c))
			fail_msg("\"%s\" did not come %zu times: %.*s", part, times, STR_ARG(buf_str(&c->got)));
}

static void client_expect_none(struct client *c, const char *part)
{
	assert_int_equal(count_of(buf_str(&c->got), str_from_c(part)), 0);
}

static void ask(struct client *c, const char *request, const char *part)
{
	assert_true(client_send(c, str_from_c(request)));
	client_expect(c, part, 1);
}

/* One request on a connection of its own. */
static void ask_once(const struct fixture *f, const char *request, const char *part)
{
	struct client c = client_open(f);
	ask(&c, request, part);
	client_close(&c);
}

static void expect_soon(atomic_int *number, int value)
{
	for (int i = 0; i < PATIENCE_SECONDS * 100 && atomic_load(number) != value; i++)
		poll(NULL, 0, 10);
	assert_int_equal(atomic_load(number), value);
}

static void expect_between(int64_t since, int64_t least, int64_t most)
{
	int64_t passed = clock_monotonic() - since;
	if (passed < least || passed > most)
		fail_msg("took %lld us", (long long)passed);
}

/* ---- requests and answers ---- */

static void test_serves(void **state)
{
	struct client c = client_open(*state);
	ask(&c, GET("/echo?name=one"), "GET one<>");
	ask(&c, POST("/echo", "3") "abc", "POST <abc>");
	ask(&c, "DELETE /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", "DELETE <{}>");
	client_expect(&c, "X-Content-Type-Options: nosniff\r\n", 3);
	client_expect(&c, "Cache-Control: no-store\r\n", 3);
	client_expect(&c, "Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nGET one<>", 1);
	client_expect_none(&c, "Connection: close");
	ask(&c, "HEAD /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "Connection: close\r\n");
	client_read_all(&c);
	assert_true(str_ends_with(buf_str(&c.got), STR("Content-Length: 7\r\n\r\n")));
	client_close(&c);
}

static void test_empty_answer_and_split_header(void **state)
{
	struct client c = client_open(*state);
	ask(&c, GET("/empty"), "X-Good: yes\r\n");
	ask(&c, GET("/echo"), "GET <>");
	client_expect_none(&c, "Set-Cookie");
	client_expect(&c, "Content-Length", 1); /* F55, and none with 204 */
	client_close(&c);
}

static void test_byte_by_byte(void **state)
{
	struct client c = client_open(*state);
	struct str request = STR(POST("/echo", "5") "hello");
	for (size_t i = 0; i < request.len; i++)
		assert_true(client_send(&c, str_slice(request, i, 1))); /* E13: one byte a record */
	client_expect(&c, "POST <hello>", 1);
	client_close(&c);
}

static void test_large_body_and_answer(void **state)
{
	struct client c = client_open(*state);
	char *body = calloc(1, 1 << 20);
	assert_non_null(body);
	memset(body, 'x', 1 << 20);
	assert_true(client_send(&c, STR(POST("/echo", "1048576"))));
	assert_true(client_send(&c, (struct str){body, 1 << 20}));
	client_expect(&c, "xxx>", 1);
	assert_true(c.got.len > 1 << 20);
	free(body);
	client_close(&c);
}

static void test_continue(void **state)
{
	struct client c = client_open(*state);
	ask(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\n");
	ask(&c, "ok", "POST <ok>");
	client_close(&c);
}

static void test_head_is_asked_before_the_body(void **state)
{
	struct fixture *f = *state;
	struct client c = client_open(f);
	ask(&c, GET("/echo"), "GET <>");
	assert_int_equal(atomic_load(&f->heads), 0);
	ask(&c, POST("/echo", "3") "abc", "POST <abc>"); /* it came with its head */
	assert_int_equal(atomic_load(&f->heads), 0);
	assert_true(client_send(&c, STR(POST("/echo", "3"))));
	expect_soon(&f->heads, 1);
	ask(&c, "abc", "POST <abc>");
	ask(&c, "POST /closed HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n", "no entry");
	client_read_all(&c);
	client_expect(&c, "HTTP/1.1 401 Unauthorized\r\n", 1);
	client_expect(&c, "Connection: close\r\n", 1);
	client_expect_none(&c, "100 Continue");
	assert_int_equal(atomic_load(&f->requests), 3);
	client_close(&c);
}

static void test_closed_door_is_readable(void **state)
{
	struct fixture *f = *state;
	static const char *const heads[] = {
		POST("/closed", "1000000"),
		"POST /closed HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nf4240\r\n",
	};
	static char body[1000000];
	for (size_t i = 0; i < 2; i++) {
		struct client c = client_open(f);
		assert_true(client_send(&c, STR(GET("/hold?name=first"))));
		assert_true(client_send(&c, str_from_c(heads[i])));
		expect_soon(&f->heads, (int)i + 1);
		ask_once(f, GET("/release"), "released");
		(void)client_send(&c, (struct str){body, sizeof body});
		client_read_all(&c);
		client_expect(&c, "first", 1);
		client_expect(&c, "no entry", 1);
		assert_int_equal(count_of(buf_str(&c.got), STR("HTTP/1.1 ")), 2);
		client_close(&c);
	}
}

static void test_narrow_door(void **state)
{
	static const struct {
		const char *request, *part;
	} cases[] = {
		{POST("/narrow", "10") "0123456789", "POST <0123456789>"},
		{"POST /narrow HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n", "HTTP/1.1 413"},
		{"POST /narrow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n", "HTTP/1.1 413"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct client c = client_open(*state);
		ask(&c, cases[i].request, cases[i].part);
		client_expect_none(&c, "100 Continue");
		client_close(&c);
	}
}

static void test_too_large_is_readable(void **state)
{
	struct client c = client_open(*state);
	static char body[3 << 19];
	assert_true(client_send(&c, STR(POST("/echo", "1572864"))));
	(void)client_send(&c, (struct str){body, sizeof body}); /* F48: the whole of it, unasked */
	client_read_all(&c);
	client_expect(&c, "HTTP/1.1 413 Content Too Large\r\n", 1);
	client_expect(&c, "\"type\":\"urn:bpmnd:problem:too-large\"", 1);
	client_close(&c);
}

static void test_refusal(void **state)
{
	struct fixture *f = *state;
	struct client c = client_open(f);
	assert_true(client_send(&c, STR(GET("/hold?name=first") "GET /a b HTTP/1.1\r\n\r\n" GET("/echo"))));
	ask_once(f, GET("/release"), "released");
	client_read_all(&c);
	client_expect(&c, "first", 1); /* the answer before comes first, F50: the request behind is not read */
	client_expect(&c, "HTTP/1.1 400 Bad Request\r\n", 1);
	client_expect(&c, "application/problem+json", 1);
	assert_int_equal(count_of(buf_str(&c.got), STR("HTTP/1.1 ")), 2);
	client_close(&c);
}

static void test_pipeline(void **state)
{
	struct client c = client_open(*state);
	for (int i = 0; i < 1000; i++)
		assert_true(client_send(&c, STR(GET("/echo?name=x")))); /* F34 */
	client_expect(&c, "GET x<>", 1000);
	client_close(&c);
}

static void test_answers_keep_their_order(void **state)
{
	struct client c = client_open(*state);
	ask(&c, GET("/hold?name=one") GET("/hold?name=two") GET("/echo?name=three") GET("/release"), "released");
	struct str got = buf_str(&c.got);
	assert_true(str_find(got, STR("\none")) < str_find(got, STR("\ntwo")));
	assert_true(str_find(got, STR("\ntwo")) < str_find(got, STR("GET three")));
	assert_true(str_find(got, STR("GET three")) < str_find(got, STR("released")));
	client_close(&c);
}

static void test_sixteen_in_flight(void **state)
{
	struct fixture *f = *state;
	struct client c = client_open(f);
	for (int i = 0; i < 20; i++)
		assert_true(client_send(&c, STR(GET("/hold?name=waited"))));
	expect_soon(&f->requests, 16);
	ask_once(f, GET("/held"), "\r\n\r\n16");
	ask_once(f, GET("/release"), "released");
	client_expect(&c, "waited", 16);
	expect_soon(&f->requests, 22);
	ask_once(f, GET("/release"), "released");
	client_expect(&c, "waited", 20);
	client_close(&c);
}

/* More than libevent's and the kernel's buffers hold, behind requests that are not answered yet. */
static void *send_much(void *context)
{
	static char body[200000];
	for (int i = 0; i < 24; i++) {
		assert(client_send(context, STR(POST("/hold?name=waited", "200000"))));
		assert(client_send(context, (struct str){body, sizeof body}));
	}
	return NULL;
}

static void test_paused_connection_goes_on(void **state)
{
	struct fixture *f = *state;
	struct client c = client_open(f);
	pthread_t sender;
	assert_int_equal(pthread_create(&sender, NULL, send_much, &c), 0);
	while (atomic_load(&f->holds) < 24) {
		ask_once(f, GET("/release"), "released");
		poll(NULL, 0, 20);
	}
	ask_once(f, GET("/release"), "released");
	pthread_join(sender, NULL);
	client_expect(&c, "waited", 24);
	client_close(&c);
}

/* ---- deadlines ---- */

/* F43 to F45: a byte now and then does not move the deadline. False: it was over before anything was sent. */
static bool is_slow(const struct fixture *f, const char *begin, const char *answer_part)
{
	int64_t since = clock_monotonic();
	struct client c;
	bool begun = client_opens(f, &c) && client_send(&c, str_from_c(begin));
	bool in_time = clock_monotonic() - since < IN_TIME;
	if (in_time) {
		assert_true(begun);
		struct pollfd readable = {.fd = c.fd, .events = POLLIN};
		while (clock_monotonic() - since < SOON && poll(&readable, 1, 50) == 0)
			(void)client_send(&c, STR("x"));
		client_read_all(&c);
		expect_between(since, IN_TIME, SOON);
		client_expect(&c, answer_part, 1);
	}
	client_close(&c);
	return in_time;
}

static void check_slow(void **state, const char *begin, const char *answer_part)
{
	int tries = 0;
	while (!is_slow(*state, begin, answer_part))
		assert_in_range(++tries, 1, 50);
}

static void test_slow_head(void **state)
{
	check_slow(state, "GET /", "HTTP/1.1 408 Request Timeout\r\n");
}

static void test_slow_second_head(void **state)
{
	check_slow(state, GET("/echo") "GET / HTTP/1.1\r\nA: ", "HTTP/1.1 408 Request Timeout\r\n");
}

static void test_slow_body(void **state)
{
	check_slow(state, POST("/echo", "1000"), "HTTP/1.1 408 Request Timeout\r\n");
}

static void test_silence_is_closed(void **state)
{
	struct client c = client_open(*state);
	int64_t since = clock_monotonic();
	ask(&c, GET("/echo"), "GET <>");
	client_read_all(&c);
	expect_between(since, IN_TIME, SOON);
	client_close(&c);
}

static void test_silence_from_the_beginning_is_closed(void **state)
{
	struct client c;
	int64_t since = clock_monotonic();
	assert_true(client_connects(*state, &c)); /* with TLS: a handshake that never comes */
	client_read_all(&c);
	expect_between(since, IN_TIME, SOON);
	assert_int_equal(c.got.len, 0);
	client_close(&c);
}

static void test_slow_reader(void **state)
{
	struct fixture *f = *state;
	struct client c = client_open(f);
	assert_true(client_send(&c, STR(GET("/big")))); /* F46 */
	expect_soon(&f->most, 1);
	expect_soon(&f->open, 0);
	client_read_all(&c);
	assert_true(c.got.len < BIG_BYTES);
	client_close(&c);
}

static void test_lingering_ends(void **state)
{
	struct fixture *f = *state;
	struct client c = client_open(f);
	int64_t since = clock_monotonic();
	ask(&c, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400");
	expect_soon(&f->most, 1);
	expect_soon(&f->open, 0); /* although this side stays open */
	expect_between(since, 1500000, SOON);
	client_close(&c);
}

/* ---- clients that go away ---- */

static void test_abort(void **state)
{
	struct fixture *f = *state;
	struct client c = client_open(f);
	assert_true(client_send(&c, STR(GET("/wait") GET("/wait") GET("/hold"))));
	expect_soon(&f->requests, 3);
	client_close(&c);
	expect_soon(&f->aborts, 2);
	ask_once(f, GET("/release"), "released"); /* an answer for nobody */
	expect_soon(&f->open, 0);
}

static void test_half_closed(void **state)
{
	struct fixture *f = *state;
	struct client c = client_open(f);
	assert_true(client_send(&c, STR(GET("/wait"))));
	if (c.ssl)
		assert_int_equal(SSL_shutdown(c.ssl), 0);
	else
		assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
	client_read_all(&c);
	client_expect(&c, "gave up", 1);
	assert_int_equal(atomic_load(&f->aborts), 1);
	client_close(&c);
}

static void test_half_a_body(void **state)
{
	struct fixture *f = *state;
	struct client c = client_open(f);
	assert_true(client_send(&c, STR(POST("/echo", "10") "abc")));
	expect_soon(&f->open, 1);
	client_close(&c); /* E07, F49 */
	expect_soon(&f->open, 0);
	assert_int_equal(atomic_load(&f->requests), 0);
}

/* ---- caps and drain ---- */

static void test_peer_cap(void **state)
{
	struct fixture *f = *state;
	struct client clients[7];
	for (size_t i = 0; i < 7; i++)
		assert_true(client_connects(f, &clients[i]));
	client_read_all(&clients[6]); /* F47 */
	expect_soon(&f->open, 6);
	for (size_t i = 0; i < 7; i++)
		client_close(&clients[i]);
}

static void test_drain(void **state)
{
	struct fixture *f = *state;
	struct client idle = client_open(f), busy = client_open(f), admin = client_open(f), late;
	ask(&idle, GET("/echo"), "GET <>");
	assert_true(client_send(&busy, STR(GET("/hold?name=kept") GET("/hold?name=last"))));
	expect_soon(&f->requests, 3);
	ask(&admin, GET("/release") GET("/drain"), "draining");
	client_read_all(&idle);
	client_read_all(&admin);
	client_expect(&admin, "Connection: close", 1);
	client_expect(&busy, "last", 1);
	client_read_all(&busy);
	assert_false(client_connects(f, &late));
	client_close(&idle);
	client_close(&busy);
	client_close(&admin);
	client_close(&late);
	expect_soon(&f->open, 0);
}

static void test_drain_with_requests_in_flight(void **state)
{
	struct fixture *f = *state;
	struct client busy = client_open(f), admin = client_open(f);
	assert_true(client_send(&busy, STR(GET("/hold?name=one") GET("/hold?name=two"))));
	expect_soon(&f->requests, 2);
	ask(&admin, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n" GET("/drain"), "draining");
	client_close(&admin);
	assert_true(client_send(&busy, STR(GET("/release"))));
	client_read_all(&busy);
	client_expect(&busy, "released", 1);
	assert_int_equal(count_of(buf_str(&busy.got), STR("Connection: close")), 1);
	client_close(&busy);
}

static void test_taken_port(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	struct event_base *base = event_base_new();
	struct http_config config = {.host = "127.0.0.1",
		.port = http_server_port(f->server),
		.port_search = true,
		.limits = patient,
		.on_request = on_request,
		.context = f};
	struct http_server *other = http_server_new(base, &config, &err);
	assert_non_null(other);
	assert_true(http_server_port(other) > http_server_port(f->server));
	http_server_free(other);
	config.port_search = false;
	assert_null(http_server_new(base, &config, &err)); /* SO_REUSEPORT or not */
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	err_clear(&err);
	config.share = true;
	other = http_server_new(base, &config, &err);
	assert_non_null(other);
	assert_int_equal(http_server_port(other), http_server_port(f->server));
	http_server_free(other);
	config.share = false;
	config.host = "192.0.2.1";
	assert_null(http_server_new(base, &config, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.message, "192.0.2.1"));
	event_base_free(base);
}

/* ---- TLS and what is not ---- */

static void test_noise_is_closed(void **state)
{
	struct client c;
	assert_true(client_connects(*state, &c));
	int64_t since = clock_monotonic();
	assert_true(client_send(&c, STR("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"))); /* F40 */
	client_read_all(&c);
	assert_int_equal(c.got.len, 0);
	expect_between(since, 0, SOON);
	client_close(&c);
}

static void test_plain_on_the_tls_port(void **state)
{
	struct client c;
	assert_true(client_connects(*state, &c));
	int64_t since = clock_monotonic();
	assert_true(client_send(&c, STR(GET("/echo")))); /* E01 */
	client_read_all(&c);
	client_expect_none(&c, "HTTP/1.1");
	expect_between(since, 0, SOON);
	client_close(&c);
}

/* E03, E04, E08: what old clients offer is refused in the handshake. */
static void test_weak_clients(void **state)
{
	static const struct {
		const char *ciphers;
		int version;
		bool good;
	} offers[] = {
		{"ALL:@SECLEVEL=0", TLS1_1_VERSION, false},
		{"ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", TLS1_2_VERSION, false},
		{"AES128-GCM-SHA256:@SECLEVEL=0", TLS1_2_VERSION, false},
		{"DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", TLS1_2_VERSION, false},
		{"ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_2_VERSION, true},
		{"DEFAULT", TLS1_3_VERSION, true},
	};
	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
		struct client c;
		assert_true(client_connects(*state, &c));
		client_prepare_tls(&c);
		assert_int_equal(SSL_set_cipher_list(c.ssl, offers[i].ciphers), 1);
		SSL_set_min_proto_version(c.ssl, TLS1_VERSION);
		SSL_set_max_proto_version(c.ssl, offers[i].version);
		assert_int_equal(SSL_connect(c.ssl) == 1, offers[i].good);
		client_close(&c);
	}
}

static void test_session_ticket(void **state)
{
	struct client first = client_open(*state), second;
	ask(&first, GET("/echo"), "GET <>");
	SSL_SESSION *session = SSL_get1_session(first.ssl);
	assert_true(client_connects(*state, &second));
	client_prepare_tls(&second);
	assert_int_equal(SSL_set_session(second.ssl, session), 1);
	assert_int_equal(SSL_connect(second.ssl), 1);
	assert_int_equal(SSL_session_reused(second.ssl), 1);
	SSL_SESSION_free(session);
	client_close(&first);
	client_close(&second);
}

static void test_bad_key_files(void **state)
{
	struct err err = {0};
	(void)state;
	assert_int_equal(chmod(key, 0640), 0); /* E12 */
	assert_null(http_tls_load(certificate, key, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.message, key));
	assert_int_equal(chmod(key, 0600), 0);
	err_clear(&err);
	assert_null(http_tls_load(key, key, &err));
	assert_non_null(strstr(err.message, key));
	err_clear(&err);
	assert_null(http_tls_load(certificate, "/nowhere/key.pem", &err));
	assert_non_null(strstr(err.message, "/nowhere/key.pem"));
}

/* ---- all of it ---- */

static int make_certificate(void **state)
{
	char command[512];
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	log_configure(LOG_ERROR, STDERR_FILENO);
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(certificate, sizeof certificate, "%s/cert.pem", directory);
	(void)snprintf(key, sizeof key, "%s/key.pem", directory);
	(void)snprintf(command, sizeof command,
		"umask 077; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
		"-keyout %s -out %s 2>/dev/null",
		key, certificate);
	return system(command);
}

static int remove_certificate(void **state)
{
	(void)state;
	(void)unlink(certificate);
	(void)unlink(key);
	return rmdir(directory);
}

#define PLAIN_WITH(limits, test) \
	{ \
#test " (plain)", test, start_plain, stop, &limits \
	}
#define TLS_WITH(limits, test) \
	{ \
#test " (TLS)", test, start_tls, stop, &limits \
	}
#define BOTH_WITH(limits, test) PLAIN_WITH(limits, test), TLS_WITH(limits, test)
#define PLAIN(test) PLAIN_WITH(patient, test)
#define TLS(test) TLS_WITH(patient, test)
#define BOTH(test) BOTH_WITH(patient, test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_serves),
		BOTH(test_empty_answer_and_split_header),
		BOTH(test_byte_by_byte),
		BOTH(test_large_body_and_answer),
		BOTH(test_continue),
		BOTH(test_head_is_asked_before_the_body),
		BOTH(test_closed_door_is_readable),
		BOTH(test_narrow_door),
		BOTH(test_too_large_is_readable),
		BOTH(test_refusal),
		BOTH(test_pipeline),
		BOTH(test_answers_keep_their_order),
		BOTH(test_sixteen_in_flight),
		BOTH(test_paused_connection_goes_on),
		BOTH_WITH(short_head, test_slow_head),
		TLS_WITH(short_head, test_slow_second_head),
		BOTH_WITH(short_body, test_slow_body),
		BOTH_WITH(short_idle, test_silence_is_closed),
		BOTH_WITH(short_head, test_silence_from_the_beginning_is_closed),
		BOTH_WITH(short_write, test_slow_reader),
		BOTH(test_lingering_ends),
		BOTH(test_abort),
		BOTH(test_half_closed),
		BOTH(test_half_a_body),
		PLAIN(test_peer_cap),
		BOTH(test_drain),
		BOTH(test_drain_with_requests_in_flight),
		PLAIN(test_taken_port),
		PLAIN(test_noise_is_closed),
		TLS(test_plain_on_the_tls_port),
		TLS(test_weak_clients),
		TLS(test_session_ticket),
		cmocka_unit_test(test_bad_key_files),
	};
	return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
