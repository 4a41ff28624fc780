/* SPDX-License-Identifier: Apache-2.0
 *
 * The stack machine. Each instruction spends a step and whatever looks at much data spends more, so that the work of
 * one evaluation is bounded however large its variables are; memory is what the arena handed out since the start.
 */
#include "config.h"

#include "engine/expr/expr.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "engine/expr/expr_internal.h"

bool expr_fail(struct expr_machine *machine, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	expr_vfail_at(machine->err, machine->expr->source, machine->offset, format, args);
	va_end(args);
	return false;
}

bool expr_charge(struct expr_machine *machine, size_t steps)
{
	if (steps > EXPR_STEPS_MAX - machine->steps) {
		machine->steps = EXPR_STEPS_MAX;
		return expr_fail(machine, "the expression takes more than %d steps", EXPR_STEPS_MAX);
	}
	machine->steps += steps;
	return true;
}

bool expr_charge_bytes(struct expr_machine *machine, size_t bytes)
{
	return expr_charge(machine, bytes / VALUE_COST_BYTES);
}

static size_t expr_memory_used(const struct expr_machine *machine)
{
	return arena_used(machine->env->arena) - machine->memory_base;
}

size_t expr_memory_left(const struct expr_machine *machine)
{
	size_t used = expr_memory_used(machine);
	return used < EXPR_MEMORY_MAX ? EXPR_MEMORY_MAX - used : 0;
}

bool expr_fail_memory(struct expr_machine *machine)
{
	return expr_fail(machine, "the expression takes more than %u MiB of memory", EXPR_MEMORY_MAX >> 20);
}

bool expr_join(struct expr_machine *machine, const struct value *values, size_t count, struct value *out)
{
	struct buf buf;
	bool ok = true;

	buf_init(&buf, expr_memory_left(machine));
	for (size_t i = 0; i < count && ok && !buf.overflow; i++)
		ok = value_to_text(&buf, &values[i], machine->err);
	if (!ok)
		expr_err_at(machine->err, machine->expr->source, machine->offset);
	else if (buf.overflow)
		ok = expr_fail_memory(machine);
	else
		*out = expr_value_text(arena_str(machine->env->arena, buf_str(&buf)));
	buf_free(&buf);
	return ok;
}

/* [args]: the values move from the stack into the arena. */
static bool expr_make_list(struct expr_machine *machine, const struct value *args, size_t count, struct value *out)
{
	struct value *items = arena_array(machine->env->arena, count, sizeof *items);

	for (size_t i = 0; i < count; i++)
		items[i] = args[i];
	*out = (struct value){.kind = VALUE_LIST, .list = {.items = items, .len = count}};
	return true;
}

/* {args}: of two entries of one name the later counts, at the place of the first. */
static bool expr_make_context(struct expr_machine *machine, const struct value *args, size_t count, struct value *out)
{
	struct value_entry *entries = arena_array(machine->env->arena, count / 2, sizeof *entries);
	size_t len = 0;

	for (size_t i = 0; i < count; i += 2) {
		size_t at = 0;
		while (at < len && !str_equal(entries[at].name, args[i].text))
			at++;
		if (!expr_charge(machine, at / VALUE_COST_ENTRIES))
			return false;
		entries[at] = (struct value_entry){.name = args[i].text, .value = args[i + 1]};
		len += at == len;
	}
	*out = (struct value){.kind = VALUE_CONTEXT, .context = {.entries = entries, .len = len}};
	return true;
}

/* Pops a condition. */
static bool expr_pop_boolean(struct expr_machine *machine, bool *out)
{
	return expr_to_boolean(machine, &machine->stack[--machine->top], out);
}

/* AND and OR: where the left side decides, it stays as the result and the right side is jumped over. */
static bool expr_short_cut(struct expr_machine *machine, bool decides, size_t target)
{
	bool value;

	if (!expr_pop_boolean(machine, &value))
		return false;
	if (value == decides) {
		machine->stack[machine->top++] = expr_value_boolean(value);
		machine->pc = target;
	}
	return true;
}

