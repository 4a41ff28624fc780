/* SPDX-License-Identifier: Apache-2.0
 *
 * What a scenario expects. Every expectation of a step is looked at, so that one run shows all that is different.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/try.h"
#include "base/iso8601.h"
#include "base/json.h"

static bool expect_is_asked(const struct try_run *run, const struct graph *graph)
{
	return !run->only || run->only == graph;
}

static bool expect_is_done(const struct try_run *run, const struct try_done *done, struct str element)
{
	return expect_is_asked(run, done->graph) && str_equal(done->graph->nodes[done->node].id, element);
}

/* ---- where it stands ---- */

/* Somebody outside has to do something: not who waits for other tokens. */
static bool expect_waits(const struct token *token)
{
	switch (token->state) {
	case TOKEN_TASK:
	case TOKEN_JOB:
	case TOKEN_TIMER:
	case TOKEN_EVENT:
	case TOKEN_FAILED_ENTERING:
	case TOKEN_FAILED_LEAVING:
	case TOKEN_BEFORE:
	case TOKEN_AFTER:
	case TOKEN_MAPPING_INPUTS:
	case TOKEN_MAPPING_OUTPUTS:
		return true;
	case TOKEN_SCOPE:
		return token->children == 0; /* of an ad-hoc sub-process */
	case TOKEN_READY:
	case TOKEN_JOIN:
	case TOKEN_CALL:
	case TOKEN_COMPENSATING:
	case TOKEN_RESET:
		return false;
	}
	return false;
}

static bool expect_at(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct try_names there = {0};
	(void)of;
	TRY_EACH (run, in, token, tokens)
		if (expect_waits(token) && expect_is_asked(run, in->graph))
			try_names_add(&there, in->graph->nodes[token->node].id);
	return try_names_same(run, expected, &there) && try_names_known(run, expected);
}

static struct str expect_time(struct try_run *run, int64_t time)
{
	struct buf text;
	buf_init(&text, 64);
	if (time != 0)
		iso8601_format_time(&text, time);
	struct str kept = arena_str(run->arena, buf_str(&text));
	buf_free(&text);
	return kept;
}

static bool expect_field(struct try_run *run, const struct yaml_node *want, struct str there)
{
	return str_equal(want->text, there) ||
	       try_fail(run, want, "%.*s: expected %.*s, there is %.*s", STR_ARG(want->key), STR_ARG(want->text),
			   there.len > 0 ? (int)there.len : 7, there.len > 0 ? there.ptr : "nothing");
}

static bool expect_field_time(struct try_run *run, const struct yaml_node *want, int64_t there)
{
	int64_t time;
	return (iso8601_parse_time(want->text, &time, NULL) && time == there) ||
	       expect_field(run, want, expect_time(run, there));
}

static bool expect_field_names(struct try_run *run, const struct yaml_node *want, const struct str *names, size_t count)
{
	struct try_names there = {0};
	for (size_t i = 0; i < count; i++)
		try_names_add(&there, names[i]);
	return try_names_same(run, want, &there);
}

static bool expect_task_fields(struct try_run *run, const struct yaml_node *item, const struct task *task)
{
	bool good = true;
	for (const struct yaml_node *want = item->first; want; want = want->next) {
		if (str_equal_c(want->key, "assignee"))
			good &= expect_field(run, want, task->assignee);
		else if (str_equal_c(want->key, "candidateUsers"))
			good &= expect_field_names(run, want, task->candidate_users.items, task->candidate_users.len);
		else if (str_equal_c(want->key, "candidateGroups"))
			good &= expect_field_names(run, want, task->candidate_groups.items, task->candidate_groups.len);
		else if (str_equal_c(want->key, "priority"))
			good &= expect_field(run, want, arena_printf(run->arena, "%d", task->priority));
		else if (str_equal_c(want->key, "due"))
			good &= expect_field_time(run, want, task->due_at);
		else if (str_equal_c(want->key, "followUp"))
			good &= expect_field_time(run, want, task->follow_up_at);
	}
	return good;
}

/* Of several tasks at one element the oldest is the first of the list. */
static bool expect_tasks_say(struct try_run *run, const struct yaml_node *expected)
{
	bool good = true;
	int64_t last = 0;
	for (const struct yaml_node *item = try_first(expected); item; item = try_after(expected, item)) {
		const struct task *found = NULL;
		TRY_EACH (run, in, task, tasks)
			if (task->id > last && expect_is_asked(run, in->graph) &&
				str_equal(in->graph->nodes[task->node].id, try_element(item)) && (!found || task->id < found->id))
				found = task;
		if (!found)
			continue;
		const struct yaml_node *next = try_after(expected, item);
		last = next && str_equal(try_element(next), try_element(item)) ? found->id : 0;
		if (item->kind == YAML_MAP)
			good &= expect_task_fields(run, item, found);
	}
	return good;
}

