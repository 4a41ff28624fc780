/* SPDX-License-Identifier: Apache-2.0
 *
 * The newcomer's server: private PostgreSQL, migrations, certificate, keys, examples, then the ordinary server, all in
 * one process and one folder.
 */
#ifndef API_DEV_H
#define API_DEV_H

#include <stdbool.h>

#include "base/err.h"

#define DEV_EXAMPLES "examples"

struct dev_options {
	const char *dir;      /* for our files; PostgreSQL's go beside it */
	const char *examples; /* folder whose *.bpmn are deployed */
	int argc;             /* further settings of the server */
	char **argv;
};

/* Serves until SIGTERM or SIGINT, then stops PostgreSQL too. The exit status; what kept it from starting is in err. */
int dev_run(const struct dev_options *options, struct err *err);

/* Deploys each *.bpmn of the folder; what is unchanged stays as it is. A file that cannot be deployed is logged. */
bool dev_examples_deploy(const char *conninfo, const char *folder, struct err *err) __attribute__((warn_unused_result));

#endif
