/* SPDX-License-Identifier: Apache-2.0
 *
 * Data (10.4): data objects, properties, inputs and outputs are variables under their name, else their id, in the scope
 * that declares them; data associations become assignments. Types are not enforced.
 */
#include "config.h"

#include <stdlib.h>

#include "bpmn/compile.h"
#include "bpmn/expression.h"

typedef VEC(struct str) data_names;

static void data_declare(struct model *model, const struct element *around, const char *name, data_names *names)
{
	const struct element *child = element_child(around, SPACE_BPMN, name);
	for (; child; child = element_sibling(child, SPACE_BPMN, name)) {
		struct str variable = element_variable(model, child);
		if (variable.len > 0 && !child->closed)
			vec_add(names, arena_str(model->keep, variable));
	}
}

struct graph_names compile_declares(struct model *model, const struct element *element)
{
	data_names names = {0};
	static const char *const declarations[] = {"property", "dataObject", "dataInput", "dataOutput"};
	for (size_t i = 0; i < sizeof declarations / sizeof *declarations; i++)
		data_declare(model, element, declarations[i], &names);
	const struct element *io = element_child(element, SPACE_BPMN, "ioSpecification");
	for (; io; io = element_sibling(io, SPACE_BPMN, "ioSpecification")) {
		data_declare(model, io, "dataInput", &names);
		data_declare(model, io, "dataOutput", &names);
	}
	struct graph_names kept = {.count = (int32_t)names.len};
	if (names.len > 0)
		kept.items = arena_copy(model->keep, names.items, names.len * sizeof *names.items);
	vec_free(&names);
	return kept;
}

/* Where the call of a global task declares nothing itself, what the task declares. */
struct graph_names compile_node_declares(struct model *model, const struct node *node)
{
	struct graph_names declares = compile_declares(model, node->element);
	return declares.count == 0 && node->called ? node->called->content->declares : declares;
}

/* The data that a sourceRef or targetRef names; NULL is reported. */
static const struct element *data_find(struct model *model, const struct element *reference)
{
	struct str id = str_trim(reference->text);
	const struct element *target = model_find(model, id);
	if (target && element_variable(model, target).len > 0)
		return target;
	if (target)
		model_report(model, RULE_WRONG_REFERENCE, reference, "%.*s names %s, which is no data",
			STR_ARG(reference->name), model_name(model, target));
	else
		model_report(model, RULE_DANGLING_REFERENCE, reference, "%.*s names %s, which does not exist",
			STR_ARG(reference->name), model_quote(model, id));
	return NULL;
}

static const struct expr *data_expression(struct model *model, const struct element *element)
{
	struct expression_text text = expression_of_content(element);
	if (!expression_language_fits(model, &text))
		return NULL;
	return expression_compile(model, &text, EXPRESSION_CONDITION);
}

/* What an association is about: the flags of the data that it serves go to all of its assignments. */
struct data_association {
	struct model *model;
	const struct element *element;
	bool needed; /* a set of inputs or outputs lists it, and not as optional */
	assignment_list *list;
};

static void data_add(const struct data_association *association, struct str target, const struct expr *source)
{
	struct graph_assignment *assignment = vec_push(association->list);
	assignment->target = arena_str(association->model->keep, target);
	assignment->source = source;
	assignment->required = association->needed;
	assignment->optional = !association->needed;
}

/* The variable that a `to` names: by its name or by the id of its data; as ${name} too. Empty: reported. */
static struct str data_target(struct model *model, const struct element *assignment)
{
	const struct element *to = element_child(assignment, SPACE_BPMN, "to");
	struct str text = expression_of_content(to).text;
	if (text.len == 0) {
		model_report(model, RULE_DATA_TARGET, assignment, "an assignment has no to");
		return text;
	}
	if (expression_is_dynamic(text) && str_ends_with(text, STR("}")) && text.len > 3)
		text = str_trim(str_slice(text, 2, text.len - 3));
	const struct element *data = model_find(model, text);
	struct str name = data ? element_variable(model, data) : (struct str){0};
	if (name.len > 0)
		return name;
	if (expression_is_identifier(text))
		return text;
	model_report(
		model, RULE_DATA_TARGET, to, "an assignment writes to %s, which names no variable", model_quote(model, text));
	return (struct str){0};
}

static void data_assign(const struct data_association *association, const struct element *assignment)
{
	struct model *model = association->model;
	const struct element *from = element_child(assignment, SPACE_BPMN, "from");
	struct str target = data_target(model, assignment);
	if (!from || str_trim(from->text).len == 0) {
		model_report(model, RULE_DATA_SOURCE, assignment, "an assignment has no from");
		return;
	}
	const struct expr *source = data_expression(model, from);
	if (target.len > 0)
		data_add(association, target, source);
}

