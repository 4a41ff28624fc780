/* SPDX-License-Identifier: Apache-2.0
 *
 * The builder that the parser emits into, and expr_compile, which copies what was built into the caller's arena.
 * Code is emitted while parsing, operands first: so a chain a + b + c + ... needs no recursion at all, and the depth
 * of the stack is known when the last instruction stands.
 */
#include "config.h"

#include "engine/expr/expr.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/expr/expr_internal.h"

#define COUNTED (-1)

static const struct {
	int takes;
	int leaves;
	bool outside;
} expr_op_facts[] = {
#define X(name, op_takes, op_leaves, op_outside) \
	[EXPR_OP_##name] = {.takes = (op_takes), .leaves = (op_leaves), .outside = (op_outside)},
#include "engine/expr/expr_op.def" /* IWYU pragma: keep */
#undef X
};

size_t expr_emit(struct expr_builder *builder, enum expr_op op, size_t operand, size_t count, size_t offset)
{
	int takes = expr_op_facts[op].takes;

	builder->depth -= takes == COUNTED ? count : (size_t)takes;
	builder->depth += (size_t)expr_op_facts[op].leaves;
	if (builder->depth > builder->depth_max)
		builder->depth_max = builder->depth;
	builder->outside |= expr_op_facts[op].outside;
	*vec_push(&builder->code) = (struct expr_instruction){
		.op = op,
		.count = (uint32_t)count,
		.operand = (uint32_t)operand,
		.offset = (uint32_t)offset,
	};
	return builder->code.len - 1;
}

static size_t expr_add_constant(struct expr_builder *builder, struct value value)
{
	vec_add(&builder->constants, value);
	return builder->constants.len - 1;
}

void expr_emit_constant(struct expr_builder *builder, struct value value, size_t offset)
{
	expr_emit(builder, EXPR_OP_CONSTANT, expr_add_constant(builder, value), 0, offset);
}

void expr_emit_text(struct expr_builder *builder, struct str text, size_t offset)
{
	expr_emit_constant(builder, expr_value_text(text), offset);
}

void expr_emit_named(struct expr_builder *builder, enum expr_op op, struct str name, size_t count, size_t offset)
{
	expr_emit(builder, op, expr_add_constant(builder, expr_value_text(name)), count, offset);
}

void expr_patch(struct expr_builder *builder, size_t place)
{
	builder->code.items[place].operand = (uint32_t)builder->code.len;
}

void expr_branch(struct expr_builder *builder)
{
	builder->depth--;
}

/* The program of what was built, as one object of the arena. */
static const struct expr *expr_finish(const struct expr_builder *builder, struct str source)
{
	struct expr *expr = arena_new_object(builder->arena, struct expr);

	assert(builder->depth == 1);
	expr->source = source;
	expr->code = arena_copy(builder->arena, builder->code.items, builder->code.len * sizeof *expr->code);
	expr->code_len = builder->code.len;
	if (builder->constants.len > 0)
		expr->constants =
			arena_copy(builder->arena, builder->constants.items, builder->constants.len * sizeof *expr->constants);
	expr->stack_len = builder->depth_max;
	expr->constant = !builder->outside;
	return expr;
}

const struct expr *expr_compile(struct arena *arena, struct str text, enum expr_form form, struct err *err)
{
	struct expr_builder builder = {.arena = arena};
	const struct expr *expr = NULL;

	if (text.len > EXPR_LENGTH_MAX) {
		expr_fail_at(err, text, 0, "the expression is longer than %d bytes", EXPR_LENGTH_MAX);
		return NULL;
	}
	if (!str_is_utf8(text)) {
		expr_fail_at(err, text, 0, "the expression is not UTF-8");
		return NULL;
	}
	struct str source = arena_str(arena, text);
	if (expr_parse(&builder, source, form, err))
		expr = expr_finish(&builder, source);
	vec_free(&builder.code);
	vec_free(&builder.constants);
	return expr;
}

struct str expr_source(const struct expr *expr)
{
	return expr->source;
}

bool expr_is_constant(const struct expr *expr)
{
	return expr->constant;
}

/* execution.getVariable('name') as a whole: how a name is read that the language would not take for one. */
static bool expr_is_reading(const struct expr *expr)
{
	const struct expr_instruction *code = expr->code;
	return expr->code_len == 2 && code[0].op == EXPR_OP_CONSTANT && code[1].op == EXPR_OP_OBJECT_CALL &&
	       expr_object_reads(code[1].operand / EXPR_OBJECT_COUNT) && expr->constants[code[0].operand].kind == VALUE_TEXT;
}

struct str expr_next_variable(const struct expr *expr, size_t *at)
{
	if (*at == 0 && expr_is_reading(expr)) {
		*at = expr->code_len;
		return expr->constants[expr->code[0].operand].text;
	}
	while (*at < expr->code_len) {
		const struct expr_instruction *instruction = &expr->code[(*at)++];
		if (instruction->op == EXPR_OP_VARIABLE)
			return expr->constants[instruction->operand].text;
	}
	return (struct str){0};
}
