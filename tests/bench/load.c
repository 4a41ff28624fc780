/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread, TLS over plain non-blocking sockets, little more per request than an SSL_write, an SSL_read and a look at
 * the clock: the generator shares the machine with what it measures. It reads the answers of our own server and no
 * others: HTTP/1.1 with Content-Length.
 *
 * Life of a run: connect, deploy, warm up, measure, stop: operations that have begun are finished, so that what was
 * acknowledged is what the database must hold. SIGINT stops it earlier. With --rate the loop is half open: requests are
 * sent when their time has come, and those that are late are made up for.
 */
#include "config.h"

#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/bench/histogram.h"

#define LOAD_MESSAGE_MAX ((size_t)16 << 20)
#define LOAD_READ_BYTES ((size_t)16 * 1024)
#define LOAD_STOP_SECONDS 20  /* for what has begun to come to its end */
#define LOAD_TICK_MICROS 1000 /* of a rate */

struct load {
	const struct workload *workload;
	const char *diagrams; /* folder */
	const char *token;
	uint16_t port;
	double warmup_seconds;
	double seconds;
	int64_t from;
	int64_t interval; /* nanoseconds from request to request; 0: as fast as answers come */
	int64_t next_due;
	size_t count;
	struct connection *connections;
	size_t idle; /* connections that idle */
	SSL_CTX *tls;
	struct event_base *base;
	void *state;
	int64_t now;
	int64_t measured_from;
	int64_t measured_to;
	uint64_t operations; /* all, the warm-up's and the last ones too */
	uint64_t requests;
	struct histogram *histogram; /* of the measured time */
	bool stopping;
};

void load_die(const char *what, struct str detail)
{
	fprintf(stderr, "load: %s: %.*s\n", what, STR_ARG(detail));
	exit(EXIT_FAILURE);
}

static void load_die_tls(const char *what)
{
	load_die(what, str_from_c(ERR_reason_error_string(ERR_peek_last_error())));
}

/* ---- time ---- */

