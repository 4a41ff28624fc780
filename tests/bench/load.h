/* SPDX-License-Identifier: Apache-2.0
 *
 * The load generator: connections in a closed loop, each with one request in flight. A workload is a row that says what
 * a connection asks next and what it does with the answer; load.c sends, receives and keeps the time.
 *
 * An operation is what the workload counts (one request, a start and its completion, a job): load_count ends it.
 */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct load;

struct connection {
	struct load *load;
	size_t number;      /* 0 .. connections - 1 */
	int64_t began;      /* the workload's: when its operation began, load_now */
	int step;           /* the workload's: 0 at first */
	struct buf request; /* bytes being sent */
	size_t sent;
	struct buf input; /* bytes of the answer so far */
	struct ssl_st *ssl;
	struct event *readable;
	struct event *writable;
	int fd;
	bool idle; /* has nothing to ask at present */
};

struct workload {
	const char *id;
	const char *description;
	const char *diagram; /* file to deploy before; NULL: none */
	/* Makes the state that the connections share; NULL: none. */
	void (*prepare)(struct load *load);
	/* Writes the connection's next request with load_post, or returns false: it idles until load_wake. With
	 * load_stopping no new operation may begin, but those begun go on. */
	bool (*next)(struct connection *connection);
	/* The answer's body. Any status but 2xx ends the run as invalid before this is called. */
	void (*on_answer)(struct connection *connection, struct str body);
};

/* workload_*.c; ends with a row whose id is NULL. */
extern const struct workload workloads_start[];
extern const struct workload workloads_task[];
extern const struct workload workloads_job[];
extern const struct workload workloads_message[];

/* Nanoseconds of a clock that never jumps, read once per event. */
int64_t load_now(const struct load *load);
bool load_stopping(const struct load *load);
size_t load_connections(const struct load *load);
/* Where the numbers begin that a workload gives to what it makes. */
int64_t load_from(const struct load *load);
/* The workload's own state. */
void load_set_state(struct load *load, void *state);
void *load_state(const struct load *load);
/* An operation that began at `began` is done. */
void load_count(struct load *load, int64_t began);
/* For workload.on_answer: each answer is one operation. */
void load_count_answer(struct connection *connection, struct str body);
/* Idle connections are asked for their next request again. */
void load_wake(struct load *load);

/* Writes the connection's request. */
void load_post(struct connection *connection, const char *path, struct str body);
/* Ends the run as invalid. */
void load_die(const char *what, struct str detail) __attribute__((noreturn));

/* The digits behind the next `mark` of *text, as a number; *text moves behind them. 0 where there is none. For the
 * answers of our own server, whose form is known. */
int64_t load_find_id(struct str *text, struct str mark);

#endif
