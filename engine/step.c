/* SPDX-License-Identifier: Apache-2.0
 *
 * One step: a command changes the instance, then tokens enter their nodes, oldest first, until every one waits. A
 * run that does not come to rest within its budget is cut off; repeated, its tokens stop before the loop.
 */
#include "config.h"

#include "engine/step.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/event.h"
#include "engine/join.h"
#include "engine/record.h"

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
#define BYTES_PER_ENTRY 8192

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

void step_charge_bytes(struct step *step, size_t bytes)
{
	step->bytes += bytes;
	step->entries += (int64_t)(step->bytes / BYTES_PER_ENTRY);
	step->bytes %= BYTES_PER_ENTRY;
}

static void step_note_stepped(struct step *step, struct instance *instance)
{
	if (!instance->notes.stepped && step_is_of_tree(step, instance))
		vec_add(&step->stepped, instance);
	instance->touched = instance->notes.stepped = true;
}

struct instance *step_switch(struct step *step, struct instance *instance)
{
	struct instance *before = step->instance;
	if (instance == before)
		return before;
	step->instance = instance;
	step->graph = instance->graph;
	step->decoded = (struct decoded){0};
	step_note_stepped(step, instance);
	return before;
}

static bool step_parks_at(const struct step *step, int32_t node)
{
	const struct park *park = &step->context->park;
	return park->where == PARK_EVERYWHERE ||
	       (park->where == PARK_AT_NODE && park->graph == step->graph && park->node == node);
}

static struct visits *step_visits(struct step *step)
{
	struct visits *visits = step->visits;
	while (visits && visits->graph != step->graph)
		visits = visits->next;
	if (visits)
		return visits;
	visits = arena_new_object(step->context->arena, struct visits);
	visits->graph = step->graph;
	visits->counts = arena_array(step->context->arena, (size_t)step->graph->node_count, sizeof *visits->counts);
	visits->next = step->visits;
	step->visits = visits;
	return visits;
}

static void step_count_visit(struct step *step, int32_t node)
{
	int64_t budget = step->context->limits->step_budget;
	if (step->entries >= budget / 2 || step->ids >= budget * STEP_IDS_PER_ENTRY / 2)
		step_visits(step)->counts[node]++;
}

static int32_t visits_most(const struct visits *visits)
{
	int32_t most = 0;
	for (int32_t i = 0; i < visits->graph->node_count; i++)
		most = visits->counts[i] > most ? visits->counts[i] : most;
	return most;
}

/* The nodes of a loop are entered about as often: the first of them in the document stands for it. */
static struct park step_next_park(const struct step *step)
{
	const struct visits *busiest = step->visits;
	int32_t node = 0;
	if (step->context->park.where != PARK_NOWHERE || !busiest)
		return (struct park){.where = PARK_EVERYWHERE};
	for (const struct visits *visits = busiest->next; visits; visits = visits->next)
		if (visits_most(visits) > visits_most(busiest))
			busiest = visits;
	int32_t most = visits_most(busiest);
	while (busiest->counts[node] < most - most / 10)
		node++;
	return (struct park){.where = PARK_AT_NODE, .graph = busiest->graph, .node = node};
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
		activity_enter(step, slot);
}

static bool step_goes_on(const struct step *step)
{
	return !step->exhausted && !step->missing;
}

static bool ready_queue_take(struct ready_queue *queue, struct ready_token *out)
{
	if (queue->next == queue->tokens.len) {
		queue->next = queue->tokens.len = 0;
		return false;
	}
	*out = queue->tokens.items[queue->next++];
	return true;
}

/* Entries of a queue whose token has been canceled meanwhile are passed over. */
static bool step_run_one(struct step *step, struct ready_queue *queue)
{
	struct ready_token ready;
	if (!ready_queue_take(queue, &ready))
		return false;
	const struct token *token = &ready.instance->tokens.items[ready.slot];
	if (token->id == ready.id && token->state == TOKEN_READY && row_alive(token->mark)) {
		step_switch(step, ready.instance);
		step_enter(step, ready.slot);
	}
	return true;
}

bool step_throw_one(struct step *step)
{
	step->throwing = true;
	bool thrown = step_run_one(step, &step->throws);
	step->throwing = false;
	return thrown;
}

static void step_run(struct step *step)
{
	do
		while (step_goes_on(step) && step_run_one(step, &step->ready))
			;
	while (step_goes_on(step) && settle_any(step));
}

static int step_tree_order(const void *a, const void *b)
{
	const struct instance *left = *(struct instance *const *)a, *right = *(struct instance *const *)b;
	return left == right ? 0 : instance_comes_before(left, right) ? -1 : 1;
}

/* The root's version tells caches of any change in the tree. */
static void step_finish(struct step *step)
{
	if (!step->root->notes.stepped)
		step->root->version++;
	step->root->touched = true;
	qsort(step->stepped.items, step->stepped.len, sizeof *step->stepped.items, step_tree_order);
	for (size_t i = 0; i < step->stepped.len; i++)
		step->stepped.items[i]->version++;
	record_steps(step);
}

