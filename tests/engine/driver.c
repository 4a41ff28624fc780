/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done is chosen among the living rows of the tree. `r` comes with many commands and makes branches vary.
 */
#include "config.h"

#include "tests/engine/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpmn/bpmn.h"

#define DRIVER_REPEATS_MAX 3

/* ---- choosing among living rows ---- */

/* A row that has been picked, and the instance that it is in. */
#define DEFINE_PICK(name, row, rows, condition) \
	static const struct row *driver_##name(struct driver *driver, const struct instance **instance) \
	{ \
		const struct row *picked = NULL; \
		int seen = 0; \
		for (struct instance *here = NULL; (here = world_next(&driver->world, here));) \
			for (size_t i = 0; i < here->rows.len; i++) { \
				const struct row *row = &here->rows.items[i]; \
				if (!row_alive(row->mark) || !(condition) || random_below(&driver->random, ++seen) > 0) \
					continue; \
				picked = row; \
				*instance = here; \
			} \
		return picked; \
	}

/* A token does nothing but wait for it. */
static bool driver_is_needed(const struct instance *instance, const struct subscription *subscription)
{
	const struct token *token = instance_token(instance, subscription->token_id);
	return token && token->state == TOKEN_EVENT;
}

DEFINE_PICK(task, task, tasks, true)
DEFINE_PICK(job, job, jobs, job->kind == JOB_WORK && job->retries > 0)
DEFINE_PICK(incident, incident, incidents, true)
DEFINE_PICK(subscription, subscription, subscriptions, driver->wild || driver_is_needed(here, subscription))
#undef DEFINE_PICK

static const struct instance *driver_instance(struct driver *driver)
{
	const struct instance *picked = NULL;
	int seen = 0;
	for (struct instance *here = NULL; (here = world_next(&driver->world, here));)
		if (random_below(&driver->random, ++seen) == 0)
			picked = here;
	return picked;
}

/* r, and what a diagram may miss: the later ones only where count says so. */
static void driver_add_variables(struct driver *driver, struct command *command, int64_t r, int count)
{
	int length = snprintf(driver->r, sizeof driver->r, "%lld", (long long)r);
	driver->variables[0] = (struct command_variable){STR("r"), {driver->r, (size_t)length}};
	driver->variables[1] = (struct command_variable){STR("items"), STR("[1,2]")};
	driver->variables[2] = (struct command_variable){STR("u"), STR("true")};
	driver->variables[3] = (struct command_variable){STR("who"), STR("\"lin\"")};
	driver->variables[4] = (struct command_variable){STR("k"), r % 2 ? STR("1") : STR("0")};
	command->variables = driver->variables;
	command->variable_count = (size_t)count;
}

/* What does not come to rest is repeated as the runtime does. */
static enum step_result driver_try(struct driver *driver, const struct command *command, struct err *err)
{
	enum step_result result = world_step(&driver->world, command, false, err);
	for (int i = 0; i < DRIVER_REPEATS_MAX && driver->restless && result == STEP_EXHAUSTED; i++)
		result = world_step(&driver->world, command, true, err);
	return result;
}

bool driver_step(struct driver *driver, struct command *command, bool may_refuse)
{
	struct err err = {0};
	if (driver->wild && random_below(&driver->random, 10) == 0)
		driver->world.processes.missing = STR("called");
	enum step_result result = driver_try(driver, command, &err);
	if (result == STEP_EXHAUSTED || (result == STEP_REFUSED && !may_refuse))
		world_complain(
			&driver->world, "%.*s: %d %s", STR_ARG(command_kind_name(command->kind)), (int)result, err.message);
	return result == STEP_DONE;
}

struct command driver_command(enum command_kind kind, int64_t subject)
{
	return (struct command){
		.kind = kind,
		.subject_id = subject,
		.expected_version = VERSION_ANY,
		.start_node = GRAPH_NONE,
		.retries = GRAPH_NONE,
		.actor = {.user = STR("root"), .may_administer = true},
	};
}

/* ---- what may happen ---- */

static bool driver_work_on_task(struct driver *driver)
{
	static const enum command_kind kinds[] = {
		COMMAND_TASK_CLAIM, COMMAND_TASK_RELEASE, COMMAND_TASK_ASSIGN, COMMAND_TASK_COMMENT};
	const struct instance *instance;
	const struct task *task = driver_task(driver, &instance);
	if (!task)
		return false;
	struct command command = driver_command(COMMAND_TASK_COMPLETE, task->id);
	if (driver->wild && random_below(&driver->random, 3) == 0)
		command.kind = kinds[random_below(&driver->random, 4)];
	if (driver->wild && random_below(&driver->random, 8) == 0)
		command.actor = (struct actor){.user = STR("eve")};
	command.text = STR("mia");
	bool all = command.kind == COMMAND_TASK_COMPLETE && !driver->wild;
	driver_add_variables(driver, &command, random_below(&driver->random, 100), all ? 4 : 1);
	driver_step(driver, &command, driver->wild);
	return true;
}

