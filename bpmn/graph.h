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

/* What a timer event waits for (10.5.5). The text is a template: constant or with ${...}. */
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

/* A slice of graph->links: flow or node indexes. */
struct graph_links {
	int32_t first;
	int32_t count;
};

struct graph_names {
	const struct str *items;
	int32_t count;
};

/* A value with a name: of a mapping, a data association, a correlation key. */
struct graph_assignment {
	struct str target;
	const struct expr *source;       /* NULL: items or javascript */
	const struct graph_items *items; /* several values (camunda:list, camunda:map) */
	struct str javascript;           /* of an input or output mapping: run by a child process, as a job */
	/* Of a data association whose source is not set yet: `required`, its target is needed, an incident; `optional`, it
	 * is passed over. Neither: an unknown name is an error like in any expression. */
	bool required;
	bool optional;
	bool local; /* written to where it stands, not where the name is declared */
};

struct graph_assignments {
	const struct graph_assignment *items;
	int32_t count;
};

/* The entries of a map have targets, its keys; those of a list have none. */
struct graph_items {
	bool map;
	struct graph_assignments entries;
};

/* One event definition of an event node; of a receive task, a message; of a send task without a job type, the message
 * that it throws. Definitions by reference (eventDefinitionRef) are copies. */
struct graph_event {
	enum event_kind kind;
	int32_t node; /* whose it is; of one that a multi-instance body throws, the activity */
	/* TIMER */
	struct graph_timer timer;
	/* ERROR, ESCALATION: errorCode, escalationCode; empty: catches every one, throws none */
	struct str code;
	struct str code_variable;    /* catching: receives the code; empty: none */
	struct str message_variable; /* catching an error: receives its message; empty: none */
	const struct expr *text;     /* throwing an error: its message; NULL: none */
	/* LINK, throwing: the catch event of the same name in the same scope (10.5.5) */
	int32_t link_target;
	/* MESSAGE, SIGNAL: the name, a constant in most diagrams */
	const struct expr *name;
	struct graph_assignments correlation; /* MESSAGE: the keys that it declares, for both sides (8.4.2) */
	struct graph_assignments payload;     /* throwing: what is sent along */
	bool all_payload;                     /* ... and all variables that the event sees */
	const struct expr *ttl;      /* MESSAGE, throwing: how long it is kept where nobody waits; NULL: not */
	/* CONDITIONAL */
	const struct expr *condition;
	struct graph_names variables; /* asked only when one of these changes; none: when any does */
	/* COMPENSATE, throwing */
	int32_t activity; /* what is compensated; GRAPH_NONE: all that completed in the scope */
	bool wait;        /* waitForCompletion */
};

/* What vendors' listeners of a user task are told; of its completion they hear among its end listeners. */
enum task_event { TASK_CREATE, TASK_UPDATE, TASK_ASSIGNMENT, TASK_DELETE, TASK_EVENT_COUNT };
#define TASK_TIMEOUTS_MAX 32

struct graph_exprs {
	const struct expr *const *items;
	int32_t count;
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
	struct graph_exprs listeners[TASK_EVENT_COUNT];
	struct graph_exprs timeouts; /* a listener for each event of the node, which are timers */
};

struct graph_header {
	struct str name;
	struct str value;
};

struct graph_headers {
	const struct graph_header *items;
	int32_t count;
};

/* A field of a form as the diagram has it; empty: not said. */
struct graph_form_field {
	struct str id;
	struct str label;
	struct str type;
	struct str default_value;
	struct str date_pattern;
	struct graph_headers constraints; /* "required", "min" with the value "1" */
	struct graph_headers values;      /* of an enumeration: id, label */
	struct graph_headers properties;
};

/* Beside or in place of a form key: for frontends, nothing of it is executed. */
struct graph_form {
	struct str key;       /* of a start event, as it is written; a user task's is in graph_user_task */
	struct str reference; /* id of a form that is kept elsewhere; empty: none */
	struct str binding;
	struct str version;
	const struct graph_form_field *fields;
	int32_t field_count;
};