static bool expr_jump_unless(struct expr_machine *machine, size_t target)
{
	bool value;

	if (!expr_pop_boolean(machine, &value))
		return false;
	if (!value)
		machine->pc = target;
	return true;
}

static bool expr_coerce(struct expr_machine *machine, const struct value *value, bool negate, struct value *out)
{
	bool truth;

	if (!expr_to_boolean(machine, value, &truth))
		return false;
	*out = expr_value_boolean(truth != negate);
	return true;
}

static bool expr_compare(
	struct expr_machine *machine, enum expr_op op, const struct value *a, const struct value *b, struct value *out)
{
	bool truth;

	if (op == EXPR_OP_EQUAL || op == EXPR_OP_NOT_EQUAL) {
		if (!expr_equal(machine, a, b, &truth))
			return false;
		truth = truth == (op == EXPR_OP_EQUAL);
	} else if (!expr_relation(machine, op, a, b, &truth)) {
		return false;
	}
	*out = expr_value_boolean(truth);
	return true;
}

static bool expr_push(struct expr_machine *machine, struct value value)
{
	machine->stack[machine->top++] = value;
	return true;
}

/* Instructions that put their result in place of the `takes` values on top. */
static bool expr_replace(struct expr_machine *machine, const struct expr_instruction *at, size_t takes)
{
	assert(machine->top >= takes);
	const struct value *args = machine->stack + machine->top - takes;
	const struct value *names = machine->expr->constants;
	struct value out = {.kind = VALUE_NULL};
	bool ok = false;

	switch (at->op) {
	case EXPR_OP_VARIABLE:
		ok = expr_variable(machine, names[at->operand].text, &out);
		break;
	case EXPR_OP_PROPERTY:
		ok = expr_property(machine, args, names[at->operand].text, &out);
		break;
	case EXPR_OP_INDEX:
		ok = expr_index(machine, args, args + 1, &out);
		break;
	case EXPR_OP_OBJECT_PROPERTY:
		ok = expr_object_property(machine, (enum expr_object)at->count, names[at->operand].text, &out);
		break;
	case EXPR_OP_OBJECT_CALL:
		ok = expr_object_call(
			machine, at->operand / EXPR_OBJECT_COUNT, (enum expr_object)(at->operand % EXPR_OBJECT_COUNT), args, takes, &out);
		break;
	case EXPR_OP_FUNCTION:
		ok = expr_function_call(machine, at->operand, args, takes, &out);
		break;
	case EXPR_OP_METHOD:
		ok = expr_method_call(machine, at->operand, args, takes, &out);
		break;
	case EXPR_OP_LIST:
		ok = expr_make_list(machine, args, takes, &out);
		break;
	case EXPR_OP_CONTEXT:
		ok = expr_make_context(machine, args, takes, &out);
		break;
	case EXPR_OP_JOIN:
		ok = expr_join(machine, args, takes, &out);
		break;
	case EXPR_OP_BOOLEAN:
	case EXPR_OP_NOT:
		ok = expr_coerce(machine, args, at->op == EXPR_OP_NOT, &out);
		break;
	case EXPR_OP_NEGATE:
		ok = expr_negate(machine, args, &out);
		break;
	case EXPR_OP_EMPTY:
		out = expr_value_boolean(expr_is_empty(args));
		ok = true;
		break;
	case EXPR_OP_ADD:
	case EXPR_OP_SUBTRACT:
	case EXPR_OP_MULTIPLY:
	case EXPR_OP_DIVIDE:
	case EXPR_OP_MODULO:
		ok = expr_arithmetic(machine, at->op, args, args + 1, &out);
		break;
	case EXPR_OP_EQUAL:
	case EXPR_OP_NOT_EQUAL:
	case EXPR_OP_LESS:
	case EXPR_OP_LESS_EQUAL:
	case EXPR_OP_GREATER:
	case EXPR_OP_GREATER_EQUAL:
		ok = expr_compare(machine, at->op, args, args + 1, &out);
		break;
	case EXPR_OP_CONSTANT:
	case EXPR_OP_POP:
	case EXPR_OP_AND:
	case EXPR_OP_OR:
	case EXPR_OP_JUMP:
	case EXPR_OP_JUMP_UNLESS:
		assert(false);
	}
	if (!ok)
		return false;
	machine->top -= takes;
	return expr_push(machine, out);
}

