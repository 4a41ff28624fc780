/* SPDX-License-Identifier: Apache-2.0
 *
 * Timer events (10.5.5.6): a date, a duration from now, or a cycle. A timer is a job of its token; a cycle keeps its interval as
 * text and counts its firings down. What came due while no node ran fires at once, each cycle once, in order.
 */
#include "config.h"

#include "engine/step.h"

#include "base/iso8601.h"

struct timer_plan {
	int64_t due;
	int64_t repeat;      /* firings after the first; -1 without end */
	struct str interval; /* empty: fires once */
};

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

static bool timer_plan_cycle(struct step *step, struct str text, struct timer_plan *plan, struct err *err)
{
	struct iso8601_cycle cycle;
	if (!iso8601_parse_cycle(text, &cycle, err))
		return false;
	plan->due = cycle.has_start ? cycle.start : iso8601_add(step->context->now, &cycle.interval, 1);
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
	plan->interval = arena_str(step->context->scratch, buf_str(&interval));
	buf_free(&interval);
	return true;
}

static bool timer_plan_make(
	struct step *step, int32_t slot, const struct graph_timer *timer, struct timer_plan *plan, struct err *err)
{
	struct str text;
	if (!step_evaluate_text(step, slot, timer->value, &text, err))
		return false;
	text = str_trim(text);
	if (text.len == 0)
		return err_set(err, ERR_EXPRESSION, "the timer's value is empty");
	if (timer->kind == TIMER_CYCLE)
		return timer_plan_cycle(step, text, plan, err);
	if (timer->kind == TIMER_DATE)
		return iso8601_parse_time(text, &plan->due, err);
	struct iso8601_duration duration;
	if (!iso8601_parse_duration(text, &duration, err))
		return false;
	plan->due = iso8601_add(step->context->now, &duration, 1);
	return true;
}

struct job *step_add_job(struct step *step, int32_t slot, int32_t node, enum job_kind kind)
{
	struct job *job = vec_push(&step->instance->jobs);
	job->id = step_take_id(step);
	job->token_id = slot == GRAPH_NONE ? 0 : step_token(step, slot)->id;
	job->node = node;
	job->kind = kind;
	job->due_at = step->context->now;
	job->retries = step->context->limits->job_retries;
	job->mark = ROW_NEW;
	return job;
}

bool timer_arm(struct step *step, int32_t slot, int32_t node, struct err *err)
{
	struct timer_plan plan = {0};
	if (!timer_plan_make(step, slot, &graph_event(step->graph, node)->timer, &plan, err))
		return false;
	struct job *job = step_add_job(step, slot, node, JOB_TIMER);
	job->due_at = plan.due;
	job->repeat = plan.repeat;
	instance_text_set(&job->cycle, plan.interval);
	return true;
}

bool timer_arm_boundaries(struct step *step, int32_t slot, struct err *err)
{
	const struct graph_links boundary = step_node(step, slot)->boundary;
	for (int32_t i = 0; i < boundary.count; i++) {
		int32_t node = step->graph->links[boundary.first + i];
		if (graph_has_event(step->graph, node, EVENT_TIMER) && !timer_arm(step, slot, node, err))
			return false;
	}
	return true;
}

bool timer_arm_event_sub_processes(struct step *step, int32_t slot, struct err *err)
{
	const struct graph *graph = step->graph;
	const struct graph_links inside =
		slot == GRAPH_NONE ? graph->event_sub_processes : step_node(step, slot)->event_sub_processes;
	for (int32_t i = 0; i < inside.count; i++) {
		int32_t start = graph->nodes[graph->links[inside.first + i]].start;
		if (graph_has_event(graph, start, EVENT_TIMER) && !timer_arm(step, slot, start, err)) {
			err_in(err, arena_str_c(step->context->arena, graph->nodes[start].id));
			return false;
		}
	}
	return true;
}

/* The next firing of a cycle, counted from when this one was due; false when this was the last. */
static bool timer_rearm(struct job *job)
{
	struct iso8601_duration interval;
	if (job->cycle.len == 0 || job->repeat == 0 || !iso8601_parse_duration(job->cycle, &interval, NULL))
		return false;
	job->due_at = iso8601_add(job->due_at, &interval, 1);
	if (job->repeat > 0)
		job->repeat--;
	if (job->mark == ROW_CLEAN)
		job->mark = ROW_CHANGED;
	return true;
}

static void timer_fire_boundary(struct step *step, struct job *job, int32_t host)
{
	const struct graph_node *event = &step->graph->nodes[job->node];
	token_create(step, job->node, step_token(step, host)->scope_id, GRAPH_NONE);
	if (event->interrupting)
		token_end(step, host, ACTIVITY_CANCELED, STR(""));
	else if (!timer_rearm(job))
		job_end(job);
}

/* The owner of the job is the scope: 0, the process. */
static void timer_fire_event_sub_process(struct step *step, struct job *job)
{
	int32_t start = job->node;
	int64_t scope_id = job->token_id;
	if (!step->graph->nodes[start].interrupting && !timer_rearm(job))
		job_end(job);
	scope_begin_event_sub_process(step, step->graph->nodes[start].scope, scope_id);
}

bool command_TIMER_FIRE(struct step *step, struct err *err)
{
	struct job *job = instance_job(step->instance, step->command->subject_id);
	if (!job || job->kind != JOB_TIMER)
		return err_set(err, ERR_GONE, "the timer is no longer there");
	if (step->instance->status == INSTANCE_SUSPENDED)
		return err_set(err, ERR_CONFLICT, "the instance is suspended");
	if (job->due_at > step->context->now)
		return err_set(err, ERR_CONFLICT, "the timer is not due");
	int32_t slot = token_slot(step, job->token_id);
	enum node_kind kind = step->graph->nodes[job->node].kind;
	if (kind == NODE_BOUNDARY_EVENT)
		timer_fire_boundary(step, job, slot);
	else if (kind == NODE_START_EVENT)
		timer_fire_event_sub_process(step, job);
	else
		step_leave(step, slot);
	return true;
}
