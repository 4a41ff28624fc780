/* SPDX-License-Identifier: Apache-2.0
 *
 * One database serves all worlds of a program, one after another: ids begin anew in each, so it is emptied before.
 */
#include "config.h"

#include "tests/db/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>
#include <libpq-fe.h>

#include "base/alloc.h"
#include "db/history.h"
#include "db/statements.h"

#define KEEPER_DEPLOYMENT_ID 1

struct str keeper_ask(struct keeper *keeper, const char *sql)
{
	PGresult *result = PQexec(keeper->apart, sql);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(keeper->apart));
	buf_clear(&keeper->answer);
	if (PQntuples(result) > 0)
		buf_add_c(&keeper->answer, PQgetvalue(result, 0, 0));
	PQclear(result);
	return buf_str(&keeper->answer);
}

static void keeper_await(struct keeper *keeper)
{
	while (keeper->waits)
		event_base_loop(keeper->fixture->base, EVLOOP_ONCE);
	if (keeper->failure.outcome != DB_OK)
		fail_msg("%s %s", keeper->failure.sqlstate, keeper->failure.message);
}

static void keeper_on_done(void *context, const struct db_failure *failure)
{
	struct keeper *keeper = context;
	keeper->waits = false;
	keeper->failure = *failure;
}

static void keeper_end_group(struct keeper *keeper)
{
	keeper->waits = true;
	db_group_end(keeper->fixture->db, keeper_on_done, keeper);
}

/* ---- the beginning ---- */

static void keeper_clear(struct keeper *keeper)
{
	while (keeper->waits)
		event_base_loop(keeper->fixture->base, EVLOOP_ONCE);
	instance_free(keeper->loaded);
	keeper->loaded = NULL;
	keeper->failure = (struct db_failure){0};
	keeper->root_id = 0;
	vec_clear(&keeper->steps);
}

static void keeper_empty_tables(struct keeper *keeper)
{
	keeper_ask(keeper,
		"DELETE FROM bpmnd.deployment; DELETE FROM bpmnd.instance; DELETE FROM bpmnd.token; DELETE FROM bpmnd.task;"
		"DELETE FROM bpmnd.job; DELETE FROM bpmnd.subscription; DELETE FROM bpmnd.compensation;"
		"DELETE FROM bpmnd.incident; DELETE FROM bpmnd.outbox; DELETE FROM history.instance;"
		"DELETE FROM history.activity; DELETE FROM history.step; DELETE FROM history.task;"
		"DELETE FROM history.comment");
}

static void keeper_on_deployed(void *context, const struct db_deployed *row)
{
	(void)context;
	assert_true(row->changed);
}

/* Each process is a file of its own: of two with one id both are deployed. */
static void keeper_deploy(struct keeper *keeper, const struct world *world)
{
	const struct world_processes *processes = &world->processes;
	struct arena *arena = arena_new();
	struct db_deploy_process *rows = arena_alloc(arena, processes->count * sizeof *rows);
	struct db_deploy_file *files = arena_alloc(arena, processes->count * sizeof *files);
	for (size_t i = 0; i < processes->count; i++) {
		const struct graph *graph = processes->graphs[i];
		unsigned char *sha256 = arena_alloc(arena, 32);
		memset(sha256, (int)i, 32);
		char name[16];
		int length = snprintf(name, sizeof name, "%zu.bpmn", i);
		rows[i] = (struct db_deploy_process){.id = WORLD_DEFINITION_ID + (int64_t)i,
			.graph = graph,
			.key = graph->key,
			.version_tag = graph->version_tag,
			.executable = true};
		files[i] = (struct db_deploy_file){.name = arena_str(arena, (struct str){name, (size_t)length}),
			.content = STR("x"),
			.sha256 = sha256,
			.processes = &rows[i],
			.process_count = 1};
	}
	const struct db_deploy deploy = {.id = KEEPER_DEPLOYMENT_ID,
		.name = STR("world"),
		.by = STR("anna"),
		.at = 1,
		.files = files,
		.file_count = processes->count};
	struct db *db = keeper->fixture->db;
	fixture_begin(db);
	db_begin(db);
	db_deploy(db, &deploy, keeper_on_deployed, NULL);
	db_commit(db);
	keeper_end_group(keeper);
	arena_free(arena);
}

static void keeper_on_begin(void *context, struct world *world)
{
	struct keeper *keeper = context;
	keeper_clear(keeper);
	keeper_empty_tables(keeper);
	keeper_deploy(keeper, world);
}

/* ---- each step ---- */

static const struct graph *keeper_graph_in(const struct instance *const *instances, size_t count, int64_t instance_id)
{
	for (size_t i = 0; i < count; i++)
		if (instances[i]->id == instance_id)
			return instances[i]->graph;
	return NULL;
}

static const struct graph *keeper_step_graph(const struct effects *effects, int64_t instance_id)
{
	const struct graph *graph = keeper_graph_in(effects->new_instances.items, effects->new_instances.len, instance_id);
	if (!graph)
		graph = keeper_graph_in(effects->changed_instances.items, effects->changed_instances.len, instance_id);
	return graph ? graph : keeper_graph_in(effects->ended_instances.items, effects->ended_instances.len, instance_id);
}

static void keeper_note_steps(struct keeper *keeper, struct world *world, const struct effects *effects)
{
	for (size_t i = 0; i < effects->steps.len; i++) {
		const struct step_row *row = &effects->steps.items[i];
		const struct graph *graph = keeper_step_graph(effects, row->instance_id);
		keeper->root_id = row->root_id;
		if (!graph)
			world_complain(world, "kept: a step of an instance that is not stored with it");
		vec_add(&keeper->steps, ((struct keeper_step){row->id, graph}));
	}
}

