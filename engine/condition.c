/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditional events (10.5.5): a condition comes when it becomes true. So its row keeps what it was when last asked,
 * and it is asked when it begins to wait, and again whenever a step that has written variables comes to rest.
 *
 * A condition that reads a variable which is not set yet is not true yet. One that fails otherwise stops the token that
 * waits for it, a catch event's or a gateway's, with an incident; where an activity or a scope runs meanwhile, it is
 * not true.
 */
#include "config.h"

#include "engine/event.h"

#include <stdlib.h>

#include "engine/mapping.h"

#define CONDITION_ROWS 64 /* asking one takes as long as looking at so many rows */

/* The token does nothing but wait: at the event itself, or at the gateway before it. */
static bool condition_is_all_that_it_waits_for(const struct step *step, const struct subscription *row, int32_t slot)
{
	return slot != GRAPH_NONE &&
	       (step_token(step, slot)->node == row->node || step_node(step, slot)->kind == NODE_EVENT_BASED_GATEWAY);
}

static bool condition_is_true(
	struct step *step, const struct subscription *row, int32_t slot, bool *is_true, struct err *err)
{
	const struct expr *condition = step->graph->events[row->event].condition;
	struct err why = {0};
	*is_true = false;
	if (step_evaluate_condition(step, slot, condition, is_true, &why))
		return true;
	*is_true = false;
	if (mapping_missing(step, slot, condition).ptr || !condition_is_all_that_it_waits_for(step, row, slot))
		return true;
	if (err)
		*err = why;
	return false;
}

static int32_t condition_slot(const struct step *step, const struct subscription *row)
{
	return row->token_id == 0 ? GRAPH_NONE : token_slot(step, row->token_id);
}

static struct subscription *condition_row(struct step *step, size_t index)
{
	struct subscription *row = &step->instance->subscriptions.items[index];
	return row->kind == SUBSCRIPTION_CONDITION && row_alive(row->mark) ? row : NULL;
}

static void condition_note(struct subscription *row, bool is_true)
{
	if (row->satisfied == is_true)
		return;
	row->satisfied = is_true;
	row_change(&row->mark);
}

/* It comes if it has become true. False with err: it failed, and its token cannot wait. */
static bool condition_ask(struct step *step, struct subscription *row, bool *came, struct err *err)
{
	bool is_true;
	if (!condition_is_true(step, row, condition_slot(step, row), &is_true, err))
		return false;
	*came = is_true && !row->satisfied;
	condition_note(row, is_true);
	if (*came)
		event_come(step, &(struct event_coming){.token_id = row->token_id, .node = row->node, .event = row->event});
	return true;
}

/* What comes may end waits, and makes no new ones before its turn. */
bool condition_ask_from(struct step *step, size_t first, struct err *err)
{
	for (size_t i = first; i < step->instance->subscriptions.len; i++) {
		struct subscription *row = condition_row(step, i);
		bool came;
		if (row && !condition_ask(step, row, &came, err))
			return false;
	}
	return true;
}

void condition_note_from(struct step *step, size_t first)
{
	for (size_t i = first; i < step->instance->subscriptions.len; i++) {
		struct subscription *row = condition_row(step, i);
		bool is_true;
		if (row && condition_is_true(step, row, condition_slot(step, row), &is_true, NULL))
			condition_note(row, is_true);
	}
}

/* One that names variables is asked when one of them was written, or a token's own; or for another reason. */
static bool condition_concerns(const struct step *step, const struct subscription *row)
{
	const struct graph_names *names = &step->graph->events[row->event].variables;
	const struct instance_notes *notes = &step->instance->notes;
	if (names->count == 0 || notes->locals_written || notes->changed_names.len == 0)
		return true;
	for (int32_t i = 0; i < names->count; i++)
		for (size_t k = 0; k < notes->changed_names.len; k++)
			if (str_equal(names->items[i], notes->changed_names.items[k]))
				return true;
	return false;
}

struct condition_turn {
	size_t index;
	int64_t id;
	int32_t depth;
};

/* Outer before inner, then by id: rows stand in another order in a cached instance than in one loaded anew. */
static int condition_order(const void *a, const void *b)
{
	const struct condition_turn *left = a, *right = b;
	if (left->depth != right->depth)
		return left->depth - right->depth;
	return (left->id > right->id) - (left->id < right->id);
}

typedef VEC(struct condition_turn) condition_list;

static void condition_collect(struct step *step, bool concerned, condition_list *turns)
{
	size_t count;
	const int32_t *slots = instance_conditions(step->instance, &count);
	for (size_t i = 0; i < count; i++) {
		const struct subscription *row = &step->instance->subscriptions.items[slots[i]];
		if (!concerned || condition_concerns(step, row))
			vec_add(turns, ((struct condition_turn){(size_t)slots[i], row->id, token_depth(step, row->token_id)}));
	}
	step_charge(step, count + turns->len * CONDITION_ROWS);
	if (turns->len > 0)
		qsort(turns->items, turns->len, sizeof *turns->items, condition_order);
}

static bool condition_take_turn(struct step *step, const struct condition_turn *turn)
{
	struct subscription *row = condition_row(step, turn->index);
	struct err err = {0};
	bool came = false;
	if (row && !condition_ask(step, row, &came, &err))
		step_fail_entering(step, condition_slot(step, row), INCIDENT_EXPRESSION, &err);
	return came;
}

static bool condition_ask_some(struct step *step, bool concerned)
{
	condition_list turns = {0};
	bool any = false;
	condition_collect(step, concerned, &turns);
	for (size_t i = 0; i < turns.len && step->instance->ended_at == 0; i++)
		any |= condition_take_turn(step, &turns.items[i]);
	vec_free(&turns);
	return any;
}

static bool condition_is_awaited(const struct instance *instance)
{
	size_t count;
	(void)instance_conditions(instance, &count);
	return count > 0;
}

void condition_ask_tree(struct step *step)
{
	struct instance *before = step->instance;
	for (struct instance *here = NULL; (here = instance_next(step->root, here));) {
		if (here->ended_at != 0 || here->status == INSTANCE_SUSPENDED || !condition_is_awaited(here))
			continue;
		step_switch(step, here);
		condition_ask_some(step, false);
	}
	step_switch(step, before);
}

bool event_conditions_any(struct step *step)
{
	struct instance_notes *notes = &step->instance->notes;
	if (!notes->variables_written || step->instance->status == INSTANCE_SUSPENDED)
		return false;
	notes->variables_written = false;
	return condition_ask_some(step, true);
}
