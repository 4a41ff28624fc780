/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process can do once it has shut itself in. Each attempt is a child, and its end tells.
 */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/sandbox.h"

#define NO_SANDBOX 9

/* The status of a child that attempts something inside; its standard input and output are `pipe`. */
static int attempt(void (*what)(void), int pipe)
{
	int status = 0;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(pipe, STDIN_FILENO);
		dup2(pipe, STDOUT_FILENO);
		if (!sandbox_enter())
			_exit(NO_SANDBOX);
		what();
		sandbox_exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void try_open(void)
{
	syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static void try_socket(void)
{
	syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static void try_fork(void)
{
	syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void try_exec(void)
{
	syscall(SYS_execve, "/bin/true", NULL, NULL);
}

static void try_memory(void)
{
	syscall(SYS_brk, NULL);
}

static void try_signal(void)
{
	syscall(SYS_kill, getppid(), 0);
}

static void everything_else_is_deadly(void **state)
{
	static void (*const attempts[])(void) = {try_open, try_socket, try_fork, try_exec, try_memory, try_signal};
	(void)state;
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		int status = attempt(attempts[i], STDIN_FILENO);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

static void try_to_compute(void)
{
	struct timespec now;
	char c = 0;
	if (read(STDIN_FILENO, &c, 1) != 1 || clock_gettime(CLOCK_REALTIME, &now) != 0)
		sandbox_exit(EXIT_FAILURE);
	c++;
	if (write(STDOUT_FILENO, &c, 1) != 1)
		sandbox_exit(EXIT_FAILURE);
}

static void reading_and_writing_is_allowed(void **state)
{
	int pair[2];
	char c = 'a';
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[0], &c, 1), 1);
	int status = attempt(try_to_compute, pair[1]);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_SUCCESS);
	assert_int_equal(read(pair[0], &c, 1), 1);
	assert_int_equal(c, 'b');
	close(pair[0]);
	close(pair[1]);
}

static void try_forever(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

static void time_is_limited(void **state)
{
	(void)state;
	int status = attempt(try_forever, STDIN_FILENO);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXCPU);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_else_is_deadly),
		cmocka_unit_test(reading_and_writing_is_allowed),
		cmocka_unit_test(time_is_limited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
