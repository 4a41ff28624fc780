/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops go round here: how many instances there are, what each of them gets, and what follows when one is done.
 *
 *     the token ──► body ──┬─► instance 0 ──► done ─┬─► next instance (sequential, standard)
 *                   scope  ├─► instance 1 ──► done  ├─► wait for the others (parallel)
 *                          └─► ...                  └─► all done, or enough: the rest is canceled, the body is left
 *
 * A standard loop is a sequential one whose number of passes is not known beforehand.
 */
#include "config.h"

#include "engine/loop.h"

#include "base/buf.h"
#include "engine/compensation.h"
#include "engine/event.h"
#include "engine/mapping.h"

static const struct str loop_terminated = STR_INIT("nrOfTerminatedInstances");

struct loop_plan {
	int32_t count;           /* of a standard loop: 1, or no pass at all */
	const struct str *items; /* JSON, by index; NULL: nobody asks for them */
};

static int32_t loop_limit(struct step *step)
{
	int32_t share = step_limits(step, LIMIT_STEP_BUDGET)->step_budget / 2;
	return share < LOOP_INSTANCES_MAX ? share : LOOP_INSTANCES_MAX;
}

int32_t loop_number(const struct step *step, int32_t slot, struct str name)
{
	int64_t number;
	if (!str_to_int64(variables_get(&step_token(step, slot)->variables, name), &number) || number < 0)
		return 0;
	return number < LOOP_INSTANCES_MAX ? (int32_t)number : LOOP_INSTANCES_MAX;
}

void loop_set_number(struct step *step, int32_t slot, struct str name, int32_t number)
{
	step_set_local_variable(step, slot, name, arena_printf(step->context->scratch, "%d", number));
}

static struct str loop_note(const struct step *step, const char *what, int32_t index)
{
	return arena_printf(step->context->scratch, "#%s%d", what, index);
}

/* ---- How many ---- */

static bool loop_cardinality(struct step *step, int32_t slot, int32_t *count, struct err *err)
{
	const struct expr *cardinality = step_node(step, slot)->loop->cardinality;
	if (!step_evaluate_integer(step, slot, cardinality, count, err))
		return false;
	return *count >= 0 || err_set(err, ERR_EXPRESSION, "expected a number of instances, got %d in %.*s", *count,
							  STR_ARG(str_slice(expr_source(cardinality), 0, 200)));
}

static bool loop_collection(struct step *step, int32_t slot, struct value *list, struct err *err)
{
	const struct expr *collection = step_node(step, slot)->loop->collection;
	if (!step_evaluate(step, slot, collection, list, err))
		return false;
	return list->kind == VALUE_LIST ||
	       err_set(err, ERR_EXPRESSION, "expected a list to go through, got %s in %.*s", value_kind_name(list->kind),
			   STR_ARG(str_slice(expr_source(collection), 0, 200)));
}

/* The items as they are now: what is written to the collection later changes nothing. */
static bool loop_plan_items(struct step *step, const struct value *list, struct loop_plan *plan, struct err *err)
{
	struct str *items = arena_array(step->context->arena, (size_t)plan->count, sizeof *items);
	struct buf json;
	bool good = true;
	buf_init(&json, SIZE_MAX);
	for (int32_t i = 0; good && i < plan->count; i++) {
		buf_clear(&json);
		good = value_to_json(&json, &list->list.items[i], err);
		items[i] = arena_str(step->context->arena, buf_str(&json));
	}
	buf_free(&json);
	plan->items = items;
	return good;
}

/* With a cardinality and a collection the smaller number counts: there is no instance without an item. */
static bool loop_plan_instances(struct step *step, int32_t slot, struct loop_plan *plan, struct err *err)
{
	const struct graph_loop *loop = step_node(step, slot)->loop;
	struct value list = {.kind = VALUE_LIST};
	plan->count = INT32_MAX;
	if (loop->cardinality && !loop_cardinality(step, slot, &plan->count, err))
		return false;
	if (loop->collection && !loop_collection(step, slot, &list, err))
		return false;
	if (loop->collection && list.list.len < (size_t)plan->count)
		plan->count = (int32_t)list.list.len;
	if (plan->count > loop_limit(step))
		return err_set(err, ERR_TOO_LARGE, "%d instances, and a step can make %d", plan->count, loop_limit(step));
	return loop->element_variable.len == 0 || !loop->collection || loop_plan_items(step, &list, plan, err);
}

/* Whether a standard loop has another pass behind so many; the condition sees that number as loopCounter. */
static bool loop_goes_on(struct step *step, int32_t slot, int32_t passes, bool *on, struct err *err)
{
	const struct graph_loop *loop = step_node(step, slot)->loop;
	*on = loop->maximum == GRAPH_NONE || passes < loop->maximum;
	if (!*on || !loop->condition)
		return true;
	loop_set_number(step, slot, STR("loopCounter"), passes);
	return step_evaluate_condition(step, slot, loop->condition, on, err);
}

