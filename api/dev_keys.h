/* SPDX-License-Identifier: Apache-2.0
 *
 * What a dev server is trusted by: a certificate for this machine and a token issuer of its own, as files in its
 * folder. Made once and kept, so that tokens outlive a restart; the certificate is made anew when it runs out.
 */
#ifndef API_DEV_KEYS_H
#define API_DEV_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/token.h"
#include "base/buf.h"
#include "base/err.h"

/* Where the dev server keeps its files, seen from the checkout. */
#define DEV_DIR "var/dev"

#define DEV_ISSUER "bpmnd-dev"
#define DEV_AUDIENCE "bpmnd"
#define DEV_TOKEN_MAX ((size_t)8 * 1024)

/* Names in the folder. */
#define DEV_CA "ca.pem" /* the certificate to trust */
#define DEV_CERTIFICATE "server.pem"
#define DEV_KEY "server.key"
#define DEV_JWKS "issuer.jwks"
#define DEV_ISSUER_KEY "issuer.jwk"

/* Makes what is missing or has run out in an existing folder. */
bool dev_keys_make(const char *dir, struct err *err) __attribute__((warn_unused_result));
/* Appends a token of the folder's issuer that is valid for `lifetime` microseconds from now. */
bool dev_keys_mint(const char *dir, const struct principal *principal, int64_t lifetime, struct buf *out,
	struct err *err) __attribute__((warn_unused_result));
/* Certificate and key for localhost, signed by an authority whose own key is forgotten at once. */
bool dev_certificate_make(const char *dir, struct err *err) __attribute__((warn_unused_result));
/* True while the folder's certificate is there and good for another month. */
bool dev_certificate_current(const char *dir);

#endif
