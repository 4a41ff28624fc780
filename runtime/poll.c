/* SPDX-License-Identifier: Apache-2.0
 *
 * Long polls: activations that found no job wait here, outside the queue, until a commit of this process made jobs, or
 * a tick has passed (jobs of other nodes, retries that became due), or their time is up.
 */
#include "config.h"

#include <sys/eventfd.h>

#include "base/clock.h"
#include "runtime/worker.h"

/* The server's own work is taken for all tenants. */
static bool poll_is_own(struct str type)
{
	return str_starts_with(type, STR(JOB_TYPE_RESERVED));
}

static void poll_count(struct worker *worker)
{
	uint64_t wanted = 0, clients = 0;
	for (const struct work *work = worker->waiting.first; work; work = work->next) {
		wanted |= poll_bit(work->activate.ask.tenant, work->activate.ask.type);
		clients += !poll_is_own(work->activate.ask.type);
	}
	atomic_store_explicit(&worker->wanted, wanted, memory_order_relaxed);
	metric_set(&worker->metrics.long_polls, clients);
}

bool poll_wait(struct worker *worker, struct work *work)
{
	if (worker->draining || work->aborted || clock_monotonic() >= work->activate.wait_until)
		return false;
	work->asked = false;
	work_queue_add(&worker->waiting, work);
	poll_count(worker);
	return true;
}

uint64_t poll_bit(struct str tenant, struct str type)
{
	if (poll_is_own(type))
		tenant = (struct str){0};
	return UINT64_C(1) << ((str_hash(type) ^ (tenant.len > 0 ? str_hash(tenant) : 0)) & 63);
}

void poll_wake(struct worker *worker, uint64_t made)
{
	int64_t now = clock_monotonic();
	struct work_queue waiting = worker->waiting;
	worker->waiting = (struct work_queue){0};
	for (struct work *work; (work = work_queue_take(&waiting));) {
		bool over = worker->draining || work->aborted || now >= work->activate.wait_until;
		bool wanted = (made & poll_bit(work->activate.ask.tenant, work->activate.ask.type)) != 0;
		work_queue_add(wanted || over ? &worker->queue : &worker->waiting, work);
	}
	poll_count(worker);
	if (worker->queue.len > 0)
		worker_kick(worker);
}

void poll_ring(struct worker *worker, uint64_t made)
{
	struct runtime *runtime = worker->runtime;
	if (worker->waiting.len > 0)
		poll_wake(worker, made);
	pthread_mutex_lock(&runtime->mutex);
	for (size_t i = 0; i < runtime->worker_count; i++) {
		struct worker *other = runtime->workers[i];
		if (other == worker || !(atomic_load_explicit(&other->wanted, memory_order_relaxed) & made))
			continue;
		atomic_fetch_or_explicit(&other->rung, made, memory_order_relaxed);
		eventfd_write(other->doorbell_fd, 1);
	}
	pthread_mutex_unlock(&runtime->mutex);
}
