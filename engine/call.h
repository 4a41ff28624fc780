/* SPDX-License-Identifier: Apache-2.0
 *
 * Call activities (10.3.6, 13.3.4): the called process is an instance of its own below the caller's, stepped with it.
 */
#ifndef ENGINE_CALL_H
#define ENGINE_CALL_H

#include "engine/step.h"

#define CALL_DEPTH_MAX 100

/* The present instance has come to its end by itself: its caller takes its results and goes on. Nothing for a root. */
void call_return(struct step *step);
/* It was canceled by a call: its caller stands with an incident, whose retry calls anew. */
void call_canceled(struct step *step);
/* An error nobody has caught in the present, ended instance: thrown at the call activity. */
void call_throw(struct step *step, const struct thrown *error);
/* An escalation that nobody has caught in the present instance: looked for at the call activity and around it. False:
 * the instance has ended by that. */
bool call_escalate(struct step *step, const struct thrown *escalation);
/* The call activity ends before its instance does: that is canceled. */
void call_end(struct step *step, const struct token *token);

/* ---- call_result.c ---- */

/* The results of the ended instance are written to the call activity's token and around it; all, or none with err. */
bool call_take_results(struct step *step, int32_t slot, struct instance *ended, struct err *err);
/* They could not be taken: what their mappings have seen stays with the token. */
void call_keep(struct step *step, int32_t slot, const struct instance *ended);
bool call_has_kept(const struct step *step, int32_t slot);
/* A retry takes them again: variables that the command brings replace those of the called instance where it has them,
 * and are the caller's where not. */
void call_take_again(struct step *step, int32_t slot);

#endif
