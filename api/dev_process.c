/* SPDX-License-Identifier: Apache-2.0
 *
 * fork, become another user, exec. Between fork and exec only what is allowed in the child of a process with threads.
 */
#include "config.h"

#include "api/dev_process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEV_PROCESS_NOT_STARTED 127

static const char *const dev_environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", NULL};

static bool dev_user_set(struct dev_user *user, const struct passwd *entry)
{
	if (!entry || strlen(entry->pw_name) >= sizeof user->name)
		return false;
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	strcpy(user->name, entry->pw_name);
	return true;
}

bool dev_user_by_name(struct dev_user *user, const char *name, struct err *err)
{
	return dev_user_set(user, getpwnam(name)) || err_set(err, ERR_INVALID, "this system has no user `%s`", name);
}

bool dev_user_by_uid(struct dev_user *user, uid_t uid, struct err *err)
{
	return dev_user_set(user, getpwuid(uid)) ||
		err_set(err, ERR_INVALID, "this system has no user %lu", (unsigned long)uid);
}

static bool dev_process_become(const struct dev_user *user)
{
	if (user->uid == geteuid())
		return true;
	return setgroups(0, NULL) == 0 && setgid(user->gid) == 0 && setuid(user->uid) == 0;
}

/* The thread that called may handle signals in its own way; the child begins with the defaults. */
static void dev_process_reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool dev_process_redirect(const struct dev_process *process, int input)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	int output = process->output >= 0 ? process->output : nowhere;

	return dup2(input >= 0 ? input : nowhere, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
		dup2(output, STDERR_FILENO) >= 0;
}

/* Becoming another user takes the wish for a signal back, so that comes first; exec keeps it. */
static void dev_process_exec(const struct dev_process *process, int input, pid_t parent)
{
	setsid();
	if (!dev_process_redirect(process, input) || !dev_process_become(process->user) || chdir("/") < 0)
		return;
	if (prctl(PR_SET_PDEATHSIG, SIGINT) < 0 || getppid() != parent)
		return;
	dev_process_reset_signals();
	execve(process->argv[0], (char *const *)(uintptr_t)process->argv, (char *const *)(uintptr_t)dev_environment);
}

static pid_t dev_process_fork(const struct dev_process *process, int input)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		dev_process_exec(process, input, parent);
		_exit(DEV_PROCESS_NOT_STARTED);
	}
	return pid;
}

pid_t dev_process_start(const struct dev_process *process)
{
	return dev_process_fork(process, -1);
}

int dev_process_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return DEV_PROCESS_NOT_STARTED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The text is shorter than a pipe's buffer: it can be written before anybody reads. */
static int dev_process_input(const char *text)
{
	int ends[2];

	if (!text || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	ssize_t n = write(ends[1], text, strlen(text));
	close(ends[1]);
	if (n == (ssize_t)strlen(text))
		return ends[0];
	close(ends[0]);
	return -1;
}

int dev_process_run(const struct dev_process *process)
{
	int input = dev_process_input(process->input);
	pid_t pid = dev_process_fork(process, input);

	if (input >= 0)
		close(input);
	return pid < 0 ? DEV_PROCESS_NOT_STARTED : dev_process_wait(pid);
}
