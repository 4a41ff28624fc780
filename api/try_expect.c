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

/* ---- lists of names ---- */

struct expect_names {
	VEC(struct str) list;
};

static void expect_add(struct expect_names *names, struct str name)
{
	vec_add(&names->list, name);
}

static int expect_compare(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void expect_sort(struct expect_names *names)
{
	if (names->list.len > 0)
		qsort(names->list.items, names->list.len, sizeof *names->list.items, expect_compare);
}

static struct str expect_text(struct try_run *run, const struct expect_names *names)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	buf_add_char(&text, '[');
	for (size_t i = 0; i < names->list.len; i++)
		buf_printf(&text, "%s%.*s", i > 0 ? ", " : "", STR_ARG(names->list.items[i]));
	buf_add_char(&text, ']');
	struct str kept = arena_str(run->arena, buf_str(&text));
	buf_free(&text);
	return kept;
}

/* The element of a scalar, or of a mapping that says more. */
static struct str expect_element(const struct yaml_node *item)
{
	return item->kind == YAML_MAP ? yaml_get(item, "element")->text : item->text;
}

/* One word is a list of one. */
static const struct yaml_node *expect_items(const struct yaml_node *list)
{
	return list->kind == YAML_LIST ? list->first : yaml_is_null(list) ? NULL : list;
}

static const struct yaml_node *expect_next(const struct yaml_node *list, const struct yaml_node *item)
{
	return list->kind == YAML_LIST ? item->next : NULL;
}

static struct expect_names expect_wanted(const struct yaml_node *list)
{
	struct expect_names names = {0};
	for (const struct yaml_node *item = expect_items(list); item; item = expect_next(list, item))
		expect_add(&names, expect_element(item));
	return names;
}

/* The same names as often, in any order. Frees what there is. */
static bool expect_same(struct try_run *run, const struct yaml_node *list, struct expect_names *there)
{
	struct expect_names wanted = expect_wanted(list);
	expect_sort(&wanted);
	expect_sort(there);
	bool same = wanted.list.len == there->list.len;
	for (size_t i = 0; i < wanted.list.len && same; i++)
		same = str_equal(wanted.list.items[i], there->list.items[i]);
	if (!same)
		try_fail(run, list, "%.*s: expected %.*s, there is %.*s", STR_ARG(list->key),
			STR_ARG(expect_text(run, &wanted)), STR_ARG(expect_text(run, there)));
	vec_free(&wanted.list);
	vec_free(&there->list);
	return same;
}

/* A word that names nothing would be an expectation that always holds. */
static bool expect_known(struct try_run *run, const struct yaml_node *list)
{
	for (const struct yaml_node *item = expect_items(list); item; item = expect_next(list, item))
		if (!try_process_knows(run->processes, expect_element(item)))
			return try_fail(run, item, "there is no element %.*s", STR_ARG(expect_element(item)));
	return true;
}

/* ---- where it stands ---- */

static bool expect_at(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct expect_names there = {0};
	(void)of;
	TRY_EACH(run, in, token, tokens)
	{
		bool scope = token->state == TOKEN_SCOPE || token->state == TOKEN_CALL || token->state == TOKEN_COMPENSATING;
		if (!scope || token->children == 0)
			if (token->state != TOKEN_CALL && token->state != TOKEN_RESET)
				expect_add(&there, in->graph->nodes[token->node].id);
	}
	return expect_known(run, expected) && expect_same(run, expected, &there);
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
	struct expect_names there = {0};
	for (size_t i = 0; i < count; i++)
		expect_add(&there, names[i]);
	return expect_same(run, want, &there);
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
	for (const struct yaml_node *item = expect_items(expected); item; item = expect_next(expected, item)) {
		const struct task *found = NULL;
		TRY_EACH(run, in, task, tasks)
		if (task->id > last && str_equal(in->graph->nodes[task->node].id, expect_element(item)) &&
			(!found || task->id < found->id))
			found = task;
		if (!found)
			continue;
		const struct yaml_node *next = expect_next(expected, item);
		last = next && str_equal(expect_element(next), expect_element(item)) ? found->id : 0;
		if (item->kind == YAML_MAP)
			good &= expect_task_fields(run, item, found);
	}
	return good;
}

