/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds a place that the owner can reach, makes the cluster there in one rename, and writes its configuration anew at
 * each start.
 */
#include "config.h"

#include "api/dev_cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "api/file.h"
#include "base/buf.h"

#define DEV_CLUSTER_USER "postgres"
#define DEV_CLUSTER_ROLE "bpmnd"
#define DEV_CLUSTER_ELSEWHERE "/var/lib/bpmnd-dev"
#define DEV_CLUSTER_PROGRAMS "/usr/lib/postgresql"
#define DEV_SOCKET_PATH_MAX 107 /* PostgreSQL's own limit for the whole path */
#define DEV_SOCKET_NAME "/.s.PGSQL.5432"
#define DEV_CLUSTER_FILE_MAX ((size_t)16 * 1024)

static const char *dev_cluster_path(const struct dev_cluster *cluster, const char *folder, const char *name)
{
	return arena_printf(cluster->arena, "%s/%s", folder, name).ptr;
}

static bool dev_cluster_fail(const char *path, struct err *err)
{
	return err_set(err, ERR_INVALID, "%s: %s", path, strerror(errno));
}

/* A short stable name for a path. */
static const char *dev_cluster_hash(const struct dev_cluster *cluster, const char *path)
{
	unsigned char digest[EVP_MAX_MD_SIZE] = {0};

	EVP_Digest(path, strlen(path), digest, NULL, EVP_sha256(), NULL);
	return arena_printf(cluster->arena, "%02x%02x%02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3],
		digest[4], digest[5]).ptr;
}

/* --- the place and its owner --- */

/* Makes a folder of the owner's alone, or takes the one that is there if it is just that. */
static bool dev_cluster_own_folder(const struct dev_cluster *cluster, const char *path, struct err *err)
{
	struct stat is;

	if (mkdir(path, 0700) == 0 && geteuid() == 0 && chown(path, cluster->owner.uid, cluster->owner.gid) < 0)
		return dev_cluster_fail(path, err);
	if (lstat(path, &is) < 0)
		return dev_cluster_fail(path, err);
	if (!S_ISDIR(is.st_mode) || is.st_uid != cluster->owner.uid || (is.st_mode & 077) != 0)
		return err_set(err, ERR_INVALID, "%s is not a folder that only `%s` can enter; remove it", path,
			cluster->owner.name);
	return true;
}

static bool dev_cluster_reachable(const struct dev_cluster *cluster, const char *path)
{
	const char *const argv[] = {"/usr/bin/test", "-x", path, NULL};

	return dev_process_run(&(struct dev_process){.argv = argv, .user = &cluster->owner, .output = -1}) == 0;
}

static bool dev_cluster_make_elsewhere(const struct dev_cluster *cluster, const char *folder, struct err *err)
{
	const char *place = dev_cluster_path(cluster, DEV_CLUSTER_ELSEWHERE, dev_cluster_hash(cluster, folder));

	return file_make_folder(DEV_CLUSTER_ELSEWHERE, 0755, err) && dev_cluster_own_folder(cluster, place, err) &&
		(symlink(place, folder) == 0 || dev_cluster_fail(folder, err));
}

/* A new cluster is the caller's, or, where that is root, the system user's. */
static bool dev_cluster_make_home(struct dev_cluster *cluster, const char *folder, struct err *err)
{
	struct dev_user *owner = &cluster->owner;
	bool root = geteuid() == 0;

	if (!(root ? dev_user_by_name(owner, DEV_CLUSTER_USER, err) : dev_user_by_uid(owner, geteuid(), err)))
		return false;
	if (remove(folder) < 0 && errno != ENOENT) /* a link to nowhere, an empty folder of root's */
		return dev_cluster_fail(folder, err);
	if (!dev_cluster_own_folder(cluster, folder, err))
		return false;
	if (!root || dev_cluster_reachable(cluster, folder))
		return true;
	return rmdir(folder) == 0 ? dev_cluster_make_elsewhere(cluster, folder, err) : dev_cluster_fail(folder, err);
}

/* A home that is there keeps its owner: root may go on with a user's cluster, not the other way round. */
static bool dev_cluster_take_home(struct dev_cluster *cluster, const char *folder, uid_t uid, struct err *err)
{
	if (!dev_user_by_uid(&cluster->owner, uid, err))
		return false;
	if (geteuid() != 0 && geteuid() != uid)
		return err_set(err, ERR_INVALID, "%s belongs to `%s`: run as root, or move it away", folder,
			cluster->owner.name);
	return true;
}

