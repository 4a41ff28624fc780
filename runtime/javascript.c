/* SPDX-License-Identifier: Apache-2.0
 *
 * A script sees the variables as globals, and `execution`; both are made by a prelude in JavaScript, which also
 * collects what the script sets. Everything that can be made before the input is read is made before the sandbox is
 * entered.
 */
#include "config.h"

#include "runtime/javascript.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <duktape.h>

#include "runtime/block_heap.h"
#include "runtime/sandbox.h"

#define JAVASCRIPT_READ_BYTES 65536
#define JAVASCRIPT_FILE "script"

/* Values are copied when they are set: what the script does to an object afterwards is its own affair. Names that the
 * language has taken keep their meaning. Yields the function that makes the answer of a result. */
static const char javascript_prelude[] =
	"(function (global, text) {\n"
	"	var parse = JSON.parse, stringify = JSON.stringify, define = Object.defineProperty, create = Object.create;\n"
	"	var request = parse(text), facts = request.execution, seen = create(null), set = create(null),\n"
	"		local = create(null);\n"
	"	function copy(value) { var json = stringify(value); return json === undefined ? null : parse(json); }\n"
	"	function write(where, name, value) {\n"
	"		if (typeof name !== 'string' || name === '') throw new TypeError('a variable needs a name');\n"
	"		where[name] = copy(value);\n"
	"		seen[name] = where[name];\n"
	"	}\n"
	"	var execution = {\n"
	"		getVariable: function (name) { return name in seen ? seen[name] : null; },\n"
	"		getVariables: function () { return copy(seen); },\n"
	"		hasVariable: function (name) { return name in seen; },\n"
	"		setVariable: function (name, value) { write(set, name, value); },\n"
	"		setVariableLocal: function (name, value) { write(local, name, value); },\n"
	"		getBusinessKey: function () { return facts.businessKey; },\n"
	"		getProcessBusinessKey: function () { return facts.businessKey; },\n"
	"		getProcessInstanceId: function () { return facts.processInstanceId; },\n"
	"		getProcessDefinitionKey: function () { return facts.processDefinitionKey; },\n"
	"		getActivityInstanceId: function () { return facts.activityInstanceId; },\n"
	"		getCurrentActivityId: function () { return facts.currentActivityId; }\n"
	"	};\n"
	"	for (var fact in facts) execution[fact] = facts[fact];\n"
	"	execution.processBusinessKey = facts.businessKey;\n"
	"	Object.keys(request.variables).forEach(function (name) {\n"
	"		seen[name] = request.variables[name];\n"
	"		if (!(name in global))\n"
	"			define(global, name, {value: seen[name], writable: true, enumerable: true, configurable: true});\n"
	"	});\n"
	"	global.execution = execution;\n"
	"	delete global.Duktape;\n"
	"	return {source: request.source, answer: function (result) {\n"
	"		return stringify({variables: set, local: local, result: result});\n"
	"	}};\n"
	"})";

/* ---- input and output ---- */

static void javascript_write(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t written = write(STDOUT_FILENO, text, len);
		if (written <= 0)
			sandbox_exit(EXIT_FAILURE);
		text += written;
		len -= (size_t)written;
	}
}

static void javascript_on_fatal(void *context, const char *message)
{
	static const char answer[] = "{\"error\": \"the script takes more memory than it may\", \"line\": 0}";
	(void)context;
	(void)message;
	javascript_write(answer, sizeof answer - 1);
	sandbox_exit(EXIT_SUCCESS);
}

/* All of standard input as text on the stack. */
static void javascript_read(duk_context *js)
{
	size_t len = 0, capacity = JAVASCRIPT_READ_BYTES;
	char *text = duk_push_dynamic_buffer(js, capacity);
	for (ssize_t got; (got = read(STDIN_FILENO, text + len, capacity - len)) > 0;) {
		len += (size_t)got;
		if (len < capacity)
			continue;
		capacity += capacity / 2;
		text = duk_resize_buffer(js, -1, capacity);
	}
	duk_push_lstring(js, text, len);
	duk_remove(js, -2);
}

/* A surrogate of UTF-16 as it stands in a text of JavaScript, in three bytes; 0: something else. */
static unsigned javascript_surrogate(const unsigned char *text, size_t left)
{
	if (left < 3 || text[0] != 0xed || text[1] < 0xa0)
		return 0;
	return 0xd000u | (text[1] & 0x3fu) << 6 | (text[2] & 0x3fu);
}

