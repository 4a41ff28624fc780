/* SPDX-License-Identifier: Apache-2.0
 *
 * Trees of instances: what is stored of the called ones is what is loaded, and any id of theirs leads to the root.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/messages.h"
#include "tests/db/fixture.h"

#define AT INT64_C(1795000000123456)
#define assert_str(actual, expected) assert_true(str_equal((actual), STR(expected)))

static struct instance *new_instance(int64_t id, struct instance *parent)
{
	struct instance *instance = instance_new(&(struct instance_facts){
		.id = id,
		.definition_id = 7,
		.started_by = STR("anna"),
		.started_at = AT,
		.parent = parent,
		.caller_id = parent ? parent->id + 1 : 0,
	});
	*instance_add_token(instance) = (struct token){.id = id + 1,
		.node = 3,
		.flow = GRAPH_NONE,
		.loop_counter = GRAPH_NONE,
		.state = TOKEN_CALL,
		.started_at = AT,
		.mark = ROW_NEW};
	return instance;
}

/* Root 1000, below it 1200 and 1100, and 1300 below that: a caller may have the greater id. */
static struct instance *new_tree(void)
{
	struct instance *root = new_instance(1000, NULL);
	struct instance *middle = new_instance(1200, root);
	new_instance(1100, middle);
	new_instance(1300, root);
	return root;
}

static void store(struct fixture *f, struct instance *root)
{
	struct arena *arena = arena_new();
	struct effects effects;
	effects_init(&effects, arena);
	for (struct instance *here = NULL; (here = instance_next(root, here));) {
		here->touched = true;
		here->version++;
	}
	effects_collect(&effects, root);
	fixture_begin(f->db);
	db_begin(f->db);
	db_store_effects(f->db, &effects);
	db_commit(f->db);
	fixture_done(f, f->db);
	instance_committed(root);
	effects_free(&effects);
	arena_free(arena);
}

static void on_root(void *context, struct instance *root)
{
	struct instance **slot = context;
	assert_null(*slot);
	*slot = root;
}

static struct instance *load(struct fixture *f, int64_t root_id)
{
	struct instance *root = NULL;
	fixture_begin(f->db);
	db_load_trees(f->db, &root_id, 1, on_root, &root);
	fixture_done(f, f->db);
	return root;
}

static int clear(void **state)
{
	fixture_do(*state, "TRUNCATE bpmnd.instance, bpmnd.token, bpmnd.job, bpmnd.subscription, bpmnd.compensation, "
					   "bpmnd.outbox");
	return 0;
}

static void a_tree_hangs_together_again(void **state)
{
	struct fixture *f = *state;
	struct instance *stored = new_tree();
	store(f, stored);
	struct instance *loaded = load(f, 1000);
	assert_int_equal(loaded->id, 1000);
	assert_int_equal(loaded->children.len, 2);
	struct instance *leaf = instance_in_tree(loaded, 1100);
	assert_int_equal(leaf->parent->id, 1200);
	assert_int_equal(leaf->parent->parent->id, 1000);
	assert_int_equal(leaf->parent_id, 1200);
	assert_int_equal(leaf->root_id, 1000);
	assert_int_equal(leaf->caller_id, 1201);
	assert_int_equal(leaf->live_tokens, 1);
	assert_ptr_equal(instance_called_by(leaf->parent, 1201), leaf);
	instance_free(loaded);
	instance_free(stored);
}

static void an_ended_instance_leaves_its_tree(void **state)
{
	struct fixture *f = *state;
	struct instance *stored = new_tree();
	store(f, stored);
	struct instance *leaf = instance_in_tree(stored, 1100);
	leaf->ended_at = AT;
	leaf->status = INSTANCE_COMPLETED;
	leaf->tokens.items[0].mark = ROW_DEAD;
	store(f, stored);
	assert_null(instance_in_tree(stored, 1100));
	struct instance *loaded = load(f, 1000);
	assert_null(instance_in_tree(loaded, 1100));
	assert_non_null(instance_in_tree(loaded, 1200));
	assert_string_equal(
		fixture_ask(f, "SELECT concat_ws(' ', root_id, parent_id) FROM history.instance WHERE id = 1100"), "1000 1200");
	instance_free(loaded);
	instance_free(stored);
}

