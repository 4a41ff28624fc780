/* SPDX-License-Identifier: Apache-2.0
 *
 * The request target (RFC 9112 3.2, RFC 3986): decoded exactly once, in place, into the one canonical path that
 * everything behind routes and authorises on. A target that another server could read as a different path is refused.
 */
#include "config.h"

#include "api/http_reader.h"

#include <string.h>

static int http_target_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte of the %XX at text[i], or -1. */
static int http_target_escape(struct str text, size_t i)
{
	if (text.len - i < 3)
		return -1;
	int high = http_target_hex(text.ptr[i + 1]);
	int low = http_target_hex(text.ptr[i + 2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* pchar and "/" of RFC 3986 3.3, without ";": there are no path parameters here, so nothing may look like one. */
static bool http_target_is_path(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '/' && c <= '9'))
		return true;
	return c != '\0' && strchr("-._~!$&'()*+,=:@", c) != NULL;
}

/* Visible ASCII but what ends or quotes a target; browsers leave more unescaped here than RFC 3986 3.4 allows. */
static bool http_target_is_query(char c)
{
	return c > ' ' && c <= '~' && !strchr("\"#<>", c);
}

/* Decodes the path at text into itself. */
static bool http_target_decode_path(char *text, struct str *path)
{
	struct str raw = *path;
	size_t n = 0;
	for (size_t i = 0; i < raw.len; i++) {
		if (raw.ptr[i] != '%') {
			if (!http_target_is_path(raw.ptr[i]))
				return false;
			text[n++] = raw.ptr[i];
			continue;
		}
		int byte = http_target_escape(raw, i);
		if (byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\')
			return false;
		text[n++] = (char)(unsigned char)byte;
		i += 2;
	}
	*path = (struct str){text, n};
	return true;
}

/* U+0080..U+009F, the control characters of the second page */
static bool http_target_has_c1(struct str path)
{
	for (size_t i = 0; i + 1 < path.len; i++)
		if ((unsigned char)path.ptr[i] == 0xc2 && (unsigned char)path.ptr[i + 1] < 0xa0)
			return true;
	return false;
}

static bool http_target_is_canonical(struct str path)
{
	if (path.len == 1)
		return true;
	struct str rest = str_slice(path, 1, path.len);
	while (rest.ptr) {
		struct str segment = str_split(&rest, '/');
		if (segment.len == 0 || str_equal(segment, STR(".")) || str_equal(segment, STR("..")))
			return false;
	}
	return true;
}

static bool http_target_path(struct http_message *message, char *text, size_t len, const char **detail)
{
	struct str path = {text, len};
	if (!http_target_decode_path(text, &path)) {
		*detail = "a character or escape that cannot stand in a path";
		return false;
	}
	if (!str_is_utf8(path) || http_target_has_c1(path)) {
		*detail = "the path is not UTF-8 text";
		return false;
	}
	if (!http_target_is_canonical(path)) {
		*detail = "the path has an empty, \".\" or \"..\" segment";
		return false;
	}
	message->path = path;
	return true;
}

/* Decodes a name or value in place; "+" is a space, as forms and URLSearchParams write it. */
static bool http_target_decode_query(char *base, struct str *part)
{
	struct str raw = *part;
	char *text = base;
	size_t n = 0;
	for (size_t i = 0; i < raw.len; i++) {
		int byte = raw.ptr[i] == '+' ? ' ' : (unsigned char)raw.ptr[i];
		if (raw.ptr[i] == '%') {
			byte = http_target_escape(raw, i);
			i += 2;
		} else if (!http_target_is_query(raw.ptr[i])) {
			return false;
		}
		if (byte <= 0)
			return false;
		text[n++] = (char)(unsigned char)byte;
	}
	*part = (struct str){text, n};
	return str_is_utf8(*part);
}

static bool http_target_has_query(const struct http_message *message, struct str name)
{
	for (size_t i = 0; i < message->query_count; i++)
		if (str_equal(message->queries[i].name, name))
			return true;
	return false;
}

static bool http_target_add_query(struct http_message *message, char *text, size_t len, const char **detail)
{
	struct str value = {text, len};
	struct str name = str_split(&value, '=');
	char *value_text = text + name.len + 1;
	if (!value.ptr)
		value = STR("");
	if (!http_target_decode_query(text, &name) || name.len == 0 || !http_target_decode_query(value_text, &value)) {
		*detail = "a query parameter is not readable";
		return false;
	}
	if (http_target_has_query(message, name)) {
		*detail = "a query parameter came twice";
		return false;
	}
	if (message->query_count == HTTP_QUERY_MAX) {
		*detail = "too many query parameters";
		return false;
	}
	message->queries[message->query_count++] = (struct http_pair){name, value};
	return true;
}

static bool http_target_query(struct http_message *message, char *text, size_t len, const char **detail)
{
	struct str rest = {text, len};
	while (rest.ptr) {
		char *part_text = text + (len - rest.len);
		struct str part = str_split(&rest, '&');
		if (part.len > 0 && !http_target_add_query(message, part_text, part.len, detail))
			return false;
	}
	return true;
}

bool http_target_parse(struct http_message *message, char *text, size_t len, const char **detail)
{
	if (len == 1 && text[0] == '*' && message->method == HTTP_OPTIONS) {
		message->path = (struct str){text, 1};
		return true;
	}
	if (len == 0 || text[0] != '/') {
		*detail = "the target is not a path that starts with a slash";
		return false;
	}
	size_t mark = str_find_char((struct str){text, len}, '?');
	if (mark == STR_NONE)
		return http_target_path(message, text, len, detail);
	return http_target_path(message, text, mark, detail) &&
	       http_target_query(message, text + mark + 1, len - mark - 1, detail);
}