/* A report of a worker that is a BPMN error (camunda:errorEventDefinition). */
struct graph_job_error {
	struct str code;
	const struct expr *condition;
};

/* Work for a worker: service, send and business rule tasks, and script tasks that are mapped to a worker. */
struct graph_job {
	const struct expr *type; /* a constant in most diagrams */
	int32_t retries;         /* GRAPH_NONE: the server's default */
	/* waiting times between retries: "R3/PT10M" or "PT1M,PT5M"; NULL: the server's default */
	const struct expr *back_off;
	struct graph_headers headers;
	struct str result_variable; /* receives all that the worker returns, as one object; empty: each its own name */
	const struct graph_job_error *errors; /* in order: the first whose condition is true is thrown */
	int32_t error_count;
};

struct graph_script {
	const struct expr *program; /* run in the step; NULL: javascript */
	struct str javascript;      /* source: run by a child process, as a job */
	struct str result_variable; /* empty: none */
};

/* Standard loops and multi-instance activities (10.3.8, 13.3.6, 13.3.7). */
enum loop_kind { LOOP_STANDARD, LOOP_PARALLEL, LOOP_SEQUENTIAL };
/* Which completions of instances throw an event: none of them, each (NONE), the first (ONE), or as conditions say. */
enum loop_behavior { LOOP_ALL, LOOP_NONE, LOOP_ONE, LOOP_COMPLEX };

/* complexBehaviorDefinition */
struct graph_loop_event {
	const struct expr *condition;
	int32_t event; /* in graph->events */
};

struct graph_loop {
	enum loop_kind kind;
	/* STANDARD */
	bool test_before;
	const struct expr *condition; /* goes on while it is true; NULL: always */
	int32_t maximum;              /* loopMaximum; GRAPH_NONE: none */
	/* multi-instance */
	const struct expr *cardinality; /* a number; NULL: as many as the collection has */
	const struct expr *collection;  /* a list; NULL: none */
	struct str element_variable;    /* receives the item, local to each instance; empty: none */
	const struct expr *completion;  /* asked after each instance; true ends the rest; NULL: never */
	struct str output_collection;   /* list of the results by index; empty: none */
	const struct expr *output;      /* what each instance adds to it, seen from the instance */
	enum loop_behavior behavior;
	int32_t event; /* NONE, ONE: what is thrown, in graph->events; GRAPH_NONE: nothing */
	const struct graph_loop_event *complex_events;
	int32_t complex_event_count;
};

/* Which version of the process a call activity starts. */
enum call_binding { CALL_LATEST, CALL_DEPLOYMENT, CALL_VERSION, CALL_VERSION_TAG };

/* A call activity of a process. One that calls a global task of the file is compiled as that task: its node has the
 * task's kind and content under the id and name of the call activity. */
struct graph_call {
	const struct expr *key; /* process id */
	enum call_binding binding;
	const struct expr *version;      /* VERSION: a number; VERSION_TAG: a text; else NULL */
	const struct expr *business_key; /* of the called instance; NULL: none */
	struct graph_assignments in;
	struct graph_assignments out;
	bool all_in;  /* before `in`: every variable that the activity sees */
	bool all_out; /* before `out`: every variable of the ended instance's process scope */
};

/* Ad-hoc sub-processes (10.3.5, 13.3.5). */
struct graph_ad_hoc {
	bool sequential;
	bool manual;                   /* bpmnd:start="manual": nothing begins by itself */
	const struct expr *completion; /* asked after each inner activity; NULL: ends when nothing is left to do */
	bool cancel_remaining;
};

