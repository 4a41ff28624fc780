/* SPDX-License-Identifier: Apache-2.0
 *
 * What a Content-Type says about a body: its type and its charset. A charset is never used to read a body; one that
 * says other than the body itself is refused, so that nobody in between reads another text than we do.
 */
#ifndef API_MEDIA_TYPE_H
#define API_MEDIA_TYPE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* Type and subtype, without regard to case and parameters. */
bool media_type_is(struct str content_type, struct str type);
/* The parameters are well formed, and the charset among them is this one, or there is none. */
bool media_type_agrees(struct arena *arena, struct str content_type, struct str charset);
/* The encoding that an XML document claims by its first bytes: a name in whatever case. */
struct str media_type_xml_encoding(struct str document);

#endif
