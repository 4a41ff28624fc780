/* SPDX-License-Identifier: Apache-2.0
 *
 * What an expression sees from where a token stands: variables from the activity outward to the process, and the
 * properties of `execution`, `task` and `externalTask`.
 */
#include "config.h"

#include "engine/step.h"

#include "base/buf.h"
#include "base/iso8601.h"
#include "engine/oracle.h"

#define SCRATCH_MAX ((size_t)2 * EXPR_MEMORY_MAX)
#define DECODED_FROM 1024 /* bytes of JSON */

struct environment {
	struct step *step;
	int32_t slot; /* GRAPH_NONE: the process */
};

static struct str environment_find(const struct environment *here, struct str name, bool local)
{
	struct instance *instance = here->step->instance;
	const struct token *token = here->slot == GRAPH_NONE ? NULL : step_token(here->step, here->slot);
	for (; token; token = instance_token(instance, token->scope_id)) {
		struct str json = variables_get(&token->variables, name);
		if (json.ptr || local)
			return json;
	}
	return variables_get(&instance->variables, name);
}

/* The text is copied first: values borrow from it, and the variable may be written while they are used. Long ones,
 * lists that a loop goes over, are decoded once as long as nothing is written. */
static bool environment_decode(struct step *step, struct str json, struct value *out, struct err *err)
{
	struct decoded *last = &step->decoded;
	if (last->json.ptr == json.ptr && last->json.len == json.len) {
		*out = last->value;
		return true;
	}
	step_charge_bytes(step, json.len);
	if (!value_from_json(step->context->scratch, arena_str(step->context->scratch, json), out, err))
		return false;
	if (json.len >= DECODED_FROM)
		*last = (struct decoded){json, *out};
	return true;
}

void environment_tidy(struct step *step)
{
	if (arena_used(step->context->scratch) < SCRATCH_MAX)
		return;
	arena_reset(step->context->scratch);
	step->decoded = (struct decoded){0};
}

/* BPMN's names for what a multi-instance activity counts (Table 10.30); it is kept under those of most files. */
static struct str environment_find_count(const struct environment *here, struct str name, bool local)
{
	struct str kept = arena_printf(here->step->context->scratch, "nrOf%.*s", STR_ARG(str_slice(name, 8, name.len)));
	return environment_find(here, kept, local);
}

static bool environment_get(void *context, struct str name, bool local, struct value *out, bool *found, struct err *err)
{
	const struct environment *here = context;
	struct str json = environment_find(here, name, local);
	if (!json.ptr && str_starts_with(name, STR("numberOf")))
		json = environment_find_count(here, name, local);
	*found = json.ptr != NULL;
	return !*found || environment_decode(here->step, json, out, err);
}

static bool environment_set(void *context, struct str name, const struct value *value, bool local, struct err *err)
{
	const struct environment *here = context;
	struct buf json;
	buf_init(&json, EXPR_MEMORY_MAX);
	bool good = value_to_json(&json, value, err);
	if (good && json.overflow)
		good = err_set(err, ERR_EXPRESSION, "the value of %.*s is too large", STR_ARG(name));
	if (good && local && here->slot != GRAPH_NONE)
		step_set_local_variable(here->step, here->slot, name, buf_str(&json));
	else if (good)
		step_set_variable(here->step, here->slot, name, buf_str(&json));
	buf_free(&json);
	return good;
}

static bool environment_text(struct value *out, struct str text)
{
	*out = text.len > 0 ? (struct value){.kind = VALUE_TEXT, .text = text} : (struct value){.kind = VALUE_NULL};
	return true;
}

static bool environment_id(const struct environment *here, struct value *out, int64_t id)
{
	return environment_text(out, arena_printf(here->step->context->scratch, "%lld", (long long)id));
}

static bool environment_number(struct value *out, int64_t number)
{
	*out = (struct value){.kind = VALUE_NUMBER, .number = decimal_from_int64(number)};
	return true;
}

