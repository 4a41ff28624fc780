/* SPDX-License-Identifier: Apache-2.0
 *
 * How choices are made. Flows of one node are not asked blindly: where one has to be taken and only one is left, it is;
 * where many could be taken together, only each alone and all of them are tried.
 */
#include "config.h"

#include "engine/oracle.h"

#include <stdlib.h>
#include <string.h>

#define ORACLE_CHOICES_MAX 64 /* in one run */
#define ORACLE_ASKED_MAX 3    /* of one flow in one run: more is a loop that nothing outside can end */
#define ORACLE_SUBSETS_MAX 4  /* conditions of one node whose subsets are all tried */

/* ---- questions ---- */

struct question_text {
	struct str text;
	struct str subject; /* ptr NULL: none */
	bool negated;
};

/* Without spaces, and without the ${} around all of it. */
static struct str question_strip(struct arena *arena, struct str source)
{
	char *text = arena_alloc(arena, source.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < source.len; i++)
		if ((unsigned char)source.ptr[i] > ' ')
			text[len++] = source.ptr[i];
	struct str stripped = {text, len};
	bool wrapped = len > 3 && (text[0] == '$' || text[0] == '#') && text[1] == '{' && text[len - 1] == '}';
	return wrapped ? str_slice(stripped, 2, len - 3) : stripped;
}

static size_t question_find(struct str text, const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i + len <= text.len; i++)
		if (memcmp(text.ptr + i, word, len) == 0)
			return i;
	return text.len;
}

static bool question_has_any(struct str text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr(characters, text.ptr[i]))
			return true;
	return false;
}

/* A comparison and the one that is true when it is not. */
static const struct {
	const char *word, *opposite;
} question_opposites[] = {{"!=", "=="}, {">=", "<"}, {"<=", ">"}};

static void question_turn(struct arena *arena, struct question_text *question)
{
	for (size_t i = 0; i < sizeof question_opposites / sizeof *question_opposites; i++) {
		size_t at = question_find(question->text, question_opposites[i].word);
		if (at == question->text.len)
			continue;
		question->text = arena_printf(arena, "%.*s%s%.*s", STR_ARG(str_slice(question->text, 0, at)),
			question_opposites[i].opposite, STR_ARG(str_slice(question->text, at + 2, question->text.len)));
		question->negated = !question->negated;
		return;
	}
}

/* `!a`, `a == false` and `a != true` ask for a; of what is made with && and || only the whole text counts. */
static struct question_text question_read(struct arena *arena, struct str source)
{
	struct question_text question = {.text = question_strip(arena, source)};
	if (question_has_any(question.text, "&|?"))
		return question;
	if (question.text.len > 1 && question.text.ptr[0] == '!' && !question_has_any(question.text, "=<>")) {
		question.text = str_slice(question.text, 1, question.text.len);
		question.negated = true;
	}
	question_turn(arena, &question);
	size_t equation = question_find(question.text, "==");
	struct str right = str_slice(question.text, equation + 2, question.text.len);
	if (equation == question.text.len)
		return question;
	question.subject = question.negated ? (struct str){0} : str_slice(question.text, 0, equation);
	if (str_equal_c(right, "true") || str_equal_c(right, "false")) {
		question.negated ^= str_equal_c(right, "false");
		question.text = str_slice(question.text, 0, equation);
		question.subject = (struct str){0};
	}
	return question;
}

struct question_builder {
	struct map first; /* text -> the first flow's question, by its number + 1 */
	struct map subjects;
	struct oracle_question *questions;
	int32_t beliefs;
	int32_t subject_count;
};

static void question_share(struct question_builder *builder, struct oracle_question *mine, struct str text)
{
	struct oracle_question *first = map_get(&builder->first, text);
	if (!first) {
		map_put(&builder->first, text, mine);
		return;
	}
	if (first->belief == GRAPH_NONE && builder->beliefs < ORACLE_BELIEFS_MAX)
		first->belief = builder->beliefs++;
	mine->belief = first->belief;
}

