/* SPDX-License-Identifier: Apache-2.0
 *
 * The dev server's private PostgreSQL as files: where they are, whose they are, and what is in them.
 *
 *     HOME/data      the cluster
 *     HOME/socket    its Unix socket, when that path is short and plain enough for one (else a folder in /tmp)
 *     HOME/lock      held by the bpmnd dev that uses it
 *
 * HOME is the folder that the caller names (var/postgres). As root the cluster belongs to the system user `postgres`;
 * when that user cannot get at the folder (a checkout in /root), it becomes a link to a folder in /var/lib/bpmnd-dev
 * that is named after its path. A cluster that is there already keeps its owner.
 *
 * Who may connect: kernel-checked peers, the cluster's owner and root; there is no password and no TCP.
 */
#ifndef API_DEV_CLUSTER_H
#define API_DEV_CLUSTER_H

#include <stdbool.h>

#include "api/dev_process.h"
#include "base/arena.h"
#include "base/err.h"

struct dev_cluster {
	struct arena *arena; /* the caller's; holds the paths */
	struct dev_user owner;
	const char *home; /* absolute, without links */
	const char *data;
	const char *socket;
	const char *programs; /* folder of postgres, initdb, ... */
	const char *conninfo;
	int lock; /* the caller sets -1; >= 0: held */
	int log;  /* where PostgreSQL's own messages go; the caller's */
};

/* Finds or makes everything but the running server. ERR_CONFLICT when another bpmnd dev uses the cluster. */
bool dev_cluster_open(struct dev_cluster *cluster, const char *folder, struct err *err)
	__attribute__((warn_unused_result));
void dev_cluster_close(struct dev_cluster *cluster);

/* Runs one of PostgreSQL's programs as the cluster's owner; argv[0] is its name. The exit status. */
int dev_cluster_run(const struct dev_cluster *cluster, const char *const *argv, const char *input);
/* The absolute path of one of PostgreSQL's programs. */
const char *dev_cluster_program(const struct dev_cluster *cluster, const char *name);

#endif
