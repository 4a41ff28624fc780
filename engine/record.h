/* SPDX-License-Identifier: Apache-2.0
 *
 * The history of a step: who did what to which instance, and everything that is needed to do it again. A command that
 * is stored with the first id it may take, its time and its input gives the same effects when it is repeated.
 *
 * `input` is a JSON object of what is not said elsewhere in the row; members that are as by default are left out:
 *
 *     variables      of the command, where they are not just the variables that the step has changed
 *     groups         of the actor, where an expression has asked for them
 *     errorCode, name, retries, retryAt, node, event    as in struct command; nodes and events by their indexes
 *     ids            [end, begin]: the ids of the step came from two ranges; the first ended there, the other began
 *                    there
 *     modifications  [{kind, element, token, scope, variables}]
 *     migration      {from, definition, mappings: {from: to}}
 *     stepBudget, scopeDepth, jobRetries, jobBackoff    limits of the engine as they were, where the step has asked for
 *                    them and they are not RECORD_LIMITS
 *     park           [definition, node]: tokens were stopped there, as the step had not come to rest; [] everywhere
 */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "engine/engine.h"
#include "engine/migrate.h"

struct step;

/* What a record means that names no limit, whatever the settings are by default: never to be changed. */
#define RECORD_LIMITS \
	{ \
		.step_budget = 100000, .scope_depth = 1000, .job_retries = 3, .job_backoff = INT64_C(10000000) \
	}

/* A command as it was recorded, and what it is repeated with. */
struct recorded {
	struct command command;
	struct id_range ids[2];     /* one behind the other */
	struct migration migration; /* MIGRATE: the command's; its graph is the caller's to find */
	int64_t migrated_from;      /* MIGRATE: the definition before */
	struct engine_limits limits;
	struct park park;
	int64_t park_definition; /* whose graph the park is about: the caller's to find; 0: none */
};

/* The command reports work: the subject of its row is the activity. */
bool record_is_work(enum command_kind kind);
bool record_brings_variables(enum command_kind kind);

/* Appends the rows of all instances that the step has touched, that of the one that the command was about first. */
void record_steps(struct step *step);

/* The variables, modifications and migration of a command that is to be carried out later, as `input` of its row. */
void record_write(struct buf *buf, const struct command *command);
/* Reads a row without a cause back; texts are borrowed from it or in the arena. ended_variables: those of the instance,
 * where it ended in its first step; else empty. */
bool record_read(const struct step_row *row, struct str ended_variables, struct arena *arena, struct recorded *out,
	struct err *err) __attribute__((warn_unused_result));

#endif
