/* SPDX-License-Identifier: Apache-2.0
 *
 * Data that goes into an activity and comes out of it: associations, mappings, listeners.
 */
#ifndef ENGINE_MAPPING_H
#define ENGINE_MAPPING_H

#include "engine/step.h"

/* The value of one assignment as JSON, seen from the token, into the step's scratch arena. *found false: it is a data
 * association whose source is not set and need not be. */
bool mapping_evaluate(struct step *step, int32_t slot, const struct graph_assignment *assignment, struct str *json,
	bool *found, struct err *err) __attribute__((warn_unused_result));
/* The name of a variable that the source reads and that is not set, seen from the token; ptr NULL: all are. */
struct str mapping_missing(const struct step *step, int32_t slot, const struct expr *source);
/* Inputs of the activity, in order: each sees those before it. Written to the token. State MAPPING_INPUTS afterwards:
 * it waits for a script, and they go on behind it when this is called again. */
bool mapping_inputs(struct step *step, int32_t slot, struct err *err) __attribute__((warn_unused_result));
/* Outputs: seen from the token, written outside of it. State MAPPING_OUTPUTS afterwards: it waits for a script. Called
 * again, it goes on with the first that is not done. */
bool mapping_outputs(struct step *step, int32_t slot, struct err *err) __attribute__((warn_unused_result));
/* End listeners, in order; called again, it goes on with the first that is not done. */
bool mapping_end_listeners(struct step *step, int32_t slot, struct err *err) __attribute__((warn_unused_result));
/* The token waits for the script of a mapping. */
static inline bool mapping_waits(const struct token *token)
{
	return token->state == TOKEN_MAPPING_INPUTS || token->state == TOKEN_MAPPING_OUTPUTS;
}
/* The place of that mapping among the inputs, or outputs. */
int32_t mapping_awaited(const struct token *token);
/* The script has yielded that: the value of the mapping. */
void mapping_take_value(struct step *step, int32_t slot, struct str json);
/* The script has failed with that message: which mapping it was, too. */
struct str mapping_failure(const struct step *step, int32_t slot, struct str message);
bool mapping_listeners(struct step *step, int32_t slot, const struct graph_exprs *listeners, struct err *err)
	__attribute__((warn_unused_result));
/* JSON object of the assignments' values, names as they come; all: before them every variable that the token sees. */
bool mapping_object(struct step *step, int32_t slot, const struct graph_assignments *assignments, bool all,
	struct buf *out, struct err *err) __attribute__((warn_unused_result));
/* Every variable that the token sees (GRAPH_NONE: the process's), inner before outer, each name once. */
void mapping_visible(struct step *step, int32_t slot, struct variables *out);

#endif
