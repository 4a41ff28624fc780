/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptions of documents: every fact of a graph that a diagram can decide, so that a change in what a file means
 * shows up as a changed line.
 */
#include "config.h"

#include "tests/bpmn/bpmn_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/expr/expr.h"
#include "tests/bpmn/bpmn_case_put.h"

static const struct expr *case_compile(struct arena *arena, struct str text, int form, struct err *err)
{
	return expr_compile(arena, text, (enum expr_form)form, err);
}

struct bpmn_document *case_read(struct str xml, struct err *err)
{
	const struct bpmn_options options = {.compile_expr = case_compile, .survey = true};
	return bpmn_read(xml, &options, err);
}

void case_put_expr(struct buf *out, const char *label, const struct expr *expr)
{
	if (expr)
		buf_printf(out, " %s={%.*s}", label, STR_ARG(expr_source(expr)));
}

void case_put_text(struct buf *out, const char *label, struct str text)
{
	if (text.len > 0)
		buf_printf(out, " %s={%.*s}", label, STR_ARG(text));
}

static void case_put_list(struct buf *out, const char *label, const struct expr *const *items, int32_t count)
{
	for (int32_t i = 0; i < count; i++)
		case_put_expr(out, label, items[i]);
}

static void case_put_user(struct buf *out, const struct graph_user_task *user)
{
	case_put_expr(out, "assignee", user->assignee);
	case_put_list(out, "user", user->candidate_users, user->candidate_user_count);
	case_put_list(out, "group", user->candidate_groups, user->candidate_group_count);
	case_put_expr(out, "due", user->due);
	case_put_expr(out, "followUp", user->follow_up);
	case_put_expr(out, "priority", user->priority);
	case_put_expr(out, "form", user->form);
	case_put_exprs(out, "createListener", user->listeners[TASK_CREATE]);
	case_put_exprs(out, "updateListener", user->listeners[TASK_UPDATE]);
	case_put_exprs(out, "assignmentListener", user->listeners[TASK_ASSIGNMENT]);
	case_put_exprs(out, "deleteListener", user->listeners[TASK_DELETE]);
	case_put_exprs(out, "timeoutListener", user->timeouts);
}

static void case_put_pairs(struct buf *out, const char *label, const struct graph_headers *pairs)
{
	for (int32_t i = 0; i < pairs->count; i++)
		buf_printf(out, " %s.%.*s={%.*s}", label, STR_ARG(pairs->items[i].name), STR_ARG(pairs->items[i].value));
}

static void case_put_form(struct buf *out, const struct graph_form *form)
{
	case_put_text(out, "formKey", form->key);
	case_put_text(out, "formReference", form->reference);
	case_put_text(out, "binding", form->binding);
	case_put_text(out, "version", form->version);
	for (int32_t i = 0; i < form->field_count; i++) {
		const struct graph_form_field *field = &form->fields[i];
		buf_printf(out, " field(%.*s", STR_ARG(field->id));
		case_put_text(out, "label", field->label);
		case_put_text(out, "type", field->type);
		case_put_text(out, "default", field->default_value);
		case_put_text(out, "datePattern", field->date_pattern);
		case_put_pairs(out, "constraint", &field->constraints);
		case_put_pairs(out, "value", &field->values);
		case_put_pairs(out, "property", &field->properties);
		buf_add_c(out, ")");
	}
}

static void case_put_job(struct buf *out, const struct graph_job *job)
{
	case_put_expr(out, "type", job->type);
	if (job->retries != GRAPH_NONE)
		buf_printf(out, " retries=%d", job->retries);
	case_put_expr(out, "backOff", job->back_off);
	case_put_text(out, "result", job->result_variable);
	case_put_pairs(out, "header", &job->headers);
	for (int32_t i = 0; i < job->error_count; i++) {
		buf_printf(out, " error=%.*s", STR_ARG(job->errors[i].code));
		case_put_expr(out, "if", job->errors[i].condition);
	}
}

static void case_put_message(struct buf *out, const struct graph_event *event)
{
	case_put_expr(out, "name", event->name);
	case_put_assignments(out, "key", event->correlation);
	case_put_assignments(out, "send", event->payload);
	if (event->all_payload)
		buf_add_c(out, " sendAll");
	case_put_expr(out, "ttl", event->ttl);
}

