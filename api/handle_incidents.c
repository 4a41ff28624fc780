/* SPDX-License-Identifier: Apache-2.0
 *
 * Incidents: what waits for a person who operates the server.
 */
#include "config.h"

#include "api/handlers.h"

#include "api/call.h"
#include "api/instance_json.h"

#define INCIDENTS_RETRIES_MAX 1000

void handle_list_incidents(struct call *call)
{
	struct db_page page = call_query_page(call, "incidents");
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else
		call_reading(call, db_read_incidents(call_reader(call), &page, call->viewer.tenant, call_on_read, call));
}

struct retry_body {
	int64_t retries;
	struct body_variables variables;
};

static const struct body_field retry_fields[] = {
	{.name = "retries",
		.type = BODY_INT,
		.min = 1,
		.max = INCIDENTS_RETRIES_MAX,
		.at = offsetof(struct retry_body, retries)},
	{.name = "variables", .type = BODY_VARIABLES, .at = offsetof(struct retry_body, variables)},
};

void handle_retry_incident(struct call *call)
{
	struct retry_body body = {.retries = GRAPH_NONE};
	if (!call_body(call, retry_fields, sizeof retry_fields / sizeof *retry_fields, &body))
		return;
	struct work_item *item = call_steps(call, COMMAND_INCIDENT_RETRY, 1);
	item->command.subject_id = call->id;
	item->command.retries = (int32_t)body.retries;
	item->command.variables = body.variables.items;
	item->command.variable_count = body.variables.count;
	call_submit_step(call, 200, call_write_instance);
}
