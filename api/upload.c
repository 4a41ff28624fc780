/* SPDX-License-Identifier: Apache-2.0
 *
 * What deployments and lint have in common: getting from a body to checked documents.
 */
#include "config.h"

#include "api/upload.h"

#include "api/call.h"
#include "api/multipart.h"
#include "base/json.h"
#include "base/map.h"
#include "engine/explore.h"

#define UPLOAD_ONE_NAME "diagram.bpmn"
/* Characters of a name in a message. */
#define UPLOAD_NAME_SHOWN 80

/* Two files do not go together; the later one is told. */
static bool upload_clash(struct call *call, struct upload *upload, struct str file, struct diagnostic clash)
{
	struct diagnostic *kept = arena_new_object(call->arena, struct diagnostic);
	*kept = clash;
	upload->clash = kept;
	upload->clash_file = file;
	return err_set(&call->err, ERR_INVALID, "%.*s", STR_ARG(clash.message));
}

static bool upload_add(struct call *call, struct upload *upload, struct str name, struct str content)
{
	struct str shown = str_utf8_prefix(name, UPLOAD_NAME_SHOWN);
	for (size_t i = 0; i < upload->file_count; i++) {
		if (str_equal(upload->files[i].name, name))
			return upload_clash(call, upload, name,
				(struct diagnostic){
					.rule = STR("duplicate-file"),
					.line = 1,
					.column = 1,
					.message = arena_printf(call->arena, "two files are called %.*s", STR_ARG(shown)),
					.hint = STR("each file of a form needs a name of its own"),
				});
	}
	upload->files[upload->file_count++] = (struct upload_file){.name = name, .content = content};
	return true;
}

/* A part that is no file is one of the two texts. */
static bool upload_text(struct call *call, struct upload *upload, const struct multipart_part *part)
{
	struct str *to = str_equal(part->name, STR("name"))     ? &upload->name
	                 : str_equal(part->name, STR("source")) ? &upload->source
	                                                        : NULL;
	struct str shown = str_utf8_prefix(part->name, UPLOAD_NAME_SHOWN);
	if (!to)
		return err_set(&call->err, ERR_INVALID, "the form has a part %.*s that is no file", STR_ARG(shown));
	if (part->body.len > BODY_NAME_MAX || !str_is_utf8(part->body))
		return err_set(&call->err, ERR_INVALID, "the part %.*s is not text of at most 255 bytes", STR_ARG(shown));
	*to = part->body;
	return true;
}

static bool upload_take_form(struct call *call, struct str content_type, struct upload *upload)
{
	struct multipart_part *parts = arena_array(call->arena, MULTIPART_PARTS_MAX, sizeof *parts);
	size_t count;
	upload->form = true;
	if (!multipart_parse(call->arena, content_type, http_request_body(call->http), parts, &count, &call->err))
		return false;
	for (size_t i = 0; i < count; i++) {
		bool good = parts[i].filename.ptr ? upload_add(call, upload, parts[i].filename, parts[i].body)
		                                  : upload_text(call, upload, &parts[i]);
		if (!good)
			return false;
	}
	return upload->file_count > 0 || err_set(&call->err, ERR_INVALID, "the form has no file");
}

bool upload_take(struct call *call, struct upload *upload)
{
	struct str content_type = http_request_header(call->http, STR("content-type"));
	*upload = (struct upload){
		.name = call_query_text(call, "name"),
		.source = call_query_text(call, "source"),
		.files = arena_array(call->arena, MULTIPART_PARTS_MAX, sizeof *upload->files),
	};
	if (upload->name.len > BODY_NAME_MAX || upload->source.len > BODY_NAME_MAX)
		return err_set(&call->err, ERR_BAD_REQUEST, "name and source have at most 255 bytes");
	if (str_equal_nocase(str_slice(content_type, 0, sizeof "multipart/" - 1), STR("multipart/")))
		return upload_take_form(call, content_type, upload);
	return upload_add(call, upload, STR(UPLOAD_ONE_NAME), http_request_body(call->http));
}

