/* SPDX-License-Identifier: Apache-2.0
 *
 * Signals: T is thrown inside, and what it brings about must not throw it again and again. U comes from outside, for those
 * who wait for it; V only by the way: it begins what stays, and nothing in there may need it.
 */
#include "config.h"

#include "tests/engine/random_parts.h"

void random_seed(struct random *random, uint64_t seed)
{
	random->state = seed * UINT64_C(0x9E3779B97F4A7C15) + UINT64_C(0xD1B54A32D192ED03);
}

/* splitmix64 */
int random_below(struct random *random, int below)
{
	uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (int)((z ^ (z >> 31)) % (uint64_t)below);
}

bool model_chance(struct model *model, int percent)
{
	return random_below(model->random, 100) < percent;
}

static const char *model_one_of(struct model *model, const char *const *texts, int count)
{
	return texts[random_below(model->random, count)];
}

void model_open(struct model *model)
{
	buf_add_c(model->xml,
		"<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:bpmnd=\"urn:bpmnd:model:1\" "
		"xmlns:camunda=\"http://camunda.org/schema/1.0/bpmn\" targetNamespace=\"urn:bpmnd:test\">\n"
		"<error id=\"error-E\" errorCode=\"E\"/>\n<error id=\"error-F\" errorCode=\"F\"/>\n"
		"<escalation id=\"escalation-E\" escalationCode=\"E\"/>\n"
		"<escalation id=\"escalation-F\" escalationCode=\"F\"/>\n"
		"<message id=\"message-M\" name=\"M\"/>\n<message id=\"message-N\" name=\"N${r}\"/>\n"
		"<signal id=\"signal-T\" name=\"T\"/>\n<signal id=\"signal-U\" name=\"U\"/>\n"
		"<signal id=\"signal-V\" name=\"V\"/>\n");
}

void model_close(struct model *model)
{
	buf_add_c(model->xml, "</definitions>\n");
}

int model_flow(struct model *model, int from, int to, const char *condition)
{
	int flow = model->flows++;
	buf_printf(model->xml, "<sequenceFlow id=\"f%d\" sourceRef=\"n%d\" targetRef=\"n%d\">", flow, from, to);
	if (condition)
		buf_printf(model->xml, "<conditionExpression>%s</conditionExpression>", condition);
	buf_add_c(model->xml, "</sequenceFlow>\n");
	return flow;
}

int model_next(struct model *model, int from, const char *condition)
{
	int node = model->nodes++;
	model_flow(model, from, node, condition);
	return node;
}

void model_end(struct model *model, int from)
{
	int end = model_next(model, from, NULL);
	buf_printf(model->xml, "<endEvent id=\"n%d\"/>\n", end);
}

void model_merge(struct model *model, int node)
{
	buf_printf(
		model->xml, "<%s id=\"n%d\"/>\n", model_chance(model, 70) ? "exclusiveGateway" : "inclusiveGateway", node);
}

/* ---- events ---- */

void model_timer(struct model *model)
{
	static const char *const timers[] = {
		"<timeDuration>PT1H</timeDuration>",
		"<timeDuration>${'PT' + (r % 5 + 1).toString() + 'M'}</timeDuration>",
		"<timeDate>2026-01-01T03:00:00Z</timeDate>",
		"<timeDuration>P2D</timeDuration>",
	};
	buf_printf(
		model->xml, "<timerEventDefinition>%s</timerEventDefinition>", timers[random_below(model->random, 2) * 2]);
}

static void model_message(struct model *model)
{
	buf_printf(model->xml, "<messageEventDefinition messageRef=\"message-%c\"/>", model_chance(model, 60) ? 'M' : 'N');
}

static void model_signal(struct model *model)
{
	buf_printf(model->xml, "<signalEventDefinition signalRef=\"signal-%c\"/>", model_chance(model, 50) ? 'T' : 'U');
}

static void model_condition(struct model *model)
{
	static const char *const conditions[] = {"${k % 2 == 1}", "k % 2 == 1", "${k % 2 == 0}"};
	buf_printf(model->xml, "<conditionalEventDefinition><condition>%s</condition></conditionalEventDefinition>",
		model_one_of(model, conditions, 3));
}

void model_wait(struct model *model)
{
	static void (*const kinds[])(struct model * model) = {
		model_timer, model_timer, model_message, model_signal, model_condition};
	kinds[random_below(model->random, 5)](model);
}

void model_catch(struct model *model, const char *kind)
{
	static const char *const codes[] = {"", "E", "F"};
	const char *code = model_one_of(model, codes, 3);
	buf_printf(model->xml, "<%sEventDefinition", kind);
	if (*code)
		buf_printf(model->xml, " %sRef=\"%s-%s\"", kind, kind, code);
	buf_add_c(model->xml, "/>");
}

