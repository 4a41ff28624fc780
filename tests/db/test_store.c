/* SPDX-License-Identifier: Apache-2.0
 *
 * What is stored is what is loaded: every column of live rows, whatever the text; history as it ended; and the locks
 * and look-ups around a batch.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "db/statements.h"
#include "tests/db/fixture.h"

#define AT INT64_C(1795000000123456)
#define assert_str(actual, expected) assert_true(str_equal((actual), STR(expected)))

struct batch {
	struct arena *arena;
	struct effects effects;
};

static struct batch batch_new(void)
{
	struct batch batch = {.arena = arena_new()};
	effects_init(&batch.effects, batch.arena);
	return batch;
}

/* Stores what the instance's rows are marked with, as the runtime does. */
static void batch_store(struct fixture *f, struct batch *batch, struct instance *instance)
{
	instance->version++; /* as a step does */
	instance->touched = true;
	effects_collect(&batch->effects, instance);
	fixture_begin(f->db);
	db_begin(f->db);
	db_store_effects(f->db, &batch->effects);
	db_commit(f->db);
	fixture_done(f, f->db);
	instance_committed(instance);
	effects_clear(&batch->effects);
}

static void batch_free(struct batch *batch)
{
	effects_free(&batch->effects);
	arena_free(batch->arena);
}

static struct instance *new_instance(int64_t id)
{
	struct instance_facts facts = {
		.id = id,
		.definition_id = 7,
		.business_key = STR("购买-42"),
		.started_by = STR("anna"),
		.started_at = AT,
	};
	struct instance *instance = instance_new(&facts);
	variables_put(&instance->variables, STR("金额"), STR("0.1"));
	variables_put(&instance->variables, STR("text"), STR("\"a \\\"quoted\\\" text\""));
	return instance;
}

static struct token *new_token(struct instance *instance, int64_t id, enum token_state state)
{
	struct token *token = instance_add_token(instance);
	*token = (struct token){.id = id, .node = 3, .flow = GRAPH_NONE, .state = state, .started_at = AT, .mark = ROW_NEW};
	return token;
}

static struct task *new_task(struct instance *instance, int64_t id, int64_t token_id)
{
	struct task *task = instance_add_task(instance);
	*task = (struct task){
		.id = id, .token_id = token_id, .version = 1, .node = 3, .priority = 50, .created_at = AT, .mark = ROW_NEW};
	return task;
}

static struct job *new_job(struct instance *instance, int64_t id, int64_t token_id, enum job_kind kind)
{
	struct job *job = instance_add_job(instance);
	*job = (struct job){
		.id = id, .token_id = token_id, .kind = kind, .node = 3, .retries = 3, .due_at = AT, .mark = ROW_NEW};
	if (kind == JOB_WORK)
		instance_text_set(&job->type, STR("mail"));
	return job;
}

static void on_instance(void *context, struct instance *instance)
{
	struct instance **slot = context;
	assert_null(*slot);
	*slot = instance;
}

static struct instance *load(struct fixture *f, int64_t root_id)
{
	struct instance *instance = NULL;
	fixture_begin(f->db);
	db_load_trees(f->db, &root_id, 1, on_instance, &instance);
	fixture_done(f, f->db);
	return instance;
}

