/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions: one row each with its name and number of arguments, checked when the expression is compiled.
 */
#include "config.h"

#include "engine/expr/expr_internal.h"

static bool expr_function_now(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	(void)call;
	*out = expr_value_time(machine->env->now);
	return true;
}

/* dateTime() is the present, dateTime(text) a point in time written in ISO 8601. */
static bool expr_function_date_time(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str text;
	int64_t time;

	if (call->count == 0)
		return expr_function_now(machine, call, out);
	if (!expr_text_argument(machine, call, 0, &text))
		return false;
	if (!iso8601_parse_time(text, &time, NULL)) {
		struct str shown = expr_excerpt(text);
		return expr_fail(machine, "dateTime() needs ISO 8601 like 2026-11-20T08:00:00Z, found '%.*s'", STR_ARG(shown));
	}
	*out = expr_value_time(time);
	return true;
}

static bool expr_function_user(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	(void)call;
	if (machine->env->user.ptr)
		*out = expr_value_text(machine->env->user);
	return true;
}

static bool expr_function_groups(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	size_t len = machine->env->group_count;
	if (machine->env->groups_read)
		*machine->env->groups_read = true;
	struct value *items = arena_array(machine->env->arena, len, sizeof *items);

	(void)call;
	for (size_t i = 0; i < len; i++)
		items[i] = expr_value_text(machine->env->groups[i]);
	*out = (struct value){.kind = VALUE_LIST, .list = {.items = items, .len = len}};
	return true;
}

static const struct expr_function {
	struct str name;
	size_t fewest;
	size_t most;
	expr_builtin *call;
} expr_functions[] = {
	{STR_INIT("now"), 0, 0, expr_function_now},
	{STR_INIT("dateTime"), 0, 1, expr_function_date_time},
	{STR_INIT("currentUser"), 0, 0, expr_function_user},
	{STR_INIT("currentUserGroups"), 0, 0, expr_function_groups},
};

bool expr_fail_count(struct expr_lexer *lexer, struct str name, size_t fewest, size_t most, size_t count, size_t offset)
{
	struct str shown = expr_excerpt(name);

	if (fewest == most)
		return expr_fail_at(lexer->err, lexer->source, offset, "%.*s() takes %zu argument%s, found %zu", STR_ARG(shown),
			most, most == 1 ? "" : "s", count);
	return expr_fail_at(lexer->err, lexer->source, offset, "%.*s() takes %zu to %zu arguments, found %zu",
		STR_ARG(shown), fewest, most, count);
}

bool expr_function_find(struct expr_lexer *lexer, struct str name, size_t count, size_t offset, size_t *row)
{
	for (size_t i = 0; i < sizeof expr_functions / sizeof expr_functions[0]; i++) {
		const struct expr_function *function = &expr_functions[i];
		if (!str_equal(function->name, name))
			continue;
		*row = i;
		return (count >= function->fewest && count <= function->most) ||
		       expr_fail_count(lexer, name, function->fewest, function->most, count, offset);
	}
	struct str shown = expr_excerpt(name);
	return expr_fail_at(lexer->err, lexer->source, offset,
		"unknown function '%.*s'; known are now, dateTime, currentUser, currentUserGroups", STR_ARG(shown));
}

bool expr_function_call(
	struct expr_machine *machine, size_t row, const struct value *args, size_t count, struct value *out)
{
	const struct expr_call call = {.name = expr_functions[row].name, .args = args, .count = count};
	return expr_functions[row].call(machine, &call, out);
}
