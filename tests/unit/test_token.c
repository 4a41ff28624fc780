/* SPDX-License-Identifier: Apache-2.0
 *
 * Bearer tokens, good and bad. The signer here is OpenSSL alone, so that it can make what no library would: headers
 * with two algorithms, signatures of the wrong shape, claims of any kind. Each refusal is checked by its reason in the
 * debug log, because the answer is the same for all.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjose/cjose.h>
#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "api/token.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"

#define SECOND INT64_C(1000000)
#define NOW (INT64_C(1800000000) * SECOND)
#define LEEWAY (60 * SECOND)
#define ISSUER "https://issuer.example"
#define REFUSAL "the bearer token is missing or not valid"
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* How the signature of a test token is made. */
enum sign {
	SIGN_EC,
	SIGN_RSA,
	SIGN_PSS,
	SIGN_PSS_KEY,
	SIGN_SECRET,
	SIGN_RSA_PEM_AS_SECRET,
	SIGN_RS512,
	SIGN_OTHER_EC,
	SIGN_NONE
};

static struct fixture {
	char dir[64];
	EVP_PKEY *ec;
	EVP_PKEY *rsa;
	EVP_PKEY *pss;
	EVP_PKEY *other_ec;
	char *rsa_pem;
	struct token_keys *keys;
	int log;
} fx;

static const char secret[] = "0123456789abcdef0123456789abcdef";

/* --- helpers: octets, files --- */

static char *encode(const void *data, size_t len)
{
	char *text = NULL;
	size_t text_len;

	if (len == 0)
		return str_to_c(STR(""));
	assert_true(cjose_base64url_encode(data, len, &text, &text_len, NULL));
	return text;
}

static char *format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *pattern, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, pattern);
	assert_true(vasprintf(&text, pattern, args) >= 0);
	va_end(args);
	return text;
}

/* The first len bytes of text. */
static char *prefix(const char *text, size_t len)
{
	return str_to_c((struct str){text, len});
}

/* A file of the fixture's directory; the name is good until the next call. */
static const char *path(const char *name)
{
	static char full[256];

	snprintf(full, sizeof full, "%s/%s", fx.dir, name);
	return full;
}

static void write_file(const char *name, mode_t mode, const void *data, size_t len)
{
	FILE *file = fopen(path(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path(name), mode), 0);
}

static void write_text(const char *name, mode_t mode, const char *text)
{
	write_file(name, mode, text, strlen(text));
}

/* --- helpers: keys --- */

/* A number of the key in at least `least` octets. */
static char *key_number(const EVP_PKEY *key, const char *parameter, int least)
{
	unsigned char octets[1024];
	BIGNUM *number = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, parameter, &number), 1);
	int len = BN_num_bytes(number) < least ? least : BN_num_bytes(number);
	assert_int_equal(BN_bn2binpad(number, octets, len), len);
	BN_free(number);
	return encode(octets, (size_t)len);
}

static char *jwk_rsa(const EVP_PKEY *key, const char *more)
{
	char *n = key_number(key, OSSL_PKEY_PARAM_RSA_N, 1);
	char *e = key_number(key, OSSL_PKEY_PARAM_RSA_E, 1);
	char *jwk = format("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s}", n, e, more);

	free(n);
	free(e);
	return jwk;
}

static char *jwk_ec(const EVP_PKEY *key, const char *more)
{
	char *x = key_number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
	char *y = key_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
	char *jwk = format("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"%s}", x, y, more);

	free(x);
	free(y);
	return jwk;
}

static char *public_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;

	assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
	long len = BIO_get_mem_data(bio, &data);
	char *pem = str_to_c((struct str){data, (size_t)len});
	BIO_free(bio);
	return pem;
}

/* One set with a key of each kind: kids ec, rsa, pss, hs, and some keys that are not for us. */
static void write_jwks(void)
{
	char *ec = jwk_ec(fx.ec, ",\"kid\":\"ec\",\"use\":\"sig\"");
	char *rsa = jwk_rsa(fx.rsa, ",\"kid\":\"rsa\"");
	char *pss = jwk_rsa(fx.rsa, ",\"kid\":\"pss\",\"alg\":\"PS256\",\"key_ops\":[\"verify\"]");
	char *enc = jwk_rsa(fx.rsa, ",\"kid\":\"enc\",\"use\":\"enc\"");
	char *hs = encode(secret, strlen(secret));
	char *set = format("{\"keys\":[%s,%s,%s,%s,{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"okp\",\"x\":\"AA\"},"
					   "{\"kty\":\"oct\",\"kid\":\"hs\",\"k\":\"%s\"}]}",
		ec, rsa, pss, enc, hs);

	write_text("jwks.json", 0600, set);
	free(ec);
	free(rsa);
	free(pss);
	free(enc);
	free(hs);
	free(set);
}

/* --- helpers: the signer --- */

static size_t sign_with_key(
	EVP_PKEY *key, const EVP_MD *digest, int padding, const char *input, unsigned char *out, size_t max)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options;
	size_t len = max;

	assert_int_equal(EVP_DigestSignInit(context, &options, digest, NULL, key), 1);
	if (padding == RSA_PKCS1_PSS_PADDING) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, padding), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST), 1);
	}
	assert_int_equal(EVP_DigestSign(context, out, &len, (const unsigned char *)input, strlen(input)), 1);
	EVP_MD_CTX_free(context);
	return len;
}

/* ECDSA as JWS has it: r and s, 32 octets each. */
static size_t sign_ec(EVP_PKEY *key, const char *input, unsigned char *out)
{
	unsigned char der[128];
	const unsigned char *position = der;
	size_t len = sign_with_key(key, EVP_sha256(), 0, input, der, sizeof der);
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &position, (long)len);

	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32), 32);
	ECDSA_SIG_free(signature);
	return 64;
}

static size_t sign_secret(const char *key, const char *input, unsigned char *out)
{
	unsigned len = 0;

	assert_non_null(HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)input, strlen(input), out, &len));
	return len;
}

