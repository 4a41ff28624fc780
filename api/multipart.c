/* SPDX-License-Identifier: Apache-2.0
 *
 *     body   = "--" boundary CRLF part *( CRLF "--" boundary CRLF part ) CRLF "--" boundary "--" [ CRLF ]
 *     part   = *( field CRLF ) CRLF *OCTET
 *     field  = Content-Disposition | Content-Type | Content-Transfer-Encoding
 *
 * No text before the first boundary or behind the last, no folding, no bare LF, no encodings: today's clients write
 * none.
 */
#include "config.h"

#include "api/multipart.h"

#include <stdint.h>
#include <string.h>

#define MULTIPART_BOUNDARY_MAX 70
#define MULTIPART_NAME_MAX 255

static bool multipart_refuse(struct err *err, const char *why)
{
	return err_set(err, ERR_BAD_REQUEST, "the form is not readable: %s", why);
}

static bool multipart_is_token(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static struct str multipart_skip_spaces(struct str s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = str_slice(s, 1, s.len);
	return s;
}

/* "\" in front of any character stands for it (RFC 9110, 5.6.4). False where the quotes do not close. */
static bool multipart_quoted(struct arena *arena, struct str *rest, struct str *value)
{
	char *text = arena_alloc(arena, rest->len);
	size_t len = 0;
	for (size_t i = 1; i < rest->len; i++) {
		if (rest->ptr[i] == '"') {
			*value = (struct str){text, len};
			*rest = str_slice(*rest, i + 1, rest->len);
			return true;
		}
		if (rest->ptr[i] == '\\' && i + 1 < rest->len)
			i++;
		text[len++] = rest->ptr[i];
	}
	return false;
}

bool multipart_parameter(struct arena *arena, struct str *rest, struct str *name, struct str *value)
{
	struct str s = multipart_skip_spaces(*rest);
	*rest = s;
	if (s.len == 0 || s.ptr[0] != ';')
		return false;
	s = multipart_skip_spaces(str_slice(s, 1, s.len));
	size_t len = 0;
	while (len < s.len && multipart_is_token(s.ptr[len]))
		len++;
	*name = str_slice(s, 0, len);
	if (len == 0 || len == s.len || s.ptr[len] != '=')
		return false;
	s = str_slice(s, len + 1, s.len);
	if (s.len > 0 && s.ptr[0] == '"') {
		if (!multipart_quoted(arena, &s, value))
			return false;
	} else {
		for (len = 0; len < s.len && multipart_is_token(s.ptr[len]);)
			len++;
		*value = str_slice(s, 0, len);
		s = str_slice(s, len, s.len);
	}
	*rest = s;
	return true;
}

/* The boundary of a Content-Type; an empty slice where there is none, or not one. */
static struct str multipart_boundary(struct arena *arena, struct str content_type)
{
	struct str boundary = {0}, name, value;
	size_t at = str_find_char(content_type, ';');
	struct str rest = at == STR_NONE ? (struct str){0} : str_slice(content_type, at, content_type.len);
	while (multipart_parameter(arena, &rest, &name, &value)) {
		if (!str_equal_nocase(name, STR("boundary")))
			continue;
		if (boundary.len > 0)
			return (struct str){0};
		boundary = value;
	}
	bool sound = rest.len == 0 && boundary.len > 0 && boundary.len <= MULTIPART_BOUNDARY_MAX;
	for (size_t i = 0; sound && i < boundary.len; i++)
		sound = boundary.ptr[i] > ' ' && boundary.ptr[i] <= '~';
	return sound ? boundary : (struct str){0};
}

static bool multipart_is_name(struct str s)
{
	if (s.len == 0 || s.len > MULTIPART_NAME_MAX || !str_is_utf8(s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c < 0x20 || c == 0x7f || c == '/' || c == '\\')
			return false;
	}
	return true;
}

static bool multipart_disposition(struct arena *arena, struct str value, struct multipart_part *part, struct err *err)
{
	struct str kind = str_trim(str_slice(value, 0, str_find_char(value, ';')));
	if (part->name.ptr || !str_equal_nocase(kind, STR("form-data")))
		return multipart_refuse(err, "a part needs one Content-Disposition, form-data");
	struct str name, text, rest = str_slice(value, kind.len, value.len);
	while (multipart_parameter(arena, &rest, &name, &text)) {
		struct str *to = str_equal_nocase(name, STR("name")) ? &part->name
			: str_equal_nocase(name, STR("filename")) ? &part->filename : NULL;
		if (!to || to->ptr)
			return multipart_refuse(err, "a Content-Disposition has one name and one filename");
		if (!multipart_is_name(text))
			return multipart_refuse(err, "names have 1 to 255 bytes of UTF-8 without slashes and control characters");
		*to = text;
	}
	return rest.len == 0 || multipart_refuse(err, "a Content-Disposition is malformed");
}

static bool multipart_field(struct arena *arena, struct str line, struct multipart_part *part, struct err *err)
{
	size_t colon = str_find_char(line, ':');
	if (colon == STR_NONE || str_find_char(line, '\n') != STR_NONE || str_find_char(line, '\r') != STR_NONE)
		return multipart_refuse(err, "a field of a part is malformed");
	struct str name = str_slice(line, 0, colon), value = str_trim(str_slice(line, colon + 1, line.len));
	if (str_equal_nocase(name, STR("content-disposition")))
		return multipart_disposition(arena, value, part, err);
	if (str_equal_nocase(name, STR("content-transfer-encoding")))
		return str_equal_nocase(value, STR("binary")) || str_equal_nocase(value, STR("8bit")) ||
		       str_equal_nocase(value, STR("7bit")) || multipart_refuse(err, "a part is encoded");
	return str_equal_nocase(name, STR("content-type")) || multipart_refuse(err, "a part has an unknown field");
}

/* The fields of a part; its body is what follows. */
static bool multipart_part(struct arena *arena, struct str text, struct multipart_part *part, struct err *err)
{
	size_t end = str_find(str_slice(text, 0, MULTIPART_HEAD_MAX), STR("\r\n\r\n"));
	if (end == STR_NONE)
		return multipart_refuse(err, "the fields of a part do not end");
	struct str head = str_slice(text, 0, end);
	part->body = str_slice(text, end + 4, text.len);
	for (bool more = true; more;) {
		size_t at = str_find(head, STR("\r\n"));
		more = at != STR_NONE;
		if (!multipart_field(arena, str_slice(head, 0, at), part, err))
			return false;
		head = more ? str_slice(head, at + 2, head.len) : head;
	}
	return part->name.ptr || multipart_refuse(err, "a part has no Content-Disposition");
}

bool multipart_parse(struct arena *arena, struct str content_type, struct str body, struct multipart_part *parts,
	size_t *count, struct err *err)
{
	struct str boundary = multipart_boundary(arena, content_type);
	*count = 0;
	if (boundary.len == 0)
		return multipart_refuse(err, "its Content-Type has no boundary");
	struct str delimiter = arena_printf(arena, "\r\n--%.*s", STR_ARG(boundary));
	struct str first = str_slice(delimiter, 2, delimiter.len);
	if (!str_starts_with(body, first))
		return multipart_refuse(err, "it does not begin with its boundary");
	struct str rest = str_slice(body, first.len, body.len);
	while (str_starts_with(rest, STR("\r\n"))) {
		rest = str_slice(rest, 2, rest.len);
		size_t end = str_find(rest, delimiter);
		if (end == STR_NONE)
			return multipart_refuse(err, "it ends before its last boundary");
		if (*count == MULTIPART_PARTS_MAX)
			return err_set(err, ERR_TOO_LARGE, "the form has more than %d parts", MULTIPART_PARTS_MAX);
		parts[*count] = (struct multipart_part){0};
		if (!multipart_part(arena, str_slice(rest, 0, end), &parts[(*count)++], err))
			return false;
		rest = str_slice(rest, end + delimiter.len, rest.len);
	}
	return str_equal(rest, STR("--")) || str_equal(rest, STR("--\r\n")) ||
	       multipart_refuse(err, "a boundary is malformed");
}