static bool environment_execution(const struct environment *here, struct str name, struct value *out)
{
	const struct instance *instance = here->step->instance;
	if (str_equal_c(name, "businessKey") || str_equal_c(name, "processBusinessKey"))
		return environment_text(out, instance->business_key);
	if (str_equal_c(name, "processInstanceId"))
		return environment_id(here, out, instance->id);
	if (str_equal_c(name, "processDefinitionId"))
		return environment_id(here, out, instance->definition_id);
	if (str_equal_c(name, "processDefinitionKey"))
		return environment_text(out, here->step->graph->key);
	if (str_equal_c(name, "tenantId"))
		return environment_text(out, instance->tenant);
	if (here->slot == GRAPH_NONE)
		return false;
	if (str_equal_c(name, "id") || str_equal_c(name, "activityInstanceId"))
		return environment_id(here, out, step_token(here->step, here->slot)->id);
	if (str_equal_c(name, "currentActivityId"))
		return environment_text(out, step_node(here->step, here->slot)->id);
	if (str_equal_c(name, "currentActivityName"))
		return environment_text(out, step_node(here->step, here->slot)->name);
	return false;
}

static bool environment_time(struct value *out, int64_t time)
{
	*out = time != 0 ? (struct value){.kind = VALUE_DATE_TIME, .time = time} : (struct value){.kind = VALUE_NULL};
	return true;
}

/* The open task of the activity, or the one that has been completed; NULL before there is one. */
static const struct task *environment_find_task(const struct environment *here)
{
	const struct instance *instance = here->step->instance;
	int64_t token_id = step_token(here->step, here->slot)->id;
	int32_t slot = instance_next_task(instance, token_id, GRAPH_NONE);
	if (slot == GRAPH_NONE)
		slot = here->step->completed_task - 1;
	bool found = slot != GRAPH_NONE && (size_t)slot < instance->tasks.len;
	if (found && instance->tasks.items[slot].token_id == token_id)
		return &instance->tasks.items[slot];
	return task_kept(here->step, here->slot);
}

static bool environment_of_task(
	const struct environment *here, const struct task *task, struct str name, struct value *out)
{
	if (str_equal_c(name, "id"))
		return environment_id(here, out, task->id);
	if (str_equal_c(name, "assignee"))
		return environment_text(out, task->assignee);
	if (str_equal_c(name, "priority"))
		return environment_number(out, task->priority);
	if (str_equal_c(name, "dueDate"))
		return environment_time(out, task->due_at);
	if (str_equal_c(name, "followUpDate"))
		return environment_time(out, task->follow_up_at);
	if (str_equal_c(name, "createTime"))
		return environment_time(out, task->created_at);
	return false;
}

static bool environment_task(const struct environment *here, struct str name, struct value *out)
{
	if (here->slot == GRAPH_NONE || step_node(here->step, here->slot)->kind != NODE_USER_TASK)
		return false;
	const struct task *task = environment_find_task(here);
	if (task && environment_of_task(here, task, name, out))
		return true;
	if (str_equal_c(name, "name"))
		return environment_text(out, step_node(here->step, here->slot)->name);
	if (str_equal_c(name, "description"))
		return environment_text(out, step_node(here->step, here->slot)->documentation);
	if (str_equal_c(name, "taskDefinitionKey"))
		return environment_text(out, step_node(here->step, here->slot)->id);
	return environment_execution(here, name, out);
}

/* What was reported of a job, while that is judged; at other times it is a name like any other. */
static bool environment_external_task(const struct environment *here, struct str name, struct value *out)
{
	if (!here->step->report)
		return false;
	const struct value *reported = value_context_get(here->step->report, name);
	if (reported)
		*out = *reported;
	return reported || environment_execution(here, name, out);
}

