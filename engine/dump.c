/* SPDX-License-Identifier: Apache-2.0
 *
 * One line a row; rows that may come in any order are gathered as lines and sorted before they are written.
 */
#include "config.h"

#include "engine/dump.h"

#include <stdlib.h>

#include "base/arena.h"
#include "engine/engine.h"

struct dump_line {
	int64_t id;
	struct str text;
};

struct dump_lines {
	struct arena *arena;
	VEC(struct dump_line) list;
};

static int dump_compare_lines(const void *a, const void *b)
{
	const struct dump_line *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return str_compare(x->text, y->text);
}

static void dump_add_line(struct dump_lines *lines, int64_t id, struct buf *text)
{
	vec_add(&lines->list, ((struct dump_line){id, arena_str(lines->arena, buf_str(text))}));
	buf_free(text);
}

static void dump_flush(struct buf *out, struct dump_lines *lines)
{
	if (lines->list.len > 0)
		qsort(lines->list.items, lines->list.len, sizeof *lines->list.items, dump_compare_lines);
	for (size_t i = 0; i < lines->list.len; i++)
		buf_printf(out, "%.*s\n", STR_ARG(lines->list.items[i].text));
	vec_clear(&lines->list);
}

static int dump_compare_variables(const void *a, const void *b)
{
	const struct variable *const *x = a, *const *y = b;
	return str_compare((*x)->name, (*y)->name);
}

static void dump_variables(struct buf *out, const struct variables *variables)
{
	VEC(const struct variable *) sorted = {0};
	for (size_t i = 0; i < variables->list.len; i++)
		vec_add(&sorted, &variables->list.items[i]);
	if (sorted.len > 0)
		qsort(sorted.items, sorted.len, sizeof *sorted.items, dump_compare_variables);
	for (size_t i = 0; i < sorted.len; i++)
		buf_printf(out, " %.*s=%.*s", STR_ARG(sorted.items[i]->name), STR_ARG(sorted.items[i]->json));
	vec_free(&sorted);
}

static void dump_token(
	struct dump_lines *lines, const char *word, const struct instance *instance, const struct token *token)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	buf_printf(&text, "%s token %lld %.*s %.*s scope=%lld flow=%d started=%lld children=%d role=%d loop=%d", word,
		(long long)token->id, STR_ARG(instance->graph->nodes[token->node].id), STR_ARG(token_state_name(token->state)),
		(long long)token->scope_id, token->flow, (long long)token->started_at, token->children, (int)token->role,
		token->loop_counter);
	dump_variables(&text, &token->variables);
	dump_add_line(lines, token->id, &text);
}

static void dump_names(struct buf *out, const char *label, const struct str *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, " %s=%.*s", label, STR_ARG(names[i]));
}

static void dump_task(
	struct dump_lines *lines, const char *word, const struct instance *instance, const struct task *task)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	buf_printf(&text,
		"%s task %lld %.*s token=%lld version=%lld created=%lld due=%lld follow-up=%lld priority=%d assignee=%.*s "
		"form=%.*s",
		word, (long long)task->id, STR_ARG(instance->graph->nodes[task->node].id), (long long)task->token_id,
		(long long)task->version, (long long)task->created_at, (long long)task->due_at, (long long)task->follow_up_at,
		task->priority, STR_ARG(task->assignee), STR_ARG(task->form));
	dump_names(&text, "user", task->candidate_users.items, task->candidate_users.len);
	dump_names(&text, "group", task->candidate_groups.items, task->candidate_groups.len);
	dump_add_line(lines, task->id, &text);
}

static void dump_job(struct dump_lines *lines, const char *word, const struct instance *instance, const struct job *job)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	buf_printf(&text,
		"%s %s %lld %.*s event=%d token=%lld due=%lld repeat=%lld cycle=%.*s retries=%d type=%.*s message=%.*s", word,
		job->kind == JOB_TIMER ? "timer" : "job", (long long)job->id, STR_ARG(instance->graph->nodes[job->node].id),
		job->event, (long long)job->token_id, (long long)job->due_at, (long long)job->repeat, STR_ARG(job->cycle),
		job->retries, STR_ARG(job->type), STR_ARG(job->message));
	dump_add_line(lines, job->id, &text);
}

