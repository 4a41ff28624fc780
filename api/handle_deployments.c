/* SPDX-License-Identifier: Apache-2.0
 *
 * Deployments: diagrams in, definitions out. All files are good, or nothing is stored.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>

#include <openssl/evp.h>

#include "api/call.h"
#include "api/upload.h"
#include "base/json.h"

/* ---- storing ---- */

/* What the answer needs when the documents have been given away. */
struct deployment {
	struct upload upload;
	struct str diagnostics;  /* members of a JSON array */
};

/* A definition of an earlier deployment that has them all, as none has changed and the new one is not kept; or NULL. */
static const struct db_deployed *deployment_unchanged(const struct work_deploy *deploying)
{
	for (size_t i = 0; i < deploying->deployed_count; i++) {
		if (deploying->deployed[i].changed)
			return NULL;
	}
	return deploying->deployed_count > 0 ? &deploying->deployed[0] : NULL;
}

static void deployment_render(struct work *work)
{
	struct call *call = work->context;
	const struct deployment *deployment = call->extra;
	const struct work_deploy *deploying = &work->deploying;
	const struct db_deployed *unchanged = deployment_unchanged(deploying);
	int64_t id = unchanged ? unchanged->deployment_id : deploying->deploy.id;
	struct buf *body = call_buf(call);
	json_object_begin(body);
	json_member_id(body, "id", id);
	json_member_str(body, "name", deploying->deploy.name);
	json_member_time(body, "deployedAt", unchanged ? unchanged->deployed_at : deploying->deploy.at);
	json_member(body, "definitions");
	json_array_begin(body);
	for (size_t i = 0; i < deploying->deployed_count; i++) {
		const struct db_deployed *row = &deploying->deployed[i];
		json_next(body);
		json_object_begin(body);
		json_member_id(body, "id", row->id);
		json_member_str(body, "key", row->key);
		json_member_int(body, "version", row->version);
		json_member_text(body, "name", row->name);
		json_member_bool(body, "executable", row->executable);
		json_member_bool(body, "changed", row->changed);
		json_object_end(body);
	}
	json_array_end(body);
	json_member(body, "diagnostics");
	json_array_begin(body);
	buf_add_str(body, deployment->diagnostics);
	json_array_end(body);
	json_object_end(body);
	work->answer = (struct answer){
		.status = 201,
		.location = arena_printf(call->arena, "/v1/deployments/%" PRId64, id),
		.body = buf_str(body),
	};
}

/* The rows of a file's processes; those that could not be built have no key and are not stored. */
static void deployment_processes(struct call *call, const struct bpmn_document *document, struct db_deploy_file *file)
{
	struct db_deploy_process *rows = arena_array(call->arena, document->graph_count, sizeof *rows);
	for (size_t i = 0; i < document->graph_count; i++) {
		const struct graph *graph = document->graphs[i];
		if (!graph)
			continue;
		rows[file->process_count++] = (struct db_deploy_process){
			.graph = graph,
			.process_index = (int32_t)i,
			.key = graph->key,
			.name = graph->name,
			.version_tag = graph->version_tag,
			.executable = graph->executable,
		};
	}
	file->processes = rows;
}

static const unsigned char *deployment_digest(struct call *call, struct str content)
{
	unsigned char *digest = arena_alloc(call->arena, 32);
	EVP_Digest(content.ptr, content.len, digest, NULL, EVP_sha256(), NULL);
	return digest;
}

static void deployment_fill(struct call *call, const struct upload *upload)
{
	struct work_deploy *deploying = &call->work.deploying;
	struct db_deploy_file *files = arena_array(call->arena, upload->file_count, sizeof *files);
	deploying->documents = arena_array(call->arena, upload->file_count, sizeof(struct bpmn_document *));
	for (size_t i = 0; i < upload->file_count; i++) {
		const struct upload_file *from = &upload->files[i];
		files[i] = (struct db_deploy_file){
			.name = from->name,
			.content = from->content,
			.sha256 = deployment_digest(call, from->content),
		};
		deployment_processes(call, from->document, &files[i]);
		deploying->documents[i] = from->document;
	}
	deploying->deploy = (struct db_deploy){
		.name = upload->name.len > 0         ? upload->name
	            : files[0].process_count > 0 ? files[0].processes[0].key
	                                         : files[0].name,
		.source = upload->source,
		.by = call->principal->user,
		.tenant = call->viewer.tenant,
		.files = files,
		.file_count = upload->file_count,
	};
}

static bool deployment_has_errors(const struct upload *upload)
{
	for (size_t i = 0; i < upload->file_count; i++) {
		if (upload->files[i].document->has_errors)
			return true;
	}
	return false;
}

