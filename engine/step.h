/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the engine: the state of one running step and the words that nodes and commands share. Tokens are named by
 * their slot in the instance's array, because creating one may move the array.
 *
 * Rules that keep tokens conserved: a node is left by step_leave or token_end, never by changing marks; new tokens are
 * created before the old one ends, so a scope never looks empty in between.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/expr/expr.h"
#include "engine/settle.h"

/* A token that is to enter its node. The id tells whether the slot still holds the same token. */
struct ready_token {
	struct instance *instance;
	int64_t id;
	int32_t slot;
};

/* First in, first out. */
struct ready_queue {
	VEC(struct ready_token) tokens;
	size_t next;
};

/* The variable that an expression decoded last, as it stood. */
struct decoded {
	struct str json;
	struct value value;
};

/* How often the nodes of a graph were entered. */
struct visits {
	struct visits *next;
	const struct graph *graph;
	int32_t *counts;
};

/* Limits that a step can ask for: its record names those that it has (engine/record.h). */
enum step_limit {
	LIMIT_STEP_BUDGET = 1,
	LIMIT_SCOPE_DEPTH = 2,
	LIMIT_JOB_RETRIES = 4,
	LIMIT_JOB_BACKOFF = 8,
};

struct step {
	struct instance *root;
	struct instance *instance; /* the one of the tree that it is about right now: see step_switch */
	const struct graph *graph; /* of that one */
	const struct command *command;
	struct step_context *context;
	VEC(struct instance *) stepped; /* that something has happened to; at the end in the order of the tree */
	struct ready_queue ready;
	struct ready_queue throws; /* of signals: they wait until all that can catch them has subscribed */
	struct settle settle;
	int64_t entries;                 /* nodes entered, and long searches at what they cost */
	size_t bytes;                    /* of JSON, decoded or copied, that are no entry yet */
	int64_t ids;                     /* taken: a node may make many tokens, timers or flows */
	VEC(int32_t) selected;           /* flows that the node being left takes */
	struct reach_walks *walks;       /* of joins that ask who can still come (reach.c); in the step's arena */
	struct complex_readers *readers; /* complex gateways that read data (node_complex.c); in the step's arena */
	struct visits *visits;           /* counted once half of the budget is used; in the step's arena */
	struct id_range ids_from;        /* what its first id came from */
	bool groups_read;                /* an expression has asked for the actor's groups */
	unsigned limits_read;            /* enum step_limit; the budget only where more than the step's end depends on it */
	struct decoded decoded;          /* forgotten when a variable is written */
	const struct value *report; /* of a worker, while it is judged: what its errors' conditions see as externalTask */
	int32_t completed_task;     /* its slot + 1: its listeners still see it */
	bool throwing;              /* the token that enters its node now has waited for its turn to throw */
	bool exhausted;
	bool missing; /* a called process is not in memory */
};

/* From here on the step is about that instance of the tree. Returns the one before, to switch back to. */
struct instance *step_switch(struct step *step, struct instance *instance);
/* False: it is made up to evaluate something in its light, and nothing happens to it. */
static inline bool step_is_of_tree(const struct step *step, const struct instance *instance)
{
	return instance == step->root || instance->parent;
}

static inline const struct engine_limits *step_limits(struct step *step, unsigned which)
{
	step->limits_read |= which;
	return step->context->limits;
}

/* ---- token.c ---- */

static inline struct token *step_token(const struct step *step, int32_t slot)
{
	return &step->instance->tokens.items[slot];
}
static inline const struct graph_node *step_node(const struct step *step, int32_t slot)
{
	return &step->graph->nodes[step_token(step, slot)->node];
}

/* The token that was in the slot lives there still. */
static inline bool token_is_there(const struct step *step, int32_t slot, int64_t id)
{
	return step_token(step, slot)->id == id && row_alive(step_token(step, slot)->mark);
}
/* A new token that will enter node; flow GRAPH_NONE where none was taken. Returns its slot. */
int32_t token_create(struct step *step, int32_t node, int64_t scope_id, int32_t flow);
/* Without a start event a scope begins at its nodes without incoming flows; those that wait for an
 * event are none (10.3.5). */
