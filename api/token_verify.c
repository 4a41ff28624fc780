/* SPDX-License-Identifier: Apache-2.0
 *
 * From the text of a token to a principal, in an order that never trusts ahead: size, shape, header, key, signature,
 * and only then the claims (RFC 8725, RFC 7515).
 *
 * cjose does the arithmetic, between checks of ours that it leaves out: it takes the algorithm from the header (we
 * compare it with the key's first), forgives in base64 and in duplicate members (we have refused both before), and
 * splits an ECDSA signature of any length in the middle (we ask for the exact length). OpenSSL below it refuses
 * r and s of 0 or beyond the group order; the salt of PS256 must be as long as the hash.
 */
#include "config.h"

#include "api/token_private.h"

#include <string.h>

#include <openssl/err.h>

#include "base/json.h"
#include "base/log.h"

struct token_parts {
	struct str header;
	struct str payload;
	struct str signature;
};

static bool token_split(struct str token, struct token_parts *parts, struct err *reason)
{
	struct str rest = token;

	parts->header = str_split(&rest, '.');
	parts->payload = str_split(&rest, '.');
	parts->signature = rest;
	if (parts->header.len == 0 || parts->payload.len == 0 || parts->signature.len == 0)
		return err_set(reason, ERR_UNAUTHENTICATED, "not three parts with something in them");
	if (str_find_char(parts->signature, '.') != STR_NONE)
		return err_set(reason, ERR_UNAUTHENTICATED, "more than three parts");
	return true;
}

/* The header as a JSON object, a new reference; or NULL. */
static json_t *token_header_parse(struct str text, struct err *reason)
{
	unsigned char octets[TOKEN_TEXT_MAX];
	size_t len;

	if (!token_base64url_decode(text, octets, sizeof octets, &len)) {
		err_set(reason, ERR_UNAUTHENTICATED, "header is not base64url");
		return NULL;
	}
	json_t *header = json_parse((struct str){(const char *)octets, len}, NULL);
	if (json_is_object(header))
		return header;
	json_decref(header);
	err_set(reason, ERR_UNAUTHENTICATED, "header is not a JSON object");
	return NULL;
}

/* What would change how the token is to be read, or bring its own key along. */
static const char *const token_header_refused[] = {"crit", "jku", "x5u", "jwk", "x5c", "b64", "zip", "enc"};

/* Absent, or one of the two that name an access token; RFC 7515 lets "application/" be left out. */
static bool token_header_type_ok(const json_t *header)
{
	const json_t *type = json_object_get(header, "typ");

	if (!type)
		return true;
	if (!json_is_string(type))
		return false;
	struct str text = json_str(type);
	return str_equal_nocase(text, STR("JWT")) || str_equal_nocase(text, STR("at+jwt")) ||
		   str_equal_nocase(text, STR("application/at+jwt"));
}

static bool token_header_check(const json_t *header, struct err *reason)
{
	for (size_t i = 0; i < sizeof token_header_refused / sizeof token_header_refused[0]; i++)
		if (json_object_get(header, token_header_refused[i]))
			return err_set(reason, ERR_UNAUTHENTICATED, "header has %s", token_header_refused[i]);
	if (!token_header_type_ok(header))
		return err_set(reason, ERR_UNAUTHENTICATED, "header typ is not JWT or at+jwt");
	return true;
}

/* The key of that name; without a name the only key there is. */
static const struct token_key *token_key_find(const struct token_keys *keys, const json_t *kid)
{
	if (!kid)
		return keys->keys.len == 1 ? &keys->keys.items[0] : NULL;
	if (!json_is_string(kid))
		return NULL;
	for (size_t i = 0; i < keys->keys.len; i++) {
		const struct token_key *key = &keys->keys.items[i];
		if (key->kid && str_equal_c(json_str(kid), key->kid))
			return key;
	}
	return NULL;
}

