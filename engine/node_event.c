/* SPDX-License-Identifier: Apache-2.0
 *
 * Events (13.5): start events pass their token on, end events consume it, a terminate end event takes its whole scope along,
 * catch events wait for their timer, boundary events pass on the token that their firing made.
 */
#include "config.h"

#include "engine/step.h"

void node_enter_START_EVENT(struct step *step, int32_t slot)
{
	step_leave(step, slot);
}

void node_enter_BOUNDARY_EVENT(struct step *step, int32_t slot)
{
	step_leave(step, slot);
}

/* 13.5.6: a terminate end event ends the scope it stands in; the process itself then is terminated, not completed. */
static void node_terminate(struct step *step, int32_t slot)
{
	struct token *token = step_token(step, slot);
	if (token->scope_id == 0)
		step->end_status = INSTANCE_TERMINATED;
	token_cancel_scope(step, token->scope_id, token->id);
}

void node_enter_END_EVENT(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->terminate)
		node_terminate(step, slot);
	token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
}

void node_enter_INTERMEDIATE_CATCH_EVENT(struct step *step, int32_t slot)
{
	struct err err = {0};
	if (timer_arm(step, slot, step_token(step, slot)->node, &err))
		token_set_state(step, slot, TOKEN_TIMER);
	else
		step_fail_entering(step, slot, INCIDENT_EXPRESSION, &err);
}