static size_t sign(enum sign how, const char *input, unsigned char *out, size_t max)
{
	switch (how) {
	case SIGN_EC:
		return sign_ec(fx.ec, input, out);
	case SIGN_OTHER_EC:
		return sign_ec(fx.other_ec, input, out);
	case SIGN_RSA:
		return sign_with_key(fx.rsa, EVP_sha256(), RSA_PKCS1_PADDING, input, out, max);
	case SIGN_RS512:
		return sign_with_key(fx.rsa, EVP_sha512(), RSA_PKCS1_PADDING, input, out, max);
	case SIGN_PSS:
		return sign_with_key(fx.rsa, EVP_sha256(), RSA_PKCS1_PSS_PADDING, input, out, max);
	case SIGN_PSS_KEY:
		return sign_with_key(fx.pss, EVP_sha256(), RSA_PKCS1_PSS_PADDING, input, out, max);
	case SIGN_SECRET:
		return sign_secret(secret, input, out);
	case SIGN_RSA_PEM_AS_SECRET:
		return sign_secret(fx.rsa_pem, input, out);
	case SIGN_NONE:
		return 0;
	}
	return 0;
}

static char *make_token_of(struct str header, struct str payload, enum sign how)
{
	unsigned char octets[512];
	char *h = encode(header.ptr, header.len);
	char *p = encode(payload.ptr, payload.len);
	char *input = format("%s.%s", h, p);
	char *s = encode(octets, sign(how, input, octets, sizeof octets));
	char *token = format("%s.%s", input, s);

	free(h);
	free(p);
	free(input);
	free(s);
	return token;
}

#define HEADER "{\"alg\":\"ES256\",\"kid\":\"ec\"}"
#define CLAIMS(more) "{\"iss\":\"" ISSUER "\",\"aud\":\"bpmnd\",\"sub\":\"ada\"" more "}"
#define EXP ",\"exp\":1800000300"
#define PAYLOAD CLAIMS(EXP)

static char *make_token(const char *header, const char *payload, enum sign how)
{
	return make_token_of(str_from_c(header ? header : HEADER), str_from_c(payload ? payload : PAYLOAD), how);
}

/* --- helpers: verification and its reason --- */

static void log_forget(void)
{
	assert_int_equal(ftruncate(fx.log, 0), 0);
	assert_int_equal(lseek(fx.log, 0, SEEK_SET), 0);
}

