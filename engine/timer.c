/* SPDX-License-Identifier: Apache-2.0
 *
 * Timer events (10.5.5): a date, a duration from now, or a cycle. A timer is a job of its owner; a cycle keeps its
 * interval as text and counts its firings down. One of months keeps where it began too, "2026-01-31T08:00:00Z/P1M":
 * counted from the firing before, the 31st would become the 28th for good. What came due while no node ran fires at
 * once, each cycle once, in order.
 */
#include "config.h"

#include "engine/timer.h"

#include "base/iso8601.h"
#include "engine/event.h"

/* Firings after the first that are due by `end`. An interval is a second at least, which bounds the search. */
static int64_t timer_firings_until(int64_t end, int64_t first, const struct iso8601_duration *interval)
{
	int64_t few = 0, many = (end - first) / ISO8601_SECOND;
	while (few < many) {
		int64_t middle = many - (many - few) / 2;
		if (iso8601_add(first, interval, middle) <= end)
			few = middle;
		else
			many = middle - 1;
	}
	return few;
}

static bool timer_plan_cycle(
	struct str text, int64_t now, struct arena *arena, struct timer_plan *plan, struct err *err)
{
	struct iso8601_cycle cycle;
	if (!iso8601_parse_cycle(text, &cycle, err))
		return false;
	plan->due = cycle.has_start ? cycle.start : iso8601_add(now, &cycle.interval, 1);
	plan->anchor = cycle.interval.months != 0 ? (cycle.has_start ? cycle.start : now) : 0;
	plan->repeat = cycle.repetitions < 0 ? -1 : cycle.repetitions - 1;
	if (cycle.has_end && plan->due > cycle.end)
		return err_set(err, ERR_EXPRESSION, "the cycle \"%.*s\" ends before it begins", STR_ARG(text));
	if (cycle.has_end) {
		int64_t bound = timer_firings_until(cycle.end, plan->due, &cycle.interval);
		plan->repeat = plan->repeat < 0 || plan->repeat > bound ? bound : plan->repeat;
	}
	struct buf interval;
	buf_init(&interval, 128);
	iso8601_format_duration(&interval, &cycle.interval);
	plan->interval = arena_str(arena, buf_str(&interval));
	buf_free(&interval);
	return true;
}

bool timer_plan(
	enum timer_kind kind, struct str text, int64_t now, struct arena *arena, struct timer_plan *plan, struct err *err)
{
	struct iso8601_duration duration;
	text = str_trim(text);
	*plan = (struct timer_plan){0};
	if (text.len == 0)
		return err_set(err, ERR_EXPRESSION, "the timer's value is empty");
	if (kind == TIMER_CYCLE)
		return timer_plan_cycle(text, now, arena, plan, err);
	if (kind == TIMER_DATE)
		return iso8601_parse_time(text, &plan->due, err);
	if (!iso8601_parse_duration(text, &duration, err))
		return false;
	plan->due = iso8601_add(now, &duration, 1);
	return true;
}

struct job *step_add_job(struct step *step, int32_t slot, int32_t node, enum job_kind kind)
{
	struct job *job = vec_push(&step->instance->jobs);
	job->id = step_take_id(step);
	job->token_id = slot == GRAPH_NONE ? 0 : step_token(step, slot)->id;
	job->node = node;
	job->event = GRAPH_NONE;
	job->kind = kind;
	job->due_at = step->context->now;
	job->retries = step_limits(step, LIMIT_JOB_RETRIES)->job_retries;
	job->mark = ROW_NEW;
	return job;
}

static void timer_keep_cycle(struct job *job, const struct timer_plan *plan)
{
	struct buf cycle;
	buf_init(&cycle, 128);
	if (plan->anchor != 0) {
		iso8601_format_time(&cycle, plan->anchor);
		buf_add_char(&cycle, '/');
	}
	buf_add_str(&cycle, plan->interval);
	instance_text_set(&job->cycle, buf_str(&cycle));
	buf_free(&cycle);
}

bool timer_arm(struct step *step, int32_t slot, int32_t event, struct err *err)
{
	const struct graph_event *definition = &step->graph->events[event];
	struct timer_plan plan;
	struct str text;
	if (!step_evaluate_text(step, slot, definition->timer.value, &text, err))
		return false;
	if (!timer_plan(definition->timer.kind, text, step->context->now, step->context->scratch, &plan, err))
		return false;
	struct job *job = step_add_job(step, slot, definition->node, JOB_TIMER);
	job->event = event;
	job->due_at = plan.due;
	job->repeat = plan.repeat;
	timer_keep_cycle(job, &plan);
	return true;
}

static bool timer_next(const struct job *job, int64_t *due)
{
	struct iso8601_duration interval;
	size_t slash = str_find_char(job->cycle, '/');
	bool anchored = slash != STR_NONE;
	int64_t from = job->due_at;
	if (!iso8601_parse_duration(
			anchored ? str_slice(job->cycle, slash + 1, job->cycle.len) : job->cycle, &interval, NULL))
		return false;
	if (anchored && !iso8601_parse_time(str_slice(job->cycle, 0, slash), &from, NULL))
		return false;
	*due = iso8601_add(from, &interval, anchored ? timer_firings_until(job->due_at, from, &interval) + 1 : 1);
	return true;
}

bool timer_rearm(struct job *job)
{
	if (job->cycle.len == 0 || job->repeat == 0 || !timer_next(job, &job->due_at))
		return false;
	if (job->repeat > 0)
		job->repeat--;
	job_changed(job);
	return true;
}