static size_t javascript_put_pair(unsigned char *out, unsigned high, unsigned low)
{
	unsigned point = 0x10000u + ((high - 0xd800u) << 10) + (low - 0xdc00u);
	out[0] = (unsigned char)(0xf0u | point >> 18);
	out[1] = (unsigned char)(0x80u | (point >> 12 & 0x3fu));
	out[2] = (unsigned char)(0x80u | (point >> 6 & 0x3fu));
	out[3] = (unsigned char)(0x80u | (point & 0x3fu));
	return 4;
}

/* To UTF-8 in place: pairs of surrogates become one character, single ones U+FFFD. Returns the length. */
static size_t javascript_to_utf8(unsigned char *text, size_t len)
{
	size_t out = 0;
	for (size_t at = 0; at < len;) {
		unsigned here = javascript_surrogate(text + at, len - at);
		unsigned next = here >= 0xd800 && here < 0xdc00 ? javascript_surrogate(text + at + 3, len - at - 3) : 0;
		if (here == 0) {
			text[out++] = text[at++];
		} else if (next >= 0xdc00) {
			out += javascript_put_pair(text + out, here, next);
			at += 6;
		} else {
			memcpy(text + out, "\xef\xbf\xbd", 3);
			out += 3;
			at += 3;
		}
	}
	return out;
}

/* The text on top of the stack, and the end. */
static void javascript_answer(duk_context *js)
{
	size_t len;
	const char *json = duk_require_lstring(js, -1, &len);
	unsigned char *text = duk_push_fixed_buffer(js, len);
	memcpy(text, json, len);
	len = javascript_to_utf8(text, len);
	javascript_write((const char *)text, len);
	sandbox_exit(EXIT_SUCCESS);
}

/* ---- running ---- */

/* The innermost line of the script in a stack trace: "at f (script:3)". */
static int javascript_line(const char *trace)
{
	const char *place = strstr(trace, JAVASCRIPT_FILE ":");
	return place ? atoi(place + strlen(JAVASCRIPT_FILE ":")) : 0;
}

/* What was thrown is on top of the stack. */
static void javascript_fail(duk_context *js)
{
	int line = 0;
	if (duk_is_error(js, -1)) {
		duk_get_prop_string(js, -1, "stack");
		line = javascript_line(duk_safe_to_string(js, -1));
		duk_pop(js);
	}
	duk_push_object(js);
	duk_push_string(js, duk_safe_to_string(js, -2));
	duk_put_prop_string(js, -2, "error");
	duk_push_int(js, line);
	duk_put_prop_string(js, -2, "line");
	duk_json_encode(js, -1);
	javascript_answer(js);
}

/* [prelude] -> [answer function, its result of the script] */
static void javascript_run(duk_context *js)
{
	duk_push_global_object(js);
	javascript_read(js);
	if (duk_pcall(js, 2) != DUK_EXEC_SUCCESS)
		javascript_fail(js);
	duk_get_prop_string(js, -1, "answer");
	duk_get_prop_string(js, -2, "source");
	duk_push_string(js, JAVASCRIPT_FILE);
	if (duk_pcompile(js, DUK_COMPILE_EVAL) != 0 || duk_pcall(js, 0) != DUK_EXEC_SUCCESS)
		javascript_fail(js);
	if (duk_pcall(js, 1) != DUK_EXEC_SUCCESS)
		javascript_fail(js);
	javascript_answer(js);
}

void javascript_main(void)
{
	struct block_heap heap;
	void *block = sandbox_memory(JAVASCRIPT_MEMORY_BYTES);
	if (!block)
		sandbox_exit(JAVASCRIPT_NO_SANDBOX);
	block_heap_init(&heap, block, JAVASCRIPT_MEMORY_BYTES);
	tzset(); /* reads its files now */
	duk_context *js = duk_create_heap(block_heap_alloc, block_heap_resize, block_heap_free, &heap, javascript_on_fatal);
	if (!js)
		sandbox_exit(JAVASCRIPT_NO_SANDBOX);
	duk_push_string(js, "prelude");
	duk_compile_lstring_filename(js, DUK_COMPILE_EVAL, javascript_prelude, sizeof javascript_prelude - 1);
	duk_call(js, 0);
	if (!sandbox_enter())
		sandbox_exit(JAVASCRIPT_NO_SANDBOX);
	javascript_run(js);
	sandbox_exit(EXIT_FAILURE);
}
