/* SPDX-License-Identifier: Apache-2.0
 *
 * Two rows are the same when their lines are (engine/dump.h). Each row that comes out is looked up among the stored
 * ones and ticked off there; what is left at the end did not come out. JSON passes through one form first, because
 * jsonb has an order of its own.
 */
#include "config.h"

#include "engine/replay.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "engine/dump.h"

/* X(NAME, "what a row is called", list of struct effects, type of its rows, when it was written) */
#define REPLAY_LIST(X) \
	X(STEP, "step", steps, struct step_row, at) \
	X(ACTIVITY, "activity", activities, struct activity_row, ended_at) \
	X(TASK, "ended task", ended_tasks, struct task_row, ended_at) \
	X(COMMENT, "comment", comments, struct comment_row, at)

enum replay_kind {
#define X(name, text, list, type, time) REPLAY_##name,
	REPLAY_LIST(X)
#undef X
		REPLAY_INSTANCE,
	REPLAY_KIND_COUNT
};

struct replay_entry {
	int64_t id;
	int64_t at;
	size_t position;
	bool seen;
};
struct replay_entries {
	VEC(struct replay_entry) list; /* by id, then time */
};

struct replay_compare {
	struct replay_history *history;
	struct arena *arena;
	struct replay_entries kinds[REPLAY_KIND_COUNT];
};

/* ---- one form of JSON ---- */

/* Numbers as doubles: jsonb writes 1e2 as 100. */
static struct str replay_canonical(struct arena *arena, struct str json)
{
	const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
	json_t *value = json.len > 0 ? json_loadb(json.ptr, json.len, flags, NULL) : NULL;
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	struct str canonical = text ? arena_str(arena, str_from_c(text)) : json;
	free(text);
	json_decref(value);
	return canonical;
}

static void replay_canonical_variables(struct arena *arena, struct variables *variables)
{
	for (size_t i = 0; i < variables->list.len; i++) {
		const struct variable *variable = &variables->list.items[i];
		variables_put(variables, variable->name, replay_canonical(arena, variable->json));
	}
}

static void replay_canonical_tree(struct arena *arena, struct instance *root)
{
	for (struct instance *here = NULL; (here = instance_next(root, here));) {
		replay_canonical_variables(arena, &here->variables);
		for (size_t i = 0; i < here->tokens.len; i++)
			replay_canonical_variables(arena, &here->tokens.items[i].variables);
		for (size_t i = 0; i < here->compensations.len; i++)
			replay_canonical_variables(arena, &here->compensations.items[i].variables);
		for (size_t i = 0; i < here->subscriptions.len; i++) {
			struct subscription *row = &here->subscriptions.items[i];
			instance_text_set(&row->correlation, replay_canonical(arena, row->correlation));
		}
	}
}

/* ---- what is stored ---- */

