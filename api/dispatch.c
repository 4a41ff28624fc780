/* SPDX-License-Identifier: Apache-2.0
 *
 * A request passes a row of gates, each of which lets it through or answers: route, token, roles, query, header fields,
 * body. Behind the last one stands the handler. Cheap gates come first, and nothing is kept of a body before it is
 * known who sends it: a request with a body passes the gates of its head twice, before and after the body comes.
 */
#include "config.h"

#include "api/dispatch.h"

#include <string.h>

#include <openssl/evp.h>

#include "api/call.h"
#include "api/media_type.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/vec.h"

#define DISPATCH_KEY_MAX 255
#define DISPATCH_ESCAPED 3 /* JSON of a client that escapes all but ASCII is this much longer at most */
#define DISPATCH_BESIDE_VARIABLES ((size_t)256 << 10)
#define DISPATCH_SEES_ALL (ROLE_BIT(ADMIN) | ROLE_BIT(OPERATOR) | ROLE_BIT(ANALYST))
#define DISPATCH_ADMINISTERS (ROLE_BIT(ADMIN) | ROLE_BIT(OPERATOR))

/* ---- route ---- */

static bool dispatch_wrong_method(struct call *call, uint32_t methods)
{
	struct err err = {0};
	struct buf *allow = call_buf(call);
	for (unsigned method = HTTP_GET; method <= HTTP_OPTIONS; method++) {
		if (!(methods & UINT32_C(1) << method))
			continue;
		if (allow->len > 0)
			buf_add_c(allow, ", ");
		buf_add_c(allow, http_method_name((enum http_method)method));
		if (method == HTTP_GET)
			buf_add_c(allow, ", HEAD");
	}
	err_set(&err, ERR_METHOD_NOT_ALLOWED, "here is %.*s", STR_ARG(buf_str(allow)));
	call_fail_with(call, &err, (struct str){0}, (struct str){0}, &(struct http_pair){STR("Allow"), buf_str(allow)});
	return false;
}

static bool dispatch_route(struct call *call)
{
	struct route_match match = route_find(http_request_method(call->http), http_request_path(call->http));
	if (!match.route && match.methods)
		return dispatch_wrong_method(call, match.methods);
	if (!match.route) {
		call_refuse(call, ERR_NOT_FOUND, "there is no such path");
		return false;
	}
	call->route = match.route;
	call->id = match.id;
	call->name = match.name;
	return true;
}

/* ---- who ---- */

static bool dispatch_unauthenticated(struct call *call, bool has_token, const struct err *err)
{
	struct str challenge =
		has_token ? STR("Bearer realm=\"bpmnd\", error=\"invalid_token\"") : STR("Bearer realm=\"bpmnd\"");
	call_fail_with(
		call, err, (struct str){0}, (struct str){0}, &(struct http_pair){STR("WWW-Authenticate"), challenge});
	return false;
}

/* The owner of idempotency keys: a user of a tenant. No user name has a line end, so that no two owners look alike. */
static struct str dispatch_owner(struct call *call)
{
	const struct principal *p = call->principal;
	return p->tenant.len > 0 ? arena_printf(call->arena, "%.*s\n%.*s", STR_ARG(p->tenant), STR_ARG(p->user)) : p->user;
}

static void dispatch_become(struct call *call, const struct principal *principal)
{
	call->principal = principal;
	call->actor = (struct actor){
		.user = principal->user,
		.groups = principal->groups,
		.group_count = principal->group_count,
		.may_administer = (principal->roles & DISPATCH_ADMINISTERS) != 0,
	};
	call->viewer = (struct db_viewer){
		.user = principal->user,
		.groups = principal->groups,
		.group_count = principal->group_count,
		.sees_all = (principal->roles & DISPATCH_SEES_ALL) != 0,
		.tenant = principal->tenant,
	};
	call->work.principal = dispatch_owner(call);
}

