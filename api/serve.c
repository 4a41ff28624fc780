/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's life: everything is made by the main thread before the first worker thread starts, which then owns its
 * part alone. The main thread waits for signals; it reaches the others only through an eventfd each.
 */
#include "config.h"

#include "api/serve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>
#include <libxml/parser.h>

#include "api/call.h"
#include "api/dispatch.h"
#include "api/http.h"
#include "api/settings.h"
#include "api/token.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "runtime/runtime.h"
#include "runtime/script.h"

#define SERVE_THREADS_MAX 64
#define SERVE_TOKENS_CACHED 4096
#define SERVE_HEADERS_MAX 100
#define SERVE_TICK_MILLIS 10
#define SERVE_PROGRAM "/proc/self/exe"
#define SERVE_DATABASE_MILLIS 200
#define SERVE_DATABASE_TRIES_PER_LINE 25

/* One worker thread and what is its own. */
struct serve_thread {
	struct serve *serve;
	struct event_base *base;
	struct api api;
	struct http_server *http;
	struct scripts *scripts; /* the first thread's; NULL */
	struct event *stop;      /* readable: drain */
	struct event *tick;      /* while draining: is it done? */
	int stop_fd;
	int64_t drain_until; /* clock_monotonic */
	bool drained;
	bool running;
	pthread_t thread;
};

struct serve {
	const struct settings *settings;
	struct api_config config;
	struct http_tls *tls;
	struct token_keys *keys;
	struct runtime *runtime;
	const struct metrics *metrics[SERVE_THREADS_MAX];
	struct serve_thread threads[SERVE_THREADS_MAX];
	size_t thread_count;
};

/* ---- a worker thread ---- */

static void serve_on_tick(evutil_socket_t fd, short what, void *context)
{
	struct serve_thread *thread = context;
	(void)fd, (void)what;
	bool scripts_done = !thread->scripts || scripts_idle(thread->scripts);
	thread->drained = http_server_is_quiet(thread->http) && scripts_done && worker_idle(thread->api.worker);
	if (thread->drained || clock_monotonic() >= thread->drain_until)
		event_base_loopbreak(thread->base);
}

static void serve_on_stop(evutil_socket_t fd, short what, void *context)
{
	struct serve_thread *thread = context;
	const struct timeval tick = {.tv_usec = SERVE_TICK_MILLIS * 1000};
	(void)fd, (void)what;
	event_del(thread->stop);
	thread->api.draining = true;
	thread->drain_until = clock_monotonic() + thread->serve->settings->drain_time;
	http_server_stop_accepting(thread->http);
	if (thread->scripts)
		scripts_drain(thread->scripts);
	worker_drain(thread->api.worker);
	event_add(thread->tick, &tick);
}

static void *serve_thread_main(void *context)
{
	struct serve_thread *thread = context;
	event_base_dispatch(thread->base);
	return NULL;
}