bool token_begins_at(const struct graph *graph, int32_t node);
/* Tokens at the beginning of a scope: its none start event, else every node without incoming flows. */
void token_create_starts(struct step *step, int32_t scope_node, int64_t scope_id);
/* Slot of a living token, or GRAPH_NONE. */
int32_t token_slot(const struct step *step, int64_t id);
void token_set_state(struct step *step, int32_t slot, enum token_state state);
/* Puts the token into the queue again: its node is entered (anew). */
void token_enter_again(struct step *step, int32_t slot);
/* Puts it behind everything that can still move: it throws when all that can catch has subscribed. */
void token_throw_later(struct step *step, int32_t slot);
/* The token stands in the body of a loop at its own node: it is one of the loop's instances. */
bool token_is_loop_instance(const struct step *step, const struct token *token);
/* Slot of the scope that the token stands in; GRAPH_NONE: the process. */
int32_t token_scope(const struct step *step, int32_t slot);
/* Ends the token's activity: what waits on it (tasks, jobs, incidents, inner tokens) ends too, history gets a row, and
 * a scope or instance that has no token left completes. */
void token_end(struct step *step, int32_t slot, enum activity_outcome outcome, struct str error_code);
/* The same, without looking at what the scope makes of it: the caller ends the scope or goes on. */
void token_finish(struct step *step, int32_t slot, enum activity_outcome outcome, struct str error_code);
/* What waits on the token ends: tasks, jobs, events, incidents, a called instance. The token is not READY. */
void token_end_waits(struct step *step, int32_t slot, enum activity_outcome outcome);
/* A token that merges into another at a join: gone without a row of its own. */
void token_merge(struct step *step, int32_t slot);
/* The token stands in that scope (0: the process), at whatever depth. */
bool token_is_inside(const struct step *step, const struct token *token, int64_t scope_id);
/* Number of sub-processes around a scope. */
int32_t token_depth(const struct step *step, int64_t scope_id);

/* An id for a new row. Past its share a step is exhausted, whatever nodes it entered. */
int64_t step_take_id(struct step *step);
/* A flow is taken: its id comes with the step's row. */
void step_count_id(struct step *step);
/* A search over count rows: long ones count against the step's budget, so that no model can make a step slow. Rows that
 * are dead do not count, and the order of rows must not: both differ between a cached instance and the same one loaded
 * anew. */
void step_charge(struct step *step, size_t count);
/* JSON is decoded or copied: what a step makes of variables is bounded as what it does is. */
void step_charge_bytes(struct step *step, size_t bytes);

/* ---- cancel.c ---- */

/* Cancels every token inside the scope (0: the process), whatever depth, but the one with the id `kept` (0: none); the
 * scope's own token stays. */
void token_cancel_scope(struct step *step, int64_t scope_id, int64_t kept);

/* ---- activity.c: what all nodes have in common ---- */

/* The token has arrived: continuations, quantities, loops, data, listeners and boundary events come before the node's
 * own function (13.3.2). */
void activity_enter(struct step *step, int32_t slot);
/* Data, listeners and continuations behind the node's own work. False: the token waits, or has failed. */
bool activity_complete(struct step *step, int32_t slot) __attribute__((warn_unused_result));
/* Data, listeners and boundary events that come before the node's own work. Where a condition is true already the token
 * may be gone afterwards. */
bool activity_prepare(struct step *step, int32_t slot, struct err *err) __attribute__((warn_unused_result));
/* Enters the node again where a person has helped: what comes before its own function is done anew, but continuations
 * are behind it, and so is its quantity unless the token was stopped before. */
void activity_enter_again(struct step *step, int32_t slot);
/* The script of a mapping has yielded its value: the mappings go on, then the activity, or what is behind it. */
void activity_go_on(struct step *step, int32_t slot);
/* A continuation is due: state BEFORE enters the node, AFTER leaves it. */
void activity_continue(struct step *step, int32_t slot);

/* ---- begin.c ---- */