static bool log_mentions(const char *reason)
{
	char text[4096];
	ssize_t n = pread(fx.log, text, sizeof text - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return strstr(text, reason) != NULL;
}

/* Verifies with a cache of its own. A NULL reason: must be good; else must be refused for that reason. */
static void expect_slice(const char *name, const struct token_keys *keys, struct str token, const char *reason)
{
	struct token_cache *cache = token_cache_new(keys, 4);
	struct arena *arena = arena_new();
	struct err err = {0};

	log_forget();
	const struct principal *principal = token_verify(cache, token, NOW, arena, &err);
	if (!principal != !!reason)
		fail_msg("%s: %s", name, principal ? "was taken" : "was refused");
	if (reason && !log_mentions(reason))
		fail_msg("%s: refused for another reason than \"%s\"", name, reason);
	assert_int_equal(err.code, reason ? ERR_UNAUTHENTICATED : ERR_NONE);
	assert_string_equal(err.message, reason ? REFUSAL : "");
	assert_int_equal(ERR_peek_error(), 0);
	arena_free(arena);
	token_cache_free(cache);
}

static void expect(const char *name, char *token, const char *reason)
{
	expect_slice(name, fx.keys, str_from_c(token), reason);
	free(token);
}

static struct token_keys *load(const struct token_config *config)
{
	struct err err = {0};
	struct token_keys *keys = token_keys_load(config, &err);

	if (!keys)
		fail_msg("%s", err.message);
	return keys;
}

/* --- tokens by header and claims --- */

static const struct token_row {
	const char *name;
	const char *header;  /* NULL: HEADER */
	const char *payload; /* NULL: PAYLOAD */
	const char *reason;  /* NULL: good */
	enum sign sign;
} token_rows[] = {
	{.name = "ES256", .reason = NULL},
	{.name = "RS256", .header = "{\"alg\":\"RS256\",\"kid\":\"rsa\"}", .sign = SIGN_RSA},
	{.name = "PS256", .header = "{\"alg\":\"PS256\",\"kid\":\"pss\"}", .sign = SIGN_PSS},
	{.name = "HS256", .header = "{\"alg\":\"HS256\",\"kid\":\"hs\"}", .sign = SIGN_SECRET},
	{.name = "typ JWT", .header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"typ\":\"JWT\"}"},
	{.name = "typ at+jwt", .header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"typ\":\"application/at+jwt\"}"},

	{.name = "G01 none", .header = "{\"alg\":\"none\",\"kid\":\"ec\"}", .reason = "three parts", .sign = SIGN_NONE},
	{.name = "G01 none, signed", .header = "{\"alg\":\"none\",\"kid\":\"ec\"}", .reason = "alg is not"},
	{.name = "G01 nOnE", .header = "{\"alg\":\"nOnE\",\"kid\":\"ec\"}", .reason = "alg is not"},
	{.name = "G01 empty alg", .header = "{\"alg\":\"\",\"kid\":\"ec\"}", .reason = "alg is not"},
	{.name = "G01 no alg", .header = "{\"kid\":\"ec\"}", .reason = "alg is not"},
	{.name = "G01 alg is an array", .header = "{\"alg\":[\"ES256\"],\"kid\":\"ec\"}", .reason = "alg is not"},
	{.name = "G01 alg in lower case", .header = "{\"alg\":\"es256\",\"kid\":\"ec\"}", .reason = "alg is not"},
	{.name = "G02 HS256 with the RSA key's PEM",
		.header = "{\"alg\":\"HS256\",\"kid\":\"rsa\"}",
		.reason = "alg is not",
		.sign = SIGN_RSA_PEM_AS_SECRET},
	{.name = "G03 HS256 for the EC key",
		.header = "{\"alg\":\"HS256\",\"kid\":\"ec\"}",
		.reason = "alg is not",
		.sign = SIGN_SECRET},
	{.name = "G03 RS512 for RS256",
		.header = "{\"alg\":\"RS512\",\"kid\":\"rsa\"}",
		.reason = "alg is not",
		.sign = SIGN_RS512},
	{.name = "G03 PS256 for RS256",
		.header = "{\"alg\":\"PS256\",\"kid\":\"rsa\"}",
		.reason = "alg is not",
		.sign = SIGN_PSS},
	{.name = "G03 RS256 signed as RS512",
		.header = "{\"alg\":\"RS256\",\"kid\":\"rsa\"}",
		.reason = "does not hold",
		.sign = SIGN_RS512},
	{.name = "G03 RS256 signed as PS256",
		.header = "{\"alg\":\"RS256\",\"kid\":\"rsa\"}",
		.reason = "does not hold",
		.sign = SIGN_PSS},
	{.name = "G04 unknown kid", .header = "{\"alg\":\"ES256\",\"kid\":\"nobody\"}", .reason = "no key of that kid"},
	{.name = "G04 no kid, many keys", .header = "{\"alg\":\"ES256\"}", .reason = "no key of that kid"},
	{.name = "G04 path", .header = "{\"alg\":\"ES256\",\"kid\":\"../../dev/null\"}", .reason = "no key of that kid"},
	{.name = "G04 SQL", .header = "{\"alg\":\"ES256\",\"kid\":\"' OR 1=1\"}", .reason = "no key of that kid"},
	{.name = "G04 NUL", .header = "{\"alg\":\"ES256\",\"kid\":\"ec\\u0000\"}", .reason = "header is not"},
	{.name = "G04 object", .header = "{\"alg\":\"ES256\",\"kid\":{\"a\":1}}", .reason = "no key of that kid"},
	{.name = "G04 null", .header = "{\"alg\":\"ES256\",\"kid\":null}", .reason = "no key of that kid"},
	{.name = "G04 prefix", .header = "{\"alg\":\"ES256\",\"kid\":\"e\"}", .reason = "no key of that kid"},
	{.name = "G04 key for encryption",
		.header = "{\"alg\":\"RS256\",\"kid\":\"enc\"}",
		.reason = "no key of that kid",
		.sign = SIGN_RSA},
	{.name = "G05 jku",
		.header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"jku\":\"https://evil.example\"}",
		.reason = "has jku"},
	{.name = "G05 x5u",
		.header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"x5u\":\"https://evil.example\"}",
		.reason = "has x5u"},
	{.name = "G05 jwk", .header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"jwk\":{\"kty\":\"EC\"}}", .reason = "has jwk"},
	{.name = "G05 x5c", .header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"x5c\":[]}", .reason = "has x5c"},
	{.name = "G05 jku null", .header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"jku\":null}", .reason = "has jku"},
	{.name = "G06 crit",
		.header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"crit\":[\"b64\"],\"b64\":false}",
		.reason = "has crit"},
	{.name = "G06 crit empty", .header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"crit\":[]}", .reason = "has crit"},
	{.name = "G06 b64", .header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"b64\":false}", .reason = "has b64"},

	{.name = "G07 exp missing", .payload = CLAIMS(""), .reason = "claim exp"},
	{.name = "G07 exp past the leeway", .payload = CLAIMS(",\"exp\":1799999940"), .reason = "expired"},
	{.name = "exp within the leeway", .payload = CLAIMS(",\"exp\":1799999941")},
	{.name = "G07 exp with a fraction", .payload = CLAIMS(",\"exp\":1799999940.5")},
	{.name = "G07 exp 1e400", .payload = CLAIMS(",\"exp\":1e400"), .reason = "payload is not"},
	{.name = "G07 exp 1e300", .payload = CLAIMS(",\"exp\":1e300"), .reason = "claim exp"},
	{.name = "G07 exp text", .payload = CLAIMS(",\"exp\":\"1800000300\""), .reason = "claim exp"},
	{.name = "G07 exp null", .payload = CLAIMS(",\"exp\":null"), .reason = "claim exp"},
	{.name = "G07 exp true", .payload = CLAIMS(",\"exp\":true"), .reason = "claim exp"},
	{.name = "G07 exp negative", .payload = CLAIMS(",\"exp\":-1"), .reason = "claim exp"},
	{.name = "G07 exp 2^63 - 1", .payload = CLAIMS(",\"exp\":9223372036854775807"), .reason = "claim exp"},
	{.name = "G07 exp 2^63", .payload = CLAIMS(",\"exp\":9223372036854775808"), .reason = "payload is not"},
	{.name = "exp at the end of time", .payload = CLAIMS(",\"exp\":253402300799")},
	{.name = "G08 nbf ahead", .payload = CLAIMS(EXP ",\"nbf\":1800000061"), .reason = "not valid yet"},
	{.name = "nbf within the leeway", .payload = CLAIMS(EXP ",\"nbf\":1800000060")},
	{.name = "G08 nbf text", .payload = CLAIMS(EXP ",\"nbf\":\"0\""), .reason = "claim nbf"},
	{.name = "G08 iat ahead", .payload = CLAIMS(EXP ",\"iat\":1800000061"), .reason = "not valid yet"},
	{.name = "iat within the leeway", .payload = CLAIMS(EXP ",\"iat\":1800000060")},
	{.name = "G08 iat object", .payload = CLAIMS(EXP ",\"iat\":{}"), .reason = "claim iat"},

	{.name = "G09 iss missing", .payload = "{\"aud\":\"bpmnd\",\"sub\":\"ada\"" EXP "}", .reason = "claim iss"},
	{.name = "G09 iss with a slash",
		.payload = "{\"iss\":\"" ISSUER "/\",\"aud\":\"bpmnd\",\"sub\":\"ada\"" EXP "}",
		.reason = "claim iss"},
	{.name = "G09 iss in capitals",
		.payload = "{\"iss\":\"HTTPS://issuer.example\",\"aud\":\"bpmnd\",\"sub\":\"ada\"" EXP "}",
		.reason = "claim iss"},
	{.name = "G09 iss array",
		.payload = "{\"iss\":[\"" ISSUER "\"],\"aud\":\"bpmnd\",\"sub\":\"ada\"" EXP "}",
		.reason = "claim iss"},
	{.name = "G10 aud missing", .payload = "{\"iss\":\"" ISSUER "\",\"sub\":\"ada\"" EXP "}", .reason = "claim aud"},
	{.name = "G10 aud wrong",
		.payload = "{\"iss\":\"" ISSUER "\",\"aud\":\"other\",\"sub\":\"ada\"" EXP "}",
		.reason = "claim aud"},
	{.name = "G10 aud without us",
		.payload = "{\"iss\":\"" ISSUER "\",\"aud\":[\"a\",\"b\"],\"sub\":\"ada\"" EXP "}",
		.reason = "claim aud"},
	{.name = "G10 aud empty",
		.payload = "{\"iss\":\"" ISSUER "\",\"aud\":[],\"sub\":\"ada\"" EXP "}",
		.reason = "claim aud"},
	{.name = "G10 aud with a number",
		.payload = "{\"iss\":\"" ISSUER "\",\"aud\":[\"bpmnd\",1],\"sub\":\"ada\"" EXP "}",
		.reason = "claim aud"},
	{.name = "aud with others", .payload = "{\"iss\":\"" ISSUER "\",\"aud\":[\"a\",\"bpmnd\"],\"sub\":\"ada\"" EXP "}"},
	{.name = "G11 typ of another token",
		.header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"typ\":\"logout+jwt\"}",
		.reason = "header typ"},
	{.name = "G11 typ number", .header = "{\"alg\":\"ES256\",\"kid\":\"ec\",\"typ\":1}", .reason = "header typ"},

	{.name = "signed with another key", .reason = "does not hold", .sign = SIGN_OTHER_EC},
	{.name = "G16 nested token", .payload = "eyJhbGciOiJFUzI1NiJ9.e30.AA", .reason = "payload is not"},
	{.name = "G17 alg twice",
		.header = "{\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"ec\"}",
		.reason = "header is not"},
	{.name = "G17 sub twice", .payload = CLAIMS(",\"sub\":\"root\"" EXP), .reason = "payload is not"},
	{.name = "G19 payload with a BOM", .payload = "\xEF\xBB\xBF" PAYLOAD, .reason = "payload is not"},
	{.name = "G19 payload not UTF-8", .payload = CLAIMS(EXP ",\"a\":\"\xff\""), .reason = "payload is not"},
	{.name = "G19 payload array", .payload = "[" PAYLOAD "]", .reason = "payload is not"},
	{.name = "G19 payload text", .payload = "\"ada\"", .reason = "payload is not"},
	{.name = "G19 header array", .header = "[]", .reason = "header is not"},
	{.name = "G19 header with trailing garbage", .header = HEADER "x", .reason = "header is not"},
	{.name = "G25 claims of a bad signature stay unread",
		.payload = "{",
		.reason = "does not hold",
		.sign = SIGN_OTHER_EC},

	{.name = "sub missing", .payload = "{\"iss\":\"" ISSUER "\",\"aud\":\"bpmnd\"" EXP "}", .reason = "claim sub"},
	{.name = "sub empty",
		.payload = "{\"iss\":\"" ISSUER "\",\"aud\":\"bpmnd\",\"sub\":\"\"" EXP "}",
		.reason = "claim sub"},
	{.name = "sub number",
		.payload = "{\"iss\":\"" ISSUER "\",\"aud\":\"bpmnd\",\"sub\":7" EXP "}",
		.reason = "claim sub"},
	{.name = "groups text", .payload = CLAIMS(EXP ",\"groups\":\"admin\""), .reason = "claim groups"},
	{.name = "groups with a number", .payload = CLAIMS(EXP ",\"groups\":[\"a\",1]"), .reason = "claim groups"},
	{.name = "roles object", .payload = CLAIMS(EXP ",\"roles\":{\"admin\":true}"), .reason = "claim roles"},
	{.name = "tenant number", .payload = CLAIMS(EXP ",\"tenant\":1"), .reason = "claim tenant"},
	{.name = "unknown role", .payload = CLAIMS(EXP ",\"roles\":[\"emperor\"]")},
};

static void test_header_and_claims(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(token_rows); i++) {
		const struct token_row *row = &token_rows[i];
		expect(row->name, make_token(row->header, row->payload, row->sign), row->reason);
	}
}