static int replay_compare_entries(const void *a, const void *b)
{
	const struct replay_entry *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void replay_index(struct replay_compare *compare)
{
	const struct effects *rows = &compare->history->rows;
#define X(name, text, list_name, type, time) \
	for (size_t i = 0; i < rows->list_name.len; i++) \
		vec_add(&compare->kinds[REPLAY_##name].list, \
			((struct replay_entry){ \
				.id = rows->list_name.items[i].id, .at = rows->list_name.items[i].time, .position = i}));
	REPLAY_LIST(X)
#undef X
	for (size_t i = 0; i < compare->history->ended.len; i++) {
		const struct instance *ended = compare->history->ended.items[i];
		vec_add(&compare->kinds[REPLAY_INSTANCE].list,
			((struct replay_entry){.id = ended->id, .at = ended->ended_at, .position = i}));
	}
	for (int kind = 0; kind < REPLAY_KIND_COUNT; kind++) {
		struct replay_entries *entries = &compare->kinds[kind];
		if (entries->list.len > 0)
			qsort(entries->list.items, entries->list.len, sizeof *entries->list.items, replay_compare_entries);
	}
}

struct replay_compare *replay_compare_new(struct replay_history *history)
{
	struct replay_compare *compare = alloc_new(struct replay_compare);
	compare->history = history;
	compare->arena = arena_new();
	replay_index(compare);
	return compare;
}

void replay_compare_free(struct replay_compare *compare)
{
	for (int kind = 0; kind < REPLAY_KIND_COUNT; kind++)
		vec_free(&compare->kinds[kind].list);
	arena_free(compare->arena);
	free(compare);
}

/* The row written then; else another one of that id; NULL: none is left. */
static const struct replay_entry *replay_take(
	struct replay_compare *compare, enum replay_kind kind, int64_t id, int64_t at)
{
	struct replay_entries *entries = &compare->kinds[kind];
	struct replay_entry *found = NULL;
	size_t low = 0, high = entries->list.len;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (entries->list.items[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < entries->list.len && entries->list.items[low].id == id; low++) {
		struct replay_entry *entry = &entries->list.items[low];
		if (!entry->seen && (!found || entry->at == at))
			found = entry;
	}
	if (found)
		found->seen = true;
	return found;
}

/* ---- a row against a row ---- */

static void replay_difference_set(
	struct replay_difference *difference, int64_t step_id, struct str expected, struct str got)
{
	difference->step_id = step_id;
	buf_init(&difference->expected, SIZE_MAX);
	buf_init(&difference->got, SIZE_MAX);
	buf_add_str(&difference->expected, str_trim(expected));
	buf_add_str(&difference->got, str_trim(got));
}

void replay_difference_free(struct replay_difference *difference)
{
	buf_free(&difference->expected);
	buf_free(&difference->got);
}

static void replay_text(struct buf *out, struct instance *root, const struct effects *rows)
{
	struct dump_position from = {0};
	dump_history(out, root, rows, &from);
	dump_collected(out, rows);
}

/* Each has one row, or, where nothing is stored, expected has none. */
static bool replay_same(struct instance *root, const struct effects *expected, const struct effects *got,
	int64_t step_id, struct replay_difference *difference)
{
	struct buf stored, made;
	buf_init(&stored, SIZE_MAX);
	buf_init(&made, SIZE_MAX);
	replay_text(&stored, root, expected);
	replay_text(&made, root, got);
	bool same = str_equal(buf_str(&stored), buf_str(&made));
	if (!same)
		replay_difference_set(difference, step_id, buf_str(&stored), buf_str(&made));
	buf_free(&stored);
	buf_free(&made);
	return same;
}

struct replay_facts {
	int64_t id;
	int64_t at;
	int64_t instance_id;
};

static struct replay_facts replay_facts(enum replay_kind kind, const struct effects *rows, size_t i)
{
	switch (kind) {
#define X(name, text, list, type, time) \
	case REPLAY_##name: \
		return (struct replay_facts){rows->list.items[i].id, rows->list.items[i].time, rows->list.items[i].instance_id};
		REPLAY_LIST(X)
#undef X
	case REPLAY_INSTANCE:
	case REPLAY_KIND_COUNT:
		break;
	}
	return (struct replay_facts){0};
}

/* That row alone, borrowed. */
static struct effects replay_one(enum replay_kind kind, const struct effects *rows, size_t i)
{
	struct effects one = {0};
	one.flows.items = rows->flows.items;
	switch (kind) {
#define X(name, text, list, type, time) \
	case REPLAY_##name: \
		one.list.items = &rows->list.items[i]; \
		one.list.len = 1; \
		break;
		REPLAY_LIST(X)
#undef X
	case REPLAY_INSTANCE:
	case REPLAY_KIND_COUNT:
		break;
	}
	return one;
}

static size_t replay_count(enum replay_kind kind, const struct effects *rows)
{
	switch (kind) {
#define X(name, text, list, type, time) \
	case REPLAY_##name: \
		return rows->list.len;
		REPLAY_LIST(X)
#undef X
	case REPLAY_INSTANCE:
	case REPLAY_KIND_COUNT:
		break;
	}
	return 0;
}

static bool replay_names_node(const struct graph *graph, int32_t node)
{
	return node >= 0 && node < graph->node_count;
}

/* What the stored row names is there: only then it can be written as a line. */
static bool replay_is_sound(const struct graph *graph, const struct effects *one)
{
	for (size_t i = 0; i < one->steps.len; i++)
		for (size_t k = 0; k < one->steps.items[i].flow_count; k++) {
			int32_t flow = one->flows.items[one->steps.items[i].first_flow + k];
			if (flow < 0 || flow >= graph->flow_count)
				return false;
		}
	for (size_t i = 0; i < one->activities.len; i++)
		if (!replay_names_node(graph, one->activities.items[i].node))
			return false;
	for (size_t i = 0; i < one->ended_tasks.len; i++)
		if (!replay_names_node(graph, one->ended_tasks.items[i].node))
			return false;
	return true;
}

static bool replay_check_row(struct replay_compare *compare, struct instance *root, enum replay_kind kind,
	const struct effects *effects, size_t i, struct replay_difference *difference)
{
	const struct effects *rows = &compare->history->rows;
	const struct effects got = replay_one(kind, effects, i);
	struct effects expected = {0};
	struct replay_facts facts = replay_facts(kind, effects, i);
	const struct graph *graph = instance_in_tree(root, facts.instance_id)->graph;
	const struct replay_entry *entry = replay_take(compare, kind, facts.id, facts.at);
	if (entry && replay_facts(kind, rows, entry->position).instance_id == facts.instance_id)
		expected = replay_one(kind, rows, entry->position);
	if (!replay_is_sound(graph, &expected))
		expected = (struct effects){0};
	for (size_t k = 0; k < expected.steps.len; k++)
		expected.steps.items[k].variables = replay_canonical(compare->arena, expected.steps.items[k].variables);
	return replay_same(root, &expected, &got, effects->steps.items[0].id, difference);
}

/* Versions are not stored of what has ended. */
static bool replay_check_ended(struct replay_compare *compare, struct instance *root, const struct effects *effects,
	int64_t id, struct replay_difference *difference)
{
	struct instance *ended = instance_in_tree(root, id);
	const struct replay_entry *entry = replay_take(compare, REPLAY_INSTANCE, id, ended->ended_at);
	struct instance *stored = entry ? compare->history->ended.items[entry->position] : NULL;
	const struct instance *lines[] = {ended, stored};
	struct effects got = {.ended_instances = {.items = &lines[0], .len = 1}};
	struct effects expected = {.ended_instances = {.items = &lines[1], .len = stored ? 1 : 0}};
	replay_canonical_variables(compare->arena, &ended->variables);
	if (stored) {
		replay_canonical_variables(compare->arena, &stored->variables);
		stored->version = ended->version;
	}
	return replay_same(root, &expected, &got, effects->steps.items[0].id, difference);
}

bool replay_compare_step(struct replay_compare *compare, struct instance *root, struct effects *effects,
	struct replay_difference *difference)
{
	for (size_t i = 0; i < effects->steps.len; i++) {
		struct step_row *row = &effects->steps.items[i];
		row->variables = replay_canonical(effects->arena, row->variables);
	}
	for (enum replay_kind kind = REPLAY_STEP; kind < REPLAY_INSTANCE; kind++)
		for (size_t i = 0; i < replay_count(kind, effects); i++)
			if (!replay_check_row(compare, root, kind, effects, i, difference))
				return false;
	for (size_t i = 0; i < effects->ended_instances.len; i++)
		if (!replay_check_ended(compare, root, effects, effects->ended_instances.items[i]->id, difference))
			return false;
	return true;
}

/* ---- what is left ---- */

/* A job that was taken over has got another id, and the world that a call has looked for is not part of the history. */
static void replay_forgive(struct instance *made, const struct instance *stored)
{
	for (size_t i = 0; i < made->jobs.len; i++) {
		struct job *job = &made->jobs.items[i];
		const struct job *other = job->kind == JOB_WORK ? instance_work_job(stored, job->token_id) : NULL;
		job->id = other ? other->id : job->id;
	}
	for (size_t i = 0; i < made->incidents.len; i++) {
		struct incident *incident = &made->incidents.items[i];
		const struct incident *other = instance_incident(stored, incident->id);
		if (!other || other->type != incident->type)
			continue;
		incident->job_id = other->job_id;
		if (incident->type == INCIDENT_CALL)
			instance_text_set(&incident->message, other->message);
	}
}

/* The first line that differs. */
static bool replay_same_lines(struct str expected, struct str got, struct replay_difference *difference)
{
	while (expected.ptr || got.ptr) {
		struct str one = expected.ptr ? str_split(&expected, '\n') : STR("");
		struct str other = got.ptr ? str_split(&got, '\n') : STR("");
		if (str_equal(one, other))
			continue;
		replay_difference_set(difference, 0, one, other);
		return false;
	}
	return true;
}

static bool replay_compare_live(
	struct replay_compare *compare, struct instance *root, struct replay_difference *difference)
{
	struct instance *stored = compare->history->live;
	struct buf expected, got;
	buf_init(&expected, SIZE_MAX);
	buf_init(&got, SIZE_MAX);
	for (struct instance *here = NULL; stored && (here = instance_next(root, here));) {
		const struct instance *other = instance_in_tree(stored, here->id);
		if (other)
			replay_forgive(here, other);
	}
	replay_canonical_tree(compare->arena, root);
	if (stored) {
		replay_canonical_tree(compare->arena, stored);
		dump_tree(&expected, stored);
	}
	if (root->ended_at == 0)
		dump_tree(&got, root);
	bool same = replay_same_lines(buf_str(&expected), buf_str(&got), difference);
	buf_free(&expected);
	buf_free(&got);
	return same;
}

/* The step at whose time the row was written. */
static int64_t replay_step_at(const struct replay_compare *compare, int64_t at)
{
	const struct effects *rows = &compare->history->rows;
	for (size_t i = 0; i < rows->steps.len; i++)
		if (rows->steps.items[i].at == at)
			return rows->steps.items[i].id;
	return 0;
}

bool replay_compare_rest(struct replay_compare *compare, struct instance *root, struct replay_difference *difference)
{
	static const struct str names[REPLAY_KIND_COUNT] = {
#define X(name, text, list, type, time) [REPLAY_##name] = STR_INIT(text),
		REPLAY_LIST(X)
#undef X
			[REPLAY_INSTANCE] = STR_INIT("ended instance"),
	};
	for (int kind = 0; kind < REPLAY_KIND_COUNT; kind++)
		for (size_t i = 0; i < compare->kinds[kind].list.len; i++) {
			const struct replay_entry *entry = &compare->kinds[kind].list.items[i];
			if (entry->seen)
				continue;
			struct str line = arena_printf(compare->arena, "%.*s %lld", STR_ARG(names[kind]), (long long)entry->id);
			replay_difference_set(difference, replay_step_at(compare, entry->at), line, STR(""));
			return false;
		}
	return replay_compare_live(compare, root, difference);
}
