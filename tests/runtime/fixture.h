/* SPDX-License-Identifier: Apache-2.0
 *
 * The commit loop in a test: a house is a fresh database with one runtime, a party is an event base with a worker.
 * Every house has two parties on one thread, `a` and `b`: two workers, so two transactions that run at the same time;
 * house_in_threads gives two more, each on a thread of its own. What is asked of a worker is an `ask`: one work with
 * one item, which remembers what its render saw and how it ended. Asks are freed by house_forget, not by tests.
 *
 * In threads nothing may fail through cmocka: helpers abort with a line on standard error.
 */
#ifndef TESTS_RUNTIME_FIXTURE_H
#define TESTS_RUNTIME_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/runtime.h"
#include "tests/db/fixture.h"

#define SECOND INT64_C(1000000)

struct ask;
struct house;

struct party {
	struct house *house;
	struct event_base *base;
	struct worker *worker;
	struct ask *asks; /* all that were made, newest first */
	int number;       /* in threads: 0 or 1 */
	int meetings;
};

struct house {
	struct fixture *database;
	struct runtime *runtime;
	struct party a;
	struct party b;
	struct party threads[2];
	atomic_int arrived;
	atomic_int finished;
	int deployments;
};

/* cmocka's group setup and teardown, and the teardown of each test. */
int house_setup(void **state);
int house_teardown(void **state);
int house_forget(void **state);

/* A house whose runtime stands for another node on the same database, with one worker: nothing tells it of the first but
 * the database. The asks are house's to forget. */
struct house *node_open(struct house *house, struct party *party);
void node_close(struct house *node, struct party *party, struct house *house);

/* One worker more on the base of `like`, ready; party_close frees the worker, not the asks. */
void party_open(struct party *party, struct house *house, struct event_base *base);
void party_close(struct party *party);
/* Runs the party's loop until it is so; 60 s at most. */
void party_until(struct party *party, bool (*so)(void *context), void *context);
/* For so long; but what is to happen is waited for, as the machine may stand still for all of that time. */
void party_run(struct party *party, int64_t micros);
void party_until_ready(struct party *party);
/* In threads: returns when both have come, so that what follows happens at the same time. */
void party_meet(struct party *party);

/* Runs body for each of the two parties, on two threads; their asks are kept until house_forget. The loop of a and b goes
 * on meanwhile: PostgreSQL does not wait for long for a worker that stands still in a transaction. */
void house_in_threads(struct house *house, void (*body)(struct party *party, void *context), void *context);

/* SQL that locks tables, while no transaction of a or b is open: it would be waited for, and its loop with it. */
void house_do(struct house *house, const char *sql);
void house_empty(struct house *house, const char *tables);
/* The first value of a statement, over a connection apart. */
long house_count(struct house *house, const char *sql, ...) __attribute__((format(printf, 2, 3)));
/* Runs the loop until a count is so large. */
void house_until_count(struct house *house, const char *sql, long wanted);
/* How often an element has been completed in instances of a process. */
long house_passed(struct house *house, const char *process, const char *element);

struct ask {
	struct party *party;
	struct ask *next;
	struct arena *arena;
	struct work work;
	struct work_item item;
	struct command_variable variable;
	int answers; /* of done() */
	bool rendered;
	/* What render saw. */
	int64_t instance;
	int64_t tasks[4];
	size_t task_count;
	int64_t incident;
	char incident_type[32];
	bool ended;
	int64_t jobs[16];
	int32_t retries; /* of the first job */
	size_t job_count;
	/* Called by done(), for what must hold at that moment. */
	void (*on_done)(struct ask *ask);
};

/* An ask of any kind; send it, or change it first. */
struct ask *ask_new(struct party *party, enum command_kind kind);
struct ask *ask_start(struct party *party, const char *process);
struct ask *ask_task(struct party *party, enum command_kind kind, int64_t task);
struct ask *ask_instance(struct party *party, enum command_kind kind, int64_t instance);
struct ask *ask_job(struct party *party, enum command_kind kind, int64_t job);
struct ask *ask_retry(struct party *party, int64_t incident);
struct ask *ask_activate(struct party *party, const char *type, int max, int64_t lock_for, int64_t wait);
/* Of deployments and definitions: target, and cascade or suspended. */
struct ask *ask_catalog(struct party *party, enum work_kind kind, int64_t target, bool flag);

/* WORK_MESSAGE, WORK_SIGNAL, WORK_CONDITIONS. */
struct ask *ask_event(struct party *party, enum work_kind kind, const char *name);

/* request: what the request hash is of. */
void ask_key(struct ask *ask, const char *key, unsigned char request);
void ask_variable(struct ask *ask, const char *name, const char *json);
void ask_send(struct ask *ask);
enum err_code ask_await(struct ask *ask);
enum err_code ask_do(struct ask *ask); /* send and await */
/* Awaits and expects success. */
struct ask *ask_good(struct ask *ask);

struct deployed {
	int64_t deployment;
	int64_t definition;
	int32_t version;
};
/* A process of this id around the body (flow elements; attributes of bpmnd: may be used), in a file that declares the messages
 * pay (by orderId) and call, and the signal alarm. */
struct deployed party_deploy(struct party *party, const char *process, const char *body);

/* Bodies of processes. */
/* clang-format off */
#define START "<startEvent id='s'/>"
#define END(id) "<endEvent id='" id "'/>"
#define FLOW(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
#define USER_TASK(id) "<userTask id='" id "' bpmnd:candidateGroups='team'/>"
#define PARALLEL(id) "<parallelGateway id='" id "'/>"
#define TIMER(kind, value) "<timerEventDefinition><" kind ">" value "</" kind "></timerEventDefinition>"
#define MESSAGE_EVENT(ref) "<messageEventDefinition messageRef='" ref "'/>"
#define SIGNAL_EVENT "<signalEventDefinition signalRef='alarm'/>"
#define ONE_TASK START USER_TASK("t") END("e") FLOW("f", "s", "t") FLOW("g", "t", "e")
#define NO_TASK START END("e") FLOW("f", "s", "e")
/* From `in` to `out`, round and round for as long as `again` is true. */
#define LOOP \
	"<exclusiveGateway id='in'/><scriptTask id='work'><script>1</script></scriptTask>" \
	"<exclusiveGateway id='out' default='leave'/>" \
	FLOW("l1", "in", "work") FLOW("l2", "work", "out") \
	"<sequenceFlow id='back' sourceRef='out' targetRef='in'>" \
	"<conditionExpression>${again}</conditionExpression></sequenceFlow>"
/* clang-format on */

#endif
