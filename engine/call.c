/* SPDX-License-Identifier: Apache-2.0
 *
 * Both ends of a call. Going in: which process, with which variables. Coming out: results, an error or a cancellation.
 * The step is about one instance at a time, so each end switches to the other instance and back.
 */
#include "config.h"

#include "engine/call.h"

#include <stdlib.h>

#include "base/buf.h"
#include "engine/mapping.h"

/* ---- going in ---- */

static int32_t call_depth(const struct instance *instance)
{
	int32_t depth = 0;
	for (; instance->parent; instance = instance->parent)
		depth++;
	return depth;
}

static bool call_version(struct step *step, int32_t slot, struct call_request *request, struct err *err)
{
	const struct graph_call *call = step_node(step, slot)->call;
	if (request->binding == CALL_VERSION)
		return step_evaluate_integer(step, slot, call->version, &request->version, err);
	return request->binding != CALL_VERSION_TAG || step_evaluate_text(step, slot, call->version, &request->tag, err);
}

/* False with err, or without when the process has to be fetched first. */
static bool call_find_target(struct step *step, int32_t slot, struct call_target *target, struct err *err)
{
	const struct graph_call *call = step_node(step, slot)->call;
	struct call_request request = {.caller = step->instance, .binding = call->binding};
	if (!step_evaluate_text(step, slot, call->key, &request.key, err) || !call_version(step, slot, &request, err))
		return false;
	if (!step->context->find_called)
		return err_set(err, ERR_CONFLICT, "there is no process %.*s", STR_ARG(request.key));
	switch (step->context->find_called(step->context->find_context, &request, target, err)) {
	case CALL_FOUND:
		return true;
	case CALL_UNKNOWN:
		return false;
	case CALL_MISSING:
		step->missing = true;
		return false;
	}
	return false;
}

static bool call_evaluate(
	struct step *step, int32_t slot, struct str *business_key, struct variables *variables, struct err *err)
{
	const struct graph_call *call = step_node(step, slot)->call;
	struct buf object;
	buf_init(&object, EXPR_MEMORY_MAX);
	bool good = (!call->business_key || step_evaluate_text(step, slot, call->business_key, business_key, err)) &&
	            mapping_object(step, slot, &call->in, call->all_in, &object, err) &&
	            variables_from_json(variables, buf_str(&object), err);
	buf_free(&object);
	return good;
}

/* The new instance begins; should it not be able to, it is canceled, and the caller tells why. */
static bool call_begin(struct step *step, struct instance *child, struct err *err)
{
	struct instance *before = step_switch(step, child);
	bool begun = begin_instance(step, err);
	if (!begun)
		step_end_instance(step, INSTANCE_CANCELED);
	step_switch(step, before);
	return begun;
}

static bool call_start(struct step *step, int32_t slot, const struct call_target *target, struct err *err)
{
	struct str business_key = {0};
	struct variables variables = {0};
	if (!call_evaluate(step, slot, &business_key, &variables, err)) {
		variables_free(&variables);
		return false;
	}
	struct instance *child = instance_new(&(struct instance_facts){
		.id = step_take_id(step),
		.definition_id = target->definition_id,
		.graph = target->graph,
		.business_key = business_key,
		.tenant = step->instance->tenant,
		.started_by = step->command->actor.user,
		.started_at = step->context->now,
		.parent = step->instance,
		.caller_id = step_token(step, slot)->id,
	});
	child->variables = variables;
	token_set_state(step, slot, TOKEN_CALL);
	return call_begin(step, child, err);
}

void node_enter_CALL_ACTIVITY(struct step *step, int32_t slot)
{
	struct err err = {0};
	struct call_target target = {0};
	enum incident_type type = INCIDENT_CALL;
	bool good = false;
	if (call_depth(step->instance) + 1 >= CALL_DEPTH_MAX) {
		type = INCIDENT_TOO_DEEP;
		err_set(&err, ERR_CONFLICT, "more than %d calls in one another", CALL_DEPTH_MAX);
	} else if (call_find_target(step, slot, &target, &err)) {
		type = INCIDENT_EXPRESSION;
		good = call_start(step, slot, &target, &err);
	}
	if (!good && !step->missing)
		step_fail_entering(step, slot, err.code == ERR_EXPRESSION ? INCIDENT_EXPRESSION : type, &err);
}

/* ---- coming out ---- */

/* The call activity's token in the caller, for the present instance; GRAPH_NONE: it has gone.
 * Switches to the caller. */
static int32_t call_switch_to_caller(struct step *step)
{
	int64_t caller_id = step->instance->caller_id;
	step_switch(step, step->instance->parent);
	return token_slot(step, caller_id);
}

void call_return(struct step *step)
{
	struct instance *ended = step->instance;
	struct err err = {0};
	if (!ended->parent)
		return;
	int32_t slot = call_switch_to_caller(step);
	if (slot != GRAPH_NONE && call_take_results(step, slot, ended, &err))
		step_leave(step, slot);
	else if (slot != GRAPH_NONE) {
		call_keep(step, slot, ended);
		step_fail_leaving(step, slot, INCIDENT_EXPRESSION, &err);
	}
	step_switch(step, ended);
}

/* Results reach the caller also where an error does (10.3.6); what cannot be evaluated then is left out. */
void call_throw(struct step *step, const struct thrown *error)
{
	struct instance *ended = step->instance;
	int32_t slot = call_switch_to_caller(step);
	if (slot != GRAPH_NONE) {
		(void)call_take_results(step, slot, ended, NULL);
		throw_error(step, slot, error);
	}
	step_switch(step, ended);
}

bool call_escalate(struct step *step, const struct thrown *escalation)
{
	struct instance *thrower = step->instance;
	int32_t slot = call_switch_to_caller(step);
	bool goes_on = slot == GRAPH_NONE || throw_escalation(step, slot, escalation);
	step_switch(step, thrower);
	return goes_on && thrower->ended_at == 0;
}

void call_canceled(struct step *step)
{
	struct instance *ended = step->instance;
	struct err err = {0};
	if (!ended->parent)
		return;
	int32_t slot = call_switch_to_caller(step);
	err_set(&err, ERR_CONFLICT, "the called instance %lld was canceled", (long long)ended->id);
	if (slot != GRAPH_NONE)
		step_fail_entering(step, slot, INCIDENT_CALL, &err);
	step_switch(step, ended);
}

void call_end(struct step *step, const struct token *token)
{
	struct instance *child = instance_called_by(step->instance, token->id);
	if (!child)
		return;
	struct instance *before = step_switch(step, child);
	step_end_instance(step, INSTANCE_CANCELED);
	step_switch(step, before);
}
