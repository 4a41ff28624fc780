/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader is a machine of seven states, one function each. Five of them are made of lines: http_reader_line
 * collects a line into the message's head buffer and refuses, at the very byte, what cannot stand in one; the state's
 * function then judges the whole line. Since every byte is judged in order, the outcome does not depend on how the
 * bytes were cut into packets.
 */
#include "config.h"

#include "api/http_reader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define HTTP_HEAD_SPARE HTTP_TRAILER_LINE_MAX /* behind the head: chunk size and trailer lines, one at a time */

/* A field that has a meaning for framing or may not come twice. */
struct http_field_rule {
	struct str name;
	bool once;
	bool (*check)(struct http_reader *reader, struct str value);
};

void http_message_init(struct http_message *message, const struct http_limits *limits)
{
	assert(limits->head_bytes >= 64 && limits->header_count > 0);
	*message = (struct http_message){
		.head = alloc_bytes(limits->head_bytes + HTTP_HEAD_SPARE),
		.fields = alloc_zeroed(limits->header_count, sizeof(struct http_pair)),
	};
	buf_init(&message->body, limits->body_bytes);
	http_message_reset(message);
}

/* Queries and fields are not wiped: their counts are. */
void http_message_reset(struct http_message *message)
{
	message->head_len = 0;
	message->field_count = 0;
	message->query_count = 0;
	message->method = HTTP_GET;
	message->path = STR("");
	message->keep_alive = true;
	message->expects_continue = false;
	buf_clear(&message->body);
}

void http_message_fini(struct http_message *message)
{
	free(message->head);
	free(message->fields);
	buf_free(&message->body);
}

static bool http_reader_refuse(struct http_reader *reader, enum err_code code, const char *detail)
{
	assert(reader->state != HTTP_READER_FAILED);
	reader->state = HTTP_READER_FAILED;
	reader->code = code;
	reader->detail = detail;
	reader->message->keep_alive = false;
	return false;
}

static void http_reader_skip(struct str *input, size_t n)
{
	input->ptr += n;
	input->len -= n;
}

/* ---- characters ---- */

static bool http_is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* tchar of RFC 9110 5.6.2 */
static bool http_is_token(char c)
{
	return http_is_alnum((unsigned char)c) || (c != '\0' && strchr("-_.!#$%&'*+^`|~", c) != NULL);
}

/* field-vchar, SP and HTAB of RFC 9110 5.5; chunk extensions and targets are judged more closely later */
static bool http_is_line_byte(char c)
{
	unsigned char byte = (unsigned char)c;
	return byte >= 0x20 ? byte != 0x7f : byte == '\t';
}

/* uri-host and port, RFC 9110 7.2, without the characters that no registered name has */
static bool http_is_host(char c)
{
	return http_is_alnum((unsigned char)c) || (c != '\0' && strchr(".-:_~[]%", c) != NULL);
}

