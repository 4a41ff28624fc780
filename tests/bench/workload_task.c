/* SPDX-License-Identifier: Apache-2.0
 *
 * W5: start an instance, then complete the user task that the answer names. One operation is both requests.
 */
#include "config.h"

#include <stdio.h>

#include "tests/bench/load.h"

enum { TASK_STEP_START, TASK_STEP_COMPLETE };

static bool workload_task_next(struct connection *connection)
{
	/* on_answer has written the completion */
	if (connection->step == TASK_STEP_COMPLETE)
		return true;
	if (load_stopping(connection->load))
		return false;
	connection->began = load_now(connection->load);
	load_post(connection, "/v1/instances",
		STR("{\"definitionKey\":\"bench_user_task\","
			"\"variables\":{\"customer\":\"Wanda Kowalska\",\"purpose\":\"a new desk for the Lodz office\"}}"));
	return true;
}

static void workload_task_started(struct connection *connection, struct str body)
{
	char path[64];
	struct str tasks = body;
	size_t at = str_find(body, STR("\"tasks\":["));
	tasks = str_slice(body, at == STR_NONE ? body.len : at, body.len);
	int64_t id = load_find_id(&tasks, STR("\"id\":\""));
	if (id == 0)
		load_die("no task in the answer", body);
	snprintf(path, sizeof path, "/v1/tasks/%lld/complete", (long long)id);
	load_post(connection, path, STR("{\"variables\":{\"approved\":true}}"));
	connection->step = TASK_STEP_COMPLETE;
}

static void workload_task_on_answer(struct connection *connection, struct str body)
{
	if (connection->step == TASK_STEP_START) {
		workload_task_started(connection, body);
		return;
	}
	connection->step = TASK_STEP_START;
	load_count(connection->load, connection->began);
}

const struct workload workloads_task[] = {
	{
		.id = "W5",
		.description = "start, then complete the user task (2 requests)",
		.diagram = "user_task.bpmn",
		.next = workload_task_next,
		.on_answer = workload_task_on_answer,
	},
	{0},
};