static void model_several(struct model *model, int node)
{
	buf_printf(model->xml, "<intermediateCatchEvent id=\"n%d\"%s>", node,
		model_chance(model, 50) ? " parallelMultiple=\"true\"" : "");
	model_message(model);
	if (model_chance(model, 50))
		model_condition(model);
	model_signal(model);
	buf_add_c(model->xml, "</intermediateCatchEvent>\n");
}

static void model_receive(struct model *model, int node)
{
	buf_printf(model->xml, "<receiveTask id=\"n%d\" messageRef=\"message-M\"", node);
	model_continuations(model);
	buf_add_c(model->xml, ">");
	model_loops(model);
	buf_add_c(model->xml, "</receiveTask>\n");
}

int model_pause(struct model *model, int from, const char *condition)
{
	int node = model_next(model, from, condition);
	if (model_chance(model, 20)) {
		model_receive(model, node);
		return model_boundaries(model, node);
	}
	if (model_chance(model, 20)) {
		model_several(model, node);
		return node;
	}
	buf_printf(model->xml, "<intermediateCatchEvent id=\"n%d\"", node);
	model_continuations(model);
	buf_add_c(model->xml, ">");
	model_wait(model);
	buf_add_c(model->xml, "</intermediateCatchEvent>\n");
	return node;
}

int model_choice(struct model *model, int from, const char *condition)
{
	int events[3], split = model_next(model, from, condition), count = 2 + random_below(model->random, 2);
	buf_printf(model->xml, "<eventBasedGateway id=\"n%d\"/>\n", split);
	for (int i = 0; i < count; i++) {
		events[i] = model_next(model, split, NULL);
		buf_printf(model->xml, "<intermediateCatchEvent id=\"n%d\">", events[i]);
		model_wait(model);
		buf_add_c(model->xml, "</intermediateCatchEvent>\n");
	}
	int merge = model_next(model, events[0], NULL);
	for (int i = 1; i < count; i++)
		model_flow(model, events[i], merge, NULL);
	model_merge(model, merge);
	return merge;
}

/* Sometimes: an event that leaves the activity alone, with a path of its own to an end. */
static void model_reminder(struct model *model, int activity)
{
	static const char *const cycles[] = {"R2/PT20M", "R/PT3H", "R4/PT1S"};
	int event = model->nodes++;
	buf_printf(
		model->xml, "<boundaryEvent id=\"n%d\" attachedToRef=\"n%d\" cancelActivity=\"false\">", event, activity);
	if (model_chance(model, 30))
		model_catch(model, "escalation");
	else if (model_chance(model, 40))
		buf_printf(model->xml, "<timerEventDefinition><timeCycle>%s</timeCycle></timerEventDefinition>",
			model_one_of(model, cycles, 3));
	else
		model_wait(model);
	buf_add_c(model->xml, "</boundaryEvent>\n");
	model_end(model, event);
}

/* Sometimes: an event that ends the activity; both ways meet behind it. */
static int model_deadline(struct model *model, int activity)
{
	int event = model->nodes++;
	int kind = random_below(model->random, 5);
	buf_printf(model->xml, "<boundaryEvent id=\"n%d\" attachedToRef=\"n%d\">", event, activity);
	if (kind >= 3)
		model_catch(model, kind == 3 ? "error" : "escalation");
	else
		model_wait(model);
	buf_add_c(model->xml, "</boundaryEvent>\n");
	int merge = model_next(model, activity, NULL);
	model_flow(model, event, merge, NULL);
	model_merge(model, merge);
	return merge;
}

int model_boundaries(struct model *model, int activity)
{
	if (model_chance(model, 20))
		model_reminder(model, activity);
	return model_chance(model, 25) ? model_deadline(model, activity) : activity;
}

/* ---- activities ---- */

void model_loops(struct model *model)
{
	static const char *const loops[] = {
		"<multiInstanceLoopCharacteristics><loopCardinality>${r % 3}</loopCardinality>"
		"</multiInstanceLoopCharacteristics>",
		"<multiInstanceLoopCharacteristics isSequential=\"true\"><loopCardinality>2</loopCardinality>"
		"</multiInstanceLoopCharacteristics>",
		"<multiInstanceLoopCharacteristics bpmnd:collection=\"${items}\" bpmnd:elementVariable=\"item\">"
		"<completionCondition>${nrOfCompletedInstances ge 2}</completionCondition></multiInstanceLoopCharacteristics>",
		"<multiInstanceLoopCharacteristics isSequential=\"true\" bpmnd:collection=\"${items}\" "
		"bpmnd:elementVariable=\"item\"/>",
		"<standardLoopCharacteristics loopMaximum=\"2\"/>",
		"<standardLoopCharacteristics testBefore=\"true\" loopMaximum=\"3\">"
		"<loopCondition>${(r + loopCounter) % 2 == 0}</loopCondition></standardLoopCharacteristics>",
	};
	if (model_chance(model, 15))
		buf_add_c(model->xml, model_one_of(model, loops, 6));
}

void model_continuations(struct model *model)
{
	if (model_chance(model, 6))
		buf_add_c(model->xml, " bpmnd:asyncBefore=\"true\"");
	if (model_chance(model, 6))
		buf_add_c(model->xml, " bpmnd:asyncAfter=\"true\"");
}

