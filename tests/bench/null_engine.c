/* SPDX-License-Identifier: Apache-2.0
 *
 * The null engine: the floor that bpmnd is measured against. The same HTTP server, PostgreSQL and group commit, and
 * nothing else: any POST becomes one instance row and three activity rows and is answered after COMMIT. No
 * token is checked, no JSON is read, nothing is kept in memory.
 *
 *     requests -> waiting --(connection idle: one transaction)--> flying --(COMMIT returned)--> answers
 *
 * Its tables are those of an engine at their leanest: bigint keys, one btree each.
 */
#include "config.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <libpq-fe.h>

#include "api/http.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/vec.h"

#define NULL_ACTIVITIES 3
#define NULL_WORKERS_MAX 64
#define NULL_BATCH_MAX 512 /* as bpmnd's batch-limit */
#define NULL_ARRAY_MAX ((size_t)1 << 20)
#define NULL_EPOCH INT64_C(946684800000000) /* 2000-01-01, PostgreSQL's zero, in microseconds of ours */

/* Type ids of pg_type. */
enum null_type { NULL_INT8 = 20, NULL_INT4 = 23, NULL_TIMESTAMPTZ = 1184 };
enum null_array_type { NULL_INT8_ARRAY = 1016, NULL_INT4_ARRAY = 1007, NULL_TIMESTAMPTZ_ARRAY = 1185 };

static const char null_schema[] =
	"DROP TABLE IF EXISTS null_instance, null_activity;"
	"CREATE TABLE null_instance (id bigint PRIMARY KEY, definition_id bigint NOT NULL, started_at timestamptz NOT NULL,"
	" ended_at timestamptz NOT NULL, status smallint NOT NULL);"
	"CREATE TABLE null_activity (id bigint NOT NULL, instance_id bigint NOT NULL, started_at timestamptz NOT NULL,"
	" ended_at timestamptz NOT NULL, node integer NOT NULL, outcome smallint NOT NULL);"
	"CREATE INDEX ON null_activity (instance_id)";

static const char null_insert_instances[] =
	"INSERT INTO null_instance SELECT id, 1, at, at, 3 FROM unnest($1, $2) AS t (id, at)";
static const char null_insert_activities[] =
	"INSERT INTO null_activity SELECT id, instance_id, at, at, node, 1 FROM unnest($1, $2, $3, $4)"
	" AS t (id, instance_id, at, node)";

static const Oid null_instance_types[] = {NULL_INT8_ARRAY, NULL_TIMESTAMPTZ_ARRAY};
static const Oid null_activity_types[] = {NULL_INT8_ARRAY, NULL_INT8_ARRAY, NULL_TIMESTAMPTZ_ARRAY, NULL_INT4_ARRAY};

struct null_settings {
	const char *conninfo;
	int workers;
	struct http_config http;
};

typedef VEC(struct http_request *) null_requests;

struct null_worker {
	struct event_base *base;
	struct http_server *server;
	PGconn *conn;
	struct event *readable;
	struct event *writable;
	struct event *begin; /* activated by the first request of a batch: runs when all that have come are read */
	null_requests waiting;
	null_requests flying;
	struct buf arrays[4]; /* parameters of the statement that is being written */
	int64_t next_id;
	pthread_t thread;
};