static void an_instance_comes_back_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct batch batch = batch_new();
	struct instance *stored = new_instance(1000);
	struct token *scope = new_token(stored, 1001, TOKEN_SCOPE);
	variables_put(&scope->variables, STR("inner"), STR("[1,{\"a\":null}]"));
	struct token *waiting = new_token(stored, 1002, TOKEN_TASK);
	waiting->scope_id = 1001;
	waiting->flow = 5;
	struct task *task = new_task(stored, 1003, 1002);
	instance_text_set(vec_push(&task->candidate_users), STR("o'hara, \"jim\" \\ {x}"));
	instance_text_set(vec_push(&task->candidate_users), STR("张伟"));
	instance_text_set(vec_push(&task->candidate_users), STR("NULL"));
	instance_text_set(vec_push(&task->candidate_groups), STR("管理员"));
	instance_text_set(&task->assignee, STR("bob"));
	instance_text_set(&task->form, STR("form:采购"));
	task->due_at = AT + 1;
	struct job *work = new_job(stored, 1004, 1002, JOB_WORK);
	instance_text_set(&work->message, STR("no route\nto host"));
	struct job *timer = new_job(stored, 1005, 1002, JOB_TIMER);
	timer->repeat = -1;
	instance_text_set(&timer->cycle, STR("PT1H"));
	struct incident *incident = instance_add_incident(stored);
	*incident =
		(struct incident){.id = 1006, .token_id = 1002, .job_id = 1004, .created_at = AT, .node = 3, .mark = ROW_NEW};
	incident->type = INCIDENT_JOB_FAILED;
	instance_text_set(&incident->message, STR("失败"));
	batch_store(f, &batch, stored);
	assert_int_equal(stored->version, 1);

	struct instance *loaded = load(f, 1000);
	assert_non_null(loaded);
	assert_int_equal(loaded->version, 1);
	assert_int_equal(loaded->status, INSTANCE_RUNNING);
	assert_int_equal(loaded->mark, ROW_CLEAN);
	assert_int_equal(loaded->started_at, AT);
	assert_int_equal(loaded->live_tokens, 1);
	assert_str(loaded->business_key, "购买-42");
	assert_str(loaded->started_by, "anna");
	assert_int_equal(loaded->tenant.len, 0);
	assert_str(variables_get(&loaded->variables, STR("金额")), "0.1");
	assert_str(variables_get(&loaded->variables, STR("text")), "\"a \\\"quoted\\\" text\"");
	assert_int_equal(loaded->tokens.len, 2);
	assert_int_equal(loaded->tokens.items[0].flow, GRAPH_NONE);
	assert_int_equal(loaded->tokens.items[0].children, 1);
	assert_int_equal(loaded->tokens.items[0].state, TOKEN_SCOPE);
	assert_str(variables_get(&loaded->tokens.items[0].variables, STR("inner")), "[1,{\"a\":null}]");
	assert_int_equal(loaded->tokens.items[1].scope_id, 1001);
	assert_int_equal(loaded->tokens.items[1].flow, 5);
	assert_int_equal(loaded->tasks.len, 1);
	struct task *same = &loaded->tasks.items[0];
	assert_int_equal(same->candidate_users.len, 3);
	assert_str(same->candidate_users.items[0], "o'hara, \"jim\" \\ {x}");
	assert_str(same->candidate_users.items[1], "张伟");
	assert_str(same->candidate_users.items[2], "NULL");
	assert_int_equal(same->candidate_groups.len, 1);
	assert_str(same->candidate_groups.items[0], "管理员");
	assert_str(same->assignee, "bob");
	assert_str(same->form, "form:采购");
	assert_int_equal(same->due_at, AT + 1);
	assert_int_equal(same->follow_up_at, 0);
	assert_int_equal(loaded->jobs.len, 2);
	assert_str(loaded->jobs.items[0].type, "mail");
	assert_str(loaded->jobs.items[0].message, "no route\nto host");
	assert_int_equal(loaded->jobs.items[1].kind, JOB_TIMER);
	assert_int_equal(loaded->jobs.items[1].repeat, -1);
	assert_str(loaded->jobs.items[1].cycle, "PT1H");
	assert_int_equal(loaded->jobs.items[1].due_at, AT);
	assert_int_equal(loaded->incidents.len, 1);
	assert_int_equal(loaded->incidents.items[0].type, INCIDENT_JOB_FAILED);
	assert_str(loaded->incidents.items[0].message, "失败");
	assert_int_equal(loaded->incidents.items[0].job_id, 1004);
	instance_free(loaded);
	instance_free(stored);
	batch_free(&batch);
}

/* jsonb spells numbers out, puts spaces in, sorts names. */
static void values_keep_every_digit(void **state)
{
	static const char *const values[] = {"1e20", "-1e300", "0.333333333333333333333", "12345678901234567890",
		"9223372036854775807", "0.10", "[1,{\"b c\":[]},\"a, b: {\\\"}\",null,true,-2e25]", "{}", "\"\\\\\""};
	struct fixture *f = *state;
	struct batch batch = batch_new();
	struct instance *stored = new_instance(1500);
	char name[16];
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		snprintf(name, sizeof name, "v\"\\%zu", i);
		variables_put(&stored->variables, str_from_c(name), str_from_c(values[i]));
	}
	batch_store(f, &batch, stored);
	struct instance *loaded = load(f, 1500);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		snprintf(name, sizeof name, "v\"\\%zu", i);
		struct str value = variables_get(&loaded->variables, str_from_c(name));
		if (!str_equal_c(value, values[i]))
			fail_msg("%s came back as %.*s", values[i], STR_ARG(value));
	}
	instance_free(loaded);
	instance_free(stored);
	batch_free(&batch);
}

