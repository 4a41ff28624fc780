/* SPDX-License-Identifier: Apache-2.0
 *
 * The token machine: engine_step(instance, command, context) -> effects. Pure: time, ids, user and limits are
 * arguments, everything it wants comes back as rows. The same inputs give the same effects, always.
 *
 * A step runs until every token waits (BPMN 2.0.2, chapter 13). It either is refused before anything changed, or done,
 * or exhausted: then the instance is half changed and the caller drops it, loads it anew and repeats with the `park` it
 * was given.
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

struct modification; /* engine/modify.h */
struct migration;    /* engine/migrate.h */

struct command {
	enum command_kind kind;
	struct actor actor;
	int64_t instance_id;      /* which instance of the tree; 0: the subject's, else the root */
	int64_t subject_id;       /* task, timer job, incident or subscription; for work jobs the job id of the API */
	int64_t token_id;         /* work jobs: the token that waits (db/ knows it by the job id) */
	int64_t expected_version; /* task version, else instance version; VERSION_ANY */
	const struct command_variable *variables;
	size_t variable_count;
	struct str
		text; /* ASSIGN: the user; FAIL, ERROR: the message; COMMENT, COMPLETE: the comment; CANCEL: the reason */
	struct str error_code; /* JOB_ERROR */
	struct str name;       /* SIGNAL: the signal's; START_ACTIVITY: the element's id */
	int32_t start_node;    /* START: the event that begins it (graph->event_starts); GRAPH_NONE: none */
	int32_t start_event;   /* ... and its definition */
	struct str trace;      /* id of the trace that the request belongs to; empty: none */
	const struct modification *modifications; /* MODIFY; START: where it begins instead of its start event */
	size_t modification_count;
	const struct migration *migration; /* MIGRATE */
	int32_t retries;  /* JOB_FAIL, INCIDENT_RETRY: retries left from now on; GRAPH_NONE: one less / the default */
	int64_t retry_at; /* JOB_FAIL: not before; 0: the default back-off */
};

/* Limits of an engine; fixed at start-up. */
struct engine_limits {
	int32_t step_budget; /* node entries of one step: 100,000 */
	int32_t scope_depth; /* 1,000 */
	int32_t job_retries; /* 3 */
	int64_t job_backoff; /* microseconds, doubled with each failure: 10 s */
};

/* Where tokens stop with an incident when a step that did not come to rest is repeated: before the node that it entered
 * most, so that nothing of the loop is kept and the incident names it; should the repeat not rest either, wherever they
 * arrive. */
struct park {
	enum { PARK_NOWHERE, PARK_AT_NODE, PARK_EVERYWHERE } where;
	int32_t node;
	const struct graph *graph; /* whose node */
};

/* No step takes more ids than this many per node entry of its budget, and one node's worth at the end. */
#define STEP_IDS_PER_ENTRY 4
#define STEP_IDS_AT_END (3 * BPMN_ELEMENTS_MAX)

/* What a call activity asks for. */
struct call_request {
	const struct instance *caller;
	struct str key;
	enum call_binding binding;
	int32_t version; /* VERSION */
	struct str tag;  /* VERSION_TAG */
};
enum call_answer {
	CALL_FOUND,
	CALL_UNKNOWN, /* no such process, or it cannot be started: the reason in err */
	CALL_MISSING, /* its graph is not in memory: the caller of the step fetches it and repeats the step */
};
struct call_target {
	int64_t definition_id;
	const struct graph *graph;
};
typedef enum call_answer (*call_find)(
	void *context, const struct call_request *request, struct call_target *out, struct err *err);

/* Decides conditions in place of the data: engine/explore.h. */
struct oracle;

struct step_context {
	const struct engine_limits *limits;
	int64_t now;
	struct id_source *ids;
	struct effects *effects;
	struct arena *arena;   /* what the step keeps until its end; the caller resets it between steps or batches */
	struct arena *scratch; /* what an expression leaves behind; emptied by the step again and again */
	call_find find_called; /* NULL: nothing can be called */
	void *find_context;
	struct oracle *oracle;     /* NULL: conditions are evaluated */
	struct park park;          /* in; on STEP_EXHAUSTED out: for the repeat */
	struct instance *instance; /* out: the one of the tree that the command was about */
};

/* Types that begin so are the server's own, and no diagram can name one. */
#define JOB_TYPE_RESERVED "bpmnd:"
/* A script task or mapping in JavaScript: its job is completed with the variables that the script has set, and under
 * reserved names with those that it has set locally, as one object, and with its value. */
#define JOB_TYPE_JAVASCRIPT "bpmnd:javascript"
#define JOB_HEADER_SOURCE "bpmnd:source" /* the script */
#define SCRIPT_LOCAL "bpmnd:local"
#define SCRIPT_RESULT "bpmnd:result"

enum step_result {
	STEP_DONE,
	STEP_REFUSED,   /* err says why; the instance is as it was */
	STEP_EXHAUSTED, /* drop the tree and repeat with park */
	STEP_MISSING,   /* drop the tree, fetch the graphs that find_called missed, and repeat */
};

/* Steps a tree, given its root (fresh from instance_new for COMMAND_START). On STEP_DONE history rows have been
 * appended and the rows of its instances are marked; the caller collects them when its batch closes. */
enum step_result engine_step(struct instance *root, const struct command *command, struct step_context *context,
	struct err *err) __attribute__((warn_unused_result));

/* Why a MODIFY or MIGRATE would be refused, without doing it. What only shows when it is done is not found. The context
 * needs an arena only. */
bool engine_judge(struct instance *root, const struct command *command, struct step_context *context, struct err *err)
	__attribute__((warn_unused_result));

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
