/* SPDX-License-Identifier: Apache-2.0
 *
 * A thousand random diagrams, each driven by random commands and then brought to its end, with the invariants and the
 * three replicas compared after every step. RANDOM_SEED=n runs that one diagram, and shows it.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpmn/bpmn.h"
#include "tests/engine/random_model.h"
#include "tests/engine/world.h"

#define MODELS 1000
#define WILD_COMMANDS 60
#define COMMANDS_MAX 3000

struct driver {
	struct world world;
	struct random random;
	bool wild;       /* any command may come; else only what brings it on */
	bool broken_off; /* canceled, or ended by an error */
	char json[32];
	struct command_variable variables[3];
};

/* ---- choosing among living rows ---- */

#define DEFINE_PICK(name, row, rows, condition) \
	static const struct row *driver_##name(struct driver *driver) \
	{ \
		const struct instance *instance = world_instance(&driver->world); \
		const struct row *picked = NULL; \
		int seen = 0; \
		for (size_t i = 0; i < instance->rows.len; i++) { \
			const struct row *row = &instance->rows.items[i]; \
			if (row_alive(row->mark) && (condition) && random_below(&driver->random, ++seen) == 0) \
				picked = row; \
		} \
		return picked; \
	}
DEFINE_PICK(task, task, tasks, true)
DEFINE_PICK(job, job, jobs, job->kind == JOB_WORK && job->retries > 0)
DEFINE_PICK(incident, incident, incidents, true)
#undef DEFINE_PICK

/* r, and what a diagram may miss. */
static void driver_add_variables(struct driver *driver, struct command *command, int64_t r)
{
	struct buf text;
	buf_init(&text, sizeof driver->json);
	buf_add_int64(&text, r);
	memcpy(driver->json, text.ptr, text.len);
	driver->variables[0] = (struct command_variable){STR("r"), {driver->json, text.len}};
	driver->variables[1] = (struct command_variable){STR("u"), STR("true")};
	driver->variables[2] = (struct command_variable){STR("who"), STR("\"lin\"")};
	buf_free(&text);
	command->variables = driver->variables;
}

static bool driver_step(struct driver *driver, struct command *command, bool may_refuse)
{
	struct err err = {0};
	enum step_result result = world_step(&driver->world, command, false, &err);
	if (result == STEP_EXHAUSTED || (result == STEP_REFUSED && !may_refuse))
		world_complain(
			&driver->world, "%.*s: %d %s", STR_ARG(command_kind_name(command->kind)), (int)result, err.message);
	return result == STEP_DONE;
}

static struct command driver_command(enum command_kind kind, int64_t subject)
{
	return (struct command){
		.kind = kind,
		.subject_id = subject,
		.expected_version = VERSION_ANY,
		.retries = GRAPH_NONE,
		.actor = {.user = STR("root"), .may_administer = true},
	};
}

/* ---- what may happen ---- */

static bool driver_work_on_task(struct driver *driver)
{
	static const enum command_kind kinds[] = {
		COMMAND_TASK_CLAIM, COMMAND_TASK_RELEASE, COMMAND_TASK_ASSIGN, COMMAND_TASK_COMMENT};
	const struct task *task = driver_task(driver);
	if (!task)
		return false;
	struct command command = driver_command(COMMAND_TASK_COMPLETE, task->id);
	if (driver->wild && random_below(&driver->random, 3) == 0)
		command.kind = kinds[random_below(&driver->random, 4)];
	if (driver->wild && random_below(&driver->random, 8) == 0)
		command.actor = (struct actor){.user = STR("eve")};
	command.text = STR("mia");
	driver_add_variables(driver, &command, random_below(&driver->random, 100));
	if (command.kind == COMMAND_TASK_COMPLETE && driver->wild)
		command.variable_count = 1;
	driver_step(driver, &command, driver->wild);
	return true;
}

static bool driver_work_on_job(struct driver *driver)
{
	const struct job *job = driver_job(driver);
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
	const struct incident *incident = driver_incident(driver);
	if (!incident)
		return false;
	struct command command = driver_command(COMMAND_INCIDENT_RETRY, incident->id);
	driver_add_variables(driver, &command, 0);
	command.variable_count = driver->wild ? (size_t)random_below(&driver->random, 4) : 3;
	driver_step(driver, &command, driver->wild);
	return true;
}