static int32_t question_subject(struct question_builder *builder, struct str subject)
{
	if (!subject.ptr)
		return GRAPH_NONE;
	uintptr_t number = (uintptr_t)map_get(&builder->subjects, subject);
	if (number == 0) {
		number = (uintptr_t)++builder->subject_count;
		map_put(&builder->subjects, subject, (void *)number);
	}
	return (int32_t)number;
}

void oracle_init(struct oracle *oracle, const struct graph *graph, struct arena *arena)
{
	struct question_builder builder = {
		.questions = arena_array(arena, (size_t)graph->flow_count, sizeof *builder.questions),
	};
	for (int32_t i = 0; i < graph->flow_count; i++) {
		struct oracle_question *mine = &builder.questions[i];
		*mine = (struct oracle_question){.belief = GRAPH_NONE, .subject = GRAPH_NONE};
		if (!graph->flows[i].condition)
			continue;
		struct question_text text = question_read(arena, expr_source(graph->flows[i].condition));
		mine->negated = text.negated;
		mine->subject = question_subject(&builder, text.subject);
		question_share(&builder, mine, text.text);
	}
	map_free(&builder.first);
	map_free(&builder.subjects);
	*oracle = (struct oracle){
		.graph = graph,
		.questions = builder.questions,
		.asked = arena_array(arena, (size_t)graph->flow_count, 1),
	};
}

void oracle_free(struct oracle *oracle)
{
	vec_free(&oracle->choices);
}

/* ---- choices ---- */

void oracle_begin(struct oracle *oracle, const struct belief *belief)
{
	oracle->next = 0;
	oracle->belief = *belief;
	oracle->cut = false;
	oracle->token_id = 0;
	if (oracle->graph->flow_count > 0)
		memset(oracle->asked, 0, (size_t)oracle->graph->flow_count);
}

bool oracle_advance(struct oracle *oracle)
{
	oracle->choices.len = oracle->next;
	while (oracle->choices.len > 0) {
		struct oracle_choice *last = &oracle->choices.items[oracle->choices.len - 1];
		if (++last->taken < last->count)
			return true;
		oracle->choices.len--;
	}
	return false;
}

static int32_t oracle_choose(struct oracle *oracle, int32_t count)
{
	if (oracle->next >= ORACLE_CHOICES_MAX) {
		oracle->cut = oracle->too_many = true;
		return 0;
	}
	if (oracle->next == oracle->choices.len)
		vec_add(&oracle->choices, ((struct oracle_choice){0, count}));
	return oracle->choices.items[oracle->next++].taken;
}

static bool oracle_choose_truth(struct oracle *oracle)
{
	return oracle_choose(oracle, 2) == 0;
}

/* ---- beliefs ---- */

static bool belief_contradicts(const struct belief *belief, int32_t number, bool truth)
{
	bool known = belief->known >> number & 1, believed = belief->truth >> number & 1;
	return known && believed != truth;
}

static void belief_take(struct belief *belief, const struct oracle_question *question, int32_t flow, bool truth)
{
	if (question->belief == GRAPH_NONE || belief->doubtful)
		return;
	uint32_t bit = UINT32_C(1) << question->belief;
	truth ^= question->negated;
	if (belief->asker[question->belief] != flow && belief_contradicts(belief, question->belief, truth)) {
		*belief = (struct belief){.doubtful = true};
		return;
	}
	if (!(belief->known & bit))
		belief->asker[question->belief] = flow;
	belief->known |= bit;
	belief->truth = truth ? belief->truth | bit : belief->truth & ~bit;
}

/* ---- flows ---- */

/* Which of a node's flows have conditions that are asked. */
struct oracle_flows {
	int32_t count;
	int32_t position; /* of the one that is asked now */
	int32_t flow;
	bool always; /* another one is taken anyway */
};

