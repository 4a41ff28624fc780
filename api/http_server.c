/* SPDX-License-Identifier: Apache-2.0
 *
 * The server: a listening socket, caps on connections, and one coarse timer that walks the lists of deadlines. A
 * deadline is met within HTTP_SWEEP_MICROS, and costs a connection nothing but a place in a list.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/http_private.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

#define HTTP_PORT_TRIES 100
#define HTTP_BACKLOG 1024

/* ---- deadlines ---- */

/* Nothing happens when the wait is of this kind already: its deadline stands. */
void http_wait_set(struct http_wait *wait, enum http_wait_kind kind)
{
	struct http_server *server = wait->connection->server;
	if (wait->kind == kind)
		return;
	if (wait->kind != HTTP_WAIT_NONE)
		TAILQ_REMOVE(&server->waits[wait->kind], wait, link);
	wait->kind = kind;
	if (kind == HTTP_WAIT_NONE)
		return;
	wait->deadline = clock_monotonic() + server->wait_micros[kind];
	TAILQ_INSERT_TAIL(&server->waits[kind], wait, link);
}

static void http_server_on_sweep(evutil_socket_t fd, short what, void *context)
{
	struct http_server *server = context;
	struct http_wait *wait;
	(void)fd;
	(void)what;
	http_date_update(server);
	if (server->accept_paused && server->listener) {
		server->accept_paused = false;
		evconnlistener_enable(server->listener);
	}
	int64_t now = clock_monotonic();
	for (int kind = 0; kind < HTTP_WAIT_COUNT; kind++)
		while ((wait = TAILQ_FIRST(&server->waits[kind])) && wait->deadline <= now)
			http_connection_expire(wait, now);
}

static void http_server_init_waits(struct http_server *server)
{
	const struct http_limits *limits = &server->config.limits;
	server->wait_micros[HTTP_WAIT_HEAD] = limits->head_micros;
	server->wait_micros[HTTP_WAIT_BODY] = limits->body_micros;
	server->wait_micros[HTTP_WAIT_IDLE] = limits->idle_micros;
	server->wait_micros[HTTP_WAIT_WRITE] = limits->write_micros;
	server->wait_micros[HTTP_WAIT_LINGER] = HTTP_LINGER_MICROS;
	for (int kind = 0; kind < HTTP_WAIT_COUNT; kind++)
		TAILQ_INIT(&server->waits[kind]);
}

/* ---- accepting ---- */

static struct str http_peer_address(const struct sockaddr *address)
{
	const void *bytes = address;
	if (address->sa_family == AF_INET6)
		return (struct str){(const char *)&((const struct sockaddr_in6 *)bytes)->sin6_addr, sizeof(struct in6_addr)};
	if (address->sa_family == AF_INET)
		return (struct str){(const char *)&((const struct sockaddr_in *)bytes)->sin_addr, sizeof(struct in_addr)};
	return STR("");
}

/* The peer with one connection more, made on its first. */
static struct http_peer *http_peer_get(struct http_server *server, struct str address)
{
	struct http_peer *peer = map_get(&server->peers, address);
	if (!peer) {
		peer = alloc_new(struct http_peer);
		memcpy(peer->address, address.ptr, address.len);
		peer->address_len = address.len;
		map_put(&server->peers, (struct str){peer->address, address.len}, peer);
	}
	peer->connections++;
	return peer;
}

static void http_peer_put(struct http_server *server, struct http_peer *peer)
{
	if (--peer->connections > 0)
		return;
	map_remove(&server->peers, (struct str){peer->address, peer->address_len});
	free(peer);
}

static bool http_server_peer_is_full(const struct http_server *server, struct str address)
{
	size_t cap = server->config.limits.connections_per_peer;
	if (cap == 0)
		return false;
	const struct http_peer *peer = map_get(&server->peers, address);
	return peer && peer->connections >= cap;
}

/* A full house: the longest idle guest leaves; where nobody is idle there is no room. */
static bool http_server_make_room(struct http_server *server)
{
	if (server->connection_count < server->config.limits.connections)
		return true;
	struct http_wait *wait = TAILQ_FIRST(&server->waits[HTTP_WAIT_IDLE]);
	if (!wait)
		return false;
	http_connection_close(wait->connection);
	http_connection_run(wait->connection);
	return true;
}

static void http_server_accept(struct http_server *server, evutil_socket_t fd, const struct sockaddr *address)
{
	struct str peer = http_peer_address(address);
	if (http_server_peer_is_full(server, peer) || !http_server_make_room(server)) {
		log_event(LOG_DEBUG, "connection refused", LOG_INT("open", (int64_t)server->connection_count));
		(void)close(fd);
		return;
	}
	bool capped = server->config.limits.connections_per_peer > 0;
	http_connection_new(server, fd, capped ? http_peer_get(server, peer) : NULL);
}

static void http_server_on_accept(
	struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len, void *context)
{
	(void)listener;
	(void)len;
	http_server_accept(context, fd, address);
}

/* Out of descriptors: the pending connection stays in the backlog until the sweep looks again. */
static void http_server_on_accept_error(struct evconnlistener *listener, void *context)
{
	struct http_server *server = context;
	log_event(LOG_WARNING, "accept", LOG_C("error", strerror(errno)));
	server->accept_paused = true;
	evconnlistener_disable(listener);
}

void http_server_forget(struct http_server *server, struct http_connection *connection)
{
	TAILQ_REMOVE(&server->connections, connection, link);
	server->connection_count--;
	if (connection->peer)
		http_peer_put(server, connection->peer);
}

/* ---- listening ---- */

