/* SPDX-License-Identifier: Apache-2.0
 *
 * Histograms over bounds that grow fourfold: 1, 4, 16, ... up to 4^10, about a second in microseconds.
 */
#include "config.h"

#include "runtime/metrics.h"

uint64_t histogram_bound(int bucket)
{
	return bucket == METRIC_BUCKETS - 1 ? UINT64_MAX : UINT64_C(1) << (2 * bucket);
}

void histogram_observe(struct histogram *histogram, uint64_t value)
{
	int bucket = 0;
	while (value > histogram_bound(bucket))
		bucket++;
	metric_add(&histogram->buckets[bucket], 1);
	metric_add(&histogram->sum, value);
	metric_add(&histogram->count, 1);
}
