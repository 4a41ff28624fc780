/* SPDX-License-Identifier: Apache-2.0
 *
 * A lexical walk over the UTF-8 text before libxml2 sees it: refuses what would cost too much (libxml2 2.9 is quadratic
 * in the attributes of a tag) or must never be there (DOCTYPE, entities), and notes where each start tag stands, since
 * libxml2 knows only where a tag ends.
 */
#ifndef BPMN_PRESCAN_H
#define BPMN_PRESCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

struct prescan_tag {
	size_t offset;  /* of '<' */
	size_t content; /* behind '>' */
	int line;
	int column;
};

/* The start tags in document order. */
struct prescan {
	VEC(struct prescan_tag) tags;
};

/* ERR_BAD_REQUEST: not XML (empty, no tag, a construct without end). ERR_MODEL: DOCTYPE, entity, or a BPMN_*_MAX
 * limit. Both with line and column. prescan_fini in either case. */
bool prescan_run(struct prescan *scan, struct str text, struct err *err) __attribute__((warn_unused_result));
void prescan_fini(struct prescan *scan);

#endif
