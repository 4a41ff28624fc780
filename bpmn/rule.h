/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules as a table: what the diagnostics of bpmn/ and of the exploration in engine/ can be about.
 */
#ifndef BPMN_RULE_H
#define BPMN_RULE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "bpmn/bpmn.h"

enum rule {
#define X(name, id, severity, clause, hint) RULE_##name,
#include "bpmn/rule.def" /* IWYU pragma: keep */
#undef X
	RULE_COUNT
};

/* ALWAYS_ERROR: in drawings too. */
enum rule_severity { RULE_SEVERITY_INFO, RULE_SEVERITY_WARNING, RULE_SEVERITY_ERROR, RULE_SEVERITY_ALWAYS_ERROR };

struct rule_row {
	struct str id;
	enum rule_severity severity;
	struct str clause; /* of BPMN 2.0.2; "bpmnd": a rule of our own */
	struct str hint;   /* may be empty */
};
const struct rule_row *rule_row(enum rule rule) __attribute__((returns_nonnull));

/* As a process that can be started has it. */
enum diagnostic_severity rule_severity(enum rule rule);

/* Adds a diagnostic about a node to a document that has been read, in its place among the others. */
void rule_report(struct bpmn_document *document, enum rule rule, const struct graph_node *node, struct str message);

/* Appends the whole table as a page of Markdown. */
void rule_to_markdown(struct buf *buf);

#endif
