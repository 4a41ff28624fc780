/* SPDX-License-Identifier: Apache-2.0
 *
 * What is found in a diagram before it runs. Each line of the table is a diagram and all that must be found in it; sound ones
 * stay silent, and so do those whose faults lie beyond the bounds.
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

#include "engine/engine.h"
#include "engine/explore.h"
#include "tests/unit/explore_diagram.h"

struct explore_case {
	const char *name;
	const char *diagram;
	const char *found; /* RULE ELEMENT after PATH, one a line */
	bool bounded;      /* not everything can be explored */
};

static const struct explore_case cases[] = {
	/* joins that wait */
	{
		.name = "exclusive split, parallel join",
		.diagram = "start:s xor:x user:a user:b and:j end:e s>x x>a?${c} x>b! a>j b>j j>e",
		.found = "join-can-wait j: s > x > a\n"
				 "never-reached e: \n",
	},
	{
		.name = "one of two branches ends early",
		.diagram = "start:s and:f user:a xor:x end:out user:b and:j end:e s>f f>a f>b a>x x>out?${c} x>j! b>j j>e",
		.found = "join-can-wait j: s > f > a > x > out > b\n",
	},
	{
		.name = "inclusive split, parallel join",
		.diagram = "start:s or:o user:a user:b and:j end:e s>o o>a?${c} o>b?${d} a>j b>j j>e",
		.found = "join-can-wait j: s > o > a\n",
	},
	{
		.name = "an event cuts a branch off",
		.diagram = "start:s and:f user:a user:b and:j end:e s>f f>a f>b a>j b>j j>e timer:t@a end:late t>late",
		.found = "join-can-wait j: s > f > b > t > late\n",
	},
	{
		.name = "the choice of an event-based gateway",
		.diagram = "start:s first:g message:m timer:t and:j end:e s>g g>m g>t m>j t>j j>e",
		.found = "join-can-wait j: s > g > m\n"
				 "never-reached e: \n",
	},
	{
		.name = "in a sub-process; the join behind it is only a consequence",
		.diagram = "start:s and:f sub:u{ start:i xor:x task:a task:b and:in end:k i>x x>a?${c} x>b! a>in b>in in>k } "
				   "user:w and:j end:e s>f f>u f>w u>j w>j j>e",
		.found = "join-can-wait in: s > f > i > x > a > w\n"
				 "never-reached k: \n"
				 "never-reached e: \n",
	},
	{
		.name = "what may never come does not excuse a join",
		.diagram = "event-sub:n{ start-message:m end:k m>k } "
				   "start:s xor:x user:a user:b and:j end:e s>x x>a?${c} x>b! a>j b>j j>e",
		.found = "join-can-wait j: s > x > a\n"
				 "never-reached e: \n",
	},
	{
		.name = "more tokens than one are taken to start",
		.diagram = "start:s xor:x user:a user:b user-joins:j end:e s>x x>a?${c} x>b! a>j b>j j>e",
		.found = "join-can-wait j: s > x > a\n"
				 "never-reached e: \n",
	},
	{
		.name = "a complex gateway that waits for two of one",
		.diagram = "start:s xor:x user:a user:b two-of:j end:e s>x x>a?${c} x>b! a>j b>j j>e",
		.found = "join-can-wait j: s > x > a\n"
				 "never-reached e: \n",
	},
	/* tokens that meet */
	{
		.name = "parallel split, exclusive join",
		.diagram = "start:s and:f user:a user:b xor:j user:c end:e s>f f>a f>b a>j b>j j>c c>e",
		.found = "tokens-can-meet c: s > f > a > j > b > j\n",
	},
	{
		.name = "parallel split, no join at all",
		.diagram = "start:s and:f user:a user:b service:c end:e s>f f>a f>b a>c b>c c>e",
		.found = "tokens-can-meet c: s > f > a > b\n",
	},
	{
		.name = "an activity with two outgoing flows",
		.diagram = "start:s user:a user:b user:c user:d end:e s>a a>b a>c b>d c>d d>e",
		.found = "tokens-can-meet d: s > a > c > b\n",
	},
	{
		.name = "inclusive split, exclusive join",
		.diagram = "start:s or:o user:a user:b xor:j user:c end:e s>o o>a?${x} o>b?${y} a>j b>j j>c c>e",
		.found = "tokens-can-meet c: s > o > a > j > b > j\n",
	},
	{
		.name = "a sub-process entered twice",
		.diagram = "start:s and:f user:a user:b xor:j sub:u{ start:i user:c end:k i>c c>k } end:e "
				   "s>f f>a f>b a>j b>j j>u u>e",
		.found = "tokens-can-meet u: s > f > a > j > i > b > j > i\n",
	},
	{
		.name = "two tokens on one flow of a join",
		.diagram = "start:s and:f user:a user:b user:w xor:x and:j end:e s>f f>a f>b f>w a>x b>x x>j w>j j>e",
		.found = "tokens-can-meet j: s > f > a > x > b > x\n",
	},
	/* never reached */
	{
		.name = "nothing throws what is caught",
		.diagram = "start:s sub:u{ start:i user:a end:k i>a a>k } end:e s>u u>e "
				   "error:x@u user:h end:eh x>h h>eh escalation:y@u end:ey y>ey",
		.found = "never-reached x: \n"
				 "never-reached y: \n",
	},
	{
		.name = "a worker, a script or a call may throw it",
		.diagram = "start:s service:a call:c end:e s>a a>c c>e error:x@a end:ex x>ex error:y@c end:ey y>ey "
				   "escalation:z@c end:ez z>ez",
	},
	{
		.name = "an error end event throws it",
		.diagram = "start:s sub:u{ start:i user:a xor:x end:k error-end:t i>a a>x x>k?${c} x>t! } end:e s>u u>e "
				   "error:b@u end:eb b>eb",
	},
	/* sound */
	{
		.name = "sequence, choice, parallel work, loop",
		.diagram = "start:s xor:again user:a and:f user:b user:c and:j xor:x end:e s>again again>a a>f f>b f>c b>j c>j "
				   "j>x x>again?${more} x>e!",
	},
	{
		.name = "inclusive split and join",
		.diagram = "start:s or:o user:a user:b user:c or:j end:e s>o o>a?${x} o>b?${y} o>c! a>j b>j c>j j>e",
	},
	{
		.name = "the same question twice",
		.diagram = "start:s xor:x1 user:a user:b user:both xor:x2 xor:m1 end:e "
				   "s>x1 x1>a?${paid} x1>b! a>m1 b>m1 m1>both both>x2 x2>e?${!paid} x2>e2! end:e2",
	},
	{
		.name = "correlated choices in parallel branches",
		.diagram = "start:s and:f xor:x1 xor:x2 user:a user:b end:ea end:eb and:j end:e s>f f>x1 f>x2 "
				   "x1>a?${big} x1>ea! x2>b?${big==true} x2>eb! a>j b>j j>e",
	},
	{
		.name = "conditions out of an activity that exclude one another",
		.diagram = "start:s user:a user:b user:c xor:j user:d end:e s>a a>b?${k=='x'} a>c?${k=='y'} b>j c>j j>d d>e",
	},
	{
		.name = "equations of one variable out of an inclusive gateway",
		.diagram = "start:s or:o user:b user:c xor:j user:d end:e s>o o>b?${k=='x'} o>c?${k=='y'} b>j c>j j>d d>e",
	},
	{
		.name = "comparisons of one variable in parallel branches",
		.diagram = "start:s and:f xor:x1 xor:x2 user:a user:b end:ea end:eb and:j end:e s>f f>x1 f>x2 "
				   "x1>a! x1>ea?${type=='letter'} x2>b! x2>eb?${type=='parcel'} a>j b>j j>e",
		.found = "join-can-wait j: s > f > x1 > x2 > ea > b\n",
	},
	{
		.name = "... of which only one is possible",
		.diagram = "start:s and:f xor:x1 xor:x2 user:a user:b end:ea end:eb and:j end:e s>f f>x1 f>x2 "
				   "x1>a?${n>=10} x1>ea! x2>b! x2>eb?${n<10} a>j b>j j>e",
	},
	{
		.name = "a range out of an inclusive gateway",
		.diagram = "start:s or:o user:b user:c xor:j user:d end:e s>o o>b?${n>=100} o>c?${n<50} o>j! b>j c>j j>d d>e",
	},
	{
		.name = "a question that is asked anew in a loop",
		.diagram = "start:s xor:m user:a xor:x xor:y end:e1 end:e2 s>m m>a a>x x>m?${k=='again'} x>y?${k=='go'} x>e1! "
				   "y>e2?${k=='go'} y>m!",
	},
	{
		.name = "an inclusive gateway that asks and denies",
		.diagram = "start:s or:o user:b user:c xor:j user:d end:e s>o o>b?${ok} o>c?${!ok} b>j c>j j>d d>e",
	},
	{
		.name = "a reminder beside the work",
		.diagram = "start:s user:a end:e s>a a>e timer:t@a~ user:remind t>remind remind>e2 end:e2",
	},
	{
		.name = "a reminder that joins by an exclusive gateway",
		.diagram = "start:s user:a xor:j user:b end:e s>a a>j timer:t@a~ t>j j>b b>e",
	},
	{
		.name = "a split in a loop: whoever splits there wants one more",
		.diagram = "start:s xor:m user:ask and:f user:work end:done xor:x end:e s>m m>ask ask>f f>work work>done f>x "
				   "x>m?${more} x>e!",
		.bounded = true,
	},
	{
		.name = "boundary events that interrupt",
		.diagram = "start:s service:a user:b xor:j end:e s>a a>j j>e error:x@a x>b b>j timer:t@b t>gone terminate:gone",
	},
	{
		.name = "a timer ends the wait",
		.diagram = "start:s sub:u{ start:i xor:x user:a user:b and:in end:k i>x x>a?${c} x>b! a>in b>in in>k } end:e "
				   "s>u u>e timer:t@u end:late t>late",
		.found = "never-reached k: \n"
				 "never-reached e: \n",
	},
	{
		.name = "several instances at one place",
		.diagram = "start:s user-twice:a sub-twice:u{ start:i user:b end:k i>b b>k } end:e s>a a>u u>e",
	},
	{
		.name = "two of three",
		.diagram = "start:s and:f user:a user:b user:c two-of:j user:d end:e s>f f>a f>b f>c a>j b>j c>j j>d d>e",
	},
	{
		.name = "two tokens that start one activity",
		.diagram = "start:s and:f user:a user:b user-joins:j end:e s>f f>a f>b a>j b>j j>e",
	},
	{
		.name = "an ad-hoc sub-process",
		.diagram = "start:s adhoc:h{ user:a user:b user:c a>c b>c } end:e s>h h>e",
	},
	{
		.name = "an event sub-process of each sort",
		.diagram = "event-sub:n{ start-message:m~ user:x end:k m>x x>k } event-sub:t{ start-timer:q end:kq q>kq } "
				   "start:s user:a end:e s>a a>e",
	},
	{
		.name = "a signal between two branches",
		.diagram = "start:s and:f user:a throw-signal:t signal:w and:j end:e s>f f>a a>t t>j f>w w>j j>e",
	},
	{
		.name = "an escalation that is thrown inside",
		.diagram = "start:s sub:u{ start:i user:a escalate:t end:k i>a a>t t>k } end:e s>u u>e "
				   "escalation:y@u~ user:h end:ey y>h h>ey",
	},
	{
		.name = "a process that events begin",
		.diagram = "start-message:s start-timer:t xor:m user:a end:e s>m t>m m>a a>e",
	},
	{
		.name = "waiting for a condition, a message, a timer",
		.diagram = "start:s condition:c receive:r timer:t end:e s>c c>r r>t t>e",
	},
	/* bounds */
	{
		.name = "a loop that never rests",
		.diagram = "start:s xor:m task:a s>m m>a a>m",
		.bounded = true,
	},
	{
		.name = "a loop that data ends",
		.diagram = "start:s xor:m task:a xor:x end:e s>m m>a a>x x>m?${again} x>e!",
	},
};

