/* SPDX-License-Identifier: Apache-2.0
 *
 * Modification of a running instance. All instructions are judged before the first is followed. What begins, begins
 * before anything is canceled, so that an instance never ends in between; a scope that is emptied by a cancellation is
 * canceled with it and does not complete, but a loop, an ad-hoc sub-process and a compensation go on without what was
 * canceled.
 */
#include "config.h"

#include <stdlib.h>

#include "engine/ad_hoc.h"
#include "engine/call.h"
#include "engine/compensation.h"
#include "engine/event.h"
#include "engine/loop.h"
#include "engine/modify_plan.h"

/* ---- beginning ---- */

/* The scope for the node, opened with those around it where it is not there; false: it could not be opened, or one that
 * another instruction has opened was taken over at once. */
static bool modify_open_scope(
	struct step *step, const struct modify_plan *plan, int32_t node, int64_t given, int64_t *scope_id)
{
	struct err err = {0};
	int32_t scope = step->graph->nodes[node].scope;
	int64_t around;
	*scope_id = given;
	if (given != 0 || scope == GRAPH_NONE || modify_count_scopes(step, plan, scope, scope_id) > 0)
		return modify_check_interrupted(step, plan, *scope_id, NULL);
	if (!modify_open_scope(step, plan, scope, 0, &around))
		return false;
	int32_t slot = token_create(step, scope, around, GRAPH_NONE);
	*scope_id = step_token(step, slot)->id;
	if (activity_prepare(step, slot, &err))
		return token_slot(step, *scope_id) == slot && scope_open(step, slot);
	step_fail_entering(step, slot, event_incident_type(&err), &err);
	return false;
}

static void modify_start(struct step *step, const struct modify_plan *plan, const struct modification *change)
{
	int32_t node = graph_find_node(step->graph, change->element_id), flow = GRAPH_NONE;
	int64_t scope_id;
	if (!modify_open_scope(step, plan, node, change->scope_id, &scope_id))
		return;
	if (change->kind == MODIFY_START_AFTER) {
		flow = step->graph->links[step->graph->nodes[node].outgoing.first];
		node = step->graph->flows[flow].target;
		flow_note(step, flow);
	}
	int32_t slot = token_create(step, node, scope_id, flow);
	for (size_t i = 0; i < change->variable_count; i++)
		step_set_local_variable(step, slot, change->variables[i].name, change->variables[i].json);
}

static void modify_start_planned(struct step *step, const struct modify_plan *plan)
{
	for (size_t i = 0; i < step->command->modification_count; i++)
		if (step->command->modifications[i].kind != MODIFY_CANCEL)
			modify_start(step, plan, &step->command->modifications[i]);
}

bool modify_check_all(struct step *step, struct err *err)
{
	struct modify_plan plan;
	modify_plan_make(step, &plan);
	bool good = modify_plan_check(step, &plan, err);
	modify_plan_free(&plan);
	return good;
}

void modify_start_all(struct step *step)
{
	modify_start_planned(step, &(struct modify_plan){0});
}

/* ---- canceling ---- */

static void modify_cancel_token(struct step *step, int32_t slot);

static void modify_scope_emptied(struct step *step, int64_t scope_id)
{
	int32_t scope = scope_id == 0 ? GRAPH_NONE : token_slot(step, scope_id);
	if (scope == GRAPH_NONE || step_token(step, scope)->children > 0)
		return;
	const struct token *token = step_token(step, scope);
	bool ad_hoc = step_node(step, scope)->ad_hoc && token->role != ROLE_LOOP_BODY;
	if (token->state == TOKEN_COMPENSATING || compensation_is_restored(step, token))
		compensation_next(step, scope);
	else if (ad_hoc && token->state == TOKEN_SCOPE)
		ad_hoc_token_ended(step, scope);
	else if (!ad_hoc)
		modify_cancel_token(step, scope);
}

/* The token goes with what is inside it. */
static void modify_cancel_token(struct step *step, int32_t slot)
{
	int64_t scope_id = step_token(step, slot)->scope_id;
	token_cancel_scope(step, step_token(step, slot)->id, 0);
	if (token_is_loop_instance(step, step_token(step, slot)) && loop_cancel_instance(step, slot))
		return;
	token_finish(step, slot, ACTIVITY_CANCELED, STR(""));
	modify_scope_emptied(step, scope_id);
}

static void modify_cancel_planned(struct step *step, const struct modify_plan *plan)
{
	for (size_t i = 0; i < plan->canceled.len && step->instance->ended_at == 0; i++) {
		int32_t slot = token_slot(step, plan->canceled.items[i].id);
		if (slot != GRAPH_NONE)
			modify_cancel_token(step, slot);
	}
}

/* Where nothing inside is left, the scope has been left, or compensates something else. */
static bool modify_scope_goes_on(const struct step *step, int64_t scope_id)
{
	const struct token *token = instance_token(step->instance, scope_id);
	if (scope_id == 0)
		return step->instance->live_tokens > 0;
	return token && token->children > 0 && !compensation_is_restored(step, token);
}

/* What the canceled event sub-process had interrupted goes on: its event sub-processes wait once more. */
static void modify_scope_resumed(struct step *step, int64_t scope_id)
{
	struct err err = {0};
	int32_t slot = scope_id == 0 ? GRAPH_NONE : token_slot(step, scope_id);
	if (!modify_scope_goes_on(step, scope_id) || scope_is_taken_over(step, scope_id) ||
		event_wait_event_sub_processes(step, slot, &err) || slot == GRAPH_NONE)
		return;
	token_cancel_scope(step, scope_id, 0);
	step_fail_entering(step, slot, event_incident_type(&err), &err);
}

static void modify_follow(struct step *step, const struct modify_plan *plan)
{
	step_set_command_variables(step, GRAPH_NONE);
	modify_start_planned(step, plan);
	modify_cancel_planned(step, plan);
	for (size_t i = 0; i < plan->canceled.len && step->instance->ended_at == 0; i++)
		if (plan->canceled.items[i].interrupts)
			modify_scope_resumed(step, plan->canceled.items[i].scope_id);
	if (step->instance->live_tokens > 0 || step->instance->ended_at != 0)
		return;
	instance_text_set(&step->instance->end_reason, step->command->text);
	step_end_instance(step, INSTANCE_CANCELED);
	call_canceled(step);
}

static bool modify_is_possible(const struct step *step, const struct modify_plan *plan, struct err *err)
{
	if (!command_is_current(step, err))
		return false;
	if (step->instance->status == INSTANCE_SUSPENDED)
		return err_set(err, ERR_CONFLICT, "the instance is suspended");
	return modify_plan_check(step, plan, err);
}

bool modify_judge(struct step *step, struct err *err)
{
	struct modify_plan plan;
	modify_plan_make(step, &plan);
	bool good = modify_is_possible(step, &plan, err);
	modify_plan_free(&plan);
	return good;
}

bool command_MODIFY(struct step *step, struct err *err)
{
	struct modify_plan plan;
	modify_plan_make(step, &plan);
	bool good = modify_is_possible(step, &plan, err);
	if (good)
		modify_follow(step, &plan);
	modify_plan_free(&plan);
	return good;
}
