/* SPDX-License-Identifier: Apache-2.0
 *
 * From an empty folder to a running server, step by step; each step finds what an earlier run made and goes on with
 * it. `url` is written last and removed first: while it is there, the server answers.
 */
#include "config.h"

#include "api/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/dev_cluster.h"
#include "api/dev_keys.h"
#include "api/dev_postgres.h"
#include "api/file.h"
#include "api/serve.h"
#include "api/settings.h"
#include "base/arena.h"
#include "base/iso8601.h"
#include "base/vec.h"
#include "db/db.h"

#define DEV_ADMIN_TOKEN_DAYS 30
#define DEV_DAY (24 * 60 * 60 * ISO8601_SECOND)

struct dev {
	const struct dev_options *options;
	struct arena *arena;
	const char *dir;             /* absolute */
	int terminal;                /* standard error as it was; -1: not redirected */
	struct dev_cluster cluster;
	struct dev_postgres *postgres;
	struct settings settings;
};

/* --- the folder --- */

static const char *dev_path(const struct dev *dev, const char *name)
{
	return arena_printf(dev->arena, "%s/%s", dev->dir, name).ptr;
}

static bool dev_write(const struct dev *dev, const char *name, mode_t mode, const char *text, struct err *err)
{
	return file_write(dev_path(dev, name), arena_printf(dev->arena, "%s\n", text), mode, err);
}

static bool dev_open_folder(struct dev *dev, struct err *err)
{
	char real[PATH_MAX];

	if (!file_make_folder(dev->options->dir, 0755, err))
		return false;
	if (!realpath(dev->options->dir, real))
		return err_set(err, ERR_INVALID, "%s: %s", dev->options->dir, strerror(errno));
	dev->dir = arena_str_c(dev->arena, str_from_c(real));
	return true;
}

/* The server and PostgreSQL write their log to standard error, which the terminal is spared. */
static bool dev_open_log(struct dev *dev, struct err *err)
{
	const char *path = dev_path(dev, "log");
	int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (log < 0)
		return err_set(err, ERR_INVALID, "%s: %s", path, strerror(errno));
	dev->terminal = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	dup2(log, STDERR_FILENO);
	dev->cluster.log = log;
	return true;
}

static void dev_close_log(struct dev *dev)
{
	if (dev->terminal < 0)
		return;
	dup2(dev->terminal, STDERR_FILENO);
	close(dev->terminal);
	close(dev->cluster.log);
}

/* --- the steps --- */

static void dev_remove_files(const struct dev *dev)
{
	unlink(dev_path(dev, "url"));
	unlink(dev_path(dev, "pid"));
}

/* The folder's files belong to who holds the cluster: a second bpmnd dev must not touch the first one's. */
static bool dev_open_cluster(struct dev *dev, struct err *err)
{
	dev->cluster.arena = dev->arena;
	if (!dev_cluster_open(&dev->cluster, dev_path(dev, "../postgres"), err))
		return false;
	dev_remove_files(dev);
	return dev_write(dev, "pid", 0644, arena_printf(dev->arena, "%ld", (long)getpid()).ptr, err) &&
		dev_write(dev, "psql", 0644, dev->cluster.conninfo, err);
}

static bool dev_start_postgres(struct dev *dev, struct err *err)
{
	dev->postgres = dev_postgres_start(&dev->cluster, err);
	return dev->postgres != NULL;
}

static bool dev_migrate(const struct dev *dev, struct err *err)
{
	int from = 0;
	int to = 0;

	return db_migrate(dev->cluster.conninfo, &from, &to, err);
}

