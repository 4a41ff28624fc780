/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers: status line, the fields every answer has, the handler's own, the body; made in one piece, so that a small
 * answer is one write and one TLS record.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/http_private.h"
#include "api/problem.h"
#include "base/clock.h"
#include "base/log.h"

#define HTTP_ALLOW "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

static const struct {
	int status;
	struct str line;
} http_status_lines[] = {
#define ROW(status, reason) {status, STR_INIT("HTTP/1.1 " #status " " reason "\r\n")}
	ROW(200, "OK"),
	ROW(201, "Created"),
	ROW(202, "Accepted"),
	ROW(204, "No Content"),
	ROW(304, "Not Modified"),
	ROW(400, "Bad Request"),
	ROW(401, "Unauthorized"),
	ROW(403, "Forbidden"),
	ROW(404, "Not Found"),
	ROW(405, "Method Not Allowed"),
	ROW(406, "Not Acceptable"),
	ROW(408, "Request Timeout"),
	ROW(409, "Conflict"),
	ROW(412, "Precondition Failed"),
	ROW(413, "Content Too Large"),
	ROW(414, "URI Too Long"),
	ROW(415, "Unsupported Media Type"),
	ROW(417, "Expectation Failed"),
	ROW(422, "Unprocessable Content"),
	ROW(428, "Precondition Required"),
	ROW(429, "Too Many Requests"),
	ROW(431, "Request Header Fields Too Large"),
	ROW(500, "Internal Server Error"),
	ROW(501, "Not Implemented"),
	ROW(503, "Service Unavailable"),
	ROW(505, "HTTP Version Not Supported"),
#undef ROW
};
#define HTTP_STATUS_LINES (sizeof http_status_lines / sizeof http_status_lines[0])

/* IMF-fixdate, RFC 9110 5.6.7. Called by the sweep: the field is at most one sweep behind. */
void http_date_update(struct http_server *server)
{
	time_t seconds = (time_t)(clock_now() / 1000000);
	struct tm tm;
	if (!gmtime_r(&seconds, &tm) || strftime(server->date, sizeof server->date, "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
		server->date[0] = '\0';
}

static void http_response_status(struct buf *head, int status)
{
	for (size_t i = 0; i < HTTP_STATUS_LINES; i++) {
		if (http_status_lines[i].status == status) {
			buf_add_str(head, http_status_lines[i].line);
			return;
		}
	}
	buf_printf(head, "HTTP/1.1 %d \r\n", status); /* reason-phrase is optional, RFC 9112 4 */
}

/* RFC 9110 8.6: these have neither body nor Content-Length. */
static bool http_response_is_bare(int status)
{
	return status == 204 || status == 304;
}

static bool http_field_is_safe(struct http_pair field)
{
	for (size_t i = 0; i < field.value.len; i++)
		if (field.value.ptr[i] == '\r' || field.value.ptr[i] == '\n' || field.value.ptr[i] == '\0')
			return false;
	return true;
}

static void http_response_field(struct buf *head, struct http_pair field)
{
	buf_add_str(head, field.name);
	buf_add(head, ": ", 2);
	buf_add_str(head, field.value);
	buf_add(head, "\r\n", 2);
}

/* The handler's own fields; a value that would split the answer is dropped (faults F55). */
static void http_response_fields(struct buf *head, const struct http_response *response)
{
	bool cached = false;
	for (size_t i = 0; i < response->header_count; i++) {
		struct http_pair field = response->headers[i];
		cached = cached || str_equal_nocase(field.name, STR("cache-control"));
		if (http_field_is_safe(field))
			http_response_field(head, field);
		else
			log_event(LOG_WARNING, "header dropped", LOG_STR("header", field.name));
	}
	if (!cached)
		buf_add_str(head, STR("Cache-Control: no-store\r\n"));
}

static void http_response_content(struct buf *head, const struct http_response *response)
{
	if (http_response_is_bare(response->status))
		return;
	if (response->body.len > 0) {
		const char *type = response->content_type ? response->content_type : "application/json";
		http_response_field(head, (struct http_pair){STR("Content-Type"), str_from_c(type)});
	}
	buf_add_str(head, STR("Content-Length: "));
	buf_add_int64(head, (int64_t)response->body.len);
	buf_add(head, "\r\n", 2);
}

static void http_response_head(
	struct buf *head, const struct http_request *request, const struct http_response *response)
{
	const struct http_server *server = request->server;
	buf_clear(head);
	http_response_status(head, response->status);
	http_response_field(head, (struct http_pair){STR("Date"), str_from_c(server->date)});
	buf_add_str(head, STR("X-Content-Type-Options: nosniff\r\n"));
	if (server->config.tls)
		buf_add_str(head, STR("Strict-Transport-Security: max-age=31536000\r\n"));
	if (http_connection_ends_with(request))
		buf_add_str(head, STR("Connection: close\r\n"));
	http_response_fields(head, response);
	http_response_content(head, response);
	buf_add(head, "\r\n", 2);
}

void http_respond(struct http_request *request, const struct http_response *response)
{
	struct buf *head = &request->server->scratch;
	bool bodiless = request->message.method == HTTP_HEAD || http_response_is_bare(response->status);
	http_response_head(head, request, response);
	http_connection_answer(request, buf_str(head), bodiless ? STR("") : response->body);
}

void http_respond_problem(struct http_request *request, enum err_code code, const char *detail)
{
	static const struct http_pair allow = {STR_INIT("Allow"), STR_INIT(HTTP_ALLOW)};
	char trace_id[PROBLEM_TRACE_SIZE];
	struct err err = {0};
	struct buf body;
	err_set(&err, code, "%s", detail);
	buf_init(&body, 64 << 10);
	problem_to_json(&body, &(struct problem){
		.err = &err,
		.instance = request->message.path,
		.trace_id = problem_trace_id(trace_id),
	});
	http_respond(request, &(struct http_response){
		.status = err_status(code),
		.content_type = "application/problem+json",
		.headers = &allow,
		.header_count = code == ERR_METHOD_NOT_ALLOWED ? 1 : 0,
		.body = buf_str(&body),
	});
	buf_free(&body);
}
