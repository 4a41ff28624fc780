/* SPDX-License-Identifier: Apache-2.0
 *
 * The way of a file through the passes. Two arenas: the model's is gone when the document is there, the document's
 * holds graphs and diagnostics.
 */
#include "config.h"

#include "bpmn/bpmn.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "bpmn/encoding.h"
#include "bpmn/model.h"

static int bpmn_compare_reports(const void *left, const void *right)
{
	const struct report *a = left;
	const struct report *b = right;
	if (a->diagnostic.line != b->diagnostic.line)
		return a->diagnostic.line < b->diagnostic.line ? -1 : 1;
	if (a->diagnostic.column != b->diagnostic.column)
		return a->diagnostic.column < b->diagnostic.column ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void bpmn_keep_diagnostics(struct model *model, struct bpmn_document *document)
{
	if (model->reports_left_out > 0)
		model_report(model, RULE_TOO_MANY, model->last, "%zu more diagnostics are left out", model->reports_left_out);
	if (model->reports.len > 0)
		qsort(model->reports.items, model->reports.len, sizeof *model->reports.items, bpmn_compare_reports);
	struct diagnostic *diagnostics = arena_array(document->arena, model->reports.len, sizeof *diagnostics);
	for (size_t i = 0; i < model->reports.len; i++)
		diagnostics[i] = model->reports.items[i].diagnostic;
	document->diagnostics = diagnostics;
	document->diagnostic_count = model->reports.len;
	document->has_errors = model->has_errors;
}

static void bpmn_compile_graphs(struct model *model, struct bpmn_document *document)
{
	struct graph **graphs = arena_array(document->arena, model->process_count, sizeof *graphs);
	for (struct process *process = model->first_process; process; process = process->next)
		graphs[document->graph_count++] = model_compile(model, process);
	document->graphs = graphs;
}

static struct bpmn_document *bpmn_process(struct model *model)
{
	struct bpmn_document *document = alloc_new(struct bpmn_document);
	document->arena = model->keep = arena_new();
	model_build(model);
	model_resolve(model);
	model_check(model);
	model_check_names(model);
	bpmn_compile_graphs(model, document);
	bpmn_keep_diagnostics(model, document);
	if (model->options->survey)
		model_survey(model, document);
	return document;
}

static bool bpmn_check_size(struct str xml, const struct bpmn_options *options, struct err *err)
{
	size_t max = options->size_max ? options->size_max : BPMN_SIZE_MAX;
	if (xml.len == 0)
		return err_set(err, ERR_BAD_REQUEST, "the file is empty");
	if (xml.len > max)
		return err_set(err, ERR_TOO_LARGE, "a diagram of more than %zu bytes", max);
	return true;
}

struct bpmn_document *bpmn_read(struct str xml, const struct bpmn_options *options, struct err *err)
{
	struct model model = {.arena = arena_new(), .options = options};
	struct bpmn_document *document = NULL;
	if (bpmn_check_size(xml, options, err) && encoding_to_utf8(model.arena, xml, &model.source, err) &&
		model_read(&model, err))
		document = bpmn_process(&model);
	else
		err_at(err, 1, 1);
	map_free(&model.ids);
	vec_free(&model.reports);
	vec_free(&model.events);
	arena_free(model.arena);
	return document;
}

void bpmn_document_free(struct bpmn_document *document)
{
	if (!document)
		return;
	arena_free(document->arena);
	free(document);
}
