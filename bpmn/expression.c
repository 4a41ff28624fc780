/* SPDX-License-Identifier: Apache-2.0
 *
 * From a text of the file to a program, by the compiler that engine/ hands in; and from the place of an error within
 * the text back to the place in the file.
 */
#include "config.h"

#include "bpmn/expression.h"

#include "bpmn/source.h"

struct expression_text expression_of_attribute(const struct element *element, enum space space, const char *name)
{
	const struct attribute *attribute = element_find_attribute(element, space, name);
	return (struct expression_text){
		.element = element,
		.attribute = attribute,
		.text = attribute ? str_trim(attribute->value) : (struct str){0},
	};
}

struct expression_text expression_of_own(const struct element *element, const char *name)
{
	struct expression_text text = expression_of_attribute(element, SPACE_BPMND, name);
	return text.text.len ? text : expression_of_attribute(element, SPACE_CAMUNDA, name);
}

struct expression_text expression_of_content(const struct element *element)
{
	return (struct expression_text){.element = element, .text = element ? str_trim(element->text) : (struct str){0}};
}

bool expression_is_dynamic(struct str text)
{
	return str_find(text, STR("${")) != STR_NONE || str_find(text, STR("#{")) != STR_NONE;
}

size_t expression_index(struct str text, int line, int column)
{
	size_t offset = 0;
	while (line > 1) {
		size_t newline = str_find_char(str_slice(text, offset, text.len), '\n');
		if (newline == STR_NONE)
			break;
		offset += newline + 1;
		line--;
	}
	return str_utf8_length(str_slice(text, 0, offset)) + (column > 1 ? (size_t)column - 1 : 0);
}

/* The offset in the file of character number index of the text. */
static size_t expression_offset(const struct model *model, const struct expression_text *text, size_t index)
{
	const struct element *element = text->element;
	struct str whole = text->attribute ? text->attribute->value : element->text;
	size_t begin = element->content;
	if (text->attribute)
		begin = source_attribute_value(model->source, element->offset, (size_t)(text->attribute - element->attributes));
	size_t before = text->text.len ? str_utf8_length(str_slice(whole, 0, (size_t)(text->text.ptr - whole.ptr))) : 0;
	return source_character(model->source, begin, before + index);
}

void expression_report(
	struct model *model, enum rule rule, const struct expression_text *text, size_t index, const char *message)
{
	model_report_inside(model, rule, text->element, expression_offset(model, text, index), "%s", message);
}

const struct expr *expression_compile(struct model *model, const struct expression_text *text, int form)
{
	if (!model_executable(model, text->element) || !model->options->compile_expr)
		return NULL;
	struct err err = {0};
	const struct expr *expr = model->options->compile_expr(model->keep, text->text, form, &err);
	if (!expr)
		expression_report(model, RULE_EXPRESSION_INVALID, text, expression_index(text->text, err.line, err.column),
			arena_printf(model->arena, "%s in %s", err.message, model_cut(model, text->text)).ptr);
	return expr;
}

const struct expr *expression_constant(struct model *model, const struct element *element, struct str text)
{
	if (!model_executable(model, element) || !model->options->compile_expr)
		return NULL;
	return model->options->compile_expr(model->keep, text, EXPRESSION_TEMPLATE, NULL);
}

bool expression_is_identifier(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
		if (!letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return text.len > 0;
}

/* "execution.getVariable('name')": null where there is none. */
static struct str expression_of_odd_name(struct model *model, struct str name)
{
	char *quoted = arena_alloc(model->arena, 2 * name.len);
	size_t length = 0;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '\'' || name.ptr[i] == '\\')
			quoted[length++] = '\\';
		quoted[length++] = name.ptr[i];
	}
	return arena_printf(model->arena, "${execution.getVariable('%.*s')}", STR_ARG(((struct str){quoted, length})));
}

/* A name, and none that means something else in an expression. */
static bool expression_is_plain_name(struct str name)
{
	static const struct str taken[] = {
		STR_INIT("true"), STR_INIT("false"), STR_INIT("null"), STR_INIT("execution"), STR_INIT("task")};
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		if (str_equal(taken[i], name))
			return false;
	}
	return expression_is_identifier(name);
}

