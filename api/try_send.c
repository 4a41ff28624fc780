/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages and signals on their way: who waits for them, or begins with them, among the instances and the processes of
 * the run. The rules are those of the server.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/try.h"
#include "engine/start_event.h"

/* The number of rows that begin at that name, and the last of them. */
static int try_find_start(
	struct try_run *run, const struct try_sent *sent, int32_t *process, struct start_event_row *out)
{
	int found = 0;
	for (size_t i = 0; i < run->processes->list.len; i++) {
		const struct graph *graph = run->processes->list.items[i].graph;
		struct start_event_row *rows;
		size_t count;
		enum event_kind kind = sent->kind == SUBSCRIPTION_MESSAGE ? EVENT_MESSAGE : EVENT_SIGNAL;
		if (!engine_start_events(graph, run->now, run->arena, &rows, &count, NULL))
			continue;
		for (size_t k = 0; k < count; k++) {
			if (rows[k].kind != kind || !str_equal(rows[k].name, sent->name))
				continue;
			*process = (int32_t)i;
			*out = rows[k];
			found++;
		}
	}
	return found;
}

static bool try_has_members(const struct instance *in, const struct subscription *row, struct str keys)
{
	struct variables wanted = {0}, declared = {0};
	bool all = variables_from_json(&wanted, keys, NULL);
	all = all && (row->correlation.len == 0 || variables_from_json(&declared, row->correlation, NULL));
	for (size_t i = 0; i < wanted.list.len && all; i++) {
		struct str value = variables_get(&declared, wanted.list.items[i].name);
		if (!value.ptr)
			value = variables_get(&in->variables, wanted.list.items[i].name);
		all = value.ptr && str_equal(value, wanted.list.items[i].json);
	}
	variables_free(&wanted);
	variables_free(&declared);
	return all;
}

/* The rules of the server (bpmnd.message_candidates), first come first. */
enum try_rule { TRY_BY_CORRELATION, TRY_BY_VARIABLES, TRY_BY_BUSINESS_KEY, TRY_BY_NAME, TRY_RULE_COUNT };

static bool try_fits(
	const struct try_sent *sent, enum try_rule rule, const struct instance *in, const struct subscription *row)
{
	bool keys = sent->correlation.len > 0, key = sent->business_key.len > 0;
	bool same_key = str_equal(in->business_key, sent->business_key);
	if (row->kind != SUBSCRIPTION_MESSAGE || in->status == INSTANCE_SUSPENDED || !str_equal(row->name, sent->name))
		return false;
	switch (rule) {
	case TRY_BY_CORRELATION:
		return keys && str_equal(row->correlation, sent->correlation) && (!key || sent->thrown || same_key);
	case TRY_BY_VARIABLES:
		return keys && try_has_members(in, row, sent->correlation) && (!key || sent->thrown || same_key);
	case TRY_BY_BUSINESS_KEY:
		return !keys && key && same_key;
	case TRY_BY_NAME:
		return !keys && (!key || sent->thrown);
	case TRY_RULE_COUNT:
		break;
	}
	return false;
}

static int try_find_receiver(
	struct try_run *run, const struct try_sent *sent, struct instance **receiver, int64_t *subscription_id)
{
	int found = 0;
	for (int rule = 0; rule < TRY_RULE_COUNT && found == 0; rule++)
		TRY_EACH (run, in, subscription, subscriptions) {
			if (!try_fits(sent, (enum try_rule)rule, in, subscription))
				continue;
			*receiver = in;
			*subscription_id = subscription->id;
			found++;
		}
	return found;
}

static enum try_reached try_send_message(struct try_run *run, const struct try_sent *sent, const struct yaml_node *at)
{
	struct command command = try_command(run, COMMAND_MESSAGE, at);
	struct instance *receiver = NULL;
	struct start_event_row start;
	int32_t process = 0;
	command.variables = sent->variables;
	command.variable_count = sent->variable_count;
	int found = try_find_receiver(run, sent, &receiver, &command.subject_id);
	if (found == 1)
		return try_run_one(run, try_root(receiver), &command, at) ? TRY_REACHED : TRY_FAILED;
	if (found == 0)
		found = try_find_start(run, sent, &process, &start);
	if (found == 0)
		return TRY_NOBODY;
	if (found == 1)
		return try_begin_one(run, process, start.node, start.event, &command, sent->business_key, at) ? TRY_REACHED
		                                                                                              : TRY_FAILED;
	try_fail(run, at, "%d wait for the message %.*s", found, STR_ARG(sent->name));
	return TRY_FAILED;
}

