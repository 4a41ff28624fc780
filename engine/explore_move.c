/* SPDX-License-Identifier: Apache-2.0
 *
 * What can come from outside: work that is done or ends with an error, messages, signals. In the
 * model nothing else waits.
 */
#include "config.h"

#include "engine/explore_private.h"

#define MOVE_CODES_MAX 64

/* The bits that the event would set; false: it has come as often as it may. */
static bool move_may_come(
	struct explorer *explorer, const struct explore_state *state, int32_t event, uint64_t *repeated)
{
	int32_t bit = explorer->repeating[event];
	if (bit == GRAPH_NONE)
		return true;
	if (bit >= EXPLORE_REPEATING_MAX) {
		explorer->out->complete = false;
		return false;
	}
	*repeated |= UINT64_C(1) << bit;
	return !(state->repeated >> bit & 1);
}

static void move_messages(struct explorer *explorer, const struct explore_state *state)
{
	for (size_t i = 0; i < state->instance->subscriptions.len && explorer->work > 0; i++) {
		const struct subscription *row = &state->instance->subscriptions.items[i];
		uint64_t repeated = 0;
		if (row->kind != SUBSCRIPTION_MESSAGE || !move_may_come(explorer, state, row->event, &repeated))
			continue;
		explore_command(explorer, state, repeated, (struct command){.kind = COMMAND_MESSAGE, .subject_id = row->id});
	}
}

/* A signal comes to all that wait for it: once for each name, as long as it brings somebody something new. */
static void move_signal(struct explorer *explorer, const struct explore_state *state, struct str name)
{
	uint64_t repeated = 0;
	bool comes = false;
	for (size_t i = 0; i < state->instance->subscriptions.len; i++) {
		const struct subscription *row = &state->instance->subscriptions.items[i];
		if (row->kind == SUBSCRIPTION_SIGNAL && str_equal(row->name, name))
			comes |= move_may_come(explorer, state, row->event, &repeated);
	}
	if (comes)
		explore_command(explorer, state, repeated, (struct command){.kind = COMMAND_SIGNAL, .name = name});
}

static void move_signals(struct explorer *explorer, const struct explore_state *state)
{
	struct map names = {0};
	for (size_t i = 0; i < state->instance->subscriptions.len && explorer->work > 0; i++) {
		const struct subscription *row = &state->instance->subscriptions.items[i];
		if (row->kind == SUBSCRIPTION_SIGNAL && !map_put(&names, row->name, explorer))
			move_signal(explorer, state, row->name);
	}
	map_free(&names);
}

/* The codes of errors that somebody around the node would catch; an empty one is caught with any code. */
static size_t move_codes(const struct graph *graph, int32_t node, struct str *codes)
{
	size_t count = 0;
	for (int32_t i = 0; i < graph->event_count && count < MOVE_CODES_MAX; i++) {
		const struct graph_event *event = &graph->events[i];
		const struct graph_node *catcher = &graph->nodes[event->node];
		bool starts = catcher->kind == NODE_START_EVENT && catcher->scope != GRAPH_NONE;
		if (event->kind != EVENT_ERROR || (catcher->attached_to == GRAPH_NONE && !starts))
			continue;
		int32_t guarded = starts ? graph->nodes[catcher->scope].scope : catcher->attached_to, around = node;
		while (around != guarded && around != GRAPH_NONE)
			around = graph->nodes[around].scope;
		if (around == guarded)
			codes[count++] = event->code.len > 0 ? event->code : STR("any");
	}
	return count;
}

static bool move_is_repeated(const struct str *codes, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (str_equal(codes[i], codes[index]))
			return true;
	return false;
}

/* People do not throw errors; workers, scripts and called processes do. */
static void move_errors(struct explorer *explorer, const struct explore_state *state, struct command command)
{
	struct str codes[MOVE_CODES_MAX];
	const struct token *token = instance_token(state->instance, command.token_id);
	if (explorer->graph->nodes[token->node].kind == NODE_USER_TASK)
		return;
	size_t count = move_codes(explorer->graph, token->node, codes);
	command.kind = COMMAND_JOB_ERROR;
	for (size_t i = 0; i < count && explorer->work > 0; i++) {
		command.error_code = codes[i];
		if (!move_is_repeated(codes, i))
			explore_command(explorer, state, 0, command);
	}
}

static void move_jobs(struct explorer *explorer, const struct explore_state *state)
{
	for (size_t i = 0; i < state->instance->jobs.len && explorer->work > 0; i++) {
		const struct job *job = &state->instance->jobs.items[i];
		const struct command done = {.kind = COMMAND_JOB_COMPLETE, .subject_id = job->id, .token_id = job->token_id};
		explore_command(explorer, state, 0, done);
		move_errors(explorer, state, done);
	}
}

void explore_expand(struct explorer *explorer, struct explore_state *state)
{
	move_jobs(explorer, state);
	move_messages(explorer, state);
	move_signals(explorer, state);
	instance_free(state->instance);
	state->instance = NULL;
}
