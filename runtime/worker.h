/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside runtime/: the worker's state, shared by worker.c (queue, connection, clocks), batch.c (one transaction) and
 * poll.c (workers that wait for jobs).
 */
#ifndef RUNTIME_WORKER_H
#define RUNTIME_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "base/vec.h"
#include "db/messages.h"
#include "db/operations.h"
#include "runtime/cache.h"
#include "runtime/catalog.h"
#include "runtime/runtime.h"

struct event;

#define TIMERS_AT_ONCE 256
#define ID_BLOCK_BITS 20
#define ID_BLOCKS_MAX 4096
#define WORKERS_MAX 64

struct work_queue {
	struct work *first;
	struct work *last;
	size_t len;
};
void work_queue_add(struct work_queue *queue, struct work *work);
/* In front of all others: it runs next. */
void work_queue_push(struct work_queue *queue, struct work *work);
struct work *work_queue_take(struct work_queue *queue);

enum batch_phase { BATCH_CLOSED, BATCH_ASKING, BATCH_FETCHING, BATCH_STORING, BATCH_ROLLING_BACK, BATCH_REFRESHING };

/* Whose step did not come to rest, or was refused: where its tokens stop. */
struct parked {
	int64_t id;
	struct park park;
};

/* A message that is brought to who waits for it. */
struct delivery {
	struct db_message message;
	struct work *work; /* whose request it is; NULL: it was thrown, or is kept */
	bool kept;
	bool asked; /* its receivers have been looked for, and their trees locked */
	struct str trace;
	const struct command_variable *variables;
	size_t variable_count;
};

/* What a worker does beside requests and timers, one kind a batch. */
enum errand {
	ERRAND_NONE,
	ERRAND_THROWN,
	ERRAND_KEPT,
	ERRAND_BROADCAST,
	ERRAND_STARTS,
	ERRAND_OPERATIONS,
	ERRAND_COUNT
};

/* How the rest of an errand is gone about after PostgreSQL has refused it: nothing, one by one, into an incident, or
 * without stepping, so that one at fault is passed over. */
enum errand_care { CARE_NONE, CARE_ONE_BY_ONE, CARE_PARKED, CARE_GIVE_UP };

/* The errand of the open batch. */
struct errand_state {
	enum errand kind;
	struct work work; /* the batch's own, as that of the timers is */
	VEC(struct work_item) items;
	size_t taken; /* rows, of as many as were asked for */
	bool full;
	struct db_broadcast broadcast; /* id 0: there was none */
	const struct command_variable *variables;
	size_t variable_count;
	bool starts_asked;
	VEC(struct db_start_event) starts; /* timers that fire */
	struct db_operation operation;     /* id 0: there was none */
	struct work_item operation_item;   /* as all of its items begin */
	VEC(int64_t) nths;                 /* of its items */
	bool operation_asked;              /* for its trees */
};

struct batch {
	enum batch_phase phase;
	struct arena *arena;
	struct arena *scratch; /* of expressions */
	struct effects effects;
	VEC(struct work *) works;
	size_t steps; /* items in all works */
	size_t bytes; /* of the variables in them */
	bool begun;   /* BEGIN has been sent */
	bool dry;
	bool takes_timers;
	bool catalog_changed; /* a deployment: refresh before answering */
	bool catalog_checked; /* refreshed in this batch because something was unknown */
	bool uses_catalog;    /* starts: the commit must see the same generation */
	bool refresh_wanted;  /* an unknown definition */
	bool gone_wanted;     /* subjects without a row: were they ever there? */
	bool gone_checked;
	bool restarts_asked;
	int64_t generation;
	int64_t now;
	int64_t began;      /* clock_monotonic */
	struct work timers; /* the batch's own work: one item a due timer */
	VEC(struct work_item) timer_items;
	VEC(int64_t) unlocked_roots;      /* of timers: locked by taking them, version still unknown */
	VEC(struct db_locked_tree) trees; /* locked */
	struct map locked;                /* their root ids */
	VEC(int64_t) to_load;
	VEC(struct db_ended) ended;    /* subjects that once were */
	VEC(int64_t) to_compile;       /* definitions whose graph is missing */
	size_t compiled;               /* so many of them have been asked for; one that is still missing then has no XML */
	struct map instances;          /* root id -> struct instance, owned by the batch while it is open */
	struct map subjects;           /* task, job or incident id -> struct db_subject in the arena */
	VEC(struct instance *) fresh;  /* started here; owned by the batch */
	VEC(struct db_answer) answers; /* to be stored */
	VEC(struct delivery) deliveries;
	VEC(struct db_candidate) candidates; /* for them, in their order */
	bool found_again;                    /* candidates are from behind the locks */
	struct db_message_effects messages;
	uint64_t correlated;
	struct errand_state errand;
	struct catalog_refresh *refresh;
	struct db_failure failure; /* why it rolls back */
};

