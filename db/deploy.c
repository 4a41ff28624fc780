/* SPDX-License-Identifier: Apache-2.0
 *
 * A deployment: the catalog is taken first, so that versions can be counted; then everything is inserted, and each
 * statement decides by what is there. Elements and flows go only to definitions that the statement before has made.
 */
#include "config.h"

#include "db/catalog.h"
#include "db/columns.h"
#include "db/deploy.h"
#include "db/statements.h"
#include "engine/engine.h"

/* One array parameter from a member of each process. */
#define DEPLOY_COLUMN(p, type, file, value) \
	do { \
		params_array((p), (type), (file)->process_count); \
		for (size_t i = 0; i < (file)->process_count; i++) { \
			const struct db_deploy_process *process = &(file)->processes[i]; \
			value; \
		} \
		params_array_end(p); \
	} while (0)

static void deploy_insert_deployment(struct db *db, const struct db_deploy *deploy)
{
	struct params *p = db_params(db);
	params_int8(p, deploy->id);
	params_text(p, deploy->name);
	params_text_or_null(p, deploy->source);
	params_time(p, deploy->at);
	params_text(p, deploy->by);
	db_send(db, SQL_INSERT_DEPLOYMENT, (struct db_receiver){0});
}

static void deploy_insert_resource(struct db *db, const struct db_deploy *deploy, const struct db_deploy_file *file)
{
	struct params *p = db_params(db);
	params_int8(p, deploy->id);
	params_text(p, file->name);
	params_text(p, file->content);
	params_text(p, (struct str){(const char *)file->sha256, 32});
	db_send(db, SQL_INSERT_RESOURCE, (struct db_receiver){0});
}

static void deploy_read_definition(const struct db_receiver *receiver, struct row row)
{
	struct db_deployed deployed = {
		.id = row_int8(row, 0),
		.version = row_int4(row, 1),
		.executable = row_bool(row, 2),
		.changed = row_bool(row, 3),
		.key = row_text(row, 4),
		.name = row_text(row, 5),
		.deployment_id = row_int8(row, 6),
		.deployed_at = row_time(row, 7),
	};
	((void (*)(void *, const struct db_deployed *))receiver->call)(receiver->context, &deployed);
}

static void deploy_insert_definitions(
	struct db *db, const struct db_deploy *deploy, const struct db_deploy_file *file, struct db_receiver receiver)
{
	struct params *p = db_params(db);
	params_int8(p, deploy->id);
	params_text(p, file->name);
	params_text(p, deploy->tenant);
	params_text(p, (struct str){(const char *)file->sha256, 32});
	DEPLOY_COLUMN(p, PARAMS_INT8, file, params_int8(p, process->id));
	DEPLOY_COLUMN(p, PARAMS_INT4, file, params_int4(p, process->process_index));
	DEPLOY_COLUMN(p, PARAMS_TEXT, file, params_text(p, process->key));
	DEPLOY_COLUMN(p, PARAMS_TEXT, file, params_text_or_null(p, process->name));
	DEPLOY_COLUMN(p, PARAMS_TEXT, file, params_text_or_null(p, process->version_tag));
	DEPLOY_COLUMN(p, PARAMS_BOOL, file, params_bool(p, process->executable));
	db_send(db, SQL_INSERT_DEFINITIONS, receiver);
}

/* Values are in the database. */
static int16_t deploy_start_kind(enum event_kind kind)
{
	switch (kind) {
	case EVENT_MESSAGE:
		return 1;
	case EVENT_SIGNAL:
		return 2;
	case EVENT_CONDITIONAL:
		return 3;
	case EVENT_TIMER:
		return 4;
	case EVENT_ERROR:
	case EVENT_ESCALATION:
	case EVENT_CANCEL:
	case EVENT_COMPENSATE:
	case EVENT_LINK:
	case EVENT_TERMINATE:
	case EVENT_KIND_COUNT:
		break;
	}
	return 0;
}

static void deploy_insert_start_events(
	struct db *db, const struct db_deploy *deploy, const struct db_deploy_process *process)
{
	static const struct column columns[] = {
		COLUMN(TEXT_OR_NULL, struct start_event_row, name),
		COLUMN(TIME_OR_NULL, struct start_event_row, due_at),
		COLUMN(ID, struct start_event_row, repeat),
		COLUMN(TEXT_OR_NULL, struct start_event_row, cycle),
	};
	static const struct column places[] = {
		COLUMN(NUMBER, struct start_event_row, node),
		COLUMN(NUMBER, struct start_event_row, event),
	};
	size_t count = process->start_event_count;
	if (count == 0)
		return;
	struct params *p = db_params(db);
	params_int8(p, process->id);
	params_text(p, deploy->tenant);
	columns_write(
		p, places, sizeof places / sizeof *places, process->start_events, count, sizeof *process->start_events);
	params_array(p, PARAMS_INT2, count);
	for (size_t i = 0; i < count; i++)
		params_int2(p, deploy_start_kind(process->start_events[i].kind));
	params_array_end(p);
	columns_write(
		p, columns, sizeof columns / sizeof *columns, process->start_events, count, sizeof *process->start_events);
	db_send(db, SQL_INSERT_START_EVENTS, (struct db_receiver){0});
}

static void deploy_file(
	struct db *db, const struct db_deploy *deploy, const struct db_deploy_file *file, struct db_receiver receiver)
{
	deploy_insert_resource(db, deploy, file);
	if (file->process_count == 0)
		return;
	deploy_insert_definitions(db, deploy, file, receiver);
	for (size_t i = 0; i < file->process_count; i++) {
		const struct graph *graph = file->processes[i].graph;
		if (!graph)
			continue;
		deploy_insert_elements(db, file->processes[i].id, graph);
		deploy_insert_flows(db, file->processes[i].id, graph);
		deploy_insert_start_events(db, deploy, &file->processes[i]);
	}
}

void db_deploy(struct db *db, const struct db_deploy *deploy,
	void (*on_deployed)(void *context, const struct db_deployed *row), void *context)
{
	struct db_receiver receiver = {.read = deploy_read_definition, .call = (db_call)on_deployed, .context = context};
	size_t process_count = 0;
	catalog_begin_change(db);
	deploy_insert_deployment(db, deploy);
	for (size_t i = 0; i < deploy->file_count; i++) {
		deploy_file(db, deploy, &deploy->files[i], receiver);
		process_count += deploy->files[i].process_count;
	}
	if (process_count == 0)
		return;
	catalog_settle_start_events(db);
	params_int8(db_params(db), deploy->id);
	db_send(db, SQL_DROP_EMPTY_DEPLOYMENT, (struct db_receiver){0});
}
