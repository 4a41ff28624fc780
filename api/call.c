/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a call: what it may ask of its request, and the ways it ends. All answers leave through call_respond,
 * which also counts them.
 */
#include "config.h"

#include "api/call.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "api/instance_json.h"
#include "api/problem.h"
#include "base/clock.h"
#include "base/iso8601.h"
#include "base/log.h"

#define CALL_BODY_MAX ((size_t)256 << 20)
#define CALL_HEADERS_MAX 4
#define CALL_LIMIT_DEFAULT 50
#define CALL_LIMIT_MAX 500

/* ---- answers ---- */

struct call_headers {
	struct http_pair items[CALL_HEADERS_MAX];
	size_t count;
};

static void call_header(struct call_headers *headers, const char *name, struct str value)
{
	if (value.len > 0 && headers->count < CALL_HEADERS_MAX)
		headers->items[headers->count++] = (struct http_pair){.name = str_from_c(name), .value = value};
}

static void call_respond(struct call *call, const struct http_response *response)
{
	struct metrics *metrics = worker_metrics_mutable(call->api->worker);
	if (response->status >= 500)
		metric_add(&metrics->http_5xx, 1);
	else if (response->status >= 400)
		metric_add(&metrics->http_4xx, 1);
	else
		metric_add(&metrics->http_2xx, 1);
	histogram_observe(&metrics->request_time, (uint64_t)(clock_monotonic() - http_request_began(call->http)));
	http_respond(call->http, response);
}

static const char *call_content_type(int status)
{
	return status >= 400 ? "application/problem+json" : "application/json";
}

void call_answer(struct call *call, const struct answer *answer)
{
	struct call_headers headers = {0};
	call_header(&headers, "ETag", answer->etag);
	call_header(&headers, "Location", answer->location);
	if (answer->replayed)
		call_header(&headers, "Idempotent-Replay", STR("true"));
	call_respond(call, &(struct http_response){
		.status = answer->status,
		.content_type = call_content_type(answer->status),
		.headers = headers.items,
		.header_count = headers.count,
		.body = answer->body,
	});
}

void call_answer_json(struct call *call, int status, struct str body)
{
	call_answer(call, &(struct answer){.status = status, .body = body});
}

/* attachment; filename in the plain and the UTF-8 form (RFC 6266). */
static struct str call_disposition(struct call *call, struct str name)
{
	struct buf *value = call_buf(call);
	buf_add_c(value, "attachment; filename*=UTF-8''");
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
		             c == '-' || c == '_';
		if (plain)
			buf_add_char(value, (char)c);
		else
			buf_printf(value, "%%%02X", c);
	}
	return buf_str(value);
}

void call_answer_bytes(struct call *call, const char *content_type, struct str name, struct str body)
{
	struct call_headers headers = {0};
	if (name.len > 0)
		call_header(&headers, "Content-Disposition", call_disposition(call, name));
	call_respond(call, &(struct http_response){
		.status = 200,
		.content_type = content_type,
		.headers = headers.items,
		.header_count = headers.count,
		.body = body,
	});
}

static struct str call_problem_body(struct call *call, const struct err *err, struct str errors, struct str warnings)
{
	struct buf *body = call_buf(call);
	problem_to_json(body, &(struct problem){
		.err = err,
		.instance = http_request_path(call->http),
		.trace_id = call_trace_id(call),
		.errors = errors,
		.warnings = warnings,
	});
	return buf_str(body);
}

struct answer call_problem(struct call *call, const struct err *err)
{
	return (struct answer){
		.status = err_status(err->code), .body = call_problem_body(call, err, (struct str){0}, (struct str){0})};
}

void call_fail_with(
	struct call *call, const struct err *err, struct str errors, struct str warnings, const struct http_pair *header)
{
	struct call_headers headers = {0};
	int status = err_status(err->code);
	if (header)
		headers.items[headers.count++] = *header;
	if (err_retryable(err->code))
		call_header(&headers, "Retry-After", STR("1"));
	if (status >= 500)
		log_event(LOG_WARNING, "request-failed", LOG_C("operation", call->route ? call->route->operation : ""),
			LOG_INT("status", status), LOG_C("detail", err->message), LOG_STR("trace", call_trace_id(call)));
	call_respond(call, &(struct http_response){
		.status = status,
		.content_type = call_content_type(status),
		.headers = headers.items,
		.header_count = headers.count,
		.body = call_problem_body(call, err, errors, warnings),
	});
}

void call_fail(struct call *call, const struct err *err)
{
	call_fail_with(call, err, (struct str){0}, (struct str){0}, NULL);
}

void call_refuse(struct call *call, enum err_code code, const char *format, ...)
{
	struct err err = {0};
	va_list args;
	va_start(args, format);
	err_vset(&err, code, format, args);
	va_end(args);
	call_fail(call, &err);
}

/* ---- what the request says ---- */

static void call_buf_dispose(void *data)
{
	buf_free(data);
}