static void changes_and_deaths_are_stored(void **state)
{
	struct fixture *f = *state;
	struct batch batch = batch_new();
	struct instance *instance = new_instance(2000);
	new_token(instance, 2001, TOKEN_TASK);
	new_token(instance, 2002, TOKEN_JOB);
	new_task(instance, 2003, 2001);
	new_job(instance, 2004, 2002, JOB_WORK);
	new_job(instance, 2005, 2001, JOB_TIMER);
	batch_store(f, &batch, instance);

	/* The work job's id is another since it was taken over: found by its token. */
	fixture_do(f, "UPDATE bpmnd.job SET id = 99999, worker = 'w', locked_until = now() WHERE id = 2004");
	struct token *token = instance_token(instance, 2001);
	token->mark = ROW_CHANGED;
	token->node = 9;
	token->variables_changed = true;
	variables_put(&token->variables, STR("x"), STR("1"));
	struct task *task = instance_task(instance, 2003);
	task->mark = ROW_CHANGED;
	task->version = 2;
	instance_text_set(&task->assignee, STR("eve"));
	instance_text_set(vec_push(&task->candidate_groups), STR("a\"b"));
	struct job *job = instance_job(instance, 2004);
	job->mark = ROW_CHANGED;
	job->retries = 2;
	job->due_at = AT + 5;
	instance->variables_changed = true;
	variables_put(&instance->variables, STR("fresh"), STR("true"));
	instance->status = INSTANCE_SUSPENDED;
	batch_store(f, &batch, instance);
	assert_int_equal(instance->version, 2);
	assert_string_equal(
		fixture_ask(
			f, "SELECT concat_ws(' ', version, status, variables->>'fresh') FROM bpmnd.instance WHERE id = 2000"),
		"2 2 true");
	assert_string_equal(
		fixture_ask(f, "SELECT concat_ws(' ', node, variables) FROM bpmnd.token WHERE id = 2001"), "9 {\"x\": 1}");
	assert_string_equal(
		fixture_ask(f, "SELECT concat_ws(' ', version, assignee, candidate_groups) FROM bpmnd.task WHERE id = 2003"),
		"2 eve {\"a\\\"b\"}");
	assert_string_equal(
		fixture_ask(
			f, "SELECT concat_ws(' ', retries, worker, locked_until, suspended) FROM bpmnd.job WHERE id = 99999"),
		"2 t");
	assert_string_equal(fixture_ask(f, "SELECT suspended FROM bpmnd.job WHERE id = 2005"), "t");

	instance->status = INSTANCE_RUNNING;
	instance_task(instance, 2003)->mark = ROW_DEAD;
	instance_job(instance, 2004)->mark = ROW_DEAD;
	instance_token(instance, 2002)->mark = ROW_DEAD;
	batch_store(f, &batch, instance);
	assert_string_equal(
		fixture_ask(f, "SELECT string_agg(concat_ws(' ', id, suspended), ',') FROM bpmnd.job WHERE root_id = 2000"),
		"2005 f");
	assert_string_equal(fixture_ask(f, "SELECT count(*) FROM bpmnd.task WHERE root_id = 2000"), "0");
	assert_string_equal(
		fixture_ask(f, "SELECT string_agg(id::text, ',') FROM bpmnd.token WHERE root_id = 2000"), "2001");
	assert_string_equal(fixture_ask(f, "SELECT variables->>'金额' FROM bpmnd.instance WHERE id = 2000"), "0.1");

	instance_job(instance, 2005)->mark = ROW_DEAD;
	instance_token(instance, 2001)->mark = ROW_DEAD;
	instance->status = INSTANCE_FAILED;
	instance->ended_at = AT + 10;
	instance_text_set(&instance->error_code, STR("E1"));
	batch_store(f, &batch, instance);
	assert_null(load(f, 2000));
	assert_string_equal(
		fixture_ask(f, "SELECT concat_ws(' ', status, error_code, business_key, tenant, variables->>'fresh') "
					   "FROM history.instance WHERE id = 2000"),
		"5 E1 购买-42 true");
	instance_free(instance);
	batch_free(&batch);
}