/* --- tokens by shape: what becomes of a good token when its text is changed --- */

static char *signature_start(char *token)
{
	return strrchr(token, '.') + 1;
}

/* A token with another text in place of its signature. */
static char *with_signature(const char *signature)
{
	char *token = make_token(NULL, NULL, SIGN_EC);
	char *changed = format("%.*s%s", (int)(signature_start(token) - token), token, signature);

	free(token);
	return changed;
}

static char *with_signature_octets(const void *octets, size_t len)
{
	char *text = encode(octets, len);
	char *token = with_signature(text);

	free(text);
	return token;
}

static void test_signature_text(void **state)
{
	(void)state;
	char *token = make_token(NULL, NULL, SIGN_EC);
	const char *signature = signature_start(token);

	expect("G12 empty", with_signature(""), "three parts");
	expect("G12 truncated", prefix(token, strlen(token) - 1), "not base64url");
	expect("G12 an octet less", prefix(token, strlen(token) - 2), "key's length");
	expect("G12 padding", format("%s==", token), "not base64url");
	expect("G12 trailing space", format("%s ", token), "not base64url");
	expect("G12 trailing newline", format("%s\n", token), "not base64url");
	expect("G12 leading space", format(" %s", token), "not base64url");
	expect("G12 plus", format("%.*s+%s", (int)(signature - token), token, signature + 1), "not base64url");
	expect("G12 slash", format("%.*s/%s", (int)(signature - token), token, signature + 1), "not base64url");
	char *flipped = format("%s", token);
	signature_start(flipped)[10] = signature[10] == 'A' ? 'B' : 'A';
	expect("G12 another digit", flipped, "does not hold");
	char *stray = format("%s", token); /* 64 octets: the last digit has four bits without meaning */
	stray[strlen(stray) - 1] = stray[strlen(stray) - 1] == 'A' ? 'B' : (char)(stray[strlen(stray) - 1] + 1);
	expect("G12 stray bits", stray, "not base64url");
	free(token);
}

