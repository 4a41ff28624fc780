/* SPDX-License-Identifier: Apache-2.0
 *
 * The variables of one scope: name -> canonical JSON text. Text and not values, because most variables only pass
 * through: they come as JSON, are stored as jsonb, and are decoded only when an expression touches them.
 */
#ifndef ENGINE_VARIABLES_H
#define ENGINE_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

struct variable {
	struct str name; /* owned */
	struct str json; /* owned */
};

/* A zeroed struct is an empty set. Order is that of first appearance. */
struct variables {
	VEC(struct variable) list;
	struct map index; /* only from VARIABLES_INDEX_FROM on: name -> position + 1 */
};

void variables_free(struct variables *variables);
/* The JSON text, borrowed until the next put; ptr NULL where there is no such variable. */
struct str variables_get(const struct variables *variables, struct str name);
/* Sets or replaces; copies both texts. Returns true when something changed. */
bool variables_put(struct variables *variables, struct str name, struct str json);
/* True when there was one. The others keep their order. */
bool variables_remove(struct variables *variables, struct str name);
/* JSON merge patch (RFC 7396, section 2): null removes, objects merge, everything else replaces. True when that changed
 * anything. */
bool variables_patch(struct variables *variables, struct str name, struct str json);
/* Appends {"name":json,...}; "{}" when empty. */
void variables_to_json(struct buf *buf, const struct variables *variables);
/* Puts every member of a JSON object text that is ours, or the database's: values are not judged, and keep every digit.
 * ERR_INVALID when it is no object. */
bool variables_from_json(struct variables *variables, struct str object, struct err *err)
	__attribute__((warn_unused_result));

#endif