static void null_die(const char *what, const char *why)
{
	fprintf(stderr, "null_engine: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

/* ---- parameters: one-dimensional arrays in PostgreSQL's binary form ---- */

static void null_put(struct buf *array, uint64_t value, int bytes)
{
	char *to = buf_reserve(array, 8);
	if (!to)
		null_die("array", "too long");
	for (int i = 0; i < bytes; i++)
		to[i] = (char)(value >> (8 * (bytes - 1 - i)));
	array->len += (size_t)bytes;
}

static void null_array_begin(struct buf *array, enum null_type type, size_t count)
{
	buf_clear(array);
	null_put(array, 1, 4); /* dimensions */
	null_put(array, 0, 4); /* no NULLs */
	null_put(array, type, 4);
	null_put(array, count, 4);
	null_put(array, 1, 4); /* lower bound */
}

static void null_array_add(struct buf *array, int64_t value, int bytes)
{
	null_put(array, (uint64_t)bytes, 4);
	null_put(array, (uint64_t)value, bytes);
}

static void null_send(struct null_worker *worker, const char *statement, int count)
{
	static const int formats[] = {1, 1, 1, 1};
	const char *values[4];
	int lengths[4];
	for (int i = 0; i < count; i++) {
		values[i] = worker->arrays[i].ptr;
		lengths[i] = (int)worker->arrays[i].len;
	}
	if (!PQsendQueryPrepared(worker->conn, statement, count, values, lengths, formats, 1))
		null_die(statement, PQerrorMessage(worker->conn));
}

/* ---- a batch ---- */

static void null_send_instances(struct null_worker *worker, size_t count, int64_t at)
{
	struct buf *arrays = worker->arrays;
	null_array_begin(&arrays[0], NULL_INT8, count);
	null_array_begin(&arrays[1], NULL_TIMESTAMPTZ, count);
	for (size_t i = 0; i < count; i++) {
		null_array_add(&arrays[0], worker->next_id + (int64_t)i, 8);
		null_array_add(&arrays[1], at, 8);
	}
	null_send(worker, "instances", 2);
}

static void null_send_activities(struct null_worker *worker, size_t count, int64_t at)
{
	struct buf *arrays = worker->arrays;
	null_array_begin(&arrays[0], NULL_INT8, count * NULL_ACTIVITIES);
	null_array_begin(&arrays[1], NULL_INT8, count * NULL_ACTIVITIES);
	null_array_begin(&arrays[2], NULL_TIMESTAMPTZ, count * NULL_ACTIVITIES);
	null_array_begin(&arrays[3], NULL_INT4, count * NULL_ACTIVITIES);
	for (size_t i = 0; i < count * NULL_ACTIVITIES; i++) {
		int64_t instance = worker->next_id + (int64_t)(i / NULL_ACTIVITIES);
		int64_t node = (int64_t)(i % NULL_ACTIVITIES);
		null_array_add(&arrays[0], instance * NULL_ACTIVITIES + node, 8);
		null_array_add(&arrays[1], instance, 8);
		null_array_add(&arrays[2], at, 8);
		null_array_add(&arrays[3], node, 4);
	}
	null_send(worker, "activities", 4);
}

static void null_flush(struct null_worker *worker)
{
	int left = PQflush(worker->conn);
	if (left < 0)
		null_die("flush", PQerrorMessage(worker->conn));
	if (left > 0)
		event_add(worker->writable, NULL);
}

/* Takes what waits, up to the limit. Between two Syncs a pipeline is one transaction: no BEGIN and COMMIT to send. */
static void null_begin_batch(struct null_worker *worker)
{
	size_t count = worker->waiting.len < NULL_BATCH_MAX ? worker->waiting.len : NULL_BATCH_MAX;
	if (count == 0 || worker->flying.len > 0)
		return;
	for (size_t i = 0; i < count; i++)
		vec_add(&worker->flying, worker->waiting.items[i]);
	worker->waiting.len -= count;
	memmove(worker->waiting.items, worker->waiting.items + count, worker->waiting.len * sizeof *worker->waiting.items);
	int64_t at = clock_now() - NULL_EPOCH;
	null_send_instances(worker, count, at);
	null_send_activities(worker, count, at);
	worker->next_id += (int64_t)count;
	if (!PQpipelineSync(worker->conn))
		null_die("sync", PQerrorMessage(worker->conn));
	null_flush(worker);
}

static void null_answer(struct http_request *request, int64_t id)
{
	char body[64];
	int len = snprintf(body, sizeof body, "{\"id\":\"%lld\"}", (long long)id);
	http_respond(request, &(struct http_response){.status = 201, .body = {body, (size_t)len}});
}

/* The COMMIT has returned. The next batch goes out before the answers: PostgreSQL need not wait for them. */
static void null_end_batch(struct null_worker *worker)
{
	null_requests done = worker->flying;
	int64_t id = worker->next_id - (int64_t)done.len;
	worker->flying = (null_requests){0};
	null_begin_batch(worker);
	for (size_t i = 0; i < done.len; i++)
		null_answer(done.items[i], id + (int64_t)i);
	vec_free(&done);
}

/* ---- events ---- */

static void null_on_begin(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	null_begin_batch(context);
}

static void null_on_writable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	null_flush(context);
}

/* Each statement's result is followed by a NULL, the Sync's is not. */
static void null_on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct null_worker *worker = context;
	if (!PQconsumeInput(worker->conn))
		null_die("read", PQerrorMessage(worker->conn));
	while (worker->flying.len > 0 && !PQisBusy(worker->conn)) {
		PGresult *result = PQgetResult(worker->conn);
		ExecStatusType status = result ? PQresultStatus(result) : PGRES_COMMAND_OK;
		if (status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_SYNC)
			null_die("insert", PQerrorMessage(worker->conn));
		PQclear(result);
		if (status == PGRES_PIPELINE_SYNC)
			null_end_batch(worker);
	}
}

static void null_on_request(void *context, struct http_request *request)
{
	struct null_worker *worker = context;
	if (worker->waiting.len == 0 && worker->flying.len == 0)
		event_active(worker->begin, EV_TIMEOUT, 0);
	vec_add(&worker->waiting, request);
}

/* ---- start ---- */

static void null_exec(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		null_die("database", PQerrorMessage(conn));
	PQclear(result);
}

static PGconn *null_connect(const char *conninfo)
{
	PGconn *conn = PQconnectdb(conninfo);
	if (PQstatus(conn) != CONNECTION_OK)
		null_die("database", PQerrorMessage(conn));
	return conn;
}