static void test_signature_numbers(void **state)
{
	static const unsigned char order[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	unsigned char octets[128] = {0};

	(void)state;
	expect("G13 all zero", with_signature_octets(octets, 64), "does not hold");
	octets[63] = 1;
	expect("G13 r = 0", with_signature_octets(octets, 64), "does not hold");
	octets[63] = 0, octets[31] = 1;
	expect("G13 s = 0", with_signature_octets(octets, 64), "does not hold");
	octets[63] = 1;
	expect("G13 r = s = 1", with_signature_octets(octets, 64), "does not hold");
	memcpy(octets, order, 32);
	memcpy(octets + 32, order, 32);
	expect("G13 r = s = n", with_signature_octets(octets, 64), "does not hold");
	memset(octets, 0xff, 64);
	expect("G13 r = s = 2^256 - 1", with_signature_octets(octets, 64), "does not hold");
}

/* A valid signature in another dress: DER, or each half with a zero in front (cjose alone would take it). */
static void test_signature_dress(void **state)
{
	char *token = make_token(NULL, NULL, SIGN_EC);
	char *input = format("%.*s", (int)(signature_start(token) - token - 1), token);
	unsigned char raw[64];
	unsigned char octets[128] = {0};
	char *text;

	(void)state;
	size_t len = sign_with_key(fx.ec, EVP_sha256(), 0, input, octets, sizeof octets);
	text = encode(octets, len);
	expect("G13 DER", format("%s.%s", input, text), "key's length");
	free(text);

	sign_ec(fx.ec, input, raw);
	memset(octets, 0, sizeof octets);
	memcpy(octets + 1, raw, 32);
	memcpy(octets + 34, raw + 32, 32);
	text = encode(octets, 66);
	expect("G13 zeros in front", format("%s.%s", input, text), "key's length");
	free(text);
	free(input);
	free(token);
}

static void test_shape(void **state)
{
	char *token = make_token(NULL, NULL, SIGN_EC);

	(void)state;
	expect("G16 no dot", format("abc"), "three parts");
	expect("G16 one dot", format("abc.def"), "three parts");
	expect("G16 three dots", format("%s.", token), "more than three");
	expect("G16 five parts", format("%s.AA.AA", token), "more than three");
	expect("G16 empty payload", format("AAAA..AAAA"), "three parts");
	expect("G16 only dots", format(".."), "three parts");
	expect("G20 scheme in the token", format("Bearer %s", token), "not base64url");
	expect("empty", format("%s", ""), "empty");
	expect_slice("NUL behind it", fx.keys, (struct str){token, strlen(token) + 1}, "not base64url");
	free(token);
}

/* A good token but for its size: len bytes of filler as a value in the payload, or in the header. */
static char *stuffed(const char *filler, size_t len, bool in_header)
{
	char *value = prefix(filler, len);
	char *object = in_header ? format("{\"alg\":\"ES256\",\"kid\":\"ec\",\"x\":%s}", value)
							 : format(CLAIMS(EXP ",\"x\":%s"), value);
	char *token = in_header ? make_token(object, NULL, SIGN_EC) : make_token(NULL, object, SIGN_EC);

	free(value);
	free(object);
	return token;
}

static void test_size(void **state)
{
	enum { DEPTH = 2500 };
	char text[65536];

	(void)state;
	memset(text, 'x', sizeof text);
	text[0] = '"';
	text[4999] = '"';
	expect("5 kB", stuffed(text, 5000, false), NULL);
	expect("G18 7 kB, which are more in base64", stuffed(text, 7000, false), "too long");
	expect("G18 64 kB", prefix(text, sizeof text), "too long");
	memset(text, '[', DEPTH);
	memset(text + DEPTH, ']', DEPTH);
	expect("G18 depth of the payload", stuffed(text, (size_t)2 * DEPTH, false), "payload is not");
	expect("G18 depth of the header", stuffed(text, (size_t)2 * DEPTH, true), "header is not");
}

/* --- the principal --- */

static void test_principal(void **state)
{
	char *token = make_token(NULL,
		CLAIMS(EXP ",\"groups\":[\"审批\",\"managers\"],\"roles\":[\"approver\",\"x\",\"admin\"],"
				   "\"tenant\":\"acme\""),
		SIGN_EC);
	struct token_cache *cache = token_cache_new(fx.keys, 4);
	struct err err = {0};

	(void)state;
	for (int round = 0; round < 2; round++) { /* verified, then remembered: the same */
		struct arena *arena = arena_new();
		const struct principal *p = token_verify(cache, str_from_c(token), NOW, arena, &err);
		assert_non_null(p);
		assert_true(str_equal(p->user, STR("ada")));
		assert_true(str_equal(p->tenant, STR("acme")));
		assert_int_equal(p->group_count, 2);
		assert_true(str_equal(p->groups[0], STR("审批")));
		assert_true(str_equal(p->groups[1], STR("managers")));
		assert_int_equal(p->roles, ROLE_BIT(APPROVER) | ROLE_BIT(ADMIN));
		arena_free(arena);
	}
	token_cache_free(cache);
	free(token);
}

static void test_claim_names(void **state)
{
	struct token_keys *keys = load(&(struct token_config){.jwks_file = path("jwks.json"),
		.claim_groups = "teams",
		.claim_roles = "https://x/roles",
		.claim_tenant = "org"});
	char *token = make_token(NULL,
		"{\"sub\":\"bob\",\"teams\":[\"t\"],\"https://x/roles\":[\"worker\"],\"org\":\"o\","
		"\"groups\":1,\"roles\":1,\"tenant\":1" EXP "}",
		SIGN_EC);
	struct token_cache *cache = token_cache_new(keys, 1);
	struct arena *arena = arena_new();

	(void)state;
	const struct principal *p = token_verify(cache, str_from_c(token), NOW, arena, NULL);
	assert_non_null(p);
	assert_true(str_equal(p->groups[0], STR("t")));
	assert_true(str_equal(p->tenant, STR("o")));
	assert_int_equal(p->roles, ROLE_BIT(WORKER));
	arena_free(arena);
	token_cache_free(cache);
	token_keys_free(keys);
	free(token);
}

static void test_roles(void **state)
{
	(void)state;
	assert_int_equal(role_parse(STR("admin")), ROLE_BIT(ADMIN));
	assert_int_equal(role_parse(STR("analyst")), ROLE_BIT(ANALYST));
	assert_int_equal(role_parse(STR("Admin")), 0);
	assert_int_equal(role_parse(STR("")), 0);
}

/* --- the cache --- */

static char *token_of(int user)
{
	char *payload = format("{\"iss\":\"" ISSUER "\",\"aud\":\"bpmnd\",\"sub\":\"u%d\"" EXP "}", user);
	char *token = make_token("{\"alg\":\"HS256\",\"kid\":\"hs\"}", payload, SIGN_SECRET);

	free(payload);
	return token;
}

/* More users than room: everyone is always himself, and a principal outlives its eviction. */
static void test_cache_bounded(void **state)
{
	enum { USERS = 20, ROOM = 3 };
	struct token_cache *cache = token_cache_new(fx.keys, ROOM);
	struct arena *arena = arena_new();
	const struct principal *seen[USERS];
	char *tokens[USERS];

	(void)state;
	for (int i = 0; i < USERS; i++)
		tokens[i] = token_of(i);
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < USERS; i++) {
			seen[i] = token_verify(cache, str_from_c(tokens[i]), NOW, arena, NULL);
			assert_non_null(seen[i]);
			assert_non_null(token_verify(cache, str_from_c(tokens[i]), NOW, arena, NULL));
		}
	token_cache_free(cache);
	for (int i = 0; i < USERS; i++) {
		char *user = format("u%d", i);
		assert_true(str_equal_c(seen[i]->user, user));
		free(user);
		free(tokens[i]);
	}
	arena_free(arena);
}