struct buf *call_buf(struct call *call)
{
	struct buf *buf = arena_new_object(call->arena, struct buf);
	buf_init(buf, CALL_BODY_MAX);
	arena_on_dispose(call->arena, call_buf_dispose, buf);
	return buf;
}

/* The trace-id of a W3C traceparent: version-traceid-parentid-flags in lower-case hex, not all zero. */
static struct str call_parse_traceparent(struct str text)
{
	if (text.len < 55 || text.ptr[2] != '-' || text.ptr[35] != '-' || text.ptr[52] != '-' ||
		(text.len > 55 && text.ptr[55] != '-'))
		return (struct str){0};
	if (str_starts_with(text, STR("ff")) || (str_starts_with(text, STR("00")) && text.len != 55))
		return (struct str){0};
	struct str id = str_slice(text, 3, 32);
	bool zero = true;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.ptr[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return (struct str){0};
		zero = zero && c == '0';
	}
	return zero ? (struct str){0} : id;
}

/* The trace that the client has begun; empty: it has not. */
static struct str call_client_trace(struct call *call)
{
	return call_parse_traceparent(http_request_header(call->http, STR("traceparent")));
}

struct str call_trace_id(struct call *call)
{
	if (call->trace_id.len > 0)
		return call->trace_id;
	call->trace_id = call_client_trace(call);
	if (call->trace_id.len == 0)
		call->trace_id = problem_trace_id(arena_alloc(call->arena, PROBLEM_TRACE_SIZE));
	return call->trace_id;
}

struct str call_query_text(struct call *call, const char *name)
{
	bool found;
	struct str value = http_request_query(call->http, str_from_c(name), &found);
	if (!found)
		return (struct str){0};
	return value.ptr ? value : STR("");
}

static void call_bad_query(struct call *call, const char *name, const char *expected)
{
	err_set(&call->err, ERR_BAD_REQUEST, "the query parameter %s is not %s", name, expected);
}

bool call_query_bool(struct call *call, const char *name, bool absent)
{
	struct str text = call_query_text(call, name);
	if (!text.ptr)
		return absent;
	if (!str_equal(text, STR("true")) && !str_equal(text, STR("false")))
		call_bad_query(call, name, "true or false");
	return str_equal(text, STR("true"));
}

int64_t call_query_int(struct call *call, const char *name, int64_t min, int64_t max, int64_t absent)
{
	struct str text = call_query_text(call, name);
	int64_t value = absent;
	if (text.ptr && (!str_to_int64(text, &value) || value < min || value > max))
		call_bad_query(call, name, "a whole number in its range");
	return value;
}

int64_t call_query_id(struct call *call, const char *name)
{
	return call_query_int(call, name, 1, INT64_MAX, 0);
}

int64_t call_query_time(struct call *call, const char *name)
{
	struct str text = call_query_text(call, name);
	int64_t value = 0;
	if (text.ptr && !iso8601_parse_time(text, &value, NULL))
		call_bad_query(call, name, "an RFC 3339 time");
	return value;
}

/* base64url without padding of "tag:key:id", as bpmnd.cursor makes it. */
static bool call_parse_cursor(struct str text, const char *tag, struct db_page *page)
{
	unsigned char padded[128], plain[128];
	size_t len = text.len;
	if (len == 0 || len > 96)
		return false;
	for (size_t i = 0; i < len; i++)
		padded[i] = (unsigned char)(text.ptr[i] == '-' ? '+' : text.ptr[i] == '_' ? '/' : text.ptr[i]);
	size_t whole = (len + 3) / 4 * 4;
	memset(padded + len, '=', whole - len);
	int decoded = EVP_DecodeBlock(plain, padded, (int)whole);
	if (decoded < 0 || whole - len > 2)
		return false;
	struct str rest = {(const char *)plain, (size_t)decoded - (whole - len)};
	struct str written = str_split(&rest, ':'), key = str_split(&rest, ':');
	return str_equal_c(written, tag) && str_to_int64(key, &page->after_key) && str_to_int64(rest, &page->after_id);
}

struct db_page call_query_page(struct call *call, const char *tag)
{
	struct db_page page = {.tag = str_from_c(tag)};
	page.limit = (int)call_query_int(call, "limit", 1, CALL_LIMIT_MAX, CALL_LIMIT_DEFAULT);
	page.count = call_query_bool(call, "count", false);
	struct str cursor = call_query_text(call, "cursor");
	page.resumes = cursor.ptr != NULL;
	if (page.resumes && !call_parse_cursor(cursor, tag, &page))
		call_bad_query(call, "cursor", "one that this list has given");
	return page;
}

bool call_body_item(
	struct call *call, json_t *item, const char *place, const struct body_field *fields, size_t count, void *out)
{
	struct body_reader reader = {.arena = call->arena, .err = &call->err, .variables_left = call->variables_left};
	bool good = body_read(&reader, item, place, fields, count, out);
	call->variables_left = reader.variables_left;
	if (!good)
		call_fail(call, &call->err);
	return good;
}

