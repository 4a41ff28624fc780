/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines that look: lists of names (in any order, but for flows), records as "field value" pairs, and variables. One
 * table says what can be looked at.
 */
#include "config.h"

#include "tests/engine/scenario.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/json.h"

/* ---- lists of names ---- */

typedef VEC(struct str) expect_list;

static int expect_compare_names(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static struct str expect_join(struct scenario *scenario, const expect_list *list)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	for (size_t i = 0; i < list->len; i++)
		buf_printf(&text, "%s%.*s", i ? " " : "", STR_ARG(list->items[i]));
	struct str joined = arena_str(scenario->arena, text.len ? buf_str(&text) : STR("none"));
	buf_free(&text);
	return joined;
}

static void expect_sort(expect_list *list)
{
	if (list->len > 0)
		qsort(list->items, list->len, sizeof *list->items, expect_compare_names);
}

/* Names are "node" or "node:state"; where the line gives no state, none is compared. */
static bool expect_names(struct scenario *scenario, struct scenario_line *line, expect_list *got, bool ordered)
{
	expect_list expected = {0};
	bool states = false;
	for (const struct scenario_word *word; (word = scenario_next(line));) {
		if (!str_equal_c(word->text, "none"))
			vec_add(&expected, word->text);
		states |= str_find_char(word->text, ':') != STR_NONE;
	}
	for (size_t i = 0; i < got->len && !states; i++)
		got->items[i] = str_slice(got->items[i], 0, str_find_char(got->items[i], ':'));
	if (!ordered) {
		expect_sort(&expected);
		expect_sort(got);
	}
	struct str wanted = expect_join(scenario, &expected), found = expect_join(scenario, got);
	vec_free(&expected);
	vec_free(got);
	return str_equal(wanted, found) ||
	       scenario_fail(scenario, "expected %.*s, got %.*s", STR_ARG(wanted), STR_ARG(found));
}

static struct str expect_node_id(const struct scenario *scenario, int32_t node)
{
	return scenario->world.graph->nodes[node].id;
}

static struct str expect_pair(struct scenario *scenario, int32_t node, struct str state)
{
	return arena_printf(scenario->arena, "%.*s:%.*s", STR_ARG(expect_node_id(scenario, node)), STR_ARG(state));
}

static struct str expect_outcome(enum activity_outcome outcome)
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

static bool expect_tokens(struct scenario *scenario, struct scenario_line *line)
{
	const struct instance *instance = world_instance(&scenario->world);
	expect_list got = {0};
	for (size_t i = 0; instance && i < instance->tokens.len; i++) {
		const struct token *token = &instance->tokens.items[i];
		if (row_alive(token->mark))
			vec_add(&got, expect_pair(scenario, token->node, token_state_name(token->state)));
	}
	return expect_names(scenario, line, &got, false);
}

#define DEFINE_EXPECT_ROWS(what, row, rows, condition) \
	static bool expect_##what(struct scenario *scenario, struct scenario_line *line) \
	{ \
		const struct instance *instance = world_instance(&scenario->world); \
		expect_list got = {0}; \
		for (size_t i = 0; instance && i < instance->rows.len; i++) { \
			const struct row *row = &instance->rows.items[i]; \
			if (row_alive(row->mark) && (condition)) \
				vec_add(&got, expect_node_id(scenario, row->node)); \
		} \
		return expect_names(scenario, line, &got, false); \
	}
DEFINE_EXPECT_ROWS(tasks, task, tasks, true)
DEFINE_EXPECT_ROWS(jobs, job, jobs, job->kind == JOB_WORK)
DEFINE_EXPECT_ROWS(timers, job, jobs, job->kind == JOB_TIMER)
DEFINE_EXPECT_ROWS(incidents, incident, incidents, true)
#undef DEFINE_EXPECT_ROWS

/* The flows that the last command line took, in order. */
static bool expect_flows(struct scenario *scenario, struct scenario_line *line)
{
	const struct store *store = world_store(&scenario->world);
	expect_list got = {0};
	for (size_t i = scenario->first_step; i < store->steps.len; i++)
		for (size_t j = 0; j < store->steps.items[i].flow_count; j++)
			vec_add(&got, scenario->world.graph->flows[store->flows.items[store->steps.items[i].first_flow + j]].id);
	return expect_names(scenario, line, &got, true);
}

static void expect_ended_since(struct scenario *scenario, size_t first, expect_list *got)
{
	const struct store *store = world_store(&scenario->world);
	for (size_t i = first; i < store->activities.len; i++)
		vec_add(got,
			expect_pair(scenario, store->activities.items[i].node, expect_outcome(store->activities.items[i].outcome)));
}

