/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts of a graph as words of a line: " label={text}", nothing where there is nothing.
 */
#ifndef TESTS_BPMN_BPMN_CASE_PUT_H
#define TESTS_BPMN_BPMN_CASE_PUT_H

#include "base/buf.h"
#include "bpmn/graph.h"

void case_put_expr(struct buf *out, const char *label, const struct expr *expr);
void case_put_exprs(struct buf *out, const char *label, struct graph_exprs exprs);
void case_put_text(struct buf *out, const char *label, struct str text);
void case_put_names(struct buf *out, const char *label, struct graph_names names);
void case_put_assignments(struct buf *out, const char *label, struct graph_assignments list);
void case_put_event(struct buf *out, const struct graph_event *event);
/* What activities have beside the content of their kind: loops, calls, data, compensation. */
void case_put_activity(struct buf *out, const struct graph *graph, const struct graph_node *node);

#endif