static bool loop_plan_make(struct step *step, int32_t slot, struct loop_plan *plan, struct err *err)
{
	const struct graph_loop *loop = step_node(step, slot)->loop;
	bool on = true;
	if (loop->kind != LOOP_STANDARD)
		return loop_plan_instances(step, slot, plan, err);
	if (loop->test_before && !loop_goes_on(step, slot, 0, &on, err))
		return false;
	plan->count = on;
	return true;
}

/* ---- The body ---- */

static void loop_create(struct step *step, int32_t body, int32_t index, struct str item)
{
	struct str variable = step_node(step, body)->loop->element_variable;
	int32_t slot = token_create(step, step_token(step, body)->node, step_token(step, body)->id, GRAPH_NONE);
	step_token(step, slot)->loop_counter = index;
	loop_set_number(step, slot, STR("loopCounter"), index);
	if (item.ptr && variable.len > 0)
		step_set_local_variable(step, slot, variable, item);
}

/* A standard loop does not count: nobody knows how many there will be. */
static void loop_set_counts(struct step *step, int32_t body, int32_t active, int32_t completed)
{
	if (step_node(step, body)->loop->kind == LOOP_STANDARD)
		return;
	loop_set_number(step, body, STR("nrOfActiveInstances"), active);
	loop_set_number(step, body, STR("nrOfCompletedInstances"), completed);
}

static void loop_write_results(struct step *step, int32_t body)
{
	struct str collection = step_node(step, body)->loop->output_collection;
	int32_t count = loop_number(step, body, STR("nrOfInstances"));
	struct buf list;
	if (collection.len == 0)
		return;
	buf_init(&list, SIZE_MAX);
	buf_add_char(&list, '[');
	for (int32_t i = 0; i < count; i++) {
		struct str result = step_note(step, body, loop_note(step, "result", i));
		if (i > 0)
			buf_add_char(&list, ',');
		buf_add_str(&list, result.ptr ? result : STR("null"));
	}
	buf_add_char(&list, ']');
	step_set_variable(step, token_scope(step, body), collection, buf_str(&list));
	buf_free(&list);
}

static void loop_leave(struct step *step, int32_t body)
{
	loop_write_results(step, body);
	step_leave(step, body);
}

static void loop_begin(struct step *step, int32_t body, const struct loop_plan *plan)
{
	enum loop_kind kind = step_node(step, body)->loop->kind;
	int32_t at_once = kind == LOOP_PARALLEL || plan->count == 0 ? plan->count : 1;
	if (kind != LOOP_STANDARD) {
		loop_set_number(step, body, STR("nrOfInstances"), plan->count);
		loop_set_number(step, body, loop_terminated, 0);
	}
	loop_set_counts(step, body, at_once, 0);
	for (int32_t i = 0; i < at_once; i++)
		loop_create(step, body, i, plan->items ? plan->items[i] : (struct str){0});
	for (int32_t i = at_once; plan->items && i < plan->count; i++)
		step_set_note(step, body, loop_note(step, "item", i), plan->items[i]);
	if (plan->count == 0)
		loop_leave(step, body);
}

/* An activity that is not done even once waits for no boundary event. */
void loop_enter(struct step *step, int32_t slot)
{
	struct loop_plan plan = {0};
	struct err err = {0};
	int64_t id = step_token(step, slot)->id;
	step_token(step, slot)->role = ROLE_LOOP_BODY;
	token_set_state(step, slot, TOKEN_SCOPE);
	if (!loop_plan_make(step, slot, &plan, &err) || (plan.count > 0 && !event_wait_boundaries(step, slot, &err)))
		step_fail_entering(step, slot, err.code == ERR_TOO_LARGE ? INCIDENT_TOO_MANY : event_incident_type(&err), &err);
	else if (token_is_there(step, slot, id))
		loop_begin(step, slot, &plan);
}

/* ---- One instance is done ---- */

/* How many were done before this one. Those that run tell, for whoever fails to be left still runs. */
static int32_t loop_completed(const struct step *step, int32_t slot, int32_t body)
{
	int32_t all = loop_number(step, body, STR("nrOfInstances")), active = step_token(step, body)->children;
	int32_t terminated = loop_number(step, body, loop_terminated);
	int32_t others =
		step_node(step, slot)->loop->kind == LOOP_PARALLEL ? all - active : step_token(step, slot)->loop_counter;
	return others > terminated ? others - terminated : 0;
}

/* The loop ends with this instance, whatever is left. */
static bool loop_is_over(struct step *step, int32_t slot, bool *over, struct err *err)
{
	const struct graph_loop *loop = step_node(step, slot)->loop;
	bool on;
	*over = false;
	if (loop->kind != LOOP_STANDARD)
		return !loop->completion || step_evaluate_condition(step, slot, loop->completion, over, err);
	if (!loop_goes_on(step, slot, step_token(step, slot)->loop_counter + 1, &on, err))
		return false;
	*over = !on;
	return true;
}

