/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 4 in four parts: the arrays (compile.c), what the tasks say (compile_task.c, compile_job.c), what the events say
 * (compile_event.c), and what vendors' extensions say that we do not do (extension.c).
 */
#ifndef BPMN_COMPILE_H
#define BPMN_COMPILE_H

#include "bpmn/model.h"

const struct graph_user_task *compile_user_task(struct model *model, const struct node *node);
/* Work of a service, send or business rule task. */
const struct graph_job *compile_job(struct model *model, const struct node *node);
/* A script task is a job where it names a worker type, and a script of the engine's otherwise. */
void compile_script_task(struct model *model, const struct node *node, struct graph_node *out);
/* The event definition of a node that has one. */
void compile_event(struct model *model, const struct node *node, struct graph_event *out);

/* Warns of what would change the execution elsewhere and has no effect here; refuses shell commands. */
void extension_check(struct model *model, const struct element *element);

#endif