static bool expect_tasks(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct try_names there = {0};
	(void)of;
	TRY_EACH (run, in, task, tasks)
		if (expect_is_asked(run, in->graph))
			try_names_add(&there, in->graph->nodes[task->node].id);
	return try_names_same(run, expected, &there) && expect_tasks_say(run, expected);
}

static bool expect_jobs(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct try_names there = {0};
	(void)of;
	TRY_EACH (run, in, job, jobs)
		if (job->kind == JOB_WORK && job->retries > 0 && expect_is_asked(run, in->graph))
			try_names_add(&there, in->graph->nodes[job->node].id);
	return try_names_same(run, expected, &there);
}

static bool expect_incident_fields(struct try_run *run, const struct yaml_node *item, const struct incident *incident)
{
	const struct yaml_node *type = yaml_get(item, "type"), *message = yaml_get(item, "message");
	bool good = !type || expect_field(run, type, incident_type_name(incident->type));
	if (message && str_find(incident->message, message->text) == STR_NONE)
		good = expect_field(run, message, incident->message);
	return good;
}

static bool expect_incidents(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct try_names there = {0};
	(void)of;
	TRY_EACH (run, in, incident, incidents)
		if (expect_is_asked(run, in->graph))
			try_names_add(&there, in->graph->nodes[incident->node].id);
	bool good = try_names_same(run, expected, &there);
	for (const struct yaml_node *item = try_first(expected); item && good; item = try_after(expected, item))
		TRY_EACH (run, in, incident, incidents)
			if (item->kind == YAML_MAP && str_equal(in->graph->nodes[incident->node].id, try_element(item)))
				good &= expect_incident_fields(run, item, incident);
	return good;
}

/* ---- what it did ---- */

/* Completed in this order; others may lie between. */
static bool expect_path(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	size_t next = 0;
	(void)of;
	if (!try_names_known(run, expected))
		return false;
	for (const struct yaml_node *item = try_first(expected); item; item = try_after(expected, item)) {
		for (; next < run->done.len; next++) {
			const struct try_done *done = &run->done.items[next];
			if (done->outcome == ACTIVITY_COMPLETED && expect_is_done(run, done, item->text))
				break;
		}
		if (next++ < run->done.len)
			continue;
		struct try_names there = {0};
		for (size_t i = 0; i < run->done.len; i++)
			if (run->done.items[i].outcome == ACTIVITY_COMPLETED && expect_is_asked(run, run->done.items[i].graph))
				try_names_add(&there, run->done.items[i].graph->nodes[run->done.items[i].node].id);
		try_fail(run, item, "path: expected %.*s here, completed were %.*s", STR_ARG(item->text),
			STR_ARG(try_names_text(run, &there)));
		vec_free(&there.list);
		return false;
	}
	return true;
}

static bool expect_was_reached(struct try_run *run, struct str element)
{
	for (size_t i = 0; i < run->done.len; i++)
		if (expect_is_done(run, &run->done.items[i], element))
			return true;
	TRY_EACH (run, in, token, tokens)
		if (expect_is_asked(run, in->graph) && str_equal(in->graph->nodes[token->node].id, element))
			return true;
	return false;
}

static bool expect_never(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	bool good = try_names_known(run, expected);
	(void)of;
	for (const struct yaml_node *item = try_first(expected); item; item = try_after(expected, item))
		if (expect_was_reached(run, item->text))
			good = try_fail(run, item, "never: %.*s was reached", STR_ARG(item->text));
	return good;
}

static const char *expect_outcome(enum activity_outcome outcome)
{
	switch (outcome) {
#define X(name, value, text) \
	case ACTIVITY_##name: \
		return text;
		ACTIVITY_OUTCOME_LIST(X)
#undef X
	}
	return "";
}

/* element: outcome, of the last time that it ended. */
static bool expect_ended(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	bool good = true;
	(void)of;
	for (const struct yaml_node *want = expected->first; want; want = want->next) {
		const char *there = "";
		for (size_t i = 0; i < run->done.len; i++)
			if (expect_is_done(run, &run->done.items[i], want->key))
				there = expect_outcome(run->done.items[i].outcome);
		good &= expect_field(run, want, str_from_c(there));
	}
	return good;
}

static bool expect_sent(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct try_names there = {0};
	(void)of;
	for (size_t i = 0; i < run->sent.len; i++)
		try_names_add(&there, run->sent.items[i]);
	return try_names_same(run, expected, &there);
}