static bool try_waits_for_signal(struct instance *root, struct str name)
{
	for (struct instance *here = NULL; (here = instance_next(root, here));)
		for (size_t i = 0; here->ended_at == 0 && i < here->subscriptions.len; i++) {
			const struct subscription *row = &here->subscriptions.items[i];
			if (row_alive(row->mark) && row->kind == SUBSCRIPTION_SIGNAL && str_equal(row->name, name))
				return true;
		}
	return false;
}

/* Every tree that waits, but the thrower's, which has got it already, and every process that begins with it. */
static enum try_reached try_send_signal(
	struct try_run *run, const struct try_sent *sent, int64_t thrower, const struct yaml_node *at)
{
	struct command command = try_command(run, COMMAND_SIGNAL, at);
	enum try_reached reached = TRY_NOBODY;
	command.name = sent->name;
	command.variables = sent->variables;
	command.variable_count = sent->variable_count;
	size_t trees = run->trees.len;
	for (size_t i = 0; i < trees; i++) {
		struct instance *root = run->trees.items[i];
		if (root->id == thrower || root->status != INSTANCE_RUNNING || !try_waits_for_signal(root, sent->name))
			continue;
		reached = TRY_REACHED;
		if (!try_run_one(run, root, &command, at))
			return TRY_FAILED;
	}
	for (size_t i = 0; i < run->processes->list.len; i++) {
		struct start_event_row *rows;
		size_t count;
		const struct graph *graph = run->processes->list.items[i].graph;
		if (!engine_start_events(graph, run->now, run->arena, &rows, &count, NULL))
			continue;
		for (size_t k = 0; k < count; k++) {
			if (rows[k].kind != EVENT_SIGNAL || !str_equal(rows[k].name, sent->name))
				continue;
			reached = TRY_REACHED;
			if (!try_begin_one(run, (int32_t)i, rows[k].node, rows[k].event, &command, STR(""), at))
				return TRY_FAILED;
		}
	}
	return reached;
}

enum try_reached try_send(struct try_run *run, const struct try_sent *sent, const struct yaml_node *at)
{
	enum try_reached reached =
		sent->kind == SUBSCRIPTION_SIGNAL ? try_send_signal(run, sent, 0, at) : try_send_message(run, sent, at);
	return reached == TRY_REACHED && !try_settle(run, at) ? TRY_FAILED : reached;
}

/* ---- what was thrown ---- */

static bool try_payload(struct try_run *run, struct str json, struct try_sent *sent)
{
	struct variables variables = {0};
	bool good = json.len == 0 || variables_from_json(&variables, json, NULL);
	struct command_variable *list = arena_array(run->arena, variables.list.len, sizeof *list);
	for (size_t i = 0; i < variables.list.len; i++)
		list[i] = (struct command_variable){
			arena_str(run->arena, variables.list.items[i].name), arena_str(run->arena, variables.list.items[i].json)};
	sent->variables = list;
	sent->variable_count = variables.list.len;
	variables_free(&variables);
	return good;
}

/* One of those thrown; *any: it was delivered or given up. What nobody waits for is kept as long as it may be. */
static bool try_deliver(struct try_run *run, size_t i, bool *any, const struct yaml_node *at)
{
	const struct outgoing_row row = run->thrown.items[i];
	struct try_sent sent = {
		.kind = row.kind,
		.name = row.name,
		.business_key = row.business_key,
		.correlation = row.correlation,
		.thrown = true,
	};
	if (!try_payload(run, row.variables, &sent))
		return try_fail(run, at, "the message %.*s has no variables that can be read", STR_ARG(row.name));
	enum try_reached reached = row.kind == SUBSCRIPTION_SIGNAL ? try_send_signal(run, &sent, row.root_id, at)
	                                                           : try_send_message(run, &sent, at);
	*any = reached != TRY_NOBODY || row.kind == SUBSCRIPTION_SIGNAL || row.expires_at <= run->now;
	return reached != TRY_FAILED;
}

bool try_deliver_any(struct try_run *run, bool *any, const struct yaml_node *at)
{
	for (size_t i = 0; i < run->thrown.len; i++) {
		if (!try_deliver(run, i, any, at))
			return false;
		if (!*any)
			continue;
		run->thrown.len--;
		memmove(&run->thrown.items[i], &run->thrown.items[i + 1], (run->thrown.len - i) * sizeof *run->thrown.items);
		return true;
	}
	return true;
}