/* The operators of the language are no names either: then the first try does not compile. */
const struct expr *expression_variable(struct model *model, const struct element *element, struct str name)
{
	if (!model_executable(model, element) || !model->options->compile_expr)
		return NULL;
	const struct expr *expr = NULL;
	if (expression_is_plain_name(name))
		expr = expression_constant(model, element, arena_printf(model->arena, "${%.*s}", STR_ARG(name)));
	if (!expr)
		expr = expression_constant(model, element, expression_of_odd_name(model, name));
	if (!expr)
		model_report(
			model, RULE_EXPRESSION_INVALID, element, "%s cannot be the name of a variable", model_quote(model, name));
	return expr;
}

const struct expr *expression_reading(struct model *model, const struct expression_text *text)
{
	if (text->text.len == 0)
		return NULL;
	if (expression_is_dynamic(text->text))
		return expression_compile(model, text, EXPRESSION_TEMPLATE);
	return expression_variable(model, text->element, text->text);
}

const struct expr *expression_zeebe(struct model *model, struct expression_text text)
{
	struct str body = str_starts_with(text.text, STR("=")) ? str_trim(str_slice(text.text, 1, text.text.len)) : STR("");
	if (expression_is_plain_name(body))
		return expression_variable(model, text.element, body);
	if (text.text.len == 0 || !expression_strip_feel(model, &text))
		return NULL;
	return expression_compile(model, &text, EXPRESSION_TEMPLATE);
}

static bool expression_is_feel_language(struct str language)
{
	while (str_ends_with(language, STR("/")))
		language.len--;
	return language.len >= 4 && str_equal_nocase(str_slice(language, language.len - 4, 4), STR("feel"));
}

/* What tools write by default means nothing in particular. */
static bool expression_is_own_language(struct str language)
{
	static const struct str names[] = {STR_INIT(""), STR_INIT("juel"), STR_INIT("el"), STR_INIT("application/x-juel"),
		STR_INIT("text/x-juel"), STR_INIT("http://java.sun.com/products/jsp/"), STR_INIT("xpath")};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (str_equal_nocase(names[i], language))
			return true;
	}
	return str_find(language, STR("://www.w3.org/")) != STR_NONE && str_find(language, STR("/XPath")) != STR_NONE;
}

static struct str expression_language(const struct model *model, const struct element *element)
{
	struct str language = element_attribute(element, SPACE_NONE, "language");
	return language.len ? language : element_attribute(model->root, SPACE_NONE, "expressionLanguage");
}

bool expression_language_fits(struct model *model, const struct expression_text *text)
{
	struct str language = expression_language(model, text->element);
	bool feel = str_starts_with(text->text, STR("=")) && !str_starts_with(text->text, STR("=="));
	if (!model_executable(model, text->element))
		return true;
	if (feel || expression_is_feel_language(language)) {
		expression_report(model, RULE_FEEL_UNSUPPORTED, text, 0, "FEEL expressions are not supported yet");
		return false;
	}
	if (expression_is_own_language(language))
		return true;
	expression_report(model, RULE_EXPRESSION_LANGUAGE, text, 0,
		arena_printf(model->arena, "the expression language %s is not supported", model_quote(model, language)).ptr);
	return false;
}

bool expression_strip_feel(struct model *model, struct expression_text *text)
{
	if (!str_starts_with(text->text, STR("=")))
		return true;
	struct str body = str_trim(str_slice(text->text, 1, text->text.len));
	struct str inner = str_slice(body, 1, body.len >= 2 ? body.len - 2 : 0);
	bool constant = body.len >= 2 && body.ptr[0] == '"' && body.ptr[body.len - 1] == '"' &&
	                str_find_char(inner, '"') == STR_NONE && str_find_char(inner, '\\') == STR_NONE;
	if (constant) {
		text->text = inner;
		return true;
	}
	if (model_executable(model, text->element))
		expression_report(model, RULE_FEEL_UNSUPPORTED, text, 0, "FEEL expressions are not supported yet");
	return false;
}
