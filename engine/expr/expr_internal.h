/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the expression language share: tokens (expr_lex.c) -> parser (expr_parse.c, expr_form.c) ->
 * builder (expr_compile.c) -> program -> machine (expr_eval.c) with its operators, functions and methods.
 */
#ifndef ENGINE_EXPR_EXPR_INTERNAL_H
#define ENGINE_EXPR_EXPR_INTERNAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "engine/expr/expr.h"
#include "engine/expr/value.h"

/* ---- The program ---------------------------------------------------------------------------------------------- */

enum expr_op {
#define X(name, takes, leaves, outside) EXPR_OP_##name,
#include "engine/expr/expr_op.def" /* IWYU pragma: keep */
#undef X
};

struct expr_instruction {
	enum expr_op op;
	uint32_t count;   /* values taken by a COUNTED instruction; the object of OBJECT_PROPERTY */
	uint32_t operand; /* constant, row or target */
	uint32_t offset;  /* byte of the source that it comes from */
};

struct expr {
	struct str source;
	const struct expr_instruction *code;
	size_t code_len;
	const struct value *constants;
	size_t stack_len; /* the deepest the stack gets */
	bool constant;
};

/* ---- Tokens: expr_lex.c ----------------------------------------------------------------------------------------- */

enum expr_token_kind {
#define X(name, text) EXPR_TOKEN_##name,
#include "engine/expr/expr_token.def" /* IWYU pragma: keep */
#undef X
};

struct expr_token {
	enum expr_token_kind kind;
	struct str source; /* as it stands */
	struct str text;   /* TEXT: its content */
	size_t offset;
};

struct expr_lexer {
	struct arena *arena;
	struct str source;
	size_t at;
	struct err *err;
};

/* The token from lexer->at on. */
bool expr_lex(struct expr_lexer *lexer, struct expr_token *token) __attribute__((warn_unused_result));
/* Sets ERR_EXPRESSION with the line and column of a byte of source; returns false. */
bool expr_fail_at(struct err *err, struct str source, size_t offset, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
bool expr_vfail_at(struct err *err, struct str source, size_t offset, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));
/* Adds the line and column of a byte of source to an error that has none. */
void expr_err_at(struct err *err, struct str source, size_t offset);
/* At most 40 bytes of text for a message, cut at a character. */
struct str expr_excerpt(struct str text);

/* ---- Building a program: expr_compile.c -------------------------------------------------------------------------- */

struct expr_builder {
	struct arena *arena;
	VEC(struct expr_instruction) code;
	VEC(struct value) constants;
	size_t depth;
	size_t depth_max;
	bool outside;
};

/* Appends an instruction and returns its place. */
size_t expr_emit(struct expr_builder *builder, enum expr_op op, size_t operand, size_t count, size_t offset);
void expr_emit_constant(struct expr_builder *builder, struct value value, size_t offset);
void expr_emit_text(struct expr_builder *builder, struct str text, size_t offset);
/* An instruction with a name in its constants. */
void expr_emit_named(struct expr_builder *builder, enum expr_op op, struct str name, size_t count, size_t offset);
/* Makes the jump at place go on behind the last instruction. */
void expr_patch(struct expr_builder *builder, size_t place);
/* Before the second of two branches: the stack is what it was before the first left its value. */
void expr_branch(struct expr_builder *builder);

/* ---- Parsing: expr_parse.c, expr_form.c -------------------------------------------------------------------------- */

struct expr_parser {
	struct expr_lexer lexer;
	struct expr_token token;
	struct expr_builder *builder;
	int depth;
};

bool expr_advance(struct expr_parser *parser) __attribute__((warn_unused_result));
bool expr_at(const struct expr_parser *parser, enum expr_token_kind kind);
/* Sets "expected what, found the present token"; returns false. */
bool expr_expected(struct expr_parser *parser, const char *what);
/* Parses one expression from the present token on. */
bool expr_parse_expression(struct expr_parser *parser) __attribute__((warn_unused_result));
/* Parses source in a form and emits its program. */
bool expr_parse(struct expr_builder *builder, struct str source, enum expr_form form, struct err *err)
	__attribute__((warn_unused_result));

/* ---- The machine: expr_eval.c ------------------------------------------------------------------------------------ */

struct expr_machine {
	const struct expr *expr;
	const struct expr_env *env;
	struct err *err;
	struct value *stack;
	size_t top; /* values on the stack */
	size_t pc;
	size_t steps;       /* spent so far */
	size_t memory_base; /* arena_used() at the start */
	size_t offset;      /* place of the running instruction */
};

