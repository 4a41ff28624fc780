/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 4 in parts: the arrays (compile.c), what the tasks say (compile_task.c, compile_form.c, compile_job.c,
 * compile_script.c), what calls, loops and data say (compile_call.c, compile_loop.c, compile_data.c,
 * compile_mapping.c), what the events say (compile_event.c, compile_message.c), and what vendors' extensions say that
 * we do not do (extension.c).
 */
#ifndef BPMN_COMPILE_H
#define BPMN_COMPILE_H

#include "bpmn/model.h"

/* The form of a user task or start event, beside its key; NULL: none. */
const struct graph_form *compile_form(struct model *model, const struct element *owner);
const struct graph_user_task *compile_user_task(struct model *model, const struct node *node, struct graph_node *out);
/* Names with values as they are gathered; compile_headers keeps them and frees the list. */
typedef VEC(struct graph_header) header_list;
struct graph_headers compile_headers(struct model *model, header_list *list);
/* Work of a service, send or business rule task, or of an event that throws a message: the element says which. */
const struct graph_job *compile_job(struct model *model, const struct node *node, const struct element *element);
/* The same where it may be an expression in place of work: a script then, and no job. */
void compile_work(struct model *model, const struct node *node, const struct element *element, struct graph_node *out);
bool script_replaces_work(const struct element *element);
/* A type that is written as such, which makes a job of a script task too. */
bool script_names_worker(const struct element *task);
/* The variable that receives a result; empty: none. */
struct str compile_result_variable(struct model *model, const struct element *task);
/* Absent, or a name of the engine's own language. */
bool script_is_own_format(struct str format);
bool script_is_javascript(struct str format);
/* A script task is a job where it names a worker type, and a script of the engine's otherwise. */
void compile_script_task(struct model *model, const struct node *node, struct graph_node *out);
/* Assignments as they are gathered; compile_assignments keeps them and frees the list. */
typedef VEC(struct graph_assignment) assignment_list;
struct graph_assignments compile_assignments(struct model *model, assignment_list *list);

/* What every activity and event may have, beside what its kind gives it: loop, quantities,
 * data, mappings, listeners. */
void compile_parts(struct model *model, struct node *node, struct graph_node *out);
void compile_process_parts(struct model *model, const struct process *process, struct graph *graph);
/* The loop of an activity that has one. */
const struct graph_loop *compile_loop(struct model *model, struct node *node);
/* The list that a loop's data input is, and the variable that its data output leads to. */
const struct expr *compile_loop_source(struct model *model, const struct node *node, const struct element *reference);
struct str compile_loop_target(struct model *model, const struct node *node, const struct element *reference);
const struct graph_ad_hoc *compile_ad_hoc(struct model *model, const struct node *node);
/* A call activity; one that names a global task of the file becomes that task, and its mappings the task's. */
void compile_call(struct model *model, const struct node *node, struct graph_node *out);
void compile_call_data(struct model *model, const struct node *node, assignment_list *inputs, assignment_list *outputs);
/* What a call activity says about the version that it calls; empty: nothing. */
struct str compile_call_binding(const struct element *element);
/* What the kind of node carries. */
void compile_content(struct model *model, const struct node *node, struct graph_node *out);
/* Variables that the element declares; assignments of its data associations. */
struct graph_names compile_declares(struct model *model, const struct element *element);
struct graph_names compile_node_declares(struct model *model, const struct node *node);
void compile_data(struct model *model, const struct node *node, assignment_list *inputs, assignment_list *outputs);
/* Assignments of mappings: bpmnd:input and bpmnd:output, camunda:inputOutput, zeebe:ioMapping. */
void compile_mappings(struct model *model, const struct node *node, assignment_list *inputs, assignment_list *outputs);
/* zeebe:input, zeebe:output and the like of ours: source to target. */
void compile_mapping(
	struct model *model, const struct element *element, enum space space, const char *name, assignment_list *list);
/* Listeners of a process or a flow node in document order; of a user task, complete comes before end. */
struct graph_exprs compile_start_listeners(struct model *model, const struct element *element);
struct graph_exprs compile_end_listeners(struct model *model, const struct element *element);
struct graph_exprs compile_flow_listeners(struct model *model, const struct element *element);
/* Those of a user task for each enum task_event; and those for its timers, which become events of the node. */
void compile_task_listeners(struct model *model, const struct element *element, struct graph_exprs *listeners);
struct graph_exprs compile_task_timeouts(struct model *model, const struct node *node, struct graph_node *out);
/* A listener that runs here: it stands where it is read, and is an expression or a script in the
 * engine's own language. */
bool listener_runs(const struct element *owner, const struct element *listener);
/* The event definitions of a node, and the work that a message is which a worker sends. */
void compile_events(struct model *model, const struct node *node, struct graph_node *out);
/* An event definition that the loop of an activity throws: its index in the events of the process; GRAPH_NONE is
 * reported. */
int32_t compile_thrown(struct model *model, struct node *node, struct element *element);
/* The timer of a user task's listener becomes the next of the events of the process. */
void compile_timeout(struct model *model, const struct node *node, struct element *element);
/* What a message declares: name, keys, and how long it is kept. */
void compile_message(struct model *model, const struct element *message, struct graph_event *out);
/* The name of a message or a signal, else its id. */
const struct expr *compile_event_name(struct model *model, const struct element *declaration);
/* bpmnd:ttl; NULL: none. */
const struct expr *compile_ttl(struct model *model, const struct element *element);
/* What an event definition or a task sends along. */
void compile_payload(struct model *model, const struct element *element, struct graph_event *out);
/* The paths of the process's correlation subscriptions, and their place in the keys of a message that it receives. */
void compile_subscriptions(struct model *model, const struct process *process);
void compile_subscribed_keys(struct model *model, const struct element *message, struct graph_assignments *keys);

/* Warns of what would change the execution elsewhere and has no effect here; refuses shell commands. */
void extension_check(struct model *model, const struct element *element);
/* What becomes of a vendor's attribute, and of a vendor's element in the extensionElements of its owner. */
enum bpmn_fate extension_attribute_fate(const struct element *owner, const struct attribute *attribute);
enum bpmn_fate extension_element_fate(const struct element *owner, const struct element *extension);
/* A task or an event that would run a shell command. */
bool extension_is_shell(const struct element *owner);

#endif
