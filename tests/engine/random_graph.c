/* SPDX-License-Identifier: Apache-2.0
 *
 * Graphs without structure: each node has a flow from some node before it, so that all can be reached, and further flows
 * lead anywhere, backwards too. Nobody promises that such a process ends, or that a step of it comes to rest.
 */
#include "config.h"

#include "tests/engine/random_parts.h"

#define GRAPH_NODES_MIN 4
#define GRAPH_NODES_MAX 16
#define GRAPH_FLOWS_MAX 4

enum graph_kind {
	GRAPH_EXCLUSIVE,
	GRAPH_INCLUSIVE,
	GRAPH_COMPLEX,
	GRAPH_PARALLEL,
	GRAPH_SCRIPT,
	GRAPH_USER,
	GRAPH_CATCH,
	GRAPH_KINDS
};

struct graph_part {
	enum graph_kind kind;
	int targets[GRAPH_FLOWS_MAX];
	int count;
};

static bool graph_is_gateway(enum graph_kind kind)
{
	return kind <= GRAPH_PARALLEL;
}

static void graph_add_flow(struct graph_part *part, int target)
{
	if (part->count < GRAPH_FLOWS_MAX)
		part->targets[part->count++] = target;
}

/* Node 0 is the start event, the last one the end event. */
static void graph_connect(struct model *model, struct graph_part *parts, int count)
{
	graph_add_flow(&parts[0], 1);
	for (int node = 2; node < count; node++) {
		int from = 1 + random_below(model->random, node - 1);
		while (parts[from].count == GRAPH_FLOWS_MAX)
			from = from % (node - 1) + 1;
		graph_add_flow(&parts[from], node);
	}
	for (int node = 1; node + 1 < count; node++)
		for (int more = random_below(model->random, 3); more > 0 || parts[node].count == 0; more--)
			graph_add_flow(&parts[node], 1 + random_below(model->random, count - 1));
}

/* The last flow of a choice is its default, or has a condition like the others. */
static void graph_write_flows(struct model *model, int node, const struct graph_part *part, int *default_flow)
{
	static const char *const by_r[] = {"${r % 2 == 0}", "${r % 3 != 1}", "${r % 5 lt 2}"};
	bool chooses = part->kind <= GRAPH_COMPLEX;
	bool otherwise = chooses && part->count > 1 && model_chance(model, 80);
	for (int i = 0; i < part->count; i++) {
		bool last = i + 1 == part->count;
		const char *condition =
			chooses && part->count > 1 && !(last && otherwise) ? by_r[random_below(model->random, 3)] : NULL;
		int flow = model_flow(model, node, part->targets[i], condition);
		if (last && otherwise)
			*default_flow = flow;
	}
}

static void graph_write_gateway(struct model *model, int node, enum graph_kind kind, int default_flow)
{
	static const char *const tags[] = {"exclusiveGateway", "inclusiveGateway", "complexGateway", "parallelGateway"};
	buf_printf(model->xml, "<%s id=\"n%d\"", tags[kind], node);
	if (default_flow >= 0)
		buf_printf(model->xml, " default=\"f%d\"", default_flow);
	buf_add_c(model->xml, ">");
	if (kind == GRAPH_COMPLEX)
		buf_printf(model->xml, "<activationCondition>${activationCount ge %d%s}</activationCondition>",
			1 + random_below(model->random, 2), model_chance(model, 50) ? " or r % 7 == 0" : "");
	buf_printf(model->xml, "</%s>\n", tags[kind]);
}

static void graph_write_part(struct model *model, int node, const struct graph_part *part)
{
	int default_flow = -1;
	graph_write_flows(model, node, part, &default_flow);
	if (graph_is_gateway(part->kind)) {
		graph_write_gateway(model, node, part->kind, default_flow);
	} else if (part->kind == GRAPH_SCRIPT) {
		buf_printf(model->xml,
			"<scriptTask id=\"n%d\" bpmnd:resultVariable=\"r\"><script>r + 1</script></scriptTask>\n", node);
	} else if (part->kind == GRAPH_USER) {
		buf_printf(model->xml, "<userTask id=\"n%d\" bpmnd:candidateGroups=\"office\"/>\n", node);
		if (model_chance(model, 25)) {
			int event = model->nodes++;
			buf_printf(model->xml, "<boundaryEvent id=\"n%d\" attachedToRef=\"n%d\" cancelActivity=\"%s\">", event,
				node, model_chance(model, 50) ? "true" : "false");
			model_wait(model);
			buf_add_c(model->xml, "</boundaryEvent>\n");
			model_flow(model, event, part->targets[0], NULL);
		}
	} else {
		buf_printf(model->xml, "<intermediateCatchEvent id=\"n%d\">", node);
		model_wait(model);
		buf_add_c(model->xml, "</intermediateCatchEvent>\n");
	}
}

void random_graph(struct buf *xml, struct random *random)
{
	struct graph_part parts[GRAPH_NODES_MAX] = {0};
	struct model model = {.xml = xml, .random = random};
	int count = GRAPH_NODES_MIN + random_below(random, GRAPH_NODES_MAX - GRAPH_NODES_MIN);
	for (int i = 0; i < count; i++)
		parts[i].kind = (enum graph_kind)random_below(random, GRAPH_KINDS);
	graph_connect(&model, parts, count);
	model.nodes = count;
	model_open(&model);
	buf_printf(xml, "<process id=\"random\" isExecutable=\"true\">\n<startEvent id=\"n0\"/>\n<endEvent id=\"n%d\"/>\n",
		count - 1);
	model_flow(&model, 0, 1, NULL);
	for (int node = 1; node + 1 < count; node++)
		graph_write_part(&model, node, &parts[node]);
	buf_add_c(xml, "</process>\n");
	model_close(&model);
}
