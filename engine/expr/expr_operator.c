/* SPDX-License-Identifier: Apache-2.0
 *
 * What the operators mean for which kinds. One rule for conversions: a number meets text that is a number, a boolean
 * meets "true" and "false", a time meets text in ISO 8601, null counts as 0 in sums and as false in logic. Nothing
 * else is converted.
 */
#include "config.h"

#include "engine/expr/expr_internal.h"

#define EXPR_NUMBER_TEXT_MAX 64 /* bytes of text that are worth reading as a number */

static const char *expr_op_symbol(enum expr_op op)
{
	switch (op) {
	case EXPR_OP_ADD:
		return "+";
	case EXPR_OP_SUBTRACT:
	case EXPR_OP_NEGATE:
		return "-";
	case EXPR_OP_MULTIPLY:
		return "*";
	case EXPR_OP_DIVIDE:
		return "/";
	case EXPR_OP_MODULO:
		return "%";
	case EXPR_OP_CONSTANT:
	case EXPR_OP_VARIABLE:
	case EXPR_OP_PROPERTY:
	case EXPR_OP_INDEX:
	case EXPR_OP_OBJECT_PROPERTY:
	case EXPR_OP_OBJECT_CALL:
	case EXPR_OP_FUNCTION:
	case EXPR_OP_METHOD:
	case EXPR_OP_LIST:
	case EXPR_OP_CONTEXT:
	case EXPR_OP_JOIN:
	case EXPR_OP_POP:
	case EXPR_OP_AND:
	case EXPR_OP_OR:
	case EXPR_OP_BOOLEAN:
	case EXPR_OP_JUMP:
	case EXPR_OP_JUMP_UNLESS:
	case EXPR_OP_NOT:
	case EXPR_OP_EMPTY:
	case EXPR_OP_EQUAL:
	case EXPR_OP_NOT_EQUAL:
	case EXPR_OP_LESS:
	case EXPR_OP_LESS_EQUAL:
	case EXPR_OP_GREATER:
	case EXPR_OP_GREATER_EQUAL:
		break;
	}
	return "?";
}

static bool expr_text_is_number(struct str text, struct decimal *out)
{
	return text.len <= EXPR_NUMBER_TEXT_MAX && decimal_parse(text, out);
}

/* The number that a value stands for: itself, 0 for null, text that is a number. */
static bool expr_to_number(const struct value *value, struct decimal *out)
{
	if (value->kind == VALUE_NUMBER)
		*out = value->number;
	else if (value->kind == VALUE_NULL)
		*out = decimal_from_int64(0);
	else
		return value->kind == VALUE_TEXT && expr_text_is_number(value->text, out);
	return true;
}

/* One side of an arithmetic operator; the error says what stands there instead. */
static bool expr_operand(struct expr_machine *machine, enum expr_op op, const struct value *value, struct decimal *out)
{
	if (expr_to_number(value, out))
		return true;
	if (value->kind != VALUE_TEXT)
		return expr_fail(machine, "'%s' needs numbers, found a %s", expr_op_symbol(op), value_kind_name(value->kind));
	struct str shown = expr_excerpt(value->text);
	return expr_fail(machine, "'%s' needs numbers, found the text '%.*s'", expr_op_symbol(op), STR_ARG(shown));
}

static bool expr_calculate(enum expr_op op, struct decimal a, struct decimal b, struct decimal *out)
{
	if (op == EXPR_OP_ADD)
		return decimal_add(a, b, out);
	if (op == EXPR_OP_SUBTRACT)
		return decimal_subtract(a, b, out);
	if (op == EXPR_OP_MULTIPLY)
		return decimal_multiply(a, b, out);
	if (op == EXPR_OP_DIVIDE)
		return decimal_divide(a, b, out);
	return decimal_modulo(a, b, out);
}

/* "+" joins two texts. Text with anything else is an error: 1 + '2' is 3 to one reader and '12' to the next. */
static bool expr_add_text(struct expr_machine *machine, const struct value *a, const struct value *b, struct value *out)
{
	if (a->kind != b->kind)
		return expr_fail(machine, "'+' adds numbers or joins texts, found %s + %s; \"${a}${b}\" joins anything",
			value_kind_name(a->kind), value_kind_name(b->kind));
	const struct value both[] = {*a, *b};
	return expr_join(machine, both, 2, out);
}

bool expr_arithmetic(
	struct expr_machine *machine, enum expr_op op, const struct value *a, const struct value *b, struct value *out)
{
	struct decimal left;
	struct decimal right;