static void read_findings(const struct graph *graph, const struct exploration *found, struct buf *out)
{
	for (size_t i = 0; i < found->findings.len; i++) {
		const struct explore_finding *finding = &found->findings.items[i];
		buf_printf(out, "%.*s %.*s: ", STR_ARG(rule_row(finding->rule)->id), STR_ARG(graph->nodes[finding->node].id));
		for (size_t k = 0; k < finding->path_count; k++)
			buf_printf(out, "%s%.*s", k > 0 ? " > " : "", STR_ARG(graph->nodes[finding->path[k]].id));
		buf_add_char(out, '\n');
	}
	buf_add_char(out, '\0');
}

static struct bpmn_document *read_diagram(const char *line)
{
	struct err err = {0};
	struct buf xml;
	buf_init(&xml, SIZE_MAX);
	explore_diagram(&xml, line);
	struct bpmn_document *document =
		bpmn_read(buf_str(&xml), &(struct bpmn_options){.compile_expr = engine_compile_expr}, &err);
	for (size_t i = 0; document && document->has_errors && i < document->diagnostic_count; i++)
		print_message("%.*s\n", STR_ARG(document->diagnostics[i].message));
	if (!document || document->has_errors)
		print_message("%s\n%.*s\n", err.message, STR_ARG(buf_str(&xml)));
	assert_true(document && !document->has_errors);
	buf_free(&xml);
	return document;
}

