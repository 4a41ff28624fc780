/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts of the file that are expressions: a slice of an attribute's value or of an element's content, that knows where
 * it came from, so that an error in it can be shown at its character in the file.
 */
#ifndef BPMN_EXPRESSION_H
#define BPMN_EXPRESSION_H

#include "bpmn/model.h"

enum { EXPRESSION_TEMPLATE = 0, EXPRESSION_CONDITION = 1, EXPRESSION_SCRIPT = 2 };

struct expression_text {
	const struct element *element;
	const struct attribute *attribute; /* NULL: the element's content */
	struct str text;                   /* trimmed, within the value or the content; empty: nothing there */
};

struct expression_text expression_of_attribute(const struct element *element, enum space space, const char *name);
/* Our own attribute, else the vendor's of the same name. */
struct expression_text expression_of_own(const struct element *element, const char *name);
/* element may be NULL. */
struct expression_text expression_of_content(const struct element *element);

/* Compiles into the document's arena. NULL: the process is a drawing, or an error was reported. */
const struct expr *expression_compile(struct model *model, const struct expression_text *text, int form);
/* A text that is no expression. */
const struct expr *expression_constant(struct model *model, const struct element *element, struct str text);
/* Reads the variable of that name, whatever the name looks like. */
const struct expr *expression_variable(struct model *model, const struct element *element, struct str name);
/* A text that holds ${...}, or else the name of a variable; NULL for an empty one. */
const struct expr *expression_reading(struct model *model, const struct expression_text *text);
/* A Zeebe text: ="constant", =name, or a constant; NULL is reported, but for an empty one. */
const struct expr *expression_zeebe(struct model *model, struct expression_text text);
/* Reports at character number `index` of the text. */
void expression_report(
	struct model *model, enum rule rule, const struct expression_text *text, size_t index, const char *message);

/* Whether the element's language (else the file's) is one we run; an error was reported when not. Texts that begin with
 * '=' are FEEL whatever they say. */
bool expression_language_fits(struct model *model, const struct expression_text *text);
/* A Zeebe text: FEEL behind '='. Cuts ="constant" down to its constant; false: FEEL, reported. */
bool expression_strip_feel(struct model *model, struct expression_text *text);
/* A letter, then letters and digits; letters of any script. */
bool expression_is_identifier(struct str text);
/* Contains ${ or #{. */
bool expression_is_dynamic(struct str text);
/* Number of characters before line and column (as an error counts them) of the text. */
size_t expression_index(struct str text, int line, int column);

#endif
