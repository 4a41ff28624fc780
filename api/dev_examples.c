/* SPDX-License-Identifier: Apache-2.0
 *
 * Deploys the examples before the server starts, through the same statements as the API, on a connection and an event
 * loop of its own that is driven until each group of statements is answered.
 */
#include "config.h"

#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>
#include <openssl/evp.h>

#include "api/dev.h"
#include "api/file.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "bpmn/bpmn.h"
#include "db/db.h"
#include "db/statements.h"
#include "engine/engine.h"

#define DEV_EXAMPLES_BY "dev"
#define DEV_ID_BLOCK_BITS 20

struct dev_deployer {
	struct event_base *base;
	struct db *db;
	int64_t next_id;
	bool answered;
	struct db_failure failure;
};

/* --- one group of statements, waited for --- */

static void dev_deployer_on_state(void *context, bool ready)
{
	(void)context;
	(void)ready;
}

static void dev_deployer_on_done(void *context, const struct db_failure *failure)
{
	struct dev_deployer *deployer = context;

	deployer->answered = true;
	deployer->failure = *failure;
}

static void dev_deployer_on_block(void *context, int64_t value)
{
	struct dev_deployer *deployer = context;

	deployer->next_id = value << DEV_ID_BLOCK_BITS;
}

static void dev_deployer_on_deployed(void *context, const struct db_deployed *row)
{
	(void)context;
	log_event(LOG_INFO, "example-deployed", LOG_STR("key", row->key), LOG_INT("version", row->version));
}

static bool dev_deployer_begin(struct dev_deployer *deployer, struct err *err)
{
	while (!db_ready(deployer->db))
		if (event_base_loop(deployer->base, EVLOOP_ONCE) != 0)
			return err_set(err, ERR_UNAVAILABLE, "the examples' connection to the database is gone");
	return db_group_begin(deployer->db) || err_set(err, ERR_UNAVAILABLE, "the examples' connection is not ready");
}

static bool dev_deployer_end(struct dev_deployer *deployer, struct err *err)
{
	deployer->answered = false;
	db_group_end(deployer->db, dev_deployer_on_done, deployer);
	while (!deployer->answered)
		event_base_loop(deployer->base, EVLOOP_ONCE);
	return deployer->failure.outcome == DB_OK ||
		err_set(err, ERR_UNAVAILABLE, "the examples could not be stored: %s", deployer->failure.message);
}

/* --- one file --- */

/* What could not be built, in a process that is not executable, is only kept as part of the file. */
static void dev_example_processes(struct dev_deployer *deployer, const struct bpmn_document *document,
	struct db_deploy_file *file)
{
	struct db_deploy_process *processes = arena_array(document->arena, document->graph_count, sizeof *processes);

	for (size_t i = 0; i < document->graph_count; i++) {
		const struct graph *graph = document->graphs[i];
		if (!graph)
			continue;
		processes[file->process_count++] = (struct db_deploy_process){
			.id = deployer->next_id++,
			.graph = graph,
			.process_index = (int32_t)i,
			.key = graph->key,
			.name = graph->name,
			.version_tag = graph->version_tag,
			.executable = graph->executable,
		};
	}
	file->processes = processes;
}

static bool dev_example_store(struct dev_deployer *deployer, struct str name, struct str xml,
	const struct bpmn_document *document, struct err *err)
{
	unsigned char sha256[EVP_MAX_MD_SIZE];

	EVP_Digest(xml.ptr, xml.len, sha256, NULL, EVP_sha256(), NULL);
	struct db_deploy_file file = {.name = name, .content = xml, .sha256 = sha256};
	dev_example_processes(deployer, document, &file);
	if (!dev_deployer_begin(deployer, err))
		return false;
	db_begin(deployer->db);
	db_deploy(deployer->db, &(struct db_deploy){
		.id = deployer->next_id++,
		.at = clock_now(),
		.name = name,
		.source = STR(DEV_EXAMPLES),
		.by = STR(DEV_EXAMPLES_BY),
		.files = &file,
		.file_count = 1,
	}, dev_deployer_on_deployed, deployer);
	db_commit(deployer->db);
	return dev_deployer_end(deployer, err);
}

static void dev_example_refuse(struct str name, const char *why, int line)
{
	log_event(LOG_WARNING, "example-refused", LOG_STR("file", name), LOG_C("reason", why), LOG_INT("line", line));
}

/* A diagram with errors must not keep the server from starting: its author wants to see what it says. */
static bool dev_example_deploy(struct dev_deployer *deployer, struct str name, struct str xml, struct err *err)
{
	struct err why = {0};
	struct bpmn_document *document =
		bpmn_read(xml, &(struct bpmn_options){.compile_expr = engine_compile_expr}, &why);
	bool ok = true;

	if (!document)
		dev_example_refuse(name, why.message, why.line);
	else if (document->has_errors)
		dev_example_refuse(name, "it has errors; bpmnd lint shows them", 0);
	else
		ok = dev_example_store(deployer, name, xml, document, err);
	bpmn_document_free(document);
	return ok;
}

static bool dev_example_deploy_file(struct dev_deployer *deployer, char *path, struct err *err)
{
	struct buf xml;
	struct err why = {0};
	bool ok = true;

	buf_init(&xml, BPMN_SIZE_MAX);
	if (file_read(path, &xml, &why))
		ok = dev_example_deploy(deployer, str_from_c(basename(path)), buf_str(&xml), err);
	else
		dev_example_refuse(str_from_c(path), why.message, 0);
	buf_free(&xml);
	return ok;
}

/* --- the folder --- */

static bool dev_examples_store(struct dev_deployer *deployer, const glob_t *files, struct err *err)
{
	if (!dev_deployer_begin(deployer, err))
		return false;
	db_take_id_blocks(deployer->db, 1, dev_deployer_on_block, deployer);
	if (!dev_deployer_end(deployer, err))
		return false;
	for (size_t i = 0; i < files->gl_pathc; i++)
		if (!dev_example_deploy_file(deployer, files->gl_pathv[i], err))
			return false;
	return true;
}

static bool dev_examples_connect(const char *conninfo, const glob_t *files, struct err *err)
{
	struct dev_deployer deployer = {.base = event_base_new()};

	if (!deployer.base)
		return err_set(err, ERR_INTERNAL, "no event loop");
	deployer.db = db_new(deployer.base, &(struct db_config){.conninfo = conninfo, .on_state = dev_deployer_on_state});
	bool ok = dev_examples_store(&deployer, files, err);
	db_free(deployer.db);
	event_base_free(deployer.base);
	return ok;
}

bool dev_examples_deploy(const char *conninfo, const char *folder, struct err *err)
{
	char pattern[PATH_MAX];
	glob_t files;

	snprintf(pattern, sizeof pattern, "%s/*.bpmn", folder);
	if (glob(pattern, 0, NULL, &files) != 0)
		return true; /* no examples, no deployment */
	bool ok = dev_examples_connect(conninfo, &files, err);
	globfree(&files);
	return ok;
}
