/* SPDX-License-Identifier: Apache-2.0
 *
 * Source text -> tokens, one at a time and without state but the place. Names may be in any script; typographic
 * quotes, full-width punctuation and odd spaces, which word processors put into diagrams, are refused by their code
 * point instead of becoming part of a name.
 */
#include "config.h"

#include "engine/expr/expr.h"
#include "engine/expr/expr_internal.h"

#include <string.h>

#define EXPR_EXCERPT_MAX 40

struct expr_symbol {
	struct str text;
	enum expr_token_kind kind;
};

/* Longer symbols before their beginnings. */
static const struct expr_symbol expr_symbols[] = {
	{STR_INIT("${"), EXPR_TOKEN_OPEN},
	{STR_INIT("#{"), EXPR_TOKEN_OPEN},
	{STR_INIT("=="), EXPR_TOKEN_EQUAL},
	{STR_INIT("!="), EXPR_TOKEN_NOT_EQUAL},
	{STR_INIT("<="), EXPR_TOKEN_LESS_EQUAL},
	{STR_INIT(">="), EXPR_TOKEN_GREATER_EQUAL},
	{STR_INIT("&&"), EXPR_TOKEN_AND},
	{STR_INIT("||"), EXPR_TOKEN_OR},
	{STR_INIT("<"), EXPR_TOKEN_LESS},
	{STR_INIT(">"), EXPR_TOKEN_GREATER},
	{STR_INIT("!"), EXPR_TOKEN_NOT},
	{STR_INIT("("), EXPR_TOKEN_PAREN_OPEN},
	{STR_INIT(")"), EXPR_TOKEN_PAREN_CLOSE},
	{STR_INIT("["), EXPR_TOKEN_BRACKET_OPEN},
	{STR_INIT("]"), EXPR_TOKEN_BRACKET_CLOSE},
	{STR_INIT("{"), EXPR_TOKEN_BRACE_OPEN},
	{STR_INIT("}"), EXPR_TOKEN_BRACE_CLOSE},
	{STR_INIT("."), EXPR_TOKEN_DOT},
	{STR_INIT(","), EXPR_TOKEN_COMMA},
	{STR_INIT(":"), EXPR_TOKEN_COLON},
	{STR_INIT(";"), EXPR_TOKEN_SEMICOLON},
	{STR_INIT("?"), EXPR_TOKEN_QUESTION},
	{STR_INIT("+"), EXPR_TOKEN_PLUS},
	{STR_INIT("-"), EXPR_TOKEN_MINUS},
	{STR_INIT("*"), EXPR_TOKEN_TIMES},
	{STR_INIT("/"), EXPR_TOKEN_DIVIDE},
	{STR_INIT("%"), EXPR_TOKEN_MODULO},
};

static const struct expr_symbol expr_keywords[] = {
	{STR_INIT("and"), EXPR_TOKEN_AND},
	{STR_INIT("or"), EXPR_TOKEN_OR},
	{STR_INIT("not"), EXPR_TOKEN_NOT},
	{STR_INIT("div"), EXPR_TOKEN_DIVIDE},
	{STR_INIT("mod"), EXPR_TOKEN_MODULO},
	{STR_INIT("eq"), EXPR_TOKEN_EQUAL},
	{STR_INIT("ne"), EXPR_TOKEN_NOT_EQUAL},
	{STR_INIT("lt"), EXPR_TOKEN_LESS},
	{STR_INIT("le"), EXPR_TOKEN_LESS_EQUAL},
	{STR_INIT("gt"), EXPR_TOKEN_GREATER},
	{STR_INIT("ge"), EXPR_TOKEN_GREATER_EQUAL},
	{STR_INIT("empty"), EXPR_TOKEN_EMPTY},
	{STR_INIT("true"), EXPR_TOKEN_TRUE},
	{STR_INIT("false"), EXPR_TOKEN_FALSE},
	{STR_INIT("null"), EXPR_TOKEN_NULL},
};

