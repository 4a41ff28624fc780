/* SPDX-License-Identifier: Apache-2.0
 *
 * How a change of the catalog begins; deploy.c begins one as well.
 */
#ifndef DB_CATALOG_H
#define DB_CATALOG_H

#include "db/db_private.h"

/* Alone with the catalog until the transaction ends, under a new generation. */
void catalog_begin_change(struct db *db);
/* Definitions came or went: the start events of the newest count. */
void catalog_settle_start_events(struct db *db);

#endif
