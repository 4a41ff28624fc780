/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops (10.3.8): standard loops and multi-instance activities. What BPMN writes with data inputs and items, vendors
 * write with attributes; all of it becomes one list to go through, one variable for its items, one list of results.
 */
#include "config.h"

#include <stdlib.h>

#include "bpmn/compile.h"
#include "bpmn/expression.h"

static const struct expr *loop_expression(struct model *model, const struct element *element)
{
	struct expression_text text = expression_of_content(element);
	if (text.text.len == 0 || !expression_language_fits(model, &text))
		return NULL;
	return expression_compile(model, &text, EXPRESSION_CONDITION);
}

static const struct expr *loop_part(struct model *model, const struct element *loop, const char *name)
{
	const struct element *part = element_child(loop, SPACE_BPMN, name);
	return part ? loop_expression(model, part) : NULL;
}

/* A number that is written as such is judged now. */
static void loop_check_number(struct model *model, const struct expression_text *text, int64_t minimum)
{
	int64_t number = 0;
	const char *ptr = text->text.ptr;
	bool written = text->text.len > 0 && (ptr[0] == '-' || (ptr[0] >= '0' && ptr[0] <= '9'));
	if (!written || (str_to_int64(text->text, &number) && number >= minimum && number <= INT32_MAX))
		return;
	expression_report(model, RULE_LOOP_NUMBER, text, 0,
		arena_printf(model->arena, "a loop cannot run %s times", model_cut(model, text->text)).ptr);
}

static int32_t loop_maximum(struct model *model, const struct element *element)
{
	struct expression_text text = expression_of_attribute(element, SPACE_NONE, "loopMaximum");
	int64_t number = GRAPH_NONE;
	if (text.text.len == 0)
		return GRAPH_NONE;
	if (str_to_int64(text.text, &number) && number >= 1 && number <= INT32_MAX)
		return (int32_t)number;
	expression_report(model, RULE_LOOP_NUMBER, &text, 0, "loopMaximum must be a number from 1 to 2147483647");
	return GRAPH_NONE;
}

static void loop_standard(struct model *model, const struct node *node, struct graph_loop *loop)
{
	const struct element *element = node->loop;
	loop->kind = LOOP_STANDARD;
	loop->test_before = element_boolean(model, element, "testBefore", false);
	loop->condition = loop_part(model, element, "loopCondition");
	loop->maximum = loop_maximum(model, element);
	const struct element *condition = element_child(element, SPACE_BPMN, "loopCondition");
	bool limited = element_attribute(element, SPACE_NONE, "loopMaximum").len > 0;
	if (node->process->executable && expression_of_content(condition).text.len == 0 && !limited)
		model_report(model, RULE_LOOP_ENDLESS, element, "the loop of %s has no condition and no maximum",
			model_name(model, node->element));
}

/* The list to go through: ours, a vendor's, then BPMN's data input. */
static const struct expr *loop_collection(struct model *model, const struct node *node, bool *found)
{
	const struct element *loop = node->loop;
	struct expression_text text = expression_of_own(loop, "collection");
	const struct element *zeebe = element_extension(loop, SPACE_ZEEBE, "loopCharacteristics");
	const struct element *reference = element_child(loop, SPACE_BPMN, "loopDataInputRef");
	*found = true;
	if (text.text.len > 0)
		return expression_reading(model, &text);
	if (zeebe && element_attribute(zeebe, SPACE_NONE, "inputCollection").len > 0)
		return expression_zeebe(model, expression_of_attribute(zeebe, SPACE_NONE, "inputCollection"));
	if (reference)
		return compile_loop_source(model, node, reference);
	*found = false;
	return NULL;
}

/* A name: ours, a vendor's, Zeebe's word for it, else empty. */
static struct str loop_name(const struct element *loop, const char *own, const char *zeebe_name)
{
	struct str name = expression_of_own(loop, own).text;
	const struct element *zeebe = element_extension(loop, SPACE_ZEEBE, "loopCharacteristics");
	return name.len || !zeebe ? name : element_attribute(zeebe, SPACE_NONE, zeebe_name);
}