static bool dev_cluster_find_home(struct dev_cluster *cluster, const char *folder, struct err *err)
{
	char real[PATH_MAX];
	struct stat is;

	bool there = stat(folder, &is) == 0 && is.st_uid != 0;
	if (there ? !dev_cluster_take_home(cluster, folder, is.st_uid, err) : !dev_cluster_make_home(cluster, folder, err))
		return false;
	if (!realpath(folder, real))
		return dev_cluster_fail(folder, err);
	cluster->home = arena_str_c(cluster->arena, str_from_c(real));
	cluster->data = dev_cluster_path(cluster, cluster->home, "data");
	return true;
}

static bool dev_cluster_lock(struct dev_cluster *cluster, struct err *err)
{
	const char *path = dev_cluster_path(cluster, cluster->home, "lock");

	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return dev_cluster_fail(path, err);
	if (fchown(lock, cluster->owner.uid, cluster->owner.gid) == 0 && flock(lock, LOCK_EX | LOCK_NB) == 0) {
		cluster->lock = lock;
		return true;
	}
	close(lock);
	return err_set(err, ERR_CONFLICT, "%s is in use by another bpmnd dev", cluster->home);
}

/* --- the socket --- */

/* Commas, blanks and quotes mean something in PostgreSQL's settings and in libpq's. */
static bool dev_socket_path_fits(const char *folder)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-";

	return strlen(folder) + strlen(DEV_SOCKET_NAME) <= DEV_SOCKET_PATH_MAX && folder[strspn(folder, plain)] == '\0';
}

static bool dev_cluster_make_socket(struct dev_cluster *cluster, struct err *err)
{
	cluster->socket = dev_cluster_path(cluster, cluster->home, "socket");
	if (!dev_socket_path_fits(cluster->socket))
		cluster->socket = arena_printf(cluster->arena, "/tmp/bpmnd-%lu-%s", (unsigned long)cluster->owner.uid,
			dev_cluster_hash(cluster, cluster->home)).ptr;
	cluster->conninfo = arena_printf(cluster->arena,
		"host=%s port=5432 user=" DEV_CLUSTER_ROLE " dbname=" DEV_CLUSTER_ROLE, cluster->socket).ptr;
	return dev_cluster_own_folder(cluster, cluster->socket, err);
}

/* --- the programs --- */

/* The major version that an existing cluster was made with; 0: there is none. */
static long dev_cluster_version(const struct dev_cluster *cluster)
{
	struct buf text;

	buf_init(&text, 16);
	bool read = file_read(dev_cluster_path(cluster, cluster->data, "PG_VERSION"), &text, NULL);
	int64_t version = 0;
	if (!read || !str_to_int64(str_trim(buf_str(&text)), &version))
		version = 0;
	buf_free(&text);
	return (long)version;
}

