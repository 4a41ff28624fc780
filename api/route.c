/* SPDX-License-Identifier: Apache-2.0
 *
 * Matching a path against the patterns of routes.def, segment by segment. Forty rows are compared faster than a clever
 * structure is explained.
 */
#include "config.h"

#include "api/route.h"

#include <stdbool.h>

#include "api/handlers.h"
#include "api/token.h"

/* The role words of routes.def. */
#define ROUTE_ROLES_NOBODY 0
#define ROUTE_ROLES_ANYBODY ROUTE_ROLE_AUTHENTICATED
#define ROUTE_ROLES_ALL (ROUTE_ROLE_AUTHENTICATED - 1)
#define ROUTE_ROLES_DEPLOYERS (ROLE_BIT(ADMIN) | ROLE_BIT(DEPLOYER))
#define ROUTE_ROLES_MODEL_READERS (ROUTE_ROLES_ALL & ~ROLE_BIT(WORKER))
#define ROUTE_ROLES_OPERATORS (ROLE_BIT(ADMIN) | ROLE_BIT(OPERATOR))
#define ROUTE_ROLES_OPERATION_READERS (ROUTE_ROLES_OPERATORS | ROLE_BIT(ANALYST))
#define ROUTE_ROLES_MODEL_OPERATORS (ROUTE_ROLES_OPERATORS | ROLE_BIT(DEPLOYER))
#define ROUTE_ROLES_STARTERS (ROUTE_ROLES_OPERATORS | ROLE_BIT(STARTER))
#define ROUTE_ROLES_INSTANCE_READERS (ROUTE_ROLES_OPERATION_READERS | ROLE_BIT(STARTER) | ROLE_BIT(APPROVER))
#define ROUTE_ROLES_WORKERS (ROLE_BIT(ADMIN) | ROLE_BIT(WORKER))
#define ROUTE_ROLES_SENDERS (ROUTE_ROLES_STARTERS | ROLE_BIT(WORKER))

/* The flag words of routes.def, short for the table's sake; they end with it. */
enum {
	NONE = ROUTE_NONE,
	PUBLIC = ROUTE_PUBLIC,
	JSON = ROUTE_JSON,
	JSON_OPTIONAL = ROUTE_JSON_OPTIONAL,
	DIAGRAM = ROUTE_DIAGRAM,
	KEYED = ROUTE_KEYED,
	IF_MATCH = ROUTE_IF_MATCH,
	DRY_RUN = ROUTE_DRY_RUN,
};

static const struct route routes[] = {
#define X(verb, pattern, name, who, what, words) \
	{ \
		.method = HTTP_##verb, \
		.path = STR_INIT(pattern), \
		.operation = #name, \
		.roles = ROUTE_ROLES_##who, \
		.flags = (what), \
		.queries = STR_INIT(words), \
		.handle = handle_##name, \
	},
#include "api/routes.def" /* IWYU pragma: keep */
#undef X
};

const struct route *route_table(size_t *count)
{
	*count = sizeof routes / sizeof *routes;
	return routes;
}

/* One segment of a pattern against one of a path; takes the parameter out. */
static bool route_match_segment(struct str pattern, struct str segment, struct route_match *match)
{
	if (str_equal(pattern, STR("{id}")))
		return segment.len > 0 && segment.ptr[0] != '-' && str_to_int64(segment, &match->id) && match->id > 0;
	if (str_equal(pattern, STR("{name}"))) {
		match->name = segment;
		return segment.len > 0;
	}
	return str_equal(pattern, segment);
}

static bool route_match_path(struct str pattern, struct str path, struct route_match *match)
{
	while (pattern.ptr && path.ptr) {
		if (!route_match_segment(str_split(&pattern, '/'), str_split(&path, '/'), match))
			return false;
	}
	return !pattern.ptr && !path.ptr;
}

struct route_match route_find(enum http_method method, struct str path)
{
	struct route_match found = {0};
	if (method == HTTP_HEAD)
		method = HTTP_GET;
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		struct route_match match = {.route = &routes[i]};
		if (!route_match_path(routes[i].path, path, &match))
			continue;
		match.methods = found.methods | UINT32_C(1) << routes[i].method;
		if (routes[i].method == method)
			return match;
		found.methods = match.methods;
	}
	return found;
}

bool route_takes_query(const struct route *route, struct str name)
{
	if ((route->flags & ROUTE_DRY_RUN) && str_equal(name, STR("dryRun")))
		return true;
	for (struct str words = route->queries; words.ptr;) {
		struct str word = str_split(&words, ' ');
		bool prefix = str_ends_with(word, STR("."));
		if (word.len > 0 && (prefix ? name.len > word.len && str_starts_with(name, word) : str_equal(name, word)))
			return true;
	}
	return false;
}
