/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods of dates and date-times. All calendar arithmetic is in UTC; what leaves the years 1 to 9999 is an error.
 */
#include "config.h"

#include "engine/expr/expr_internal.h"

#define EXPR_TIME_MIN INT64_C(-62135596800000000) /* 0001-01-01T00:00:00Z */
#define EXPR_TIME_MAX INT64_C(253402300799999999) /* the last microsecond of 9999 */
#define EXPR_DAY (86400 * ISO8601_SECOND)
#define EXPR_MONTHS_MAX (9999 * 12)

/* Units behind "plus" and "minus": calendar months or microseconds. */
static const struct expr_unit {
	struct str name;
	int64_t months;
	int64_t micros;
} expr_units[] = {
	{STR_INIT("Years"), 12, 0},
	{STR_INIT("Months"), 1, 0},
	{STR_INIT("Weeks"), 0, 7 * EXPR_DAY},
	{STR_INIT("Days"), 0, EXPR_DAY},
	{STR_INIT("Hours"), 0, 3600 * ISO8601_SECOND},
	{STR_INIT("Minutes"), 0, 60 * ISO8601_SECOND},
	{STR_INIT("Seconds"), 0, ISO8601_SECOND},
	{STR_INIT("Millis"), 0, ISO8601_SECOND / 1000},
};

static const struct expr_unit *expr_find_unit(struct str method)
{
	for (size_t i = 0; i < sizeof expr_units / sizeof expr_units[0] - 1; i++)
		if (str_ends_with(method, expr_units[i].name))
			return &expr_units[i];
	return &expr_units[sizeof expr_units / sizeof expr_units[0] - 1];
}

static bool expr_add_months(int64_t base, int64_t months, int64_t *out)
{
	if (months < -EXPR_MONTHS_MAX || months > EXPR_MONTHS_MAX)
		return false;
	const struct iso8601_duration month = {.months = 1};
	*out = iso8601_add(base, &month, months);
	return *out > EXPR_TIME_MIN && *out < EXPR_TIME_MAX; /* it saturates there */
}

static bool expr_add_unit(int64_t base, const struct expr_unit *unit, int64_t count, int64_t *out)
{
	int64_t amount;

	if (__builtin_mul_overflow(unit->months ? unit->months : unit->micros, count, &amount))
		return false;
	if (unit->months)
		return expr_add_months(base, amount, out);
	return !__builtin_add_overflow(base, amount, out) && *out >= EXPR_TIME_MIN && *out <= EXPR_TIME_MAX;
}

/* plusDays(2), minusMonths(1), ... */
bool expr_method_time_shift(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	int64_t count;

	if (!expr_integer_argument(machine, call, 1, &count))
		return false;
	bool minus = str_starts_with(call->name, STR("minus"));
	*out = call->args[0];
	if ((minus && __builtin_sub_overflow(0, count, &count)) ||
		!expr_add_unit(call->args[0].time, expr_find_unit(call->name), count, &out->time))
		return expr_fail(machine, "%.*s() leaves the years 1 to 9999", STR_ARG(call->name));
	if (out->time % EXPR_DAY != 0)
		out->kind = VALUE_DATE_TIME;
	return true;
}

bool expr_method_time_itself(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	(void)machine;
	*out = call->args[0];
	return true;
}

/* The beginning of the day. */
bool expr_method_time_day(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	int64_t time = call->args[0].time;
	int64_t rest = time % EXPR_DAY;

	(void)machine;
	*out = expr_value_time(time - (rest < 0 ? rest + EXPR_DAY : rest));
	return true;
}

/* Milliseconds since 1970. */
bool expr_method_time_millis(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	int64_t time = call->args[0].time;
	int64_t rest = time % 1000;

	(void)machine;
	*out = expr_value_integer((time - (rest < 0 ? rest + 1000 : rest)) / 1000);
	return true;
}

static bool expr_time_order(struct expr_machine *machine, const struct expr_call *call, int *order)
{
	if (call->args[1].kind == VALUE_NULL)
		return expr_fail(machine, "%.*s() is given null", STR_ARG(call->name));
	return expr_order(machine, &call->args[0], &call->args[1], order);
}

bool expr_method_time_before(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	int order;

	if (!expr_time_order(machine, call, &order))
		return false;
	*out = expr_value_boolean(order < 0);
	return true;
}

bool expr_method_time_after(struct expr_machine *machine, const struct expr_call *call, struct value *out)
{
	int order;

	if (!expr_time_order(machine, call, &order))
		return false;
	*out = expr_value_boolean(order > 0);
	return true;
}
