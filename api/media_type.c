/* SPDX-License-Identifier: Apache-2.0
 *
 * Content-Type is read here as far as dispatching needs it; the boundary of a form is multipart.c's.
 */
#include "config.h"

#include "api/media_type.h"

#include "api/multipart.h"

#define MEDIA_TYPE_DECLARATION_MAX 256

/* `type/subtype`; *rest is what follows, from the first `;` on. */
static struct str media_type_split(struct str content_type, struct str *rest)
{
	size_t at = str_find_char(content_type, ';');
	*rest = at == STR_NONE ? (struct str){0} : str_slice(content_type, at, content_type.len);
	return str_trim(str_slice(content_type, 0, at));
}

bool media_type_is(struct str content_type, struct str type)
{
	struct str rest;
	return str_equal_nocase(media_type_split(content_type, &rest), type);
}

bool media_type_agrees(struct arena *arena, struct str content_type, struct str charset)
{
	struct str rest, name, value;
	(void)media_type_split(content_type, &rest);
	while (multipart_parameter(arena, &rest, &name, &value)) {
		if (str_equal_nocase(name, STR("charset")) && !str_equal_nocase(value, charset))
			return false;
	}
	return rest.len == 0 || str_equal(rest, STR(";"));
}

/* UTF-16 begins with a byte order mark, or with `<` in two bytes. */
static bool media_type_is_utf16(struct str document)
{
	static const struct str begins[] = {STR_INIT("\xFF\xFE"), STR_INIT("\xFE\xFF"), STR_INIT("<\0"), STR_INIT("\0<")};
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		if (str_starts_with(document, begins[i]))
			return true;
	}
	return false;
}

/* Only what the declaration says: whether it is true, and known, is found out when the document is read. */
struct str media_type_xml_encoding(struct str document)
{
	if (media_type_is_utf16(document))
		return STR("utf-16");
	struct str head = str_slice(document, 0, MEDIA_TYPE_DECLARATION_MAX);
	if (str_starts_with(head, STR("\xEF\xBB\xBF")))
		head = str_slice(head, 3, head.len);
	head = str_slice(head, 0, str_find(head, STR("?>")));
	size_t at = str_find(head, STR("encoding"));
	if (!str_starts_with(head, STR("<?xml")) || at == STR_NONE)
		return STR("utf-8");
	struct str value = str_slice(head, at, head.len);
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] != '"' && value.ptr[i] != '\'')
			continue;
		struct str name = str_slice(value, i + 1, value.len);
		return str_slice(name, 0, str_find_char(name, value.ptr[i]));
	}
	return STR("utf-8");
}
