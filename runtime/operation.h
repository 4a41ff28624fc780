/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations on many instances, an errand: a page of items is taken, each becomes a step of its instance, and what
 * became of it is stored in the same transaction. So each is done once, whatever node does it, and the progress is what
 * is stored.
 */
#ifndef RUNTIME_OPERATION_H
#define RUNTIME_OPERATION_H

#include "runtime/batch.h"

void operation_clear(struct errand_state *errand);
/* Adds what takes the items to the first group. */
void operation_ask(struct worker *worker, int limit);
/* The trees of the items have not been locked; and locking them. */
bool operation_has_questions(const struct errand_state *errand);
void operation_fetch(struct worker *worker);
/* Adds what became of the items to the last group; where none was left, operations have ended. */
void operation_store(struct worker *worker);

#endif