/* Event-based gateways (10.6.6, 13.4.4). */
struct graph_event_gateway {
	bool instantiate;
	bool parallel; /* instantiating: all of its events must come */
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
	int32_t default_flow;        /* GRAPH_NONE: none */
	/* events */
	int32_t event;          /* the first of its event definitions in graph->events; GRAPH_NONE: none. Of a user task
	                         * they are the timers of its listeners */
	int32_t event_count;    /* they stand side by side */
	bool parallel_multiple; /* catching: all of its definitions must come, not one (10.5.5) */
	bool interrupting;      /* boundary event: cancelActivity; start event of an event sub-process: isInterrupting */
	int32_t attached_to;    /* boundary event: its activity, else GRAPH_NONE */
	/* activities */
	struct graph_links boundary; /* nodes: boundary events attached to this activity */
	int32_t start_quantity;      /* tokens that it takes to start (10.3): 1 */
	int32_t completion_quantity; /* tokens that its end makes: 1 */
	bool for_compensation;       /* isForCompensation: entered by compensation only */
	int32_t compensation;        /* its compensation handler, by its boundary event's association; GRAPH_NONE */
	bool instantiates;           /* receive task with instantiate="true" that begins the process */
	bool async_before;           /* a job of its own goes on before it is entered, ... */
	bool async_after;            /* ... before it is left; events and gateways have these too */
	/* scopes: sub-processes of all kinds */
	int32_t
		start; /* none start event, or an event sub-process's start event; GRAPH_NONE: nodes without incoming flows */
	bool event_sub_process;                 /* triggeredByEvent: no flows, begins with its one start event */
	struct graph_links event_sub_processes; /* nodes, those directly inside */
	int32_t compensation_event_sub_process; /* the one of them that a compensate event starts; GRAPH_NONE */
	/* data */
	struct graph_names declares;     /* that live here and not further out: properties, data objects, inputs, outputs */
	struct graph_assignments inputs; /* before it starts, in order: seen from it, written to it */
	struct graph_assignments outputs; /* before it is left: seen from it, written outside of it */
	struct graph_exprs start_listeners;
	struct graph_exprs end_listeners;
	/* by kind; NULL where it has none */
	const struct graph_loop *loop;
	const struct graph_call *call;
	const struct graph_ad_hoc *ad_hoc;
	const struct graph_event_gateway *event_gateway;
	const struct expr *activation; /* complex gateway: activationCondition */
	const struct graph_user_task *user;
	const struct graph_form *form;     /* user tasks, the none start event; NULL: none */
	const struct graph_job *job;       /* nodes that make a job */
	const struct graph_script *script; /* script tasks, and service tasks that only evaluate something */
};

struct graph_flow {
	struct str id;
	struct str name;
	int32_t source;
	int32_t target;
	const struct expr *condition; /* NULL: unconditional */
	struct graph_exprs listeners;
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
	int32_t compensation_event_sub_process; /* as in a sub-process: nobody compensates a process that is not called */
	const int32_t *links;
	int32_t link_count;
	int32_t start; /* the none start event; GRAPH_NONE: the nodes without incoming flows, or events only */
	/* Where an event begins a new instance: start events with definitions, instantiating receive tasks, and the events
	 * behind instantiating gateways. With these and no none start event nobody else can start one. */
	struct graph_links event_starts;
	bool late_joins;             /* has inclusive or complex gateways */
	struct str initiator;        /* variable that receives who started it; empty: none */
	struct graph_names declares; /* data objects and properties of the process */
	struct graph_exprs start_listeners;
	struct graph_exprs end_listeners;
};

/* The first event definition of a node; NULL where it has none. */
const struct graph_event *graph_event(const struct graph *graph, int32_t node);
/* Its first definition of that kind; NULL. */
const struct graph_event *graph_event_of(const struct graph *graph, int32_t node, enum event_kind kind);
/* The node has an event definition of that kind. */
bool graph_has_event(const struct graph *graph, int32_t node, enum event_kind kind);
/* One of the mappings is a script in JavaScript. */
bool graph_has_script(const struct graph_assignments *mappings);

/* Index of the node with that id, or GRAPH_NONE. Linear: for the API and tests, not for the step. */
int32_t graph_find_node(const struct graph *graph, struct str id);

#endif