/* The present instance, fresh and with its variables, begins: where the command's event has
 * come, or at its none start. */
bool begin_instance(struct step *step, struct err *err) __attribute__((warn_unused_result));

/* ---- flow.c ---- */

/* The node is done: the token goes on along its outgoing flows (13.3.1, 13.4), or ends where there are none; an
 * instance of a loop is one more of its body. A condition that fails, or no flow to take, becomes an incident. */
void step_leave(struct step *step, int32_t slot);
/* The flow counts as taken; its token is the caller's. */
void flow_note(struct step *step, int32_t flow);

/* ---- step.c ---- */

/* The next signal is thrown that has waited for its turn; false: none has. */
bool step_throw_one(struct step *step);

/* The token stands here until a person helps: state is FAILED_ENTERING, FAILED_LEAVING, or what it
 * is already with a job. */
void step_incident(struct step *step, int32_t slot, enum token_state state, enum incident_type type, struct str message,
	int64_t job_id);
/* An incident that says what err says; what the token waits for besides stays. */
void step_fail(struct step *step, int32_t slot, enum token_state state, enum incident_type type, const struct err *err);
/* The node could not be entered: jobs that it had made so far go again, a retry enters it anew. */
void step_fail_entering(struct step *step, int32_t slot, enum incident_type type, const struct err *err);
/* The node is done but could not be left: its jobs and timers end, a retry looks for its outgoing flows again. */
void step_fail_leaving(struct step *step, int32_t slot, enum incident_type type, const struct err *err);
void step_end_incidents(struct step *step, int64_t token_id);
/* The instance has ended: everything that still lives in it is canceled, called instances too.
 * Its caller is not told. */
void step_end_instance(struct step *step, enum instance_status status);

/* ---- variable.c ---- */

/* Writes where the name is declared, from the token outward; else in the process scope. slot
 * GRAPH_NONE: the process scope. */
void step_set_variable(struct step *step, int32_t slot, struct str name, struct str json);
void step_set_local_variable(struct step *step, int32_t slot, struct str name, struct str json);
/* Only what is evaluated next shall see it: nothing is written by that. */
void step_show_variable(struct step *step, int32_t slot, struct str name, struct str json);
/* JSON merge patch (RFC 7396) on the process scope: null removes, objects merge. */
void step_patch_variable(struct step *step, struct str name, struct str json);
/* A local variable of this name is the engine's own note: no copy of variables takes it along, and
 * step_set_local_variable passes it over. */
static inline bool variable_is_note(struct str name)
{
	return name.len > 0 && name.ptr[0] == '#';
}
void step_set_note(struct step *step, int32_t slot, struct str name, struct str json);
void step_drop_note(struct step *step, int32_t slot, struct str name);
/* ptr NULL: there is none. */
struct str step_note(const struct step *step, int32_t slot, struct str name);
/* Every variable of the command, by step_set_variable. */
void step_set_command_variables(struct step *step, int32_t slot);

/* ---- environment.c: expressions in the light of a token ---- */

/* Empties the scratch arena when it holds much. Nothing that an expression gave may be in use. */
void environment_tidy(struct step *step);
bool step_evaluate(struct step *step, int32_t slot, const struct expr *expr, struct value *out, struct err *err)
	__attribute__((warn_unused_result));
bool step_evaluate_condition(struct step *step, int32_t slot, const struct expr *expr, bool *out, struct err *err)
	__attribute__((warn_unused_result));
/* Text (numbers and booleans are written out, null is empty), in the step's arena. */
bool step_evaluate_text(struct step *step, int32_t slot, const struct expr *expr, struct str *out, struct err *err)
	__attribute__((warn_unused_result));
bool step_evaluate_integer(struct step *step, int32_t slot, const struct expr *expr, int32_t *out, struct err *err)
	__attribute__((warn_unused_result));
/* A date-time, or a duration from now; 0 for null and empty text. */
bool step_evaluate_time(struct step *step, int32_t slot, const struct expr *expr, int64_t *out, struct err *err)
	__attribute__((warn_unused_result));

/* ---- throw.c: errors and escalations find their catchers ---- */

