/* SPDX-License-Identifier: Apache-2.0
 *
 * Events (13.5): start and boundary events pass their token on, catch events wait, throw events tell whoever catches
 * and go on, end events tell and consume their token.
 *
 * A signal is not thrown before everything else of the step has come to rest: what begins to wait in
 * the same step hears it.
 */
#include "config.h"

#include "engine/ad_hoc.h"
#include "engine/compensation.h"
#include "engine/event.h"

void node_enter_START_EVENT(struct step *step, int32_t slot)
{
	step_leave(step, slot);
}

void node_enter_BOUNDARY_EVENT(struct step *step, int32_t slot)
{
	step_leave(step, slot);
}

void node_enter_INTERMEDIATE_CATCH_EVENT(struct step *step, int32_t slot)
{
	if (graph_has_event(step->graph, step_token(step, slot)->node, EVENT_LINK) || event_has_come(step, slot))
		step_leave(step, slot);
	else
		event_wait_here(step, slot);
}

/* False: the token waits for its turn, has become work of another kind, has failed, or has ended by what it threw. */
static bool node_throw(struct step *step, int32_t slot)
{
	if (step_node(step, slot)->job || step_node(step, slot)->script)
		node_enter_SERVICE_TASK(step, slot);
	else if (graph_has_event(step->graph, step_token(step, slot)->node, EVENT_SIGNAL) && !step->throwing)
		token_throw_later(step, slot);
	else
		return event_throw(step, slot);
	return false;
}

/* Compensation comes after what else is thrown; a transaction that is canceled is compensated anyway. */
static void node_throw_and_leave(struct step *step, int32_t slot)
{
	int32_t node = step_token(step, slot)->node;
	if (!node_throw(step, slot))
		return;
	const struct graph_event *compensation = graph_event_of(step->graph, node, EVENT_COMPENSATE);
	if (compensation && !graph_has_event(step->graph, node, EVENT_CANCEL))
		compensation_throw(step, slot, compensation);
	else
		step_leave(step, slot);
}

void node_enter_INTERMEDIATE_THROW_EVENT(struct step *step, int32_t slot)
{
	if (graph_has_event(step->graph, step_token(step, slot)->node, EVENT_LINK))
		step_leave(step, slot);
	else
		node_throw_and_leave(step, slot);
}

void node_enter_END_EVENT(struct step *step, int32_t slot)
{
	node_throw_and_leave(step, slot);
}

/* ---- what ends more than the token ---- */

/* 13.5.6: a terminate end event ends the scope it stands in; the process itself then is terminated, not completed. */
static void node_terminate(struct step *step, int32_t slot)
{
	const struct token *token = step_token(step, slot);
	int32_t scope = token_scope(step, slot);
	if (token->scope_id == 0)
		step->instance->notes.end_status = INSTANCE_TERMINATED;
	else
		ad_hoc_close(step, scope);
	token_cancel_scope(step, token->scope_id, token->id);
	token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
}

/* The message outlives what the catcher evaluates. */
static void node_end_with_error(struct step *step, int32_t slot, const struct graph_event *event)
{
	struct thrown error = {.kind = EVENT_ERROR, .code = event->code};
	struct err err = {0};
	if (event->text && !step_evaluate_text(step, slot, event->text, &error.message, &err)) {
		step_fail_leaving(step, slot, INCIDENT_EXPRESSION, &err);
		return;
	}
	error.message = arena_str(step->context->arena, error.message);
	throw_error(step, slot, &error);
}

void event_end(struct step *step, int32_t slot)
{
	int32_t node = step_token(step, slot)->node;
	const struct graph_event *error = graph_event_of(step->graph, node, EVENT_ERROR);
	if (error)
		node_end_with_error(step, slot, error);
	else if (graph_has_event(step->graph, node, EVENT_CANCEL))
		compensation_cancel_transaction(step, slot);
	else if (graph_has_event(step->graph, node, EVENT_TERMINATE))
		node_terminate(step, slot);
	else
		token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
}
