/* SPDX-License-Identifier: Apache-2.0
 *
 * The names that the engine gives every expression, `execution` and the like, and the variables: the only code of the
 * language that calls into its environment.
 */
#include "config.h"

#include "engine/expr/expr_internal.h"

static const struct str expr_object_names[EXPR_OBJECT_COUNT] = {
	[EXPR_OBJECT_EXECUTION] = STR_INIT("execution"),
	[EXPR_OBJECT_TASK] = STR_INIT("task"),
	[EXPR_OBJECT_EXTERNAL_TASK] = STR_INIT("externalTask"),
};

bool expr_object_named(struct str name, enum expr_object *object)
{
	for (size_t i = 0; i < EXPR_OBJECT_COUNT; i++) {
		*object = (enum expr_object)i;
		if (str_equal(expr_object_names[i], name))
			return true;
	}
	return false;
}

/* A callback went wrong: its own error, or one for it, at this place. */
static bool expr_fail_outside(struct expr_machine *machine, const char *what, struct str name)
{
	struct str shown = expr_excerpt(name);

	expr_err_at(machine->err, machine->expr->source, machine->offset);
	return expr_fail(machine, "cannot %s variable '%.*s'", what, STR_ARG(shown));
}

static bool expr_look_up(struct expr_machine *machine, struct str name, bool local, struct value *out, bool *found)
{
	const struct expr_env *env = machine->env;

	*found = false;
	if (!env->get_variable)
		return true;
	if (!env->get_variable(env->context, name, local, out, found, machine->err))
		return expr_fail_outside(machine, "read", name);
	if (!*found)
		*out = (struct value){.kind = VALUE_NULL};
	return true;
}

bool expr_variable(struct expr_machine *machine, struct str name, struct value *out)
{
	bool found;

	if (!expr_look_up(machine, name, false, out, &found))
		return false;
	struct str shown = expr_excerpt(name);
	return found || expr_fail(machine, "unknown variable '%.*s'", STR_ARG(shown));
}

bool expr_object_property(struct expr_machine *machine, enum expr_object object, struct str name, struct value *out)
{
	const struct expr_env *env = machine->env;
	struct value variable;
	bool found;

	if (env->get_property && env->get_property(env->context, object, name, out))
		return true;
	*out = (struct value){.kind = VALUE_NULL};
	if (!expr_look_up(machine, expr_object_names[object], false, &variable, &found))
		return false;
	return !found || expr_property(machine, &variable, name, out);
}

static bool expr_is_local(const struct expr_call *call)
{
	return str_ends_with(call->name, STR("Local"));
}

/* getVariable(name): null when there is none. */
static bool expr_object_get(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str name;
	bool found;

	return expr_text_argument(machine, call, 0, &name) && expr_look_up(machine, name, expr_is_local(call), out, &found);
}

static bool expr_object_has(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str name;
	struct value value;
	bool found;

	if (!expr_text_argument(machine, call, 0, &name) ||
		!expr_look_up(machine, name, expr_is_local(call), &value, &found))
		return false;
	*out = expr_value_boolean(found);
	return true;
}

/* setVariable(name, value): its value is null. */
static bool expr_object_set(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	const struct expr_env *env = machine->env;
	struct str name;

	(void)out;
	if (!expr_text_argument(machine, call, 0, &name))
		return false;
	if (!env->set_variable)
		return expr_fail(machine, "%.*s() is not allowed here", STR_ARG(call->name));
	return env->set_variable(env->context, name, &call->args[1], expr_is_local(call), machine->err) ||
	       expr_fail_outside(machine, "set", name);
}

/* getBusinessKey() is businessKey, and so for every property. */
static bool expr_object_getter(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	char name[64];
	size_t len = call->name.len - 3;

	for (size_t i = 0; i < len; i++)
		name[i] = call->name.ptr[i + 3];
	name[0] = (char)(name[0] | 0x20);
	return expr_object_property(machine, call->object, (struct str){name, len}, out);
}

static const struct expr_object_method {
	struct str name;
	size_t count;
	expr_builtin *call;
} expr_object_methods[] = {
	{STR_INIT("getVariable"), 1, expr_object_get},
	{STR_INIT("getVariableLocal"), 1, expr_object_get},
	{STR_INIT("hasVariable"), 1, expr_object_has},
	{STR_INIT("hasVariableLocal"), 1, expr_object_has},
	{STR_INIT("setVariable"), 2, expr_object_set},
	{STR_INIT("setVariableLocal"), 2, expr_object_set},
	{STR_INIT("getActivityId"), 0, expr_object_getter},
	{STR_INIT("getActivityInstanceId"), 0, expr_object_getter},
	{STR_INIT("getAssignee"), 0, expr_object_getter},
	{STR_INIT("getBusinessKey"), 0, expr_object_getter},
	{STR_INIT("getCurrentActivityId"), 0, expr_object_getter},
	{STR_INIT("getCurrentActivityName"), 0, expr_object_getter},
	{STR_INIT("getDescription"), 0, expr_object_getter},
	{STR_INIT("getDueDate"), 0, expr_object_getter},
	{STR_INIT("getErrorDetails"), 0, expr_object_getter},
	{STR_INIT("getErrorMessage"), 0, expr_object_getter},
	{STR_INIT("getFollowUpDate"), 0, expr_object_getter},
	{STR_INIT("getId"), 0, expr_object_getter},
	{STR_INIT("getName"), 0, expr_object_getter},
	{STR_INIT("getOwner"), 0, expr_object_getter},
	{STR_INIT("getPriority"), 0, expr_object_getter},
	{STR_INIT("getProcessBusinessKey"), 0, expr_object_getter},
	{STR_INIT("getProcessDefinitionId"), 0, expr_object_getter},
	{STR_INIT("getProcessInstanceId"), 0, expr_object_getter},
	{STR_INIT("getRetries"), 0, expr_object_getter},
	{STR_INIT("getTaskDefinitionKey"), 0, expr_object_getter},
	{STR_INIT("getTenantId"), 0, expr_object_getter},
	{STR_INIT("getTopicName"), 0, expr_object_getter},
	{STR_INIT("getWorkerId"), 0, expr_object_getter},
};

bool expr_object_find(struct expr_lexer *lexer, struct str name, size_t count, size_t offset, size_t *row)
{
	for (size_t i = 0; i < sizeof expr_object_methods / sizeof expr_object_methods[0]; i++) {
		if (!str_equal(expr_object_methods[i].name, name))
			continue;
		*row = i;
		return count == expr_object_methods[i].count ||
		       expr_fail_count(lexer, name, expr_object_methods[i].count, expr_object_methods[i].count, count, offset);
	}
	struct str shown = expr_excerpt(name);
	return expr_fail_at(
		lexer->err, lexer->source, offset, "unknown method '%.*s' of execution, task and externalTask", STR_ARG(shown));
}

bool expr_object_reads(size_t row)
{
	return str_equal(expr_object_methods[row].name, STR("getVariable"));
}

bool expr_object_call(struct expr_machine *machine, size_t row, enum expr_object object, const struct value *args,
	size_t count, struct value *out)
{
	const struct expr_call call = {
		.name = expr_object_methods[row].name,
		.args = args,
		.count = count,
		.object = object,
	};
	return expr_object_methods[row].call(machine, &call, out);
}
