/* SPDX-License-Identifier: Apache-2.0
 *
 * A socket pair is the child's standard input and output, and all it has. The request ends with the parent's side, the
 * answer with the child. Who takes too long, or says too much, is killed.
 */
#include "config.h"

#include "runtime/script_process.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/alloc.h"
#include "runtime/javascript.h"
#include "runtime/sandbox.h"

struct script_process {
	struct bufferevent *pipe;
	struct event *deadline;
	script_on_end on_end;
	void *context;
	pid_t pid; /* 0: it has been waited for */
	bool too_long;
	bool too_much;
};

/* ---- the end ---- */

static void process_judge(const struct script_process *process, int status, struct err *err)
{
	if (process->too_much)
		err_set(err, ERR_EXPRESSION, "the script's variables are larger than %u MiB", SCRIPT_ANSWER_MAX >> 20);
	else if (process->too_long)
		err_set(err, ERR_EXPRESSION, "the script took more than %d s", (int)(SCRIPT_TIME_MICROS / 1000000));
	else if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
		err_set(err, ERR_EXPRESSION, "the script took more than %d s of CPU time", SANDBOX_CPU_SECONDS);
	else if (WIFSIGNALED(status))
		err_set(err, ERR_EXPRESSION, "the script's process ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != EXIT_SUCCESS)
		err_set(err, ERR_UNAVAILABLE, "scripts cannot be run on this server: no sandbox");
}

/* The child has closed its side, which only its end does: the wait is short. */
static int process_wait(struct script_process *process)
{
	int status = 0;
	while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
		;
	process->pid = 0;
	return status;
}

static void process_end(struct script_process *process)
{
	struct err err = {0};
	struct evbuffer *answer = bufferevent_get_input(process->pipe);
	process_judge(process, process_wait(process), &err);
	size_t len = evbuffer_get_length(answer);
	const char *text = (const char *)evbuffer_pullup(answer, -1);
	process->on_end(process->context, (struct str){text, len}, &err);
	script_process_free(process);
}

/* ---- events ---- */

static void on_process_written(struct bufferevent *pipe, void *context)
{
	(void)context;
	shutdown(bufferevent_getfd(pipe), SHUT_WR);
	bufferevent_disable(pipe, EV_WRITE);
}

static void on_process_read(struct bufferevent *pipe, void *context)
{
	struct script_process *process = context;
	if (evbuffer_get_length(bufferevent_get_input(pipe)) <= SCRIPT_ANSWER_MAX || process->too_much)
		return;
	process->too_much = true;
	kill(process->pid, SIGKILL);
}

/* A child that did not read all of its request has ended early: what it did say is read first. */
static void on_process_event(struct bufferevent *pipe, short what, void *context)
{
	if (what & BEV_EVENT_READING)
		process_end(context);
	else
		bufferevent_disable(pipe, EV_WRITE);
}

static void on_process_deadline(evutil_socket_t fd, short what, void *context)
{
	struct script_process *process = context;
	(void)fd;
	(void)what;
	process->too_long = true;
	kill(process->pid, SIGKILL);
}

/* ---- the beginning ---- */

/* Nothing of this process goes along: no environment, no blocked or ignored signal, and files close on exec. */
static int process_spawn(const char *program, int pipe, pid_t *pid)
{
	char subcommand[] = SCRIPT_SUBCOMMAND, name[] = "bpmnd", zone[] = "TZ=UTC0";
	char *const argv[] = {name, subcommand, NULL}, *const environment[] = {zone, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_adddup2(&actions, pipe, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
	int failure = posix_spawn(pid, program, &actions, &attributes, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failure;
}

static void process_listen(struct script_process *process, struct event_base *base, int pipe, struct str request)
{
	const struct timeval limit = {.tv_sec = SCRIPT_TIME_MICROS / 1000000};
	evutil_make_socket_nonblocking(pipe);
	process->pipe = bufferevent_socket_new(base, pipe, BEV_OPT_CLOSE_ON_FREE);
	process->deadline = evtimer_new(base, on_process_deadline, process);
	bufferevent_setcb(process->pipe, on_process_read, on_process_written, on_process_event, process);
	bufferevent_write(process->pipe, request.ptr, request.len);
	bufferevent_enable(process->pipe, EV_READ | EV_WRITE);
	evtimer_add(process->deadline, &limit);
}

struct script_process *script_process_start(struct event_base *base, const char *program, struct str request,
	script_on_end on_end, void *context, struct err *err)
{
	int pipe[2];
	pid_t pid;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipe) != 0) {
		err_set(err, ERR_UNAVAILABLE, "no socket for a script: %s", strerror(errno));
		return NULL;
	}
	int failure = process_spawn(program, pipe[1], &pid);
	close(pipe[1]);
	if (failure != 0) {
		close(pipe[0]);
		err_set(err, ERR_UNAVAILABLE, "no process for a script: %s", strerror(failure));
		return NULL;
	}
	struct script_process *process = alloc_new(struct script_process);
	*process = (struct script_process){.on_end = on_end, .context = context, .pid = pid};
	process_listen(process, base, pipe[0], request);
	return process;
}

void script_process_free(struct script_process *process)
{
	if (process->pid > 0) {
		kill(process->pid, SIGKILL);
		(void)process_wait(process);
	}
	event_free(process->deadline);
	bufferevent_free(process->pipe);
	free(process);
}
