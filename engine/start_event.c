/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process waits for before any instance of it runs. Its names and times are expressions like any other, but
 * there are no variables yet.
 */
#include "config.h"

#include "engine/start_event.h"

#include "base/buf.h"
#include "engine/event.h"
#include "engine/timer.h"

struct start_event_reader {
	const struct graph *graph;
	int64_t now;
	struct arena *arena;
};

static bool start_event_text(
	const struct start_event_reader *reader, const struct expr *expr, struct str *out, struct err *err)
{
	const struct expr_env env = {.arena = reader->arena, .now = reader->now};
	struct value value;
	struct buf text;
	if (!expr_evaluate(expr, &env, &value, err))
		return false;
	buf_init(&text, EXPR_LENGTH_MAX);
	bool good = value_to_text(&text, &value, err);
	if (good && text.overflow)
		good = err_set(err, ERR_EXPRESSION, "text is too long");
	*out = good ? arena_str(reader->arena, buf_str(&text)) : STR("");
	buf_free(&text);
	return good;
}

static bool start_event_read_name(const struct start_event_reader *reader, const struct graph_event *event,
	struct start_event_row *row, struct err *err)
{
	if (!start_event_text(reader, event->name, &row->name, err))
		return false;
	if (row->name.len == 0)
		return err_set(err, ERR_EXPRESSION, "the name is empty");
	return row->name.len <= EVENT_NAME_MAX ||
	       err_set(err, ERR_EXPRESSION, "the name is longer than %d bytes", EVENT_NAME_MAX);
}

static bool start_event_read_timer(const struct start_event_reader *reader, const struct graph_event *event,
	struct start_event_row *row, struct err *err)
{
	struct str text;
	struct timer_plan plan;
	if (!start_event_text(reader, event->timer.value, &text, err) ||
		!timer_plan(event->timer.kind, text, reader->now, reader->arena, &plan, err))
		return false;
	row->due_at = plan.due;
	row->repeat = plan.repeat;
	row->cycle = plan.interval;
	return true;
}

static bool start_event_read_condition(const struct start_event_reader *reader, const struct graph_event *event,
	struct start_event_row *row, struct err *err)
{
	(void)reader, (void)event, (void)row, (void)err;
	return true;
}

/* Kinds that begin no instance by themselves are NULL. */
typedef bool (*start_event_read)(const struct start_event_reader *reader, const struct graph_event *event,
	struct start_event_row *row, struct err *err);
static const start_event_read start_event_readers[EVENT_KIND_COUNT] = {
	[EVENT_MESSAGE] = start_event_read_name,
	[EVENT_SIGNAL] = start_event_read_name,
	[EVENT_TIMER] = start_event_read_timer,
	[EVENT_CONDITIONAL] = start_event_read_condition,
};

static bool start_event_read_node(
	const struct start_event_reader *reader, int32_t node, struct start_event_row *rows, size_t *count, struct err *err)
{
	const struct graph_node *row = &reader->graph->nodes[node];
	for (int32_t i = row->event; i < row->event + row->event_count; i++) {
		const struct graph_event *event = &reader->graph->events[i];
		start_event_read read = start_event_readers[event->kind];
		if (!read)
			continue;
		rows[*count] = (struct start_event_row){.node = node, .event = i, .kind = event->kind};
		if (!read(reader, event, &rows[*count], err)) {
			err_in(err, arena_str_c(reader->arena, row->id));
			return false;
		}
		(*count)++;
	}
	return true;
}

bool engine_start_events(const struct graph *graph, int64_t now, struct arena *arena, struct start_event_row **rows,
	size_t *count, struct err *err)
{
	const struct start_event_reader reader = {graph, now, arena};
	*rows = arena_array(arena, (size_t)graph->event_count, sizeof **rows);
	*count = 0;
	for (int32_t i = 0; i < graph->event_starts.count; i++)
		if (!start_event_read_node(&reader, graph->links[graph->event_starts.first + i], *rows, count, err))
			return false;
	return true;
}
