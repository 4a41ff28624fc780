/* SPDX-License-Identifier: Apache-2.0
 *
 * The issuer of the dev server: makes a P-256 key pair and signs tokens with it. A production server never comes
 * here: its tokens are made elsewhere.
 */
#include "config.h"

#include "api/token_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "base/json.h"

#define TOKEN_SECOND INT64_C(1000000)

/* The signing key from the private number d; the public point follows from it. Wipes d. */
static cjose_jwk_t *token_signer_new(struct token_octets *d)
{
	cjose_jwk_ec_keyspec spec = {.crv = CJOSE_JWK_EC_P_256, .d = d->data, .dlen = d->len};
	cjose_jwk_t *signer = d->len == 32 ? cjose_jwk_create_EC_spec(&spec, NULL) : NULL;

	token_octets_wipe(d);
	ERR_clear_error();
	return signer;
}

static cjose_jwk_t *token_signer_from_jwk(struct str text)
{
	json_t *json = json_parse(text, NULL);
	const json_t *curve = json_object_get(json, "crv");
	const json_t *kid = json_object_get(json, "kid");
	struct token_octets d;
	cjose_jwk_t *signer = NULL;

	if (json_is_string(curve) && str_equal_c(json_str(curve), "P-256") && token_octets_from_json(&d, json, "d"))
		signer = token_signer_new(&d);
	if (signer && json_is_string(kid))
		cjose_jwk_set_kid(signer, json_string_value(kid), json_string_length(kid), NULL);
	json_decref(json);
	return signer;
}

static cjose_jwk_t *token_signer_from_pem(struct str text)
{
	BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, token_pem_no_password, NULL) : NULL;
	BIGNUM *number = NULL;
	struct token_octets d = {.len = 32};
	char group[32] = "";
	cjose_jwk_t *signer = NULL;

	if (pkey && EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1 &&
		strcmp(group, SN_X9_62_prime256v1) == 0 &&
		EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 && BN_bn2binpad(number, d.data, 32) == 32)
		signer = token_signer_new(&d);
	BN_clear_free(number);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	ERR_clear_error();
	return signer;
}

static cjose_jwk_t *token_signer_load(const char *file, struct err *err)
{
	struct buf text;
	bool shared;

	if (!token_file_read(file, &text, &shared, err))
		return NULL;
	cjose_jwk_t *signer = str_starts_with(str_trim(buf_str(&text)), STR("{")) ? token_signer_from_jwk(buf_str(&text))
																			  : token_signer_from_pem(buf_str(&text));
	token_file_wipe(&text);
	if (!signer)
		err_set(err, ERR_INVALID, "%s: not a private P-256 key (JWK or PEM)", file);
	else if (shared)
		err_set(err, ERR_INVALID, "%s: open to group or others (chmod 600)", file);
	else
		return signer;
	cjose_jwk_release(signer);
	return NULL;
}

static void token_emit_groups(struct buf *out, const struct principal *principal)
{
	json_member(out, "groups");
	json_array_begin(out);
	for (size_t i = 0; i < principal->group_count; i++) {
		json_next(out);
		json_emit_str(out, principal->groups[i]);
	}
	json_array_end(out);
}

static void token_emit_roles(struct buf *out, uint32_t roles)
{
	json_member(out, "roles");
	json_array_begin(out);
	for (unsigned i = 0; i < ROLE_COUNT; i++) {
		if ((roles & UINT32_C(1) << i) == 0)
			continue;
		json_next(out);
		json_emit_str(out, str_from_c(token_role_name((enum role)i)));
	}
	json_array_end(out);
}

static void token_emit_claims(struct buf *out, const char *issuer, const char *audience,
	const struct principal *principal, int64_t now, int64_t expires)
{
	json_object_begin(out);
	if (issuer)
		json_member_c(out, "iss", issuer);
	if (audience)
		json_member_c(out, "aud", audience);
	json_member_str(out, "sub", principal->user);
	if (principal->tenant.len > 0)
		json_member_str(out, "tenant", principal->tenant);
	token_emit_groups(out, principal);
	token_emit_roles(out, principal->roles);
	json_member_int(out, "iat", now / TOKEN_SECOND);
	json_member_int(out, "exp", expires / TOKEN_SECOND);
	json_object_end(out);
}

