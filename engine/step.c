/* SPDX-License-Identifier: Apache-2.0
 *
 * One step: a command changes the instance, then tokens enter their nodes, oldest first, until every one waits. A
 * run that does not come to rest within its budget is cut off; repeated, its tokens stop before the loop.
 */
#include "config.h"

#include "engine/step.h"

#include <assert.h>
#include <stdlib.h>

#include "base/json.h"

struct str command_kind_name(enum command_kind kind)
{
	switch (kind) {
#define X(name, value, text) \
	case COMMAND_##name: \
		return STR(text);
#include "engine/command_kind.def"
#undef X
	}
	return STR("");
}

typedef void (*node_enter)(struct step *step, int32_t slot);
static const node_enter node_table[NODE_KIND_COUNT] = {
#define X(name, text) [NODE_##name] = node_enter_##name,
#include "bpmn/node_kind.def"
#undef X
};

static bool step_command(struct step *step, struct err *err)
{
	switch (step->command->kind) {
#define X(name, value, text) \
	case COMMAND_##name: \
		return command_##name(step, err);
#include "engine/command_kind.def"
#undef X
	}
	return err_set(err, ERR_INTERNAL, "unknown command");
}

#define ROWS_PER_ENTRY 256

int64_t step_take_id(struct step *step)
{
	step_count_id(step);
	return id_source_take(step->context->ids);
}

/* With every token parked one node's worth is all that can come, and there is nothing to fall back on. */
void step_count_id(struct step *step)
{
	if (step->context->park.where == PARK_EVERYWHERE)
		return;
	if (++step->ids > (int64_t)step->context->limits->step_budget * STEP_IDS_PER_ENTRY)
		step->exhausted = true;
}

void step_charge(struct step *step, size_t count)
{
	step->entries += (int64_t)(count / ROWS_PER_ENTRY);
}

static bool step_parks_at(const struct step *step, int32_t node)
{
	const struct park *park = &step->context->park;
	return park->where == PARK_EVERYWHERE || (park->where == PARK_AT_NODE && park->node == node);
}

static void step_count_visit(struct step *step, int32_t node)
{
	int64_t budget = step->context->limits->step_budget;
	if (step->entries < budget / 2 && step->ids < budget * STEP_IDS_PER_ENTRY / 2)
		return;
	if (!step->visits)
		step->visits = arena_array(step->context->arena, (size_t)step->graph->node_count, sizeof *step->visits);
	step->visits[node]++;
}

/* The nodes of a loop are entered about as often: the first of them in the document stands for it. */
static struct park step_next_park(const struct step *step)
{
	int32_t most = 0, node = 0;
	if (step->context->park.where != PARK_NOWHERE || !step->visits)
		return (struct park){.where = PARK_EVERYWHERE};
	for (int32_t i = 0; i < step->graph->node_count; i++)
		most = step->visits[i] > most ? step->visits[i] : most;
	while (step->visits[node] < most - most / 10)
		node++;
	return (struct park){.where = PARK_AT_NODE, .node = node};
}

static void step_enter(struct step *step, int32_t slot)
{
	int32_t node = step_token(step, slot)->node;
	if (step_parks_at(step, node)) {
		step_incident(
			step, slot, TOKEN_FAILED_ENTERING, INCIDENT_ENDLESS_LOOP, STR("the process does not come to rest"), 0);
		return;
	}
	step_count_visit(step, node);
	environment_tidy(step);
	if (++step->entries > step->context->limits->step_budget)
		step->exhausted = true;
	else
		node_table[step->graph->nodes[node].kind](step, slot);
}

/* Entries of the queue whose token has been canceled meanwhile are passed over. */
static void step_run_ready(struct step *step)
{
	while (step->next_ready < step->ready.len && !step->exhausted) {
		struct ready_token ready = step->ready.items[step->next_ready++];
		const struct token *token = step_token(step, ready.slot);
		if (token->id == ready.id && token->state == TOKEN_READY && row_alive(token->mark))
			step_enter(step, ready.slot);
		if (step->next_ready == step->ready.len)
			step->next_ready = step->ready.len = 0;
	}
}

static void step_run(struct step *step)
{
	do
		step_run_ready(step);
	while (!step->exhausted && step->instance->ended_at == 0 && inclusive_join_any(step));
}

/* The process variables that changed, as they are now. Of an instance that ends in its first step the ended instance has
 * them, and they are not stored twice. */
