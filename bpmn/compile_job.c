/* SPDX-License-Identifier: Apache-2.0
 *
 * Work for workers: the type of a job in the order that the manual gives, its retries, headers and result, and which
 * reports are errors.
 */
#include "config.h"

#include <stdlib.h>

#include "base/iso8601.h"
#include "bpmn/compile.h"
#include "bpmn/expression.h"

#define JOB_RETRIES_MAX 1000

/* Types that are written as such: our attribute, a topic, Zeebe's definition. *found is set where one is written, even
 * when it is in error. */
static const struct expr *job_written_type(struct model *model, const struct element *task, bool *found)
{
	struct expression_text text = expression_of_attribute(task, SPACE_BPMND, "type");
	if (text.text.len == 0)
		text = expression_of_attribute(task, SPACE_CAMUNDA, "topic");
	const struct element *definition = element_extension(task, SPACE_ZEEBE, "taskDefinition");
	if (text.text.len == 0 && definition) {
		text = expression_of_attribute(definition, SPACE_NONE, "type");
		*found = text.text.len > 0;
		if (!expression_strip_feel(model, &text))
			return NULL;
	}
	*found = *found || text.text.len > 0;
	return text.text.len ? expression_compile(model, &text, EXPRESSION_TEMPLATE) : NULL;
}

/* implementation="##name"; "##unspecified" says nothing. */
static struct str job_type_of_implementation(const struct element *task)
{
	struct str text = element_attribute(task, SPACE_NONE, "implementation");
	if (!str_starts_with(text, STR("##")) || str_equal(text, STR("##unspecified")))
		return (struct str){0};
	return str_trim(str_slice(text, 2, text.len));
}

static struct str job_behind_last(struct str text, char separator)
{
	for (size_t i = text.len; i > 0; i--) {
		if (text.ptr[i - 1] == separator)
			return str_slice(text, i, text.len);
	}
	return text;
}

/* "com.acme.Outer$Charge" -> "Charge". */
static struct str job_type_of_class(const struct element *task)
{
	return job_behind_last(job_behind_last(element_attribute(task, SPACE_CAMUNDA, "class"), '.'), '$');
}

/* "${chargeCard}" -> "chargeCard"; anything but one identifier gives nothing. */
static struct str job_type_of_delegate(const struct element *task)
{
	struct str text = element_attribute(task, SPACE_CAMUNDA, "delegateExpression");
	if (!expression_is_dynamic(text) || !str_ends_with(text, STR("}")))
		return (struct str){0};
	text = str_trim(str_slice(text, 2, text.len - 3));
	return expression_is_identifier(text) ? text : (struct str){0};
}

/* The name in one line; a name that looks like an expression is no type. */
static struct str job_type_of_name(struct model *model, const struct element *task)
{
	if (expression_is_dynamic(task->label))
		return (struct str){0};
	return model_one_line(model, task->label);
}

static struct str job_type_of_java(struct model *model, const struct element *task)
{
	struct str type = job_type_of_class(task);
	if (type.len == 0)
		type = job_type_of_delegate(task);
	if (type.len > 0 && model_executable(model, task))
		model_report(model, RULE_DELEGATE_AS_JOB, task, "the Java code of %s is not run: it becomes work of type %s",
			model_name(model, element_owner(task)), model_quote(model, type));
	return type;
}

static const struct expr *job_type(struct model *model, const struct node *node, const struct element *task)
{
	bool found = false;
	const struct expr *written = job_written_type(model, task, &found);
	if (found)
		return written;
	struct str type = job_type_of_implementation(task);
	if (type.len == 0)
		type = job_type_of_java(model, task);
	if (type.len == 0)
		type = job_type_of_name(model, node->element);
	if (type.len == 0)
		type = node->element->id;
	return expression_constant(model, task, type);
}