/* The activities that the last command line ended. */
static bool expect_ended(struct scenario *scenario, struct scenario_line *line)
{
	expect_list got = {0};
	expect_ended_since(scenario, scenario->first_activity, &got);
	return expect_names(scenario, line, &got, false);
}

/* All activities so far, ended and running. */
static bool expect_activities(struct scenario *scenario, struct scenario_line *line)
{
	const struct instance *instance = world_instance(&scenario->world);
	expect_list got = {0};
	expect_ended_since(scenario, 0, &got);
	for (size_t i = 0; instance && i < instance->tokens.len; i++)
		if (row_alive(instance->tokens.items[i].mark))
			vec_add(&got, expect_pair(scenario, instance->tokens.items[i].node, STR("running")));
	return expect_names(scenario, line, &got, false);
}

/* ---- records ---- */

struct expect_field {
	const char *name;
	struct str value;
	int64_t time;
	bool is_time;
	bool is_part; /* the line gives a part of the value */
};

#define FIELD_TEXT(field, text) ((struct expect_field){.name = (field), .value = (text)})
#define FIELD_PART(field, text) ((struct expect_field){.name = (field), .value = (text), .is_part = true})
#define FIELD_TIME(field, when) ((struct expect_field){.name = (field), .time = (when), .is_time = true})
#define FIELD_INTEGER(field, number) FIELD_TEXT((field), arena_printf(scenario->arena, "%lld", (long long)(number)))

static bool expect_field(struct scenario *scenario, const struct expect_field *field, struct str expected)
{
	int64_t time = 0;
	if (!field->is_time) {
		bool good = field->is_part ? str_find(field->value, expected) != STR_NONE : str_equal(field->value, expected);
		return good || scenario_fail(scenario, "%s is \"%.*s\"", field->name, STR_ARG(field->value));
	}
	if (!str_equal_c(expected, "none") && !scenario_time(scenario, expected, &time))
		return false;
	struct buf got;
	buf_init(&got, 64);
	json_member_time(&got, field->name, field->time);
	bool good = time == field->time || scenario_fail(scenario, "%.*s", STR_ARG(buf_str(&got)));
	buf_free(&got);
	return good;
}

static bool expect_fields(
	struct scenario *scenario, struct scenario_line *line, const struct expect_field *fields, size_t count)
{
	for (const struct scenario_word *name; (name = scenario_next(line));) {
		const struct expect_field *field = NULL;
		for (size_t i = 0; i < count && !field; i++)
			if (str_equal_c(name->text, fields[i].name))
				field = &fields[i];
		const struct scenario_word *value = scenario_next(line);
		if (!field || !value)
			return scenario_fail(scenario, "no field %.*s, or no value", STR_ARG(name->text));
		if (!expect_field(scenario, field, value->text))
			return false;
	}
	return true;
}

#define EXPECT_FIELDS(...) \
	do { \
		const struct expect_field fields[] = {__VA_ARGS__}; \
		return expect_fields(scenario, line, fields, sizeof fields / sizeof *fields); \
	} while (0)

static struct str expect_commas(struct scenario *scenario, const struct str *names, size_t count)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s%.*s", i ? "," : "", STR_ARG(names[i]));
	struct str joined = arena_str(scenario->arena, text.len ? buf_str(&text) : STR("none"));
	buf_free(&text);
	return joined;
}

