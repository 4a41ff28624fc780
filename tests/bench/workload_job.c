/* SPDX-License-Identifier: Apache-2.0
 *
 * W6: instances with one service task and the workers for it, on the same connections. One in sixteen connections is a
 * worker: it takes up to 100 jobs, completes them in one request, and begins again; the others start instances with
 * half a kilobyte of variables. One operation is one job, from the start request to the acknowledged completion of its work.
 *
 * The loop is closed twice: a worker asks when there is work for it, and starts pause while the backlog is long. So the
 * faster side waits for the slower one, and nothing is left over at the end.
 */
#include "config.h"

#include "tests/bench/load.h"

#include "base/alloc.h"
#include "base/map.h"

#define JOB_BATCH 100
#define JOB_BACKLOG_MAX 200 /* started and not taken yet, beyond which no more are started */
#define JOB_CONNECTIONS 16  /* one of so many is a worker */
#define JOB_VARIABLES 512   /* bytes, about */

enum { JOB_STEP_ACTIVATE, JOB_STEP_COMPLETE };

/* What a worker holds between its two requests. */
struct job_batch {
	int64_t reserved; /* of `ready`, while it asks */
	int64_t asked;    /* when */
	size_t len;
	int64_t began[JOB_BATCH]; /* when the instances were asked for */
};

struct job_state {
	struct map began;          /* instance id -> when its start was sent */
	struct map early;          /* instance id -> where that time goes: its job came before the start's answer */
	int64_t ready;             /* jobs that nobody asks for; below 0 while early ones are out */
	struct buf start;          /* the body of every start */
	struct job_batch *batches; /* per connection */
};

static bool workload_job_is_worker(const struct connection *connection)
{
	return connection->number % JOB_CONNECTIONS == 0;
}

static void workload_job_prepare(struct load *load)
{
	struct job_state *state = alloc_new(struct job_state);
	buf_init(&state->start, 4096);
	state->batches = alloc_zeroed(load_connections(load), sizeof *state->batches);
	buf_add_c(&state->start, "{\"definitionKey\":\"bench_service_task\",");
	buf_add_c(&state->start, "\"variables\":{\"customer\":\"Wanda Kowalska\",\"note\":\"");
	for (size_t i = 0; i < JOB_VARIABLES - 50; i++)
		buf_add_char(&state->start, (char)('a' + i % 26));
	buf_add_c(&state->start, "\"}}");
	load_set_state(load, state);
}

static void workload_job_ask(struct connection *connection, struct job_state *state)
{
	struct job_batch *batch = &state->batches[connection->number];
	batch->reserved = state->ready < JOB_BATCH ? state->ready : JOB_BATCH;
	state->ready -= batch->reserved;
	batch->asked = load_now(connection->load);
	load_post(connection, "/v1/jobs/activate",
		STR("{\"type\":\"bench-work\",\"worker\":\"bench\",\"max\":100,\"lockFor\":\"PT1M\"}"));
}

static bool workload_job_next(struct connection *connection)
{
	struct job_state *state = load_state(connection->load);
	bool worker = workload_job_is_worker(connection);
	if (worker && connection->step == JOB_STEP_COMPLETE)
		return true;
	if (worker ? state->ready <= 0 : load_stopping(connection->load) || state->ready > JOB_BACKLOG_MAX)
		return false;
	if (worker) {
		workload_job_ask(connection, state);
		return true;
	}
	connection->began = load_now(connection->load);
	load_post(connection, "/v1/instances", buf_str(&state->start));
	return true;
}

/* Keeps the instance's time under its id, as a pointer. */
static void workload_job_started(struct connection *connection, struct job_state *state, struct str body)
{
	int64_t instance = load_find_id(&body, STR("{\"id\":\""));
	if (instance == 0)
		load_die("no instance in the answer", body);
	int64_t *early = map_remove_id(&state->early, instance);
	if (early)
		*early = connection->began;
	else
		map_put_id(&state->began, instance, (void *)(uintptr_t)connection->began);
	state->ready++;
	load_wake(connection->load);
}

/* Moves to the next job of an answer and returns its id; 0 behind the last. */
static int64_t workload_job_take(struct job_state *state, struct job_batch *batch, struct str *jobs)
{
	int64_t job = load_find_id(jobs, STR("{\"id\":\""));
	if (job == 0)
		return 0;
	int64_t instance = load_find_id(jobs, STR("\"instanceId\":\""));
	if (instance == 0 || batch->len == JOB_BATCH)
		load_die("not the jobs that were asked for", *jobs);
	int64_t *slot = &batch->began[batch->len++];
	void *began = map_remove_id(&state->began, instance);
	*slot = began ? (int64_t)(uintptr_t)began : batch->asked;
	if (!began)
		map_put_id(&state->early, instance, slot);
	return job;
}

static void workload_job_activated(struct connection *connection, struct job_state *state, struct str jobs)
{
	struct job_batch *batch = &state->batches[connection->number];
	struct buf body;
	batch->len = 0;
	buf_init(&body, 16384);
	buf_add_c(&body, "{\"items\":[");
	for (int64_t job; (job = workload_job_take(state, batch, &jobs));)
		buf_printf(
			&body, "%s{\"id\":\"%lld\",\"variables\":{\"done\":true}}", batch->len > 1 ? "," : "", (long long)job);
	buf_add_c(&body, "]}");
	state->ready += batch->reserved - (int64_t)batch->len;
	if (batch->len > 0) {
		load_post(connection, "/v1/jobs/complete", buf_str(&body));
		connection->step = JOB_STEP_COMPLETE;
	}
	buf_free(&body);
}

/* Each item of the answer begins with its status. */
static size_t workload_job_successes(struct str body)
{
	size_t count = 0;
	for (size_t at; (at = str_find(body, STR("{\"status\":200"))) != STR_NONE; count++)
		body = str_slice(body, at + 1, body.len);
	return count;
}

static void workload_job_completed(struct connection *connection, struct job_state *state, struct str body)
{
	struct job_batch *batch = &state->batches[connection->number];
	if (workload_job_successes(body) != batch->len)
		load_die("a job could not be completed", body);
	for (size_t i = 0; i < batch->len; i++)
		load_count(connection->load, batch->began[i]);
	connection->step = JOB_STEP_ACTIVATE;
	load_wake(connection->load);
}

static void workload_job_on_answer(struct connection *connection, struct str body)
{
	struct job_state *state = load_state(connection->load);
	if (!workload_job_is_worker(connection))
		workload_job_started(connection, state, body);
	else if (connection->step == JOB_STEP_ACTIVATE)
		workload_job_activated(connection, state, body);
	else
		workload_job_completed(connection, state, body);
}

const struct workload workloads_job[] = {
	{
		.id = "W6",
		.description = "one service task, workers take and complete 100 at a time, 0.5 KB of variables",
		.diagram = "service_task.bpmn",
		.prepare = workload_job_prepare,
		.next = workload_job_next,
		.on_answer = workload_job_on_answer,
	},
	{0},
};
