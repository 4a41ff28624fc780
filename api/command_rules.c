/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd rules: the page about every rule that a diagnostic can name; docs/rules.md is what it prints.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/command.h"
#include "base/buf.h"
#include "bpmn/rule.h"

int command_rules(int argc, char **argv)
{
	struct buf page;

	if (!command_words_end("rules", argc, argv))
		return COMMAND_USAGE;
	buf_init(&page, SIZE_MAX);
	rule_to_markdown(&page);
	bool printed = fwrite(buf_str(&page).ptr, 1, page.len, stdout) == page.len;
	buf_free(&page);
	return printed ? EXIT_SUCCESS : EXIT_FAILURE;
}
