/* SPDX-License-Identifier: Apache-2.0
 *
 * Sub-processes and transactions (13.3.4): the token stays while tokens run inside, and goes on when the last of them
 * has ended. Their event sub-processes wait before anything inside begins, so that one whose condition is true already
 * comes first.
 */
#include "config.h"

#include "engine/step.h"

#include "engine/event.h"

bool scope_is_taken_over(const struct step *step, int64_t scope_id)
{
	for (int32_t i = GRAPH_NONE; (i = instance_next_token(step->instance, scope_id, i)) != GRAPH_NONE;) {
		const struct graph_node *node = step_node(step, i);
		if (node->event_sub_process && step->graph->nodes[node->start].interrupting)
			return true;
	}
	return false;
}

bool scope_open(struct step *step, int32_t slot)
{
	struct err err = {0};
	int64_t id = step_token(step, slot)->id;
	if (token_depth(step, id) > step_limits(step, LIMIT_SCOPE_DEPTH)->scope_depth) {
		err_set(&err, ERR_CONFLICT, "too many scopes in one another");
		step_fail_entering(step, slot, INCIDENT_TOO_DEEP, &err);
		return false;
	}
	token_set_state(step, slot, TOKEN_SCOPE);
	if (event_wait_event_sub_processes(step, slot, &err))
		return !scope_is_taken_over(step, id);
	token_cancel_scope(step, id, 0);
	step_fail_entering(step, slot, event_incident_type(&err), &err);
	return false;
}

void node_enter_SUB_PROCESS(struct step *step, int32_t slot)
{
	if (scope_open(step, slot))
		token_create_starts(step, step_token(step, slot)->node, step_token(step, slot)->id);
}

void node_enter_TRANSACTION(struct step *step, int32_t slot)
{
	node_enter_SUB_PROCESS(step, slot);
}
