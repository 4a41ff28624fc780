/* SPDX-License-Identifier: Apache-2.0
 *
 * Deployments: versions by key, the same bytes again, suspension, deletion with and without what ran; and that a batch
 * notices a changed catalog.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "db/statements.h"
#include "tests/db/fixture.h"

#define assert_str(actual, expected) assert_true(str_equal((actual), STR(expected)))

static const struct graph_header headers[] = {{STR_INIT("to"), STR_INIT("\"采购\"")}};
static const struct graph_job job = {.headers = {headers, 1}};
static const struct graph_node nodes[] = {
	{.kind = NODE_START_EVENT, .id = STR_INIT("开始")},
	{.kind = NODE_SERVICE_TASK,
		.id = STR_INIT("send"),
		.name = STR_INIT("Send"),
		.lane = STR_INIT("office"),
		.job = &job},
};
static const struct graph_flow flows[] = {{.id = STR_INIT("f1"), .source = 0, .target = 1}};
static const struct graph graph = {.nodes = nodes, .node_count = 2, .flows = flows, .flow_count = 1};

struct deployed {
	int count;
	struct {
		int64_t id;
		int32_t version;
		bool changed;
		int64_t at;
		bool executable;
		char key[16];
	} rows[4];
};

static void on_deployed(void *context, const struct db_deployed *row)
{
	struct deployed *deployed = context;
	int i = deployed->count++;
	deployed->rows[i].id = row->id;
	deployed->rows[i].version = row->version;
	deployed->rows[i].changed = row->changed;
	deployed->rows[i].at = row->deployed_at;
	deployed->rows[i].executable = row->executable;
	snprintf(deployed->rows[i].key, sizeof deployed->rows[i].key, "%.*s", STR_ARG(row->key));
}

/* One file with two processes, p with a graph, q without; ids id + 1 and id + 2; the first byte of the sum tells the
 * files apart. */
static struct deployed deploy(struct fixture *f, int64_t id, unsigned char sum)
{
	unsigned char sha256[32] = {sum};
	struct db_deploy_process processes[] = {
		{.id = id + 1, .graph = &graph, .process_index = 0, .key = STR("p"), .name = STR("P"), .executable = true},
		{.id = id + 2, .process_index = 1, .key = STR("q")},
	};
	struct db_deploy_file file = {
		.name = STR("diagram.bpmn"),
		.content = STR("<xml/>"),
		.sha256 = sha256,
		.processes = processes,
		.process_count = 2,
	};
	struct db_deploy deploy = {.id = id,
		.at = INT64_C(1795000000000000) + id,
		.name = STR("d"),
		.by = STR("me"),
		.files = &file,
		.file_count = 1};
	struct deployed deployed = {0};
	fixture_begin(f->db);
	db_begin(f->db);
	db_deploy(f->db, &deploy, on_deployed, &deployed);
	db_commit(f->db);
	fixture_done(f, f->db);
	return deployed;
}

static int empty(void **state)
{
	fixture_do(*state, "TRUNCATE bpmnd.deployment, bpmnd.instance, history.instance CASCADE");
	return 0;
}

static void versions_count_by_key(void **state)
{
	struct fixture *f = *state;
	struct deployed first = deploy(f, 100, 1);
	assert_int_equal(first.count, 2);
	assert_string_equal(first.rows[0].key, "p");
	assert_int_equal(first.rows[0].id, 101);
	assert_int_equal(first.rows[0].version, 1);
	assert_true(first.rows[0].changed);
	assert_true(first.rows[0].executable);
	assert_string_equal(first.rows[1].key, "q");
	assert_false(first.rows[1].executable);
	struct deployed second = deploy(f, 200, 2);
	assert_int_equal(second.rows[0].version, 2);
	assert_int_equal(second.rows[1].id, 202);
	assert_string_equal(
		fixture_ask(f,
			"SELECT string_agg(concat_ws(' ', node, element_id, name, type, lane, headers), ',' ORDER BY node) "
			"FROM bpmnd.element WHERE definition_id = 201"),
		"0 开始 startEvent,1 send Send serviceTask office {\"to\": \"\\\"采购\\\"\"}");
	assert_string_equal(
		fixture_ask(
			f, "SELECT concat_ws(' ', flow, flow_id, source_id, target_id) FROM bpmnd.flow WHERE definition_id = 201"),
		"0 f1 开始 send");
}

static void the_same_bytes_change_nothing(void **state)
{
	struct fixture *f = *state;
	struct deployed first = deploy(f, 100, 1);
	struct deployed again = deploy(f, 200, 1);
	assert_int_equal(again.count, 2);
	assert_int_equal(again.rows[0].id, 101);
	assert_int_equal(again.rows[0].version, 1);
	assert_false(again.rows[0].changed);
	assert_int_equal(again.rows[1].id, 102);
	assert_true(again.rows[0].at == first.rows[0].at);
	assert_string_equal(fixture_ask(f, "SELECT string_agg(id::text, ',') FROM bpmnd.deployment"), "100");
	assert_string_equal(fixture_ask(f, "SELECT count(*) FROM bpmnd.element"), "2");
	deploy(f, 300, 2);
	struct deployed back = deploy(f, 400, 1);
	assert_int_equal(back.rows[0].version, 3);
}

struct catalog {
	int64_t generation;
	int count;
	int64_t suspended;
	char xml[32];
};