/* One instruction: those that move the stack or the flow by themselves here, all others in expr_replace. */
static bool expr_execute(struct expr_machine *machine, const struct expr_instruction *at)
{
	switch (at->op) {
	case EXPR_OP_CONSTANT:
		return expr_push(machine, machine->expr->constants[at->operand]);
	case EXPR_OP_POP:
		machine->top--;
		return true;
	case EXPR_OP_AND:
		return expr_short_cut(machine, false, at->operand);
	case EXPR_OP_OR:
		return expr_short_cut(machine, true, at->operand);
	case EXPR_OP_JUMP:
		machine->pc = at->operand;
		return true;
	case EXPR_OP_JUMP_UNLESS:
		return expr_jump_unless(machine, at->operand);
	case EXPR_OP_VARIABLE:
	case EXPR_OP_OBJECT_PROPERTY:
		return expr_replace(machine, at, 0);
	case EXPR_OP_PROPERTY:
	case EXPR_OP_BOOLEAN:
	case EXPR_OP_NEGATE:
	case EXPR_OP_NOT:
	case EXPR_OP_EMPTY:
		return expr_replace(machine, at, 1);
	case EXPR_OP_INDEX:
	case EXPR_OP_ADD:
	case EXPR_OP_SUBTRACT:
	case EXPR_OP_MULTIPLY:
	case EXPR_OP_DIVIDE:
	case EXPR_OP_MODULO:
	case EXPR_OP_EQUAL:
	case EXPR_OP_NOT_EQUAL:
	case EXPR_OP_LESS:
	case EXPR_OP_LESS_EQUAL:
	case EXPR_OP_GREATER:
	case EXPR_OP_GREATER_EQUAL:
		return expr_replace(machine, at, 2);
	case EXPR_OP_OBJECT_CALL:
	case EXPR_OP_FUNCTION:
	case EXPR_OP_METHOD:
	case EXPR_OP_LIST:
	case EXPR_OP_CONTEXT:
	case EXPR_OP_JOIN:
		return expr_replace(machine, at, at->count);
	}
	return false;
}

static bool expr_step(struct expr_machine *machine)
{
	const struct expr_instruction *at = &machine->expr->code[machine->pc++];

	machine->offset = at->offset;
	if (!expr_charge(machine, 1) || !expr_execute(machine, at))
		return false;
	assert(machine->top <= machine->expr->stack_len);
	return expr_memory_used(machine) <= EXPR_MEMORY_MAX || expr_fail_memory(machine);
}

bool expr_evaluate(const struct expr *expr, const struct expr_env *env, struct value *out, struct err *err)
{
	struct expr_machine machine = {
		.expr = expr,
		.env = env,
		.err = err,
		.memory_base = arena_used(env->arena),
	};

	machine.stack = arena_array(env->arena, expr->stack_len, sizeof *machine.stack);
	while (machine.pc < expr->code_len)
		if (!expr_step(&machine))
			return false;
	assert(machine.top == 1);
	*out = machine.stack[0];
	return true;
}

bool expr_evaluate_boolean(const struct expr *expr, const struct expr_env *env, bool *out, struct err *err)
{
	struct value value;

	if (!expr_evaluate(expr, env, &value, err))
		return false;
	if (value.kind != VALUE_BOOLEAN)
		return expr_fail_at(err, expr->source, expr->code[0].offset, "expected a boolean, the result is %s%s",
			value.kind == VALUE_NULL ? "" : "a ", value_kind_name(value.kind));
	*out = value.boolean;
	return true;
}
