/* SPDX-License-Identifier: Apache-2.0
 *
 * What one step costs in an instance that holds much: the engine alone, without server or database. Each row runs a process
 * with n elements at once, for n twice as large each time; the time for one element should stay what it is. `digest` tells
 * whether two builds do the same.
 *
 *     tests/bench/scale [ROW [N...]]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpmn/bpmn.h"
#include "engine/dump.h"
#include "engine/engine.h"

#define SCALE_BUDGET 100000
#define SCALE_SECONDS_MAX 20.0

/* What a row does, a letter a step: s starts, g sends the signal, x cancels; w completes all work, each in a step of its own
 * of one batch, t fires all timers so, 1 completes up to a hundred works, each in a batch of its own. */
struct scale_row {
	const char *name;
	const char *steps;
	const char *processes;
};

#define MANY \
	"<multiInstanceLoopCharacteristics isSequential=\"false\"><loopCardinality>${n}</loopCardinality>" \
	"</multiInstanceLoopCharacteristics>"
#define FLOW(id, from, to) "<sequenceFlow id=\"" id "\" sourceRef=\"" from "\" targetRef=\"" to "\"/>"
#define PROCESS(inside) "<process id=\"p\" isExecutable=\"true\">" inside "</process>"
/* A sub-process with n instances, and what comes before and behind. */
#define MANY_TIMES(inside) \
	PROCESS("<startEvent id=\"b\"/><subProcess id=\"sub\">" MANY inside \
			"</subProcess><endEvent id=\"e\"/>" FLOW("p1", "b", "sub") FLOW("p2", "sub", "e"))
#define CATCH(id) \
	"<intermediateCatchEvent id=\"" id "\"><signalEventDefinition signalRef=\"go\"/></intermediateCatchEvent>"
#define JOINED(gateway, inside) \
	"<startEvent id=\"ib\"/><parallelGateway id=\"split\"/>" CATCH( \
		"c") "<" gateway " id=\"join\">" inside "</" gateway ">" \
			 "<endEvent id=\"ie\"/>" FLOW("i1", "ib", "split") FLOW("i2", "split", "join") FLOW("i3", "split", "c") \
				 FLOW("i4", "c", "join") FLOW("i5", "join", "ie")
#define UNDONE(activity) \
	"<boundaryEvent id=\"undone\" attachedToRef=\"" activity "\"><compensateEventDefinition/></boundaryEvent>" \
	"<scriptTask id=\"undo\" isForCompensation=\"true\"><script>${1}</script></scriptTask>" \
	"<association id=\"by\" associationDirection=\"One\" sourceRef=\"undone\" targetRef=\"undo\"/>"
#define THROWN_BACK "<intermediateThrowEvent id=\"back\"><compensateEventDefinition/></intermediateThrowEvent>"
#define TIMER(id, activity) \
	"<boundaryEvent id=\"" id "\" attachedToRef=\"" activity \
	"\"><timerEventDefinition><timeDuration>PT1H</timeDuration>" \
	"</timerEventDefinition></boundaryEvent><endEvent id=\"" id "-end\"/>" FLOW("flow-" id, id, id "-end")
#define WORK(id) "<serviceTask id=\"" id "\" bpmnd:type=\"w\"/>"