static struct event_base *serve_base_new(void)
{
	struct event_config *config = event_config_new();
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	struct event_base *base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static struct http_limits serve_limits(const struct settings *settings)
{
	return (struct http_limits){
		.head_bytes = settings->max_head,
		.header_count = SERVE_HEADERS_MAX,
		.body_bytes = settings->max_body,
		.head_micros = INT64_C(10) * 1000000,
		.body_micros = INT64_C(60) * 1000000,
		.idle_micros = INT64_C(75) * 1000000,
		.write_micros = INT64_C(30) * 1000000,
		.connections = (size_t)settings->connections,
		.connections_per_peer = (size_t)settings->connections_per_peer,
	};
}

/* The first thread's listener picks the port, the others share it. */
static bool serve_listen(struct serve_thread *thread, uint16_t port, struct err *err)
{
	const struct settings *settings = thread->serve->settings;
	bool is_first = thread == thread->serve->threads;
	struct http_config config = {
		.host = settings->listen_host ? settings->listen_host : "127.0.0.1",
		.port = port,
		.port_search = settings->port_search && is_first,
		.share = !is_first,
		.tls = thread->serve->tls,
		.limits = serve_limits(settings),
		.on_head = dispatch_head,
		.on_request = dispatch_request,
		.context = &thread->api,
	};
	thread->http = http_server_new(thread->base, &config, err);
	return thread->http != NULL;
}

static bool serve_thread_init(struct serve *serve, struct serve_thread *thread, uint16_t port, struct err *err)
{
	thread->serve = serve;
	thread->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	thread->base = serve_base_new();
	if (!thread->base || thread->stop_fd < 0)
		return err_set(err, ERR_UNAVAILABLE, "no event loop: %s", strerror(errno));
	thread->stop = event_new(thread->base, thread->stop_fd, EV_READ | EV_PERSIST, serve_on_stop, thread);
	thread->tick = event_new(thread->base, -1, EV_PERSIST, serve_on_tick, thread);
	if (!thread->stop || !thread->tick || event_add(thread->stop, NULL) != 0)
		return err_set(err, ERR_UNAVAILABLE, "no event loop");
	thread->api = (struct api){
		.config = &serve->config,
		.worker = worker_new(serve->runtime, thread->base),
		.tokens = token_cache_new(serve->keys, SERVE_TOKENS_CACHED),
	};
	serve->metrics[thread - serve->threads] = worker_metrics(thread->api.worker);
	if (thread == serve->threads)
		thread->scripts = scripts_new(thread->api.worker, thread->base, SERVE_PROGRAM);
	return serve_listen(thread, port, err);
}

/* A write that has just been done left a deferred callback, which holds its connection's bufferevent: freed with the
 * base it would keep that for ever, so it runs first. */
static void serve_base_free(struct event_base *base)
{
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
}

/* A thread whose requests did not end in time keeps what it has: they point into it, and the process ends anyway. */
static void serve_thread_fini(struct serve_thread *thread)
{
	if (thread->http && http_server_pending(thread->http) > 0)
		return;
	if (thread->http)
		http_server_free(thread->http);
	if (thread->api.worker)
		worker_free(thread->api.worker);
	if (thread->scripts)
		scripts_free(thread->scripts);
	if (thread->api.tokens)
		token_cache_free(thread->api.tokens);
	if (thread->stop)
		event_free(thread->stop);
	if (thread->tick)
		event_free(thread->tick);
	if (thread->base)
		serve_base_free(thread->base);
	if (thread->stop_fd >= 0)
		close(thread->stop_fd);
}

/* ---- starting ---- */

static bool serve_is_loopback(const char *host)
{
	return !host || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0;
}

static bool serve_load_tls(struct serve *serve, struct err *err)
{
	const struct settings *settings = serve->settings;
	if (settings->insecure_http)
		return serve_is_loopback(settings->listen_host) ||
		       err_set(err, ERR_INVALID, "insecure-http is only for a loopback listen-host");
	if (!settings->tls_certificate || !settings->tls_key)
		return err_set(err, ERR_INVALID, "tls-certificate and tls-key are needed");
	serve->tls = http_tls_load(settings->tls_certificate, settings->tls_key, err);
	return serve->tls != NULL;
}

static bool serve_load_keys(struct serve *serve, struct err *err)
{
	const struct settings *settings = serve->settings;
	serve->keys = token_keys_load(
		&(struct token_config){
			.jwks_file = settings->jwks_file,
			.pem_file = settings->jwt_pem_file,
			.secret_file = settings->jwt_secret_file,
			.issuer = settings->jwt_issuer,
			.audience = settings->jwt_audience,
			.claim_groups = settings->jwt_claim_groups,
			.claim_roles = settings->jwt_claim_roles,
			.claim_tenant = settings->jwt_claim_tenant,
			.leeway_micros = settings->jwt_leeway,
		},
		err);
	return serve->keys != NULL;
}

static struct runtime *serve_runtime_new(const struct settings *settings)
{
	return runtime_new(&(struct runtime_config){
		.conninfo = settings->database ? settings->database : "",
		.limits =
			{
				.step_budget = (int32_t)settings->step_budget,
				.scope_depth = (int32_t)settings->scope_depth,
				.job_retries = (int32_t)settings->job_retries,
				.job_backoff = settings->job_backoff,
			},
		.batch_limit = (size_t)settings->batch_limit,
		.queue_limit = (size_t)settings->queue_limit,
		.cache_bytes = settings->cache_size,
		.idempotency_ttl = settings->idempotency_ttl,
	});
}

static size_t serve_thread_count(const struct settings *settings)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t wanted = settings->workers > 0 ? settings->workers : cores > 0 ? cores : 1;
	return wanted > SERVE_THREADS_MAX ? SERVE_THREADS_MAX : (size_t)wanted;
}

static void serve_signal_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

/* A database that is starting, recovering or full is waited for, with a line in the log now and then; one that is wrong
 * is not. False also when a signal ends the wait. */
static bool serve_await_database(struct serve *serve, struct err *err)
{
	const char *conninfo = serve->settings->database ? serve->settings->database : "";
	const struct timespec pause = {.tv_nsec = SERVE_DATABASE_MILLIS * 1000000};
	sigset_t set;
	serve_signal_set(&set);
	for (int tries = 0; !db_check(conninfo, &serve->config.durability, err); tries++) {
		if (err->code != ERR_UNAVAILABLE)
			return false;
		if (tries % SERVE_DATABASE_TRIES_PER_LINE == 0)
			log_event(LOG_WARNING, "waiting-for-database", LOG_C("reason", err->message));
		int signal = sigtimedwait(&set, NULL, &pause);
		if (signal == SIGTERM || signal == SIGINT)
			return false;
		err_clear(err);
	}
	return true;
}

