/* SPDX-License-Identifier: Apache-2.0
 *
 * Changing by hand where an instance stands: tokens are canceled, others begin before or behind an element.
 */
#ifndef ENGINE_MODIFY_H
#define ENGINE_MODIFY_H

#include "engine/engine.h"

enum modification_kind { MODIFY_CANCEL, MODIFY_START_BEFORE, MODIFY_START_AFTER };
/* "cancel", "startBefore", "startAfter"; false where it is none of them. */
bool modification_kind_parse(struct str name, enum modification_kind *out);

struct modification {
	enum modification_kind kind;
	struct str element_id;
	int64_t token_id; /* CANCEL: that one, also one instance of a loop; 0: all that stand at the element */
	int64_t
		scope_id; /* START_*: the scope to begin in, where several are open; 0: the only one, opened where none is */
	const struct command_variable *variables; /* START_*: local to what begins */
	size_t variable_count;
};

#endif