/* Everything up to the work itself. False: call->err says why, or lists do. */
static bool deployment_prepare(struct call *call, struct deployment *deployment)
{
	struct upload *upload = &deployment->upload;
	if (!upload_take(call, upload) || !upload_read(call, upload))
		return false;
	if (deployment_has_errors(upload))
		return err_set(&call->err, ERR_MODEL, "the diagram has errors, see `errors`");
	if (!upload_keys_differ(call, upload))
		return false;
	struct buf *members = call_buf(call);
	upload_diagnostics(members, upload, UPLOAD_OTHERS);
	deployment->diagnostics = buf_str(members);
	deployment_fill(call, upload);
	return true;
}

/* What the runtime has not taken over. */
static void deployment_dispose(void *data)
{
	struct work_deploy *deploying = data;
	for (size_t i = 0; i < deploying->document_count; i++)
		bpmn_document_free(deploying->documents[i]);
}

void handle_create_deployment(struct call *call)
{
	struct deployment *deployment = arena_new_object(call->arena, struct deployment);
	call->extra = deployment;
	if (!deployment_prepare(call, deployment)) {
		upload_refuse(call, &deployment->upload);
		return;
	}
	call->work.kind = WORK_DEPLOY;
	call->work.deploying.document_count = deployment->upload.file_count;
	arena_on_dispose(call->arena, deployment_dispose, &call->work.deploying);
	call_submit(call, deployment_render);
}

/* ---- checking only ---- */

static void lint_definitions(struct buf *body, const struct upload *upload)
{
	json_member(body, "definitions");
	json_array_begin(body);
	for (size_t i = 0; i < upload->file_count; i++) {
		const struct bpmn_document *document = upload->files[i].document;
		for (size_t k = 0; document && k < document->graph_count; k++) {
			const struct graph *graph = document->graphs[k];
			if (!graph)
				continue;
			json_next(body);
			json_object_begin(body);
			json_member_str(body, "key", graph->key);
			json_member_text(body, "name", graph->name);
			json_member_bool(body, "executable", graph->executable);
			json_object_end(body);
		}
	}
	json_array_end(body);
}

/* False: a file is no XML or too large, which is not for lint to judge; call->err says it. */
static bool lint_read(struct call *call, struct upload *upload)
{
	if (!upload_take(call, upload))
		return false;
	(void)!upload_read(call, upload);
	for (size_t i = 0; i < upload->file_count; i++) {
		const struct err *unreadable = upload->files[i].unreadable;
		if (unreadable && unreadable->code != ERR_MODEL) {
			call->err = *unreadable;
			return false;
		}
	}
	(void)!upload_keys_differ(call, upload);
	return true;
}

void handle_lint_diagram(struct call *call)
{
	struct upload upload = {0};
	if (!lint_read(call, &upload)) {
		upload_refuse(call, &upload);
		return;
	}
	struct buf *body = call_buf(call);
	struct buf *members = call_buf(call);
	upload_diagnostics(members, &upload, UPLOAD_ERRORS | UPLOAD_OTHERS);
	json_object_begin(body);
	json_member(body, "diagnostics");
	json_array_begin(body);
	buf_add_str(body, buf_str(members));
	json_array_end(body);
	lint_definitions(body, &upload);
	json_object_end(body);
	upload_free_documents(&upload);
	call_answer_json(call, 200, buf_str(body));
}

/* ---- reading ---- */

void handle_list_deployments(struct call *call)
{
	struct db_page page = call_query_page(call, "deployments");
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else
		call_reading(call, db_read_deployments(call_reader(call), &page, call->viewer.tenant, call_on_read, call));
}

void handle_get_deployment(struct call *call)
{
	call_reading(call, db_read_deployment(call_reader(call), call->id, call->viewer.tenant, call_on_read, call));
}

static void resource_on_read(void *context, const struct db_read_result *result)
{
	struct call *call = context;
	if (call_read_usable(call, result))
		call_answer_bytes(call, "application/xml", call->name, result->body);
}

void handle_get_resource(struct call *call)
{
	call_reading(
		call, db_read_resource(call_reader(call), call->id, call->name, call->viewer.tenant, resource_on_read, call));
}

/* ---- removing ---- */

static void delete_render(struct work *work)
{
	if (work->result == 1)
		err_set(&work->err, ERR_NOT_FOUND, "there is no such thing, or it is not yours to see");
	else if (work->result != 0)
		err_set(
			&work->err, ERR_CONFLICT, "instances of it exist, running or in history; ?cascade=true removes them too");
	else
		work->answer = (struct answer){.status = 204};
}

static void delete_on_read(void *context, const struct db_read_result *result)
{
	struct call *call = context;
	if (call_read_usable(call, result))
		call_submit(call, delete_render);
}

/* Read first: a deployment of another tenant is not there. */
void handle_delete_deployment(struct call *call)
{
	bool cascade = call_query_bool(call, "cascade", false);
	if (call->err.code != ERR_NONE) {
		call_fail(call, &call->err);
		return;
	}
	call->work.kind = WORK_DELETE_DEPLOYMENT;
	call->work.target_id = call->id;
	call->work.flag = cascade;
	call_reading(call, db_read_deployment(call_reader(call), call->id, call->viewer.tenant, delete_on_read, call));
}