/* ---- the instance ---- */

static bool expect_status(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	return expect_field(run, expected, instance_status_name(of->status));
}

static bool expect_error_code(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	return expect_field(run, expected, of->error_code);
}

/* Numbers by their value: 1 is 1.0. */
static bool expect_equal_json(struct str a, struct str b)
{
	const size_t flags = JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL;
	json_t *x = json_loadb(a.ptr, a.len, flags, NULL), *y = json_loadb(b.ptr, b.len, flags, NULL);
	bool equal = x && y ? json_equal(x, y) : str_equal(a, b);
	json_decref(x);
	json_decref(y);
	return equal;
}

static bool expect_variables(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct variables there = {0};
	struct err err = {0};
	bool good = variables_from_json(&there, of->variables, NULL);
	for (const struct yaml_node *want = expected->first; want; want = want->next) {
		struct str json, value = variables_get(&there, want->key);
		if (!yaml_to_json(run->arena, want, &json, &err))
			good = try_fail(run, want, "%s", err.message);
		else if (!value.ptr)
			good =
				try_fail(run, want, "variable %.*s: expected %.*s, it is not set", STR_ARG(want->key), STR_ARG(json));
		else if (!expect_equal_json(json, value))
			good = try_fail(run, want, "variable %.*s: expected %.*s, it is %.*s", STR_ARG(want->key), STR_ARG(json),
				STR_ARG(value));
	}
	variables_free(&there);
	return good;
}

static bool expect_absent(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct variables there = {0};
	bool good = variables_from_json(&there, of->variables, NULL);
	for (const struct yaml_node *item = try_first(expected); item; item = try_after(expected, item)) {
		struct str value = variables_get(&there, item->text);
		if (value.ptr)
			good = try_fail(run, item, "absent: %.*s is %.*s", STR_ARG(item->text), STR_ARG(value));
	}
	variables_free(&there);
	return good;
}

const struct try_expectation try_expectations[] = {
	{"status", TRY_TEXT, expect_status},
	{"at", TRY_TEXTS, expect_at},
	{"tasks", TRY_TASKS, expect_tasks},
	{"jobs", TRY_TEXTS, expect_jobs},
	{"incidents", TRY_INCIDENTS, expect_incidents},
	{"variables", TRY_MAP, expect_variables},
	{"absent", TRY_TEXTS, expect_absent},
	{"path", TRY_TEXTS, expect_path},
	{"never", TRY_TEXTS, expect_never},
	{"ended", TRY_MAP, expect_ended},
	{"sent", TRY_TEXTS, expect_sent},
	{"errorCode", TRY_TEXT, expect_error_code},
	{0},
};

/* ---- whose ---- */

static bool expect_is_meant(const struct graph *graph, const struct yaml_node *in)
{
	return str_equal(graph->key, in->text);
}

static struct try_past expect_living(struct try_run *run, const struct instance *here)
{
	struct buf variables;
	buf_init(&variables, SIZE_MAX);
	variables_to_json(&variables, &here->variables);
	struct try_past living = {
		.id = here->id,
		.graph = here->graph,
		.status = here->status,
		.error_code = here->error_code,
		.variables = arena_str(run->arena, buf_str(&variables)),
	};
	buf_free(&variables);
	return living;
}

/* The instance that the scenario has started, or with `in` the youngest of that process. */
static bool expect_find(struct try_run *run, const struct yaml_node *in, struct try_past *out)
{
	int64_t root = run->trees.items[0]->id;
	bool found = false;
	for (size_t i = 0; i < run->past.len; i++) {
		const struct try_past *past = &run->past.items[i];
		if (in ? !expect_is_meant(past->graph, in) || (found && past->id < out->id) : past->id != root)
			continue;
		*out = *past;
		found = true;
	}
	for (struct instance *here = NULL; (here = try_next(run, here));) {
		if (in ? !expect_is_meant(here->graph, in) || (found && here->id < out->id) : here->id != root)
			continue;
		*out = expect_living(run, here);
		found = true;
	}
	return found || try_fail(run, in, "no instance of %.*s has begun", STR_ARG(in->text));
}

bool try_expect(struct try_run *run, const struct yaml_node *step)
{
	struct try_past of = {0};
	const struct yaml_node *in = yaml_get(step, "in");
	bool good = true;
	if (!expect_find(run, in, &of))
		return false;
	run->only = in ? of.graph : NULL;
	for (const struct yaml_node *member = step->first->first; member; member = member->next)
		for (const struct try_expectation *known = try_expectations; known->name; known++)
			if (str_equal_c(member->key, known->name))
				good &= known->check(run, member, &of);
	return good;
}