static bool dispatch_authenticate(struct call *call)
{
	struct err err = {0};
	struct str field = http_request_header(call->http, STR("authorization"));
	if (call->route->flags & ROUTE_PUBLIC)
		return true;
	if (field.len < 8 || !str_equal_nocase(str_slice(field, 0, 7), STR("Bearer "))) {
		err_set(&err, ERR_UNAUTHENTICATED, "an Authorization field with a Bearer token is needed");
		return dispatch_unauthenticated(call, false, &err);
	}
	struct str token = str_trim(str_slice(field, 7, field.len));
	const struct principal *principal = token_verify(call->api->tokens, token, call->now, call->arena, &err);
	if (!principal)
		return dispatch_unauthenticated(call, true, &err);
	dispatch_become(call, principal);
	return true;
}

static bool dispatch_authorise(struct call *call)
{
	if (call->route->flags & ROUTE_PUBLIC)
		return true;
	if ((call->principal->roles | ROUTE_ROLE_AUTHENTICATED) & call->route->roles)
		return true;
	call_refuse(call, ERR_FORBIDDEN, "none of the token's roles allows %s", call->route->operation);
	return false;
}

/* ---- query and header fields ---- */

static bool dispatch_query(struct call *call)
{
	size_t count;
	const struct http_pair *queries = http_request_queries(call->http, &count);
	for (size_t i = 0; i < count; i++) {
		if (route_takes_query(call->route, queries[i].name))
			continue;
		call_refuse(
			call, ERR_BAD_REQUEST, "there is no query parameter %.*s here", STR_ARG(str_slice(queries[i].name, 0, 64)));
		return false;
	}
	if (call->route->flags & ROUTE_DRY_RUN)
		call->work.dry_run = call_query_bool(call, "dryRun", false);
	return true;
}

static bool dispatch_if_match(struct call *call)
{
	struct str field = http_request_header(call->http, STR("if-match"));
	call->expected = VERSION_ANY;
	if (!(call->route->flags & ROUTE_IF_MATCH) || field.len == 0 || str_equal(field, STR("*")))
		return true;
	if (str_starts_with(field, STR("W/"))) {
		call_refuse(call, ERR_STALE, "a weak entity tag never matches");
		return false;
	}
	bool quoted = field.len > 2 && field.ptr[0] == '"' && field.ptr[field.len - 1] == '"';
	struct str tag = quoted ? str_slice(field, 1, field.len - 2) : (struct str){0};
	if (quoted && str_to_int64(tag, &call->expected) && call->expected > 0)
		return true;
	if (quoted && str_find_char(tag, '"') == STR_NONE)
		call_refuse(call, ERR_STALE, "no version of this has that entity tag");
	else
		call_refuse(call, ERR_BAD_REQUEST, "If-Match is not one entity tag");
	return false;
}

static void dispatch_hash_part(EVP_MD_CTX *hash, struct str part)
{
	uint64_t len = part.len;
	EVP_DigestUpdate(hash, &len, sizeof len);
	EVP_DigestUpdate(hash, part.ptr, part.len);
}

/* What makes a request the same as an earlier one: method, path, query, body; each part with its length before it. */
static void dispatch_hash(struct call *call, unsigned char out[32])
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
	dispatch_hash_part(hash, str_from_c(http_method_name(http_request_method(call->http))));
	dispatch_hash_part(hash, http_request_path(call->http));
	size_t count;
	const struct http_pair *queries = http_request_queries(call->http, &count);
	for (size_t i = 0; i < count; i++) {
		dispatch_hash_part(hash, queries[i].name);
		dispatch_hash_part(hash, queries[i].value);
	}
	dispatch_hash_part(hash, http_request_body(call->http));
	EVP_DigestFinal_ex(hash, out, NULL);
	EVP_MD_CTX_free(hash);
}

static bool dispatch_key(struct call *call)
{
	struct str key = http_request_header(call->http, STR("idempotency-key"));
	if (!(call->route->flags & ROUTE_KEYED) || key.len == 0)
		return true;
	bool visible = key.len <= DISPATCH_KEY_MAX;
	for (size_t i = 0; visible && i < key.len; i++)
		visible = key.ptr[i] >= '!' && key.ptr[i] <= '~';
	if (!visible) {
		call_refuse(call, ERR_BAD_REQUEST, "an Idempotency-Key has 1 to 255 visible ASCII characters");
		return false;
	}
	call->work.key = key;
	dispatch_hash(call, call->work.request_hash);
	return true;
}

/* ---- body ---- */