static const struct scale_row scale_rows[] = {
	{"sub-processes", "sw1", MANY_TIMES("<startEvent id=\"ib\"/>" WORK("a") FLOW("i1", "ib", "a"))},
	{"sub-processes-canceled", "sx", MANY_TIMES("<startEvent id=\"ib\"/>" WORK("a") FLOW("i1", "ib", "a"))},
	{"sub-processes-automatic", "s",
		MANY_TIMES(
			"<startEvent id=\"ib\"/><task id=\"a\"/><task id=\"a2\"/>" FLOW("i1", "ib", "a") FLOW("i2", "a", "a2"))},
	{"boundary-timers", "sw", MANY_TIMES(WORK("a") TIMER("late", "a"))},
	{"boundary-timers-fire", "st", MANY_TIMES(WORK("a") TIMER("late", "a"))},
	{"user-tasks", "sx", MANY_TIMES("<userTask id=\"a\" bpmnd:assignee=\"lin\"/>" TIMER("late", "a"))},
	{"incidents", "sx", MANY_TIMES("<scriptTask id=\"a\"><script>${nothing}</script></scriptTask>")},
	{"calls-automatic", "s",
		PROCESS("<callActivity id=\"call\" calledElement=\"below\">" MANY
				"</callActivity>") "<process id=\"below\" isExecutable=\"true\"><startEvent id=\"bb\"/></process>"},
	{"calls", "sgx",
		PROCESS("<callActivity id=\"call\" calledElement=\"below\">" MANY
				"</callActivity>") "<process id=\"below\" isExecutable=\"true\">" CATCH("c") WORK("a")
			FLOW("b1", "c", "a") "</process>"},
	{"calls-inclusive", "sg",
		PROCESS("<callActivity id=\"call\" calledElement=\"below\">" MANY
				"</callActivity>") "<process id=\"below\" isExecutable=\"true\">" JOINED("inclusiveGateway",
			"") "</process>"},
	{"inclusive-joins", "sg", MANY_TIMES(JOINED("inclusiveGateway", ""))},
	{"inclusive-joins-work", "sw",
		MANY_TIMES("<startEvent id=\"ib\"/><parallelGateway id=\"split\"/>" WORK(
			"a") "<inclusiveGateway id=\"join\"/><endEvent id=\"ie\"/>" FLOW("i1", "ib", "split") FLOW("i2", "split",
			"join") FLOW("i3", "split", "a") FLOW("i4", "a", "join") FLOW("i5", "join", "ie") TIMER("late", "a"))},
	{"complex-joins", "sg",
		MANY_TIMES(JOINED("complexGateway", "<activationCondition>${activationCount > 0}"
											"</activationCondition>"))},
	{"parallel-joins", "sg", MANY_TIMES(JOINED("parallelGateway", ""))},
	{"signal-interrupts", "sg",
		MANY_TIMES(WORK("a") "<boundaryEvent id=\"stop\" attachedToRef=\"a\"><signalEventDefinition signalRef=\"go\"/>"
							 "</boundaryEvent>")},
	{"event-sub-processes", "sg",
		MANY_TIMES(WORK("a") "<subProcess id=\"stop\" triggeredByEvent=\"true\"><startEvent id=\"heard\">"
							 "<signalEventDefinition signalRef=\"go\"/></startEvent></subProcess>")},
	{"conditions", "sg",
		MANY_TIMES("<intermediateCatchEvent id=\"c\"><conditionalEventDefinition><condition>${y == 1}</condition>"
				   "</conditionalEventDefinition></intermediateCatchEvent>" CATCH("d"))},
	{"compensations", "s",
		PROCESS("<startEvent id=\"b\"/><scriptTask id=\"a\"><script>${1}</script>" MANY "</scriptTask>" UNDONE("a")
				THROWN_BACK FLOW("p1", "b", "a") FLOW("p2", "a", "back"))},
	{"compensations-collected", "s",
		PROCESS("<startEvent id=\"b\"/><scriptTask id=\"a\" bpmnd:resultVariable=\"r\"><script>${1}</script>"
				"<multiInstanceLoopCharacteristics bpmnd:outputCollection=\"all\" bpmnd:outputElement=\"${1}\">"
				"<loopCardinality>${n}</loopCardinality></multiInstanceLoopCharacteristics></scriptTask>" UNDONE("a")
					THROWN_BACK FLOW("p1", "b", "a") FLOW("p2", "a", "back"))},
	{"compensations-in-scopes", "s",
		PROCESS("<startEvent id=\"b\"/><subProcess id=\"sub\">" MANY
				"<scriptTask id=\"a\"><script>${1}</script></scriptTask>" UNDONE("a") "</subProcess>" THROWN_BACK FLOW(
					"p1", "b", "sub") FLOW("p2", "sub", "back"))},
	{"compensations-forgotten", "sx",
		MANY_TIMES(
			"<scriptTask id=\"a\"><script>${1}</script></scriptTask>" UNDONE("a") WORK("w") FLOW("i1", "a", "w"))},
	{"sequential-loop", "s",
		PROCESS("<startEvent id=\"b\"/><subProcess id=\"sub\"><multiInstanceLoopCharacteristics isSequential=\"true\">"
				"<loopCardinality>${n}</loopCardinality></multiInstanceLoopCharacteristics><task "
				"id=\"a\"/></subProcess>" FLOW("p1", "b", "sub"))},
	/* what a full budget takes; n means nothing */
	{"endless", "s",
		PROCESS("<startEvent id=\"b\"/><exclusiveGateway id=\"x\"/><task id=\"a\"/>" FLOW("p1", "b", "x")
				FLOW("p2", "x", "a") FLOW("p3", "a", "x"))},
	{"endless-script", "s",
		PROCESS("<startEvent id=\"b\"/><exclusiveGateway id=\"x\"/><scriptTask "
				"id=\"a\"><script>${execution.setVariable('n', n "
				"+ 1)}</script></scriptTask>" FLOW("p1", "b", "x") FLOW("p2", "x", "a") FLOW("p3", "a", "x"))},
	{"endless-boundaries", "s",
		PROCESS("<startEvent id=\"b\"/><exclusiveGateway id=\"x\"/><subProcess id=\"a\"><task "
				"id=\"in\"/></subProcess>" TIMER("late", "a") FLOW("p1", "b", "x") FLOW("p2", "x", "a")
					FLOW("p3", "a", "x"))},
	{"endless-inclusive", "s",
		PROCESS("<startEvent id=\"b\"/><exclusiveGateway id=\"x\"/><parallelGateway id=\"split\"/><task id=\"a\"/>"
				"<inclusiveGateway id=\"join\"/>" FLOW("p1", "b", "x") FLOW("p2", "x", "split") FLOW("p3", "split", "a")
					FLOW("p4", "a", "join") FLOW("p5", "split", "join") FLOW("p6", "join", "x"))},
};

