/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of one process instance between steps: tokens, open tasks, jobs, subscriptions, incidents and variables, in
 * flat arrays that refer to the graph by index. Instances that call activities started hang below it: a tree. Loaded
 * from the database, changed only by engine_step, kept in the worker's cache under its version.
 *
 * Rows carry a mark that says how they differ from the database; engine_collect reads the marks off into effects.
 * A scope is the token that stands in a sub-process: its id is the scope id of the tokens inside.
 */
#ifndef ENGINE_INSTANCE_H
#define ENGINE_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"
#include "bpmn/graph.h"
#include "engine/row_chains.h"
#include "engine/variables.h"

enum row_mark {
	ROW_CLEAN, /* as in the database */
	ROW_NEW,   /* not in the database yet */
	ROW_CHANGED,
	ROW_DEAD, /* in the database, to be deleted */
	ROW_FREE, /* never was there: the slot may be used again */
};

enum token_state {
#define X(name, value, text, owner) TOKEN_##name = (value),
#include "engine/token_state.def" /* IWYU pragma: keep */
#undef X
};
struct str token_state_name(enum token_state state);

/* Values are in the database. */
enum token_role {
	ROLE_PLAIN = 0,
	ROLE_LOOP_BODY =
		1, /* the scope of a looping or multi-instance activity: the instances stand at the same node inside */
	ROLE_HANDLER = 2, /* a compensation handler, or a scope that is compensated: its variables are as they once were */
};

struct token {
	int64_t id;       /* also the id of the activity in history */
	int64_t scope_id; /* token id of the sub-process around it; 0: the process */
	int64_t started_at;
	int32_t node;
	int32_t flow;         /* the flow it came by, GRAPH_NONE at a start or boundary event */
	int32_t children;     /* of a scope: living tokens inside */
	int32_t loop_counter; /* of an instance of a loop, from 0; GRAPH_NONE: none */
	enum token_role role;
	enum token_state state;
	enum row_mark mark;
	bool variables_changed;
	struct variables variables; /* local to the activity, or of the sub-process scope */
};

struct task {
	int64_t id;
	int64_t token_id;
	int64_t version; /* the ETag */
	int64_t created_at;
	int64_t ended_at; /* 0 while it is open */
	int64_t due_at;   /* 0: none */
	int64_t follow_up_at;
	int32_t node;
	int32_t priority;
	struct str assignee;             /* owned; empty: nobody */
	struct str form;                 /* owned */
	VEC(struct str) candidate_users; /* owned texts */
	VEC(struct str) candidate_groups;
	enum row_mark mark;
};

/* Values are in the database. */
enum job_kind {
	JOB_WORK = 1,
	JOB_TIMER = 2, /* timers, and continuations: due at once */
};

struct job {
	int64_t id;
	int64_t token_id;
	int64_t due_at; /* timer: when it fires; work: not before */
	int64_t repeat; /* timer cycle: firings left after this one, -1 without end */
	int32_t node;   /* of the activity, or of the event */
	int32_t event;  /* timers: its definition in the graph; GRAPH_NONE: work, or a continuation */
	int32_t retries;
	enum job_kind kind;
	struct str type;    /* owned; work only */
	struct str cycle;   /* owned; timer cycle: interval, or beginning and interval; empty: fires once */
	struct str message; /* owned; last failure */
	enum row_mark mark;
};

/* Values are in the database. */
enum subscription_kind { SUBSCRIPTION_MESSAGE = 1, SUBSCRIPTION_SIGNAL = 2, SUBSCRIPTION_CONDITION = 3 };

/* An event that is waited for. */
struct subscription {
	int64_t id;
	int64_t
		token_id; /* who waits: an activity (boundary events), a scope (event sub-processes), an event; 0: the process */
	int32_t node;  /* the event's; a receive task's own */
	int32_t event; /* its definition in the graph */
	enum subscription_kind kind;
	bool satisfied;         /* CONDITION: it was true when last asked; it fires when it becomes true */
	struct str name;        /* owned; of the message or signal */
	struct str correlation; /* owned; MESSAGE: JSON object of the keys that it declares, names sorted; empty: none */
	enum row_mark mark;
};

/* An activity that has completed and can be compensated (10.7, 13.5.5). */
struct compensation {
	int64_t id; /* its token's */
	int64_t
		scope_id; /* the scope that it completed in; 0: the process. Of what completed inside a completed sub-process:
	                     the id of that one's own compensation */
	int64_t sequence; /* order of completion in the instance */
	int32_t node;
	int32_t loop_counter;
	bool variables_changed;
	struct variables variables; /* what it saw when it completed; of a sub-process: its own variables */
	enum row_mark mark;
};

