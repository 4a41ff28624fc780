/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar of one expression, by recursive descent with one token of lookahead; binary operators climb one
 * precedence table. Every recursion passes expr_enter, which counts the depth, so no source can exhaust the C stack.
 * The value of each rule is on the stack when its code has run.
 */
#include "config.h"

#include "engine/expr/expr_internal.h"

/* Binary operators from the loosest to the tightest; all group to the left. */
static const struct expr_binary {
	enum expr_token_kind token;
	int level;
	enum expr_op op;
} expr_binaries[] = {
	{EXPR_TOKEN_OR, 1, EXPR_OP_OR},
	{EXPR_TOKEN_AND, 2, EXPR_OP_AND},
	{EXPR_TOKEN_EQUAL, 3, EXPR_OP_EQUAL},
	{EXPR_TOKEN_NOT_EQUAL, 3, EXPR_OP_NOT_EQUAL},
	{EXPR_TOKEN_LESS, 4, EXPR_OP_LESS},
	{EXPR_TOKEN_LESS_EQUAL, 4, EXPR_OP_LESS_EQUAL},
	{EXPR_TOKEN_GREATER, 4, EXPR_OP_GREATER},
	{EXPR_TOKEN_GREATER_EQUAL, 4, EXPR_OP_GREATER_EQUAL},
	{EXPR_TOKEN_PLUS, 5, EXPR_OP_ADD},
	{EXPR_TOKEN_MINUS, 5, EXPR_OP_SUBTRACT},
	{EXPR_TOKEN_TIMES, 6, EXPR_OP_MULTIPLY},
	{EXPR_TOKEN_DIVIDE, 6, EXPR_OP_DIVIDE},
	{EXPR_TOKEN_MODULO, 6, EXPR_OP_MODULO},
};

static const struct expr_unary {
	enum expr_token_kind token;
	enum expr_op op;
} expr_unaries[] = {
	{EXPR_TOKEN_MINUS, EXPR_OP_NEGATE},
	{EXPR_TOKEN_NOT, EXPR_OP_NOT},
	{EXPR_TOKEN_EMPTY, EXPR_OP_EMPTY},
};

static bool expr_parse_unary(struct expr_parser *parser);

bool expr_advance(struct expr_parser *parser)
{
	return expr_lex(&parser->lexer, &parser->token);
}

bool expr_at(const struct expr_parser *parser, enum expr_token_kind kind)
{
	return parser->token.kind == kind;
}

/* "expected X, found Y" at the present token. */
bool expr_expected(struct expr_parser *parser, const char *what)
{
	const struct expr_token *token = &parser->token;

	if (token->kind == EXPR_TOKEN_END)
		return expr_fail_at(parser->lexer.err, parser->lexer.source, token->offset, "expected %s, found the end", what);
	struct str shown = expr_excerpt(token->source);
	const char *quote = token->kind == EXPR_TOKEN_TEXT ? "" : "'";
	return expr_fail_at(parser->lexer.err, parser->lexer.source, token->offset, "expected %s, found %s%.*s%s", what,
		quote, STR_ARG(shown), quote);
}

static const char *expr_token_text(enum expr_token_kind kind)
{
	static const char *const texts[] = {
#define X(name, text) [EXPR_TOKEN_##name] = (text),
#include "engine/expr/expr_token.def" /* IWYU pragma: keep */
#undef X
	};
	return texts[kind];
}

/* Takes a token of one kind. */
static bool expr_take(struct expr_parser *parser, enum expr_token_kind kind)
{
	if (!expr_at(parser, kind))
		return expr_expected(parser, expr_token_text(kind));
	return expr_advance(parser);
}

static bool expr_enter(struct expr_parser *parser)
{
	if (parser->depth == EXPR_DEPTH_MAX)
		return expr_fail_at(parser->lexer.err, parser->lexer.source, parser->token.offset,
			"nested deeper than %d levels", EXPR_DEPTH_MAX);
	parser->depth++;
	return true;
}

