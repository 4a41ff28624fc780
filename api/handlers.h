/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers of routes.def: handle_<operation>. Each leads to exactly one answer of its call, now or later.
 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

struct call;

#define X(method, path, operation, roles, flags, queries) void handle_##operation(struct call *call);
#include "api/routes.def" /* IWYU pragma: keep */
#undef X

#endif