static char http_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* OWS, RFC 9110 5.6.3 */
static struct str http_trim(struct str s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		http_reader_skip(&s, 1);
	while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* ---- lines ---- */

static char *http_reader_scratch(const struct http_reader *reader)
{
	return reader->message->head + reader->message->head_len;
}

static bool http_reader_line_too_long(struct http_reader *reader)
{
	static const struct {
		enum err_code code;
		const char *detail;
	} too_long[] = {
#define X(name, function, code, detail) [HTTP_READER_##name] = {ERR_##code, detail},
		HTTP_READER_STATES(X)
#undef X
	};
	if (reader->state == HTTP_READER_REQUEST_LINE && !memchr(http_reader_scratch(reader), ' ', reader->line_len))
		return http_reader_refuse(reader, ERR_NOT_IMPLEMENTED, "the method is not known");
	return http_reader_refuse(reader, too_long[reader->state].code, too_long[reader->state].detail);
}

/* The printable part of a line, at most max bytes of it. */
static bool http_reader_line_text(struct http_reader *reader, struct str *input, size_t max)
{
	size_t n = 0;
	while (n < input->len && http_is_line_byte(input->ptr[n]))
		n++;
	size_t room = max - reader->line_len;
	size_t taken = n < room ? n : room;
	memcpy(http_reader_scratch(reader) + reader->line_len, input->ptr, taken);
	reader->line_len += taken;
	if (n > room)
		return http_reader_line_too_long(reader);
	http_reader_skip(input, n);
	return true;
}

/* Collects one line of at most max bytes that ends with CR LF (RFC 9112 2.2: a bare LF or CR is refused). True when
 * it is whole: *line is its text, in the scratch space behind the head. False: more is needed, or refused. */
static bool http_reader_line(struct http_reader *reader, struct str *input, size_t max, struct str *line)
{
	if (!reader->line_cr) {
		if (!http_reader_line_text(reader, input, max) || input->len == 0)
			return false;
		if (input->ptr[0] != '\r')
			return http_reader_refuse(reader, ERR_BAD_REQUEST, "a control character or a bare line feed in a line");
		reader->line_cr = true;
		http_reader_skip(input, 1);
	}
	if (input->len == 0)
		return false;
	if (input->ptr[0] != '\n')
		return http_reader_refuse(reader, ERR_BAD_REQUEST, "a carriage return without line feed");
	http_reader_skip(input, 1);
	*line = (struct str){http_reader_scratch(reader), reader->line_len};
	reader->line_len = 0;
	reader->line_cr = false;
	return true;
}

static size_t http_reader_head_room(const struct http_reader *reader)
{
	size_t max = reader->limits->head_bytes;
	return reader->head_used < max ? max - reader->head_used : 0;
}

/* The line stays in the head buffer: slices into it live as long as the message. */
static void http_reader_keep_line(struct http_reader *reader, struct str line)
{
	reader->message->head_len += line.len;
	reader->head_used += line.len + 2;
}

/* ---- request line, RFC 9112 3 ---- */

static const struct {
	struct str name;
	enum err_code code; /* ERR_NONE: served */
	enum http_method method;
} http_methods[] = {
	{STR_INIT("GET"), ERR_NONE, HTTP_GET},
	{STR_INIT("HEAD"), ERR_NONE, HTTP_HEAD},
	{STR_INIT("POST"), ERR_NONE, HTTP_POST},
	{STR_INIT("PUT"), ERR_NONE, HTTP_PUT},
	{STR_INIT("PATCH"), ERR_NONE, HTTP_PATCH},
	{STR_INIT("DELETE"), ERR_NONE, HTTP_DELETE},
	{STR_INIT("OPTIONS"), ERR_NONE, HTTP_OPTIONS},
	{STR_INIT("TRACE"), ERR_METHOD_NOT_ALLOWED, HTTP_GET},
	{STR_INIT("CONNECT"), ERR_METHOD_NOT_ALLOWED, HTTP_GET},
};
#define HTTP_METHOD_ROWS (sizeof http_methods / sizeof http_methods[0])

const char *http_method_name(enum http_method method)
{
	return http_methods[method].name.ptr;
}

static bool http_reader_method(struct http_reader *reader, struct str name)
{
	for (size_t i = 0; i < HTTP_METHOD_ROWS; i++) {
		if (!str_equal(http_methods[i].name, name))
			continue;
		if (http_methods[i].code != ERR_NONE)
			return http_reader_refuse(reader, http_methods[i].code, "TRACE and CONNECT are not served");
		reader->message->method = http_methods[i].method;
		return true;
	}
	return http_reader_refuse(reader, ERR_NOT_IMPLEMENTED, "the method is not known");
}

static bool http_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* HTTP-version = "HTTP/" DIGIT "." DIGIT, case-sensitive (RFC 9112 2.3) */
static bool http_reader_version(struct http_reader *reader, struct str text)
{
	if (text.len != 8 || memcmp(text.ptr, "HTTP/", 5) != 0 || !http_is_digit(text.ptr[5]) || text.ptr[6] != '.' ||
		!http_is_digit(text.ptr[7]))
		return http_reader_refuse(reader, ERR_BAD_REQUEST, "the request line is not: method, target, HTTP/1.1");
	if (text.ptr[5] != '1' || text.ptr[7] > '1')
		return http_reader_refuse(reader, ERR_HTTP_VERSION, "only HTTP/1.1 and HTTP/1.0 are spoken here");
	reader->old_version = text.ptr[7] == '0';
	reader->message->keep_alive = !reader->old_version;
	return true;
}

/* Three words and two single spaces; a fourth word is found by the version's fixed length. */
static bool http_reader_start_line(struct http_reader *reader, struct str line)
{
	struct str rest = line;
	struct str method = str_split(&rest, ' ');
	struct str target = str_split(&rest, ' ');
	if (method.len == 0 || target.len == 0 || !rest.ptr)
		return http_reader_refuse(reader, ERR_BAD_REQUEST, "the request line is not: method, target, HTTP/1.1");
	if (!http_reader_version(reader, rest) || !http_reader_method(reader, method))
		return false;
	const char *detail = NULL;
	char *text = http_reader_scratch(reader) + (target.ptr - line.ptr);
	if (!http_target_parse(reader->message, text, target.len, &detail))
		return http_reader_refuse(reader, ERR_BAD_REQUEST, detail);
	return true;
}

/* What opens with a control byte or beyond ASCII is no HTTP (a TLS hello is 0x16 0x03): not worth an answer. */
static bool http_reader_is_noise(const struct http_reader *reader, char first)
{
	bool at_start = reader->line_len == 0 && !reader->line_cr;
	return at_start && first != '\r' && first != '\n' && ((unsigned char)first < 0x20 || (unsigned char)first >= 0x7f);
}

static void http_reader_request_line(struct http_reader *reader, struct str *input)
{
	struct str line;
	if (http_reader_is_noise(reader, input->ptr[0])) {
		http_reader_refuse(reader, ERR_NONE, "not HTTP");
		return;
	}
	if (!http_reader_line(reader, input, http_reader_head_room(reader), &line))
		return;
	if (line.len == 0 && !reader->blank_seen) {
		reader->blank_seen = true; /* RFC 9112 2.2 */
		return;
	}
	if (!http_reader_start_line(reader, line))
		return;
	http_reader_keep_line(reader, line);
	reader->state = HTTP_READER_FIELD_LINE;
}

/* ---- fields, RFC 9112 5 ---- */

/* RFC 9112 3.2 */
static bool http_reader_check_host(struct http_reader *reader, struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!http_is_host(value.ptr[i]))
			return http_reader_refuse(reader, ERR_BAD_REQUEST, "Host is not a host and port");
	return value.len > 0 || http_reader_refuse(reader, ERR_BAD_REQUEST, "Host is empty");
}

