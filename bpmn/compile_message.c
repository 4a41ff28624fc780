/* SPDX-License-Identifier: Apache-2.0
 *
 * What messages and signals carry: the keys by which a message finds its receiver (8.4.2), the payload of what is
 * thrown, and how long a message is kept. Keys come from three places: our own list of variables, BPMN's correlation
 * keys, whose paths a receiving process may replace by its subscription, and Zeebe's subscription.
 */
#include "config.h"

#include <stdlib.h>

#include "base/iso8601.h"
#include "bpmn/compile.h"
#include "bpmn/expression.h"

struct correlation_builder {
	struct model *model;
	const struct element *message;
	assignment_list entries;
	bool full;
};

static void correlation_add(struct correlation_builder *builder, struct str target, const struct expr *source)
{
	for (size_t i = 0; i < builder->entries.len; i++) {
		if (str_equal(builder->entries.items[i].target, target))
			return;
	}
	builder->full = builder->entries.len == MODEL_CORRELATION_KEYS_MAX;
	if (builder->full) {
		model_report(builder->model, RULE_CORRELATION_KEYS, builder->message, "%s has more than %d correlation keys",
			model_name(builder->model, builder->message), MODEL_CORRELATION_KEYS_MAX);
		return;
	}
	struct graph_assignment *entry = vec_push(&builder->entries);
	entry->target = arena_str(builder->model->keep, target);
	entry->source = source;
}

/* bpmnd:correlation="orderId, customer" */
static void correlation_add_own(struct correlation_builder *builder)
{
	struct model *model = builder->model;
	struct str list = element_attribute(builder->message, SPACE_BPMND, "correlation");
	while (list.len > 0 && !builder->full) {
		struct str name = str_trim(str_split(&list, ','));
		if (name.len == 0)
			continue;
		if (expression_is_dynamic(name)) {
			model_report(model, RULE_CORRELATION_KEYS, builder->message,
				"the correlation key %s of %s is an expression", model_quote(model, name),
				model_name(model, builder->message));
			return;
		}
		correlation_add(builder, name, expression_variable(model, builder->message, name));
	}
}

static struct str correlation_name(const struct element *property)
{
	return property->label.len ? property->label : property->id;
}

/* A path of a correlation property: one expression; NULL is reported. */
static const struct expr *correlation_path(
	struct model *model, const struct element *property, const struct element *path)
{
	struct expression_text text = expression_of_content(path);
	if (text.text.len == 0) {
		model_report(model, RULE_CORRELATION_KEYS, property, "a path of %s is empty", model_name(model, property));
		return NULL;
	}
	return expression_language_fits(model, &text) ? expression_compile(model, &text, EXPRESSION_CONDITION) : NULL;
}

static void correlation_add_properties(struct correlation_builder *builder)
{
	const struct shared *shared = builder->message->shared;
	const struct correlation *correlation = shared ? shared->correlations : NULL;
	for (; correlation && !builder->full; correlation = correlation->next)
		correlation_add(builder, correlation_name(correlation->property),
			correlation_path(builder->model, correlation->property, correlation->path));
}

/* zeebe:subscription correlationKey="=orderId" */
static void correlation_add_zeebe(struct correlation_builder *builder)
{
	const struct element *subscription = element_extension(builder->message, SPACE_ZEEBE, "subscription");
	if (!subscription || builder->full)
		return;
	struct expression_text text = expression_of_attribute(subscription, SPACE_NONE, "correlationKey");
	struct str name = str_trim(str_slice(text.text, 1, text.text.len));
	if (str_starts_with(text.text, STR("=")) && expression_is_identifier(name))
		correlation_add(builder, name, expression_variable(builder->model, subscription, name));
	else if (text.text.len > 0)
		expression_report(builder->model, RULE_FEEL_UNSUPPORTED, &text, 0,
			"FEEL expressions are not supported yet, but for the name of a variable");
}

static int correlation_compare(const void *left, const void *right)
{
	const struct graph_assignment *a = left;
	const struct graph_assignment *b = right;
	return str_compare(a->target, b->target);
}

static struct graph_assignments compile_correlation(struct model *model, const struct element *message)
{
	struct correlation_builder builder = {.model = model, .message = message};
	if (!model->process->executable)
		return (struct graph_assignments){0};
	correlation_add_own(&builder);
	correlation_add_properties(&builder);
	correlation_add_zeebe(&builder);
	if (builder.entries.len > 1)
		qsort(builder.entries.items, builder.entries.len, sizeof *builder.entries.items, correlation_compare);
	return compile_assignments(model, &builder.entries);
}

