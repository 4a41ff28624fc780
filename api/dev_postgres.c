/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread, the keeper, starts the postmaster, waits for its end and starts it again until it is told to stop. The
 * kernel sends the postmaster SIGINT (a fast shutdown) when the keeper is gone for whatever reason.
 */
#include "config.h"

#include "api/dev_postgres.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/file.h"
#include "base/alloc.h"
#include "base/log.h"

#define DEV_POSTGRES_PAUSE 50000       /* microseconds between two looks */
#define DEV_POSTGRES_AGAIN 300000      /* before it is started again */
#define DEV_POSTGRES_FIRST_TRIES 5     /* what an earlier run left may need a moment to go */

struct dev_postgres {
	const struct dev_cluster *cluster;
	const char *program;   /* its path: the keeper must not touch the cluster's arena */
	pthread_t keeper;
	pthread_mutex_t lock;  /* over pid and stopping: nobody is started after the word to stop */
	pid_t pid;             /* 0: not running */
	bool stopping;
	atomic_bool ready;     /* was up once: from now on it is started again for ever */
	atomic_bool given_up;
};

/* --- what an earlier run left --- */

/* The process that postmaster.pid names; 0: there is no such file. */
static pid_t dev_postmaster_recorded(const char *file)
{
	struct buf text;
	int64_t pid = 0;

	buf_init(&text, 4096);
	if (file_read(file, &text, NULL)) {
		struct str rest = buf_str(&text);
		if (!str_to_int64(str_trim(str_split(&rest, '\n')), &pid) || pid > INT_MAX)
			pid = 0;
	}
	buf_free(&text);
	return (pid_t)pid;
}

/* A postmaster's working folder is its cluster: this tells it from a process that got its number later. */
static bool dev_postmaster_alive(pid_t pid, const char *data)
{
	char link[64];
	char folder[PATH_MAX];

	snprintf(link, sizeof link, "/proc/%ld/cwd", (long)pid);
	ssize_t n = readlink(link, folder, sizeof folder);
	return n > 0 && str_equal_c((struct str){folder, (size_t)n}, data);
}

/* Nobody else can use the cluster, we hold its lock. So its lock files go as well: PostgreSQL would take a zombie, or a
 * stranger with the recorded number, for their owner. */
static void dev_postgres_end_leftover(const struct dev_cluster *cluster)
{
	const char *file = arena_printf(cluster->arena, "%s/postmaster.pid", cluster->data).ptr;
	const char *socket_lock = arena_printf(cluster->arena, "%s/.s.PGSQL.5432.lock", cluster->socket).ptr;
	pid_t pid = dev_postmaster_recorded(file);

	if (pid > 0 && dev_postmaster_alive(pid, cluster->data)) {
		log_event(LOG_WARNING, "postgres-leftover", LOG_INT("pid", pid));
		kill(pid, SIGINT);
		while (dev_postmaster_alive(pid, cluster->data))
			usleep(DEV_POSTGRES_PAUSE);
	}
	unlink(file);
	unlink(socket_lock);
}

/* --- the keeper --- */

static bool dev_postgres_stopping(struct dev_postgres *postgres)
{
	pthread_mutex_lock(&postgres->lock);
	bool stopping = postgres->stopping;
	pthread_mutex_unlock(&postgres->lock);
	return stopping;
}

static pid_t dev_postgres_spawn(struct dev_postgres *postgres)
{
	const struct dev_cluster *cluster = postgres->cluster;
	const char *const argv[] = {postgres->program, "-D", cluster->data, NULL};

	pthread_mutex_lock(&postgres->lock);
	pid_t pid = postgres->stopping ? -1 : dev_process_start(&(struct dev_process){
		.argv = argv,
		.user = &cluster->owner,
		.output = cluster->log,
	});
	postgres->pid = pid > 0 ? pid : 0;
	pthread_mutex_unlock(&postgres->lock);
	return pid;
}

static void dev_postgres_run_once(struct dev_postgres *postgres)
{
	pid_t pid = dev_postgres_spawn(postgres);

	if (pid < 0)
		return;
	int status = dev_process_wait(pid);
	pthread_mutex_lock(&postgres->lock);
	postgres->pid = 0;
	pthread_mutex_unlock(&postgres->lock);
	/* Not with log_event: the server sets the log up while this thread is running. */
	if (!dev_postgres_stopping(postgres))
		dprintf(postgres->cluster->log, "PostgreSQL ended with status %d; starting it again\n", status);
}

static void *dev_postgres_keep(void *context)
{
	struct dev_postgres *postgres = context;
	int tries = DEV_POSTGRES_FIRST_TRIES;

	while (!dev_postgres_stopping(postgres) && (atomic_load(&postgres->ready) || tries-- > 0)) {
		dev_postgres_run_once(postgres);
		if (!dev_postgres_stopping(postgres))
			usleep(DEV_POSTGRES_AGAIN);
	}
	atomic_store(&postgres->given_up, true);
	return NULL;
}

/* Signals are for the main thread. */
static bool dev_postgres_start_keeper(struct dev_postgres *postgres)
{
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool ok = pthread_create(&postgres->keeper, NULL, dev_postgres_keep, postgres) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

/* Recovery after a crash may take its time: as long as there is a postmaster, it is waited for. */
static bool dev_postgres_wait(struct dev_postgres *postgres)
{
	const struct dev_cluster *cluster = postgres->cluster;
	const char *const argv[] = {"pg_isready", "--quiet", "--dbname", cluster->conninfo, NULL};

	while (!atomic_load(&postgres->given_up)) {
		if (dev_cluster_run(cluster, argv, NULL) == 0) {
			atomic_store(&postgres->ready, true);
			return true;
		}
		usleep(DEV_POSTGRES_PAUSE);
	}
	return false;
}

struct dev_postgres *dev_postgres_start(const struct dev_cluster *cluster, struct err *err)
{
	struct dev_postgres *postgres = alloc_new(struct dev_postgres);

	postgres->cluster = cluster;
	postgres->program = dev_cluster_program(cluster, "postgres");
	pthread_mutex_init(&postgres->lock, NULL);
	dev_postgres_end_leftover(cluster);
	if (!dev_postgres_start_keeper(postgres)) {
		err_set(err, ERR_INTERNAL, "no thread to start");
		pthread_mutex_destroy(&postgres->lock);
		free(postgres);
		return NULL;
	}
	if (dev_postgres_wait(postgres))
		return postgres;
	err_set(err, ERR_UNAVAILABLE, "PostgreSQL does not start; the log says why");
	dev_postgres_stop(postgres);
	return NULL;
}

void dev_postgres_stop(struct dev_postgres *postgres)
{
	if (!postgres)
		return;
	pthread_mutex_lock(&postgres->lock);
	postgres->stopping = true;
	if (postgres->pid > 0)
		kill(postgres->pid, SIGINT);
	pthread_mutex_unlock(&postgres->lock);
	pthread_join(postgres->keeper, NULL);
	pthread_mutex_destroy(&postgres->lock);
	free(postgres);
}
