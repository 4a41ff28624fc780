/* SPDX-License-Identifier: Apache-2.0
 *
 * The statements around messages, signals and start events: who is a candidate, what is taken, what is left.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/messages.h"
#include "tests/db/fixture.h"

#define AT INT64_C(1795000000123456)
#define HOUR INT64_C(3600000000)

/* Roots 1 to 4 wait for "m": 1 and 2 with keys, 3 by a called instance 31, 4 with nothing; business keys are k1 to k4. */
static int somebody_waits(void **state)
{
	fixture_do(*state, "TRUNCATE bpmnd.instance, bpmnd.subscription, bpmnd.outbox, bpmnd.message, bpmnd.start_event, "
					   "history.message");
	fixture_do(*state,
		"INSERT INTO bpmnd.instance (id, root_id, parent_id, definition_id, version, status, business_key, started_at, "
		"started_by, variables) VALUES (1, 1, NULL, 7, 1, 1, 'k1', now(), 'x', '{\"city\": \"Ulm\", \"n\": 9}'), "
		"(2, 2, NULL, 7, 1, 1, 'k2', now(), 'x', '{\"city\": \"Ulm\"}'), (3, 3, NULL, 7, 1, 1, 'k3', now(), 'x', "
		"'{}'), "
		"(31, 3, 3, 7, 1, 1, 'k31', now(), 'x', '{\"list\": [1, 2]}'), "
		"(4, 4, NULL, 7, 1, 1, 'k4', now(), 'x', '{}')");
	fixture_do(*state,
		"INSERT INTO bpmnd.subscription (id, root_id, instance_id, definition_id, node, event, kind, satisfied, name, "
		"correlation) VALUES (101, 1, 1, 7, 3, 5, 1, false, 'm', '{\"n\": 1}'), "
		"(102, 2, 2, 7, 3, 5, 1, false, 'm', '{\"n\": 2, \"o\": 2}'), (131, 3, 31, 7, 3, 5, 1, false, 'm', NULL), "
		"(104, 4, 4, 7, 3, 5, 1, false, 'm', NULL), (105, 4, 4, 7, 3, 5, 1, false, 'other', NULL), "
		"(106, 4, 4, 7, 3, 5, 2, false, 'm', NULL)");
	return 0;
}

struct found {
	int64_t ids[16];
	size_t count;
};

static void on_candidate(void *context, const struct db_candidate *candidate)
{
	struct found *found = context;
	found->ids[found->count++] = candidate->subscription_id;
}

static struct found find(struct fixture *f, const struct db_message *message)
{
	struct found found = {0};
	fixture_begin(f->db);
	db_find_receivers(f->db, message, 1, &(struct db_receivers){.on_candidate = on_candidate, .context = &found});
	fixture_done(f, f->db);
	return found;
}

static void expect(struct fixture *f, struct db_message message, size_t count, int64_t first, int64_t last)
{
	message.name = message.name.len > 0 ? message.name : STR("m");
	message.for_all = true;
	struct found found = find(f, &message);
	assert_int_equal(found.count, count);
	if (count > 0) {
		assert_int_equal(found.ids[0], first);
		assert_int_equal(found.ids[count - 1], last);
	}
}

static void keys_come_before_variables(void **state)
{
	struct fixture *f = *state;
	expect(f, (struct db_message){.correlation = STR("{\"n\":1}")}, 1, 101, 101);
	expect(f, (struct db_message){.correlation = STR("{\"n\":1.00}")}, 1, 101, 101);
	expect(f, (struct db_message){.correlation = STR("{\"n\":2}")}, 0, 0, 0); /* half of what 102 declares */
	expect(f, (struct db_message){.correlation = STR("{\"o\":2,\"n\":2}")}, 1, 102, 102);
	expect(f, (struct db_message){.correlation = STR("{\"city\":\"Ulm\"}")}, 0, 0,
		0);                                                                   /* a variable of those who declare keys */
	expect(f, (struct db_message){.correlation = STR("{\"n\":9}")}, 0, 0, 0); /* its declared key says otherwise */
	expect(f, (struct db_message){.correlation = STR("{\"list\":[1]}")}, 0, 0, 0);
	expect(f, (struct db_message){.correlation = STR("{\"list\":[1,2]}")}, 1, 131, 131);
}