/* list = [ expression { "," expression } ] up to a closing token, which is taken; *count expressions. */
static bool expr_parse_list(struct expr_parser *parser, enum expr_token_kind close, size_t *count)
{
	*count = 0;
	if (expr_at(parser, close))
		return expr_advance(parser);
	for (;;) {
		if (!expr_parse_expression(parser))
			return false;
		++*count;
		if (expr_at(parser, close))
			return expr_advance(parser);
		if (!expr_at(parser, EXPR_TOKEN_COMMA))
			return expr_expected(parser, close == EXPR_TOKEN_PAREN_CLOSE ? "',' or ')'" : "',' or ']'");
		if (!expr_advance(parser))
			return false;
	}
}

/* The name of a map entry, left on the stack. */
static bool expr_parse_entry_name(struct expr_parser *parser)
{
	if (!expr_at(parser, EXPR_TOKEN_TEXT) && !expr_at(parser, EXPR_TOKEN_NAME))
		return expr_expected(parser, "a name");
	bool quoted = expr_at(parser, EXPR_TOKEN_TEXT);
	expr_emit_text(parser->builder, quoted ? parser->token.text : parser->token.source, parser->token.offset);
	return expr_advance(parser);
}

/* map = "{" [ entry { "," entry } ] "}";  entry = ( text | name ) ":" expression */
static bool expr_parse_map(struct expr_parser *parser)
{
	size_t offset = parser->token.offset;
	size_t count = 0;

	if (!expr_advance(parser))
		return false;
	while (!expr_at(parser, EXPR_TOKEN_BRACE_CLOSE)) {
		if (count > 0 && !expr_take(parser, EXPR_TOKEN_COMMA))
			return false;
		if (!expr_parse_entry_name(parser) || !expr_take(parser, EXPR_TOKEN_COLON) || !expr_parse_expression(parser))
			return false;
		count += 2;
	}
	expr_emit(parser->builder, EXPR_OP_CONTEXT, 0, count, offset);
	return expr_advance(parser);
}

/* member = "." name, its dot being the present token; keywords are names here. */
static bool expr_parse_member(struct expr_parser *parser, struct expr_token *name)
{
	if (!expr_advance(parser))
		return false;
	*name = parser->token;
	char first = name->source.len > 0 ? name->source.ptr[0] : '\0';
	if (name->kind != EXPR_TOKEN_NAME && !(first >= 'a' && first <= 'z'))
		return expr_expected(parser, "a name behind '.'");
	return expr_advance(parser);
}

/* objectMember = ( "execution" | "task" | "externalTask" ) "." name [ "(" list ")" ], the
 * object's name already taken. */
static bool expr_parse_object(struct expr_parser *parser, enum expr_object object)
{
	struct expr_token name;
	size_t count;
	size_t row;

	if (!expr_parse_member(parser, &name))
		return false;
	if (!expr_at(parser, EXPR_TOKEN_PAREN_OPEN)) {
		expr_emit_named(parser->builder, EXPR_OP_OBJECT_PROPERTY, name.source, object, name.offset);
		return true;
	}
	if (!expr_advance(parser) || !expr_parse_list(parser, EXPR_TOKEN_PAREN_CLOSE, &count))
		return false;
	if (!expr_object_find(&parser->lexer, name.source, count, name.offset, &row))
		return false;
	expr_emit(parser->builder, EXPR_OP_OBJECT_CALL, row * EXPR_OBJECT_COUNT + object, count, name.offset);
	return true;
}

/* call = name "(" list ")", the name already taken. */
static bool expr_parse_call(struct expr_parser *parser, const struct expr_token *name)
{
	size_t count;
	size_t row;

	if (!expr_advance(parser) || !expr_parse_list(parser, EXPR_TOKEN_PAREN_CLOSE, &count))
		return false;
	if (!expr_function_find(&parser->lexer, name->source, count, name->offset, &row))
		return false;
	expr_emit(parser->builder, EXPR_OP_FUNCTION, row, count, name->offset);
	return true;
}

