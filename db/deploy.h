/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of a deployment's transaction.
 */
#ifndef DB_DEPLOY_H
#define DB_DEPLOY_H

#include <stdint.h>

struct db;
struct graph;

/* Rows for the nodes of a definition, where the statement before has made it. */
void deploy_insert_elements(struct db *db, int64_t definition_id, const struct graph *graph);
/* Rows for its flows, likewise. */
void deploy_insert_flows(struct db *db, int64_t definition_id, const struct graph *graph);

#endif
