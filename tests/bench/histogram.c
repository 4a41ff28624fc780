/* SPDX-License-Identifier: Apache-2.0
 *
 * A value below 2 * STEPS is its own slot; above, its highest bits name the slot: the power of two, then STEPS steps in
 * it.
 */
#include "config.h"

#include "tests/bench/histogram.h"

#include <stddef.h>

#include "base/alloc.h"

#define HISTOGRAM_STEP_BITS 7
#define HISTOGRAM_STEPS ((uint64_t)1 << HISTOGRAM_STEP_BITS)
#define HISTOGRAM_SLOTS ((64 - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS)

struct histogram {
	uint64_t count;
	uint64_t slots[HISTOGRAM_SLOTS];
};

static uint64_t histogram_shift(uint64_t value)
{
	return value < HISTOGRAM_STEPS ? 0 : (uint64_t)(63 - __builtin_clzll(value)) - HISTOGRAM_STEP_BITS;
}

static size_t histogram_slot(uint64_t value)
{
	uint64_t shift = histogram_shift(value);
	return (size_t)(shift * HISTOGRAM_STEPS + (value >> shift));
}

/* The largest value of a slot. */
static uint64_t histogram_value(uint64_t slot)
{
	if (slot < 2 * HISTOGRAM_STEPS)
		return slot;
	uint64_t shift = slot / HISTOGRAM_STEPS - 1;
	return ((slot - shift * HISTOGRAM_STEPS + 1) << shift) - 1;
}

struct histogram *histogram_new(void)
{
	return alloc_new(struct histogram);
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->slots[histogram_slot(value)]++;
}

uint64_t histogram_count(const struct histogram *histogram)
{
	return histogram->count;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
	uint64_t rank = (uint64_t)(share * (double)histogram->count);
	uint64_t seen = 0;
	if (histogram->count == 0)
		return 0;
	if (rank >= histogram->count)
		rank = histogram->count - 1;
	for (uint64_t slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
		seen += histogram->slots[slot];
		if (seen > rank)
			return histogram_value(slot);
	}
	return 0;
}
