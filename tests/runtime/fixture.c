/* SPDX-License-Identifier: Apache-2.0
 *
 * See fixture.h.
 */
#include "config.h"

#include "tests/runtime/fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <libxml/parser.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "bpmn/bpmn.h"

#define DEADLINE (60 * SECOND)

static void fixture_require(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fixture: %s\n", what);
	abort();
}

/* ---- parties ---- */

void party_until(struct party *party, bool (*so)(void *context), void *context)
{
	int64_t deadline = clock_monotonic() + DEADLINE;
	while (!so(context)) {
		fixture_require(clock_monotonic() < deadline, "not so within 60 s");
		event_base_loop(party->base, EVLOOP_ONCE); /* the worker's tick is the least that happens */
	}
}

void party_run(struct party *party, int64_t micros)
{
	int64_t until = clock_monotonic() + micros;
	do
		event_base_loop(party->base, EVLOOP_ONCE);
	while (clock_monotonic() < until);
}

static bool party_is_ready(void *context)
{
	return worker_ready(((struct party *)context)->worker);
}

void party_until_ready(struct party *party)
{
	party_until(party, party_is_ready, party);
}

struct house *node_open(struct house *house, struct party *party)
{
	struct house *node = alloc_new(struct house);
	*node = *house;
	node->runtime = runtime_new(&(struct runtime_config){
		.conninfo = house->database->conninfo,
		.limits = {.step_budget = 1000, .scope_depth = 100, .job_retries = 3, .job_backoff = SECOND},
		.batch_limit = 512,
		.queue_limit = 4096,
		.cache_bytes = 100 << 10,
		.idempotency_ttl = SECOND,
	});
	party_open(party, node, house->database->base);
	return node;
}

void node_close(struct house *node, struct party *party, struct house *house)
{
	struct ask **last = &house->a.asks;
	party_close(party);
	runtime_free(node->runtime);
	while (*last)
		last = &(*last)->next;
	*last = party->asks;
	free(node);
}

void party_open(struct party *party, struct house *house, struct event_base *base)
{
	party->house = house;
	party->base = base;
	party->worker = worker_new(house->runtime, base);
	party_until_ready(party);
}

void party_close(struct party *party)
{
	worker_free(party->worker);
	party->worker = NULL;
}

static void party_forget(struct party *party)
{
	for (struct ask *ask; (ask = party->asks);) {
		party->asks = ask->next;
		arena_free(ask->arena);
		free(ask);
	}
}

void party_meet(struct party *party)
{
	atomic_fetch_add(&party->house->arrived, 1);
	party->meetings++;
	while (atomic_load(&party->house->arrived) < 2 * party->meetings) {
		event_base_loop(party->base, EVLOOP_NONBLOCK);
		sched_yield();
	}
}

/* ---- houses ---- */

int house_setup(void **state)
{
	struct house *house = alloc_new(struct house);
	void *database = NULL;
	xmlInitParser();
	if (fixture_setup(&database) != 0)
		return -1;
	house->database = database;
	house->runtime = runtime_new(&(struct runtime_config){
		.conninfo = house->database->conninfo,
		.limits = {.step_budget = 1000, .scope_depth = 100, .job_retries = 3, .job_backoff = SECOND / 10},
		.batch_limit = 512,
		.queue_limit = 4096,
		.cache_bytes = 8 << 20,
		.idempotency_ttl = 3600 * SECOND,
	});
	party_open(&house->a, house, house->database->base);
	party_open(&house->b, house, house->database->base);
	*state = house;
	return 0;
}

int house_forget(void **state)
{
	struct house *house = *state;
	party_forget(&house->a);
	party_forget(&house->b);
	party_forget(&house->threads[0]);
	party_forget(&house->threads[1]);
	return 0;
}

int house_teardown(void **state)
{
	struct house *house = *state;
	party_close(&house->a);
	party_close(&house->b);
	house_forget(state);
	runtime_free(house->runtime);
	void *database = house->database;
	free(house);
	return fixture_teardown(&database);
}

struct house_thread {
	struct party *party;
	void (*body)(struct party *party, void *context);
	void *context;
};

static void *house_thread_run(void *context)
{
	struct house_thread *thread = context;
	struct party *party = thread->party;
	struct event_base *base = event_base_new();
	party_open(party, party->house, base);
	party_meet(party);
	thread->body(party, thread->context);
	party_meet(party);
	party_close(party);
	event_base_free(base);
	atomic_fetch_add(&party->house->finished, 1);
	return NULL;
}

void house_in_threads(struct house *house, void (*body)(struct party *party, void *context), void *context)
{
	struct house_thread threads[2];
	pthread_t ids[2];
	atomic_store(&house->arrived, 0);
	atomic_store(&house->finished, 0);
	for (int i = 0; i < 2; i++) {
		struct party *party = &house->threads[i];
		*party = (struct party){.house = house, .asks = party->asks, .number = i};
		threads[i] = (struct house_thread){party, body, context};
		fixture_require(pthread_create(&ids[i], NULL, house_thread_run, &threads[i]) == 0, "no thread");
	}
	while (atomic_load(&house->finished) < 2)
		event_base_loop(house->database->base, EVLOOP_ONCE);
	for (int i = 0; i < 2; i++)
		pthread_join(ids[i], NULL);
}