struct worker {
	struct runtime *runtime;
	struct event_base *base;
	struct db *db;
	struct db *reader;
	struct cache *cache;
	struct id_source ids;
	int64_t id_blocks_wanted; /* behind the one in use */
	struct work_queue queue;
	struct work_queue waiting; /* long polls */
	struct batch batch;
	struct metrics metrics;
	struct event *tick;     /* timers, long polls, upkeep */
	struct event *kick;     /* opens a batch from the event loop, never from a caller's stack */
	struct event *doorbell; /* another worker has made jobs */
	int doorbell_fd;
	_Atomic uint64_t wanted; /* kinds of jobs that long polls wait for here */
	_Atomic uint64_t rung;   /* kinds of jobs that others have made */
	bool connected;
	bool ready;
	bool draining;
	bool timers_due;
	bool timers_passed_over;          /* by a work that ran alone: the next batch is theirs */
	bool timers_had_turn;             /* suspected ones: the next batch is for works */
	VEC(int64_t) skipped_timers;      /* that cannot even fire into an incident: a person must look (log) */
	int timers_at_once;               /* 1 while it is sought which of them the database refuses */
	VEC(int64_t) callees;             /* definitions that a step wanted to call, whose graph was not in memory */
	VEC(struct parked) parked_timers; /* that exhausted their step or were refused: they fire into an incident */
	VEC(struct parked) parked_events; /* receivers of messages and signals that exhausted their step */
	unsigned errands_due;             /* bits 1 << enum errand */
	_Atomic unsigned errands_rung;    /* likewise: others ask this worker to help */
	int trees_at_once;                /* of a signal: as many as take PAGE_MICROS */
	bool errand_had_turn;             /* the next batch is for works and timers */
	int64_t errand_rests_until;       /* clock_monotonic: so are those until then, while there are any */
	enum errand last_errand;
	enum errand_care errand_care;
	int64_t last_operation;   /* the next one comes first */
	int64_t kept_behind;      /* the kept messages up to here have been looked at */
	int64_t next_look;        /* clock_monotonic: for errands that other workers or nodes have left */
	int64_t next_start_timer; /* as next_timer, of timers that begin instances */
	int64_t next_timer;       /* as far as this worker knows; INT64_MAX: none */
	int64_t next_timer_poll;  /* clock_monotonic */
	int64_t next_upkeep;
	int64_t next_start;
	struct catalog_refresh *startup;
};

struct runtime {
	struct runtime_config config;
	_Atomic bool has_kept; /* messages, when somebody last looked */
	struct catalog *catalog;
	pthread_mutex_t mutex;
	struct worker *workers[WORKERS_MAX];
	size_t worker_count;
};

/* worker.c */
/* It is the one that does what is to be done once a process. */
bool worker_leads(const struct worker *worker);
/* Anything that a batch could be opened for. */
bool worker_has_work(const struct worker *worker);
void worker_kick(struct worker *worker);
/* The work is over: done() with what it holds. */
void work_finish(struct work *work);
void work_fail(struct work *work, enum err_code code, const char *message);
/* Asks for a block of ids when one is due: part of the open group. */
void worker_stock_ids(struct worker *worker);
/* The batch could not do with its ids: twice as many from now on, until one ends well. */
void worker_want_ids(struct worker *worker);
/* A timer was armed; the tick comes in time. */
void worker_note_timer(struct worker *worker, int64_t due);

/* Timer jobs that failed, until a batch with timers has succeeded. */
void worker_park_timer(struct worker *worker, int64_t job_id, struct park park);
struct park worker_timer_park(const struct worker *worker, int64_t job_id);
/* Likewise for who takes a message or signal: a subscription, a tree, or the definition that is started. */
void worker_park_event(struct worker *worker, int64_t id, struct park park);
struct park worker_event_park(const struct worker *worker, int64_t id);

/* The timer is left alone by this worker until it is started anew; an error in the log says so. */
void worker_skip_timer(struct worker *worker, int64_t job_id);

/* poll.c */
/* An activation that found nothing: waits if it may. False: answer it empty. */
bool poll_wait(struct worker *worker, struct work *work);
/* A bit for a kind of job, to tell waiting polls apart; different kinds may share one. */
uint64_t poll_bit(struct str tenant, struct str type);
/* Jobs of these kinds have been made: who waits for one looks again. */
void poll_ring(struct worker *worker, uint64_t made);
/* Puts waiting works back into the queue: those of these kinds, and those whose time is up. */
#define POLL_ALL UINT64_MAX
void poll_wake(struct worker *worker, uint64_t made);

#endif
