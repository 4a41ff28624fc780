/* SPDX-License-Identifier: Apache-2.0
 *
 * A block is entered by one flow and left by one: each function draws the flow from the node before it and returns its
 * last node. Nodes and flows are numbered as they come.
 */
#include "config.h"

#include "tests/engine/random_model.h"

#include <stdio.h>

#define MODEL_DEPTH_MAX 4
#define MODEL_NODES_MIN 20
#define MODEL_NODES_MAX 60

struct model {
	struct buf *xml;
	struct random *random;
	int nodes;
	int flows;
	int depth;
};

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

static bool model_chance(struct model *model, int percent)
{
	return random_below(model->random, 100) < percent;
}

/* A flow; condition NULL: none. Returns its number. */
static int model_flow(struct model *model, int from, int to, const char *condition)
{
	int flow = model->flows++;
	buf_printf(model->xml, "<sequenceFlow id=\"f%d\" sourceRef=\"n%d\" targetRef=\"n%d\">", flow, from, to);
	if (condition)
		buf_printf(model->xml, "<conditionExpression>%s</conditionExpression>", condition);
	buf_add_c(model->xml, "</sequenceFlow>\n");
	return flow;
}

static int model_blocks(struct model *model, int from, const char *condition);

static int model_next(struct model *model, int from, const char *condition)
{
	int node = model->nodes++;
	model_flow(model, from, node, condition);
	return node;
}

static void model_timer(struct model *model)
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

static void model_end(struct model *model, int from)
{
	int end = model_next(model, from, NULL);
	buf_printf(model->xml, "<endEvent id=\"n%d\"/>\n", end);
}

/* What an error or escalation event catches: every code, the one that is thrown, or another. */
static void model_catch(struct model *model, const char *kind)
{
	static const char *const codes[] = {"", "E", "F"};
	const char *code = codes[random_below(model->random, 3)];
	buf_printf(model->xml, "<%sEventDefinition", kind);
	if (*code)
		buf_printf(model->xml, " %sRef=\"%s-%s\"", kind, kind, code);
	buf_add_c(model->xml, "/>");
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
	else if (model_chance(model, 50))
		buf_printf(model->xml, "<timerEventDefinition><timeCycle>%s</timeCycle></timerEventDefinition>",
			cycles[random_below(model->random, 3)]);
	else
		model_timer(model);
	buf_add_c(model->xml, "</boundaryEvent>\n");
	model_end(model, event);
}

/* Sometimes: an event that ends the activity; both ways meet behind it. */
static int model_deadline(struct model *model, int activity)
{
	int event = model->nodes++;
	int kind = random_below(model->random, 4);
	buf_printf(model->xml, "<boundaryEvent id=\"n%d\" attachedToRef=\"n%d\">", event, activity);
	if (kind >= 2)
		model_catch(model, kind == 2 ? "error" : "escalation");
	else
		model_timer(model);
	buf_add_c(model->xml, "</boundaryEvent>\n");
	int merge = model_next(model, activity, NULL);
	model_flow(model, event, merge, NULL);
	buf_printf(
		model->xml, "<%s id=\"n%d\"/>\n", model_chance(model, 70) ? "exclusiveGateway" : "inclusiveGateway", merge);
	return merge;
}

static int model_boundaries(struct model *model, int activity)
{
	if (model_chance(model, 20))
		model_reminder(model, activity);
	return model_chance(model, 25) ? model_deadline(model, activity) : activity;
}