static int32_t job_retries(struct model *model, const struct element *task)
{
	struct expression_text text = expression_of_attribute(task, SPACE_BPMND, "retries");
	const struct element *definition = element_extension(task, SPACE_ZEEBE, "taskDefinition");
	if (text.text.len == 0 && definition) {
		text = expression_of_attribute(definition, SPACE_NONE, "retries");
		if (!expression_strip_feel(model, &text))
			return GRAPH_NONE;
	}
	int64_t retries = GRAPH_NONE;
	if (text.text.len == 0)
		return GRAPH_NONE;
	if (str_to_int64(text.text, &retries) && retries >= 1 && retries <= JOB_RETRIES_MAX)
		return (int32_t)retries;
	expression_report(model, RULE_INVALID_ATTRIBUTE, &text, 0, "retries must be a number from 1 to 1000");
	return GRAPH_NONE;
}

static bool job_is_interval(struct str text)
{
	struct iso8601_duration duration;
	return iso8601_parse_duration(text, &duration, NULL) && !duration.negative;
}

/* "R3/PT10M": so many attempts, or "PT1M,PT5M": one more than there are intervals. 0: neither. */
static int64_t job_attempts(struct str text)
{
	int64_t attempts = 1;
	struct iso8601_duration pause;
	if (str_starts_with(text, STR("R"))) {
		bool good = iso8601_parse_repetition(text, &attempts, &pause, NULL) && !pause.negative;
		return good && attempts >= 1 && attempts <= JOB_RETRIES_MAX ? attempts : 0;
	}
	for (struct str rest = text; rest.ptr && attempts > 0; attempts++) {
		if (!job_is_interval(str_trim(str_split(&rest, ','))) || attempts == JOB_RETRIES_MAX)
			return 0;
	}
	return attempts;
}

/* Our own attribute, else a vendor's element. Both say how often, unless `retries` does. */
static void job_back_off(struct model *model, const struct element *task, struct graph_job *job)
{
	struct expression_text text = expression_of_attribute(task, SPACE_BPMND, "retryTimeCycle");
	if (text.text.len == 0)
		text = expression_of_content(element_extension(task, SPACE_CAMUNDA, "failedJobRetryTimeCycle"));
	int64_t attempts = expression_is_dynamic(text.text) ? GRAPH_NONE : job_attempts(text.text);
	if (text.text.len == 0)
		return;
	if (attempts == 0) {
		expression_report(model, RULE_RETRY_CYCLE, &text, 0,
			arena_printf(model->arena, "%s is no retry cycle", model_quote(model, text.text)).ptr);
		return;
	}
	job->back_off = expression_compile(model, &text, EXPRESSION_TEMPLATE);
	if (job->retries == GRAPH_NONE)
		job->retries = (int32_t)attempts;
}

/* The value of camunda:field: attribute or child, constant or written as an expression (which
 * is handed on as it is). */
static struct str job_field_value(const struct element *field)
{
	static const char *const names[] = {"stringValue", "expression", "string"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str value = element_attribute(field, SPACE_NONE, names[i]);
		const struct element *child = element_child(field, SPACE_CAMUNDA, names[i]);
		if (value.len > 0 || child)
			return value.len > 0 ? value : str_trim(child->text);
	}
	return (struct str){0};
}

static const struct header_source {
	enum space space;
	const char *element;
	const char *name;
	const char *value; /* NULL: a field */
} header_sources[] = {
	{SPACE_BPMND, "header", "name", "value"},
	{SPACE_ZEEBE, "header", "key", "value"},
	{SPACE_CAMUNDA, "property", "name", "value"},
	{SPACE_CAMUNDA, "field", "name", NULL},
};

static void job_add_headers(
	struct model *model, const struct element *task, const struct header_source *source, header_list *headers)
{
	const struct element *element = element_extension(task, source->space, source->element);
	for (; element; element = element_next_extension(element, source->space, source->element)) {
		struct str name = element_attribute(element, SPACE_NONE, source->name);
		struct str value =
			source->value ? element_attribute(element, SPACE_NONE, source->value) : job_field_value(element);
		if (name.len == 0 && source->space == SPACE_BPMND)
			model_report(
				model, RULE_MAPPING_INCOMPLETE, element, "a header of %s has no name", model_name(model, task));
		if (name.len == 0)
			continue;
		struct graph_header *header = vec_push(headers);
		header->name = arena_str(model->keep, name);
		header->value = arena_str(model->keep, value);
	}
}

typedef VEC(struct graph_job_error) job_errors;

