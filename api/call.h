/* SPDX-License-Identifier: Apache-2.0
 *
 * A call: one HTTP request on its way through the API, from the dispatcher to its one answer. It lives in the request's
 * arena and dies with it.
 *
 *     dispatch -> handler -+-> call_answer / call_fail                       answered at once
 *                          +-> call_step ... call_submit -> write -> done    after a COMMIT
 *                          +-> a db_read_* with call_on_read                 after a read
 *
 * Whatever is wrong with a request is noted in call->err; the first error wins, so that a handler reads everything and
 * asks once.
 */
#ifndef API_CALL_H
#define API_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "api/body.h"
#include "api/http.h"
#include "api/route.h"
#include "api/token.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "db/reads.h"
#include "engine/engine.h"
#include "runtime/runtime.h"

/* Facts of the server that are the same for all workers. */
struct api_config {
	size_t max_variables; /* bytes of variables in a request */
	size_t max_diagram;
	const char *durability;               /* of the database: "single", ... */
	const struct metrics *const *metrics; /* one a worker */
	size_t metrics_count;
};

/* The API of one worker thread. */
struct api {
	const struct api_config *config;
	struct worker *worker;
	struct token_cache *tokens;
	bool draining;
};

struct call {
	struct api *api;
	struct http_request *http;
	struct arena *arena;
	const struct route *route;
	const struct principal *principal; /* NULL on public routes */
	struct actor actor;
	struct db_viewer viewer;
	int64_t id;       /* {id} of the path */
	struct str name;  /* {name} of the path */
	json_t *body;     /* an object; NULL where there was none */
	int64_t expected; /* If-Match; VERSION_ANY */
	int64_t now;
	struct str trace_id; /* call_trace_id */
	struct err err;
	struct work work;
	void *extra; /* the handler's */
	int status;  /* of the answer after a step */
	/* Writes the answer's body after a step that was done; may set work.answer.etag and location. */
	void (*write)(struct call *call, const struct work_item *item, struct buf *body);
	size_t variables_left; /* bytes that the request's variables may still have */
};

/* ---- answers: each gives the call up ---- */

void call_answer(struct call *call, const struct answer *answer);
void call_answer_json(struct call *call, int status, struct str body);
/* A body that is no JSON; name is that of a file to be saved, or empty. */
void call_answer_bytes(struct call *call, const char *content_type, struct str name, struct str body);
void call_fail(struct call *call, const struct err *err);
void call_refuse(struct call *call, enum err_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* With lists for `errors` and `warnings` as in struct problem, and one more header field where name is not NULL. */
void call_fail_with(
	struct call *call, const struct err *err, struct str errors, struct str warnings, const struct http_pair *header);

/* The problem as an answer, for what is rendered inside a transaction. */
struct answer call_problem(struct call *call, const struct err *err);

/* ---- what the request says ---- */

/* A growing buffer that lives as long as the call. */
struct buf *call_buf(struct call *call);
struct str call_trace_id(struct call *call);

/* Query parameters; where one is absent: {0}, `absent`, 0. A malformed one is noted as ERR_BAD_REQUEST. */
struct str call_query_text(struct call *call, const char *name);
bool call_query_bool(struct call *call, const char *name, bool absent);
int64_t call_query_int(struct call *call, const char *name, int64_t min, int64_t max, int64_t absent);
int64_t call_query_id(struct call *call, const char *name);
int64_t call_query_time(struct call *call, const char *name);
/* limit, count and cursor of a list; the tag tells the cursors of one order from those of another. */
struct db_page call_query_page(struct call *call, const char *tag);

/* Reads the body (an absent one is an empty object) by a table of api/body.h. False: the call has been answered. */
bool call_body(struct call *call, const struct body_field *fields, size_t count, void *out)
	__attribute__((warn_unused_result));
/* The same for an item of a list in the body, at a JSON pointer such as "/items/3". */
bool call_body_item(struct call *call, json_t *item, const char *place, const struct body_field *fields, size_t count,
	void *out) __attribute__((warn_unused_result));

/* ---- work ---- */

/* A WORK_STEPS of count items, each with the caller as actor and no version expected. */
struct work_item *call_steps(struct call *call, enum command_kind kind, size_t count);
/* Gives the call's work to the worker; one that it refuses is answered. render as in struct work. */
void call_submit(struct call *call, void (*render)(struct work *work));
/* What becomes of a work unless the handler has set work.done: its answer or its problem. */
void call_on_done(struct work *work);
/* Submits a step of one item: its refusal is answered as a problem, else `status` with what `write` writes. */
void call_submit_step(
	struct call *call, int status, void (*write)(struct call *call, const struct work_item *item, struct buf *body));
/* The one step of a command to the instance of the path, as the caller last saw it. */
struct work_item *call_instance_command(struct call *call, enum command_kind kind);
/* For call_submit_step: the instance as it is behind the step, with its ETag. */
void call_write_instance(struct call *call, const struct work_item *item, struct buf *body);
/* `"7"` in the arena. */
struct str call_etag(struct call *call, int64_t version);
/* Version of an instance's definition, for its JSON. */
int32_t call_definition_version(struct call *call, const struct instance *instance);
/* What an instance will have as ETag once the batch is committed; empty when it has ended. */
struct str call_instance_etag(struct call *call, const struct instance *instance);

/* ---- reads ---- */

/* Receiver of a read whose body is the answer: 200 with the version as ETag, or 404. */
void call_on_read(void *context, const struct db_read_result *result);
/* Answers unless the read is there to be used. */
bool call_read_usable(struct call *call, const struct db_read_result *result);
/* JSON of PostgreSQL without its spaces: looks the same as what the API itself writes. */
struct str call_compact(struct call *call, struct str json);
/* What the db_read_* functions return: false means that nobody will call back, so that the call is answered 503. */
void call_reading(struct call *call, bool sent);
struct db *call_reader(struct call *call);

#endif
