/* SPDX-License-Identifier: Apache-2.0
 *
 * BPMN 2.0 XML -> checked document with one graph a process. Four passes: pre-scan (limits, encoding), read (model with
 * positions), check (references and rules), compile (arrays). libxml2 ends in this folder.
 *
 * Every element is executed, or refused by name: what an executable process contains and the engine cannot run is an
 * error diagnostic on that element. All diagnostics of a file are reported at once.
 */
#ifndef BPMN_BPMN_H
#define BPMN_BPMN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "bpmn/graph.h"

enum diagnostic_severity { DIAGNOSTIC_ERROR, DIAGNOSTIC_WARNING, DIAGNOSTIC_INFO };

struct diagnostic {
	struct str rule; /* stable id, kebab-case: "gateway-without-outgoing-flow" */
	enum diagnostic_severity severity;
	struct str element_id; /* empty where the element has none */
	struct str element_name;
	int line; /* of the element's start tag; inside an expression: of the failing character */
	int column;
	struct str message; /* one line */
	struct str hint;    /* what would be right; may be empty */
};

/* Text of an expression to a program in the arena: given by engine/, so that bpmn/ need not know the language.
 * form: 0 template, 1 condition, 2 script (enum expr_form). */
typedef const struct expr *(*bpmn_compile_expr)(struct arena *arena, struct str text, int form, struct err *err);

struct bpmn_options {
	bpmn_compile_expr compile_expr;
	size_t size_max; /* 0: 4 MiB */
	bool survey;     /* fill the words of the document */
};

/* What becomes of something that stands in a file, where its process runs. */
enum bpmn_fate {
	BPMN_RUNS,
	BPMN_BECOMES_JOB, /* names work for a worker */
	BPMN_NO_EFFECT,   /* would change the execution elsewhere */
	BPMN_NOT_READ,    /* means nothing for the execution */
	BPMN_REFUSED,
	BPMN_FATE_COUNT
};

/* One use of an element of BPMN, or of a vendor's attribute or element with its prefix. */
struct bpmn_word {
	struct str name;
	bool vendor;
	enum bpmn_fate fate;
	int line;
	int column;
};

/* A read file. Everything in it lives in its own arena. */
struct bpmn_document {
	struct arena *arena;
	struct graph *const *graphs; /* one a process, in document order; NULL for a process with errors */
	size_t graph_count;
	const struct diagnostic *diagnostics; /* by line, column */
	size_t diagnostic_count;
	bool has_errors;
	const struct bpmn_word *words; /* in document order; filled where options ask for a survey */
	size_t word_count;
};

#define BPMN_SIZE_MAX (4u << 20)
#define BPMN_DEPTH_MAX 128
#define BPMN_ATTRIBUTES_MAX 128 /* per tag */
#define BPMN_TAG_BYTES_MAX (64u << 10)
#define BPMN_TEXT_BYTES_MAX (1u << 20)
#define BPMN_ELEMENTS_MAX 100000
#define BPMN_NAMESPACES_MAX 64 /* per tag and in scope */

/* Reads a diagram. NULL only when it is not XML at all or breaks a limit: ERR_BAD_REQUEST (not well-formed, empty),
 * ERR_TOO_LARGE, ERR_MODEL (DOCTYPE, wrong encoding, limits, not BPMN), each with line and column. Otherwise a
 * document, owned by the caller, with or without error diagnostics. */
struct bpmn_document *bpmn_read(struct str xml, const struct bpmn_options *options, struct err *err)
	__attribute__((warn_unused_result));
void bpmn_document_free(struct bpmn_document *document);

/* Appends the diagnostic as the API's JSON object: rule, severity, elementId, elementName, line,
 * column, message, hint. */
void diagnostic_to_json(struct buf *buf, const struct diagnostic *diagnostic);
const char *diagnostic_severity_name(enum diagnostic_severity severity);

#endif
