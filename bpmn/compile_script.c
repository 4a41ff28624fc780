/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine does itself: scripts in its own language, which run in the step; scripts in JavaScript, which a child
 * process runs; and expressions that vendors write in place of work. Where a worker is named, it does it instead.
 */
#include "config.h"

#include "bpmn/compile.h"
#include "bpmn/expression.h"

static bool script_is_format(struct str format, const struct str *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (str_equal_nocase(names[i], format))
			return true;
	}
	return false;
}

bool script_is_own_format(struct str format)
{
	static const struct str names[] = {
		STR_INIT(""), STR_INIT("juel"), STR_INIT("el"), STR_INIT("application/x-juel"), STR_INIT("text/x-juel")};
	return script_is_format(format, names, sizeof names / sizeof *names);
}

bool script_is_javascript(struct str format)
{
	static const struct str names[] = {STR_INIT("javascript"), STR_INIT("ecmascript"), STR_INIT("js"),
		STR_INIT("text/javascript"), STR_INIT("application/javascript")};
	return script_is_format(format, names, sizeof names / sizeof *names);
}

struct str compile_result_variable(struct model *model, const struct element *task)
{
	struct str name = expression_of_own(task, "resultVariable").text;
	if (name.len == 0)
		name = element_attribute(task, SPACE_CAMUNDA, "resultVariableName");
	return arena_str(model->keep, name);
}

/* A global script task has a language in place of a format. */
static struct str script_format(const struct element *task)
{
	struct str format = element_attribute(task, SPACE_NONE, "scriptFormat");
	return format.len ? format : element_attribute(task, SPACE_NONE, "scriptLanguage");
}

static void script_read(struct model *model, const struct element *task, struct graph_script *script)
{
	struct expression_text text = expression_of_content(element_child(task, SPACE_BPMN, "script"));
	struct str format = script_format(task);
	bool own = script_is_own_format(format);
	if (!own && !script_is_javascript(format))
		model_report(model, RULE_SCRIPT_FORMAT, task, "the script format %s of %s is not supported",
			model_quote(model, format), model_name(model, task));
	else if (text.text.len == 0)
		model_report(model, RULE_SCRIPT_MISSING, task, "%s has no script", model_name(model, task));
	else if (own)
		script->program = expression_compile(model, &text, EXPRESSION_SCRIPT);
	else
		script->javascript = arena_str(model->keep, text.text);
}

static const struct graph_script *script_of_task(struct model *model, const struct element *task)
{
	struct graph_script *script = arena_new_object(model->keep, struct graph_script);
	const struct element *zeebe = element_extension(task, SPACE_ZEEBE, "script");
	script->result_variable = compile_result_variable(model, task);
	if (!task->process->executable)
		return script;
	if (zeebe) {
		struct expression_text feel = expression_of_attribute(zeebe, SPACE_NONE, "expression");
		expression_report(model, RULE_FEEL_UNSUPPORTED, &feel, 0, "FEEL expressions are not supported yet");
	} else {
		script_read(model, task, script);
	}
	return script;
}

bool script_names_worker(const struct element *task)
{
	return element_attribute(task, SPACE_BPMND, "type").len > 0 ||
	       element_attribute(task, SPACE_CAMUNDA, "topic").len > 0 ||
	       element_extension(task, SPACE_ZEEBE, "taskDefinition");
}

void compile_script_task(struct model *model, const struct node *node, struct graph_node *out)
{
	if (script_names_worker(node->element))
		out->job = compile_job(model, node, node->element);
	else
		out->script = script_of_task(model, node->element);
}

bool script_replaces_work(const struct element *element)
{
	return element_attribute(element, SPACE_CAMUNDA, "expression").len > 0 && !script_names_worker(element);
}

void compile_work(struct model *model, const struct node *node, const struct element *element, struct graph_node *out)
{
	struct expression_text text = expression_of_attribute(element, SPACE_CAMUNDA, "expression");
	if (!script_replaces_work(element)) {
		out->job = compile_job(model, node, element);
		return;
	}
	struct graph_script *script = arena_new_object(model->keep, struct graph_script);
	script->program = expression_compile(model, &text, EXPRESSION_TEMPLATE);
	script->result_variable = compile_result_variable(model, element);
	out->script = script;
}
