/* SPDX-License-Identifier: Apache-2.0
 *
 * The three forms in which expressions stand in a diagram, around the grammar of one expression: composite text, a
 * condition, a script.
 */
#include "config.h"

#include "engine/expr/expr_internal.h"

/* block = ( "${" | "#{" ) expression "}", up to its "}", which is the present token afterwards. */
static bool expr_parse_block(struct expr_parser *parser)
{
	if (!expr_advance(parser) || !expr_parse_expression(parser))
		return false;
	return expr_at(parser, EXPR_TOKEN_BRACE_CLOSE) || expr_expected(parser, "an operator or '}'");
}

/* statement = block | expression */
static bool expr_parse_statement(struct expr_parser *parser)
{
	if (!expr_at(parser, EXPR_TOKEN_OPEN))
		return expr_parse_expression(parser);
	return expr_parse_block(parser) && expr_advance(parser);
}

/* condition = statement end */
static bool expr_parse_condition(struct expr_parser *parser)
{
	if (!expr_advance(parser) || !expr_parse_statement(parser))
		return false;
	return expr_at(parser, EXPR_TOKEN_END) || expr_expected(parser, "an operator or the end");
}

/* script = statement { ( ";" | between two blocks nothing ) statement } [ ";" ] end */
static bool expr_parse_script(struct expr_parser *parser)
{
	if (!expr_advance(parser))
		return false;
	for (;;) {
		bool block = expr_at(parser, EXPR_TOKEN_OPEN);
		size_t offset = parser->token.offset;
		if (!expr_parse_statement(parser))
			return false;
		if (expr_at(parser, EXPR_TOKEN_SEMICOLON)) {
			if (!expr_advance(parser))
				return false;
		} else if (!expr_at(parser, EXPR_TOKEN_END) && !(block && expr_at(parser, EXPR_TOKEN_OPEN))) {
			return expr_expected(parser, "an operator, ';' or the end");
		}
		if (expr_at(parser, EXPR_TOKEN_END))
			return true;
		expr_emit(parser->builder, EXPR_OP_POP, 0, 0, offset);
	}
}

/* The next "${" or "#{" from a place on, or the end; *escaped: a backslash stands before it. */
static size_t expr_find_open(struct str source, size_t at, bool *escaped)
{
	for (; at + 1 < source.len; at++) {
		if ((source.ptr[at] != '$' && source.ptr[at] != '#') || source.ptr[at + 1] != '{')
			continue;
		*escaped = at > 0 && source.ptr[at - 1] == '\\';
		return at;
	}
	return source.len;
}

/* literal = characters up to "${" or "#{"; "\${" and "\#{" stand for themselves. Emits it unless it is empty. */
static void expr_parse_literal(struct expr_parser *parser, size_t *parts)
{
	struct str source = parser->lexer.source;
	size_t at = parser->lexer.at;

	while (at < source.len) {
		bool escaped = false;
		size_t open = expr_find_open(source, at, &escaped);
		size_t end = escaped && open > at ? open - 1 : open;
		if (end > at) {
			expr_emit_text(parser->builder, str_slice(source, at, end - at), at);
			++*parts;
		}
		at = open;
		if (!escaped)
			break;
		expr_emit_text(parser->builder, str_slice(source, open, 2), open);
		++*parts;
		at += 2;
	}
	parser->lexer.at = at;
}

/* template = { literal | block } */
static bool expr_parse_template(struct expr_parser *parser)
{
	size_t parts = 0;

	for (;;) {
		expr_parse_literal(parser, &parts);
		if (parser->lexer.at == parser->lexer.source.len)
			break;
		if (!expr_advance(parser) || !expr_parse_block(parser))
			return false;
		parts++;
	}
	if (parts == 0)
		expr_emit_text(parser->builder, STR(""), 0);
	else if (parts > 1)
		expr_emit(parser->builder, EXPR_OP_JOIN, 0, parts, 0);
	return true;
}

bool expr_parse(struct expr_builder *builder, struct str source, enum expr_form form, struct err *err)
{
	struct expr_parser parser = {
		.lexer = {.arena = builder->arena, .source = source, .err = err},
		.builder = builder,
	};

	switch (form) {
	case EXPR_FORM_TEMPLATE:
		return expr_parse_template(&parser);
	case EXPR_FORM_CONDITION:
		return expr_parse_condition(&parser);
	case EXPR_FORM_SCRIPT:
		return expr_parse_script(&parser);
	}
	return false;
}
