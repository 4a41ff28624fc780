/* SPDX-License-Identifier: Apache-2.0
 *
 * The process graph: what a checked BPMN process compiles to. Arrays and indexes, no pointer back to XML, const after
 * compile, shared by all threads and instances, freed with its document at once. Run state lives elsewhere and
 * refers to nodes and flows by index; the indexes follow document order, so equal bytes give equal indexes.
 */
#ifndef BPMN_GRAPH_H
#define BPMN_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct expr; /* engine/expr: bpmn/ only carries it */

enum node_kind {
#define X(name, text) NODE_##name,
#include "bpmn/node_kind.def" /* IWYU pragma: keep */
#undef X
	NODE_KIND_COUNT
};

/* BPMN local name: "userTask". */
struct str node_kind_name(enum node_kind kind);

#define GRAPH_NONE (-1)

/* What a timer event waits for (10.5.5.6). The text is a template: constant or with ${...}. */
enum timer_kind { TIMER_DATE, TIMER_DURATION, TIMER_CYCLE };

struct graph_timer {
	enum timer_kind kind;
	const struct expr *value;
};

enum event_kind {
#define X(name, text) EVENT_##name,
#include "bpmn/event_kind.def" /* IWYU pragma: keep */
#undef X
	EVENT_KIND_COUNT
};

/* One event definition of an event node. */
struct graph_event {
	enum event_kind kind;
	struct graph_timer timer; /* TIMER */
	struct str code;          /* ERROR, ESCALATION: errorCode, escalationCode; empty: catches every one, throws none */
	struct str
		code_variable; /* catching: variable that receives the code; empty: none (camunda:errorCodeVariable, ...) */
	struct str message_variable; /* catching errors: variable that receives the message */
	int32_t link_target;         /* LINK, throwing: the catch event of the same name in the same scope (10.5.5.5) */
};

/* Who does a user task and how it is shown; members are NULL where the diagram says nothing. */
struct graph_user_task {
	const struct expr *assignee;
	const struct expr *const *candidate_users; /* each yields a text, a comma list or a list of texts */
	int32_t candidate_user_count;
	const struct expr *const *candidate_groups;
	int32_t candidate_group_count;
	const struct expr *due; /* date-time text, or a duration from now */
	const struct expr *follow_up;
	const struct expr *priority; /* integer; 50 where absent */
	const struct expr *form;     /* form key */
};

struct graph_header {
	struct str name;
	struct str value;
};

/* Work for a worker: service, send and business rule tasks, and script tasks that are mapped to a worker. */
struct graph_job {
	const struct expr *type; /* a constant in most diagrams */
	int32_t retries;         /* GRAPH_NONE: the server's default */
	const struct graph_header *headers;
	int32_t header_count;
};

struct graph_script {
	const struct expr *program;
	struct str result_variable; /* empty: none */
};

/* A slice of graph->links: flow or node indexes. */
struct graph_links {
	int32_t first;
	int32_t count;
};

struct graph_node {
	enum node_kind kind;
	struct str id;
	struct str name; /* empty where absent */
	struct str documentation;
	struct str lane; /* name (else id) of the innermost lane; empty: none */
	int32_t line;
	int32_t column;
	int32_t scope;               /* index of the sub-process around it, GRAPH_NONE: the process itself */
	struct graph_links incoming; /* flows */
	struct graph_links outgoing; /* flows, in document order, the default flow included */
	struct graph_links boundary; /* nodes: boundary events attached to this activity */
	int32_t default_flow;        /* GRAPH_NONE: none */
	int32_t attached_to;         /* boundary event: its activity, else GRAPH_NONE */
	int32_t start;     /* sub-process: its none start event (event sub-process: its start event), or GRAPH_NONE when
	                                 it begins at the nodes without incoming flows (13.3.4, 10.3.5) */
	int32_t event;     /* its event definition in graph->events; GRAPH_NONE: none */
	bool interrupting; /* boundary event: cancelActivity; start event of an event sub-process: isInterrupting */
	bool event_sub_process; /* sub-process with triggeredByEvent: no flows, begins with its one start event */
	struct graph_links event_sub_processes; /* sub-process: nodes, those directly inside */
	const struct graph_user_task *user;     /* NODE_USER_TASK */
	const struct graph_job *job;            /* nodes that make a job */
	const struct graph_script *script;      /* NODE_SCRIPT_TASK run by the engine; NULL with job set: run by a worker */
};

struct graph_flow {
	struct str id;
	struct str name;
	int32_t source;
	int32_t target;
	const struct expr *condition; /* NULL: unconditional */
};

struct graph {
	struct str key; /* process id */
	struct str name;
	struct str version_tag;
	bool executable;
	int32_t line;
	int32_t column;
	const struct graph_node *nodes;
	int32_t node_count;
	const struct graph_flow *flows;
	int32_t flow_count;
	const struct graph_event *events;
	int32_t event_count;
	struct graph_links event_sub_processes; /* nodes, those directly in the process */
	const int32_t *links;
	int32_t link_count;
	int32_t start; /* the none start event, or GRAPH_NONE: begins at the nodes without incoming flows */
};

/* The event definition of a node; NULL where it has none. */
const struct graph_event *graph_event(const struct graph *graph, int32_t node);
/* The node has an event definition of that kind. */
bool graph_has_event(const struct graph *graph, int32_t node, enum event_kind kind);

/* Index of the node with that id, or GRAPH_NONE. Linear: for the API and tests, not for the step. */
int32_t graph_find_node(const struct graph *graph, struct str id);

#endif
