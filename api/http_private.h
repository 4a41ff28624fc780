/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the HTTP server share: the server, its connections and requests.
 *
 *     server --- waits[kind]: connections ordered by deadline, one list per kind of wait
 *       |------- connections ---- reading: the request whose bytes are coming in
 *       |                   \---- queue: whole requests, oldest first, until answered in order
 *       \------- free requests, with their memory
 *
 * A request and its connection may end in either order. The connection goes first: its unanswered requests lose their
 * `connection`, hear on_abort, and are released by http_respond. The request goes first: it leaves the queue.
 */
#ifndef API_HTTP_PRIVATE_H
#define API_HTTP_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "api/http.h"
#include "api/http_reader.h"
#include "base/map.h"

#define HTTP_PIPELINE_MAX 16            /* requests of one connection in flight */
#define HTTP_BACKLOG_MAX (256 * 1024)   /* unsent answers beyond which no further request is read */
#define HTTP_INPUT_MAX (64 * 1024)      /* unread bytes beyond which a paused connection stops receiving */
#define HTTP_LINGER_BYTES (1024 * 1024) /* read and dropped after the last answer */
#define HTTP_LINGER_MICROS INT64_C(2000000)
#define HTTP_WRITE_RATE 1024 /* bytes a second that count as progress of an answer */
#define HTTP_SWEEP_MICROS 250000
#define HTTP_SPARE_REQUESTS 256

/* What a connection may be waiting for; each kind has one duration, so its list is in order of deadlines.
 * X(NAME, function on expiry) */
#define HTTP_WAITS(X) \
	X(HEAD, head) /* handshake and first head, or the head that has begun */ \
	X(BODY, body) \
	X(IDLE, idle)     /* the next request of a kept connection */ \
	X(LINGER, linger) /* the client's end, after ours */ \
	X(WRITE, write)   /* progress of the answers */

enum http_wait_kind {
#define X(name, function) HTTP_WAIT_##name,
	HTTP_WAITS(X)
#undef X
		HTTP_WAIT_COUNT,
	HTTP_WAIT_NONE = HTTP_WAIT_COUNT,
};

struct http_wait {
	TAILQ_ENTRY(http_wait) link;
	struct http_connection *connection;
	enum http_wait_kind kind;
	int64_t deadline;
};
TAILQ_HEAD(http_wait_list, http_wait);

/* A connection only moves downwards in this list. */
enum http_phase {
	HTTP_PHASE_OPEN,    /* reads requests */
	HTTP_PHASE_CLOSING, /* reads no more; what is in flight is answered */
	HTTP_PHASE_LINGER,  /* all sent and our side shut: drops input until the client ends too */
	HTTP_PHASE_CLOSED,  /* freed as soon as nothing of it is on the stack */
};

struct http_request {
	struct http_message message;
	TAILQ_ENTRY(http_request) link; /* in the connection's queue, or among the server's spare ones */
	struct http_server *server;
	struct http_connection *connection; /* NULL: the client is gone */
	struct arena *arena;                /* made at first use */
	int64_t began;
	bool pending;  /* on_request has it */
	bool answered; /* waits for the ones before it; `answer` has the bytes */
	bool aborted;
	struct buf answer;
	void (*on_abort)(void *context);
	void *abort_context;
};
TAILQ_HEAD(http_request_list, http_request);

struct http_peer {
	size_t connections;
	size_t address_len;
	char address[16];
};

struct http_connection {
	TAILQ_ENTRY(http_connection) link;
	struct http_server *server;
	struct bufferevent *bev;
	struct evbuffer *out;   /* answers in order, handed to bev once per run */
	struct http_peer *peer; /* NULL: no cap per peer */
	struct http_reader reader;
	struct http_request *reading; /* NULL: between requests */
	struct http_request_list queue;
	size_t queue_len;
	size_t queue_bytes; /* bodies in the queue */
	enum http_phase phase;
	struct http_wait read_wait;
	struct http_wait write_wait;
	uint64_t handed;      /* bytes ever given to bev */
	uint64_t sent_before; /* bytes sent when write_wait began */
	size_t linger_left;
	bool fresh;        /* no request came yet */
	bool ended;        /* the client sends no more */
	bool paused;       /* not receiving: too much in flight */
	bool continue_due; /* 100 (Continue) is owed to `reading` */
	bool running;      /* http_connection_run is on the stack */
};
TAILQ_HEAD(http_connection_list, http_connection);

struct http_server {
	struct http_config config;
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *sweep;
	uint16_t port;
	bool draining;
	bool accept_paused; /* out of file descriptors; the sweep tries again */
	size_t connection_count;
	size_t pending;
	struct http_connection_list connections;
	struct http_wait_list waits[HTTP_WAIT_COUNT];
	int64_t wait_micros[HTTP_WAIT_COUNT];
	struct http_request_list spare;
	size_t spare_count;
	struct map peers;
	struct buf scratch; /* head of the answer being made */
	char date[32];      /* IMF-fixdate of the present second */
};

/* http_request.c */
struct http_request *http_request_get(struct http_server *server);
void http_request_release(struct http_request *request);
void http_request_free(struct http_request *request);

/* http_connection.c. peer passes over. */
void http_connection_new(struct http_server *server, evutil_socket_t fd, struct http_peer *peer);
/* Does everything that can be done now. The one place where a connection is freed: do not touch it afterwards. */
void http_connection_run(struct http_connection *connection);
/* Gives up at once, unsent answers too; takes effect in the next run. */
void http_connection_close(struct http_connection *connection);
bool http_connection_is_idle(const struct http_connection *connection);
/* Bytes of answers that the kernel has not taken yet. */
size_t http_connection_unsent(const struct http_connection *connection);
/* The answer that is being made for this request is the connection's last. */
bool http_connection_ends_with(const struct http_request *request);
/* head and body are the answer's bytes; gives the request up. */
void http_connection_answer(struct http_request *request, struct str head, struct str body);
void http_connection_expire(struct http_wait *wait, int64_t now);

/* http_response.c */
void http_respond_problem(struct http_request *request, enum err_code code, const char *detail);
void http_date_update(struct http_server *server);

/* http_server.c */
void http_wait_set(struct http_wait *wait, enum http_wait_kind kind);
void http_server_forget(struct http_server *server, struct http_connection *connection);

/* http_tls.c: an SSL for an accepted socket, or NULL. */
struct ssl_st *http_tls_accept(struct http_tls *tls);

#endif