	if (op == EXPR_OP_ADD && (a->kind == VALUE_TEXT || b->kind == VALUE_TEXT))
		return expr_add_text(machine, a, b, out);
	if (!expr_operand(machine, op, a, &left) || !expr_operand(machine, op, b, &right))
		return false;
	if ((op == EXPR_OP_DIVIDE || op == EXPR_OP_MODULO) && decimal_is_zero(right))
		return expr_fail(machine, "division by zero");
	out->kind = VALUE_NUMBER;
	return expr_calculate(op, left, right, &out->number) ||
	       expr_fail(machine, "the result of '%s' needs more digits than fit", expr_op_symbol(op));
}

bool expr_negate(struct expr_machine *machine, const struct value *a, struct value *out)
{
	struct decimal number;

	if (!expr_operand(machine, EXPR_OP_NEGATE, a, &number))
		return false;
	out->kind = VALUE_NUMBER;
	return decimal_negate(number, &out->number) || expr_fail(machine, "the result of '-' needs more digits than fit");
}

bool expr_same(struct expr_machine *machine, const struct value *a, const struct value *b, bool *out)
{
	size_t left = EXPR_STEPS_MAX - machine->steps;
	size_t budget = left;

	*out = value_equal_within(a, b, &budget);
	return expr_charge(machine, budget == 0 ? left + 1 : left - budget);
}

static bool expr_is_time(enum value_kind kind)
{
	return kind == VALUE_DATE || kind == VALUE_DATE_TIME;
}

/* The point in time that a value stands for: itself, or text in ISO 8601. */
static bool expr_to_time(const struct value *value, int64_t *out)
{
	if (value->kind == VALUE_TEXT)
		return iso8601_parse_time(value->text, out, NULL);
	*out = value->time;
	return expr_is_time(value->kind);
}

/* Whether a text says what a boolean is. */
static bool expr_text_is_boolean(struct str text, bool value)
{
	return str_equal_nocase(text, value ? STR("true") : STR("false"));
}

/* == of two kinds, the text second. */
static bool expr_equal_text(const struct value *a, const struct value *text)
{
	struct decimal number;
	int64_t time;

	if (a->kind == VALUE_NUMBER)
		return expr_text_is_number(text->text, &number) && decimal_compare(a->number, number) == 0;
	if (a->kind == VALUE_BOOLEAN)
		return expr_text_is_boolean(text->text, a->boolean);
	return expr_is_time(a->kind) && expr_to_time(text, &time) && a->time == time;
}

bool expr_equal(struct expr_machine *machine, const struct value *a, const struct value *b, bool *out)
{
	if (a->kind == b->kind)
		return expr_same(machine, a, b, out);
	if (a->kind == VALUE_TEXT)
		*out = expr_equal_text(b, a);
	else if (b->kind == VALUE_TEXT)
		*out = expr_equal_text(a, b);
	else
		*out = expr_is_time(a->kind) && expr_is_time(b->kind) && a->time == b->time;
	return true;
}

static bool expr_order_numbers(struct expr_machine *machine, const struct value *a, const struct value *b, int *order)
{
	struct decimal left;
	struct decimal right;

	if (!expr_to_number(a, &left) || !expr_to_number(b, &right)) {
		const struct value *odd = a->kind == VALUE_NUMBER ? b : a;
		if (odd->kind != VALUE_TEXT)
			return expr_fail(machine, "cannot compare a number with a %s", value_kind_name(odd->kind));
		struct str shown = expr_excerpt(odd->text);
		return expr_fail(machine, "cannot compare a number with the text '%.*s'", STR_ARG(shown));
	}
	*order = decimal_compare(left, right);
	return true;
}

static bool expr_order_times(struct expr_machine *machine, const struct value *a, const struct value *b, int *order)
{
	int64_t left;
	int64_t right;

	if (!expr_to_time(a, &left) || !expr_to_time(b, &right)) {
		const struct value *odd = expr_is_time(a->kind) ? b : a;
		if (odd->kind != VALUE_TEXT)
			return expr_fail(machine, "cannot compare a date-time with a %s", value_kind_name(odd->kind));
		struct str shown = expr_excerpt(odd->text);
		return expr_fail(
			machine, "cannot compare a date-time with the text '%.*s', which is not ISO 8601", STR_ARG(shown));
	}
	*order = (left > right) - (left < right);
	return true;
}

bool expr_order(struct expr_machine *machine, const struct value *a, const struct value *b, int *order)
{
	if (a->kind == VALUE_NUMBER || b->kind == VALUE_NUMBER)
		return expr_order_numbers(machine, a, b, order);
	if (expr_is_time(a->kind) || expr_is_time(b->kind))
		return expr_order_times(machine, a, b, order);
	if (a->kind == VALUE_TEXT && b->kind == VALUE_TEXT) {
		*order = str_compare(a->text, b->text);
		return expr_charge_bytes(machine, a->text.len < b->text.len ? a->text.len : b->text.len);
	}
	if (a->kind == VALUE_TIME && b->kind == VALUE_TIME) {
		*order = (a->time > b->time) - (a->time < b->time);
		return true;
	}
	return expr_fail(machine, "cannot compare a %s with a %s", value_kind_name(a->kind), value_kind_name(b->kind));
}