void compile_subscriptions(struct model *model, const struct process *process)
{
	for (const struct binding *binding = process->bindings; binding; binding = binding->next) {
		struct shared *shared = element_shared(model, binding->property);
		shared->bound = process;
		shared->data_path = correlation_path(model, binding->property, binding->path);
	}
}

static const struct expr *correlation_bound(
	const struct model *model, const struct element *message, const struct graph_assignment *entry)
{
	for (const struct correlation *one = message->shared->correlations; one; one = one->next) {
		const struct shared *property = one->property->shared;
		if (property->bound == model->process && str_equal(correlation_name(one->property), entry->target))
			return property->data_path;
	}
	return entry->source;
}

void compile_subscribed_keys(struct model *model, const struct element *message, struct graph_assignments *keys)
{
	if (!model->process->bindings || keys->count == 0)
		return;
	struct graph_assignment *copy = arena_copy(model->keep, keys->items, (size_t)keys->count * sizeof *keys->items);
	for (int32_t i = 0; i < keys->count; i++)
		copy[i].source = correlation_bound(model, message, &copy[i]);
	keys->items = copy;
}

const struct expr *compile_event_name(struct model *model, const struct element *declaration)
{
	struct expression_text text = expression_of_attribute(declaration, SPACE_NONE, "name");
	if (text.text.len == 0)
		return expression_constant(model, declaration, declaration->id);
	return expression_strip_feel(model, &text) ? expression_compile(model, &text, EXPRESSION_TEMPLATE) : NULL;
}

void compile_message(struct model *model, const struct element *message, struct graph_event *out)
{
	out->name = compile_event_name(model, message);
	out->ttl = compile_ttl(model, message);
	out->correlation = compile_correlation(model, message);
}

const struct expr *compile_ttl(struct model *model, const struct element *element)
{
	struct expression_text text = expression_of_attribute(element, SPACE_BPMND, "ttl");
	struct iso8601_duration duration;
	struct err err = {0};
	if (text.text.len == 0)
		return NULL;
	if (expression_is_dynamic(text.text) || iso8601_parse_duration(text.text, &duration, &err))
		return expression_compile(model, &text, EXPRESSION_TEMPLATE);
	expression_report(model, RULE_TIMER_INVALID, &text, expression_index(text.text, err.line, err.column), err.message);
	return NULL;
}

/* A variable that is not set passes nothing. */
static void payload_add(struct model *model, const struct element *in, assignment_list *entries)
{
	struct expression_text text = expression_of_attribute(in, SPACE_NONE, "sourceExpression");
	struct str source = element_attribute(in, SPACE_NONE, "source");
	struct str target = element_attribute(in, SPACE_NONE, "target");
	if (target.len == 0 || (source.len == 0 && text.text.len == 0)) {
		model_report(model, RULE_MAPPING_INCOMPLETE, in, "%.*s of %s needs a target, and a source or sourceExpression",
			STR_ARG(in->name), model_name(model, in->parent->parent));
		return;
	}
	struct graph_assignment *entry = vec_push(entries);
	entry->target = arena_str(model->keep, target);
	entry->optional = source.len > 0;
	entry->source =
		source.len ? expression_variable(model, in, source) : expression_compile(model, &text, EXPRESSION_TEMPLATE);
}

static void payload_add_space(
	struct model *model, const struct element *element, enum space space, assignment_list *entries, bool *all)
{
	const struct element *in = element_extension(element, space, "in");
	for (; in; in = element_next_extension(in, space, "in")) {
		if (str_equal_c(element_attribute(in, SPACE_NONE, "variables"), "all"))
			*all = true;
		else
			payload_add(model, in, entries);
	}
}

void compile_payload(struct model *model, const struct element *element, struct graph_event *out)
{
	assignment_list entries = {0};
	payload_add_space(model, element, SPACE_BPMND, &entries, &out->all_payload);
	if (out->kind == EVENT_SIGNAL)
		payload_add_space(model, element, SPACE_CAMUNDA, &entries, &out->all_payload);
	out->payload = compile_assignments(model, &entries);
}
