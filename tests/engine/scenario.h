/* SPDX-License-Identifier: Apache-2.0
 *
 * Scenarios: a diagram, then lines that say what happens and what is expected; only the scenario moves the clock.
 * The language is described in tests/engine/README.md; each word of a line must be understood, or the scenario fails.
 */
#ifndef TESTS_ENGINE_SCENARIO_H
#define TESTS_ENGINE_SCENARIO_H

#include <stdbool.h>

#include "base/arena.h"
#include "bpmn/bpmn.h"
#include "tests/engine/world.h"

#define SCENARIO_WORDS_MAX 64

struct scenario_word {
	struct str raw;  /* as written, with quotes */
	struct str text; /* without */
	bool used;
};

struct scenario_line {
	struct scenario_word words[SCENARIO_WORDS_MAX];
	size_t count;
	size_t result; /* position of "->", or count */
};

/* A work job that a command has named; it can be named again when it is gone. */
struct scenario_job {
	int32_t node;
	int64_t id;
	int64_t token_id;
};

struct scenario {
	struct arena *arena;
	struct world world;
	struct command command; /* of the present line */
	VEC(struct scenario_job) jobs;
	size_t first_activity; /* what the last command line appended to history begins here */
	size_t first_step;
	struct buf problem; /* empty: the line did what it should */
};

/* Runs the text on the graph. False: problem names the line; log receives all effects as text. */
bool scenario_run(const struct graph *graph, struct str text, struct buf *log, struct buf *problem);

/* ---- scenario_words.c ---- */

/* Splits a line; texts live as long as the scenario. */
bool scenario_split(struct scenario *scenario, struct str text, struct scenario_line *line);
/* The first word before the result that nobody has used yet; NULL at the end. */
struct scenario_word *scenario_next(struct scenario_line *line);
/* The word behind `name`, both used; NULL where it is not given. */
struct scenario_word *scenario_option(struct scenario_line *line, const char *name);
bool scenario_flag(struct scenario_line *line, const char *name);
bool scenario_integer(struct scenario *scenario, struct str text, int64_t *out);
/* A date-time, or a duration from now. */
bool scenario_time(struct scenario *scenario, struct str text, int64_t *out);
/* Names from "a,b". */
struct str *scenario_names(struct scenario *scenario, struct str list, size_t *count);

/* ---- the lines ---- */

/* Notes what is wrong; the first counts. Always false. */
bool scenario_fail(struct scenario *scenario, const char *format, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));
/* Index of the node, which must exist. */
bool scenario_node(struct scenario *scenario, struct scenario_word *word, int32_t *node);

bool scenario_command(struct scenario *scenario, struct scenario_line *line, struct str name);
bool scenario_expect(struct scenario *scenario, struct scenario_line *line);

#endif
