/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of rules as a page, and what no small diagram shows: that the list of diagnostics has an end, and that what is
 * reported later comes in its place.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bpmn/rule.h"
#include "engine/engine.h"

#define DIAGNOSTICS_MAX 1000
#define FAULTS 1200

static void test_page(void **state)
{
	struct buf page;
	size_t rows = 0;
	(void)state;
	buf_init(&page, SIZE_MAX);
	rule_to_markdown(&page);
	buf_add_char(&page, '\0');
	for (const char *at = page.ptr; (at = strstr(at, "\n| `")); at++)
		rows++;
	assert_int_equal(rows, RULE_COUNT);
	assert_non_null(strstr(page.ptr, "\n| `boundary-place` | error | 10.5.4 | a boundary event is attached to "));
	assert_non_null(strstr(page.ptr, "\n| `condition-missing` | error | 10.5.5 | \\<condition>"));
	buf_free(&page);
}

static void test_every_rule_has_a_source(void **state)
{
	(void)state;
	for (int i = 0; i < RULE_COUNT; i++) {
		struct str clause = rule_row((enum rule)i)->clause;
		bool ours = str_equal_c(clause, "bpmnd");
		for (size_t k = 0; !ours && k < clause.len; k++)
			assert_non_null(strchr("0123456789.", clause.ptr[k]));
		assert_true(clause.len > 0);
	}
}

static struct bpmn_document *read_faults(int count)
{
	struct err err = {0};
	struct buf xml;
	buf_init(&xml, SIZE_MAX);
	buf_add_c(&xml, "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\">\n"
					"<process id=\"p\" isExecutable=\"true\">\n<task id=\"t\"/>\n");
	for (int i = 0; i < count; i++)
		buf_printf(&xml, "<flying id=\"f%d\"/>\n", i);
	buf_add_c(&xml, "<task id=\"last\"/></process></definitions>\n");
	struct bpmn_document *document =
		bpmn_read(buf_str(&xml), &(struct bpmn_options){.compile_expr = engine_compile_expr}, &err);
	buf_free(&xml);
	assert_non_null(document);
	return document;
}

static void test_too_many(void **state)
{
	struct bpmn_document *document = read_faults(FAULTS);
	size_t notes = 0;
	(void)state;
	assert_int_equal(document->diagnostic_count, DIAGNOSTICS_MAX + 1);
	for (size_t i = 0; i < document->diagnostic_count; i++) {
		if (!str_equal_c(document->diagnostics[i].rule, "too-many-diagnostics"))
			continue;
		notes++;
		assert_true(str_starts_with(document->diagnostics[i].message, STR("200 more diagnostics")));
	}
	assert_int_equal(notes, 1);
	bpmn_document_free(document);
}

/* Two places between others: of equal places the one that was there comes first. */
static void test_report_later(void **state)
{
	struct bpmn_document *document = read_faults(2);
	const struct graph_node early = {.id = STR("t"), .line = 3, .column = 1}, same = {.line = 4, .column = 1};
	(void)state;
	assert_int_equal(document->diagnostic_count, 2);
	rule_report(document, RULE_NEVER_REACHED, &same, STR("same"));
	rule_report(document, RULE_NEVER_REACHED, &early, STR("early"));
	assert_int_equal(document->diagnostic_count, 4);
	assert_true(str_equal_c(document->diagnostics[0].message, "early"));
	assert_true(str_equal_c(document->diagnostics[0].element_id, "t"));
	assert_true(str_equal_c(document->diagnostics[1].rule, "unknown-element"));
	assert_true(str_equal_c(document->diagnostics[2].message, "same"));
	assert_int_equal(document->diagnostics[2].severity, DIAGNOSTIC_WARNING);
	assert_int_equal(document->diagnostics[3].line, 5);
	bpmn_document_free(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_every_rule_has_a_source),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_report_later),
	};
	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
