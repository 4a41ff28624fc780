/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods of values. A name is looked up when the expression is compiled (unknown methods never deploy), the row of
 * the receiver's kind when it runs. Here the dispatch and the methods of several kinds, lists, contexts and numbers;
 * those of text and times have files of their own.
 */
#include "config.h"

#include "engine/expr/expr_internal.h"

/* Kinds of receivers as bits, in the words of expr_method.def. */
enum {
	TEXT = 1 << VALUE_TEXT,
	NUMBER = 1 << VALUE_NUMBER,
	LIST = 1 << VALUE_LIST,
	CONTEXT = 1 << VALUE_CONTEXT,
	TIMES = 1 << VALUE_DATE | 1 << VALUE_DATE_TIME,
	ANY = ~(1 << VALUE_NULL),
};

static const struct expr_method {
	struct str name;
	int receivers;
	size_t fewest;
	size_t most;
	expr_builtin *call;
} expr_methods[] = {
#define X(method_name, method_receivers, method_fewest, method_most, function) \
	{ \
		.name = STR_INIT(#method_name), \
		.receivers = (method_receivers), \
		.fewest = (method_fewest), \
		.most = (method_most), \
		.call = expr_method_##function, \
	},
#include "engine/expr/expr_method.def" /* IWYU pragma: keep */
#undef X
};

#define EXPR_METHOD_COUNT (sizeof expr_methods / sizeof expr_methods[0])

/* All rows of one name take the same numbers of arguments, so the first can speak for them. */
bool expr_method_find(struct expr_lexer *lexer, struct str name, size_t count, size_t offset, size_t *row)
{
	for (size_t i = 0; i < EXPR_METHOD_COUNT; i++) {
		const struct expr_method *method = &expr_methods[i];
		if (!str_equal(method->name, name))
			continue;
		*row = i;
		return (count >= method->fewest && count <= method->most) ||
		       expr_fail_count(lexer, name, method->fewest, method->most, count, offset);
	}
	struct str shown = expr_excerpt(name);
	return expr_fail_at(lexer->err, lexer->source, offset, "unknown method '%.*s'", STR_ARG(shown));
}

bool expr_method_call(
	struct expr_machine *machine, size_t row, const struct value *args, size_t count, struct value *out)
{
	const struct str name = expr_methods[row].name;
	const struct expr_call call = {.name = name, .args = args, .count = count};

	if (args[0].kind == VALUE_NULL)
		return expr_fail(machine, "%.*s() is called on null", STR_ARG(name));
	for (; row < EXPR_METHOD_COUNT && str_equal(expr_methods[row].name, name); row++)
		if (expr_methods[row].receivers & 1 << args[0].kind)
			return expr_methods[row].call(machine, &call, out);
	return expr_fail(machine, "a %s has no method %.*s()", value_kind_name(args[0].kind), STR_ARG(name));
}

static bool expr_fail_argument(
	struct expr_machine *machine, const struct expr_call *call, size_t index, const char *expected)
{
	return expr_fail(
		machine, "%.*s() needs %s, found a %s", STR_ARG(call->name), expected, value_kind_name(call->args[index].kind));
}

bool expr_text_argument(struct expr_machine *machine, const struct expr_call *call, size_t index, struct str *out)
{
	if (call->args[index].kind != VALUE_TEXT)
		return expr_fail_argument(machine, call, index, "a text");
	*out = call->args[index].text;
	return true;
}

bool expr_integer_argument(struct expr_machine *machine, const struct expr_call *call, size_t index, int64_t *out)
{
	const struct value *argument = &call->args[index];

	if (argument->kind != VALUE_NUMBER)
		return expr_fail_argument(machine, call, index, "a whole number");
	return decimal_to_int64(argument->number, out) ||
	       expr_fail(machine, "%.*s() needs a whole number, found a fraction", STR_ARG(call->name));
}

bool expr_method_any_equals(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	bool same;

	if (!expr_same(machine, &call->args[0], &call->args[1], &same))
		return false;
	*out = expr_value_boolean(same);
	return true;
}

bool expr_method_any_compare(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	int order;

	if (call->args[1].kind == VALUE_NULL)
		return expr_fail(machine, "compareTo() is given null");
	if (!expr_order(machine, &call->args[0], &call->args[1], &order))
		return false;
	*out = expr_value_integer((order > 0) - (order < 0));
	return true;
}

bool expr_method_any_text(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	return expr_join(machine, call->args, 1, out);
}

bool expr_method_any_is_empty(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	(void)machine;
	*out = expr_value_boolean(expr_is_empty(&call->args[0]));
	return true;
}

bool expr_method_any_size(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	const struct value *receiver = &call->args[0];

	(void)machine;
	*out = expr_value_integer((int64_t)(receiver->kind == VALUE_LIST ? receiver->list.len : receiver->context.len));
	return true;
}

bool expr_method_any_get(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	return expr_index(machine, &call->args[0], &call->args[1], out);
}

/* Position of the first item of that content, or -1. */
bool expr_method_list_index(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	const struct value_list *list = &call->args[0].list;
	int64_t found = -1;

	for (size_t i = 0; i < list->len && found < 0; i++) {
		bool same;
		if (!expr_charge(machine, 1) || !expr_same(machine, &list->items[i], &call->args[1], &same))
			return false;
		if (same)
			found = (int64_t)i;
	}
	*out = expr_value_integer(found);
	return true;
}

bool expr_method_list_contains(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct value index;

	if (!expr_method_list_index(machine, call, &index))
		return false;
	*out = expr_value_boolean(index.number.coefficient >= 0);
	return true;
}

bool expr_method_context_contains(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct str name;

	if (!expr_text_argument(machine, call, 1, &name))
		return false;
	*out = expr_value_boolean(value_context_get(&call->args[0], name) != NULL);
	return expr_charge(machine, call->args[0].context.len / VALUE_COST_ENTRIES);
}

bool expr_method_number_itself(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	(void)machine;
	*out = call->args[0];
	return true;
}

/* Without its fraction, towards zero. */
bool expr_method_number_whole(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	struct decimal number = call->args[0].number;

	(void)machine;
	for (; number.scale > 0; number.scale--)
		number.coefficient /= 10;
	*out = expr_value_integer(number.coefficient);
	return true;
}