/* The only, or first, living row of a node that satisfies the condition. */
#define EXPECT_FIND(row, rows, condition) \
	int32_t node; \
	const struct row *row = NULL; \
	if (!scenario_node(scenario, scenario_next(line), &node)) \
		return false; \
	const struct instance *instance = world_instance(&scenario->world); \
	for (size_t i = 0; instance && i < instance->rows.len && !row; i++) { \
		const struct row *each = &instance->rows.items[i]; \
		if (row_alive(each->mark) && each->node == node && (condition)) \
			row = each; \
	} \
	if (!row) \
	return scenario_fail(scenario, "there is no " #row " at %.*s", STR_ARG(expect_node_id(scenario, node)))

static bool expect_task(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(task, tasks, true);
	EXPECT_FIELDS(FIELD_TEXT("assignee", task->assignee.len ? task->assignee : STR("none")),
		FIELD_TEXT("users", expect_commas(scenario, task->candidate_users.items, task->candidate_users.len)),
		FIELD_TEXT("groups", expect_commas(scenario, task->candidate_groups.items, task->candidate_groups.len)),
		FIELD_TIME("due", task->due_at), FIELD_TIME("follow-up", task->follow_up_at),
		FIELD_TIME("created", task->created_at), FIELD_INTEGER("priority", task->priority),
		FIELD_TEXT("form", task->form), FIELD_INTEGER("version", task->version));
}

static bool expect_job(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(job, jobs, each->kind == JOB_WORK);
	EXPECT_FIELDS(FIELD_TEXT("type", job->type), FIELD_INTEGER("retries", job->retries), FIELD_TIME("due", job->due_at),
		FIELD_TEXT("message", job->message));
}

static bool expect_timer(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(job, jobs, each->kind == JOB_TIMER);
	EXPECT_FIELDS(
		FIELD_TIME("due", job->due_at), FIELD_INTEGER("repeat", job->repeat), FIELD_TEXT("cycle", job->cycle));
}

/* expect incident gateway expression "unknown variable" "line 1" */
static bool expect_incident(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(incident, incidents, true);
	const struct scenario_word *type = scenario_next(line);
	if (!type || !str_equal(type->text, incident_type_name(incident->type)))
		return scenario_fail(scenario, "the incident is %.*s: %.*s", STR_ARG(incident_type_name(incident->type)),
			STR_ARG(incident->message));
	for (const struct scenario_word *part; (part = scenario_next(line));)
		if (str_find(incident->message, part->text) == STR_NONE)
			return scenario_fail(scenario, "the message is: %.*s", STR_ARG(incident->message));
	return true;
}

/* The last task that ended at the node. */
static bool expect_ended_task(struct scenario *scenario, struct scenario_line *line)
{
	const struct store *store = world_store(&scenario->world);
	const struct task_row *row = NULL;
	int32_t node;
	if (!scenario_node(scenario, scenario_next(line), &node))
		return false;
	for (size_t i = store->ended_tasks.len; i-- > 0 && !row;)
		if (store->ended_tasks.items[i].node == node)
			row = &store->ended_tasks.items[i];
	if (!row)
		return scenario_fail(scenario, "no task ended there");
	EXPECT_FIELDS(FIELD_TEXT("outcome", expect_outcome(row->outcome)), FIELD_TEXT("assignee", row->assignee),
		FIELD_TEXT("completed-by", row->completed_by), FIELD_TEXT("comment", row->comment),
		FIELD_INTEGER("priority", row->priority), FIELD_TIME("created", row->created_at),
		FIELD_TIME("ended", row->ended_at), FIELD_TIME("due", row->due_at));
}

/* The last activity that ended at the node. */
static bool expect_activity(struct scenario *scenario, struct scenario_line *line)
{
	const struct store *store = world_store(&scenario->world);
	const struct activity_row *row = NULL;
	int32_t node;
	if (!scenario_node(scenario, scenario_next(line), &node))
		return false;
	for (size_t i = store->activities.len; i-- > 0 && !row;)
		if (store->activities.items[i].node == node)
			row = &store->activities.items[i];
	if (!row)
		return scenario_fail(scenario, "no activity ended there");
	EXPECT_FIELDS(FIELD_TEXT("outcome", expect_outcome(row->outcome)), FIELD_TIME("started", row->started_at),
		FIELD_TIME("ended", row->ended_at), FIELD_TEXT("error-code", row->error_code));
}

static bool expect_comment(struct scenario *scenario, struct scenario_line *line)
{
	const struct store *store = world_store(&scenario->world);
	if (store->comments.len == 0)
		return scenario_fail(scenario, "there is no comment");
	const struct comment_row *row = &store->comments.items[store->comments.len - 1];
	EXPECT_FIELDS(FIELD_TEXT("author", row->author), FIELD_TEXT("text", row->text), FIELD_TIME("at", row->at));
}

static bool expect_step(struct scenario *scenario, struct scenario_line *line)
{
	const struct store *store = world_store(&scenario->world);
	if (store->steps.len == 0)
		return scenario_fail(scenario, "there is no step");
	const struct step_row *row = &store->steps.items[store->steps.len - 1];
	EXPECT_FIELDS(FIELD_TEXT("command", command_kind_name((enum command_kind)row->command)),
		FIELD_TEXT("actor", row->actor), FIELD_TEXT("reason", row->reason),
		FIELD_TEXT("variables", row->variables.len ? row->variables : STR("none")), FIELD_TIME("at", row->at));
}

static const struct instance *expect_any_instance(const struct scenario *scenario)
{
	const struct instance *living = world_instance(&scenario->world);
	return living ? living : world_store(&scenario->world)->ended;
}

static bool expect_instance(struct scenario *scenario, struct scenario_line *line)
{
	const struct instance *instance = expect_any_instance(scenario);
	if (!instance)
		return scenario_fail(scenario, "there is no instance");
	EXPECT_FIELDS(FIELD_TEXT("started-by", instance->started_by), FIELD_TEXT("key", instance->business_key),
		FIELD_TEXT("error-code", instance->error_code), FIELD_PART("reason", instance->end_reason),
		FIELD_TIME("started", instance->started_at), FIELD_TIME("ended", instance->ended_at),
		FIELD_INTEGER("version", instance->version));
}

static bool expect_status(struct scenario *scenario, struct scenario_line *line)
{
	const struct instance *instance = expect_any_instance(scenario);
	const struct scenario_word *word = scenario_next(line);
	struct str status = instance ? instance_status_name(instance->status) : STR("none");
	return (word && str_equal(word->text, status)) || scenario_fail(scenario, "the status is %.*s", STR_ARG(status));
}

/* ---- variables ---- */

static bool expect_value(struct scenario *scenario, struct str got, const struct scenario_word *expected)
{
	if (!expected)
		return scenario_fail(scenario, "expected a JSON value or absent");
	if (!got.ptr || str_equal_c(expected->raw, "absent"))
		return (!got.ptr && str_equal_c(expected->raw, "absent")) ||
		       scenario_fail(scenario, "got %.*s", STR_ARG(got.ptr ? got : STR("absent")));
	json_t *a = json_parse(got, NULL), *b = json_parse(expected->raw, NULL);
	bool equal = a && b && json_equal(a, b);
	json_decref(a);
	json_decref(b);
	return equal || scenario_fail(scenario, "got %.*s", STR_ARG(got));
}

static bool expect_variable(struct scenario *scenario, struct scenario_line *line)
{
	const struct instance *instance = expect_any_instance(scenario);
	const struct scenario_word *name = scenario_next(line);
	if (!instance || !name)
		return scenario_fail(scenario, "expected an instance and a name");
	return expect_value(scenario, variables_get(&instance->variables, name->text), scenario_next(line));
}

/* expect local sub x 1: in the activity or scope of that node */
static bool expect_local(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(token, tokens, true);
	const struct scenario_word *name = scenario_next(line);
	if (!name)
		return scenario_fail(scenario, "expected a name");
	return expect_value(scenario, variables_get(&token->variables, name->text), scenario_next(line));
}

static bool expect_variables(struct scenario *scenario, struct scenario_line *line)
{
	const struct instance *instance = expect_any_instance(scenario);
	if (!instance)
		return scenario_fail(scenario, "there is no instance");
	struct buf all;
	buf_init(&all, SIZE_MAX);
	variables_to_json(&all, &instance->variables);
	bool good = expect_value(scenario, buf_str(&all), scenario_next(line));
	buf_free(&all);
	return good;
}

/* ---- what an actor may do ---- */

static struct actor expect_actor(struct scenario *scenario, struct scenario_line *line)
{
	struct actor actor = {.may_administer = scenario_flag(line, "admin")};
	const struct scenario_word *word = scenario_option(line, "by");
	if (word)
		actor.user = word->text;
	word = scenario_option(line, "groups");
	if (word)
		actor.groups = scenario_names(scenario, word->text, &actor.group_count);
	return actor;
}

/* expect actions review by mia groups managers claim complete comment */
static bool expect_actions(struct scenario *scenario, struct scenario_line *line)
{
	struct actor actor = expect_actor(scenario, line);
	EXPECT_FIND(task, tasks, true);
	uint32_t actions = engine_task_actions(task, &actor, instance->status == INSTANCE_SUSPENDED);
	expect_list got = {0};
	for (int action = 0; action < TASK_ACTION_COUNT; action++)
		if (actions & (1u << action))
			vec_add(&got, task_action_name((enum task_action)action));
	if (engine_task_visible(task, &actor) != (got.len > 0))
		scenario_fail(scenario, "visible, but nothing can be done; or the reverse");
	return expect_names(scenario, line, &got, false) && scenario->problem.len == 0;
}

static const struct expect_word {
	const char *name;
	bool (*check)(struct scenario *scenario, struct scenario_line *line);
} expect_words[] = {
	{"actions", expect_actions},
	{"activities", expect_activities},
	{"activity", expect_activity},
	{"comment", expect_comment},
	{"ended", expect_ended},
	{"ended-task", expect_ended_task},
	{"flows", expect_flows},
	{"incident", expect_incident},
	{"incidents", expect_incidents},
	{"instance", expect_instance},
	{"job", expect_job},
	{"jobs", expect_jobs},
	{"local", expect_local},
	{"status", expect_status},
	{"step", expect_step},
	{"task", expect_task},
	{"tasks", expect_tasks},
	{"timer", expect_timer},
	{"timers", expect_timers},
	{"tokens", expect_tokens},
	{"variable", expect_variable},
	{"variables", expect_variables},
};

bool scenario_expect(struct scenario *scenario, struct scenario_line *line)
{
	const struct scenario_word *word = scenario_next(line);
	for (size_t i = 0; word && i < sizeof expect_words / sizeof *expect_words; i++)
		if (str_equal_c(word->text, expect_words[i].name))
			return expect_words[i].check(scenario, line);
	return scenario_fail(scenario, "expect what?");
}
