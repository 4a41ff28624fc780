/* SPDX-License-Identifier: Apache-2.0
 *
 * What many diagrams mean for this engine, counted: a tally for each element of BPMN and each word of a vendor with
 * what becomes of it, for each type of work, and for each rule that had something to say. It is bpmn/ that knows all
 * this; here it is added up.
 */
#include "config.h"

#include "api/lint_report.h"

#include <stdlib.h>

#include "api/upload.h"
#include "base/alloc.h"
#include "bpmn/bpmn.h"
#include "engine/engine.h"
#include "engine/explore.h"
#include "engine/expr/expr.h"

struct lint_report *lint_report_new(void)
{
	struct lint_report *report = alloc_new(struct lint_report);
	report->arena = arena_new();
	return report;
}

void lint_report_free(struct lint_report *report)
{
	for (size_t i = 0; i < LINT_GROUP_COUNT; i++)
		vec_free(&report->groups[i]);
	vec_free(&report->files);
	map_free(&report->tallies);
	arena_free(report->arena);
	free(report);
}

/* One tally for each name and what became of it. */
static struct lint_tally *report_tally(struct lint_report *report, enum lint_group group, int kind, struct str name)
{
	struct str key = arena_printf(report->arena, "%d %d %.*s", group, kind, STR_ARG(name));
	struct lint_tally *tally = map_get(&report->tallies, key);
	if (!tally) {
		tally = arena_new_object(report->arena, struct lint_tally);
		tally->name = arena_str(report->arena, name);
		tally->kind = kind;
		map_put(&report->tallies, key, tally);
		vec_add(&report->groups[group], tally);
	}
	return tally;
}

/* The file being counted is the last one. */
static struct lint_tally *report_count(struct lint_report *report, enum lint_group group, int kind, struct str name)
{
	struct lint_tally *tally = report_tally(report, group, kind, name);
	tally->uses++;
	if (tally->last_file != report->files.len)
		tally->files++;
	tally->last_file = report->files.len;
	return tally;
}

static void report_diagnostic(struct lint_report *report, struct lint_file *file, const struct diagnostic *diagnostic)
{
	static const enum lint_group groups[] = {
		[DIAGNOSTIC_ERROR] = LINT_ERRORS, [DIAGNOSTIC_WARNING] = LINT_WARNINGS, [DIAGNOSTIC_INFO] = LINT_NOTES};
	struct lint_tally *tally = report_count(report, groups[diagnostic->severity], 0, diagnostic->rule);
	file->counts[diagnostic->severity]++;
	tally->hint = arena_str(report->arena, diagnostic->hint);
	if (tally->place_count == LINT_PLACES)
		return;
	tally->places[tally->place_count++] = (struct lint_place){
		.path = file->path,
		.line = diagnostic->line,
		.column = diagnostic->column,
		.message = arena_str(report->arena, diagnostic->message),
	};
}

static void report_work(struct lint_report *report, const struct graph *graph)
{
	for (int32_t i = 0; i < graph->node_count; i++) {
		const struct graph_job *job = graph->nodes[i].job;
		if (job && job->type)
			report_count(report, LINT_WORK, 0, expr_source(job->type));
	}
}

static void report_document(struct lint_report *report, struct lint_file *file, struct bpmn_document *document)
{
	explore_document(document);
	for (size_t i = 0; i < document->diagnostic_count; i++)
		report_diagnostic(report, file, &document->diagnostics[i]);
	for (size_t i = 0; i < document->word_count; i++) {
		const struct bpmn_word *word = &document->words[i];
		report_count(report, word->vendor ? LINT_EXTENSIONS : LINT_ELEMENTS, (int)word->fate, word->name);
	}
	file->processes = document->graph_count;
	for (size_t i = 0; i < document->graph_count; i++) {
		const struct graph *graph = document->graphs[i];
		if (!graph || !graph->executable)
			continue;
		file->executable++;
		report_work(report, graph);
	}
	file->runs = file->executable > 0 && !document->has_errors;
}

static void report_unreadable(struct lint_report *report, struct lint_file *file, const struct err *err)
{
	const struct diagnostic diagnostic = {
		.rule = STR(UPLOAD_UNREADABLE),
		.severity = DIAGNOSTIC_ERROR,
		.line = err->line,
		.column = err->column,
		.message = str_from_c(err->message),
	};
	report_diagnostic(report, file, &diagnostic);
}

/* A file's name may be any bytes, what is printed is UTF-8. */
static struct str report_path(struct lint_report *report, const char *path)
{
	char *shown = arena_str_c(report->arena, str_from_c(path));
	bool good = str_is_utf8(str_from_c(path));
	for (char *c = shown; !good && *c; c++) {
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	}
	return str_from_c(shown);
}

int lint_report_add(void *context, const char *path, struct str xml)
{
	struct lint_report *report = context;
	const struct bpmn_options options = {.compile_expr = engine_compile_expr, .survey = true};
	struct err err = {0};
	struct bpmn_document *document = bpmn_read(xml, &options, &err);
	struct lint_file *file = vec_push(&report->files);

	file->path = report_path(report, path);
	if (document)
		report_document(report, file, document);
	else
		report_unreadable(report, file, &err);
	bpmn_document_free(document);
	report->running += file->runs;
	return file->runs ? EXIT_SUCCESS : EXIT_FAILURE;
}