static int model_activity(struct model *model, int from, const char *condition)
{
	static const struct {
		const char *tag;
		const char *attributes;
		const char *content;
		bool waits;
	} kinds[] = {
		{"userTask", " bpmnd:candidateGroups=\"office\"", "", true},
		{"userTask", " bpmnd:assignee=\"${who}\"", "", true},
		{"serviceTask", " bpmnd:type=\"w\" bpmnd:retries=\"2\"", "", true},
		{"sendTask", " bpmnd:type=\"w\"", "", true},
		{"intermediateThrowEvent", "", "<escalationEventDefinition escalationRef=\"escalation-E\"/>", false},
		{"intermediateThrowEvent", "", "<escalationEventDefinition escalationRef=\"escalation-F\"/>", false},
		{"task", "", "", false},
		{"manualTask", "", "", false},
		{"scriptTask", " bpmnd:resultVariable=\"r\"", "<script>r + 1</script>", false},
		{"scriptTask", "", "<script>execution.setVariable('x', [r, execution.currentActivityId])</script>", false},
	};
	int node = model_next(model, from, condition);
	int kind = random_below(model->random, (int)(sizeof kinds / sizeof *kinds));
	buf_printf(model->xml, "<%s id=\"n%d\"%s>%s</%s>\n", kinds[kind].tag, node, kinds[kind].attributes,
		kinds[kind].content, kinds[kind].tag);
	return kinds[kind].waits ? model_boundaries(model, node) : node;
}

static int model_pause(struct model *model, int from, const char *condition)
{
	int node = model_next(model, from, condition);
	buf_printf(model->xml, "<intermediateCatchEvent id=\"n%d\">", node);
	model_timer(model);
	buf_add_c(model->xml, "</intermediateCatchEvent>\n");
	return node;
}

/* The split is a gateway, or any activity left by several flows. */
static int model_parallel(struct model *model, int from, const char *condition)
{
	int ends[3];
	int split = model_next(model, from, condition);
	int count = 2 + random_below(model->random, 2);
	buf_printf(model->xml, model_chance(model, 70) ? "<parallelGateway id=\"n%d\"/>\n" : "<task id=\"n%d\"/>\n", split);
	for (int i = 0; i < count; i++)
		ends[i] = model_blocks(model, split, NULL);
	int join = model_next(model, ends[0], NULL);
	for (int i = 1; i < count; i++)
		model_flow(model, ends[i], join, NULL);
	buf_printf(model->xml, "<parallelGateway id=\"n%d\"/>\n", join);
	return join;
}

/* Branches by r, or by u; the way without condition is the default flow, or missing. A branch may end its scope. */
static int model_exclusive(struct model *model, int from, const char *condition)
{
	static const char *const by_r[] = {"${r % 4 == 0}", "r % 4 == 1", "${r % 4 > 1 &amp;&amp; true}"};
	int ends[3];
	int split = model_next(model, from, condition);
	int count = 2 + random_below(model->random, 2);
	bool by_u = model_chance(model, 15);
	int default_flow = -1;
	for (int i = 0; i < count; i++) {
		bool otherwise = i + 1 == count && (by_u || model_chance(model, 70));
		if (otherwise)
			default_flow = model->flows;
		ends[i] = model_blocks(model, split, otherwise ? NULL : by_u ? "${u}" : by_r[i]);
	}
	buf_printf(model->xml, "<exclusiveGateway id=\"n%d\"", split);
	if (default_flow >= 0)
		buf_printf(model->xml, " default=\"f%d\"", default_flow);
	buf_add_c(model->xml, "/>\n");
	int merge = model_next(model, ends[0], NULL);
	buf_printf(model->xml, "<exclusiveGateway id=\"n%d\"/>\n", merge);
	for (int i = 1; i < count; i++) {
		if (!model_chance(model, 10)) {
			model_flow(model, ends[i], merge, NULL);
			continue;
		}
		int end = model_next(model, ends[i], NULL);
		buf_printf(model->xml, "<endEvent id=\"n%d\"><terminateEventDefinition/></endEvent>\n", end);
	}
	return merge;
}

/* Some of two or three branches by r, or the default flow, which may be missing. A branch may end for itself: then an
 * empty one makes sure that the join is reached. What is split otherwise can be joined so, too. */
