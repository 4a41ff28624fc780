/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the engine: the state of one running step and the words that nodes and commands share. Tokens are named by their slot
 * in the instance's array, because creating one may move the array.
 *
 * Rules that keep tokens conserved: a node is left by step_leave or token_end, never by changing marks; new tokens are created
 * before the old one ends, so a scope never looks empty in between.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/expr/expr.h"

/* A token that is to enter its node. The id tells whether the slot still holds the same token. */
struct ready_token {
	int64_t id;
	int32_t slot;
};

/* The variable that an expression decoded last, as it stood. */
struct decoded {
	struct str json;
	struct value value;
};

struct step {
	struct instance *instance;
	const struct graph *graph;
	const struct command *command;
	struct step_context *context;
	VEC(struct ready_token) ready;
	size_t next_ready;
	VEC(int32_t) free_slots; /* of tokens that began and ended in this step */
	int64_t entries;         /* nodes entered, and long searches at what they cost */
	struct decoded decoded;  /* forgotten when a variable is written */
	bool exhausted;
	int64_t ids;                     /* taken: a node may make many tokens, timers or flows */
	int32_t *visits;                 /* per node, counted once half of the budget is used; in the scratch arena */
	bool *reach;                     /* node marks of inclusive joins, in the step's arena */
	int32_t *reach_pending;          /* nodes that their search still has to go on from */
	enum instance_status end_status; /* what the instance becomes when its last token ends */
	size_t first_flow;               /* where this step's flows begin in effects */
	VEC(struct str) changed_names;   /* process variables that this step changed */
};

/* ---- token.c ---- */

static inline struct token *step_token(const struct step *step, int32_t slot)
{
	return &step->instance->tokens.items[slot];
}
static inline const struct graph_node *step_node(const struct step *step, int32_t slot)
{
	return &step->graph->nodes[step_token(step, slot)->node];
}

/* A new token that will enter node; flow GRAPH_NONE where none was taken. Returns its slot. */
int32_t token_create(struct step *step, int32_t node, int64_t scope_id, int32_t flow);
/* Tokens at the beginning of a scope: its none start event, else every node without incoming flows. */
void token_create_starts(struct step *step, int32_t scope_node, int64_t scope_id);
/* Slot of a living token, or GRAPH_NONE. */
int32_t token_slot(const struct step *step, int64_t id);
void token_set_state(struct step *step, int32_t slot, enum token_state state);
/* Puts the token into the queue again: its node is entered (anew). */
void token_enter_again(struct step *step, int32_t slot);
/* Ends the token's activity: what waits on it (tasks, jobs, incidents, inner tokens) ends too, history gets a row, and a
 * scope or instance that has no token left completes. */
void token_end(struct step *step, int32_t slot, enum activity_outcome outcome, struct str error_code);
/* The same, without looking at what the scope makes of it: the caller ends the scope or goes on. */
void token_finish(struct step *step, int32_t slot, enum activity_outcome outcome, struct str error_code);
/* A token that merges into another at a join: gone without a row of its own. */
void token_merge(struct step *step, int32_t slot);
/* Cancels every token inside the scope (0: the process), whatever depth, but the one with the id `kept` (0: none); the scope's
 * own token stays. */
void token_cancel_scope(struct step *step, int64_t scope_id, int64_t kept);
/* Number of sub-processes around a scope. */
int32_t token_depth(const struct step *step, int64_t scope_id);

/* An id for a new row. Past its share a step is exhausted, whatever nodes it entered. */
int64_t step_take_id(struct step *step);
/* A flow is taken: its id comes with the step's row. */
void step_count_id(struct step *step);
/* A search over count rows: long ones count against the step's budget, so that no model can make a step slow. */
void step_charge(struct step *step, size_t count);

/* ---- flow.c ---- */

/* The node is done: the token goes on along its outgoing flows (13.2, 13.4), or ends where there are none. A condition
 * that fails, or no flow to take, becomes an incident. */
void step_leave(struct step *step, int32_t slot);

/* ---- step.c ---- */