static void test_cache_expiry(void **state)
{
	static const int64_t exp = INT64_C(1800000300) * SECOND;
	struct token_cache *cache = token_cache_new(fx.keys, 4);
	struct arena *arena = arena_new();
	char *token = token_of(1);
	struct err err = {0};

	(void)state;
	assert_non_null(token_verify(cache, str_from_c(token), NOW, arena, &err));
	assert_non_null(token_verify(cache, str_from_c(token), exp + LEEWAY - 1, arena, &err));
	assert_null(token_verify(cache, str_from_c(token), exp + LEEWAY, arena, &err));
	assert_string_equal(err.message, REFUSAL);
	arena_free(arena);
	token_cache_free(cache);
	free(token);
}

/* What was verified says nothing about a token that differs in its signature only, and refusals are not remembered. */
static void test_cache_whole_text(void **state)
{
	struct token_cache *cache = token_cache_new(fx.keys, 4);
	struct arena *arena = arena_new();
	char *token = token_of(1);

	(void)state;
	assert_non_null(token_verify(cache, str_from_c(token), NOW, arena, NULL));
	char *digit = signature_start(token);
	char right = *digit;
	*digit = right == 'A' ? 'B' : 'A';
	for (int i = 0; i < 2; i++) {
		struct err err = {0};
		assert_null(token_verify(cache, str_from_c(token), NOW, arena, &err));
		assert_int_equal(err.code, ERR_UNAUTHENTICATED);
	}
	*digit = right;
	assert_non_null(token_verify(cache, str_from_c(token), NOW, arena, NULL));
	arena_free(arena);
	token_cache_free(cache);
	free(token);
}

/* --- loading keys --- */

static void expect_load(const char *name, const struct token_config *config, const char *message)
{
	struct err err = {0};
	struct token_keys *keys = token_keys_load(config, &err);

	if (!keys != !!message)
		fail_msg("%s: %s", name, keys ? "was taken" : err.message);
	if (message && (err.code != ERR_INVALID || !strstr(err.message, message)))
		fail_msg("%s: says \"%s\" instead of \"%s\"", name, err.message, message);
	token_keys_free(keys);
}

static const struct jwks_row {
	const char *name;
	const char *text;
	const char *message; /* NULL: good */
	mode_t mode;         /* 0: 0644 */
} jwks_rows[] = {
	{.name = "not JSON", .text = "keys", .message = "not a JSON object"},
	{.name = "empty file", .text = "", .message = "not a JSON object"},
	{.name = "an array", .text = "[]", .message = "not a JSON object"},
	{.name = "keys twice", .text = "{\"keys\":[],\"keys\":[]}", .message = "not a JSON object"},
	{.name = "no key", .text = "{\"keys\":[]}", .message = "no key to verify"},
	{.name = "only keys for others",
		.text = "{\"keys\":[{\"kty\":\"OKP\"},{\"kty\":\"EC\",\"crv\":\"P-521\"}]}",
		.message = "no key to verify"},
	{.name = "a text", .text = "{\"keys\":[\"RSA\"]}", .message = "no JSON object"},
	{.name = "alg and kty disagree",
		.text = "{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"HS256\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
		.message = "does not go with"},
	{.name = "RSA without n", .text = "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\"}]}", .message = "without readable n"},
	{.name = "n in base64, not base64url",
		.text = "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"++++\",\"e\":\"AQAB\"}]}",
		.message = "without readable n"},
	{.name = "a private key",
		.text = "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"d\":\"AQAB\"}]}",
		.message = "a private key"},
	{.name = "EC with short x",
		.text = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQAB\",\"y\":\"AQAB\"}]}",
		.message = "not 32 octets"},
	{.name = "EC off the curve",
		.text = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
				"\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",\"y\":"
				"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}",
		.message = "a key that is not valid"},
	{.name = "G15 oct of 31 bytes",
		.text = "{\"keys\":[{\"kty\":\"oct\",\"k\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MA\"}]}",
		.message = "less than 32 bytes",
		.mode = 0600},
	{.name = "oct of 32 bytes",
		.text = "{\"keys\":[{\"kty\":\"oct\",\"k\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"}]}",
		.mode = 0600},
	{.name = "oct open to others",
		.text = "{\"keys\":[{\"kty\":\"oct\",\"k\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"}]}",
		.message = "open to group"},
	{.name = "kid twice",
		.text = "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"},"
				"{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"}]}",
		.message = "the same kid",
		.mode = 0600},
	{.name = "two keys, one without a kid",
		.text = "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"},"
				"{\"kty\":\"oct\",\"k\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"}]}",
		.message = "must be the only key",
		.mode = 0600},
	{.name = "kid number",
		.text = "{\"keys\":[{\"kty\":\"oct\",\"kid\":1,\"k\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"}]}",
		.message = "a kid that is no text",
		.mode = 0600},
};

static void test_load_jwks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(jwks_rows); i++) {
		const struct jwks_row *row = &jwks_rows[i];
		write_text("row.json", row->mode ? row->mode : 0644, row->text);
		expect_load(row->name, &(struct token_config){.jwks_file = path("row.json")}, row->message);
	}
}

