/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts of durations on a scale that is even within each power of two: any value is kept to less than 1 % with a fixed
 * amount of memory and no sorting.
 */
#ifndef TESTS_BENCH_HISTOGRAM_H
#define TESTS_BENCH_HISTOGRAM_H

#include <stdint.h>

struct histogram;

struct histogram *histogram_new(void) __attribute__((returns_nonnull, warn_unused_result));
void histogram_add(struct histogram *histogram, uint64_t value);
uint64_t histogram_count(const struct histogram *histogram);
/* The value that the share of all counted ones (0 .. 1) does not exceed; 0 where nothing was counted. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