static void null_prepare(PGconn *conn, const char *name, const char *sql, int count, const Oid *types)
{
	PGresult *result = PQprepare(conn, name, sql, count, types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		null_die(name, PQerrorMessage(conn));
	PQclear(result);
}

static void null_worker_connect(struct null_worker *worker, const char *conninfo)
{
	worker->conn = null_connect(conninfo);
	null_exec(worker->conn, "SET synchronous_commit = on; SET plan_cache_mode = force_generic_plan");
	null_prepare(worker->conn, "instances", null_insert_instances, 2, null_instance_types);
	null_prepare(worker->conn, "activities", null_insert_activities, 4, null_activity_types);
	if (PQsetnonblocking(worker->conn, 1) != 0 || !PQenterPipelineMode(worker->conn))
		null_die("database", PQerrorMessage(worker->conn));
	worker->readable = event_new(worker->base, PQsocket(worker->conn), EV_READ | EV_PERSIST, null_on_readable, worker);
	worker->writable = event_new(worker->base, PQsocket(worker->conn), EV_WRITE, null_on_writable, worker);
	worker->begin = event_new(worker->base, -1, 0, null_on_begin, worker);
	event_add(worker->readable, NULL);
}

static void null_worker_init(struct null_worker *worker, int number, struct null_settings *settings)
{
	struct err err = {0};
	worker->base = event_base_new();
	worker->next_id = ((int64_t)number << 40) + 1;
	for (size_t i = 0; i < 4; i++)
		buf_init(&worker->arrays[i], NULL_ARRAY_MAX);
	null_worker_connect(worker, settings->conninfo);
	settings->http.context = worker;
	worker->server = http_server_new(worker->base, &settings->http, &err);
	if (!worker->server)
		null_die("listen", err.message);
	settings->http.port = http_server_port(worker->server);
	settings->http.share = true;
}

static void *null_worker_run(void *context)
{
	struct null_worker *worker = context;
	event_base_dispatch(worker->base);
	return NULL;
}

/* The limits that bpmnd sets by default. */
static const struct http_limits null_limits = {
	.head_bytes = (size_t)16 * 1024,
	.header_count = 100,
	.body_bytes = (size_t)8 * 1024 * 1024,
	.head_micros = 10000000,
	.body_micros = 60000000,
	.idle_micros = 60000000,
	.write_micros = 30000000,
	.connections = 4096,
};

static void null_usage(void)
{
	fprintf(stderr, "usage: null_engine --database CONNINFO --certificate FILE --key FILE [--port N] [--workers N]\n");
	exit(2);
}

enum null_option { NULL_DATABASE, NULL_CERTIFICATE, NULL_KEY, NULL_PORT, NULL_WORKERS, NULL_OPTIONS };

static void null_settings_read(struct null_settings *settings, int argc, char **argv)
{
	static const struct option options[] = {
		{"database", required_argument, NULL, NULL_DATABASE},
		{"certificate", required_argument, NULL, NULL_CERTIFICATE},
		{"key", required_argument, NULL, NULL_KEY},
		{"port", required_argument, NULL, NULL_PORT},
		{"workers", required_argument, NULL, NULL_WORKERS},
		{NULL, 0, NULL, 0},
	};
	const char *values[NULL_OPTIONS] = {[NULL_PORT] = "0", [NULL_WORKERS] = "2"};
	struct err err = {0};
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == '?')
			null_usage();
		values[option] = optarg;
	}
	settings->conninfo = values[NULL_DATABASE];
	settings->http.port = (uint16_t)atoi(values[NULL_PORT]);
	settings->workers = atoi(values[NULL_WORKERS]);
	if (!settings->conninfo || !values[NULL_CERTIFICATE] || !values[NULL_KEY] || settings->workers < 1 ||
		settings->workers > NULL_WORKERS_MAX)
		null_usage();
	settings->http.tls = http_tls_load(values[NULL_CERTIFICATE], values[NULL_KEY], &err);
	if (!settings->http.tls)
		null_die("tls", err.message);
}

int main(int argc, char **argv)
{
	struct null_settings settings = {
		.http = {.host = "127.0.0.1", .limits = null_limits, .on_request = null_on_request},
	};
	static struct null_worker workers[NULL_WORKERS_MAX];

	signal(SIGPIPE, SIG_IGN);
	null_settings_read(&settings, argc, argv);
	PGconn *conn = null_connect(settings.conninfo);
	null_exec(conn, "SET client_min_messages = warning");
	null_exec(conn, null_schema);
	PQfinish(conn);
	for (int i = 0; i < settings.workers; i++)
		null_worker_init(&workers[i], i, &settings);
	printf("listening on port %d\n", settings.http.port);
	fflush(stdout);
	for (int i = 1; i < settings.workers; i++) {
		int failed = pthread_create(&workers[i].thread, NULL, null_worker_run, &workers[i]);
		if (failed)
			null_die("thread", strerror(failed));
	}
	null_worker_run(&workers[0]);
	return EXIT_SUCCESS;
}
