/* SPDX-License-Identifier: Apache-2.0
 *
 * The set of keys that tokens are verified with. A JWKS, a PEM file and a secret all end in the same three
 * functions (RSA, EC, secret), so that every key passes the same checks; what cannot be trusted stops the start.
 * Keys of a JWKS that are for something else (encryption, other curves, other algorithms) are passed over, as
 * RFC 7517 section 5 asks.
 */
#include "config.h"

#include "api/token_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/alloc.h"
#include "base/json.h"

enum { TOKEN_RSA_BITS_MIN = 2048, TOKEN_RSA_BITS_MAX = 8192, TOKEN_P256_OCTETS = 32, TOKEN_HS256_OCTETS = 32 };

struct token_loader {
	struct token_keys *keys;
	const char *file;
	bool shared; /* group or others may touch the file */
	struct err *err;
};

/* The algorithms by kind of key; the first of a kind is the one of a key that names none. */
static const struct token_algorithm {
	const char *name;
	const char *kty;
} token_algorithms[] = {
	{.name = "RS256", .kty = "RSA"},
	{.name = "PS256", .kty = "RSA"},
	{.name = "ES256", .kty = "EC"},
	{.name = "HS256", .kty = "oct"},
};
#define TOKEN_ALGORITHM_COUNT (sizeof token_algorithms / sizeof token_algorithms[0])

static bool token_loader_refuse(const struct token_loader *loader, const char *what)
{
	return err_set(loader->err, ERR_INVALID, "%s: %s", loader->file, what);
}

static const struct token_key *token_loader_find(const struct token_loader *loader, const char *kid)
{
	for (size_t i = 0; i < loader->keys->keys.len; i++) {
		const struct token_key *key = &loader->keys->keys.items[i];
		if (key->kid && strcmp(key->kid, kid) == 0)
			return key;
	}
	return NULL;
}

/* Takes the jwk; NULL is what cjose says of a key that makes no sense. */
static bool token_loader_add(
	struct token_loader *loader, const char *kid, const char *algorithm, size_t signature_len, cjose_jwk_t *jwk)
{
	ERR_clear_error();
	if (!jwk)
		return token_loader_refuse(loader, "a key that is not valid");
	struct token_key *key = vec_push(&loader->keys->keys);
	key->jwk = jwk;
	key->kid = kid ? str_to_c(str_from_c(kid)) : NULL;
	key->algorithm = algorithm;
	key->signature_len = signature_len;
	return true;
}

static void token_octets_trim(struct token_octets *number)
{
	size_t zeros = 0;

	while (zeros < number->len && number->data[zeros] == 0)
		zeros++;
	number->len -= zeros;
	memmove(number->data, number->data + zeros, number->len);
}

static size_t token_octets_bits(const struct token_octets *number)
{
	if (number->len == 0)
		return 0;
	size_t bits = (number->len - 1) * 8;
	for (unsigned top = number->data[0]; top != 0; top >>= 1)
		bits++;
	return bits;
}

static bool token_octets_odd(const struct token_octets *number)
{
	return number->len > 0 && (number->data[number->len - 1] & 1) != 0;
}

/* What is wrong with an RSA key, or NULL. */
static const char *token_rsa_weakness(const struct token_octets *n, const struct token_octets *e)
{
	if (token_octets_bits(n) < TOKEN_RSA_BITS_MIN)
		return "an RSA key of less than 2048 bits";
	if (token_octets_bits(n) > TOKEN_RSA_BITS_MAX)
		return "an RSA key of more than 8192 bits";
	if (!token_octets_odd(n))
		return "an RSA key with an even modulus";
	if (!token_octets_odd(e) || token_octets_bits(e) < 2 || token_octets_bits(e) > 64)
		return "an RSA key whose exponent is 1, even or longer than 64 bits";
	return NULL;
}

static bool token_keys_add_rsa(
	struct token_loader *loader, const char *kid, const char *algorithm, struct token_octets *n, struct token_octets *e)
{
	token_octets_trim(n);
	token_octets_trim(e);
	const char *weakness = token_rsa_weakness(n, e);
	if (weakness)
		return token_loader_refuse(loader, weakness);
	cjose_jwk_rsa_keyspec spec = {.n = n->data, .nlen = n->len, .e = e->data, .elen = e->len};
	return token_loader_add(loader, kid, algorithm, n->len, cjose_jwk_create_RSA_spec(&spec, NULL));
}

