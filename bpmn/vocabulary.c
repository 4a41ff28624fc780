/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of BPMN's words, made from the lists. A scan is enough: str_equal looks at the length first, and the
 * frequent words stand at the top.
 */
#include "config.h"

#include "bpmn/vocabulary.h"

static const struct word words[] = {
#define X(constant, text) {.name = STR_INIT(text), .class = WORD_NODE, .kind = NODE_##constant},
#include "bpmn/node_kind.def" /* IWYU pragma: keep */
#undef X
#define X(constant, text) {.name = STR_INIT(text), .class = WORD_DEFINITION, .event = EVENT_##constant},
#include "bpmn/event_kind.def" /* IWYU pragma: keep */
#undef X
#define X(local, what) {.name = STR_INIT(#local), .class = WORD_##what},
#include "bpmn/vocabulary.def" /* IWYU pragma: keep */
#undef X
};

const struct word *word_find(struct str name)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (str_equal(words[i].name, name))
			return &words[i];
	}
	return NULL;
}

bool word_is_attribute(struct str name)
{
	static const struct str attributes[] = {
#define X(local) STR_INIT(#local),
#include "bpmn/attribute.def" /* IWYU pragma: keep */
#undef X
	};
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		if (str_equal(attributes[i], name))
			return true;
	}
	return false;
}