static void test_case(void **state)
{
	const struct explore_case *one = *state;
	struct bpmn_document *document = read_diagram(one->diagram);
	struct arena *arena = arena_new();
	struct exploration found;
	struct buf text;
	int64_t work = EXPLORE_WORK_MAX;
	buf_init(&text, SIZE_MAX);
	explore_graph(document->graphs[0], arena, &work, &found);
	read_findings(document->graphs[0], &found, &text);
	assert_string_equal(text.ptr, one->found ? one->found : "");
	assert_int_equal(found.complete, !one->bounded);
	vec_free(&found.findings);
	buf_free(&text);
	arena_free(arena);
	bpmn_document_free(document);
}

/* So many branches that their states cannot be counted: nothing is said, and it ends soon. */
static void test_bounds(void **state)
{
	struct buf line;
	(void)state;
	buf_init(&line, SIZE_MAX);
	buf_add_c(&line, "start:s and:f and:j end:e s>f j>e user:never");
	for (int i = 0; i < 40; i++)
		buf_printf(&line, " user:a%d user:b%d f>a%d a%d>b%d b%d>j", i, i, i, i, i, i);
	buf_add_char(&line, '\0');
	const struct explore_case wide = {.diagram = line.ptr, .bounded = true};
	void *one = (void *)(uintptr_t)&wide;
	test_case(&one);
	buf_free(&line);
}

