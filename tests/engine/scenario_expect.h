/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines that begin with `expect`: one function a word, and what they share. Lists of names come in any order, records
 * as "field value" pairs.
 */
#ifndef TESTS_ENGINE_SCENARIO_EXPECT_H
#define TESTS_ENGINE_SCENARIO_EXPECT_H

#include "tests/engine/scenario.h"

#define EXPECT_WORDS(X) \
	X(expect_actions, "actions") \
	X(expect_activities, "activities") \
	X(expect_activity, "activity") \
	X(expect_children, "children") \
	X(expect_comment, "comment") \
	X(expect_compensations, "compensations") \
	X(expect_delivered, "delivered") \
	X(expect_ended, "ended") \
	X(expect_ended_task, "ended-task") \
	X(expect_flows, "flows") \
	X(expect_incident, "incident") \
	X(expect_incidents, "incidents") \
	X(expect_instance, "instance") \
	X(expect_job, "job") \
	X(expect_jobs, "jobs") \
	X(expect_local, "local") \
	X(expect_sent, "sent") \
	X(expect_status, "status") \
	X(expect_step, "step") \
	X(expect_subscription, "subscription") \
	X(expect_subscriptions, "subscriptions") \
	X(expect_task, "task") \
	X(scenario_expect_problems, "problems") \
	X(expect_tasks, "tasks") \
	X(expect_timer, "timer") \
	X(expect_timers, "timers") \
	X(expect_tokens, "tokens") \
	X(expect_undelivered, "undelivered") \
	X(expect_variable, "variable") \
	X(expect_variables, "variables")

#define X(function, word) bool function(struct scenario *scenario, struct scenario_line *line);
EXPECT_WORDS(X)
#undef X

/* ---- lists ---- */

typedef VEC(struct str) expect_list;

/* The rest of the line against what there is, which is freed. Where the line gives no state, or no instance of a loop, none
 * is compared. */
bool expect_names(struct scenario *scenario, struct scenario_line *line, expect_list *got, bool ordered);

/* ---- records ---- */

struct expect_field {
	const char *name;
	struct str value;
	int64_t time;
	bool is_time;
	bool is_part; /* the line gives a part of the value */
	bool is_json;
};

#define FIELD_TEXT(field, text) ((struct expect_field){.name = (field), .value = (text)})
#define FIELD_PART(field, text) ((struct expect_field){.name = (field), .value = (text), .is_part = true})
#define FIELD_JSON(field, text) ((struct expect_field){.name = (field), .value = (text), .is_json = true})
#define FIELD_TIME(field, when) ((struct expect_field){.name = (field), .time = (when), .is_time = true})
#define FIELD_INTEGER(field, number) FIELD_TEXT((field), arena_printf(scenario->arena, "%lld", (long long)(number)))

bool expect_fields(
	struct scenario *scenario, struct scenario_line *line, const struct expect_field *fields, size_t count);
#define EXPECT_FIELDS(...) \
	do { \
		const struct expect_field fields[] = {__VA_ARGS__}; \
		return expect_fields(scenario, line, fields, sizeof fields / sizeof *fields); \
	} while (0)

/* The oldest living row of a node, or the nth, that satisfies the condition; owner is the member with its token's id. */
#define EXPECT_FIND(row, rows, owner, condition) \
	struct scenario_place place; \
	const struct row *row = NULL; \
	int64_t nth; \
	if (!scenario_place(scenario, scenario_next(line), &place) || !expect_nth(scenario, line, &nth)) \
		return false; \
	for (int64_t after = 0; nth > 0; nth--, after = row ? row->id : INT64_MAX) { \
		row = NULL; \
		SCENARIO_EACH_AS (scenario, in, row, each, rows) \
			if (each->id > after && (!row || each->id < row->id) && (condition) && \
				scenario_is_at(scenario, &place, in, each->node, each->owner)) \
				row = each; \
	} \
	if (!row) \
	return scenario_fail(scenario, "there is no " #row " at %.*s", STR_ARG(place.graph->nodes[place.node].id))

/* ---- small things ---- */

/* `nth N`, else 1. */
bool expect_nth(struct scenario *scenario, struct scenario_line *line, int64_t *nth);
bool expect_same_json(struct str got, struct str expected);
struct str expect_outcome(enum activity_outcome outcome);
struct str expect_subscription_kind(enum subscription_kind kind);
/* The line names no instance, or the row's. */
bool expect_is_of(const struct scenario *scenario, int64_t instance_id);

#endif