static void note_move(struct batch *batch, enum moved_kind kind, int64_t id, int32_t node, int32_t event)
{
	vec_add(&batch->effects.moved, ((struct moved_row){.kind = kind,
									   .root_id = 2500,
									   .id = id,
									   .definition_id = 8,
									   .node = node,
									   .event = event,
									   .flow = kind == MOVED_TOKEN ? 6 : GRAPH_NONE}));
}

static void new_waits(struct instance *instance)
{
	*instance_add_subscription(instance) =
		(struct subscription){.id = 2506, .token_id = 2501, .node = 3, .kind = SUBSCRIPTION_MESSAGE, .mark = ROW_NEW};
	*instance_add_compensation(instance) =
		(struct compensation){.id = 2507, .node = 3, .loop_counter = GRAPH_NONE, .mark = ROW_NEW};
	*instance_add_incident(instance) =
		(struct incident){.id = 2508, .token_id = 2502, .created_at = AT, .node = 3, .mark = ROW_NEW};
}

/* Each row of a migrated instance names its counterpart; a row that changes behind the move keeps the change. */
static void moved_rows_name_other_elements(void **state)
{
	static const char definitions[] = "SELECT string_agg(DISTINCT concat_ws(' ', definition_id, node), ',') FROM ("
									  "SELECT root_id, definition_id, node FROM bpmnd.task UNION ALL "
									  "SELECT root_id, definition_id, node FROM bpmnd.job UNION ALL "
									  "SELECT root_id, definition_id, node FROM bpmnd.subscription UNION ALL "
									  "SELECT root_id, definition_id, node FROM bpmnd.compensation UNION ALL "
									  "SELECT root_id, definition_id, node FROM bpmnd.incident) r WHERE root_id = 2500";
	struct fixture *f = *state;
	struct batch batch = batch_new();
	struct instance *instance = new_instance(2500);
	new_token(instance, 2501, TOKEN_TASK);
	new_token(instance, 2502, TOKEN_JOB);
	new_task(instance, 2503, 2501);
	new_job(instance, 2504, 2502, JOB_WORK);
	new_job(instance, 2505, 2501, JOB_TIMER);
	new_waits(instance);
	batch_store(f, &batch, instance);
	assert_string_equal(fixture_ask(f, definitions), "7 3");

	fixture_do(f, "UPDATE bpmnd.job SET id = 99998 WHERE id = 2504");
	note_move(&batch, MOVED_INSTANCE, 2500, GRAPH_NONE, GRAPH_NONE);
	note_move(&batch, MOVED_TOKEN, 2501, 3, GRAPH_NONE); /* and once more: the last move counts */
	note_move(&batch, MOVED_TOKEN, 2501, 4, GRAPH_NONE);
	note_move(&batch, MOVED_TOKEN, 2502, 4, GRAPH_NONE);
	note_move(&batch, MOVED_TASK, 2503, 4, GRAPH_NONE);
	note_move(&batch, MOVED_WORK, 2502, 4, GRAPH_NONE);
	note_move(&batch, MOVED_TIMER, 2505, 4, 1);
	note_move(&batch, MOVED_SUBSCRIPTION, 2506, 4, 2);
	note_move(&batch, MOVED_COMPENSATION, 2507, 4, GRAPH_NONE);
	note_move(&batch, MOVED_INCIDENT, 2508, 4, GRAPH_NONE);
	instance_token(instance, 2502)->mark = ROW_CHANGED;
	instance_token(instance, 2502)->node = 5;
	batch_store(f, &batch, instance);
	assert_string_equal(fixture_ask(f, definitions), "8 4");
	assert_string_equal(fixture_ask(f, "SELECT definition_id FROM bpmnd.instance WHERE id = 2500"), "8");
	assert_string_equal(
		fixture_ask(f, "SELECT string_agg(concat_ws(' ', id, definition_id, node, flow), ',' ORDER BY id)"
					   " FROM bpmnd.token WHERE root_id = 2500"),
		"2501 8 4 6,2502 8 5");
	assert_string_equal(
		fixture_ask(f, "SELECT string_agg(concat_ws(' ', id, event), ',' ORDER BY id) FROM (SELECT id, event FROM"
					   " bpmnd.job WHERE root_id = 2500 UNION ALL SELECT id, event FROM bpmnd.subscription WHERE"
					   " root_id = 2500) r"),
		"2505 1,2506 2,99998");
	instance_free(instance);
	batch_free(&batch);
}

