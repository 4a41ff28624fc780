/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports: one diagnostic each, from the table of rules. Where the process is a drawing (not executable), its errors
 * become warnings, so that the diagrams of other tools can be kept and shown.
 */
#include "config.h"

#include <stdarg.h>

#include "bpmn/model.h"
#include "bpmn/source.h"

/* More would help nobody and could be made to cost gigabytes. */
#define REPORTS_MAX 1000

static enum diagnostic_severity report_severity(const struct model *model, enum rule rule, const struct element *at)
{
	const struct process *process = at && at->process ? at->process : model->process;
	bool executable = process ? process->executable : model->has_executable;
	switch (rule_row(rule)->severity) {
	case RULE_SEVERITY_INFO:
		return DIAGNOSTIC_INFO;
	case RULE_SEVERITY_WARNING:
		return DIAGNOSTIC_WARNING;
	case RULE_SEVERITY_ERROR:
		return executable ? DIAGNOSTIC_ERROR : DIAGNOSTIC_WARNING;
	case RULE_SEVERITY_ALWAYS_ERROR:
		break;
	}
	return DIAGNOSTIC_ERROR;
}

/* A diagnostic is one line, whatever the file's names contain. */
static struct str report_line(struct arena *arena, struct str text)
{
	char *line = arena_str_c(arena, text);
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7F)
			line[i] = ' ';
	}
	return (struct str){line, text.len};
}

static bool report_is_detail(const struct element *at)
{
	bool detail = at && at->word && (at->word->class == WORD_DETAIL || at->word->class == WORD_LANE_MEMBER);
	return at && (at->extension || detail);
}

/* Who the diagnostic is about: what is part of a node or a flow (an event definition, a condition) speaks for it, since
 * that is what a modeler can show. What merely stands inside a sub-process speaks for itself. */
static const struct element *report_subject(const struct element *at)
{
	const struct element *around = at;
	while (around && !around->node && !around->flow)
		around = around->parent;
	if (!around && at && at->extension && at->process)
		return at->process->element;
	if (!around)
		return report_is_detail(at) ? element_owner(at) : at;
	bool part =
		!around->node || !around->node->container || at->id.len == 0 || (at->word && at->word->class == WORD_REFUSED);
	return part ? around : at;
}

static void report_add(
	struct model *model, enum rule rule, const struct element *at, struct source_cursor place, struct str message)
{
	enum diagnostic_severity severity = report_severity(model, rule, at);
	if (severity == DIAGNOSTIC_ERROR)
		model->has_errors = true;
	/* a drawing is sound with words that nobody reads */
	bool word = rule == RULE_UNKNOWN_BPMND_NAME || rule == RULE_MISPLACED_BPMND_NAME;
	bool breaks = rule_row(rule)->severity >= RULE_SEVERITY_ERROR && !word;
	struct process *process = at && at->process ? at->process : model->process;
	if (process && (breaks || severity == DIAGNOSTIC_ERROR))
		process->broken = true;
	if (model->reports.len >= REPORTS_MAX && rule != RULE_TOO_MANY) {
		model->reports_left_out++;
		return;
	}
	const struct element *subject = report_subject(at);
	struct report *report = vec_push(&model->reports);
	report->order = model->reports.len;
	report->diagnostic = (struct diagnostic){
		.rule = rule_row(rule)->id,
		.severity = severity,
		.element_id = subject ? arena_str(model->keep, subject->id) : (struct str){0},
		.element_name = subject ? arena_str(model->keep, subject->label) : (struct str){0},
		.line = place.line,
		.column = place.column,
		.message = report_line(model->keep, message),
		.hint = rule_row(rule)->hint,
	};
}

void model_report(struct model *model, enum rule rule, const struct element *at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str message = arena_vprintf(model->arena, format, args);
	va_end(args);
	struct source_cursor place = {.line = at ? at->line : 1, .column = at ? at->column : 1};
	report_add(model, rule, at, place, message);
}

void model_report_inside(
	struct model *model, enum rule rule, const struct element *at, size_t offset, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str message = arena_vprintf(model->arena, format, args);
	va_end(args);
	struct source_cursor place = {.offset = at->offset, .line = at->line, .column = at->column};
	source_advance(model->source, &place, offset);
	report_add(model, rule, at, place, message);
}

/* At most so many characters of a text from the file in a message. */
#define REPORT_NAME_MAX 80
#define REPORT_TEXT_MAX 60

/* The bytes of the first characters of a text. */
static size_t report_length(struct str text, size_t characters)
{
	for (size_t i = 0; i < text.len; i++) {
		bool begins = ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
		if (begins && characters-- == 0)
			return i;
	}
	return text.len;
}

/* Then nobody reads what is reported, and its words would only fill the arena. */
static bool report_is_full(const struct model *model)
{
	return model->reports.len >= REPORTS_MAX;
}

static const char *report_cut(struct model *model, struct str text, size_t characters, const char *quote)
{
	if (report_is_full(model))
		return "";
	struct str kept = str_slice(text, 0, report_length(text, characters));
	const char *rest = kept.len < text.len ? "..." : "";
	return arena_printf(model->arena, "%s%.*s%s%s", quote, STR_ARG(kept), quote, rest).ptr;
}

const char *model_quote(struct model *model, struct str text)
{
	return report_cut(model, text, REPORT_NAME_MAX, "'");
}

const char *model_cut(struct model *model, struct str text)
{
	return report_cut(model, text, REPORT_TEXT_MAX, "");
}

const char *model_name(struct model *model, const struct element *element)
{
	struct str id = element->id.len ? element->id : element->label;
	if (report_is_full(model))
		return "";
	if (id.len == 0)
		return arena_str_c(model->arena, element->name);
	return arena_printf(model->arena, "%.*s %s", STR_ARG(element->name), model_quote(model, id)).ptr;
}
