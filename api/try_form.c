/* SPDX-License-Identifier: Apache-2.0
 *
 * The form of a file of scenarios: which keys stand where, and what their values are. A key that nobody knows is an
 * error, so that a word misspelled is no expectation that always holds.
 */
#include "config.h"

#include <string.h>

#include "api/try.h"
#include "base/iso8601.h"

static bool form_scalar(const struct yaml_node *node, struct err *err)
{
	return node->kind == YAML_SCALAR || yaml_fail(node, err, "%.*s must be one value", STR_ARG(node->key));
}

static bool form_scalars(const struct yaml_node *node, struct err *err)
{
	if (node->kind == YAML_SCALAR)
		return true;
	for (const struct yaml_node *item = node->first; item; item = item->next)
		if (node->kind != YAML_LIST || item->kind != YAML_SCALAR)
			return yaml_fail(item, err, "%.*s must be a list of names", STR_ARG(node->key));
	return true;
}

static bool form_map(const struct yaml_node *node, struct err *err)
{
	return node->kind == YAML_MAP || yaml_fail(node, err, "%.*s must be a mapping", STR_ARG(node->key));
}

static bool form_number(const struct yaml_node *node, struct err *err)
{
	int64_t number;
	if (form_scalar(node, err) && str_to_int64(node->text, &number) && number >= INT32_MIN && number <= INT32_MAX)
		return true;
	return yaml_fail(node, err, "%.*s must be a number", STR_ARG(node->key));
}

static bool form_time(const struct yaml_node *node, struct err *err)
{
	int64_t time;
	struct err problem = {0};
	return (form_scalar(node, err) && iso8601_parse_time(node->text, &time, &problem)) ||
	       yaml_fail(node, err, "%.*s must be a date and time: %s", STR_ARG(node->key), problem.message);
}

static bool form_wait(const struct yaml_node *node, struct err *err)
{
	struct iso8601_duration wait;
	struct err problem = {0};
	return (form_scalar(node, err) && iso8601_parse_duration(node->text, &wait, &problem) && !wait.negative) ||
	       yaml_fail(node, err, "%.*s must be a duration like PT1H: %s", STR_ARG(node->key), problem.message);
}

static bool form_value(const struct yaml_node *node, enum try_value value, struct err *err);

static const struct try_key *form_find(const struct try_key *keys, struct str name)
{
	for (; keys->name; keys++)
		if (str_equal_c(name, keys->name))
			return keys;
	return NULL;
}

static bool form_unknown(const struct yaml_node *member, const char *where, struct err *err)
{
	err_set(err, ERR_INVALID, "%.*s is not known %s", STR_ARG(member->key), where);
	err_at(err, member->key_line, member->key_column);
	return false;
}

static bool form_members(const struct yaml_node *map, const struct try_key *keys, const char *where, struct err *err)
{
	if (map->kind != YAML_MAP)
		return yaml_fail(map, err, "a mapping is expected %s", where);
	for (const struct yaml_node *member = map->first; member; member = member->next) {
		const struct try_key *key = form_find(keys, member->key);
		if (!key)
			return form_unknown(member, where, err);
		if (!form_value(member, key->value, err))
			return false;
	}
	return true;
}

/* Elements, or mappings that say more. */
static bool form_rows(const struct yaml_node *list, const struct try_key *keys, const char *where, struct err *err)
{
	if (list->kind != YAML_LIST)
		return form_scalars(list, err);
	for (const struct yaml_node *item = list->first; item; item = item->next) {
		if (item->kind != YAML_SCALAR && !form_members(item, keys, where, err))
			return false;
		if (item->kind == YAML_MAP && !yaml_get(item, "element"))
			return yaml_fail(item, err, "the element is missing");
	}
	return true;
}

static bool form_checks(const struct yaml_node *map, struct err *err)
{
	if (!form_map(map, err))
		return false;
	for (const struct yaml_node *member = map->first; member; member = member->next) {
		const struct try_expectation *known = try_expectations;
		while (known->name && !str_equal_c(member->key, known->name))
			known++;
		if (!known->name)
			return form_unknown(member, "among the expectations", err);
		if (!form_value(member, known->value, err))
			return false;
	}
	return true;
}