/* cjose checks that the point is on the curve and not at infinity. */
static bool token_keys_add_ec(
	struct token_loader *loader, const char *kid, struct token_octets *x, struct token_octets *y)
{
	if (x->len != TOKEN_P256_OCTETS || y->len != TOKEN_P256_OCTETS)
		return token_loader_refuse(loader, "a P-256 key whose coordinates are not 32 octets long");
	cjose_jwk_ec_keyspec spec = {.crv = CJOSE_JWK_EC_P_256, .x = x->data, .xlen = x->len, .y = y->data, .ylen = y->len};
	return token_loader_add(loader, kid, "ES256", (size_t)2 * TOKEN_P256_OCTETS, cjose_jwk_create_EC_spec(&spec, NULL));
}

static bool token_keys_add_secret(struct token_loader *loader, const char *kid, struct str secret)
{
	if (loader->shared)
		return token_loader_refuse(loader, "holds a secret and is open to group or others (chmod 600)");
	if (secret.len < TOKEN_SECRET_MIN)
		return token_loader_refuse(loader, "a secret of less than 32 bytes");
	return token_loader_add(loader, kid, "HS256", TOKEN_HS256_OCTETS,
		cjose_jwk_create_oct_spec((const uint8_t *)secret.ptr, secret.len, NULL));
}

/* The text of a member, or NULL where it is absent or no text. */
static const char *token_jwk_text(const json_t *jwk, const char *member)
{
	return json_string_value(json_object_get(jwk, member));
}

static bool token_jwk_is(const json_t *jwk, const char *member, const char *expected)
{
	const char *text = token_jwk_text(jwk, member);

	return text && strcmp(text, expected) == 0;
}

static bool token_jwk_add_rsa(struct token_loader *loader, const json_t *jwk, const char *kid, const char *algorithm)
{
	struct token_octets n;
	struct token_octets e;

	if (json_object_get(jwk, "d"))
		return token_loader_refuse(loader, "a private key, where public ones belong");
	if (!token_octets_from_json(&n, jwk, "n") || !token_octets_from_json(&e, jwk, "e"))
		return token_loader_refuse(loader, "an RSA key without readable n and e");
	return token_keys_add_rsa(loader, kid, algorithm, &n, &e);
}

static bool token_jwk_add_ec(struct token_loader *loader, const json_t *jwk, const char *kid, const char *algorithm)
{
	struct token_octets x;
	struct token_octets y;

	(void)algorithm;
	if (json_object_get(jwk, "d"))
		return token_loader_refuse(loader, "a private key, where public ones belong");
	if (!token_octets_from_json(&x, jwk, "x") || !token_octets_from_json(&y, jwk, "y"))
		return token_loader_refuse(loader, "an EC key without readable x and y");
	return token_keys_add_ec(loader, kid, &x, &y);
}

static bool token_jwk_add_oct(struct token_loader *loader, const json_t *jwk, const char *kid, const char *algorithm)
{
	struct token_octets k;

	(void)algorithm;
	bool ok = token_octets_from_json(&k, jwk, "k")
				  ? token_keys_add_secret(loader, kid, (struct str){(const char *)k.data, k.len})
				  : token_loader_refuse(loader, "a symmetric key without readable k");
	token_octets_wipe(&k);
	return ok;
}

static const struct token_jwk_kind {
	const char *kty;
	const char *curve; /* NULL: any or none */
	bool (*add)(struct token_loader *loader, const json_t *jwk, const char *kid, const char *algorithm);
} token_jwk_kinds[] = {
	{.kty = "RSA", .add = token_jwk_add_rsa},
	{.kty = "EC", .curve = "P-256", .add = token_jwk_add_ec},
	{.kty = "oct", .add = token_jwk_add_oct},
};

/* The kind of a key that we can use, or NULL. */
static const struct token_jwk_kind *token_jwk_kind(const json_t *jwk)
{
	for (size_t i = 0; i < sizeof token_jwk_kinds / sizeof token_jwk_kinds[0]; i++) {
		const struct token_jwk_kind *kind = &token_jwk_kinds[i];
		if (token_jwk_is(jwk, "kty", kind->kty))
			return !kind->curve || token_jwk_is(jwk, "crv", kind->curve) ? kind : NULL;
	}
	return NULL;
}