bool call_body(struct call *call, const struct body_field *fields, size_t count, void *out)
{
	return !call->body || call_body_item(call, call->body, "", fields, count, out);
}

/* ---- work ---- */

struct str call_etag(struct call *call, int64_t version)
{
	return arena_printf(call->arena, "\"%lld\"", (long long)version);
}

int32_t call_definition_version(struct call *call, const struct instance *instance)
{
	struct definition_facts facts = {0};
	return worker_definition_facts(call->api->worker, instance->definition_id, &facts) ? facts.version : 0;
}

struct str call_instance_etag(struct call *call, const struct instance *instance)
{
	return instance->ended_at ? (struct str){0} : call_etag(call, instance->version);
}

struct work_item *call_steps(struct call *call, enum command_kind kind, size_t count)
{
	call->work.kind = WORK_STEPS;
	call->work.items = arena_array(call->arena, count, sizeof(struct work_item));
	call->work.item_count = count;
	struct str trace = call_client_trace(call);
	for (size_t i = 0; i < count; i++) {
		struct work_item *item = &call->work.items[i];
		item->tenant = call->viewer.tenant;
		item->command.kind = kind;
		item->command.actor = call->actor;
		item->command.trace = trace;
		item->command.expected_version = VERSION_ANY;
		item->command.retries = item->command.start_node = GRAPH_NONE;
	}
	return call->work.items;
}

void call_on_done(struct work *work)
{
	struct call *call = work->context;
	if (work->err.code != ERR_NONE) {
		call_fail(call, &work->err);
		return;
	}
	if (work->answer.status == 0)
		work->render(work);
	if (work->err.code != ERR_NONE)
		call_fail(call, &work->err);
	else
		call_answer(call, &work->answer);
}

void call_submit(struct call *call, void (*render)(struct work *work))
{
	struct work *work = &call->work;
	work->arena = call->arena;
	work->context = call;
	work->render = render;
	if (!work->done)
		work->done = call_on_done;
	struct err err = {0};
	if (!worker_submit(call->api->worker, work, &err))
		call_fail(call, &err);
}

static void call_render_step(struct work *work)
{
	struct call *call = work->context;
	struct buf *body = call_buf(call);
	work->answer = (struct answer){.status = call->status};
	call->write(call, &work->items[0], body);
	work->answer.body = buf_str(body);
}

void call_submit_step(struct call *call, int status,
	void (*write)(struct call *call, const struct work_item *item, struct buf *body))
{
	call->status = status;
	call->write = write;
	call_submit(call, call_render_step);
}

struct work_item *call_instance_command(struct call *call, enum command_kind kind)
{
	struct work_item *item = call_steps(call, kind, 1);
	item->instance_id = call->id;
	item->command.expected_version = call->expected;
	return item;
}

void call_write_instance(struct call *call, const struct work_item *item, struct buf *body)
{
	instance_json(body, item->instance, call_definition_version(call, item->instance));
	call->work.answer.etag = call_instance_etag(call, item->instance);
}

/* ---- reads ---- */

struct db *call_reader(struct call *call)
{
	return worker_reader(call->api->worker);
}

void call_reading(struct call *call, bool sent)
{
	if (!sent)
		call_refuse(call, ERR_UNAVAILABLE, "the database is not reachable");
}

bool call_read_usable(struct call *call, const struct db_read_result *result)
{
	if (result->failure->outcome != DB_OK) {
		if (result->failure->outcome == DB_ERROR)
			log_event(LOG_ERROR, "read-failed", LOG_C("operation", call->route->operation),
				LOG_C("sqlstate", result->failure->sqlstate), LOG_C("message", result->failure->message));
		call_refuse(call, ERR_UNAVAILABLE, "the database did not answer");
		return false;
	}
	if (!result->found)
		call_refuse(call, ERR_NOT_FOUND, "there is no such thing, or it is not yours to see");
	return result->found;
}

struct str call_compact(struct call *call, struct str json)
{
	struct buf *compact = call_buf(call);
	char *to = buf_reserve(compact, json.len);
	bool inside = false; /* a text */
	for (size_t i = 0; to && i < json.len; i++) {
		char c = json.ptr[i];
		if (!inside && (c == ' ' || c == '\n'))
			continue;
		*to++ = c;
		if (inside && c == '\\' && i + 1 < json.len)
			*to++ = json.ptr[++i];
		else if (c == '"')
			inside = !inside;
	}
	compact->len = to ? (size_t)(to - compact->ptr) : 0;
	return buf_str(compact);
}

void call_on_read(void *context, const struct db_read_result *result)
{
	struct call *call = context;
	if (!call_read_usable(call, result))
		return;
	call_answer(call, &(struct answer){
		.status = 200,
		.etag = result->version > 0 ? call_etag(call, result->version) : (struct str){0},
		.body = call_compact(call, result->body),
		.replayed = call->work.answer.replayed,
	});
}