/* The newest PostgreSQL installed. */
static long dev_programs_newest(void)
{
	glob_t found;
	long newest = 0;

	if (glob(DEV_CLUSTER_PROGRAMS "/*/bin/postgres", 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		long version = strtol(found.gl_pathv[i] + strlen(DEV_CLUSTER_PROGRAMS "/"), NULL, 10);
		if (version > newest)
			newest = version;
	}
	globfree(&found);
	return newest;
}

static bool dev_cluster_find_programs(struct dev_cluster *cluster, struct err *err)
{
	long version = dev_cluster_version(cluster);

	if (version == 0)
		version = dev_programs_newest();
	cluster->programs = arena_printf(cluster->arena, DEV_CLUSTER_PROGRAMS "/%ld/bin", version).ptr;
	if (version > 0 && access(dev_cluster_program(cluster, "postgres"), X_OK) == 0)
		return true;
	if (version > 0)
		return err_set(err, ERR_INVALID, "PostgreSQL %ld, which %s was made with, is not installed", version,
			cluster->data);
	return err_set(err, ERR_INVALID, "no PostgreSQL in " DEV_CLUSTER_PROGRAMS);
}

const char *dev_cluster_program(const struct dev_cluster *cluster, const char *name)
{
	return dev_cluster_path(cluster, cluster->programs, name);
}

int dev_cluster_run(const struct dev_cluster *cluster, const char *const *argv, const char *input)
{
	const char *words[16] = {dev_cluster_program(cluster, argv[0])};

	for (size_t i = 1; argv[i] && i < sizeof words / sizeof words[0] - 1; i++)
		words[i] = argv[i];
	return dev_process_run(&(struct dev_process){
		.argv = words,
		.user = &cluster->owner,
		.input = input,
		.output = cluster->log,
	});
}

/* --- the cluster --- */

static bool dev_cluster_remove_half_made(const struct dev_cluster *cluster, const char *fresh)
{
	const char *const argv[] = {"/bin/rm", "-rf", fresh, NULL};

	return dev_process_run(&(struct dev_process){.argv = argv, .user = &cluster->owner, .output = cluster->log}) == 0;
}

/* Made beside its place and moved there when it is whole, with its database: so there is never half a cluster. */
static bool dev_cluster_make_data(const struct dev_cluster *cluster, struct err *err)
{
	const char *fresh = dev_cluster_path(cluster, cluster->home, "data.new");
	const char *const initdb[] = {"initdb", "--pgdata", fresh, "--username", DEV_CLUSTER_ROLE, "--encoding", "UTF8",
		"--locale", "C.UTF-8", "--auth-local", "peer", "--auth-host", "reject", "--data-checksums", NULL};
	const char *const single[] = {"postgres", "--single", "-D", fresh, "postgres", NULL};

	if (access(cluster->data, F_OK) == 0)
		return true;
	if (!dev_cluster_remove_half_made(cluster, fresh) || dev_cluster_run(cluster, initdb, NULL) != 0)
		return err_set(err, ERR_INVALID, "initdb could not make %s; the log says why", fresh);
	if (dev_cluster_run(cluster, single, "CREATE DATABASE " DEV_CLUSTER_ROLE "\n") != 0)
		return err_set(err, ERR_INVALID, "no database could be made in %s; the log says why", fresh);
	return rename(fresh, cluster->data) == 0 || dev_cluster_fail(cluster->data, err);
}

/* --- the configuration --- */

/* What differs from initdb's choices. As durable as in production: what is tried out here shall hold there. */
static const char dev_cluster_settings[] =
	"# Written by bpmnd dev at every start. ALTER SYSTEM outlives it.\n"
	"listen_addresses = ''\n"
	"port = 5432\n"
	"unix_socket_permissions = 0700\n"
	"max_connections = 200\n"
	"fsync = on\n"
	"full_page_writes = on\n"
	"synchronous_commit = on\n"
	"shared_buffers = 256MB\n"
	"max_wal_size = 4GB\n"
	"checkpoint_timeout = 15min\n"
	"timezone = 'UTC'\n"
	"log_timezone = 'UTC'\n"
	"log_line_prefix = '%m [%p] '\n"
	"logging_collector = off\n"
	"log_destination = 'stderr'\n";

static bool dev_cluster_write(const struct dev_cluster *cluster, const char *name, struct str text, struct err *err)
{
	const char *path = dev_cluster_path(cluster, cluster->data, name);

	return file_write(path, text, 0600, err) &&
		(lchown(path, cluster->owner.uid, cluster->owner.gid) == 0 || dev_cluster_fail(path, err));
}

/* Our settings follow initdb's, which it fitted to the machine; the line that includes them is added once. */
static bool dev_cluster_include_settings(const struct dev_cluster *cluster, struct err *err)
{
	static const char line[] = "\ninclude 'bpmnd.conf'\n";
	const char *path = dev_cluster_path(cluster, cluster->data, "postgresql.conf");
	struct buf text;

	buf_init(&text, DEV_CLUSTER_FILE_MAX * 16);
	bool ok = file_read(path, &text, err);
	if (ok && str_find(buf_str(&text), STR(line)) == STR_NONE) {
		buf_add_c(&text, line);
		ok = dev_cluster_write(cluster, "postgresql.conf", buf_str(&text), err);
	}
	buf_free(&text);
	return ok;
}

static bool dev_cluster_configure(const struct dev_cluster *cluster, struct err *err)
{
	struct arena *arena = cluster->arena;
	struct str settings =
		arena_printf(arena, "%sunix_socket_directories = '%s'\n", dev_cluster_settings, cluster->socket);
	struct str who = arena_printf(arena, "owner \"%s\" " DEV_CLUSTER_ROLE "\nowner root " DEV_CLUSTER_ROLE "\n",
		cluster->owner.name);

	return dev_cluster_write(cluster, "bpmnd.conf", settings, err) &&
		dev_cluster_write(cluster, "pg_ident.conf", who, err) &&
		dev_cluster_write(cluster, "pg_hba.conf", STR("local all all peer map=owner\n"), err) &&
		dev_cluster_include_settings(cluster, err);
}

bool dev_cluster_open(struct dev_cluster *cluster, const char *folder, struct err *err)
{
	return dev_cluster_find_home(cluster, folder, err) && dev_cluster_lock(cluster, err) &&
		dev_cluster_find_programs(cluster, err) && dev_cluster_make_socket(cluster, err) &&
		dev_cluster_make_data(cluster, err) && dev_cluster_configure(cluster, err);
}

void dev_cluster_close(struct dev_cluster *cluster)
{
	if (cluster->lock >= 0)
		close(cluster->lock);
	cluster->lock = -1;
}
