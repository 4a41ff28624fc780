/* SPDX-License-Identifier: Apache-2.0
 *
 * The report in memory: lint_report.c counts, lint_print.c shows.
 */
#ifndef API_LINT_REPORT_H
#define API_LINT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "api/lint.h"
#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

/* The first few places of a rule: enough to begin with. */
#define LINT_PLACES 3

enum lint_group { LINT_ELEMENTS, LINT_EXTENSIONS, LINT_WORK, LINT_ERRORS, LINT_WARNINGS, LINT_NOTES, LINT_GROUP_COUNT };

struct lint_place {
	struct str path;
	int line;
	int column;
	struct str message;
};

struct lint_tally {
	struct str name;
	int kind; /* elements and extensions: enum bpmn_fate */
	size_t uses;
	size_t files;
	size_t last_file;
	struct str hint; /* rules */
	struct lint_place places[LINT_PLACES];
	size_t place_count;
};

struct lint_file {
	struct str path;
	size_t processes;
	size_t executable; /* and without errors */
	size_t counts[3];  /* diagnostics, by severity */
	bool runs;         /* it can be deployed, and something in it started */
};

struct lint_report {
	struct arena *arena;
	VEC(struct lint_file) files;
	size_t running;
	VEC(struct lint_tally *) groups[LINT_GROUP_COUNT];
	struct map tallies;
};

#endif