/* named = call | objectMember | variable */
static bool expr_parse_named(struct expr_parser *parser)
{
	struct expr_token name = parser->token;
	enum expr_object object;

	if (!expr_advance(parser))
		return false;
	if (expr_at(parser, EXPR_TOKEN_PAREN_OPEN))
		return expr_parse_call(parser, &name);
	if (expr_at(parser, EXPR_TOKEN_DOT) && expr_object_named(name.source, &object))
		return expr_parse_object(parser, object);
	expr_emit_named(parser->builder, EXPR_OP_VARIABLE, name.source, 0, name.offset);
	return true;
}

/* A number literal, with its sign when one stands right before it (so that -9223372036854775808 can be written). */
static bool expr_parse_number(struct expr_parser *parser, size_t start)
{
	const struct expr_token *token = &parser->token;
	struct str digits = str_slice(parser->lexer.source, start, token->offset + token->source.len - start);
	struct value value = {.kind = VALUE_NUMBER};

	if (!decimal_parse(digits, &value.number)) {
		struct str shown = expr_excerpt(digits);
		return expr_fail_at(parser->lexer.err, parser->lexer.source, start,
			"the number %.*s%s needs more digits than fit", STR_ARG(shown), shown.len < digits.len ? "..." : "");
	}
	expr_emit_constant(parser->builder, value, start);
	return expr_advance(parser);
}

static bool expr_parse_constant(struct expr_parser *parser, struct value value)
{
	expr_emit_constant(parser->builder, value, parser->token.offset);
	return expr_advance(parser);
}

/* group = "(" expression ")" */
static bool expr_parse_group(struct expr_parser *parser)
{
	return expr_advance(parser) && expr_parse_expression(parser) && expr_take(parser, EXPR_TOKEN_PAREN_CLOSE);
}

/* listLiteral = "[" list "]" */
static bool expr_parse_list_literal(struct expr_parser *parser)
{
	size_t offset = parser->token.offset;
	size_t count;

	if (!expr_advance(parser) || !expr_parse_list(parser, EXPR_TOKEN_BRACKET_CLOSE, &count))
		return false;
	expr_emit(parser->builder, EXPR_OP_LIST, 0, count, offset);
	return true;
}

/* primary = number | text | "true" | "false" | "null" | group | listLiteral | map | named */
static bool expr_parse_primary(struct expr_parser *parser)
{
	enum expr_token_kind kind = parser->token.kind;

	if (kind == EXPR_TOKEN_NAME)
		return expr_parse_named(parser);
	if (kind == EXPR_TOKEN_NUMBER)
		return expr_parse_number(parser, parser->token.offset);
	if (kind == EXPR_TOKEN_TEXT)
		return expr_parse_constant(parser, expr_value_text(parser->token.text));
	if (kind == EXPR_TOKEN_TRUE || kind == EXPR_TOKEN_FALSE)
		return expr_parse_constant(parser, expr_value_boolean(kind == EXPR_TOKEN_TRUE));
	if (kind == EXPR_TOKEN_NULL)
		return expr_parse_constant(parser, (struct value){.kind = VALUE_NULL});
	if (kind == EXPR_TOKEN_PAREN_OPEN)
		return expr_parse_group(parser);
	if (kind == EXPR_TOKEN_BRACKET_OPEN)
		return expr_parse_list_literal(parser);
	if (kind == EXPR_TOKEN_BRACE_OPEN)
		return expr_parse_map(parser);
	return expr_expected(parser, "a value");
}

/* index = "[" expression "]" */
static bool expr_parse_index(struct expr_parser *parser)
{
	size_t offset = parser->token.offset;

	if (!expr_advance(parser) || !expr_parse_expression(parser) || !expr_take(parser, EXPR_TOKEN_BRACKET_CLOSE))
		return false;
	expr_emit(parser->builder, EXPR_OP_INDEX, 0, 0, offset);
	return true;
}

/* property = "." name [ "(" list ")" ] */
static bool expr_parse_property(struct expr_parser *parser)
{
	struct expr_token name;
	size_t count;
	size_t row;

	if (!expr_parse_member(parser, &name))
		return false;
	if (!expr_at(parser, EXPR_TOKEN_PAREN_OPEN)) {
		expr_emit_named(parser->builder, EXPR_OP_PROPERTY, name.source, 0, name.offset);
		return true;
	}
	if (!expr_advance(parser) || !expr_parse_list(parser, EXPR_TOKEN_PAREN_CLOSE, &count))
		return false;
	if (!expr_method_find(&parser->lexer, name.source, count, name.offset, &row))
		return false;
	expr_emit(parser->builder, EXPR_OP_METHOD, row, count + 1, name.offset);
	return true;
}

