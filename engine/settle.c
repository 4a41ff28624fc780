/* SPDX-License-Identifier: Apache-2.0
 *
 * The order in which a step comes to rest. Each time the first goes on, and then everything is asked again from the
 * front: conditions come before signals, so that all that is true has been heard, and signals before joins, which may
 * still be brought something.
 */
#include "config.h"

#include "engine/settle.h"

#include <stdlib.h>

#include "engine/event.h"
#include "engine/join.h"

/* ---- queues ---- */

static bool unsettled_before(const struct unsettled *a, const struct unsettled *b)
{
	if (a->instance != b->instance)
		return instance_comes_before(a->instance, b->instance);
	return a->scope_id < b->scope_id;
}

static bool unsettled_equal(const struct unsettled *a, const struct unsettled *b)
{
	return a->instance == b->instance && a->scope_id == b->scope_id;
}

/* Where one thing after the other happens in a scope, it stands in the queue once. */
static void queue_add(struct unsettled_queue *queue, struct unsettled added)
{
	size_t at = queue->heap.len;
	if (at > 0 &&
		(unsettled_equal(&queue->heap.items[0], &added) || unsettled_equal(&queue->heap.items[at - 1], &added)))
		return;
	vec_add(&queue->heap, added);
	for (; at > 0 && unsettled_before(&added, &queue->heap.items[(at - 1) / 2]); at = (at - 1) / 2)
		queue->heap.items[at] = queue->heap.items[(at - 1) / 2];
	queue->heap.items[at] = added;
}

/* The last one sinks from the top to its place. */
static void queue_drop(struct unsettled_queue *queue)
{
	struct unsettled *heap = queue->heap.items, last = heap[--queue->heap.len];
	size_t at = 0, len = queue->heap.len;
	for (size_t below; (below = 2 * at + 1) < len; at = below) {
		if (below + 1 < len && unsettled_before(&heap[below + 1], &heap[below]))
			below++;
		if (!unsettled_before(&heap[below], &last))
			break;
		heap[at] = heap[below];
	}
	heap[at] = last;
}

/* The first one, as often as it stands there. */
static struct unsettled queue_take(struct unsettled_queue *queue)
{
	struct unsettled first = queue->heap.items[0];
	while (queue->heap.len > 0 && unsettled_equal(&queue->heap.items[0], &first))
		queue_drop(queue);
	return first;
}

void settle_free(struct settle *settle)
{
	vec_free(&settle->starts.heap);
	vec_free(&settle->written.heap);
	vec_free(&settle->joins.heap);
	vec_free(&settle->resets.heap);
}

/* ---- what the step tells ---- */

void settle_written(struct step *step)
{
	struct unsettled here = {.instance = step->instance};
	if (!step_is_of_tree(step, step->instance))
		return;
	if (!here.instance->notes.variables_written)
		queue_add(&step->settle.written, here);
	if (step->graph->late_joins)
		queue_add(&step->settle.starts, here);
	here.instance->notes.variables_written = true;
}

/* No join stands beside the instances of a loop, and there may be many. */
void settle_moved(struct step *step, const struct token *token)
{
	if (step->graph->late_joins && token->loop_counter == GRAPH_NONE)
		queue_add(&step->settle.joins, (struct unsettled){step->instance, token->scope_id});
}

void settle_moved_id(struct step *step, int64_t token_id)
{
	const struct token *token = step->graph->late_joins ? instance_token(step->instance, token_id) : NULL;
	if (token)
		settle_moved(step, token);
}

static void settle_all_scopes(struct step *step, struct instance *instance)
{
	for (size_t i = 0; i < instance->tokens.len && instance->graph->late_joins; i++)
		if (row_alive(instance->tokens.items[i].mark))
			queue_add(&step->settle.joins, (struct unsettled){instance, instance->tokens.items[i].scope_id});
}

/* Another definition may have other conditions, and its joins other flows. What became true while the instance was
 * suspended comes when it is resumed. */
static void settle_begin(struct step *step)
{
	bool resumed = step->command->kind == COMMAND_RESUME, migrated = step->command->kind == COMMAND_MIGRATE;
	step->settle.begun = true;
	for (size_t i = 0; i < step->stepped.len && (resumed || migrated); i++) {
		struct instance *here = step->stepped.items[i];
		here->notes.variables_written |= resumed;
		queue_add(&step->settle.written, (struct unsettled){.instance = here});
		queue_add(&step->settle.starts, (struct unsettled){.instance = here});
		settle_all_scopes(step, here);
	}
}

/* ---- at rest ---- */

static bool settle_instances(struct step *step, struct unsettled_queue *queue, bool (*ask)(struct step *step))
{
	while (queue->heap.len > 0) {
		struct unsettled first = queue_take(queue);
		if (first.instance->ended_at != 0)
			continue;
		step_switch(step, first.instance);
		if (ask(step))
			return true;
	}
	return false;
}

/* Whether anything went on in the scope: it will be asked again then, since something has moved. */
typedef bool (*settle_ask)(struct step *step, int64_t scope_id);

static bool settle_scopes(
	struct step *step, struct unsettled_queue *queue, settle_ask ask, struct unsettled_queue *then)
{
	while (queue->heap.len > 0) {
		struct unsettled first = queue_take(queue);
		if (first.instance->ended_at != 0 || first.instance->status == INSTANCE_SUSPENDED)
			continue;
		step_switch(step, first.instance);
		step_charge(step, join_breadth(step, first.scope_id));
		if (then)
			queue_add(then, first);
		if (ask(step, first.scope_id))
			return true;
	}
	return false;
}

bool settle_any(struct step *step)
{
	struct settle *settle = &step->settle;
	if (!settle->begun)
		settle_begin(step);
	return settle_instances(step, &settle->starts, complex_start_any) ||
	       settle_instances(step, &settle->written, event_conditions_any) || step_throw_one(step) ||
	       settle_scopes(step, &settle->joins, inclusive_join_any, &settle->resets) ||
	       settle_scopes(step, &settle->resets, complex_reset_any, NULL);
}