static void keeper_on_tree(void *context, struct instance *root)
{
	struct keeper *keeper = context;
	assert_null(keeper->loaded);
	keeper->loaded = root;
}

static void keeper_on_store(void *context, struct world *world, const struct effects *effects)
{
	struct keeper *keeper = context;
	struct db *db = keeper->fixture->db;
	keeper_await(keeper);
	keeper_note_steps(keeper, world, effects);
	fixture_begin(db);
	db_begin(db);
	db_store_effects(db, effects);
	db_commit(db);
	db_load_trees(db, &keeper->root_id, 1, keeper_on_tree, keeper);
	keeper_end_group(keeper);
}

/* Of a step that was dropped the tree was handed on already. */
static struct instance *keeper_take(struct keeper *keeper)
{
	keeper_await(keeper);
	if (!keeper->loaded && keeper->root_id != 0) {
		fixture_begin(keeper->fixture->db);
		db_load_trees(keeper->fixture->db, &keeper->root_id, 1, keeper_on_tree, keeper);
		keeper_end_group(keeper);
		keeper_await(keeper);
	}
	struct instance *root = keeper->loaded;
	keeper->loaded = NULL;
	return root;
}

static struct instance *keeper_load(struct keeper *keeper, struct world *world)
{
	struct instance *root = keeper_take(keeper);
	bool lives = store_live(world_store(world), keeper->root_id);
	if (lives != (root != NULL))
		world_complain(world, "kept: the tree %s", lives ? "is not there" : "has outlived its end");
	for (struct instance *here = root; here; here = instance_next(root, here))
		here->graph = world_definition(world, here->definition_id);
	return root;
}

static void keeper_compare(struct world *world, struct instance *root)
{
	struct buf dump;
	buf_init(&dump, SIZE_MAX);
	dump_tree(&dump, root);
	if (!world_same_rows(buf_str(&dump), buf_str(&world->tree)))
		world_complain(world, "kept: other rows come back:\n--- stored\n%.*s--- loaded\n%.*s",
			STR_ARG(buf_str(&world->tree)), STR_ARG(buf_str(&dump)));
	buf_free(&dump);
}

static struct instance *keeper_on_load(void *context, struct world *world)
{
	struct instance *root = keeper_load(context, world);
	keeper_check_rows(context, world);
	if (root)
		keeper_compare(world, root);
	return root;
}

/* ---- the end ---- */

struct keeper_ids {
	VEC(int64_t) list;
};

static void keeper_on_instance(void *context, int64_t id, int64_t root_id)
{
	struct keeper_ids *ids = context;
	(void)root_id;
	vec_add(&ids->list, id);
}

static void keeper_read_history(struct keeper *keeper, struct replay_history *history)
{
	struct keeper_ids ids = {0};
	struct db *db = keeper->fixture->db;
	fixture_begin(db);
	db_find_tree(db, keeper->root_id, keeper_on_instance, &ids);
	fixture_done(keeper->fixture, db);
	fixture_begin(db);
	db_read_history(db, keeper->root_id, ids.list.items, ids.list.len, history);
	fixture_done(keeper->fixture, db);
	vec_free(&ids.list);
}

static void keeper_replay(struct keeper *keeper, struct world *world)
{
	struct replay_history history = {0};
	struct arena *arena = arena_new();
	effects_init(&history.rows, arena);
	keeper_read_history(keeper, &history);
	history.live = keeper_on_load(keeper, world);
	world_replay(world, &history);
	for (size_t i = 0; i < history.ended.len; i++)
		instance_free(history.ended.items[i]);
	vec_free(&history.ended);
	instance_free(history.live);
	effects_free(&history.rows);
	arena_free(arena);
}

static void keeper_on_end(void *context, struct world *world)
{
	struct keeper *keeper = context;
	if (keeper->root_id == 0)
		return;
	keeper_await(keeper);
	keeper_replay(keeper, world);
	keeper_check_outbox(keeper, world);
	keeper_check_reads(keeper, world);
}

/* Each transaction commits as any other, but does not wait for the disk: the connection of db/ insists on that. */
static void keeper_make_hasty(struct keeper *keeper)
{
	keeper_ask(keeper, "SET synchronous_commit = off;"
					   "CREATE FUNCTION public.make_hasty() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
					   "PERFORM pg_catalog.set_config('synchronous_commit', 'off', true); RETURN NULL; END $$;"
					   "CREATE TRIGGER hasty BEFORE INSERT ON history.step EXECUTE FUNCTION public.make_hasty();"
					   "CREATE TRIGGER hasty BEFORE INSERT ON bpmnd.deployment EXECUTE FUNCTION public.make_hasty()");
}

void keeper_init(struct keeper *keeper)
{
	void *fixture;
	fixture_setup(&fixture);
	*keeper = (struct keeper){
		.hooks = {keeper_on_begin, keeper_on_store, keeper_on_load, keeper_on_end, keeper},
		.fixture = fixture,
	};
	buf_init(&keeper->answer, SIZE_MAX);
	keeper->apart = PQconnectdb(keeper->fixture->conninfo);
	keeper_make_hasty(keeper);
	keeper_prepare_tables(keeper);
}

void keeper_free(struct keeper *keeper)
{
	void *fixture = keeper->fixture;
	keeper_clear(keeper);
	vec_free(&keeper->steps);
	buf_free(&keeper->answer);
	PQfinish(keeper->apart);
	fixture_teardown(&fixture);
}
