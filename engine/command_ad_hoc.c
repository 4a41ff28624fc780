/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting an activity of an ad-hoc sub-process: one of those that need no incoming flow, as
 * often as somebody wants it.
 */
#include "config.h"

#include "engine/step.h"

#include "engine/ad_hoc.h"

/* The activity that the command names; GRAPH_NONE with err. */
static int32_t start_activity_node(const struct step *step, struct err *err)
{
	const struct graph *graph = step->graph;
	struct str id = step->command->name;
	int32_t node = graph_find_node(graph, id), scope = node == GRAPH_NONE ? GRAPH_NONE : graph->nodes[node].scope;
	if (scope == GRAPH_NONE || !graph->nodes[scope].ad_hoc) {
		err_set(err, ERR_NOT_FOUND, "no ad-hoc sub-process has an activity %.*s", STR_ARG(id));
		return GRAPH_NONE;
	}
	if (token_begins_at(graph, node))
		return node;
	err_set(err, ERR_CONFLICT, "%.*s does not begin by itself", STR_ARG(id));
	return GRAPH_NONE;
}

/* Slot of the one sub-process that is meant; GRAPH_NONE with err. */
static int32_t start_activity_scope(const struct step *step, int32_t node, struct err *err)
{
	struct str name = step->graph->nodes[node].id;
	int64_t named = step->command->subject_id;
	int32_t found = GRAPH_NONE, count = 0;
	for (size_t i = 0; i < step->instance->tokens.len; i++) {
		const struct token *token = &step->instance->tokens.items[i];
		bool here = row_alive(token->mark) && token->node == node && token->role == ROLE_PLAIN;
		if (!here || (named != 0 && token->id != named))
			continue;
		found = (int32_t)i;
		count++;
	}
	if (count == 1)
		return found;
	if (count > 1)
		err_set(err, ERR_CONFLICT, "%.*s is active %d times: say which of them", STR_ARG(name), count);
	else
		err_set(err, ERR_CONFLICT, "%.*s is not active", STR_ARG(name));
	return GRAPH_NONE;
}

static bool start_activity_is_allowed(const struct step *step, int32_t scope, struct err *err)
{
	const struct token *token = step_token(step, scope);
	const struct graph_node *node = step_node(step, scope);
	if (token->state != TOKEN_SCOPE)
		return err_set(err, ERR_CONFLICT, "%.*s is %.*s", STR_ARG(node->id), STR_ARG(token_state_name(token->state)));
	if (ad_hoc_is_closed(step, scope))
		return err_set(err, ERR_CONFLICT, "%.*s is about to end, nothing new begins in it", STR_ARG(node->id));
	if (node->ad_hoc->sequential && token->children > 0)
		return err_set(
			err, ERR_CONFLICT, "%.*s does one activity after another, and one is running", STR_ARG(node->id));
	return true;
}

bool command_START_ACTIVITY(struct step *step, struct err *err)
{
	const struct command *command = step->command;
	if (!command_is_current(step, err))
		return false;
	if (step->instance->status == INSTANCE_SUSPENDED)
		return err_set(err, ERR_CONFLICT, "the instance is suspended");
	int32_t node = start_activity_node(step, err);
	if (node == GRAPH_NONE)
		return false;
	int32_t scope = start_activity_scope(step, step->graph->nodes[node].scope, err);
	if (scope == GRAPH_NONE || !start_activity_is_allowed(step, scope, err))
		return false;
	int32_t slot = token_create(step, node, step_token(step, scope)->id, GRAPH_NONE);
	for (size_t i = 0; i < command->variable_count; i++)
		step_set_local_variable(step, slot, command->variables[i].name, command->variables[i].json);
	return true;
}
