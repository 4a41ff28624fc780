/* SPDX-License-Identifier: Apache-2.0
 *
 * The dev server's private PostgreSQL as a process: started, kept running, and never left behind. It is a child of
 * ours that is told when we die, even by kill -9; what an earlier run left is ended before a new one starts.
 */
#ifndef API_DEV_POSTGRES_H
#define API_DEV_POSTGRES_H

#include "api/dev_cluster.h"
#include "base/err.h"

struct dev_postgres;

/* Starts PostgreSQL on an open cluster, which must outlive it, and returns when it takes connections; NULL: err. */
struct dev_postgres *dev_postgres_start(const struct dev_cluster *cluster, struct err *err)
	__attribute__((warn_unused_result));
/* Shuts it down and waits; NULL is fine. */
void dev_postgres_stop(struct dev_postgres *postgres);

#endif
