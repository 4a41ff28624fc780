/* SPDX-License-Identifier: Apache-2.0
 *
 * What crosses trees: messages for one receiver, signals for all, and the events that begin instances. Like
 * statements.h: each function adds its statements to the open group; slices in rows live until the receiver returns.
 */
#ifndef DB_MESSAGES_H
#define DB_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"
#include "db/db.h"
#include "db/statements.h"

/* ---- messages ---- */

struct db_message {
	int64_t id; /* of its row in the outbox, or among the kept */
	struct str name;
	struct str tenant;
	int64_t instance_id;      /* only for this one and those that it called; 0: any */
	struct str business_key;  /* empty: any */
	struct str correlation;   /* JSON object; empty: none */
	struct str variables;     /* JSON object; empty: none */
	bool for_all;             /* for all that wait, not for one */
	bool may_administer;      /* its sender: without a tenant he reaches the instances of all */
	int64_t from_instance_id; /* the process that threw it; 0: a request */
	struct str sender;
	int64_t at;
	int64_t expires_at; /* nobody waits: kept until then */
};

#define DB_RECEIVERS_MAX 10000 /* of a message for all */

/* Who can take a message: a subscription, or (subscription_id 0) a start event. */
struct db_candidate {
	size_t message; /* index in what was asked */
	int64_t definition_id;
	int32_t node;
	int32_t event;
	int64_t subscription_id;
	int64_t instance_id;
	int64_t root_id;
	int64_t version; /* of the tree, when it was looked at */
};
/* db_lock_trees, with the trees of everybody who waits for one of the messages. What is told of those is from before
 * the lock: where the version is no longer the tree's, db_find_receivers tells anew. on_candidate after on_tree, by
 * message, subscriptions first; of a message for one receiver two subscriptions and two start events at most. */
struct db_receivers {
	void (*on_tree)(void *context, const struct db_locked_tree *tree);
	void (*on_candidate)(void *context, const struct db_candidate *candidate);
	void *context;
};
void db_lock_message_trees(struct db *db, const struct db_subjects *subjects, const struct db_message *messages,
	size_t count, const struct db_receivers *receivers);
/* Calls on_candidate only. */
void db_find_receivers(
	struct db *db, const struct db_message *messages, size_t count, const struct db_receivers *receivers);

/* Messages that were thrown, and kept ones (behind that id) that somebody can take by now: their rows are locked. */
void db_take_thrown_messages(
	struct db *db, int limit, void (*on_message)(void *context, const struct db_message *message), void *context);
void db_take_kept_messages(struct db *db, int limit, int64_t behind, int64_t now,
	void (*on_message)(void *context, const struct db_message *message), void *context);

/* Values are in the database. */
enum db_message_outcome { DB_MESSAGE_DELIVERED = 1, DB_MESSAGE_NOT_DELIVERED = 2, DB_MESSAGE_EXPIRED = 3 };
struct db_ended_message {
	struct db_message message;
	int64_t ended_at;
	int64_t to_instance_id; /* 0: nobody */
	int16_t outcome;
};

/* What became of the messages of a batch. */
struct db_message_effects {
	VEC(struct db_message) kept;
	VEC(struct db_ended_message) ended;
	VEC(int64_t) gone_thrown; /* leave the outbox */
	VEC(int64_t) gone_kept;
};
void db_message_effects_clear(struct db_message_effects *effects);
void db_message_effects_free(struct db_message_effects *effects);
void db_store_messages(struct db *db, const struct db_message_effects *effects);

void db_expire_messages(struct db *db, int64_t now, int limit);

/* ---- broadcasts: a signal, or conditions to be asked everywhere ---- */

struct db_broadcast {
	int64_t id;
	enum subscription_kind kind; /* SIGNAL, CONDITION */
	struct str name;
	struct str tenant;
	struct str variables; /* JSON object; empty: none */
	struct str sender;
	int64_t at;
	bool starts_done;
	bool parted;
	/* its page */
	size_t trees;
	int64_t last_root;
};
/* on_result: how many conditions there are to ask; a signal counts nobody. */
void db_insert_broadcast(
	struct db *db, const struct db_broadcast *broadcast, void (*on_result)(void *context, int result), void *context);
/* The oldest one, or part of one, that nobody else has, with its row locked, and the next trees that waited for it,
 * locked in id order: on_tree after on_broadcast, but for trees that have ended meanwhile. No call when there is
 * none. */
struct db_broadcast_page {
	void (*on_broadcast)(void *context, const struct db_broadcast *broadcast);
	void (*on_tree)(void *context, const struct db_locked_tree *tree);
	void *context;
};
void db_take_broadcast(struct db *db, int limit, const struct db_broadcast_page *page);
/* It has reached all trees of its page, and its start events; with ids of other parts, what is left is parted.
 * Delivered: there is no other tree, it goes. */
void db_advance_broadcast(
	struct db *db, const struct db_broadcast *broadcast, const int64_t *part_ids, size_t part_count);
void db_delete_broadcast(struct db *db, int64_t id);

/* ---- start events ---- */

struct db_start_event {
	int64_t definition_id;
	int32_t node;
	int32_t event;
	struct str tenant;
	/* timers */
	int64_t first_due_at; /* firings are counted from here */
	int64_t due_at;
	int64_t fired;  /* so far */
	int64_t repeat; /* firings after the first; -1 without end */
	struct str cycle;
};
void db_find_broadcast_starts(struct db *db, const struct db_broadcast *broadcast,
	void (*on_start)(void *context, const struct db_start_event *start), void *context);
/* Timers whose time has come: their rows are locked. */
void db_take_due_starts(struct db *db, int64_t now, int limit,
	void (*on_start)(void *context, const struct db_start_event *start), void *context);
/* They have fired; due_at is the next firing, 0: that was the last. */
void db_update_start_events(struct db *db, const struct db_start_event *starts, size_t count);

/* ---- looking ---- */

struct db_waiting_events {
	int64_t next_start; /* when the next timer begins an instance; 0: none does */
	bool thrown;        /* messages on their way */
	bool broadcasts;
	bool kept;
	bool operations; /* that have not ended */
};
void db_look_for_events(
	struct db *db, void (*on_events)(void *context, const struct db_waiting_events *events), void *context);

#endif