static void step_clear_notes_of(struct instance *instance)
{
	struct instance_notes *notes = &instance->notes;
	notes->stepped = notes->begun = notes->variables_written = notes->locals_written = false;
	vec_clear(&notes->free_slots);
	vec_clear(&notes->flows);
	vec_clear(&notes->changed_names);
}

/* A refused command has stepped none. */
static void step_clear_notes(struct step *step)
{
	step_clear_notes_of(step->context->instance);
	for (size_t i = 0; i < step->stepped.len; i++)
		step_clear_notes_of(step->stepped.items[i]);
}

/* The instance that holds what the command is about; the root where that is gone, and the command will say so. NULL:
 * the instance that it names is not there any more. */
static struct instance *step_locate(struct instance *root, const struct command *command)
{
	if (command->instance_id != 0 && command->kind != COMMAND_START)
		return instance_in_tree(root, command->instance_id);
	if (root->children.len == 0 || command->kind == COMMAND_START)
		return root;
	for (struct instance *here = NULL; (here = instance_next(root, here));) {
		int64_t id = command->subject_id;
		if (instance_work_job(here, command->token_id) || instance_task(here, id) || instance_job(here, id) ||
			instance_incident(here, id) || instance_subscription(here, id))
			return here;
	}
	return root;
}

enum step_result engine_step(
	struct instance *root, const struct command *command, struct step_context *context, struct err *err)
{
	struct step step = {.root = root, .command = command, .context = context, .ids_from = id_source_peek(context->ids)};
	enum step_result result = STEP_REFUSED;
	struct instance *located = step_locate(root, command);
	step.instance = located ? located : root;
	step.graph = step.instance->graph;
	context->instance = step.instance;
	if (!located || located->ended_at != 0)
		err_set(err, ERR_GONE, "it has ended already");
	else if (step_command(&step, err)) {
		step_note_stepped(&step, context->instance);
		step_run(&step);
		result = step.missing ? STEP_MISSING : step.exhausted ? STEP_EXHAUSTED : STEP_DONE;
	}
	if (result == STEP_EXHAUSTED)
		context->park = step_next_park(&step);
	if (result == STEP_DONE)
		step_finish(&step);
	step_clear_notes(&step);
	vec_free(&step.stepped);
	vec_free(&step.ready.tokens);
	vec_free(&step.throws.tokens);
	settle_free(&step.settle);
	vec_free(&step.selected);
	return result;
}

bool engine_judge(struct instance *root, const struct command *command, struct step_context *context, struct err *err)
{
	struct step step = {.root = root, .command = command, .context = context};
	step.instance = context->instance = step_locate(root, command);
	step.graph = step.instance->graph;
	if (step.instance->ended_at != 0)
		return err_set(err, ERR_GONE, "it has ended already");
	return command->kind == COMMAND_MIGRATE ? migrate_judge(&step, err) : modify_judge(&step, err);
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

void step_fail(struct step *step, int32_t slot, enum token_state state, enum incident_type type, const struct err *err)
{
	struct str message = str_from_c(err->message);
	if (err->line > 0)
		message = arena_printf(step->context->scratch, "%s (line %d, column %d)", err->message, err->line, err->column);
	step_incident(step, slot, state, type, message, 0);
}

void step_end_jobs(struct step *step, int64_t token_id)
{
	struct instance *instance = step->instance;
	for (int32_t i = GRAPH_NONE; (i = instance_next_job(instance, token_id, i)) != GRAPH_NONE;)
		job_end(&instance->jobs.items[i]);
}

void step_fail_entering(struct step *step, int32_t slot, enum incident_type type, const struct err *err)
{
	step_end_jobs(step, step_token(step, slot)->id);
	event_end_waits(step, step_token(step, slot)->id);
	step_fail(step, slot, TOKEN_FAILED_ENTERING, type, err);
}

/* A job or timer that stayed would be done, or fire, a second time. */
void step_fail_leaving(struct step *step, int32_t slot, enum incident_type type, const struct err *err)
{
	step_end_jobs(step, step_token(step, slot)->id);
	event_end_waits(step, step_token(step, slot)->id);
	step_fail(step, slot, TOKEN_FAILED_LEAVING, type, err);
}

void step_end_incidents(struct step *step, int64_t token_id)
{
	struct instance *instance = step->instance;
	for (int32_t i = GRAPH_NONE; (i = instance_next_incident(instance, token_id, i)) != GRAPH_NONE;)
		row_end(&instance->incidents.items[i].mark);
}

/* What belongs to the process itself: event sub-processes that wait, and what could be compensated. */
static void step_end_process_rows(struct step *step)
{
	struct instance *instance = step->instance;
	step_end_jobs(step, 0);
	event_end_waits(step, 0);
	for (size_t i = 0; i < instance->compensations.len; i++) {
		struct compensation *compensation = &instance->compensations.items[i];
		if (row_alive(compensation->mark))
			row_end(&compensation->mark);
	}
}

void step_end_instance(struct step *step, enum instance_status status)
{
	struct instance *instance = step->instance;
	assert(instance->ended_at == 0);
	instance->status = status;
	instance->ended_at = step->context->now;
	token_cancel_scope(step, 0, 0);
	step_end_process_rows(step);
}
