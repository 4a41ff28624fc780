/* SPDX-License-Identifier: Apache-2.0
 *
 * Does a process always come to its end? Its runs are tried before it is deployed: the engine itself steps an instance
 * whose data is unknown (engine/oracle.h) through everything that can happen from outside, breadth first, within
 * bounds. What is found is certain but for the data: it may be that no data ever leads there. What bounds left out is
 * not found.
 */
#ifndef ENGINE_EXPLORE_H
#define ENGINE_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "bpmn/bpmn.h"
#include "bpmn/rule.h"

struct explore_finding {
	enum rule rule; /* JOIN_CAN_WAIT, NEVER_REACHED, TOKENS_CAN_MEET */
	int32_t node;
	const int32_t *path; /* nodes passed on the shortest way there; NEVER_REACHED: none */
	size_t path_count;
};

struct exploration {
	VEC(struct explore_finding) findings;
	size_t states;
	bool complete; /* no bound was hit, and nothing was given up */
};

/* The bound on one diagram, in units of work: rows that are copied or moved. A slow core does two in a microsecond. */
#define EXPLORE_WORK_MAX INT64_C(400000)

/* Explores one process; what it finds lives in the arena, but for the list (vec_free). Takes what it did off *work. */
void explore_graph(const struct graph *graph, struct arena *arena, int64_t *work, struct exploration *out);

/* Explores the executable processes of a document without errors, and adds the findings to its diagnostics. */
void explore_document(struct bpmn_document *document);

#endif
