/* SPDX-License-Identifier: Apache-2.0
 *
 * The files that lint is about: those that are named, and those that a folder holds at any depth. In a folder of a Java
 * project most XML is something else, so *.xml counts there only where BPMN's namespace stands in it.
 */
#include "config.h"

#include "api/lint.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "api/file.h"
#include "base/buf.h"
#include "bpmn/bpmn.h"

#define LINT_NAMESPACE "http://www.omg.org/spec/BPMN/20100524/MODEL"

static int lint_compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool lint_is_named_diagram(struct str name)
{
	return str_ends_with(name, STR(".bpmn")) || str_ends_with(name, STR(".bpmn20.xml"));
}

static int lint_file(const FTSENT *entry, lint_visit visit, void *context)
{
	struct str name = str_from_c(entry->fts_name);
	bool sure = entry->fts_level == 0 || lint_is_named_diagram(name);
	struct buf xml;
	struct err err = {0};

	if (!sure && !str_ends_with(name, STR(".xml")))
		return EXIT_SUCCESS;
	buf_init(&xml, BPMN_SIZE_MAX + 1);
	int status = EXIT_SUCCESS;
	if (!file_read(entry->fts_accpath, &xml, &err)) {
		command_fail("lint", &err);
		status = COMMAND_USAGE;
	} else if (sure || str_find(buf_str(&xml), STR(LINT_NAMESPACE)) != STR_NONE) {
		status = visit(context, entry->fts_path, buf_str(&xml));
	}
	buf_free(&xml);
	return status;
}

static int lint_entry(const FTSENT *entry, lint_visit visit, void *context)
{
	switch (entry->fts_info) {
	case FTS_F:
	case FTS_NS:
	case FTS_DEFAULT:
	case FTS_SLNONE:
		return lint_file(entry, visit, context);
	case FTS_DNR:
	case FTS_ERR:
		fprintf(stderr, "bpmnd lint: %s: %s\n", entry->fts_path, strerror(entry->fts_errno));
		return COMMAND_USAGE;
	default:
		return EXIT_SUCCESS;
	}
}

static int lint_walk(char *path, lint_visit visit, void *context)
{
	char *const paths[] = {path, NULL};
	FTS *walk = fts_open(paths, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, lint_compare_names);
	int worst = EXIT_SUCCESS;

	if (!walk) {
		fprintf(stderr, "bpmnd lint: %s: %s\n", path, strerror(errno));
		return COMMAND_USAGE;
	}
	for (FTSENT *entry = fts_read(walk); entry; entry = fts_read(walk)) {
		int status = lint_entry(entry, visit, context);
		if (status > worst)
			worst = status;
	}
	fts_close(walk);
	return worst;
}

int lint_files(int argc, char **argv, lint_visit visit, void *context)
{
	int worst = EXIT_SUCCESS;

	for (int i = 0; i < argc; i++) {
		int status = lint_walk(argv[i], visit, context);
		if (status > worst)
			worst = status;
	}
	return worst;
}
