/* SPDX-License-Identifier: Apache-2.0
 *
 * Uploaded diagrams: one as the whole body, or several as a form; read and checked.
 */
#ifndef API_UPLOAD_H
#define API_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "bpmn/bpmn.h"

struct call;

struct upload_file {
	struct str name;
	struct str content;
	struct bpmn_document *document; /* NULL until read */
	const struct err *unreadable;   /* why there is no document after reading; arena */
};

struct upload {
	struct str name; /* of the deployment; empty: not given */
	struct str source;
	struct upload_file *files;
	size_t file_count;
	bool form; /* the files have names, and each diagnostic says its `resource` */

	const struct diagnostic *clash; /* of two files with each other; NULL: none */
	struct str clash_file;
};

/* The rule of the diagnostic that a file gets which cannot be read as a diagram at all. */
#define UPLOAD_UNREADABLE "unreadable-model"

/* Takes name, source and files out of the request. False: call->err says why. */
bool upload_take(struct call *call, struct upload *upload) __attribute__((warn_unused_result));
/* Reads all files into documents, which the caller frees. False where one is no XML, no BPMN or beyond a limit:
 * call->err is the first of these, each file has its own. */
bool upload_read(struct call *call, struct upload *upload) __attribute__((warn_unused_result));
/* Two processes of one id would take each other's place: false with call->err and a clash. */
bool upload_keys_differ(struct call *call, struct upload *upload) __attribute__((warn_unused_result));
void upload_free_documents(struct upload *upload);

/* Appends the diagnostics of all files as members of a JSON array: those of `severities`, bits
 * 1 << enum diagnostic_severity. */
void upload_diagnostics(struct buf *buf, const struct upload *upload, unsigned severities);
#define UPLOAD_ERRORS (1u << DIAGNOSTIC_ERROR)
#define UPLOAD_OTHERS (1u << DIAGNOSTIC_WARNING | 1u << DIAGNOSTIC_INFO)
/* Answers with call->err and all that is wrong with the files; frees the documents. */
void upload_refuse(struct call *call, struct upload *upload);

#endif