static void business_keys_and_instances_narrow(void **state)
{
	struct fixture *f = *state;
	expect(f, (struct db_message){0}, 4, 101, 131);
	expect(f, (struct db_message){.correlation = STR("{}")}, 4, 101, 131);
	expect(f, (struct db_message){.business_key = STR("k4")}, 1, 104, 104);
	expect(f, (struct db_message){.business_key = STR("k9")}, 0, 0, 0);
	expect(f, (struct db_message){.business_key = STR("k9"), .from_instance_id = 1}, 4, 101, 131);
	expect(f, (struct db_message){.business_key = STR("k4"), .from_instance_id = 1}, 1, 104, 104);
	expect(f, (struct db_message){.business_key = STR("k2"), .correlation = STR("{\"n\":1}")}, 0, 0, 0);
	expect(f, (struct db_message){.instance_id = 3}, 1, 131, 131);
	expect(f, (struct db_message){.instance_id = 31}, 1, 131, 131);
	expect(f, (struct db_message){.instance_id = 1, .correlation = STR("{\"n\":2}")}, 0, 0, 0);
	expect(f, (struct db_message){.instance_id = 99}, 0, 0, 0);
	expect(f, (struct db_message){.tenant = STR("t")}, 0, 0, 0);
	fixture_do(f, "UPDATE bpmnd.subscription SET tenant = 'u' WHERE root_id = 3");
	expect(f, (struct db_message){.instance_id = 3, .tenant = STR("t")}, 0, 0, 0);
	expect(f, (struct db_message){.instance_id = 3, .tenant = STR("u")}, 1, 131, 131);
	expect(f, (struct db_message){.instance_id = 3}, 1, 131, 131); /* for who is above tenants: the step asks */
	expect(f, (struct db_message){.name = STR("nobody")}, 0, 0, 0);
	struct db_message one = {.name = STR("m")};
	assert_int_equal(find(f, &one).count, 2);
}

struct locked {
	struct found trees;
	struct db_candidate receivers[16];
	size_t count;
};

static void on_tree(void *context, const struct db_locked_tree *tree)
{
	struct found *found = &((struct locked *)context)->trees;
	found->ids[found->count++] = tree->root_id;
	assert_int_equal(tree->definition_id, 7);
}

static void on_receiver(void *context, const struct db_candidate *candidate)
{
	struct locked *locked = context;
	memcpy(&locked->receivers[locked->count++], candidate, sizeof *candidate);
	assert_int_not_equal(candidate->version, 0);
}

/* What both statements tell of the receivers is the same. */
static void expect_locked(
	struct fixture *f, const struct db_message *messages, size_t count, const struct found *locked)
{
	struct locked found = {0}, again = {0};
	fixture_begin(f->db);
	db_lock_message_trees(f->db, &(struct db_subjects){.instances = (const int64_t[]){4}, .instance_count = 1},
		messages, count, &(struct db_receivers){on_tree, on_receiver, &found});
	db_find_receivers(f->db, messages, count, &(struct db_receivers){on_tree, on_receiver, &again});
	fixture_done(f, f->db);
	assert_int_equal(found.trees.count, locked->count);
	assert_memory_equal(found.trees.ids, locked->ids, locked->count * sizeof *locked->ids);
	assert_int_equal(again.trees.count, 0);
	assert_int_equal(found.count, again.count);
	assert_memory_equal(found.receivers, again.receivers, found.count * sizeof *found.receivers);
}

static void receivers_are_locked_in_order(void **state)
{
	struct fixture *f = *state;
	struct db_message messages[] = {
		{.name = STR("m"), .instance_id = 3}, {.name = STR("m"), .business_key = STR("k1")}};
	expect_locked(f, messages, 2, &(struct found){.ids = {1, 3, 4}, .count = 3});
	struct db_message keys[] = {{.name = STR("m"), .correlation = STR("{\"n\":1}")},
		{.name = STR("m"), .correlation = STR("{\"list\":[1,2]}")},
		{.name = STR("m"), .correlation = STR("{\"n\":3}")}};
	expect_locked(f, keys, 3, &(struct found){.ids = {1, 3, 4}, .count = 3});
	fixture_do(f, "UPDATE bpmnd.instance SET version = 7 WHERE id = 3");
	expect_locked(f, keys, 3, &(struct found){.ids = {1, 3, 4}, .count = 3});
}

static void suspended_instances_are_passed_by(void **state)
{
	struct fixture *f = *state;
	struct db_message messages[] = {{.name = STR("m"), .correlation = STR("{\"n\":1}")},
		{.name = STR("m"), .instance_id = 1}, {.name = STR("m"), .business_key = STR("k1")}};
	expect_locked(f, messages, 3, &(struct found){.ids = {1, 4}, .count = 2});
	fixture_do(f, "UPDATE bpmnd.instance SET status = 2 WHERE id = 1");
	expect_locked(f, messages, 3, &(struct found){.ids = {4}, .count = 1});
	expect(f, (struct db_message){0}, 3, 102, 131);
}

static void on_message(void *context, const struct db_message *message)
{
	struct found *found = context;
	found->ids[found->count++] = message->id;
	assert_true(str_equal(message->sender, STR("lin")));
}