static bool driver_disturb(struct driver *driver)
{
	static const enum command_kind kinds[] = {COMMAND_SUSPEND, COMMAND_RESUME, COMMAND_SET_VARIABLES};
	struct command command = driver_command(kinds[random_below(&driver->random, 3)], 0);
	if (random_below(&driver->random, 15) == 0)
		command.kind = COMMAND_CANCEL;
	if (command.kind == COMMAND_SET_VARIABLES) {
		driver_add_variables(driver, &command, random_below(&driver->random, 10));
		command.variable_count = 1;
	}
	if (random_below(&driver->random, 5) == 0)
		command.expected_version = random_below(&driver->random, 10);
	if (driver_step(driver, &command, true) && command.kind == COMMAND_CANCEL)
		driver->broken_off = true;
	return true;
}

static void driver_do_something(struct driver *driver)
{
	static bool (*const often[])(struct driver * driver) = {
		driver_work_on_task, driver_work_on_job, driver_fire, driver_retry};
	bool suspended = world_instance(&driver->world)->status == INSTANCE_SUSPENDED;
	if (driver->wild) {
		bool disturb = random_below(&driver->random, suspended ? 2 : 12) == 0;
		(disturb ? driver_disturb : often[random_below(&driver->random, 4)])(driver);
		return;
	}
	if (!driver_work_on_task(driver) && !driver_work_on_job(driver) && !driver_retry(driver) && !driver_fire(driver))
		world_complain(&driver->world, "nothing can bring the instance on");
}

static void driver_start(struct driver *driver)
{
	struct world *world = &driver->world;
	struct command command = driver_command(COMMAND_START, 0);
	world->now = INT64_C(1767225600000000);
	world->facts = (struct instance_facts){
		.id = id_source_take(&world->ids), .definition_id = 7, .graph = world->graph, .started_at = world->now};
	driver_add_variables(driver, &command, random_below(&driver->random, 8));
	command.variable_count = 1 + (size_t)random_below(&driver->random, 3);
	driver_step(driver, &command, false);
}

static void driver_tame(struct driver *driver)
{
	struct command resume = driver_command(COMMAND_RESUME, 0);
	driver->wild = false;
	driver_step(driver, &resume, true);
}

static void driver_run(struct driver *driver)
{
	struct world *world = &driver->world;
	driver->wild = true;
	driver_start(driver);
	for (int i = 0; i < COMMANDS_MAX && world_instance(world) && world->problem.len == 0; i++) {
		if (i == WILD_COMMANDS)
			driver_tame(driver);
		if (world_instance(world))
			driver_do_something(driver);
	}
	const struct instance *ended = world_store(world)->ended;
	if (world->problem.len > 0)
		return;
	if (!ended)
		world_complain(world, "it does not come to its end");
	else if (!driver->broken_off && ended->status != INSTANCE_COMPLETED && ended->status != INSTANCE_TERMINATED)
		world_complain(world, "it ended as %.*s", STR_ARG(instance_status_name(ended->status)));
}

/* ---- models ---- */

static void show_diagnostics(const struct bpmn_document *document)
{
	for (size_t i = 0; document && i < document->diagnostic_count; i++)
		printf("# %d:%d %.*s\n", document->diagnostics[i].line, document->diagnostics[i].column,
			STR_ARG(document->diagnostics[i].message));
}

static bool run_seed(uint64_t seed, bool show)
{
	const struct bpmn_options options = {.compile_expr = engine_compile_expr};
	struct driver driver = {0};
	struct buf xml;
	struct err err = {0};
	buf_init(&xml, SIZE_MAX);
	random_seed(&driver.random, seed);
	random_model(&xml, &driver.random);
	struct bpmn_document *document = bpmn_read(buf_str(&xml), &options, &err);
	bool good = document && !document->has_errors;
	if (good) {
		world_init(&driver.world, document->graphs[0]);
		driver_run(&driver);
		good = driver.world.problem.len == 0;
		if (show)
			printf("%.*s", STR_ARG(buf_str(&driver.world.log)));
		if (!good)
			printf("# RANDOM_SEED=%llu: %.*s\n", (unsigned long long)seed, STR_ARG(buf_str(&driver.world.problem)));
		world_free(&driver.world);
	} else {
		printf("# RANDOM_SEED=%llu: %s\n", (unsigned long long)seed, err.message);
		show_diagnostics(document);
	}
	if (show)
		printf("%.*s", STR_ARG(buf_str(&xml)));
	bpmn_document_free(document);
	buf_free(&xml);
	return good;
}

static void test_random_models(void **state)
{
	(void)state;
	const char *one = getenv("RANDOM_SEED");
	if (one) {
		assert_true(run_seed(strtoull(one, NULL, 10), true));
		return;
	}
	int bad = 0;
	for (uint64_t seed = 1; seed <= MODELS && bad < 3; seed++)
		bad += !run_seed(seed, false);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_models)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
