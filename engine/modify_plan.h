/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside modification: what the instructions of a command mean in the instance as it stands, before any is followed.
 */
#ifndef ENGINE_MODIFY_PLAN_H
#define ENGINE_MODIFY_PLAN_H

#include "base/map.h"
#include "engine/modify.h"
#include "engine/step.h"

struct modify_canceled {
	int64_t id;
	int64_t scope_id;
	int32_t depth;
	bool interrupts; /* an event sub-process that has taken its scope over */
};

struct modify_plan {
	VEC(struct modify_canceled) canceled; /* tokens that instructions name, outer before inner */
	struct map doomed;                    /* their ids, and those of all that stands inside */
};

void modify_plan_make(const struct step *step, struct modify_plan *plan);
void modify_plan_free(struct modify_plan *plan);
/* False with err: an instruction cannot be followed. */
bool modify_plan_check(const struct step *step, const struct modify_plan *plan, struct err *err)
	__attribute__((warn_unused_result));
/* In a scope that an interrupting event sub-process has taken over nothing else begins, unless that is canceled; in a
 * transaction that is canceled nothing does. False with err: so it is with this one. */
bool modify_check_interrupted(const struct step *step, const struct modify_plan *plan, int64_t scope_id,
	struct err *err) __attribute__((warn_unused_result));
/* Open scopes at a sub-process that stay open; the id of one of them. */
int32_t modify_count_scopes(const struct step *step, const struct modify_plan *plan, int32_t node, int64_t *id);

#endif
