/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP reader under random bytes. The first byte picks how the rest is cut into pieces; the same input in one piece
 * must lead to the same requests and the same refusal, and what is accepted must keep the promises of api/http.h.
 */
#include "config.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/http_reader.h"

static const struct http_limits limits = {.head_bytes = 512, .header_count = 8, .body_bytes = 256};

/* A digest of everything that was understood. */
struct trace {
	uint64_t digest;
	bool stopped;
};

static void trace_add(struct trace *trace, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		trace->digest = (trace->digest ^ (unsigned char)s.ptr[i]) * UINT64_C(1099511628211);
	trace->digest = (trace->digest ^ 0x100) * UINT64_C(1099511628211);
}

static void check_message(const struct http_message *message)
{
	assert(str_is_utf8(message->path) && message->path.len > 0);
	assert(message->path.ptr[0] == '/' || str_equal_c(message->path, "*"));
	assert(str_find(message->path, STR("//")) == STR_NONE && str_find(message->path, STR("/../")) == STR_NONE);
	assert(message->field_count <= limits.header_count && message->query_count <= HTTP_QUERY_MAX);
	assert(message->body.len <= limits.body_bytes && !message->body.overflow);
	for (size_t i = 0; i < message->path.len; i++)
		assert((unsigned char)message->path.ptr[i] >= 0x20);
}

static void trace_message(struct trace *trace, const struct http_message *message)
{
	check_message(message);
	trace_add(trace, str_from_c(http_method_name(message->method)));
	trace_add(trace, message->path);
	for (size_t i = 0; i < message->query_count; i++) {
		trace_add(trace, message->queries[i].name);
		trace_add(trace, message->queries[i].value);
	}
	for (size_t i = 0; i < message->field_count; i++) {
		trace_add(trace, message->fields[i].name);
		trace_add(trace, message->fields[i].value);
	}
	trace_add(trace, buf_str(&message->body));
	trace_add(trace, message->keep_alive ? STR("keep") : STR("close"));
}

static void feed(struct trace *trace, struct http_reader *reader, struct str input)
{
	struct http_message *message = reader->message;
	while (input.len > 0 && !trace->stopped) {
		switch (http_reader_feed(reader, &input)) {
		case HTTP_EVENT_MORE:
		case HTTP_EVENT_HEAD:
			break;
		case HTTP_EVENT_COMPLETE:
			trace_message(trace, message);
			http_message_reset(message);
			http_reader_begin(reader, &limits, message);
			break;
		case HTTP_EVENT_REFUSED:
			trace_add(trace, str_from_c(reader->detail));
			trace->stopped = true;
			break;
		}
	}
}

static uint64_t run(const char *data, size_t size, size_t piece)
{
	struct trace trace = {0};
	struct http_message message;
	struct http_reader reader;
	http_message_init(&message, &limits);
	http_reader_begin(&reader, &limits, &message);
	for (size_t i = 0; i < size; i += piece) {
		size_t n = size - i < piece ? size - i : piece;
		char *copy = malloc(n); /* so that a read beyond the piece is seen */
		assert(copy);
		memcpy(copy, data + i, n);
		feed(&trace, &reader, (struct str){copy, n});
		free(copy);
	}
	http_message_fini(&message);
	return trace.digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	const char *bytes = (const char *)data + 1;
	size_t piece = 1 + data[0] % 32;
	assert(run(bytes, size - 1, piece) == run(bytes, size - 1, size - 1));
	return 0;
}