static void loops_and_timers_come_back(void **state)
{
	struct fixture *f = *state;
	struct instance *stored = new_instance(1000, NULL);
	struct token *body = &stored->tokens.items[0];
	body->role = ROLE_LOOP_BODY;
	body->state = TOKEN_SCOPE;
	*instance_add_token(stored) = (struct token){
		.id = 1002,
		.scope_id = 1001,
		.node = 3,
		.flow = GRAPH_NONE,
		.loop_counter = 0,
		.state = TOKEN_BEFORE,
		.started_at = AT,
		.mark = ROW_NEW,
	};
	*instance_add_job(stored) = (struct job){
		.id = 1003, .token_id = 1002, .due_at = AT, .node = 3, .event = 4, .kind = JOB_TIMER, .mark = ROW_NEW};
	*instance_add_job(stored) = (struct job){
		.id = 1004, .token_id = 1002, .due_at = AT, .node = 3, .event = GRAPH_NONE, .kind = JOB_TIMER, .mark = ROW_NEW};
	store(f, stored);
	struct instance *loaded = load(f, 1000);
	assert_int_equal(instance_token(loaded, 1001)->role, ROLE_LOOP_BODY);
	assert_int_equal(instance_token(loaded, 1001)->loop_counter, GRAPH_NONE);
	assert_int_equal(instance_token(loaded, 1002)->role, ROLE_PLAIN);
	assert_int_equal(instance_token(loaded, 1002)->loop_counter, 0);
	assert_int_equal(instance_token(loaded, 1002)->state, TOKEN_BEFORE);
	assert_int_equal(instance_job(loaded, 1003)->event, 4);
	assert_int_equal(instance_job(loaded, 1004)->event, GRAPH_NONE);
	instance_free(loaded);
	struct token *token = instance_token(stored, 1002);
	token->loop_counter = 7;
	token->role = ROLE_HANDLER;
	token->mark = ROW_CHANGED;
	store(f, stored);
	loaded = load(f, 1000);
	assert_int_equal(instance_token(loaded, 1002)->loop_counter, 7);
	assert_int_equal(instance_token(loaded, 1002)->role, ROLE_HANDLER);
	instance_free(loaded);
	instance_free(stored);
}

static struct subscription *new_subscription(struct instance *instance, int64_t id, enum subscription_kind kind)
{
	struct subscription *row = instance_add_subscription(instance);
	*row = (struct subscription){.id = id, .token_id = 1001, .node = 3, .event = 5, .kind = kind, .mark = ROW_NEW};
	return row;
}

static void subscriptions_come_and_go(void **state)
{
	struct fixture *f = *state;
	struct instance *stored = new_instance(1000, NULL);
	struct subscription *row = new_subscription(stored, 1010, SUBSCRIPTION_MESSAGE);
	instance_text_set(&row->name, STR("支付"));
	instance_text_set(&row->correlation, STR("{\"orderId\":1.50}"));
	row = new_subscription(stored, 1011, SUBSCRIPTION_CONDITION);
	row->token_id = 0;
	store(f, stored);
	struct instance *loaded = load(f, 1000);
	assert_int_equal(loaded->subscriptions.len, 2);
	row = instance_subscription(loaded, 1010);
	assert_int_equal(row->kind, SUBSCRIPTION_MESSAGE);
	assert_int_equal(row->token_id, 1001);
	assert_int_equal(row->node, 3);
	assert_int_equal(row->event, 5);
	assert_str(row->name, "支付");
	assert_str(row->correlation, "{\"orderId\": 1.50}");
	row = instance_subscription(loaded, 1011);
	assert_int_equal(row->token_id, 0);
	assert_false(row->satisfied);
	assert_int_equal(row->name.len, 0);
	instance_free(loaded);

	row = instance_subscription(stored, 1011);
	row->satisfied = true;
	row->mark = ROW_CHANGED;
	instance_subscription(stored, 1010)->mark = ROW_DEAD;
	store(f, stored);
	loaded = load(f, 1000);
	assert_int_equal(loaded->subscriptions.len, 1);
	assert_true(loaded->subscriptions.items[0].satisfied);
	instance_free(loaded);
	instance_free(stored);
}

