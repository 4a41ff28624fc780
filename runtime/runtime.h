/* SPDX-License-Identifier: Apache-2.0
 *
 * The commit loop. A worker (one per thread, share-nothing) gathers work while its previous batch commits, then runs
 * all of it in one transaction: look up stored answers, lock and load trees, step, render the answers, write effects
 * and answers, COMMIT, and only then answer. No timer paces it: with one client a batch holds one request, with 64
 * about forty.
 *
 * A request becomes a struct work, owned by its submitter (in the request's arena), given to worker_submit and given
 * back through done(), once, from the same thread.
 */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "db/db.h"
#include "db/operations.h"
#include "db/statements.h"
#include "engine/engine.h"
#include "engine/migrate.h"
#include "runtime/metrics.h"

struct event_base;
struct runtime; /* shared by the workers of a process: compiled graphs, catalog, limits, doorbell */
struct worker;

struct runtime_config {
	const char *conninfo;
	struct engine_limits limits;
	size_t batch_limit;      /* steps in one transaction */
	size_t queue_limit;      /* work waiting per worker; beyond it worker_submit refuses */
	size_t cache_bytes;      /* of trees kept in memory, per worker */
	int64_t idempotency_ttl; /* microseconds */
};

struct runtime *runtime_new(const struct runtime_config *config) __attribute__((returns_nonnull, warn_unused_result));
void runtime_free(struct runtime *runtime); /* after its workers */

/* A worker on the thread's event base: connects in the background. runtime_free waits for nobody: free workers
 * first. */
struct worker *worker_new(struct runtime *runtime, struct event_base *base)
	__attribute__((returns_nonnull, warn_unused_result));
void worker_free(struct worker *worker);
/* Connected, catalog read, ids in stock. */
bool worker_ready(const struct worker *worker);
/* Nothing queued, nothing in flight; long polls are answered empty. For the drain. */
void worker_drain(struct worker *worker);
bool worker_idle(const struct worker *worker);
/* For reads of the API: a connection of its own, so that lists never wait for commits. */
struct db *worker_reader(struct worker *worker);
const struct metrics *worker_metrics(const struct worker *worker);
struct metrics *worker_metrics_mutable(struct worker *worker); /* the api counts its requests here */

/* ---- work ---- */

enum work_kind {
	WORK_STEPS,    /* items: starts, task actions, job results, ... in one transaction */
	WORK_ACTIVATE, /* jobs for a worker; may wait */
	WORK_EXTEND,
	WORK_DEPLOY,
	WORK_DELETE_DEPLOYMENT,
	WORK_DEFINITION_STATE,
	WORK_MESSAGE,    /* to who waits for it, or to a start event, in one transaction */
	WORK_SIGNAL,     /* stored, answered, and then brought to every tree */
	WORK_CONDITIONS, /* likewise: every tree asks its conditions; start events are asked in the light of the variables */
	WORK_OPERATION,  /* stored, answered, and then done to one instance after another */
	WORK_CANCEL_OPERATION,
};

/* What the API answers; slices in the work's arena. */
struct answer {
	int status;
	struct str etag;     /* with its quotes; empty: none */
	struct str location; /* empty: none */
	struct str body;     /* JSON */
	bool replayed;       /* from the idempotency table */
};

/* One step of WORK_STEPS. */
struct work_item {
	struct command command;
	/* COMMAND_START and what MIGRATE leads to: by definition_id, or by key (and version; 0: latest). Instance commands:
	 * instance_id. Others: by command.subject_id. */
	int64_t definition_id;
	struct str definition_key;
	int32_t version;
	struct str business_key;
	struct str tenant;
	int64_t instance_id;
	/* COMMAND_START: once more what that instance is or was, with its variables, those that it began with or its last,
	 * and a merge patch over them; 0: by the above. */
	int64_t restart_of;
	bool restart_initial;
	const struct command_variable *patch;
	size_t patch_count;
	/* COMMAND_MIGRATE */
	const struct node_mapping *mappings;
	size_t mapping_count;
	bool judge; /* MODIFY, MIGRATE: only whether it would be refused */
	/* Filled before render: */
	struct err err;                           /* code != ERR_NONE: refused */
	const struct instance *instance;          /* after the step; NULL when refused. Valid in render only. */
	int64_t task_id;                          /* task actions: the task (also when it has ended) */
	const struct migration_problem *problems; /* MIGRATE: all that keeps the instance from moving, in the arena */
	size_t problem_count;
	/* The runtime's own: */
	struct park park; /* its step was exhausted: where the repeat's tokens stop */
	struct migration migration;
};

