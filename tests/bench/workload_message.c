/* SPDX-License-Identifier: Apache-2.0
 *
 * W9: instances that wait for a message, and the messages to each. They are numbered, and the number is the correlation
 * key; `--from` says with which number a run begins, so that one run fills and others take what it has left. And
 * instances that wait for one signal, for tests/bench/run to send it.
 */
#include "config.h"

#include "tests/bench/load.h"

#include "base/alloc.h"

#define MESSAGE_FILL_BATCH 100

static void workload_message_prepare(struct load *load)
{
	int64_t *next = alloc_new(int64_t);
	*next = load_from(load);
	load_set_state(load, next);
}

/* The first of count numbers that nobody else gets. */
static int64_t workload_message_take(const struct load *load, int64_t count)
{
	int64_t *next = load_state(load), first = *next;
	*next += count;
	return first;
}

static bool workload_fill(struct connection *connection, const char *key)
{
	struct buf body;
	if (load_stopping(connection->load))
		return false;
	int64_t first = workload_message_take(connection->load, MESSAGE_FILL_BATCH);
	buf_init(&body, 1 << 20);
	buf_add_c(&body, "{\"items\":[");
	for (int64_t i = 0; i < MESSAGE_FILL_BATCH; i++)
		buf_printf(&body, "%s{\"definitionKey\":\"%s\",\"variables\":{\"number\":%lld}}", i > 0 ? "," : "", key,
			(long long)(first + i));
	buf_add_c(&body, "]}");
	connection->began = load_now(connection->load);
	load_post(connection, "/v1/instances/batch", buf_str(&body));
	buf_free(&body);
	return true;
}

static bool workload_message_fill_next(struct connection *connection)
{
	return workload_fill(connection, "bench_message");
}

static bool workload_signal_fill_next(struct connection *connection)
{
	return workload_fill(connection, "bench_signal");
}

static void workload_fill_on_answer(struct connection *connection, struct str body)
{
	(void)body;
	for (int i = 0; i < MESSAGE_FILL_BATCH; i++)
		load_count(connection->load, connection->began);
}

static bool workload_message_next(struct connection *connection)
{
	struct buf body;
	if (load_stopping(connection->load))
		return false;
	buf_init(&body, 1024);
	buf_printf(&body, "{\"name\":\"payment\",\"correlation\":{\"number\":%lld},\"variables\":{\"paid\":true}}",
		(long long)workload_message_take(connection->load, 1));
	connection->began = load_now(connection->load);
	load_post(connection, "/v1/messages", buf_str(&body));
	buf_free(&body);
	return true;
}

const struct workload workloads_message[] = {
	{
		.id = "W9-fill",
		.description = "starts of instances that wait for a message, 100 a request",
		.diagram = "message.bpmn",
		.prepare = workload_message_prepare,
		.next = workload_message_fill_next,
		.on_answer = workload_fill_on_answer,
	},
	{
		.id = "W9",
		.description = "a message to each of them, by its correlation key",
		.prepare = workload_message_prepare,
		.next = workload_message_next,
		.on_answer = load_count_answer,
	},
	{
		.id = "signal-fill",
		.description = "starts of instances that wait for a signal, 100 a request",
		.diagram = "signal.bpmn",
		.prepare = workload_message_prepare,
		.next = workload_signal_fill_next,
		.on_answer = workload_fill_on_answer,
	},
	{0},
};
