/* SPDX-License-Identifier: Apache-2.0
 *
 * What is stored of the past of one tree, as it is done again (engine/replay.h). Receivers and groups are those of
 * statements.h.
 */
#ifndef DB_HISTORY_H
#define DB_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"
#include "engine/replay.h"

/* All instances of the tree of that one, living and ended; no call where there is none. */
void db_find_tree(
	struct db *db, int64_t instance_id, void (*on_instance)(void *context, int64_t id, int64_t root_id), void *context);

/* Adds the history of those instances, which are a whole tree; texts are in the arena of history->rows. What lives is
 * not read. */
void db_read_history(
	struct db *db, int64_t root_id, const int64_t *instances, size_t count, struct replay_history *history);

#endif
