/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML as bpmnd reads it: one document, mappings with plain keys, lists and scalars, each with its place. Plain scalars
 * are null, booleans and numbers as in JSON (the core schema of YAML 1.2), everything else is text: `no` is not false.
 * Tags, anchors and aliases are refused, and so is a key that comes twice.
 */
#ifndef API_TRY_YAML_H
#define API_TRY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	int line;
	int column;
	struct str key; /* of a member of a mapping */
	int key_line;
	int key_column;
	struct str text; /* SCALAR */
	bool quoted;
	struct yaml_node *first; /* LIST, MAP: what is inside, in order */
	struct yaml_node *next;  /* beside it */
	size_t count;
};

/* The document, in the arena. NULL with err, its line and column set. */
struct yaml_node *yaml_read(struct arena *arena, struct str text, struct err *err) __attribute__((warn_unused_result));

/* The member of a mapping; NULL: there is none, or it is no mapping. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* A scalar that is nothing, or says null. */
bool yaml_is_null(const struct yaml_node *node);
/* The value as canonical JSON in the arena. False with err where a number cannot be kept exactly. */
bool yaml_to_json(struct arena *arena, const struct yaml_node *node, struct str *out, struct err *err)
	__attribute__((warn_unused_result));

/* ERR_INVALID at the node's place; always false. */
bool yaml_fail(const struct yaml_node *node, struct err *err, const char *format, ...)
	__attribute__((format(printf, 3, 4), nonnull(3)));

#endif