void case_put_event(struct buf *out, const struct graph_event *event)
{
	static const char *const kinds[] = {
#define X(constant, text) [EVENT_##constant] = #constant,
#include "bpmn/event_kind.def"
#undef X
	};
	static const char *const names[] = {[TIMER_DATE] = "date", [TIMER_DURATION] = "duration", [TIMER_CYCLE] = "cycle"};
	for (const char *c = kinds[event->kind]; *c; c++)
		buf_printf(out, "%s%c", c == kinds[event->kind] ? " " : "", *c | 0x20);
	case_put_expr(out, names[event->timer.kind], event->timer.value);
	case_put_text(out, "code", event->code);
	case_put_text(out, "codeVariable", event->code_variable);
	case_put_text(out, "messageVariable", event->message_variable);
	case_put_expr(out, "text", event->text);
	case_put_message(out, event);
	case_put_expr(out, "if", event->condition);
	for (int32_t i = 0; i < event->variables.count; i++)
		case_put_text(out, "variable", event->variables.items[i]);
	if (event->link_target != GRAPH_NONE)
		buf_printf(out, " to=%d", event->link_target);
	if (event->activity != GRAPH_NONE)
		buf_printf(out, " activity=%d", event->activity);
	if (event->wait)
		buf_add_c(out, " waits");
}

/* Each says whose it is, which must be this node. */
static void case_put_events(struct buf *out, const struct graph *graph, int32_t node)
{
	const struct graph_node *row = &graph->nodes[node];
	for (int32_t i = 0; i < row->event_count; i++) {
		const struct graph_event *event = &graph->events[row->event + i];
		case_put_event(out, event);
		if (event->node != node)
			buf_printf(out, " OF=%d", event->node);
	}
	if (row->parallel_multiple)
		buf_add_c(out, " parallelMultiple");
}

static void case_put_links(struct buf *out, const char *label, const struct graph *graph, struct graph_links links)
{
	if (links.count == 0)
		return;
	buf_printf(out, " %s=", label);
	for (int32_t i = 0; i < links.count; i++)
		buf_printf(out, "%s%d", i ? "," : "", graph->links[links.first + i]);
}

static void case_put_content(struct buf *out, const struct graph_node *node)
{
	if (node->user)
		case_put_user(out, node->user);
	if (node->form)
		case_put_form(out, node->form);
	if (node->job)
		case_put_job(out, node->job);
	if (node->script) {
		case_put_expr(out, "script", node->script->program);
		case_put_text(out, "javascript", node->script->javascript);
		case_put_text(out, "result", node->script->result_variable);
	}
}

static void case_put_node(struct buf *out, const struct graph *graph, const struct graph_node *node, int32_t index)
{
	buf_printf(out, "  node %d %.*s %.*s", index, STR_ARG(node_kind_name(node->kind)), STR_ARG(node->id));
	case_put_text(out, "name", node->name);
	case_put_text(out, "documentation", node->documentation);
	case_put_text(out, "lane", node->lane);
	if (node->scope != GRAPH_NONE)
		buf_printf(out, " scope=%d", node->scope);
	if (node->start != GRAPH_NONE)
		buf_printf(out, " start=%d", node->start);
	case_put_links(out, "in", graph, node->incoming);
	case_put_links(out, "out", graph, node->outgoing);
	case_put_links(out, "boundary", graph, node->boundary);
	if (node->default_flow != GRAPH_NONE)
		buf_printf(out, " default=%d", node->default_flow);
	if (node->attached_to != GRAPH_NONE)
		buf_printf(out, " on=%d", node->attached_to);
	if (node->event_sub_process)
		buf_add_c(out, " triggeredByEvent");
	case_put_links(out, "eventSubProcesses", graph, node->event_sub_processes);
	if (node->interrupting)
		buf_add_c(out, " interrupting");
	if (node->instantiates || (node->event_gateway && node->event_gateway->instantiate))
		buf_add_c(out, " instantiates");
	if (node->event_gateway && node->event_gateway->parallel)
		buf_add_c(out, " parallel");
	case_put_expr(out, "activation", node->activation);
	if (node->compensation_event_sub_process != GRAPH_NONE)
		buf_printf(out, " compensatedBy=%d", node->compensation_event_sub_process);
	case_put_events(out, graph, index);
	case_put_content(out, node);
	case_put_activity(out, graph, node);
	buf_add_c(out, "\n");
}

