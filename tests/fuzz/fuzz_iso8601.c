/* SPDX-License-Identifier: Apache-2.0
 *
 * Times, durations and cycles: what is taken is formatted and taken again as the same; adding never leaves the years
 * 1 to 9999.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/iso8601.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_time(struct str text)
{
	int64_t time, again;
	struct buf buf;
	if (!iso8601_parse_time(text, &time, NULL))
		return;
	buf_init(&buf, 100);
	iso8601_format_time(&buf, time);
	if (!iso8601_parse_time(buf_str(&buf), &again, NULL) || again != time)
		abort();
	buf_free(&buf);
}

static void fuzz_duration(struct str text)
{
	struct iso8601_duration duration, again;
	struct buf buf;
	if (!iso8601_parse_duration(text, &duration, NULL))
		return;
	buf_init(&buf, 100);
	iso8601_format_duration(&buf, &duration);
	if (!iso8601_parse_duration(buf_str(&buf), &again, NULL) || again.months != duration.months ||
		again.micros != duration.micros)
		abort();
	buf_clear(&buf);
	iso8601_format_time(&buf, iso8601_add(0, &duration, (int64_t)text.len - 8));
	int64_t sum;
	if (!iso8601_parse_time(buf_str(&buf), &sum, NULL))
		abort();
	buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct iso8601_cycle cycle;
	fuzz_time(text);
	fuzz_duration(text);
	if (iso8601_parse_cycle(text, &cycle, NULL) && iso8601_duration_micros(&cycle.interval) < ISO8601_SECOND)
		abort();
	return 0;
}