static struct oracle_flows oracle_flows(
	const struct graph *graph, const struct graph_node *node, const struct expr *expr)
{
	struct oracle_flows flows = {.flow = GRAPH_NONE, .always = node->default_flow != GRAPH_NONE};
	for (int32_t i = 0; i < node->outgoing.count; i++) {
		int32_t flow = graph->links[node->outgoing.first + i];
		const struct expr *condition = graph->flows[flow].condition;
		if (flow == node->default_flow)
			continue;
		flows.always |= !condition;
		if (condition == expr) {
			flows.flow = flow;
			flows.position = flows.count;
		}
		flows.count += condition != NULL;
	}
	return flows;
}

/* Pattern 0 is all of them, then each alone; none only where something else is taken. */
static void oracle_begin_leaving(
	struct oracle *oracle, const struct graph_node *node, const struct oracle_flows *flows, int64_t token_id)
{
	bool many = node->kind != NODE_EXCLUSIVE_GATEWAY && flows->count > ORACLE_SUBSETS_MAX;
	oracle->token_id = token_id;
	oracle->taken = 0;
	oracle->subject = GRAPH_NONE;
	oracle->pattern = many ? oracle_choose(oracle, flows->count + 1 + flows->always) : GRAPH_NONE;
}

static bool oracle_flow_is_taken(struct oracle *oracle, const struct oracle_flows *flows)
{
	if (oracle->pattern != GRAPH_NONE)
		return oracle->pattern == 0 || oracle->pattern == flows->position + 1;
	bool last = flows->position == flows->count - 1;
	return (last && oracle->taken == 0 && !flows->always) || oracle_choose_truth(oracle);
}

/* Two equations of one subject are hardly both true; of an activity's several flows one is usually meant. */
static void oracle_doubt(struct oracle *oracle, const struct graph_node *node, const struct oracle_question *question)
{
	if (question->subject != GRAPH_NONE && question->subject == oracle->subject)
		oracle->belief = (struct belief){.doubtful = true};
	if (oracle->taken > 1 && node->kind != NODE_INCLUSIVE_GATEWAY && node->kind != NODE_COMPLEX_GATEWAY)
		oracle->belief.spread = true;
	if (question->subject != GRAPH_NONE)
		oracle->subject = question->subject;
}

static bool oracle_decide_flow(struct oracle *oracle, const struct graph_node *node, const struct oracle_flows *flows)
{
	const struct oracle_question *question = &oracle->questions[flows->flow];
	bool taken = oracle_flow_is_taken(oracle, flows);
	oracle->taken += taken;
	if (taken)
		oracle_doubt(oracle, node, question);
	belief_take(&oracle->belief, question, flows->flow, taken);
	if (oracle->asked[flows->flow]++ >= ORACLE_ASKED_MAX)
		oracle->cut = true;
	return taken;
}

/* What a complex gateway asks is mostly its own count; where that cannot be told, it fires. */
static bool oracle_decide_activation(struct step *step, int32_t slot, const struct expr *expr)
{
	struct value value;
	struct err err = {0};
	return !step_evaluate(step, slot, expr, &value, &err) || value.kind != VALUE_BOOLEAN || value.boolean;
}

bool oracle_decide(struct step *step, int32_t slot, const struct expr *expr, bool *out, struct err *err)
{
	struct oracle *oracle = step->context->oracle;
	const struct graph_node *node = step_node(step, slot);
	struct oracle_flows flows = oracle_flows(step->graph, node, expr);
	if (expr == node->activation) {
		*out = oracle_decide_activation(step, slot, expr);
		return true;
	}
	if (flows.flow == GRAPH_NONE) {
		*out = oracle_choose_truth(oracle);
	} else {
		if (flows.position == 0)
			oracle_begin_leaving(oracle, node, &flows, step_token(step, slot)->id);
		*out = oracle_decide_flow(oracle, node, &flows);
	}
	return !oracle->cut || err_set(err, ERR_EXPRESSION, "this run is given up");
}
