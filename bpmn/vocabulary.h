/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of BPMN 2.0: for each element name of the standard, what the reader does with it. One word, one class;
 * model.c has one function a class.
 */
#ifndef BPMN_VOCABULARY_H
#define BPMN_VOCABULARY_H

#include <stdbool.h>

#include "base/str.h"
#include "bpmn/graph.h"

enum word_class {
	WORD_DETAIL,  /* read by its parent */
	WORD_DRAWING, /* no meaning for a run; nothing below it is looked at */
	WORD_PROCESS,
	WORD_LANE,
	WORD_LANE_MEMBER,
	WORD_PARTICIPANT,
	WORD_FLOW,
	WORD_CONDITION,
	WORD_INCOMING,
	WORD_OUTGOING,
	WORD_NODE,       /* a flow node that the engine runs: word.kind */
	WORD_DEFINITION, /* an event definition that the engine runs: word.event */
	WORD_DEFINITION_REFERENCE,
	WORD_PART, /* of an activity or an event, or data: stands where place.c says */
	WORD_GLOBAL_TASK,
	WORD_ASSOCIATION,
	WORD_REFUSED, /* a part that the engine cannot honour yet */
	WORD_REFUSED_NODE,
	WORD_CLASS_COUNT
};

struct word {
	struct str name;
	enum word_class class;
	enum node_kind kind;   /* WORD_NODE */
	enum event_kind event; /* WORD_DEFINITION */
};

/* The word, or NULL when BPMN 2.0 has no element of that name. */
const struct word *word_find(struct str name);
/* Whether a flow element of BPMN 2.0 may have an attribute of that name. */
bool word_is_attribute(struct str name);

#endif
