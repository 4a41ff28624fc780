/* SPDX-License-Identifier: Apache-2.0
 *
 * Call activities (10.3.6): which process, which version of it, and what passes in and out. Nothing passes by itself.
 * Where the called element is a global task of the file, the activity is compiled as that task.
 */
#include "config.h"

#include <stdlib.h>

#include "bpmn/compile.h"
#include "bpmn/expression.h"

/* A process id, as a QName or an expression. */
static const struct expr *call_key(struct model *model, const struct node *node)
{
	const struct element *element = node->element;
	struct expression_text text = expression_of_attribute(element, SPACE_NONE, "calledElement");
	const struct element *zeebe = element_extension(element, SPACE_ZEEBE, "calledElement");
	if (zeebe && element_attribute(zeebe, SPACE_NONE, "processId").len > 0)
		return expression_zeebe(model, expression_of_attribute(zeebe, SPACE_NONE, "processId"));
	if (element_attribute(element, SPACE_CAMUNDA, "caseRef").len > 0) {
		model_report(
			model, RULE_UNSUPPORTED_ATTRIBUTE, element, "%s calls a case (caseRef)", model_name(model, element));
		return NULL;
	}
	if (text.text.len == 0) {
		if (node->process->executable)
			model_report(model, RULE_CALL_WITHOUT_ELEMENT, element, "%s calls nothing", model_name(model, element));
		return NULL;
	}
	if (expression_is_dynamic(text.text))
		return expression_compile(model, &text, EXPRESSION_TEMPLATE);
	size_t colon = str_find_char(text.text, ':');
	return expression_constant(
		model, element, colon == STR_NONE ? text.text : str_slice(text.text, colon + 1, text.text.len));
}

static const struct call_binding_row {
	const char *name;
	enum call_binding binding;
	const char *version; /* the attribute that says which; NULL: none */
} call_bindings[] = {
	{"latest", CALL_LATEST, NULL},
	{"deployment", CALL_DEPLOYMENT, NULL},
	{"version", CALL_VERSION, "calledElementVersion"},
	{"versionTag", CALL_VERSION_TAG, "calledElementVersionTag"},
};

static const struct call_binding_row *call_find_binding(struct str name)
{
	for (size_t i = 0; i < sizeof call_bindings / sizeof *call_bindings; i++) {
		if (str_equal_c(name, call_bindings[i].name))
			return &call_bindings[i];
	}
	return NULL;
}

static struct expression_text call_binding_text(const struct element *element)
{
	struct expression_text text = expression_of_own(element, "calledElementBinding");
	const struct element *zeebe = element_extension(element, SPACE_ZEEBE, "calledElement");
	return text.text.len || !zeebe ? text : expression_of_attribute(zeebe, SPACE_NONE, "bindingType");
}

struct str compile_call_binding(const struct element *element)
{
	return call_binding_text(element).text;
}

static struct expression_text call_version_text(const struct element *element, const char *name)
{
	struct expression_text text = expression_of_own(element, name);
	const struct element *zeebe = element_extension(element, SPACE_ZEEBE, "calledElement");
	return text.text.len || !zeebe ? text : expression_of_attribute(zeebe, SPACE_NONE, "versionTag");
}

static void call_version(
	struct model *model, const struct element *element, const struct call_binding_row *row, struct graph_call *call)
{
	struct expression_text text = call_version_text(element, row->version);
	int64_t number = 0;
	call->binding = row->binding;
	if (text.text.len == 0)
		model_report(model, RULE_CALL_BINDING, element, "%s is bound to a %s and has no %s", model_name(model, element),
			row->name, row->version);
	else if (row->binding == CALL_VERSION && !expression_is_dynamic(text.text) &&
			 !(str_to_int64(text.text, &number) && number >= 1))
		expression_report(model, RULE_CALL_BINDING, &text, 0, "a version is a number from 1");
	else
		call->version = expression_compile(model, &text, EXPRESSION_TEMPLATE);
}

static void call_bind(struct model *model, const struct element *element, struct graph_call *call)
{
	struct expression_text text = call_binding_text(element);
	bool same = str_equal_c(element_attribute(element, SPACE_CAMUNDA, "sameDeployment"), "true");
	const struct call_binding_row *row = call_find_binding(text.text);
	call->binding = same ? CALL_DEPLOYMENT : CALL_LATEST;
	if (text.text.len > 0 && !row)
		expression_report(
			model, RULE_CALL_BINDING, &text, 0, "a call is bound to latest, deployment, version or versionTag");
	else if (row && row->version)
		call_version(model, element, row, call);
	else if (row)
		call->binding = row->binding;
}

/* Ours says true or false; in Camunda all but true is false. */
static bool call_is_local(struct model *model, const struct element *entry)
{
	if (entry->space == SPACE_BPMND)
		return element_boolean(model, entry, "local", false);
	return str_equal_c(element_attribute(entry, SPACE_NONE, "local"), "true");
}