static int model_inclusive(struct model *model, int from, const char *condition)
{
	static const char *const by_r[] = {"${r % 2 == 0}", "r % 3 == 0", "${r &lt; 4}"};
	static const char *const splits[] = {
		"inclusiveGateway", "inclusiveGateway", "inclusiveGateway", "parallelGateway", "task"};
	const char *kind = splits[random_below(model->random, 5)];
	bool inclusive = kind[0] == 'i';
	int split = model_next(model, from, condition);
	int ends[3];
	int count = 2 + random_below(model->random, 2);
	int default_flow = -1;
	for (int i = 0; i < count; i++) {
		if (inclusive && i + 1 == count && model_chance(model, 70))
			default_flow = model->flows;
		ends[i] = model_blocks(model, split, default_flow >= 0 || !inclusive ? NULL : by_r[i]);
	}
	buf_printf(model->xml, "<%s id=\"n%d\"", kind, split);
	if (default_flow >= 0)
		buf_printf(model->xml, " default=\"f%d\"", default_flow);
	buf_add_c(model->xml, "/>\n");
	int join = model_next(model, ends[0], NULL);
	buf_printf(model->xml, "<inclusiveGateway id=\"n%d\"/>\n", join);
	bool sure = true;
	for (int i = 1; i < count; i++) {
		bool joins = model_chance(model, 85);
		sure &= joins || !inclusive;
		if (joins)
			model_flow(model, ends[i], join, NULL);
		else
			model_end(model, ends[i]);
	}
	if (!sure || model_chance(model, 20))
		model_flow(model, split, join, inclusive && sure ? "${r % 5 == 1}" : NULL);
	return join;
}

/* counter = 0; do block while counter < 2 */
static int model_loop(struct model *model, int from, const char *condition)
{
	char again[32];
	int reset = model_next(model, from, condition);
	buf_printf(model->xml, "<scriptTask id=\"n%d\" bpmnd:resultVariable=\"c%d\"><script>0</script></scriptTask>\n",
		reset, reset);
	int merge = model_next(model, reset, NULL);
	buf_printf(model->xml, "<exclusiveGateway id=\"n%d\"/>\n", merge);
	int count = model_next(model, model_blocks(model, merge, NULL), NULL);
	buf_printf(model->xml,
		"<scriptTask id=\"n%d\" bpmnd:resultVariable=\"c%d\"><script>c%d + 1</script></scriptTask>\n", count, reset,
		reset);
	int enough = model_next(model, count, NULL);
	snprintf(again, sizeof again, "${c%d lt 2}", reset);
	model_flow(model, enough, merge, again);
	int after = model->nodes++;
	int default_flow = model_flow(model, enough, after, NULL);
	buf_printf(model->xml, "<exclusiveGateway id=\"n%d\" default=\"f%d\"/>\n<task id=\"n%d\"/>\n", enough, default_flow,
		after);
	return after;
}

/* An event sub-process in the scope that is being drawn. Cycles end, else it could keep its scope alive for ever. */
static void model_event_sub_process(struct model *model)
{
	static const char *const cycles[] = {"R2/PT20M", "R3/PT1S"};
	int node = model->nodes++, start = model->nodes++;
	int kind = random_below(model->random, 4);
	bool keeps = kind != 3 && model_chance(model, 60);
	buf_printf(model->xml, "<subProcess id=\"n%d\" triggeredByEvent=\"true\">\n<startEvent id=\"n%d\"%s>", node, start,
		keeps ? " isInterrupting=\"false\"" : "");
	if (kind >= 2)
		model_catch(model, kind == 2 ? "escalation" : "error");
	else if (keeps && kind == 1)
		buf_printf(model->xml, "<timerEventDefinition><timeCycle>%s</timeCycle></timerEventDefinition>",
			cycles[random_below(model->random, 2)]);
	else
		model_timer(model);
	buf_add_c(model->xml, "</startEvent>\n");
	model_end(model, model_blocks(model, start, NULL));
	buf_add_c(model->xml, "</subProcess>\n");
}

/* How a scope ends: with an end event, which may escalate, or with the last node. */
static void model_last(struct model *model, int last)
{
	int kind = random_below(model->random, 5);
	int node = model_next(model, last, NULL);
	if (kind < 2)
		buf_printf(model->xml, "<endEvent id=\"n%d\"/>\n", node);
	else if (kind == 2)
		buf_printf(model->xml,
			"<endEvent id=\"n%d\"><escalationEventDefinition escalationRef=\"escalation-E\"/></endEvent>\n", node);
	else
		buf_printf(model->xml, "<task id=\"n%d\"/>\n", node);
}

