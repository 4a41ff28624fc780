/* SPDX-License-Identifier: Apache-2.0
 *
 * What the token_*.c files share: the key set, and the steps between the text of a token and a principal. Nobody
 * else includes this file.
 */
#ifndef API_TOKEN_PRIVATE_H
#define API_TOKEN_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjose/cjose.h>
#include <jansson.h>

#include "api/token.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define TOKEN_TEXT_MAX ((size_t)8 * 1024)
#define TOKEN_FILE_MAX ((size_t)64 * 1024)
#define TOKEN_SECRET_MIN ((size_t)32)

/* A key and the one algorithm it is used with. */
struct token_key {
	char *kid;             /* NULL: the key has no name (PEM, secret) */
	const char *algorithm; /* "RS256", "PS256", "ES256", "HS256" */
	size_t signature_len;  /* exact number of octets of its signatures */
	cjose_jwk_t *jwk;
};

struct token_keys {
	VEC(struct token_key) keys;
	char *issuer;   /* NULL: not checked */
	char *audience; /* NULL: not checked */
	char *claim_groups;
	char *claim_roles;
	char *claim_tenant;
	int64_t leeway_micros;
};

/* The octets of a key's number or of a secret, most significant first. */
struct token_octets {
	unsigned char data[1032]; /* an RSA modulus of 8192 bits and some */
	size_t len;
};

/* Strict base64url of RFC 7515: no padding, no whitespace, no stray bits behind the last octet. */
bool token_base64url_decode(struct str text, unsigned char *out, size_t max, size_t *len)
	__attribute__((warn_unused_result));
bool token_octets_from_json(struct token_octets *out, const json_t *object, const char *member)
	__attribute__((warn_unused_result));
void token_octets_wipe(struct token_octets *octets);

/* Reads a regular file of at most TOKEN_FILE_MAX bytes into text (inited here, to be wiped by token_file_wipe).
 * *shared says whether group or others may touch it. */
bool token_file_read(const char *file, struct buf *text, bool *shared, struct err *err)
	__attribute__((warn_unused_result));
void token_file_wipe(struct buf *text);
/* For PEM files: a key has no password. Without this OpenSSL would ask for one at the terminal. */
int token_pem_no_password(char *room, int size, int writing, void *context);

/* Reads the claims of a payload whose signature holds; NULL with the reason. *expires is exp with the leeway added. */
const struct principal *token_claims_read(const struct token_keys *keys, struct str payload, int64_t now,
	struct arena *arena, int64_t *expires, struct err *reason) __attribute__((warn_unused_result));

const char *token_role_name(enum role role);

/* The cache: found sets *hit; the principal is NULL where the remembered token has expired meanwhile. */
const struct token_keys *token_cache_keys(const struct token_cache *cache);
const struct principal *token_cache_find(
	const struct token_cache *cache, struct str token, int64_t now, struct arena *arena, bool *hit);
void token_cache_add(struct token_cache *cache, struct str token, const struct principal *principal, int64_t expires);

#endif