enum incident_type {
#define X(name, text, help) INCIDENT_##name,
#include "engine/incident_type.def" /* IWYU pragma: keep */
#undef X
	INCIDENT_TYPE_COUNT /* one that a later version of the engine wrote */
};
/* "expression", ...; "other" for INCIDENT_TYPE_COUNT. */
struct str incident_type_name(enum incident_type type);
enum incident_type incident_type_parse(struct str name);

struct incident {
	int64_t id;
	int64_t token_id;
	int64_t job_id; /* 0: none */
	int64_t created_at;
	int32_t node;
	enum incident_type type;
	struct str message; /* owned */
	enum row_mark mark;
};

/* Values are in the database; the names are those of the API. */
#define INSTANCE_STATUS_LIST(X) \
	X(RUNNING, 1, "running") \
	X(SUSPENDED, 2, "suspended") \
	X(COMPLETED, 3, "completed") X(TERMINATED, 4, "terminated") X(FAILED, 5, "failed") X(CANCELED, 6, "canceled")
enum instance_status {
#define X(name, value, text) INSTANCE_##name = (value),
	INSTANCE_STATUS_LIST(X)
#undef X
};
struct str instance_status_name(enum instance_status status);

/* What the running step notes about an instance; empty at rest. */
struct instance_notes {
	bool stepped;
	bool begun;                      /* with this step */
	bool variables_written;          /* conditions are to be asked */
	bool locals_written;             /* variables of tokens, under names that nobody notes */
	int64_t migrated_from;           /* the definition before; where the step has migrated it */
	enum instance_status end_status; /* what it becomes when its last token ends; 0: completed */
	VEC(int32_t) free_slots;         /* of tokens that began and ended in this step */
	VEC(int32_t) flows;              /* taken */
	VEC(struct str) changed_names;   /* process variables; in the step's arena */
};

/* Rows of one kind that are found by what they have; zeroed until searches get long (instance_find.c). */
struct row_index {
	struct map slots;         /* id -> slot + 1 */
	int32_t in_slots;         /* so many rows have been taken in */
	struct row_chains chains; /* by the token or scope that they belong to */
	int32_t searches;         /* from the front, in a long array */
};

struct completion {
	int64_t sequence;
	int32_t slot;
};

/* Where rows are. It follows the arrays, and is no part of what an instance is. */
struct instance_index {
	struct row_index tokens;
	struct row_index tasks;
	struct row_index jobs;
	struct row_index subscriptions;
	struct row_index incidents;
	struct row_index compensations;     /* chains in the order of completion */
	VEC(struct completion) completions; /* of all, in that order; those that have gone are taken from the end */
	VEC(int32_t) conditions;            /* slots of subscriptions to conditions */
	size_t in_conditions;
};

struct instance {
	int64_t id;
	int64_t root_id;
	int64_t parent_id; /* 0: none */
	int64_t caller_id; /* token of the call activity in the parent; 0: none */
	int64_t definition_id;
	int64_t version; /* counts its steps; the ETag */
	int64_t started_at;
	int64_t ended_at; /* 0 while it lives */
	const struct graph *graph;
	enum instance_status status;
	enum row_mark mark;
	bool variables_changed;
	bool touched;            /* stepped in the open batch */
	int32_t live_tokens;     /* at process level */
	struct str business_key; /* owned */
	struct str tenant;       /* owned */
	struct str started_by;   /* owned */
	struct str error_code;   /* owned; FAILED only */
	struct str end_reason;   /* owned */
	struct variables variables;
	VEC(struct token) tokens;
	VEC(struct task) tasks;
	VEC(struct job) jobs;
	VEC(struct subscription) subscriptions;
	VEC(struct compensation) compensations;
	VEC(struct incident) incidents;
	struct instance *parent;         /* in memory, the whole tree hangs together */
	size_t position;                 /* among its parent's children */
	VEC(struct instance *) children; /* owned; those of call activities, living or ended in the open batch */
	struct map called;               /* id of the calling token -> child; once there are many */
	struct instance_notes notes;
	struct instance_index index;
};

/* Facts of a new instance; texts are copied. */
struct instance_facts {
	int64_t id;
	int64_t definition_id;
	const struct graph *graph;
	struct str business_key;
	struct str tenant;
	struct str started_by;
	int64_t started_at;
	struct instance *parent; /* NULL: a root. Else the new instance becomes one of its children, which owns it */
	int64_t caller_id;
};

