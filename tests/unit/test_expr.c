/* SPDX-License-Identifier: Apache-2.0
 *
 * The expression language as tables: what an expression gives over one set of variables, and where and why it is
 * refused. "2:5 unknown" in a table of errors means line 2, column 5, and "unknown" somewhere in the message.
 */
#include "config.h"

#include "engine/expr/expr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/iso8601.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- The world that expressions see in these tests ------------------------------------------------------------- */

static const char variables[] =
	"{\"amount\":1200,\"price\":0.1,\"rate\":\"0.25\",\"five\":\"5\",\"name\":\"Ann\",\"blank\":\"\",\"approved\":true,"
	"\"rejected\":false,\"nothing\":null,\"flag\":\"TRUE\",\"list\":[1,2,3],\"names\":[\"ann\",\"bob\"],\"none\":[],"
	"\"order\":{\"price\":9.90,\"lines\":[{\"sku\":\"A1\",\"qty\":2}],\"empty\":{},\"1\":\"one\"},"
	"\"task\":{\"title\":\"Check\"},\"due\":\"2026-11-21T08:00:00Z\",\"購買\":{\"金額\":7},\"Größe\":42,"
	"\"injected\":\"${amount}\",\"big\":9223372036854775807,\"third\":0.333333333333333333}";

struct world {
	struct arena *arena;
	struct value variables;
	struct buf trace; /* what was set: "name=json;" or "local name=json;" */
};

static bool world_get_variable(
	void *context, struct str name, bool local, struct value *out, bool *found, struct err *err)
{
	struct world *world = context;
	const struct value *value = value_context_get(&world->variables, name);

	if (str_equal_c(name, "broken"))
		return err_set(err, ERR_UNAVAILABLE, "the store is away");
	*found = value && !(local && !str_equal_c(name, "amount")); /* only amount is local */
	if (*found)
		*out = *value;
	return true;
}

static bool world_set_variable(void *context, struct str name, const struct value *value, bool local, struct err *err)
{
	struct world *world = context;

	buf_printf(&world->trace, "%s%.*s=", local ? "local " : "", STR_ARG(name));
	if (!value_to_json(&world->trace, value, err))
		return false;
	buf_add_char(&world->trace, ';');
	return true;
}

static bool world_get_property(void *context, enum expr_object object, struct str name, struct value *out)
{
	(void)context;
	if (object == EXPR_OBJECT_EXECUTION && str_equal_c(name, "businessKey"))
		*out = (struct value){.kind = VALUE_TEXT, .text = STR("PO-17")};
	else if (object == EXPR_OBJECT_EXECUTION && str_equal_c(name, "processInstanceId"))
		*out = (struct value){.kind = VALUE_TEXT, .text = STR("4711")};
	else if (object == EXPR_OBJECT_TASK && str_equal_c(name, "assignee"))
		*out = (struct value){.kind = VALUE_TEXT, .text = STR("bob")};
	else if (object == EXPR_OBJECT_EXTERNAL_TASK && str_equal_c(name, "errorMessage"))
		*out = (struct value){.kind = VALUE_TEXT, .text = STR("late")};
	else
		return false;
	return true;
}

static int world_setup(void **state)
{
	struct world *world = calloc(1, sizeof *world);

	world->arena = arena_new();
	buf_init(&world->trace, 1 << 16);
	assert_true(value_from_json(world->arena, str_from_c(variables), &world->variables, NULL));
	*state = world;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *world = *state;

	buf_free(&world->trace);
	arena_free(world->arena);
	free(world);
	return 0;
}

static struct expr_env world_env(struct world *world)
{
	static const struct str groups[] = {STR_INIT("buyers"), STR_INIT("managers")};
	struct expr_env env = {
		.arena = world->arena,
		.user = STR("ann"),
		.groups = groups,
		.group_count = COUNT(groups),
		.context = world,
		.get_variable = world_get_variable,
		.set_variable = world_set_variable,
		.get_property = world_get_property,
	};

	assert_true(iso8601_parse_time(STR("2026-11-20T08:55:17.500Z"), &env.now, NULL));
	return env;
}

struct row {
	const char *text;
	const char *expected;
};

/* Evaluates and compares the result's JSON, or the position and message of the error. */
static void check_row(struct world *world, enum expr_form form, const struct row *row, bool fails)
{
	struct expr_env env = world_env(world);
	struct err err = {0};
	struct value value;
	char found[ERR_TEXT_MAX + 32] = "";
	const struct expr *expr = expr_compile(world->arena, str_from_c(row->text), form, &err);

	if (expr && expr_evaluate(expr, &env, &value, &err)) {
		struct buf buf;
		buf_init(&buf, sizeof found - 1);
		assert_true(value_to_json(&buf, &value, NULL));
		memcpy(found, buf.ptr, buf.len);
		buf_free(&buf);
		if (fails || strcmp(found, row->expected) != 0)
			fail_msg("%s\n  expected %s\n  is       %s", row->text, row->expected, found);
		return;
	}

	(void)snprintf(found, sizeof found, "%d:%d %s", err.line, err.column, err.message);
	size_t place = strcspn(row->expected, " ") + 1;
	if (!fails || strncmp(found, row->expected, place) != 0 || !strstr(found, row->expected + place))
		fail_msg("%s\n  expected %s\n  is       %s", row->text, row->expected, found);
	assert_true(err.code == ERR_EXPRESSION || err.code == ERR_INVALID || err.code == ERR_UNAVAILABLE);
}

static void check_rows(void **state, enum expr_form form, const struct row *rows, size_t count, bool fails)
{
	for (size_t i = 0; i < count; i++)
		check_row(*state, form, &rows[i], fails);
}

#define CHECK_RESULTS(form, rows) check_rows(state, (form), (rows), COUNT(rows), false)
#define CHECK_ERRORS(form, rows) check_rows(state, (form), (rows), COUNT(rows), true)

/* ---- Results ------------------------------------------------------------------------------------------------------- */

