/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of a tree, one behind the other. What a step asks of the world outside is answered from the history: a
 * called process is the one that its instance began as.
 */
#include "config.h"

#include "engine/replay.h"

#include <stdlib.h>

#include "engine/record.h"

struct replay {
	const struct replay_input *input;
	struct replay_compare *compare;
	struct replay_difference *difference;
	struct err *err;
	struct arena *arena;    /* the whole run */
	struct arena *commands; /* one step */
	struct arena *kept;
	struct arena *scratch;
	struct effects effects;
	struct instance *root;
	struct id_source ids;
	struct map begun_as; /* instance -> the definition before its first migration */
};

/* ---- what is stored ---- */

static const struct instance *replay_stored(const struct replay *replay, int64_t id)
{
	struct replay_history *history = replay->input->history;
	for (size_t i = 0; i < history->ended.len; i++)
		if (history->ended.items[i]->id == id)
			return history->ended.items[i];
	return history->live ? instance_in_tree(history->live, id) : NULL;
}

static int64_t replay_first_definition(const struct replay *replay, const struct instance *stored)
{
	const int64_t *before = map_get_id(&replay->begun_as, stored->id);
	return before ? *before : stored->definition_id;
}

static const struct graph *replay_graph(const struct replay *replay, int64_t definition_id)
{
	const struct graph *graph = replay->input->find_graph(replay->input->context, definition_id);
	if (!graph)
		err_set(replay->err, ERR_NOT_FOUND, "definition %lld is not there any more", (long long)definition_id);
	return graph;
}

/* The instance that the call is about to make takes the next id. */
static enum call_answer replay_find_called(
	void *context, const struct call_request *request, struct call_target *out, struct err *err)
{
	const struct replay *replay = context;
	const struct instance *called = replay_stored(replay, id_source_peek(&replay->ids).next);
	if (!called || called->parent_id != request->caller->id) {
		err_set(err, ERR_NOT_FOUND, "there is no process %.*s", STR_ARG(request->key));
		return CALL_UNKNOWN;
	}
	out->definition_id = replay_first_definition(replay, called);
	out->graph = replay_graph(replay, out->definition_id);
	return out->graph ? CALL_FOUND : CALL_MISSING;
}

/* It began and ended in one step. */
static bool replay_is_whole(const struct replay *replay, const struct step_row *row, const struct instance *stored)
{
	const struct effects *rows = &replay->input->history->rows;
	if (row->command != COMMAND_START || !stored || stored->ended_at != row->at)
		return false;
	for (size_t i = 0; i < rows->steps.len; i++)
		if (rows->steps.items[i].instance_id == row->instance_id && rows->steps.items[i].id != row->id)
			return false;
	return true;
}

static bool replay_read(
	const struct replay *replay, const struct step_row *row, struct arena *arena, struct recorded *out)
{
	const struct instance *stored = replay_stored(replay, row->instance_id);
	struct buf variables;
	buf_init(&variables, SIZE_MAX);
	if (replay_is_whole(replay, row, stored))
		variables_to_json(&variables, &stored->variables);
	bool good = record_read(row, buf_str(&variables), arena, out, replay->err);
	buf_free(&variables);
	return good;
}

static int replay_compare_steps(const void *a, const void *b)
{
	const struct step_row *x = a, *y = b;
	if (x->version != y->version)
		return x->version < y->version ? -1 : 1;
	return (x->cause_id > y->cause_id) - (x->cause_id < y->cause_id);
}

/* False where a migration cannot be read. Its other rows are those of instances that went on by it. */
static bool replay_note_migrations(struct replay *replay)
{
	const struct effects *rows = &replay->input->history->rows;
	for (size_t i = 0; i < rows->steps.len; i++) {
		const struct step_row *row = &rows->steps.items[i];
		struct recorded recorded;
		bool migrates = row->command == COMMAND_MIGRATE && row->cause_id == 0;
		if (!migrates || map_get_id(&replay->begun_as, row->instance_id))
			continue;
		if (!replay_read(replay, row, replay->arena, &recorded))
			return false;
		int64_t *before = arena_new_object(replay->arena, int64_t);
		*before = recorded.migrated_from;
		map_put_id(&replay->begun_as, row->instance_id, before);
	}
	return true;
}

/* ---- a step ---- */

static bool replay_start(struct replay *replay, const struct step_row *row)
{
	const struct instance *stored = replay_stored(replay, row->instance_id);
	if (!stored)
		return err_set(replay->err, ERR_NOT_FOUND, "instance %lld is not there any more", (long long)row->instance_id);
	int64_t definition_id = replay_first_definition(replay, stored);
	const struct graph *graph = replay_graph(replay, definition_id);
	if (!graph)
		return false;
	replay->root = instance_new(&(struct instance_facts){
		.id = stored->id,
		.definition_id = definition_id,
		.graph = graph,
		.business_key = stored->business_key,
		.tenant = stored->tenant,
		.started_by = stored->started_by,
		.started_at = stored->started_at,
	});
	return true;
}

/* What the command needs besides its record. */
static bool replay_complete_command(struct replay *replay, struct recorded *recorded)
{
	struct command *command = &recorded->command;
	if (recorded->park_definition != 0)
		recorded->park.graph = replay_graph(replay, recorded->park_definition);
	if (command->kind == COMMAND_MIGRATE)
		recorded->migration.graph = replay_graph(replay, recorded->migration.definition_id);
	if (replay->err->code != ERR_NONE)
		return false;
	const struct instance *here = instance_in_tree(replay->root, command->instance_id);
	const struct job *job = here && record_is_work(command->kind) ? instance_work_job(here, command->token_id) : NULL;
	if (job)
		command->subject_id = job->id;
	return true;
}