static void upload_read_file(struct call *call, struct upload_file *file)
{
	const struct bpmn_options options = {
		.compile_expr = engine_compile_expr,
		.size_max = call->api->config->max_diagram,
	};
	struct err err = {0};
	file->document = bpmn_read(file->content, &options, &err);
	if (file->document) {
		explore_document(file->document);
		return;
	}
	struct err *kept = arena_new_object(call->arena, struct err);
	*kept = err;
	file->unreadable = kept;
	if (call->err.code == ERR_NONE)
		call->err = err;
}

bool upload_read(struct call *call, struct upload *upload)
{
	for (size_t i = 0; i < upload->file_count; i++)
		upload_read_file(call, &upload->files[i]);
	return call->err.code == ERR_NONE;
}

static bool upload_take_keys(struct call *call, struct upload *upload, const struct upload_file *file, struct map *keys)
{
	for (size_t i = 0; file->document && i < file->document->graph_count; i++) {
		const struct graph *graph = file->document->graphs[i];
		if (!graph || !map_put(keys, graph->key, upload))
			continue;
		struct str shown = str_utf8_prefix(graph->key, UPLOAD_NAME_SHOWN);
		return upload_clash(call, upload, file->name,
			(struct diagnostic){
				.rule = STR("duplicate-process-id"),
				.element_id = graph->key,
				.element_name = graph->name,
				.line = graph->line,
				.column = graph->column,
				.message = arena_printf(call->arena, "two processes have the id %.*s", STR_ARG(shown)),
				.hint = STR("each process needs an id of its own"),
			});
	}
	return true;
}

bool upload_keys_differ(struct call *call, struct upload *upload)
{
	struct map keys = {0};
	bool differ = true;
	for (size_t i = 0; differ && i < upload->file_count; i++)
		differ = upload_take_keys(call, upload, &upload->files[i], &keys);
	map_free(&keys);
	return differ;
}

void upload_free_documents(struct upload *upload)
{
	for (size_t i = 0; i < upload->file_count; i++)
		bpmn_document_free(upload->files[i].document);
}

/* ---- diagnostics ---- */

static void upload_diagnostic(
	struct buf *buf, const struct upload *upload, struct str file, const struct diagnostic *diagnostic)
{
	if (buf->len > 0)
		json_next(buf);
	diagnostic_to_json(buf, diagnostic);
	if (!upload->form)
		return;
	buf->len--; /* the object goes on */
	json_member_str(buf, "resource", file);
	json_object_end(buf);
}

/* A file that is no diagram at all is one diagnostic, as any other fault is. */
static void upload_unreadable(struct buf *buf, const struct upload *upload, const struct upload_file *file)
{
	const struct err *err = file->unreadable;
	upload_diagnostic(buf, upload, file->name,
		&(struct diagnostic){
			.rule = STR(UPLOAD_UNREADABLE),
			.severity = DIAGNOSTIC_ERROR,
			.element_id = str_from_c(err->element),
			.line = err->line > 0 ? err->line : 1,
			.column = err->column > 0 ? err->column : 1,
			.message = str_from_c(err->message),
		});
}

void upload_diagnostics(struct buf *buf, const struct upload *upload, unsigned severities)
{
	for (size_t i = 0; i < upload->file_count; i++) {
		const struct upload_file *file = &upload->files[i];
		if (file->unreadable && severities & UPLOAD_ERRORS)
			upload_unreadable(buf, upload, file);
		for (size_t k = 0; file->document && k < file->document->diagnostic_count; k++) {
			const struct diagnostic *diagnostic = &file->document->diagnostics[k];
			if (severities & 1u << diagnostic->severity)
				upload_diagnostic(buf, upload, file->name, diagnostic);
		}
	}
	if (upload->clash && severities & UPLOAD_ERRORS)
		upload_diagnostic(buf, upload, upload->clash_file, upload->clash);
}

void upload_refuse(struct call *call, struct upload *upload)
{
	struct buf *errors = call_buf(call);
	struct buf *warnings = call_buf(call);
	upload_diagnostics(errors, upload, UPLOAD_ERRORS);
	upload_diagnostics(warnings, upload, UPLOAD_OTHERS);
	upload_free_documents(upload);
	bool listed = errors->len > 0;
	call_fail_with(call, &call->err, buf_str(errors),
		!listed             ? (struct str){0}
		: warnings->len > 0 ? buf_str(warnings)
							: STR(""),
		NULL);
}
