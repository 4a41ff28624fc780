/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd lint in parts: finding the files, and the report over all of them.
 */
#ifndef API_LINT_H
#define API_LINT_H

#include <stdbool.h>

#include "base/str.h"

/* Gets one file and returns an exit status. */
typedef int (*lint_visit)(void *context, const char *path, struct str xml);

/* Visits each file that the words name; of a folder the diagrams in it (*.bpmn, *.bpmn20.xml, *.xml that is BPMN), in
 * the order of their names. What cannot be read is said on standard error. Returns the worst status. */
int lint_files(int argc, char **argv, lint_visit visit, void *context);

struct lint_report;

struct lint_report *lint_report_new(void) __attribute__((returns_nonnull, warn_unused_result));
void lint_report_free(struct lint_report *report);
/* Reads the diagram and counts what is in it: a lint_visit. EXIT_FAILURE where it cannot be deployed and started. */
int lint_report_add(void *report, const char *path, struct str xml);
/* False: there was no file. */
bool lint_report_print(struct lint_report *report, bool json);

#endif