/* suffixes = { property | index } */
static bool expr_parse_suffixes(struct expr_parser *parser)
{
	for (;;) {
		if (expr_at(parser, EXPR_TOKEN_DOT)) {
			if (!expr_parse_property(parser))
				return false;
		} else if (expr_at(parser, EXPR_TOKEN_BRACKET_OPEN)) {
			if (!expr_parse_index(parser))
				return false;
		} else {
			return true;
		}
	}
}

/* operator unary, the operator being the present token */
static bool expr_parse_operation(struct expr_parser *parser, enum expr_op op)
{
	size_t offset = parser->token.offset;

	if (!expr_advance(parser))
		return false;
	if (op == EXPR_OP_NEGATE && expr_at(parser, EXPR_TOKEN_NUMBER) && parser->token.offset == offset + 1)
		return expr_parse_number(parser, offset) && expr_parse_suffixes(parser);
	if (!expr_enter(parser) || !expr_parse_unary(parser))
		return false;
	parser->depth--;
	expr_emit(parser->builder, op, 0, 0, offset);
	return true;
}

/* unary = ( "-" | "!" | "not" | "empty" ) unary | primary suffixes */
static bool expr_parse_unary(struct expr_parser *parser)
{
	for (size_t i = 0; i < sizeof expr_unaries / sizeof expr_unaries[0]; i++)
		if (expr_at(parser, expr_unaries[i].token))
			return expr_parse_operation(parser, expr_unaries[i].op);
	return expr_parse_primary(parser) && expr_parse_suffixes(parser);
}

static const struct expr_binary *expr_find_binary(enum expr_token_kind token)
{
	for (size_t i = 0; i < sizeof expr_binaries / sizeof expr_binaries[0]; i++)
		if (expr_binaries[i].token == token)
			return &expr_binaries[i];
	return NULL;
}

/* binary(level) = unary { operator of that level or a tighter one, binary(its level + 1) } */
static bool expr_parse_binary(struct expr_parser *parser, int level)
{
	if (!expr_parse_unary(parser))
		return false;
	for (;;) {
		const struct expr_binary *binary = expr_find_binary(parser->token.kind);
		if (!binary || binary->level < level)
			return true;

		size_t offset = parser->token.offset;
		bool logic = binary->op == EXPR_OP_AND || binary->op == EXPR_OP_OR;
		size_t jump = logic ? expr_emit(parser->builder, binary->op, 0, 0, offset) : 0;
		if (!expr_advance(parser) || !expr_parse_binary(parser, binary->level + 1))
			return false;
		expr_emit(parser->builder, logic ? EXPR_OP_BOOLEAN : binary->op, 0, 0, offset);
		if (logic)
			expr_patch(parser->builder, jump);
	}
}

/* choice = "?" expression ":" expression, behind its condition */
static bool expr_parse_choice(struct expr_parser *parser)
{
	size_t offset = parser->token.offset;
	size_t unless = expr_emit(parser->builder, EXPR_OP_JUMP_UNLESS, 0, 0, offset);

	if (!expr_advance(parser) || !expr_parse_expression(parser) || !expr_take(parser, EXPR_TOKEN_COLON))
		return false;
	size_t end = expr_emit(parser->builder, EXPR_OP_JUMP, 0, 0, offset);
	expr_patch(parser->builder, unless);
	expr_branch(parser->builder);
	if (!expr_parse_expression(parser))
		return false;
	expr_patch(parser->builder, end);
	return true;
}

/* expression = binary(1) [ choice ] */
bool expr_parse_expression(struct expr_parser *parser)
{
	if (!expr_enter(parser) || !expr_parse_binary(parser, 1))
		return false;
	if (expr_at(parser, EXPR_TOKEN_QUESTION) && !expr_parse_choice(parser))
		return false;
	parser->depth--;
	return true;
}