static void case_put_graph(struct buf *out, const struct graph *graph)
{
	buf_printf(out, "process %.*s %s", STR_ARG(graph->key), graph->executable ? "executable" : "drawing");
	case_put_text(out, "name", graph->name);
	case_put_text(out, "version", graph->version_tag);
	if (graph->start != GRAPH_NONE)
		buf_printf(out, " start=%d", graph->start);
	case_put_links(out, "eventStarts", graph, graph->event_starts);
	case_put_links(out, "eventSubProcesses", graph, graph->event_sub_processes);
	if (graph->compensation_event_sub_process != GRAPH_NONE)
		buf_printf(out, " compensatedBy=%d", graph->compensation_event_sub_process);
	case_put_text(out, "initiator", graph->initiator);
	case_put_names(out, "declares", graph->declares);
	case_put_exprs(out, "startListener", graph->start_listeners);
	case_put_exprs(out, "endListener", graph->end_listeners);
	buf_add_c(out, "\n");
	for (int32_t i = 0; i < graph->node_count; i++)
		case_put_node(out, graph, &graph->nodes[i], i);
	for (int32_t i = 0; i < graph->flow_count; i++) {
		const struct graph_flow *flow = &graph->flows[i];
		buf_printf(out, "  flow %d %.*s %d->%d", i, STR_ARG(flow->id), flow->source, flow->target);
		case_put_text(out, "name", flow->name);
		case_put_expr(out, "if", flow->condition);
		case_put_exprs(out, "listener", flow->listeners);
		buf_add_c(out, "\n");
	}
}

static void case_put_diagnostic(struct buf *out, const struct diagnostic *diagnostic)
{
	struct str id = diagnostic->element_id.len ? diagnostic->element_id : STR("-");
	buf_printf(out, "%s %.*s %.*s %d:%d %.*s\n", diagnostic_severity_name(diagnostic->severity),
		STR_ARG(diagnostic->rule), STR_ARG(id), diagnostic->line, diagnostic->column, STR_ARG(diagnostic->message));
}

void case_describe(struct buf *out, struct str xml)
{
	struct err err = {0};
	struct bpmn_document *document = case_read(xml, &err);
	if (!document) {
		buf_printf(out, "refused %s %d:%d %s\n", err_slug(err.code), err.line, err.column, err.message);
		return;
	}
	for (size_t i = 0; i < document->diagnostic_count; i++)
		case_put_diagnostic(out, &document->diagnostics[i]);
	for (size_t i = 0; i < document->graph_count; i++) {
		if (document->graphs[i])
			case_put_graph(out, document->graphs[i]);
		else
			buf_add_c(out, "process refused\n");
	}
	bpmn_document_free(document);
}

bool case_load(struct arena *arena, const char *path, struct str *out)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return false;
	struct buf buf;
	buf_init(&buf, 16u << 20);
	size_t n = 1;
	while (n > 0) {
		char *room = buf_reserve(&buf, 65536);
		n = room ? fread(room, 1, 65536, file) : 0;
		buf.len += n;
	}
	fclose(file);
	*out = arena_str(arena, buf_str(&buf));
	buf_free(&buf);
	return true;
}

static bool case_write(const char *path, struct str text)
{
	FILE *file = fopen(path, "wb");
	if (!file)
		return false;
	size_t written = fwrite(text.ptr, 1, text.len, file);
	return fclose(file) == 0 && written == text.len;
}

static bool case_check(const char *path, struct str expected, struct str got)
{
	if (str_equal(expected, got))
		return true;
	fprintf(stderr, "%s\n--- expected\n%.*s--- got\n%.*s---\n", path, STR_ARG(expected), STR_ARG(got));
	return false;
}

bool case_compare(const char *input, const char *expected)
{
	struct arena *arena = arena_new();
	struct buf got;
	struct str xml, want = {0};
	bool good = case_load(arena, input, &xml);
	buf_init(&got, 16u << 20);
	if (good) {
		case_describe(&got, xml);
		if (getenv("BPMND_UPDATE"))
			good = case_write(expected, buf_str(&got));
		else
			good = case_load(arena, expected, &want) && case_check(expected, want, buf_str(&got));
	}
	buf_free(&got);
	arena_free(arena);
	return good;
}
