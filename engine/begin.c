/* SPDX-License-Identifier: Apache-2.0
 *
 * How an instance begins: by a call or a command at its none start event (or all that has no incoming flows, 10.3.5),
 * or by an event at the node that waited for it.
 */
#include "config.h"

#include "engine/step.h"

#include "base/buf.h"
#include "base/json.h"
#include "engine/event.h"
#include "engine/mapping.h"

static void begin_set_initiator(struct step *step)
{
	struct buf json;
	if (step->graph->initiator.len == 0)
		return;
	buf_init(&json, SIZE_MAX);
	json_emit_str(&json, step->command->actor.user);
	step_set_variable(step, GRAPH_NONE, step->graph->initiator, buf_str(&json));
	buf_free(&json);
}

bool begin_instance(struct step *step, struct err *err)
{
	const struct graph *graph = step->graph;
	bool by_event =
		step->command->kind == COMMAND_START && step->command->start_node != GRAPH_NONE && step->instance == step->root;
	bool by_hand = step->instance == step->root && step->command->modification_count > 0;
	if (by_hand && !modify_check_all(step, err))
		return false;
	if (!by_event && !by_hand && graph->start == GRAPH_NONE && graph->event_starts.count > 0)
		return err_set(err, ERR_CONFLICT, "the process begins with events only: %.*s is one",
			STR_ARG(graph->nodes[graph->links[graph->event_starts.first]].id));
	step->instance->notes.begun = true;
	begin_set_initiator(step);
	if (!mapping_listeners(step, GRAPH_NONE, &graph->start_listeners, err))
		return false;
	if (!event_wait_event_sub_processes(step, GRAPH_NONE, err))
		return false;
	if (by_event)
		return event_begin(step, err);
	if (by_hand) {
		modify_start_all(step);
		return true;
	}
	if (!scope_is_taken_over(step, 0))
		token_create_starts(step, GRAPH_NONE, 0);
	return true;
}
