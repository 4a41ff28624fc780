/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd replay: the tree of an instance is done again from its history. Everything is read in one transaction that
 * holds the tree's lock, so that a running instance stands still meanwhile; diagrams never change, and are read when
 * they are asked for.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "api/command.h"
#include "api/settings.h"
#include "base/log.h"
#include "db/db.h"
#include "db/history.h"
#include "db/statements.h"
#include "engine/replay.h"

struct replaying_definition {
	int64_t id;
	int32_t process_index;
	struct bpmn_document *document; /* NULL: not asked for yet, or unreadable */
};

struct replaying {
	struct event_base *base;
	struct db *db;
	struct arena *arena;
	bool answered; /* the last group is */
	struct err *err;
	int64_t root_id; /* 0: there is no such instance */
	VEC(int64_t) instances;
	VEC(struct replaying_definition) definitions; /* by id */
	struct replay_history history;
};

/* ---- asking ---- */

static void replaying_on_done(void *context, const struct db_failure *failure)
{
	struct replaying *here = context;
	here->answered = true;
	if (failure->outcome != DB_OK)
		err_set(here->err, ERR_UNAVAILABLE, "database: %s", failure->message);
}

static bool replaying_begin(struct replaying *here)
{
	while (!db_ready(here->db))
		event_base_loop(here->base, EVLOOP_ONCE);
	return db_group_begin(here->db) || err_set(here->err, ERR_UNAVAILABLE, "database: the connection was lost");
}

/* Sends the open group and waits for its end. */
static bool replaying_end(struct replaying *here)
{
	here->answered = false;
	db_group_end(here->db, replaying_on_done, here);
	while (!here->answered)
		event_base_loop(here->base, EVLOOP_ONCE);
	return here->err->code == ERR_NONE;
}

static void replaying_on_tree(void *context, const struct db_locked_tree *tree)
{
	(void)context;
	(void)tree;
}

static void replaying_on_instance(void *context, int64_t id, int64_t root_id)
{
	struct replaying *here = context;
	here->root_id = root_id;
	vec_add(&here->instances, id);
}

static void replaying_on_root(void *context, struct instance *root)
{
	struct replaying *here = context;
	here->history.live = root;
}

static void replaying_on_generation(void *context, int64_t generation)
{
	(void)context;
	(void)generation;
}

static void replaying_on_definition(void *context, const struct db_definition *row)
{
	struct replaying *here = context;
	vec_add(&here->definitions, ((struct replaying_definition){.id = row->id, .process_index = row->process_index}));
}

static bool replaying_find(struct replaying *here, int64_t instance_id)
{
	const struct db_subjects subjects = {.instances = &instance_id, .instance_count = 1};
	if (!replaying_begin(here))
		return false;
	db_begin(here->db);
	db_lock_trees(here->db, &subjects, replaying_on_tree, here);
	db_find_tree(here->db, instance_id, replaying_on_instance, here);
	if (!replaying_end(here))
		return false;
	return here->root_id != 0 || err_set(here->err, ERR_NOT_FOUND, "there is no instance %lld", (long long)instance_id);
}

static bool replaying_read(struct replaying *here)
{
	if (!replaying_begin(here))
		return false;
	db_load_trees(here->db, &here->root_id, 1, replaying_on_root, here);
	db_read_history(here->db, here->root_id, here->instances.items, here->instances.len, &here->history);
	db_read_catalog(here->db, replaying_on_generation, replaying_on_definition, here);
	db_commit(here->db);
	return replaying_end(here);
}

/* ---- diagrams ---- */

static struct replaying_definition *replaying_definition(struct replaying *here, int64_t id)
{
	for (size_t i = 0; i < here->definitions.len; i++)
		if (here->definitions.items[i].id == id)
			return &here->definitions.items[i];
	return NULL;
}

static void replaying_on_xml(void *context, int64_t definition_id, struct str xml)
{
	struct replaying *here = context;
	struct replaying_definition *definition = replaying_definition(here, definition_id);
	definition->document = bpmn_read(xml, &(struct bpmn_options){.compile_expr = engine_compile_expr}, here->err);
}

