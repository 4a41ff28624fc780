/* SPDX-License-Identifier: Apache-2.0
 *
 * Which definition a call activity starts: what the engine asks in the middle of a step, answered from the catalog.
 */
#ifndef RUNTIME_CALL_H
#define RUNTIME_CALL_H

#include "runtime/worker.h"

/* call_find of a step; the context is the worker. A graph that is not in memory is noted in worker->callees, for the
 * batch that repeats the step. */
enum call_answer call_find_definition(
	void *worker, const struct call_request *request, struct call_target *out, struct err *err);

#endif
