/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes the expression language: any text is compiled in all three forms and what compiles is evaluated over fixed
 * variables. What an expression gives has to survive its way through JSON.
 */
#include "config.h"

#include "engine/expr/expr.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"

#define FUZZ_JSON_MAX ((size_t)32 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char fuzz_variables[] =
	"{\"a\":1200,\"b\":0.1,\"c\":\"text\",\"d\":null,\"t\":true,\"l\":[1,\"x\",[2.5],null],\"n\":\"5\","
	"\"o\":{\"p\":{\"q\":[{\"r\":\"\\u8cfc\\u8cb7\"}]},\"e\":{}},\"w\":\"2026-11-20T08:00:00Z\",\"m\":-"
    "9223372036854775808}";

struct fuzz_world {
	struct value variables;
	struct arena *arena;
};

static bool fuzz_get_variable(
	void *context, struct str name, bool local, struct value *out, bool *found, struct err *err)
{
	const struct fuzz_world *world = context;
	const struct value *value = value_context_get(&world->variables, name);

	(void)local;
	(void)err;
	*found = value != NULL;
	if (value)
		*out = *value;
	return true;
}

/* Every variable set is `a` from then on, so that a script can make it grow. */
static bool fuzz_set_variable(void *context, struct str name, const struct value *value, bool local, struct err *err)
{
	struct fuzz_world *world = context;
	struct buf buf;

	(void)name;
	(void)local;
	buf_init(&buf, FUZZ_JSON_MAX);
	bool ok = value_to_json(&buf, value, err) && !buf.overflow;
	if (ok) {
		struct value_entry *entry = arena_new_object(world->arena, struct value_entry);
		entry->name = STR("a");
		if (!value_from_json(world->arena, buf_str(&buf), &entry->value, err) || !value_equal(&entry->value, value))
			entry->value = (struct value){.kind = VALUE_NULL};
		world->variables.context = (struct value_context){.entries = entry, .len = 1};
	}
	buf_free(&buf);
	return ok;
}

static void fuzz_form(struct arena *arena, struct str text, enum expr_form form)
{
	struct fuzz_world world = {.arena = arena};
	const struct str group = STR("buyers");
	const struct expr_env env = {
		.arena = arena,
		.now = INT64_C(1795161600500000),
		.user = STR("ann"),
		.groups = &group,
		.group_count = 1,
		.context = &world,
		.get_variable = fuzz_get_variable,
		.set_variable = fuzz_set_variable,
	};
	struct err err = {0};
	struct value value;

	const struct expr *expr = expr_compile(arena, text, form, &err);
	if (!expr) {
		if (err.code != ERR_EXPRESSION || err.line < 1 || err.column < 1)
			abort();
		return;
	}
	if (!value_from_json(arena, str_from_c(fuzz_variables), &world.variables, NULL))
		abort();
	if (!expr_evaluate(expr, &env, &value, &err)) {
		if (err.code == ERR_NONE || err.line < 1 || err.column < 1)
			abort();
		return;
	}

	struct buf buf;
	struct value again;
	buf_init(&buf, FUZZ_JSON_MAX);
	if (value_to_json(&buf, &value, &err) && !buf.overflow && !value_from_json(arena, buf_str(&buf), &again, &err))
		abort();
	buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const struct str text = {(const char *)data, size};

	fuzz_form(arena, text, EXPR_FORM_TEMPLATE);
	fuzz_form(arena, text, EXPR_FORM_CONDITION);
	fuzz_form(arena, text, EXPR_FORM_SCRIPT);
	arena_free(arena);
	return 0;
}