/* RFC 9112 6.2: digits only, no list */
static bool http_reader_check_content_length(struct http_reader *reader, struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!http_is_digit(value.ptr[i]))
			return http_reader_refuse(reader, ERR_BAD_REQUEST, "Content-Length is not a number");
	if (value.len == 0)
		return http_reader_refuse(reader, ERR_BAD_REQUEST, "Content-Length is empty");
	if (!str_to_uint64(value, &reader->left))
		return http_reader_refuse(reader, ERR_TOO_LARGE, "the body is too large");
	reader->has_length = true;
	return true;
}

/* RFC 9112 6.1: "chunked" alone */
static bool http_reader_check_transfer_encoding(struct http_reader *reader, struct str value)
{
	if (!str_equal_nocase(value, STR("chunked")))
		return http_reader_refuse(reader, ERR_BAD_REQUEST, "the only transfer coding spoken here is chunked");
	reader->chunked = true;
	return true;
}

/* RFC 9110 10.1.1 */
static bool http_reader_check_expect(struct http_reader *reader, struct str value)
{
	if (!str_equal_nocase(value, STR("100-continue")))
		return http_reader_refuse(reader, ERR_EXPECTATION, "the only expectation met here is 100-continue");
	reader->message->expects_continue = true;
	return true;
}

static bool http_reader_check_content_encoding(struct http_reader *reader, struct str value)
{
	if (value.len > 0 && !str_equal_nocase(value, STR("identity")))
		return http_reader_refuse(reader, ERR_MEDIA_TYPE, "bodies are not decompressed here");
	return true;
}

/* RFC 9110 7.6.1: of the options only "close" matters */
static bool http_reader_check_connection(struct http_reader *reader, struct str value)
{
	for (struct str rest = value; rest.ptr;) {
		struct str option = http_trim(str_split(&rest, ','));
		if (str_equal_nocase(option, STR("close")))
			reader->message->keep_alive = false;
	}
	return true;
}