static bool token_sign(const cjose_jwk_t *signer, struct str payload, struct buf *out)
{
	cjose_header_t *header = cjose_header_new(NULL);
	const char *kid = cjose_jwk_get_kid(signer, NULL);
	const char *compact = NULL;
	cjose_jws_t *jws = NULL;

	if (header && cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_ES256, NULL) &&
		cjose_header_set(header, "typ", "JWT", NULL) && (!kid || cjose_header_set(header, CJOSE_HDR_KID, kid, NULL)))
		jws = cjose_jws_sign(signer, header, (const uint8_t *)payload.ptr, payload.len, NULL);
	bool ok = jws && cjose_jws_export(jws, &compact, NULL);
	if (ok)
		buf_add_c(out, compact);
	cjose_jws_release(jws);
	cjose_header_release(header);
	ERR_clear_error();
	return ok && !out->overflow;
}

bool token_mint(const char *private_jwk_file, const char *issuer, const char *audience,
	const struct principal *principal, int64_t now, int64_t expires, struct buf *out, struct err *err)
{
	struct buf claims;
	bool ok = false;

	cjose_jwk_t *signer = token_signer_load(private_jwk_file, err);
	if (!signer)
		return false;
	/* base64url makes 4 of 3: a larger payload could only become a token that token_verify refuses for its size. */
	buf_init(&claims, TOKEN_TEXT_MAX / 4 * 3);
	token_emit_claims(&claims, issuer, audience, principal, now, expires);
	if (claims.overflow)
		err_set(err, ERR_INVALID, "user and groups are too long for a token");
	else
		ok = token_sign(signer, buf_str(&claims), out) || err_set(err, ERR_INTERNAL, "signing did not work");
	buf_free(&claims);
	cjose_jwk_release(signer);
	return ok;
}

/* Writes beside the file and renames, so that a reader sees the old file or the new one. */
static bool token_file_write(const char *file, struct str text, mode_t mode, struct err *err)
{
	char beside[4096];
	int n = snprintf(beside, sizeof beside, "%s.new", file);

	if (n < 0 || (size_t)n >= sizeof beside)
		return err_set(err, ERR_INVALID, "%s: name too long", file);
	unlink(beside);
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return err_set(err, ERR_INVALID, "%s: %s", beside, strerror(errno));
	bool ok = fchmod(fd, mode) == 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	if (ok && rename(beside, file) == 0)
		return true;
	err_set(err, ERR_INVALID, "%s: %s", file, strerror(errno));
	unlink(beside);
	return false;
}

/* The thumbprint of RFC 7638 as the key's name: equal keys have equal names. */
static bool token_key_name(cjose_jwk_t *key, const json_t *public)
{
	struct buf text;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char *name = NULL;
	size_t len = 0;

	buf_init(&text, 1024);
	json_object_begin(&text);
	for (const char *const *member = (const char *const[]){"crv", "kty", "x", "y", NULL}; *member; member++)
		json_member_str(&text, *member, json_str(json_object_get(public, *member)));
	json_object_end(&text);
	bool ok = EVP_Digest(text.ptr, text.len, digest, NULL, EVP_sha256(), NULL) == 1 &&
			  cjose_base64url_encode(digest, sizeof digest, &name, &len, NULL) &&
			  cjose_jwk_set_kid(key, name, len, NULL);
	free(name);
	buf_free(&text);
	return ok;
}

static bool token_key_write_private(const cjose_jwk_t *key, const char *file, struct err *err)
{
	char *text = cjose_jwk_to_json(key, true, NULL);

	if (!text)
		return err_set(err, ERR_INTERNAL, "a new key cannot be written as JSON");
	bool ok = token_file_write(file, str_from_c(text), 0600, err);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
	return ok;
}

static bool token_key_write_public(const cjose_jwk_t *key, json_t *public, const char *file, struct err *err)
{
	struct buf text;

	json_object_set_new(public, "kid", json_string(cjose_jwk_get_kid(key, NULL)));
	json_object_set_new(public, "alg", json_string("ES256"));
	json_object_set_new(public, "use", json_string("sig"));
	buf_init(&text, TOKEN_FILE_MAX);
	buf_add_c(&text, "{\"keys\":[");
	json_emit_value(&text, public);
	buf_add_c(&text, "]}\n");
	bool ok = token_file_write(file, buf_str(&text), 0644, err);
	buf_free(&text);
	return ok;
}

bool token_make_dev_keys(const char *private_jwk_file, const char *jwks_file, struct err *err)
{
	cjose_jwk_t *key = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, NULL);
	char *text = key ? cjose_jwk_to_json(key, false, NULL) : NULL;
	json_t *public = text ? json_parse(str_from_c(text), NULL) : NULL;
	bool ok = public && token_key_name(key, public);

	if (!ok)
		err_set(err, ERR_INTERNAL, "a new key could not be made");
	ok = ok && token_key_write_private(key, private_jwk_file, err) &&
		 token_key_write_public(key, public, jwks_file, err);
	json_decref(public);
	free(text);
	cjose_jwk_release(key);
	ERR_clear_error();
	return ok;
}