static bool environment_property(void *context, enum expr_object object, struct str name, struct value *out)
{
	static bool (*const objects[])(const struct environment *here, struct str name, struct value *out) = {
		[EXPR_OBJECT_EXECUTION] = environment_execution,
		[EXPR_OBJECT_TASK] = environment_task,
		[EXPR_OBJECT_EXTERNAL_TASK] = environment_external_task,
	};
	return objects[object](context, name, out);
}

static struct expr_env environment_of(struct environment *here)
{
	struct step *step = here->step;
	return (struct expr_env){
		.arena = step->context->scratch,
		.now = step->context->now,
		.user = step->command->actor.user,
		.groups = step->command->actor.groups,
		.group_count = step->command->actor.group_count,
		.groups_read = &here->step->groups_read,
		.context = here,
		.get_variable = environment_get,
		.set_variable = environment_set,
		.get_property = environment_property,
	};
}

/* Adds the source text to an error, so that an incident shows what failed. */
static bool environment_blame(const struct expr *expr, struct err *err)
{
	struct err inner = *err;
	err_clear(err);
	err_set(err, inner.code, "%s in %.*s", inner.message, STR_ARG(str_slice(expr_source(expr), 0, 200)));
	err_at(err, inner.line, inner.column);
	return false;
}

bool step_evaluate(struct step *step, int32_t slot, const struct expr *expr, struct value *out, struct err *err)
{
	struct environment here = {step, slot};
	struct expr_env env = environment_of(&here);
	return expr_evaluate(expr, &env, out, err) || environment_blame(expr, err);
}

bool step_evaluate_condition(struct step *step, int32_t slot, const struct expr *expr, bool *out, struct err *err)
{
	if (step->context->oracle)
		return oracle_decide(step, slot, expr, out, err);
	environment_tidy(step);
	struct environment here = {step, slot};
	struct expr_env env = environment_of(&here);
	return expr_evaluate_boolean(expr, &env, out, err) || environment_blame(expr, err);
}

bool step_evaluate_text(struct step *step, int32_t slot, const struct expr *expr, struct str *out, struct err *err)
{
	struct value value;
	if (!step_evaluate(step, slot, expr, &value, err))
		return false;
	struct buf text;
	buf_init(&text, EXPR_LENGTH_MAX);
	bool good = value_to_text(&text, &value, err);
	if (good && text.overflow)
		good = err_set(err, ERR_EXPRESSION, "text is too long");
	*out = good ? arena_str(step->context->scratch, buf_str(&text)) : STR("");
	buf_free(&text);
	return good || environment_blame(expr, err);
}

bool step_evaluate_integer(struct step *step, int32_t slot, const struct expr *expr, int32_t *out, struct err *err)
{
	struct str text;
	int64_t number;
	if (!step_evaluate_text(step, slot, expr, &text, err))
		return false;
	if (!str_to_int64(str_trim(text), &number) || number < INT32_MIN || number > INT32_MAX) {
		err_set(err, ERR_EXPRESSION, "expected an integer, got \"%.*s\"", STR_ARG(str_slice(text, 0, 60)));
		return environment_blame(expr, err);
	}
	*out = (int32_t)number;
	return true;
}

static bool environment_parse_time(const struct step *step, struct str text, int64_t *out, struct err *err)
{
	struct iso8601_duration duration;
	if (text.len == 0) {
		*out = 0;
		return true;
	}
	if (text.ptr[0] != 'P' && text.ptr[0] != '-')
		return iso8601_parse_time(text, out, err);
	if (!iso8601_parse_duration(text, &duration, err))
		return false;
	*out = iso8601_add(step->context->now, &duration, 1);
	return true;
}

bool step_evaluate_time(struct step *step, int32_t slot, const struct expr *expr, int64_t *out, struct err *err)
{
	struct str text;
	if (!step_evaluate_text(step, slot, expr, &text, err))
		return false;
	return environment_parse_time(step, str_trim(text), out, err) || environment_blame(expr, err);
}

const struct expr *engine_compile_expr(struct arena *arena, struct str text, int form, struct err *err)
{
	return expr_compile(arena, text, (enum expr_form)form, err);
}
