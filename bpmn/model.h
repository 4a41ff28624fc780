/* SPDX-License-Identifier: Apache-2.0
 *
 * The model: what stands in the file, with places. Between the passes only; the graph keeps nothing of it.
 *
 *     elements    the BPMN part of the XML tree, in document order          read.c      (pass 1)
 *     processes, nodes, flows over it, with their references resolved       model.c, resolve.c (pass 2)
 *     diagnostics                                                           report.c, check.c  (pass 3)
 *
 * Everything lives in the model's arena, but diagnostics: their text goes to the document's.
 */
#ifndef BPMN_MODEL_H
#define BPMN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "bpmn/bpmn.h"
#include "bpmn/graph.h"
#include "bpmn/vocabulary.h"

enum rule {
#define X(name, id, severity, hint) RULE_##name,
#include "bpmn/rule.def" /* IWYU pragma: keep */
#undef X
	RULE_COUNT
};

/* Namespaces that mean something to us. */
enum space { SPACE_NONE, SPACE_BPMN, SPACE_BPMND, SPACE_CAMUNDA, SPACE_ZEEBE, SPACE_OTHER };

struct attribute {
	enum space space;
	struct str name;
	struct str value;
};

/* A kept element: BPMN's own, and whatever stands inside extensionElements or in their place. */
struct element {
	enum space space;
	struct str name;
	const struct word *word; /* NULL: not a name of BPMN */
	struct str id;
	struct str label; /* attribute name */
	struct str text;  /* its own character data, untrimmed */
	const struct attribute *attributes;
	size_t attribute_count;
	struct element *parent;
	struct element *first_child;
	struct element *last_child;
	struct element *sibling;
	struct element *next; /* in document order */
	size_t offset;        /* of its start tag in model->source */
	size_t content;       /* behind its start tag */
	int line;
	int column;
	bool extension;          /* inside extensionElements, or foreign */
	bool foreign;            /* not BPMN's where BPMN's should stand, or inside such */
	bool closed;             /* nothing below it is judged: refused as a whole, or a drawing */
	struct process *process; /* around it, or what it is */
	struct node *node;       /* what it is */
	struct flow *flow;
	int lane_depth; /* lanes: how deep */
};

/* What a process and a sub-process have in common. */
struct scope {
	int node_count;
	int start_count;
	struct node *start; /* its none start event; of an event sub-process: its start event */
	bool begins;        /* a run of it has a node to begin with */
	struct node *first_event_sub_process;
	struct node *last_event_sub_process;
	int32_t event_sub_process_count;
};

struct process {
	struct process *next;
	struct element *element;
	bool executable;
	bool broken; /* has rule errors, reported as such or not */
	struct scope inner;
	struct node *first_node; /* in document order */
	struct node *last_node;
	struct flow *first_flow;
	struct flow *last_flow;
	int32_t node_count;
	int32_t flow_count;
	int32_t event_count;
};

struct node {
	struct node *next;
	struct element *element;
	enum node_kind kind; /* of a refused node: NODE_KIND_COUNT; of a refused scope: NODE_SUB_PROCESS */
	bool refused;        /* reported already, so that further rules keep silent about it */
	bool activity;
	bool container;
	bool event_sub_process;
	bool interrupting;
	bool reached;
	int32_t index;
	struct process *process;
	struct node *around; /* the sub-process around it, NULL: the process */
	struct scope inner;  /* containers */
	struct element *lane;
	struct element *definition; /* its first event definition that we run; NULL: none */
	int definition_count;       /* all of them */
	int32_t event;              /* index of the definition, or GRAPH_NONE */
	struct str code;            /* of the error or escalation that the definition names */
	struct node *link_target;   /* link throw: its catch */
	struct flow *first_outgoing;
	struct flow *last_outgoing;
	struct flow *first_incoming;
	struct flow *last_incoming;
	int32_t outgoing_count;
	int32_t incoming_count;
	struct flow *default_flow;
	struct node *attached_to;
	struct node *first_boundary;
	struct node *last_boundary;
	struct node *next_boundary;
	int32_t boundary_count;
	struct node *next_event_sub_process;
	struct node *next_reached; /* work list of the reachability check */
};

struct flow {
	struct flow *next;
	struct flow *next_outgoing;
	struct flow *next_incoming;
	struct element *element;
	struct element *condition;
	struct node *source; /* NULL: dangling */
	struct node *target;
	int32_t index;
};

struct report {
	struct diagnostic diagnostic;
	size_t order;
};

struct model {
	struct arena *arena;
	struct arena *keep; /* the document's: diagnostics and graphs */
	const struct bpmn_options *options;
	struct str source; /* UTF-8 */
	struct element *root;
	struct element *last;
	struct map ids; /* id -> element */
	struct process *first_process;
	struct process *last_process;
	size_t process_count;
	bool has_executable;
	VEC(struct report) reports;
	size_t reports_left_out;
	bool has_errors;
};

/* Pass 1: fills root and the elements; ERR_BAD_REQUEST, ERR_MODEL as bpmn_read says. */
bool model_read(struct model *model, struct err *err) __attribute__((warn_unused_result));
/* Pass 2a: processes, nodes and flows; refuses elements by name. */
void model_build(struct model *model);
/* Pass 2b: references between them. */
void model_resolve(struct model *model);
/* Pass 3: the rules. */
void model_check(struct model *model);
void model_check_names(struct model *model);
/* Pass 4: judges expressions, timers and work of the process and gives its graph; NULL when it is executable and has
 * errors. A broken drawing gives a graph without nodes. */
struct graph *model_compile(struct model *model, struct process *process);

/* Reports at the element's start tag. */
void model_report(struct model *model, enum rule rule, const struct element *at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Reports at a place inside the element: an offset of model->source. */
void model_report_inside(struct model *model, enum rule rule, const struct element *at, size_t offset,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
/* For messages: "userTask 'approve'"; a text of the file in quotes, and without, cut where it is long. */
const char *model_name(struct model *model, const struct element *element);
const char *model_quote(struct model *model, struct str text);
const char *model_cut(struct model *model, struct str text);

/* The value of an attribute, trimmed; empty slice when absent. */
struct str element_attribute(const struct element *element, enum space space, const char *name);
const struct attribute *element_find_attribute(const struct element *element, enum space space, const char *name);
/* The first child of that name, or the next one after a child; NULL. */
struct element *element_child(const struct element *element, enum space space, const char *name);
struct element *element_sibling(const struct element *child, enum space space, const char *name);
/* The first element of that name inside extensionElements, at any depth; NULL. */
struct element *element_extension(const struct element *element, enum space space, const char *name);
struct element *element_next_extension(const struct element *after, enum space space, const char *name);
/* xs:boolean; an invalid text is reported and gives the default. */
bool element_boolean(struct model *model, const struct element *element, const char *name, bool standard);
/* The scope of a node: its sub-process or its process. */
struct scope *node_scope(struct node *node);
/* Its event definition that we run is of that kind. */
bool node_has_event(const struct node *node, enum event_kind kind);
/* An event that throws: its definition happens when a token comes. */
bool node_is_throw(const struct node *node);
/* The start event of an event sub-process. */
bool node_begins_event_sub_process(const struct node *node);

#endif
