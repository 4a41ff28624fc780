/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of rules, and the page that is made of it.
 */
#include "config.h"

#include "bpmn/rule.h"

static const struct rule_row rule_table[RULE_COUNT] = {
#define X(name, text, level, source, advice) \
	[RULE_##name] = { \
		.id = STR_INIT(text), \
		.severity = RULE_SEVERITY_##level, \
		.clause = STR_INIT(source), \
		.hint = STR_INIT(advice), \
	},
#include "bpmn/rule.def"
#undef X
};

const struct rule_row *rule_row(enum rule rule)
{
	return &rule_table[rule];
}

enum diagnostic_severity rule_severity(enum rule rule)
{
	switch (rule_table[rule].severity) {
	case RULE_SEVERITY_INFO:
		return DIAGNOSTIC_INFO;
	case RULE_SEVERITY_WARNING:
		return DIAGNOSTIC_WARNING;
	case RULE_SEVERITY_ERROR:
	case RULE_SEVERITY_ALWAYS_ERROR:
		break;
	}
	return DIAGNOSTIC_ERROR;
}

static bool rule_comes_after(const struct diagnostic *diagnostic, const struct graph_node *node)
{
	return diagnostic->line > node->line || (diagnostic->line == node->line && diagnostic->column > node->column);
}

void rule_report(struct bpmn_document *document, enum rule rule, const struct graph_node *node, struct str message)
{
	size_t count = document->diagnostic_count, at = count;
	struct diagnostic *diagnostics = arena_array(document->arena, count + 1, sizeof *diagnostics);
	for (; at > 0 && rule_comes_after(&document->diagnostics[at - 1], node); at--)
		diagnostics[at] = document->diagnostics[at - 1];
	diagnostics[at] = (struct diagnostic){
		.rule = rule_table[rule].id,
		.severity = rule_severity(rule),
		.element_id = node->id,
		.element_name = node->name,
		.line = node->line,
		.column = node->column,
		.message = arena_str(document->arena, message),
		.hint = rule_table[rule].hint,
	};
	for (size_t i = 0; i < at; i++)
		diagnostics[i] = document->diagnostics[i];
	document->diagnostics = diagnostics;
	document->diagnostic_count = count + 1;
	document->has_errors |= rule_severity(rule) == DIAGNOSTIC_ERROR;
}

/* In a table a bar would begin the next column, and a tag would be one of HTML. */
static void rule_add_cell(struct buf *buf, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '|' || text.ptr[i] == '<')
			buf_add_char(buf, '\\');
		buf_add_char(buf, text.ptr[i]);
	}
}

static void rule_add_row(struct buf *buf, enum rule rule)
{
	const struct rule_row *row = &rule_table[rule];
	buf_printf(buf, "| `%.*s` | %s | %.*s | ", STR_ARG(row->id), diagnostic_severity_name(rule_severity(rule)),
		STR_ARG(row->clause));
	rule_add_cell(buf, row->hint);
	buf_add_c(buf, " |\n");
}

void rule_to_markdown(struct buf *buf)
{
	buf_add_c(buf, "# Rules\n\n"
				   "What the diagnostics of deployments and of `bpmnd lint` can be about. Errors refuse a diagram; in "
				   "a process that\n"
				   "is not executable all but `duplicate-id` and `duplicate-process-id` are warnings. The clause is "
				   "that of BPMN 2.0.2\n"
				   "(formal/2013-12-09) which a rule comes from, or bpmnd where it is our own.\n\n"
				   "| rule | severity | clause | what is right |\n"
				   "|---|---|---|---|\n");
	for (int rule = 0; rule < RULE_COUNT; rule++)
		rule_add_row(buf, (enum rule)rule);
}
