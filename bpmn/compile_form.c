/* SPDX-License-Identifier: Apache-2.0
 *
 * Forms of user tasks and of the none start event, as vendors describe them: a reference to one that is kept elsewhere,
 * or its fields. They have no meaning for a run and are handed to frontends as they stand.
 */
#include "config.h"

#include <stdlib.h>

#include "bpmn/compile.h"
#include "bpmn/expression.h"

static struct str form_text(struct model *model, const struct element *element, const char *name)
{
	return arena_str(model->keep, element_attribute(element, SPACE_NONE, name));
}

/* The first of these attributes that is there; names end with NULL. */
static struct str form_first(struct model *model, const struct element *element, const char *const *names)
{
	struct str text = {0};
	for (; *names && text.len == 0; names++)
		text = form_text(model, element, *names);
	return text;
}

static void form_add_pairs(struct model *model, const struct element *in, const char *element, const char *name,
	const char *value, header_list *pairs)
{
	const struct element *child = in ? element_child(in, SPACE_CAMUNDA, element) : NULL;
	for (; child; child = element_sibling(child, SPACE_CAMUNDA, element))
		vec_add(pairs, ((struct graph_header){form_text(model, child, name), form_text(model, child, value)}));
}

static struct graph_headers form_pairs_of(
	struct model *model, const struct element *in, const char *element, const char *name, const char *value)
{
	header_list pairs = {0};
	form_add_pairs(model, in, element, name, value, &pairs);
	return compile_headers(model, &pairs);
}

/* A form property says by attributes what a field says by constraints. */
static struct graph_headers form_constraints(struct model *model, const struct element *field)
{
	header_list pairs = {0};
	form_add_pairs(model, element_child(field, SPACE_CAMUNDA, "validation"), "constraint", "name", "config", &pairs);
	if (str_equal_c(element_attribute(field, SPACE_NONE, "required"), "true"))
		vec_add(&pairs, ((struct graph_header){.name = STR("required")}));
	if (str_equal_c(element_attribute(field, SPACE_NONE, "writable"), "false"))
		vec_add(&pairs, ((struct graph_header){.name = STR("readonly")}));
	return compile_headers(model, &pairs);
}

static struct graph_form_field form_field(struct model *model, const struct element *field)
{
	static const char *const labels[] = {"label", "name", NULL};
	static const char *const defaults[] = {"defaultValue", "default", "expression", NULL};
	const struct element *properties = element_child(field, SPACE_CAMUNDA, "properties");
	return (struct graph_form_field){
		.id = form_text(model, field, "id"),
		.label = form_first(model, field, labels),
		.type = form_text(model, field, "type"),
		.default_value = form_first(model, field, defaults),
		.date_pattern = form_text(model, field, "datePattern"),
		.constraints = form_constraints(model, field),
		.values = form_pairs_of(model, field, "value", "id", "name"),
		.properties = form_pairs_of(model, properties, "property", "id", "value"),
	};
}

typedef VEC(struct graph_form_field) form_fields;

static void form_add_fields(struct model *model, const struct element *owner, const char *name, form_fields *fields)
{
	const struct element *field = element_extension(owner, SPACE_CAMUNDA, name);
	for (; field; field = element_next_extension(field, SPACE_CAMUNDA, name))
		vec_add(fields, form_field(model, field));
}

/* Camunda 7 refers to a form by attributes of the node, Camunda 8 by an element. */
static void form_read_reference(struct model *model, const struct element *owner, struct graph_form *form)
{
	const struct element *zeebe = element_extension(owner, SPACE_ZEEBE, "formDefinition");
	form->reference = arena_str(model->keep, element_attribute(owner, SPACE_CAMUNDA, "formRef"));
	form->binding = arena_str(model->keep, element_attribute(owner, SPACE_CAMUNDA, "formRefBinding"));
	form->version = arena_str(model->keep, element_attribute(owner, SPACE_CAMUNDA, "formRefVersion"));
	if (!zeebe || form->reference.len > 0)
		return;
	form->reference = form_text(model, zeebe, "formId");
	form->binding = form_text(model, zeebe, "bindingType");
	form->version = form_text(model, zeebe, "versionTag");
}

/* Of a start event nobody evaluates it. */
static struct str form_start_key(struct model *model, const struct element *owner)
{
	struct str key = expression_of_own(owner, "formKey").text;
	const struct element *zeebe = element_extension(owner, SPACE_ZEEBE, "formDefinition");
	if (key.len == 0 && zeebe)
		key = element_attribute(zeebe, SPACE_NONE, "formKey");
	return arena_str(model->keep, key);
}

const struct graph_form *compile_form(struct model *model, const struct element *owner)
{
	bool start = owner->node && owner->node->kind == NODE_START_EVENT;
	struct graph_form form = {.key = start ? form_start_key(model, owner) : (struct str){0}};
	form_fields fields = {0};
	form_read_reference(model, owner, &form);
	form_add_fields(model, owner, "formField", &fields);
	form_add_fields(model, owner, "formProperty", &fields);
	form.field_count = (int32_t)fields.len;
	if (fields.len > 0)
		form.fields = arena_copy(model->keep, fields.items, fields.len * sizeof *fields.items);
	vec_free(&fields);
	bool there = form.key.len > 0 || form.reference.len > 0 || form.field_count > 0;
	return there ? arena_copy(model->keep, &form, sizeof form) : NULL;
}
