/* SPDX-License-Identifier: Apache-2.0
 *
 * The receive task (13.3.3) waits for its message like a catch event; one without a message waits for nobody.
 */
#include "config.h"

#include "engine/event.h"

void node_enter_RECEIVE_TASK(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->event_count == 0 || event_has_come(step, slot))
		step_leave(step, slot);
	else
		event_wait_here(step, slot);
}