static void replay_set_ids(struct replay *replay, const struct recorded *recorded)
{
	vec_clear(&replay->ids.reserve);
	replay->ids.current = recorded->ids[0];
	if (recorded->ids[1].end > 0)
		id_source_add(&replay->ids, recorded->ids[1]);
}

static void replay_differ(struct replay *replay, const struct step_row *row, const char *what)
{
	replay->difference->step_id = row->id;
	buf_init(&replay->difference->expected, SIZE_MAX);
	buf_init(&replay->difference->got, SIZE_MAX);
	buf_printf(&replay->difference->expected, "step %lld %.*s", (long long)row->id,
		STR_ARG(command_kind_name((enum command_kind)row->command)));
	buf_add_c(&replay->difference->got, what);
}

static enum replay_outcome replay_step_outcome(
	struct replay *replay, const struct step_row *row, enum step_result result, const struct err *refusal)
{
	switch (result) {
	case STEP_DONE:
		effects_collect(&replay->effects, replay->root);
		return replay_compare_step(replay->compare, replay->root, &replay->effects, replay->difference)
		           ? REPLAY_EQUAL
		           : REPLAY_DIFFERS;
	case STEP_REFUSED:
		replay_differ(replay, row, refusal->message);
		return REPLAY_DIFFERS;
	case STEP_EXHAUSTED:
		replay_differ(replay, row, "it does not come to rest within the step budget");
		return REPLAY_DIFFERS;
	case STEP_MISSING:
		return REPLAY_IMPOSSIBLE;
	}
	return REPLAY_IMPOSSIBLE;
}

static enum replay_outcome replay_step(struct replay *replay, const struct step_row *row)
{
	struct recorded recorded;
	struct err refusal = {0};
	if (!replay_read(replay, row, replay->commands, &recorded))
		return REPLAY_IMPOSSIBLE;
	if (!replay->root && !replay_start(replay, row))
		return REPLAY_IMPOSSIBLE;
	if (!replay_complete_command(replay, &recorded))
		return REPLAY_IMPOSSIBLE;
	replay_set_ids(replay, &recorded);
	struct step_context context = {
		.limits = &recorded.limits,
		.now = row->at,
		.ids = &replay->ids,
		.effects = &replay->effects,
		.arena = replay->kept,
		.scratch = replay->scratch,
		.find_called = replay_find_called,
		.find_context = replay,
		.park = recorded.park,
	};
	enum step_result result = engine_step(replay->root, &recorded.command, &context, &refusal);
	enum replay_outcome outcome = replay_step_outcome(replay, row, result, &refusal);
	if (outcome == REPLAY_EQUAL)
		instance_committed(replay->root);
	effects_clear(&replay->effects);
	arena_reset(replay->commands);
	arena_reset(replay->kept);
	arena_reset(replay->scratch);
	return outcome;
}

/* ---- a tree ---- */

static enum replay_outcome replay_steps(struct replay *replay, size_t *steps)
{
	struct effects *rows = &replay->input->history->rows;
	if (rows->steps.len > 0)
		qsort(rows->steps.items, rows->steps.len, sizeof *rows->steps.items, replay_compare_steps);
	if (rows->steps.len == 0 || rows->steps.items[0].command != COMMAND_START) {
		err_set(replay->err, ERR_NOT_FOUND, "the history does not begin with its start");
		return REPLAY_IMPOSSIBLE;
	}
	if (!replay_note_migrations(replay))
		return REPLAY_IMPOSSIBLE;
	replay->compare = replay_compare_new(replay->input->history);
	for (size_t i = 0; i < rows->steps.len; i++) {
		const struct step_row *row = &rows->steps.items[i];
		enum replay_outcome outcome = row->cause_id == 0 ? replay_step(replay, row) : REPLAY_EQUAL;
		if (outcome != REPLAY_EQUAL)
			return outcome;
		*steps += row->cause_id == 0;
	}
	return replay_compare_rest(replay->compare, replay->root, replay->difference) ? REPLAY_EQUAL : REPLAY_DIFFERS;
}

static bool replay_find_graphs(struct replay *replay)
{
	struct replay_history *history = replay->input->history;
	for (size_t i = 0; i < history->ended.len; i++)
		if (!(history->ended.items[i]->graph = replay_graph(replay, history->ended.items[i]->definition_id)))
			return false;
	for (struct instance *here = NULL; history->live && (here = instance_next(history->live, here));)
		if (!(here->graph = replay_graph(replay, here->definition_id)))
			return false;
	return true;
}

enum replay_outcome replay_run(
	const struct replay_input *input, size_t *steps, struct replay_difference *difference, struct err *err)
{
	struct replay replay = {
		.input = input,
		.difference = difference,
		.err = err,
		.arena = arena_new(),
		.commands = arena_new(),
		.kept = arena_new(),
		.scratch = arena_new(),
	};
	effects_init(&replay.effects, replay.kept);
	*steps = 0;
	enum replay_outcome outcome = replay_find_graphs(&replay) ? replay_steps(&replay, steps) : REPLAY_IMPOSSIBLE;
	if (replay.compare)
		replay_compare_free(replay.compare);
	instance_free(replay.root);
	effects_free(&replay.effects);
	id_source_free(&replay.ids);
	map_free(&replay.begun_as);
	arena_free(replay.arena);
	arena_free(replay.commands);
	arena_free(replay.kept);
	arena_free(replay.scratch);
	return outcome;
}
