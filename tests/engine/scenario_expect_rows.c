/* SPDX-License-Identifier: Apache-2.0
 *
 * One row, living or of history, field by field.
 */
#include "config.h"

#include "tests/engine/scenario_expect.h"

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

bool expect_task(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(task, tasks, token_id, true);
	EXPECT_FIELDS(FIELD_TEXT("assignee", task->assignee.len ? task->assignee : STR("none")),
		FIELD_TEXT("users", expect_commas(scenario, task->candidate_users.items, task->candidate_users.len)),
		FIELD_TEXT("groups", expect_commas(scenario, task->candidate_groups.items, task->candidate_groups.len)),
		FIELD_TIME("due", task->due_at), FIELD_TIME("follow-up", task->follow_up_at),
		FIELD_TIME("created", task->created_at), FIELD_INTEGER("priority", task->priority),
		FIELD_TEXT("form", task->form), FIELD_INTEGER("version", task->version));
}

bool expect_job(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(job, jobs, token_id, each->kind == JOB_WORK);
	EXPECT_FIELDS(FIELD_TEXT("type", job->type), FIELD_INTEGER("retries", job->retries), FIELD_TIME("due", job->due_at),
		FIELD_TEXT("message", job->message));
}

bool expect_timer(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(job, jobs, token_id, each->kind == JOB_TIMER);
	EXPECT_FIELDS(
		FIELD_TIME("due", job->due_at), FIELD_INTEGER("repeat", job->repeat), FIELD_TEXT("cycle", job->cycle));
}

/* expect subscription wait name paid correlation {"order":1} */
bool expect_subscription(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(subscription, subscriptions, token_id, true);
	EXPECT_FIELDS(FIELD_TEXT("kind", expect_subscription_kind(subscription->kind)),
		FIELD_TEXT("name", subscription->name), FIELD_JSON("correlation", subscription->correlation),
		FIELD_TEXT("satisfied", subscription->satisfied ? STR("true") : STR("false")));
}

/* expect incident gateway expression "unknown variable" "line 1" */
bool expect_incident(struct scenario *scenario, struct scenario_line *line)
{
	EXPECT_FIND(incident, incidents, token_id, true);
	const struct scenario_word *type = scenario_next(line);
	if (!type || !str_equal(type->text, incident_type_name(incident->type)))
		return scenario_fail(scenario, "the incident is %.*s: %.*s", STR_ARG(incident_type_name(incident->type)),
			STR_ARG(incident->message));
	for (const struct scenario_word *part; (part = scenario_next(line));)
		if (str_find(incident->message, part->text) == STR_NONE)
			return scenario_fail(scenario, "the message is: %.*s", STR_ARG(incident->message));
	return true;
}

/* A history row is at the place, in any version of the process, and in the instance that the line names. */
#define EXPECT_WAS_AT(scenario, place, row) \
	(expect_is_of((scenario), (row)->instance_id) && \
		str_equal(world_definition(&(scenario)->world, (row)->definition_id)->nodes[(row)->node].id, \
			(place)->graph->nodes[(place)->node].id))

/* The last task that ended at the node. */
bool expect_ended_task(struct scenario *scenario, struct scenario_line *line)
{
	const struct store *store = world_store(&scenario->world);
	const struct task_row *row = NULL;
	struct scenario_place place;
	if (!scenario_place(scenario, scenario_next(line), &place))
		return false;
	for (size_t i = store->ended_tasks.len; i-- > 0 && !row;)
		if (EXPECT_WAS_AT(scenario, &place, &store->ended_tasks.items[i]))
			row = &store->ended_tasks.items[i];
	if (!row)
		return scenario_fail(scenario, "no task ended there");
	EXPECT_FIELDS(FIELD_TEXT("outcome", expect_outcome(row->outcome)), FIELD_TEXT("assignee", row->assignee),
		FIELD_TEXT("completed-by", row->completed_by), FIELD_TEXT("comment", row->comment),
		FIELD_INTEGER("priority", row->priority), FIELD_TIME("created", row->created_at),
		FIELD_TIME("ended", row->ended_at), FIELD_TIME("due", row->due_at));
}

