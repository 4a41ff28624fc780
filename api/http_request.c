/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests: what handlers may ask of one, and the pool they come from. A request keeps its buffers when it goes back,
 * so that a busy server allocates nothing for the next.
 */
#include "config.h"

#include <assert.h>
#include <stdlib.h>

#include "api/http_private.h"
#include "base/alloc.h"

#define HTTP_KEPT_BYTES (64 * 1024) /* larger buffers are given back between requests */

struct http_request *http_request_get(struct http_server *server)
{
	struct http_request *request = TAILQ_FIRST(&server->spare);
	if (request) {
		TAILQ_REMOVE(&server->spare, request, link);
		server->spare_count--;
		return request;
	}
	request = alloc_new(struct http_request);
	request->server = server;
	http_message_init(&request->message, &server->config.limits);
	buf_init(&request->answer, SIZE_MAX);
	return request;
}

static void http_request_shrink(struct buf *buf)
{
	if (buf->capacity > HTTP_KEPT_BYTES)
		buf_free(buf);
	else
		buf_clear(buf);
}

void http_request_release(struct http_request *request)
{
	struct http_server *server = request->server;
	if (request->arena)
		arena_reset(request->arena);
	if (server->spare_count == HTTP_SPARE_REQUESTS) {
		http_request_free(request);
		return;
	}
	http_request_shrink(&request->message.body);
	http_request_shrink(&request->answer);
	http_message_reset(&request->message);
	request->connection = NULL;
	request->pending = request->answered = request->aborted = false;
	request->on_abort = NULL;
	TAILQ_INSERT_HEAD(&server->spare, request, link);
	server->spare_count++;
}

void http_request_free(struct http_request *request)
{
	http_message_fini(&request->message);
	buf_free(&request->answer);
	arena_free(request->arena);
	free(request);
}

enum http_method http_request_method(const struct http_request *request)
{
	return request->message.method;
}

struct str http_request_path(const struct http_request *request)
{
	return request->message.path;
}

static const struct http_pair *http_pair_find(const struct http_pair *pairs, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(pairs[i].name, name))
			return &pairs[i];
	return NULL;
}

struct str http_request_query(const struct http_request *request, struct str name, bool *found)
{
	const struct http_pair *pair = http_pair_find(request->message.queries, request->message.query_count, name);
	*found = pair != NULL;
	return pair ? pair->value : STR("");
}

const struct http_pair *http_request_queries(const struct http_request *request, size_t *count)
{
	*count = request->message.query_count;
	return request->message.queries;
}

struct str http_request_header(const struct http_request *request, struct str name)
{
	const struct http_pair *pair = http_pair_find(request->message.fields, request->message.field_count, name);
	return pair ? pair->value : STR("");
}

struct str http_request_body(const struct http_request *request)
{
	return buf_str(&request->message.body);
}

void http_request_limit_body(struct http_request *request, size_t max)
{
	if (max < request->message.body_max)
		request->message.body_max = max;
}

struct arena *http_request_arena(struct http_request *request)
{
	if (!request->arena)
		request->arena = arena_new();
	return request->arena;
}

int64_t http_request_began(const struct http_request *request)
{
	return request->began;
}

void http_request_on_abort(struct http_request *request, void (*fn)(void *context), void *context)
{
	assert(!request->answered);
	request->on_abort = fn;
	request->abort_context = context;
}