static bool loop_keep_result(struct step *step, int32_t slot, int32_t body, struct err *err)
{
	const struct graph_loop *loop = step_node(step, slot)->loop;
	const struct graph_assignment result = {.target = loop->output_collection, .source = loop->output};
	struct str json;
	bool found;
	if (loop->output_collection.len == 0 || !loop->output)
		return true;
	if (!mapping_evaluate(step, slot, &result, &json, &found, err))
		return false;
	step_set_note(step, body, loop_note(step, "result", step_token(step, slot)->loop_counter), json);
	return true;
}

static bool loop_has_next(const struct step *step, int32_t body, int32_t next)
{
	enum loop_kind kind = step_node(step, body)->loop->kind;
	return kind == LOOP_STANDARD || (kind == LOOP_SEQUENTIAL && next < loop_number(step, body, STR("nrOfInstances")));
}

/* Enough: what still runs is canceled. */
static void loop_cancel_rest(struct step *step, int32_t body)
{
	if (step_token(step, body)->children == 0)
		return;
	loop_set_number(
		step, body, loop_terminated, loop_number(step, body, loop_terminated) + step_token(step, body)->children);
	token_cancel_scope(step, step_token(step, body)->id, 0);
}

static void loop_next(struct step *step, int32_t body, int32_t next)
{
	if (loop_has_next(step, body, next))
		loop_create(step, body, next, step_note(step, body, loop_note(step, "item", next)));
}

static void loop_end_instance(struct step *step, int32_t slot, int32_t body, bool over)
{
	int32_t next = step_token(step, slot)->loop_counter + 1, completed = loop_completed(step, slot, body) + 1;
	compensation_remember(step, slot);
	token_finish(step, slot, ACTIVITY_COMPLETED, STR(""));
	if (over)
		loop_cancel_rest(step, body);
	else
		loop_next(step, body, next);
	loop_set_counts(step, body, step_token(step, body)->children, completed);
	if (step_token(step, body)->children == 0)
		loop_leave(step, body);
}

/* The passes of a standard loop follow from one another: without one there is no next. */
bool loop_cancel_instance(struct step *step, int32_t slot)
{
	int32_t body = token_scope(step, slot);
	int32_t next = step_token(step, slot)->loop_counter + 1, completed = loop_completed(step, slot, body);
	bool last = step_token(step, body)->children == 1 && completed == 0 && !loop_has_next(step, body, next);
	if (last || step_node(step, slot)->loop->kind == LOOP_STANDARD)
		return false;
	token_finish(step, slot, ACTIVITY_CANCELED, STR(""));
	loop_set_number(step, body, loop_terminated, loop_number(step, body, loop_terminated) + 1);
	loop_next(step, body, next);
	loop_set_counts(step, body, step_token(step, body)->children, completed);
	if (step_token(step, body)->children == 0)
		loop_leave(step, body);
	return true;
}

void loop_count_canceled(struct step *step, int32_t body)
{
	int32_t active = loop_number(step, body, STR("nrOfActiveInstances"));
	if (step_node(step, body)->loop->kind == LOOP_STANDARD)
		return;
	loop_set_number(step, body, loop_terminated, loop_number(step, body, loop_terminated) + active);
	loop_set_counts(step, body, 0, loop_number(step, body, STR("nrOfCompletedInstances")));
}

/* As the body's conditions shall see them: with this instance among the completed, or not yet. */
static void loop_count(struct step *step, int32_t slot, int32_t body, bool done)
{
	loop_set_counts(step, body, step_token(step, body)->children - done, loop_completed(step, slot, body) + done);
}

/* What is thrown may end other instances meanwhile. */
static void loop_complete(struct step *step, int32_t slot, bool now)
{
	int32_t body = token_scope(step, slot);
	struct err err = {0};
	bool over;
	loop_count(step, slot, body, true);
	enum loop_thrown thrown = loop_throw(step, slot, loop_completed(step, slot, body) == 0, now, &err);
	if (thrown == LOOP_GONE)
		return;
	loop_count(step, slot, body, thrown == LOOP_THROWN);
	if (thrown == LOOP_THROWN && loop_is_over(step, slot, &over, &err) && loop_keep_result(step, slot, body, &err)) {
		loop_end_instance(step, slot, body, over);
		return;
	}
	loop_count(step, slot, body, false);
	if (thrown != LOOP_LATER)
		step_fail_leaving(step, slot, event_incident_type(&err), &err);
}

void loop_instance_done(struct step *step, int32_t slot)
{
	loop_complete(step, slot, false);
}

void loop_instance_throw(struct step *step, int32_t slot)
{
	loop_complete(step, slot, true);
}