static bool driver_work_on_job(struct driver *driver)
{
	const struct instance *instance;
	const struct job *job = driver_job(driver, &instance);
	if (!job)
		return false;
	struct command command = driver_command(COMMAND_JOB_COMPLETE, job->id);
	command.token_id = job->token_id;
	if (driver->wild && random_below(&driver->random, 3) == 0)
		command.kind = COMMAND_JOB_FAIL;
	if (driver->wild && random_below(&driver->random, 15) == 0) {
		command.kind = COMMAND_JOB_ERROR;
		command.error_code = random_below(&driver->random, 2) ? STR("E") : STR("G");
	}
	command.text = STR("no");
	if (driver_step(driver, &command, driver->wild) && command.kind == COMMAND_JOB_ERROR)
		driver->broken_off = true;
	return true;
}

/* Now and then a timer comes late. */
static bool driver_fire(struct driver *driver)
{
	const struct job *timer = world_next_timer(&driver->world);
	if (!timer)
		return false;
	if (timer->due_at > driver->world.now)
		driver->world.now = timer->due_at + random_below(&driver->random, 3) * INT64_C(1000000000);
	struct command command = driver_command(COMMAND_TIMER_FIRE, timer->id);
	driver_step(driver, &command, driver->wild);
	return true;
}

static bool driver_retry(struct driver *driver)
{
	const struct instance *instance;
	const struct incident *incident = driver_incident(driver, &instance);
	if (!incident)
		return false;
	struct command command = driver_command(COMMAND_INCIDENT_RETRY, incident->id);
	driver_add_variables(driver, &command, 0, driver->wild ? random_below(&driver->random, DRIVER_VARIABLES_MAX) : 4);
	driver_step(driver, &command, driver->wild);
	return true;
}

/* Makes the condition true, or for a moment false. */
static void driver_set_condition(
	struct driver *driver, const struct instance *instance, const struct subscription *subscription)
{
	static const struct str values[] = {STR_INIT("0"), STR_INIT("1")};
	struct str k = variables_get(&instance->variables, STR("k"));
	struct command command = driver_command(COMMAND_SET_VARIABLES, 0);
	(void)subscription;
	command.instance_id = instance->id;
	driver->variables[0] = (struct command_variable){STR("k"), values[k.ptr && str_equal_c(k, "0")]};
	command.variables = driver->variables;
	command.variable_count = 1;
	driver_step(driver, &command, driver->wild);
}

static bool driver_send(struct driver *driver)
{
	const struct instance *instance;
	const struct subscription *subscription = driver_subscription(driver, &instance);
	if (!subscription)
		return false;
	if (subscription->kind == SUBSCRIPTION_CONDITION) {
		driver_set_condition(driver, instance, subscription);
		return true;
	}
	bool signal = subscription->kind == SUBSCRIPTION_SIGNAL;
	struct command command = driver_command(signal ? COMMAND_SIGNAL : COMMAND_MESSAGE, signal ? 0 : subscription->id);
	char name[64] = {0};
	memcpy(name, subscription->name.ptr, subscription->name.len < sizeof name ? subscription->name.len : 0);
	command.name = signal ? str_from_c(name) : STR("");
	driver_add_variables(driver, &command, random_below(&driver->random, 100), random_below(&driver->random, 2));
	driver_step(driver, &command, driver->wild);
	return true;
}

static bool driver_disturb(struct driver *driver)
{
	static const enum command_kind kinds[] = {
		COMMAND_SUSPEND, COMMAND_RESUME, COMMAND_SET_VARIABLES, COMMAND_CONDITIONS};
	struct command command = driver_command(kinds[random_below(&driver->random, 4)], 0);
	if (random_below(&driver->random, 15) == 0)
		command.kind = COMMAND_CANCEL;
	if (command.kind != COMMAND_CONDITIONS)
		command.instance_id = driver_instance(driver)->id;
	if (command.kind == COMMAND_SET_VARIABLES)
		driver_add_variables(driver, &command, random_below(&driver->random, 10), 1);
	if (random_below(&driver->random, 5) == 0)
		command.expected_version = random_below(&driver->random, 10);
	if (driver_step(driver, &command, true) && command.kind == COMMAND_CANCEL)
		driver->broken_off = true;
	return true;
}

static bool driver_is_suspended(const struct driver *driver)
{
	for (struct instance *here = NULL; (here = world_next(&driver->world, here));)
		if (here->status == INSTANCE_SUSPENDED)
			return true;
	return false;
}

void driver_do_something(struct driver *driver)
{
	static bool (*const often[])(struct driver * driver) = {
		driver_work_on_task, driver_work_on_job, driver_fire, driver_retry, driver_send};
	if (driver->wild) {
		bool disturb = random_below(&driver->random, driver_is_suspended(driver) ? 2 : 12) == 0;
		(disturb ? driver_disturb : often[random_below(&driver->random, 5)])(driver);
		return;
	}
	if (!driver_work_on_task(driver) && !driver_work_on_job(driver) && !driver_retry(driver) && !driver_send(driver) &&
		!driver_fire(driver))
		world_complain(&driver->world, "nothing can bring the instance on");
}