/* The token stands here until a person helps: state is FAILED_ENTERING, FAILED_LEAVING, or TOKEN_JOB with a job. */
void step_incident(struct step *step, int32_t slot, enum token_state state, enum incident_type type, struct str message,
	int64_t job_id);
/* The node could not be entered: jobs that it had made so far go again, a retry enters it anew. */
void step_fail_entering(struct step *step, int32_t slot, enum incident_type type, const struct err *err);
/* The node is done but could not be left: its jobs and timers end, a retry looks for its outgoing flows again. */
void step_fail_leaving(struct step *step, int32_t slot, enum incident_type type, const struct err *err);
void step_end_incidents(struct step *step, int64_t token_id);
/* The instance has ended: everything that still lives in it is canceled. */
void step_end_instance(struct step *step, enum instance_status status);

/* ---- variable.c ---- */

/* Writes where the name is declared, from the token outward; else in the process scope. slot GRAPH_NONE: the process scope. */
void step_set_variable(struct step *step, int32_t slot, struct str name, struct str json);
void step_set_local_variable(struct step *step, int32_t slot, struct str name, struct str json);
/* JSON merge patch (RFC 7396) on the process scope: null removes, objects merge. */
void step_patch_variable(struct step *step, struct str name, struct str json);
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

/* ---- timer.c ---- */

/* A timer job for the token: node is the catch event itself or a boundary event of the token's activity. */
bool timer_arm(struct step *step, int32_t slot, int32_t node, struct err *err) __attribute__((warn_unused_result));
/* Timers of all boundary events of the token's activity. */
bool timer_arm_boundaries(struct step *step, int32_t slot, struct err *err) __attribute__((warn_unused_result));

/* Timers that start event sub-processes of a scope: of the token's, or of the process (GRAPH_NONE). */
bool timer_arm_event_sub_processes(struct step *step, int32_t slot, struct err *err)
	__attribute__((warn_unused_result));

/* ---- throw.c: errors and escalations find their catchers ---- */

struct thrown {
	enum event_kind kind; /* EVENT_ERROR, EVENT_ESCALATION */
	struct str code;
	struct str message;
};
/* The token's activity fails with a BPMN error (10.5.6): the nearest catcher takes over; without one the instance fails.
 * Whatever happens, the token has ended. */
void throw_error(struct step *step, int32_t slot, const struct thrown *error);
/* The token throws an escalation. False when an interrupting catcher has ended it. */
bool throw_escalation(struct step *step, int32_t slot, const struct thrown *escalation);
/* Starts the event sub-process in a scope; an interrupting one cancels what else runs there (13.5.4). Returns its token's slot. */
int32_t scope_begin_event_sub_process(struct step *step, int32_t node, int64_t scope_id);

/* ---- joins ---- */

bool gateway_came_before(const struct token *a, const struct token *b);
/* Slot of the oldest token that waits at the same gateway in the same scope as `here` and came by `flow`; GRAPH_NONE. */
int32_t gateway_arrival(const struct step *step, const struct token *here, int32_t flow);
/* The arrival becomes part of the token, which then stands for both since the first arrived. */
void gateway_merge(struct step *step, int32_t slot, int32_t arrival);

/* Lets inclusive joins that wait for nobody any more go on; true when there was one. To be asked when nothing else moves. */
bool inclusive_join_any(struct step *step);

/* ---- rows ---- */

/* A new job of the token; node is the activity's, or a boundary event's. */
struct job *step_add_job(struct step *step, int32_t slot, int32_t node, enum job_kind kind);
void job_end(struct job *job);
/* Ends an open task: history gets a row. */
void task_end(struct step *step, struct task *task, enum activity_outcome outcome);

/* One entry function a node kind: the token has arrived and is READY. */
#define X(name, text) void node_enter_##name(struct step *step, int32_t slot);
#include "bpmn/node_kind.def" /* IWYU pragma: keep */
#undef X

/* One function a command: false with err when refused, nothing changed. */
#define X(name, value, text) \
	bool command_##name(struct step *step, struct err *err) __attribute__((warn_unused_result));
#include "engine/command_kind.def" /* IWYU pragma: keep */
#undef X

#endif