static bool expect_was_loop(const struct scenario_place *place, const struct activity_row *row)
{
	if (place->loop == PLACE_ANY)
		return true;
	bool body = row->role == ROLE_LOOP_BODY;
	return place->loop == PLACE_BODY ? body : !body && row->loop_counter == place->loop;
}

/* The last activity that ended at the node. */
bool expect_activity(struct scenario *scenario, struct scenario_line *line)
{
	const struct store *store = world_store(&scenario->world);
	const struct activity_row *row = NULL;
	struct scenario_place place;
	if (!scenario_place(scenario, scenario_next(line), &place))
		return false;
	for (size_t i = store->activities.len; i-- > 0 && !row;)
		if (EXPECT_WAS_AT(scenario, &place, &store->activities.items[i]) &&
			expect_was_loop(&place, &store->activities.items[i]))
			row = &store->activities.items[i];
	if (!row)
		return scenario_fail(scenario, "no activity ended there");
	EXPECT_FIELDS(FIELD_TEXT("outcome", expect_outcome(row->outcome)), FIELD_TIME("started", row->started_at),
		FIELD_TIME("ended", row->ended_at), FIELD_TEXT("error-code", row->error_code));
}

bool expect_comment(struct scenario *scenario, struct scenario_line *line)
{
	const struct store *store = world_store(&scenario->world);
	if (store->comments.len == 0)
		return scenario_fail(scenario, "there is no comment");
	const struct comment_row *row = &store->comments.items[store->comments.len - 1];
	EXPECT_FIELDS(FIELD_TEXT("author", row->author), FIELD_TEXT("text", row->text), FIELD_TIME("at", row->at));
}

static const struct outgoing_row *expect_find_sent(
	const struct scenario *scenario, enum subscription_kind kind, struct str name, int64_t nth)
{
	const struct store *store = world_store(&scenario->world);
	for (size_t i = scenario->last.outgoing; i < store->outgoing.len; i++) {
		const struct outgoing_row *row = &store->outgoing.items[i];
		if (row->kind == kind && str_equal(row->name, name) && expect_is_of(scenario, row->instance_id) && --nth == 0)
			return row;
	}
	return NULL;
}

static bool expect_sent_nothing(struct scenario *scenario)
{
	const struct store *store = world_store(&scenario->world);
	return store->outgoing.len == scenario->last.outgoing ||
	       scenario_fail(scenario, "the %s %.*s was sent",
			   store->outgoing.items[scenario->last.outgoing].kind == SUBSCRIPTION_SIGNAL ? "signal" : "message",
			   STR_ARG(store->outgoing.items[scenario->last.outgoing].name));
}

/* expect sent message paid correlation {"order":1} key K variables {} ttl-until T; expect sent signal S; expect sent none */
bool expect_sent(struct scenario *scenario, struct scenario_line *line)
{
	int64_t nth;
	if (!expect_nth(scenario, line, &nth))
		return false;
	const struct scenario_word *kind = scenario_next(line);
	if (kind && str_equal_c(kind->text, "none"))
		return expect_sent_nothing(scenario);
	const struct scenario_word *name = scenario_next(line);
	if (!name)
		return scenario_fail(scenario, "expected message or signal, and a name");
	const struct outgoing_row *row = expect_find_sent(
		scenario, str_equal_c(kind->text, "signal") ? SUBSCRIPTION_SIGNAL : SUBSCRIPTION_MESSAGE, name->text, nth);
	if (!row)
		return scenario_fail(scenario, "no such %.*s was sent", STR_ARG(kind->text));
	EXPECT_FIELDS(FIELD_JSON("correlation", row->correlation), FIELD_TEXT("key", row->business_key),
		FIELD_JSON("variables", row->variables), FIELD_TIME("ttl-until", row->expires_at), FIELD_TIME("at", row->at));
}
