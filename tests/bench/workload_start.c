/* SPDX-License-Identifier: Apache-2.0
 *
 * Workloads of one request: a start after which nothing is left to do. The null engine is asked exactly what W1 asks.
 */
#include "config.h"

#include "tests/bench/load.h"

static bool workload_start_next(struct connection *connection, struct str body)
{
	if (load_stopping(connection->load))
		return false;
	connection->began = load_now(connection->load);
	load_post(connection, "/v1/instances", body);
	return true;
}

static bool workload_next_start_end(struct connection *connection)
{
	return workload_start_next(connection,
		STR("{\"definitionKey\":\"bench_start_end\","
			"\"variables\":{\"customer\":\"Wanda Kowalska\",\"purpose\":\"a new desk for the Lodz office\"}}"));
}

static bool workload_next_sequence(struct connection *connection)
{
	return workload_start_next(connection, STR("{\"definitionKey\":\"bench_sequence\"}"));
}

static bool workload_next_parallel(struct connection *connection)
{
	return workload_start_next(connection, STR("{\"definitionKey\":\"bench_parallel\"}"));
}

/* Each of the four ways in turn. */
static bool workload_next_choice(struct connection *connection)
{
	static const struct str bodies[] = {
		STR_INIT("{\"definitionKey\":\"bench_choice\",\"variables\":{\"amount\":20,\"region\":\"south\"}}"),
		STR_INIT("{\"definitionKey\":\"bench_choice\",\"variables\":{\"amount\":200.5,\"region\":\"south\"}}"),
		STR_INIT("{\"definitionKey\":\"bench_choice\",\"variables\":{\"amount\":2000,\"region\":\"north\"}}"),
		STR_INIT("{\"definitionKey\":\"bench_choice\",\"variables\":{\"amount\":20000,\"region\":\"north\"}}"),
	};
	connection->step = (connection->step + 1) % 4;
	return workload_start_next(connection, bodies[connection->step]);
}

static bool workload_next_loop(struct connection *connection)
{
	return workload_start_next(connection, STR("{\"definitionKey\":\"bench_loop\",\"variables\":{\"passes\":0}}"));
}

const struct workload workloads_start[] = {
	{
		.id = "null",
		.description = "the null engine: the bytes of W1, four rows, no process",
		.next = workload_next_start_end,
		.on_answer = load_count_answer,
	},
	{
		.id = "W1",
		.description = "start -> end, two text variables",
		.diagram = "start_end.bpmn",
		.next = workload_next_start_end,
		.on_answer = load_count_answer,
	},
	{
		.id = "W2",
		.description = "15 automatic steps in sequence (17 activity rows)",
		.diagram = "sequence.bpmn",
		.next = workload_next_sequence,
		.on_answer = load_count_answer,
	},
	{
		.id = "W3",
		.description = "fork, four branches of two steps, join: 13 nodes",
		.diagram = "parallel.bpmn",
		.next = workload_next_parallel,
		.on_answer = load_count_answer,
	},
	{
		.id = "W4a",
		.description = "exclusive choice over 3 conditions",
		.diagram = "choice.bpmn",
		.next = workload_next_choice,
		.on_answer = load_count_answer,
	},
	{
		.id = "W4b",
		.description = "a loop of 10 passes with a script",
		.diagram = "loop.bpmn",
		.next = workload_next_loop,
		.on_answer = load_count_answer,
	},
	{0},
};