static bool dispatch_is_json(struct call *call)
{
	struct str field = http_request_header(call->http, STR("content-type"));
	bool json = media_type_is(field, STR("application/json")) ||
	            (call->route->method == HTTP_PATCH && media_type_is(field, STR("application/merge-patch+json")));
	return json && media_type_agrees(call->arena, field, STR("utf-8"));
}

static bool dispatch_is_diagram(struct call *call)
{
	struct str field = http_request_header(call->http, STR("content-type"));
	if (media_type_is(field, STR("multipart/form-data")))
		return true;
	bool xml = media_type_is(field, STR("application/xml")) || media_type_is(field, STR("text/xml"));
	return xml && media_type_agrees(call->arena, field, media_type_xml_encoding(http_request_body(call->http)));
}

static void dispatch_dispose_json(void *data)
{
	json_decref(data);
}

static bool dispatch_parse(struct call *call, struct str text)
{
	struct err err = {0};
	json_t *body = json_parse(text, &err);
	if (!body) {
		call_fail(call, &err);
		return false;
	}
	arena_on_dispose(call->arena, dispatch_dispose_json, body);
	if (!json_is_object(body)) {
		call_refuse(call, ERR_INVALID, "the body is not an object");
		return false;
	}
	call->body = body;
	return true;
}

static bool dispatch_body(struct call *call)
{
	struct str body = http_request_body(call->http);
	uint32_t flags = call->route->flags;
	bool takes_json = (flags & (ROUTE_JSON | ROUTE_JSON_OPTIONAL)) != 0, takes_diagram = (flags & ROUTE_DIAGRAM) != 0;
	if (body.len == 0 && !(flags & (ROUTE_JSON | ROUTE_DIAGRAM)))
		return true;
	if (body.len == 0)
		call_refuse(call, ERR_BAD_REQUEST, "a body is needed");
	else if (!takes_json && !takes_diagram)
		call_refuse(call, ERR_BAD_REQUEST, "this request takes no body");
	else if (takes_json && !dispatch_is_json(call))
		call_refuse(call, ERR_MEDIA_TYPE, "the body must be application/json in UTF-8");
	else if (takes_diagram && !dispatch_is_diagram(call))
		call_refuse(call, ERR_MEDIA_TYPE,
			"the body must be application/xml, text/xml (with the document's own charset) or multipart/form-data");
	else
		return takes_diagram || dispatch_parse(call, body);
	return false;
}

/* ---- the way ---- */

static struct call *dispatch_call(struct api *api, struct http_request *request)
{
	struct arena *arena = http_request_arena(request);
	struct call *call = arena_new_object(arena, struct call);
	call->api = api;
	call->http = request;
	call->arena = arena;
	call->now = clock_now();
	call->variables_left = api->config->max_variables;
	return call;
}

typedef bool (*dispatch_gate)(struct call *call);

static const dispatch_gate dispatch_head_gates[] = {dispatch_route, dispatch_authenticate, dispatch_authorise};
static const dispatch_gate dispatch_gates[] = {dispatch_query, dispatch_if_match, dispatch_key, dispatch_body};

static bool dispatch_pass(struct call *call, const dispatch_gate *gates, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!gates[i](call))
			return false;
	}
	return true;
}
#define DISPATCH_PASS(call, gates) dispatch_pass(call, gates, sizeof(gates) / sizeof *(gates))

bool dispatch_head(void *context, struct http_request *request)
{
	struct call *call = dispatch_call(context, request);
	if (!DISPATCH_PASS(call, dispatch_head_gates))
		return false;
	if (!(call->route->flags & ROUTE_DIAGRAM))
		http_request_limit_body(
			request, DISPATCH_ESCAPED * call->api->config->max_variables + DISPATCH_BESIDE_VARIABLES);
	return true;
}

/* The head's gates are passed again where a body came: the token may have run out meanwhile, and a token that was
 * verified once costs a look into the cache. */
void dispatch_request(void *context, struct http_request *request)
{
	struct call *call = dispatch_call(context, request);
	if (!DISPATCH_PASS(call, dispatch_head_gates) || !DISPATCH_PASS(call, dispatch_gates))
		return;
	if (call->err.code != ERR_NONE)
		call_fail(call, &call->err);
	else
		call->route->handle(call);
}