void driver_start(struct driver *driver)
{
	struct world *world = &driver->world;
	struct command command = driver_command(COMMAND_START, 0);
	world->now = INT64_C(1767225600000000);
	world_begin(world, world->processes.graphs[0]);
	driver_add_variables(driver, &command, random_below(&driver->random, 8),
		driver->restless ? DRIVER_VARIABLES_MAX : 1 + random_below(&driver->random, DRIVER_VARIABLES_MAX));
	driver_step(driver, &command, false);
}

/* ---- one seed, and many ---- */

static void driver_show_diagnostics(const struct bpmn_document *document)
{
	for (size_t i = 0; document && i < document->diagnostic_count; i++)
		if (document->diagnostics[i].severity == DIAGNOSTIC_ERROR)
			printf("# %d:%d %.*s\n", document->diagnostics[i].line, document->diagnostics[i].column,
				STR_ARG(document->diagnostics[i].message));
}

typedef VEC(const struct graph *) driver_graphs;

static void driver_add_graphs(driver_graphs *graphs, const struct bpmn_document *document)
{
	for (size_t i = 0; document && !document->has_errors && i < document->graph_count; i++)
		vec_add(graphs, document->graphs[i]);
}

static bool driver_run_graphs(
	const struct driver_kind *kind, struct driver *driver, const driver_graphs *graphs, uint64_t seed, bool show)
{
	world_init(&driver->world, graphs->items, graphs->len, kind->keeper);
	kind->run(driver);
	if (driver->world.problem.len == 0)
		world_finish(&driver->world);
	bool good = driver->world.problem.len == 0;
	if (show)
		printf("%.*s", STR_ARG(buf_str(&driver->world.log)));
	if (!good)
		printf("# RANDOM_SEED=%llu: %.*s\n", (unsigned long long)seed, STR_ARG(buf_str(&driver->world.problem)));
	world_free(&driver->world);
	return good;
}

static struct bpmn_document *driver_read(const struct buf *xml, bool show, struct err *err)
{
	const struct bpmn_options options = {.compile_expr = engine_compile_expr};
	if (show)
		printf("%.*s", STR_ARG(buf_str(xml)));
	return bpmn_read(buf_str(xml), &options, err);
}

/* NULL: the kind has none. */
static struct bpmn_document *driver_read_version(
	const struct driver_kind *kind, struct driver *driver, const struct buf *xml, bool show)
{
	struct bpmn_document *document = NULL;
	struct buf version;
	buf_init(&version, SIZE_MAX);
	if (kind->versions) {
		random_version(&version, &driver->random, buf_str(xml));
		document = driver_read(&version, show, NULL);
	}
	buf_free(&version);
	return document;
}

static bool driver_run_seed(const struct driver_kind *kind, uint64_t seed, bool show)
{
	struct driver driver = {0};
	driver_graphs graphs = {0};
	struct buf xml;
	struct err err = {0};
	buf_init(&xml, SIZE_MAX);
	random_seed(&driver.random, seed);
	kind->draw(&xml, &driver.random);
	struct bpmn_document *document = driver_read(&xml, show, &err);
	struct bpmn_document *version = driver_read_version(kind, &driver, &xml, show);
	driver_add_graphs(&graphs, document);
	bool good = graphs.len > 0;
	if (good) {
		driver_add_graphs(&graphs, version);
		good = driver_run_graphs(kind, &driver, &graphs, seed, show);
	} else {
		printf("# RANDOM_SEED=%llu: %s\n", (unsigned long long)seed, err.message);
		driver_show_diagnostics(document);
	}
	bpmn_document_free(document);
	bpmn_document_free(version);
	vec_free(&graphs);
	buf_free(&xml);
	return good;
}

void driver_cancel(struct driver *driver)
{
	struct world *world = &driver->world;
	struct command cancel = driver_command(COMMAND_CANCEL, 0);
	if (world_root(world) && world->problem.len == 0)
		driver_step(driver, &cancel, false);
	if (world_root(world) && world->problem.len == 0)
		world_complain(world, "it is not canceled");
}

void driver_run_many(const struct driver_kind *kind)
{
	const char *one = getenv("RANDOM_SEED"), *wanted = getenv("RANDOM_MODELS");
	uint64_t count = wanted ? strtoull(wanted, NULL, 10) : kind->count;
	int bad = 0;
	if (one) {
		assert_true(driver_run_seed(kind, strtoull(one, NULL, 10), true));
		return;
	}
	for (uint64_t seed = 1; seed <= count && bad < 3; seed++)
		bad += !driver_run_seed(kind, seed, false);
	assert_int_equal(bad, 0);
}
