/* SPDX-License-Identifier: Apache-2.0
 *
 * Ad-hoc sub-processes (10.3.5, 13.3.5): their activities begin in any order, or one after another; which of them, and
 * how often, may be left to whoever works with them (COMMAND_START_ACTIVITY).
 *
 *     local to the scope    #next  sequential: the node from which the next activity is looked for, in document order
 *                           #done  nothing new begins: the completion condition was true, or an interrupting event
 *                                  sub-process has taken over
 */
#ifndef ENGINE_AD_HOC_H
#define ENGINE_AD_HOC_H

#include "engine/step.h"

struct migrate_map;

/* A token directly inside has ended. Asks the completion condition, begins the next activity of a sequential one, or
 * leaves the sub-process. A condition that fails is an incident of the scope, and what runs inside goes on. */
void ad_hoc_token_ended(struct step *step, int32_t scope_slot);
/* The scope has been moved to another graph: what begins next is found there. */
void ad_hoc_migrated(struct step *step, int32_t scope_slot, const struct migrate_map *map);
/* Retry of the scope's incident (FAILED_LEAVING): the condition is asked again. */
void ad_hoc_resume(struct step *step, int32_t scope_slot);
/* Nothing new shall begin inside. For scopes of every kind; those that are not ad-hoc begin nothing anyway. */
void ad_hoc_close(struct step *step, int32_t scope_slot);
bool ad_hoc_is_closed(const struct step *step, int32_t scope_slot);

#endif
