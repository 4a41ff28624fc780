/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd lint: the checks of a deployment without a server. One diagnostic a line, in the form that editors know; or a
 * report over many files.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/command.h"
#include "api/lint.h"
#include "api/upload.h"
#include "bpmn/bpmn.h"
#include "engine/engine.h"
#include "engine/explore.h"

/* FILE:line:column: severity: message [rule] (element id) */
static void command_lint_print(const char *file, const struct diagnostic *diagnostic)
{
	printf("%s:%d:%d: %s: %.*s [%.*s]", file, diagnostic->line, diagnostic->column,
		diagnostic_severity_name(diagnostic->severity), STR_ARG(diagnostic->message), STR_ARG(diagnostic->rule));
	if (diagnostic->element_id.len > 0)
		printf(" (%.*s)", STR_ARG(diagnostic->element_id));
	putchar('\n');
}

static int command_lint_text(void *context, const char *file, struct str xml)
{
	struct err err = {0};
	struct bpmn_document *document = bpmn_read(xml, &(struct bpmn_options){.compile_expr = engine_compile_expr}, &err);

	(void)context;
	if (!document) {
		printf("%s:%d:%d: error: %s [%s]\n", file, err.line, err.column, err.message, UPLOAD_UNREADABLE);
		return EXIT_FAILURE;
	}
	explore_document(document);
	for (size_t i = 0; i < document->diagnostic_count; i++)
		command_lint_print(file, &document->diagnostics[i]);
	int status = document->has_errors ? EXIT_FAILURE : EXIT_SUCCESS;
	bpmn_document_free(document);
	return status;
}

static int command_lint_report(int argc, char **argv, bool json)
{
	struct lint_report *report = lint_report_new();
	int status = lint_files(argc, argv, lint_report_add, report);

	if (!lint_report_print(report, json) && status < COMMAND_USAGE) {
		fprintf(stderr, "bpmnd lint: there are no diagrams\n");
		status = COMMAND_USAGE;
	}
	lint_report_free(report);
	return status;
}

int command_lint(int argc, char **argv)
{
	bool full = command_take_flag(&argc, argv, "--report");
	bool json = command_take_flag(&argc, argv, "--json");

	if (argc == 0) {
		fprintf(stderr, "bpmnd lint: which files?\n");
		return COMMAND_USAGE;
	}
	if (full)
		return command_lint_report(argc, argv, json);
	if (!json)
		return lint_files(argc, argv, command_lint_text, NULL);
	fprintf(stderr, "bpmnd lint: --json is for a --report\n");
	return COMMAND_USAGE;
}