static void load_read_clock(struct load *load)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	load->now = (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

int64_t load_now(const struct load *load)
{
	return load->now;
}

bool load_stopping(const struct load *load)
{
	return load->stopping;
}

void load_count(struct load *load, int64_t began)
{
	load->operations++;
	if (load->now >= load->measured_from && load->now < load->measured_to)
		histogram_add(load->histogram, (uint64_t)(load->now - began));
}

void load_count_answer(struct connection *connection, struct str body)
{
	(void)body;
	load_count(connection->load, connection->began);
}

/* ---- what workloads use ---- */

size_t load_connections(const struct load *load)
{
	return load->count;
}

int64_t load_from(const struct load *load)
{
	return load->from;
}

void load_set_state(struct load *load, void *state)
{
	load->state = state;
}

void *load_state(const struct load *load)
{
	return load->state;
}

static void load_write_request(struct connection *connection, const char *path, const char *type, struct str body)
{
	struct buf *to = &connection->request;
	buf_clear(to);
	buf_add_c(to, "POST ");
	buf_add_c(to, path);
	buf_add_c(to, " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ");
	buf_add_c(to, connection->load->token);
	buf_add_c(to, "\r\nContent-Type: ");
	buf_add_c(to, type);
	buf_add_c(to, "\r\nContent-Length: ");
	buf_add_int64(to, (int64_t)body.len);
	buf_add_c(to, "\r\n\r\n");
	buf_add_str(to, body);
	connection->sent = 0;
}

void load_post(struct connection *connection, const char *path, struct str body)
{
	load_write_request(connection, path, "application/json", body);
}

int64_t load_find_id(struct str *text, struct str mark)
{
	const char *found = text->len > 0 ? memmem(text->ptr, text->len, mark.ptr, mark.len) : NULL;
	const char *end = text->ptr + text->len;
	int64_t id = 0;
	if (!found)
		return 0;
	for (found += mark.len; found < end && *found >= '0' && *found <= '9'; found++)
		id = id * 10 + (*found - '0');
	*text = (struct str){found, (size_t)(end - found)};
	return id;
}

/* ---- answers ---- */

/* The body's length, or STR_NONE while the head is not there as a whole. */
static size_t load_content_length(struct str input, size_t *head_len)
{
	static const char name[] = "\r\nContent-Length: ";
	const char *end = memmem(input.ptr, input.len, "\r\n\r\n", 4);
	if (!end)
		return STR_NONE;
	*head_len = (size_t)(end - input.ptr) + 4;
	const char *field = memmem(input.ptr, *head_len, name, sizeof name - 1);
	return field ? (size_t)strtoull(field + sizeof name - 1, NULL, 10) : 0;
}

/* True when the input is one whole answer, and then its body. What is not 2xx ends the run. */
static bool load_read_answer(const struct connection *connection, struct str *body)
{
	struct str input = buf_str(&connection->input);
	size_t head_len = 0;
	if (input.len == 0)
		return false;
	size_t body_len = load_content_length(input, &head_len);
	if (body_len == STR_NONE || input.len < head_len + body_len)
		return false;
	if (input.len > head_len + body_len || head_len < sizeof "HTTP/1.1 200 " ||
		input.ptr[sizeof "HTTP/1.1 " - 1] != '2')
		load_die("answer", input);
	*body = (struct str){input.ptr + head_len, body_len};
	return true;
}

/* ---- a connection's loop ---- */

/* Sends what is left of the request. */
static void load_send(struct connection *connection)
{
	size_t left = connection->request.len - connection->sent;
	int n = SSL_write(connection->ssl, connection->request.ptr + connection->sent, (int)left);
	if (n > 0)
		connection->sent += (size_t)n;
	else if (SSL_get_error(connection->ssl, n) != SSL_ERROR_WANT_WRITE)
		load_die_tls("send");
	if (connection->sent < connection->request.len)
		event_add(connection->writable, NULL);
}

static bool load_is_due(struct load *load)
{
	if (load->interval == 0 || load->stopping)
		return true;
	if (load->next_due > load->now)
		return false;
	load->next_due += load->interval;
	return true;
}

static void load_next(struct connection *connection)
{
	struct load *load = connection->load;
	bool asks = load_is_due(load) && load->workload->next(connection);
	if (asks != !connection->idle)
		load->idle += asks ? (size_t)-1 : 1;
	connection->idle = !asks;
	if (asks) {
		load->requests++;
		load_send(connection);
	}
	if (load->stopping && load->idle == load->count)
		event_base_loopbreak(load->base);
}

void load_wake(struct load *load)
{
	for (size_t i = 0; load->idle > 0 && i < load->count; i++)
		if (load->connections[i].idle)
			load_next(&load->connections[i]);
}

/* Moves all that has come into the input; false when there is nothing more at present. */
static bool load_receive(struct connection *connection)
{
	struct buf *input = &connection->input;
	char *to = buf_reserve(input, LOAD_READ_BYTES);
	if (!to)
		load_die("answer", STR("too long"));
	int n = SSL_read(connection->ssl, to, (int)LOAD_READ_BYTES);
	if (n > 0) {
		input->len += (size_t)n;
		return true;
	}
	int error = SSL_get_error(connection->ssl, n);
	if (error != SSL_ERROR_WANT_READ)
		load_die("receive", STR("the server closed the connection"));
	return false;
}

/* One record is mostly the whole answer: then nobody asks TLS a second time. */
static void load_on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct connection *connection = context;
	struct load *load = connection->load;
	struct str body;
	while (load_receive(connection)) {
		if (!load_read_answer(connection, &body))
			continue;
		load_read_clock(load);
		load->workload->on_answer(connection, body);
		buf_clear(&connection->input);
		load_next(connection);
		return;
	}
}

static void load_on_writable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	load_send(context);
}

/* ---- connecting ---- */

static int load_connect_socket(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		load_die("connect", STR("nobody listens there"));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

/* Blocking at first; load_run makes it non-blocking. */
static void load_connect(struct load *load, size_t number)
{
	struct connection *connection = &load->connections[number];
	connection->load = load;
	connection->number = number;
	connection->fd = load_connect_socket(load->port);
	buf_init(&connection->request, LOAD_MESSAGE_MAX);
	buf_init(&connection->input, LOAD_MESSAGE_MAX);
	connection->ssl = SSL_new(load->tls);
	if (!connection->ssl || SSL_set_fd(connection->ssl, connection->fd) != 1 ||
		SSL_set_tlsext_host_name(connection->ssl, "localhost") != 1 ||
		SSL_set1_host(connection->ssl, "localhost") != 1 || SSL_connect(connection->ssl) != 1)
		load_die_tls("handshake");
}

static SSL_CTX *load_tls(const char *authority)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
	if (!tls || SSL_CTX_load_verify_file(tls, authority) != 1 ||
		SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1)
		load_die_tls("tls");
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return tls;
}