static bool serve_init(struct serve *serve, struct err *err)
{
	const struct settings *settings = serve->settings;
	serve->config = (struct api_config){
		.max_variables = settings->max_variables,
		.max_diagram = settings->max_diagram,
		.metrics = serve->metrics,
	};
	if (!serve_load_tls(serve, err) || !serve_load_keys(serve, err) || !serve_await_database(serve, err))
		return false;
	serve->runtime = serve_runtime_new(settings);
	size_t count = serve_thread_count(settings);
	uint16_t port = (uint16_t)settings->listen_port;
	for (size_t i = 0; i < count; i++) {
		serve->threads[i].stop_fd = -1;
		serve->thread_count = serve->config.metrics_count = i + 1;
		if (!serve_thread_init(serve, &serve->threads[i], port, err))
			return false;
		port = http_server_port(serve->threads[i].http);
	}
	return true;
}

static bool serve_start_threads(struct serve *serve, struct err *err)
{
	for (size_t i = 0; i < serve->thread_count; i++) {
		int failure = pthread_create(&serve->threads[i].thread, NULL, serve_thread_main, &serve->threads[i]);
		if (failure != 0)
			return err_set(err, ERR_UNAVAILABLE, "no thread: %s", strerror(failure));
		serve->threads[i].running = true;
	}
	return true;
}

/* ---- running ---- */

static bool serve_is_ready(const struct serve *serve)
{
	for (size_t i = 0; i < serve->thread_count; i++) {
		if (atomic_load_explicit(&serve->metrics[i]->database_ready, memory_order_relaxed) != 1)
			return false;
	}
	return true;
}

/* Reads the settings anew and takes over what can change while the server runs: for now the log level. */
static void serve_reload(const struct serve *serve)
{
	struct settings fresh;
	struct err err = {0};
	char option[] = "--config";
	char *argv[] = {option, serve->settings->config, NULL};
	if (settings_load(&fresh, serve->settings->config ? 2 : 0, argv, &err)) {
		log_configure(fresh.log_level, STDERR_FILENO);
		log_event(LOG_INFO, "reloaded");
	} else {
		log_event(LOG_ERROR, "reload-refused", LOG_C("reason", err.message));
	}
	settings_free(&fresh);
}

/* Until SIGTERM or SIGINT. */
static void serve_wait(struct serve *serve, void (*on_ready)(void *context, uint16_t port), void *context)
{
	const struct timespec soon = {.tv_nsec = SERVE_TICK_MILLIS * 1000000}, later = {.tv_sec = 3600};
	bool ready = false;
	sigset_t set;
	serve_signal_set(&set);
	for (int signal = 0; signal != SIGTERM && signal != SIGINT;) {
		signal = sigtimedwait(&set, NULL, ready ? &later : &soon);
		if (signal == SIGHUP)
			serve_reload(serve);
		if (ready || !serve_is_ready(serve))
			continue;
		ready = true;
		uint16_t port = http_server_port(serve->threads[0].http);
		log_event(LOG_INFO, "ready", LOG_INT("port", port), LOG_INT("workers", (int64_t)serve->thread_count),
			LOG_C("durability", serve->config.durability));
		if (on_ready)
			on_ready(context, port);
	}
}

static void serve_drain(struct serve *serve)
{
	if (!serve->threads[0].running)
		return;
	log_event(LOG_INFO, "draining");
	for (size_t i = 0; i < serve->thread_count; i++) {
		if (serve->threads[i].running)
			eventfd_write(serve->threads[i].stop_fd, 1);
	}
	for (size_t i = 0; i < serve->thread_count; i++) {
		if (!serve->threads[i].running)
			continue;
		pthread_join(serve->threads[i].thread, NULL);
		if (!serve->threads[i].drained)
			log_event(LOG_WARNING, "drain-time-over",
				LOG_INT("requests", (int64_t)http_server_pending(serve->threads[i].http)));
	}
	log_event(LOG_INFO, "stopped");
}

/* False where a thread had to be left as it is. */
static bool serve_fini_threads(struct serve *serve)
{
	bool all = true;
	for (size_t i = 0; i < serve->thread_count; i++) {
		all = all && (!serve->threads[i].http || http_server_pending(serve->threads[i].http) == 0);
		serve_thread_fini(&serve->threads[i]);
	}
	return all;
}

static void serve_free(struct serve *serve)
{
	if (!serve_fini_threads(serve))
		return;
	if (serve->runtime)
		runtime_free(serve->runtime);
	token_keys_free(serve->keys);
	http_tls_free(serve->tls);
	free(serve);
}

static void serve_init_libraries(const struct settings *settings)
{
	log_configure(settings->log_level, STDERR_FILENO);
	json_object_seed(0);
	xmlInitParser();
}

int serve_run(
	const struct settings *settings, void (*on_ready)(void *context, uint16_t port), void *context, struct err *err)
{
	struct serve *serve = alloc_new(struct serve);
	sigset_t set, before;
	serve->settings = settings;
	serve_signal_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, &before);
	signal(SIGPIPE, SIG_IGN);
	serve_init_libraries(settings);

	bool started = serve_init(serve, err) && serve_start_threads(serve, err);
	if (started)
		serve_wait(serve, on_ready, context);
	serve_drain(serve);
	serve_free(serve);
	/* Whoever asks twice gets the same good end: what is pending is dropped before the signals are let in again. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started ? EXIT_SUCCESS : EXIT_FAILURE;
}
