/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of a word of a vendor (extension.def): that depends on where it stands, so each row has a function that
 * knows the place in which the word is read.
 */
#include "config.h"

#include "bpmn/compile.h"

static bool extension_nowhere(const struct element *owner, const struct element *extension)
{
	(void)owner, (void)extension;
	return false;
}

static bool extension_on_node(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return element_is_flow_node(owner);
}

static bool extension_on_process(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return owner->process && owner->process->element == owner;
}

static bool extension_on_start(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return owner->node && owner->process->inner.start == owner->node;
}

static bool extension_on_user_task(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return owner->node && owner->node->kind == NODE_USER_TASK;
}

static bool extension_on_call(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return owner->node && owner->node->kind == NODE_CALL_ACTIVITY;
}

static bool extension_on_loop(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return element_is_part(owner, "multiInstanceLoopCharacteristics");
}

static bool extension_on_event(const struct element *owner, enum event_kind kind)
{
	return owner->word && owner->word->class == WORD_DEFINITION && owner->word->event == kind;
}

static bool extension_on_error_event(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_on_event(owner, EVENT_ERROR);
}

static bool extension_on_escalation_event(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_on_event(owner, EVENT_ESCALATION);
}

static bool extension_on_condition(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_on_event(owner, EVENT_CONDITIONAL);
}

static bool extension_on_declaration(const struct element *owner, const char *name)
{
	return owner->word && !owner->process && str_equal_c(owner->name, name);
}

static bool extension_on_error(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_on_declaration(owner, "error");
}

static bool extension_on_message(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_on_declaration(owner, "message");
}

/* in and out of a call; a signal is thrown with in. */
static bool extension_passes(const struct element *owner, const struct element *extension)
{
	bool payload = extension_on_event(owner, EVENT_SIGNAL) && str_equal(extension->name, STR("in"));
	return payload || extension_on_call(owner, extension);
}

static bool extension_is_job(const struct node *node)
{
	return node &&
	       (node->kind == NODE_SERVICE_TASK || node->kind == NODE_SEND_TASK || node->kind == NODE_BUSINESS_RULE_TASK);
}

/* A message event definition, or the event around it, that a worker may be told to send. */
static bool extension_is_thrown(const struct element *owner)
{
	bool definition = extension_on_event(owner, EVENT_MESSAGE);
	const struct node *node = definition ? owner->parent->node : owner->node;
	return node && node_is_throw(node);
}

/* An expression in place of work: of a task, or of a message that is thrown. */
static bool extension_is_evaluated(const struct element *owner, const struct element *extension)
{
	(void)extension;
	bool works = extension_is_job(owner->node) || extension_is_thrown(owner);
	return works && script_replaces_work(owner);
}

static bool extension_is_work(const struct element *owner, const struct element *extension)
{
	(void)extension;
	bool works = extension_is_job(owner->node) || extension_is_thrown(owner);
	return works && !script_replaces_work(owner);
}

static bool extension_is_script(const struct element *owner)
{
	return owner->node && owner->node->kind == NODE_SCRIPT_TASK;
}

/* A type makes a job of a script task too. */
static bool extension_takes_type(const struct element *owner, const struct element *extension)
{
	return extension_is_script(owner) || extension_is_work(owner, extension);
}

static bool extension_has_work(const struct element *owner, const struct element *extension)
{
	(void)extension;
	bool works = extension_is_job(owner->node) || (owner->node && element_names_work(owner));
	return works && !script_replaces_work(owner);
}

/* A script that the engine runs itself hands nothing on. */
static bool extension_takes_headers(const struct element *owner, const struct element *extension)
{
	bool named = element_names_work(owner) && extension_takes_type(owner, extension);
	return named || (extension_is_job(owner->node) && extension_is_work(owner, extension));
}

static bool extension_has_result(const struct element *owner, const struct element *extension)
{
	return extension_takes_type(owner, extension) || extension_is_evaluated(owner, extension);
}

static bool extension_is_feel_script(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_is_script(owner) && !element_names_work(owner);
}

/* type="external" is a topic's companion; mail and the like would be done by the engine itself. */
static bool extension_is_external(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return str_starts_with(element_attribute(owner, SPACE_CAMUNDA, "type"), STR("external"));
}

enum extension_form { ATTRIBUTE, ELEMENT };

static const struct extension_word {
	enum space space;
	enum extension_form form;
	struct str name;
	enum bpmn_fate fate;
	enum bpmn_fate elsewhere;
	bool (*is_read)(const struct element *owner, const struct element *extension);
} extension_words[] = {
#define X(namespace, kind, text, here, there, where) \
	{.space = SPACE_##namespace, \
		.form = kind, \
		.name = STR_INIT(text), \
		.fate = BPMN_##here, \
		.elsewhere = BPMN_##there, \
		.is_read = where},
#include "bpmn/extension.def" /* IWYU pragma: keep */
#undef X
};

static enum bpmn_fate extension_fate(enum space space, enum extension_form form, struct str name,
	const struct element *owner, const struct element *extension)
{
	for (size_t i = 0; i < sizeof extension_words / sizeof *extension_words; i++) {
		const struct extension_word *word = &extension_words[i];
		if (word->space == space && word->form == form && str_equal(word->name, name))
			return word->is_read(owner, extension) ? word->fate : word->elsewhere;
	}
	return BPMN_NOT_READ;
}

bool extension_is_shell(const struct element *owner)
{
	bool named = element_attribute(owner, SPACE_BPMND, "type").len > 0;
	bool shell = str_equal_nocase(element_attribute(owner, SPACE_CAMUNDA, "type"), STR("shell"));
	return shell && extension_is_job(owner->node) && !named;
}

static bool extension_is_inert(const struct attribute *attribute)
{
	return str_equal(str_trim(attribute->value), STR("false")) || attribute->value.len == 0;
}

enum bpmn_fate extension_attribute_fate(const struct element *owner, const struct attribute *attribute)
{
	bool type = attribute->space == SPACE_CAMUNDA && str_equal(attribute->name, STR("type"));
	if (type && extension_is_shell(owner))
		return BPMN_REFUSED;
	enum bpmn_fate fate = extension_fate(attribute->space, ATTRIBUTE, attribute->name, owner, NULL);
	return fate == BPMN_NO_EFFECT && extension_is_inert(attribute) ? BPMN_NOT_READ : fate;
}

enum bpmn_fate extension_element_fate(const struct element *owner, const struct element *extension)
{
	return extension_fate(extension->space, ELEMENT, extension->name, owner, extension);
}
