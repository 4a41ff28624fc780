/* SPDX-License-Identifier: Apache-2.0
 *
 * Telling "it has ended" from "it never was", for ids that have no live row.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "db/db_private.h"
#include "db/statements.h"

static void db_read_ended(const struct db_receiver *receiver, struct row row)
{
	struct db_ended ended = {.id = row_int8(row, 0), .any_tenant = row_is_null(row, 1)};
	if (!ended.any_tenant)
		ended.tenant = row_text(row, 1);
	((void (*)(void *, const struct db_ended *))receiver->call)(receiver->context, &ended);
}

void db_find_ended(struct db *db, const struct db_subjects *subjects,
	void (*on_ended)(void *context, const struct db_ended *ended), void *context)
{
	size_t count = subjects->job_count + subjects->incident_count;
	int64_t *given = alloc_zeroed(count + 1, sizeof *given);
	if (subjects->job_count > 0)
		memcpy(given, subjects->jobs, subjects->job_count * sizeof *given);
	if (subjects->incident_count > 0)
		memcpy(given + subjects->job_count, subjects->incidents, subjects->incident_count * sizeof *given);
	struct params *p = db_params(db);
	params_int8_array(p, subjects->roots, subjects->root_count);
	params_int8_array(p, subjects->tasks, subjects->task_count);
	params_int8_array(p, given, count);
	db_send(
		db, SQL_FIND_ENDED, (struct db_receiver){.read = db_read_ended, .call = (db_call)on_ended, .context = context});
	free(given);
}
