/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection: bytes to requests, answers to bytes. libevent's callbacks, answers and deadlines only note what
 * happened and call http_connection_run, which does all that can be done: send, read, perhaps close. It never nests,
 * so a connection cannot vanish under a caller's feet.
 */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "api/http_private.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

static void http_connection_move(struct http_connection *connection, enum http_phase phase)
{
	if (connection->phase < phase)
		connection->phase = phase;
}

size_t http_connection_unsent(const struct http_connection *connection)
{
	return evbuffer_get_length(connection->out) + evbuffer_get_length(bufferevent_get_output(connection->bev));
}

/* ---- the queue ---- */

static void http_connection_enqueue(struct http_connection *connection, struct http_request *request)
{
	request->connection = connection;
	TAILQ_INSERT_TAIL(&connection->queue, request, link);
	connection->queue_len++;
	connection->queue_bytes += request->message.body.len;
}

static void http_connection_dequeue(struct http_connection *connection, struct http_request *request)
{
	TAILQ_REMOVE(&connection->queue, request, link);
	connection->queue_len--;
	connection->queue_bytes -= request->message.body.len;
	request->connection = NULL;
}

/* Without pipelining the answer goes straight out; answers that overtake others wait in their request. */
static void http_connection_put(struct http_connection *connection, struct str head, struct str body)
{
	struct evbuffer_iovec space;
	if (evbuffer_reserve_space(connection->out, (ev_ssize_t)(head.len + body.len), &space, 1) != 1)
		abort(); /* out of memory */
	char *to = space.iov_base;
	memcpy(to, head.ptr, head.len);
	if (body.len > 0)
		memcpy(to + head.len, body.ptr, body.len);
	space.iov_len = head.len + body.len;
	evbuffer_commit_space(connection->out, &space, 1);
}

/* Sends what is answered at the front of the queue. */
static void http_connection_shift(struct http_connection *connection)
{
	struct http_request *request;
	while ((request = TAILQ_FIRST(&connection->queue)) && request->answered) {
		if (request->answer.len > 0)
			http_connection_put(connection, buf_str(&request->answer), STR(""));
		http_connection_dequeue(connection, request);
		http_request_release(request);
	}
}

bool http_connection_ends_with(const struct http_request *request)
{
	bool last = request->server->draining && !(request->connection && TAILQ_NEXT(request, link));
	return !request->message.keep_alive || last;
}

void http_connection_answer(struct http_request *request, struct str head, struct str body)
{
	struct http_connection *connection = request->connection;
	assert(!request->answered);
	if (request->pending)
		request->server->pending--;
	if (!connection) {
		http_request_release(request);
		return;
	}
	if (http_connection_ends_with(request))
		http_connection_move(connection, HTTP_PHASE_CLOSING);
	request->answered = true;
	if (request == TAILQ_FIRST(&connection->queue)) {
		http_connection_put(connection, head, body);
	} else {
		buf_add_str(&request->answer, head);
		buf_add_str(&request->answer, body);
	}
	http_connection_shift(connection);
	http_connection_run(connection);
}

/* ---- reading ---- */

static bool http_connection_may_read(const struct http_connection *connection)
{
	return connection->phase == HTTP_PHASE_OPEN && connection->queue_len < HTTP_PIPELINE_MAX &&
	       connection->queue_bytes < HTTP_BACKLOG_MAX && http_connection_unsent(connection) < HTTP_BACKLOG_MAX;
}

/* Takes `reading` out for good. */
static struct http_request *http_connection_end_reading(struct http_connection *connection)
{
	struct http_request *request = connection->reading;
	connection->reading = NULL;
	connection->continue_due = false;
	connection->fresh = false;
	http_wait_set(&connection->read_wait, HTTP_WAIT_NONE);
	return request;
}

/* A client that sends its whole body before it looks for the answer shall find it. */
static void http_connection_expect_body(struct http_connection *connection)
{
	size_t most = 2 * connection->server->config.limits.body_bytes;
	if (connection->linger_left < most)
		connection->linger_left = most;
}

/* Answers a request that cannot be read, after those before it, and ends the connection (RFC 9112 9.6). */
static void http_connection_refuse(struct http_connection *connection, enum err_code code, const char *detail)
{
	struct http_request *request = http_connection_end_reading(connection);
	log_event(LOG_DEBUG, "request refused", LOG_C("detail", detail), LOG_INT("status", err_status(code)));
	if (code == ERR_TOO_LARGE)
		http_connection_expect_body(connection);
	request->message.keep_alive = false;
	http_connection_enqueue(connection, request);
	http_respond_problem(request, code, detail);
}

