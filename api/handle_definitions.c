/* SPDX-License-Identifier: Apache-2.0
 *
 * Definitions: versions of processes as they were deployed.
 */
#include "config.h"

#include "api/handlers.h"

#include "api/call.h"

void handle_list_definitions(struct call *call)
{
	struct db_page page = call_query_page(call, "definitions");
	struct str key = call_query_text(call, "key");
	bool latest = call_query_bool(call, "latest", false);
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else
		call_reading(
			call, db_read_definitions(call_reader(call), &page, call->viewer.tenant, key, latest, call_on_read, call));
}

void handle_get_definition(struct call *call)
{
	call_reading(call, db_read_definition(call_reader(call), call->id, call->viewer.tenant, call_on_read, call));
}

static void definition_on_file(void *context, const struct db_read_result *result)
{
	struct call *call = context;
	if (call_read_usable(call, result))
		call_answer_bytes(call, "application/xml", (struct str){0}, result->body);
}

void handle_get_definition_xml(struct call *call)
{
	call_reading(
		call, db_read_definition_file(call_reader(call), call->id, call->viewer.tenant, definition_on_file, call));
}

/* ---- suspended or not ---- */

struct state_body {
	bool suspended;
};

static void state_render(struct work *work)
{
	if (work->result == 1)
		err_set(&work->err, ERR_NOT_FOUND, "there is no such thing, or it is not yours to see");
	else if (work->result != 0)
		err_set(&work->err, ERR_STALE, "the definition has changed since it was read");
	else
		work->answer = (struct answer){.status = 200, .body = STR("{}")};
}

static void state_done(struct work *work)
{
	struct call *call = work->context;
	if (work->err.code != ERR_NONE)
		call_fail(call, &work->err);
	else
		handle_get_definition(call);
}

static void state_on_read(void *context, const struct db_read_result *result)
{
	struct call *call = context;
	if (call_read_usable(call, result))
		call_submit(call, state_render);
}

/* Read first: a definition of another tenant is not there. */
void handle_set_definition_state(struct call *call)
{
	static const struct body_field fields[] = {
		{.name = "suspended", .type = BODY_BOOL, .required = true, .at = offsetof(struct state_body, suspended)},
	};
	struct state_body body = {0};
	if (!call_body(call, fields, 1, &body))
		return;
	call->work.kind = WORK_DEFINITION_STATE;
	call->work.target_id = call->id;
	call->work.flag = body.suspended;
	call->work.expected_revision = call->expected == VERSION_ANY ? 0 : call->expected;
	call->work.done = state_done;
	call_reading(call, db_read_definition(call_reader(call), call->id, call->viewer.tenant, state_on_read, call));
}
