/* SPDX-License-Identifier: Apache-2.0
 *
 * Expressions: text -> compact program with positions -> value. Compiled once at deployment into the
 * graph's arena and shared between threads; evaluated in the step against an environment. The interpreter is
 * closed: no call leaves it but through struct expr_env.
 */
#ifndef ENGINE_EXPR_EXPR_H
#define ENGINE_EXPR_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "engine/expr/value.h"

/* A compiled expression: immutable, lives in the arena it was compiled into. */
struct expr;

enum expr_form {
	EXPR_FORM_TEMPLATE,  /* attribute text: "Order ${id}"; without ${ or #{ a constant text; "${x}" alone keeps its type */
	EXPR_FORM_CONDITION, /* one expression, "${a > 1}" or bare "a > 1" */
	EXPR_FORM_SCRIPT,    /* one or more expressions separated by ';', bare or each in ${}; the value of the last */
};

#define EXPR_LENGTH_MAX 65536        /* bytes of source */
#define EXPR_DEPTH_MAX 100           /* nesting of the source */
#define EXPR_STEPS_MAX 100000        /* program steps of one evaluation */
#define EXPR_MEMORY_MAX (8u << 20)   /* bytes that one evaluation may take from its arena */

/* Compiles into arena. NULL with ERR_EXPRESSION, line and column counted from 1 within text (in characters), message
 * saying what was expected and what stood there. */
const struct expr *expr_compile(struct arena *arena, struct str text, enum expr_form form, struct err *err)
	__attribute__((warn_unused_result));

/* The source text (kept in the arena). */
struct str expr_source(const struct expr *expr);
/* True when it is constant text or a constant value: then expr_evaluate needs no variable. */
bool expr_is_constant(const struct expr *expr);

/* Names of the variables that it reads (by name, or as a whole execution.getVariable('name')), one after the other (*at
 * 0 at first); ptr NULL at the end. */
struct str expr_next_variable(const struct expr *expr, size_t *at);

/* Behind a name of theirs, in this order: "execution", "task", "externalTask" stands a property or a method. */
enum expr_object { EXPR_OBJECT_EXECUTION, EXPR_OBJECT_TASK, EXPR_OBJECT_EXTERNAL_TASK, EXPR_OBJECT_COUNT };

/* What an evaluation may see and do. Callbacks set err only for real failures. */
struct expr_env {
	struct arena *arena;      /* values are made here */
	int64_t now;              /* now(), dateTime() */
	struct str user;          /* currentUser(); ptr NULL: null */
	const struct str *groups; /* currentUserGroups() */
	size_t group_count;
	bool *groups_read;        /* set when the groups are asked for; may be NULL */
	void *context;            /* handed to the callbacks */
	/* Variable by name, innermost scope outward (local: only the activity's own). Sets *found. */
	bool (*get_variable)(void *context, struct str name, bool local, struct value *out, bool *found, struct err *err);
	/* execution.setVariable / setVariableLocal. NULL: not allowed here, an error says so. */
	bool (*set_variable)(void *context, struct str name, const struct value *value, bool local, struct err *err);
	/* execution.businessKey, task.assignee, ...: false when there is no such property. May be NULL. */
	bool (*get_property)(void *context, enum expr_object object, struct str name, struct value *out);
};

/* Evaluates. ERR_EXPRESSION with the position of the failing part, the unknown variable named, or the limit that
 * was hit. Nothing in env->arena needs freeing; *out may also borrow from expr and from the variables it was given. */
bool expr_evaluate(const struct expr *expr, const struct expr_env *env, struct value *out, struct err *err)
	__attribute__((warn_unused_result));

/* Evaluates and insists on a boolean: null and other kinds are errors that say what came instead. */
bool expr_evaluate_boolean(const struct expr *expr, const struct expr_env *env, bool *out, struct err *err)
	__attribute__((warn_unused_result));

#endif