/* Without transformation and assignment one source is copied (10.4.2). */
static void data_copy(
	const struct data_association *association, const struct element *source, const struct element *target)
{
	struct model *model = association->model;
	const struct element *element = association->element;
	const struct element *data = source ? data_find(model, source) : NULL;
	if (!source || element_sibling(source, SPACE_BPMN, "sourceRef"))
		model_report(model, RULE_DATA_SOURCE, element, "%s copies one source and has %s", model_name(model, element),
			source ? "more" : "none");
	else if (data && target)
		data_add(association, element_variable(model, target),
			expression_variable(model, element, element_variable(model, data)));
}

/* The data that the association serves: the activity's own end of it. */
static const struct element *data_served(const struct model *model, const struct element *element)
{
	bool input = str_equal(element->name, STR("dataInputAssociation"));
	const struct element *reference = element_child(element, SPACE_BPMN, input ? "targetRef" : "sourceRef");
	return reference ? model_find(model, str_trim(reference->text)) : NULL;
}

static void data_associate(struct model *model, const struct element *element, assignment_list *list)
{
	const struct element *served = data_served(model, element);
	const struct data_association association = {
		.model = model,
		.element = element,
		.needed = served && served->needed && !served->optional,
		.list = list,
	};
	const struct element *reference = element_child(element, SPACE_BPMN, "targetRef");
	const struct element *target = reference ? data_find(model, reference) : NULL;
	const struct element *transformation = element_child(element, SPACE_BPMN, "transformation");
	const struct element *assignment = element_child(element, SPACE_BPMN, "assignment");
	if (!reference && (transformation || !assignment))
		model_report(model, RULE_DANGLING_REFERENCE, element, "%s has no targetRef", model_name(model, element));
	if (!transformation && !assignment)
		data_copy(&association, element_child(element, SPACE_BPMN, "sourceRef"), target);
	if (transformation && target)
		data_add(&association, element_variable(model, target), data_expression(model, transformation));
	for (; assignment; assignment = element_sibling(assignment, SPACE_BPMN, "assignment"))
		data_assign(&association, assignment);
}

static const struct element *data_of_loop(const struct model *model, const struct node *node, const char *name)
{
	const struct element *reference = node->loop ? element_child(node->loop, SPACE_BPMN, name) : NULL;
	return reference ? model_find(model, str_trim(reference->text)) : NULL;
}

/* What feeds a loop or takes its results is done by the loop, once for all instances. */
static void data_associate_all(
	struct model *model, const struct node *node, const char *name, const char *loop_reference, assignment_list *list)
{
	const struct element *looped = data_of_loop(model, node, loop_reference);
	const struct element *element = element_child(node->element, SPACE_BPMN, name);
	for (; element; element = element_sibling(element, SPACE_BPMN, name)) {
		if (!element->closed && (!looped || data_served(model, element) != looped))
			data_associate(model, element, list);
	}
}

void compile_data(struct model *model, const struct node *node, assignment_list *inputs, assignment_list *outputs)
{
	data_associate_all(model, node, "dataInputAssociation", "loopDataInputRef", inputs);
	data_associate_all(model, node, "dataOutputAssociation", "loopDataOutputRef", outputs);
}

/* The association of the activity that serves that data; NULL: none. */
static const struct element *data_association_of(
	const struct model *model, const struct node *node, const char *name, const struct element *data)
{
	const struct element *element = element_child(node->element, SPACE_BPMN, name);
	while (element && data_served(model, element) != data)
		element = element_sibling(element, SPACE_BPMN, name);
	return element;
}

/* A loop's reference names data or, as other engines have it, a variable; NULL: a variable. */
static const struct element *data_of_reference(struct model *model, const struct element *reference)
{
	return model_find(model, str_trim(reference->text)) ? data_find(model, reference) : NULL;
}

const struct expr *compile_loop_source(struct model *model, const struct node *node, const struct element *reference)
{
	const struct element *data = data_of_reference(model, reference);
	struct str name = data ? element_variable(model, data) : str_trim(reference->text);
	const struct element *element = data_association_of(model, node, "dataInputAssociation", data);
	if (!data || !element)
		return name.len ? expression_variable(model, reference, name) : NULL;
	assignment_list list = {0};
	data_associate(model, element, &list);
	const struct expr *source = list.len ? list.items[0].source : NULL;
	vec_free(&list);
	return source;
}

struct str compile_loop_target(struct model *model, const struct node *node, const struct element *reference)
{
	const struct element *data = data_of_reference(model, reference);
	struct str name = data ? element_variable(model, data) : str_trim(reference->text);
	const struct element *element = data_association_of(model, node, "dataOutputAssociation", data);
	assignment_list list = {0};
	if (data && element)
		data_associate(model, element, &list);
	if (list.len > 0)
		name = list.items[0].target;
	vec_free(&list);
	return arena_str(model->keep, name);
}
