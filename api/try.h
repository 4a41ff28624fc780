/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd test: scenarios in YAML are run on diagrams with the engine alone. No database, no clock, no worker: the
 * scenario says what people and workers do and what time it is. docs/process-tests.md describes the form.
 *
 * A file is checked as a whole before the first scenario runs (try_form.c); a scenario is run from the tree of its file
 * (try_run.c steps and delivers, try_action.c does, try_expect.c looks).
 */
#ifndef API_TRY_H
#define API_TRY_H

#include <stdbool.h>
#include <stdio.h>

#include "api/try_yaml.h"
#include "base/vec.h"
#include "bpmn/bpmn.h"
#include "engine/engine.h"

/* ---- what is tried: try_process.c ---- */

/* A process, and what of it was ever reached. */
struct try_process {
	const struct graph *graph;
	const char *file;
	bool *nodes;
	bool *flows;
};
struct try_processes {
	struct arena *arena;
	VEC(struct try_process)
	list; /* the executable ones of all files, in order: the definition's id is the position + 1 */
	VEC(struct bpmn_document *) documents;
};

void try_processes_init(struct try_processes *processes);
void try_processes_free(struct try_processes *processes);
/* Reads a diagram; what is wrong with it is printed on standard output. */
bool try_processes_add(struct try_processes *processes, const char *file, struct str xml);
/* The position of the process with that id; GRAPH_NONE. */
int32_t try_process_find(const struct try_processes *processes, struct str key);
/* Some process has that element. */
bool try_process_knows(const struct try_processes *processes, struct str element);
void try_process_saw(struct try_processes *processes, const struct graph *graph, int32_t node, int32_t flow);
/* How much was reached of all flows and elements; which were not, where asked for. */
void try_processes_print(const struct try_processes *processes, bool each);

/* ---- a file of scenarios: try_form.c ---- */

struct try_file {
	const char *name;
	const struct yaml_node *top;
	const struct yaml_node *users; /* their groups; NULL: none are declared */
};

/* Keys and the kinds of their values, everywhere in the file; ERR_INVALID with line and column. */
bool try_form_check(const struct yaml_node *top, struct err *err) __attribute__((warn_unused_result));

enum try_value {
	TRY_TEXT,      /* a scalar */
	TRY_TEXTS,     /* a list of scalars, or one */
	TRY_NUMBER,    /* an integer */
	TRY_MAP,       /* variables, and the like */
	TRY_TIME,      /* a date-time */
	TRY_WAIT,      /* a duration */
	TRY_TASKS,     /* a list of elements, or of mappings that say more of the task */
	TRY_INCIDENTS, /* likewise */
	TRY_CHECKS,    /* a mapping of expectations */
	TRY_NOTHING,   /* no value */
};
struct try_key {
	const char *name; /* NULL: the list's end */
	enum try_value value;
};

/* ---- a scenario: try_run.c ---- */

/* An activity that has ended. */
struct try_done {
	const struct graph *graph;
	int32_t node;
	enum activity_outcome outcome;
};
/* An instance that has ended. */
struct try_past {
	int64_t id;
	const struct graph *graph;
	enum instance_status status;
	struct str error_code;
	struct str variables; /* JSON */
};

struct try_run {
	struct try_processes *processes;
	const struct try_file *file;
	struct arena *arena;   /* the whole run */
	struct arena *kept;    /* one step */
	struct arena *scratch; /* one step */
	struct engine_limits limits;
	struct effects effects;
	struct id_source ids;
	int64_t now;
	VEC(struct instance *) trees; /* roots, those that have ended too; the first is what the scenario has started */
	VEC(struct try_past) past;
	VEC(struct try_done) done;
	VEC(struct outgoing_row) thrown; /* not delivered yet, or kept */
	VEC(struct str) sent;            /* names of all messages and signals thrown */
	const struct graph *only;        /* what is expected now is expected of this process; NULL: of all */
	struct buf problems;             /* a line each; empty: all is well */
};

/* A message or signal on its way. */
struct try_sent {
	enum subscription_kind kind;
	struct str name;
	struct str business_key;
	struct str correlation; /* JSON object; empty: none */
	const struct command_variable *variables;
	size_t variable_count;
	bool thrown; /* by a process */
};
enum try_reached { TRY_REACHED, TRY_NOBODY, TRY_FAILED };

/* One scenario of the file. False: problems tells what was expected and what was there. */
bool try_scenario(struct try_processes *processes, const struct try_file *file, const struct yaml_node *scenario,
	struct buf *problems) __attribute__((warn_unused_result));