static bool house_is_idle(void *context)
{
	const struct house *house = context;
	return worker_idle(house->a.worker) && worker_idle(house->b.worker);
}

void house_do(struct house *house, const char *sql)
{
	party_until(&house->a, house_is_idle, house);
	fixture_do(house->database, sql);
}

void house_empty(struct house *house, const char *tables)
{
	char text[1024];
	snprintf(text, sizeof text, "TRUNCATE %s", tables);
	house_do(house, text);
}

long house_count(struct house *house, const char *sql, ...)
{
	char text[1024];
	va_list args;
	va_start(args, sql);
	vsnprintf(text, sizeof text, sql, args);
	va_end(args);
	return strtol(fixture_ask(house->database, text), NULL, 10);
}

struct counted {
	struct house *house;
	const char *sql;
	long wanted;
};

static bool is_counted(void *context)
{
	const struct counted *counted = context;
	return house_count(counted->house, "%s", counted->sql) == counted->wanted;
}

void house_until_count(struct house *house, const char *sql, long wanted)
{
	party_until(&house->a, is_counted, &(struct counted){house, sql, wanted});
}

long house_passed(struct house *house, const char *process, const char *element)
{
	return house_count(house,
		"SELECT count(*) FROM history.activity AS a JOIN bpmnd.element AS e USING (definition_id, node) "
		"JOIN bpmnd.definition AS d ON d.id = a.definition_id WHERE a.outcome = 1 AND d.key = '%s' AND e.element_id = "
		"'%s'",
		process, element);
}

/* ---- asks ---- */

static void ask_see_instance(struct ask *ask, const struct instance *instance)
{
	ask->instance = instance->id;
	ask->ended = instance->ended_at != 0;
	for (size_t i = 0; i < instance->tasks.len && ask->task_count < 4; i++)
		if (row_alive(instance->tasks.items[i].mark))
			ask->tasks[ask->task_count++] = instance->tasks.items[i].id;
	for (size_t i = 0; i < instance->incidents.len; i++) {
		const struct incident *incident = &instance->incidents.items[i];
		if (!row_alive(incident->mark))
			continue;
		ask->incident = incident->id;
		snprintf(ask->incident_type, sizeof ask->incident_type, "%.*s", STR_ARG(incident_type_name(incident->type)));
	}
}

static void ask_see_jobs(struct ask *ask)
{
	const struct work_jobs *activate = &ask->work.activate;
	for (size_t i = 0; i < activate->jobs.len && i < 16; i++)
		ask->jobs[ask->job_count++] = activate->jobs.items[i].id;
	if (activate->jobs.len > 0)
		ask->retries = activate->jobs.items[0].retries;
}

/* A batch that is run again renders again: what was seen before is forgotten. */
static void ask_render(struct work *work)
{
	struct ask *ask = work->context;
	ask->rendered = true;
	ask->task_count = ask->job_count = 0;
	ask->incident = 0;
	if (ask->item.instance)
		ask_see_instance(ask, ask->item.instance);
	ask_see_jobs(ask);
	work->answer.status = 200;
	work->answer.body = arena_printf(work->arena, "{\"id\":\"%lld\"}", (long long)ask->instance);
}

static void ask_on_done(struct work *work)
{
	struct ask *ask = work->context;
	ask->answers++;
	if (ask->on_done)
		ask->on_done(ask);
}

static struct ask *ask_of(struct party *party, enum work_kind kind)
{
	struct ask *ask = alloc_new(struct ask);
	ask->party = party;
	ask->next = party->asks;
	party->asks = ask;
	ask->arena = arena_new();
	ask->work = (struct work){
		.kind = kind,
		.arena = ask->arena,
		.context = ask,
		.principal = STR("lin"),
		.items = &ask->item,
		.render = ask_render,
		.done = ask_on_done,
	};
	return ask;
}

struct ask *ask_new(struct party *party, enum command_kind kind)
{
	struct ask *ask = ask_of(party, WORK_STEPS);
	ask->work.item_count = 1;
	ask->item.command = (struct command){
		.kind = kind,
		.actor = {.user = STR("lin"), .may_administer = true},
		.expected_version = VERSION_ANY,
		.retries = GRAPH_NONE,
		.start_node = GRAPH_NONE,
		.start_event = GRAPH_NONE,
	};
	return ask;
}

struct ask *ask_start(struct party *party, const char *process)
{
	struct ask *ask = ask_new(party, COMMAND_START);
	ask->item.definition_key = str_from_c(process);
	return ask;
}

struct ask *ask_task(struct party *party, enum command_kind kind, int64_t task)
{
	struct ask *ask = ask_new(party, kind);
	ask->item.command.subject_id = task;
	return ask;
}

