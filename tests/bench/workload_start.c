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

static void workload_start_on_answer(struct connection *connection, struct str body)
{
	(void)body;
	load_count(connection->load, connection->began);
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

const struct workload workloads_start[] = {
	{
		.id = "null",
		.description = "the null engine: the bytes of W1, four rows, no process",
		.next = workload_next_start_end,
		.on_answer = workload_start_on_answer,
	},
	{
		.id = "W1",
		.description = "start -> end, two text variables",
		.diagram = "start_end.bpmn",
		.next = workload_next_start_end,
		.on_answer = workload_start_on_answer,
	},
	{
		.id = "W2",
		.description = "15 automatic steps in sequence (17 activity rows)",
		.diagram = "sequence.bpmn",
		.next = workload_next_sequence,
		.on_answer = workload_start_on_answer,
	},
	{
		.id = "W3",
		.description = "fork, four branches of two steps, join: 13 nodes",
		.diagram = "parallel.bpmn",
		.next = workload_next_parallel,
		.on_answer = workload_start_on_answer,
	},
	{0},
};
