/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine never reads back, and so would not miss: the instance's columns that live rows repeat, rows of
 * instances that are gone, and the outbox.
 */
#include "config.h"

#include "tests/db/keeper.h"

#include "base/json.h"

/* What is left behind, or says something else than its instance. Of an ended tree no row may be left. */
#define KEEPER_STRAY(table, more) \
	"SELECT '" table " ' || r.id FROM bpmnd." table " r LEFT JOIN bpmnd.instance i ON i.id = r.instance_id " \
	"WHERE i.id IS NULL OR r.root_id <> i.root_id OR r.definition_id <> i.definition_id " more

#define KEEPER_TENANT "OR r.tenant <> i.tenant "

/* clang-format off */
static const char keeper_strays[] =
	"PREPARE strays AS SELECT string_agg(stray, ', ') FROM ("
	KEEPER_STRAY("token", "UNION ALL ")
	KEEPER_STRAY("task", "UNION ALL ")
	KEEPER_STRAY("job", KEEPER_TENANT "OR r.suspended <> (i.status = 2) UNION ALL ")
	KEEPER_STRAY("subscription", KEEPER_TENANT "UNION ALL ")
	KEEPER_STRAY("compensation", "UNION ALL ")
	KEEPER_STRAY("incident", "")
	") AS strays (stray)";
/* clang-format on */

void keeper_prepare_tables(struct keeper *keeper)
{
	keeper_ask(keeper, keeper_strays);
}

void keeper_check_rows(struct keeper *keeper, struct world *world)
{
	struct str strays = keeper_ask(keeper, "EXECUTE strays");
	if (strays.len > 0)
		world_complain(world, "kept: rows that do not fit their instances: %.*s", STR_ARG(strays));
}

/* As the columns of bpmnd.outbox, by id. */
static void keeper_expected_outbox(struct buf *out, const struct store *store)
{
	json_array_begin(out);
	for (size_t i = 0; i < store->outgoing.len; i++) {
		const struct outgoing_row *row = &store->outgoing.items[i];
		json_next(out);
		json_object_begin(out);
		json_member_int(out, "id", row->id);
		json_member_int(out, "root_id", row->root_id);
		json_member_int(out, "instance_id", row->instance_id);
		json_member_int(out, "kind", row->kind);
		json_member_str(out, "name", row->name);
		json_member_str(out, "tenant", row->tenant);
		json_member_text(out, "business_key", row->business_key);
		json_member_raw(out, "correlation", row->correlation);
		json_member_raw(out, "variables", row->variables);
		json_member_time(out, "at", row->at);
		json_member_time(out, "expires_at", row->expires_at);
		json_object_end(out);
	}
	json_array_end(out);
}

void keeper_check_outbox(struct keeper *keeper, struct world *world)
{
	struct buf expected;
	buf_init(&expected, SIZE_MAX);
	keeper_expected_outbox(&expected, world_store(world));
	struct str got = keeper_ask(keeper,
		"SELECT coalesce(json_agg(json_build_object('id', id, 'root_id', root_id, 'instance_id', instance_id, "
		"'kind', kind, 'name', name, 'tenant', tenant, 'business_key', business_key, 'correlation', correlation, "
		"'variables', variables, 'at', bpmnd.rfc3339(at), 'expires_at', bpmnd.rfc3339(expires_at)) ORDER BY id), '[]') "
		"FROM bpmnd.outbox");
	keeper_compare_json(world, "the outbox", 0, buf_str(&expected), got);
	buf_free(&expected);
}
