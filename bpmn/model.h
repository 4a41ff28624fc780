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
#include "bpmn/rule.h"
#include "bpmn/vocabulary.h"

/* Namespaces that mean something to us. */
enum space { SPACE_NONE, SPACE_BPMN, SPACE_BPMND, SPACE_CAMUNDA, SPACE_ZEEBE, SPACE_OTHER };

struct attribute {
	enum space space;
	struct str prefix; /* as it is written */
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
	bool needed;             /* data inputs and outputs: listed in a set, ... */
	bool optional;           /* ... and as optional */
	bool closed;             /* nothing below it is judged: refused as a whole, or a drawing */
	struct process *process; /* around it, or what it is */
	struct node *node;       /* what it is */
	struct flow *flow;
	struct shared *shared; /* beside the processes: what is known of it; element_shared */
	int lane_depth;        /* lanes: how deep */
};

/* A message finds its receiver by few keys. */
#define MODEL_CORRELATION_KEYS_MAX 16

/* What a correlation property is in one message (8.4.2). */
struct correlation {
	struct correlation *next;
	struct element *property;
	struct element *path; /* messagePath, NULL: missing */
};

/* What a correlation property is in one process: correlationPropertyBinding. */
struct binding {
	struct binding *next;
	struct element *property;
	struct element *path; /* dataPath, NULL: missing */
};

/* What is known of an element beside the processes that several of them may name. */
struct shared {
	const struct event_result *results[2][2]; /* declarations, definitions: by executable, thrown; compile_event.c */
	struct correlation *correlations;         /* messages */
	int correlation_count;
	/* correlation properties */
	bool listed;                  /* stands in a key */
	const struct process *bound;  /* the process whose subscription ... */
	const struct expr *data_path; /* ... says this */
};

/* An event definition of a node: it stands in the node, or beside the processes (eventDefinitionRef). The definition of
 * a receive task, and of a send task that is no work, is the task itself. */
struct definition {
	struct definition *next;
	struct element *at;          /* in the node: the definition or the reference to it */
	struct element *element;     /* what it says; NULL: a reference not yet resolved */
	enum event_kind kind;        /* EVENT_KIND_COUNT likewise */
	struct element *declaration; /* the message, signal, error or escalation that it names; NULL: none */
	struct str code;             /* of the error or escalation */
	struct node *link_target;    /* link throw: its catch */
	struct node *activity;       /* compensate: what it names; NULL: nothing */
	struct element *work;        /* a message that a worker sends: what names the work; NULL: none */
};

/* What a process and a sub-process have in common. */
struct scope {
	int node_count;
	int start_count;
	struct node *start;        /* its none start event; of an event sub-process: its start event */
	bool begins;               /* a run of it has a node to begin with */
	struct node *compensation; /* the event sub-process that a compensation starts */
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
	struct binding *bindings;
};

struct node {
	struct node *next;
	struct element *element;
	enum node_kind kind; /* of a refused node: NODE_KIND_COUNT */
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
	bool parallel;        /* parallelMultiple, eventGatewayType="Parallel" */
	bool instantiates;    /* instantiate="true" */
	struct element *work; /* a throwing event that names work for a worker: itself */
	struct definition *first_definition;
	struct definition *last_definition;
	int32_t definition_count;
	struct element *loop; /* its loop characteristics; NULL: none */
	bool for_compensation;
	bool compensates;                 /* an association leads here from a compensate boundary event */
	struct node *compensation;        /* its handler */
	struct node *called;              /* call activity: the global task of the file that it names */
	const struct graph_node *content; /* global task: what it carries, once it is compiled */
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
	struct process *process;        /* being compiled: asks for what stands beside the processes */
	VEC(struct graph_event) events; /* of that process */
	bool has_executable;
	VEC(struct report) reports;
	size_t reports_left_out;
	bool has_errors;
};