/* Asks on_head whether the body may come. The request is in the queue meanwhile, as one that ends the connection, so
 * that an answer takes its usual way. */
static bool http_connection_admit(struct http_connection *connection)
{
	const struct http_config *config = &connection->server->config;
	struct http_request *request = connection->reading;
	bool keep_alive = request->message.keep_alive;
	request->began = clock_monotonic();
	request->message.keep_alive = false;
	http_connection_enqueue(connection, request);
	if (config->on_head(config->context, request)) {
		http_connection_dequeue(connection, request);
		request->message.keep_alive = keep_alive;
		return true;
	}
	(void)http_connection_end_reading(connection); /* answered, perhaps gone */
	assert(connection->phase >= HTTP_PHASE_CLOSING);
	http_connection_expect_body(connection);
	return false;
}

/* A small body has mostly come with its head: then there is nothing to wait for, and on_request asks the same. */
static void http_connection_head(struct http_connection *connection, size_t come)
{
	const struct http_reader *reader = &connection->reader;
	bool is_here = !reader->chunked && reader->left <= come;
	if (connection->server->config.on_head && !is_here && !http_connection_admit(connection))
		return;
	const struct http_message *message = &connection->reading->message;
	if (connection->reader.left > message->body_max)
		http_connection_refuse(connection, ERR_TOO_LARGE, "the body is too large");
	else
		connection->continue_due = message->expects_continue;
}

/* A whole request: to the handler, which may answer before it returns. */
static void http_connection_dispatch(struct http_connection *connection)
{
	struct http_server *server = connection->server;
	struct http_request *request = http_connection_end_reading(connection);
	if (!request->message.keep_alive)
		http_connection_move(connection, HTTP_PHASE_CLOSING);
	request->began = clock_monotonic();
	request->pending = true;
	server->pending++;
	http_connection_enqueue(connection, request);
	server->config.on_request(server->config.context, request);
}

static void http_connection_noise(struct http_connection *connection)
{
	http_request_release(http_connection_end_reading(connection));
	http_connection_move(connection, connection->queue_len > 0 ? HTTP_PHASE_CLOSING : HTTP_PHASE_CLOSED);
}

static void http_connection_feed(struct http_connection *connection, struct str *input)
{
	struct http_reader *reader = &connection->reader;
	if (!connection->reading) {
		connection->reading = http_request_get(connection->server);
		http_reader_begin(reader, &connection->server->config.limits, &connection->reading->message);
	}
	switch (http_reader_feed(reader, input)) {
	case HTTP_EVENT_MORE:
		break;
	case HTTP_EVENT_HEAD:
		http_connection_head(connection, input->len);
		break;
	case HTTP_EVENT_COMPLETE:
		http_connection_dispatch(connection);
		break;
	case HTTP_EVENT_REFUSED:
		if (reader->code == ERR_NONE)
			http_connection_noise(connection);
		else
			http_connection_refuse(connection, reader->code, reader->detail);
		break;
	}
}

/* Reads what has come, chunk by chunk of libevent's buffer, without joining them. True when anything was read. */
static bool http_connection_pump(struct http_connection *connection)
{
	struct evbuffer *buffer = bufferevent_get_input(connection->bev);
	struct evbuffer_iovec chunk;
	bool moved = false;
	while (http_connection_may_read(connection) && evbuffer_get_length(buffer) > 0 &&
		   evbuffer_peek(buffer, -1, NULL, &chunk, 1) > 0) {
		struct str input = {chunk.iov_base, chunk.iov_len};
		http_connection_feed(connection, &input);
		evbuffer_drain(buffer, chunk.iov_len - input.len);
		moved = true;
	}
	return moved;
}

/* ---- sending and closing ---- */