static bool expect_tasks(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct expect_names there = {0};
	(void)of;
	TRY_EACH(run, in, task, tasks)
	expect_add(&there, in->graph->nodes[task->node].id);
	return expect_same(run, expected, &there) && expect_tasks_say(run, expected);
}

static bool expect_jobs(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct expect_names there = {0};
	(void)of;
	TRY_EACH(run, in, job, jobs)
	if (job->kind == JOB_WORK && job->retries > 0)
		expect_add(&there, in->graph->nodes[job->node].id);
	return expect_same(run, expected, &there);
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
	struct expect_names there = {0};
	(void)of;
	TRY_EACH(run, in, incident, incidents)
	expect_add(&there, in->graph->nodes[incident->node].id);
	bool good = expect_same(run, expected, &there);
	for (const struct yaml_node *item = expect_items(expected); item && good; item = expect_next(expected, item))
		TRY_EACH(run, in, incident, incidents)
	if (item->kind == YAML_MAP && str_equal(in->graph->nodes[incident->node].id, expect_element(item)))
		good &= expect_incident_fields(run, item, incident);
	return good;
}

/* ---- what it did ---- */

/* Completed in this order; others may lie between. */
static bool expect_path(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	size_t next = 0;
	(void)of;
	if (!expect_known(run, expected))
		return false;
	for (const struct yaml_node *item = expect_items(expected); item; item = expect_next(expected, item)) {
		for (; next < run->done.len; next++) {
			const struct try_done *done = &run->done.items[next];
			if (done->outcome == ACTIVITY_COMPLETED && str_equal(done->graph->nodes[done->node].id, item->text))
				break;
		}
		if (next++ < run->done.len)
			continue;
		struct expect_names there = {0};
		for (size_t i = 0; i < run->done.len; i++)
			if (run->done.items[i].outcome == ACTIVITY_COMPLETED)
				expect_add(&there, run->done.items[i].graph->nodes[run->done.items[i].node].id);
		try_fail(run, item, "path: expected %.*s here, completed were %.*s", STR_ARG(item->text),
			STR_ARG(expect_text(run, &there)));
		vec_free(&there.list);
		return false;
	}
	return true;
}

static bool expect_was_reached(struct try_run *run, struct str element)
{
	for (size_t i = 0; i < run->done.len; i++)
		if (str_equal(run->done.items[i].graph->nodes[run->done.items[i].node].id, element))
			return true;
	TRY_EACH(run, in, token, tokens)
	if (str_equal(in->graph->nodes[token->node].id, element))
		return true;
	return false;
}

static bool expect_never(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	bool good = expect_known(run, expected);
	(void)of;
	for (const struct yaml_node *item = expect_items(expected); item; item = expect_next(expected, item))
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
			if (str_equal(run->done.items[i].graph->nodes[run->done.items[i].node].id, want->key))
				there = expect_outcome(run->done.items[i].outcome);
		good &= expect_field(run, want, str_from_c(there));
	}
	return good;
}

static bool expect_sent(struct try_run *run, const struct yaml_node *expected, const struct try_past *of)
{
	struct expect_names there = {0};
	(void)of;
	for (size_t i = 0; i < run->sent.len; i++)
		expect_add(&there, run->sent.items[i]);
	return expect_same(run, expected, &there);
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
	for (const struct yaml_node *item = expect_items(expected); item; item = expect_next(expected, item)) {
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
	bool good = true;
	if (!expect_find(run, yaml_get(step, "in"), &of))
		return false;
	for (const struct yaml_node *member = step->first->first; member; member = member->next)
		for (const struct try_expectation *known = try_expectations; known->name; known++)
			if (str_equal_c(member->key, known->name))
				good &= known->check(run, member, &of);
	return good;
}
