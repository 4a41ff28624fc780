/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process waits for before it runs: one process with an event of each kind, and expressions that cannot be told yet.
 */
#include "config.h"

#include "engine/start_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bpmn/bpmn.h"
#include "engine/engine.h"

#define SECOND INT64_C(1000000)
#define NOW (INT64_C(1767225600) * SECOND) /* 2026-01-01 */

#define DIAGRAM(declarations, nodes) \
	"<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\">" declarations \
	"<process id=\"p\" isExecutable=\"true\">" nodes "</process></definitions>"

static const char several[] = DIAGRAM("<message id=\"m\" name=\"order-${1 + 1}\"/><signal id=\"s\" name=\"go\"/>",
	"<startEvent id=\"none\"/>"
	"<startEvent id=\"ordered\"><messageEventDefinition messageRef=\"m\"/></startEvent>"
	"<startEvent id=\"any\"><signalEventDefinition signalRef=\"s\"/>"
	"<timerEventDefinition><timeDuration>PT1M</timeDuration></timerEventDefinition></startEvent>"
	"<startEvent id=\"daily\"><timerEventDefinition><timeCycle>R3/P1D</timeCycle></timerEventDefinition></startEvent>"
	"<startEvent id=\"cold\"><conditionalEventDefinition><condition>${a}</condition>"
	"</conditionalEventDefinition></startEvent>"
	"<eventBasedGateway id=\"first\" instantiate=\"true\"/>"
	"<receiveTask id=\"asked\" messageRef=\"m\"/><intermediateCatchEvent id=\"called\">"
	"<signalEventDefinition signalRef=\"s\"/></intermediateCatchEvent>"
	"<sequenceFlow id=\"f1\" sourceRef=\"first\" targetRef=\"asked\"/>"
	"<sequenceFlow id=\"f2\" sourceRef=\"first\" targetRef=\"called\"/>");

/* As engine_start_events gives them, in document order. */
static const struct expected_row {
	const char *node;
	enum event_kind kind;
	const char *name;
	int64_t due_in; /* seconds */
	int64_t repeat;
	const char *cycle;
} expected_rows[] = {
	{.node = "ordered", .kind = EVENT_MESSAGE, .name = "order-2", .cycle = ""},
	{.node = "any", .kind = EVENT_SIGNAL, .name = "go", .cycle = ""},
	{.node = "any", .kind = EVENT_TIMER, .name = "", .due_in = 60, .cycle = ""},
	{.node = "daily", .kind = EVENT_TIMER, .name = "", .due_in = 86400, .repeat = 2, .cycle = "P1D"},
	{.node = "cold", .kind = EVENT_CONDITIONAL, .name = "", .cycle = ""},
	{.node = "asked", .kind = EVENT_MESSAGE, .name = "order-2", .cycle = ""},
	{.node = "called", .kind = EVENT_SIGNAL, .name = "go", .cycle = ""},
};

static struct bpmn_document *read_diagram(const char *xml)
{
	struct err err = {0};
	struct bpmn_document *document =
		bpmn_read(str_from_c(xml), &(struct bpmn_options){.compile_expr = engine_compile_expr}, &err);
	if (!document)
		fail_msg("%s", err.message);
	if (document->has_errors)
		fail_msg("%.*s", STR_ARG(document->diagnostics[0].message));
	return document;
}

static void assert_row(
	const struct graph *graph, const struct start_event_row *row, const struct expected_row *expected)
{
	assert_true(str_equal_c(graph->nodes[row->node].id, expected->node));
	assert_int_equal(graph->events[row->event].node, row->node);
	assert_int_equal(row->kind, expected->kind);
	assert_true(str_equal_c(row->name, expected->name));
	assert_int_equal(row->due_at, expected->due_in ? NOW + expected->due_in * SECOND : 0);
	assert_int_equal(row->repeat, expected->repeat);
	assert_true(str_equal_c(row->cycle, expected->cycle));
}

static void test_rows(void **state)
{
	struct bpmn_document *document = read_diagram(several);
	struct arena *arena = arena_new();
	struct start_event_row *rows;
	size_t count;
	struct err err = {0};

	(void)state;
	if (!engine_start_events(document->graphs[0], NOW, arena, &rows, &count, &err))
		fail_msg("%s", err.message);
	assert_int_equal(count, sizeof expected_rows / sizeof *expected_rows);
	for (size_t i = 0; i < count; i++)
		assert_row(document->graphs[0], &rows[i], &expected_rows[i]);
	arena_free(arena);
	bpmn_document_free(document);
}

static void assert_refused(const char *xml, const char *message)
{
	struct bpmn_document *document = read_diagram(xml);
	struct arena *arena = arena_new();
	struct start_event_row *rows;
	size_t count;
	struct err err = {0};

	assert_false(engine_start_events(document->graphs[0], NOW, arena, &rows, &count, &err));
	assert_string_equal(err.element, "begin");
	if (!strstr(err.message, message))
		fail_msg("\"%s\" does not say \"%s\"", err.message, message);
	arena_free(arena);
	bpmn_document_free(document);
}

#define BEGIN_MESSAGE "<startEvent id=\"begin\"><messageEventDefinition messageRef=\"m\"/></startEvent>"
#define BEGIN_TIMER(value) \
	"<startEvent id=\"begin\"><timerEventDefinition><timeDuration>" value \
	"</timeDuration></timerEventDefinition></startEvent>"

static void test_refused(void **state)
{
	(void)state;
	assert_refused(DIAGRAM("<message id=\"m\" name=\"order-${a}\"/>", BEGIN_MESSAGE), "unknown variable 'a'");
	assert_refused(DIAGRAM("<message id=\"m\" name=\"${''}\"/>", BEGIN_MESSAGE), "empty");
	assert_refused(DIAGRAM("", BEGIN_TIMER("${wait}")), "unknown variable 'wait'");
	assert_refused(DIAGRAM("", BEGIN_TIMER("${'soon'}")), "soon");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests_name("start events", tests, NULL, NULL);
}
