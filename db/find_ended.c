/* SPDX-License-Identifier: Apache-2.0
 *
 * Telling "it has ended" from "it never was", for ids that have no live row.
 */
#include "config.h"

#include <stdlib.h>

#include "base/vec.h"
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
	VEC(int64_t) given = {0};
	for (size_t i = 0; i < subjects->job_count; i++)
		vec_add(&given, subjects->jobs[i]);
	for (size_t i = 0; i < subjects->incident_count; i++)
		vec_add(&given, subjects->incidents[i]);
	for (size_t i = 0; i < subjects->subscription_count; i++)
		vec_add(&given, subjects->subscriptions[i]);
	struct params *p = db_params(db);
	params_int8_array(p, subjects->instances, subjects->instance_count);
	params_int8_array(p, subjects->tasks, subjects->task_count);
	params_int8_array(p, given.items, given.len);
	db_send(
		db, SQL_FIND_ENDED, (struct db_receiver){.read = db_read_ended, .call = (db_call)on_ended, .context = context});
	vec_free(&given);
}
