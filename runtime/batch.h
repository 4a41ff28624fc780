/* SPDX-License-Identifier: Apache-2.0
 *
 * One batch: from the works it was opened with to their answers. Its life is a short list of groups of statements; what each
 * group must ask is worked out from what is still missing, so that a batch of plain starts needs one round trip and
 * one that must load trees needs three.
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
/* Reads the catalog anew. */
void batch_refresh_catalog(struct worker *worker);
void batch_refresh_done(struct worker *worker, bool publish);

/* ---- batch_step.c: commands to effects, effects to answers ---- */

enum batch_verdict { BATCH_GOOD, BATCH_AGAIN };
/* Steps every item and renders every answer. BATCH_AGAIN: a step was exhausted; roll back and run again. */
enum batch_verdict batch_step(struct worker *worker);
/* The definition that a start means; false when it is not known (here). */
bool batch_definition(const struct worker *worker, const struct work_item *item, struct definition *out);
/* The tree of an item: its root id, or 0 when the subject is gone. */
int64_t batch_item_root(const struct batch *batch, const struct work_item *item);

#endif