static void history_is_written(void **state)
{
	struct fixture *f = *state;
	struct batch batch = batch_new();
	struct effects *e = &batch.effects;
	for (int i = 0; i < 3; i++) {
		vec_add(&e->activities, ((struct activity_row){.id = 3001 + i,
									.instance_id = 3000,
									.definition_id = 7,
									.started_at = AT,
									.ended_at = AT + 1,
									.node = i,
									.outcome = ACTIVITY_COMPLETED}));
		vec_add(&e->steps, ((struct step_row){.id = 3010 + i,
							   .instance_id = 3000,
							   .at = AT,
							   .command = 5,
							   .first_flow = e->flows.len,
							   .flow_count = (size_t)i}));
		for (int flow = 0; flow < i; flow++)
			vec_add(&e->flows, 10 * i + flow);
	}
	e->steps.items[2].actor = STR("anna");
	e->steps.items[2].trace = STR("7c");
	e->steps.items[2].variables = STR("{\"a\":[1]}");
	vec_add(&e->ended_tasks, ((struct task_row){.id = 3020,
								 .instance_id = 3000,
								 .definition_id = 7,
								 .activity_id = 3001,
								 .created_at = AT,
								 .ended_at = AT + 1,
								 .outcome = ACTIVITY_CANCELED,
								 .assignee = STR("bob")}));
	vec_add(&e->comments,
		((struct comment_row){
			.id = 3030, .instance_id = 3000, .task_id = 3020, .at = AT, .author = STR("bob"), .text = STR("好")}));
	fixture_begin(f->db);
	db_store_effects(f->db, e);
	fixture_done(f, f->db);
	assert_string_equal(
		fixture_ask(f, "SELECT count(*) FROM history.activity WHERE instance_id = 3000 AND scope_id IS NULL "
					   "AND error_code IS NULL"),
		"3");
	assert_string_equal(
		fixture_ask(f,
			"SELECT string_agg(concat_ws(' ', flows, actor, variables, trace), ',' ORDER BY id) FROM history.step "
			"WHERE instance_id = 3000"),
		",{10},{20,21} anna {\"a\": [1]} 7c");
	assert_string_equal(
		fixture_ask(f, "SELECT concat_ws(' ', outcome, assignee, due_at, comment) FROM history.task WHERE id = 3020"),
		"2 bob");
	assert_string_equal(fixture_ask(f, "SELECT text FROM history.comment WHERE id = 3030"), "好");
	assert_string_equal(
		fixture_ask(f, "SELECT extract(epoch FROM ended_at) FROM history.task WHERE id = 3020"), "1795000000.123457");
	batch_free(&batch);
}

struct seen {
	struct db_locked_tree trees[8];
	size_t tree_count;
	struct db_subject subjects[8];
	size_t subject_count;
};

static void on_tree(void *context, const struct db_locked_tree *tree)
{
	struct seen *seen = context;
	seen->trees[seen->tree_count++] = *tree;
}

static void on_subject(void *context, const struct db_subject *subject)
{
	struct seen *seen = context;
	seen->subjects[seen->subject_count++] = *subject;
}

