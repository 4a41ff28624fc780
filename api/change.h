/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests say about changes of running instances, of one or of many: instructions, mappings, where to.
 */
#ifndef API_CHANGE_H
#define API_CHANGE_H

#include "api/call.h"
#include "engine/migrate.h"
#include "engine/modify.h"

#define INSTRUCTIONS_MAX 1000
#define MAPPINGS_MAX 10000
#define CHANGE_REASON_MAX 4000

/* Each reads a list of the body into the arena. NULL: the call has been answered. */
const struct modification *change_read_instructions(struct call *call, json_t *list);
const struct node_mapping *change_read_mappings(struct call *call, json_t *list);

/* What an instance is migrated to: one definition by its id, or by key and, where it is not the newest, version. */
struct change_target {
	struct str definition_key;
	int64_t definition_id;
	int64_t version;
};
/* False: the call has been answered. */
bool change_target_is_sound(struct call *call, const struct change_target *target);

/* Members of a list: what keeps an instance from being migrated, as errors of a problem or for a dry run. */
void change_write_problem(struct buf *json, const struct migration_problem *problem, bool as_error);

/* handle_instances.c: writes the answer to a start. */
void start_write(struct call *call, const struct work_item *item, struct buf *body);

#endif
