/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP/1.1 server of one worker thread: TLS on libevent bufferevents in front of our strict reader (http_reader.h),
 * requests as slices in one arena, answers later and from the same thread. One struct http_server per event_base;
 * those of one process share a port with SO_REUSEPORT.
 *
 * A request lives until http_respond: the handler owns it from the call of on_request until it answers, whether the
 * client is still there or not. Requests of a connection are answered in order. The process must ignore SIGPIPE.
 */
#ifndef API_HTTP_H
#define API_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct event_base;
struct http_server;
struct http_request;
struct http_tls; /* certificate, key, session tickets; shared by all workers, thread-safe, read-only after load */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS };

struct http_limits {
	size_t head_bytes;           /* request line and header fields; 431/414 beyond */
	size_t header_count;         /* 431 beyond */
	size_t body_bytes;           /* 413 beyond, readable: the rest is drained up to a bound before the close */
	int64_t head_micros;         /* absolute time for handshake + head: 408 */
	int64_t body_micros;         /* absolute time for a body: 408 */
	int64_t idle_micros;         /* keep-alive */
	int64_t write_micros;        /* without progress of the answer */
	size_t connections;          /* per server; beyond it the longest idle one gives way, else the new one is closed */
	size_t connections_per_peer; /* per remote address; 0: no cap */
};

struct http_config {
	const char *host;     /* address to bind, "127.0.0.1", "::" */
	uint16_t port;        /* 0: any free one */
	bool port_search;     /* taken: try the next ones, up to 100 */
	bool share;           /* beside another server of this process on this port; else a taken port is an error */
	struct http_tls *tls; /* NULL: plain HTTP (the caller has checked that it is allowed) */
	struct http_limits limits;
	/* May be NULL. Called when a head is complete and a body is to come that did not come with it: nothing of the body
	 * is kept yet, and 100 (Continue) is not sent. True: go on; on_request follows. False: it has called http_respond,
	 * at once; the body is dropped unread and the connection closed. */
	bool (*on_head)(void *context, struct http_request *request);
	/* Called for each complete request, from the event loop. Must lead to exactly one http_respond. */
	void (*on_request)(void *context, struct http_request *request);
	void *context;
};

/* TLS 1.2 and 1.3, AEAD with ECDHE only, session tickets, no renegotiation, no 0-RTT, no compression.
 * ERR_INVALID names the file; a key file that others can read is refused. */
struct http_tls *http_tls_load(const char *certificate_file, const char *key_file, struct err *err)
	__attribute__((warn_unused_result));
void http_tls_free(struct http_tls *tls);

/* Binds (SO_REUSEPORT, TCP_NODELAY) and listens on base. ERR_UNAVAILABLE names the address; also where another process
 * listens there, though a process that binds at the same moment may be missed. */
struct http_server *http_server_new(struct event_base *base, const struct http_config *config, struct err *err)
	__attribute__((warn_unused_result));
uint16_t http_server_port(const struct http_server *server);
/* Drain: no new connections, idle ones close, answers from now on carry Connection: close. */
void http_server_stop_accepting(struct http_server *server);
/* Requests that are not answered yet, and open connections. */
size_t http_server_pending(const struct http_server *server);
/* Every request is answered, and every answer is with the kernel. */
bool http_server_is_quiet(const struct http_server *server);
size_t http_server_connections(const struct http_server *server);
/* Closes everything. No request may be pending. */
void http_server_free(struct http_server *server);

/* The request. All slices live as long as the request. */
enum http_method http_request_method(const struct http_request *request);
/* Path decoded once, canonical: no "..", no empty segment, UTF-8, no control characters; without the query. */
struct str http_request_path(const struct http_request *request);
/* Value of a query parameter, decoded; *found false where absent. A duplicate has been refused already (400). */
struct str http_request_query(const struct http_request *request, struct str name, bool *found);
/* All parameters in order, decoded. */
struct http_pair {
	struct str name;
	struct str value;
};
const struct http_pair *http_request_queries(const struct http_request *request, size_t *count);
/* Header field by lower-case name, trimmed; empty slice where absent. Authorization, Content-Type, If-Match,
 * Idempotency-Key and traceparent are refused when they come twice. */
struct str http_request_header(const struct http_request *request, struct str name);
struct str http_request_body(const struct http_request *request);
/* For on_head: a body of more than max bytes is answered 413; limits.body_bytes stands. */
void http_request_limit_body(struct http_request *request, size_t max);
/* Memory that lives as long as the request. */
struct arena *http_request_arena(struct http_request *request);
/* When the head was complete (clock_monotonic). */
int64_t http_request_began(const struct http_request *request);
/* Called once if the client goes away before the answer, or only ends its sending side (long polls stop waiting). The
 * request stays valid and http_respond is still due; a client that still reads gets the answer. fn may answer. */
void http_request_on_abort(struct http_request *request, void (*fn)(void *context), void *context);

struct http_response {
	int status;
	const char *content_type;        /* NULL: application/json when there is a body */
	const struct http_pair *headers; /* further fields; values with CR, LF or NUL are dropped and logged */
	size_t header_count;
	struct str body; /* copied before http_respond returns */
};

/* Answers and gives the request up: it must not be touched afterwards. Adds Date, Content-Length, nosniff, no-store,
 * and HSTS where TLS. HEAD sends no body. */
void http_respond(struct http_request *request, const struct http_response *response);

/* "GET", ... and back; false for unknown methods. */
const char *http_method_name(enum http_method method);

#endif