/* Characters beyond ASCII that look like punctuation or space: first and last. */
static const struct {
	uint32_t first;
	uint32_t last;
} expr_no_letters[] = {
	{0x80, 0xa9}, /* controls, no-break space, signs */
	{0xab, 0xb4}, /* « ... ´ */
	{0xb6, 0xb9},
	{0xbb, 0xbf},     /* » ... ¿ */
	{0xd7, 0xd7},     /* × */
	{0xf7, 0xf7},     /* ÷ */
	{0x2000, 0x206f}, /* general punctuation: typographic quotes, dashes, spaces */
	{0x2190, 0x23ff}, /* arrows, mathematical operators: ≤ ≥ ≠ */
	{0x3000, 0x3004}, /* ideographic space, comma, full stop */
	{0x3008, 0x3011}, /* CJK brackets */
	{0xfeff, 0xfeff},
	{0xff00, 0xff0f}, /* full-width punctuation */
	{0xff1a, 0xff20},
	{0xff3b, 0xff3e},
	{0xff5b, 0xff65},
};

struct str expr_excerpt(struct str text)
{
	if (text.len <= EXPR_EXCERPT_MAX)
		return text;
	size_t len = EXPR_EXCERPT_MAX;
	while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
		len--;
	return str_slice(text, 0, len);
}

