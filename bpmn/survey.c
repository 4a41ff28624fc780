/* SPDX-License-Identifier: Apache-2.0
 *
 * What a file consists of, for those who have many of them: each element of BPMN and each word of a vendor with what
 * becomes of it here. Nothing is judged: what the passes found out is told.
 */
#include "config.h"

#include <stdlib.h>

#include "bpmn/compile.h"

typedef VEC(struct bpmn_word) survey_words;

/* Elements that somebody who runs processes would count; flows' ends, conditions and the like go with them. */
static bool survey_counts(const struct element *element)
{
	static const bool counted[WORD_CLASS_COUNT] = {
		[WORD_PROCESS] = true,
		[WORD_LANE] = true,
		[WORD_PARTICIPANT] = true,
		[WORD_FLOW] = true,
		[WORD_NODE] = true,
		[WORD_DEFINITION] = true,
		[WORD_GLOBAL_TASK] = true,
		[WORD_REFUSED] = true,
		[WORD_REFUSED_NODE] = true,
	};
	static const char *const parts[] = {"standardLoopCharacteristics", "multiInstanceLoopCharacteristics", "dataObject",
		"dataObjectReference", "dataStoreReference"};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (element_is_part(element, parts[i]))
			return true;
	}
	return !element->word || counted[element->word->class];
}

static enum bpmn_fate survey_element_fate(const struct element *element)
{
	bool refused = !element->word || element->word->class == WORD_REFUSED || element->word->class == WORD_REFUSED_NODE;
	bool drawn = element->word && (element->word->class == WORD_LANE || element->word->class == WORD_PARTICIPANT);
	return refused ? BPMN_REFUSED : drawn ? BPMN_NOT_READ : BPMN_RUNS;
}

static void survey_add(struct model *model, survey_words *words, const struct element *at, struct str name, bool vendor,
	enum bpmn_fate fate)
{
	vec_add(words, ((struct bpmn_word){
					   .name = arena_str(model->keep, name),
					   .vendor = vendor,
					   .fate = fate,
					   .line = at->line,
					   .column = at->column,
				   }));
}

/* What stands in an extension shares its fate. */
static enum bpmn_fate survey_extension_fate(const struct element *element)
{
	if (element->foreign)
		return BPMN_NO_EFFECT;
	while (element->parent->extension)
		element = element->parent;
	return extension_element_fate(element->parent->parent, element);
}

/* XML's own prefixes are nobody's words. */
static void survey_attribute(
	struct model *model, survey_words *words, const struct element *element, const struct attribute *attribute)
{
	bool own = attribute->space == SPACE_NONE || attribute->space == SPACE_BPMN || attribute->space == SPACE_BPMND;
	if (own || str_equal(attribute->prefix, STR("xml")) || str_equal(attribute->prefix, STR("xsi")))
		return;
	struct str name = arena_printf(model->arena, "%.*s:%.*s", STR_ARG(attribute->prefix), STR_ARG(attribute->name));
	survey_add(model, words, element, name, true, extension_attribute_fate(element, attribute));
}

/* What stands in a decoration is a vendor's own business. */
static void survey_extension(struct model *model, survey_words *words, const struct element *element)
{
	bool own = element->space == SPACE_BPMN || element->space == SPACE_BPMND;
	enum bpmn_fate fate = survey_extension_fate(element);
	if (!own && (fate != BPMN_NOT_READ || !element->parent->extension))
		survey_add(model, words, element, model_written_name(model, element), true, fate);
}

static void survey_element(struct model *model, survey_words *words, const struct element *element)
{
	if (element->extension) {
		survey_extension(model, words, element);
		return;
	}
	bool closed = element->parent && element->parent->closed;
	if (!closed && survey_counts(element))
		survey_add(model, words, element, element->name, false, survey_element_fate(element));
	for (size_t i = 0; i < element->attribute_count; i++)
		survey_attribute(model, words, element, &element->attributes[i]);
}

void model_survey(struct model *model, struct bpmn_document *document)
{
	survey_words words = {0};
	for (const struct element *element = model->root; element; element = element->next)
		survey_element(model, &words, element);
	document->words = arena_copy(model->keep, words.items, words.len * sizeof *words.items);
	document->word_count = words.len;
	vec_free(&words);
}