static void dump_subscription(
	struct dump_lines *lines, const char *word, const struct instance *instance, const struct subscription *row)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	buf_printf(&text, "%s subscription %lld %.*s event=%d token=%lld kind=%d satisfied=%d name=%.*s correlation=%.*s",
		word, (long long)row->id, STR_ARG(instance->graph->nodes[row->node].id), row->event, (long long)row->token_id,
		(int)row->kind, row->satisfied, STR_ARG(row->name), STR_ARG(row->correlation));
	dump_add_line(lines, row->id, &text);
}

static void dump_compensation(
	struct dump_lines *lines, const char *word, const struct instance *instance, const struct compensation *row)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	buf_printf(&text, "%s compensation %lld %.*s scope=%lld sequence=%lld loop=%d", word, (long long)row->id,
		STR_ARG(instance->graph->nodes[row->node].id), (long long)row->scope_id, (long long)row->sequence,
		row->loop_counter);
	dump_variables(&text, &row->variables);
	dump_add_line(lines, row->id, &text);
}

static void dump_incident(
	struct dump_lines *lines, const char *word, const struct instance *instance, const struct incident *incident)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	buf_printf(&text, "%s incident %lld %.*s token=%lld job=%lld created=%lld %.*s: %.*s", word,
		(long long)incident->id, STR_ARG(instance->graph->nodes[incident->node].id), (long long)incident->token_id,
		(long long)incident->job_id, (long long)incident->created_at, STR_ARG(incident_type_name(incident->type)),
		STR_ARG(incident->message));
	dump_add_line(lines, incident->id, &text);
}

static void dump_instance_line(struct buf *out, const char *word, const struct instance *instance)
{
	buf_printf(out, "%s instance %lld %.*s %.*s version=%lld root=%lld parent=%lld caller=%lld definition=%lld", word,
		(long long)instance->id, STR_ARG(instance->graph->key), STR_ARG(instance_status_name(instance->status)),
		(long long)instance->version, (long long)instance->root_id, (long long)instance->parent_id,
		(long long)instance->caller_id, (long long)instance->definition_id);
	buf_printf(out, " started=%lld by=%.*s ended=%lld key=%.*s tenant=%.*s error=%.*s reason=%.*s",
		(long long)instance->started_at, STR_ARG(instance->started_by), (long long)instance->ended_at,
		STR_ARG(instance->business_key), STR_ARG(instance->tenant), STR_ARG(instance->error_code),
		STR_ARG(instance->end_reason));
	dump_variables(out, &instance->variables);
	buf_add_char(out, '\n');
}

#define DUMP_LIVING(row, rows) \
	for (size_t i = 0; i < instance->rows.len; i++) \
		if (row_alive(instance->rows.items[i].mark)) \
	dump_##row(&lines, "live", instance, &instance->rows.items[i])

static void dump_instance(struct buf *out, const struct instance *instance)
{
	struct dump_lines lines = {.arena = arena_new()};
	dump_instance_line(out, "live", instance);
	buf_printf(out, "live tokens in process: %d\n", instance->live_tokens);
	DUMP_LIVING(token, tokens);
	DUMP_LIVING(task, tasks);
	DUMP_LIVING(job, jobs);
	DUMP_LIVING(subscription, subscriptions);
	DUMP_LIVING(compensation, compensations);
	DUMP_LIVING(incident, incidents);
	dump_flush(out, &lines);
	vec_free(&lines.list);
	arena_free(lines.arena);
}
#undef DUMP_LIVING