static void test_literals(void **state)
{
	static const struct row rows[] = {
		{"true", "true"},
		{"false", "false"},
		{"null", "null"},
		{"4", "4"},
		{"0.10", "0.1"},
		{".5", "0.5"},
		{"1e3", "1000"},
		{"2.5e-1", "0.25"},
		{"9223372036854775807", "9223372036854775807"},
		{"-9223372036854775808", "-9223372036854775808"},
		{"'foo'", "\"foo\""},
		{"\"foo\"", "\"foo\""},
		{"'it\\'s'", "\"it's\""},
		{"\"say \\\"x\\\"\"", "\"say \\\"x\\\"\""},
		{"'a\\\\b\\n'", "\"a\\\\b\\n\""},
		{"'購買}'", "\"購買}\""},
		{"''", "\"\""},
		{"[]", "[]"},
		{"[1, 'a', [null]]", "[1,\"a\",[null]]"},
		{"{}", "{}"},
		{"{'a': 1, b: [2]}", "{\"a\":1,\"b\":[2]}"},
		{"{'a': 1, 'b': 2, 'a': 3}", "{\"a\":3,\"b\":2}"},
		{"{'a': {'b': 5}}.a.b", "5"},
		{"[10, 20][1]", "20"},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_arithmetic(void **state)
{
	static const struct row rows[] = {
		{"1 + 1", "2"},
		{"12 * 2 - 1", "23"},
		{"0.1 + 0.2", "0.3"},
		{"price + 0.2 == 0.3", "true"},
		{"19.99 * 3", "59.97"},
		{"1 / 2", "0.5"},
		{"10 div 4", "2.5"},
		{"6 / 3", "2"},
		{"1 / 3", "0.333333333333333333"},
		{"10 / 3 + 100", "103.3333333333333333"},
		{"third * third", "0.111111111111111111"},
		{"7 % 3", "1"},
		{"-7 mod 3", "-1"},
		{"5.5 % 2", "1.5"},
		{"-amount", "-1200"},
		{"- -1", "1"},
		{"--1", "1"},
		{"1 - -1", "2"},
		{"amount+5", "1205"},
		{"1-1", "0"},
		{"2 - 3 - 4", "-5"},
		{"100 / 10 / 2", "5"},
		{"nothing + 1", "1"},
		{"nothing + nothing", "0"},
		{"-nothing", "0"},
		{"rate * 4", "1"},
		{"five - 0", "5"},
		{"-five", "-5"},
		{"9223372036854775806 + 1", "9223372036854775807"},
		{"-9223372036854775808 % -1", "0"},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_text_and_plus(void **state)
{
	static const struct row rows[] = {
		{"'a' + 'b'", "\"ab\""},
		{"name + ' ' + name", "\"Ann Ann\""},
		{"'' + ''", "\"\""},
		{"five + five", "\"55\""},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_precedence(void **state)
{
	static const struct row rows[] = {
		{"1 + 2 * 3", "7"},
		{"(1 + 2) * 3", "9"},
		{"1 + 2 * 3 % 2", "1"},
		{"-2 * 3", "-6"},
		{"2 * -3", "-6"},
		{"1 + 1 == 2", "true"},
		{"1 < 2 == true", "true"},
		{"1 == 1 && 2 == 2", "true"},
		{"true || false && false", "true"},
		{"(true || false) && false", "false"},
		{"!true || true", "true"},
		{"not false and false", "false"},
		{"!approved == false", "true"},
		{"empty none && approved", "true"},
		{"true ? 1 : 2", "1"},
		{"false ? 1 : true ? 2 : 3", "2"},
		{"true ? false ? 1 : 2 : 3", "2"},
		{"1 + 1 == 2 ? 'y' : 'n'", "\"y\""},
		{"(approved ? order : nothing).price", "9.9"},
		{"empty nothing ? 1 : 2", "1"},
		{"-list[0]", "-1"},
		{"!names.isEmpty()", "true"},
		{"3 > 2 and 2 >= 2 or false", "true"},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_equality(void **state)
{
	static const struct row rows[] = {
		{"amount == 1200", "true"},
		{"amount == 1200.00", "true"},
		{"amount eq 1", "false"},
		{"amount != 1", "true"},
		{"amount ne 1200", "false"},
		{"1==0", "false"},
		{"name == 'Ann'", "true"},
		{"name == 'ann'", "false"},
		{"five == 5", "true"},
		{"5 == five", "true"},
		{"'5.0' == 5", "true"},
		{"'5' == '5.0'", "false"},
		{"name == 5", "false"},
		{"'' == 0", "false"},
		{"approved == true", "true"},
		{"approved == false", "false"},
		{"'true' == true", "true"},
		{"flag == true", "true"},
		{"false == 'FALSE'", "true"},
		{"'yes' == true", "false"},
		{"'yes' == false", "false"},
		{"1 == true", "false"},
		{"nothing == null", "true"},
		{"null == null", "true"},
		{"null == false", "false"},
		{"null == 0", "false"},
		{"null == ''", "false"},
		{"null != 1", "true"},
		{"list == [1, 2, 3.0]", "true"},
		{"list == [1, 2]", "false"},
		{"{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"},
		{"list == 'x'", "false"},
		{"list == order", "false"},
		{"dateTime('2026-11-21') == '2026-11-21T00:00:00Z'", "true"},
		{"'2026-11-21T01:00:00+01:00' == dateTime('2026-11-21')", "true"},
		{"now() == 'soon'", "false"},
		{"now() == dateTime()", "true"},
		{"now() == 5", "false"},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_relations(void **state)
{
	static const struct row rows[] = {
		{"amount > 1000", "true"},
		{"amount <= 1200", "true"},
		{"amount < 1200", "false"},
		{"amount >= 1200", "true"},
		{"1 lt 2", "true"},
		{"2 le 2", "true"},
		{"1 gt 2", "false"},
		{"2 ge 3", "false"},
		{"five < 10", "true"},
		{"10 > five", "true"},
		{"'10' < '9'", "true"},
		{"'a' < 'b'", "true"},
		{"'b' <= 'a'", "false"},
		{"'z' < 'é'", "true"},
		{"nothing < 1", "false"},
		{"nothing > 1", "false"},
		{"1 >= nothing", "false"},
		{"nothing <= null", "true"},
		{"nothing >= null", "true"},
		{"nothing < null", "false"},
		{"now() < due", "true"},
		{"due > now()", "true"},
		{"now() >= '2026-11-20'", "true"},
		{"dateTime('2026-01-01') < dateTime('2026-01-02')", "true"},
		{"0.1 + 0.2 <= 0.3", "true"},
		{"2/3 >= 0.6", "true"},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_logic(void **state)
{
	static const struct row rows[] = {
		{"approved && !rejected", "true"},
		{"approved and rejected", "false"},
		{"approved or rejected", "true"},
		{"rejected || nothing", "false"},
		{"flag && true", "true"},
		{"'False' || false", "false"},
		{"!nothing", "true"},
		{"not 'true'", "false"},
		{"!!approved", "true"},
		/* the right side is not looked at once the left decides */
		{"false && unknown", "false"},
		{"true || unknown", "true"},
		{"false and 1/0 > 1 and unknown", "false"},
		{"true ? 1 : unknown", "1"},
		{"false ? 1/0 : 2", "2"},
		{"flag ? 1 : 2", "1"},
		{"nothing ? 1 : 2", "2"},
		/* empty */
		{"empty nothing", "true"},
		{"empty blank", "true"},
		{"empty none", "true"},
		{"empty order.empty", "true"},
		{"empty name", "false"},
		{"empty 0", "false"},
		{"empty false", "false"},
		{"not empty list", "true"},
		{"! empty list", "true"},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_paths(void **state)
{
	static const struct row rows[] = {
		{"order.price", "9.9"},
		{"order['price']", "9.9"},
		{"order[\"lines\"][0].sku", "\"A1\""},
		{"order.lines[0]['qty'] * 2", "4"},
		{"order.lines['0'].sku", "\"A1\""},
		{"order[1]", "\"one\""},
		{"order.empty", "{}"},
		{"order.missing", "null"},
		{"order['missing']", "null"},
		{"order.missing.deeper.still", "null"},
		{"nothing.a", "null"},
		{"nothing['a']", "null"},
		{"nothing[0]", "null"},
		{"list[nothing]", "null"},
		{"list[0] + list[2]", "4"},
		{"list[list[0]]", "2"},
		{"購買.金額", "7"},
		{"Größe", "42"},
		{"order\n  .price", "9.9"},
		/* nothing of the host shows (K06) */
		{"order.class", "null"},
		{"order.__proto__", "null"},
		{"order.constructor", "null"},
		{"order['class']['classLoader']", "null"},
		{"execution.engineServices", "null"},
		/* text is never evaluated again (K07) */
		{"injected", "\"${amount}\""},
		{"injected + ''", "\"${amount}\""},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_text_methods(void **state)
{
	static const struct row rows[] = {
		{"name.contains('nn')", "true"},
		{"name.contains('x')", "false"},
		{"name.contains('')", "true"},
		{"name.equals('Ann')", "true"},
		{"name.equals(5)", "false"},
		{"'5'.equals(5)", "false"},
		{"name.equals(nothing)", "false"},
		{"name.equalsIgnoreCase('ANN')", "true"},
		{"'ÄÖ'.equalsIgnoreCase('äö')", "true"},
		{"name.equalsIgnoreCase('Anna')", "false"},
		{"name.equalsIgnoreCase(nothing)", "false"},
		{"blank.isEmpty()", "true"},
		{"name.isEmpty()", "false"},
		{"name.length()", "3"},
		{"'購買'.length()", "2"},
		{"'購買'.size()", "2"},
		{"name.toLowerCase()", "\"ann\""},
		{"name.toUpperCase()", "\"ANN\""},
		{"'straße éÿ łž'.toUpperCase()", "\"STRAßE ÉŸ ŁŽ\""},
		{"'ΆΣ ДЁ ÀÞ×'.toLowerCase()", "\"άσ дё àþ×\""},
		{"'άσ дё ½÷'.toUpperCase()", "\"ΆΣ ДЁ ½÷\""},
		{"name.startsWith('An')", "true"},
		{"name.startsWith('n')", "false"},
		{"name.endsWith('nn')", "true"},
		{"name.endsWith('Annn')", "false"},
		{"name.substring(1)", "\"nn\""},
		{"name.substring(3)", "\"\""},
		{"name.substring(0, 2)", "\"An\""},
		{"name.substring(1, 1)", "\"\""},
		{"'購買審批'.substring(1, 3)", "\"買審\""},
		{"'  a b \\n'.trim()", "\"a b\""},
		{"name.indexOf('n')", "1"},
		{"name.indexOf('z')", "-1"},
		{"'購買'.indexOf('買')", "1"},
		{"name.concat('!')", "\"Ann!\""},
		{"name.concat(5)", "\"Ann5\""},
		{"name.concat(nothing)", "\"Ann\""},
		{"'a.b.c'.replace('.', '->')", "\"a->b->c\""},
		{"'aaa'.replace('aa', 'b')", "\"ba\""},
		{"'abc'.replace('x', 'y')", "\"abc\""},
		{"name.toString()", "\"Ann\""},
		{"'a'.compareTo('b')", "-1"},
		{"'%n%s'.concat('%n')", "\"%n%s%n\""},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_other_methods(void **state)
{
	static const struct row rows[] = {
		{"list.size()", "3"},
		{"none.isEmpty()", "true"},
		{"list.contains(2)", "true"},
		{"list.contains(2.0)", "true"},
		{"list.contains('2')", "false"},
		{"names.contains('ann')", "true"},
		{"names.contains(currentUser())", "true"},
		{"list.get(1)", "2"},
		{"list.indexOf(3)", "2"},
		{"list.indexOf(9)", "-1"},
		{"list.equals([1,2,3])", "true"},
		{"list.toString()", "\"[1,2,3]\""},
		{"order.get('price')", "9.9"},
		{"order.get('missing')", "null"},
		{"order.containsKey('price')", "true"},
		{"order.containsKey('missing')", "false"},
		{"order.size()", "4"},
		{"order.empty.isEmpty()", "true"},
		{"order.lines.get(0).get('sku').toLowerCase()", "\"a1\""},
		{"7.9.intValue()", "7"},
		{"(-7.9).intValue()", "-7"},
		{"amount.longValue()", "1200"},
		{"price.doubleValue()", "0.1"},
		{"price.toString()", "\"0.1\""},
		{"-5.toString()", "\"-5\""},
		{"amount.equals(1200)", "true"},
		{"amount.compareTo(1000)", "1"},
		{"approved.toString()", "\"true\""},
		{"approved.equals(true)", "true"},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_time(void **state)
{
	static const struct row rows[] = {
		{"now()", "\"2026-11-20T08:55:17.5Z\""},
		{"dateTime()", "\"2026-11-20T08:55:17.5Z\""},
		{"dateTime().plusWeeks(1).toDate()", "\"2026-11-27T08:55:17.5Z\""},
		{"dateTime().plusYears(1)", "\"2027-11-20T08:55:17.5Z\""},
		{"dateTime('2026-01-31').plusMonths(1)", "\"2026-02-28T00:00:00Z\""},
		{"dateTime('2024-02-29').minusYears(1)", "\"2023-02-28T00:00:00Z\""},
		{"now().plusDays(2)", "\"2026-11-22T08:55:17.5Z\""},
		{"now().plusDays(-2)", "\"2026-11-18T08:55:17.5Z\""},
		{"now().plusHours(20)", "\"2026-11-21T04:55:17.5Z\""},
		{"now().plusMinutes(5)", "\"2026-11-20T09:00:17.5Z\""},
		{"now().plusSeconds(3)", "\"2026-11-20T08:55:20.5Z\""},
		{"now().plusMillis(250)", "\"2026-11-20T08:55:17.75Z\""},
		{"now().minusMonths(1)", "\"2026-10-20T08:55:17.5Z\""},
		{"now().minusWeeks(1)", "\"2026-11-13T08:55:17.5Z\""},
		{"now().minusDays(1)", "\"2026-11-19T08:55:17.5Z\""},
		{"now().minusHours(9)", "\"2026-11-19T23:55:17.5Z\""},
		{"now().minusMinutes(1)", "\"2026-11-20T08:54:17.5Z\""},
		{"now().minusSeconds(1)", "\"2026-11-20T08:55:16.5Z\""},
		{"now().minusMillis(500)", "\"2026-11-20T08:55:17Z\""},
		{"now().withTimeAtStartOfDay()", "\"2026-11-20T00:00:00Z\""},
		{"dateTime('1969-12-31T12:00:00Z').withTimeAtStartOfDay()", "\"1969-12-31T00:00:00Z\""},
		{"dateTime('1970-01-02').getTime()", "86400000"},
		{"dateTime(due).before(now())", "false"},
		{"dateTime(due).after(now())", "true"},
		{"now().before(due)", "true"},
		{"now().toString()", "\"2026-11-20T08:55:17.5Z\""},
		{"now().compareTo(due)", "-1"},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_functions_and_objects(void **state)
{
	static const struct row rows[] = {
		{"currentUser()", "\"ann\""},
		{"currentUserGroups()", "[\"buyers\",\"managers\"]"},
		{"currentUserGroups().contains('managers')", "true"},
		{"execution.getVariable('amount')", "1200"},
		{"execution.getVariable('missing')", "null"},
		{"execution.getVariable('order').price", "9.9"},
		{"execution.getVariableLocal('amount')", "1200"},
		{"execution.getVariableLocal('name')", "null"},
		{"execution.hasVariable('name')", "true"},
		{"execution.hasVariable('missing')", "false"},
		{"execution.hasVariable('nothing')", "true"},
		{"execution.hasVariableLocal('name')", "false"},
		{"execution.setVariable('a', true)", "null"},
		{"execution.businessKey", "\"PO-17\""},
		{"execution.getBusinessKey()", "\"PO-17\""},
		{"execution.processInstanceId.length()", "4"},
		{"execution.missing", "null"},
		{"task.assignee", "\"bob\""},
		{"task.getAssignee()", "\"bob\""},
		{"task.getVariable('amount')", "1200"},
		{"task.title", "\"Check\""},
		{"externalTask.errorMessage", "\"late\""},
		{"externalTask.getErrorMessage()", "\"late\""},
		{"externalTask.workerId", "null"},
		{"task['title']", "\"Check\""},
		{"task", "{\"title\":\"Check\"}"},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_conditions(void **state)
{
	static const struct row rows[] = {
		{"${amount > 1000}", "true"},
		{"#{amount > 1000}", "true"},
		{"  ${ amount > 1000 }  ", "true"},
		{"amount > 1000", "true"},
		{"\n amount\n > 1000 \t", "true"},
		{"${{'a': 1}.a == 1}", "true"},
		{"${name == '}'}", "false"},
	};
	CHECK_RESULTS(EXPR_FORM_CONDITION, rows);
}

static void test_templates(void **state)
{
	static const struct row rows[] = {
		{"", "\"\""},
		{"plain text", "\"plain text\""},
		{"5", "\"5\""},
		{"= not special", "\"= not special\""},
		{"${amount}", "1200"},
		{"#{approved}", "true"},
		{"${list}", "[1,2,3]"},
		{"${nothing}", "null"},
		{" ${amount}", "\" 1200\""},
		{"Order ${amount}", "\"Order 1200\""},
		{"${name}: ${order.price} EUR", "\"Ann: 9.9 EUR\""},
		{"${name}#{name}", "\"AnnAnn\""},
		{"a ${nothing} b", "\"a  b\""},
		{"${list} and ${order.lines}", "\"[1,2,3] and [{\\\"qty\\\":2,\\\"sku\\\":\\\"A1\\\"}]\""},
		{"due ${now()}", "\"due 2026-11-20T08:55:17.5Z\""},
		{"is ${approved}", "\"is true\""},
		{"\\${amount}", "\"${amount}\""},
		{"\\#{amount} is ${amount}", "\"#{amount} is 1200\""},
		{"${amount}\\${x}", "\"1200${x}\""},
		{"costs $5 or #3 {x}", "\"costs $5 or #3 {x}\""},
		{"a\\b", "\"a\\\\b\""},
		{"${'}'}", "\"}\""},
		{"x${'\\'}'}", "\"x'}\""},
		{"x ${injected}", "\"x ${amount}\""},
		{"${{'a':1}}", "{\"a\":1}"},
		{"購買 ${購買.金額}", "\"購買 7\""},
		{"$", "\"$\""},
		{"100%n", "\"100%n\""},
	};
	CHECK_RESULTS(EXPR_FORM_TEMPLATE, rows);
}

static void test_scripts(void **state)
{
	static const struct row rows[] = {
		{"1 + 1", "2"},
		{"1; 2; 3", "3"},
		{"1; 2;", "2"},
		{"${1}", "1"},
		{"${1};${2}", "2"},
		{"${1}\n${2}\n", "2"},
		{"${1} #{2} ; 3", "3"},
		{"execution.setVariable('a', amount * 2);\nexecution.setVariableLocal('b', [a]) ; 1", "1"},
	};
	struct world *world = *state;

	assert_true(value_from_json(world->arena, STR("{\"amount\":1200,\"a\":5}"), &world->variables, NULL));
	CHECK_RESULTS(EXPR_FORM_SCRIPT, rows);
	assert_true(str_equal_c(buf_str(&world->trace), "a=2400;local b=[5];"));
}

/* ---- Errors ------------------------------------------------------------------------------------------------------- */

static void test_errors_at_compile(void **state)
{
	static const struct row rows[] = {
		{"", "1:1 expected a value, found the end"},
		{"   ", "1:4 expected a value, found the end"},
		{"1 +", "1:4 expected a value, found the end"},
		{"1 + * 2", "1:5 expected a value, found '*'"},
		{"a b", "1:3 expected an operator or the end, found 'b'"},
		{"1 'x'", "1:3 expected an operator or the end, found 'x'"},
		{"(1", "1:3 expected ')', found the end"},
		{"(1]", "1:3 expected ')', found ']'"},
		{"1)", "1:2 expected an operator or the end, found ')'"},
		{"[1, 2", "1:6 expected ',' or ']', found the end"},
		{"[1 2]", "1:4 expected ',' or ']', found '2'"},
		{"[1,]", "1:4 expected a value, found ']'"},
		{"{'a' 1}", "1:6 expected ':', found '1'"},
		{"{1: 2}", "1:2 expected a name, found '1'"},
		{"{'a': 1 'b': 2}", "1:9 expected ',', found 'b'"},
		{"a[1", "1:4 expected ']', found the end"},
		{"a.", "1:3 expected a name behind '.', found the end"},
		{"a.'b'", "1:3 expected a name behind '.', found 'b'"},
		{"a.[0]", "1:3 expected a name behind '.', found '['"},
		{"a ? 1", "1:6 expected ':', found the end"},
		{"a ? : 1", "1:5 expected a value, found ':'"},
		{"a = 1", "1:3 to compare write '=='"},
		{"= a > 1", "1:1 to compare write '=='"},
		{"a & b", "1:3 unexpected character '&' (U+0026)"},
		{"a | b", "1:3 unexpected character '|'"},
		{"a @ b", "1:3 unexpected character '@'"},
		{"\x01", "1:1 unexpected character U+0001"},
		{"name == ‘Ann’", "1:9 unexpected character '‘' (U+2018)"},
		{"a ≥ 1", "1:3 unexpected character '≥' (U+2265)"},
		{"a，b", "1:2 unexpected character '，' (U+FF0C)"},
		{"a\xc2\xa0+ 1", "1:2 (U+00A0)"},
		{"'abc", "1:1 the text does not close: expected '"},
		{"x == \"abc'", "1:6 the text does not close: expected \""},
		{"'a\\qb'", "1:3 unknown escape"},
		{"'a\\", "1:1 the text does not close"},
		{"12abc", "1:1 a number cannot go on with a letter"},
		{"1e400", "1:1 the number 1e400 needs more digits than fit"},
		{"x + 9223372036854775808", "1:5 needs more digits than fit"},
		{"${a", "1:4 expected an operator or '}', found the end"},
		{"${a} > 1", "1:6 expected an operator or the end, found '>'"},
		{"${${a}}", "1:3 expected a value, found '${'"},
		{"${}", "1:3 expected a value, found '}'"},
		{"a\n+\n  ?", "3:3 expected a value, found '?'"},
		{"購買 == == 1", "1:7 expected a value, found '=='"},
		{"foo(1)", "1:1 unknown function 'foo'"},
		{"a.getClass()", "1:3 unknown method 'getClass'"},
		{"a.b.execute(execution)", "1:5 unknown method 'execute'"},
		{"''.getClass().forName('java.lang.Runtime')", "1:4 unknown method 'getClass'"},
		{"now(1)", "1:1 now() takes 0 arguments, found 1"},
		{"dateTime(1, 2)", "1:1 dateTime() takes 0 to 1 arguments, found 2"},
		{"a.contains()", "1:3 contains() takes 1 argument, found 0"},
		{"a.substring(1, 2, 3)", "1:3 substring() takes 1 to 2 arguments, found 3"},
		{"execution.exit()", "1:11 unknown method 'exit' of execution, task and externalTask"},
		{"execution.getVariable()", "1:11 getVariable() takes 1 argument, found 0"},
		{"execution.setVariable('a')", "1:11 setVariable() takes 2 arguments, found 1"},
		{"a instanceof b", "1:3 expected an operator or the end, found 'instanceof'"},
		{"1; 2", "1:2 expected an operator or the end, found ';'"},
		{"and", "1:1 expected a value, found 'and'"},
	};
	CHECK_ERRORS(EXPR_FORM_CONDITION, rows);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_null(expr_compile(((struct world *)*state)->arena, str_from_c(rows[i].text), EXPR_FORM_CONDITION, NULL));
}

static void test_errors_of_forms(void **state)
{
	static const struct row templates[] = {
		{"Order ${id", "1:11 expected an operator or '}', found the end"},
		{"a\nb ${1 +}", "2:8 expected a value, found '}'"},
		{"購 ${x y}", "1:7 expected an operator or '}', found 'y'"},
		{"${", "1:3 expected a value, found the end"},
		{"a ${unknown} b", "1:5 unknown variable 'unknown'"},
		{"a ${1;2}", "1:6 expected an operator or '}', found ';'"},
	};
	static const struct row scripts[] = {
		{"", "1:1 expected a value, found the end"},
		{";", "1:1 expected a value, found ';'"},
		{"1;;2", "1:3 expected a value, found ';'"},
		{"1\n2", "2:1 expected an operator, ';' or the end, found '2'"},
		{"${1} 2", "1:6 expected an operator, ';' or the end, found '2'"},
		{"1 ${2}", "1:3 expected an operator, ';' or the end, found '${'"},
		{"x = 5", "1:3 '=' is no operator here"},
		{"1;\nunknown", "2:1 unknown variable 'unknown'"},
	};
	CHECK_ERRORS(EXPR_FORM_TEMPLATE, templates);
	CHECK_ERRORS(EXPR_FORM_SCRIPT, scripts);
}

static void test_errors_at_evaluation(void **state)
{
	static const struct row rows[] = {
		{"unknown", "1:1 unknown variable 'unknown'"},
		{"amount > 1 &&\n  limit > 2", "2:3 unknown variable 'limit'"},
		{"購買 == 購入", "1:7 unknown variable '購入'"},
		{"execution", "1:1 unknown variable 'execution'"},
		{"${broken}", "1:3 the store is away"},
		{"1 + name", "1:3 '+' adds numbers or joins texts, found number + text"},
		{"name + 1", "1:6 found text + number"},
		{"name + nothing", "1:6 found text + null"},
		{"1 + true", "1:3 '+' needs numbers, found a boolean"},
		{"1 - name", "1:3 '-' needs numbers, found the text 'Ann'"},
		{"list * 2", "1:6 '*' needs numbers, found a list"},
		{"-name", "1:1 '-' needs numbers, found the text 'Ann'"},
		{"-order", "1:1 '-' needs numbers, found a context"},
		{"1 / 0", "1:3 division by zero"},
		{"1 % 0.0", "1:3 division by zero"},
		{"1 / nothing", "1:3 division by zero"},
		{"big + 1", "1:5 the result of '+' needs more digits than fit"},
		{"big * big", "1:5 the result of '*' needs more digits than fit"},
		{"-(-9223372036854775808)", "1:1 the result of '-' needs more digits than fit"},
		{"-9223372036854775808 / -1", "1:22 the result of '/' needs more digits than fit"},
		{"1 < name", "1:3 cannot compare a number with the text 'Ann'"},
		{"name >= 1", "1:6 cannot compare a number with the text 'Ann'"},
		{"1 < true", "1:3 cannot compare a number with a boolean"},
		{"true < false", "1:6 cannot compare a boolean with a boolean"},
		{"list > list", "1:6 cannot compare a list with a list"},
		{"'a' < list", "1:5 cannot compare a text with a list"},
		{"now() < 'soon'", "1:7 the text 'soon', which is not ISO 8601"},
		{"now() < list", "1:7 cannot compare a date-time with a list"},
		{"1 && true", "1:3 expected a boolean, found a number"},
		{"true && 1", "1:6 expected a boolean, found a number"},
		{"false || 'yes'", "1:7 expected a boolean, found the text 'yes'"},
		{"!amount", "1:1 expected a boolean, found a number"},
		{"list ? 1 : 2", "1:6 expected a boolean, found a list"},
		{"list[3]", "1:5 index 3 is outside the list of 3"},
		{"list[-1]", "1:5 index -1 is outside the list of 3"},
		{"list[0.5]", "1:5 must be a whole number, found '0.5'"},
		{"list['x']", "1:5 must be a whole number, found 'x'"},
		{"list[true]", "1:5 must be a whole number, found 'true'"},
		{"list[order]", "1:5 must be a whole number, found a context"},
		{"name[0]", "1:5 a text has no elements"},
		{"amount.cents", "1:8 a number has no property 'cents'"},
		{"name.class", "1:6 a text has no property 'class'"},
		{"list.length", "1:6 a list has no property 'length'"},
		{"nothing.isEmpty()", "1:9 isEmpty() is called on null"},
		{"order.missing.size()", "1:15 size() is called on null"},
		{"amount.contains(1)", "1:8 a number has no method contains()"},
		{"approved.size()", "1:10 a boolean has no method size()"},
		{"due.plusDays(1)", "1:5 a text has no method plusDays()"},
		{"name.contains(1)", "1:6 contains() needs a text, found a number"},
		{"name.startsWith(nothing)", "1:6 startsWith() needs a text, found a null"},
		{"name.substring(4)", "1:6 substring() reaches outside the text of 3"},
		{"name.substring(-1)", "1:6 substring() reaches outside the text of 3"},
		{"name.substring(2, 1)", "1:6 substring() reaches outside the text of 3"},
		{"name.substring(0, 9223372036854775807)", "1:6 substring() reaches outside the text of 3"},
		{"name.substring('1')", "1:6 substring() needs a whole number, found a text"},
		{"name.substring(0.5)", "1:6 substring() needs a whole number, found a fraction"},
		{"name.replace('', 'x')", "1:6 replace() is given an empty text"},
		{"list.get(5)", "1:6 index 5 is outside the list of 3"},
		{"order.containsKey(1)", "1:7 containsKey() needs a text, found a number"},
		{"name.compareTo(nothing)", "1:6 compareTo() is given null"},
		{"now().before(nothing)", "1:7 before() is given null"},
		{"now().plusDays('1')", "1:7 plusDays() needs a whole number, found a text"},
		{"now().plusYears(1000000000)", "1:7 plusYears() leaves the years 1 to 9999"},
		{"now().plusYears(7974)", "1:7 plusYears() leaves the years 1 to 9999"},
		{"now().minusMonths(9223372036854775807)", "1:7 minusMonths() leaves the years"},
		{"now().minusDays(-9223372036854775808)", "1:7 minusDays() leaves the years"},
		{"now().plusMillis(9223372036854775807)", "1:7 plusMillis() leaves the years"},
		{"dateTime('x')", "1:1 dateTime() needs ISO 8601"},
		{"dateTime(5)", "1:1 dateTime() needs a text, found a number"},
		{"execution.getVariable(1)", "1:11 getVariable() needs a text, found a number"},
		{"execution.getVariable('broken')", "1:11 the store is away"},
	};
	CHECK_ERRORS(EXPR_FORM_CONDITION, rows);
}

static void test_conditions_insist_on_a_boolean(void **state)
{
	static const struct row rows[] = {
		{"${nothing}", "1:3 expected a boolean, the result is null"},
		{"amount", "1:1 expected a boolean, the result is a number"},
		{"${flag}", "1:3 expected a boolean, the result is a text"},
		{" list", "1:2 expected a boolean, the result is a list"},
	};
	struct world *world = *state;
	struct expr_env env = world_env(world);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {0};
		char found[ERR_TEXT_MAX + 32];
		bool truth;
		const struct expr *expr = expr_compile(world->arena, str_from_c(rows[i].text), EXPR_FORM_CONDITION, &err);
		assert_non_null(expr);
		assert_false(expr_evaluate_boolean(expr, &env, &truth, &err));
		(void)snprintf(found, sizeof found, "%d:%d %s", err.line, err.column, err.message);
		assert_string_equal(found, rows[i].expected);
	}

	bool truth = false;
	const struct expr *expr = expr_compile(world->arena, STR("${amount > 1}"), EXPR_FORM_CONDITION, NULL);
	assert_true(expr_evaluate_boolean(expr, &env, &truth, NULL));
	assert_true(truth);
}

static void test_an_environment_may_be_bare(void **state)
{
	static const struct row rows[] = {
		{"execution.setVariable('a', 1)", "setVariable() is not allowed here"},
		{"x", "unknown variable 'x'"},
	};
	struct world *world = *state;
	struct expr_env env = {.arena = world->arena};
	struct value value;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {0};
		const struct expr *expr = expr_compile(world->arena, str_from_c(rows[i].text), EXPR_FORM_CONDITION, &err);
		assert_non_null(expr);
		assert_false(expr_evaluate(expr, &env, &value, &err));
		assert_string_equal(err.message, rows[i].expected);
	}
	const struct expr *user = expr_compile(world->arena, STR("currentUser()"), EXPR_FORM_CONDITION, NULL);
	assert_true(expr_evaluate(user, &env, &value, NULL));
	assert_int_equal(value.kind, VALUE_NULL);
	const struct expr *property = expr_compile(world->arena, STR("task.name"), EXPR_FORM_CONDITION, NULL);
	assert_true(expr_evaluate(property, &env, &value, NULL));
	assert_int_equal(value.kind, VALUE_NULL);
}

static void test_constants_and_source(void **state)
{
	static const struct {
		const char *text;
		bool constant;
	} rows[] = {
		{"plain", true},
		{"${'a'}", true},
		{"${1 + 1}", true},
		{"${name}", false},
		{"a ${now()}", false},
		{"${execution.businessKey}", false},
	};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct expr *expr = expr_compile(world->arena, str_from_c(rows[i].text), EXPR_FORM_TEMPLATE, NULL);
		assert_int_equal(expr_is_constant(expr), rows[i].constant);
		assert_true(str_equal_c(expr_source(expr), rows[i].text));
	}
}

static void test_variables_that_it_reads(void **state)
{
	static const struct {
		const char *text;
		const char *first;
		const char *second;
	} rows[] = {
		{"plain", "", ""},
		{"${a}", "a", ""},
		{"${a + b}", "a", "b"},
		{"${execution.getVariable('a name')}", "a name", ""},
		{"${execution.getVariable(a)}", "a", ""},
		{"${execution.getVariable('a') + b}", "b", ""},
		{"${execution.hasVariable('a')}", "", ""},
	};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct expr *expr = expr_compile(world->arena, str_from_c(rows[i].text), EXPR_FORM_TEMPLATE, NULL);
		size_t at = 0;
		assert_true(str_equal_c(expr_next_variable(expr, &at), rows[i].first));
		assert_true(str_equal_c(expr_next_variable(expr, &at), rows[i].second));
	}
}

/* ---- Limits ------------------------------------------------------------------------------------------------------- */

/* before * count + middle + after * count */
static struct str repeated(struct buf *buf, size_t count, const char *before, const char *middle, const char *after)
{
	buf_clear(buf);
	for (size_t i = 0; i < count; i++)
		buf_add_c(buf, before);
	buf_add_c(buf, middle);
	for (size_t i = 0; i < count; i++)
		buf_add_c(buf, after);
	return buf_str(buf);
}

static void test_nesting_is_limited(void **state)
{
	static const struct {
		const char *before;
		const char *middle;
		const char *after;
	} rows[] = {
		{"(", "1", ")"},
		{"-", "x", ""},
		{"!", "true", ""},
		{"not ", "true", ""},
		{"empty ", "1", ""},
		{"[", "", "]"},
		{"{a:", "1", "}"},
		{"a[", "0", "]"},
		{"true ? ", "1", " : 2"},
		{"false ? 1 : ", "1", ""},
		{"''.concat(", "1", ")"},
	};
	struct world *world = *state;
	struct buf buf;

	buf_init(&buf, 1 << 20);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {0};
		struct str fits = repeated(&buf, EXPR_DEPTH_MAX - 1, rows[i].before, rows[i].middle, rows[i].after);
		if (!expr_compile(world->arena, fits, EXPR_FORM_CONDITION, &err))
			fail_msg("%s: %s", rows[i].before, err.message);
		struct str deep = repeated(&buf, 5000, rows[i].before, rows[i].middle, rows[i].after);
		assert_null(expr_compile(world->arena, deep, EXPR_FORM_CONDITION, &err));
		assert_string_equal(err.message, "nested deeper than 100 levels");
		assert_int_equal(err.line, 1);
	}
	buf_free(&buf);
}

/* What grows to the right without nesting may be as long as the source. */
static void test_long_chains_run(void **state)
{
	static const struct {
		const char *first;
		const char *link;
		size_t count;
		const char *expected;
	} rows[] = {
		{"1", "+1", 30000, "30001"},
		{"true", "&&true", 10000, "true"},
		{"false", "||false", 9000, "false"},
		{"{}", ".a", 30000, "null"},
		{"'a'", ".trim()", 9000, "\"a\""},
	};
	struct buf buf;

	buf_init(&buf, 1 << 20);
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)repeated(&buf, rows[i].count, "", rows[i].first, rows[i].link);
		buf_add_char(&buf, '\0');
		const struct row row = {buf.ptr, rows[i].expected};
		check_row(*state, EXPR_FORM_CONDITION, &row, false);
	}
	buf_free(&buf);
}

static void test_length_is_limited(void **state)
{
	struct world *world = *state;
	struct buf buf;
	struct err err = {0};

	buf_init(&buf, 1 << 20);
	struct str fits = repeated(&buf, EXPR_LENGTH_MAX - 1, " ", "1", "");
	assert_non_null(expr_compile(world->arena, fits, EXPR_FORM_CONDITION, &err));
	struct str longer = repeated(&buf, EXPR_LENGTH_MAX, " ", "1", "");
	assert_null(expr_compile(world->arena, longer, EXPR_FORM_CONDITION, &err));
	assert_string_equal(err.message, "the expression is longer than 65536 bytes");
	buf_free(&buf);
	err_clear(&err);
	assert_null(expr_compile(world->arena, STR("a\xff"), EXPR_FORM_TEMPLATE, &err));
	assert_string_equal(err.message, "the expression is not UTF-8");
}

/* A variable `x` that holds a text of so many bytes, and `l`, a list of so many numbers. */
static void world_make_large(struct world *world, size_t text, size_t list)
{
	struct buf buf;

	buf_init(&buf, 16 << 20);
	buf_add_c(&buf, "{\"x\":\"");
	for (size_t i = 0; i < text; i++)
		buf_add_char(&buf, 'a');
	buf_add_c(&buf, "\",\"l\":[0");
	for (size_t i = 1; i < list; i++)
		buf_add_c(&buf, ",0");
	buf_add_c(&buf, "]}");
	assert_true(value_from_json(world->arena, buf_str(&buf), &world->variables, NULL));
	buf_free(&buf);
}

/* K04: text that doubles. */
static void test_memory_is_limited(void **state)
{
	static const struct row rows[] = {
		{"x.concat(x).concat(x).concat(x).concat(x)", "more than 8 MiB of memory"},
		{"x + x + x + x + x", "more than 8 MiB of memory"},
		{"x.replace('a', x)", "more than 8 MiB of memory"},
		{"x.toUpperCase().concat(x.toLowerCase()).concat(x)", "more than 8 MiB of memory"},
		{"[x,x,x,x,x].toString()", "more than 8 MiB of memory"},
	};
	struct world *world = *state;
	struct expr_env env = world_env(world);

	world_make_large(world, 2 << 20, 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {0};
		struct value value;
		const struct expr *expr = expr_compile(world->arena, str_from_c(rows[i].text), EXPR_FORM_CONDITION, &err);
		assert_non_null(expr);
		assert_false(expr_evaluate(expr, &env, &value, &err));
		if (!strstr(err.message, rows[i].expected))
			fail_msg("%s: %s", rows[i].text, err.message);
		assert_int_equal(err.code, ERR_EXPRESSION);
	}
}

/* K03: work over large values counts as steps. */
static void test_steps_are_limited(void **state)
{
	static const struct {
		const char *first;
		const char *link;
	} rows[] = {
		{"l.contains(1)", " || l.contains(1)"},
		{"l == l", " && l == l"},
		{"[l,l,l,l,l,l] == [l,l,l,l,l,l]", " && l == l"},
		{"x.contains('b')", " || x.contains('b')"},
		{"x == x", " && x == x"},
		{"x.length() == 0", " || x.length() == 0"},
		{"x.substring(1).isEmpty()", " || x.substring(1).isEmpty()"},
		{"x < x", " || x < x"},
		{"x.toUpperCase() == x", " || x.toUpperCase() == x"},
		{"x.substring(0, 20000).replace('a', '') == 'a'", " || x.substring(0, 20000).replace('a', '') == 'a'"},
		{"x.indexOf('b') > 0", " || x.indexOf('b') > 0"},
	};
	struct world *world = *state;
	struct expr_env env = world_env(world);
	struct buf buf;

	world_make_large(world, 1 << 20, 20000);
	buf_init(&buf, 1 << 20);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {0};
		struct value value;
		struct str text = repeated(&buf, 100, "", rows[i].first, rows[i].link);
		const struct expr *expr = expr_compile(world->arena, text, EXPR_FORM_CONDITION, &err);
		assert_non_null(expr);
		assert_false(expr_evaluate(expr, &env, &value, &err));
		assert_string_equal(err.message, "the expression takes more than 100000 steps");
		assert_true(err.line == 1 && err.column > 1);
	}
	buf_free(&buf);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_literals),
		WITH_WORLD(test_arithmetic),
		WITH_WORLD(test_text_and_plus),
		WITH_WORLD(test_precedence),
		WITH_WORLD(test_equality),
		WITH_WORLD(test_relations),
		WITH_WORLD(test_logic),
		WITH_WORLD(test_paths),
		WITH_WORLD(test_text_methods),
		WITH_WORLD(test_other_methods),
		WITH_WORLD(test_time),
		WITH_WORLD(test_functions_and_objects),
		WITH_WORLD(test_conditions),
		WITH_WORLD(test_templates),
		WITH_WORLD(test_scripts),
		WITH_WORLD(test_errors_at_compile),
		WITH_WORLD(test_errors_of_forms),
		WITH_WORLD(test_errors_at_evaluation),
		WITH_WORLD(test_conditions_insist_on_a_boolean),
		WITH_WORLD(test_an_environment_may_be_bare),
		WITH_WORLD(test_constants_and_source),
		WITH_WORLD(test_variables_that_it_reads),
		WITH_WORLD(test_nesting_is_limited),
		WITH_WORLD(test_long_chains_run),
		WITH_WORLD(test_length_is_limited),
		WITH_WORLD(test_memory_is_limited),
		WITH_WORLD(test_steps_are_limited),
	};
	return cmocka_run_group_tests_name("expr", tests, NULL, NULL);
}
