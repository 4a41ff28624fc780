/* SPDX-License-Identifier: Apache-2.0
 *
 * The one place that asks the operating system for the time. engine/ and bpmn/ never include this file: they get
 * the time as an argument (the purity test holds them to it).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now(void);
/* Microseconds of a clock that never jumps; only differences mean something. */
int64_t clock_monotonic(void);

#endif
