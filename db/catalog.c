/* SPDX-License-Identifier: Apache-2.0
 *
 * Definitions as every node keeps them in memory, and the changes to them other than deploying (deploy.c). A change
 * takes the catalog for itself first, which waits for the batches that expect the present generation.
 */
#include "config.h"

#include "db/catalog.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "db/statements.h"

struct catalog_reading {
	void (*on_generation)(void *context, int64_t generation);
	void (*on_definition)(void *context, const struct db_definition *definition);
	void *context;
};

/* The first row has the generation, with or without a definition. */
static void catalog_read_row(const struct db_receiver *receiver, struct row row)
{
	const struct catalog_reading *reading = receiver->context;
	if (row.number == 0)
		reading->on_generation(reading->context, row_int8(row, 0));
	if (row_is_null(row, 1))
		return;
	struct db_definition definition = {
		.id = row_int8(row, 1),
		.deployment_id = row_int8(row, 2),
		.process_index = row_int4(row, 3),
		.version = row_int4(row, 4),
		.executable = row_bool(row, 5),
		.suspended = row_bool(row, 6),
		.key = row_text(row, 7),
		.name = row_text(row, 8),
		.tenant = row_text(row, 9),
		.version_tag = row_text(row, 10),
	};
	reading->on_definition(reading->context, &definition);
}

static void catalog_finish(const struct db_receiver *receiver, bool ok)
{
	(void)ok;
	free(receiver->context);
}

void db_read_catalog(struct db *db, void (*on_generation)(void *context, int64_t generation),
	void (*on_definition)(void *context, const struct db_definition *definition), void *context)
{
	struct catalog_reading *reading = alloc_new(struct catalog_reading);
	*reading = (struct catalog_reading){on_generation, on_definition, context};
	db_params(db);
	db_send(db, SQL_READ_CATALOG,
		(struct db_receiver){.read = catalog_read_row, .finish = catalog_finish, .context = reading});
}

static void catalog_read_xml(const struct db_receiver *receiver, struct row row)
{
	((void (*)(void *, int64_t, struct str))receiver->call)(receiver->context, row_int8(row, 0), row_text(row, 1));
}

void db_read_definition_xml(struct db *db, int64_t definition_id,
	void (*on_xml)(void *context, int64_t definition_id, struct str xml), void *context)
{
	params_int8(db_params(db), definition_id);
	db_send(db, SQL_READ_DEFINITION_XML,
		(struct db_receiver){.read = catalog_read_xml, .call = (db_call)on_xml, .context = context});
}

void catalog_begin_change(struct db *db)
{
	db_params(db);
	db_send(db, SQL_CHANGE_CATALOG, (struct db_receiver){0});
}

void catalog_settle_start_events(struct db *db)
{
	db_params(db);
	db_send(db, SQL_SETTLE_START_EVENTS, (struct db_receiver){0});
}

void db_delete_deployment(
	struct db *db, int64_t deployment_id, bool cascade, void (*on_result)(void *context, int result), void *context)
{
	catalog_begin_change(db);
	struct params *p = db_params(db);
	params_int8(p, deployment_id);
	params_bool(p, cascade);
	db_send(db, SQL_DELETE_DEPLOYMENT, db_result_receiver(on_result, context));
	catalog_settle_start_events(db);
}

void db_set_definition_state(struct db *db, int64_t definition_id, bool suspended, int64_t expected_revision,
	void (*on_result)(void *context, int result), void *context)
{
	catalog_begin_change(db);
	struct params *p = db_params(db);
	params_int8(p, definition_id);
	params_bool(p, suspended);
	params_id_or_null(p, expected_revision);
	db_send(db, SQL_SET_DEFINITION_STATE, db_result_receiver(on_result, context));
}