static int dump_compare_instances(const void *a, const void *b)
{
	const struct instance *const *x = a, *const *y = b;
	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

void dump_tree(struct buf *out, struct instance *root)
{
	VEC(const struct instance *) sorted = {0};
	for (struct instance *each = instance_next(root, NULL); each; each = instance_next(root, each))
		if (each == root || each->ended_at == 0)
			vec_add(&sorted, each);
	qsort(sorted.items, sorted.len, sizeof *sorted.items, dump_compare_instances);
	for (size_t i = 0; i < sorted.len; i++)
		dump_instance(out, sorted.items[i]);
	vec_free(&sorted);
}

static struct str dump_outcome(enum activity_outcome outcome)
{
	switch (outcome) {
#define X(name, value, text) \
	case ACTIVITY_##name: \
		return STR(text);
		ACTIVITY_OUTCOME_LIST(X)
#undef X
	}
	return STR("?");
}

static void dump_activity_row(struct buf *out, const struct graph *graph, const struct activity_row *row)
{
	buf_printf(out, "activity %lld %.*s %.*s instance=%lld scope=%lld role=%d loop=%d %lld..%lld error=%.*s\n",
		(long long)row->id, STR_ARG(graph->nodes[row->node].id), STR_ARG(dump_outcome(row->outcome)),
		(long long)row->instance_id, (long long)row->scope_id, (int)row->role, row->loop_counter,
		(long long)row->started_at, (long long)row->ended_at, STR_ARG(row->error_code));
}

static void dump_step_row(
	struct buf *out, const struct graph *graph, const struct effects *effects, const struct step_row *step)
{
	buf_printf(out, "step %lld %.*s instance=%lld at=%lld subject=%lld by=%.*s reason=%.*s variables=%.*s flows:",
		(long long)step->id, STR_ARG(command_kind_name((enum command_kind)step->command)), (long long)step->instance_id,
		(long long)step->at, (long long)step->subject_id, STR_ARG(step->actor), STR_ARG(step->reason),
		STR_ARG(step->variables));
	for (size_t i = 0; i < step->flow_count; i++)
		buf_printf(out, " %.*s", STR_ARG(graph->flows[effects->flows.items[step->first_flow + i]].id));
	buf_add_char(out, '\n');
}

static void dump_ended_task(struct buf *out, const struct graph *graph, const struct task_row *row)
{
	buf_printf(out,
		"ended task %lld %.*s %.*s activity=%lld %lld..%lld due=%lld priority=%d assignee=%.*s by=%.*s comment=%.*s\n",
		(long long)row->id, STR_ARG(graph->nodes[row->node].id), STR_ARG(dump_outcome(row->outcome)),
		(long long)row->activity_id, (long long)row->created_at, (long long)row->ended_at, (long long)row->due_at,
		row->priority, STR_ARG(row->assignee), STR_ARG(row->completed_by), STR_ARG(row->comment));
}

static void dump_outgoing(struct buf *out, const struct graph *graph, const struct outgoing_row *row)
{
	buf_printf(out,
		"outgoing %lld %.*s kind=%d instance=%lld at=%lld expires=%lld name=%.*s tenant=%.*s key=%.*s "
		"correlation=%.*s variables=%.*s\n",
		(long long)row->id, STR_ARG(graph->nodes[row->node].id), (int)row->kind, (long long)row->instance_id,
		(long long)row->at, (long long)row->expires_at, STR_ARG(row->name), STR_ARG(row->tenant),
		STR_ARG(row->business_key), STR_ARG(row->correlation), STR_ARG(row->variables));
}

/* Instances that have ended are in the tree until the batch closes. */
static const struct graph *dump_graph(struct instance *root, int64_t instance_id)
{
	return instance_in_tree(root, instance_id)->graph;
}

void dump_history(struct buf *out, struct instance *root, const struct effects *effects, struct dump_position *from)
{
	for (; from->activities < effects->activities.len; from->activities++) {
		const struct activity_row *row = &effects->activities.items[from->activities];
		dump_activity_row(out, dump_graph(root, row->instance_id), row);
	}
	for (; from->steps < effects->steps.len; from->steps++) {
		const struct step_row *row = &effects->steps.items[from->steps];
		dump_step_row(out, dump_graph(root, row->instance_id), effects, row);
	}
	for (; from->ended_tasks < effects->ended_tasks.len; from->ended_tasks++) {
		const struct task_row *row = &effects->ended_tasks.items[from->ended_tasks];
		dump_ended_task(out, dump_graph(root, row->instance_id), row);
	}
	for (; from->comments < effects->comments.len; from->comments++) {
		const struct comment_row *row = &effects->comments.items[from->comments];
		buf_printf(out, "comment %lld on %lld by %.*s: %.*s\n", (long long)row->id, (long long)row->task_id,
			STR_ARG(row->author), STR_ARG(row->text));
	}
	for (; from->outgoing < effects->outgoing.len; from->outgoing++) {
		const struct outgoing_row *row = &effects->outgoing.items[from->outgoing];
		dump_outgoing(out, dump_graph(root, row->instance_id), row);
	}
}

static void dump_ids(struct dump_lines *lines, const char *what, const int64_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buf text;
		buf_init(&text, SIZE_MAX);
		buf_printf(&text, "dead %s %lld", what, (long long)ids[i]);
		dump_add_line(lines, ids[i], &text);
	}
}