struct thrown {
	enum event_kind kind; /* EVENT_ERROR, EVENT_ESCALATION, EVENT_CANCEL */
	struct str code;
	struct str message;
};
/* The token's activity fails with a BPMN error (10.5.6): the nearest catcher takes over, in this instance or in those
 * that called it; without one the tree's root fails. Whatever happens, the token has ended. */
void throw_error(struct step *step, int32_t slot, const struct thrown *error);
/* The token throws an escalation. False when an interrupting catcher has ended it. */
bool throw_escalation(struct step *step, int32_t slot, const struct thrown *escalation);
/* The boundary event takes over from its activity, which ends when it interrupts. Returns the event's token's slot. */
int32_t boundary_begin(
	struct step *step, int32_t event_node, int32_t host, enum activity_outcome outcome, struct str error_code);
/* Starts the event sub-process in a scope; an interrupting one cancels what else runs there (13.5.4).
 * Returns its token's slot. */
int32_t scope_begin_event_sub_process(struct step *step, int32_t node, int64_t scope_id);

/* ---- node_sub_process.c ---- */

/* The token becomes a scope: its event sub-processes wait. False: nothing else begins inside, because an interrupting
 * one has taken over already, or because it failed. */
bool scope_open(struct step *step, int32_t slot) __attribute__((warn_unused_result));
/* An interrupting event sub-process runs in the scope (0: the process). */
bool scope_is_taken_over(const struct step *step, int64_t scope_id);

/* ---- command_task.c ---- */

/* Listeners of an open task that have failed hear anew of what they have not heard. */
void task_tell_again(struct step *step, int32_t slot);
/* A timer of its listeners has fired: the how manieth, from 0. */
void task_time_out(struct step *step, int32_t slot, int32_t timer);
/* What expressions can ask of the task that the step has completed is kept for later steps of its token (task_note.c);
 * nothing where it has completed none. Read again into the scratch arena: NULL where nothing is kept. */
void task_keep(struct step *step, int32_t slot);
const struct task *task_kept(const struct step *step, int32_t slot);

/* ---- command_job.c ---- */

/* It could not be told whether what a worker has done is an error: a retry looks again, and leaves
 * the activity or throws. */
bool job_is_undecided(const struct step *step, int32_t slot);
void job_conclude_again(struct step *step, int32_t slot);

/* ---- rows ---- */

/* A new job of the token, or of the process (GRAPH_NONE); node is the activity's, or an event's. */
struct job *step_add_job(struct step *step, int32_t slot, int32_t node, enum job_kind kind);
void job_end(struct job *job);
void job_changed(struct job *job);
/* All jobs and timers of the token. */
void step_end_jobs(struct step *step, int64_t token_id);
/* Ends an open task: history gets a row. */
void task_end(struct step *step, struct task *task, enum activity_outcome outcome);

/* ---- node_task.c ---- */

/* The token waits in that state for a script that a child process runs (engine.h). */
void task_run_script_outside(struct step *step, int32_t slot, enum token_state state);

/* One entry function a node kind: the token has arrived and is READY. */
#define X(name, text) void node_enter_##name(struct step *step, int32_t slot);
#include "bpmn/node_kind.def" /* IWYU pragma: keep */
#undef X

/* The instance is as the caller last saw it. */
bool command_is_current(const struct step *step, struct err *err) __attribute__((warn_unused_result));
/* command_modify.c: where an instance begins by instructions. */
bool modify_check_all(struct step *step, struct err *err) __attribute__((warn_unused_result));
void modify_start_all(struct step *step);
/* The command would not be refused as the instance stands. */
bool modify_judge(struct step *step, struct err *err) __attribute__((warn_unused_result));
bool migrate_judge(struct step *step, struct err *err) __attribute__((warn_unused_result));

/* One function a command: false with err when refused, nothing changed. */
#define X(name, value, text) \
	bool command_##name(struct step *step, struct err *err) __attribute__((warn_unused_result));
#include "engine/command_kind.def" /* IWYU pragma: keep */
#undef X

#endif
