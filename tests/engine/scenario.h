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

/* A node of one of the processes; `node[2]` is an instance of its loop, `node[body]` the loop itself. */
struct scenario_place {
	const struct graph *graph;
	int32_t node;
	int32_t loop; /* a loop_counter, or one of these */
};
enum { PLACE_ANY = -2, PLACE_BODY = -3 };

/* A work job or subscription that a command has named; it can be named again when it is gone. */
struct scenario_named {
	struct str word;
	int64_t id;
	int64_t token_id;
};

/* What the last command line appended to history begins here. */
struct scenario_marks {
	size_t activity;
	size_t step;
	size_t outgoing;
};

struct scenario {
	struct arena *arena;
	struct world world;
	struct command command; /* of the present line */
	int64_t selected;       /* instance that `in` or `child` names, living or ended; 0: the line names none */
	VEC(struct scenario_named) named;
	struct scenario_marks last;
	size_t delivered;                   /* outgoing rows that have been dealt with */
	VEC(struct str) delivered_messages; /* names, of the last `deliver` */
	VEC(struct str) undelivered_messages;
	struct buf problem; /* empty: the line did what it should */
};

/* What a scenario runs on. */
struct scenario_stage {
	const struct graph *const *graphs; /* of its files */
	size_t count;
	const struct world_keeper *keeper; /* NULL: none */
};

/* Runs the text. False: problem names the line; log receives all effects as text. */
bool scenario_run(const struct scenario_stage *stage, struct str text, struct buf *log, struct buf *problem);

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
/* The node that the word names in one of the processes. */
bool scenario_place(struct scenario *scenario, struct scenario_word *word, struct scenario_place *place);
/* The row of that instance, node and token (0: none) is at the place, and in the selected instance where there is one. */
bool scenario_is_at(const struct scenario *scenario, const struct scenario_place *place,
	const struct instance *instance, int32_t node, int64_t token_id);
/* `in PROCESS`, `in NODE` (what that call activity has called), `child N` (the Nth called instance): sets selected. */
bool scenario_select(struct scenario *scenario, struct scenario_line *line);
/* The selected instance, else the root: living or ended; NULL: there is none. */
const struct instance *scenario_instance(const struct scenario *scenario);

bool scenario_command(struct scenario *scenario, struct scenario_line *line, struct str name);
/* The JSON object as the variables of the command. */
bool scenario_read_variables(struct scenario *scenario, struct str json, struct command *command);
/* What an operator changes: the rest of the line into the command. */
bool scenario_modify(struct scenario *scenario, struct scenario_line *line);
bool scenario_migration(struct scenario *scenario, struct scenario_line *line);
bool scenario_expect_problems(struct scenario *scenario, struct scenario_line *line);
/* What comes with the command; the texts live as long as the scenario. */
void scenario_set_variables(struct scenario *scenario, struct command *command, const struct variables *variables);
/* A line that is no command to an instance; NULL: it is none. */
struct scenario_setting {
	const char *name;
	bool (*run)(struct scenario *scenario, struct scenario_line *line, struct str name);
	bool is_step; /* what follows looks at what it did */
};
const struct scenario_setting *scenario_setting_find(struct str name);
/* Delivers the outgoing rows as the server would. */
bool scenario_deliver(struct scenario *scenario, struct scenario_line *line, struct str name);
bool scenario_expect(struct scenario *scenario, struct scenario_line *line);

/* Walks the living rows of a kind that are in the selected instance, or in any of the tree:
 * SCENARIO_EACH(scenario, in, job, jobs) { ... } */
#define SCENARIO_EACH(scenario, in, row, rows) SCENARIO_EACH_AS (scenario, in, row, row, rows)
#define SCENARIO_EACH_AS(scenario, in, type, row, rows) \
	for (struct instance *in = NULL; (in = world_next(&(scenario)->world, in));) \
		for (struct type *row = in->rows.items; row && row < in->rows.items + in->rows.len; row++) \
			if (row_alive(row->mark) && ((scenario)->selected == 0 || (scenario)->selected == in->id))

#endif
