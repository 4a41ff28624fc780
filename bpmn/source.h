/* SPDX-License-Identifier: Apache-2.0
 *
 * Places in an XML text: from byte offsets to lines and columns, and from characters of a decoded value back to the
 * bytes they came from. Lines end at LF; columns count characters from 1.
 */
#ifndef BPMN_SOURCE_H
#define BPMN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* A place that moves forward: begin with {0, 1, 1}. */
struct source_cursor {
	size_t offset;
	int line;
	int column;
};
#define SOURCE_START ((struct source_cursor){.offset = 0, .line = 1, .column = 1})

/* Moves forward to offset (clamped to the text). Linear in the distance. */
void source_advance(struct str text, struct source_cursor *cursor, size_t offset);
/* The place of offset. Linear: for the one error that ends a parse, and for failing expressions. */
struct source_cursor source_locate(struct str text, size_t offset);

enum source_part { SOURCE_ATTRIBUTE, SOURCE_TAG_END, SOURCE_EMPTY_TAG_END, SOURCE_BROKEN };

struct source_attribute {
	struct str name;  /* with prefix */
	struct str value; /* raw, without quotes */
};

/* The next attribute of a start tag, *offset standing behind the tag's name or the last attribute; moves *offset behind
 * what was read. */
enum source_part source_next_attribute(struct str text, size_t *offset, struct source_attribute *out);
/* The offset behind '<' and the name of the tag that begins at offset. */
size_t source_tag_name_end(struct str text, size_t offset);
/* True for xmlns and xmlns:*. */
bool source_is_namespace(struct str attribute_name);

/* Where the value of attribute number index (namespace declarations not counted) of the tag at offset begins. */
size_t source_attribute_value(struct str text, size_t offset, size_t index);
/* Where character number index of the decoded value that begins at offset stands: looks through references, CDATA
 * sections, comments and CR LF. */
size_t source_character(struct str text, size_t offset, size_t index);

#endif
