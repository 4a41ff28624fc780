/* SPDX-License-Identifier: Apache-2.0
 *
 * What deployments and lint have in common: getting from a body to checked documents.
 */
#include "config.h"

#include "api/upload.h"

#include "api/call.h"
#include "api/multipart.h"
#include "base/json.h"

#define UPLOAD_ONE_NAME "diagram.bpmn"

static bool upload_add(struct call *call, struct upload *upload, struct str name, struct str content)
{
	for (size_t i = 0; i < upload->file_count; i++) {
		if (str_equal(upload->files[i].name, name))
			return err_set(&call->err, ERR_INVALID, "two files are called %.*s", STR_ARG(name));
	}
	upload->files[upload->file_count++] = (struct upload_file){.name = name, .content = content};
	return true;
}

/* A part that is no file is one of the two texts. */
static bool upload_text(struct call *call, struct upload *upload, const struct multipart_part *part)
{
	struct str *to = str_equal(part->name, STR("name")) ? &upload->name
		: str_equal(part->name, STR("source")) ? &upload->source : NULL;
	if (!to)
		return err_set(&call->err, ERR_INVALID, "the form has a part %.*s that is no file", STR_ARG(part->name));
	if (part->body.len > BODY_NAME_MAX || !str_is_utf8(part->body))
		return err_set(&call->err, ERR_INVALID, "the part %.*s is not text of at most 255 bytes", STR_ARG(part->name));
	*to = part->body;
	return true;
}

static bool upload_take_form(struct call *call, struct str content_type, struct upload *upload)
{
	struct multipart_part *parts = arena_array(call->arena, MULTIPART_PARTS_MAX, sizeof *parts);
	size_t count;
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

bool upload_read(struct call *call, struct upload_file *file, struct err *err)
{
	const struct bpmn_options options = {
		.compile_expr = engine_compile_expr,
		.size_max = call->api->config->max_diagram,
	};
	file->document = bpmn_read(file->content, &options, err);
	return file->document != NULL;
}

void upload_free_documents(struct upload *upload)
{
	for (size_t i = 0; i < upload->file_count; i++)
		bpmn_document_free(upload->files[i].document);
}

void upload_diagnostics(
	struct buf *buf, const struct upload *upload, const struct upload_file *file, unsigned severities)
{
	for (size_t i = 0; file->document && i < file->document->diagnostic_count; i++) {
		const struct diagnostic *diagnostic = &file->document->diagnostics[i];
		if (!(severities & 1u << diagnostic->severity))
			continue;
		if (buf->len > 0)
			json_next(buf);
		diagnostic_to_json(buf, diagnostic);
		if (upload->file_count == 1)
			continue;
		buf->len--; /* the object goes on */
		json_member_str(buf, "resource", file->name);
		json_object_end(buf);
	}
}
