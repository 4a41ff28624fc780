/* SPDX-License-Identifier: Apache-2.0
 *
 * A block is entered by one flow and left by one: each function draws the flow from the node before it and returns its
 * last node.
 */
#include "config.h"

#include <stdio.h>

#include "tests/engine/random_parts.h"

#define MODEL_DEPTH_MAX 4
#define MODEL_NODES_MIN 20
#define MODEL_NODES_MAX 60
#define MODEL_CALLED_MAX 20

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

/* An event sub-process in the scope that is being drawn. Cycles end, else it could keep its scope alive for ever; what leaves
 * the scope alone comes from outside, else it could throw itself. */
void model_event_sub_process(struct model *model)
{
	static const char *const cycles[] = {"R2/PT20M", "R3/PT1S"};
	static const char *const outside[] = {
		"<messageEventDefinition messageRef=\"message-M\"/>",
		"<signalEventDefinition signalRef=\"signal-V\"/>",
		"<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
	};
	int node = model->nodes++, start = model->nodes++;
	int kind = random_below(model->random, 6);
	bool keeps = kind != 5 && model_chance(model, 60);
	buf_printf(model->xml, "<subProcess id=\"n%d\" triggeredByEvent=\"true\">\n<startEvent id=\"n%d\"%s>", node, start,
		keeps ? " isInterrupting=\"false\"" : "");
	if (kind >= 4)
		model_catch(model, kind == 4 ? "escalation" : "error");
	else if (keeps && kind == 1)
		buf_printf(model->xml, "<timerEventDefinition><timeCycle>%s</timeCycle></timerEventDefinition>",
			cycles[random_below(model->random, 2)]);
	else if (keeps)
		buf_add_c(model->xml, outside[random_below(model->random, 3)]);
	else
		model_wait(model);
	buf_add_c(model->xml, "</startEvent>\n");
	model_end(model, model_blocks(model, start, NULL));
	buf_add_c(model->xml, "</subProcess>\n");
}

void model_last(struct model *model, int last)
{
	int kind = random_below(model->random, 6);
	int node = model_next(model, last, NULL);
	if (kind < 2)
		buf_printf(model->xml, "<endEvent id=\"n%d\"/>\n", node);
	else if (kind == 2)
		buf_printf(model->xml,
			"<endEvent id=\"n%d\"><escalationEventDefinition escalationRef=\"escalation-E\"/></endEvent>\n", node);
	else if (kind == 3)
		buf_printf(model->xml, "<endEvent id=\"n%d\"><compensateEventDefinition/></endEvent>\n", node);
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

static int model_ad_hoc(struct model *model, int from, const char *condition)
{
	int node = model_next(model, from, condition);
	buf_printf(
		model->xml, "<adHocSubProcess id=\"n%d\"%s", node, model_chance(model, 50) ? " ordering=\"Sequential\"" : "");
	model_continuations(model);
	buf_add_c(model->xml, ">\n");
	model_loops(model);
	model_free_activities(model);
	if (model_chance(model, 30))
		model_event_sub_process(model);
	buf_add_c(model->xml, "</adHocSubProcess>\n");
	return model_boundaries(model, node);
}

static int model_sub_process(struct model *model, int from, const char *condition)
{
	if (model_chance(model, 20))
		return model_failing(model, from, condition);
	if (model_chance(model, 15))
		return model_transaction(model, from, condition);
	if (model_chance(model, 15))
		return model_ad_hoc(model, from, condition);
	int node = model_next(model, from, condition);
	buf_printf(model->xml, "<subProcess id=\"n%d\"", node);
	model_continuations(model);
	buf_add_c(model->xml, ">\n");
	model_loops(model);
	int first = model->nodes++;
	buf_printf(model->xml, model_chance(model, 50) ? "<startEvent id=\"n%d\"/>\n" : "<task id=\"n%d\"/>\n", first);
	model_last(model, model_blocks(model, first, NULL));
	if (model_chance(model, 30))
		model_event_sub_process(model);
	model_compensation(model);
	buf_add_c(model->xml, "</subProcess>\n");
	if (model_chance(model, 20))
		model_handler(model, node);
	return model_boundaries(model, node);
}

/* Two tokens come out of the one, and the other takes both to start. */
static int model_quantities(struct model *model, int from, const char *condition)
{
	int giver = model_next(model, from, condition);
	buf_printf(model->xml, "<task id=\"n%d\" completionQuantity=\"2\"/>\n", giver);
	int taker = model_next(model, giver, NULL);
	buf_printf(model->xml, "<userTask id=\"n%d\" bpmnd:assignee=\"lin\" startQuantity=\"2\"/>\n", taker);
	return taker;
}

static int model_block(struct model *model, int from, const char *condition)
{
	static int (*const kinds[])(struct model * model, int from, const char *condition) = {
		model_parallel,
		model_exclusive,
		model_inclusive,
		model_loop,
		model_sub_process,
		model_sub_process,
		model_quantities,
		model_choice,
		model_compensated,
		model_pause,
		model_pause,
		model_activity,
		model_activity,
		model_activity,
		model_activity,
		model_activity,
	};
	int first = model->depth >= MODEL_DEPTH_MAX || model->nodes > model->nodes_max ? 8 : 0;
	return kinds[first + random_below(model->random, 16 - first)](model, from, condition);
}

int model_blocks(struct model *model, int from, const char *condition)
{
	model->depth++;
	int last = model_block(model, from, condition);
	for (int more = random_below(model->random, 3); more > 0; more--)
		last = model_block(model, last, NULL);
	model->depth--;
	return last;
}

static void model_process(struct model *model, const char *id, int nodes_min)
{
	int until = model->nodes + nodes_min;
	buf_printf(model->xml, "<process id=\"%s\" isExecutable=\"true\">\n", id);
	int start = model->nodes++;
	buf_printf(model->xml, "<startEvent id=\"n%d\"/>\n", start);
	int last = model_blocks(model, start, NULL);
	while (model->nodes < until)
		last = model_blocks(model, last, NULL);
	model_end(model, last);
	if (model_chance(model, 20))
		model_event_sub_process(model);
	buf_add_c(model->xml, "</process>\n");
}

void random_model(struct buf *xml, struct random *random)
{
	struct model model = {.xml = xml, .random = random, .nodes_max = MODEL_NODES_MAX, .calls = true};
	model_open(&model);
	model_process(&model, "random", MODEL_NODES_MIN);
	model.calls = false;
	model.nodes_max = model.nodes + MODEL_CALLED_MAX;
	model_process(&model, "called", 0);
	model_close(&model);
}