static struct str loop_item(const struct model *model, const struct element *loop, const char *part)
{
	const struct element *item = element_child(loop, SPACE_BPMN, part);
	return item ? element_variable(model, item) : (struct str){0};
}

static const struct expr *loop_output(struct model *model, const struct element *loop, bool *found)
{
	struct expression_text text = expression_of_own(loop, "outputElement");
	const struct element *zeebe = element_extension(loop, SPACE_ZEEBE, "loopCharacteristics");
	struct str item = loop_item(model, loop, "outputDataItem");
	*found = true;
	if (text.text.len > 0)
		return expression_reading(model, &text);
	if (zeebe && element_attribute(zeebe, SPACE_NONE, "outputElement").len > 0)
		return expression_zeebe(model, expression_of_attribute(zeebe, SPACE_NONE, "outputElement"));
	*found = item.len > 0;
	return *found ? expression_variable(model, loop, item) : NULL;
}

static void loop_results(struct model *model, const struct node *node, struct graph_loop *out)
{
	bool found = false;
	struct str collection = loop_name(node->loop, "outputCollection", "outputCollection");
	const struct element *reference = element_child(node->loop, SPACE_BPMN, "loopDataOutputRef");
	out->output_collection = arena_str(model->keep, collection);
	if (collection.len == 0 && reference)
		out->output_collection = compile_loop_target(model, node, reference);
	out->output = loop_output(model, node->loop, &found);
	if (found != (out->output_collection.len > 0))
		model_report(model, RULE_LOOP_OUTPUT, node->loop, "the loop of %s has %s and no %s",
			model_name(model, node->element), found ? "an output element" : "an output collection",
			found ? "output collection" : "output element");
}

static void loop_count(struct model *model, const struct node *node, struct graph_loop *out)
{
	bool found = false;
	const struct element *cardinality = element_child(node->loop, SPACE_BPMN, "loopCardinality");
	struct expression_text text = expression_of_content(cardinality);
	out->collection = loop_collection(model, node, &found);
	loop_check_number(model, &text, 0);
	out->cardinality = text.text.len ? loop_expression(model, cardinality) : NULL;
	if (node->process->executable && !found && text.text.len == 0)
		model_report(model, RULE_LOOP_COUNT, node->loop, "the loop of %s has neither a cardinality nor a collection",
			model_name(model, node->element));
}

static const struct loop_behavior_row {
	const char *name;
	enum loop_behavior behavior;
	const char *reference; /* the event that it throws */
} loop_behaviors[] = {
	{"All", LOOP_ALL, NULL},
	{"None", LOOP_NONE, "noneBehaviorEventRef"},
	{"One", LOOP_ONE, "oneBehaviorEventRef"},
	{"Complex", LOOP_COMPLEX, NULL},
};

/* NULL: no such behavior. */
static const struct loop_behavior_row *loop_behavior(const struct element *loop)
{
	struct str behavior = element_attribute(loop, SPACE_NONE, "behavior");
	for (size_t i = 0; i < sizeof loop_behaviors / sizeof *loop_behaviors; i++) {
		if (str_equal_c(behavior, loop_behaviors[i].name) || (behavior.len == 0 && i == 0))
			return &loop_behaviors[i];
	}
	return NULL;
}

/* Throws what a throw in the midst of things may throw; gives its index in the events of the process. */
static int32_t loop_throw(struct model *model, struct node *node, const struct element *at, struct element *definition)
{
	static const bool thrown[EVENT_KIND_COUNT] = {
		[EVENT_MESSAGE] = true, [EVENT_ESCALATION] = true, [EVENT_COMPENSATE] = true, [EVENT_SIGNAL] = true};
	if (thrown[definition->word->event])
		return compile_thrown(model, node, definition);
	model_report(model, RULE_MISPLACED_DEFINITION, at, "the loop of %s cannot throw %s",
		model_name(model, node->element), model_name(model, definition));
	return GRAPH_NONE;
}

