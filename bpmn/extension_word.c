/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of a word of a vendor (extension.def), and where one of our own is read (own_word.def): that depends on
 * where it stands, so each row has a function that knows the place in which the word is read.
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
	return owner->process && owner->process->element == owner && !owner->node;
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

static bool extension_has_form(const struct element *owner, const struct element *extension)
{
	return extension_on_user_task(owner, extension) || extension_on_start(owner, extension);
}

static bool extension_on_call(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return owner->node && owner->node->kind == NODE_CALL_ACTIVITY;
}

/* A call activity that names a global task of the file is that task. */
static bool extension_calls_process(const struct element *owner, const struct element *extension)
{
	return extension_on_call(owner, extension) && !owner->node->called;
}

static bool extension_calls_version(const struct element *owner, const struct element *extension)
{
	return extension_calls_process(owner, extension) && str_equal_c(compile_call_binding(owner), "version");
}

static bool extension_calls_version_tag(const struct element *owner, const struct element *extension)
{
	return extension_calls_process(owner, extension) && str_equal_c(compile_call_binding(owner), "versionTag");
}

static bool extension_on_ad_hoc(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return owner->node && owner->node->kind == NODE_AD_HOC_SUB_PROCESS;
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

/* A definition beside the processes is caught and thrown by whoever refers to it; one in a part of a loop is thrown. */
static bool extension_catches(const struct element *owner, enum event_kind kind)
{
	if (!extension_on_event(owner, kind))
		return false;
	const struct node *node = owner->parent->node;
	return !owner->process || (node && !node_is_throw(node));
}

static bool extension_throws(const struct element *owner, enum event_kind kind)
{
	if (!extension_on_event(owner, kind))
		return false;
	const struct node *node = owner->parent->node;
	return !owner->process || !node || node_is_throw(node);
}

static bool extension_catches_error(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_catches(owner, EVENT_ERROR);
}

static bool extension_catches_escalation(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_catches(owner, EVENT_ESCALATION);
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

/* in of a call, and of a signal that is thrown. */
static bool extension_passes_in(const struct element *owner, const struct element *extension)
{
	return extension_throws(owner, EVENT_SIGNAL) || extension_on_call(owner, extension);
}

static bool extension_is_job(const struct node *node)
{
	return node &&
	       (node->kind == NODE_SERVICE_TASK || node->kind == NODE_SEND_TASK || node->kind == NODE_BUSINESS_RULE_TASK);
}

/* An event that throws a message, or its message event definition: where a worker may be told to send it. The event
 * comes first. */
static bool extension_is_thrown(const struct element *owner)
{
	bool definition = extension_on_event(owner, EVENT_MESSAGE);
	const struct node *node = definition ? owner->parent->node : owner->node;
	if (!node || node->activity || !node_is_throw(node))
		return false;
	return definition ? !node->work : node_has_event(node, EVENT_MESSAGE);
}

/* Does what a worker or an expression does; a send task that names no work sends its message. */
static bool extension_works(const struct element *owner)
{
	if (extension_is_job(owner->node))
		return !owner->node->first_definition;
	return extension_is_thrown(owner) && element_names_work(owner);
}

/* An expression in place of work: of a task, or of a message that is thrown. */
static bool extension_is_evaluated(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_works(owner) && script_replaces_work(owner);
}

static bool extension_is_work(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_works(owner) && !script_replaces_work(owner);
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

static bool extension_may_be_work(const struct element *owner, const struct element *extension)
{
	(void)extension;
	return extension_is_job(owner->node) || extension_is_script(owner) || extension_is_thrown(owner);
}

/* A script that the engine runs itself is not tried again, and hands nothing on. */
static bool extension_has_work(const struct element *owner, const struct element *extension)
{
	bool script = extension_is_script(owner) && script_names_worker(owner);
	return script || extension_is_work(owner, extension);
}

static bool extension_has_result(const struct element *owner, const struct element *extension)
{
	return extension_takes_type(owner, extension) || extension_is_evaluated(owner, extension);
}

/* A message that the engine sends, and no worker: the definition, its event, a send task. */
static bool extension_sends(const struct element *owner)
{
	bool definition = extension_throws(owner, EVENT_MESSAGE);
	const struct node *node = definition ? owner->parent->node : owner->node;
	if (!node || !node_is_throw(node))
		return definition;
	const struct definition *message = node_definition(node, EVENT_MESSAGE);
	return message && !message->work;
}

static bool extension_is_kept(const struct element *owner, const struct element *extension)
{
	return extension_on_message(owner, extension) || extension_sends(owner);
}

/* An event leaves it to its definitions what they carry. */
static bool extension_carries(const struct element *owner, const struct element *extension)
{
	bool event = owner->node && !owner->node->activity;
	return extension_passes_in(owner, extension) || (!event && extension_sends(owner));
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

/* The places of own_word.def. */
static const struct own_place own_user_task = {extension_on_user_task, "a user task"};
static const struct own_place own_form = {extension_has_form, "a user task, or the none start event of a process"};
static const struct own_place own_type = {extension_may_be_work,
	"a service, send, business rule or script task, or a message that is thrown: its event, else its definition"};
static const struct own_place own_work = {extension_has_work,
	"what a worker does: a service, send or business rule task, else where bpmnd:type names the work"};
static const struct own_place own_result = {
	extension_has_result, "a service, send, business rule or script task, or a message that a worker sends"};
static const struct own_place own_message = {extension_on_message, "a message beside the processes"};
static const struct own_place own_kept = {
	extension_is_kept, "a message, or where the engine sends one: a message event definition, its event, a send task"};
static const struct own_place own_condition = {extension_on_condition, "a conditional event definition"};
static const struct own_place own_error = {extension_on_error, "an error beside the processes"};
static const struct own_place own_error_caught = {extension_catches_error, "an error event definition that catches"};
static const struct own_place own_escalation_caught = {
	extension_catches_escalation, "an escalation event definition that catches"};
static const struct own_place own_loop = {extension_on_loop, "multi-instance loop characteristics"};
static const struct own_place own_process = {extension_on_process, "a process"};
static const struct own_place own_start = {extension_on_start, "the none start event of a process"};
static const struct own_place own_node = {extension_on_node, "an activity, an event or a gateway"};
static const struct own_place own_process_call = {extension_calls_process, "a call activity that calls a process"};
static const struct own_place own_version = {
	extension_calls_version, "a call activity with calledElementBinding version"};
static const struct own_place own_version_tag = {
	extension_calls_version_tag, "a call activity with calledElementBinding versionTag"};
static const struct own_place own_ad_hoc = {extension_on_ad_hoc, "an ad-hoc sub-process"};
static const struct own_place own_call = {extension_on_call, "a call activity"};
static const struct own_place own_payload = {
	extension_carries, "a call activity, or a message or signal that the engine throws: its definition, a send task"};

static const struct own_place *extension_own_place(enum extension_form form, struct str name)
{
	static const struct {
		enum extension_form form;
		struct str name;
		const struct own_place *place;
	} words[] = {
#define X(kind, text, where) {kind, STR_INIT(text), &where},
#include "bpmn/own_word.def" /* IWYU pragma: keep */
#undef X
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (words[i].form == form && str_equal(words[i].name, name))
			return words[i].place;
	}
	return NULL;
}

const struct own_place *own_attribute_place(struct str name)
{
	return extension_own_place(ATTRIBUTE, name);
}

const struct own_place *own_element_place(struct str name)
{
	return extension_own_place(ELEMENT, name);
}
