/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of BPMN's words, made from the two lists. A scan is enough: str_equal looks at the length first, and the
 * frequent words stand at the top.
 */
#include "config.h"

#include "bpmn/vocabulary.h"

static const struct word words[] = {
#define X(constant, text) {.name = STR_INIT(text), .class = WORD_NODE, .kind = NODE_##constant},
#include "bpmn/node_kind.def" /* IWYU pragma: keep */
#undef X
#define X(local, what) {.name = STR_INIT(#local), .class = WORD_##what, .kind = NODE_KIND_COUNT},
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