/* A definition beside the processes. */
static int32_t loop_throw_named(
	struct model *model, struct node *node, const struct element *at, const char *what, struct str reference)
{
	struct element *target = model_find(model, reference);
	if (target && target->word && target->word->class == WORD_DEFINITION && target->parent == model->root)
		return loop_throw(model, node, at, target);
	model_report(model, target ? RULE_WRONG_REFERENCE : RULE_DANGLING_REFERENCE, at,
		"%s of %s names %s, which is no event definition beside the processes", what, model_name(model, node->element),
		model_quote(model, reference));
	return GRAPH_NONE;
}

/* The event of a complexBehaviorDefinition: its first definition, or a reference to one. */
static int32_t loop_throw_complex(struct model *model, struct node *node, const struct element *complex)
{
	const struct element *event = element_child(complex, SPACE_BPMN, "event");
	if (!event)
		event = element_child(complex, SPACE_BPMN, "implicitThrowEvent");
	struct element *child = event ? event->first_child : NULL;
	for (; child; child = child->sibling) {
		if (child->word && !child->extension && child->word->class == WORD_DEFINITION)
			return loop_throw(model, node, child, child);
		if (child->word && !child->extension && child->word->class == WORD_DEFINITION_REFERENCE)
			return loop_throw_named(model, node, child, "eventDefinitionRef", str_trim(child->text));
	}
	return GRAPH_NONE;
}

static void loop_complex(struct model *model, struct node *node, struct graph_loop *out)
{
	VEC(struct graph_loop_event) list = {0};
	const struct element *complex = element_child(node->loop, SPACE_BPMN, "complexBehaviorDefinition");
	for (; complex; complex = element_sibling(complex, SPACE_BPMN, "complexBehaviorDefinition")) {
		const struct element *condition = element_child(complex, SPACE_BPMN, "condition");
		struct graph_loop_event *event = vec_push(&list);
		event->event = loop_throw_complex(model, node, complex);
		event->condition = condition ? loop_expression(model, condition) : NULL;
		if (expression_of_content(condition).text.len == 0)
			model_report(model, RULE_LOOP_BEHAVIOR, complex, "a complexBehaviorDefinition of %s has no condition",
				model_name(model, node->element));
	}
	if (list.len > 0)
		out->complex_events = arena_copy(model->keep, list.items, list.len * sizeof *list.items);
	out->complex_event_count = (int32_t)list.len;
	vec_free(&list);
}

static void loop_events(struct model *model, struct node *node, struct graph_loop *out)
{
	const struct loop_behavior_row *row = loop_behavior(node->loop);
	if (!row) {
		model_report(model, RULE_LOOP_BEHAVIOR, node->loop, "%s of %s has no behavior %s",
			model_name(model, node->loop), model_name(model, node->element),
			model_quote(model, element_attribute(node->loop, SPACE_NONE, "behavior")));
		return;
	}
	struct str reference = row->reference ? element_attribute(node->loop, SPACE_NONE, row->reference) : (struct str){0};
	out->behavior = row->behavior;
	if (reference.len > 0)
		out->event = loop_throw_named(model, node, node->loop, row->reference, reference);
	else if (row->behavior == LOOP_COMPLEX)
		loop_complex(model, node, out);
}

static void loop_multiple(struct model *model, struct node *node, struct graph_loop *out)
{
	const struct element *loop = node->loop;
	out->kind = element_boolean(model, loop, "isSequential", false) ? LOOP_SEQUENTIAL : LOOP_PARALLEL;
	loop_count(model, node, out);
	struct str element = loop_name(loop, "elementVariable", "inputElement");
	out->element_variable = arena_str(model->keep, element.len ? element : loop_item(model, loop, "inputDataItem"));
	out->completion = loop_part(model, loop, "completionCondition");
	loop_results(model, node, out);
	loop_events(model, node, out);
}

const struct graph_loop *compile_loop(struct model *model, struct node *node)
{
	struct graph_loop *loop = arena_new_object(model->keep, struct graph_loop);
	loop->maximum = loop->event = GRAPH_NONE;
	if (element_is_part(node->loop, "standardLoopCharacteristics"))
		loop_standard(model, node, loop);
	else
		loop_multiple(model, node, loop);
	if (node->process->executable)
		extension_check(model, node->loop);
	return loop;
}
