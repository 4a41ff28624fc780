/* SPDX-License-Identifier: Apache-2.0
 *
 * The report as text for people and as JSON for machines. What is frequent comes first.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/lint_report.h"
#include "base/buf.h"
#include "base/json.h"
#include "bpmn/bpmn.h"

#define LINT_JSON_MAX ((size_t)1 << 30)

static const struct lint_fate {
	const char *name; /* in JSON */
	const char *text;
} lint_fates[BPMN_FATE_COUNT] = {
	[BPMN_RUNS] = {"runs", "runs"},
	[BPMN_BECOMES_JOB] = {"job", "becomes a job"},
	[BPMN_NO_EFFECT] = {"no-effect", "has no effect here"},
	[BPMN_NOT_READ] = {"decoration", "means nothing for a run"},
	[BPMN_REFUSED] = {"refused", "refused"},
};

static const struct lint_section {
	const char *name; /* in JSON */
	const char *title;
	bool fate;
} lint_sections[LINT_GROUP_COUNT] = {
	[LINT_ELEMENTS] = {"elements", "Elements of BPMN", true},
	[LINT_EXTENSIONS] = {"extensions", "Extensions of vendors", true},
	[LINT_WORK] = {"work", "Work for workers, by type", false},
	[LINT_ERRORS] = {"errors", "Errors: what cannot be deployed", false},
	[LINT_WARNINGS] = {"warnings", "Warnings", false},
	[LINT_NOTES] = {"notes", "Notes", false},
};

static int lint_compare_tallies(const void *left, const void *right)
{
	const struct lint_tally *a = *(struct lint_tally *const *)left;
	const struct lint_tally *b = *(struct lint_tally *const *)right;
	if (a->uses != b->uses)
		return a->uses > b->uses ? -1 : 1;
	int order = str_compare(a->name, b->name);
	return order ? order : a->kind - b->kind;
}

static void lint_sort(struct lint_report *report)
{
	for (size_t i = 0; i < LINT_GROUP_COUNT; i++) {
		if (report->groups[i].len > 0)
			qsort(
				report->groups[i].items, report->groups[i].len, sizeof *report->groups[i].items, lint_compare_tallies);
	}
}

/* --- text --- */

static const char *lint_plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static const char *lint_verdict(const struct lint_file *file)
{
	if (file->counts[DIAGNOSTIC_ERROR] > 0)
		return "in error";
	return file->runs ? "good" : "a drawing";
}

static void lint_print_file(const struct lint_file *file)
{
	size_t errors = file->counts[DIAGNOSTIC_ERROR];
	size_t warnings = file->counts[DIAGNOSTIC_WARNING];
	printf("%.*s: %s: %zu process%s, %zu can be started; %zu error%s, %zu warning%s\n", STR_ARG(file->path),
		lint_verdict(file), file->processes, file->processes == 1 ? "" : "es", file->runs ? file->executable : 0,
		errors, lint_plural(errors), warnings, lint_plural(warnings));
}

static void lint_print_tally(const struct lint_section *section, const struct lint_tally *tally)
{
	printf("%8zu %7zu  ", tally->uses, tally->files);
	if (section->fate)
		printf("%-44.*s %s\n", STR_ARG(tally->name), lint_fates[tally->kind].text);
	else if (tally->hint.len > 0)
		printf("%.*s: %.*s\n", STR_ARG(tally->name), STR_ARG(tally->hint));
	else
		printf("%.*s\n", STR_ARG(tally->name));
	for (size_t i = 0; i < tally->place_count; i++) {
		const struct lint_place *place = &tally->places[i];
		printf("%20s%.*s:%d:%d: %.*s\n", "", STR_ARG(place->path), place->line, place->column, STR_ARG(place->message));
	}
}

static void lint_print_text(const struct lint_report *report)
{
	for (size_t i = 0; i < report->files.len; i++)
		lint_print_file(&report->files.items[i]);
	for (size_t i = 0; i < LINT_GROUP_COUNT; i++) {
		if (report->groups[i].len > 0)
			printf("\n%s\n    uses   files\n", lint_sections[i].title);
		for (size_t j = 0; j < report->groups[i].len; j++)
			lint_print_tally(&lint_sections[i], report->groups[i].items[j]);
	}
	printf("\n%zu of %zu file%s can be deployed and started\n", report->running, report->files.len,
		lint_plural(report->files.len));
}

/* --- JSON --- */

static void lint_json_file(struct buf *out, const struct lint_file *file)
{
	json_object_begin(out);
	json_member_str(out, "file", file->path);
	json_member_bool(out, "runs", file->runs);
	json_member_int(out, "processes", (int64_t)file->processes);
	json_member_int(out, "executable", (int64_t)file->executable);
	json_member_int(out, "errors", (int64_t)file->counts[DIAGNOSTIC_ERROR]);
	json_member_int(out, "warnings", (int64_t)file->counts[DIAGNOSTIC_WARNING]);
	json_object_end(out);
}

static void lint_json_places(struct buf *out, const struct lint_tally *tally)
{
	json_member_text(out, "hint", tally->hint);
	json_member(out, "places");
	json_array_begin(out);
	for (size_t i = 0; i < tally->place_count; i++) {
		const struct lint_place *place = &tally->places[i];
		json_next(out);
		json_object_begin(out);
		json_member_str(out, "file", place->path);
		json_member_int(out, "line", place->line);
		json_member_int(out, "column", place->column);
		json_member_str(out, "message", place->message);
		json_object_end(out);
	}
	json_array_end(out);
}

static void lint_json_tally(struct buf *out, enum lint_group group, const struct lint_tally *tally)
{
	json_object_begin(out);
	json_member_str(out, "name", tally->name);
	json_member_int(out, "uses", (int64_t)tally->uses);
	json_member_int(out, "files", (int64_t)tally->files);
	if (lint_sections[group].fate)
		json_member_c(out, "becomes", lint_fates[tally->kind].name);
	if (group >= LINT_ERRORS)
		lint_json_places(out, tally);
	json_object_end(out);
}

static void lint_json_group(struct buf *out, const struct lint_report *report, enum lint_group group)
{
	json_member(out, lint_sections[group].name);
	json_array_begin(out);
	for (size_t i = 0; i < report->groups[group].len; i++) {
		json_next(out);
		lint_json_tally(out, group, report->groups[group].items[i]);
	}
	json_array_end(out);
}

static void lint_print_json(const struct lint_report *report)
{
	struct buf out;
	buf_init(&out, LINT_JSON_MAX);
	json_object_begin(&out);
	json_member(&out, "files");
	json_array_begin(&out);
	for (size_t i = 0; i < report->files.len; i++) {
		json_next(&out);
		lint_json_file(&out, &report->files.items[i]);
	}
	json_array_end(&out);
	for (enum lint_group group = 0; group < LINT_GROUP_COUNT; group++)
		lint_json_group(&out, report, group);
	json_member_int(&out, "running", (int64_t)report->running);
	json_object_end(&out);
	printf("%.*s\n", STR_ARG(buf_str(&out)));
	buf_free(&out);
}

bool lint_report_print(struct lint_report *report, bool json)
{
	lint_sort(report);
	if (json)
		lint_print_json(report);
	else if (report->files.len > 0)
		lint_print_text(report);
	return report->files.len > 0;
}