/* in, out: source or sourceExpression to target. A variable that is not set passes nothing. */
static void call_add_entry(struct model *model, const struct element *entry, assignment_list *list)
{
	struct expression_text text = expression_of_attribute(entry, SPACE_NONE, "sourceExpression");
	struct str source = element_attribute(entry, SPACE_NONE, "source");
	struct str target = element_attribute(entry, SPACE_NONE, "target");
	if (target.len == 0 || (source.len == 0 && text.text.len == 0)) {
		model_report(model, RULE_MAPPING_INCOMPLETE, entry,
			"%.*s of %s needs a target, and a source or sourceExpression", STR_ARG(entry->name),
			model_name(model, entry->parent->parent));
		return;
	}
	struct graph_assignment *assignment = vec_push(list);
	assignment->target = arena_str(model->keep, target);
	assignment->optional = source.len > 0;
	assignment->local = call_is_local(model, entry);
	assignment->source =
		source.len ? expression_variable(model, entry, source) : expression_compile(model, &text, EXPRESSION_TEMPLATE);
}

struct call_mapping {
	assignment_list list;
	bool all;
	struct expression_text business_key;
};

static void call_map(struct model *model, const struct element *element, const char *name, struct call_mapping *out)
{
	static const enum space spaces[] = {SPACE_BPMND, SPACE_CAMUNDA};
	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
		const struct element *entry = element_extension(element, spaces[i], name);
		for (; entry; entry = element_next_extension(entry, spaces[i], name)) {
			if (str_equal_c(element_attribute(entry, SPACE_NONE, "variables"), "all"))
				out->all = true;
			else if (element_find_attribute(entry, SPACE_NONE, "businessKey"))
				out->business_key = expression_of_attribute(entry, SPACE_NONE, "businessKey");
			else
				call_add_entry(model, entry, &out->list);
		}
	}
}

/* Zeebe passes all variables unless it is told otherwise; what outputs name is all that comes back. */
static void call_map_zeebe(
	struct model *model, const struct element *element, struct call_mapping *in, struct call_mapping *out)
{
	const struct element *zeebe = element_extension(element, SPACE_ZEEBE, "calledElement");
	if (!zeebe)
		return;
	struct str parent = element_attribute(zeebe, SPACE_NONE, "propagateAllParentVariables");
	struct str child = element_attribute(zeebe, SPACE_NONE, "propagateAllChildVariables");
	compile_mapping(model, element, SPACE_ZEEBE, "output", &out->list);
	in->all |= !str_equal_c(parent, "false");
	out->all |= child.len ? str_equal_c(child, "true") : out->list.len == 0;
}

static const struct expr *call_business_key(
	struct model *model, const struct element *element, const struct call_mapping *in)
{
	struct expression_text text = in->business_key;
	if (text.text.len == 0)
		text = expression_of_own(element, "businessKey");
	if (text.text.len > 0)
		return expression_compile(model, &text, EXPRESSION_TEMPLATE);
	if (!str_equal_c(element_attribute(element, SPACE_CAMUNDA, "inheritBusinessKey"), "true"))
		return NULL;
	return expression_constant(model, element, STR("${execution.businessKey}"));
}

static const struct graph_call *call_of_process(struct model *model, const struct node *node)
{
	const struct element *element = node->element;
	struct graph_call *call = arena_new_object(model->keep, struct graph_call);
	struct call_mapping in = {0};
	struct call_mapping out = {0};
	call->key = call_key(model, node);
	call_bind(model, element, call);
	call_map(model, element, "in", &in);
	call_map(model, element, "out", &out);
	call_map_zeebe(model, element, &in, &out);
	call->business_key = call_business_key(model, element, &in);
	call->all_in = in.all || str_equal_c(element_attribute(element, SPACE_CAMUNDA, "inheritVariables"), "true");
	call->all_out = out.all;
	call->in = compile_assignments(model, &in.list);
	call->out = compile_assignments(model, &out.list);
	return call;
}

/* Compiled once, for all activities that call it. */
static const struct graph_node *call_global_content(struct model *model, struct node *task)
{
	if (task->content)
		return task->content;
	struct graph_node *content = arena_new_object(model->arena, struct graph_node);
	compile_content(model, task, content);
	content->declares = compile_declares(model, task->element);
	if (task->process->executable)
		extension_check(model, task->element);
	task->content = content;
	return content;
}

void compile_call(struct model *model, const struct node *node, struct graph_node *out)
{
	struct node *task = node->called;
	if (!task) {
		out->call = call_of_process(model, node);
		return;
	}
	const struct graph_node *content = call_global_content(model, task);
	node->process->broken |= task->process->broken;
	out->kind = task->kind;
	out->user = content->user;
	out->job = content->job;
	out->script = content->script;
}

/* A global task sees what its caller sees: only what has names of its own needs to be passed. */
void compile_call_data(struct model *model, const struct node *node, assignment_list *inputs, assignment_list *outputs)
{
	struct call_mapping in = {.list = *inputs};
	struct call_mapping out = {.list = *outputs};
	if (!node->called)
		return;
	call_map(model, node->element, "in", &in);
	call_map(model, node->element, "out", &out);
	*inputs = in.list;
	*outputs = out.list;
}