/* A JWKS with one RSA key of the given modulus and exponent. */
static void expect_rsa(
	const char *name, unsigned char first, unsigned char last, size_t len, const char *e, const char *message)
{
	unsigned char octets[1032];

	memset(octets, 0x5a, sizeof octets);
	octets[0] = first;
	octets[len - 1] = last;
	char *n = encode(octets, len);
	char *set = format("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}]}", n, e);
	write_text("row.json", 0644, set);
	expect_load(name, &(struct token_config){.jwks_file = path("row.json")}, message);
	free(n);
	free(set);
}

static void test_load_rsa(void **state)
{
	(void)state;
	expect_rsa("G14 512 bits", 0x80, 1, 64, "AQAB", "less than 2048 bits");
	expect_rsa("G14 1024 bits", 0x80, 1, 128, "AQAB", "less than 2048 bits");
	expect_rsa("G14 2047 bits", 0x40, 1, 256, "AQAB", "less than 2048 bits");
	expect_rsa("G14 zeros are no bits", 0x00, 1, 256, "AQAB", "less than 2048 bits");
	expect_rsa("2048 bits", 0x80, 1, 256, "AQAB", NULL);
	expect_rsa("8192 bits", 0x80, 1, 1024, "AQAB", NULL);
	expect_rsa("more than 8192 bits", 0x80, 1, 1025, "AQAB", "more than 8192");
	expect_rsa("G14 even modulus", 0x80, 2, 256, "AQAB", "even modulus");
	expect_rsa("G14 exponent 1", 0x80, 1, 256, "AQ", "exponent");
	expect_rsa("G14 exponent 0", 0x80, 1, 256, "AA", "exponent");
	expect_rsa("G14 even exponent", 0x80, 1, 256, "Ag", "exponent");
	expect_rsa("G14 no exponent", 0x80, 1, 256, "", "exponent");
}

static void test_load_files(void **state)
{
	char *long_text = alloc_zeroed(1, 70000);

	(void)state;
	memset(long_text, ' ', 69999);
	write_text("long", 0600, long_text);
	write_text("secret31", 0600, "0123456789012345678901234567890\n");
	write_text("empty", 0600, "");
	write_text("open", 0640, secret);
	expect_load("nothing configured", &(struct token_config){0}, "no key to verify");
	expect_load("no such file", &(struct token_config){.jwks_file = path("absent")}, "absent: No such file");
	expect_load("a directory", &(struct token_config){.jwks_file = fx.dir}, "not a regular file");
	expect_load("G22 more than 64 KiB", &(struct token_config){.jwks_file = path("long")}, "larger than 65536");
	expect_load("G15 31 bytes", &(struct token_config){.secret_file = path("secret31")}, "less than 32 bytes");
	expect_load("G15 empty", &(struct token_config){.secret_file = path("empty")}, "less than 32 bytes");
	expect_load("secret open to the group", &(struct token_config){.secret_file = path("open")}, "chmod 600");
	expect_load("PEM of nothing", &(struct token_config){.pem_file = path("open")}, "not a public key");
	free(long_text);
}

static void expect_pem(const char *name, EVP_PKEY *key, const char *header, enum sign how, const char *message)
{
	char *pem = public_pem(key);
	struct token_config config = {.pem_file = path("row.pem"), .leeway_micros = LEEWAY};

	write_text("row.pem", 0644, pem);
	expect_load(name, &config, message);
	if (!message) {
		struct token_keys *keys = load(&config);
		char *token = make_token(header, NULL, how);
		expect_slice(name, keys, str_from_c(token), NULL);
		free(token);
		token = make_token(NULL, NULL, how); /* names a kid that the key does not have */
		expect_slice(name, keys, str_from_c(token), "no key of that kid");
		free(token);
		token_keys_free(keys);
	}
	free(pem);
}

static void test_load_pem(void **state)
{
	EVP_PKEY *weak = EVP_RSA_gen(1024);
	EVP_PKEY *p384 = EVP_EC_gen("P-384");
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	(void)state;
	expect_pem("RSA", fx.rsa, "{\"alg\":\"RS256\"}", SIGN_RSA, NULL);
	expect_pem("RSA-PSS", fx.pss, "{\"alg\":\"PS256\"}", SIGN_PSS_KEY, NULL);
	expect_pem("EC", fx.ec, "{\"alg\":\"ES256\"}", SIGN_EC, NULL);
	expect_pem("RSA 1024", weak, NULL, SIGN_NONE, "less than 2048");
	expect_pem("P-384", p384, NULL, SIGN_NONE, "another curve");
	expect_pem("Ed25519", ed, NULL, SIGN_NONE, "neither");
	EVP_PKEY_free(weak);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(ed);
}

static void test_load_secret(void **state)
{
	struct token_config config = {.secret_file = path("secret"), .leeway_micros = LEEWAY};
	char *with_newline = format("%s\n", secret);

	(void)state;
	write_text("secret", 0600, with_newline);
	struct token_keys *keys = load(&config);
	char *token = make_token("{\"alg\":\"HS256\"}", NULL, SIGN_SECRET);
	expect_slice("secret with a newline", keys, str_from_c(token), NULL);
	free(token);
	token = make_token("{\"alg\":\"ES256\"}", NULL, SIGN_EC);
	expect_slice("ES256 for a secret", keys, str_from_c(token), "alg is not");
	free(token);
	token_keys_free(keys);
	free(with_newline);
}

/* --- the dev issuer --- */

static const struct principal minted = {
	.user = STR_INIT("eve \"e\" 李"),
	.tenant = STR_INIT("acme"),
	.groups = (const struct str[]){STR_INIT("admin"), STR_INIT("managers")},
	.group_count = 2,
	.roles = ROLE_BIT(ADMIN) | ROLE_BIT(STARTER),
};

static void mint_and_verify(const char *private_file, struct token_keys *keys, const char *reason)
{
	struct buf token;
	struct err err = {0};

	buf_init(&token, 16384);
	if (!token_mint(private_file, ISSUER, "bpmnd", &minted, NOW, NOW + 3600 * SECOND, &token, &err))
		fail_msg("%s", err.message);
	expect_slice("minted", keys, buf_str(&token), reason);
	buf_free(&token);
}

