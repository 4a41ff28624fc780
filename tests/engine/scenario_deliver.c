/* SPDX-License-Identifier: Apache-2.0
 *
 * The line `deliver`: messages that were thrown reach the one that waits for them in the same tree, by the rules of the
 * server. What nobody waits for, or more than one, is not delivered. Signals have reached the tree when they were thrown.
 */
#include "config.h"

#include "tests/engine/scenario.h"

#include "base/json.h"

/* In the order in which they are tried: the first that any subscription fits decides. */
enum deliver_rule { DELIVER_BY_CORRELATION, DELIVER_BY_BUSINESS_KEY, DELIVER_BY_NAME, DELIVER_RULE_COUNT };

static bool deliver_fits(const struct outgoing_row *row, enum deliver_rule rule, const struct instance *instance,
	const struct subscription *subscription)
{
	if (subscription->kind != SUBSCRIPTION_MESSAGE || !str_equal(subscription->name, row->name))
		return false;
	switch (rule) {
	case DELIVER_BY_CORRELATION:
		return row->correlation.len > 0 && str_equal(subscription->correlation, row->correlation);
	case DELIVER_BY_BUSINESS_KEY:
		return row->correlation.len == 0 && row->business_key.len > 0 &&
		       str_equal(instance->business_key, row->business_key);
	case DELIVER_BY_NAME:
		return row->correlation.len == 0;
	case DELIVER_RULE_COUNT:
		break;
	}
	return false;
}

/* The id of the one that waits; 0: none, or several. */
static int64_t deliver_find(struct scenario *scenario, const struct outgoing_row *row)
{
	for (int rule = 0; rule < DELIVER_RULE_COUNT; rule++) {
		int64_t id = 0;
		int count = 0;
		SCENARIO_EACH (scenario, in, subscription, subscriptions)
			if (deliver_fits(row, (enum deliver_rule)rule, in, subscription)) {
				id = subscription->id;
				count++;
			}
		if (count > 0)
			return count == 1 ? id : 0;
	}
	return 0;
}

static bool deliver_payload(struct scenario *scenario, struct str json, struct command *command)
{
	struct variables variables = {0};
	struct err err = {0};
	bool good = json.len == 0 || variables_from_json(&variables, json, &err);
	scenario_set_variables(scenario, command, &variables);
	variables_free(&variables);
	return good || scenario_fail(scenario, "the payload is no object: %s", err.message);
}

static bool deliver_message(struct scenario *scenario, const struct outgoing_row *row)
{
	struct err err = {0};
	struct command command = {.kind = COMMAND_MESSAGE,
		.subject_id = deliver_find(scenario, row),
		.expected_version = VERSION_ANY,
		.start_node = GRAPH_NONE,
		.retries = GRAPH_NONE};
	if (command.subject_id == 0) {
		vec_add(&scenario->undelivered_messages, row->name);
		return true;
	}
	vec_add(&scenario->delivered_messages, row->name);
	if (!deliver_payload(scenario, row->variables, &command))
		return false;
	return world_step(&scenario->world, &command, false, &err) == STEP_DONE ||
	       scenario_fail(scenario, "the message %.*s is not taken: %s", STR_ARG(row->name), err.message);
}

/* What the deliveries throw in their turn waits for the next line. */
bool scenario_deliver(struct scenario *scenario, struct scenario_line *line, struct str name)
{
	(void)line;
	(void)name;
	const struct store *store = world_store(&scenario->world);
	size_t until = store->outgoing.len;
	vec_clear(&scenario->delivered_messages);
	vec_clear(&scenario->undelivered_messages);
	while (scenario->delivered < until) {
		const struct outgoing_row row = store->outgoing.items[scenario->delivered++];
		if (row.kind == SUBSCRIPTION_MESSAGE && !deliver_message(scenario, &row))
			return false;
	}
	return true;
}