/* Ends with an error: its boundary event catches every one, unless an event sub-process has before. */
static int model_failing(struct model *model, int from, const char *condition)
{
	int node = model_next(model, from, condition);
	buf_printf(model->xml, "<subProcess id=\"n%d\">\n", node);
	int first = model->nodes++;
	buf_printf(model->xml, "<startEvent id=\"n%d\"/>\n", first);
	int end = model_next(model, model_blocks(model, first, NULL), NULL);
	buf_printf(model->xml, "<endEvent id=\"n%d\"><errorEventDefinition errorRef=\"error-E\"/></endEvent>\n", end);
	if (model_chance(model, 30))
		model_event_sub_process(model);
	int event = model->nodes++;
	buf_printf(model->xml,
		"</subProcess>\n<boundaryEvent id=\"n%d\" attachedToRef=\"n%d\"><errorEventDefinition/></boundaryEvent>\n",
		event, node);
	int merge = model_next(model, event, NULL);
	model_flow(model, node, merge, NULL);
	buf_printf(model->xml, "<exclusiveGateway id=\"n%d\"/>\n", merge);
	return merge;
}

static int model_sub_process(struct model *model, int from, const char *condition)
{
	if (model_chance(model, 25))
		return model_failing(model, from, condition);
	int node = model_next(model, from, condition);
	buf_printf(model->xml, "<subProcess id=\"n%d\">\n", node);
	int first = model->nodes++;
	buf_printf(model->xml, model_chance(model, 50) ? "<startEvent id=\"n%d\"/>\n" : "<task id=\"n%d\"/>\n", first);
	model_last(model, model_blocks(model, first, NULL));
	if (model_chance(model, 30))
		model_event_sub_process(model);
	buf_add_c(model->xml, "</subProcess>\n");
	return model_boundaries(model, node);
}

static int model_block(struct model *model, int from, const char *condition)
{
	static int (*const kinds[])(struct model * model, int from, const char *condition) = {
		model_parallel,
		model_exclusive,
		model_inclusive,
		model_loop,
		model_sub_process,
		model_pause,
		model_activity,
		model_activity,
		model_activity,
		model_activity,
	};
	int first = model->depth >= MODEL_DEPTH_MAX || model->nodes > MODEL_NODES_MAX ? 5 : 0;
	return kinds[first + random_below(model->random, 10 - first)](model, from, condition);
}

/* One to three blocks; the condition is that of the flow into the first. */
static int model_blocks(struct model *model, int from, const char *condition)
{
	model->depth++;
	int last = model_block(model, from, condition);
	for (int more = random_below(model->random, 3); more > 0; more--)
		last = model_block(model, last, NULL);
	model->depth--;
	return last;
}

void random_model(struct buf *xml, struct random *random)
{
	struct model model = {.xml = xml, .random = random};
	buf_add_c(xml,
		"<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:bpmnd=\"urn:bpmnd:model:1\" "
		"targetNamespace=\"urn:bpmnd:test\">\n<error id=\"error-E\" errorCode=\"E\"/>\n<error id=\"error-F\" "
	    "errorCode=\"F\"/>\n"
		"<escalation id=\"escalation-E\" escalationCode=\"E\"/>\n<escalation id=\"escalation-F\" "
	    "escalationCode=\"F\"/>\n"
		"<process id=\"random\" isExecutable=\"true\">\n");
	int start = model.nodes++;
	buf_printf(xml, "<startEvent id=\"n%d\"/>\n", start);
	int last = model_blocks(&model, start, NULL);
	while (model.nodes < MODEL_NODES_MIN)
		last = model_blocks(&model, last, NULL);
	model_end(&model, last);
	if (model_chance(&model, 20))
		model_event_sub_process(&model);
	buf_add_c(xml, "</process>\n</definitions>\n");
}
