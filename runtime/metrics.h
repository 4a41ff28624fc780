/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters of one worker thread: written by it, read by whoever renders /metrics (relaxed atomics). Closed sets only:
 * no label ever comes from a URL, a tenant or a model.
 */
#ifndef RUNTIME_METRICS_H
#define RUNTIME_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

/* X(name, "prometheus name", "help") */
#define METRIC_COUNTERS(X) \
	X(instances_started, "bpmnd_instances_started_total", "Process instances started") \
	X(instances_ended, "bpmnd_instances_ended_total", "Process instances ended, in any way") \
	X(instances_completed, "bpmnd_instances_completed_total", "Process instances that came to their end") \
	X(instances_terminated, "bpmnd_instances_terminated_total", "Process instances ended by a terminate end event") \
	X(instances_failed, "bpmnd_instances_failed_total", "Process instances ended by an error that nothing caught") \
	X(instances_canceled, "bpmnd_instances_canceled_total", "Process instances canceled by somebody") \
	X(activities_ended, "bpmnd_activities_ended_total", "Activities, events and gateways passed") \
	X(tasks_created, "bpmnd_tasks_created_total", "User tasks created") \
	X(tasks_ended, "bpmnd_tasks_ended_total", "User tasks completed or canceled") \
	X(jobs_created, "bpmnd_jobs_created_total", "Jobs and timers created") \
	X(jobs_activated, "bpmnd_jobs_activated_total", "Jobs handed to workers") \
	X(jobs_completed, "bpmnd_jobs_completed_total", "Jobs completed by workers") \
	X(jobs_failed, "bpmnd_jobs_failed_total", "Failures of jobs reported by workers") \
	X(timers_fired, "bpmnd_timers_fired_total", "Timers fired") \
	X(messages_correlated, "bpmnd_messages_correlated_total", "Messages taken by an instance, or that started one") \
	X(signals_delivered, "bpmnd_signals_delivered_total", \
		"Trees that a signal of another tree or of a request was brought to") \
	X(incidents_created, "bpmnd_incidents_created_total", "Incidents opened") \
	X(commands, "bpmnd_commands_total", "Commands stepped") \
	X(commands_refused, "bpmnd_commands_refused_total", "Commands refused by the engine") \
	X(batches, "bpmnd_batches_total", "Transactions of the commit loop") \
	X(batches_failed, "bpmnd_batches_failed_total", "Transactions that were rolled back") \
	X(cache_hits, "bpmnd_cache_hits_total", "Trees found in memory") \
	X(cache_misses, "bpmnd_cache_misses_total", "Trees loaded from the database") \
	X(answers_replayed, "bpmnd_answers_replayed_total", "Requests answered from the idempotency table") \
	X(overloaded, "bpmnd_overloaded_total", "Requests refused because the queue was full") \
	X(http_2xx, "bpmnd_http_responses_2xx_total", "Answers by class") \
	X(http_4xx, "bpmnd_http_responses_4xx_total", "Answers by class") \
	X(http_5xx, "bpmnd_http_responses_5xx_total", "Answers by class")

#define METRIC_GAUGES(X) \
	X(queue, "bpmnd_queue", "Work waiting for the next batch") \
	X(cached_instances, "bpmnd_cached_instances", "Trees in memory") \
	X(database_ready, "bpmnd_database_ready", "1 while the worker is connected") \
	X(long_polls, "bpmnd_long_polls", "Workers waiting for jobs")

/* Upper bounds; the last bucket is +Inf. Times in microseconds. */
#define METRIC_BUCKETS 12
#define METRIC_HISTOGRAMS(X) \
	X(batch_size, "bpmnd_batch_size", "Work items in a transaction", 1) \
	X(commit_time, "bpmnd_commit_seconds", "From BEGIN sent to COMMIT returned", 1000000) \
	X(request_time, "bpmnd_http_request_seconds", "From the head of a request to its answer", 1000000)

struct histogram {
	_Atomic uint64_t buckets[METRIC_BUCKETS];
	_Atomic uint64_t sum;
	_Atomic uint64_t count;
};

struct metrics {
#define X(name, text, help) _Atomic uint64_t name;
	METRIC_COUNTERS(X)
	METRIC_GAUGES(X)
#undef X
#define X(name, text, help, unit) struct histogram name;
	METRIC_HISTOGRAMS(X)
#undef X
};

static inline void metric_add(_Atomic uint64_t *metric, uint64_t n)
{
	/* one writer: a plain load and store is enough, and cheaper than a locked add */
	atomic_store_explicit(metric, atomic_load_explicit(metric, memory_order_relaxed) + n, memory_order_relaxed);
}
static inline void metric_set(_Atomic uint64_t *metric, uint64_t n)
{
	atomic_store_explicit(metric, n, memory_order_relaxed);
}
/* Counts a value: an item count, or microseconds. */
void histogram_observe(struct histogram *histogram, uint64_t value);
/* Upper bound of a bucket; UINT64_MAX for the last. */
uint64_t histogram_bound(int bucket);

#endif
