/* SPDX-License-Identifier: Apache-2.0
 *
 * The token machine: engine_step(instance, command, context) -> effects. Pure: time, ids, user and limits are arguments,
 * everything it wants comes back as rows. The same inputs give the same effects, always.
 *
 * A step runs until every token waits (BPMN 2.0.2, chapter 13). It either is refused before anything changed, or done, or
 * exhausted: then the instance is half changed and the caller drops it, loads it anew and repeats with the `park` it was given.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "bpmn/bpmn.h"
#include "engine/effects.h"
#include "engine/ids.h"
#include "engine/instance.h"

enum command_kind {
#define X(name, value, text) COMMAND_##name = (value),
#include "engine/command_kind.def" /* IWYU pragma: keep */
#undef X
};
struct str command_kind_name(enum command_kind kind);

/* Who acts. may_administer: roles admin or operator, who may act on every task. */
struct actor {
	struct str user;
	const struct str *groups;
	size_t group_count;
	bool may_administer;
};

struct command_variable {
	struct str name;
	struct str json; /* canonical JSON text */
};

#define VERSION_ANY (-1)

struct command {
	enum command_kind kind;
	struct actor actor;
	int64_t subject_id;       /* task, timer job or incident; for work jobs the job id of the API */
	int64_t token_id;         /* work jobs: the token that waits (db/ knows it by the job id) */
	int64_t expected_version; /* task version, else instance version; VERSION_ANY */
	const struct command_variable *variables;
	size_t variable_count;
	struct str
		text; /* ASSIGN: the user; FAIL, ERROR: the message; COMMENT, COMPLETE: the comment; CANCEL: the reason */
	struct str error_code; /* JOB_ERROR */
	struct str trace;      /* id of the trace that the request belongs to; empty: none */
	int32_t retries;       /* JOB_FAIL, INCIDENT_RETRY: retries left from now on; GRAPH_NONE: one less / the default */
	int64_t retry_at;      /* JOB_FAIL: not before; 0: the default back-off */
};

/* Limits of an engine; fixed at start-up. */
struct engine_limits {
	int32_t step_budget; /* node entries of one step: 100,000 */
	int32_t scope_depth; /* 1,000 */
	int32_t job_retries; /* 3 */
	int64_t job_backoff; /* microseconds, doubled with each failure: 10 s */
};

/* Where tokens stop with an incident when a step that did not come to rest is repeated: before the node that it entered most,
 * so that nothing of the loop is kept and the incident names it; should the repeat not rest either, wherever they arrive. */
struct park {
	enum { PARK_NOWHERE, PARK_AT_NODE, PARK_EVERYWHERE } where;
	int32_t node;
};

/* No step takes more ids than this many per node entry of its budget, and one node's worth at the end. */
#define STEP_IDS_PER_ENTRY 4
#define STEP_IDS_AT_END (3 * BPMN_ELEMENTS_MAX)

struct step_context {
	const struct engine_limits *limits;
	int64_t now;
	struct id_source *ids;
	struct effects *effects;
	struct arena *arena;   /* what the step keeps until its end; the caller resets it between steps or batches */
	struct arena *scratch; /* what an expression leaves behind; emptied by the step again and again */
	struct park park;      /* in; on STEP_EXHAUSTED out: for the repeat */
};

enum step_result {
	STEP_DONE,
	STEP_REFUSED,   /* err says why; the instance is as it was */
	STEP_EXHAUSTED, /* drop the instance and repeat with park */
};

/* Steps an instance (fresh from instance_new for COMMAND_START). On STEP_DONE history rows have been appended and the
 * rows of the instance are marked; the caller collects them when its batch closes. */
enum step_result engine_step(struct instance *instance, const struct command *command, struct step_context *context,
	struct err *err) __attribute__((warn_unused_result));

/* What an actor may do with a task: the one function that authorises also lists. */
#define TASK_ACTION_LIST(X) \
	X(CLAIM, "claim") X(RELEASE, "release") X(COMPLETE, "complete") X(ASSIGN, "assign") X(COMMENT, "comment")
enum task_action {
#define X(name, text) TASK_ACTION_##name,
	TASK_ACTION_LIST(X)
#undef X
		TASK_ACTION_COUNT
};
struct str task_action_name(enum task_action action);
/* Bits 1 << enum task_action. suspended: the task's instance is, which leaves comments. */
uint32_t engine_task_actions(const struct task *task, const struct actor *actor, bool suspended);
/* The actor is assignee, candidate or administrator. */
bool engine_task_visible(const struct task *task, const struct actor *actor);

/* For bpmn_read: compiles with engine/expr. */
const struct expr *engine_compile_expr(struct arena *arena, struct str text, int form, struct err *err);

#endif
