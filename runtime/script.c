/* SPDX-License-Identifier: Apache-2.0
 *
 * A run is one script on its way:
 *
 *     WORK_ACTIVATE ──render──► taken ──done──► script_process ──► reports: WORK_STEPS ──done──► gone
 *                                 │                 │                         │
 *                                 └ rolled back     └ no process: later       └ refused: the script's failure
 *
 * A script that fails becomes an incident at once: it would fail again. Where nothing can be reported (the database is
 * away, the job is gone) the run is forgotten; a job that is still there is taken anew when its lock has run out.
 */
#include "config.h"

#include "runtime/script.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "runtime/runtime.h"
#include "runtime/script_process.h"

#define SCRIPT_LOCK_MICROS INT64_C(30000000)
#define SCRIPT_WAIT_MICROS INT64_C(3600000000)
#define SCRIPT_LATER_MICROS INT64_C(10000000) /* for a job that could not be run here */
#define SCRIPT_AGAIN_SECONDS 1                /* until a worker that refused is asked again */

struct script_run {
	struct scripts *scripts;
	struct script_run *next;
	struct arena *arena;
	int64_t job_id;
	int32_t retries;
	struct str request;
	struct script_process *process;
	struct work work; /* the report */
	struct work_item item;
};

struct scripts {
	struct worker *worker;
	struct event_base *base;
	const char *program;
	struct event *again;
	struct arena *arena;
	struct work ask;
	struct script_run *taken;   /* not begun: the transaction that takes them is open */
	struct script_run *running; /* up to the end of their reports */
	int running_count;
	bool asking;
	bool draining;
};

static const struct actor script_actor = {.user = STR_INIT("bpmnd"), .may_administer = true};

static void scripts_ask(struct scripts *scripts);

static void scripts_wait(struct scripts *scripts)
{
	evtimer_add(scripts->again, &(struct timeval){.tv_sec = SCRIPT_AGAIN_SECONDS});
}

/* ---- the request ---- */

/* Characters past U+FFFF as pairs of \u escapes; in JSON they stand in strings only. */
static void script_add_ascii(struct buf *out, struct str json)
{
	for (size_t i = 0; i < json.len; i++) {
		const unsigned char *c = (const unsigned char *)json.ptr + i;
		if (*c < 0xf0 || json.len - i < 4) {
			buf_add_char(out, json.ptr[i]);
			continue;
		}
		unsigned point = (c[0] & 0x07u) << 18 | (c[1] & 0x3fu) << 12 | (c[2] & 0x3fu) << 6 | (c[3] & 0x3fu);
		point -= 0x10000u;
		buf_printf(out, "\\u%04x\\u%04x", 0xd800u + (point >> 10), 0xdc00u + (point & 0x3ffu));
		i += 3;
	}
}

static void script_write_facts(struct buf *json, const struct db_job *job)
{
	json_object_begin(json);
	json_member_text(json, "businessKey", job->business_key);
	json_member_id(json, "processInstanceId", job->instance_id);
	json_member_str(json, "processDefinitionKey", job->definition_key);
	json_member_id(json, "activityInstanceId", job->activity_id);
	json_member_str(json, "currentActivityId", job->element_id);
	json_object_end(json);
}

static struct str script_request(struct arena *arena, const struct db_job *job)
{
	struct buf json, ascii;
	json_t *headers = json_parse(job->headers, NULL);
	buf_init(&json, SIZE_MAX);
	buf_init(&ascii, SIZE_MAX);
	json_object_begin(&json);
	json_member_str(&json, "source", json_str(json_object_get(headers, JOB_HEADER_SOURCE)));
	json_member_raw(&json, "variables", job->variables.len > 0 ? job->variables : STR("{}"));
	json_member(&json, "execution");
	script_write_facts(&json, job);
	json_object_end(&json);
	script_add_ascii(&ascii, buf_str(&json));
	struct str request = arena_str(arena, buf_str(&ascii));
	buf_free(&json);
	buf_free(&ascii);
	json_decref(headers);
	return request;
}

/* ---- runs ---- */

