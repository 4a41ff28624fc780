/* SPDX-License-Identifier: Apache-2.0
 *
 * A cage for the present process: afterwards it can compute, read and write what it has open, tell the time, and end.
 */
#ifndef RUNTIME_SANDBOX_H
#define RUNTIME_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#define SANDBOX_CPU_SECONDS 1

/* Zeroed memory, to be taken before the cage is shut: no more can be had inside. NULL: there is none. */
void *sandbox_memory(size_t size);
/* Shuts it. Only standard input and output stay open. False: the system does not let it; nothing foreign may run
 * then. */
bool sandbox_enter(void) __attribute__((warn_unused_result));
/* Ends the process: what is registered with exit() could ask for more than is allowed. */
void sandbox_exit(int status) __attribute__((noreturn));

#endif
