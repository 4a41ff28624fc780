/* SPDX-License-Identifier: Apache-2.0
 *
 * A scenario is read line by line; the first line that does not do what it says ends it.
 */
#include "config.h"

#include "tests/engine/scenario.h"

#include <stdarg.h>
#include <stdlib.h>

bool scenario_fail(struct scenario *scenario, const char *format, ...)
{
	va_list args;
	if (scenario->problem.len > 0)
		return false;
	va_start(args, format);
	buf_vprintf(&scenario->problem, format, args);
	va_end(args);
	return false;
}

static bool scenario_all_used(struct scenario *scenario, const struct scenario_line *line)
{
	for (size_t i = 0; i < line->count; i++)
		if (!line->words[i].used)
			return scenario_fail(scenario, "not understood: %.*s", STR_ARG(line->words[i].raw));
	return true;
}

static bool scenario_run_line(struct scenario *scenario, struct str text)
{
	struct scenario_line line;
	if (!scenario_split(scenario, text, &line))
		return false;
	const struct scenario_word *first = scenario_next(&line);
	if (!first)
		return true;
	bool good = scenario_select(scenario, &line);
	if (good)
		good = str_equal_c(first->text, "expect") ? scenario_expect(scenario, &line)
		                                          : scenario_command(scenario, &line, first->text);
	if (good && scenario->world.problem.len > 0)
		good = scenario_fail(scenario, "invariant: %.*s", STR_ARG(buf_str(&scenario->world.problem)));
	return good && scenario_all_used(scenario, &line);
}

bool scenario_run(const struct scenario_stage *stage, struct str text, struct buf *log, struct buf *problem)
{
	struct scenario scenario = {.arena = arena_new()};
	world_init(&scenario.world, stage->graphs, stage->count, stage->keeper);
	buf_init(&scenario.problem, 65536);
	bool good = true;
	for (int number = 1; good && text.ptr; number++) {
		struct str line = str_split(&text, '\n');
		good = scenario_run_line(&scenario, line);
		if (!good)
			buf_printf(problem, "line %d: %.*s\n  %.*s\n", number, STR_ARG(str_trim(line)),
				STR_ARG(buf_str(&scenario.problem)));
	}
	if (good) {
		world_finish(&scenario.world);
		good = scenario.world.problem.len == 0;
		buf_add_str(problem, buf_str(&scenario.world.problem));
	}
	buf_add_str(log, buf_str(&scenario.world.log));
	buf_free(&scenario.problem);
	vec_free(&scenario.named);
	vec_free(&scenario.delivered_messages);
	vec_free(&scenario.undelivered_messages);
	world_free(&scenario.world);
	arena_free(scenario.arena);
	return good;
}
