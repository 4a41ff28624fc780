/* SPDX-License-Identifier: Apache-2.0
 *
 * What a batch adds to the worker's metrics.
 */
#include "config.h"

#include "runtime/batch.h"

#include "base/clock.h"

static void batch_count_steps(struct metrics *metrics, const struct effects *effects)
{
	size_t started = 0, completed = 0, failed = 0;
	for (size_t i = 0; i < effects->steps.len; i++) {
		int16_t command = effects->steps.items[i].command;
		started += command == COMMAND_START;
		completed += command == COMMAND_JOB_COMPLETE;
		failed += command == COMMAND_JOB_FAIL;
	}
	metric_add(&metrics->instances_started, started);
	metric_add(&metrics->jobs_completed, completed);
	metric_add(&metrics->jobs_failed, failed);
}

static void batch_count_ends(struct metrics *metrics, const struct effects *effects)
{
	size_t ends[INSTANCE_CANCELED + 1] = {0};
	for (size_t i = 0; i < effects->ended_instances.len; i++)
		ends[effects->ended_instances.items[i]->status]++;
	metric_add(&metrics->instances_ended, effects->ended_instances.len);
	metric_add(&metrics->instances_completed, ends[INSTANCE_COMPLETED]);
	metric_add(&metrics->instances_terminated, ends[INSTANCE_TERMINATED]);
	metric_add(&metrics->instances_failed, ends[INSTANCE_FAILED]);
	metric_add(&metrics->instances_canceled, ends[INSTANCE_CANCELED]);
}

void batch_count_effects(struct worker *worker)
{
	const struct effects *effects = &worker->batch.effects;
	struct metrics *metrics = &worker->metrics;
	batch_count_steps(metrics, effects);
	batch_count_ends(metrics, effects);
	metric_add(&metrics->activities_ended, effects->activities.len);
	metric_add(&metrics->tasks_created, effects->new_tasks.len);
	metric_add(&metrics->tasks_ended, effects->ended_tasks.len);
	metric_add(&metrics->jobs_created, effects->new_jobs.len);
	metric_add(&metrics->incidents_created, effects->new_incidents.len);
	metric_add(&metrics->timers_fired, worker->batch.timer_items.len + worker->batch.errand.starts.len);
	metric_add(&metrics->messages_correlated, worker->batch.correlated);
	if (worker->batch.errand.kind == ERRAND_BROADCAST)
		metric_add(&metrics->signals_delivered, worker->batch.errand.taken);
}

void batch_count(struct worker *worker)
{
	struct metrics *metrics = &worker->metrics;
	metric_add(&metrics->batches, 1);
	histogram_observe(&metrics->batch_size, worker->batch.works.len);
	histogram_observe(&metrics->commit_time, (uint64_t)(clock_monotonic() - worker->batch.began));
}
