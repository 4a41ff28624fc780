/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd lint: the checks of a deployment without a server. One diagnostic a line, in the form that editors know.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/command.h"
#include "api/file.h"
#include "api/upload.h"
#include "base/buf.h"
#include "bpmn/bpmn.h"
#include "engine/engine.h"

/* FILE:line:column: severity: message [rule] (element id) */
static void command_lint_print(const char *file, const struct diagnostic *diagnostic)
{
	printf("%s:%d:%d: %s: %.*s [%.*s]", file, diagnostic->line, diagnostic->column,
		diagnostic_severity_name(diagnostic->severity), STR_ARG(diagnostic->message), STR_ARG(diagnostic->rule));
	if (diagnostic->element_id.len > 0)
		printf(" (%.*s)", STR_ARG(diagnostic->element_id));
	putchar('\n');
}

static int command_lint_text(const char *file, struct str xml)
{
	struct err err = {0};
	struct bpmn_document *document =
		bpmn_read(xml, &(struct bpmn_options){.compile_expr = engine_compile_expr}, &err);

	if (!document) {
		printf("%s:%d:%d: error: %s [%s]\n", file, err.line, err.column, err.message, UPLOAD_UNREADABLE);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < document->diagnostic_count; i++)
		command_lint_print(file, &document->diagnostics[i]);
	int status = document->has_errors ? EXIT_FAILURE : EXIT_SUCCESS;
	bpmn_document_free(document);
	return status;
}

static int command_lint_file(const char *file)
{
	struct buf xml;
	struct err err = {0};

	buf_init(&xml, BPMN_SIZE_MAX + 1);
	int status = COMMAND_USAGE;
	if (file_read(file, &xml, &err))
		status = command_lint_text(file, buf_str(&xml));
	else
		command_fail("lint", &err);
	buf_free(&xml);
	return status;
}

int command_lint(int argc, char **argv)
{
	int worst = EXIT_SUCCESS;

	if (argc == 0) {
		fprintf(stderr, "bpmnd lint: which files?\n");
		return COMMAND_USAGE;
	}
	for (int i = 0; i < argc; i++) {
		int status = command_lint_file(argv[i]);
		if (status > worst)
			worst = status;
	}
	return worst;
}