struct ask *ask_job(struct party *party, enum command_kind kind, int64_t job)
{
	return ask_task(party, kind, job);
}

struct ask *ask_retry(struct party *party, int64_t incident)
{
	return ask_task(party, COMMAND_INCIDENT_RETRY, incident);
}

struct ask *ask_instance(struct party *party, enum command_kind kind, int64_t instance)
{
	struct ask *ask = ask_new(party, kind);
	ask->item.instance_id = instance;
	return ask;
}

struct ask *ask_activate(struct party *party, const char *type, int max, int64_t lock_for, int64_t wait)
{
	struct ask *ask = ask_of(party, WORK_ACTIVATE);
	ask->work.activate = (struct work_jobs){
		.ask = {.type = str_from_c(type), .worker = STR("w"), .max = max, .all_variables = true},
		.lock_for = lock_for,
		.wait_until = wait > 0 ? clock_monotonic() + wait : 0,
	};
	return ask;
}

struct ask *ask_catalog(struct party *party, enum work_kind kind, int64_t target, bool flag)
{
	struct ask *ask = ask_of(party, kind);
	ask->work.target_id = target;
	ask->work.flag = flag;
	return ask;
}

struct ask *ask_event(struct party *party, enum work_kind kind, const char *name)
{
	struct ask *ask = ask_of(party, kind);
	ask->work.event = (struct work_event){
		.name = str_from_c(name),
		.actor = {.user = STR("lin")},
		.variables = &ask->variable,
	};
	return ask;
}

void ask_key(struct ask *ask, const char *key, unsigned char request)
{
	ask->work.key = str_from_c(key);
	memset(ask->work.request_hash, request, sizeof ask->work.request_hash);
}

void ask_variable(struct ask *ask, const char *name, const char *json)
{
	ask->variable = (struct command_variable){str_from_c(name), str_from_c(json)};
	ask->item.command.variables = &ask->variable;
	ask->item.command.variable_count = 1;
	if (ask->work.event.variables)
		ask->work.event.variable_count = 1;
}

void ask_send(struct ask *ask)
{
	if (!worker_submit(ask->party->worker, &ask->work, &ask->work.err))
		ask->answers++;
}

static bool ask_is_answered(void *context)
{
	return ((struct ask *)context)->answers > 0;
}

enum err_code ask_await(struct ask *ask)
{
	party_until(ask->party, ask_is_answered, ask);
	fixture_require(ask->answers == 1, "answered twice");
	return ask->work.err.code;
}

enum err_code ask_do(struct ask *ask)
{
	ask_send(ask);
	return ask_await(ask);
}

struct ask *ask_good(struct ask *ask)
{
	if (ask_do(ask) == ERR_NONE)
		return ask;
	fixture_require(false, ask->work.err.message);
	return NULL;
}

/* ---- deploying ---- */

static const char process_text[] =
	"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' "
	"xmlns:bpmnd='urn:bpmnd:model:1' targetNamespace='x'>"
	"<message id='pay' name='pay' bpmnd:correlation='orderId'/><message id='call' name='call'/>"
	"<signal id='alarm' name='alarm'/>"
	"<process id='%s' isExecutable='true'>%s</process></definitions>";

static struct bpmn_document *fixture_read(struct str xml)
{
	struct err err = {0};
	struct bpmn_document *document = bpmn_read(xml, &(struct bpmn_options){.compile_expr = engine_compile_expr}, &err);
	fixture_require(document != NULL, err.message);
	for (size_t i = 0; document->has_errors && i < document->diagnostic_count; i++)
		fprintf(stderr, "%.*s\n", STR_ARG(document->diagnostics[i].message));
	fixture_require(!document->has_errors, "the diagram has errors");
	return document;
}

static void ask_render_nothing(struct work *work)
{
	work->answer.status = 201;
}

struct deployed party_deploy(struct party *party, const char *process, const char *body)
{
	struct ask *ask = ask_of(party, WORK_DEPLOY);
	struct str xml = arena_printf(ask->arena, process_text, process, body);
	struct bpmn_document **document = arena_new_object(ask->arena, struct bpmn_document *);
	*document = fixture_read(xml);
	unsigned char sha256[32] = {(unsigned char)++party->house->deployments};
	struct db_deploy_process row = {
		.graph = (*document)->graphs[0],
		.key = str_from_c(process),
		.name = str_from_c(process),
		.executable = true,
	};
	struct db_deploy_file file = {
		.name = STR("a.bpmn"), .content = xml, .sha256 = sha256, .processes = &row, .process_count = 1};
	ask->work.deploying = (struct work_deploy){
		.deploy = {.name = STR("test"), .by = STR("lin"), .files = &file, .file_count = 1},
		.documents = document,
		.document_count = 1,
	};
	ask->work.render = ask_render_nothing;
	ask_good(ask);
	const struct db_deployed *row_deployed = &ask->work.deploying.deployed[0];
	return (struct deployed){ask->work.deploying.deploy.id, row_deployed->id, row_deployed->version};
}
