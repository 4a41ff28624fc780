/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances and tasks as answers show them, written from the engine's state inside the transaction: the same shape as
 * that of the views instance_document and task_document, which serve the reads.
 */
#ifndef API_INSTANCE_JSON_H
#define API_INSTANCE_JSON_H

#include <jansson.h>

#include "base/buf.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/instance.h"

/* Opens the object and writes the members of an instance: the caller may add some and ends the object. */
void instance_json_begin(struct buf *buf, const struct instance *instance, int32_t definition_version);
void instance_json(struct buf *buf, const struct instance *instance, int32_t definition_version);

/* The same for a task, with its participants and what the actor may do with it. */
void task_json_begin(
	struct buf *buf, const struct instance *instance, const struct task *task, const struct actor *actor);
/* The array of an instance's open tasks that the actor may see. */
void task_json_list(struct buf *buf, const struct instance *instance, const struct actor *actor);

/* The same for a task that was read as a JSON object: everything in it, then what depends on the actor. */
void task_json_begin_read(struct buf *buf, json_t *task, const struct actor *actor);

#endif