static void http_connection_flush(struct http_connection *connection)
{
	if (connection->phase == HTTP_PHASE_CLOSED)
		return;
	if (connection->continue_due && connection->queue_len == 0) {
		connection->continue_due = false;
		evbuffer_add(connection->out, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	}
	size_t n = evbuffer_get_length(connection->out);
	connection->handed += n;
	if (n > 0)
		bufferevent_write_buffer(connection->bev, connection->out);
}

/* All is sent: our side ends now, and the client has a moment to read and to end its own. Closing at once with input
 * unread would make TCP throw our last answer away (RFC 9112 9.6). */
static void http_connection_linger(struct http_connection *connection)
{
	SSL *ssl = bufferevent_openssl_get_ssl(connection->bev);
	http_connection_move(connection, HTTP_PHASE_LINGER);
	if (ssl) {
		(void)SSL_shutdown(ssl);
		ERR_clear_error();
	}
	(void)shutdown(bufferevent_getfd(connection->bev), SHUT_WR);
}

static void http_connection_drop_input(struct http_connection *connection)
{
	struct evbuffer *input = bufferevent_get_input(connection->bev);
	size_t n = evbuffer_get_length(input);
	evbuffer_drain(input, n);
	if (n > connection->linger_left)
		http_connection_close(connection);
	else
		connection->linger_left -= n;
}

void http_connection_close(struct http_connection *connection)
{
	http_connection_move(connection, HTTP_PHASE_CLOSED);
}

bool http_connection_is_idle(const struct http_connection *connection)
{
	SSL *ssl = bufferevent_openssl_get_ssl(connection->bev);
	return connection->phase == HTTP_PHASE_OPEN && !connection->reading && connection->queue_len == 0 &&
	       (!ssl || SSL_is_init_finished(ssl));
}

/* The phase that the present state of things leads to. */
static void http_connection_advance(struct http_connection *connection)
{
	if (connection->server->draining && http_connection_is_idle(connection))
		http_connection_move(connection, HTTP_PHASE_CLOSING);
	if (connection->phase == HTTP_PHASE_CLOSING && connection->queue_len == 0 &&
		http_connection_unsent(connection) == 0) {
		if (connection->ended)
			http_connection_close(connection);
		else
			http_connection_linger(connection);
	}
	if (connection->phase == HTTP_PHASE_LINGER)
		http_connection_drop_input(connection);
}

/* Tells the requests in flight, each once, that their client is gone. A callback may answer any of them. */
static void http_connection_notify(struct http_connection *connection)
{
	struct http_request *request = TAILQ_FIRST(&connection->queue);
	while (request) {
		if (request->answered || request->aborted || !request->on_abort) {
			request = TAILQ_NEXT(request, link);
			continue;
		}
		request->aborted = true;
		request->on_abort(request->abort_context);
		request = TAILQ_FIRST(&connection->queue);
	}
}

static void http_connection_free(struct http_connection *connection)
{
	struct http_request *request;
	connection->running = true;
	http_connection_notify(connection);
	while ((request = TAILQ_FIRST(&connection->queue))) {
		http_connection_dequeue(connection, request);
		if (request->answered)
			http_request_release(request);
	}
	if (connection->reading)
		http_request_release(connection->reading);
	http_wait_set(&connection->read_wait, HTTP_WAIT_NONE);
	http_wait_set(&connection->write_wait, HTTP_WAIT_NONE);
	http_server_forget(connection->server, connection);
	evbuffer_free(connection->out);
	bufferevent_free(connection->bev);
	free(connection);
}

/* ---- waiting ---- */

static enum http_wait_kind http_connection_read_wait(const struct http_connection *connection)
{
	if (connection->phase == HTTP_PHASE_LINGER)
		return HTTP_WAIT_LINGER;
	if (connection->phase == HTTP_PHASE_CLOSING)
		return HTTP_WAIT_NONE;
	if (connection->reading)
		return http_reader_in_body(&connection->reader) ? HTTP_WAIT_BODY : HTTP_WAIT_HEAD;
	if (connection->fresh)
		return HTTP_WAIT_HEAD;
	bool busy = connection->queue_len > 0 || http_connection_unsent(connection) > 0;
	return busy ? HTTP_WAIT_NONE : HTTP_WAIT_IDLE;
}

/* Of what was handed to libevent, what it has passed on. */
static uint64_t http_connection_sent(const struct http_connection *connection)
{
	return connection->handed - evbuffer_get_length(bufferevent_get_output(connection->bev));
}

static void http_connection_watch_write(struct http_connection *connection)
{
	bool unsent = http_connection_unsent(connection) > 0;
	if (unsent && connection->write_wait.kind == HTTP_WAIT_NONE)
		connection->sent_before = http_connection_sent(connection);
	http_wait_set(&connection->write_wait, unsent ? HTTP_WAIT_WRITE : HTTP_WAIT_NONE);
}

/* Puts the connection on the lists where it belongs now; a wait that goes on keeps its deadline. */
static void http_connection_settle(struct http_connection *connection)
{
	http_wait_set(&connection->read_wait, http_connection_read_wait(connection));
	http_connection_watch_write(connection);
	bool stuck = connection->phase < HTTP_PHASE_LINGER && !http_connection_may_read(connection);
	bool pause = stuck && evbuffer_get_length(bufferevent_get_input(connection->bev)) > HTTP_INPUT_MAX;
	if (pause == connection->paused)
		return;
	connection->paused = pause;
	if (pause)
		bufferevent_disable(connection->bev, EV_READ);
	else
		bufferevent_enable(connection->bev, EV_READ); /* may read at once and run again: last thing here */
}

void http_connection_run(struct http_connection *connection)
{
	if (connection->running)
		return;
	connection->running = true;
	if (connection->ended)
		http_connection_notify(connection);
	do
		http_connection_flush(connection);
	while (http_connection_pump(connection));
	http_connection_advance(connection);
	connection->running = false;
	if (connection->phase == HTTP_PHASE_CLOSED)
		http_connection_free(connection);
	else
		http_connection_settle(connection);
}

/* ---- deadlines ---- */

static void http_expire_head(struct http_connection *connection)
{
	if (connection->reading)
		http_connection_refuse(connection, ERR_TIMEOUT, "the head of the request took too long to arrive");
	else
		http_connection_close(connection);
}

static void http_expire_body(struct http_connection *connection)
{
	http_connection_refuse(connection, ERR_TIMEOUT, "the body of the request took too long to arrive");
}

static void http_expire_idle(struct http_connection *connection)
{
	http_connection_move(connection, HTTP_PHASE_CLOSING);
}

static void http_expire_linger(struct http_connection *connection)
{
	http_connection_close(connection);
}

/* A slow reader is borne as long as it reads at all; settle begins the next span. */
static void http_expire_write(struct http_connection *connection)
{
	uint64_t least = HTTP_WRITE_RATE * (uint64_t)connection->server->config.limits.write_micros / 1000000;
	if (http_connection_sent(connection) - connection->sent_before < least)
		http_connection_close(connection);
}

/* A timeout may answer and so free the connection, unless it is held. */
void http_connection_expire(struct http_wait *wait, int64_t now)
{
	static void (*const expired[])(struct http_connection *) = {
#define X(name, function) [HTTP_WAIT_##name] = http_expire_##function,
		HTTP_WAITS(X)
#undef X
	};
	struct http_connection *connection = wait->connection;
	enum http_wait_kind kind = wait->kind;
	assert(wait->deadline <= now);
	http_wait_set(wait, HTTP_WAIT_NONE);
	connection->running = true;
	expired[kind](connection);
	connection->running = false;
	http_connection_run(connection);
}

/* ---- libevent ---- */

static void http_connection_on_ready(struct bufferevent *bev, void *context)
{
	(void)bev;
	http_connection_run(context);
}

/* EOF may be a half-closed client that still reads: what is in flight is answered, but nobody waits long for it. */
static void http_connection_on_event(struct bufferevent *bev, short what, void *context)
{
	struct http_connection *connection = context;
	(void)bev;
	if (what & BEV_EVENT_CONNECTED)
		return;
	connection->ended = true;
	bool half_closed = (what & BEV_EVENT_EOF) && connection->phase < HTTP_PHASE_LINGER;
	http_connection_move(connection, half_closed ? HTTP_PHASE_CLOSING : HTTP_PHASE_CLOSED);
	http_connection_run(connection);
}

static struct bufferevent *http_connection_bufferevent(struct http_server *server, evutil_socket_t fd)
{
	if (!server->config.tls)
		return bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	SSL *ssl = http_tls_accept(server->config.tls);
	if (!ssl)
		return NULL;
	return bufferevent_openssl_socket_new(server->base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
}

void http_connection_new(struct http_server *server, evutil_socket_t fd, struct http_peer *peer)
{
	struct http_connection *connection = alloc_new(struct http_connection);
	connection->server = server;
	connection->peer = peer;
	connection->bev = http_connection_bufferevent(server, fd);
	connection->out = evbuffer_new();
	if (!connection->bev || !connection->out)
		abort(); /* out of memory */
	TAILQ_INIT(&connection->queue);
	TAILQ_INSERT_TAIL(&server->connections, connection, link);
	server->connection_count++;
	connection->fresh = true;
	connection->linger_left = HTTP_LINGER_BYTES;
	connection->read_wait = (struct http_wait){.connection = connection, .kind = HTTP_WAIT_NONE};
	connection->write_wait = (struct http_wait){.connection = connection, .kind = HTTP_WAIT_NONE};
	http_wait_set(&connection->read_wait, HTTP_WAIT_HEAD);
	bufferevent_setcb(
		connection->bev, http_connection_on_ready, http_connection_on_ready, http_connection_on_event, connection);
	bufferevent_enable(connection->bev, EV_READ | EV_WRITE);
}
