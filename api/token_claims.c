/* SPDX-License-Identifier: Apache-2.0
 *
 * The claims of a token whose signature holds: its times, who made it for whom, and who it speaks of. A claim of the
 * wrong type refuses the token; a role that we do not know is none of our business.
 */
#include "config.h"

#include "api/token_private.h"

#include <math.h>

#include "base/json.h"

#define TOKEN_SECOND INT64_C(1000000)
#define TOKEN_SECONDS_MAX INT64_C(253402300799) /* the end of year 9999 */

static const char *const token_role_names[ROLE_COUNT] = {
#define X(name, text) [ROLE_##name##_SHIFT] = (text),
	ROLE_LIST(X)
#undef X
};

const char *token_role_name(enum role role)
{
	return token_role_names[role];
}

uint32_t role_parse(struct str name)
{
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		if (str_equal_c(name, token_role_names[i]))
			return UINT32_C(1) << i;
	return 0;
}

static bool token_claim_refuse(struct err *reason, const char *claim)
{
	return err_set(reason, ERR_UNAUTHENTICATED, "claim %s is missing, wrong or of the wrong type", claim);
}

/* A NumericDate in microseconds; `otherwise` where the claim is absent. */
static bool token_claim_time(
	const json_t *claims, const char *name, int64_t otherwise, int64_t *out, struct err *reason)
{
	const json_t *claim = json_object_get(claims, name);

	*out = otherwise;
	if (!claim)
		return true;
	double seconds = json_number_value(claim);
	if (!json_is_number(claim) || !isfinite(seconds) || seconds < 0 || seconds > (double)TOKEN_SECONDS_MAX)
		return token_claim_refuse(reason, name);
	*out = json_is_integer(claim) ? (int64_t)json_integer_value(claim) * TOKEN_SECOND
								  : (int64_t)(seconds * (double)TOKEN_SECOND);
	return true;
}

/* exp must be there (absent counts as expired for ever), nbf and iat may. */
static bool token_claims_check_times(
	const json_t *claims, int64_t now, int64_t leeway, int64_t *expires, struct err *reason)
{
	int64_t exp;
	int64_t nbf;
	int64_t iat;

	if (!token_claim_time(claims, "exp", -1, &exp, reason) || !token_claim_time(claims, "nbf", 0, &nbf, reason) ||
		!token_claim_time(claims, "iat", 0, &iat, reason))
		return false;
	if (exp < 0)
		return token_claim_refuse(reason, "exp");
	*expires = exp + leeway;
	if (now >= *expires)
		return err_set(reason, ERR_UNAUTHENTICATED, "expired");
	if (now < nbf - leeway || now < iat - leeway)
		return err_set(reason, ERR_UNAUTHENTICATED, "not valid yet");
	return true;
}

static bool token_claim_is(const json_t *claim, const char *expected)
{
	return json_is_string(claim) && str_equal_c(json_str(claim), expected);
}

/* A text or an array of texts with ours among them. */
static bool token_audience_ok(const json_t *claim, const char *expected)
{
	const json_t *item;
	size_t i;
	bool found = false;

	if (!json_is_array(claim))
		return token_claim_is(claim, expected);
	json_array_foreach(claim, i, item) {
		if (!json_is_string(item))
			return false;
		found = found || token_claim_is(item, expected);
	}
	return found;
}

static bool token_claims_check_parties(const struct token_keys *keys, const json_t *claims, struct err *reason)
{
	if (keys->issuer && !token_claim_is(json_object_get(claims, "iss"), keys->issuer))
		return token_claim_refuse(reason, "iss");
	if (keys->audience && !token_audience_ok(json_object_get(claims, "aud"), keys->audience))
		return token_claim_refuse(reason, "aud");
	return true;
}

/* An array of texts, or absent. */
static bool token_claim_texts_ok(const json_t *claim)
{
	const json_t *item;
	size_t i;

	if (!claim)
		return true;
	if (!json_is_array(claim))
		return false;
	json_array_foreach(claim, i, item)
		if (!json_is_string(item))
			return false;
	return true;
}

static bool token_principal_check(const struct token_keys *keys, const json_t *claims, struct err *reason)
{
	const json_t *user = json_object_get(claims, "sub");
	const json_t *tenant = json_object_get(claims, keys->claim_tenant);

	if (!json_is_string(user) || json_string_length(user) == 0)
		return token_claim_refuse(reason, "sub");
	if (tenant && !json_is_string(tenant))
		return token_claim_refuse(reason, keys->claim_tenant);
	if (!token_claim_texts_ok(json_object_get(claims, keys->claim_groups)))
		return token_claim_refuse(reason, keys->claim_groups);
	if (!token_claim_texts_ok(json_object_get(claims, keys->claim_roles)))
		return token_claim_refuse(reason, keys->claim_roles);
	return true;
}

/* The claims have been checked: only copying is left. */
static const struct principal *token_principal_new(
	const struct token_keys *keys, const json_t *claims, struct arena *arena)
{
	struct principal *principal = arena_new_object(arena, struct principal);
	const json_t *tenant = json_object_get(claims, keys->claim_tenant);
	const json_t *groups = json_object_get(claims, keys->claim_groups);
	const json_t *item;
	size_t i;

	principal->user = arena_str(arena, json_str(json_object_get(claims, "sub")));
	if (tenant)
		principal->tenant = arena_str(arena, json_str(tenant));
	principal->group_count = json_array_size(groups);
	struct str *names = arena_array(arena, principal->group_count, sizeof *names);
	json_array_foreach(groups, i, item)
		names[i] = arena_str(arena, json_str(item));
	principal->groups = names;
	json_array_foreach(json_object_get(claims, keys->claim_roles), i, item)
		principal->roles |= role_parse(json_str(item));
	return principal;
}

const struct principal *token_claims_read(const struct token_keys *keys, struct str payload, int64_t now,
	struct arena *arena, int64_t *expires, struct err *reason)
{
	json_t *claims = json_parse(payload, NULL);
	const struct principal *principal = NULL;

	if (!json_is_object(claims))
		err_set(reason, ERR_UNAUTHENTICATED, "payload is not a JSON object");
	else if (token_claims_check_times(claims, now, keys->leeway_micros, expires, reason) &&
			 token_claims_check_parties(keys, claims, reason) && token_principal_check(keys, claims, reason))
		principal = token_principal_new(keys, claims, arena);
	json_decref(claims);
	return principal;
}