static void on_generation(void *context, int64_t generation)
{
	((struct catalog *)context)->generation = generation;
}

static void on_definition(void *context, const struct db_definition *definition)
{
	struct catalog *catalog = context;
	assert_true(catalog->generation > 0);
	catalog->count++;
	if (definition->suspended)
		catalog->suspended = definition->id;
}

static void on_xml(void *context, int64_t definition_id, struct str xml)
{
	(void)definition_id;
	struct catalog *catalog = context;
	snprintf(catalog->xml, sizeof catalog->xml, "%.*s", STR_ARG(xml));
}

static struct catalog read_catalog(struct fixture *f)
{
	struct catalog catalog = {0};
	fixture_begin(f->db);
	db_read_catalog(f->db, on_generation, on_definition, &catalog);
	db_read_definition_xml(f->db, 101, on_xml, &catalog);
	fixture_done(f, f->db);
	return catalog;
}

static void on_result(void *context, int result)
{
	*(int *)context = result;
}

static int set_state(struct fixture *f, int64_t id, bool suspended, int64_t revision)
{
	int result = -1;
	fixture_begin(f->db);
	db_set_definition_state(f->db, id, suspended, revision, on_result, &result);
	fixture_done(f, f->db);
	return result;
}

static void the_catalog_has_a_generation(void **state)
{
	struct fixture *f = *state;
	struct catalog before = read_catalog(f);
	assert_int_equal(before.count, 0);
	assert_true(before.generation > 0);
	assert_string_equal(before.xml, "");
	deploy(f, 100, 1);
	struct catalog after = read_catalog(f);
	assert_int_equal(after.count, 2);
	assert_int_equal(after.generation, before.generation + 1);
	assert_string_equal(after.xml, "<xml/>");

	fixture_begin(f->db);
	db_expect_generation(f->db, before.generation);
	struct db_failure failure = fixture_end(f, f->db);
	assert_int_equal(failure.outcome, DB_ERROR);
	assert_string_equal(failure.sqlstate, "BP001");
	fixture_begin(f->db);
	db_expect_generation(f->db, after.generation);
	fixture_done(f, f->db);
}

static void definitions_are_suspended(void **state)
{
	struct fixture *f = *state;
	deploy(f, 100, 1);
	assert_int_equal(set_state(f, 101, true, 0), 0);
	assert_int_equal(read_catalog(f).suspended, 101);
	assert_int_equal(set_state(f, 101, false, 1), 2);
	assert_int_equal(set_state(f, 101, false, 2), 0);
	assert_int_equal(set_state(f, 999, false, 0), 1);
}

static int delete (struct fixture *f, int64_t id, bool cascade)
{
	int result = -1;
	fixture_begin(f->db);
	db_delete_deployment(f->db, id, cascade, on_result, &result);
	fixture_done(f, f->db);
	return result;
}

static void unused_deployments_are_deleted(void **state)
{
	struct fixture *f = *state;
	deploy(f, 100, 1);
	assert_int_equal(delete (f, 100, false), 0);
	assert_int_equal(delete (f, 100, true), 1);
	assert_string_equal(fixture_ask(f, "SELECT count(*) FROM bpmnd.element"), "0");
}

static void used_deployments_need_cascade(void **state)
{
	struct fixture *f = *state;
	deploy(f, 100, 1);
	fixture_do(f,
		"INSERT INTO history.instance (id, root_id, definition_id, status, started_at, ended_at) VALUES (5, 5, 102, 3, "
		"now(), now());"
		"INSERT INTO history.activity VALUES (6, 5, 102, now(), now(), 0, 1);"
		"INSERT INTO bpmnd.instance (id, root_id, definition_id, version, status, started_at, started_by, variables) "
		"VALUES (8, 8, 101, 1, 1, now(), 'me', '{}'), (9, 9, 1, 1, 1, now(), 'me', '{}');"
		"INSERT INTO bpmnd.token (id, root_id, instance_id, definition_id, node, state, started_at) VALUES (80, 8, 8, "
		"101, 0, 1, now());"
		"INSERT INTO history.step (id, instance_id, at, command, first_id, version) "
		"VALUES (81, 8, now(), 1, 81, 1)");
	assert_int_equal(delete (f, 100, false), 2);
	assert_string_equal(fixture_ask(f, "SELECT count(*) FROM bpmnd.definition"), "2");
	assert_int_equal(delete (f, 100, true), 0);
	assert_string_equal(fixture_ask(f, "SELECT string_agg(id::text, ',') FROM bpmnd.instance"), "9");
	assert_string_equal(
		fixture_ask(f, "SELECT (SELECT count(*) FROM bpmnd.token) + (SELECT count(*) FROM history.instance) "
					   "+ (SELECT count(*) FROM history.activity) + (SELECT count(*) FROM history.step) + (SELECT "
					   "count(*) FROM bpmnd.definition)"),
		"0");
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(versions_count_by_key, empty),
		cmocka_unit_test_setup(the_same_bytes_change_nothing, empty),
		cmocka_unit_test_setup(the_catalog_has_a_generation, empty),
		cmocka_unit_test_setup(definitions_are_suspended, empty),
		cmocka_unit_test_setup(unused_deployments_are_deleted, empty),
		cmocka_unit_test_setup(used_deployments_need_cascade, empty),
	};
	return cmocka_run_group_tests_name("catalog", tests, fixture_setup, fixture_teardown);
}