/* The key that a header asks for, if the header's algorithm is that key's own. */
static const struct token_key *token_header_choose(
	const struct token_keys *keys, const json_t *header, struct err *reason)
{
	const struct token_key *key = token_key_find(keys, json_object_get(header, "kid"));
	const json_t *algorithm = json_object_get(header, "alg");

	if (!key) {
		err_set(reason, ERR_UNAUTHENTICATED, "no key of that kid");
		return NULL;
	}
	if (json_is_string(algorithm) && str_equal_c(json_str(algorithm), key->algorithm))
		return key;
	err_set(reason, ERR_UNAUTHENTICATED, "alg is not the key's");
	return NULL;
}

static const struct token_key *token_header_key(const struct token_keys *keys, struct str text, struct err *reason)
{
	json_t *header = token_header_parse(text, reason);
	const struct token_key *key = NULL;

	if (header && token_header_check(header, reason))
		key = token_header_choose(keys, header, reason);
	json_decref(header);
	return key;
}

/* Each signature has one spelling: the key's exact number of octets, strictly encoded. */
static bool token_signature_shape(const struct token_key *key, struct str text, struct err *reason)
{
	unsigned char octets[TOKEN_TEXT_MAX];
	size_t len;

	if (!token_base64url_decode(text, octets, sizeof octets, &len))
		return err_set(reason, ERR_UNAUTHENTICATED, "signature is not base64url");
	if (len != key->signature_len)
		return err_set(reason, ERR_UNAUTHENTICATED, "signature is not of the key's length");
	return true;
}

static bool token_signature_holds(const struct token_key *key, struct str token, struct err *reason)
{
	cjose_jws_t *jws = cjose_jws_import(token.ptr, token.len, NULL);
	bool holds = jws && cjose_jws_verify(jws, key->jwk, NULL);

	cjose_jws_release(jws);
	/* What stays in OpenSSL's queue would be taken for an error of the next TLS read of this thread. */
	ERR_clear_error();
	return holds || err_set(reason, ERR_UNAUTHENTICATED, "signature does not hold");
}

static const struct principal *token_check(const struct token_keys *keys, struct str token, int64_t now,
	struct arena *arena, int64_t *expires, struct err *reason)
{
	struct token_parts parts;
	unsigned char payload[TOKEN_TEXT_MAX];
	size_t len;

	if (!token_split(token, &parts, reason))
		return NULL;
	const struct token_key *key = token_header_key(keys, parts.header, reason);
	if (!key || !token_signature_shape(key, parts.signature, reason))
		return NULL;
	if (!token_base64url_decode(parts.payload, payload, sizeof payload, &len)) {
		err_set(reason, ERR_UNAUTHENTICATED, "payload is not base64url");
		return NULL;
	}
	if (!token_signature_holds(key, token, reason))
		return NULL;
	return token_claims_read(keys, (struct str){(const char *)payload, len}, now, arena, expires, reason);
}

/* One text for every reason: who tries tokens learns nothing from the answer. */
static const struct principal *token_refuse(const char *reason, struct err *err)
{
	log_event(LOG_DEBUG, "token refused", LOG_C("reason", reason));
	err_set(err, ERR_UNAUTHENTICATED, "the bearer token is missing or not valid");
	return NULL;
}

const struct principal *token_verify(
	struct token_cache *cache, struct str token, int64_t now, struct arena *arena, struct err *err)
{
	struct err reason = {0};
	int64_t expires = 0;
	bool hit = false;

	if (token.len == 0 || token.len > TOKEN_TEXT_MAX)
		return token_refuse("empty or too long", err);
	const struct principal *principal = token_cache_find(cache, token, now, arena, &hit);
	if (hit)
		return principal ? principal : token_refuse("expired", err);
	principal = token_check(token_cache_keys(cache), token, now, arena, &expires, &reason);
	if (!principal)
		return token_refuse(reason.message, err);
	token_cache_add(cache, token, principal, expires);
	return principal;
}