static void run_take(struct scripts *scripts, const struct db_job *job)
{
	struct script_run *run = alloc_new(struct script_run);
	*run = (struct script_run){
		.scripts = scripts,
		.next = scripts->taken,
		.arena = arena_new(),
		.job_id = job->id,
		.retries = job->retries,
	};
	run->request = script_request(run->arena, job);
	scripts->taken = run;
}

static void run_free(struct script_run *run)
{
	if (run->process)
		script_process_free(run->process);
	arena_free(run->arena);
	free(run);
}

static void runs_free(struct script_run **runs)
{
	for (struct script_run *run; (run = *runs);) {
		*runs = run->next;
		run_free(run);
	}
}

static void run_end(struct script_run *run)
{
	struct scripts *scripts = run->scripts;
	struct script_run **link = &scripts->running;
	while (*link != run)
		link = &(*link)->next;
	*link = run->next;
	scripts->running_count--;
	run_free(run);
	scripts_ask(scripts);
}

/* ---- reporting ---- */

static void run_fail(struct script_run *run, const struct err *err);

static void on_report_render(struct work *work)
{
	work->answer = (struct answer){.status = 200};
}

/* What the engine cannot take of a script's results is the script's failure. */
static void on_reported(struct work *work)
{
	struct script_run *run = work->context;
	enum err_code code = work->err.code;
	bool refused = code != ERR_NONE && code != ERR_GONE && code != ERR_NOT_FOUND && code != ERR_CONFLICT;
	struct err err = work->err;
	if (refused && !err_retryable(code) && run->item.command.kind == COMMAND_JOB_COMPLETE)
		run_fail(run, &err);
	else
		run_end(run);
}

static void run_report(struct script_run *run, const struct command *command)
{
	struct err err = {0};
	run->item = (struct work_item){.command = *command};
	run->item.command.actor = script_actor;
	run->item.command.subject_id = run->job_id;
	run->item.command.expected_version = VERSION_ANY;
	run->work = (struct work){
		.kind = WORK_STEPS,
		.arena = run->arena,
		.context = run,
		.items = &run->item,
		.item_count = 1,
		.render = on_report_render,
		.done = on_reported,
	};
	if (!worker_submit(run->scripts->worker, &run->work, &err))
		run_end(run);
}

/* Nobody's fault: later, or on another server. */
static void run_postpone(struct script_run *run, const struct err *err)
{
	log_event(LOG_ERROR, "script-not-run", LOG_C("reason", err->message));
	run_report(run, &(struct command){
						.kind = COMMAND_JOB_FAIL,
						.text = arena_str(run->arena, str_from_c(err->message)),
						.retries = run->retries,
						.retry_at = clock_now() + SCRIPT_LATER_MICROS,
					});
}

static void run_fail(struct script_run *run, const struct err *err)
{
	struct str message = str_from_c(err->message);
	if (err->line > 0)
		message = arena_printf(run->arena, "line %d: %s", err->line, err->message);
	run_report(run, &(struct command){.kind = COMMAND_JOB_FAIL, .text = arena_str(run->arena, message), .retries = 0});
}

static struct command_variable run_variable(struct script_run *run, const char *name, const json_t *value)
{
	struct buf json;
	buf_init(&json, SIZE_MAX);
	json_emit_value(&json, value);
	struct command_variable variable = {arena_str(run->arena, str_from_c(name)), arena_str(run->arena, buf_str(&json))};
	buf_free(&json);
	return variable;
}

static void run_complete(struct script_run *run, json_t *answer)
{
	json_t *set = json_object_get(answer, "variables"), *value;
	json_t *local = json_object_get(answer, "local"), *result = json_object_get(answer, "result");
	struct command_variable *variables = arena_array(run->arena, json_object_size(set) + 2, sizeof *variables);
	const char *name;
	size_t count = 0;
	json_object_foreach(set, name, value) variables[count++] = run_variable(run, name, value);
	if (json_object_size(local) > 0)
		variables[count++] = run_variable(run, SCRIPT_LOCAL, local);
	if (result)
		variables[count++] = run_variable(run, SCRIPT_RESULT, result);
	run_report(run, &(struct command){.kind = COMMAND_JOB_COMPLETE, .variables = variables, .variable_count = count});
}