/* WORK_ACTIVATE: rows as they came, texts in the work's arena. */
struct work_jobs {
	struct db_activation ask;
	int64_t lock_for;        /* microseconds */
	int64_t wait_until;      /* clock_monotonic; 0: answer at once */
	VEC(struct db_job) jobs; /* freed by the runtime after done */
};

struct message_result {
	int64_t instance_id;
	bool started; /* else it was waiting */
};

/* WORK_MESSAGE, WORK_SIGNAL, WORK_CONDITIONS; of the latter work.result says how many subscriptions there are. */
struct work_event {
	struct str name; /* of the message or signal */
	struct str tenant;
	struct actor actor;
	struct str trace;
	const struct command_variable *variables;
	size_t variable_count;
	/* MESSAGE */
	int64_t instance_id;            /* only this one, and those that it called; 0: any */
	struct str business_key;        /* empty: any */
	struct str correlation;         /* JSON object, names sorted; empty: none */
	bool for_all;                   /* who waits, and every start event; else one, and two are an error */
	int64_t ttl;                    /* microseconds that it is kept for where nobody waits; 0: not */
	struct message_result *results; /* filled before render; none: the message is kept */
	size_t result_count;
};

struct work_deploy {
	struct db_deploy deploy;          /* ids are filled in by the runtime */
	struct bpmn_document **documents; /* one a file, taken over by the runtime: freed, or kept as compiled graphs */
	size_t document_count;
	struct db_deployed *deployed; /* filled: one per process, arena; deployment not kept when all unchanged */
	size_t deployed_count;
};

struct work {
	enum work_kind kind;
	struct arena *arena;
	void *context;        /* the submitter's */
	struct str principal; /* owner of the idempotency key */
	struct str key;       /* Idempotency-Key; empty: none */
	unsigned char request_hash[32];
	bool dry_run;  /* everything as usual, then ROLLBACK */
	bool per_item; /* batch endpoints: refusals stay in their items and the answer is rendered all the same;
	                                     otherwise the first refusal is the work's err, and render is not called */
	bool aborted;  /* set by the submitter when the client went away: a long poll need not go on */

	struct work_item *items; /* WORK_STEPS */
	size_t item_count;
	struct work_jobs activate; /* WORK_ACTIVATE */
	int64_t extend_job_id;     /* WORK_EXTEND */
	int64_t extend_for;
	struct work_deploy deploying; /* WORK_DEPLOY */
	struct work_event event;
	struct db_new_operation operation; /* WORK_OPERATION: id and time are filled in */
	int64_t target_id;                 /* deployment, definition or operation */
	bool flag;                         /* cascade; suspended */
	int64_t expected_revision;         /* WORK_DEFINITION_STATE; 0: any */
	int result; /* of extend, delete, state: 0 done, 1 not found, 2 refused; of signals, conditions: how many wait; of an operation:
	               how many items */

	/* Called inside the transaction, after the steps: writes work->answer. Never called for an answer that was stored
	 * before. */
	void (*render)(struct work *work);
	/* Called once, when the outcome is durable or known not to be: err.code == ERR_NONE means answer counts. */
	void (*done)(struct work *work);
	struct answer answer;
	struct err err;

	/* The runtime's own. */
	struct work *next;
	int tries;
	bool alone; /* in a batch of its own: a dry run, a deployment, or after a failure of its batch */
	bool asked; /* its statements have been sent */
	bool late;  /* who was to take the message has gone meanwhile: it looks again */
};

/* Queues work. False with ERR_OVERLOADED or ERR_UNAVAILABLE (database away) and done() never called. */
bool worker_submit(struct worker *worker, struct work *work, struct err *err) __attribute__((warn_unused_result));

/* The command of a type of operations: cancel, suspend, resume, modify, migrate, restart (a start); false: there is
 * none. */
bool operation_command(struct str type, enum command_kind *kind);

/* The compiled graph of a definition if this process has it in memory, with its facts; for rendering names inside
 * render(). */
struct definition_facts {
	int64_t id;
	int32_t version;
	struct str key;
	struct str name;
};
bool worker_definition_facts(struct worker *worker, int64_t definition_id, struct definition_facts *out);

#endif
