/* SPDX-License-Identifier: Apache-2.0
 *
 * From a row of history back to the command. Who was let through then is let through again: the actor may administer,
 * and no version is expected.
 */
#include "config.h"

#include "engine/record.h"

#include <stdint.h>

#include "base/json.h"
#include "engine/modify.h"

struct record_reader {
	struct arena *arena;
	struct variables members; /* of `input`: JSON texts by name */
	struct recorded *out;
	struct err *err;
};

static bool record_damaged(const struct record_reader *reader, const char *member)
{
	return err_set(reader->err, ERR_INTERNAL, "the step's input has a %s that is not one", member);
}

static json_t *record_parse(const struct record_reader *reader, const char *member, struct str json)
{
	json_t *value = json_parse(json, NULL);
	if (!value)
		record_damaged(reader, member);
	return value;
}

/* True where it is left out, too: out keeps its default. */
static bool record_read_int(const struct record_reader *reader, const char *member, int64_t *out)
{
	struct str json = variables_get(&reader->members, str_from_c(member));
	return !json.ptr || str_to_int64(json, out) || record_damaged(reader, member);
}

static bool record_read_int32(const struct record_reader *reader, const char *member, int32_t *out)
{
	int64_t number = *out;
	if (!record_read_int(reader, member, &number) || number < INT32_MIN || number > INT32_MAX)
		return record_damaged(reader, member);
	*out = (int32_t)number;
	return true;
}

static bool record_read_text(const struct record_reader *reader, const char *member, struct str *out)
{
	struct str json = variables_get(&reader->members, str_from_c(member));
	if (!json.ptr)
		return true;
	json_t *value = record_parse(reader, member, json);
	if (value && json_is_string(value))
		*out = arena_str(reader->arena, json_str(value));
	else
		record_damaged(reader, member);
	json_decref(value);
	return out->len > 0;
}

/* ---- variables ---- */

/* Values keep every digit: they are texts. */
static bool record_read_object(
	const struct record_reader *reader, struct str object, const struct command_variable **out, size_t *count)
{
	struct variables variables = {0};
	bool good = variables_from_json(&variables, object, reader->err);
	struct command_variable *list = arena_array(reader->arena, variables.list.len, sizeof *list);
	for (size_t i = 0; i < variables.list.len; i++) {
		list[i].name = arena_str(reader->arena, variables.list.items[i].name);
		list[i].json = arena_str(reader->arena, variables.list.items[i].json);
	}
	*out = list;
	*count = variables.list.len;
	variables_free(&variables);
	return good;
}

static bool record_read_variables(const struct record_reader *reader, struct str told)
{
	struct command *command = &reader->out->command;
	struct str given = variables_get(&reader->members, STR("variables"));
	if (!record_brings_variables(command->kind) || (!given.ptr && told.len == 0))
		return true;
	return record_read_object(reader, given.ptr ? given : told, &command->variables, &command->variable_count);
}

/* ---- lists ---- */

static bool record_read_groups(const struct record_reader *reader)
{
	struct str json = variables_get(&reader->members, STR("groups"));
	json_t *list = json.ptr ? record_parse(reader, "groups", json) : NULL;
	struct str *groups = arena_array(reader->arena, json_array_size(list), sizeof *groups);
	struct actor *actor = &reader->out->command.actor;
	for (size_t i = 0; i < json_array_size(list); i++)
		groups[i] = arena_str(reader->arena, json_str(json_array_get(list, i)));
	actor->groups = groups;
	actor->group_count = json_array_size(list);
	json_decref(list);
	return !json.ptr || list;
}

static bool record_read_modification(const struct record_reader *reader, json_t *from, struct modification *out)
{
	struct buf variables;
	buf_init(&variables, SIZE_MAX);
	out->kind = (enum modification_kind)json_integer_value(json_object_get(from, "kind"));
	out->element_id = arena_str(reader->arena, json_str(json_object_get(from, "element")));
	out->token_id = json_integer_value(json_object_get(from, "token"));
	out->scope_id = json_integer_value(json_object_get(from, "scope"));
	json_emit_value(&variables, json_object_get(from, "variables"));
	bool good = record_read_object(reader, buf_str(&variables), &out->variables, &out->variable_count);
	buf_free(&variables);
	return good;
}

static bool record_read_modifications(const struct record_reader *reader)
{
	struct str json = variables_get(&reader->members, STR("modifications"));
	json_t *list = json.ptr ? record_parse(reader, "modifications", json) : NULL;
	size_t count = json_array_size(list);
	struct modification *changes = arena_array(reader->arena, count, sizeof *changes);
	bool good = !json.ptr || count > 0;
	for (size_t i = 0; i < count && good; i++)
		good = record_read_modification(reader, json_array_get(list, i), &changes[i]);
	reader->out->command.modifications = changes;
	reader->out->command.modification_count = count;
	json_decref(list);
	return good || record_damaged(reader, "modifications");
}