/* < <= > >=. Null is in no order with anything; only null <= null and null >= null hold. */
bool expr_relation(
	struct expr_machine *machine, enum expr_op op, const struct value *a, const struct value *b, bool *out)
{
	bool or_equal = op == EXPR_OP_LESS_EQUAL || op == EXPR_OP_GREATER_EQUAL;
	int order;

	if (a->kind == VALUE_NULL || b->kind == VALUE_NULL) {
		*out = or_equal && a->kind == b->kind;
		return true;
	}
	if (!expr_order(machine, a, b, &order))
		return false;
	if (op == EXPR_OP_GREATER || op == EXPR_OP_GREATER_EQUAL)
		order = -(order > 0) + (order < 0);
	*out = order < 0 || (or_equal && order == 0);
	return true;
}

bool expr_to_boolean(struct expr_machine *machine, const struct value *value, bool *out)
{
	if (value->kind == VALUE_BOOLEAN || value->kind == VALUE_NULL) {
		*out = value->kind == VALUE_BOOLEAN && value->boolean;
		return true;
	}
	if (value->kind != VALUE_TEXT)
		return expr_fail(machine, "expected a boolean, found a %s", value_kind_name(value->kind));
	*out = expr_text_is_boolean(value->text, true);
	if (*out || expr_text_is_boolean(value->text, false))
		return true;
	struct str shown = expr_excerpt(value->text);
	return expr_fail(machine, "expected a boolean, found the text '%.*s'", STR_ARG(shown));
}

bool expr_is_empty(const struct value *value)
{
	return value->kind == VALUE_NULL || (value->kind == VALUE_TEXT && value->text.len == 0) ||
	       (value->kind == VALUE_LIST && value->list.len == 0) ||
	       (value->kind == VALUE_CONTEXT && value->context.len == 0);
}

/* An entry of a context; null when it has none of the name. */
static bool expr_entry(struct expr_machine *machine, const struct value *context, struct str name, struct value *out)
{
	const struct value *found = value_context_get(context, name);

	*out = found ? *found : (struct value){.kind = VALUE_NULL};
	return expr_charge(machine, context->context.len / VALUE_COST_ENTRIES);
}

bool expr_property(struct expr_machine *machine, const struct value *base, struct str name, struct value *out)
{
	if (base->kind == VALUE_NULL) {
		*out = *base;
		return true;
	}
	if (base->kind == VALUE_CONTEXT)
		return expr_entry(machine, base, name, out);
	struct str shown = expr_excerpt(name);
	return expr_fail(machine, "a %s has no property '%.*s'", value_kind_name(base->kind), STR_ARG(shown));
}

static bool expr_list_item(
	struct expr_machine *machine, const struct value *list, const struct value *index, struct value *out)
{
	struct decimal number;
	int64_t at;

	if (!expr_to_number(index, &number) || !decimal_to_int64(number, &at)) {
		struct value shown;
		if (index->kind == VALUE_LIST || index->kind == VALUE_CONTEXT || !expr_join(machine, index, 1, &shown))
			return expr_fail(
				machine, "the index of a list must be a whole number, found a %s", value_kind_name(index->kind));
		struct str text = expr_excerpt(shown.text);
		return expr_fail(machine, "the index of a list must be a whole number, found '%.*s'", STR_ARG(text));
	}
	if (at < 0 || (uint64_t)at >= list->list.len)
		return expr_fail(machine, "index %lld is outside the list of %zu", (long long)at, list->list.len);
	*out = list->list.items[at];
	return true;
}

bool expr_index(struct expr_machine *machine, const struct value *base, const struct value *index, struct value *out)
{
	struct value name;

	if (base->kind == VALUE_NULL || index->kind == VALUE_NULL) {
		*out = (struct value){.kind = VALUE_NULL};
		return true;
	}
	if (base->kind == VALUE_LIST)
		return expr_list_item(machine, base, index, out);
	if (base->kind != VALUE_CONTEXT)
		return expr_fail(machine, "a %s has no elements", value_kind_name(base->kind));
	if (index->kind == VALUE_TEXT)
		return expr_entry(machine, base, index->text, out);
	return expr_join(machine, index, 1, &name) && expr_entry(machine, base, name.text, out);
}
