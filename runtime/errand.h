/* SPDX-License-Identifier: Apache-2.0
 *
 * What a worker does beside requests and timers: thrown messages, kept messages that find a receiver, signals tree by
 * tree, timers that begin instances. Each is rows in the database; a batch of its own takes some of them with SKIP
 * LOCKED, steps, and notes the progress in the same transaction, so that everything happens once whatever node does it.
 * Batches of errands take turns with all others.
 */
#ifndef RUNTIME_ERRAND_H
#define RUNTIME_ERRAND_H

#include "runtime/batch.h"

/* There is one, and others have had their turn. */
bool errand_has_turn(struct worker *worker);
/* The batch that opens is for it. */
void errand_begin(struct worker *worker);
void errand_clear(struct errand_state *errand);
/* Adds what takes the rows to the first group. */
void errand_ask(struct worker *worker);
/* Start events that a signal may begin have not been asked for; and asking for them. */
bool errand_has_questions(const struct batch *batch);
void errand_fetch(struct worker *worker);
/* Definitions that it starts; false when one is not known (here). */
bool errand_want_definitions(struct worker *worker);
enum batch_verdict errand_step(struct worker *worker);
/* Adds the progress to the last group. */
void errand_store(struct worker *worker);
/* It is committed: what is left over comes next. */
void errand_succeed(struct worker *worker);
/* It was rolled back. */
void errand_run_again(struct worker *worker);

/* Another worker has asked for help. */
void errand_answer_bell(struct worker *worker);
/* Something is on its way since this batch: it is looked for at once. */
void errand_note_batch(struct worker *worker);
/* A timer that begins instances. */
void errand_note_start(struct worker *worker, int64_t due);
/* On the tick: timers that are due, and once a second what others have left. */
void errand_look(struct worker *worker, int64_t monotonic);

#endif