static bool run_read_answer(struct str text, json_t **answer, struct err *err)
{
	*answer = json_parse(text, err);
	const json_t *error = json_object_get(*answer, "error");
	if (!*answer)
		return false;
	if (!json_is_object(*answer))
		return err_set(err, ERR_EXPRESSION, "the script has broken its environment");
	if (!error)
		return true;
	err_set(err, ERR_EXPRESSION, "%.*s", STR_ARG(json_str(error)));
	err_at(err, (int)json_integer_value(json_object_get(*answer, "line")), 0);
	return false;
}

static void on_run_ended(void *context, struct str text, const struct err *failure)
{
	struct script_run *run = context;
	struct err err = *failure;
	json_t *answer = NULL;
	run->process = NULL;
	if (err.code == ERR_UNAVAILABLE)
		run_postpone(run, &err);
	else if (err.code == ERR_NONE && run_read_answer(text, &answer, &err))
		run_complete(run, answer);
	else
		run_fail(run, &err);
	json_decref(answer);
}

/* ---- taking jobs ---- */

static void run_start(struct script_run *run)
{
	struct scripts *scripts = run->scripts;
	struct err err = {0};
	run->next = scripts->running;
	scripts->running = run;
	scripts->running_count++;
	run->process = script_process_start(scripts->base, scripts->program, run->request, on_run_ended, run, &err);
	if (!run->process)
		run_postpone(run, &err);
}

static void on_ask_render(struct work *work)
{
	struct scripts *scripts = work->context;
	runs_free(&scripts->taken); /* of a transaction that was rolled back */
	for (size_t i = 0; i < work->activate.jobs.len; i++)
		run_take(scripts, &work->activate.jobs.items[i]);
	work->answer = (struct answer){.status = 200};
}

static void on_asked(struct work *work)
{
	struct scripts *scripts = work->context;
	if (work->err.code != ERR_NONE)
		runs_free(&scripts->taken);
	for (struct script_run *run; (run = scripts->taken);) {
		scripts->taken = run->next;
		run_start(run);
	}
	scripts->asking = false;
	if (work->err.code == ERR_NONE)
		scripts_ask(scripts);
	else
		scripts_wait(scripts);
}

static void scripts_ask(struct scripts *scripts)
{
	struct err err = {0};
	if (scripts->asking || scripts->draining || scripts->running_count == SCRIPTS_AT_ONCE)
		return;
	arena_reset(scripts->arena);
	scripts->ask = (struct work){
		.kind = WORK_ACTIVATE,
		.arena = scripts->arena,
		.context = scripts,
		.activate =
			{
				.ask =
					{
						.type = STR(JOB_TYPE_JAVASCRIPT),
						.worker = script_actor.user,
						.max = SCRIPTS_AT_ONCE - scripts->running_count,
						.all_variables = true,
					},
				.lock_for = SCRIPT_LOCK_MICROS,
				.wait_until = clock_monotonic() + SCRIPT_WAIT_MICROS,
			},
		.render = on_ask_render,
		.done = on_asked,
	};
	scripts->asking = worker_submit(scripts->worker, &scripts->ask, &err);
	if (!scripts->asking)
		scripts_wait(scripts);
}

static void on_scripts_again(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	scripts_ask(context);
}

/* ---- the worker ---- */

struct scripts *scripts_new(struct worker *worker, struct event_base *base, const char *program)
{
	struct scripts *scripts = alloc_new(struct scripts);
	*scripts = (struct scripts){.worker = worker, .base = base, .program = program, .arena = arena_new()};
	scripts->again = evtimer_new(base, on_scripts_again, scripts);
	scripts_wait(scripts);
	return scripts;
}

void scripts_drain(struct scripts *scripts)
{
	scripts->draining = true;
}

bool scripts_idle(const struct scripts *scripts)
{
	return scripts->running_count == 0;
}

void scripts_free(struct scripts *scripts)
{
	runs_free(&scripts->taken);
	runs_free(&scripts->running);
	event_free(scripts->again);
	arena_free(scripts->arena);
	free(scripts);
}
