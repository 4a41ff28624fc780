/* SPDX-License-Identifier: Apache-2.0
 *
 * A called process is found like one that is started: in the caller's tenant, in the catalog whose generation the
 * commit will check. A suspended version is refused, not passed over for an older one.
 */
#include "config.h"

#include "runtime/call.h"

static bool call_find_in_catalog(struct catalog *catalog, const struct call_request *request, struct definition *out)
{
	struct catalog_query query = {.tenant = request->caller->tenant, .key = request->key};
	struct definition caller;
	switch (request->binding) {
	case CALL_LATEST:
		break;
	case CALL_VERSION:
		if (request->version <= 0)
			return false;
		query.version = request->version;
		break;
	case CALL_VERSION_TAG:
		if (request->tag.len == 0)
			return false;
		query.version_tag = request->tag;
		break;
	case CALL_DEPLOYMENT:
		if (!catalog_by_id(catalog, request->caller->definition_id, &caller))
			return false;
		query.deployment_id = caller.deployment_id;
		break;
	}
	return catalog_find(catalog, &query, out);
}

static enum call_answer call_refuse(const struct call_request *request, const char *why, struct err *err)
{
	err_set(err, ERR_CONFLICT, "process '%.*s' %s", STR_ARG(request->key), why);
	return CALL_UNKNOWN;
}

enum call_answer call_find_definition(
	void *context, const struct call_request *request, struct call_target *out, struct err *err)
{
	struct worker *worker = context;
	struct definition definition;
	worker->batch.uses_catalog = true;
	if (!call_find_in_catalog(worker->runtime->catalog, request, &definition))
		return call_refuse(request, "is not deployed in the version that is called", err);
	if (!definition.executable)
		return call_refuse(request, "is not executable", err);
	if (definition.suspended)
		return call_refuse(request, "is suspended", err);
	if (definition.broken)
		return call_refuse(request, "cannot be compiled any more", err);
	if (!definition.graph) {
		vec_add(&worker->callees, definition.id);
		return CALL_MISSING;
	}
	*out = (struct call_target){definition.id, definition.graph};
	return CALL_FOUND;
}