/* Pass 1: fills root and the elements; ERR_BAD_REQUEST, ERR_MODEL as bpmn_read says. */
bool model_read(struct model *model, struct err *err) __attribute__((warn_unused_result));
/* Pass 2a: processes, nodes and flows; refuses elements by name. */
void model_build(struct model *model);
/* Its events (model_event.c): what the attributes of a node say, and where definitions and references to them stand. */
void model_read_event_attributes(struct model *model, struct node *node);
void model_read_definition(struct model *model, struct element *element);
void model_read_definition_reference(struct model *model, struct element *element);
/* Whether the event may have the definition; false is reported, and the node is refused. */
bool model_check_definition_place(struct model *model, struct node *node, const struct definition *definition);
/* Whether a part (WORD_PART) stands where it is read. */
bool model_part_fits(const struct element *element);
/* Pass 2b: references between them. */
void model_resolve(struct model *model);
/* Its events (resolve_event.c). False is reported. */
bool model_resolve_definition(struct model *model, struct node *node, struct definition *definition);
void model_resolve_links(struct model *model, struct process *process);
void model_resolve_correlations(struct model *model);
void model_resolve_subscriptions(struct model *model, struct process *process);
/* Its parts (resolve_activity.c): the global task that a call activity names, the handler that an association leads to,
 * what data references and sets name. */
void model_resolve_called(struct model *model, struct node *node);
void model_resolve_association(struct model *model, const struct element *association);
void model_resolve_part(struct model *model, struct element *element);
/* Pass 3: the rules. */
void model_check(struct model *model);
void model_check_event(struct model *model, struct node *node);
void model_check_activity(struct model *model, struct node *node);
void model_check_gateway(struct model *model, struct node *node);
void model_check_names(struct model *model);
/* The place in which a word of our own is read (own_word.def); NULL: there is no such word. */
struct own_place {
	bool (*fits)(const struct element *owner, const struct element *extension);
	const char *text;
};
const struct own_place *own_attribute_place(struct str name);
const struct own_place *own_element_place(struct str name);
/* Pass 4: judges expressions, timers and work of the process and gives its graph; NULL when it is executable and has
 * errors. A broken drawing gives a graph without nodes. */
struct graph *model_compile(struct model *model, struct process *process);

/* Fills the words of the document, behind all passes. */
void model_survey(struct model *model, struct bpmn_document *document);

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

/* The name of an element as it is written, with its prefix. */
struct str model_written_name(const struct model *model, const struct element *element);

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
/* Who speaks for it in messages: the node of an event definition, else the nearest around it that has an id. */
const struct element *element_owner(const struct element *element);
/* A node of a process; a global task is none, and has only what its kind gives it. */
bool element_is_flow_node(const struct element *element);
/* A part (WORD_PART) of that name. */
bool element_is_part(const struct element *element, const char *name);
/* The element that a reference of the file names, NULL: a QName, whose prefix means nothing here. */
struct element *model_find(const struct model *model, struct str reference);
/* With single spaces for all that is space. */
struct str model_one_line(struct model *model, struct str text);
/* The variable that a data element is: its name, else its id; empty: it is no data. */
struct str element_variable(const struct model *model, const struct element *element);
/* The scope of a node: its sub-process or its process. */
struct scope *node_scope(struct node *node);
/* What is known of an element beside the processes: made when first asked for. */
struct shared *element_shared(struct model *model, struct element *element);
/* Names a type of work: a worker does it. A name that the task has anyway does not count. */
bool element_names_work(const struct element *element);
/* The process around the element is executable; beside the processes, the one that asks for it. */
bool model_executable(const struct model *model, const struct element *element);
/* Its first event definition of that kind; NULL. */
struct definition *node_definition(const struct node *node, enum event_kind kind);
bool node_has_event(const struct node *node, enum event_kind kind);
/* An event that throws, a task that sends: its definition happens when a token comes. */
bool node_is_throw(const struct node *node);
/* The start event of an event sub-process. */
bool node_begins_event_sub_process(const struct node *node);

#endif