/* The lists of one kind of row: new, changed. */
#define DUMP_REFS(lines, effects, row) \
	do { \
		for (size_t i = 0; i < (effects)->new_##row##s.len; i++) \
			dump_##row(lines, "new", (effects)->new_##row##s.items[i].instance, (effects)->new_##row##s.items[i].row); \
	} while (0)
#define DUMP_CHANGED(lines, effects, row) \
	do { \
		for (size_t i = 0; i < (effects)->changed_##row##s.len; i++) \
			dump_##row(lines, "changed", (effects)->changed_##row##s.items[i].instance, \
				(effects)->changed_##row##s.items[i].row); \
	} while (0)

static void dump_collected_instance(struct dump_lines *lines, const char *word, const struct instance *instance)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	dump_instance_line(&text, word, instance);
	text.len--; /* its line feed */
	dump_add_line(lines, instance->id, &text);
}

static void dump_collected_instances(struct dump_lines *lines, const struct effects *effects)
{
	for (size_t i = 0; i < effects->new_instances.len; i++)
		dump_collected_instance(lines, "new", effects->new_instances.items[i]);
	for (size_t i = 0; i < effects->changed_instances.len; i++)
		dump_collected_instance(lines, "changed", effects->changed_instances.items[i]);
	for (size_t i = 0; i < effects->ended_instances.len; i++)
		dump_collected_instance(lines, "ended", effects->ended_instances.items[i]);
}

void dump_collected(struct buf *out, const struct effects *effects)
{
	struct dump_lines lines = {.arena = arena_new()};
	dump_collected_instances(&lines, effects);
	DUMP_REFS(&lines, effects, token);
	DUMP_REFS(&lines, effects, task);
	DUMP_REFS(&lines, effects, job);
	DUMP_REFS(&lines, effects, subscription);
	DUMP_REFS(&lines, effects, compensation);
	DUMP_REFS(&lines, effects, incident);
	DUMP_CHANGED(&lines, effects, token);
	DUMP_CHANGED(&lines, effects, task);
	DUMP_CHANGED(&lines, effects, job);
	DUMP_CHANGED(&lines, effects, subscription);
	DUMP_CHANGED(&lines, effects, compensation);
	dump_ids(&lines, "instance", effects->dead_instances.items, effects->dead_instances.len);
	dump_ids(&lines, "token", effects->dead_tokens.items, effects->dead_tokens.len);
	dump_ids(&lines, "task", effects->dead_tasks.items, effects->dead_tasks.len);
	dump_ids(&lines, "timer", effects->dead_jobs.items, effects->dead_jobs.len);
	dump_ids(&lines, "job of token", effects->dead_job_tokens.items, effects->dead_job_tokens.len);
	dump_ids(&lines, "subscription", effects->dead_subscriptions.items, effects->dead_subscriptions.len);
	dump_ids(&lines, "compensation", effects->dead_compensations.items, effects->dead_compensations.len);
	dump_ids(&lines, "incident", effects->dead_incidents.items, effects->dead_incidents.len);
	dump_flush(out, &lines);
	vec_free(&lines.list);
	arena_free(lines.arena);
}
