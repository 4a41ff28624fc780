/* SPDX-License-Identifier: Apache-2.0
 *
 * Events (13.5): start and boundary events pass their token on, catch events wait, throw events tell whoever catches and go
 * on, end events tell and consume their token.
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

void node_enter_INTERMEDIATE_CATCH_EVENT(struct step *step, int32_t slot)
{
	struct err err = {0};
	int32_t node = step_token(step, slot)->node;
	if (graph_has_event(step->graph, node, EVENT_LINK))
		step_leave(step, slot);
	else if (timer_arm(step, slot, node, &err))
		token_set_state(step, slot, TOKEN_TIMER);
	else
		step_fail_entering(step, slot, INCIDENT_EXPRESSION, &err);
}

static struct thrown node_thrown(const struct graph_event *event)
{
	return (struct thrown){.kind = event->kind, .code = event->code};
}

/* 10.5.5.5: a link is a sequence flow that is not drawn. */
static void node_follow_link(struct step *step, int32_t slot, int32_t target)
{
	token_create(step, target, step_token(step, slot)->scope_id, GRAPH_NONE);
	token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
}

void node_enter_INTERMEDIATE_THROW_EVENT(struct step *step, int32_t slot)
{
	const struct graph_event *event = graph_event(step->graph, step_token(step, slot)->node);
	if (event && event->kind == EVENT_LINK) {
		node_follow_link(step, slot, event->link_target);
		return;
	}
	struct thrown escalation = event ? node_thrown(event) : (struct thrown){0};
	if (!event || throw_escalation(step, slot, &escalation))
		step_leave(step, slot);
}

/* 13.5.6: a terminate end event ends the scope it stands in; the process itself then is terminated, not completed. */
static void node_terminate(struct step *step, int32_t slot)
{
	struct token *token = step_token(step, slot);
	if (token->scope_id == 0)
		step->end_status = INSTANCE_TERMINATED;
	token_cancel_scope(step, token->scope_id, token->id);
	token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
}

void node_enter_END_EVENT(struct step *step, int32_t slot)
{
	const struct graph_event *event = graph_event(step->graph, step_token(step, slot)->node);
	struct thrown thrown = event ? node_thrown(event) : (struct thrown){0};
	if (event && event->kind == EVENT_TERMINATE)
		node_terminate(step, slot);
	else if (event && event->kind == EVENT_ERROR)
		throw_error(step, slot, &thrown);
	else if (!event || throw_escalation(step, slot, &thrown))
		token_end(step, slot, ACTIVITY_COMPLETED, STR(""));
}
