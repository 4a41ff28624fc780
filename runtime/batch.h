/* SPDX-License-Identifier: Apache-2.0
 *
 * One batch: from the works it was opened with to their answers. Its life is a short list of groups of statements; what
 * each group must ask is worked out from what is still missing, so that a batch of plain starts needs one round trip
 * and one that must load trees needs three.
 *
 *     open ─► ask (answers, locks, timers) ─► fetch (what is missing; repeats) ─► step, render ─► store, COMMIT ─► answer
 *                                                                      │                        │
 *                                                   an exhausted step, │ an old catalog         │ a refused statement
 *                                                                      └──► ROLLBACK, run again ◄┘ (one by one)
 */
#ifndef RUNTIME_BATCH_H
#define RUNTIME_BATCH_H

#include "runtime/worker.h"

/* Opens the batch with as many queued works as it may hold and sends the first group. The worker must be ready and have
 * something queued or timers due. It is open until everything is answered or queued again. */
void batch_open(struct worker *worker);

/* ---- batch_ask.c: what a batch needs from the database before it can step ---- */

/* True when the first group has something to ask. */
bool batch_has_questions(const struct batch *batch);
/* Adds stored answers, locks, subjects and due timers to the open group. */
void batch_ask(struct worker *worker);
/* What is still missing; true when there is something to fetch. */
bool batch_find_missing(struct worker *worker);
/* Adds it to the open group. */
void batch_fetch(struct worker *worker);
/* The graph of that definition will be needed; false when the definition is not known (here). */
bool batch_want_definition(struct worker *worker, int64_t id);
/* Adds the locks of the instances' trees to the open group, and which tree each belongs to. */
void batch_lock_instances(struct worker *worker, const int64_t *ids, size_t count);
void batch_on_tree(void *worker, const struct db_locked_tree *tree);
/* Reads the catalog anew. */
void batch_refresh_catalog(struct worker *worker);
void batch_refresh_done(struct worker *worker, bool publish);

/* ---- batch_work.c ---- */

/* Works that are no steps: a statement of theirs is still to be sent; and sending it. */
bool work_has_statements(const struct work *work);
void work_send(struct worker *worker, struct work *work);

/* ---- batch_subject.c: what items name ---- */

/* Everything that the items name, by kind; in the batch's arena. */
struct db_subjects batch_list_subjects(const struct batch *batch);
/* It names something that must be looked up. */
bool batch_item_is_named(const struct work_item *item);
/* The instance that an item is for by its id; 0: it names something else. */
int64_t batch_item_instance(const struct work_item *item);
/* The tree of an item: its root id, or 0 when the subject is gone. */
int64_t batch_item_root(const struct batch *batch, const struct work_item *item);

/* ---- batch_count.c: metrics ---- */

/* The transaction; and what it has done, when it is durable. */
void batch_count(struct worker *worker);
void batch_count_effects(struct worker *worker);

/* ---- batch_step.c: commands to effects, effects to answers ---- */

enum batch_verdict { BATCH_GOOD, BATCH_AGAIN };
/* Steps one item of the work; item->err says when it was refused. */
enum batch_verdict batch_step_item(struct worker *worker, struct work *work, struct work_item *item);
/* Steps every item and renders every answer. BATCH_AGAIN: a step was exhausted; roll back and run again. */
enum batch_verdict batch_step(struct worker *worker);
/* The definition that a start means; false when it is not known (here). */
bool batch_definition(const struct worker *worker, const struct work_item *item, struct definition *out);
/* The work is the batch's own: nobody submitted it. */
bool batch_owns(const struct batch *batch, const struct work *work);
/* What PostgreSQL refused may go well as it is. */
bool batch_failure_passes(const struct db_failure *failure);

#endif