void expr_err_at(struct err *err, struct str source, size_t offset)
{
	int line = 1;
	int column = 1;

	for (size_t i = 0; i < offset && i < source.len; i++) {
		if (source.ptr[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)source.ptr[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	err_at(err, line, column);
}

bool expr_vfail_at(struct err *err, struct str source, size_t offset, const char *format, va_list args)
{
	err_vset(err, ERR_EXPRESSION, format, args);
	expr_err_at(err, source, offset);
	return false;
}

bool expr_fail_at(struct err *err, struct str source, size_t offset, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	expr_vfail_at(err, source, offset, format, args);
	va_end(args);
	return false;
}

/* The code point at a place of well-formed UTF-8, and its length in bytes. */
static uint32_t expr_decode(struct str source, size_t at, size_t *len)
{
	unsigned char lead = (unsigned char)source.ptr[at];

	*len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (*len == 1)
		return lead;
	uint32_t c = lead & (0x7fu >> *len);
	for (size_t i = 1; i < *len; i++)
		c = c << 6 | ((unsigned char)source.ptr[at + i] & 0x3fu);
	return c;
}

static bool expr_is_letter(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
	for (size_t i = 0; i < sizeof expr_no_letters / sizeof expr_no_letters[0]; i++)
		if (c >= expr_no_letters[i].first && c <= expr_no_letters[i].last)
			return false;
	return true;
}

static bool expr_is_digit(struct str source, size_t at)
{
	return at < source.len && source.ptr[at] >= '0' && source.ptr[at] <= '9';
}

/* Length of the name that starts at a place; 0: none does. */
static size_t expr_name_length(struct str source, size_t start)
{
	size_t at = start;
	while (at < source.len) {
		size_t len;
		if (!expr_is_letter(expr_decode(source, at, &len)) && !(at > start && expr_is_digit(source, at)))
			break;
		at += len;
	}
	return at - start;
}

static size_t expr_digits_end(struct str source, size_t at)
{
	while (expr_is_digit(source, at))
		at++;
	return at;
}

/* number = digits [ "." digits ] [ exponent ] | "." digits [ exponent ]; what it is worth the parser finds out. */
static bool expr_lex_number(struct expr_lexer *lexer, struct expr_token *token)
{
	struct str source = lexer->source;
	size_t at = expr_digits_end(source, lexer->at);

	if (at < source.len && source.ptr[at] == '.' && expr_is_digit(source, at + 1))
		at = expr_digits_end(source, at + 1);
	if (at < source.len && (source.ptr[at] == 'e' || source.ptr[at] == 'E')) {
		size_t exponent = at + 1;
		if (exponent < source.len && (source.ptr[exponent] == '+' || source.ptr[exponent] == '-'))
			exponent++;
		if (expr_is_digit(source, exponent))
			at = expr_digits_end(source, exponent);
	}
	if (expr_name_length(source, at) > 0)
		return expr_fail_at(lexer->err, source, lexer->at, "a number cannot go on with a letter");
	token->kind = EXPR_TOKEN_NUMBER;
	token->source = str_slice(source, lexer->at, at - lexer->at);
	return true;
}

/* The character that a backslash and a letter stand for; NUL: none. */
static char expr_unescape(char letter)
{
	static const char letters[] = "\\'\"nrt/";
	static const char meanings[] = "\\'\"\n\r\t/";
	const char *found = letter ? strchr(letters, letter) : NULL;

	return found ? meanings[found - letters] : '\0';
}

/* text = quote { character | "\" ( "\" | quote | "n" | "r" | "t" | "/" ) } quote */
static bool expr_lex_text(struct expr_lexer *lexer, struct expr_token *token)
{
	struct str source = lexer->source;
	char quote = source.ptr[lexer->at];
	size_t at = lexer->at + 1;
	bool escaped = false;

	for (; at < source.len && source.ptr[at] != quote; at++) {
		if (source.ptr[at] != '\\')
			continue;
		escaped = true;
		if (++at < source.len && !expr_unescape(source.ptr[at]))
			return expr_fail_at(lexer->err, source, at - 1, "unknown escape in a text; a backslash is written \\\\");
	}
	if (at >= source.len)
		return expr_fail_at(lexer->err, source, lexer->at, "the text does not close: expected %c", quote);

	token->kind = EXPR_TOKEN_TEXT;
	token->source = str_slice(source, lexer->at, at + 1 - lexer->at);
	token->text = str_slice(source, lexer->at + 1, at - lexer->at - 1);
	if (!escaped)
		return true;

	struct str raw = token->text;
	char *to = arena_alloc(lexer->arena, raw.len);
	token->text.ptr = to;
	for (size_t i = 0; i < raw.len; i++)
		*to++ = raw.ptr[i] == '\\' ? expr_unescape(raw.ptr[++i]) : raw.ptr[i];
	token->text.len = (size_t)(to - token->text.ptr);
	return true;
}

static void expr_lex_name(struct expr_lexer *lexer, size_t len, struct expr_token *token)
{
	token->kind = EXPR_TOKEN_NAME;
	token->source = str_slice(lexer->source, lexer->at, len);
	for (size_t i = 0; i < sizeof expr_keywords / sizeof expr_keywords[0]; i++)
		if (str_equal(token->source, expr_keywords[i].text))
			token->kind = expr_keywords[i].kind;
}

static bool expr_lex_unknown(struct expr_lexer *lexer)
{
	size_t len;
	uint32_t c = expr_decode(lexer->source, lexer->at, &len);

	if (c == '=')
		return expr_fail_at(lexer->err, lexer->source, lexer->at, "'=' is no operator here; to compare write '=='");
	if (c < 0x20 || c == 0x7f)
		return expr_fail_at(lexer->err, lexer->source, lexer->at, "unexpected character U+%04X", c);
	struct str shown = str_slice(lexer->source, lexer->at, len);
	return expr_fail_at(
		lexer->err, lexer->source, lexer->at, "unexpected character '%.*s' (U+%04X)", STR_ARG(shown), c);
}

static bool expr_lex_symbol(struct expr_lexer *lexer, struct expr_token *token)
{
	struct str rest = str_slice(lexer->source, lexer->at, lexer->source.len);

	for (size_t i = 0; i < sizeof expr_symbols / sizeof expr_symbols[0]; i++) {
		if (!str_starts_with(rest, expr_symbols[i].text))
			continue;
		token->kind = expr_symbols[i].kind;
		token->source = str_slice(rest, 0, expr_symbols[i].text.len);
		return true;
	}

	size_t name = expr_name_length(lexer->source, lexer->at);
	if (name == 0)
		return expr_lex_unknown(lexer);
	expr_lex_name(lexer, name, token);
	return true;
}

static bool expr_lex_any(struct expr_lexer *lexer, struct expr_token *token)
{
	char c = lexer->source.ptr[lexer->at];

	if (expr_is_digit(lexer->source, lexer->at) || (c == '.' && expr_is_digit(lexer->source, lexer->at + 1)))
		return expr_lex_number(lexer, token);
	if (c == '\'' || c == '"')
		return expr_lex_text(lexer, token);
	return expr_lex_symbol(lexer, token);
}

bool expr_lex(struct expr_lexer *lexer, struct expr_token *token)
{
	struct str source = lexer->source;

	while (lexer->at < source.len && strchr(" \t\r\n", source.ptr[lexer->at]))
		lexer->at++;
	*token = (struct expr_token){.kind = EXPR_TOKEN_END, .offset = lexer->at};
	if (lexer->at == source.len)
		return true;
	if (!expr_lex_any(lexer, token))
		return false;
	lexer->at += token->source.len;
	return true;
}
