/* SPDX-License-Identifier: Apache-2.0
 *
 * The server: N workers, each an event loop on a thread of its own with listener, database connections, batch and
 * cache.
 */
#ifndef API_SERVE_H
#define API_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct settings;

/* Serves until SIGTERM or SIGINT, then drains. on_ready (may be NULL) is called once, from the main thread, when every
 * worker is ready, with the port. Returns the process's exit status; start-up errors are in err and the status is 1. */
int serve_run(
	const struct settings *settings, void (*on_ready)(void *context, uint16_t port), void *context, struct err *err);

#endif