static bool http_socket_options(int fd, int family, bool shared)
{
	int on = 1;
	int off = 0;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		return false;
	if (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
		return false;
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
		return false;
	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0; /* accepted sockets inherit it */
}

/* A bound socket or -1 with errno. Not shared: only where nobody else is bound. */
static int http_socket_bind(const struct addrinfo *where, bool shared)
{
	int fd = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (http_socket_options(fd, where->ai_family, shared) && bind(fd, where->ai_addr, where->ai_addrlen) == 0)
		return fd;
	int saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

/* SO_REUSEPORT would let us in beside another daemon of the same user: the first of a process asks without it. */
static bool http_socket_is_free(const struct addrinfo *where)
{
	int fd = http_socket_bind(where, false);
	bool is_free = fd >= 0 && listen(fd, 1) == 0;
	int saved = errno;
	if (fd >= 0)
		(void)close(fd);
	errno = saved;
	return is_free;
}

static struct addrinfo *http_socket_resolve(const char *host, unsigned port, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *where = NULL;
	char service[8];
	(void)snprintf(service, sizeof service, "%u", port & 0xffffu);
	int failed = getaddrinfo(host, service, &hints, &where);
	if (failed)
		err_set(err, ERR_UNAVAILABLE, "%s: %s", host, gai_strerror(failed));
	return where;
}

static int http_socket_try(const struct http_config *config, unsigned port, struct err *err)
{
	struct addrinfo *where = http_socket_resolve(config->host, port, err);
	if (!where)
		return -1;
	bool probe = !config->share && port != 0;
	int fd = probe && !http_socket_is_free(where) ? -1 : http_socket_bind(where, true);
	if (fd < 0)
		err_set(err, ERR_UNAVAILABLE, "%s port %u: %s", config->host, port, strerror(errno));
	freeaddrinfo(where);
	return fd;
}

static int http_socket_open(const struct http_config *config, struct err *err)
{
	unsigned tries = config->port_search && config->port != 0 ? HTTP_PORT_TRIES : 1;
	struct err first = {0};
	for (unsigned i = 0; i < tries && config->port + i <= UINT16_MAX; i++) {
		int fd = http_socket_try(config, config->port + i, &first);
		if (fd >= 0)
			return fd;
	}
	err_set(err, first.code, "%s", first.message);
	return -1;
}

static uint16_t http_socket_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {0};
	socklen_t len = sizeof address;
	if (getsockname(fd, &address.any, &len) != 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* ---- the server ---- */

static void http_server_start_sweep(struct http_server *server)
{
	struct timeval every = {.tv_usec = HTTP_SWEEP_MICROS};
	server->sweep = event_new(server->base, -1, EV_PERSIST, http_server_on_sweep, server);
	if (!server->sweep || event_add(server->sweep, &every) != 0)
		abort(); /* out of memory */
}

static bool http_server_listen(struct http_server *server, struct err *err)
{
	int fd = http_socket_open(&server->config, err);
	if (fd < 0)
		return false;
	server->port = http_socket_port(fd);
	server->listener = evconnlistener_new(
		server->base, http_server_on_accept, server, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, HTTP_BACKLOG, fd);
	if (!server->listener) {
		err_set(err, ERR_UNAVAILABLE, "%s port %u: %s", server->config.host, server->port, strerror(errno));
		(void)close(fd);
		return false;
	}
	evconnlistener_set_error_cb(server->listener, http_server_on_accept_error);
	return true;
}

struct http_server *http_server_new(struct event_base *base, const struct http_config *config, struct err *err)
{
	struct http_server *server = alloc_new(struct http_server);
	server->config = *config;
	server->base = base;
	TAILQ_INIT(&server->connections);
	TAILQ_INIT(&server->spare);
	buf_init(&server->scratch, SIZE_MAX);
	http_server_init_waits(server);
	http_date_update(server);
	if (!http_server_listen(server, err)) {
		http_server_free(server);
		return NULL;
	}
	http_server_start_sweep(server);
	return server;
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}

/* Connections that the kernel has completed already would be reset with the socket: take them in first. */
static void http_server_accept_rest(struct http_server *server)
{
	struct sockaddr_storage storage;
	void *address = &storage;
	for (;;) {
		socklen_t len = sizeof storage;
		int fd = accept4(evconnlistener_get_fd(server->listener), address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		http_server_accept(server, fd, address);
	}
}

void http_server_stop_accepting(struct http_server *server)
{
	if (server->draining)
		return;
	http_server_accept_rest(server);
	evconnlistener_free(server->listener);
	server->listener = NULL;
	server->draining = true;
	struct http_connection *next;
	for (struct http_connection *c = TAILQ_FIRST(&server->connections); c; c = next) {
		next = TAILQ_NEXT(c, link); /* stays: an idle connection has no request whose answer could touch another */
		if (http_connection_is_idle(c))
			http_connection_run(c);
	}
}

size_t http_server_pending(const struct http_server *server)
{
	return server->pending;
}

bool http_server_is_quiet(const struct http_server *server)
{
	const struct http_connection *connection;
	TAILQ_FOREACH(connection, &server->connections, link)
	{
		if (http_connection_unsent(connection) > 0)
			return false;
	}
	return server->pending == 0;
}

size_t http_server_connections(const struct http_server *server)
{
	return server->connection_count;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	assert(server->pending == 0);
	if (server->listener)
		evconnlistener_free(server->listener);
	if (server->sweep)
		event_free(server->sweep);
	struct http_connection *connection;
	while ((connection = TAILQ_FIRST(&server->connections))) {
		http_connection_close(connection);
		http_connection_run(connection);
	}
	struct http_request *request;
	while ((request = TAILQ_FIRST(&server->spare))) {
		TAILQ_REMOVE(&server->spare, request, link);
		http_request_free(request);
	}
	map_free(&server->peers);
	buf_free(&server->scratch);
	free(server);
}
