/* SPDX-License-Identifier: Apache-2.0
 *
 * The embedded sub-process (13.3.4): its token stays while tokens run inside, and goes on when the last of them has ended.
 */
#include "config.h"

#include "engine/step.h"

void node_enter_SUB_PROCESS(struct step *step, int32_t slot)
{
	struct err err = {0};
	int64_t id = step_token(step, slot)->id;
	if (token_depth(step, id) > step->context->limits->scope_depth) {
		step_incident(step, slot, TOKEN_FAILED_ENTERING, INCIDENT_TOO_DEEP, STR("too many scopes in one another"), 0);
		return;
	}
	if (!timer_arm_boundaries(step, slot, &err) || !timer_arm_event_sub_processes(step, slot, &err)) {
		step_fail_entering(step, slot, INCIDENT_EXPRESSION, &err);
		return;
	}
	token_set_state(step, slot, TOKEN_SCOPE);
	token_create_starts(step, step_token(step, slot)->node, id);
}
