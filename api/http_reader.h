/* SPDX-License-Identifier: Apache-2.0
 *
 * A strict, incremental reader of HTTP/1.1 requests (RFC 9112): bytes in, "head complete", "request complete" or
 * "refused" out. It knows no socket and no clock. Whatever two readers could understand in two ways is refused, and
 * after a refusal nothing more is read: HTTP.md has the table of decisions.
 */
#ifndef API_HTTP_READER_H
#define API_HTTP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/http.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define HTTP_QUERY_MAX 64       /* parameters of one target */
#define HTTP_CHUNK_LINE_MAX 272 /* 16 hex digits and the extension */
#define HTTP_EXTENSION_MAX 256  /* chunk extensions of one body, together */
#define HTTP_TRAILER_LINE_MAX 1024

/* One request as read. All slices point into head, which is written once and never moves. */
struct http_message {
	char *head; /* request line and fields; decoded and lower-cased in place */
	size_t head_len;
	struct http_pair *fields; /* limits.header_count of them */
	size_t field_count;
	struct http_pair queries[HTTP_QUERY_MAX];
	size_t query_count;
	enum http_method method;
	struct str path;
	bool keep_alive;
	bool expects_continue; /* the client waits for 100 before it sends the body */
	size_t body_max;       /* limits.body_bytes; who lowers it after HEAD compares Content-Length himself */
	struct buf body;
};

/* Memory for one message within limits; reset makes it ready for the next one. */
void http_message_init(struct http_message *message, const struct http_limits *limits);
void http_message_reset(struct http_message *message);
void http_message_fini(struct http_message *message);

/* What the reader is waiting for. X(NAME, function, code and text when the line grows beyond its cap) */
#define HTTP_READER_STATES(X) \
	X(REQUEST_LINE, request_line, URI_TOO_LONG, "the request line is too long") \
	X(FIELD_LINE, field_line, HEADERS_TOO_LARGE, "the header fields are too large") \
	X(BODY, body, BAD_REQUEST, "") \
	X(CHUNK_SIZE, chunk_size, BAD_REQUEST, "the chunk size line is too long") \
	X(CHUNK_DATA, chunk_data, BAD_REQUEST, "") \
	X(CHUNK_END, chunk_end, BAD_REQUEST, "a chunk is longer than its size") \
	X(TRAILER, trailer, HEADERS_TOO_LARGE, "the trailer fields are too large")

enum http_reader_state {
#define X(name, function, code, detail) HTTP_READER_##name,
	HTTP_READER_STATES(X)
#undef X
		HTTP_READER_DONE,
	HTTP_READER_FAILED,
};

enum http_event {
	HTTP_EVENT_MORE,     /* all input used, more is needed */
	HTTP_EVENT_HEAD,     /* the head has passed all checks and a body follows */
	HTTP_EVENT_COMPLETE, /* the message is whole; what is left of the input is the next one's */
	HTTP_EVENT_REFUSED,  /* code and detail say why; ERR_NONE: this is no HTTP at all, close without an answer */
};

struct http_reader {
	const struct http_limits *limits;
	struct http_message *message;
	enum http_reader_state state;
	enum err_code code;
	const char *detail;
	size_t line_len;  /* bytes of the present line so far */
	bool line_cr;     /* its CR has been seen */
	bool blank_seen;  /* the one empty line allowed before a request line */
	bool old_version; /* HTTP/1.0 */
	bool chunked;
	bool has_length;
	uint32_t seen;    /* bit per rule: fields that may come once */
	size_t head_used; /* wire bytes of request line and fields */
	size_t trailer_used;
	size_t trailer_count;
	size_t extension_used;
	uint64_t left; /* bytes of the body or chunk still to come */
	uint64_t body_used;
};

/* Ready for a new request that goes into message (initialised or reset). */
void http_reader_begin(struct http_reader *reader, const struct http_limits *limits, struct http_message *message);
/* Reads from the front of *input and moves it on.
 * After HEAD call again, after COMPLETE begin anew, after REFUSED stop. */
enum http_event http_reader_feed(struct http_reader *reader, struct str *input);
/* Between HEAD and COMPLETE. */
bool http_reader_in_body(const struct http_reader *reader);

/* Decodes an origin-form target (or "*" of OPTIONS) in place into path and queries. False: *detail says why. */
bool http_target_parse(struct http_message *message, char *text, size_t len, const char **detail)
	__attribute__((warn_unused_result));

#endif