/* ---- deploying ---- */

/* A diagram or a token: small. */
static void load_read_file(const char *path, struct buf *to)
{
	FILE *file = fopen(path, "rbe");
	if (!file)
		load_die("no such file", str_from_c(path));
	char *room = buf_reserve(to, LOAD_READ_BYTES);
	to->len = fread(room, 1, LOAD_READ_BYTES, file);
	fclose(file);
}

/* On the first connection, while it still blocks. */
static void load_deploy(struct load *load)
{
	struct connection *connection = &load->connections[0];
	char path[4096];
	struct buf diagram;
	struct str body;
	if (!load->workload->diagram)
		return;
	buf_init(&diagram, LOAD_READ_BYTES);
	snprintf(path, sizeof path, "%s/%s", load->diagrams, load->workload->diagram);
	load_read_file(path, &diagram);
	load_write_request(connection, "/v1/deployments", "application/xml", buf_str(&diagram));
	load_send(connection);
	while (!load_read_answer(connection, &body))
		if (!load_receive(connection))
			load_die("deploy", STR("no answer"));
	buf_clear(&connection->input);
	buf_free(&diagram);
}

/* ---- the run ---- */

static void load_on_stop(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct load *load = context;
	struct timeval last = {.tv_sec = LOAD_STOP_SECONDS};
	load_read_clock(load);
	load->stopping = true;
	if (load->measured_to > load->now)
		load->measured_to = load->now;
	event_base_loopexit(load->base, &last);
	load_wake(load);
	if (load->idle == load->count)
		event_base_loopbreak(load->base);
}

static void load_on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct load *load = context;
	load_read_clock(load);
	load_wake(load);
}

static void load_watch(struct connection *connection)
{
	struct event_base *base = connection->load->base;
	fcntl(connection->fd, F_SETFL, O_NONBLOCK);
	connection->readable = event_new(base, connection->fd, EV_READ | EV_PERSIST, load_on_readable, connection);
	connection->writable = event_new(base, connection->fd, EV_WRITE, load_on_writable, connection);
	event_add(connection->readable, NULL);
}

static void load_run(struct load *load)
{
	double end = load->warmup_seconds + load->seconds;
	struct timeval stop = {.tv_sec = (time_t)end, .tv_usec = (suseconds_t)((end - (double)(time_t)end) * 1e6)};
	struct timeval tick = {.tv_usec = LOAD_TICK_MICROS};
	load->base = event_base_new();
	for (size_t i = 0; i < load->count; i++)
		load_watch(&load->connections[i]);
	event_base_once(load->base, -1, EV_TIMEOUT, load_on_stop, load, &stop);
	event_add(evsignal_new(load->base, SIGINT, load_on_stop, load), NULL);
	if (load->interval > 0)
		event_add(event_new(load->base, -1, EV_PERSIST, load_on_tick, load), &tick);
	load_read_clock(load);
	load->next_due = load->now;
	load->measured_from = load->now + (int64_t)(load->warmup_seconds * 1e9);
	load->measured_to = load->measured_from + (int64_t)(load->seconds * 1e9);
	for (size_t i = 0; i < load->count; i++)
		load_next(&load->connections[i]);
	event_base_dispatch(load->base);
	if (load->idle < load->count)
		load_die(load->workload->id, STR("operations that had begun did not end"));
}

static double load_cpu_seconds(void)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void load_report(const struct load *load)
{
	const struct histogram *histogram = load->histogram;
	double seconds = (double)(load->measured_to - load->measured_from) / 1e9;
	printf("{\"id\":\"%s\",\"connections\":%zu,\"ops_per_s\":%.1f,\"p50_ms\":%.4f,\"p99_ms\":%.4f,\"max_ms\":%.3f,"
		   "\"measured_ops\":%llu,\"ops\":%llu,\"requests\":%llu,\"cpu_s\":%.3f}\n",
		load->workload->id, load->count, (double)histogram_count(histogram) / seconds,
		(double)histogram_quantile(histogram, 0.5) / 1e6, (double)histogram_quantile(histogram, 0.99) / 1e6,
		(double)histogram_quantile(histogram, 1) / 1e6, (unsigned long long)histogram_count(histogram),
		(unsigned long long)load->operations, (unsigned long long)load->requests, load_cpu_seconds());
}