static const struct graph *replaying_graph(void *context, int64_t definition_id)
{
	struct replaying *here = context;
	struct replaying_definition *definition = replaying_definition(here, definition_id);
	if (!definition)
		return NULL;
	if (!definition->document && replaying_begin(here)) {
		db_read_definition_xml(here->db, definition_id, replaying_on_xml, here);
		if (!replaying_end(here))
			return NULL;
	}
	bool there = definition->document && (size_t)definition->process_index < definition->document->graph_count;
	return there ? definition->document->graphs[definition->process_index] : NULL;
}

/* ---- the whole ---- */

static enum replay_outcome replaying_run(struct replaying *here)
{
	const struct replay_input input = {.history = &here->history, .find_graph = replaying_graph, .context = here};
	struct replay_difference difference = {0};
	size_t steps = 0;
	enum replay_outcome outcome = replay_run(&input, &steps, &difference, here->err);
	if (outcome == REPLAY_EQUAL)
		printf("%zu steps, equal\n", steps);
	if (outcome == REPLAY_DIFFERS && difference.step_id != 0)
		printf("step %lld differs, behind %zu that are equal\n", (long long)difference.step_id, steps);
	if (outcome == REPLAY_DIFFERS && difference.step_id == 0)
		printf("%zu steps are equal, but not what lives now\n", steps);
	if (outcome == REPLAY_DIFFERS)
		printf("  expected: %.*s\n  got:      %.*s\n", STR_ARG(buf_str(&difference.expected)),
			STR_ARG(buf_str(&difference.got)));
	replay_difference_free(&difference);
	return outcome;
}

static void replaying_free(struct replaying *here)
{
	for (size_t i = 0; i < here->definitions.len; i++)
		bpmn_document_free(here->definitions.items[i].document);
	for (size_t i = 0; i < here->history.ended.len; i++)
		instance_free(here->history.ended.items[i]);
	instance_free(here->history.live);
	vec_free(&here->history.ended);
	effects_free(&here->history.rows);
	vec_free(&here->definitions);
	vec_free(&here->instances);
	db_free(here->db);
	event_base_free(here->base);
	arena_free(here->arena);
}

static enum replay_outcome command_replay_instance(
	const struct settings *settings, int64_t instance_id, struct err *err)
{
	const struct db_config config = {.conninfo = settings->database};
	struct replaying here = {.base = event_base_new(), .arena = arena_new(), .err = err};
	here.db = db_new(here.base, &config);
	effects_init(&here.history.rows, here.arena);
	enum replay_outcome outcome =
		replaying_find(&here, instance_id) && replaying_read(&here) ? replaying_run(&here) : REPLAY_IMPOSSIBLE;
	replaying_free(&here);
	return outcome;
}

static enum replay_outcome command_replay_checked(const struct settings *settings, int64_t instance_id, struct err *err)
{
	const char *durability;
	if (!settings->database)
		err_set(err, ERR_INVALID, "which database? Set --database");
	else if (db_check(settings->database, &durability, err))
		return command_replay_instance(settings, instance_id, err);
	return REPLAY_IMPOSSIBLE;
}

int command_replay(int argc, char **argv)
{
	static const int statuses[] = {
		[REPLAY_EQUAL] = EXIT_SUCCESS, [REPLAY_DIFFERS] = EXIT_FAILURE, [REPLAY_IMPOSSIBLE] = COMMAND_USAGE};
	struct settings settings;
	struct err err = {0};
	int64_t instance_id;

	if (argc == 0 || !str_to_int64(str_from_c(argv[0]), &instance_id)) {
		fprintf(stderr, "bpmnd replay: which instance?\n");
		return COMMAND_USAGE;
	}
	log_configure(LOG_WARNING, STDERR_FILENO);
	enum replay_outcome outcome = REPLAY_IMPOSSIBLE;
	if (settings_load(&settings, argc - 1, argv + 1, &err))
		outcome = command_replay_checked(&settings, instance_id, &err);
	settings_free(&settings);
	if (err.code != ERR_NONE)
		command_fail("replay", &err);
	return statuses[outcome];
}