static const struct model_kind {
	const char *tag;
	const char *attributes;
	const char *content;
	bool is_task;
} model_kinds[] = {
	{"userTask", " bpmnd:candidateGroups=\"office\"", "", true},
	{"userTask", " bpmnd:assignee=\"${who}\"", "", true},
	{"serviceTask", " bpmnd:type=\"w\" bpmnd:retries=\"2\"", "", true},
	{"sendTask", " bpmnd:type=\"w\"", "", true},
	{"sendTask", " messageRef=\"message-M\"", "", true},
	{"scriptTask", " bpmnd:resultVariable=\"r\"", "<script>r + 1</script>", true},
	{"scriptTask", "", "<script>execution.setVariable('x', [r, execution.currentActivityId])</script>", true},
	{"task", "", "", true},
	{"manualTask", "", "", true},
	{"intermediateThrowEvent", "", "<escalationEventDefinition escalationRef=\"escalation-E\"/>", false},
	{"intermediateThrowEvent", "", "<escalationEventDefinition escalationRef=\"escalation-F\"/>", false},
	{"intermediateThrowEvent", "", "<signalEventDefinition signalRef=\"signal-T\"/>", false},
	{"intermediateThrowEvent", "", "<messageEventDefinition messageRef=\"message-N\"/>", false},
	{"intermediateThrowEvent", "", "<compensateEventDefinition/>", false},
	{"intermediateThrowEvent", "", "<compensateEventDefinition waitForCompletion=\"false\"/>", false},
};
enum { MODEL_TASK_KINDS = 9, MODEL_KINDS = sizeof model_kinds / sizeof *model_kinds };

#define MODEL_SCRIPT "<camunda:script scriptFormat=\"js\">1</camunda:script>"

/* Some wait for scripts, which are jobs. */
static void model_mappings(struct model *model)
{
	static const char *const mappings[] = {
		"<camunda:inputParameter name=\"x\">" MODEL_SCRIPT "</camunda:inputParameter>",
		"<camunda:inputParameter name=\"x\">" MODEL_SCRIPT "</camunda:inputParameter>"
		"<camunda:inputParameter name=\"y\">${r}</camunda:inputParameter>"
		"<camunda:outputParameter name=\"x\">" MODEL_SCRIPT "</camunda:outputParameter>",
		"<camunda:outputParameter name=\"x\">" MODEL_SCRIPT "</camunda:outputParameter>"
		"<camunda:outputParameter name=\"y\">${u}</camunda:outputParameter>"
		"<camunda:outputParameter name=\"z\">" MODEL_SCRIPT "</camunda:outputParameter>",
	};
	if (model_chance(model, 10))
		buf_printf(model->xml, "<camunda:inputOutput>%s</camunda:inputOutput>", model_one_of(model, mappings, 3));
}

void model_task(struct model *model, int node, const char *attributes)
{
	const struct model_kind *kind = &model_kinds[random_below(model->random, MODEL_TASK_KINDS)];
	buf_printf(model->xml, "<%s id=\"n%d\"%s%s", kind->tag, node, kind->attributes, attributes);
	model_continuations(model);
	buf_add_c(model->xml, "><extensionElements>");
	model_mappings(model);
	buf_add_c(model->xml, "</extensionElements>");
	model_loops(model);
	buf_printf(model->xml, "%s</%s>\n", kind->content, kind->tag);
}

static void model_call(struct model *model, int node)
{
	buf_printf(model->xml, "<callActivity id=\"n%d\" calledElement=\"called\"", node);
	model_continuations(model);
	buf_printf(model->xml, "><extensionElements>%s%s",
		model_chance(model, 90) ? "<bpmnd:in variables=\"all\"/>" : "<bpmnd:in source=\"r\" target=\"r\"/>",
		model_chance(model, 50) ? "<bpmnd:out source=\"r\" target=\"x\"/>" : "");
	model_mappings(model);
	buf_add_c(model->xml, "</extensionElements>");
	model_loops(model);
	buf_add_c(model->xml, "</callActivity>\n");
}

int model_activity(struct model *model, int from, const char *condition)
{
	int node = model_next(model, from, condition);
	int kind = random_below(model->random, MODEL_KINDS + (model->calls ? 2 : 0));
	if (kind < MODEL_TASK_KINDS)
		model_task(model, node, "");
	else if (kind >= MODEL_KINDS)
		model_call(model, node);
	else
		buf_printf(model->xml, "<intermediateThrowEvent id=\"n%d\">%s</intermediateThrowEvent>\n", node,
			model_kinds[kind].content);
	return kind < MODEL_TASK_KINDS || kind >= MODEL_KINDS ? model_boundaries(model, node) : node;
}

void model_free_activities(struct model *model)
{
	for (int count = 1 + random_below(model->random, 3); count > 0; count--)
		model_task(model, model->nodes++, "");
}