struct scale_run {
	const struct scale_row *row;
	struct bpmn_document *document;
	struct instance *root;
	struct effects effects;
	struct arena *arena;
	struct arena *scratch;
	struct id_source ids;
	struct dump_position dumped;
	uint64_t digest;
	int64_t now;
	enum step_result result;
};

static double scale_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static enum call_answer scale_find_called(
	void *context, const struct call_request *request, struct call_target *out, struct err *err)
{
	const struct bpmn_document *document = context;
	(void)request;
	(void)err;
	*out = (struct call_target){.definition_id = 2, .graph = document->graphs[1]};
	return CALL_FOUND;
}

/* FNV-1a */
static void scale_digest(struct scale_run *run, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		run->digest = (run->digest ^ (unsigned char)text.ptr[i]) * UINT64_C(0x100000001B3);
}

static void scale_step(struct scale_run *run, struct command command)
{
	const struct engine_limits limits = {
		.step_budget = SCALE_BUDGET, .scope_depth = 1000, .job_retries = 3, .job_backoff = 10000000};
	struct step_context context = {
		.limits = &limits,
		.now = run->now,
		.ids = &run->ids,
		.effects = &run->effects,
		.arena = run->arena,
		.scratch = run->scratch,
		.find_called = scale_find_called,
		.find_context = run->document,
	};
	struct err err = {0};
	if (run->result != STEP_DONE || !run->root)
		return;
	run->result = engine_step(run->root, &command, &context, &err);
	if (run->result == STEP_REFUSED)
		printf("%s: %s\n", run->row->name, err.message);
}

static void scale_dump(struct scale_run *run)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	if (run->result == STEP_DONE) {
		dump_history(&text, run->root, &run->effects, &run->dumped);
		dump_tree(&text, run->root);
	}
	scale_digest(run, buf_str(&text));
	buf_free(&text);
}

/* Returns the seconds without the dump. */
static double scale_commit(struct scale_run *run)
{
	double begin = scale_now(), spent;
	effects_collect(&run->effects, run->root);
	spent = scale_now() - begin;
	scale_dump(run);
	begin = scale_now();
	effects_clear(&run->effects);
	run->dumped = (struct dump_position){0};
	arena_reset(run->arena);
	if (run->root->ended_at == 0)
		instance_committed(run->root);
	return spent + scale_now() - begin;
}

typedef VEC(struct command) command_list;

static void scale_collect_jobs(const struct scale_run *run, enum job_kind kind, command_list *commands)
{
	for (struct instance *here = NULL; (here = instance_next(run->root, here));)
		for (size_t i = 0; i < here->jobs.len; i++) {
			const struct job *job = &here->jobs.items[i];
			if (row_alive(job->mark) && job->kind == kind)
				vec_add(commands, ((struct command){
									  .kind = kind == JOB_WORK ? COMMAND_JOB_COMPLETE : COMMAND_TIMER_FIRE,
									  .expected_version = VERSION_ANY,
									  .subject_id = job->id,
									  .token_id = kind == JOB_WORK ? job->token_id : 0,
								  }));
		}
}

static double scale_jobs(struct scale_run *run, enum job_kind kind, bool one_by_one)
{
	command_list commands = {0};
	double spent = 0, begin;
	scale_collect_jobs(run, kind, &commands);
	size_t count = one_by_one && commands.len > 100 ? 100 : commands.len;
	for (size_t i = 0; i < count && run->root->ended_at == 0 && run->result == STEP_DONE; i++) {
		begin = scale_now();
		scale_step(run, commands.items[i]);
		spent += scale_now() - begin;
		if (one_by_one && run->result == STEP_DONE)
			spent += scale_commit(run);
	}
	vec_free(&commands);
	return spent;
}