static void compensations_come_and_go(void **state)
{
	struct fixture *f = *state;
	struct instance *stored = new_instance(1000, NULL);
	for (int64_t id = 1020; id < 1022; id++) {
		struct compensation *row = instance_add_compensation(stored);
		*row = (struct compensation){
			.id = id, .scope_id = 1001, .sequence = 2000 - id, .node = 3, .loop_counter = GRAPH_NONE, .mark = ROW_NEW};
		variables_put(&row->variables, STR("x"), STR("1"));
	}
	store(f, stored);
	struct compensation *row = instance_compensation(stored, 1020);
	row->scope_id = 0;
	row->variables_changed = true;
	variables_put(&row->variables, STR("x"), STR("2"));
	row->mark = ROW_CHANGED;
	instance_compensation(stored, 1021)->mark = ROW_DEAD;
	store(f, stored);
	struct instance *loaded = load(f, 1000);
	assert_int_equal(loaded->compensations.len, 1);
	row = instance_compensation(loaded, 1020);
	assert_int_equal(row->scope_id, 0);
	assert_int_equal(row->sequence, 980);
	assert_int_equal(row->loop_counter, GRAPH_NONE);
	assert_str(variables_get(&row->variables, STR("x")), "2");
	instance_free(loaded);
	instance_free(stored);
}

struct seen {
	int64_t trees[4];
	size_t tree_count;
	struct db_subject subjects[4];
	size_t subject_count;
};

static void on_tree(void *context, const struct db_locked_tree *tree)
{
	struct seen *seen = context;
	seen->trees[seen->tree_count++] = tree->root_id;
}

static void on_subject(void *context, const struct db_subject *subject)
{
	struct seen *seen = context;
	seen->subjects[seen->subject_count++] = *subject;
}

static void any_id_of_the_tree_locks_its_root(void **state)
{
	struct fixture *f = *state;
	struct instance *stored = new_tree();
	new_subscription(instance_in_tree(stored, 1300), 1310, SUBSCRIPTION_MESSAGE);
	store(f, stored);
	struct seen seen = {0};
	struct db_subjects subjects = {
		.instances = (const int64_t[]){1100, 1000, 9},
		.instance_count = 3,
		.subscriptions = (const int64_t[]){1310, 1311},
		.subscription_count = 2,
	};
	fixture_begin(f->db);
	db_lock_trees(f->db, &subjects, on_tree, &seen);
	db_resolve_subjects(f->db, &subjects, on_subject, &seen);
	fixture_done(f, f->db);
	assert_int_equal(seen.tree_count, 1);
	assert_int_equal(seen.trees[0], 1000);
	assert_int_equal(seen.subject_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(seen.subjects[i].root_id, 1000);
	assert_int_equal(seen.subjects[0].kind, DB_SUBJECT_SUBSCRIPTION);
	assert_int_equal(seen.subjects[1].kind, DB_SUBJECT_INSTANCE);
	instance_free(stored);
}

static void what_is_thrown_stands_in_the_outbox(void **state)
{
	struct fixture *f = *state;
	struct arena *arena = arena_new();
	struct effects effects;
	effects_init(&effects, arena);
	*vec_push(&effects.outgoing) = (struct outgoing_row){
		.id = 1,
		.root_id = 1000,
		.instance_id = 1100,
		.at = AT,
		.expires_at = AT,
		.kind = SUBSCRIPTION_MESSAGE,
		.name = STR("pay"),
		.correlation = STR("{\"orderId\":1}"),
		.variables = STR("{\"a\":1}"),
	};
	*vec_push(&effects.outgoing) = (struct outgoing_row){.id = 2,
		.root_id = 1000,
		.instance_id = 1100,
		.at = AT,
		.expires_at = AT,
		.kind = SUBSCRIPTION_SIGNAL,
		.name = STR("alarm")};
	fixture_begin(f->db);
	db_store_effects(f->db, &effects);
	fixture_done(f, f->db);
	assert_string_equal(fixture_ask(f, "SELECT concat_ws(' ', sender, instance_id, correlation, variables) "
									   "FROM bpmnd.outbox WHERE id = 1"),
		"message 1100 {\"orderId\": 1} {\"a\": 1}");
	assert_string_equal(
		fixture_ask(f, "SELECT concat_ws(' ', sender, kind, last_root) FROM bpmnd.outbox WHERE id = 2"), "signal 2 0");
	effects_free(&effects);
	arena_free(arena);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_tree_hangs_together_again, clear),
		cmocka_unit_test_teardown(an_ended_instance_leaves_its_tree, clear),
		cmocka_unit_test_teardown(loops_and_timers_come_back, clear),
		cmocka_unit_test_teardown(subscriptions_come_and_go, clear),
		cmocka_unit_test_teardown(compensations_come_and_go, clear),
		cmocka_unit_test_teardown(any_id_of_the_tree_locks_its_root, clear),
		cmocka_unit_test_teardown(what_is_thrown_stands_in_the_outbox, clear),
	};
	return cmocka_run_group_tests_name("trees", tests, fixture_setup, fixture_teardown);
}
