/* SPDX-License-Identifier: Apache-2.0
 *
 * What a reading of a file gave, as text: one line for each diagnostic, then one for each graph, node and flow. The form
 * of the `expected` files.
 */
#ifndef TESTS_BPMN_BPMN_CASE_H
#define TESTS_BPMN_BPMN_CASE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "bpmn/bpmn.h"

/* Reads with the engine's expression compiler. */
struct bpmn_document *case_read(struct str xml, struct err *err);
/* Appends the description:
 *     refused <slug> <line>:<column> <message>                           nothing could be read
 *     <severity> <rule> <element id or -> <line>:<column> <message>
 *     process <key> executable|drawing|refused [...]                     then its nodes and flows, two spaces in */
void case_describe(struct buf *out, struct str xml);
/* The whole file in the arena; false when it cannot be read. */
bool case_load(struct arena *arena, const char *path, struct str *out);
/* Compares the description of `input` with the file `expected`; prints both where they differ. With BPMND_UPDATE in the
 * environment the expected file is written instead. */
bool case_compare(const char *input, const char *expected);

#endif
