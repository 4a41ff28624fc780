/* SPDX-License-Identifier: Apache-2.0
 *
 * Bringing messages to their receivers: to the one that waits, else to the one start event, or to all. Receivers are
 * found by the statement that locks their trees, and once more behind the locks where a tree has changed in between;
 * who is not locked then makes the message wait for the next batch.
 */
#ifndef RUNTIME_DELIVER_H
#define RUNTIME_DELIVER_H

#include "runtime/batch.h"

/* The message of a WORK_MESSAGE joins the batch. */
void deliver_add_request(struct worker *worker, struct work *work);
/* A row of the outbox, or a kept message (batch->errand says which), joins the batch. */
void deliver_add_row(void *worker, const struct db_message *row);
/* Messages whose receivers have not been looked for, or have changed before they were locked. */
bool deliver_has_questions(const struct batch *batch);
/* Locks the subjects' trees together with those of the receivers, which it finds; or, behind that, finds them again. */
void deliver_ask(struct worker *worker, const struct db_subjects *subjects);
/* Definitions that messages begin; false when one is not known (here). */
bool deliver_want_definitions(struct worker *worker);

/* Steps the receivers of a work's message. */
enum batch_verdict deliver_request(struct worker *worker, struct work *work);
/* Steps those of all others. */
enum batch_verdict deliver_rows(struct worker *worker);
/* JSON object -> variables of a command, in the arena. */
const struct command_variable *deliver_variables(struct arena *arena, struct str json, size_t *count);
/* ... and back; empty for none. */
struct str deliver_variables_json(struct arena *arena, const struct command_variable *variables, size_t count);

#endif
