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
};

struct upload {
	struct str name; /* of the deployment; empty: not given */
	struct str source;
	struct upload_file *files;
	size_t file_count;
};

/* Takes name, source and files out of the request. False: call->err says why. */
bool upload_take(struct call *call, struct upload *upload) __attribute__((warn_unused_result));
/* Reads a file into its document, which the caller frees. False with err: no XML, or beyond a limit. */
bool upload_read(struct call *call, struct upload_file *file, struct err *err) __attribute__((warn_unused_result));
void upload_free_documents(struct upload *upload);

/* Appends the file's diagnostics as members of a JSON array: those of `severities`, bits 1 << enum diagnostic_severity.
 * Where the upload has several files each says its `resource`. */
void upload_diagnostics(
	struct buf *buf, const struct upload *upload, const struct upload_file *file, unsigned severities);
#define UPLOAD_ERRORS (1u << DIAGNOSTIC_ERROR)
#define UPLOAD_OTHERS (1u << DIAGNOSTIC_WARNING | 1u << DIAGNOSTIC_INFO)

#endif
