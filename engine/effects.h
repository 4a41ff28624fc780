/* SPDX-License-Identifier: Apache-2.0
 *
 * Effects: what the steps of one batch want the database to hold, as rows by table. db/ stores them with one array
 * statement a table and needs no knowledge of BPMN. Live rows point into their instances (collected once, when the
 * batch closes); history rows are appended as things end.
 *
 * All slices are borrowed: from instances, from graphs, or from the batch's arena; they live until the commit returns.
 */
#ifndef ENGINE_EFFECTS_H
#define ENGINE_EFFECTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "engine/instance.h"

/* Values are in the database; the names are those of the API. */
#define ACTIVITY_OUTCOME_LIST(X) X(COMPLETED, 1, "completed") X(CANCELED, 2, "canceled") X(ERROR, 3, "error")
enum activity_outcome {
#define X(name, value, text) ACTIVITY_##name = (value),
	ACTIVITY_OUTCOME_LIST(X)
#undef X
};

/* A finished activity: start and end in one row. */
struct activity_row {
	int64_t id; /* the token's */
	int64_t root_id;
	int64_t instance_id;
	int64_t definition_id;
	int64_t scope_id; /* 0: the process */
	int64_t started_at;
	int64_t ended_at;
	int32_t node;
	int32_t loop_counter; /* GRAPH_NONE: none */
	enum token_role role;
	enum activity_outcome outcome;
	struct str error_code;
};

/* One step of one instance: who did what, which flows were taken, which variables changed. */
struct step_row {
	int64_t id; /* the flows taken have the ids id + 1, id + 2, ... */
	int64_t root_id;
	int64_t instance_id;
	int64_t at;
	int64_t subject_id; /* the task, timer, incident or subscription; of work, its activity; 0: the instance */
	int64_t cause_id;   /* the step of the instance that the command was about, where that is another one of the tree; else 0 */
	int64_t first_id;   /* the first id that the command may have taken */
	int32_t version;    /* of the root behind it: steps of a tree in their order */
	int16_t command;    /* enum command_kind */
	struct str actor;
	struct str reason; /* comment or reason; empty: none */
	struct str input;  /* JSON: what the command brought besides (engine/record.h); empty: nothing */
	struct str trace;  /* the request's; empty: none */
	size_t first_flow; /* into effects.flows */
	size_t flow_count;
	struct str
		variables; /* JSON object of the changed process variables; empty: none, or those of an instance that ended
	                         in its first step */
};

/* A finished task. */
struct task_row {
	int64_t id;
	int64_t root_id;
	int64_t instance_id;
	int64_t definition_id;
	int64_t activity_id;
	int64_t created_at;
	int64_t ended_at;
	int64_t due_at;
	int32_t node;
	int32_t priority;
	enum activity_outcome outcome;
	struct str assignee;
	struct str completed_by;
	struct str comment;
};

struct comment_row {
	int64_t id;
	int64_t root_id;
	int64_t instance_id;
	int64_t task_id;
	int64_t at;
	struct str author;
	struct str text;
};

/* What was thrown for whoever waits in other trees: a durable row, consumed by a later batch. */
struct outgoing_row {
	int64_t id;
	int64_t root_id;
	int64_t instance_id;
	int64_t definition_id;
	int64_t at;
	int64_t expires_at; /* MESSAGE: where nobody waits, kept until then; = at: not kept */
	int32_t node;
	enum subscription_kind kind; /* MESSAGE, SIGNAL: a signal has reached its own tree already */
	struct str name;
	struct str tenant;
	struct str business_key; /* MESSAGE: the sender's; empty: none */
	struct str correlation;  /* MESSAGE: JSON object, names sorted; empty: none */
	struct str variables;    /* JSON object; empty: none */
};

/* A row that names other elements now: its instance was migrated. */
enum moved_kind {
	MOVED_INSTANCE = 1,
	MOVED_TOKEN = 2,
	MOVED_TASK = 3,
	MOVED_WORK = 4, /* id: the token's, as the job's own may have changed under a take-over */
	MOVED_TIMER = 5,
	MOVED_SUBSCRIPTION = 6,
	MOVED_COMPENSATION = 7,
	MOVED_INCIDENT = 8,
};
struct moved_row {
	enum moved_kind kind;
	int64_t root_id;
	int64_t id;
	int64_t definition_id;
	int32_t node;
	int32_t event;
	int32_t flow;
};

/* A live row together with its instance, so that db/ can write the instance's columns too. */
struct token_ref {
	const struct instance *instance;
	const struct token *token;
};
struct task_ref {
	const struct instance *instance;
	const struct task *task;
};
struct job_ref {
	const struct instance *instance;
	const struct job *job;
};
struct subscription_ref {
	const struct instance *instance;
	const struct subscription *subscription;
};
struct compensation_ref {
	const struct instance *instance;
	const struct compensation *compensation;
};
struct incident_ref {
	const struct instance *instance;
	const struct incident *incident;
};

struct effects {
	struct arena *arena; /* for texts made while stepping and collecting */

	/* appended by steps */
	VEC(struct activity_row) activities;
	VEC(struct step_row) steps;
	VEC(int32_t) flows;
	VEC(struct task_row) ended_tasks;
	VEC(struct comment_row) comments;
	VEC(struct outgoing_row) outgoing;
	VEC(struct moved_row) moved;

	/* collected when the batch closes */
	VEC(const struct instance *) new_instances;     /* status running or suspended */
	VEC(const struct instance *) changed_instances; /* version, status; variables where variables_changed */
	VEC(int64_t) dead_instances;                    /* live row to delete */
	VEC(const struct instance *) ended_instances;   /* history.instance row to insert */
	VEC(struct token_ref) new_tokens;
	VEC(struct token_ref) changed_tokens;
	VEC(int64_t) dead_tokens;
	VEC(int64_t) dead_token_roots; /* the tree of each of dead_tokens */
	VEC(struct task_ref) new_tasks;
	VEC(struct task_ref) changed_tasks;
	VEC(int64_t) dead_tasks;
	VEC(struct job_ref) new_jobs;
	VEC(struct job_ref) changed_jobs; /* due, retries, repeat, message; a work job's lock is released */
	VEC(int64_t) dead_jobs;           /* timers, by id */
	VEC(int64_t) dead_job_tokens;     /* work jobs, by token: their id may have changed under a takeover */
	VEC(int64_t) dead_job_roots;      /* the tree of each of dead_job_tokens */
	VEC(struct subscription_ref) new_subscriptions;
	VEC(struct subscription_ref) changed_subscriptions; /* satisfied */
	VEC(int64_t) dead_subscriptions;
	VEC(struct compensation_ref) new_compensations;
	VEC(struct compensation_ref) changed_compensations; /* scope_id; variables where variables_changed */
	VEC(int64_t) dead_compensations;
	VEC(int64_t) dead_compensation_roots; /* the tree of each of dead_compensations */
	VEC(struct incident_ref) new_incidents;
	VEC(int64_t) dead_incidents;
};

/* Empty, on an arena that outlives it. */
void effects_init(struct effects *effects, struct arena *arena);
/* Empty again, memory kept. */
void effects_clear(struct effects *effects);
void effects_free(struct effects *effects);

/* Reads the marks of a tree's rows off into effects. Once per touched tree, when the batch closes. */
void effects_collect(struct effects *effects, const struct instance *instance);

#endif
