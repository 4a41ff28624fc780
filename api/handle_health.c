/* SPDX-License-Identifier: Apache-2.0
 *
 * What machines ask about the server itself: does it live, may it have traffic, what has it done.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>

#include "api/call.h"
#include "base/json.h"

static void health_answer(struct call *call, bool good, const char *status, const char *durability)
{
	struct buf *body = call_buf(call);
	json_object_begin(body);
	json_member_c(body, "status", status);
	if (durability)
		json_member_c(body, "durability", durability);
	json_object_end(body);
	if (good)
		call_answer_json(call, 200, buf_str(body));
	else
		call_refuse(call, ERR_UNAVAILABLE, "%s", status);
}

void handle_get_health(struct call *call)
{
	health_answer(call, true, "ok", NULL);
}

/* Any worker may be the one that the next connection reaches: all must be ready. */
void handle_get_ready(struct call *call)
{
	const struct api_config *config = call->api->config;
	bool ready = worker_ready(call->api->worker);
	for (size_t i = 0; i < config->metrics_count; i++)
		ready = ready && atomic_load_explicit(&config->metrics[i]->database_ready, memory_order_relaxed) == 1;
	if (call->api->draining)
		health_answer(call, false, "draining", NULL);
	else
		health_answer(call, ready, ready ? "ready" : "not connected to the database", config->durability);
}

/* ---- Prometheus text format 0.0.4 ---- */

static void metrics_head(struct buf *body, const char *name, const char *help, const char *type)
{
	buf_printf(body, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static uint64_t metrics_load(const _Atomic uint64_t *value)
{
	return atomic_load_explicit(value, memory_order_relaxed);
}

/* unit: how many of what is counted make one of what is shown. */
static void metrics_histogram(struct buf *body, const char *name, const struct histogram *sum, double unit)
{
	uint64_t below = 0;
	for (int i = 0; i < METRIC_BUCKETS; i++) {
		below += metrics_load(&sum->buckets[i]);
		if (histogram_bound(i) == UINT64_MAX)
			buf_printf(body, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, below);
		else
			buf_printf(body, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, (double)histogram_bound(i) / unit, below);
	}
	buf_printf(body, "%s_sum %.6f\n%s_count %" PRIu64 "\n", name, (double)metrics_load(&sum->sum) / unit, name,
		metrics_load(&sum->count));
}

static void metrics_add_histogram(struct histogram *sum, const struct histogram *more)
{
	for (int i = 0; i < METRIC_BUCKETS; i++)
		metric_add(&sum->buckets[i], metrics_load(&more->buckets[i]));
	metric_add(&sum->sum, metrics_load(&more->sum));
	metric_add(&sum->count, metrics_load(&more->count));
}

static void metrics_sum(const struct api_config *config, struct metrics *sum)
{
	for (size_t i = 0; i < config->metrics_count; i++) {
		const struct metrics *more = config->metrics[i];
#define X(name, text, help) metric_add(&sum->name, metrics_load(&more->name));
		METRIC_COUNTERS(X)
		METRIC_GAUGES(X)
#undef X
#define X(name, text, help, unit) metrics_add_histogram(&sum->name, &more->name);
		METRIC_HISTOGRAMS(X)
#undef X
	}
}

void handle_get_metrics(struct call *call)
{
	struct metrics *sum = arena_new_object(call->arena, struct metrics);
	struct buf *body = call_buf(call);
	metrics_sum(call->api->config, sum);
#define X(name, text, help)                      \
	metrics_head(body, text, help, "counter"); \
	buf_printf(body, text " %" PRIu64 "\n", metrics_load(&sum->name));
	METRIC_COUNTERS(X)
#undef X
#define X(name, text, help)                    \
	metrics_head(body, text, help, "gauge"); \
	buf_printf(body, text " %" PRIu64 "\n", metrics_load(&sum->name));
	METRIC_GAUGES(X)
#undef X
#define X(name, text, help, unit)                    \
	metrics_head(body, text, help, "histogram"); \
	metrics_histogram(body, text, &sum->name, unit);
	METRIC_HISTOGRAMS(X)
#undef X
	call_answer_bytes(call, "text/plain; version=0.0.4; charset=utf-8", (struct str){0}, buf_str(body));
}
