/* SPDX-License-Identifier: Apache-2.0
 *
 * The definitions that this process knows, and their compiled graphs: shared by all workers under one mutex. The
 * database's generation tells when what we know is old; a batch that was prepared with an old catalog is refused by the
 * database and runs again. A definition, once known, lives until the process ends, so instances may borrow its graph.
 */
#ifndef RUNTIME_CATALOG_H
#define RUNTIME_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "bpmn/graph.h"
#include "db/statements.h"

struct catalog;

struct definition {
	int64_t id;
	int64_t deployment_id;
	int32_t version;
	int32_t process_index;
	struct str key;
	struct str name;
	struct str tenant;
	struct str version_tag;
	bool executable;
	bool suspended;            /* as of the last refresh */
	bool deleted;              /* likewise: nothing new may start */
	bool broken;               /* the stored diagram does not compile any more */
	const struct graph *graph; /* NULL: not compiled yet */
};

struct catalog *catalog_new(void) __attribute__((returns_nonnull, warn_unused_result));
void catalog_free(struct catalog *catalog);

int64_t catalog_generation(struct catalog *catalog);

/* A refresh: begin, one add per definition, end publishes it all. One thread at a time: the object is the thread's
 * own. */
struct catalog_refresh;
struct catalog_refresh *catalog_refresh_begin(struct catalog *catalog) __attribute__((returns_nonnull));
void catalog_refresh_generation(struct catalog_refresh *refresh, int64_t generation);
void catalog_refresh_add(struct catalog_refresh *refresh, const struct db_definition *row);
void catalog_refresh_end(struct catalog_refresh *refresh, bool publish);

/* Which version of a process is meant: the latest that is all of this. */
struct catalog_query {
	struct str tenant;
	struct str key;
	int32_t version;        /* 0: any */
	int64_t deployment_id;  /* 0: any */
	struct str version_tag; /* empty: any */
};

/* Copies of what is known (the slices live as long as the catalog); false where there is none. */
bool catalog_by_id(struct catalog *catalog, int64_t id, struct definition *out);
bool catalog_find(struct catalog *catalog, const struct catalog_query *query, struct definition *out);

/* Compiles a definition's XML and keeps the graph. Logged, and broken from then on, when the stored XML does not
 * compile any more. */
void catalog_compile(struct catalog *catalog, int64_t id, struct str xml);

#endif
