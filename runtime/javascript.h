/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a script's child process: one script from standard input, its answer to standard output, in a sandbox.
 *
 *     in:  {"source": "...", "variables": {...}, "execution": {"businessKey": ..., ...}}      up to the end of input
 *     out: {"variables": {...}, "local": {...}, "result": ...}      what the script has set, and its last value
 *          {"error": "...", "line": N}                              line 0: none
 *
 * Both are ASCII or UTF-8 JSON; text in JavaScript is UTF-16, so the input has characters past U+FFFF as \u escapes.
 */
#ifndef RUNTIME_JAVASCRIPT_H
#define RUNTIME_JAVASCRIPT_H

#define JAVASCRIPT_MEMORY_BYTES (56u << 20) /* with 8 MiB of stack 64 */
#define JAVASCRIPT_NO_SANDBOX 3             /* exit status: nothing was run */

/* Never returns. */
void javascript_main(void) __attribute__((noreturn));

#endif
