/* SPDX-License-Identifier: Apache-2.0
 *
 * What random diagrams are put together from: nodes and flows, numbered as they come, activities and events.
 */
#ifndef TESTS_ENGINE_RANDOM_PARTS_H
#define TESTS_ENGINE_RANDOM_PARTS_H

#include "tests/engine/random_model.h"

struct model {
	struct buf *xml;
	struct random *random;
	int nodes;
	int flows;
	int depth;
	int nodes_max; /* no deeper blocks beyond */
	bool calls;    /* there is a process to call */
};

bool model_chance(struct model *model, int percent);
/* The opening of a file, with what its events refer to; and its end. */
void model_open(struct model *model);
void model_close(struct model *model);

/* A flow; condition NULL: none. Returns its number. */
int model_flow(struct model *model, int from, int to, const char *condition);
/* A flow to a new node, whose element is still to be written. */
int model_next(struct model *model, int from, const char *condition);
/* A flow to a new end event. */
void model_end(struct model *model, int from);
/* Ways meet: writes the gateway. */
void model_merge(struct model *model, int node);

/* ---- events ---- */

void model_timer(struct model *model);
/* The definition of an event that somebody or something brings: a timer, message, signal or condition. */
void model_wait(struct model *model);
/* What an error or escalation event catches: every code, the one that is thrown, or another. */
void model_catch(struct model *model, const char *kind);
/* A catch event or receive task, or several definitions in one. */
int model_pause(struct model *model, int from, const char *condition);
/* An event-based gateway and what it chooses from. */
int model_choice(struct model *model, int from, const char *condition);
/* Sometimes boundary events; the last node of what leaves the activity. */
int model_boundaries(struct model *model, int activity);

/* ---- activities ---- */

/* Sometimes: what makes it loop. Inside its element. */
void model_loops(struct model *model);
/* Sometimes: continuations. Inside its tag. */
void model_continuations(struct model *model);
/* A task, a call or a throw event, with its boundary events. */
int model_activity(struct model *model, int from, const char *condition);
/* Several small ones, each without incoming flows. */
void model_free_activities(struct model *model);
/* A task with more attributes. */
void model_task(struct model *model, int node, const char *attributes);

/* ---- random_model.c: blocks ---- */

/* One to three blocks; the condition is that of the flow into the first. */
int model_blocks(struct model *model, int from, const char *condition);
/* How a scope ends: with an end event, which may escalate or compensate, or with the last node. */
void model_last(struct model *model, int last);
/* An event sub-process in the scope that is being drawn. */
void model_event_sub_process(struct model *model);

/* ---- random_compensation.c ---- */

/* What undoes the activity, should it be compensated. */
void model_handler(struct model *model, int activity);
/* Sometimes: the event sub-process that compensates the scope that is being drawn. */
void model_compensation(struct model *model);
/* An activity with a handler, and sometimes a throw event that compensates. */
int model_compensated(struct model *model, int from, const char *condition);
/* Ends by itself or is canceled; both ways meet behind it. */
int model_transaction(struct model *model, int from, const char *condition);

#endif