static double scale_command(struct scale_run *run, enum command_kind kind, const char *n)
{
	const struct command_variable variables[] = {{STR("n"), str_from_c(n)}, {STR("y"), STR("0")}};
	bool start = kind == COMMAND_START;
	double begin = scale_now();
	scale_step(run, (struct command){
						.kind = kind,
						.expected_version = VERSION_ANY,
						.start_node = GRAPH_NONE,
						.start_event = GRAPH_NONE,
						.name = STR("go"),
						.variables = start ? variables : NULL,
						.variable_count = start ? 2 : 0,
						.text = STR(""),
					});
	return scale_now() - begin;
}

static double scale_letter(struct scale_run *run, char letter, const char *n)
{
	run->now += INT64_C(7200000000);
	switch (letter) {
	case 's':
		return scale_command(run, COMMAND_START, n);
	case 'g':
		return scale_command(run, COMMAND_SIGNAL, n);
	case 'x':
		return scale_command(run, COMMAND_CANCEL, n);
	case 't':
		return scale_jobs(run, JOB_TIMER, false);
	default:
		return scale_jobs(run, JOB_WORK, letter == '1');
	}
}

static struct bpmn_document *scale_read(const struct scale_row *row)
{
	const struct bpmn_options options = {.compile_expr = engine_compile_expr};
	struct err err = {0};
	struct buf xml;
	buf_init(&xml, SIZE_MAX);
	buf_printf(&xml,
		"<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:bpmnd=\"urn:bpmnd:model:1\" "
		"targetNamespace=\"urn:scale\"><signal id=\"go\" name=\"go\"/>%s</definitions>",
		row->processes);
	struct bpmn_document *document = bpmn_read(buf_str(&xml), &options, &err);
	buf_free(&xml);
	if (document && !document->has_errors)
		return document;
	for (size_t i = 0; document && i < document->diagnostic_count; i++)
		printf("%s: %.*s\n", row->name, STR_ARG(document->diagnostics[i].message));
	printf("%s: %s\n", row->name, err.message);
	bpmn_document_free(document);
	return NULL;
}

static void scale_run_init(struct scale_run *run, const struct scale_row *row, struct bpmn_document *document)
{
	*run = (struct scale_run){.row = row, .document = document, .digest = UINT64_C(0xCBF29CE484222325), .now = 1};
	run->ids = (struct id_source){.current = {1, INT64_C(1000000000000)}};
	run->arena = arena_new();
	run->scratch = arena_new();
	effects_init(&run->effects, run->arena);
	run->root = instance_new(&(struct instance_facts){
		.id = id_source_take(&run->ids), .definition_id = 1, .graph = document->graphs[0], .started_at = run->now});
}

static void scale_run_free(struct scale_run *run)
{
	instance_free(run->root);
	effects_free(&run->effects);
	arena_free(run->arena);
	arena_free(run->scratch);
	id_source_free(&run->ids);
}

/* False: it takes too long to go on. */
static bool scale_once(const struct scale_row *row, struct bpmn_document *document, const char *n)
{
	static const char *const results[] = {"done", "refused", "exhausted", "missing"};
	struct scale_run run;
	double all = 0;
	scale_run_init(&run, row, document);
	for (const char *letter = row->steps; *letter && run.result == STEP_DONE && run.root->ended_at == 0; letter++) {
		double spent = scale_letter(&run, *letter, n);
		double elements = *letter == '1' ? 100 : (double)strtol(n, NULL, 10);
		if (run.result == STEP_DONE)
			spent += scale_commit(&run);
		printf("%-24s %c %6s %10.2f ms %9.3f us each  %-9s %016llx\n", row->name, *letter, n, spent * 1e3,
			spent * 1e6 / elements, results[run.result], (unsigned long long)run.digest);
		fflush(stdout);
		all += spent;
	}
	scale_run_free(&run);
	return all < SCALE_SECONDS_MAX;
}

int main(int argc, char **argv)
{
	static const char *const sizes[] = {"1000", "2000", "4000", "8000"};
	for (size_t i = 0; i < sizeof scale_rows / sizeof *scale_rows; i++) {
		const struct scale_row *row = &scale_rows[i];
		struct bpmn_document *document = argc > 1 && strcmp(argv[1], row->name) != 0 ? NULL : scale_read(row);
		bool goes_on = document != NULL;
		for (int k = 2; k < argc && goes_on; k++)
			goes_on = scale_once(row, document, argv[k]);
		for (size_t k = 0; argc <= 2 && k < sizeof sizes / sizeof *sizes && goes_on; k++)
			goes_on = scale_once(row, document, sizes[k]);
		bpmn_document_free(document);
	}
	return EXIT_SUCCESS;
}
