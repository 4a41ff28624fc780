/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines that are no command to an instance: the clock and the timers that it makes due, limits, and which processes there
 * are.
 */
#include "config.h"

#include "tests/engine/scenario.h"

#include "base/iso8601.h"

#define SETTING_FIRINGS_MAX 1000

static bool setting_fire_due(struct scenario *scenario, int64_t until, bool on_time)
{
	struct world *world = &scenario->world;
	for (int i = 0; i < SETTING_FIRINGS_MAX; i++) {
		const struct job *timer = world_next_timer(world);
		if (!timer || timer->due_at > until)
			return true;
		if (on_time && timer->due_at > world->now)
			world->now = timer->due_at;
		struct err err = {0};
		struct command fire = {.kind = COMMAND_TIMER_FIRE,
			.subject_id = timer->id,
			.expected_version = VERSION_ANY,
			.start_node = GRAPH_NONE,
			.retries = GRAPH_NONE};
		if (world_step(world, &fire, false, &err) != STEP_DONE)
			return scenario_fail(scenario, "a due timer is not fired: %s", err.message);
	}
	return scenario_fail(scenario, "timers fire without end");
}

/* advance: timers fire when they are due. sleep: no node runs meanwhile, then what is due fires. wait: none fires. */
static bool setting_move_clock(struct scenario *scenario, struct scenario_line *line, struct str name)
{
	int64_t until;
	const struct scenario_word *word = scenario_next(line);
	if (!word || !scenario_time(scenario, word->text, &until))
		return scenario_fail(scenario, "expected a time");
	bool on_time = str_equal_c(name, "advance");
	if (!on_time)
		scenario->world.now = until;
	if (!str_equal_c(name, "wait") && !str_equal_c(name, "at") && !setting_fire_due(scenario, until, on_time))
		return false;
	scenario->world.now = until;
	return true;
}

/* limit budget 100; limit depth 2; limit retries 5; limit back-off 60; ids 5000 */
static bool setting_limit(struct scenario *scenario, struct scenario_line *line, struct str name)
{
	struct world *world = &scenario->world;
	const struct scenario_word *what = str_equal_c(name, "limit") ? scenario_next(line) : NULL;
	const struct scenario_word *word = scenario_next(line);
	int64_t number;
	if (!word || !scenario_integer(scenario, word->text, &number))
		return scenario_fail(scenario, "expected a number");
	if (!what)
		world->ids.current.next = number;
	else if (str_equal_c(what->text, "budget"))
		world->limits.step_budget = (int32_t)number;
	else if (str_equal_c(what->text, "depth"))
		world->limits.scope_depth = (int32_t)number;
	else if (str_equal_c(what->text, "retries"))
		world->limits.job_retries = (int32_t)number;
	else if (str_equal_c(what->text, "back-off"))
		world->limits.job_backoff = number * ISO8601_SECOND;
	else
		return scenario_fail(scenario, "unknown limit");
	return true;
}

/* missing ID: the next step does not find that process in memory; unknown ID: it is not there, until `known ID`. */
static bool setting_process(struct scenario *scenario, struct scenario_line *line, struct str name)
{
	struct world_processes *processes = &scenario->world.processes;
	const struct scenario_word *word = scenario_next(line);
	if (!word || !world_process(&scenario->world, word->text))
		return scenario_fail(scenario, "expected the id of a process");
	if (str_equal_c(name, "missing"))
		processes->missing = word->text;
	else
		processes->unknown = str_equal_c(name, "unknown") ? word->text : STR("");
	return true;
}

const struct scenario_setting *scenario_setting_find(struct str name)
{
	static const struct scenario_setting settings[] = {
		{"at", setting_move_clock, true},
		{"advance", setting_move_clock, true},
		{"sleep", setting_move_clock, true},
		{"wait", setting_move_clock, true},
		{"limit", setting_limit, false},
		{"ids", setting_limit, false},
		{"missing", setting_process, false},
		{"unknown", setting_process, false},
		{"known", setting_process, false},
		{"deliver", scenario_deliver, true},
	};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (str_equal_c(name, settings[i].name))
			return &settings[i];
	return NULL;
}