/* For signatures, as far as `use` and `key_ops` say. */
static bool token_jwk_verifies(const json_t *jwk)
{
	const json_t *operations = json_object_get(jwk, "key_ops");
	const json_t *operation;
	size_t i;

	if (json_object_get(jwk, "use") && !token_jwk_is(jwk, "use", "sig"))
		return false;
	if (!operations)
		return true;
	json_array_foreach(operations, i, operation)
		if (json_is_string(operation) && strcmp(json_string_value(operation), "verify") == 0)
			return true;
	return false;
}

/* The algorithm of a key: its `alg`, or the first of its kind. NULL: one that we do not take. */
static const struct token_algorithm *token_jwk_algorithm(const json_t *jwk, const char *kty)
{
	const json_t *named = json_object_get(jwk, "alg");

	for (size_t i = 0; i < TOKEN_ALGORITHM_COUNT; i++)
		if (named ? token_jwk_is(jwk, "alg", token_algorithms[i].name) : strcmp(token_algorithms[i].kty, kty) == 0)
			return &token_algorithms[i];
	return NULL;
}

static bool token_keys_add_jwk(struct token_loader *loader, const json_t *jwk)
{
	const char *kid = token_jwk_text(jwk, "kid");

	if (!json_is_object(jwk))
		return token_loader_refuse(loader, "a key that is no JSON object");
	const struct token_jwk_kind *kind = token_jwk_kind(jwk);
	if (!kind || !token_jwk_verifies(jwk))
		return true;
	const struct token_algorithm *algorithm = token_jwk_algorithm(jwk, kind->kty);
	if (!algorithm)
		return true;
	if (strcmp(algorithm->kty, kind->kty) != 0)
		return token_loader_refuse(loader, "a key whose alg does not go with its kty");
	if (json_object_get(jwk, "kid") && (!kid || !*kid))
		return token_loader_refuse(loader, "a kid that is no text or empty");
	if (kid && token_loader_find(loader, kid))
		return token_loader_refuse(loader, "two keys with the same kid");
	return kind->add(loader, jwk, kid, algorithm->name);
}

static bool token_keys_add_jwks(struct token_loader *loader, struct str text)
{
	json_t *set = json_parse(text, NULL);
	const json_t *list = json_object_get(set, "keys");
	const json_t *jwk;
	size_t i;
	bool ok = true;

	if (!json_is_array(list))
		ok = token_loader_refuse(loader, "not a JSON object with an array \"keys\"");
	json_array_foreach(list, i, jwk)
		ok = ok && token_keys_add_jwk(loader, jwk);
	json_decref(set);
	return ok;
}

static bool token_octets_from_pkey(struct token_octets *out, const EVP_PKEY *pkey, const char *parameter)
{
	BIGNUM *number = NULL;

	out->len = 0;
	if (EVP_PKEY_get_bn_param(pkey, parameter, &number) != 1)
		return false;
	size_t len = (size_t)BN_num_bytes(number);
	if (len < TOKEN_P256_OCTETS)
		len = TOKEN_P256_OCTETS;
	bool fits = len <= sizeof out->data && BN_bn2binpad(number, out->data, (int)len) == (int)len;
	if (fits)
		out->len = len;
	BN_clear_free(number);
	return fits;
}

static bool token_pkey_add_rsa(struct token_loader *loader, const EVP_PKEY *pkey, const char *algorithm)
{
	struct token_octets n;
	struct token_octets e;

	if (!token_octets_from_pkey(&n, pkey, OSSL_PKEY_PARAM_RSA_N) ||
		!token_octets_from_pkey(&e, pkey, OSSL_PKEY_PARAM_RSA_E))
		return token_loader_refuse(loader, "an RSA key of more than 8192 bits");
	return token_keys_add_rsa(loader, NULL, algorithm, &n, &e);
}

