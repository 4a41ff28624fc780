/* SPDX-License-Identifier: Apache-2.0
 *
 * One script in a child process of its own, which ends with it: this program again, under its subcommand for that.
 */
#ifndef RUNTIME_SCRIPT_PROCESS_H
#define RUNTIME_SCRIPT_PROCESS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct event_base;
struct script_process;

#define SCRIPT_SUBCOMMAND "run-script"
#define SCRIPT_TIME_MICROS INT64_C(20000000) /* by the clock: even a busy machine gives it its CPU time */
#define SCRIPT_ANSWER_MAX (2u << 20)

/* Called once, from the event loop, when the child has ended: its answer (JSON, borrowed), or err. The process is gone
 * afterwards. ERR_UNAVAILABLE: the script has not been run. */
typedef void (*script_on_end)(void *context, struct str answer, const struct err *err);

/* Runs the request (see javascript.h). NULL with ERR_UNAVAILABLE: there is no child, and on_end will not be called. */
struct script_process *script_process_start(struct event_base *base, const char *program, struct str request,
	script_on_end on_end, void *context, struct err *err) __attribute__((warn_unused_result));
/* Ends it, without a call to on_end. */
void script_process_free(struct script_process *process);

#endif
