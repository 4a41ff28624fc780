/* SPDX-License-Identifier: Apache-2.0
 *
 * Diagrams in one line, as BPMN:
 *
 *     start:s and:fork user:a or:join  s>fork fork>a fork>join?${x} fork>join!   nodes, flows, a condition, a default flow
 *     sub:s{ ... }  event-sub:e{ ... }  adhoc:h{ ... }                            what stands inside
 *     timer:late@a  timer:often@a~                                               boundary events; ~ interrupts nothing
 */
#ifndef TESTS_UNIT_EXPLORE_DIAGRAM_H
#define TESTS_UNIT_EXPLORE_DIAGRAM_H

#include "base/buf.h"

/* Appends the BPMN of the line. A word that it does not know ends the test program. */
void explore_diagram(struct buf *xml, const char *line);

#endif