static bool record_read_migration(const struct record_reader *reader)
{
	struct str json = variables_get(&reader->members, STR("migration"));
	if (!json.ptr)
		return reader->out->command.kind != COMMAND_MIGRATE || record_damaged(reader, "migration");
	json_t *object = record_parse(reader, "migration", json), *mappings = json_object_get(object, "mappings"), *to;
	struct migration *migration = &reader->out->migration;
	struct node_mapping *list = arena_array(reader->arena, json_object_size(mappings), sizeof *list);
	const char *from;
	migration->definition_id = json_integer_value(json_object_get(object, "definition"));
	migration->mappings = list;
	json_object_foreach(mappings, from, to)
	{
		list[migration->mapping_count].from = arena_str(reader->arena, str_from_c(from));
		list[migration->mapping_count++].to = arena_str(reader->arena, json_str(to));
	}
	reader->out->migrated_from = json_integer_value(json_object_get(object, "from"));
	reader->out->command.migration = migration;
	json_decref(object);
	return object != NULL;
}

/* ---- limits ---- */

static bool record_read_limits(const struct record_reader *reader)
{
	struct engine_limits *limits = &reader->out->limits;
	*limits = (struct engine_limits)RECORD_LIMITS;
	return record_read_int32(reader, "stepBudget", &limits->step_budget) &&
	       record_read_int32(reader, "scopeDepth", &limits->scope_depth) &&
	       record_read_int32(reader, "jobRetries", &limits->job_retries) &&
	       record_read_int(reader, "jobBackoff", &limits->job_backoff);
}

static bool record_read_park(const struct record_reader *reader)
{
	struct str json = variables_get(&reader->members, STR("park"));
	struct recorded *out = reader->out;
	if (!json.ptr)
		return true;
	json_t *list = record_parse(reader, "park", json);
	out->park.where = json_array_size(list) > 0 ? PARK_AT_NODE : PARK_EVERYWHERE;
	out->park_definition = json_integer_value(json_array_get(list, 0));
	out->park.node = (int32_t)json_integer_value(json_array_get(list, 1));
	json_decref(list);
	return list != NULL;
}

/* A step whose ids came from one range could have taken any number of them. */
static bool record_read_ids(const struct record_reader *reader, int64_t first_id)
{
	struct str json = variables_get(&reader->members, STR("ids"));
	struct id_range *ids = reader->out->ids;
	ids[0] = (struct id_range){first_id, INT64_MAX};
	ids[1] = (struct id_range){0};
	if (!json.ptr)
		return true;
	json_t *list = record_parse(reader, "ids", json);
	ids[0].end = json_integer_value(json_array_get(list, 0));
	ids[1] = (struct id_range){json_integer_value(json_array_get(list, 1)), INT64_MAX};
	json_decref(list);
	return ids[0].end >= first_id && ids[1].next > 0 ? true : record_damaged(reader, "ids");
}

static bool record_read_rest(const struct record_reader *reader)
{
	struct command *command = &reader->out->command;
	return record_read_text(reader, "errorCode", &command->error_code) &&
	       record_read_text(reader, "name", &command->name) &&
	       record_read_int32(reader, "retries", &command->retries) &&
	       record_read_int(reader, "retryAt", &command->retry_at) &&
	       record_read_int32(reader, "node", &command->start_node) &&
	       record_read_int32(reader, "event", &command->start_event) && record_read_groups(reader) &&
	       record_read_modifications(reader) && record_read_migration(reader) && record_read_limits(reader) &&
	       record_read_park(reader);
}

static struct command record_command(const struct step_row *row)
{
	enum command_kind kind = (enum command_kind)row->command;
	bool work = record_is_work(kind);
	return (struct command){
		.kind = kind,
		.actor = {.user = row->actor, .may_administer = true},
		.instance_id = row->instance_id,
		.subject_id = work ? 0 : row->subject_id,
		.token_id = work ? row->subject_id : 0,
		.expected_version = VERSION_ANY,
		.text = row->reason,
		.trace = row->trace,
		.start_node = GRAPH_NONE,
		.retries = GRAPH_NONE,
	};
}

bool record_read(
	const struct step_row *row, struct str ended_variables, struct arena *arena, struct recorded *out, struct err *err)
{
	struct record_reader reader = {.arena = arena, .out = out, .err = err};
	struct str told = row->variables.len > 0 ? row->variables : ended_variables;
	*out = (struct recorded){.command = record_command(row)};
	bool good = row->input.len == 0 || variables_from_json(&reader.members, row->input, err);
	good = good && record_read_variables(&reader, told) && record_read_rest(&reader) &&
	       record_read_ids(&reader, row->first_id);
	variables_free(&reader.members);
	return good;
}