static struct str step_changed_variables(const struct step *step)
{
	bool all_in_one = step->command->kind == COMMAND_START && step->instance->ended_at != 0;
	if (step->changed_names.len == 0 || all_in_one)
		return STR("");
	struct buf buf;
	buf_init(&buf, SIZE_MAX);
	json_object_begin(&buf);
	for (size_t i = 0; i < step->changed_names.len; i++) {
		struct str json = variables_get(&step->instance->variables, step->changed_names.items[i]);
		json_next(&buf);
		json_emit_str(&buf, step->changed_names.items[i]);
		buf_add_char(&buf, ':');
		buf_add_str(&buf, json.ptr ? json : STR("null"));
	}
	json_object_end(&buf);
	struct str text = arena_str(step->context->effects->arena, buf_str(&buf));
	buf_free(&buf);
	return text;
}

static void step_record(struct step *step)
{
	struct effects *effects = step->context->effects;
	const struct command *command = step->command;
	size_t flows = effects->flows.len - step->first_flow;
	*vec_push(&effects->steps) = (struct step_row){
		.id = id_source_take_many(step->context->ids, 1 + (int64_t)flows), /* counted as they were taken */
		.root_id = step->instance->root_id,
		.instance_id = step->instance->id,
		.at = step->context->now,
		.subject_id = command->subject_id,
		.command = (int16_t)command->kind,
		.actor = command->actor.user,
		.reason = command->text,
		.trace = command->trace,
		.first_flow = step->first_flow,
		.flow_count = flows,
		.variables = step_changed_variables(step),
	};
}

enum step_result engine_step(
	struct instance *instance, const struct command *command, struct step_context *context, struct err *err)
{
	struct step step = {
		.instance = instance,
		.graph = instance->graph,
		.command = command,
		.context = context,
		.first_flow = context->effects->flows.len,
		.end_status = INSTANCE_COMPLETED,
	};
	enum step_result result = STEP_REFUSED;
	if (step_command(&step, err)) {
		instance->touched = true;
		step_run(&step);
		result = step.exhausted ? STEP_EXHAUSTED : STEP_DONE;
	}
	if (result == STEP_EXHAUSTED)
		context->park = step_next_park(&step);
	if (result == STEP_DONE) {
		instance->version++;
		step_record(&step);
	}
	vec_free(&step.ready);
	vec_free(&step.free_slots);
	vec_free(&step.changed_names);
	return result;
}

void step_incident(struct step *step, int32_t slot, enum token_state state, enum incident_type type, struct str message,
	int64_t job_id)
{
	struct incident *incident = vec_push(&step->instance->incidents);
	token_set_state(step, slot, state);
	incident->id = step_take_id(step);
	incident->token_id = step_token(step, slot)->id;
	incident->job_id = job_id;
	incident->created_at = step->context->now;
	incident->node = step_token(step, slot)->node;
	incident->type = type;
	instance_text_set(&incident->message, message.len > 0 ? message : STR("no message"));
	incident->mark = ROW_NEW;
}

static void step_fail(
	struct step *step, int32_t slot, enum token_state state, enum incident_type type, const struct err *err)
{
	struct str message = str_from_c(err->message);
	if (err->line > 0)
		message = arena_printf(step->context->scratch, "%s (line %d, column %d)", err->message, err->line, err->column);
	step_incident(step, slot, state, type, message, 0);
}

static void step_end_jobs(struct step *step, int64_t token_id)
{
	struct instance *instance = step->instance;
	for (size_t i = 0; i < instance->jobs.len; i++) {
		struct job *job = &instance->jobs.items[i];
		if (job->token_id == token_id && row_alive(job->mark))
			job_end(job);
	}
}

void step_fail_entering(struct step *step, int32_t slot, enum incident_type type, const struct err *err)
{
	step_end_jobs(step, step_token(step, slot)->id);
	step_fail(step, slot, TOKEN_FAILED_ENTERING, type, err);
}

/* A job or timer that stayed would be done, or fire, a second time. */
void step_fail_leaving(struct step *step, int32_t slot, enum incident_type type, const struct err *err)
{
	step_end_jobs(step, step_token(step, slot)->id);
	step_fail(step, slot, TOKEN_FAILED_LEAVING, type, err);
}

void step_end_incidents(struct step *step, int64_t token_id)
{
	struct instance *instance = step->instance;
	for (size_t i = 0; i < instance->incidents.len; i++) {
		struct incident *incident = &instance->incidents.items[i];
		if (incident->token_id == token_id && row_alive(incident->mark))
			incident->mark = incident->mark == ROW_NEW ? ROW_FREE : ROW_DEAD;
	}
}

void step_end_instance(struct step *step, enum instance_status status)
{
	struct instance *instance = step->instance;
	assert(instance->ended_at == 0);
	instance->status = status;
	instance->ended_at = step->context->now;
	token_cancel_scope(step, 0, 0);
	for (size_t i = 0; i < instance->jobs.len; i++)
		if (row_alive(instance->jobs.items[i].mark))
			job_end(&instance->jobs.items[i]);
}