static const struct http_field_rule http_field_rules[] = {
	{STR_INIT("host"), .once = true, .check = http_reader_check_host},
	{STR_INIT("content-length"), .once = true, .check = http_reader_check_content_length},
	{STR_INIT("transfer-encoding"), .once = true, .check = http_reader_check_transfer_encoding},
	{STR_INIT("expect"), .once = true, .check = http_reader_check_expect},
	{STR_INIT("content-encoding"), .once = true, .check = http_reader_check_content_encoding},
	{STR_INIT("connection"), .check = http_reader_check_connection},
	{STR_INIT("authorization"), .once = true},
	{STR_INIT("content-type"), .once = true},
	{STR_INIT("if-match"), .once = true},
	{STR_INIT("idempotency-key"), .once = true},
	{STR_INIT("traceparent"), .once = true},
};
#define HTTP_FIELD_RULES (sizeof http_field_rules / sizeof http_field_rules[0])
#define HTTP_SEEN_HOST UINT32_C(1) /* bit of the first rule */

static bool http_reader_apply_rule(struct http_reader *reader, const struct http_pair *field)
{
	for (size_t i = 0; i < HTTP_FIELD_RULES; i++) {
		const struct http_field_rule *rule = &http_field_rules[i];
		if (!str_equal(rule->name, field->name))
			continue;
		uint32_t bit = UINT32_C(1) << i;
		if (rule->once && (reader->seen & bit))
			return http_reader_refuse(reader, ERR_BAD_REQUEST, "a field that may come once came twice");
		reader->seen |= bit;
		return !rule->check || rule->check(reader, field->value);
	}
	return true;
}

/* field-line = field-name ":" OWS field-value OWS. No space before the colon, no folding (RFC 9112 5.1, 5.2). */
static bool http_reader_parse_field(struct http_reader *reader, struct str line, struct http_pair *field)
{
	char *text = http_reader_scratch(reader);
	size_t n = 0;
	for (; n < line.len && http_is_token(text[n]); n++)
		text[n] = http_lower(text[n]);
	if (n == 0 || n == line.len || text[n] != ':')
		return http_reader_refuse(reader, ERR_BAD_REQUEST, "a field line is not: name, colon, value");
	field->name = (struct str){text, n};
	field->value = http_trim((struct str){text + n + 1, line.len - n - 1});
	return true;
}

/* RFC 9112 6.3, and what the whole head must have. */
static bool http_reader_end_head(struct http_reader *reader)
{
	if (!(reader->seen & HTTP_SEEN_HOST) && !reader->old_version)
		return http_reader_refuse(reader, ERR_BAD_REQUEST, "Host is missing");
	if (reader->chunked && (reader->has_length || reader->old_version))
		return http_reader_refuse(reader, ERR_BAD_REQUEST, "Transfer-Encoding with Content-Length or in HTTP/1.0");
	if (reader->left > reader->limits->body_bytes)
		return http_reader_refuse(reader, ERR_TOO_LARGE, "the body is too large");
	bool empty = !reader->chunked && reader->left == 0;
	if (empty || reader->old_version)
		reader->message->expects_continue = false;
	if (empty)
		reader->state = HTTP_READER_DONE;
	else
		reader->state = reader->chunked ? HTTP_READER_CHUNK_SIZE : HTTP_READER_BODY;
	return true;
}

static void http_reader_field_line(struct http_reader *reader, struct str *input)
{
	struct http_message *message = reader->message;
	struct str line;
	if (!http_reader_line(reader, input, http_reader_head_room(reader), &line))
		return;
	if (line.len == 0) {
		(void)http_reader_end_head(reader);
		return;
	}
	if (message->field_count == reader->limits->header_count) {
		http_reader_refuse(reader, ERR_HEADERS_TOO_LARGE, "too many header fields");
		return;
	}
	struct http_pair *field = &message->fields[message->field_count];
	if (!http_reader_parse_field(reader, line, field) || !http_reader_apply_rule(reader, field))
		return;
	message->field_count++;
	http_reader_keep_line(reader, line);
}

/* ---- bodies, RFC 9112 6 and 7 ---- */

/* Content of GET, HEAD and OPTIONS has no meaning (RFC 9110 9.3.1): counted, and dropped. */
static bool http_reader_keeps_body(const struct http_reader *reader)
{
	enum http_method method = reader->message->method;
	return method != HTTP_GET && method != HTTP_HEAD && method != HTTP_OPTIONS;
}

static void http_reader_take_data(struct http_reader *reader, struct str *input)
{
	size_t n = input->len < reader->left ? input->len : (size_t)reader->left;
	if (http_reader_keeps_body(reader))
		buf_add(&reader->message->body, input->ptr, n);
	reader->left -= n;
	http_reader_skip(input, n);
}