static void trees_are_locked_by_what_commands_name(void **state)
{
	struct fixture *f = *state;
	struct batch batch = batch_new();
	for (int64_t id = 4000; id < 4300; id += 100) {
		struct instance *instance = new_instance(id);
		new_token(instance, id + 1, TOKEN_TASK);
		new_task(instance, id + 2, id + 1);
		new_job(instance, id + 3, id + 1, JOB_WORK);
		batch_store(f, &batch, instance);
		instance_free(instance);
	}
	fixture_do(f, "UPDATE bpmnd.job SET worker = 'w', locked_until = '2100-01-01' WHERE id = 4103");
	struct seen seen = {0};
	struct db_subjects subjects = {
		.instances = (const int64_t[]){4200, 4999},
		.instance_count = 2,
		.tasks = (const int64_t[]){4002, 4998},
		.task_count = 2,
		.jobs = (const int64_t[]){4103, 4003, 4997},
		.job_count = 3,
	};
	fixture_begin(f->db);
	db_begin(f->db);
	db_lock_trees(f->db, &subjects, on_tree, &seen);
	db_resolve_subjects(f->db, &subjects, on_subject, &seen);
	fixture_done(f, f->db);
	assert_int_equal(seen.tree_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(seen.trees[i].root_id, 4000 + 100 * i);
	assert_int_equal(seen.trees[0].version, 1);
	assert_int_equal(seen.trees[0].definition_id, 7);
	assert_int_equal(seen.subject_count, 4);
	assert_int_equal(seen.subjects[0].kind, DB_SUBJECT_TASK);
	assert_int_equal(seen.subjects[0].root_id, 4000);
	assert_int_equal(seen.subjects[1].kind, DB_SUBJECT_JOB);
	assert_int_equal(seen.subjects[1].id, 4003);
	assert_false(seen.subjects[1].locked);
	assert_int_equal(seen.subjects[2].id, 4103);
	assert_int_equal(seen.subjects[2].token_id, 4101);
	assert_true(seen.subjects[2].locked);
	assert_int_equal(seen.subjects[3].kind, DB_SUBJECT_INSTANCE);
	assert_int_equal(seen.subjects[3].root_id, 4200);
	fixture_begin(f->db);
	db_rollback(f->db);
	fixture_done(f, f->db);
	batch_free(&batch);
}

struct ids {
	int64_t values[4];
	int count;
};

static void on_block(void *context, int64_t value)
{
	struct ids *ids = context;
	ids->values[ids->count++] = value;
}

static void id_blocks_are_taken_once(void **state)
{
	struct fixture *f = *state;
	struct ids ids = {0};
	fixture_begin(f->db);
	db_take_id_blocks(f->db, 3, on_block, &ids);
	fixture_done(f, f->db);
	assert_int_equal(ids.count, 3);
	assert_int_equal(ids.values[2], ids.values[0] + 2);
}

static void on_answer(void *context, const struct db_answer *answer)
{
	struct ids *ids = context;
	assert_str(answer->principal, "anna");
	assert_str(answer->body, "{}");
	assert_int_equal(answer->status, 201);
	assert_int_equal(answer->request_hash[31], 31);
	assert_int_equal(answer->at, AT);
	ids->count++;
}

static void on_forgotten(void *context, int count)
{
	*(int *)context = count;
}

static void an_answer_is_stored_once(void **state)
{
	struct fixture *f = *state;
	unsigned char hash[32];
	for (unsigned i = 0; i < sizeof hash; i++)
		hash[i] = (unsigned char)i;
	struct db_answer answers[] = {
		{.principal = STR("anna"), .key = STR("k2"), .request_hash = hash, .status = 201, .body = STR("{}"), .at = AT},
		{.principal = STR("anna"), .key = STR("k1"), .request_hash = hash, .status = 201, .body = STR("{}"), .at = AT},
	};
	fixture_begin(f->db);
	db_store_answers(f->db, answers, 2);
	fixture_done(f, f->db);

	struct ids seen = {0};
	struct db_answer wanted[] = {
		answers[0], {.principal = STR("anna"), .key = STR("unknown")}, {.principal = STR("eve"), .key = STR("k1")}};
	fixture_begin(f->db);
	db_read_answers(f->db, wanted, 3, on_answer, &seen);
	fixture_done(f, f->db);
	assert_int_equal(seen.count, 1);

	fixture_begin(f->db);
	db_store_answers(f->db, answers, 1);
	struct db_failure failure = fixture_end(f, f->db);
	assert_int_equal(failure.outcome, DB_ERROR);
	assert_string_equal(failure.sqlstate, "23505");

	int forgotten = 0;
	fixture_begin(f->db);
	db_make_partitions(f->db, AT);
	db_delete_old_answers(f->db, AT + 1, 100, on_forgotten, &forgotten);
	fixture_done(f, f->db);
	assert_string_equal(fixture_ask(f, "SELECT count(*) FROM bpmnd.idempotency"), "0");
	assert_int_equal(forgotten, 2);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instance_comes_back_as_it_was),
		cmocka_unit_test(values_keep_every_digit),
		cmocka_unit_test(changes_and_deaths_are_stored),
		cmocka_unit_test(moved_rows_name_other_elements),
		cmocka_unit_test(history_is_written),
		cmocka_unit_test(trees_are_locked_by_what_commands_name),
		cmocka_unit_test(id_blocks_are_taken_once),
		cmocka_unit_test(an_answer_is_stored_once),
	};
	return cmocka_run_group_tests_name("store", tests, fixture_setup, fixture_teardown);
}
