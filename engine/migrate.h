/* SPDX-License-Identifier: Apache-2.0
 *
 * Moving a running instance to another version of its process, or to another process: every place where something waits
 * needs a counterpart that can wait for the same.
 */
#ifndef ENGINE_MIGRATE_H
#define ENGINE_MIGRATE_H

#include "base/arena.h"
#include "base/vec.h"
#include "engine/engine.h"

/* Elements whose ids differ; all others go to the element of the same id. */
struct node_mapping {
	struct str from;
	struct str to;
};

struct migration {
	int64_t definition_id;
	const struct graph *graph;
	const struct node_mapping *mappings;
	size_t mapping_count;
};

struct migration_problem {
	int64_t token_id; /* 0: the instance */
	struct str element_id;
	struct str message;
};
struct migration_problems {
	VEC(struct migration_problem) list;
};

/* Everything that keeps the instance from moving, into the arena; none: it can. */
void migration_find_problems(const struct instance *instance, const struct migration *migration, struct arena *arena,
	struct migration_problems *problems);

#endif