static void http_reader_body(struct http_reader *reader, struct str *input)
{
	http_reader_take_data(reader, input);
	if (reader->left == 0)
		reader->state = HTTP_READER_DONE;
}

static int http_hex(char c)
{
	if (http_is_digit(c))
		return c - '0';
	char lower = http_lower(c);
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* chunk-size of 1 to 16 hex digits; *digits tells how many there were. */
static uint64_t http_chunk_size(struct str line, size_t *digits)
{
	uint64_t size = 0;
	size_t n = 0;
	for (; n < line.len && n < 16 && http_hex(line.ptr[n]) >= 0; n++)
		size = size << 4 | (unsigned)http_hex(line.ptr[n]);
	*digits = n;
	return size;
}

/* chunk = chunk-size [ chunk-ext ] CRLF (RFC 9112 7.1); extensions are ignored, and few bytes are enough for them. */
static void http_reader_chunk_size(struct http_reader *reader, struct str *input)
{
	struct str line;
	if (!http_reader_line(reader, input, HTTP_CHUNK_LINE_MAX, &line))
		return;
	size_t digits;
	uint64_t size = http_chunk_size(line, &digits);
	reader->extension_used += line.len - digits;
	if (digits == 0 || (digits < line.len && line.ptr[digits] != ';') || reader->extension_used > HTTP_EXTENSION_MAX) {
		http_reader_refuse(reader, ERR_BAD_REQUEST, "a chunk size is not a short hexadecimal number");
		return;
	}
	if (size > reader->message->body_max - reader->body_used) {
		http_reader_refuse(reader, ERR_TOO_LARGE, "the body is too large");
		return;
	}
	reader->body_used += size;
	reader->left = size;
	reader->state = size == 0 ? HTTP_READER_TRAILER : HTTP_READER_CHUNK_DATA;
}

static void http_reader_chunk_data(struct http_reader *reader, struct str *input)
{
	http_reader_take_data(reader, input);
	if (reader->left == 0)
		reader->state = HTTP_READER_CHUNK_END;
}

static void http_reader_chunk_end(struct http_reader *reader, struct str *input)
{
	struct str line;
	if (http_reader_line(reader, input, 0, &line))
		reader->state = HTTP_READER_CHUNK_SIZE;
}

/* Trailer fields must be well formed and are dropped: nothing of them is ever merged (RFC 9110 6.5.1). */
static void http_reader_trailer(struct http_reader *reader, struct str *input)
{
	struct str line;
	struct http_pair field;
	if (!http_reader_line(reader, input, HTTP_TRAILER_LINE_MAX, &line))
		return;
	if (line.len == 0) {
		reader->state = HTTP_READER_DONE;
		return;
	}
	reader->trailer_used += line.len + 2;
	if (++reader->trailer_count > reader->limits->header_count || reader->trailer_used > reader->limits->head_bytes)
		http_reader_refuse(reader, ERR_HEADERS_TOO_LARGE, "the trailer fields are too large");
	else
		(void)http_reader_parse_field(reader, line, &field);
}

/* ---- the machine ---- */

void http_reader_begin(struct http_reader *reader, const struct http_limits *limits, struct http_message *message)
{
	*reader = (struct http_reader){.limits = limits, .message = message, .state = HTTP_READER_REQUEST_LINE};
	message->body_max = limits->body_bytes;
}

bool http_reader_in_body(const struct http_reader *reader)
{
	return reader->state > HTTP_READER_FIELD_LINE && reader->state < HTTP_READER_DONE;
}

enum http_event http_reader_feed(struct http_reader *reader, struct str *input)
{
	static void (*const step[])(struct http_reader *, struct str *) = {
#define X(name, function, code, detail) [HTTP_READER_##name] = http_reader_##function,
		HTTP_READER_STATES(X)
#undef X
	};
	while (input->len > 0 && reader->state < HTTP_READER_DONE) {
		bool in_head = !http_reader_in_body(reader);
		step[reader->state](reader, input);
		if (in_head && http_reader_in_body(reader))
			return HTTP_EVENT_HEAD;
	}
	if (reader->state == HTTP_READER_FAILED)
		return HTTP_EVENT_REFUSED;
	return reader->state == HTTP_READER_DONE ? HTTP_EVENT_COMPLETE : HTTP_EVENT_MORE;
}
