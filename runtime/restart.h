/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting once more what an instance is or was: its definition and variables are read before the start can be stepped.
 */
#ifndef RUNTIME_RESTART_H
#define RUNTIME_RESTART_H

#include "runtime/batch.h"

/* Starts that name an instance have not been looked up. */
bool restart_has_questions(const struct batch *batch);
/* Adds the look-up to the open group. */
void restart_fetch(struct worker *worker);

#endif
