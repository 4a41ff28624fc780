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
/* An escalation that nobody has caught in the present instance: looked for at the call activity and around it. False: the
 * instance has ended by that. */
bool call_escalate(struct step *step, const struct thrown *escalation);
/* The call activity ends before its instance does: that is canceled. */
void call_end(struct step *step, const struct token *token);

#endif