/* A running instance without tokens, marked ROW_NEW; a root is owned by the caller. */
struct instance *instance_new(const struct instance_facts *facts) __attribute__((returns_nonnull, warn_unused_result));
/* Frees the whole tree below it. */
void instance_free(struct instance *instance);
/* Makes a loaded instance one of its parent's children, which takes it over. */
void instance_adopt(struct instance *parent, struct instance *child);
/* Walks a tree, parents first: the next instance behind `here` (the root first: NULL); NULL at the
 * end. Ended ones included. */
struct instance *instance_next(struct instance *root, struct instance *here);
/* The instance of the tree with that id, living or ended in the open batch; NULL. */
struct instance *instance_in_tree(struct instance *root, int64_t id);
/* The living one that a call activity's token has started; NULL. */
struct instance *instance_called_by(const struct instance *instance, int64_t caller_id);
/* In that order instance_next comes by them. Both are of one tree. */
bool instance_comes_before(const struct instance *a, const struct instance *b);
/* Bytes that it holds, for the cache's bound. */
size_t instance_footprint(const struct instance *instance);

/* A text of an instance's own: copies, releases what was there. */
void instance_text_set(struct str *owned, struct str value);

/* Living rows by id; NULL where there is none. */
struct token *instance_token(const struct instance *instance, int64_t id);
struct task *instance_task(const struct instance *instance, int64_t id);
struct job *instance_job(const struct instance *instance, int64_t id);
/* The living work job of a token: job ids change when a job is taken over after its lock ran out. */
struct job *instance_work_job(const struct instance *instance, int64_t token_id);
struct subscription *instance_subscription(const struct instance *instance, int64_t id);
struct compensation *instance_compensation(const struct instance *instance, int64_t id);
struct incident *instance_incident(const struct instance *instance, int64_t id);
/* Of the whole tree. */
bool instance_has_incident(const struct instance *instance);

/* Walks the living rows of a token: the slot behind `here`, the first one behind GRAPH_NONE; GRAPH_NONE at the end.
 * The row may end meanwhile. What is added meanwhile may be passed over. */
int32_t instance_next_task(const struct instance *instance, int64_t token_id, int32_t here);
int32_t instance_next_job(const struct instance *instance, int64_t token_id, int32_t here);
int32_t instance_next_subscription(const struct instance *instance, int64_t token_id, int32_t here);
int32_t instance_next_incident(const struct instance *instance, int64_t token_id, int32_t here);
/* The same of a scope (0: the process). */
int32_t instance_next_token(const struct instance *instance, int64_t scope_id, int32_t here);
/* In the order of completion. */
int32_t instance_next_compensation(const struct instance *instance, int64_t scope_id, int32_t here);
/* The one before `here` in the order of completion, the last of the scope before GRAPH_NONE; GRAPH_NONE. */
int32_t instance_compensation_before(const struct instance *instance, int64_t scope_id, int32_t here);
/* The highest number of a compensation; 0 where there is none. */
int64_t instance_last_sequence(const struct instance *instance);
/* The compensation belongs to another scope from now on. */
void instance_move_compensation(struct instance *instance, int32_t slot, int64_t scope_id);
/* A token stands in a slot that another has left. */
void instance_token_placed(struct instance *instance, int32_t slot);
/* The token is dead. */
void instance_token_left(struct instance *instance, int32_t slot);
/* The slots of living subscriptions to conditions, until the next call. */
const int32_t *instance_conditions(const struct instance *instance, size_t *count);
/* Rows have left the arrays, or stand elsewhere in them. */
void instance_index_free(struct instance *instance);
size_t instance_index_footprint(const struct instance *instance);

static inline bool row_alive(enum row_mark mark)
{
	return mark != ROW_DEAD && mark != ROW_FREE;
}
/* The row is not wanted any more; of one that never was in the database nothing is left. */
static inline void row_end(enum row_mark *mark)
{
	*mark = *mark == ROW_NEW ? ROW_FREE : ROW_DEAD;
}
/* The row differs from the database now; a new one does anyway. */
static inline void row_change(enum row_mark *mark)
{
	if (*mark == ROW_CLEAN)
		*mark = ROW_CHANGED;
}

/* Rows loaded from the database, marked ROW_CLEAN, zeroed otherwise; instance_loaded sets the counters. */
struct token *instance_add_token(struct instance *instance);
struct task *instance_add_task(struct instance *instance);
struct job *instance_add_job(struct instance *instance);
struct subscription *instance_add_subscription(struct instance *instance);
struct compensation *instance_add_compensation(struct instance *instance);
struct incident *instance_add_incident(struct instance *instance);
void instance_loaded(struct instance *instance);

/* After a commit: dead rows leave the arrays, all others are clean, and a reload would bring the same; for the whole
 * tree, which ended instances leave (but its root). */
void instance_committed(struct instance *instance);

#endif