/* Adds a problem with its place; always false. */
bool try_fail(struct try_run *run, const struct yaml_node *at, const char *format, ...)
	__attribute__((format(printf, 3, 4), nonnull(3)));

/* A zeroed command with what is not zero by default, by the step's `as`. */
struct command try_command(struct try_run *run, enum command_kind kind, const struct yaml_node *step);
/* Runs the command on the tree, and everything that is due or was thrown because of it. */
bool try_do(struct try_run *run, struct instance *root, const struct command *command, const struct yaml_node *at)
	__attribute__((warn_unused_result));
/* Begins an instance; event GRAPH_NONE: at its none start event, else graph->events[event] has come. */
bool try_begin(struct try_run *run, int32_t process, int32_t node, int32_t event, const struct command *command,
	struct str business_key, const struct yaml_node *at) __attribute__((warn_unused_result));
/* Fires what is due until then. */
bool try_advance(struct try_run *run, int64_t until, const struct yaml_node *at) __attribute__((warn_unused_result));
struct instance *try_root(struct instance *here);
/* Without what follows from it. */
bool try_run_one(struct try_run *run, struct instance *root, const struct command *command, const struct yaml_node *at)
	__attribute__((warn_unused_result));
bool try_begin_one(struct try_run *run, int32_t process, int32_t node, int32_t event, const struct command *from,
	struct str business_key, const struct yaml_node *at) __attribute__((warn_unused_result));
/* What follows: until nothing is due and nothing is on its way. */
bool try_settle(struct try_run *run, const struct yaml_node *at) __attribute__((warn_unused_result));

/* ---- try_send.c ---- */

enum try_reached try_send(struct try_run *run, const struct try_sent *sent, const struct yaml_node *at)
	__attribute__((warn_unused_result));
/* One of those that processes have thrown; *any: it has gone. */
bool try_deliver_any(struct try_run *run, bool *any, const struct yaml_node *at) __attribute__((warn_unused_result));

/* ---- for steps ---- */

/* The members of a mapping as variables. */
bool try_variables(struct try_run *run, const struct yaml_node *map, const struct command_variable **out, size_t *count)
	__attribute__((warn_unused_result));

/* The next living instance of any tree behind `here`; NULL at the end. */
struct instance *try_next(struct try_run *run, struct instance *here);

/* Walks the living rows of all trees: TRY_EACH (run, in, task, tasks) { ... } */
#define TRY_EACH(run, in, row, rows) TRY_EACH_AS (run, in, row, row, rows)
#define TRY_EACH_AS(run, in, type, row, rows) \
	for (struct instance *in = NULL; (in = try_next((run), in));) \
		for (struct type *row = in->rows.items; row && row < in->rows.items + in->rows.len; row++) \
			if (row_alive(row->mark))

/* ---- what is done and expected ---- */

struct try_names {
	VEC(struct str) list;
};

/* try_names.c: the words of a list, of which one may stand alone: for (item = try_first(list); item; item =
 * try_after(list, item)) */
const struct yaml_node *try_first(const struct yaml_node *list);
const struct yaml_node *try_after(const struct yaml_node *list, const struct yaml_node *item);
/* The element that an entry names, as a word or a mapping. */
struct str try_element(const struct yaml_node *item);
void try_names_add(struct try_names *names, struct str name);
/* "[a, b]" */
struct str try_names_text(struct try_run *run, const struct try_names *names);
/* The same names as often, in any order; else a problem. Frees what there is. */
bool try_names_same(struct try_run *run, const struct yaml_node *list, struct try_names *there);
/* A word that names no element would be an expectation that always holds. */
bool try_names_known(struct try_run *run, const struct yaml_node *list);

/* A step is a mapping; its first key says which action it is, the others are its options. */
struct try_action {
	const char *name; /* NULL: the list's end */
	enum try_value value;
	struct try_key options[8];
	bool (*run)(struct try_run *run, const struct yaml_node *step);
};
extern const struct try_action try_actions[];

struct try_expectation {
	const char *name; /* NULL: the list's end */
	enum try_value value;
	bool (*check)(struct try_run *run, const struct yaml_node *expected, const struct try_past *of);
};
extern const struct try_expectation try_expectations[];
/* All that are in the mapping; each that does not hold is a problem. */
bool try_expect(struct try_run *run, const struct yaml_node *step);
bool try_start(struct try_run *run, const struct yaml_node *scenario);

#endif
