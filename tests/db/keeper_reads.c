/* SPDX-License-Identifier: Apache-2.0
 *
 * What the API answers about an instance, built a second time from what was in memory. All reads of all instances are
 * sent before the first answer is looked at.
 */
#include "config.h"

#include "tests/db/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/alloc.h"
#include "base/json.h"
#include "db/reads.h"

/* ---- comparing ---- */

void keeper_compare_json(
	struct world *world, const char *what, int64_t instance_id, struct str expected, struct str got)
{
	if (!world_same_rows(expected, got))
		world_complain(world, "kept: %s of %lld:\n--- in memory\n%.*s\n--- read\n%.*s\n", what, (long long)instance_id,
			STR_ARG(expected), STR_ARG(got));
}

/* ---- what is expected ---- */

/* A finished activity, or a token that stands. */
struct keeper_activity {
	struct activity_row row;
	const struct graph_node *node;
};

struct keeper_activities {
	VEC(struct keeper_activity) list;
};

static int keeper_compare_activities(const void *a, const void *b)
{
	const struct activity_row *x = a, *y = b;
	if (x->started_at != y->started_at)
		return x->started_at < y->started_at ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void keeper_add_tokens(struct keeper_activities *activities, const struct instance *instance)
{
	for (size_t i = 0; instance && i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		const struct activity_row row = {
			.id = token->id,
			.instance_id = instance->id,
			.scope_id = token->scope_id,
			.started_at = token->started_at,
			.loop_counter = token->loop_counter,
			.role = token->role,
		};
		vec_add(&activities->list, ((struct keeper_activity){row, &instance->graph->nodes[token->node]}));
	}
}

static void keeper_write_place(
	struct buf *out, const struct graph_node *node, enum token_role role, int32_t loop_counter, int64_t scope_id)
{
	json_member_str(out, "elementId", node->id);
	json_member_text(out, "elementName", node->name);
	if (role == ROLE_LOOP_BODY)
		json_member_c(out, "type", node->loop->kind == LOOP_STANDARD ? "loopBody" : "multiInstanceBody");
	else
		json_member_str(out, "type", node_kind_name(node->kind));
	json_member(out, "loopCounter");
	if (loop_counter == GRAPH_NONE)
		buf_add_c(out, "null");
	else
		buf_add_int64(out, loop_counter);
	json_member_id(out, "scopeId", scope_id);
}

static void keeper_write_activity(struct buf *out, const struct keeper_activity *activity)
{
	static const char *const outcomes[] = {NULL,
#define X(name, value, text) [value] = (text),
		ACTIVITY_OUTCOME_LIST(X)
#undef X
	};
	const struct activity_row *row = &activity->row;
	json_next(out);
	json_object_begin(out);
	json_member_id(out, "id", row->id);
	json_member_id(out, "instanceId", row->instance_id);
	keeper_write_place(out, activity->node, row->role, row->loop_counter, row->scope_id);
	json_member_time(out, "startedAt", row->started_at);
	json_member_time(out, "endedAt", row->ended_at);
	json_member_c(out, "outcome", outcomes[row->outcome]);
	json_member_text(out, "errorCode", row->error_code);
	json_object_end(out);
}

static void keeper_expect_activities(struct buf *out, struct keeper *keeper, struct world *world, int64_t id)
{
	const struct store *store = world_store(world);
	struct keeper_activities activities = {0};
	(void)keeper;
	for (size_t i = 0; i < store->activities.len; i++) {
		const struct activity_row *row = &store->activities.items[i];
		if (row->instance_id == id)
			vec_add(&activities.list,
				((struct keeper_activity){*row, &world_definition(world, row->definition_id)->nodes[row->node]}));
	}
	keeper_add_tokens(&activities, store_live(store, id));
	if (activities.list.len > 0)
		qsort(activities.list.items, activities.list.len, sizeof *activities.list.items, keeper_compare_activities);
	for (size_t i = 0; i < activities.list.len; i++)
		keeper_write_activity(out, &activities.list.items[i]);
	vec_free(&activities.list);
}

static const struct graph *keeper_graph_then(const struct keeper *keeper, const struct step_row *step)
{
	for (size_t i = 0; i < keeper->steps.len; i++)
		if (keeper->steps.items[i].id == step->id)
			return keeper->steps.items[i].graph;
	return NULL;
}

/* Steps of one instance are stored in their order. */
static void keeper_expect_flows(struct buf *out, struct keeper *keeper, struct world *world, int64_t id)
{
	const struct store *store = world_store(world);
	for (size_t i = 0; i < store->steps.len; i++) {
		const struct step_row *step = &store->steps.items[i];
		const struct graph *graph = step->instance_id == id ? keeper_graph_then(keeper, step) : NULL;
		for (size_t k = 0; graph && k < step->flow_count; k++) {
			const struct graph_flow *flow = &graph->flows[store->flows.items[step->first_flow + k]];
			json_next(out);
			json_object_begin(out);
			json_member_id(out, "id", step->id + 1 + (int64_t)k);
			json_member_str(out, "flowId", flow->id);
			json_member_str(out, "sourceId", graph->nodes[flow->source].id);
			json_member_str(out, "targetId", graph->nodes[flow->target].id);
			json_member_time(out, "takenAt", step->at);
			json_object_end(out);
		}
	}
}

static void keeper_write_step_flows(
	struct buf *out, const struct graph *graph, const struct store *store, const struct step_row *step)
{
	json_member(out, "flows");
	json_array_begin(out);
	for (size_t i = 0; graph && i < step->flow_count; i++) {
		json_next(out);
		json_emit_str(out, graph->flows[store->flows.items[step->first_flow + i]].id);
	}
	json_array_end(out);
}

static void keeper_expect_timeline(struct buf *out, struct keeper *keeper, struct world *world, int64_t id)
{
	const struct store *store = world_store(world);
	for (size_t i = 0; i < store->steps.len; i++) {
		const struct step_row *step = &store->steps.items[i];
		if (step->instance_id != id)
			continue;
		json_next(out);
		json_object_begin(out);
		json_member_id(out, "id", step->id);
		json_member_time(out, "at", step->at);
		json_member_str(out, "command", command_kind_name((enum command_kind)step->command));
		json_member_text(out, "actor", step->actor);
		json_member_text(out, "reason", step->reason);
		json_member_id(out, "subjectId", step->subject_id);
		json_member_id(out, "causeId", step->cause_id);
		keeper_write_step_flows(out, keeper_graph_then(keeper, step), store, step);
		json_member_raw(out, "variables", step->variables.len > 0 ? step->variables : STR("{}"));
		json_member_text(out, "traceId", step->trace);
		json_object_end(out);
	}
}

static int keeper_compare_tokens(const void *a, const void *b)
{
	const struct token *const *x = a, *const *y = b;
	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

static void keeper_write_token(struct buf *out, const struct instance *instance, const struct token *token)
{
	const struct graph *graph = instance->graph;
	json_next(out);
	json_object_begin(out);
	json_member_id(out, "id", token->id);
	json_member_id(out, "instanceId", instance->id);
	keeper_write_place(out, &graph->nodes[token->node], token->role, token->loop_counter, token->scope_id);
	json_member_str(out, "state", token_state_name(token->state));
	json_member_text(out, "flowId", token->flow == GRAPH_NONE ? (struct str){0} : graph->flows[token->flow].id);
	json_member_time(out, "startedAt", token->started_at);
	json_object_end(out);
}

static void keeper_expect_tokens(struct buf *out, struct keeper *keeper, struct world *world, int64_t id)
{
	const struct instance *instance = store_live(world_store(world), id);
	VEC(const struct token *) tokens = {0};
	(void)keeper;
	for (size_t i = 0; instance && i < instance->tokens.len; i++)
		vec_add(&tokens, &instance->tokens.items[i]);
	if (tokens.len > 0)
		qsort(tokens.items, tokens.len, sizeof *tokens.items, keeper_compare_tokens);
	for (size_t i = 0; i < tokens.len; i++)
		keeper_write_token(out, instance, tokens.items[i]);
	vec_free(&tokens);
}

static void keeper_expect_variables(struct buf *out, struct keeper *keeper, struct world *world, int64_t id)
{
	(void)keeper;
	variables_to_json(out, &store_instance(world_store(world), id)->variables);
}

/* ---- reading ---- */

static bool keeper_read_activities(
	struct db *db, int64_t id, const struct db_viewer *viewer, db_on_read on_read, void *context)
{
	return db_read_activities(db, id, viewer, false, on_read, context);
}

struct keeper_question {
	const char *what;
	bool (*read)(struct db *db, int64_t id, const struct db_viewer *viewer, db_on_read on_read, void *context);
	void (*expect)(struct buf *out, struct keeper *keeper, struct world *world, int64_t id);
	bool is_list; /* {"items":[...]} */
};

static const struct keeper_question keeper_questions[] = {
	{"activities", keeper_read_activities, keeper_expect_activities, true},
	{"flows", db_read_flows, keeper_expect_flows, true},
	{"timeline", db_read_timeline, keeper_expect_timeline, true},
	{"tokens", db_read_tokens, keeper_expect_tokens, true},
	{"variables", db_read_variables, keeper_expect_variables, false},
};

struct keeper_answer {
	const struct keeper_question *question;
	int64_t instance_id;
	struct keeper *keeper;
	struct world *world;
	size_t *open;
};

static void keeper_on_read(void *context, const struct db_read_result *result)
{
	struct keeper_answer *answer = context;
	struct buf expected;
	buf_init(&expected, SIZE_MAX);
	if (answer->question->is_list)
		buf_add_c(&expected, "{\"items\":[");
	answer->question->expect(&expected, answer->keeper, answer->world, answer->instance_id);
	if (answer->question->is_list)
		buf_add_c(&expected, "]}");
	if (!result->found)
		world_complain(answer->world, "kept: no %s of %lld: %s", answer->question->what, (long long)answer->instance_id,
			result->failure->message);
	else
		keeper_compare_json(
			answer->world, answer->question->what, answer->instance_id, buf_str(&expected), result->body);
	--*answer->open;
	buf_free(&expected);
	free(answer);
}

/* Over the connection that plans a statement once: half of the time would go into plans. */
static void keeper_ask_about(struct keeper *keeper, struct world *world, int64_t instance_id, size_t *open)
{
	const struct db_viewer viewer = {.user = STR("anna"), .sees_all = true};
	for (size_t i = 0; i < sizeof keeper_questions / sizeof *keeper_questions; i++) {
		struct keeper_answer *answer = alloc_new(struct keeper_answer);
		*answer = (struct keeper_answer){&keeper_questions[i], instance_id, keeper, world, open};
		++*open;
		assert_true(answer->question->read(keeper->fixture->db, instance_id, &viewer, keeper_on_read, answer));
	}
}

void keeper_check_reads(struct keeper *keeper, struct world *world)
{
	const struct store *store = world_store(world);
	size_t open = 0;
	for (size_t i = 0; i < store->live.len; i++)
		keeper_ask_about(keeper, world, store->live.items[i]->id, &open);
	for (size_t i = 0; i < store->ended.len; i++)
		keeper_ask_about(keeper, world, store->ended.items[i]->id, &open);
	while (open > 0)
		event_base_loop(keeper->fixture->base, EVLOOP_ONCE);
}