static void keep(struct fixture *f, int64_t id, struct str name, int64_t expires_at)
{
	struct db_message_effects effects = {0};
	vec_add(&effects.kept,
		((struct db_message){.id = id, .name = name, .sender = STR("lin"), .at = AT, .expires_at = expires_at}));
	fixture_begin(f->db);
	db_store_messages(f->db, &effects);
	fixture_done(f, f->db);
	db_message_effects_free(&effects);
}

static void kept_messages_are_taken_when_somebody_waits(void **state)
{
	struct fixture *f = *state;
	keep(f, 1, STR("m"), AT + HOUR);
	keep(f, 2, STR("nobody"), AT + HOUR);
	keep(f, 3, STR("m"), AT - 1);
	keep(f, 4, STR("m"), AT + HOUR);
	struct found mine = {0}, theirs = {0};
	fixture_begin(f->db);
	db_begin(f->db);
	db_take_kept_messages(f->db, 1, 0, AT, on_message, &mine);
	fixture_done(f, f->db);
	fixture_begin(f->other);
	db_take_kept_messages(f->other, 10, 0, AT, on_message, &theirs);
	db_expire_messages(f->other, AT, 10);
	fixture_done(f, f->other);
	fixture_begin(f->db);
	db_commit(f->db);
	fixture_done(f, f->db);
	assert_int_equal(mine.count, 1);
	assert_int_equal(mine.ids[0], 1);
	assert_int_equal(theirs.count, 1);
	assert_int_equal(theirs.ids[0], 4);
	assert_string_equal(fixture_ask(f, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM bpmnd.message"), "1 2 4");
	assert_string_equal(fixture_ask(f, "SELECT concat_ws(' ', id, outcome) FROM history.message"), "3 3");
	assert_string_equal(fixture_ask(f, "SELECT string_agg(state, ' ' ORDER BY message_id) FROM report.message"),
		"kept kept expired kept");
}

struct page {
	struct locked locked;
	struct db_broadcast signal;
};

static void on_broadcast(void *context, const struct db_broadcast *broadcast)
{
	struct db_broadcast *signal = &((struct page *)context)->signal;
	memcpy(signal, broadcast, sizeof *signal);
	assert_int_equal(broadcast->kind, SUBSCRIPTION_SIGNAL);
	assert_true(str_equal(broadcast->name, STR("m")));
	assert_true(str_equal(broadcast->sender, STR("lin")));
}

static struct page take_page(struct fixture *f, struct db *db, int limit)
{
	struct page page = {0};
	fixture_begin(db);
	db_take_broadcast(db, limit, &(struct db_broadcast_page){on_broadcast, on_tree, &page});
	fixture_done(f, db);
	return page;
}

/* Of a page that is larger than what is remembered. */
static void on_any_tree(void *context, const struct db_locked_tree *tree)
{
	((struct page *)context)->locked.trees.count++;
	assert_int_equal(tree->version, 1);
}

static void expect_page(const struct page *page, int64_t id, size_t count, int64_t first, int64_t last)
{
	assert_int_equal(page->signal.id, id);
	assert_int_equal(page->signal.trees, count);
	assert_int_equal(page->signal.last_root, last);
	assert_int_equal(page->locked.trees.count, count);
	assert_int_equal(page->locked.trees.ids[0], first);
	assert_int_equal(page->locked.trees.ids[count - 1], last);
}

static void on_result(void *context, int result)
{
	*(int *)context = result;
}

static void a_signal_goes_page_by_page(void **state)
{
	struct fixture *f = *state;
	fixture_do(f, "UPDATE bpmnd.subscription SET kind = 2");
	fixture_do(f,
		"INSERT INTO bpmnd.subscription (id, root_id, instance_id, definition_id, node, event, kind, satisfied, "
		"name, created_at) VALUES (109, 9, 9, 7, 3, 5, 2, false, 'm', now() + interval '1 hour')");
	int waiting = -1;
	fixture_begin(f->db);
	db_insert_broadcast(f->db,
		&(struct db_broadcast){.id = 50, .kind = SUBSCRIPTION_SIGNAL, .name = STR("m"), .sender = STR("lin"), .at = AT},
		on_result, &waiting);
	fixture_done(f, f->db);
	assert_int_equal(waiting, 0); /* conditions only are counted */
	fixture_begin(f->db);
	db_begin(f->db);
	fixture_done(f, f->db);
	struct page page = take_page(f, f->db, 2);
	expect_page(&page, 50, 2, 1, 2);
	assert_false(page.signal.parted || page.signal.starts_done);
	assert_int_equal(take_page(f, f->other, 2).signal.id, 0); /* nobody else has it meanwhile */
	fixture_begin(f->db);
	db_advance_broadcast(f->db, &page.signal, NULL, 0);
	db_commit(f->db);
	fixture_done(f, f->db);
	page = take_page(f, f->other, 9);
	expect_page(&page, 50, 2, 3, 4);
	assert_true(page.signal.starts_done);
	fixture_do(f, "DELETE FROM bpmnd.instance WHERE id = 3"); /* it has ended, the page passes it by */
	page = take_page(f, f->other, 1);
	assert_int_equal(page.signal.trees, 1);
	assert_int_equal(page.signal.last_root, 3);
	assert_int_equal(page.locked.trees.count, 0);
	fixture_begin(f->db);
	db_delete_broadcast(f->db, 50);
	fixture_done(f, f->db);
	assert_int_equal(take_page(f, f->db, 2).signal.id, 0);
}

/* Each tree is in one part of what is left, and nobody holds up who has another part. */
static void a_signal_is_parted(void **state)
{
	struct fixture *f = *state;
	fixture_do(f,
		"INSERT INTO bpmnd.instance (id, root_id, definition_id, version, status, started_at, started_by, variables) "
		"SELECT n, n, 7, 1, 1, now(), 'x', '{}' FROM generate_series(1000, 1999) AS n;"
		"INSERT INTO bpmnd.subscription (id, root_id, instance_id, definition_id, node, event, kind, satisfied, name) "
		"SELECT n, n, n, 7, 3, 5, 2, false, 'm' FROM generate_series(1000, 1999) AS n;"
		"INSERT INTO bpmnd.outbox (id, kind, name, sender, at, expires_at, last_root) "
		"VALUES (50, 2, 'm', 'lin', now(), now(), 1009)");
	struct db_broadcast signal = {.id = 50, .last_root = 1019};
	fixture_begin(f->db);
	db_advance_broadcast(f->db, &signal, (const int64_t[]){51, 52, 53}, 3);
	db_advance_broadcast(f->db, &signal, NULL, 0);
	fixture_done(f, f->db);
	assert_string_equal(
		fixture_ask(f, "SELECT string_agg(concat_ws(' ', id, last_root, starts_done, part, parts), ',' ORDER BY id) "
					   "FROM bpmnd.outbox"),
		"50 1019 t 0 4,51 1019 t 1 4,52 1019 t 2 4,53 1019 t 3 4");
	assert_string_equal(fixture_ask(f, "SELECT count(DISTINCT created_at) FROM bpmnd.outbox"), "1");
	size_t trees = 0;
	for (int64_t id = 50; id <= 53; id++) {
		struct page page = {0};
		fixture_begin(f->db);
		db_take_broadcast(f->db, 2000, &(struct db_broadcast_page){on_broadcast, on_any_tree, &page});
		db_delete_broadcast(f->db, id);
		fixture_done(f, f->db);
		assert_int_equal(page.signal.id, id);
		assert_true(page.signal.parted && page.signal.trees > 150);
		assert_int_equal(page.locked.trees.count, page.signal.trees);
		trees += page.signal.trees;
	}
	assert_int_equal(trees, 980);
}

static void on_events(void *context, const struct db_waiting_events *events)
{
	*(struct db_waiting_events *)context = *events;
}

static void looking_tells_what_is_to_be_done(void **state)
{
	struct fixture *f = *state;
	struct db_waiting_events events = {.thrown = true};
	fixture_begin(f->other);
	db_look_for_events(f->other, on_events, &events);
	fixture_done(f, f->other);
	assert_false(events.thrown || events.broadcasts || events.kept);
	assert_int_equal(events.next_start, 0);
	keep(f, 1, STR("m"), AT + HOUR);
	fixture_do(f, "INSERT INTO bpmnd.outbox (id, kind, name, sender, at, expires_at) VALUES "
				  "(1, 1, 'm', 'message', now(), now()), (2, 3, NULL, 'lin', now(), now())");
	fixture_begin(f->other);
	db_look_for_events(f->other, on_events, &events);
	fixture_done(f, f->other);
	assert_true(events.thrown && events.broadcasts && events.kept);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_wrap(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(keys_come_before_variables, somebody_waits),
		cmocka_unit_test_setup(business_keys_and_instances_narrow, somebody_waits),
		cmocka_unit_test_setup(receivers_are_locked_in_order, somebody_waits),
		cmocka_unit_test_setup(suspended_instances_are_passed_by, somebody_waits),
		cmocka_unit_test_setup(kept_messages_are_taken_when_somebody_waits, somebody_waits),
		cmocka_unit_test_setup(a_signal_goes_page_by_page, somebody_waits),
		cmocka_unit_test_setup(a_signal_is_parted, somebody_waits),
		cmocka_unit_test_setup(looking_tells_what_is_to_be_done, somebody_waits),
	};
	return cmocka_run_group_tests_name("messages", tests, fixture_setup, fixture_teardown);
}
