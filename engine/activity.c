/* SPDX-License-Identifier: Apache-2.0
 *
 * What all nodes have in common (13.3.2), around the one function of their kind:
 *
 *     arrives ─► quantity ─► continuation ─► loop ─► inputs, listeners, boundary events ─► node_enter_<KIND>
 *     leaves  ◄─ flow.c ◄── continuation ◄───────── outputs, listeners ◄────────────────────── step_leave
 *
 * A loop's body passes the left half, and each of its instances the right one. Inputs and outputs stop for every script
 * among them (mapping.c); what the activity has waited for has ended before the first output's.
 */
#include "config.h"

#include "engine/step.h"

#include "engine/event.h"
#include "engine/join.h"
#include "engine/loop.h"
#include "engine/mapping.h"

typedef void (*node_enter)(struct step *step, int32_t slot);
static const node_enter node_table[NODE_KIND_COUNT] = {
#define X(name, text) [NODE_##name] = node_enter_##name,
#include "bpmn/node_kind.def"
#undef X
};

/* A job that is due at once: whatever runs until then is committed before. */
static void activity_wait(struct step *step, int32_t slot, enum token_state state)
{
	step_add_job(step, slot, step_token(step, slot)->node, JOB_TIMER);
	token_set_state(step, slot, state);
}

bool activity_prepare(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_node *node = step_node(step, slot);
	if (node->inputs.count > 0 && !mapping_inputs(step, slot, err))
		return false;
	if (step_token(step, slot)->state == TOKEN_MAPPING_INPUTS)
		return true;
	if (node->start_listeners.count > 0 && !mapping_listeners(step, slot, &node->start_listeners, err))
		return false;
	if (node->boundary.count == 0 || token_is_loop_instance(step, step_token(step, slot)))
		return true;
	return event_wait_boundaries(step, slot, err);
}

/* An interrupting condition that is true already ends the activity before it has begun. */
static bool activity_is_prepared(struct step *step, int32_t slot)
{
	const struct graph_node *node = step_node(step, slot);
	if (node->inputs.count == 0 && node->start_listeners.count == 0 && node->boundary.count == 0)
		return true;
	int64_t id = step_token(step, slot)->id;
	struct err err = {0};
	if (activity_prepare(step, slot, &err))
		return token_is_there(step, slot, id) && step_token(step, slot)->state != TOKEN_MAPPING_INPUTS;
	step_fail_entering(step, slot, event_incident_type(&err), &err);
	return false;
}

/* Who throws now has been here before. */
static void activity_begin(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->loop && !token_is_loop_instance(step, step_token(step, slot)))
		loop_enter(step, slot);
	else if (loop_is_done(step, slot))
		loop_instance_throw(step, slot);
	else if (step->throwing || activity_is_prepared(step, slot))
		node_table[step_node(step, slot)->kind](step, slot);
}

void activity_enter(struct step *step, int32_t slot)
{
	const struct graph_node *node = step_node(step, slot);
	bool inside = node->loop && token_is_loop_instance(step, step_token(step, slot));
	if (!inside && node->start_quantity > 1 && !join_quantity(step, slot))
		return;
	if (!inside && node->async_before && !step->throwing)
		activity_wait(step, slot, TOKEN_BEFORE);
	else
		activity_begin(step, slot);
}

/* Who was stopped before the activity has not been counted yet. */
void activity_enter_again(struct step *step, int32_t slot)
{
	token_set_state(step, slot, TOKEN_READY);
	if (step_node(step, slot)->start_quantity <= 1 || join_quantity(step, slot))
		activity_begin(step, slot);
}

void activity_continue(struct step *step, int32_t slot)
{
	step_end_jobs(step, step_token(step, slot)->id);
	if (step_token(step, slot)->state == TOKEN_AFTER)
		step_leave(step, slot);
	else
		activity_enter_again(step, slot);
}

void activity_go_on(struct step *step, int32_t slot)
{
	bool before = step_token(step, slot)->state == TOKEN_MAPPING_INPUTS;
	step_end_jobs(step, step_token(step, slot)->id);
	token_set_state(step, slot, TOKEN_READY);
	if (before)
		activity_begin(step, slot);
	else
		step_leave(step, slot);
}

static bool activity_conclude(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_node *node = step_node(step, slot);
	if (node->end_listeners.count > 0 && !mapping_end_listeners(step, slot, err))
		return false;
	return node->outputs.count == 0 || mapping_outputs(step, slot, err);
}

static bool activity_is_concluded(struct step *step, int32_t slot)
{
	const struct graph_node *node = step_node(step, slot);
	if (node->outputs.count == 0 && node->end_listeners.count == 0)
		return true;
	struct err err = {0};
	bool good = activity_conclude(step, slot, &err);
	if (good && step_token(step, slot)->state != TOKEN_MAPPING_OUTPUTS)
		return true;
	task_keep(step, slot);
	if (!good)
		step_fail_leaving(step, slot, INCIDENT_EXPRESSION, &err);
	return false;
}

bool activity_complete(struct step *step, int32_t slot)
{
	const struct graph_node *node = step_node(step, slot);
	if (step_token(step, slot)->state == TOKEN_AFTER)
		return true;
	bool body = step_token(step, slot)->role == ROLE_LOOP_BODY;
	if (!body && !activity_is_concluded(step, slot))
		return false;
	if (!node->async_after || (node->loop && !body))
		return true;
	step_end_jobs(step, step_token(step, slot)->id);
	event_end_waits(step, step_token(step, slot)->id);
	activity_wait(step, slot, TOKEN_AFTER);
	return false;
}
