/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits first, then a seccomp filter that kills the process on every system call but a few that harm nobody. As none
 * of them opens, maps or forks, there is no file, no network, no other process and no more memory; the limits hold what
 * can be had without a call: CPU time and the stack.
 */
#include "config.h"

#include "runtime/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SANDBOX_STACK_BYTES (8u << 20)

#if defined(__x86_64__)
#define SANDBOX_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SANDBOX_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef SANDBOX_ARCH
#define SANDBOX_EXIT SYS_exit_group
#else
#define SANDBOX_EXIT SYS_exit /* the kernel's strict mode knows no other */
#endif

void *sandbox_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

/* The soft CPU limit names the cause by its signal, the hard one cannot be missed. */
static bool sandbox_limit(void)
{
	static const struct {
		enum __rlimit_resource resource;
		struct rlimit limit;
	} limits[] = {
		{RLIMIT_CPU, {SANDBOX_CPU_SECONDS, SANDBOX_CPU_SECONDS + 1}},
		{RLIMIT_STACK, {SANDBOX_STACK_BYTES, SANDBOX_STACK_BYTES}},
		{RLIMIT_CORE, {0, 0}},
		{RLIMIT_FSIZE, {0, 0}},
		{RLIMIT_NOFILE, {0, 0}},
		{RLIMIT_NPROC, {0, 0}},
	};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (setrlimit(limits[i].resource, &limits[i].limit) != 0)
			return false;
	return true;
}

#ifdef SANDBOX_ARCH

#define SANDBOX_LOAD(member) \
	(struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, member))
#define SANDBOX_SKIP(equal, if_so, if_not) \
	(struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(equal), (if_so), (if_not))
#define SANDBOX_RETURN(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (action))
#define SANDBOX_ALLOW(call) SANDBOX_SKIP(SYS_##call, 0, 1), SANDBOX_RETURN(SECCOMP_RET_ALLOW)

/* The clock is a system call only where the kernel does not map it into the process. */
static bool sandbox_filter(void)
{
	struct sock_filter program[] = {
		SANDBOX_LOAD(arch),
		SANDBOX_SKIP(SANDBOX_ARCH, 1, 0), /* calls have other numbers elsewhere */
		SANDBOX_RETURN(SECCOMP_RET_KILL_PROCESS),
		SANDBOX_LOAD(nr),
		SANDBOX_ALLOW(read),
		SANDBOX_ALLOW(write),
		SANDBOX_ALLOW(exit_group),
		SANDBOX_ALLOW(clock_gettime),
		SANDBOX_ALLOW(gettimeofday),
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
		SANDBOX_ALLOW(sigaltstack), /* the sanitizers' own, before each longjmp and for their notes */
		SANDBOX_ALLOW(mmap),
#endif
		SANDBOX_RETURN(SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

#else

static bool sandbox_filter(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0;
}

#endif

bool sandbox_enter(void)
{
	return close_range(STDERR_FILENO, ~0u, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
	       prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && sandbox_limit() &&
	       sandbox_filter();
}

void sandbox_exit(int status)
{
	for (;;)
		syscall(SANDBOX_EXIT, status);
}
