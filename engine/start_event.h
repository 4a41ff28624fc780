/* SPDX-License-Identifier: Apache-2.0
 *
 * The events that begin instances of a process, as rows: what its newest version waits for without an instance.
 */
#ifndef ENGINE_START_EVENT_H
#define ENGINE_START_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "bpmn/graph.h"

struct start_event_row {
	int32_t node;
	int32_t event;        /* its definition in the graph */
	enum event_kind kind; /* MESSAGE, SIGNAL, TIMER, CONDITIONAL */
	struct str name;      /* MESSAGE, SIGNAL */
	int64_t due_at;       /* TIMER: the first firing */
	int64_t repeat;       /* TIMER: firings after the first; -1 without end */
	struct str cycle;     /* TIMER: the interval; empty: fires once */
};

/* One row for each definition of each event that begins an instance, in document order, in the arena. False with err:
 * an expression needs what there is not before an instance runs, or failed; its element is in err's context. */
bool engine_start_events(const struct graph *graph, int64_t now, struct arena *arena, struct start_event_row **rows,
	size_t *count, struct err *err) __attribute__((warn_unused_result));

#endif
