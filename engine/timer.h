/* SPDX-License-Identifier: Apache-2.0
 *
 * When a timer fires: what its text means from now on.
 */
#ifndef ENGINE_TIMER_H
#define ENGINE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "bpmn/graph.h"

struct timer_plan {
	int64_t due;
	int64_t repeat;      /* firings after the first; -1 without end */
	int64_t anchor;      /* of an interval with months: what its firings are counted from; else 0 */
	struct str interval; /* in the arena; empty: fires once */
};

bool timer_plan(enum timer_kind kind, struct str text, int64_t now, struct arena *arena, struct timer_plan *plan,
	struct err *err) __attribute__((warn_unused_result));

#endif