/* The words of the command line come last and win. */
static bool dev_load_settings(struct dev *dev, struct err *err)
{
	const struct dev_options *options = dev->options;
	VEC(char *) words = {0};
	const char *const own[][2] = {
		{"database", dev->cluster.conninfo},
		{"port-search", "true"},
		{"tls-certificate", dev_path(dev, DEV_CERTIFICATE)},
		{"tls-key", dev_path(dev, DEV_KEY)},
		{"jwks-file", dev_path(dev, DEV_JWKS)},
		{"jwt-issuer", DEV_ISSUER},
		{"jwt-audience", DEV_AUDIENCE},
	};

	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		vec_add(&words, arena_str_c(dev->arena, arena_printf(dev->arena, "--%s=%s", own[i][0], own[i][1])));
	for (int i = 0; i < options->argc; i++)
		vec_add(&words, options->argv[i]);
	bool ok = settings_load(&dev->settings, (int)words.len, words.items, err);
	vec_free(&words);
	return ok;
}

static bool dev_prepare(struct dev *dev, struct err *err)
{
	return dev_open_folder(dev, err) && dev_open_log(dev, err) && dev_open_cluster(dev, err) &&
		dev_start_postgres(dev, err) && dev_migrate(dev, err) && dev_keys_make(dev->dir, err) &&
		dev_load_settings(dev, err) && dev_examples_deploy(dev->cluster.conninfo, dev->options->examples, err);
}

/* --- ready --- */

static bool dev_write_admin_token(const struct dev *dev, struct err *err)
{
	static const struct str groups[] = {STR_INIT("admin"), STR_INIT("managers")};
	const struct principal admin = {
		.user = STR("admin"),
		.groups = groups,
		.group_count = sizeof groups / sizeof groups[0],
		.roles = (UINT32_C(1) << ROLE_COUNT) - 1,
	};
	struct buf token;

	buf_init(&token, DEV_TOKEN_MAX);
	bool ok = dev_keys_mint(dev->dir, &admin, DEV_ADMIN_TOKEN_DAYS * DEV_DAY, &token, err) &&
		file_write(dev_path(dev, "admin.token"), buf_str(&token), 0600, err);
	buf_free(&token);
	return ok;
}

static const char dev_greeting[] =
	"\n"
	"bpmnd answers at %s\n"
	"\n"
	"  the certificate to trust   %s/ca.pem\n"
	"  a token with all roles     %s/admin.token\n"
	"  the database               psql \"$(cat %s/psql)\"\n"
	"  the log                    %s/log\n"
	"\n"
	"Try:\n"
	"\n"
	"  token=\"Authorization: Bearer $(cat %s/admin.token)\"\n"
	"  curl --cacert %s/ca.pem -H \"$token\" %s/v1/definitions\n"
	"  curl --cacert %s/ca.pem -H \"$token\" %s/v1/instances \\\n"
	"       --json '{\"definitionKey\": \"purchase-approval\", \"variables\": {\"amount\": 1200, \"requester\": \"lin\"}}'\n"
	"  curl --cacert %s/ca.pem -H \"$token\" %s/v1/instances\n"
	"\n"
	"README.md goes on from here. Ctrl-C or ./start --stop ends the server; the data stay.\n";

static void dev_on_ready(void *context, uint16_t port)
{
	const struct dev *dev = context;
	const char *dir = dev->options->dir;
	const char *url = arena_printf(dev->arena, "https://%s:%" PRIu16, dev->settings.listen_host, port).ptr;
	struct err err = {0};

	if (!dev_write_admin_token(dev, &err) || !dev_write(dev, "url", 0644, url, &err)) {
		fprintf(stderr, "bpmnd dev: %s\n", err.message);
		return;
	}
	printf(dev_greeting, url, dir, dir, dir, dir, dir, dir, url, dir, url, dir, url);
	fflush(stdout);
}

int dev_run(const struct dev_options *options, struct err *err)
{
	struct dev dev = {.options = options, .arena = arena_new(), .terminal = -1, .cluster = {.lock = -1}};
	int status = EXIT_FAILURE;

	if (dev_prepare(&dev, err))
		status = serve_run(&dev.settings, dev_on_ready, &dev, err);
	dev_postgres_stop(dev.postgres);
	if (dev.cluster.lock >= 0)
		dev_remove_files(&dev);
	dev_cluster_close(&dev.cluster);
	dev_close_log(&dev);
	settings_free(&dev.settings);
	arena_free(dev.arena);
	return status;
}