/* The error that it names; NULL is reported. */
static const struct element *job_error_named(
	struct model *model, const struct element *task, const struct element *mapping, struct str reference)
{
	const struct element *error = model_find(model, reference);
	if (!error)
		model_report(model, RULE_DANGLING_REFERENCE, mapping, "errorRef of %s names %s, which does not exist",
			model_name(model, element_owner(task)), model_quote(model, reference));
	else if (!error->word || !str_equal_c(error->name, "error"))
		model_report(model, RULE_WRONG_REFERENCE, mapping, "errorRef of %s names %s, which is no error",
			model_name(model, element_owner(task)), model_name(model, error));
	else
		return error;
	return NULL;
}

/* A code that can be thrown; empty is reported. */
static struct str job_error_code(
	struct model *model, const struct element *task, const struct element *mapping, const struct element *error)
{
	struct str code = element_attribute(error, SPACE_NONE, "errorCode");
	if (code.len == 0)
		model_report(model, RULE_CODE_MISSING, mapping, "%s throws an error without an errorCode",
			model_name(model, element_owner(task)));
	if (!expression_is_dynamic(code))
		return code;
	model_report(model, RULE_CODE_DYNAMIC, mapping, "the code %s of %s is an expression", model_quote(model, code),
		model_name(model, element_owner(task)));
	return (struct str){0};
}

static void job_add_error(
	struct model *model, const struct element *task, const struct element *mapping, job_errors *errors)
{
	struct str reference = element_attribute(mapping, SPACE_NONE, "errorRef");
	struct expression_text text = expression_of_attribute(mapping, SPACE_NONE, "expression");
	if (reference.len == 0 || text.text.len == 0) {
		model_report(model, RULE_MAPPING_INCOMPLETE, mapping, "an error of %s has no %s",
			model_name(model, element_owner(task)), reference.len ? "expression" : "errorRef");
		return;
	}
	const struct element *error = job_error_named(model, task, mapping, reference);
	struct str code = error ? job_error_code(model, task, mapping, error) : (struct str){0};
	const struct expr *condition = expression_compile(model, &text, EXPRESSION_TEMPLATE);
	if (code.len > 0 && condition)
		vec_add(errors, ((struct graph_job_error){arena_str(model->keep, code), condition}));
}

/* Reports of the worker that are errors. */
static void job_map_errors(struct model *model, const struct element *task, struct graph_job *job)
{
	job_errors errors = {0};
	const struct element *mapping = element_extension(task, SPACE_CAMUNDA, "errorEventDefinition");
	for (; mapping; mapping = element_next_extension(mapping, SPACE_CAMUNDA, "errorEventDefinition"))
		job_add_error(model, task, mapping, &errors);
	if (errors.len > 0)
		job->errors = arena_copy(model->keep, errors.items, errors.len * sizeof *errors.items);
	job->error_count = (int32_t)errors.len;
	vec_free(&errors);
}

struct graph_headers compile_headers(struct model *model, header_list *list)
{
	struct graph_headers kept = {.count = (int32_t)list->len};
	if (list->len > 0)
		kept.items = arena_copy(model->keep, list->items, list->len * sizeof *list->items);
	vec_free(list);
	return kept;
}

const struct graph_job *compile_job(struct model *model, const struct node *node, const struct element *task)
{
	struct graph_job *job = arena_new_object(model->keep, struct graph_job);
	header_list headers = {0};
	job->type = job_type(model, node, task);
	job->retries = job_retries(model, task);
	job_back_off(model, task, job);
	job->result_variable = compile_result_variable(model, task);
	for (size_t i = 0; i < sizeof header_sources / sizeof *header_sources; i++)
		job_add_headers(model, task, &header_sources[i], &headers);
	job->headers = compile_headers(model, &headers);
	job_map_errors(model, task, job);
	bool sends = node->kind == NODE_SEND_TASK && element_attribute(task, SPACE_NONE, "messageRef").len > 0;
	if (sends && node->process->executable)
		model_report(model, RULE_MESSAGE_NOT_SENT, task,
			"%s is work for a worker; its message is not sent by the engine", model_name(model, task));
	return job;
}
