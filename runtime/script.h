/* SPDX-License-Identifier: Apache-2.0
 *
 * Script tasks in JavaScript: a worker like any other, but inside. It takes the jobs of its type from all tenants, runs
 * each script in a process of its own, and reports what came of it. One a process, on the event base of one worker.
 */
#ifndef RUNTIME_SCRIPT_H
#define RUNTIME_SCRIPT_H

#include <stdbool.h>

struct event_base;
struct scripts;
struct worker;

#define SCRIPTS_AT_ONCE 2

/* program: this program's file, to be started again. Begins to ask when the worker is ready. */
struct scripts *scripts_new(struct worker *worker, struct event_base *base, const char *program)
	__attribute__((returns_nonnull, warn_unused_result));
/* Takes no more jobs; what runs is reported. Before worker_drain. */
void scripts_drain(struct scripts *scripts);
/* Nothing runs, nothing is to be reported. */
bool scripts_idle(const struct scripts *scripts);
/* Ends what runs. After worker_free, which gives back what the worker was asked. */
void scripts_free(struct scripts *scripts);

#endif
