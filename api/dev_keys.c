/* SPDX-License-Identifier: Apache-2.0
 *
 * The dev server's token issuer, and which of its files have to be made.
 */
#include "config.h"

#include "api/dev_keys.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

/* Two files belong together: one alone is of no use. */
static bool dev_keys_present(const char *issuer_key, const char *jwks)
{
	return access(issuer_key, F_OK) == 0 && access(jwks, F_OK) == 0;
}

bool dev_keys_make(const char *dir, struct err *err)
{
	char issuer_key[PATH_MAX];
	char jwks[PATH_MAX];

	snprintf(issuer_key, sizeof issuer_key, "%s/" DEV_ISSUER_KEY, dir);
	snprintf(jwks, sizeof jwks, "%s/" DEV_JWKS, dir);
	if (!dev_keys_present(issuer_key, jwks) && !token_make_dev_keys(issuer_key, jwks, err))
		return false;
	return dev_certificate_current(dir) || dev_certificate_make(dir, err);
}

bool dev_keys_mint(const char *dir, const struct principal *principal, int64_t lifetime, struct buf *out,
	struct err *err)
{
	char issuer_key[PATH_MAX];
	int64_t now = clock_now();

	snprintf(issuer_key, sizeof issuer_key, "%s/" DEV_ISSUER_KEY, dir);
	return token_mint(issuer_key, DEV_ISSUER, DEV_AUDIENCE, principal, now, now + lifetime, out, err);
}
