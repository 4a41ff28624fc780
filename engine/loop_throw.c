/* SPDX-License-Identifier: Apache-2.0
 *
 * The behavior of a multi-instance activity (Table 10.29): which events are thrown when one of its instances is done.
 * They are thrown from the instance, so that the boundary of the body catches, as it does what happens inside.
 *
 * A signal may complete other instances, which throw it again: each waits for its turn, so that no chain of them is
 * deeper than one.
 */
#include "config.h"

#include "engine/loop.h"

#include "engine/compensation.h"
#include "engine/event.h"

static const struct str loop_thrown = STR_INIT("#thrown");

static int32_t loop_event_count(const struct graph_loop *loop, bool first)
{
	if (loop->behavior == LOOP_COMPLEX)
		return loop->complex_event_count;
	return loop->behavior == LOOP_NONE || (loop->behavior == LOOP_ONE && first);
}

/* The event that definition `index` throws; GRAPH_NONE: nothing, its condition is false. */
static bool loop_choose(struct step *step, int32_t slot, int32_t index, int32_t *event, struct err *err)
{
	const struct graph_loop *loop = step_node(step, slot)->loop;
	bool is_true = true;
	*event = loop->event;
	if (loop->behavior != LOOP_COMPLEX)
		return true;
	const struct graph_loop_event *complex = &loop->complex_events[index];
	if (!step_evaluate_condition(step, slot, complex->condition, &is_true, err))
		return false;
	*event = is_true ? complex->event : GRAPH_NONE;
	return true;
}

/* What is compensated stands beside the activity, so the body throws; it waits for no handler. */
static enum loop_thrown loop_throw_one(
	struct step *step, int32_t slot, const struct graph_event *event, struct err *err)
{
	int64_t id = step_token(step, slot)->id;
	if (event->kind == EVENT_COMPENSATE)
		compensation_throw(step, token_scope(step, slot), event);
	else if (event->kind == EVENT_ESCALATION)
		(void)throw_escalation(step, slot, &(struct thrown){.kind = EVENT_ESCALATION, .code = event->code});
	else if (!event_send(step, slot, event, err))
		return LOOP_FAILED;
	return token_is_there(step, slot, id) ? LOOP_THROWN : LOOP_GONE;
}

bool loop_is_done(const struct step *step, int32_t slot)
{
	return step_node(step, slot)->loop && variables_get(&step_token(step, slot)->variables, loop_thrown).ptr;
}

/* Its work is over: nothing of it may still be open while it waits. */
static void loop_throw_later(struct step *step, int32_t slot)
{
	if (step_token(step, slot)->state != TOKEN_READY)
		token_end_waits(step, slot, ACTIVITY_COMPLETED);
	token_throw_later(step, slot);
}

enum loop_thrown loop_throw(struct step *step, int32_t slot, bool first, bool now, struct err *err)
{
	int32_t count = loop_event_count(step_node(step, slot)->loop, first), event;
	for (int32_t i = count > 0 ? loop_number(step, slot, loop_thrown) : 0; i < count; i++) {
		if (!loop_choose(step, slot, i, &event, err))
			return LOOP_FAILED;
		if (event == GRAPH_NONE)
			continue;
		const struct graph_event *definition = &step->graph->events[event];
		bool later = definition->kind == EVENT_SIGNAL && !now;
		enum loop_thrown thrown = later ? LOOP_LATER : loop_throw_one(step, slot, definition, err);
		if (thrown == LOOP_GONE)
			return LOOP_GONE;
		step_set_note(
			step, slot, loop_thrown, arena_printf(step->context->scratch, "%d", thrown == LOOP_THROWN ? i + 1 : i));
		if (later)
			loop_throw_later(step, slot);
		if (thrown != LOOP_THROWN)
			return thrown;
	}
	return LOOP_THROWN;
}