static void test_mint(void **state)
{
	char *private_file = format("%s/dev.jwk", fx.dir);
	char *jwks_file = format("%s/dev.jwks", fx.dir);
	struct token_config config = {.jwks_file = jwks_file, .issuer = ISSUER, .audience = "bpmnd"};
	struct stat status;
	struct err err = {0};

	(void)state;
	assert_true(token_make_dev_keys(private_file, jwks_file, &err));
	assert_int_equal(stat(private_file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	struct token_keys *keys = load(&config);
	mint_and_verify(private_file, keys, NULL);
	assert_true(token_make_dev_keys(private_file, jwks_file, &err)); /* new keys: the old set does not know them */
	mint_and_verify(private_file, keys, "no key of that kid");
	token_keys_free(keys);
	expect_load("the private JWK is no JWKS", &(struct token_config){.jwks_file = private_file}, "not a JSON object");

	chmod(private_file, 0644);
	struct buf out;
	buf_init(&out, 4096);
	assert_false(token_mint(private_file, NULL, NULL, &minted, NOW, NOW, &out, &err));
	assert_non_null(strstr(err.message, "chmod 600"));
	assert_int_equal(out.len, 0);
	buf_free(&out);
	free(private_file);
	free(jwks_file);
}

static void test_mint_principal(void **state)
{
	char *private_file = format("%s/dev.jwk", fx.dir);
	char *jwks_file = format("%s/dev.jwks", fx.dir);
	struct arena *arena = arena_new();
	struct buf token;

	(void)state;
	buf_init(&token, 16384);
	assert_true(token_make_dev_keys(private_file, jwks_file, NULL));
	assert_true(token_mint(private_file, NULL, NULL, &minted, NOW, NOW + SECOND, &token, NULL));
	struct token_keys *keys = load(&(struct token_config){.jwks_file = jwks_file});
	struct token_cache *cache = token_cache_new(keys, 1);
	const struct principal *p = token_verify(cache, buf_str(&token), NOW, arena, NULL);
	assert_non_null(p);
	assert_true(str_equal(p->user, minted.user));
	assert_true(str_equal(p->tenant, minted.tenant));
	assert_int_equal(p->group_count, minted.group_count);
	assert_true(str_equal(p->groups[1], minted.groups[1]));
	assert_int_equal(p->roles, minted.roles);
	token_cache_free(cache);
	token_keys_free(keys);
	arena_free(arena);
	buf_free(&token);
	free(private_file);
	free(jwks_file);
}

static void test_mint_pem(void **state)
{
	char *private_file = format("%s/dev.pem", fx.dir);
	FILE *file = fopen(private_file, "w");

	(void)state;
	assert_int_equal(PEM_write_PrivateKey(file, fx.ec, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	chmod(private_file, 0600);
	char *pem = public_pem(fx.ec);
	write_text("row.pem", 0644, pem);
	struct token_keys *keys =
		load(&(struct token_config){.pem_file = path("row.pem"), .issuer = ISSUER, .audience = "bpmnd"});
	mint_and_verify(private_file, keys, NULL);
	token_keys_free(keys);
	free(pem);
	free(private_file);
}

static void test_mint_too_long(void **state)
{
	char *private_file = format("%s/dev.jwk", fx.dir);
	char *jwks_file = format("%s/dev.jwks", fx.dir);
	char *name = alloc_zeroed(1, 9000);
	struct buf out;
	struct err err = {0};

	(void)state;
	memset(name, 'n', 8999);
	buf_init(&out, 65536);
	assert_true(token_make_dev_keys(private_file, jwks_file, NULL));
	assert_false(
		token_mint(private_file, NULL, NULL, &(struct principal){.user = str_from_c(name)}, NOW, NOW, &out, &err));
	assert_int_equal(err.code, ERR_INVALID);
	buf_free(&out);
	free(name);
	free(private_file);
	free(jwks_file);
}

/* --- the fixture --- */

/* A key that its PEM marks as one for PSS only. */
static EVP_PKEY *make_pss_key(void)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048), 1);
	assert_int_equal(EVP_PKEY_generate(context, &key), 1);
	EVP_PKEY_CTX_free(context);
	return key;
}

static int set_up(void **state)
{
	(void)state;
	strcpy(fx.dir, "/tmp/test_token.XXXXXX");
	assert_non_null(mkdtemp(fx.dir));
	fx.log = memfd_create("log", MFD_CLOEXEC);
	log_configure(LOG_DEBUG, fx.log);
	fx.ec = EVP_EC_gen("P-256");
	fx.other_ec = EVP_EC_gen("P-256");
	fx.rsa = EVP_RSA_gen(2048);
	fx.pss = make_pss_key();
	fx.rsa_pem = public_pem(fx.rsa);
	write_jwks();
	fx.keys = load(&(struct token_config){
		.jwks_file = path("jwks.json"), .issuer = ISSUER, .audience = "bpmnd", .leeway_micros = LEEWAY});
	return 0;
}

static int tear_down(void **state)
{
	static const char *const files[] = {"jwks.json", "row.json", "row.pem", "long", "secret31", "empty", "open",
		"secret", "dev.jwk", "dev.jwks", "dev.pem"};

	(void)state;
	token_keys_free(fx.keys);
	EVP_PKEY_free(fx.ec);
	EVP_PKEY_free(fx.other_ec);
	EVP_PKEY_free(fx.rsa);
	EVP_PKEY_free(fx.pss);
	free(fx.rsa_pem);
	for (size_t i = 0; i < COUNT(files); i++)
		unlink(path(files[i]));
	return rmdir(fx.dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_and_claims),
		cmocka_unit_test(test_signature_text),
		cmocka_unit_test(test_signature_numbers),
		cmocka_unit_test(test_signature_dress),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_principal),
		cmocka_unit_test(test_claim_names),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_cache_bounded),
		cmocka_unit_test(test_cache_expiry),
		cmocka_unit_test(test_cache_whole_text),
		cmocka_unit_test(test_load_jwks),
		cmocka_unit_test(test_load_rsa),
		cmocka_unit_test(test_load_files),
		cmocka_unit_test(test_load_pem),
		cmocka_unit_test(test_load_secret),
		cmocka_unit_test(test_mint),
		cmocka_unit_test(test_mint_principal),
		cmocka_unit_test(test_mint_pem),
		cmocka_unit_test(test_mint_too_long),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
