/* SPDX-License-Identifier: Apache-2.0
 *
 * The route table. A route is a row: method, path, operation, who may call it, what the dispatcher checks and reads
 * before the handler runs. A handler never asks who calls; whether somebody may act on one task is the engine's answer.
 */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/http.h"
#include "api/token.h"
#include "base/str.h"

struct call;

enum route_flag {
	ROUTE_NONE = 0,
	ROUTE_PUBLIC = 1 << 0,        /* no token */
	ROUTE_JSON = 1 << 1,          /* a JSON object as body */
	ROUTE_JSON_OPTIONAL = 1 << 2, /* the same, or no body */
	ROUTE_DIAGRAM = 1 << 3,       /* XML, or a form with files */
	ROUTE_KEYED = 1 << 4,         /* honours Idempotency-Key */
	ROUTE_IF_MATCH = 1 << 5,
	ROUTE_DRY_RUN = 1 << 6, /* takes ?dryRun=true */
};

/* Stands in the roles of routes that take any token; who has one has this bit. */
#define ROUTE_ROLE_AUTHENTICATED (UINT32_C(1) << ROLE_COUNT)

struct route {
	enum http_method method;
	struct str path;
	const char *operation; /* operationId of the document */
	uint32_t roles;        /* any of these */
	uint32_t flags;
	struct str queries; /* words: what may stand in the query */
	void (*handle)(struct call *call);
};

const struct route *route_table(size_t *count);

/* What the path says besides the route. */
struct route_match {
	const struct route *route; /* NULL: no such path, or not with this method */
	uint32_t methods;          /* bits 1 << enum http_method that the path has; 0: no such path */
	int64_t id;                /* {id} */
	struct str name;           /* {name} */
};

/* Finds the row for a canonical path. HEAD finds the row of GET. */
struct route_match route_find(enum http_method method, struct str path);

/* The query parameter is one of the route's. */
bool route_takes_query(const struct route *route, struct str name);

#endif
