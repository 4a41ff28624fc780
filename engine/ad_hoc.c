/* SPDX-License-Identifier: Apache-2.0
 *
 * When what begins inside an ad-hoc sub-process, and when it ends. It ends when its completion condition is true: at
 * once, or when what still runs is done (cancelRemainingInstances="false"). Without a condition it ends when nothing
 * runs and nothing is left to begin; with one that is false it then waits for activities that somebody starts.
 */
#include "config.h"

#include "engine/ad_hoc.h"

#include "engine/migrate_map.h"

static const struct str ad_hoc_next = STR_INIT("#next");
static const struct str ad_hoc_done = STR_INIT("#done");

/* Sequential: the next activity in document order begins. False when there is none, or when
 * nothing begins by itself. */
static bool ad_hoc_begin_next(struct step *step, int32_t slot)
{
	const struct graph *graph = step->graph;
	const struct token *scope = step_token(step, slot);
	const struct graph_ad_hoc *ad_hoc = step_node(step, slot)->ad_hoc;
	int64_t node = 0;
	if (!ad_hoc->sequential || ad_hoc->manual)
		return false;
	if (!str_to_int64(step_note(step, slot, ad_hoc_next), &node) || node < 0)
		node = 0;
	while (
		node < graph->node_count && !(graph->nodes[node].scope == scope->node && token_begins_at(graph, (int32_t)node)))
		node++;
	if (node >= graph->node_count)
		return false;
	step_set_note(step, slot, ad_hoc_next, arena_printf(step->context->scratch, "%lld", (long long)node + 1));
	token_create(step, (int32_t)node, step_token(step, slot)->id, GRAPH_NONE);
	return true;
}

/* Behind the counterpart of what has begun last, or of the nearest before it that has one here. */
void ad_hoc_migrated(struct step *step, int32_t scope_slot, const struct migrate_map *map)
{
	int32_t next = 0;
	int64_t node;
	if (!str_to_int64(step_note(step, scope_slot, ad_hoc_next), &node))
		return;
	while (node-- > 0 && next == 0) {
		int32_t target = map->nodes[node];
		bool here = target != GRAPH_NONE && map->to->nodes[target].scope == step_token(step, scope_slot)->node;
		if (here && token_begins_at(map->from, (int32_t)node))
			next = target + 1;
	}
	step_set_note(step, scope_slot, ad_hoc_next, arena_printf(step->context->scratch, "%d", next));
}

void node_enter_AD_HOC_SUB_PROCESS(struct step *step, int32_t slot)
{
	const struct graph_ad_hoc *ad_hoc = step_node(step, slot)->ad_hoc;
	if (!scope_open(step, slot) || ad_hoc->manual)
		return;
	if (!ad_hoc->sequential)
		token_create_starts(step, step_token(step, slot)->node, step_token(step, slot)->id);
	else
		(void)ad_hoc_begin_next(step, slot);
	if (step_token(step, slot)->children == 0)
		step_leave(step, slot);
}

void ad_hoc_close(struct step *step, int32_t scope_slot)
{
	if (step_node(step, scope_slot)->ad_hoc)
		step_set_note(step, scope_slot, ad_hoc_done, STR("true"));
}

bool ad_hoc_is_closed(const struct step *step, int32_t scope_slot)
{
	return step_note(step, scope_slot, ad_hoc_done).ptr != NULL;
}

/* False: the condition failed. */
static bool ad_hoc_ask(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_ad_hoc *ad_hoc = step_node(step, slot)->ad_hoc;
	bool done = false;
	if (!ad_hoc->completion || ad_hoc_is_closed(step, slot))
		return true;
	if (!step_evaluate_condition(step, slot, ad_hoc->completion, &done, err))
		return false;
	if (done)
		ad_hoc_close(step, slot);
	if (done && ad_hoc->cancel_remaining)
		token_cancel_scope(step, step_token(step, slot)->id, 0);
	return true;
}

void ad_hoc_token_ended(struct step *step, int32_t scope_slot)
{
	struct err err = {0};
	if (!ad_hoc_ask(step, scope_slot, &err)) {
		step_fail(step, scope_slot, TOKEN_FAILED_LEAVING, INCIDENT_EXPRESSION, &err);
		return;
	}
	if (step_token(step, scope_slot)->children > 0)
		return;
	if (ad_hoc_is_closed(step, scope_slot))
		step_leave(step, scope_slot);
	else if (!ad_hoc_begin_next(step, scope_slot) && !step_node(step, scope_slot)->ad_hoc->completion)
		step_leave(step, scope_slot);
}

void ad_hoc_resume(struct step *step, int32_t scope_slot)
{
	token_set_state(step, scope_slot, TOKEN_SCOPE);
	ad_hoc_token_ended(step, scope_slot);
}