/* ERR_EXPRESSION at the running instruction; returns false. */
bool expr_fail(struct expr_machine *machine, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Spends steps; false with an error past EXPR_STEPS_MAX. */
bool expr_charge(struct expr_machine *machine, size_t steps) __attribute__((warn_unused_result));
/* Spends what looking at so many bytes costs. */
bool expr_charge_bytes(struct expr_machine *machine, size_t bytes) __attribute__((warn_unused_result));
/* Bytes that may still be taken. */
size_t expr_memory_left(const struct expr_machine *machine);
bool expr_fail_memory(struct expr_machine *machine);
/* The text forms of values, one behind the other, as one text in the arena. */
bool expr_join(struct expr_machine *machine, const struct value *values, size_t count, struct value *out)
	__attribute__((warn_unused_result));

/* ---- Operators: expr_operator.c ---------------------------------------------------------------------------------- */

bool expr_arithmetic(struct expr_machine *machine, enum expr_op op, const struct value *a, const struct value *b,
	struct value *out) __attribute__((warn_unused_result));
bool expr_negate(struct expr_machine *machine, const struct value *a, struct value *out)
	__attribute__((warn_unused_result));
/* The language's ==, which meets numbers, booleans and times with text. */
bool expr_equal(struct expr_machine *machine, const struct value *a, const struct value *b, bool *out)
	__attribute__((warn_unused_result));
/* Same kind and content, no conversion: equals(), contains(), indexOf(). */
bool expr_same(struct expr_machine *machine, const struct value *a, const struct value *b, bool *out)
	__attribute__((warn_unused_result));
/* *order is <0, 0 or >0. */
bool expr_order(struct expr_machine *machine, const struct value *a, const struct value *b, int *order)
	__attribute__((warn_unused_result));
bool expr_relation(struct expr_machine *machine, enum expr_op op, const struct value *a, const struct value *b,
	bool *out) __attribute__((warn_unused_result));
bool expr_to_boolean(struct expr_machine *machine, const struct value *value, bool *out)
	__attribute__((warn_unused_result));
/* null, "", [] and {}. */
bool expr_is_empty(const struct value *value);
/* base.name and base[index]. */
bool expr_property(struct expr_machine *machine, const struct value *base, struct str name, struct value *out)
	__attribute__((warn_unused_result));
bool expr_index(struct expr_machine *machine, const struct value *base, const struct value *index, struct value *out)
	__attribute__((warn_unused_result));

/* ---- Functions, methods, objects --------------------------------------------------------------------------------- */

struct expr_call {
	struct str name;
	const struct value *args; /* of a method: the receiver first */
	size_t count;
	enum expr_object object; /* of an object's method */
};

typedef bool expr_builtin(struct expr_machine *machine, const struct expr_call *call, struct value *out);

/* The row of a name; false, with an error that names what is wrong, when there is none for so many arguments.
 * offset is the place of the name, count without a receiver. */
bool expr_function_find(struct expr_lexer *lexer, struct str name, size_t count, size_t offset, size_t *row)
	__attribute__((warn_unused_result));
bool expr_method_find(struct expr_lexer *lexer, struct str name, size_t count, size_t offset, size_t *row)
	__attribute__((warn_unused_result));
bool expr_object_find(struct expr_lexer *lexer, struct str name, size_t count, size_t offset, size_t *row)
	__attribute__((warn_unused_result));
/* The object of that name. */
bool expr_object_named(struct str name, enum expr_object *object) __attribute__((warn_unused_result));
/* The row is getVariable. */
bool expr_object_reads(size_t row);
/* Says that a name takes `fewest` to `most` arguments and not `count`. */
bool expr_fail_count(
	struct expr_lexer *lexer, struct str name, size_t fewest, size_t most, size_t count, size_t offset);

bool expr_function_call(struct expr_machine *machine, size_t row, const struct value *args, size_t count,
	struct value *out) __attribute__((warn_unused_result));
bool expr_method_call(struct expr_machine *machine, size_t row, const struct value *args, size_t count,
	struct value *out) __attribute__((warn_unused_result));
bool expr_object_call(struct expr_machine *machine, size_t row, enum expr_object object, const struct value *args,
	size_t count, struct value *out) __attribute__((warn_unused_result));
/* execution.name and the like; where the engine has no such object or property, that of a variable of the name. */
bool expr_object_property(struct expr_machine *machine, enum expr_object object, struct str name, struct value *out)
	__attribute__((warn_unused_result));
/* A variable; false with an error that names it when it is not known. */
bool expr_variable(struct expr_machine *machine, struct str name, struct value *out)
	__attribute__((warn_unused_result));

#define X(name, receivers, fewest, most, function) expr_builtin expr_method_##function;
#include "engine/expr/expr_method.def" /* IWYU pragma: keep */
#undef X

/* Arguments that have to be of one kind; false with an error that names the method and the argument. */
bool expr_text_argument(struct expr_machine *machine, const struct expr_call *call, size_t index, struct str *out)
	__attribute__((warn_unused_result));
bool expr_integer_argument(struct expr_machine *machine, const struct expr_call *call, size_t index, int64_t *out)
	__attribute__((warn_unused_result));

/* Upper and lower case of the alphabets that expr_case.c lists; the length in bytes stays. */
void expr_case_convert(char *text, size_t len, bool upper);

/* Results. */
static inline struct value expr_value_boolean(bool value)
{
	return (struct value){.kind = VALUE_BOOLEAN, .boolean = value};
}

static inline struct value expr_value_integer(int64_t value)
{
	return (struct value){.kind = VALUE_NUMBER, .number = decimal_from_int64(value)};
}

static inline struct value expr_value_text(struct str text)
{
	return (struct value){.kind = VALUE_TEXT, .text = text};
}

static inline struct value expr_value_time(int64_t time)
{
	return (struct value){.kind = VALUE_DATE_TIME, .time = time};
}

#endif