static bool form_value(const struct yaml_node *node, enum try_value value, struct err *err)
{
	static const struct try_key task_keys[] = {
		{"element", TRY_TEXT},
		{"assignee", TRY_TEXT},
		{"candidateUsers", TRY_TEXTS},
		{"candidateGroups", TRY_TEXTS},
		{"priority", TRY_NUMBER},
		{"due", TRY_TIME},
		{"followUp", TRY_TIME},
		{NULL, TRY_NOTHING},
	};
	static const struct try_key incident_keys[] = {
		{"element", TRY_TEXT}, {"type", TRY_TEXT}, {"message", TRY_TEXT}, {NULL, TRY_NOTHING}};
	switch (value) {
	case TRY_TEXT:
		return form_scalar(node, err);
	case TRY_TEXTS:
		return form_scalars(node, err);
	case TRY_NUMBER:
		return form_number(node, err);
	case TRY_MAP:
		return form_map(node, err);
	case TRY_TIME:
		return form_time(node, err);
	case TRY_WAIT:
		return form_wait(node, err);
	case TRY_TASKS:
		return form_rows(node, task_keys, "in a task", err);
	case TRY_INCIDENTS:
		return form_rows(node, incident_keys, "in an incident", err);
	case TRY_CHECKS:
		return form_checks(node, err);
	case TRY_NOTHING:
		return yaml_is_null(node) || yaml_fail(node, err, "%.*s has no value", STR_ARG(node->key));
	}
	return false;
}

static bool form_step(const struct yaml_node *step, struct err *err)
{
	const struct try_action *action = try_actions;
	if (step->kind != YAML_MAP || !step->first)
		return yaml_fail(step, err, "a step is a mapping that begins with what is done");
	while (action->name && !str_equal_c(step->first->key, action->name))
		action++;
	if (!action->name)
		return form_unknown(step->first, "as a step", err);
	if (!form_value(step->first, action->value, err))
		return false;
	for (const struct yaml_node *option = step->first->next; option; option = option->next) {
		const struct try_key *key = form_find(action->options, option->key);
		if (!key)
			return form_unknown(option, "in this step", err);
		if (!form_value(option, key->value, err))
			return false;
	}
	return true;
}

static bool form_start(const struct yaml_node *start, struct err *err)
{
	static const struct try_key keys[] = {
		{"message", TRY_TEXT},
		{"signal", TRY_TEXT},
		{"event", TRY_TEXT},
		{"variables", TRY_MAP},
		{"businessKey", TRY_TEXT},
		{"by", TRY_TEXT},
		{"at", TRY_TIME},
		{NULL, TRY_NOTHING},
	};
	int ways =
		(yaml_get(start, "message") != NULL) + (yaml_get(start, "signal") != NULL) + (yaml_get(start, "event") != NULL);
	return form_members(start, keys, "in a start", err) &&
	       (ways < 2 || yaml_fail(start, err, "one of message, signal and event begins an instance"));
}

/* What a scenario and a file with just one have in common. */
static bool form_scenario_member(const struct yaml_node *member, bool *known, struct err *err)
{
	*known = true;
	if (str_equal_c(member->key, "name") || str_equal_c(member->key, "process"))
		return form_scalar(member, err);
	if (str_equal_c(member->key, "start"))
		return form_start(member, err);
	*known = str_equal_c(member->key, "steps");
	if (*known && member->kind != YAML_LIST)
		return yaml_fail(member, err, "steps must be a list");
	for (const struct yaml_node *step = *known ? member->first : NULL; step; step = step->next)
		if (!form_step(step, err))
			return false;
	return true;
}

static bool form_scenario(const struct yaml_node *scenario, struct err *err)
{
	bool known;
	if (scenario->kind != YAML_MAP)
		return yaml_fail(scenario, err, "a scenario is a mapping with name, start and steps");
	for (const struct yaml_node *member = scenario->first; member; member = member->next) {
		if (!form_scenario_member(member, &known, err))
			return false;
		if (!known)
			return form_unknown(member, "in a scenario", err);
	}
	return yaml_get(scenario, "name") || yaml_fail(scenario, err, "the scenario has no name");
}

static bool form_users(const struct yaml_node *users, struct err *err)
{
	if (!form_map(users, err))
		return false;
	for (const struct yaml_node *user = users->first; user; user = user->next)
		if (!form_scalars(user, err))
			return false;
	return true;
}

static bool form_scenarios(const struct yaml_node *list, struct err *err)
{
	if (list->kind != YAML_LIST)
		return yaml_fail(list, err, "scenarios must be a list");
	for (const struct yaml_node *scenario = list->first; scenario; scenario = scenario->next)
		if (!form_scenario(scenario, err))
			return false;
	return true;
}

bool try_form_check(const struct yaml_node *top, struct err *err)
{
	const struct yaml_node *many = yaml_get(top, "scenarios");
	bool known;
	if (top->kind != YAML_MAP)
		return yaml_fail(top, err, "a file of scenarios is a mapping");
	for (const struct yaml_node *member = top->first; member; member = member->next) {
		if (member == many) {
			if (!form_scenarios(member, err))
				return false;
			continue;
		}
		if (str_equal_c(member->key, "users")) {
			if (!form_users(member, err))
				return false;
			continue;
		}
		if (!form_scenario_member(member, &known, err))
			return false;
		if (!known || (many && !str_equal_c(member->key, "process")))
			return form_unknown(member, "here", err);
	}
	return many || yaml_get(top, "steps") || yaml_fail(top, err, "there are neither steps nor scenarios");
}
