/* SPDX-License-Identifier: Apache-2.0
 *
 * One word, one element: a table says which.
 */
#include "config.h"

#include "tests/unit/explore_diagram.h"

#include <stdio.h>
#include <stdlib.h>

/* What stands between the tags; a word with the element's attributes where it has some. */
struct word_row {
	const char *word;
	const char *element;
	const char *attributes;
	const char *content;
};

#define MESSAGE "<messageEventDefinition messageRef=\"msg\"/>"
#define SIGNAL "<signalEventDefinition signalRef=\"sig\"/>"
#define TIMER "<timerEventDefinition><timeDuration>PT1M</timeDuration></timerEventDefinition>"
#define TWICE \
	"<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"

static const struct word_row word_rows[] = {
	{"start", "startEvent", "", ""},
	{"start-message", "startEvent", "", MESSAGE},
	{"start-timer", "startEvent", "", TIMER},
	{"end", "endEvent", "", ""},
	{"terminate", "endEvent", "", "<terminateEventDefinition/>"},
	{"error-end", "endEvent", "", "<errorEventDefinition errorRef=\"err\"/>"},
	{"throw-signal", "intermediateThrowEvent", "", SIGNAL},
	{"escalate", "intermediateThrowEvent", "", "<escalationEventDefinition escalationRef=\"esc\"/>"},
	{"user", "userTask", " bpmnd:assignee=\"anna\"", ""},
	{"user-twice", "userTask", " bpmnd:assignee=\"anna\"", TWICE},
	{"user-joins", "userTask", " bpmnd:assignee=\"anna\" startQuantity=\"2\"", ""},
	{"service", "serviceTask", " bpmnd:type=\"work\"", ""},
	{"task", "task", "", ""},
	{"call", "callActivity", " calledElement=\"other\"", ""},
	{"receive", "receiveTask", " messageRef=\"msg\"", ""},
	{"and", "parallelGateway", "", ""},
	{"xor", "exclusiveGateway", "", ""},
	{"or", "inclusiveGateway", "", ""},
	{"first", "eventBasedGateway", "", ""},
	{"two-of", "complexGateway", "", "<activationCondition>${activationCount >= 2}</activationCondition>"},
	{"message", NULL, "", MESSAGE},
	{"signal", NULL, "", SIGNAL},
	{"timer", NULL, "", TIMER},
	{"error", NULL, "", "<errorEventDefinition errorRef=\"err\"/>"},
	{"escalation", NULL, "", "<escalationEventDefinition escalationRef=\"esc\"/>"},
	{"condition", NULL, "", "<conditionalEventDefinition><condition>${c}</condition></conditionalEventDefinition>"},
	{"sub", "subProcess", "", ""},
	{"sub-twice", "subProcess", "", TWICE},
	{"event-sub", "subProcess", " triggeredByEvent=\"true\"", ""},
	{"adhoc", "adHocSubProcess", "", ""},
};

static const struct word_row *word_find(struct str word)
{
	for (size_t i = 0; i < sizeof word_rows / sizeof *word_rows; i++)
		if (str_equal_c(word, word_rows[i].word))
			return &word_rows[i];
	fprintf(stderr, "no element %.*s\n", STR_ARG(word));
	abort();
}

static void word_split(struct str text, char at, struct str *before, struct str *behind)
{
	size_t place = str_find_char(text, at);
	*before = str_slice(text, 0, place);
	*behind = place < text.len ? str_slice(text, place + 1, text.len) : (struct str){0};
}

/* a>b!: the flow that the node takes when no other is. */
static void word_add_default(struct buf *xml, const char *line, struct str id)
{
	for (struct str rest = str_from_c(line); rest.len > 0;) {
		struct str word, source, target;
		word_split(rest, ' ', &word, &rest);
		word_split(word, '>', &source, &target);
		if (target.len > 0 && target.ptr[target.len - 1] == '!' && str_equal(source, id))
			buf_printf(xml, " default=\"%.*s-%.*s\"", STR_ARG(id), STR_ARG(str_slice(target, 0, target.len - 1)));
	}
}

/* kind:id, kind:id@host, kind:id@host~ */
static void word_add_node(struct buf *xml, const char *line, struct str word)
{
	struct str kind, rest, id, host;
	word_split(word, ':', &kind, &rest);
	word_split(rest, '@', &id, &host);
	const struct word_row *row = word_find(kind);
	bool opens = id.len > 0 && id.ptr[id.len - 1] == '{';
	bool keeps = word.ptr[word.len - 1] == '~';
	id = str_slice(id, 0, id.len - (opens || (keeps && !host.ptr)));
	host = str_slice(host, 0, host.len - (keeps && host.ptr));
	const char *element = row->element ? row->element : host.ptr ? "boundaryEvent" : "intermediateCatchEvent";
	buf_printf(xml, "<%s id=\"%.*s\"%s", element, STR_ARG(id), row->attributes);
	if (host.ptr)
		buf_printf(xml, " attachedToRef=\"%.*s\" cancelActivity=\"%s\"", STR_ARG(host), keeps ? "false" : "true");
	else if (keeps)
		buf_add_c(xml, " isInterrupting=\"false\"");
	word_add_default(xml, line, id);
	buf_printf(xml, opens ? ">%s\n" : ">%s</%s>\n", row->content, element);
}

/* a>b, a>b!, a>b?condition */
static void word_add_flow(struct buf *xml, struct str word)
{
	struct str flow, condition, source, target;
	word_split(word, '?', &flow, &condition);
	flow = str_slice(flow, 0, str_find_char(flow, '!'));
	word_split(flow, '>', &source, &target);
	buf_printf(xml, "<sequenceFlow id=\"%.*s-%.*s\" sourceRef=\"%.*s\" targetRef=\"%.*s\">", STR_ARG(source),
		STR_ARG(target), STR_ARG(source), STR_ARG(target));
	if (condition.ptr)
		buf_printf(xml, "<conditionExpression><![CDATA[%.*s]]></conditionExpression>", STR_ARG(condition));
	buf_add_c(xml, "</sequenceFlow>\n");
}

static void word_add(struct buf *xml, const char *line, struct str word, struct str *open)
{
	if (str_equal_c(word, "}")) {
		buf_printf(xml, "</%.*s>\n", STR_ARG(*open));
		*open = STR("subProcess");
	} else if (str_find_char(word, '>') < str_find_char(word, ':')) {
		word_add_flow(xml, word);
	} else {
		if (str_starts_with(word, STR("adhoc:")))
			*open = STR("adHocSubProcess");
		word_add_node(xml, line, word);
	}
}

void explore_diagram(struct buf *xml, const char *line)
{
	struct str open = STR("subProcess");
	buf_add_c(xml, "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
				   "xmlns:bpmnd=\"urn:bpmnd:model:1\">\n"
				   "<message id=\"msg\" name=\"m\"/><signal id=\"sig\" name=\"sig\"/>\n"
				   "<error id=\"err\" errorCode=\"E\"/><escalation id=\"esc\" escalationCode=\"E\"/>\n"
				   "<process id=\"p\" isExecutable=\"true\">\n");
	for (struct str rest = str_from_c(line); rest.len > 0;) {
		struct str word;
		word_split(rest, ' ', &word, &rest);
		if (word.len > 0)
			word_add(xml, line, word, &open);
	}
	buf_add_c(xml, "</process></definitions>\n");
}
