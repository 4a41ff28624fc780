/* SPDX-License-Identifier: Apache-2.0
 *
 * Stored answers of requests that carried an Idempotency-Key, and the upkeep that forgets them after a day. Keys are
 * stored in one order by everybody: two batches that hold two keys each can wait for one another only one way round.
 */
#include "config.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "db/db_private.h"
#include "db/statements.h"

#define ANSWERS_HASH_SIZE 32

/* One array parameter from a member of each answer. */
#define ANSWERS_COLUMN(p, type, answers, count, write, member) \
	do { \
		params_array((p), (type), (count)); \
		for (size_t i = 0; i < (count); i++) \
			write((p), (answers)[i].member); \
		params_array_end(p); \
	} while (0)

static void answers_read(const struct db_receiver *receiver, struct row row)
{
	struct db_answer answer = {
		.principal = row_text(row, 0),
		.key = row_text(row, 1),
		.request_hash = (const unsigned char *)row_text(row, 2).ptr,
		.status = row_int2(row, 3),
		.etag = row_text(row, 4),
		.location = row_text(row, 5),
		.body = row_text(row, 6),
		.at = row_time(row, 7),
	};
	((void (*)(void *, const struct db_answer *))receiver->call)(receiver->context, &answer);
}

void db_read_answers(struct db *db, const struct db_answer *wanted, size_t count,
	void (*on_answer)(void *context, const struct db_answer *answer), void *context)
{
	struct params *p = db_params(db);
	ANSWERS_COLUMN(p, PARAMS_TEXT, wanted, count, params_text, principal);
	ANSWERS_COLUMN(p, PARAMS_TEXT, wanted, count, params_text, key);
	db_send(db, SQL_READ_ANSWERS,
		(struct db_receiver){.read = answers_read, .call = (db_call)on_answer, .context = context});
}

static int answers_compare(const void *left, const void *right)
{
	const struct db_answer *a = left;
	const struct db_answer *b = right;
	int order = str_compare(a->principal, b->principal);
	return order != 0 ? order : str_compare(a->key, b->key);
}

static struct db_answer *answers_sorted(const struct db_answer *answers, size_t count)
{
	struct db_answer *sorted = alloc_zeroed(count, sizeof *sorted);
	for (size_t i = 0; i < count; i++)
		sorted[i] = answers[i];
	qsort(sorted, count, sizeof *sorted, answers_compare);
	return sorted;
}

static void answers_write_hash(struct params *p, const unsigned char *hash)
{
	params_text(p, (struct str){(const char *)hash, ANSWERS_HASH_SIZE});
}

static void answers_write_status(struct params *p, int status)
{
	params_int2(p, (int16_t)status);
}

void db_store_answers(struct db *db, const struct db_answer *answers, size_t count)
{
	if (count == 0)
		return;
	struct db_answer *sorted = answers_sorted(answers, count);
	struct params *p = db_params(db);
	ANSWERS_COLUMN(p, PARAMS_TEXT, sorted, count, params_text, principal);
	ANSWERS_COLUMN(p, PARAMS_TEXT, sorted, count, params_text, key);
	ANSWERS_COLUMN(p, PARAMS_BYTEA, sorted, count, answers_write_hash, request_hash);
	ANSWERS_COLUMN(p, PARAMS_INT2, sorted, count, answers_write_status, status);
	ANSWERS_COLUMN(p, PARAMS_TEXT, sorted, count, params_text_or_null, etag);
	ANSWERS_COLUMN(p, PARAMS_TEXT, sorted, count, params_text_or_null, location);
	ANSWERS_COLUMN(p, PARAMS_TEXT, sorted, count, params_text, body);
	ANSWERS_COLUMN(p, PARAMS_TIME, sorted, count, params_time, at);
	db_send(db, SQL_INSERT_ANSWERS, (struct db_receiver){0});
	free(sorted);
}

void db_make_partitions(struct db *db, int64_t now)
{
	params_time(db_params(db), now);
	db_send(db, SQL_MAKE_PARTITIONS, (struct db_receiver){0});
}

void db_delete_old_answers(
	struct db *db, int64_t answers_before, int limit, void (*on_count)(void *context, int count), void *context)
{
	struct params *p = db_params(db);
	params_time(p, answers_before);
	params_int4(p, limit);
	db_send(db, SQL_DELETE_OLD_ANSWERS, db_result_receiver(on_count, context));
}
