/* SPDX-License-Identifier: Apache-2.0
 *
 * Bearer tokens: JWT verified by cjose against a set of keys (RFC 7519, 8725). One algorithm per key, decided by the
 * key, never by the token. Verified tokens are remembered until they expire, so that a signature is checked once.
 */
#ifndef API_TOKEN_H
#define API_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Who is calling. Lives in the cache or the arena it was verified into; slices are borrowed from it. */
struct principal {
	struct str user;   /* sub */
	struct str tenant; /* empty: none */
	const struct str *groups;
	size_t group_count;
	uint32_t roles; /* bits of enum role */
};

/* X(NAME, "name"): the roles that a token may carry. */
#define ROLE_LIST(X) \
	X(ADMIN, "admin") \
	X(DEPLOYER, "deployer") X(OPERATOR, "operator") X(STARTER, "starter") X(APPROVER, "approver") X(WORKER, "worker") \
		X(ANALYST, "analyst")

enum role {
#define X(name, text) ROLE_##name##_SHIFT,
	ROLE_LIST(X)
#undef X
		ROLE_COUNT
};
#define ROLE_BIT(name) (UINT32_C(1) << ROLE_##name##_SHIFT)

struct token_config {
	const char *jwks_file;    /* any of the three sources; NULL: none */
	const char *pem_file;     /* public key: RSA -> RS256 (PS256 by setting), EC P-256 -> ES256 */
	const char *secret_file;  /* HS256, at least 32 bytes, not readable by others */
	const char *issuer;       /* NULL: not checked */
	const char *audience;     /* NULL: not checked */
	const char *claim_groups; /* names of the claims, defaults "groups", "roles", "tenant" */
	const char *claim_roles;
	const char *claim_tenant;
	int64_t leeway_micros; /* 60 s */
};

/* The keys, read once; immutable and shared by threads. ERR_INVALID names the file and what is wrong with it (no
 * source at all, weak key, readable secret). Strings are copied. */
struct token_keys;
struct token_keys *token_keys_load(const struct token_config *config, struct err *err)
	__attribute__((warn_unused_result));
void token_keys_free(struct token_keys *keys);

/* Verified tokens of one worker thread: bounded, oldest out first. */
struct token_cache;
struct token_cache *token_cache_new(const struct token_keys *keys, size_t capacity) __attribute__((warn_unused_result));
void token_cache_free(struct token_cache *cache);

/* The principal of a compact JWS (without "Bearer "), or NULL with ERR_UNAUTHENTICATED and one same text for every
 * reason (the reason goes to the log at debug level). now in microseconds UTC. The principal is copied into arena. */
const struct principal *token_verify(struct token_cache *cache, struct str token, int64_t now, struct arena *arena,
	struct err *err) __attribute__((warn_unused_result));

/* Signs a token for development: ES256 with a private JWK or PEM of the dev issuer. expires in microseconds UTC.
 * Appends the compact JWS to out. */
bool token_mint(const char *private_jwk_file, const char *issuer, const char *audience,
	const struct principal *principal, int64_t now, int64_t expires, struct buf *out, struct err *err)
	__attribute__((warn_unused_result));

/* Makes a new P-256 key: the private JWK (mode 0600) and a JWKS with the public half, with a kid. */
bool token_make_dev_keys(const char *private_jwk_file, const char *jwks_file, struct err *err)
	__attribute__((warn_unused_result));

/* Role by its name; 0 for an unknown word. */
uint32_t role_parse(struct str name);

#endif
