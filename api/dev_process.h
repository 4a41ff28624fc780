/* SPDX-License-Identifier: Apache-2.0
 *
 * Child processes of the dev server: PostgreSQL and its tools. They run as a given system user (PostgreSQL refuses to
 * be root), in /, in a session of their own, with a small fixed environment, so that nothing of the caller's PG*
 * variables reaches them. They get SIGINT when the thread that started them ends, however that happens.
 */
#ifndef API_DEV_PROCESS_H
#define API_DEV_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define DEV_USER_NAME_MAX 64

struct dev_user {
	uid_t uid;
	gid_t gid;
	char name[DEV_USER_NAME_MAX];
};

/* Looks a system user up; ERR_INVALID when there is none. */
bool dev_user_by_name(struct dev_user *user, const char *name, struct err *err) __attribute__((warn_unused_result));
bool dev_user_by_uid(struct dev_user *user, uid_t uid, struct err *err) __attribute__((warn_unused_result));

struct dev_process {
	const char *const *argv; /* argv[0] is an absolute path; ends with NULL */
	const struct dev_user *user;
	const char *input; /* short text for its standard input; NULL: /dev/null */
	int output;        /* where its standard output and error go; -1: /dev/null */
};

/* Runs it to its end; the exit status, or 128 + the signal that ended it, or 127 when it could not be started. */
int dev_process_run(const struct dev_process *process);
/* Starts it; -1: errno. `input` is not for these. */
pid_t dev_process_start(const struct dev_process *process);
/* Waits for its end; status as above. */
int dev_process_wait(pid_t pid);

#endif