static bool token_pkey_add_ec(struct token_loader *loader, const EVP_PKEY *pkey)
{
	struct token_octets x;
	struct token_octets y;
	char group[32] = "";

	if (EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) != 1 || strcmp(group, SN_X9_62_prime256v1) != 0)
		return token_loader_refuse(loader, "an EC key on another curve than P-256");
	if (!token_octets_from_pkey(&x, pkey, OSSL_PKEY_PARAM_EC_PUB_X) ||
		!token_octets_from_pkey(&y, pkey, OSSL_PKEY_PARAM_EC_PUB_Y))
		return token_loader_refuse(loader, "an EC key without a point");
	return token_keys_add_ec(loader, NULL, &x, &y);
}

/* The kind of the PEM key decides: rsaEncryption is RS256, id-RSASSA-PSS is PS256, P-256 is ES256. */
static bool token_keys_add_pem(struct token_loader *loader, struct str text)
{
	BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, token_pem_no_password, NULL) : NULL;
	bool ok;

	BIO_free(bio);
	ERR_clear_error();
	if (!pkey)
		return token_loader_refuse(loader, "not a public key in PEM");
	if (EVP_PKEY_is_a(pkey, "RSA"))
		ok = token_pkey_add_rsa(loader, pkey, "RS256");
	else if (EVP_PKEY_is_a(pkey, "RSA-PSS"))
		ok = token_pkey_add_rsa(loader, pkey, "PS256");
	else if (EVP_PKEY_is_a(pkey, "EC"))
		ok = token_pkey_add_ec(loader, pkey);
	else
		ok = token_loader_refuse(loader, "neither an RSA nor a P-256 key");
	EVP_PKEY_free(pkey);
	return ok;
}

/* The newline that editors put at the end of a file is no part of the secret. */
static bool token_keys_add_secret_file(struct token_loader *loader, struct str text)
{
	if (str_ends_with(text, STR("\n")))
		text.len--;
	if (str_ends_with(text, STR("\r")))
		text.len--;
	return token_keys_add_secret(loader, NULL, text);
}

static bool token_keys_add_file(struct token_keys *keys, const char *file,
	bool (*add)(struct token_loader *loader, struct str text), struct err *err)
{
	struct token_loader loader = {.keys = keys, .file = file, .err = err};
	struct buf text;

	if (!file)
		return true;
	if (!token_file_read(file, &text, &loader.shared, err))
		return false;
	bool ok = add(&loader, buf_str(&text));
	token_file_wipe(&text);
	return ok;
}

static bool token_keys_check(const struct token_keys *keys, struct err *err)
{
	if (keys->keys.len == 0)
		return err_set(
			err, ERR_INVALID, "no key to verify tokens with: set jwks-file, jwt-pem-file or jwt-secret-file");
	if (keys->keys.len == 1)
		return true;
	for (size_t i = 0; i < keys->keys.len; i++)
		if (!keys->keys.items[i].kid)
			return err_set(err, ERR_INVALID, "a key without a kid (PEM and secrets have none) must be the only key");
	return true;
}

static char *token_keys_text(const char *text, const char *otherwise)
{
	const char *chosen = text ? text : otherwise;

	return chosen ? str_to_c(str_from_c(chosen)) : NULL;
}

struct token_keys *token_keys_load(const struct token_config *config, struct err *err)
{
	struct token_keys *keys = alloc_new(struct token_keys);

	assert(config->leeway_micros >= 0);
	keys->issuer = token_keys_text(config->issuer, NULL);
	keys->audience = token_keys_text(config->audience, NULL);
	keys->claim_groups = token_keys_text(config->claim_groups, "groups");
	keys->claim_roles = token_keys_text(config->claim_roles, "roles");
	keys->claim_tenant = token_keys_text(config->claim_tenant, "tenant");
	keys->leeway_micros = config->leeway_micros;
	if (token_keys_add_file(keys, config->jwks_file, token_keys_add_jwks, err) &&
		token_keys_add_file(keys, config->pem_file, token_keys_add_pem, err) &&
		token_keys_add_file(keys, config->secret_file, token_keys_add_secret_file, err) && token_keys_check(keys, err))
		return keys;
	token_keys_free(keys);
	return NULL;
}

void token_keys_free(struct token_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < keys->keys.len; i++) {
		free(keys->keys.items[i].kid);
		cjose_jwk_release(keys->keys.items[i].jwk);
	}
	vec_free(&keys->keys);
	free(keys->issuer);
	free(keys->audience);
	free(keys->claim_groups);
	free(keys->claim_roles);
	free(keys->claim_tenant);
	free(keys);
}