/* A diagnostic stands in its place among the others, and a long way is cut. */
static void test_diagnostic(void **state)
{
	struct bpmn_document *document = read_diagram("start:s user:a1 user:a2 user:a3 user:a4 user:a5 user:a6 user:a7 "
												  "user:a8 user:a9 xor:x and:j end:e s>a1 a1>a2 a2>a3 a3>a4 a4>a5 "
												  "a5>a6 a6>a7 a7>a8 a8>a9 a9>x x>j?${c} x>k! task:k k>j j>e");
	(void)state;
	explore_document(document);
	assert_int_equal(document->diagnostic_count, 2);
	const struct diagnostic *first = &document->diagnostics[0];
	assert_true(str_equal_c(first->rule, "join-can-wait") && str_equal_c(first->element_id, "j"));
	assert_int_equal(first->severity, DIAGNOSTIC_WARNING);
	assert_true(first->line > 0 && first->line < document->diagnostics[1].line && first->hint.len > 0);
	assert_true(str_equal_c(first->message,
		"parallelGateway 'j' can wait for ever, after s > a1 > ... > a3 > a4 > a5 > a6 > a7 > a8 > a9 > x"));
	assert_false(document->has_errors);
	bpmn_document_free(document);
}

int main(void)
{
	struct CMUnitTest tests[sizeof cases / sizeof *cases + 2];
	size_t count = 0;
	for (; count < sizeof cases / sizeof *cases; count++)
		tests[count] = (struct CMUnitTest){
			.name = cases[count].name,
			.test_func = test_case,
			.initial_state = (void *)(uintptr_t)&cases[count],
		};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_bounds);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_diagnostic);
	return _cmocka_run_group_tests("exploration", tests, count, NULL, NULL);
}