/* ---- the command line ---- */

static const struct workload *const load_workloads[] = {
	workloads_start, workloads_task, workloads_job, workloads_message};
#define LOAD_FILES (sizeof load_workloads / sizeof load_workloads[0])

static const struct workload *load_find_workload(const char *id)
{
	for (size_t i = 0; i < LOAD_FILES; i++)
		for (const struct workload *row = load_workloads[i]; row->id; row++)
			if (strcmp(row->id, id) == 0)
				return row;
	return NULL;
}

static void load_usage(void)
{
	fprintf(stderr,
		"usage: load --port N --ca FILE --token-file FILE [--diagrams FOLDER] [--connections 64] [--warmup 1]\n"
		"            [--seconds 5] [--from 0] [--rate 0] WORKLOAD\n\nworkloads:\n");
	for (size_t i = 0; i < LOAD_FILES; i++)
		for (const struct workload *row = load_workloads[i]; row->id; row++)
			fprintf(stderr, "  %-6s %s\n", row->id, row->description);
	exit(2);
}

static char *load_read_token(const char *path)
{
	struct buf token;
	size_t len;
	buf_init(&token, LOAD_READ_BYTES);
	load_read_file(path, &token);
	while (token.len > 0 && (unsigned char)token.ptr[token.len - 1] <= ' ')
		token.len--;
	return buf_take(&token, &len);
}

enum load_option {
	LOAD_PORT,
	LOAD_CA,
	LOAD_TOKEN,
	LOAD_DIAGRAMS,
	LOAD_CONNECTIONS,
	LOAD_WARMUP,
	LOAD_SECONDS,
	LOAD_FROM,
	LOAD_RATE,
	LOAD_OPTIONS
};

static void load_read_options(struct load *load, int argc, char **argv)
{
	static const struct option options[] = {
		{"port", required_argument, NULL, LOAD_PORT},
		{"ca", required_argument, NULL, LOAD_CA},
		{"token-file", required_argument, NULL, LOAD_TOKEN},
		{"diagrams", required_argument, NULL, LOAD_DIAGRAMS},
		{"connections", required_argument, NULL, LOAD_CONNECTIONS},
		{"warmup", required_argument, NULL, LOAD_WARMUP},
		{"seconds", required_argument, NULL, LOAD_SECONDS},
		{"from", required_argument, NULL, LOAD_FROM},
		{"rate", required_argument, NULL, LOAD_RATE},
		{NULL, 0, NULL, 0},
	};
	const char *values[LOAD_OPTIONS] = {[LOAD_DIAGRAMS] = ".",
		[LOAD_CONNECTIONS] = "64",
		[LOAD_WARMUP] = "1",
		[LOAD_SECONDS] = "5",
		[LOAD_FROM] = "0",
		[LOAD_RATE] = "0"};
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == '?')
			load_usage();
		values[option] = optarg;
	}
	load->workload = optind < argc ? load_find_workload(argv[optind]) : NULL;
	if (!load->workload || !values[LOAD_PORT] || !values[LOAD_CA] || !values[LOAD_TOKEN])
		load_usage();
	load->port = (uint16_t)atoi(values[LOAD_PORT]);
	load->tls = load_tls(values[LOAD_CA]);
	load->token = load_read_token(values[LOAD_TOKEN]);
	load->diagrams = values[LOAD_DIAGRAMS];
	load->count = (size_t)atoi(values[LOAD_CONNECTIONS]);
	load->warmup_seconds = atof(values[LOAD_WARMUP]);
	load->seconds = atof(values[LOAD_SECONDS]);
	load->from = atoll(values[LOAD_FROM]);
	load->interval = atof(values[LOAD_RATE]) > 0 ? (int64_t)(1e9 / atof(values[LOAD_RATE])) : 0;
	if (load->count == 0 || load->seconds <= 0)
		load_usage();
}

int main(int argc, char **argv)
{
	struct load load = {0};

	signal(SIGPIPE, SIG_IGN);
	load_read_options(&load, argc, argv);
	load.histogram = histogram_new();
	load.connections = calloc(load.count, sizeof *load.connections);
	for (size_t i = 0; i < load.count; i++)
		load_connect(&load, i);
	load_deploy(&load);
	if (load.workload->prepare)
		load.workload->prepare(&load);
	load_run(&load);
	load_report(&load);
	return EXIT_SUCCESS;
}
